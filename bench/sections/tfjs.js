// tfjs.js — against TensorFlow.js on its wasm backend with SIMD and one thread (its cpu backend beside it), in turns.
import { Laplace } from '../../wasm/index.js';
import { gain, largestDifference, ms, times, turns } from '../measure.js';
import { peer } from '../peer.js';
import { posterior as plainPosterior } from '../plain.js';
import { netOf, problems, unseen } from '../problems.js';

export const title = 'Against TensorFlow.js (wasm, SIMD, one thread) and plain JavaScript';
const RATE = 0.01;
const SIDE = 100;

const pixelsOf = ({ x, y }) => {
  const out = new Float64Array(2 * SIDE * SIDE);
  for (let i = 0; i < SIDE * SIDE; ++i) {
    out[2 * i] = x[0] + ((x[1] - x[0]) * (i % SIDE)) / (SIDE - 1);
    out[2 * i + 1] = y[0] + ((y[1] - y[0]) * Math.floor(i / SIDE)) / (SIDE - 1);
  }
  return out;
};
const sdDifference = (ours, theirs) =>
  largestDifference(
    ours.map((v, i) => 0.5 * Math.log(v / Math.max(theirs[i], 1e-30))),
    new Float64Array(ours.length),
  );

export async function rows() {
  const a = problems.a();
  const start = netOf({ spec: { ...a.spec, seed: 1 }, parameters: undefined }).parameters;
  const { priorPrecision } = a;
  const fresh = () => netOf({ spec: a.spec, parameters: start });
  const train = (options) => fresh().train(a.X, a.y, { priorPrecision, ...options });
  const adam = () => train({ optimizer: 'adam', epochs: 1000, learningRate: RATE, tolerance: 0 });
  const converge = () => train({ tolerance: 1e-3 });
  const grid = pixelsOf(a.grid);
  const single = new Float32Array(SIDE * SIDE);
  const net = netOf(a);
  const la = new Laplace(net, { priorPrecision, space: 'function' }).fit(a.X, a.y);
  const quantities = ['fMean', 'fVar'];
  const sketched = new Laplace(net, { priorPrecision, space: 'function', tolerance: 1e-2 }).fit(a.X, a.y);
  const map = (of, tolerance, more) =>
    of.predictGrid({ ...unseen(a.grid), nx: SIDE, ny: SIDE, quantities, tolerance, ...more });
  const repainted = la.clone();
  const again = () => repainted.predictGrid({ ...a.grid, nx: SIDE, ny: SIDE, quantities, tolerance: 1e-2 });
  for (let i = 0; i < 2; ++i) again();
  const plain = plainPosterior(a, a.parameters);

  const out = [];
  for (const backend of ['wasm', 'cpu']) {
    await peer.use(backend);
    const weights = peer.weightsOf(a, a.parameters);
    const X = peer.pixels(grid);
    const theirs = peer.posterior(a, weights);
    const usual = peer.posterior(a, weights, false);
    const repeat = backend === 'wasm' ? 5 : 1;
    const long = await turns(
      { adam, converge, tf: () => peer.adam(a, start, { steps: 1000, learningRate: RATE }) },
      repeat,
    );
    const forwards = await turns(
      {
        forward: () => net.forward(grid, { out: single }),
        double: () => net.forward(grid),
        tfForward: () => peer.outputs(weights, X, 'tanh'),
      },
      backend === 'wasm' ? 25 : 3,
    );
    const short = await turns(
      {
        certified: () => map(sketched, 1e-2),
        interpolated: () => map(sketched, 1e-2, { interpolate: true }),
        again,
        tfMap: () => theirs.map(X),
        tfUsual: () => usual.map(X),
      },
      backend === 'wasm' ? 15 : 3,
    );
    const target = (least) => (least && backend === 'wasm' ? { least } : undefined);
    const compare = (name, mine, other, least, agrees, note) => {
      const ratio = gain(mine, other);
      const [ours, peerTime] = [ms(mine.median), ms(other.median)];
      out.push({
        name: `${name}, tfjs ${backend}`,
        ours,
        peer: peerTime,
        ratio: times(ratio),
        value: ratio,
        target: target(least),
        agrees,
        note,
      });
    };
    const objective = long.adam.value.history.at(-1);
    const off = Math.abs(objective - long.tf.value.objective) / Math.abs(objective);
    compare(
      '(a) 1000 Adam steps',
      long.adam,
      long.tf,
      8,
      off < 1e-3,
      `objective ${objective.toFixed(4)}, differs by ${off.toExponential(1)}`,
    );
    compare(
      '(a) train to ‖∇‖ ≤ 1e-3·√P against its 1000 Adam steps',
      long.converge,
      long.tf,
      50,
      long.converge.value.converged && long.converge.value.history.at(-1) <= long.tf.value.objective,
      `objective ${long.converge.value.history.at(-1).toFixed(4)} against ${long.tf.value.objective.toFixed(4)}`,
    );
    const apart = largestDifference(forwards.forward.value, forwards.tfForward.value);
    compare(
      '(a) forward 100×100',
      forwards.forward,
      forwards.tfForward,
      6,
      apart < 1e-4,
      `single precision, as theirs; outputs differ by ${apart.toExponential(1)}`,
    );
    const close = largestDifference(forwards.double.value, forwards.tfForward.value);
    const note64 = `outputs differ by ${close.toExponential(1)}`;
    compare('(a) … in double precision', forwards.double, forwards.tfForward, undefined, close < 1e-4, note64);
    const { fVar, errorBound } = short.certified.value;
    const differs = sdDifference(fVar, short.tfMap.value.v);
    const note = `log sd differs by ${differs.toExponential(1)}, bound ${errorBound.toExponential(1)}`;
    const agrees = differs <= errorBound + 1e-2; // theirs rounds to single precision
    compare('(a) certified map against function-space map, tuned', short.certified, short.tfMap, 20, agrees, note);
    const alike = sdDifference(fVar, short.tfUsual.value.v) <= errorBound + 1e-2;
    compare('(a) … against the same as one writes it', short.certified, short.tfUsual, 20, alike, 'every pixel');
    const between = short.interpolated.value;
    const gap = sdDifference(between.fVar, short.tfMap.value.v);
    compare(
      '(a) … interpolated',
      short.interpolated,
      short.tfMap,
      20,
      gap <= between.errorBound + 1e-2 + between.interpolationError / (2 * Math.min(...between.fVar, 1)),
      `log sd differs by ${gap.toExponential(1)}, interpolationError ${between.interpolationError.toExponential(1)}`,
    );
    const repaint = sdDifference(short.again.value.fVar, short.tfMap.value.v);
    const kept = `log sd differs by ${repaint.toExponential(1)}`;
    const stays = repaint <= short.again.value.errorBound + 1e-2;
    compare('(a) … once more at the same θ̂', short.again, short.tfMap, undefined, stays, kept);
    theirs.dispose();
    usual.dispose();
    X.dispose();
    peer.dispose(weights);
  }
  const loops = await turns({ exact: () => map(la, 0), certified: () => map(la, 1e-2), plain: () => plain(grid) }, 3);
  const same = sdDifference(loops.exact.value.fVar, loops.plain.value.v);
  for (const name of ['exact', 'certified']) {
    out.push({
      name: `(a) ${name} map against plain JavaScript`,
      ours: ms(loops[name].median),
      peer: ms(loops.plain.median),
      ratio: times(gain(loops[name], loops.plain)),
      agrees: same < 1e-6, // the map is kept in single precision
      note: `exact log sd differs by ${same.toExponential(1)}`,
    });
  }
  return out;
}
