// Predictives of counts and of noise that depends on the input, against the closed forms of f ~ N(fMean, fVar):
// log-normal rates, log-normal noise variances; and the evidence of a model small enough to be written down.
import * as assert from 'uvu/assert';
import { suite } from './helpers/suite.js';
import { Laplace, MLP, tables } from '../wasm/index.js';

const test = suite('counts');
const N = 24;
const X = Float64Array.from({ length: N }, (_, i) => -1 + (2 * i) / (N - 1));
const points = [-1.4, -0.3, 0, 0.8, 2.5];
const n = points.length;
const TARGETS = { poisson: (i) => (i * 7) % 5, heteroscedastic: (i) => Math.sin(2.3 * i) * (1 + i / N) };

const allNear = (x, ref, tolerance, what) => {
  assert.is(x.length, ref.length, `${what}: length`);
  ref.forEach((value, i) => {
    const error = Math.abs(x[i] - value);
    assert.ok(error <= tolerance * Math.max(1, Math.abs(value)), `${what}[${i}]: got ${x[i]}, expected ${value}`);
  });
};

/** A trained network of four outputs and its posterior. */
function fitted(likelihood, options) {
  const net = new MLP({ layers: [1, 6, 4], likelihood, seed: 2 });
  const t = likelihood === 'poisson' ? 4 : 2;
  const y = Float64Array.from({ length: N * t }, (_, i) => TARGETS[likelihood](i));
  assert.ok(net.train(X, y, { priorPrecision: 2 }).converged);
  return { net, y, la: new Laplace(net, options).fit(X, y) };
}

const blocks = (size, use) => Array.from({ length: n }, (_, i) => use(i, size)).flat();
const grid = (k, use) => Array.from({ length: k * k }, (_, at) => use(Math.floor(at / k), at % k));

/** E[y], covariance of E[y|f] and noise by row, from m (n × 4) and V (n × 4 × 4). */
const closed = {
  poisson(m, V) {
    const at = (i, a) => m[4 * i + a];
    const v = (i, a, b) => V[16 * i + 4 * a + b];
    const rate = (i, a) => Math.exp(at(i, a) + v(i, a, a) / 2);
    return {
      mean: blocks(4, (i, k) => Array.from({ length: k }, (_, a) => rate(i, a))),
      spread: blocks(4, (i, k) => grid(k, (a, b) => rate(i, a) * rate(i, b) * Math.expm1(v(i, a, b)))),
      noise: blocks(4, (i, k) => Array.from({ length: k }, (_, a) => rate(i, a))),
    };
  },
  heteroscedastic(m, V) {
    return {
      mean: blocks(2, (i) => [m[4 * i], m[4 * i + 1]]),
      spread: blocks(2, (i, t) => grid(t, (a, b) => V[16 * i + 4 * a + b])),
      noise: blocks(2, (i) => [2, 3].map((a) => Math.exp(m[4 * i + a] + V[16 * i + 5 * a] / 2))),
    };
  },
};

for (const likelihood of ['poisson', 'heteroscedastic']) {
  const t = likelihood === 'poisson' ? 4 : 2;
  const sums = (values, size, step) =>
    Array.from({ length: n }, (_, i) => {
      let sum = 0;
      for (let j = 0; j < size; j += step) sum += values[i * size + j];
      return sum;
    });
  const withNoise = ({ spread, noise }) =>
    spread.map((value, at) => {
      const [row, cell] = [Math.floor(at / (t * t)), at % (t * t)];
      return value + (cell % (t + 1) === 0 ? noise[row * t + cell / (t + 1)] : 0);
    });

  test(`${likelihood}: every link but plugin and mc is the closed form`, () => {
    for (const hessianStructure of ['full', 'diag', 'kron']) {
      const { la } = fitted(likelihood, { hessianStructure });
      const { fMean, fVar } = la.predict(points);
      const expected = closed[likelihood](fMean, fVar);
      for (const { name: link } of tables.links.filter(({ name }) => name !== 'plugin' && name !== 'mc')) {
        const got = la.predict(points, { link });
        allNear(got.mean, expected.mean, 1e-13, `${link} mean`);
        allNear(got.yVar, withNoise(expected), 1e-12, `${link} yVar`);
        allNear(got.epistemic, sums(expected.spread, t * t, t + 1), 1e-12, `${link} epistemic`);
        allNear(got.aleatoric, sums(expected.noise, t, 1), 1e-12, `${link} aleatoric`);
      }
    }
  });

  test(`${likelihood}: plugin is the network alone`, () => {
    const { la } = fitted(likelihood);
    const { fMean, fVar } = la.predict(points);
    const alone = closed[likelihood](fMean, new Float64Array(16 * n));
    const got = la.predict(points, { link: 'plugin' });
    allNear(got.mean, alone.mean, 1e-14, 'mean');
    allNear(got.aleatoric, sums(alone.noise, t, 1), 1e-13, 'aleatoric');
    allNear(got.epistemic, new Array(n).fill(0), 0, 'epistemic');
    allNear(got.yVar, withNoise(closed[likelihood](fMean, fVar)), 1e-12, 'yVar keeps what the weights do not know');
  });

  test(`${likelihood}: draws of f tend to it, draws of the weights have its shapes`, () => {
    const samples = 40000;
    const { la } = fitted(likelihood);
    const { mean, fVar, yVar } = la.predict(points);
    const mc = la.predict(points, { link: 'mc', samples, quantities: ['mean'] }).mean;
    // six standard errors of a mean of draws, whose variance is that of E[y|f]
    const { spread } = closed[likelihood](la.predict(points).fMean, fVar);
    mean.forEach((value, at) => {
      const [i, a] = [Math.floor(at / t), at % t];
      const error = 6 * Math.sqrt(spread[i * t * t + a * (t + 1)] / samples);
      assert.ok(Math.abs(mc[at] - value) <= error, `mc ${mc[at]}, expected ${value} ± ${error}`);
    });
    const nn = la.predict(points, { predType: 'nn' });
    assert.is(nn.mean.length, n * t);
    assert.is(nn.yVar.length, n * t * t);
    assert.is(yVar.length, n * t * t);
    assert.is(nn.fVar.length, n * 16);
    assert.ok(nn.yVar.every((value, at) => (at % (t * t)) % (t + 1) !== 0 || value > 0));
  });

  test(`${likelihood}: far out everything is finite`, () => {
    const net = new MLP({ layers: [1, 6, 4], likelihood, activation: 'relu', seed: 2 });
    const y = Float64Array.from({ length: N * t }, (_, i) => TARGETS[likelihood](i));
    const la = new Laplace(net, { priorPrecision: 0.1 }).fit(X, y);
    const far = [1e3, -1e3, 1e6, -1e6, 1e12];
    const calls = [...tables.links.map(({ name }) => ({ link: name })), { predType: 'nn' }];
    for (const options of calls) {
      for (const [name, values] of Object.entries(la.predict(far, options))) {
        if (typeof values !== 'number') assert.ok(values.every(Number.isFinite), `${JSON.stringify(options)} ${name}`);
      }
    }
    const { mean } = la.predict(far);
    assert.ok(
      likelihood !== 'poisson' || mean.some((value) => value === Number.MAX_VALUE),
      'far enough out to saturate',
    );
  });
}

