// tuning.js — choosing prior precision and noise: by the evidence, exactly, in the core; or by a metric on validation
// data, over a grid.
import { readData } from './data.js';
import { LaplaceError, fail, oneOf, show } from './errors.js';
import { boolean, callback, choice, count, finite, readOptions } from './options.js';

/** @import { Laplace } from './laplace.js' */
/** @import { Core } from './memory.js' */
/** @import { Shape } from './shape.js' */
/** @import { Metrics } from './metrics.js' */
/** @import { LinkName } from './names.js' */
/** @import { Predicted } from './predict.js' */

const SMALLER = /** @type {const} */ (['nll', 'brier', 'ece', 'mce', 'rmse', 'crps']);
const LARGER = /** @type {const} */ (['accuracy', 'auroc']);
/** @typedef {(typeof SMALLER)[number]} Smaller metrics that are better when smaller */
/** @typedef {(typeof LARGER)[number]} Larger metrics that are better when larger */

/**
 * @typedef {object} TuneOptions
 * @property {'marglik' | 'gridsearch'} [method] the evidence (default), or a metric on validation data
 * @property {'scalar' | 'layerwise' | 'diag'} [priorStructure] one precision for all (default), per parameter tensor,
 *   or per parameter
 * @property {boolean} [tuneSigma] the noise with it; default true for gaussian likelihoods, 'marglik' only
 * @property {import('./arrays.js').Matrix} [X] validation inputs, for 'gridsearch'
 * @property {import('./arrays.js').Targets} [y] validation targets
 * @property {Smaller | Larger | ((prediction: Predicted, y: Float64Array) => number)} [metric] a name of `metrics`, or
 *   a function to be made small; default 'nll'
 * @property {number} [logPriorPrecMin] log₁₀ of the least precision of the grid, default −4
 * @property {number} [logPriorPrecMax] default 4
 * @property {number} [gridSize] default 100
 * @property {LinkName} [link] for 'gridsearch', default 'probit'
 * @property {'glm' | 'nn' | 'gp'} [predType] for 'gridsearch', default 'glm'
 * @property {number} [samples] default 100
 * @property {number} [seed] default 0
 */

/**
 * @typedef {object} Tuned
 * @property {number | Float64Array} priorPrecision
 * @property {number | Float64Array} sigmaNoise
 * @property {number} logMarginalLikelihood there
 * @property {boolean} interior false when the best value lies at an edge of the range searched
 * @property {(number | 'sigmaNoise')[]} atEdge which precisions do
 * @property {number} evaluations
 * @property {number} [score] 'gridsearch': the metric there
 */

/**
 * @param {Shape} shape
 * @param {unknown} options
 * @param {readonly string[]} links
 * @returns {Record<string, any>}
 */
export function readTuning(shape, options, links) {
  const read = readOptions(options, 'optimizePriorPrecision', {
    method: [choice(['marglik', 'gridsearch']), 'marglik'],
    priorStructure: [choice(['scalar', 'layerwise', 'diag']), 'scalar'],
    tuneSigma: boolean,
    X: (value) => value,
    y: (value) => value,
    metric: [
      (value, name) =>
        typeof value === 'function' ? callback(value, name) : choice([...SMALLER, ...LARGER])(value, name),
      'nll',
    ],
    logPriorPrecMin: [finite, -4],
    logPriorPrecMax: [finite, 4],
    gridSize: [count, 100],
    link: [choice(links), 'probit'],
    predType: [choice(['glm', 'nn', 'gp']), 'glm'],
    samples: [count, 100],
    seed: [finite, 0],
  });
  if (read.tuneSigma && !shape.likelihood.sigma) {
    fail(
      'ERR_OPTION',
      'tuneSigma',
      `true with likelihood '${shape.likelihood.name}'`,
      'false',
      'It has no sigmaNoise.',
    );
  }
  if (read.method === 'gridsearch') {
    if (read.priorStructure !== 'scalar')
      fail('ERR_UNSUPPORTED', 'priorStructure', show(read.priorStructure), "'scalar' with method 'gridsearch'");
    if (read.tuneSigma) fail('ERR_UNSUPPORTED', 'tuneSigma', 'true', "false with method 'gridsearch'");
    if (
      !(read.logPriorPrecMin < read.logPriorPrecMax) ||
      Math.abs(read.logPriorPrecMin) > 12 ||
      read.logPriorPrecMax > 12
    )
      fail(
        'ERR_OPTION',
        'logPriorPrecMin',
        `${read.logPriorPrecMin} to ${read.logPriorPrecMax}`,
        'an ascending range from −12 to 12',
      );
  }
  return { ...read, tuneSigma: read.tuneSigma ?? shape.likelihood.sigma };
}

