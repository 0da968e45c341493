// arrays.js — the shapes arrays may come in, checked to the row and column, and made flat: X as rows or flat row-major,
// y as any list, vectors of a few allowed lengths.
import { fail, show } from './errors.js';

/**
 * Inputs (n × d): rows, or flat row-major.
 * @typedef {ArrayLike<ArrayLike<number>> | ArrayLike<number>} Matrix
 */

/**
 * Targets: a list, flat row-major (n × k), or rows.
 * @typedef {ArrayLike<number> | ArrayLike<bigint> | ArrayLike<ArrayLike<number>>} Targets
 */

/**
 * @param {unknown} value
 * @returns {value is ArrayLike<any>}
 */
export const isList = (value) => Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));

/**
 * Row-major (n × columns) from rows or a flat list.
 * @param {unknown} X
 * @param {number} columns
 * @param {string} what
 * @param {boolean} [borrow] a flat Float64Array is given back itself, for a caller that reads it at once
 * @returns {{ values: Float64Array, n: number }}
 */
export function readMatrix(X, columns, what, borrow = false) {
  const expected = `rows of ${columns} number${columns === 1 ? '' : 's'}`;
  if (!isList(X)) fail('ERR_SHAPE', what, show(X), expected, 'Pass number[][], or a flat Float64Array, row after row.');
  if (X.length === 0) fail('ERR_SHAPE', what, 'no rows', `one row at least`);
  if (isList(X[0])) return { values: flatten(X, columns, what), n: X.length };
  if (X.length % columns !== 0) {
    fail('ERR_SHAPE', what, `a flat list of length ${X.length}`, `a multiple of ${columns}, the number of columns`);
  }
  return { values: finite(X, columns, what, borrow), n: X.length / columns };
}

/**
 * @param {ArrayLike<unknown>} rows
 * @param {number} columns
 * @param {string} what
 */
function flatten(rows, columns, what) {
  const values = allocate(rows.length * columns, what);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    if (!isList(row)) fail('ERR_SHAPE', `${what}, row ${i}`, show(row), `a row of ${columns} numbers like the first`);
    if (row.length !== columns) fail('ERR_SHAPE', `${what}, row ${i}`, `${row.length} columns`, String(columns));
    for (let j = 0; j < columns; j++) {
      values[i * columns + j] = Number.isFinite(row[j]) ? row[j] : refuse(row[j], what, i * columns + j, columns);
    }
  }
  return values;
}

/**
 * @param {ArrayLike<unknown>} list
 * @param {number} columns
 * @param {string} what
 * @param {boolean} [borrow] a Float64Array is given back itself, for a caller that reads it at once
 * @returns {Float64Array}
 */
function finite(list, columns, what, borrow = false) {
  if (borrow && list instanceof Float64Array) {
    let zero = 0;
    for (let i = 0; i < list.length; i++) zero += 0 * list[i]; // NaN from the first number that is not finite
    if (zero === 0) return list;
  }
  const values = allocate(list.length, what);
  for (let i = 0; i < list.length; i++) {
    const value = /** @type {number} */ (list[i]);
    values[i] = Number.isFinite(value) ? value : refuse(value, what, i, columns);
  }
  return values;
}

/**
 * @param {unknown} value
 * @param {string} what
 * @param {number} i position in the flat list
 * @param {number} columns
 * @returns {never}
 */
function refuse(value, what, i, columns) {
  const where = `${what}, row ${Math.floor(i / columns)}${columns === 1 ? '' : `, column ${i % columns}`}`;
  if (isList(value)) fail('ERR_SHAPE', where, show(value), 'a number');
  const missing = value === undefined || value === null || typeof value === 'number';
  const advice = missing ? 'Remove or fill in what is missing.' : 'Number what is not a number; classes from 0.';
  fail('ERR_NOT_FINITE', where, show(value), 'a finite number', advice);
}

/**
 * @param {number} count
 * @param {string} what
 */
function allocate(count, what) {
  try {
    return new Float64Array(count);
  } catch {
    return fail('ERR_OUT_OF_MEMORY', what, `${count} numbers`, 'sizes that fit into 2 GB', 'Pass the rows in batches.');
  }
}

/**
 * A flat list of one of the given lengths.
 * @param {unknown} list
 * @param {readonly number[]} lengths
 * @param {string} what
 * @param {string} expected the lengths in words
 * @returns {Float64Array}
 */
export function readVector(list, lengths, what, expected) {
  if (!isList(list)) fail('ERR_SHAPE', what, show(list), expected);
  if (!lengths.includes(list.length)) fail('ERR_SHAPE', what, `${list.length} values`, expected);
  return finite(list, 1, what);
}

/**
 * Targets (n × columns) as numbers; whether they suit the likelihood is asked of the core.
 * @param {unknown} y
 * @param {number} n
 * @param {number} columns
 * @returns {Float64Array}
 */
export function readTargets(y, n, columns) {
  const expected =
    columns === 1
      ? `${n}, one for each row of X`
      : `${n} × ${columns} = ${n * columns}, one row of targets for each of X`;
  if (!isList(y)) fail('ERR_SHAPE', 'y', show(y), `a list of ${expected}`);
  if (isList(y[0])) {
    if (columns === 1 && y[0].length > 1) {
      const advice = 'A class is its number, 0, 1, 2, …, not a row of zeros and a one.';
      fail('ERR_SHAPE', 'y, row 0', `${y[0].length} columns`, '1', advice);
    }
    if (y.length !== n) fail('ERR_SHAPE', 'y', `${y.length} rows of targets`, expected);
    return flatten(y, columns, 'y');
  }
  if (y.length !== n * columns) fail('ERR_SHAPE', 'y', `${y.length} targets`, expected);
  return finite(typeof y[0] === 'bigint' ? Array.from(y, Number) : y, columns, 'y');
}

/**
 * Weights of the examples: how many copies each counts as.
 * @param {unknown} weights
 * @param {number} n
 * @returns {Float64Array}
 */
export function readWeights(weights, n) {
  const values = readVector(weights, [n], 'weights', `${n}, one for each row of X`);
  const i = values.findIndex((w) => w < 0);
  if (i >= 0) fail('ERR_OPTION', `weights, row ${i}`, String(values[i]), 'a number ≥ 0');
  return values;
}

/**
 * Places for the planes of a map, given by the caller by name.
 * @param {any} out
 * @param {readonly string[]} names those that are computed
 */
export function checkPlanes(out, names) {
  if (out === undefined) return;
  if (typeof out !== 'object' || out === null || isList(out))
    fail('ERR_OPTION', 'out', show(out), 'an object of Float32Arrays by quantity');
  for (const name of Object.keys(out))
    if (!names.includes(name))
      fail('ERR_OPTION', 'out', `a place for '${name}'`, `places for the quantities asked for: ${names.join(', ')}`);
}

/**
 * A place for a result, given by the caller.
 * @param {unknown} out
 * @param {number} length
 * @param {typeof Float64Array | typeof Float32Array} Type
 * @param {string} what
 */
export function checkOut(out, length, Type, what) {
  if (out === undefined) return;
  if (!(out instanceof Type)) fail('ERR_OPTION', what, show(out), `a ${Type.name} of length ${length}`);
  if (out.length !== length) fail('ERR_SHAPE', what, `length ${out.length}`, String(length));
}
