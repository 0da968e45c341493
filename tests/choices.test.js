// What is chosen: subnetworks by rule, prior and noise on validation data, structures by what they cost; and what the
// choices must obey.
import * as assert from 'uvu/assert';
import { suite } from './helpers/suite.js';
import { Laplace, MLP, datasets, estimate, metrics, tables } from '../wasm/index.js';

const test = suite('choices');
const { X, y } = datasets.moons({ n: 60, noise: 0.3, seed: 2 });
const trial = datasets.moons({ n: 80, noise: 0.3, seed: 3 });
const trained = (layers = [2, 6, 1], options = {}) => {
  const net = new MLP({ layers, seed: 1, ...options });
  net.train(X, y, { priorPrecision: 0.2 });
  return net;
};
const near = (x, ref, tolerance, what) =>
  assert.ok(Math.abs(x - ref) <= tolerance * Math.max(1, Math.abs(ref)), `${what}: got ${x}, expected ${ref}`);

test('largest_magnitude takes the largest weights, random as many as asked, by the seed', () => {
  const net = trained();
  const theta = net.parameters;
  const pick = (select, seed) =>
    new Laplace(net, { subsetOfWeights: 'subnetwork', subnetworkIndices: { select, count: 8 }, seed }).indices;
  const largest = pick('largest_magnitude');
  const least = Math.min(...Array.from(largest, (i) => Math.abs(theta[i])));
  theta.forEach((w, i) => assert.is(largest.includes(i), Math.abs(w) >= least));
  assert.equal(pick('random', 4), pick('random', 4));
  assert.not.equal(pick('random', 4), pick('random', 5));
  const drawn = pick('random', 4);
  assert.is(new Set(drawn).size, 8);
  assert.ok(drawn.every((at, i) => at >= 0 && at < theta.length && (i === 0 || at > drawn[i - 1])));
});

test('largest_variance_diag takes those of the diagonal posterior of the data it is fitted to', () => {
  const net = trained();
  const rule = { select: 'largest_variance_diag', count: 7 };
  const la = new Laplace(net, { subsetOfWeights: 'subnetwork', subnetworkIndices: rule });
  assert.is(la.parameterCount, 7);
  la.fit(X, y);
  const variances = new Laplace(net, { hessianStructure: 'diag' }).fit(X, y).posteriorVariance();
  const order = Array.from(variances, (_, i) => i).sort((a, b) => variances[b] - variances[a]);
  assert.equal([...la.indices].sort(), order.slice(0, 7).sort());
  const same = new Laplace(net, { subsetOfWeights: 'subnetwork', subnetworkIndices: la.indices }).fit(X, y);
  assert.equal(la.predict(X).fVar, same.predict(X).fVar);
  la.update(trial.X, trial.y); // adds data, keeps the choice
  assert.equal(la.indices, same.indices);
});

test('a grid search finds the best of its precisions, by any metric, and says when that lies at its edge', () => {
  const net = trained();
  const options = {
    method: 'gridsearch',
    X: trial.X,
    y: trial.y,
    gridSize: 9,
    logPriorPrecMin: -4,
    logPriorPrecMax: 4,
  };
  const la = new Laplace(net).fit(X, y);
  const found = la.optimizePriorPrecision(options);
  const score = (exponent, name) => {
    const other = new Laplace(net, { priorPrecision: 10 ** exponent }).fit(X, y);
    return metrics[name](other.predict(trial.X), trial.y);
  };
  const exponents = [-4, -3, -2, -1, 0, 1, 2, 3, 4];
  const scores = exponents.map((exponent) => score(exponent, 'nll'));
  const best = scores.indexOf(Math.min(...scores));
  near(found.priorPrecision, 10 ** exponents[best], 1e-12, 'the best precision');
  near(found.score, scores[best], 1e-9, 'its score');
  assert.is(found.interior, best > 0 && best < 8);
  assert.is(found.evaluations, 9);
  assert.is(la.priorPrecision, found.priorPrecision);
  near(found.logMarginalLikelihood, la.logMarginalLikelihood(), 1e-12, 'evidence there');
  const sharp = la.optimizePriorPrecision({ ...options, metric: ({ fVar }) => fVar.reduce((sum, v) => sum + v, 0) });
  assert.equal([sharp.interior, sharp.atEdge], [false, [0]]);
  assert.match(la.diagnostics().warnings.join(' '), /edge of the range/);
  const accuracy = la.optimizePriorPrecision({ ...options, metric: 'accuracy' });
  assert.is(accuracy.score, Math.max(...exponents.map((exponent) => score(exponent, 'accuracy'))));
});

