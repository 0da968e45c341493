// measure.js — what metrics are given: shapes read, bad rows named, one call of the core.
import { isList, readMatrix } from './arrays.js';
import { fail, show } from './errors.js';
import { count, readOptions } from './options.js';

/** @import { Targets } from './arrays.js' */
/** @import { Border, Core } from './memory.js' */
/** @import { Numbers, Probabilities } from './metrics.js' */
/** @import { Prediction } from './predict.js' */

/** @param {any} value */
export const isPrediction = (value) =>
  typeof value === 'object' && value !== null && !isList(value) && 'outputs' in value;

/**
 * @param {any} first
 * @param {unknown} third
 */
export const isRegression = (first, third) => isList(third) || (isPrediction(first) && first.yVar !== undefined);

/**
 * @param {unknown} options
 * @param {number} fallback
 * @returns {number}
 */
export const readBins = (options, fallback) => readOptions(options, 'metrics', { bins: [count, fallback] }).bins;

/**
 * Rows or a flat list, made flat.
 * @param {any} list
 * @param {string} what
 * @returns {Float64Array}
 */
export function readNumbers(list, what) {
  const first = isList(list) ? list[0] : undefined;
  if (typeof first === 'bigint') return readMatrix(Array.from(list, Number), 1, what).values;
  return readMatrix(list, isList(first) ? Math.max(1, first.length) : 1, what).values;
}

/**
 * @param {Float64Array} values
 * @param {Float64Array} y
 * @param {string} what
 */
export function matching(values, y, what) {
  if (values.length !== y.length) fail('ERR_SHAPE', what, `${values.length} values`, `${y.length}, as many as targets`);
  return values;
}

/**
 * A part of a prediction.
 * @param {any} prediction
 * @param {'mean' | 'yVar'} name
 * @returns {Float64Array}
 */
function part(prediction, name) {
  const { n } = prediction;
  const values = prediction[name];
  if (values === undefined) {
    const advice = `Ask predict for the quantity '${name}'${name === 'yVar' ? '; only regressions have it' : ''}.`;
    fail('ERR_OPTION', 'prediction', `no ${name}`, `one with ${name}`, advice);
  }
  if (!isList(values) || values.length === 0 || values.length % n !== 0)
    fail('ERR_SHAPE', `prediction.${name}`, show(values), `as many values for each of the ${n} rows`);
  return readMatrix(values, 1, `prediction.${name}`).values;
}

/** @param {any} given */
export const meanOf = (given) => (isPrediction(given) ? part(given, 'mean') : readNumbers(given, 'mean'));

/**
 * The diagonals of yVar (n × k × k).
 * @param {any} prediction
 */
export function diagonal(prediction) {
  const covariance = part(prediction, 'yVar');
  const k = Math.sqrt(covariance.length / prediction.n);
  if (!Number.isInteger(k)) fail('ERR_SHAPE', 'prediction.yVar', show(covariance), 'a square for each row');
  return Float64Array.from({ length: prediction.n * k }, (_, i) => covariance[i * k + (i % k)]);
}

/**
 * @param {any} given
 * @param {number} [n] rows there must be
 * @param {number} [classes] columns there must be; of a flat list, n/rows where absent
 */
function readProbabilities(given, n, classes) {
  if (isPrediction(given)) {
    if (given.yVar !== undefined) fail('ERR_OPTION', 'probs', "a regression's prediction", 'class probabilities');
    return shaped(part(given, 'mean'), given.n, n, classes);
  }
  const nested = isList(given) && isList(given[0]);
  if (nested || n === undefined) {
    const columns = nested ? Math.max(1, given[0].length) : (classes ?? 1);
    const { values, n: rows } = readMatrix(given, columns, 'probs');
    return shaped(values, rows, n, classes);
  }
  return shaped(readMatrix(given, 1, 'probs').values, n, n, classes);
}

/**
 * @param {Float64Array} values
 * @param {number} rows
 * @param {number} [n]
 * @param {number} [classes]
 */
function shaped(values, rows, n = rows, classes = undefined) {
  const c = values.length / rows;
  if (rows !== n) fail('ERR_SHAPE', 'probs', `${rows} rows`, `${n}, as many as labels`);
  if (!Number.isInteger(c))
    fail('ERR_SHAPE', 'probs', `${values.length} values`, `a multiple of ${n}, the number of labels`);
  if (c !== (classes ?? c)) fail('ERR_SHAPE', 'probs', `${c} columns`, `${classes}, the number of classes`);
  return { values, n, c };
}

/**
 * @param {Core} core
 * @param {Border} border
 * @param {{ values: Float64Array, n: number, c: number }} probs
 * @returns {number} where they are
 */
function probabilities(core, border, { values, n, c }) {
  const at = border.doubles(values);
  const i = core.call.bl_metric_bad_probability(at, n, c);
  if (i >= 0) {
    const row = Array.from(values.subarray(i * c, i * c + Math.min(c, 8)), String);
    const expected = c === 1 ? 'a probability from 0 to 1' : 'probabilities from 0 to 1 with the sum 1 within 1e-6';
    fail('ERR_OPTION', `probs, row ${i}`, `${row.join(', ')}${c > 8 ? ', …' : ''}`, expected);
  }
  return at;
}

