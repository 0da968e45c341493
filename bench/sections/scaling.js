// scaling.js — how times grow: with the number of examples, of parameters, of pixels; exponents of least squares in
// logarithms over the best times of the sizes shown. And how they shrink with the workers of a pool.
import { Laplace, MLP, datasets } from '../../wasm/index.js';
import { createPool } from '../../wasm/worker.js';
import { exponent, gain, largestDifference, ms, times, turns } from '../measure.js';
import { unseen } from '../problems.js';

export const title = 'Growth: time ~ sizeᵉ';
const BOX = { x: [-3, 4], y: [-3.5, 3.5] };

/** The best milliseconds of `work` at each size, in turns: a curve wants the machine's own time. */
function curve(sizes, prepare, work, repeat = 7) {
  const held = sizes.map(prepare);
  const all = sizes.map(() => []);
  for (let turn = -1; turn < repeat; ++turn) {
    held.forEach((state, i) => {
      const started = performance.now();
      work(state, sizes[i]);
      if (turn >= 0) all[i].push(performance.now() - started);
    });
  }
  return all.map((list) => Math.min(...list));
}

function problem(n, width) {
  const { X, y } = datasets.moons({ n, noise: 0.2, seed: 1 });
  const net = new MLP({ layers: [2, width, width, 1], likelihood: 'bernoulli', seed: 1 });
  net.train(X, y, { priorPrecision: 1, tolerance: 1e-2, maxIterations: 15 });
  return { X, y, net, p: net.parameterCount };
}
const fitted = (options) => (state) => ({ ...state, la: new Laplace(state.net, options).fit(state.X, state.y) });
const map =
  (tolerance, side) =>
  ({ la }) =>
    la.predictGrid({ ...unseen(BOX), nx: side, ny: side, quantities: ['fVar'], tolerance });
const fit =
  (options) =>
  ({ net, X, y }) =>
    new Laplace(net, options).fit(X, y).dispose();

/** A map whose rows one and two workers share, against the same map without a pool, messages and copies included. */
async function shared({ la }) {
  const out = [];
  const pools = [1, 2].map((workers) => createPool({ workers }));
  for (const side of [100, 200, 400]) {
    const asked = { nx: side, ny: side, quantities: ['fVar'], tolerance: 1e-2 };
    const [one, two] = pools.map((pool) => () => pool.predictGrid(la, { ...unseen(BOX), ...asked }));
    const alone = () => la.predictGrid({ ...unseen(BOX), ...asked });
    const measured = await turns({ alone, one, two }, 15);
    const box = unseen(BOX);
    const parts = await pools[1].predictGrid(la, { ...box, ...asked });
    const whole = la.predictGrid({ ...box, ...asked });
    out.push({
      name: `certified map ${side}×${side}, N = 200, by a pool of 1, 2`,
      ours: `${ms(measured.one.median)}, ${ms(measured.two.median)}`,
      peer: `${ms(measured.alone.median)} without`,
      ratio: times(gain(measured.two, measured.alone)),
      agrees: largestDifference(parts.fVar, whole.fVar) === 0,
      note: 'same bits',
    });
  }
  await Promise.all(pools.map((pool) => pool.dispose()));
  return out;
}

export async function rows() {
  const out = [];
  const line = (name, sizes, times) =>
    out.push({
      name: `${name}: ${sizes.map((size) => size.toLocaleString('en')).join(', ')}`,
      ours: times.map(ms).join(', '),
      ratio: exponent(sizes, times).toFixed(2),
    });
  const examples = [100, 200, 400, 800];
  const many = [500, 1000, 2000, 4000];
  const exact = { space: 'function', tolerance: 0 };
  const certified = { space: 'function', tolerance: 1e-2 };
  const byN = (n) => problem(n, 32);
  line('exact fit, N', examples, curve(examples, byN, fit(exact)));
  line('certified fit, N', many, curve(many, byN, fit(certified)));
  line('kron fit, N', many, curve(many, byN, fit({ hessianStructure: 'kron' })));
  line(
    'exact map 50×50, N',
    examples,
    curve(examples, (n) => fitted(exact)(byN(n)), map(0, 50)),
  );
  line(
    'certified map 100×100, N',
    examples,
    curve(examples, (n) => fitted(exact)(byN(n)), map(1e-2, 100)),
  );
  const gradient = ({ net, X, y }) => net.gradient(X, y, { priorPrecision: 1 });
  line('loss and gradient, N', many, curve(many, byN, gradient));
  const widths = [16, 32, 64, 128];
  const byP = (width) => problem(200, width);
  const parameters = widths.map((width) => byP(width).p);
  line('loss and gradient, N = 200, P', parameters, curve(widths, byP, gradient));
  line('exact fit, N = 200, P', parameters, curve(widths, byP, fit(exact)));
  line('certified fit, N = 200, P', parameters, curve(widths, byP, fit(certified)));
  const sides = [50, 100, 200, 400];
  const one = fitted(exact)(byN(200));
  const pixels = sides.map((side) => side * side);
  const paint = (state, side) => map(1e-2, side)(state);
  line(
    'certified map, N = 200, pixels',
    pixels,
    curve(sides, () => one, paint),
  );
  return [...out, ...(await shared(one))];
}
