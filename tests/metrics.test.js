// Metrics: each against a calculation written out by hand, the identities that hold exactly, Gaussians against
// numerical integration, predictions against the lists they hold, and what is refused.
import { isDeepStrictEqual } from 'node:util';
import * as assert from 'uvu/assert';
import { suite } from './helpers/suite.js';
import { Laplace, LaplaceError, MLP, createRuntime, datasets, metrics } from '../wasm/index.js';
import { bytes } from '../dist/wasm-bytes.js';

const test = suite('metrics');
const close = (got, expected, tolerance = 1e-15) =>
  assert.ok(Math.abs(got - expected) <= tolerance * Math.max(1, Math.abs(expected)), `${got}, expected ${expected}`);
/** Bit for bit, NaN included. */
const same = (got, expected, what) => assert.ok(isDeepStrictEqual(got, expected), what);

// three classes; predicted 0, 1, 2, 1; right, right, wrong, right
const three = [
  [0.7, 0.2, 0.1],
  [0.1, 0.8, 0.1],
  [0.3, 0.1, 0.6],
  [0.25, 0.5, 0.25],
];
const labels = [0, 1, 0, 1];
// p(y = 1); predicted 1, 1, 0, 0, 1; wrong only the second
const binary = [0.9, 0.6, 0.2, 0.3, 0.75];
const bits = [1, 0, 0, 0, 1];
// Gaussians: residuals 1, −2, 0
const mean = [1, 2, 3];
const variance = [1, 4, 0.25];
const y = [2, 0, 3];

test('the names, and that nobody can change them', () => {
  assert.equal(
    Object.keys(metrics).sort(),
    [
      ...['accuracy', 'auroc', 'brier', 'calibrationCurve', 'confidence', 'crps', 'ece', 'entropy', 'fpr95', 'mce'],
      ...['nll', 'rmse', 'sharpness', 'sigmaScale'],
    ].sort(),
  );
  assert.ok(Object.isFrozen(metrics));
  assert.is(createRuntime(bytes).metrics.ece(binary, bits), metrics.ece(binary, bits));
});

test('accuracy: the share of hits; of equal classes the lowest, of p(y = 1) = ½ class 1', () => {
  assert.is(metrics.accuracy(three, labels), 3 / 4);
  assert.is(metrics.accuracy(binary, bits), 4 / 5);
  const tie = [0.4, 0.4, 0.2];
  assert.equal(
    [0, 1, 2].map((label) => metrics.accuracy([tie], [label])),
    [1, 0, 0],
  );
  assert.equal([metrics.accuracy([0.5], [1]), metrics.accuracy([0.5], [0])], [1, 0]);
  assert.equal([metrics.accuracy([[0.5, 0.5]], [1]), metrics.accuracy([[0.5, 0.5]], [0])], [0, 1]);
});

test('nll of classes: −mean log of the probability of the label', () => {
  // log 0.7, log 0.8, log 0.3, log 0.5
  const sum = 0.35667494393873245 + 0.2231435513142097 + 1.2039728043259361 + 0.6931471805599453;
  close(metrics.nll(three, labels), sum / 4);
  // log 0.9, log 0.4, log 0.8, log 0.7, log 0.75
  const other = 0.10536051565782628 + 0.916290731874155 + 0.2231435513142097 + 0.35667494393873245 + 0.2876820724517809;
  close(metrics.nll(binary, bits), other / 5);
  assert.is(metrics.nll([[1, 0]], [1]), Infinity);
  assert.equal([metrics.nll([0], [1]), metrics.nll([1], [0])], [Infinity, Infinity]);
  assert.is(metrics.nll([1, 0], [1, 0]), 0);
  assert.is(metrics.nll([1e-30], [0]), 1e-30, 'log(1 − p) does not lose a small p');
});

