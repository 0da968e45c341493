// subnetwork.js — which parameters a subnetwork has: a list of positions, or a rule that chooses them.
//   largest_magnitude      by |θ|
//   largest_variance_diag  by the variances of a diagonal Laplace approximation over all weights (Daxberger et al.
// 2021b)
//   random                 uniform, by the seed
import { isList } from './arrays.js';
import { fail, show } from './errors.js';
import { choice, count, readOptions } from './options.js';

/** @import { Core } from './memory.js' */
/** @import { Shape } from './shape.js' */

/**
 * @typedef {object} SubnetworkRule
 * @property {'largest_magnitude' | 'largest_variance_diag' | 'random'} select
 * @property {number} count parameters to take, 1 to P
 */

/** @typedef {{ list: Int32Array } | { rule: SubnetworkRule }} Selection */

/**
 * @param {Shape} shape
 * @returns {(value: any, name: string) => Selection}
 */
export const selectionOf = (shape) => (value, name) => {
  const expected = `distinct integers from 0 to ${shape.p - 1}, or { select, count }`;
  if (!isList(value)) {
    if (typeof value !== 'object' || value === null) fail('ERR_OPTION', name, show(value), expected);
    const rule = readOptions(value, name, {
      select: choice(['largest_magnitude', 'largest_variance_diag', 'random']),
      count,
    });
    if (rule.select === undefined || rule.count === undefined || rule.count > shape.p) {
      fail('ERR_OPTION', name, JSON.stringify(value), `a rule to select and a count from 1 to ${shape.p}`);
    }
    return { rule: /** @type {SubnetworkRule} */ (rule) };
  }
  if (value.length === 0) fail('ERR_OPTION', name, 'an empty list', expected);
  Array.from(value, (at, i) => {
    if (!Number.isInteger(at) || at < 0 || at >= shape.p) fail('ERR_OPTION', `${name}[${i}]`, show(at), expected);
  });
  const sorted = Int32Array.from(value).sort();
  const twice = sorted.findIndex((at, i) => i > 0 && at === sorted[i - 1]);
  if (twice >= 0) fail('ERR_OPTION', name, `${sorted[twice]} twice`, expected);
  return { list: sorted };
};

/**
 * Positions of the `size` largest scores, ascending; of equal ones the first.
 * @param {ArrayLike<number>} scores
 * @param {number} size
 * @returns {Int32Array}
 */
export const largest = (scores, size) =>
  Int32Array.from(scores, (_, i) => i)
    .sort((a, b) => scores[b] - scores[a] || a - b)
    .slice(0, size)
    .sort();

/**
 * The positions a selection stands for.
 * @param {Selection} selection
 * @param {Core} core
 * @param {Shape} shape
 * @param {Float64Array} theta
 * @param {number} seed
 * @param {() => ArrayLike<number>} variances of a diagonal posterior over all weights, asked for where a rule needs
 *   them
 * @returns {Int32Array}
 */
export function positions(selection, core, shape, theta, seed, variances) {
  if ('list' in selection) return selection.list;
  const { select, count: size } = selection.rule;
  if (select === 'largest_magnitude') return largest(theta.map(Math.abs), size);
  if (select === 'largest_variance_diag') return largest(variances(), size);
  return core.scope((border) => {
    const at = border.room(shape.p, 4);
    core.call.bl_shuffled(at, shape.p, seed);
    return border.readInts(at, size).sort();
  });
}
