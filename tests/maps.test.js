// Maps: parts of a map have the bits of the whole, and what is interpolated stays near what is computed.
import * as assert from 'uvu/assert';
import { Laplace, MLP, datasets } from '../wasm/index.js';
import { suite } from './helpers/suite.js';

const test = suite('maps');

/** A posterior of two moons, or of blobs in three classes. */
function fitted({ activation = 'tanh', classes = 2, ...options } = {}) {
  const { X, y } =
    classes === 2
      ? datasets.moons({ n: 120, noise: 0.2, seed: 4 })
      : datasets.blobs({ n: 120, seed: 4, centers: classes });
  const net = new MLP({
    layers: [2, 12, 12, classes === 2 ? 1 : classes],
    activation,
    likelihood: 'classification',
    seed: 3,
  });
  net.train(X, y, { priorPrecision: 1 });
  return new Laplace(net, options).fit(X, y);
}

const box = { x: [-3, 4], y: [-3.5, 3.5], nx: 61, ny: 58 };

const CASES = [
  ['certified', { space: 'function' }, { tolerance: 1e-2, quantities: ['mean', 'fVar'] }],
  ['exact', { space: 'function' }, { tolerance: 0, quantities: ['mean', 'fVar'] }],
  ['three classes', { space: 'function', classes: 3 }, { tolerance: 1e-2, quantities: ['mean', 'fMean', 'fVar'] }],
  ['weight space', { space: 'weight' }, { quantities: ['fVar', 'epistemic'] }],
  ['kron', { hessianStructure: 'kron' }, { quantities: ['confidence'] }],
  ['last layer', { subsetOfWeights: 'last_layer', space: 'function' }, { tolerance: 1e-2, quantities: ['fVar'] }],
];

for (const [name, options, grid] of CASES)
  for (const interpolate of [false, true])
    test(`rows of a map have the bits of the whole: ${name}${interpolate ? ', interpolated' : ''}`, () => {
      const la = fitted(options);
      const whole = la.predictGrid({ ...box, ...grid, interpolate });
      const cuts = [0, 1, 2, 13, 40, 57, 58];
      const parts = cuts.slice(1).map((to, i) => la.predictGrid({ ...box, ...grid, interpolate, rows: [cuts[i], to] }));
      for (const quantity of grid.quantities) {
        const planes = whole[quantity].length / (box.nx * box.ny);
        parts.forEach((part, i) => {
          const size = box.nx * (cuts[i + 1] - cuts[i]);
          assert.is(part[quantity].length, planes * size);
          for (let p = 0; p < planes; p++) {
            const start = p * box.nx * box.ny + box.nx * cuts[i];
            assert.equal(part[quantity].slice(p * size, (p + 1) * size), whole[quantity].slice(start, start + size));
          }
        });
      }
      assert.is(Math.max(...parts.map((part) => part.errorBound)), whole.errorBound);
      if (interpolate) assert.is(Math.max(...parts.map((part) => part.interpolationError)), whole.interpolationError);
      else assert.not('interpolationError' in whole);
    });

