// Every combination of structure × subset × likelihood × curvature × link either obeys what any posterior must, or is
// refused with its own sentence. Small random networks at a trained optimum; the tables are walked, so a new row is
// tested on arrival.
//   variances are not negative and a tighter prior never raises one; more data never do, where the structure promises
//   it; the order of data and of hidden units changes nothing; batches of any size are one fit; update then downdate is
//   nothing; probabilities sum to 1, also 50 × out of range; nothing is NaN with logits of ±1e4.
import * as assert from 'uvu/assert';
import { suite } from './helpers/suite.js';
import { Laplace, LaplaceError, MLP, datasets, tables } from '../wasm/index.js';

const test = suite('properties');
const EPS = 2 ** -52;
const N = 14;
const { X } = datasets.blobs({ n: N, seed: 5, box: 1, noise: 0.8 });
const inside = Array.from({ length: 4 }, (_, i) => [X[2 * i] + 0.1, X[2 * i + 1] - 0.2]);
const FAR = [
  [60, -70],
  [-50, 55],
];

const outputs = (name) => ({ bernoulli: 1, categorical: 3, gaussian: 2, heteroscedastic: 2, poisson: 2 })[name];
function targets(name, n = N, seed = 0) {
  const k = outputs(name);
  const wave = (i) => Math.sin(1.7 * i + seed);
  const { classes } = tables.likelihoods.find((row) => row.name === name);
  if (classes) return Float64Array.from({ length: n }, (_, i) => Math.floor((0.5 + 0.499 * wave(i)) * Math.max(2, k)));
  const columns = name === 'heteroscedastic' ? k / 2 : k;
  return Float64Array.from({ length: n * columns }, (_, i) =>
    name === 'poisson' ? Math.floor(2 + 2 * wave(i)) : wave(i),
  );
}

const STRUCTURES = tables.structures.flatMap(({ name, spaces }) =>
  (spaces.length > 0
    ? spaces.map((row) => ({ hessianStructure: name, space: row.name }))
    : [{ hessianStructure: name }]
  ).flatMap((base) =>
    name === 'gp'
      ? [base, { ...base, nSubset: 9, seed: 1 }, { ...base, independentOutputs: true }]
      : name === 'lowrank'
        ? [base, { ...base, rank: 4 }]
        : [base],
  ),
);
const SUBSETS = [
  { subsetOfWeights: 'all' },
  { subsetOfWeights: 'last_layer' },
  { subsetOfWeights: 'subnetwork', subnetworkIndices: [0, 3, 7, 10, 12] },
  ...['largest_magnitude', 'largest_variance_diag', 'random'].map((select) => ({
    subsetOfWeights: 'subnetwork',
    subnetworkIndices: { select, count: 5 },
  })),
];

function network(likelihood) {
  const net = new MLP({ layers: [2, 3, outputs(likelihood)], likelihood, seed: 3 });
  net.train(X, targets(likelihood), { priorPrecision: 0.8, tolerance: 1e-8 });
  return net;
}

const finite = (values, what) => values.forEach((value) => assert.ok(Number.isFinite(value), `${what}: ${value}`));
const close = (a, b, tolerance, what) => {
  const scale = Math.max(...Array.from(b, Math.abs), 1e-300);
  a.forEach((value, i) =>
    assert.ok(Math.abs(value - b[i]) <= tolerance * scale, `${what}[${i}]: ${value} instead of ${b[i]}`),
  );
};
const diagonal = (fVar, k) => Array.from({ length: fVar.length / k }, (_, i) => fVar[i * k + (i % k)]);

/** Prior variance of the outputs at some points over the active parameters: what cancels in function space. */
function priorVariance(net, la, points, precision) {
  const J = net.jacobian(points);
  const P = net.parameterCount;
  return Array.from(
    { length: J.length / P },
    (_, row) => Array.from(la.indices).reduce((sum, at) => sum + J[row * P + at] ** 2, 0) / precision,
  );
}

