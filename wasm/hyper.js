// hyper.js — the hyper-parameters: prior precision (a number, one per tensor, one per parameter, or a matrix) and mean,
// or an earlier posterior in their place, and noise σ (a number, or one per output). The readers check; `restrict`
// carries values of all parameters over to a subset of them.
import { isList, readMatrix } from './arrays.js';
import { fail } from './errors.js';
import { numbers } from './options.js';
import { PosteriorPrior } from './prior.js';
import { positionsOf, spread } from './shape.js';

/** @import { Active, Shape } from './shape.js' */
/** @import { Reader } from './options.js' */

/**
 * Prior and noise, each a number or a Float64Array.
 * @typedef {object} Hyper
 * @property {number | Float64Array} priorPrecision P₀ row after row when it is a matrix
 * @property {number | Float64Array} priorMean
 * @property {number | Float64Array} sigmaNoise
 * @property {PosteriorPrior} [prior] stands for precision and mean
 */

/**
 * A value for all, a list of one per parameter tensor [W1, b1, W2, b2, …], or a list of one per parameter.
 * @typedef {number | ArrayLike<number>} PriorValue
 */

/**
 * A precision may also be a symmetric positive definite matrix over all the parameters: rows, or flat row-major.
 * @typedef {PriorValue | ArrayLike<ArrayLike<number>>} PrecisionValue
 */

/**
 * @param {number | ArrayLike<unknown>} value
 * @param {number} p
 */
export const isMatrix = (value, p) => typeof value !== 'number' && p > 1 && value.length === p * p;

/**
 * @param {any} value
 * @param {number} p
 * @param {string} name
 * @returns {Float64Array}
 */
function readPrecisionMatrix(value, p, name) {
  const { values, n } = readMatrix(value, p, name);
  if (n !== p) fail('ERR_SHAPE', name, `${n} rows`, `${p}, a row for each parameter`);
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < i; j++) {
      const [a, b] = [values[i * p + j], values[j * p + i]];
      if (Math.abs(a - b) > 1e-9 * Math.max(Math.abs(a), Math.abs(b))) {
        fail('ERR_OPTION', `${name}[${i}][${j}]`, `${a}, and ${b} across the diagonal`, 'a symmetric matrix');
      }
    }
  }
  return values;
}

/**
 * Readers for the options of a prior over the active parameters and of the noise. `least` is 0 where maximum likelihood
 * is allowed; a Laplace approximation needs a precision > 0.
 * @param {Shape} shape
 * @param {Active} active
 * @param {{ zero: boolean }} allow
 * @returns {{ priorPrecision: Reader, priorMean: Reader, sigmaNoise: Reader, prior: Reader }}
 */
export function hyperReaders(shape, active, { zero }) {
  const lengths = [1, active.tensors.length, active.p];
  const words = `1, ${active.tensors.length} (one per tensor), ${active.p} (one per parameter) or a matrix`;
  const mean = numbers('a finite number', () => true, lengths, words);
  const sigma = numbers(
    'a number > 0',
    (x) => x > 0,
    [1, shape.k],
    shape.k === 1 ? '1' : `1 or ${shape.k} (one per output)`,
  );
  const precision = numbers(
    zero ? 'a number ≥ 0' : 'a number > 0',
    zero ? (x) => x >= 0 : (x) => x > 0,
    lengths,
    words,
  );
  return {
    priorPrecision: (value, name) =>
      isList(value) && (isList(value[0]) || isMatrix(value, active.p))
        ? readPrecisionMatrix(value, active.p, name)
        : precision(value, name),
    prior: (value, name) =>
      value instanceof PosteriorPrior
        ? value
        : fail('ERR_OPTION', name, String(value), 'what asPrior() of a fitted Laplace gives'),
    priorMean(value, name) {
      const read = mean(value, name);
      return typeof read === 'number' || read.length === 1 ? read : spread(read, active);
    },
    sigmaNoise(value, name) {
      const read = sigma(value, name);
      if (!shape.likelihood.sigma && listed(read).some((x) => x !== 1)) {
        fail(
          'ERR_OPTION',
          name,
          String(read),
          `1, or none, for likelihood '${shape.likelihood.name}'`,
          'Only likelihoods with Gaussian noise take sigmaNoise.',
        );
      }
      return read;
    },
  };
}

/**
 * As the core takes it: a list.
 * @param {number | Float64Array} value
 * @returns {Float64Array}
 */
export const listed = (value) => (typeof value === 'number' ? Float64Array.of(value) : value);

/**
 * For JSON: lists, and of an earlier posterior what it was.
 * @param {Hyper} hyper
 */
export function plainHyper({ priorPrecision, priorMean, sigmaNoise, prior }) {
  const plain = (/** @type {number | Float64Array} */ value) => (typeof value === 'number' ? value : Array.from(value));
  return {
    priorPrecision: plain(priorPrecision),
    priorMean: plain(priorMean),
    sigmaNoise: plain(sigmaNoise),
    prior: prior?.about,
  };
}

/**
 * A copy for the user.
 * @param {number | Float64Array} value
 * @returns {number | Float64Array}
 */
export const copied = (value) => (typeof value === 'number' ? value : value.slice());

/**
 * Of a prior value for all parameters, what belongs to the active ones, in the coarsest form.
 * @param {number | Float64Array} value
 * @param {Active} all
 * @param {Active} active
 * @returns {number | Float64Array}
 */
export function restrict(value, all, active) {
  if (typeof value === 'number') return value;
  if (value.length === 1) return value[0];
  if (active.p === all.p) return value.slice();
  if (isMatrix(value, all.p)) {
    const at = positionsOf(active); // given the other parameters, these have that block as their precision
    return Float64Array.from({ length: active.p ** 2 }, (_, i) => {
      return value[at[Math.floor(i / active.p)] * all.p + at[i % active.p]];
    });
  }
  if (value.length === all.tensors.length && !active.index)
    return value.slice(all.tensors.length - active.tensors.length);
  const each = spread(value, all);
  return Float64Array.from(positionsOf(active), (at) => each[at]);
}