test('brier: the squared distance from the label; half of it for p(y = 1)', () => {
  // rows: 0.09 + 0.04 + 0.01; 0.01 + 0.04 + 0.01; 0.49 + 0.01 + 0.36; 0.0625 + 0.25 + 0.0625
  close(metrics.brier(three, labels), (0.14 + 0.06 + 0.86 + 0.375) / 4);
  close(metrics.brier(binary, bits), (0.01 + 0.36 + 0.04 + 0.09 + 0.0625) / 5);
  const columns = binary.map((p) => [1 - p, p]);
  close(metrics.brier(columns, bits), 2 * metrics.brier(binary, bits));
  assert.is(metrics.brier([[0, 1]], [0]), 2);
});

test('ece, mce and calibrationCurve: bins open below and closed above', () => {
  // confidences 0.9, 0.6, 0.8, 0.7, 0.75; five bins: (0.4, 0.6] has 0.6, wrong; (0.6, 0.8] has 0.8, 0.7, 0.75, right;
  // (0.8, 1] has 0.9, right
  const curve = metrics.calibrationCurve(binary, bits, { bins: 5 });
  assert.equal(Array.from(curve.count), [0, 0, 1, 3, 1]);
  assert.equal(Array.from(curve.accuracy), [NaN, NaN, 0, 1, 1]);
  assert.equal(Array.from(curve.confidence.subarray(0, 3)), [NaN, NaN, 0.6]);
  close(curve.confidence[3], 0.75);
  assert.is(curve.confidence[4], 0.9);
  close(metrics.ece(binary, bits, { bins: 5 }), (0.6 + 3 * 0.25 + 0.1) / 5);
  close(metrics.mce(binary, bits, { bins: 5 }), 0.6);
  // one bin: |4/5 − 0.75|
  close(metrics.ece(binary, bits, { bins: 1 }), 0.05);
  // four bins of `three`: (0.25, 0.5] 0.5 right; (0.5, 0.75] 0.7 right, 0.6 wrong; (0.75, 1] 0.8 right
  close(metrics.ece(three, labels, { bins: 4 }), (0.5 + Math.abs(1 - 1.3) + 0.2) / 4);
  close(metrics.mce(three, labels, { bins: 4 }), 0.5);
  assert.is(metrics.calibrationCurve(three, labels).count.length, 15);
  assert.is(metrics.ece(three, labels), metrics.ece(three, labels, { bins: 15 }));
  assert.is.not(metrics.ece(three, labels), metrics.ece(three, labels, { bins: 4 }));
  // every edge m/M belongs to the bin below it
  for (let m = 25; m <= 49; m++) {
    assert.is(metrics.calibrationCurve([m / 49], [1], { bins: 49 }).count[m - 1], 1, `edge ${m}/49`);
  }
});

test('ece and mce of perfectly calibrated predictions are 0', () => {
  // 0.75 right three times of four, 0.5 once of two, 1 always, 0.875 seven times of eight
  const probs = [0.75, 0.75, 0.75, 0.75, 0.5, 0.5, 1, 1, 0.875, 0.875, 0.875, 0.875, 0.125, 0.125, 0.125, 0.125];
  const right = [1, 0, 1, 1, 1, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0];
  for (const bins of [1, 4, 10, 15, 1000]) {
    assert.is(metrics.ece(probs, right, { bins }), 0);
    assert.is(metrics.mce(probs, right, { bins }), 0);
  }
  assert.is(metrics.ece([1, 1], [0, 0]), 1);
  assert.is(metrics.mce([1, 1], [0, 0]), 1);
});

test('auroc: pairs in order, equals for a half', () => {
  // pairs: 0.8 above both 0s; 0.4 above 0.1, equal to 0.4; 0.1 below 0.4, equal to 0.1
  assert.is(metrics.auroc([0.8, 0.4, 0.1, 0.4, 0.1], [1, 1, 1, 0, 0]), (2 + 1.5 + 0.5) / 6);
  const ranks = Array.from({ length: 101 }, (_, i) => i - 50);
  const upper = ranks.map((rank) => Number(rank > 10));
  assert.is(metrics.auroc(ranks, upper), 1);
  assert.is(
    metrics.auroc(
      ranks.map((rank) => -rank),
      upper,
    ),
    0,
  );
  assert.is(
    metrics.auroc(
      ranks.map(() => 3),
      upper,
    ),
    0.5,
  );
  assert.is(metrics.auroc([0, -0], [1, 0]), 0.5);
});

