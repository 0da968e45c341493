// Fast paths against their slow twins: the certified posterior (pivoted Cholesky with a proven bound) never leaves its
// bound, in maps, in predictions of a posterior fitted with a tolerance, and in the evidence. docs/certified.md has the
// proof; here it is tried on random problems of every likelihood, δ from 1e-3 to 1e3.
import * as assert from 'uvu/assert';
import { suite } from './helpers/suite.js';
import { Laplace, MLP, datasets, tables } from '../wasm/index.js';

const test = suite('certified');
const SEED = 20261;
const FITS = 1000;

/** mulberry32: a small generator, for the tests' own choices */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const outputsOf = { bernoulli: [1], categorical: [2, 3], gaussian: [1, 2], heteroscedastic: [2], poisson: [1, 2] };
const targetsOf = {
  bernoulli: (u) => Number(u < 0.5),
  categorical: (u, k) => Math.floor(u * k),
  gaussian: (u) => 4 * u - 2,
  heteroscedastic: (u) => 4 * u - 2,
  poisson: (u) => Math.floor(4 * u),
};

/** A random network with random weights, data and prior; nothing in the bound asks for a trained one. */
function problem(trial, next) {
  const { name: likelihood } = tables.likelihoods[trial % tables.likelihoods.length];
  const choices = outputsOf[likelihood];
  const k = choices[Math.floor(next() * choices.length)];
  const activations = tables.activations;
  const net = new MLP({
    layers: [2, 3 + Math.floor(next() * 6), ...(next() < 0.4 ? [4] : []), k],
    activation: activations[Math.floor(next() * activations.length)].name,
    likelihood,
    bias: next() < 0.9,
    seed: trial,
  });
  const n = 50 + Math.floor(next() * 40);
  const X = Float64Array.from({ length: 2 * n }, () => 4 * next() - 2);
  const columns = { categorical: 1, heteroscedastic: k / 2 }[likelihood] ?? k;
  const y = Float64Array.from({ length: n * columns }, () => targetsOf[likelihood](next(), k));
  const priorPrecision = 10 ** (6 * next() - 3);
  return { net, X, y, priorPrecision, k, curvature: next() < 0.7 ? 'ggn' : 'ef' };
}

test(`maps of ${FITS} random fits stay within their error bound`, () => {
  const next = random(SEED);
  let used = 0;
  let tightest = 0;
  for (let trial = 0; trial < FITS; trial++) {
    const { net, X, y, priorPrecision, k, curvature } = problem(trial, next);
    const la = new Laplace(net, { space: 'function', priorPrecision, curvature }).fit(X, y);
    const grid = { x: [-3, 3], y: [-3, 3], nx: 13, ny: 10, quantities: ['fVar'] };
    const exact = la.predictGrid({ ...grid, tolerance: 0 });
    assert.is(exact.errorBound, 0);
    const tolerance = 10 ** (-4 * next());
    // every third of a posterior that has the tolerance itself, so that the map rests on the rows of the fit
    const options = { space: 'function', priorPrecision, curvature, tolerance };
    const painted = trial % 3 === 0 ? new Laplace(net, options).fit(X, y) : la;
    const map = painted.predictGrid({ ...grid, tolerance });
    assert.ok(map.errorBound <= tolerance, `seed ${SEED}, fit ${trial}: bound ${map.errorBound} over ${tolerance}`);
    used += Number(map.errorBound > 0);
    // planes are floats: their own rounding, 2⁻²⁴ relative on the variance, comes on top
    const allowed = map.errorBound + 2 ** -22;
    for (let i = 0; i < exact.fVar.length; i++) {
      const [a, b] = [exact.fVar[i], map.fVar[i]];
      if (a === 0 && b === 0) continue;
      const error = Math.abs(Math.log(b / a)) / 2;
      assert.ok(
        error <= allowed,
        `seed ${SEED}, fit ${trial} (k ${k}): |log sd| off by ${error}, bound ${map.errorBound}`,
      );
      tightest = Math.max(tightest, error / allowed);
    }
    if (painted !== la) painted.dispose();
    la.dispose();
    net.dispose();
  }
  assert.ok(used > FITS / 2, `only ${used} maps took the fast path`);
  assert.ok(tightest > 0.05, `the bound is never approached: ${tightest}`);
  console.log(
    `  seed ${SEED}: ${used} of ${FITS} maps through pivots, at most ${tightest.toFixed(3)} of the bound used`,
  );
});