test('a grid search passes over precisions under which there is no posterior', () => {
  const net = trained();
  net.parameters = net.parameters.map((w) => 3 * w);
  const la = new Laplace(net, { curvature: 'hessian', priorPrecision: 1e4 }).fit(X, y);
  const search = { method: 'gridsearch', X: trial.X, y: trial.y, gridSize: 9 };
  assert.throws(() => (la.clone().priorPrecision = 1e-4), /smallest eigenvalue|positive definite/);
  const { priorPrecision } = la.optimizePriorPrecision(search);
  assert.ok(priorPrecision > 1e-4);
  assert.throws(
    () => la.optimizePriorPrecision({ ...search, logPriorPrecMin: -4, logPriorPrecMax: -3 }),
    (error) => error.code === 'ERR_NOT_POSITIVE_DEFINITE',
  );
  assert.is(la.priorPrecision, priorPrecision);
});

test('a grid search passes over precisions at which the metric is no number', () => {
  const la = new Laplace(trained()).fit(X, y);
  const search = { method: 'gridsearch', X: trial.X, y: trial.y, gridSize: 5 };
  let calls = 0;
  const { priorPrecision, score } = la.optimizePriorPrecision({
    ...search,
    metric: () => [NaN, 3, NaN, 2, NaN][calls++],
  });
  assert.is(score, 2);
  assert.ok(Math.abs(Math.log10(priorPrecision) - 2) < 1e-12);
  assert.throws(
    () => la.optimizePriorPrecision({ ...search, metric: () => NaN }),
    (error) => error.code === 'ERR_OPTION' && /NaN at every precision/.test(error.message),
  );
  assert.is(la.priorPrecision, priorPrecision);
});

test('per-tensor and per-parameter optima: no coordinate improves the evidence', () => {
  const net = trained();
  for (const hessianStructure of ['full', 'kron', 'diag', 'lowrank', 'gp']) {
    for (const priorStructure of ['layerwise', 'diag']) {
      if (hessianStructure === 'kron' && priorStructure === 'diag') continue;
      const la = new Laplace(net, { hessianStructure }).fit(X, y);
      const found = la.optimizePriorPrecision({ priorStructure });
      const at = la.priorPrecision;
      const top = la.logMarginalLikelihood();
      near(top, found.logMarginalLikelihood, 1e-9, `${hessianStructure} ${priorStructure}`);
      at.forEach((value, i) => {
        for (const factor of [0.97, 1.03]) {
          const moved = at.map((v, j) => (j === i ? v * factor : v));
          const there = la.logMarginalLikelihood({ priorPrecision: [moved] })[0];
          assert.ok(
            there <= top + 1e-9,
            `${hessianStructure} ${priorStructure} ${i} × ${factor}: ${there} above ${top}`,
          );
        }
      });
      assert.is(found.interior, found.atEdge.length === 0);
    }
  }
});

test('the search for the evidence does not stop where the evidence bends upwards', () => {
  const x = Array.from({ length: 30 }, (_, i) => [i / 5 - 3]);
  const pairs = x.map(([at]) => [Math.sin(2 * at), Math.cos(2 * at)]);
  const net = new MLP({ layers: [1, 6, 2], likelihood: 'gaussian', seed: 1 });
  const start = { priorPrecision: 0.1, sigmaNoise: 0.3 };
  net.train(x, pairs, start);
  let before = -Infinity;
  for (const priorStructure of ['scalar', 'layerwise', 'diag']) {
    const la = new Laplace(net, { hessianStructure: 'gp', independentOutputs: true, ...start }).fit(x, pairs);
    const { logMarginalLikelihood } = la.optimizePriorPrecision({ priorStructure, tuneSigma: false });
    assert.ok(logMarginalLikelihood > before, `${priorStructure}: ${logMarginalLikelihood}, with fewer ${before}`);
    before = logMarginalLikelihood;
  }
  let found = 0;
  let endless = 0;
  for (let seed = 0; seed < 30; seed++) {
    const wild = new MLP({ layers: [1, 3, 1], seed });
    const exact = { curvature: 'hessian', hessianStructure: 'diag', priorPrecision: 5 };
    const la = new Laplace(wild, exact).fit([[1], [-0.5], [0.3]], [1, 0, 0]);
    try {
      const { priorPrecision, interior } = la.optimizePriorPrecision();
      const [less, more] = [-1e-4, 1e-4].map((d) =>
        la.logMarginalLikelihood({ priorPrecision: priorPrecision * Math.exp(d) }),
      );
      assert.ok(!interior || Math.abs(more - less) < 1e-8, `seed ${seed}: slope ${(more - less) / 2e-4}`);
      found++;
    } catch (error) {
      assert.is(error.code, 'ERR_NOT_POSITIVE_DEFINITE', error.message);
      endless++;
    }
  }
  assert.ok(found > 0 && endless > 0, `${found} with a maximum, ${endless} without`);
});

