// errors.js — how the sentences of errors are made: what, what was got, what was expected, what to do.
import { LaplaceError } from './error.js';

export { LaplaceError };

/**
 * @param {string} code
 * @param {string} what the argument or call
 * @param {string} got
 * @param {string} expected
 * @param {string} [advice] a sentence
 * @returns {never}
 */
export function fail(code, what, got, expected, advice = '') {
  throw new LaplaceError(code, `${what}: got ${got}, expected ${expected}.${advice && ` ${advice}`}`);
}

/**
 * What to throw where something saved turns out not to fit while it is put together; what the machine lacks is said as
 * such.
 * @param {string} what
 * @param {string} got
 * @param {string} expected
 * @param {unknown} cause
 */
export function unfit(what, got, expected, cause) {
  if (cause instanceof LaplaceError && ['ERR_OUT_OF_MEMORY', 'ERR_WASM'].includes(cause.code)) return cause;
  return new LaplaceError('ERR_FORMAT', `${what}: got ${got} (${cause}), expected ${expected}.`, { cause });
}

/**
 * A value in a few words.
 * @param {unknown} value
 * @returns {string}
 */
export function show(value) {
  if (typeof value === 'string') return value.length > 40 ? `a string of ${value.length} characters` : `'${value}'`;
  if (typeof value === 'bigint') return `${value}n`;
  if (Array.isArray(value)) return `an array of length ${value.length}`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'symbol') return 'a symbol';
  if (typeof value === 'object' && value !== null) {
    const { name = 'object' } = value.constructor ?? {};
    return 'length' in value ? `a ${name} of length ${value.length}` : `an object (${name})`;
  }
  return Object.is(value, -0) ? '-0' : String(value);
}

/**
 * Names for the end of a sentence.
 * @param {readonly string[]} names
 * @returns {string}
 */
export const oneOf = (names) => `one of ${names.map((name) => `'${name}'`).join(', ')}`;

/**
 * The nearest of the known names, as an advice; '' where none is near.
 * @param {string} name
 * @param {readonly string[]} known
 * @returns {string}
 */
export function nearest(name, known) {
  const plain = (/** @type {string} */ text) => text.toLowerCase().replaceAll(/[_\s-]/g, '');
  const ranked = known
    .map((other) => ({ other, steps: edits(plain(name), plain(other)) }))
    .sort((a, b) => a.steps - b.steps);
  return ranked.length > 0 && ranked[0].steps <= Math.max(1, name.length / 3)
    ? `Did you mean '${ranked[0].other}'?`
    : '';
}

/**
 * Levenshtein (1966): insertions, deletions and substitutions from one word to another.
 * @param {string} from
 * @param {string} to
 * @returns {number}
 */
function edits(from, to) {
  let row = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 0; i < from.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      next.push(Math.min(next[j] + 1, row[j + 1] + 1, row[j] + Number(from[i] !== to[j])));
    }
    row = next;
  }
  return row[to.length];
}