/**
 * @param {Core} core
 * @param {Border} border
 * @param {Float64Array} labels
 * @param {number} c
 * @param {string} what
 * @returns {number} where they are
 */
function checkedLabels(core, border, labels, c, what) {
  const at = border.doubles(labels);
  const i = core.call.bl_metric_bad_label(at, labels.length, c);
  if (i >= 0) fail('ERR_LABEL', `${what}, row ${i}`, String(labels[i]), `an integer from 0 to ${Math.max(2, c) - 1}`);
  return at;
}

/**
 * @param {Core} core
 * @param {Border} border
 * @param {Float64Array} values
 * @param {boolean} strict whether 0 is refused
 * @returns {number} where they are
 */
export function variances(core, border, values, strict) {
  const at = border.doubles(values);
  const i = core.call.bl_metric_bad_variance(at, values.length, Number(strict));
  if (i >= 0) fail('ERR_OPTION', `variance, entry ${i}`, String(values[i]), `a number ${strict ? '> 0' : '≥ 0'}`);
  return at;
}

/**
 * One call of the core: room for what it writes, then its inputs.
 * @param {Core} core
 * @param {string} symbol
 * @param {number[]} sizes of what it writes
 * @param {number} n
 * @param {(border: Border) => number[]} inputs
 * @returns {Float64Array[]}
 */
export function measure(core, symbol, sizes, n, inputs) {
  return core.scope((border) => {
    const given = inputs(border);
    const places = sizes.map((size) => border.room(size));
    const where = symbol.replace('bl_metric_', 'metrics.');
    core.check(core.call[symbol](...places, ...given), where, `${n} rows`);
    return places.map((place, i) => border.read(place, sizes[i]));
  });
}

/**
 * @param {Core} core
 * @param {string} symbol
 * @param {Probabilities} given
 * @param {Targets} y
 * @param {number[]} [sizes]
 * @param {number[]} [rest]
 */
export function classified(core, symbol, given, y, sizes = [1], rest = []) {
  const labels = readNumbers(y, 'y');
  const probs = readProbabilities(given, labels.length);
  return measure(core, symbol, sizes, probs.n, (border) => [
    probabilities(core, border, probs),
    checkedLabels(core, border, labels, probs.c, 'y'),
    probs.n,
    probs.c,
    ...rest,
  ]);
}

/**
 * @param {Core} core
 * @param {string} symbol
 * @param {Probabilities} probs
 * @param {Targets} y
 * @param {unknown} options
 */
export function calibrationError(core, symbol, probs, y, options) {
  return classified(core, symbol, probs, y, [1], [readBins(options, 15), core.scratch])[0][0];
}

/**
 * @param {Core} core
 * @param {string} symbol
 * @param {Probabilities} given
 * @param {unknown} options
 */
export function byRow(core, symbol, given, options) {
  const { classes } = readOptions(options, 'metrics', { classes: count });
  const probs = readProbabilities(given, undefined, classes);
  return measure(core, symbol, [probs.n], probs.n, (border) => [
    probabilities(core, border, probs),
    probs.n,
    probs.c,
  ])[0];
}

/**
 * @param {Core} core
 * @param {string} symbol
 * @param {Numbers | Prediction} given
 * @param {Targets} y
 */
export function ranked(core, symbol, given, y) {
  const labels = readNumbers(y, 'labels');
  const values = isPrediction(given) ? part(given, 'mean') : readNumbers(given, 'scores');
  const scores = matching(values, labels, 'scores');
  const ones = labels.reduce((sum, label) => sum + label, 0);
  return measure(core, symbol, [1], labels.length, (border) => {
    const at = checkedLabels(core, border, labels, 1, 'labels');
    if (ones === 0 || ones === labels.length)
      fail('ERR_OPTION', 'labels', `only ${labels[0]}`, 'both 0 and 1', 'A ranking needs examples of both classes.');
    return [border.doubles(scores), at, labels.length, core.scratch];
  })[0][0];
}

/**
 * From (mean, variance, y), or (prediction, y).
 * @param {Core} core
 * @param {string} symbol
 * @param {any} first
 * @param {any} second
 * @param {any} third
 * @param {number[]} [sizes]
 * @param {number[]} [rest]
 */
export function gaussian(core, symbol, first, second, third, sizes = [1], rest = []) {
  const alone = isPrediction(first) && !isList(third);
  const y = readNumbers(alone ? second : third, 'y');
  const mean = matching(meanOf(first), y, 'mean');
  const variance = matching(alone ? diagonal(first) : readNumbers(second, 'variance'), y, 'variance');
  const strict = symbol === 'bl_metric_gaussian_nll' || symbol === 'bl_metric_sigma_scale';
  return measure(core, symbol, sizes, y.length, (border) => [
    border.doubles(mean),
    variances(core, border, variance, strict),
    border.doubles(y),
    y.length,
    ...rest,
  ]);
}
