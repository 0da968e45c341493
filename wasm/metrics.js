// metrics.js — how good predictions are. Predictions come first, targets second; measure.js reads what
// they come in, the numbers come from the core.
import { isList } from './arrays.js';
import {
  byRow,
  calibrationError,
  classified,
  diagonal,
  gaussian,
  isPrediction,
  isRegression,
  matching,
  meanOf,
  measure,
  ranked,
  readBins,
  readNumbers,
  variances,
} from './measure.js';

/** @import { Matrix, Targets } from './arrays.js' */
/** @import { Core } from './memory.js' */
/** @import { Prediction } from './predict.js' */

/**
 * Class probabilities: rows (n × C); a flat list, row after row, of n·C; a list of n, p(y = 1) of two classes; or what
 * `predict` returned. Each from 0 to 1, rows with the sum 1 within 1e-6.
 * @typedef {Matrix | Prediction} Probabilities
 */

/**
 * Numbers, one for each target; for k target columns rows (n × k), or flat row after row.
 * @typedef {Matrix} Numbers
 */

/**
 * Bins (b/bins, (b + 1)/bins] of the confidence; an empty one has NaN, NaN and 0.
 * @typedef {object} Reliability
 * @property {Float64Array} confidence (bins) mean probability of the predicted class
 * @property {Float64Array} accuracy (bins) share of right predictions
 * @property {Float64Array} count (bins) examples
 */

/**
 * @typedef {object} Quantiles
 * @property {Float64Array} expected (bins + 1) levels 0, 1/bins, …, 1
 * @property {Float64Array} observed (bins + 1) share of the targets at or below the Gaussian's quantile of that level
 */

/** @typedef {ReturnType<typeof createMetrics>} Metrics */

/**
 * The metrics. All throw `ERR_SHAPE` (empty, or of lengths that do not match), `ERR_NOT_FINITE`, `ERR_LABEL` (a label
 * that is not an integer from 0 to C − 1) and `ERR_OPTION` (probabilities that are none, variances < 0, bins that are
 * not an integer ≥ 1). The predicted class is the most probable one, the lowest of equals; of a list of p(y = 1) it is
 * 1 from ½ on.
 * @param {() => Core} running
 */