test('counts with a rate alone: log joint, curvature and evidence as written', () => {
  const y = [3, 0, 2, 5, 1, 1];
  const delta = 0.7;
  const net = new MLP({ layers: [1, 1], likelihood: 'poisson', bias: false, parameters: [0.4] });
  const ones = y.map(() => [1]);
  assert.ok(net.train(ones, y, { priorPrecision: delta, tolerance: 1e-12 }).converged);
  const [f] = net.parameters;
  const total = y.reduce((sum, each) => sum + each, 0);
  const rate = Math.exp(f);
  const factorials = Math.log(6 * 2 * 120);
  const logLikelihood = total * f - y.length * rate - factorials;
  allNear([y.length * rate - total + delta * f], [0], 1e-9, 'slope at the optimum');
  allNear([net.logLikelihood(ones, y)], [logLikelihood], 1e-13, 'log likelihood');
  for (const curvature of ['ggn', 'hessian']) {
    const la = new Laplace(net, { curvature }).fit(ones, y);
    allNear(la.hessian(), [y.length * rate], 1e-13, 'curvature');
    const evidence = logLikelihood - 0.5 * (Math.log1p((y.length * rate) / delta) + delta * f * f);
    allNear([la.logMarginalLikelihood()], [evidence], 1e-12, 'evidence');
  }
});

test('a log-variance held at log σ² is Gaussian noise of σ', () => {
  const sigma = 0.6;
  const weights = [0.8, -0.3];
  const y = Float64Array.from(X, (x, i) => 0.8 * x - 0.3 + 0.5 * Math.sin(5 * i));
  const fixed = new MLP({ layers: [1, 1], likelihood: 'gaussian', parameters: weights });
  const free = new MLP({
    layers: [1, 2],
    likelihood: 'heteroscedastic',
    parameters: [weights[0], 0, weights[1], 2 * Math.log(sigma)],
  });
  allNear([free.logLikelihood(X, y)], [fixed.logLikelihood(X, y, { sigmaNoise: sigma })], 1e-13, 'log likelihood');
  // the mean's weights alone: the same posterior, and the same noise
  const one = new Laplace(fixed, { sigmaNoise: sigma }).fit(X, y);
  const two = new Laplace(free, { subsetOfWeights: 'subnetwork', subnetworkIndices: [0, 2] }).fit(X, y);
  allNear(two.posteriorCovariance(), one.posteriorCovariance(), 1e-12, 'covariance');
  const [got, expected] = [two.predict(points), one.predict(points)];
  for (const name of ['mean', 'yVar', 'epistemic', 'aleatoric']) allNear(got[name], expected[name], 1e-12, name);
});

test('a network of an odd number of outputs, a count that is none, and a σ are refused by name', () => {
  const make = (layers, likelihood) => new MLP({ layers, likelihood });
  const told = (call) => {
    try {
      call();
    } catch (error) {
      return `${error.code} ${error.message}`;
    }
    return 'nothing';
  };
  assert.match(
    told(() => make([1, 3], 'heteroscedastic')),
    /^ERR_OPTION .*means, then the log-variances/,
  );
  for (const bad of [0.5, -1, 2 ** 53 + 2])
    assert.match(
      told(() => make([1, 1], 'poisson').train([[1]], [bad])),
      /^ERR_LABEL .*a count 0, 1, 2, …/,
    );
  for (const [likelihood, k] of [
    ['poisson', 1],
    ['heteroscedastic', 2],
  ]) {
    assert.match(
      told(() => new Laplace(make([1, k], likelihood), { sigmaNoise: 2 })),
      /^ERR_OPTION sigmaNoise/,
    );
    new Laplace(make([1, k], likelihood), { sigmaNoise: 1 }).fit([[1]], [1]).dispose();
  }
});

test.run();