/** Units 0, 1, 2 of the hidden layer in another order, and where each parameter went. */
const ORDER = [2, 0, 1];
function permuted(net) {
  const [d, h, k] = net.layers;
  const to = [];
  for (let u = 0; u < h; u++) for (let i = 0; i < d; i++) to[u * d + i] = ORDER[u] * d + i;
  for (let u = 0; u < h; u++) to[h * d + u] = h * d + ORDER[u];
  const out = h * d + h;
  for (let o = 0; o < k; o++) for (let u = 0; u < h; u++) to[out + o * h + u] = out + o * h + ORDER[u];
  for (let o = 0; o < k; o++) to[out + k * h + o] = out + k * h + o;
  const theta = net.parameters;
  const moved = new Float64Array(theta.length);
  to.forEach((at, i) => (moved[at] = theta[i]));
  const other = new MLP({ layers: net.layers, likelihood: net.likelihood, parameters: moved });
  return { other, to };
}

function checkPosterior(net, options, la, y) {
  const k = outputs(net.likelihood);
  const { classes } = tables.likelihoods.find((row) => row.name === net.likelihood);
  const points = [...inside, ...FAR];
  const everything = la.predict(points);
  const { fVar } = everything;
  for (const [name, values] of Object.entries(everything)) if (values.length) finite(values, name);
  const prior = priorVariance(net, la, points, 0.8);
  // symmetric, and no direction with a negative variance
  for (let i = 0; i < points.length; i++) {
    const V = fVar.slice(i * k * k, (i + 1) * k * k);
    for (let a = 0; a < k; a++) {
      assert.ok(V[a * k + a] >= 0);
      for (let b = 0; b < a; b++) {
        assert.is(V[a * k + b], V[b * k + a]);
        assert.ok(
          V[a * k + b] ** 2 <= V[a * k + a] * V[b * k + b] * (1 + 1e-9) + 1e-300,
          'a covariance beyond its variances',
        );
      }
    }
  }
  const variances = diagonal(fVar, k);
  const slack = (i) => 1 + Math.max(1e-9, variances[i] > 0 ? (64 * EPS * prior[i]) / variances[i] : 0);
  // a tighter prior
  const tight = la.clone();
  tight.priorPrecision = 3.2;
  diagonal(tight.predict(points).fVar, k).forEach((v, i) =>
    assert.ok(v <= variances[i] * slack(i), `a tighter prior raised a variance: ${variances[i]} → ${v}`),
  );
  // no data at all, and one example more
  if (options.hessianStructure !== 'kron' && !options.nSubset && options.curvature !== 'hessian') {
    const none = la.clone().reset();
    diagonal(none.predict(points).fVar, k).forEach((v, i) =>
      assert.ok(v * slack(i) >= variances[i], 'data raised a variance'),
    );
    if (!options.rank) {
      const more = la.clone().update([[0.3, -0.4]], targets(net.likelihood, 1));
      diagonal(more.predict(points).fVar, k).forEach((v, i) =>
        assert.ok(v <= variances[i] * slack(i), `another example raised a variance: ${variances[i]} → ${v}`),
      );
    }
  }
  const parts = la.evidence();
  assert.is(parts.logMarginalLikelihood, parts.logLikelihood - 0.5 * (parts.logDetRatio + parts.scatter));
  // the order of the data, in batches
  const columns = y.length / N;
  const turned = Array.from({ length: N }, (_, i) => (5 * i + 3) % N);
  // part of the data may leave an exact Hessian indefinite
  for (const size of options.curvature === 'hessian' ? [N] : [1, 7]) {
    const other = new Laplace(net, options);
    const rule = options.subnetworkIndices?.select === 'largest_variance_diag';
    for (let at = 0; at < N; at += rule ? N : size) {
      const rows = turned.slice(at, rule ? N : at + size);
      other.fit(
        rows.map((i) => [X[2 * i], X[2 * i + 1]]),
        rows.flatMap((i) => Array.from(y.slice(i * columns, (i + 1) * columns))),
        { override: false },
      );
    }
    close(other.predict(points).fVar, fVar, 1e-9, 'the data in another order');
    close([other.logMarginalLikelihood()], [parts.logMarginalLikelihood], 1e-9, 'its evidence');
    other.dispose();
  }
  const there = la.clone();
  const definite = options.curvature !== 'hessian';
  if (definite)
    there.update([[0.3, -0.4]], targets(net.likelihood, 1)).downdate([[0.3, -0.4]], targets(net.likelihood, 1));
  if (definite) close(there.predict(points).fVar, fVar, 1e-9, 'update, downdate');
  assert.throws(
    () => there.downdate([[0.3, -0.4]], targets(net.likelihood, 1)),
    (error) => error.code === 'ERR_OPTION',
  );
  // the order of the hidden units: the same parameters at their new places
  const { other, to } = permuted(net);
  const indices = Array.from(la.indices, (at) => to[at]);
  const twin = new Laplace(other, {
    ...options,
    priorPrecision: 0.8,
    ...(options.subnetworkIndices && { subnetworkIndices: indices }),
  }).fit(X, y);
  // the subset of a process is drawn from its rows, which the order of units changes
  if (!options.nSubset) close(twin.predict(points).fVar, fVar, 1e-8, 'hidden units in another order');
  twin.dispose();
  other.dispose();
  tight.dispose();
  there.dispose();
  // links
  let links = 0;
  for (const { name: link } of tables.links) {
    let mean;
    try {
      ({ mean } = la.predict(points, { link, samples: 20 }));
    } catch (error) {
      assert.is(error.code, 'ERR_UNSUPPORTED', error.message);
      assert.match(error.message, new RegExp(`'${link}' with likelihood '${net.likelihood}'`));
      refusals.link++;
      continue;
    }
    links++;
    finite(mean, link);
    const width = mean.length / points.length;
    for (let i = 0; i < points.length && classes; i++) {
      const row = mean.slice(i * width, (i + 1) * width);
      row.forEach((p) => assert.ok(p >= 0 && p <= 1));
      if (width > 1) assert.ok(Math.abs(row.reduce((a, b) => a + b, 0) - 1) <= 1e-12, `${link}: ${row}`);
    }
  }
  const { epistemic, aleatoric } = everything;
  assert.ok(epistemic.every((value) => value >= 0) && aleatoric.every((value) => value >= 0));
  return links;
}