/**
 * The precision of the grid whose predictions score best.
 * @param {Laplace} la a copy to try them on
 * @param {Record<string, any>} read
 * @param {Shape} shape
 * @param {Metrics} metrics
 * @param {import('./memory.js').Core} core
 */
export function searchGrid(la, read, shape, metrics, core) {
  const { gridSize, link, predType, samples, seed, metric } = read;
  if (read.X === undefined || read.y === undefined)
    fail('ERR_OPTION', 'optimizePriorPrecision', 'no validation data', "X and y with method 'gridsearch'");
  const { X, y } = readData(core, shape, read.X, read.y);
  const known = /** @type {Record<string, (prediction: object, y: Float64Array) => number>} */ (
    /** @type {unknown} */ (metrics)
  );
  const score = typeof metric === 'function' ? metric : (/** @type {object} */ p) => known[metric](p, y);
  const sign = typeof metric === 'string' && LARGER.includes(/** @type {Larger} */ (metric)) ? -1 : 1;
  let best = { at: -1, precision: 0, score: Infinity };
  let refused;
  let told = false;
  for (let i = 0; i < gridSize; i++) {
    const share = gridSize === 1 ? 0.5 : i / (gridSize - 1);
    // a power of ten from the core: the same bits on every engine
    const precision = core.call.bl_power_of_ten(read.logPriorPrecMin * (1 - share) + read.logPriorPrecMax * share);
    try {
      la.priorPrecision = precision;
    } catch (error) {
      if (!(error instanceof LaplaceError) || error.code !== 'ERR_NOT_POSITIVE_DEFINITE') throw error;
      refused ??= error; // too little precision for the curvature: not one to choose
      continue;
    }
    const value = score(la.predict(X, { link, predType, samples, seed }), y);
    if (typeof value !== 'number')
      fail(
        'ERR_OPTION',
        'metric',
        `a function that gives ${show(value)}`,
        `a number, or ${oneOf([...SMALLER, ...LARGER])}`,
      );
    told = true;
    if (best.at < 0 ? !Number.isNaN(value) : sign * value < sign * best.score)
      best = { at: i, precision, score: value };
  }
  if (best.at < 0) {
    if (!told) throw refused;
    fail('ERR_OPTION', 'metric', 'NaN at every precision', 'a number at one at least');
  }
  return { ...best, interior: best.at > 0 && best.at < gridSize - 1 };
}

/**
 * The precisions, and with `tuneSigma` the noise, that maximise the evidence at θ̂. Nothing is set.
 * @param {Core} core
 * @param {number} pointer of the posterior
 * @param {number} groups precisions
 * @param {number} k outputs
 * @param {boolean} tuneSigma
 * @param {string} curvature
 * @returns {{ values: Float64Array, evaluations: number, atEdge: (number | 'sigmaNoise')[] }} values: the precisions, σ
 *   (k), the log evidence
 */
export function maximise(core, pointer, groups, k, tuneSigma, curvature) {
  return core.scope((border) => {
    const doubles = border.room(groups + k + 1);
    const ints = border.room(groups + 2, 4);
    const status = core.call.bl_laplace_tune(
      pointer,
      doubles,
      doubles + 8 * groups,
      doubles + 8 * (groups + k),
      ints,
      ints + 4 * (groups + 1),
      groups,
      Number(tuneSigma),
      core.scratch,
    );
    if (core.code(status) === 'ERR_NOT_POSITIVE_DEFINITE') {
      const exact = curvature === 'hessian';
      fail(
        'ERR_NOT_POSITIVE_DEFINITE',
        'optimizePriorPrecision',
        exact ? 'a curvature that is negative in places' : 'precisions on its way that rounding leaves no factor',
        'a curvature that stays positive',
        exact
          ? "The evidence grows without end towards the prior that leaves it singular. Take curvature 'ggn'."
          : "Begin from a larger priorPrecision, or take hessianStructure 'kron' or 'diag'.",
      );
    }
    core.check(status, 'optimizePriorPrecision', 'a posterior');
    const values = border.read(doubles, groups + k + 1);
    const [evaluations, ...edges] = [...border.readInts(ints, groups + 2)].reverse();
    const atEdge = edges
      .reverse()
      .flatMap((edge, i) => (edge ? [i === groups ? /** @type {const} */ ('sigmaNoise') : i] : []));
    return { values, evaluations, atEdge };
  });
}
