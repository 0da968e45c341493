// options.js — options are checked by a table: one reader and one default for each name. A name nobody knows is
// refused, with the nearest known one; undefined is absent.
import { isList } from './arrays.js';
import { fail, nearest, oneOf, show } from './errors.js';

/**
 * Checks a value and gives it back in the form used inside; throws a LaplaceError otherwise.
 * @typedef {(value: any, name: string) => any} Reader
 */

/**
 * @param {unknown} given
 * @param {string} where the call, for messages
 * @param {Record<string, Reader | [Reader, unknown]>} table a reader by name, with the default beside it where there is
 *   one
 * @returns {Record<string, any>}
 */
export function readOptions(given, where, table) {
  const options = given === undefined ? {} : given;
  if (typeof options !== 'object' || options === null || isList(options)) {
    fail(
      'ERR_OPTION',
      `options of ${where}`,
      show(options),
      'an object',
      `Its names are ${Object.keys(table).join(', ')}.`,
    );
  }
  const values = /** @type {Record<string, unknown>} */ (options);
  for (const name of Object.keys(values)) {
    if (values[name] === undefined || Object.hasOwn(table, name)) continue;
    const known = Object.keys(table);
    fail(
      'ERR_OPTION',
      `options of ${where}`,
      `the unknown name '${name}'`,
      known.length > 0 ? oneOf(known) : 'none',
      nearest(name, known),
    );
  }
  /** @type {Record<string, unknown>} */
  const read = {};
  for (const [name, entry] of Object.entries(table)) {
    const [reader, fallback] = Array.isArray(entry) ? entry : [entry, undefined];
    read[name] = values[name] === undefined ? fallback : reader(values[name], name);
  }
  return read;
}

/**
 * A finite number that passes a test.
 * @param {string} expected
 * @param {(value: number) => boolean} [test]
 * @returns {Reader}
 */
export const number =
  (expected, test = () => true) =>
  (value, name) => {
    if (typeof value !== 'number' || !Number.isFinite(value) || !test(value))
      fail('ERR_OPTION', name, show(value), expected);
    return value;
  };

export const finite = number('a finite number');
export const positive = number('a number > 0', (x) => x > 0);
export const nonNegative = number('a number ≥ 0', (x) => x >= 0);
export const count = number('an integer from 1 to 2147483647', (x) => Number.isInteger(x) && x >= 1 && x < 2 ** 31);

/** @type {Reader} */
export const boolean = (value, name) =>
  typeof value === 'boolean' ? value : fail('ERR_OPTION', name, show(value), 'true or false');

/** @type {Reader} */
export const callback = (value, name) =>
  typeof value === 'function' ? value : fail('ERR_OPTION', name, show(value), 'a function');

/** @type {Reader} */
export const signal = (value, name) => {
  if (typeof value?.aborted !== 'boolean') fail('ERR_OPTION', name, show(value), 'an AbortSignal');
  return value;
};

/**
 * One of a list of names.
 * @param {readonly string[]} names
 * @returns {Reader}
 */
export const choice = (names) => (value, name) => {
  if (typeof value === 'string' && names.includes(value)) return value;
  return fail('ERR_OPTION', name, show(value), oneOf(names), typeof value === 'string' ? nearest(value, names) : '');
};

/**
 * A list of numbers, or one number, each passing a test; lists have one of the lengths given. Values out of their range
 * are ERR_OPTION, wrong lengths ERR_SHAPE.
 * @param {string} expected of each number
 * @param {(value: number) => boolean} test
 * @param {readonly number[]} lengths
 * @param {string} words the lengths in words
 * @returns {Reader} gives a number or a Float64Array
 */
export const numbers = (expected, test, lengths, words) => (value, name) => {
  const one = number(expected, test);
  if (!isList(value)) return one(value, name);
  if (!lengths.includes(value.length)) fail('ERR_SHAPE', name, `${value.length} values`, words);
  return Float64Array.from(value, (v, i) => one(v, `${name}[${i}]`));
};