const refusals = { structure: 0, link: 0, 'not positive definite': 0 };
let passed = 0;
let linked = 0;
for (const { name: likelihood } of tables.likelihoods) {
  test(`walk of ${likelihood}`, () => {
    const net = network(likelihood);
    const theta = net.parameters;
    const y = targets(likelihood);
    for (const structure of STRUCTURES) {
      for (const subset of SUBSETS) {
        for (const { name: curvature } of tables.curvatures) {
          const options = { ...structure, ...subset, curvature };
          const what = JSON.stringify(options);
          let la;
          try {
            la = new Laplace(net, options).fit(X, y);
          } catch (error) {
            assert.ok(error instanceof LaplaceError, `${what}: ${error.stack}`);
            if (error.code === 'ERR_NOT_POSITIVE_DEFINITE') {
              assert.is(curvature, 'hessian', what);
              assert.match(error.message, /smallest eigenvalue is -/);
              refusals['not positive definite']++;
            } else {
              assert.is(error.code, 'ERR_UNSUPPORTED', `${what}: ${error.message}`);
              assert.match(
                error.message,
                new RegExp(
                  `hessianStructure '${structure.hessianStructure}'|structure '${structure.hessianStructure}'`,
                ),
              );
              refusals.structure++;
            }
            continue;
          }
          try {
            linked += checkPosterior(net, options, la, y);
          } catch (error) {
            error.message = `${likelihood} ${what}: ${error.message}`;
            throw error;
          }
          passed++;
          la.dispose();
        }
      }
    }
    assert.equal(net.parameters, theta, 'the network is as it was');
    net.dispose();
  });
}

test('the walk passed and refused as often as the tables say', () => {
  const all = tables.likelihoods.length * STRUCTURES.length * SUBSETS.length * tables.curvatures.length;
  assert.is(passed + refusals.structure + refusals['not positive definite'], all);
  assert.ok(passed > all / 2);
  console.log(
    `  ${all} combinations: ${passed} pass (${linked} with their links), ${refusals.structure} refused by structure, ` +
      `${refusals['not positive definite']} not positive definite, ${refusals.link} links refused`,
  );
});

test('every option string of the tables and of the contract is reachable', () => {
  const contract = {
    activations: 'tanh relu sigmoid softplus gelu silu leaky_relu sin identity',
    likelihoods: 'bernoulli categorical gaussian heteroscedastic poisson',
    structures: 'full kron diag lowrank gp',
    curvatures: 'ggn ef hessian',
    links: 'probit plugin mc bridge bridge_norm mean_field_2 exact',
    optimizers: 'lm lbfgs adam sgd',
    quantities: 'mean fMean fVar scaledLogit epistemic aleatoric confidence',
  };
  for (const [table, words] of Object.entries(contract)) {
    const known = tables[table].map(({ name }) => name);
    words.split(' ').forEach((word) => assert.ok(known.includes(word), `${table}: ${word}`));
    tables[table].forEach(({ about }) => assert.ok(about.length > 10));
  }
});

