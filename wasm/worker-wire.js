// worker-wire.js — how values cross between threads. Data is cloned; what cannot be (an object of the library, a
// callback, a signal) is replaced by a mark with a number, in arguments and results, in the records and lists among
// them. Errors cross as their code and sentence.
import { isList } from './arrays.js';
import { LaplaceError } from './errors.js';

const MARK = 'bayeslaplace/worker';
const DEPTH = 2; // the options among arguments, a list in a result

/** @typedef {'object' | 'callback' | 'signal'} Kind */

/**
 * Whether a value is a record of options, rather than data or an object of a class.
 * @param {any} value
 */
function isPlain(value) {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * A value with some of what is in it replaced: in records, and in lists of anything but numbers and rows.
 * @param {any} value
 * @param {(value: any, name: string) => any} replace gives `undefined` to keep a value
 * @param {string} [name] of it in the record
 * @param {number} [depth]
 * @returns {any}
 */
function replaced(value, replace, name = '', depth = DEPTH) {
  const other = replace(value, name);
  if (other !== undefined || depth === 0) return other ?? value;
  const inside = (/** @type {unknown} */ inner, /** @type {string} */ key) => replaced(inner, replace, key, depth - 1);
  if (Array.isArray(value) && typeof value[0] === 'object' && !isList(value[0]))
    return value.map((inner) => inside(inner, name));
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inside(inner, key)]));
}

/** @param {any} value */
function kindOf(value) {
  if (typeof value === 'function') return 'callback';
  if (typeof value !== 'object' || value === null) return undefined;
  return 'aborted' in value && typeof value.addEventListener === 'function' ? 'signal' : 'object';
}

/**
 * A value ready to be posted.
 * @param {unknown} whole
 * @param {Partial<Record<Kind, (value: any, name: string) => object | undefined>>} write what stands for a value, where
 *   it is of the kind
 */
export const encode = (whole, write) =>
  replaced(whole, (value, name) => {
    const kind = kindOf(value);
    const given = kind && write[kind]?.(value, name);
    return given && { [MARK]: kind, ...given };
  });

/**
 * The value as it was.
 * @param {unknown} whole
 * @param {Partial<Record<Kind, (given: any) => any>>} read
 */
export const decode = (whole, read) =>
  replaced(whole, (value) => {
    if (!isPlain(value) || !Object.hasOwn(value, MARK)) return undefined;
    return read[/** @type {Kind} */ (value[MARK])]?.(value);
  });

/** @param {unknown} error */
export function packError(error) {
  const { name = 'Error', message = String(error), code } = /** @type {any} */ (error ?? {});
  return { name, message, code: error instanceof LaplaceError ? code : undefined };
}

/** @param {ReturnType<typeof packError>} packed */
export const unpackError = ({ name, message, code }) =>
  code === undefined ? Object.assign(new Error(message), { name }) : new LaplaceError(code, message);

/**
 * The buffers of fresh arrays in a result, moved rather than copied.
 * @param {any} result
 * @returns {ArrayBuffer[]}
 */
export function buffersOf(result) {
  const values = ArrayBuffer.isView(result) ? [result] : isPlain(result) ? Object.values(result) : [];
  const buffers = values.filter(ArrayBuffer.isView).map(({ buffer }) => buffer);
  return [...new Set(buffers)].filter((buffer) => buffer instanceof ArrayBuffer); // a shared one is neither
}