// What is kept of the pixels from one map to the next is what a map without it computes: a clone has no memory.
test('maps at the same weights, one after the other, have the bits of a first map', () => {
  for (const { classes, activation, likelihood } of [
    { classes: 2, activation: 'tanh' },
    { classes: 3, activation: 'relu' },
    { classes: 1, activation: 'softplus', likelihood: 'gaussian' },
  ]) {
    const { X, y } =
      classes === 3 ? datasets.blobs({ n: 150, seed: 4, centers: 3 }) : datasets.moons({ n: 150, noise: 0.2, seed: 4 });
    const net = new MLP({
      layers: [2, 12, 12, classes === 3 ? 3 : 1],
      activation,
      likelihood: likelihood ?? 'classification',
      seed: 3,
    });
    net.train(X, y, { priorPrecision: 1 });
    const la = new Laplace(net, { space: 'function' }).fit(X, y);
    let map = { ...box, tolerance: 1e-2, quantities: ['mean', 'fVar'] };
    const same = (what) => {
      const other = la.clone();
      const [now, first] = [la.predictGrid(map), other.predictGrid(map)];
      other.dispose();
      for (const name of Object.keys(first)) assert.equal(now[name], first[name], `${activation}: ${name}, ${what}`);
      assert.ok(now.errorBound > 0, what);
    };
    for (let time = 0; time < 3; time++) same(`time ${time}`);
    for (let i = 0; i < 12; i++) {
      const point = [[Math.sin(i) * 3, Math.cos(3 * i) * 3]];
      la.update(point, [y[i]]);
      same(`update ${i}`);
      if (i % 3 === 2) {
        la.downdate(point, [y[i]]);
        same(`downdate ${i}`);
      }
    }
    for (const priorPrecision of [0.3, 3, 0.01, 20, [1, 2, 3, 4, 5, 6], [2, 4, 6, 8, 10, 12], 1]) {
      la.priorPrecision = priorPrecision;
      same(`precision ${priorPrecision}`);
      same(`precision ${priorPrecision} again`);
    }
    if (likelihood === 'gaussian')
      for (const sigma of [0.1, 0.5, 2]) {
        la.sigmaNoise = sigma;
        same(`sigma ${sigma}`);
      }
    map = { ...map, interpolate: true, rows: [10, 30] };
    same('some rows, interpolated');
    map = { ...map, rows: undefined, x: [-2, 4] };
    for (let time = 0; time < 3; time++) same(`another box, time ${time}`);
    const seen = la.predictGrid(map);
    net.train(X, y, { priorPrecision: 0.1, maxIterations: 3 });
    la.fit(X, y);
    assert.not.equal(la.predictGrid(map).mean, seen.mean, 'the weights are others now');
    for (let time = 0; time < 3; time++) same(`other weights, time ${time}`);
    la.dispose();
    net.dispose();
  }
});

test('rows outside the map are refused', () => {
  const la = fitted();
  const bad = [
    [0, 0],
    [-1, 3],
    [3, 59],
    [5, 4],
    [0.5, 3],
  ];
  for (const rows of bad)
    assert.throws(
      () => la.predictGrid({ ...box, rows }),
      (error) => error.code === 'ERR_OPTION',
    );
});

// half a level of 8 bits is 1/510 of the range; the estimate takes the derivative where it was sampled, so it may be
// short of the truth by a factor, not by an order
test('an interpolated map is within half a level of 8 bits; with kinks but for a pixel in a thousand', () => {
  for (const activation of ['tanh', 'sigmoid', 'softplus', 'relu']) {
    const la = fitted({ activation, space: 'function' });
    const map = { ...box, nx: 120, ny: 121, tolerance: 0 };
    const exact = la.predictGrid(map);
    const smooth = la.predictGrid({ ...map, interpolate: true });
    let worst = 0;
    let between = 0;
    let wrong = 0;
    for (let i = 0; i < exact.mean.length; i++) {
      worst = Math.max(worst, Math.abs(exact.mean[i] - smooth.mean[i]));
      wrong += Number(Math.abs(exact.mean[i] - smooth.mean[i]) > 1 / 510);
      between += Number(exact.mean[i] !== smooth.mean[i]);
      const [x, y] = [i % 120, Math.floor(i / 120)];
      if (x % 4 === 0 && y % 4 === 0) assert.is(smooth.mean[i], exact.mean[i]);
      assert.ok(smooth.mean[i] >= 0 && smooth.mean[i] <= 1);
    }
    assert.ok(between > exact.mean.length / 3, `${activation}: ${between} pixels were interpolated`);
    assert.ok(smooth.interpolationError > 0 && smooth.interpolationError <= 1e-3, `${smooth.interpolationError}`);
    assert.ok(wrong <= exact.mean.length / 1000, `${activation}: ${wrong} pixels off, by ${worst}`);
    if (activation === 'relu') continue;
    assert.is(wrong, 0, `${activation}: off by ${worst}`);
    const estimate = smooth.interpolationError;
    assert.ok(worst <= 4 * estimate, `${activation}: off by ${worst}, ${estimate} estimated`);
  }
});

test('few lines are not interpolated', () => {
  const la = fitted();
  const map = { ...box, nx: 40, ny: 60, tolerance: 0 };
  const smooth = la.predictGrid({ ...map, interpolate: true });
  assert.is(smooth.interpolationError, 0);
  assert.equal(smooth.mean, la.predictGrid(map).mean);
});

test.run();
