// data.js — examples as a call takes them: X, y and weights read, matched to each other and to the likelihood.
import { readMatrix, readTargets, readWeights } from './arrays.js';
import { fail } from './errors.js';

/** @import { Core } from './memory.js' */
/** @import { Shape } from './shape.js' */

/**
 * @typedef {object} Data
 * @property {Float64Array} X (n × d)
 * @property {Float64Array} y (n × targets)
 * @property {Float64Array | null} weights (n), null for all 1
 * @property {number} n
 */

/**
 * @param {Core} core
 * @param {Shape} shape
 * @param {unknown} X
 * @param {unknown} y
 * @param {unknown} [weights]
 * @returns {Data}
 */
export function readData(core, shape, X, y, weights) {
  const { values, n } = readMatrix(X, shape.d, 'X');
  const targets = readTargets(y, n, shape.targets);
  const bad = core.scope((border) => core.call.bl_likelihood_check(shape.id, border.doubles(targets), n, shape.k));
  if (bad >= 0) {
    const { name, classes } = shape.likelihood;
    const labels = shape.k === 1 ? '0 or 1' : `an integer from 0 to ${shape.k - 1}`;
    fail(
      'ERR_LABEL',
      `y, row ${Math.floor(bad / shape.targets)}`,
      String(targets[bad]),
      classes ? `${labels} for likelihood '${name}'` : `a count 0, 1, 2, … for likelihood '${name}'`,
      classes ? 'Number the classes from 0; the last of the layers says how many there are.' : '',
    );
  }
  return { X: values, y: targets, weights: weights === undefined ? null : readWeights(weights, n), n };
}

/**
 * Rows from … to − 1.
 * @param {Data} data
 * @param {Shape} shape
 * @param {number} from
 * @param {number} to
 * @returns {Data}
 */
export function rowsOf({ X, y, weights, n }, { d, targets }, from, to) {
  const end = Math.min(n, to);
  return {
    X: X.subarray(from * d, end * d),
    y: y.subarray(from * targets, end * targets),
    weights: weights && weights.subarray(from, end),
    n: end - from,
  };
}