// 0 ≤ log det P − log det P̂ ≤ τ, and τ = (2 sinh bound)²
test('small noise and weak priors: rows are large, and what single precision loses in them is in the bound', () => {
  let least = Infinity;
  for (const [seed, generate] of [datasets.toyDataRegression, datasets.snelsonLike, datasets.cubic].entries())
    for (const sigmaNoise of [0.03, 0.1])
      for (const priorPrecision of [0.01, 0.1, 1]) {
        const { X, y } = generate({ n: 100, seed: 1 });
        const net = new MLP({ layers: [1, 8, 1], likelihood: 'gaussian', seed: seed + 1 });
        net.train(X, y, { priorPrecision, sigmaNoise });
        const la = new Laplace(net, { priorPrecision, sigmaNoise, space: 'function' }).fit(X, y);
        const [low, high] = [Math.min(...X), Math.max(...X)];
        const ask = { x: [2 * low - high, 2 * high - low], nx: 300, quantities: ['fVar'] };
        const exact = la.predictGrid({ ...ask, tolerance: 0 });
        for (const tolerance of [1e-2, 1e-3]) {
          const { fVar, errorBound } = la.predictGrid({ ...ask, tolerance });
          assert.ok(errorBound <= tolerance);
          for (let i = 0; i < fVar.length; ++i) {
            const off = Math.abs(0.5 * Math.log(fVar[i] / exact.fVar[i]));
            const room = errorBound + 2 ** -23 + 1e-6; // planes are in single precision; the exact path rounds, too
            least = Math.min(least, room / off);
            assert.ok(off <= room, `σ ${sigmaNoise}, δ ${priorPrecision}: ${off} at pixel ${i}, bound ${errorBound}`);
          }
        }
        la.dispose();
        net.dispose();
      }
  assert.ok(least < 30, `no map comes near its bound: ${least}`);
});

test('a posterior fitted with a tolerance: predictions, evidence and draws within it', () => {
  const { X, y } = datasets.moons({ n: 150, noise: 0.2, seed: 2 });
  const net = new MLP({ layers: [2, 16, 16, 1], seed: 3 });
  net.train(X, y, { priorPrecision: 0.2 });
  const exact = new Laplace(net, { space: 'function' }).fit(X, y);
  const points = Array.from({ length: 40 }, (_, i) => [Math.cos(i) * i, Math.sin(2 * i) * i]);
  const before = exact.predict(points);
  for (const tolerance of [0.1, 0.01, 0.001]) {
    const la = new Laplace(net, { space: 'function', tolerance }).fit(X, y);
    assert.ok(la.errorBound > 0 && la.errorBound <= tolerance, `bound ${la.errorBound}`);
    const after = la.predict(points);
    after.fVar.forEach((v, i) => assert.ok(Math.abs(Math.log(v / before.fVar[i])) / 2 <= la.errorBound, `point ${i}`));
    // |Δp| ≤ 0.112·|Δ log v|
    after.mean.forEach((p, i) => assert.ok(Math.abs(p - before.mean[i]) <= 0.112 * 2 * la.errorBound));
    const tau = (2 * Math.sinh(la.errorBound)) ** 2;
    const gap = exact.evidence().logDetPosteriorPrecision - la.evidence().logDetPosteriorPrecision;
    assert.ok(gap >= -1e-9 && gap <= tau + 1e-9, `log det off by ${gap}, bound ${tau}`);
    const effective = exact.evidence().effectiveParameters - la.evidence().effectiveParameters;
    assert.ok(effective >= -1e-9 && effective <= tau + 1e-9, `effective parameters off by ${effective}`);
    const p = la.parameterCount;
    const [variance, draws] = [la.posteriorVariance(), la.sample(4000, { seed: 1 })];
    const mean = la.mean;
    for (let i = 0; i < p; i += 37) {
      let sum = 0;
      for (let s = 0; s < 4000; s++) sum += (draws[s * p + i] - mean[i]) ** 2;
      assert.ok(Math.abs(sum / 4000 / variance[i] - 1) <= 6 * Math.sqrt(2 / 4000), `variance of weight ${i}`);
    }
    la.update([[0.1, 0.2]], [1]);
    assert.ok(la.errorBound <= tolerance);
    const loaded = Laplace.load(la.save());
    assert.equal(loaded.predict(points).fVar, la.predict(points).fVar);
    assert.is(loaded.errorBound > 0, true);
  }
});