test('fpr95: the 0s at or above the highest threshold that 95 % of the 1s reach', () => {
  // twenty 1s at 1…20: nineteen reach 2; 0s at 0.5, 1.5, 2, 5 — the last two stand at or above it
  const ones = Array.from({ length: 20 }, (_, i) => i + 1);
  const zeros = [0.5, 1.5, 2, 5];
  const truth = [...ones.map(() => 1), ...zeros.map(() => 0)];
  assert.is(metrics.fpr95([...ones, ...zeros], truth), 2 / 4);
  // of nineteen 1s all must be reached, for 18/19 < 0.95: the threshold is 2 again, or 1 where the 20 goes
  assert.is(metrics.fpr95([...ones.slice(1), ...zeros], truth.slice(1)), 2 / 4);
  assert.is(metrics.fpr95([...ones.slice(0, 19), ...zeros], truth.slice(1)), 3 / 4);
  assert.is(metrics.fpr95([3, 4, 1, 2], [1, 1, 0, 0]), 0);
  assert.is(metrics.fpr95([1, 2, 3, 4], [1, 1, 0, 0]), 1);
  assert.is(metrics.fpr95([7, 7, 7, 7], [1, 1, 0, 0]), 1);
});

test('rmse, sharpness, sigmaScale and nll of Gaussians', () => {
  close(metrics.rmse(mean, y), Math.sqrt(5 / 3));
  assert.is(metrics.rmse(mean, mean), 0);
  assert.is(metrics.sharpness(variance), 1.75);
  // squared residuals over variances: 1, 1, 0
  close(metrics.sigmaScale(mean, variance, y), Math.sqrt(2 / 3));
  assert.is(metrics.sigmaScale(mean, variance, mean), 0);
  // ½(3 log 2π + log 1 + log 4 + log ¼ + 1 + 1 + 0)/3
  close(metrics.nll(mean, variance, y), (1.5 * 1.8378770664093454 + 1) / 3);
});

test('T19 after scaling the standard deviations by sigmaScale the mean χ² is 1', () => {
  for (const spread of [1e-8, 1, 1e8]) {
    const m = Array.from({ length: 200 }, (_, i) => spread * Math.sin(i));
    const v = m.map((_, i) => spread ** 2 * (0.1 + Math.cos(i) ** 2));
    const targets = m.map((value, i) => value + spread * Math.sin(7 * i + 1));
    const s = metrics.sigmaScale(m, v, targets);
    const chi = targets.reduce((sum, target, i) => sum + (target - m[i]) ** 2 / (s * s * v[i]), 0) / m.length;
    close(chi, 1, 1e-12);
    close(
      metrics.sigmaScale(
        m,
        v.map((one) => s * s * one),
        targets,
      ),
      1,
      1e-12,
    );
  }
});

// ∫ (F(x) − [x ≥ y])² dx by Simpson's rule on both sides of y, F by Simpson's rule over each step
function crpsByIntegration(m, s, target) {
  const density = (x) => Math.exp(-0.5 * ((x - m) / s) ** 2) / (s * Math.sqrt(2 * Math.PI));
  const steps = 8000;
  const side = (from, to, start, power) => {
    const h = (to - from) / steps;
    let cdf = start;
    let sum = 0;
    for (let i = 0; i <= steps; i++) {
      const x = from + i * h;
      sum += (i === 0 || i === steps ? 1 : i % 2 ? 4 : 2) * power(cdf) ** 2;
      if (i < steps) cdf += (h / 6) * (density(x) + 4 * density(x + h / 2) + density(x + h));
    }
    return { integral: (sum * h) / 3, cdf };
  };
  const low = side(Math.min(m, target) - 12 * s, target, 0, (cdf) => cdf);
  return low.integral + side(target, Math.max(m, target) + 12 * s, low.cdf, (cdf) => 1 - cdf).integral;
}