test('noise and precision together: σ per output moves in proportion', () => {
  const { X: inputs, y: one } = datasets.toyDataRegression({ n: 40, seed: 2 });
  const targets = Float64Array.from({ length: 80 }, (_, i) => (i % 2 ? 3 : 1) * one[i >> 1]);
  const net = new MLP({ layers: [1, 6, 2], likelihood: 'gaussian', seed: 1 });
  net.train(inputs, targets, { sigmaNoise: [0.3, 0.9], priorPrecision: 0.1 });
  const la = new Laplace(net).fit(inputs, targets);
  const { sigmaNoise } = la.optimizePriorPrecision();
  near(sigmaNoise[1] / sigmaNoise[0], 3, 1e-12, 'proportion');
  const top = la.logMarginalLikelihood();
  for (const factor of [0.98, 1.02])
    assert.ok(la.logMarginalLikelihood({ sigmaNoise: sigmaNoise.map((s) => s * factor) }) < top);
});

test('an example of weight w counts as w copies, in training, fit and evidence', () => {
  const weights = Float64Array.from(y, (_, i) => 1 + (i % 3));
  const copies = Array.from(weights).flatMap((w, i) => new Array(w).fill(i));
  const many = { X: copies.map((i) => [X[2 * i], X[2 * i + 1]]), y: copies.map((i) => y[i]) };
  const [a, b] = [0, 1].map(() => new MLP({ layers: [2, 5, 1], seed: 1 }));
  a.train(X, y, { weights, priorPrecision: 0.3, tolerance: 1e-9 });
  b.train(many.X, many.y, { priorPrecision: 0.3, tolerance: 1e-9 });
  a.parameters.forEach((w, i) => near(w, b.parameters[i], 1e-6, `θ ${i}`));
  for (const { name } of tables.structures) {
    const [u, v] = [new Laplace(a, { hessianStructure: name }), new Laplace(a, { hessianStructure: name })];
    u.fit(X, y, { weights });
    v.fit(many.X, many.y);
    near(u.logMarginalLikelihood(), v.logMarginalLikelihood(), 1e-10, name);
    u.predict(trial.X).fVar.forEach((value, i) => near(value, v.predict(trial.X).fVar[i], 1e-9, name));
  }
});

test('temperature divides loss and curvature, never the constants', () => {
  const { X: inputs, y: targets } = datasets.toyDataRegression({ n: 30, seed: 2 });
  const net = new MLP({ layers: [1, 5, 1], likelihood: 'gaussian', seed: 1 });
  net.train(inputs, targets, { sigmaNoise: 0.4 });
  for (const { name } of tables.structures) {
    const cold = new Laplace(net, { hessianStructure: name, temperature: 0.25 }).fit(inputs, targets);
    const plain = new Laplace(net, { hessianStructure: name, sigmaNoise: 0.2 }).fit(inputs, targets);
    // s = 1/(σ²T): 1/(0.16 · 0.25) = 1/0.04
    cold.predict(inputs).fVar.forEach((v, i) => near(v, plain.predict(inputs).fVar[i], 1e-10, name));
    const constants = 30 * (Math.log(0.4) - Math.log(0.2));
    near(cold.evidence().logLikelihood, plain.evidence().logLikelihood - constants, 1e-10, name);
  }
});