test('of many rows pivots come in wider panels: predictions and maps keep to the bound', () => {
  const { X, y } = datasets.moons({ n: 2100, noise: 0.2, seed: 4 });
  const net = new MLP({ layers: [2, 12, 12, 1], seed: 3 });
  net.train(X, y, { priorPrecision: 0.2, maxIterations: 40 });
  const exact = new Laplace(net, { space: 'weight', priorPrecision: 0.2 }).fit(X, y);
  const grid = { x: [-3, 4], y: [-3, 3], nx: 24, ny: 24, quantities: ['fVar'] };
  const before = exact.predictGrid({ ...grid, tolerance: 0 }).fVar;
  for (const tolerance of [0.1, 0.01, 0.001]) {
    const la = new Laplace(net, { space: 'function', priorPrecision: 0.2, tolerance }).fit(X, y);
    assert.ok(la.errorBound > 0 && la.errorBound <= tolerance, `bound ${la.errorBound}`);
    const map = la.predictGrid({ ...grid, tolerance });
    assert.ok(map.errorBound > 0 && map.errorBound <= tolerance, `bound ${map.errorBound}`);
    map.fVar.forEach((v, i) => {
      const error = Math.abs(Math.log(v / before[i])) / 2;
      assert.ok(error <= map.errorBound + 2 ** -22, `pixel ${i}: off by ${error}, bound ${map.errorBound}`);
    });
  }
});

test('a tolerance of 0 is the exact path, bit for bit; a map of few pixels takes it too', () => {
  const { X, y } = datasets.moons({ n: 100, seed: 2 });
  const net = new MLP({ layers: [2, 12, 1], seed: 3 });
  net.train(X, y, { priorPrecision: 0.2 });
  const la = new Laplace(net, { space: 'function' }).fit(X, y);
  const small = la.predictGrid({ x: [-1, 1], y: [-1, 1], nx: 3, ny: 3, quantities: ['fVar'] });
  assert.is(small.errorBound, 0);
  const points = [-1, 0, 1].flatMap((b) => [-1, 0, 1].map((a) => [a, b]));
  assert.equal(small.fVar, Float32Array.from(la.predict(points).fVar));
});

/** Largest error of a variance in units of what rounding may cost it: max(1e-9, 100·ε·k(x,x)/v) relative. */
function worstOf(la, refit, points, priors, k) {
  const [a, b] = [la.predict(points).fVar, refit.predict(points).fVar];
  let worst = 0;
  priors.forEach((prior, row) => {
    const at = k === 1 ? row : Math.floor(row / k) * k * k + (row % k) * (k + 1);
    if (a[at] === b[at]) return; // 0, where nothing of the network acts on the input
    const allowed = Math.max(1e-9, (100 * 2 ** -52 * prior) / b[at]);
    worst = Math.max(worst, Math.abs(a[at] / b[at] - 1) / allowed);
  });
  return worst;
}