test('crps: the integral it is the closed form of, and its limits', () => {
  for (const [m, s, target] of [
    [0, 1, 0],
    [0, 1, 1],
    [0, 1, -3],
    [2, 0.5, 2.1],
    [-1, 3, 4],
  ]) {
    close(metrics.crps([m], [s * s], [target]), crpsByIntegration(m, s, target), 1e-10);
  }
  close(metrics.crps([0], [1], [0]), (Math.SQRT2 - 1) / Math.sqrt(Math.PI)); // 2φ(0) − 1/√π
  close(metrics.crps([0], [1], [1]), 0.6024413576, 1e-9);
  assert.is(metrics.crps([1, 2], [0, 0], [4, -3]), 4);
  assert.is(metrics.crps([0], [1e-300], [5]), 5);
  const each = mean.map((m, i) => metrics.crps([m], [variance[i]], [y[i]]));
  close(metrics.crps(mean, variance, y), (each[0] + each[1] + each[2]) / 3);
});

test('calibrationCurve of Gaussians: the share of targets below each quantile', () => {
  // Φ(r/s): Φ(1) = 0.841…, Φ(−1) = 0.158…, Φ(0) = 0.5
  const { expected, observed } = metrics.calibrationCurve(mean, variance, y, { bins: 4 });
  assert.equal(Array.from(expected), [0, 0.25, 0.5, 0.75, 1]);
  assert.equal(Array.from(observed), [0, 1 / 3, 2 / 3, 2 / 3, 1]);
  assert.is(metrics.calibrationCurve(mean, variance, y).expected.length, 21);
  // targets at the standard normal's quantiles of 0.1, 0.3, …, 0.9 are calibrated
  const quantiles = [-1.2815515655446004, -0.5244005127080409, 0, 0.5244005127080407, 1.2815515655446004];
  const flat = quantiles.map(() => 0);
  const curve = metrics.calibrationCurve(
    flat,
    flat.map(() => 1),
    quantiles,
    { bins: 5 },
  );
  assert.equal(Array.from(curve.observed), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  // a variance of 0 is a step, which counts its own place
  assert.equal(Array.from(metrics.calibrationCurve([1, 1], [0, 0], [0, 1], { bins: 1 }).observed), [0.5, 1]);
});

test('entropy and confidence of each row', () => {
  const [h] = metrics.entropy([[0.5, 0.25, 0.25]]);
  close(h, 1.5 * Math.LN2);
  assert.equal(
    Array.from(
      metrics.entropy([
        [1, 0],
        [0, 1],
      ]),
    ),
    [0, 0],
  );
  close(metrics.entropy([0.25])[0], 2 * Math.LN2 - 0.75 * Math.log(3));
  const uniform = Array.from({ length: 7 }, () => 1 / 7);
  close(metrics.entropy([uniform])[0], Math.log(7));
  assert.equal(Array.from(metrics.confidence(three)), [0.7, 0.8, 0.6, 0.5]);
  assert.equal(Array.from(metrics.confidence(binary)), [0.9, 0.6, 0.8, 0.7, 0.75]);
  assert.equal(metrics.confidence(three.flat(), { classes: 3 }), metrics.confidence(three));
  assert.equal(metrics.entropy(three.flat(), { classes: 3 }), metrics.entropy(three));
});

test('rows, flat lists, typed arrays and predictions give the same bits', () => {
  const flat = Float64Array.from(three.flat());
  const big = BigInt64Array.from(labels.map(BigInt));
  for (const name of ['accuracy', 'nll', 'brier', 'ece', 'mce', 'calibrationCurve']) {
    const result = metrics[name](three, labels);
    for (const probs of [flat, Array.from(flat), three.map((row) => Float64Array.from(row))])
      same(metrics[name](probs, big), result, name);
    same(metrics[name]({ n: 4, outputs: 3, mean: flat }, labels), result, name);
    const column = binary.map((p) => [p]);
    same(metrics[name](column, new Uint8Array(bits)), metrics[name](binary, bits), name);
  }
  const nested = metrics.rmse(
    [
      [1, 2],
      [3, 4],
    ],
    [
      [1, 1],
      [1, 1],
    ],
  );
  assert.is(nested, metrics.rmse([1, 2, 3, 4], [1, 1, 1, 1]));
});

test('predictions of a posterior: classes', () => {
  const data = datasets.moons({ n: 40, seed: 1 });
  const net = new MLP({ layers: [2, 4, 1], seed: 1 });
  net.train(data.X, data.y);
  const prediction = new Laplace(net).fit(data.X, data.y).predict(data.X);
  const { mean: p } = prediction;
  for (const name of ['accuracy', 'nll', 'brier', 'ece', 'mce', 'auroc', 'fpr95', 'calibrationCurve'])
    same(metrics[name](prediction, data.y), metrics[name](p, data.y), name);
  for (const name of ['entropy', 'confidence']) same(metrics[name](prediction), metrics[name](p), name);
  assert.ok(metrics.auroc(prediction, data.y) > 0.9);
});

test('predictions of a posterior: regression, the variance with its noise', () => {
  const { X } = datasets.toyDataRegression({ n: 30, seed: 1 });
  const targets = Array.from(X, (x) => [Math.sin(x), 1 - x]);
  const net = new MLP({ layers: [1, 4, 2], likelihood: 'gaussian', seed: 1 });
  net.train(X, targets);
  const prediction = new Laplace(net, { sigmaNoise: 0.3 }).fit(X, targets).predict(X);
  const m = prediction.mean;
  const v = Array.from({ length: 60 }, (_, i) => prediction.yVar[4 * (i >> 1) + 3 * (i % 2)]);
  assert.ok(v.every((one) => one > 0.09));
  for (const name of ['nll', 'crps', 'sigmaScale', 'calibrationCurve']) {
    const result = metrics[name](m, v, targets);
    same(metrics[name](prediction, targets), result, name);
    same(metrics[name](prediction, v, targets.flat()), result, name);
  }
  same(
    metrics.calibrationCurve(prediction, targets, { bins: 3 }),
    metrics.calibrationCurve(m, v, targets, { bins: 3 }),
  );
  assert.is(metrics.rmse(prediction, targets), metrics.rmse(m, targets));
  assert.is(metrics.sharpness(prediction), metrics.sharpness(v));
});

const REFUSED = [
  ['ERR_SHAPE', 'no examples', () => metrics.accuracy([], [])],
  ['ERR_SHAPE', 'no labels', () => metrics.nll(three)],
  ['ERR_SHAPE', 'no numbers', () => metrics.rmse([], [])],
  ['ERR_SHAPE', 'rows of nothing', () => metrics.entropy([[], []])],
  ['ERR_SHAPE', 'too few labels', () => metrics.ece(three, [0, 1])],
  ['ERR_SHAPE', 'a flat list that is no multiple', () => metrics.ece([0.5, 0.5, 0.5], [0, 1])],
  ['ERR_SHAPE', 'ragged rows', () => metrics.brier([[0.5, 0.5], [1]], [0, 1])],
  ['ERR_SHAPE', 'a string for probabilities', () => metrics.brier('half', [0, 1])],
  ['ERR_SHAPE', 'other classes than there are', () => metrics.entropy(three, { classes: 4 })],
  ['ERR_SHAPE', 'a prediction of other rows', () => metrics.nll({ n: 2, outputs: 1, mean: [0.5, 0.5] }, [1])],
  ['ERR_SHAPE', 'a prediction that is none', () => metrics.nll({ n: 2, outputs: 1, mean: [0.5, 0.5, 1] }, [1, 0])],
  ['ERR_SHAPE', 'no square', () => metrics.sharpness({ n: 1, outputs: 2, yVar: [1, 0] })],
  ['ERR_SHAPE', 'means and targets', () => metrics.rmse([1, 2], [1])],
  ['ERR_SHAPE', 'variances and targets', () => metrics.crps([1, 2], [1], [1, 2])],
  ['ERR_SHAPE', 'no targets', () => metrics.crps([1, 2], [1, 2])],
  ['ERR_SHAPE', 'scores and labels', () => metrics.auroc([1, 2, 3], [0, 1])],
  ['ERR_NOT_FINITE', 'NaN for a probability', () => metrics.accuracy([NaN, 0.5], [0, 1])],
  ['ERR_NOT_FINITE', 'NaN for a label', () => metrics.accuracy([0.5, 0.5], [0, NaN])],
  ['ERR_NOT_FINITE', 'an infinite score', () => metrics.auroc([1, Infinity], [0, 1])],
  ['ERR_NOT_FINITE', 'an infinite mean', () => metrics.rmse([-Infinity], [1])],
  ['ERR_NOT_FINITE', 'an infinite variance', () => metrics.sharpness([Infinity])],
  ['ERR_LABEL', 'a label beyond the classes', () => metrics.nll(three, [0, 1, 2, 3]), /y, row 3: got 3.*0 to 2/],
  ['ERR_LABEL', 'a label of neither class', () => metrics.nll(binary, [0, 1, 2, 0, 1]), /row 2: got 2.*0 to 1/],
  ['ERR_LABEL', 'a negative label', () => metrics.accuracy(three, [0, -1, 0, 0])],
  ['ERR_LABEL', 'half a label', () => metrics.fpr95([1, 2], [0, 0.5]), /labels, row 1: got 0.5/],
  ['ERR_OPTION', 'a probability above 1', () => metrics.ece([0.5, 1.5], [0, 1]), /probs, row 1: got 1.5/],
  ['ERR_OPTION', 'a negative probability', () => metrics.confidence([-0.5])],
  ['ERR_OPTION', 'a row of another sum', () => metrics.nll([[0.5, 0.50001]], [0]), /0.5, 0.50001.*sum/],
  ['ERR_OPTION', 'no bins', () => metrics.ece(three, labels, { bins: 0 })],
  ['ERR_OPTION', 'half a bin', () => metrics.mce(three, labels, { bins: 1.5 })],
  ['ERR_OPTION', 'bins in words', () => metrics.calibrationCurve(mean, variance, y, { bins: 'many' })],
  ['ERR_OPTION', 'an unknown option', () => metrics.ece(three, labels, { bin: 3 }), /Did you mean 'bins'/],
  ['ERR_OPTION', 'a negative variance', () => metrics.crps([1, 2], [1, -1], [1, 2]), /variance, entry 1: got -1/],
  ['ERR_OPTION', 'a negative mean variance', () => metrics.sharpness([-1])],
  ['ERR_OPTION', 'a density without width', () => metrics.nll([1], [0], [1])],
  ['ERR_OPTION', 'a scale of nothing', () => metrics.sigmaScale([1], [0], [2])],
  ['ERR_OPTION', 'positives alone', () => metrics.auroc([1, 2], [1, 1]), /only 1.*both/],
  ['ERR_OPTION', 'negatives alone', () => metrics.fpr95([1, 2], [0, 0])],
  ['ERR_OPTION', 'a prediction without variance', () => metrics.crps({ n: 1, outputs: 1, mean: [1] }, [1]), /yVar/],
  ['ERR_OPTION', 'a prediction without mean', () => metrics.nll({ n: 1, outputs: 1 }, [1]), /no mean/],
  ['ERR_OPTION', 'a regression for classes', () => metrics.ece({ n: 1, outputs: 1, mean: [1], yVar: [1] }, [1])],
  ['ERR_OUT_OF_MEMORY', 'absurdly many bins', () => metrics.ece(three, labels, { bins: 2 ** 31 - 1 })],
  ['ERR_OUT_OF_MEMORY', 'absurdly long curves', () => metrics.calibrationCurve(three, labels, { bins: 2 ** 31 - 1 })],
];

test('what is refused, with its code and a sentence', () => {
  for (const [code, what, call, sentence = /got .*expected /] of REFUSED) {
    let error;
    try {
      call();
    } catch (caught) {
      error = caught;
    }
    assert.instance(error, LaplaceError, `${what}: ${error ?? 'nothing thrown'}`);
    assert.is(error.code, code, `${what}: ${error.message}`);
    assert.match(error.message, sentence, what);
  }
  assert.is(metrics.accuracy(three, labels), 3 / 4, 'as before');
});

test.run();
