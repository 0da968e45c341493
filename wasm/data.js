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

/**
 * All examples held as one.
 * @param {Data[]} held
 * @returns {Data}
 */
export function merged(held) {
  const join = (/** @type {Float64Array[]} */ parts) => {
    const out = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  };
  const n = held.reduce((sum, part) => sum + part.n, 0);
  const weighted = held.some(({ weights }) => weights !== null);
  return {
    X: join(held.map(({ X }) => X)),
    y: join(held.map(({ y }) => y)),
    weights: weighted ? join(held.map(({ weights, n: size }) => weights ?? new Float64Array(size).fill(1))) : null,
    n,
  };
}

/**
 * The examples held without those taken away; the core has made sure that each is there.
 * @param {Data[]} held
 * @param {Data} gone
 * @param {Shape} shape
 * @returns {Data[]}
 */
export function without(held, gone, { d, targets }) {
  const all = merged(held);
  /** @type {(i: number, j: number) => boolean} */
  const same = (i, j) => {
    for (let c = 0; c < d; c++) if (all.X[i * d + c] !== gone.X[j * d + c]) return false;
    for (let c = 0; c < targets; c++) if (all.y[i * targets + c] !== gone.y[j * targets + c]) return false;
    return (all.weights?.[i] ?? 1) === (gone.weights?.[j] ?? 1);
  };
  /** @type {Map<number, number[]>} those that go, by their first input */
  const leaving = new Map();
  for (let j = 0; j < gone.n; j++) {
    const first = gone.X[j * d];
    if (!leaving.get(first)?.push(j)) leaving.set(first, [j]);
  }
  /** @type {number[]} */
  const staying = [];
  for (let i = 0; i < all.n; i++) {
    const candidates = leaving.get(all.X[i * d]) ?? [];
    const at = candidates.findIndex((j) => same(i, j));
    if (at < 0) staying.push(i);
    else candidates.splice(at, 1);
  }
  /** @type {(values: Float64Array, width: number) => Float64Array} */
  const kept = (values, width) => {
    const out = new Float64Array(staying.length * width);
    staying.forEach((i, at) => out.set(values.subarray(i * width, (i + 1) * width), at * width));
    return out;
  };
  return [
    { X: kept(all.X, d), y: kept(all.y, targets), weights: all.weights && kept(all.weights, 1), n: staying.length },
  ];
}