export function createMetrics(running) {
  return Object.freeze({
    /**
     * Share of the examples whose predicted class is the label.
     * @param {Probabilities} probs
     * @param {Targets} y (n) labels
     * @returns {number} 0…1
     */
    accuracy: (probs, y) => classified(running(), 'bl_metric_accuracy', probs, y)[0][0],

    /**
     * Mean negative log likelihood, in nats for each target.
     *
     * Classes, `nll(probs, y)`: −mean log p_y; Infinity where a label has probability 0.
     * Regression, `nll(mean, variance, y)` or `nll(prediction, y)`: mean ½(log 2πv + (y − m)²/v); variances of 0 are
     * `ERR_OPTION`.
     * @type {{
     *   (probs: Probabilities, y: Targets): number;
     *   (mean: Numbers | Prediction, variance: Numbers, y: Targets): number;
     * }}
     */
    nll: (/** @type {any} */ first, /** @type {any} */ second, /** @type {any} */ third = undefined) =>
      isRegression(first, third)
        ? gaussian(running(), 'bl_metric_gaussian_nll', first, second, third)[0][0]
        : classified(running(), 'bl_metric_nll', first, second)[0][0],

    /**
     * Brier score (Brier 1950): mean Σ_c (p_c − [y = c])², 0…2. For a list of p(y = 1) it is mean (p − y)², 0…1, half
     * of what the two columns 1 − p and p give.
     * @param {Probabilities} probs
     * @param {Targets} y (n) labels
     * @returns {number}
     */
    brier: (probs, y) => classified(running(), 'bl_metric_brier', probs, y)[0][0],

    /**
     * Expected calibration error (Guo et al. 2017): Σ_b n_b/n·|accuracy_b − confidence_b| over bins of equal width of
     * the predicted class's probability.
     * @param {Probabilities} probs
     * @param {Targets} y (n) labels
     * @param {{ bins?: number }} [options] bins: default 15
     * @returns {number} 0…1
     */
    ece: (probs, y, options) => calibrationError(running(), 'bl_metric_ece', probs, y, options),

    /**
     * Maximum calibration error (Guo et al. 2017): the largest |accuracy_b − confidence_b| of the bins that are not
     * empty.
     * @param {Probabilities} probs
     * @param {Targets} y (n) labels
     * @param {{ bins?: number }} [options] bins: default 15
     * @returns {number} 0…1
     */
    mce: (probs, y, options) => calibrationError(running(), 'bl_metric_mce', probs, y, options),

    /**
     * Area under the receiver operating characteristic: the probability that a 1 scores higher than a 0, equal scores
     * for a half (Mann & Whitney 1947). One class alone is `ERR_OPTION`.
     * @param {Numbers | Prediction} scores (n) any finite numbers, or a prediction of p(y = 1)
     * @param {Targets} labels (n) 1 = positive, 0 = negative
     * @returns {number} 0…1
     */
    auroc: (scores, labels) => ranked(running(), 'bl_metric_auroc', scores, labels),

    /**
     * False positive rate at a true positive rate of 95 %: the share of the 0s at or above the highest threshold that
     * at least 95 % of the 1s reach. One class alone is `ERR_OPTION`.
     * @param {Numbers | Prediction} scores (n) any finite numbers, or a prediction of p(y = 1)
     * @param {Targets} labels (n) 1 = positive, 0 = negative
     * @returns {number} 0…1
     */
    fpr95: (scores, labels) => ranked(running(), 'bl_metric_fpr95', scores, labels),

    /**
     * Root mean squared error √mean (y − m)², in the units of y.
     * @param {Numbers | Prediction} mean
     * @param {Targets} y
     * @returns {number}
     */
    rmse: (mean, y) => {
      const targets = readNumbers(y, 'y');
      const means = matching(meanOf(mean), targets, 'mean');
      return measure(running(), 'bl_metric_rmse', [1], targets.length, (border) => [
        border.doubles(means),
        border.doubles(targets),
        targets.length,
      ])[0][0];
    },

    /**
     * Continuous ranked probability score of Gaussians (Gneiting & Raftery 2007), mean over the targets, in the
     * units of y; smaller is better. With z = (y − m)/s: s·(z(2Φ(z) − 1) + 2φ(z) − 1/√π), and |y − m| for s = 0.
     * @type {{
     *   (mean: Numbers | Prediction, variance: Numbers, y: Targets): number;
     *   (prediction: Prediction, y: Targets): number;
     * }}
     */
    crps: (/** @type {any} */ first, /** @type {any} */ second, /** @type {any} */ third = undefined) =>
      gaussian(running(), 'bl_metric_crps', first, second, third)[0][0],

    /**
     * What a reliability diagram shows.
     *
     * Classes, `calibrationCurve(probs, y, { bins = 15 })` (Guo et al. 2017): confidence and accuracy by bins of the
     * confidence. Regression, `calibrationCurve(mean, variance, y, { bins = 20 })` or `calibrationCurve(prediction, y,
     * …)` (Kuleshov, Fenner & Ermon 2018): the share of the targets with Φ((y − m)/s) at or below each level.
     * @type {{
     *   (mean: Numbers | Prediction, variance: Numbers, y: Targets, options?: { bins?: number }): Quantiles;
     *   (prediction: Prediction & { yVar: Float64Array }, y: Targets, options?: { bins?: number }): Quantiles;
     *   (probs: Matrix, y: Targets, options?: { bins?: number }): Reliability;
     *   (prediction: Prediction, y: Targets, options?: { bins?: number }): Reliability | Quantiles;
     * }}
     */
    calibrationCurve: (
      /** @type {any} */ first,
      /** @type {any} */ second,
      /** @type {any} */ third = undefined,
      /** @type {any} */ fourth = undefined,
    ) => {
      if (isRegression(first, third)) {
        const bins = readBins(isList(third) ? fourth : third, 20);
        const outs = [bins + 1, bins + 1];
        const [expected, observed] = gaussian(running(), 'bl_metric_quantiles', first, second, third, outs, [bins]);
        return /** @type {any} */ ({ expected, observed });
      }
      const bins = readBins(third, 15);
      const outs = [bins, bins, bins];
      const [confidence, accuracy, examples] = classified(running(), 'bl_metric_calibration', first, second, outs, [
        bins,
      ]);
      return { confidence, accuracy, count: examples };
    },

    /**
     * Sharpness of a regression: the mean predictive variance, in the units of y squared. It asks nothing of the
     * targets, and among calibrated predictions the smaller is the better (Gneiting, Balabdaoui & Raftery 2007).
     * @param {Numbers | Prediction} variance
     * @returns {number}
     */
    sharpness: (variance) => {
      const core = running();
      const values = isPrediction(variance) ? diagonal(variance) : readNumbers(variance, 'variance');
      return measure(core, 'bl_metric_sharpness', [1], values.length, (border) => [
        variances(core, border, values, false),
        values.length,
      ])[0][0];
    },

    /**
     * The factor s on all standard deviations after which mean (y − m)²/(s²v) = 1: s = √mean (y − m)²/v. Above 1 the
     * predictions were too sure (Laves et al. 2020). Variances of 0 are `ERR_OPTION`.
     * @type {{
     *   (mean: Numbers | Prediction, variance: Numbers, y: Targets): number;
     *   (prediction: Prediction, y: Targets): number;
     * }}
     */
    sigmaScale: (/** @type {any} */ first, /** @type {any} */ second, /** @type {any} */ third = undefined) =>
      gaussian(running(), 'bl_metric_sigma_scale', first, second, third)[0][0],

    /**
     * Entropy of each row, −Σ_c p_c log p_c.
     * @param {Probabilities} probs
     * @param {{ classes?: number }} [options] classes: columns of a flat list; default 1, p(y = 1)
     * @returns {Float64Array} (n) nats
     */
    entropy: (probs, options) => byRow(running(), 'bl_metric_entropy', probs, options),

    /**
     * Probability of the predicted class of each row.
     * @param {Probabilities} probs
     * @param {{ classes?: number }} [options] classes: columns of a flat list; default 1, p(y = 1)
     * @returns {Float64Array} (n)
     */
    confidence: (probs, options) => byRow(running(), 'bl_metric_confidence', probs, options),
  });
}
