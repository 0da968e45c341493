// worker-wire.js — how values cross between threads. Data is cloned; what cannot be (an object of the library, a
// callback, a signal) is replaced by a mark with a number, in arguments and in the options among them. Errors cross as
// their code and sentence.
import { LaplaceError } from './errors.js';

const MARK = 'bayeslaplace/worker';

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
 * Arguments with some of their values replaced, those of options too.
 * @param {readonly unknown[]} args
 * @param {(value: any) => any} replace gives `undefined` to keep a value
 */
function replaced(args, replace) {
  return args.map((/** @type {any} */ value) => {
    const other = replace(value);
    if (other !== undefined || !isPlain(value)) return other ?? value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, replace(inner) ?? inner]));
  });
}

/**
 * Arguments ready to be posted.
 * @param {readonly unknown[]} args
 * @param {Record<Kind, (value: any) => object | undefined>} write what stands for a value, where it is of the kind
 */
export const encode = (args, write) =>
  replaced(args, (value) => {
    const object = typeof value === 'object' && value !== null;
    const kind = typeof value === 'function' ? 'callback' : object && 'aborted' in value ? 'signal' : 'object';
    const given = object || kind === 'callback' ? write[kind](value) : undefined;
    return given && { [MARK]: kind, ...given };
  });

/**
 * Arguments as they were.
 * @param {readonly unknown[]} args
 * @param {Record<Kind, (given: any) => any>} read
 */
export const decode = (args, read) =>
  replaced(args, (value) => {
    if (!isPlain(value) || !Object.hasOwn(value, MARK)) return undefined;
    return read[/** @type {Kind} */ (value[MARK])](value);
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
 * @returns {ArrayBufferLike[]}
 */
export function buffersOf(result) {
  const values = ArrayBuffer.isView(result) ? [result] : isPlain(result) ? Object.values(result) : [];
  return [...new Set(values.filter(ArrayBuffer.isView).map(({ buffer }) => buffer))];
}
