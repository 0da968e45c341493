// shape.js — what follows from the layers: inputs, outputs, and where each parameter tensor lies in θ (torch's order:
// for each layer its weight [out × in] row-major, then its bias [out]); and the active parameters, a span of layers or
// a list.
import { idOf } from './tables.js';

/** @import { Core } from './memory.js' */
/** @import { LikelihoodRow, Tables } from './tables.js' */

/**
 * @typedef {object} Tensor
 * @property {number} layer
 * @property {number} start its first position in θ
 * @property {number} size
 */

/**
 * @typedef {object} Shape
 * @property {number} d inputs
 * @property {number} k network outputs
 * @property {number} p parameters
 * @property {number} depth weight layers
 * @property {number} id of the likelihood
 * @property {LikelihoodRow} likelihood
 * @property {number} targets columns of y
 * @property {number} means columns of E[y|x]
 * @property {Tensor[]} tensors
 */

/**
 * The parameters a posterior is over.
 * @typedef {object} Active
 * @property {number} first first layer of the span
 * @property {Int32Array | null} index positions in θ, ascending; null for the whole span
 * @property {number} p how many
 * @property {Tensor[]} tensors that have active parameters
 */

/**
 * @param {readonly number[]} layers
 * @param {boolean} bias
 * @returns {Tensor[]}
 */
export function tensorsOf(layers, bias) {
  const tensors = [];
  let start = 0;
  for (let layer = 0; layer + 1 < layers.length; layer++) {
    for (const size of [layers[layer] * layers[layer + 1], ...(bias ? [layers[layer + 1]] : [])]) {
      tensors.push({ layer, start, size });
      start += size;
    }
  }
  return tensors;
}

/**
 * @param {Core} core
 * @param {Tables} tables
 * @param {{ layers: number[], likelihood: string, bias: boolean }} net
 * @returns {Shape}
 */
export function shapeOf(core, tables, { layers, likelihood, bias }) {
  const id = idOf(tables.likelihoods, likelihood);
  const k = layers[layers.length - 1];
  const tensors = tensorsOf(layers, bias);
  const last = tensors[tensors.length - 1];
  return {
    d: layers[0],
    k,
    p: last.start + last.size,
    depth: layers.length - 1,
    id,
    likelihood: tables.likelihoods[id],
    targets: core.call.bl_likelihood_targets(id, k),
    means: core.call.bl_likelihood_means(id, k),
    tensors,
  };
}

/**
 * @param {Shape} shape
 * @param {number} first
 * @returns {Active} the layers from `first` on
 */
export function spanOf(shape, first) {
  const tensors = shape.tensors.filter(({ layer }) => layer >= first);
  return { first, index: null, p: shape.p - tensors[0].start, tensors };
}

/**
 * @param {Shape} shape
 * @param {Int32Array} index ascending
 * @returns {Active}
 */
export function listOf(shape, index) {
  const layerOf = (/** @type {number} */ at) => shape.tensors.findLast(({ start }) => start <= at)?.layer ?? 0;
  return {
    first: layerOf(index[0]),
    index,
    p: index.length,
    tensors: shape.tensors.filter(({ start, size }) => index.some((at) => at >= start && at < start + size)),
  };
}

/**
 * Positions in θ of the active parameters.
 * @param {Active} active
 * @returns {Int32Array}
 */
export const positionsOf = ({ index, p, tensors }) =>
  index?.slice() ?? Int32Array.from({ length: p }, (_, i) => tensors[0].start + i);

/**
 * One value for each parameter from a number, one value per tensor, or one per parameter.
 * @param {number | Float64Array} value
 * @param {Active} active
 * @returns {Float64Array}
 */
export function spread(value, active) {
  if (typeof value === 'number') return new Float64Array(active.p).fill(value);
  if (value.length === active.p) return value.slice();
  const at = positionsOf(active);
  return Float64Array.from(at, (i) => value[active.tensors.findLastIndex(({ start }) => start <= i)]);
}