// relative f_var within max(1e-9, 100·ε·k(x,x)/v), the rest within max(1e-9, 10·ε·cond P)
test('function space is weight space: random networks, likelihoods and priors, N·k below and above P', () => {
  let below = 0;
  let above = 0;
  for (let trial = 0; trial < 60; trial++) {
    const { name: likelihood } = tables.likelihoods[trial % tables.likelihoods.length];
    const { name: activation } = tables.activations[trial % tables.activations.length];
    const k = outputs(likelihood);
    const net = new MLP({ layers: [2, 2 + (trial % 4), k], activation, likelihood, seed: trial });
    const n = [4, 11, 40][trial % 3];
    const points = Float64Array.from({ length: 2 * n }, (_, i) => 2 * Math.sin(3.1 * i + trial));
    const y = targets(likelihood, n, trial);
    const P = net.parameterCount;
    const shapes = [0.7, [0.5, 1, 2, 0.8], Float64Array.from({ length: P }, (_, i) => 0.6 + 0.5 * Math.sin(i) ** 2)];
    const priorPrecision = shapes[trial % 3];
    const curvature = trial % 4 === 3 ? 'ef' : 'ggn';
    n * k < P ? below++ : above++;
    const [w, f] = ['weight', 'function'].map((space) =>
      new Laplace(net, { space, priorPrecision, curvature }).fit(points, y),
    );
    const condition = 1e3 * (1 + Math.max(...w.hessian())); // of P: its trace over the least prior precision, about
    const tolerance = Math.max(1e-9, 10 * EPS * condition);
    const [a, b] = [w.evidence(), f.evidence()];
    for (const part of Object.keys(a)) close([b[part]], [a[part]], tolerance, `trial ${trial}, ${part}`);
    const at = [...inside, ...FAR];
    const [v, u] = [diagonal(w.predict(at).fVar, k), diagonal(f.predict(at).fVar, k)];
    const prior = priorVariance(net, w, at, 0.5);
    v.forEach((value, i) => {
      const allowed = Math.max(1e-9, (100 * EPS * prior[i]) / value);
      assert.ok(Math.abs(u[i] / value - 1) <= allowed, `trial ${trial}, point ${i}: ${u[i]} instead of ${value}`);
    });
    close(f.posteriorCovariance(), w.posteriorCovariance(), tolerance, `trial ${trial}, covariance`);
    const more = [[0.3, 0.1]];
    [w, f].forEach((la) => la.update(more, targets(likelihood, 1)));
    close(f.predict(at).fVar, w.predict(at).fVar, 1e-8, `trial ${trial}, after an update`);
    [w, f].forEach((la) => la.downdate(more, targets(likelihood, 1)));
    close(f.posteriorVariance(), w.posteriorVariance(), tolerance, `trial ${trial}, after its downdate`);
  }
  assert.ok(below > 10 && above > 10, `${below} below, ${above} above`);
});

test('nothing is NaN with outputs of ±1e4', () => {
  for (const { name: likelihood, classes } of tables.likelihoods) {
    const k = outputs(likelihood);
    for (const sign of [1, -1]) {
      const net = new MLP({ layers: [2, k], likelihood });
      net.parameters = Array.from({ length: 3 * k }, (_, i) => (i < 2 * k ? 0 : sign * 1e4 * (i % 2 ? -1 : 1)));
      const la = new Laplace(net, { priorPrecision: 1 }).reset();
      for (const { name: link } of tables.links) {
        let prediction;
        try {
          prediction = la.predict(inside, { link, samples: 10 });
        } catch (error) {
          assert.is(error.code, 'ERR_UNSUPPORTED');
          continue;
        }
        for (const values of Object.values(prediction)) if (values.length) finite(values, `${likelihood}, ${link}`);
        const width = prediction.mean.length / inside.length;
        for (let i = 0; i < inside.length && classes && width > 1; i++) {
          const sum = prediction.mean.slice(i * width, (i + 1) * width).reduce((a, b) => a + b, 0);
          assert.ok(Math.abs(sum - 1) <= 1e-12);
        }
      }
    }
  }
});

test.run();
