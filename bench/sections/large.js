// large.js — the larger problems: Kronecker factors of (b), a certified posterior of (c) and its memory, the cost of
// a fit of (d) with N, an epoch of minibatches of (e).
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { Laplace, MLP } from '../../wasm/index.js';
import { exponent, gain, largestDifference, median, ms, times, turns, yardstick } from '../measure.js';
import { atPeak, inWasm } from '../model.js';
import { peer } from '../peer.js';
import { images, netOf, problems } from '../problems.js';

export const title = 'Larger networks';
const TORCH_KRON = 3.7 / 0.0145; // laplace-torch: 3.7 s where a yardstick is 14.5 ms, in yardsticks

/**
 * Operations of a Kronecker fit and of covariances at every example, every product formed whole: two passes each,
 * factors, rotations, sums.
 */
function kronWork({ n, spec: { layers } }) {
  const k = layers.at(-1);
  let work = 0;
  for (let l = 0; l + 1 < layers.length; ++l) {
    const [inputs, width] = [layers[l], layers[l + 1]];
    const passes = 2 * (2 * inputs * width + (l > 0 ? 2 * k * inputs * width : 0));
    const factors = inputs ** 2 + k * width ** 2;
    const rotations = 2 * inputs ** 2 + 2 * k * width ** 2;
    work += n * (passes + factors + rotations + 2 * inputs * width + k * (k + 1) * width);
  }
  return work;
}

async function kron() {
  const b = problems.b();
  const net = netOf(b);
  const { priorPrecision } = b;
  const fit = () => new Laplace(net, { hessianStructure: 'kron', priorPrecision }).fit(b.X, b.y);
  const core = inWasm(problems.a());
  const covariances = (la) => la.predict(b.X, { quantities: ['mean', 'fVar'] }).fVar.length;
  const all = (la) => la.predict(b.X).epistemic.length;
  const timed = await turns(
    { kron: () => covariances(fit()), peak: atPeak(core, 'f64', kronWork(b)), yardstick, all: () => all(fit()) },
    7,
  );
  const { kron: row, yardstick: unit } = timed;
  const reference = b.reference.find(({ subset, structure }) => subset === 'all' && structure === 'kron');
  const off = largestDifference([fit().logMarginalLikelihood()], [reference.log_marglik]);
  const rate = gain(row, timed.peak);
  const value = TORCH_KRON * gain(row, unit);
  const yardsticks = (row) => `${ms(row.median)}, ${(1 / gain(row, unit)).toFixed(1)} yardsticks`;
  return [
    {
      name: '(b) kron: fit, predict all 1797 with covariances, against laplace-torch (published)',
      ours: yardsticks(row),
      peer: `${TORCH_KRON.toFixed(0)} yardsticks`,
      ratio: times(value),
      value,
      target: { least: 50 },
      agrees: off < 1e-6,
      note: `whole products: ${rate.toFixed(2)} of the gemm peak; evidence differs from its by ${off.toExponential(1)}`,
    },
    {
      name: '(b) the same with the split into epistemic and aleatoric, by 100 draws a point',
      ours: yardsticks(timed.all),
    },
  ];
}

async function certified() {
  const c = problems.c();
  const net = netOf(c);
  const { priorPrecision } = c;
  const run = (tolerance) => () => {
    const la = new Laplace(net, { space: 'function', tolerance, priorPrecision }).fit(c.X, c.y);
    const map = la.predictGrid({ ...c.grid, nx: 100, ny: 100, quantities: ['fVar'], tolerance });
    la.dispose();
    return map;
  };
  const timed = await turns({ certified: run(1e-2), exact: run(0) }, 3);
  const { certified: fast, exact: slow } = timed;
  const apart = largestDifference(
    fast.value.fVar.map((v, i) => 0.5 * Math.log(v / slow.value.fVar[i])),
    new Float32Array(slow.value.fVar.length),
  );
  writeFileSync(
    'build/bench/c.json',
    JSON.stringify({ ...c, parameters: [...c.parameters], X: [...c.X], y: [...c.y] }),
  );
  const memory = Number(
    execFileSync(process.execPath, ['bench/memory.js', 'build/bench/c.json'], { encoding: 'utf8' }),
  );
  const value = gain(fast, slow);
  const bound = fast.value.errorBound.toExponential(1);
  return [
    {
      name: '(c) fit and certified map against exact',
      ours: ms(fast.median),
      peer: ms(slow.median),
      ratio: times(value),
      value,
      target: { least: 20 },
      agrees: apart <= fast.value.errorBound,
      note: `log sd differs by ${apart.toExponential(1)}, errorBound ${bound}`,
    },
    {
      name: '(c) fit and certified map: linear memory of a fresh process, MB',
      ours: `${(memory / 2 ** 20).toFixed(1)} MB`,
      value: memory / 2 ** 20,
      target: { most: 64 },
    },
  ];
}

async function growth() {
  const d = problems.d();
  const net = netOf(d);
  const sizes = [1000, 2000, 5000, 10000];
  const all = sizes.map(() => []);
  const fit = (n) => {
    const started = performance.now();
    const options = { space: 'function', tolerance: 1e-2, priorPrecision: d.priorPrecision };
    const la = new Laplace(net, options).fit(d.X.subarray(0, 2 * n), d.y.subarray(0, n));
    const elapsed = performance.now() - started;
    la.dispose();
    return elapsed;
  };
  for (let turn = -1; turn < 15; ++turn)
    sizes.forEach((n, i) => {
      const elapsed = fit(n);
      if (turn >= 0) all[i].push(elapsed);
    });
  const value = median(all[0].map((_, turn) => exponent(sizes, all.map((list) => list[turn]))));
  return {
    name: '(d) certified fit: exponent of its time in N, 1,000 to 10,000',
    ours: all.map((list) => ms(median(list))).join(', '),
    ratio: value.toFixed(2),
    value,
    target: { most: 1.15 },
  };
}

async function epoch() {
  const e = problems.e();
  if (!e) {
    console.error(`bench: SKIPPED (e): no images in ${images()}/mnist; BENCH_DATA names another folder`);
    return { name: '(e) an epoch of minibatch Adam', ours: 'SKIPPED: no images' };
  }
  const [epochs, batch, learningRate] = [2, 128, 1e-3];
  const start = new MLP({ ...e.spec, seed: 1 });
  const theta = start.parameters;
  const { priorPrecision } = e;
  const options = { priorPrecision, optimizer: 'adam', epochs, batchSize: batch, learningRate, tolerance: 0 };
  const shuffled = () => {
    const order = Int32Array.from({ length: e.n }, (_, i) => i);
    for (let i = e.n - 1; i > 0; --i) {
      const j = Math.floor(Math.random() * (i + 1));
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  };
  const orders = Array.from({ length: epochs }, shuffled);
  await peer.use('wasm');
  const timed = await turns(
    {
      ours: () => start.clone().train(e.X, e.y, options),
      tf: () => peer.adam(e, theta, { epochs, batch, learningRate, orders }),
    },
    3,
  );
  const value = gain(timed.ours, timed.tf);
  const [objective, theirs] = [timed.ours.value.history.at(-1), timed.tf.value.objective];
  return {
    name: '(e) an epoch of Adam, batches of 128, against tfjs wasm',
    ours: ms(timed.ours.median / epochs),
    peer: ms(timed.tf.median / epochs),
    ratio: times(value),
    value,
    target: { least: 1.5 },
    note: `after two, in other orders: objective ${objective.toFixed(0)} against ${theirs.toFixed(0)}`,
  };
}

export const rows = async () => [...(await kron()), ...(await certified()), await growth(), await epoch()];