test("predType 'gp' is 'glm' for the structures that are Gaussian processes", () => {
  const net = trained();
  for (const hessianStructure of ['full', 'gp']) {
    const la = new Laplace(net, { hessianStructure }).fit(X, y);
    assert.equal(la.predict(trial.X, { predType: 'gp' }), la.predict(trial.X));
  }
});

test('independent outputs: each is its own process, the rest is zero', () => {
  const three = datasets.blobs({ n: 30, seed: 2 });
  const net = new MLP({ layers: [2, 4, 3], seed: 2 });
  net.train(three.X, three.y, { priorPrecision: 0.5 });
  const apart = new Laplace(net, { hessianStructure: 'gp', independentOutputs: true }).fit(three.X, three.y);
  const { fVar } = apart.predict(three.X);
  for (let i = 0; i < 30; i++)
    for (let j = 0; j < 9; j++) assert.ok(j % 4 === 0 ? fVar[9 * i + j] > 0 : fVar[9 * i + j] === 0);
  const joint = apart.predict(three.X.slice(0, 8), { joint: true }).fVar;
  joint.forEach((v, i) => assert.ok(Math.floor(i / 12) % 3 === i % 3 || v === 0));
  const { mean } = apart.predict(three.X);
  for (let i = 0; i < 30; i++) near(mean[3 * i] + mean[3 * i + 1] + mean[3 * i + 2], 1, 1e-12, 'sum');
});

test('an estimate names every structure and suggests what fits', () => {
  assert.throws(() => estimate({ layers: [2, 3, 1] }), /n: got none, expected the number of examples/);
  const small = estimate({ layers: [2, 16, 1] }, 200);
  assert.is(small.parameterCount, 65);
  assert.equal(
    [...new Set(small.structures.map((row) => row.hessianStructure))].sort(),
    tables.structures.map((row) => row.name).sort(),
  );
  assert.is(small.suggestion.hessianStructure, 'full');
  assert.is(estimate({ layers: [784, 100, 10] }, 10000).suggestion.hessianStructure, 'kron');
  const cost = ({ structures }, name) => structures.find((row) => row.hessianStructure === name);
  const [a, b] = [1000, 10000].map((n) => estimate({ layers: [2, 64, 64, 1] }, n));
  near(cost(b, 'diag').operations / cost(a, 'diag').operations, 10, 1e-9, 'diag is linear in n');
  assert.is(cost(a, 'diag').bytes, cost(b, 'diag').bytes);
  const net = new MLP({ layers: [2, 64, 64, 1], seed: 1 });
  const held = new Laplace(net, { space: 'weight' }).reset().save().length;
  const told = a.structures.find((row) => row.space === 'weight').bytes;
  assert.ok(held > told / 2 && held < told * 1.1, `${held} bytes held, ${told} foretold`);
});

test('diagnostics: a sentence for each thing that is not as it should be', () => {
  const net = trained();
  const la = new Laplace(net).fit(X, y);
  assert.equal(la.diagnostics().warnings, []);
  assert.equal([la.diagnostics().jitter, la.diagnostics().minEigenvalue], [0, null]);
  la.priorPrecision = 5;
  assert.match(la.diagnostics().warnings.join(' '), /prior differs/);
  const early = new MLP({ layers: [2, 6, 1], seed: 1 });
  early.train(X, y, { priorPrecision: 0.2, maxIterations: 2 });
  const { warnings, missingEvidence } = new Laplace(early).fit(X, y).diagnostics();
  assert.ok(missingEvidence > 0.05);
  assert.match(warnings.join(' '), /Not at an optimum/);
  assert.is(new Laplace(net, { priorMean: 0.05 }).fit(X, y).diagnostics().priorMismatch, true);
  const real = new MLP({ layers: [2, 3, 2], likelihood: 'gaussian', seed: 1 });
  real.train(X, X, { sigmaNoise: 0.3 });
  for (const [sigmaNoise, differs] of [
    [0.3, false],
    [[0.3, 0.3], false],
    [0.33, true],
    [[0.3, 0.33], true],
  ]) {
    const said = new Laplace(real, { sigmaNoise }).fit(X, X).diagnostics().warnings.join(' ');
    assert.is(/sigmaNoise differs/.test(said), differs, String(sigmaNoise));
  }
  const exact = new Laplace(net, { curvature: 'hessian' }).fit(X, y).diagnostics();
  assert.type(exact.minEigenvalue, 'number');
});

test.run();