test('data that come and go leave the posterior a refit would give, in both spaces', () => {
  const SEQUENCES = 40;
  const STEPS = 60;
  const next = random(SEED + 1);
  let worst = 0;
  for (let trial = 0; trial < SEQUENCES; trial++) {
    const { net, X, y, priorPrecision, k, curvature } = problem(trial, next);
    const space = next() < 0.5 ? 'function' : 'weight';
    const columns = y.length / (X.length / 2);
    const examples = Array.from({ length: X.length / 2 }, (_, i) => ({
      x: Array.from(X.subarray(2 * i, 2 * i + 2)),
      y: y.subarray(i * columns, (i + 1) * columns),
    }));
    const [held, others] = [examples.slice(0, 40), examples.slice(40)];
    const all = (list) => [list.map(({ x }) => x), Float64Array.from(list.flatMap((e) => Array.from(e.y)))];
    const options = { space, priorPrecision, curvature };
    const la = new Laplace(net, options).fit(...all(held));
    const points = Array.from({ length: 12 }, () => [8 * next() - 4, 8 * next() - 4]);
    const J = net.jacobian(points);
    const p = net.parameters.length;
    const priors = Array.from({ length: 12 * k }, (_, row) =>
      J.subarray(row * p, (row + 1) * p).reduce((sum, g) => sum + (g * g) / priorPrecision, 0),
    );
    for (let step = 1; step <= STEPS; step++) {
      const [from, to] = others.length > 0 && (held.length < 20 || next() < 0.5) ? [others, held] : [held, others];
      const count = Math.min(from.length, 1 + Math.floor(3 * next()));
      const moved = Array.from({ length: count }, () => from.splice(Math.floor(next() * from.length), 1)[0]);
      if (to === held) la.update(...all(moved));
      else la.downdate(...all(moved));
      to.push(...moved);
      if (step % 15 > 0) continue;
      const refit = new Laplace(net, options).fit(...all(held));
      const error = worstOf(la, refit, points, priors, k);
      assert.ok(error <= 1, `seed ${SEED + 1}, sequence ${trial}, ${space}, step ${step}: ${error} of what is allowed`);
      worst = Math.max(worst, error);
      const copy = Laplace.load(la.save());
      assert.equal(copy.predict(points).fVar, la.predict(points).fVar);
      [copy.net, copy, refit].forEach((each) => each.dispose());
    }
    [la, net].forEach((each) => each.dispose());
  }
  const share = worst.toExponential(1);
  console.log(`  seed ${SEED + 1}: ${SEQUENCES} sequences, at most ${share} of what rounding may cost`);
});

test('a fit with a tolerance forms no N × N matrix, and the choice of a space knows it', () => {
  const N = 20000; // a square of which does not fit into the memory there is
  const next = random(SEED + 2);
  const X = Float64Array.from({ length: 2 * N }, () => 4 * next() - 2);
  const y = Float64Array.from({ length: N }, (_, i) => Math.sin(2 * X[2 * i]) + X[2 * i + 1]);
  const net = new MLP({ layers: [2, 8, 1], likelihood: 'gaussian', seed: 4 });
  const code = ({ code: found }) => found === 'ERR_OUT_OF_MEMORY';
  assert.throws(() => new Laplace(net, { space: 'function' }).fit(X, y), code);
  const tolerance = 0.05;
  const la = new Laplace(net, { space: 'function', tolerance }).fit(X, y);
  assert.ok(la.errorBound > 0 && la.errorBound <= tolerance);
  const exact = new Laplace(net).fit(X, y);
  assert.is(exact.space, 'weight');
  const points = Array.from({ length: 30 }, () => [8 * next() - 4, 8 * next() - 4]);
  const [a, b] = [la.predict(points).fVar, exact.predict(points).fVar];
  a.forEach((v, i) => assert.ok(Math.abs(Math.log(v / b[i])) / 2 <= la.errorBound, `point ${i}`));
  const wide = new MLP({ layers: [2, 64, 64, 1], likelihood: 'gaussian', seed: 4 });
  assert.is(new Laplace(wide, { tolerance }).fit(X.subarray(0, 12000), y.subarray(0, 6000)).space, 'function');
  assert.is(new Laplace(net, { tolerance }).fit(X, y).space, 'weight'); // a small P × P is cheaper still
});

test.run();
