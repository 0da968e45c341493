// The article's figures with the article's settings (data, network, trainer, penalty, Laplace), ten seeds each: nine of
// ten in the band and the mean over the seeds inside it. The bands are those an independent float64 implementation
// gives.
import * as assert from 'uvu/assert';
import { suite } from './helpers/suite.js';
import { MLP, Laplace, datasets } from '../wasm/index.js';

const test = suite('figures');
const SEEDS = Array.from({ length: 10 }, (_, i) => i + 1);
const mean = (values) => values.reduce((sum, v) => sum + v, 0) / values.length;
const most = (values) => values.reduce((a, b) => Math.max(a, b), 0); // of a long array: Math.max(...) would spread it
const confidence = (p) => Math.max(p, 1 - p);

function inBand(values, low, high, what) {
  const inside = values.filter((v) => v >= low && v <= high).length;
  const text = values.map((v) => v.toFixed(3)).join(' ');
  assert.ok(inside >= 9, `${what}: ${inside} of 10 seeds in [${low}, ${high}]: ${text}`);
  assert.ok(
    mean(values) >= low && mean(values) <= high,
    `${what}: mean ${mean(values)} outside [${low}, ${high}]: ${text}`,
  );
}

// The recipe: ADAM(1e-3), one example at a time, per-example penalty ½λ²‖θ‖², so the sum's prior precision is N·λ².
function article(seed, { data, layers, lambda, epochs }) {
  const net = new MLP({ layers, activation: 'sigmoid', seed });
  const { X, y } = data;
  net.train(X, y, {
    optimizer: 'adam',
    learningRate: 1e-3,
    batchSize: 1,
    epochs,
    seed,
    priorPrecision: y.length * lambda ** 2,
  });
  const la = new Laplace(net, { subsetOfWeights: 'last_layer', curvature: 'ef', priorPrecision: lambda }).fit(X, y);
  return { X, y, net, la };
}

const grid = (la, half, link, n = 50) =>
  la.predictGrid({
    x: [-half, half],
    y: [-half, half],
    nx: n,
    ny: n,
    link,
    quantities: ['mean'],
  }).mean;
const right = ({ X, y, la }, link) =>
  mean(Array.from(la.predict(X, { link }).mean, (p, i) => Number(p > 0.5 === (y[i] === 1))));

const linear = SEEDS.map((seed) =>
  article(seed, {
    data: datasets.toyDataLinear({ n: 100, seed }),
    layers: [2, 1],
    lambda: 0.5,
    epochs: 50,
  }),
);
const deep = SEEDS.map((seed) =>
  article(seed, {
    data: datasets.toyDataNonLinear({ n: 200, seed }),
    layers: [2, 32, 1],
    lambda: 0.01,
    epochs: 200,
  }),
);

test('Figure 1: logistic regression fans out', () => {
  inBand(
    linear.map(({ la }) => most(grid(la, 5, 'probit').map(confidence))),
    0.89,
    0.94,
    'largest Laplace probability',
  );
  linear.forEach(({ la }) => assert.ok(most(grid(la, 5, 'plugin').map(confidence)) > 0.99, 'plugin above 0.99'));
  const far = [];
  linear.forEach((fit) => {
    assert.is(right(fit, 'probit'), 1);
    assert.is(right(fit, 'plugin'), 1);
    far.push(confidence(fit.la.predict([[-20, 25]]).mean[0]));
  });
  assert.ok(mean(far) <= 0.55, `unsure at (−20, 25): ${mean(far)} on average`);
});

test('Figure 2: the network is sure of its training points, the average less so', () => {
  const atPoints = ({ la, X }, link) => mean(Array.from(la.predict(X, { link }).mean, confidence));
  const plugin = deep.map((fit) => atPoints(fit, 'plugin'));
  assert.ok(plugin.filter((v) => v >= 0.98).length >= 9 && mean(plugin) >= 0.98, `plugin: ${plugin}`);
  inBand(
    deep.map((fit) => atPoints(fit, 'probit')),
    0.72,
    0.82,
    'mean Laplace confidence at the points',
  );
  deep.forEach((fit) => assert.is(right(fit, 'probit'), 1, 'accuracy'));
});

test('Figure 3: zoomed out, the plugin stays sure and the average does not', () => {
  const far = (link) => deep.map(({ la }) => Array.from(grid(la, 55, link), confidence));
  const plugin = mean(far('plugin').map(mean));
  assert.ok(plugin >= 0.82 && plugin <= 0.95, `mean plugin confidence over the seeds: ${plugin}`);
  const laplace = far('probit');
  inBand(laplace.map(mean), 0.56, 0.64, 'mean Laplace confidence');
  inBand(laplace.map(most), 0.5, 0.9, 'largest Laplace confidence');
});

test('Head animation: confidence never falls at any pixel as points arrive', () => {
  let violations = 0;
  deep.forEach(({ net, X, y }) => {
    const la = new Laplace(net, { subsetOfWeights: 'last_layer', curvature: 'ef', priorPrecision: 0.01 }).reset();
    const size = 20;
    const show = () => la.predictGrid({ x: [-7, 7], y: [-7, 7], nx: size, ny: size, quantities: ['fVar'] }).fVar;
    let before = show();
    for (let n = 0; n < 200; n++) {
      la.update(X.slice(2 * n, 2 * n + 2), y.slice(n, n + 1));
      const after = show();
      // the left map never moves, so confidence falls exactly where the variance rises; float planes carry 2⁻²⁴
      for (let i = 0; i < after.length; i++) if (after[i] > before[i] * (1 + 2 ** -23)) violations++;
      before = after;
    }
  });
  assert.is(violations, 0);
});

test.run();
