// saving.js — saved posteriors as bytes: a magic word, a version, a header in JSON, binary parts, and a checksum over
// all of it. Little-endian throughout. What is damaged is refused with ERR_FORMAT before anything of it is used.
import { fail, show } from './errors.js';

/** @import { Core } from './memory.js' */

const MAGIC = 'bllaplce';
const VERSION = 1;
const FIXED = 20; // magic, version, bytes of the header, number of parts
const CHECK = 8;
const FORMAT = 'bayeslaplace/laplace';

/**
 * @param {string} got
 * @param {string} expected
 * @param {string} [advice]
 * @returns {never}
 */
const refuse = (got, expected, advice = 'The bytes are damaged or are something else.') =>
  fail('ERR_FORMAT', 'Laplace.load', got, expected, advice);

/**
 * @param {Core} core
 * @param {Uint8Array} bytes
 */
const checksum = (core, bytes) =>
  core.scope((border) => {
    const out = border.room(CHECK, 1);
    core.call.bl_checksum(out, border.bytes(bytes), bytes.length);
    return border.readBytes(out, CHECK);
  });

/**
 * @param {Core} core
 * @param {object} header
 * @param {readonly Uint8Array[]} parts
 * @returns {Uint8Array}
 */
export function pack(core, header, parts) {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const start = FIXED + 4 * parts.length;
  const size = parts.reduce((sum, part) => sum + part.length, start + text.length) + CHECK;
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(MAGIC));
  [VERSION, text.length, parts.length, ...parts.map((part) => part.length)].forEach((value, i) =>
    view.setUint32(MAGIC.length + 4 * i, value, true),
  );
  bytes.set(text, start);
  let at = start + text.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  bytes.set(checksum(core, bytes.subarray(0, at)), at);
  return bytes;
}

/**
 * @param {Core} core
 * @param {unknown} given
 * @returns {{ header: any, parts: Uint8Array[] }}
 */
export function unpack(core, given) {
  if (!(given instanceof Uint8Array)) return refuse(show(given), 'a Uint8Array as save() gave it');
  const bytes = new Uint8Array(given); // a copy at offset 0, also of Node's Buffer, whose `slice` is a view
  const view = new DataView(bytes.buffer);
  if (bytes.length < FIXED + CHECK) refuse(`${bytes.length} bytes`, `at least ${FIXED + CHECK}`);
  if (new TextDecoder('latin1').decode(bytes.subarray(0, MAGIC.length)) !== MAGIC)
    refuse('another beginning', `a file that begins with '${MAGIC}'`);
  const check = bytes.length - CHECK;
  const expected = checksum(core, bytes.subarray(0, check));
  if (expected.some((byte, i) => byte !== bytes[check + i])) refuse('a wrong checksum', 'the one of these bytes');
  const word = (/** @type {number} */ i) => view.getUint32(MAGIC.length + 4 * i, true);
  if (word(0) !== VERSION)
    refuse(`version ${word(0)}`, `version ${VERSION}`, 'It was saved by another version of the library.');
  const [length, count] = [word(1), word(2)];
  if (count > (check - FIXED) / 4) refuse(`${count} parts`, 'as many as there are');
  let at = FIXED + 4 * count;
  const take = (/** @type {number} */ size) => {
    if (size > check - at) refuse('lengths beyond its end', 'lengths that fill it');
    at += size;
    return bytes.slice(at - size, at);
  };
  const text = new TextDecoder().decode(take(length));
  const parts = Array.from({ length: count }, (_, i) => take(word(3 + i)));
  if (at !== check) refuse('more bytes than its lengths say', 'lengths that fill it');
  try {
    return { header: JSON.parse(text), parts };
  } catch {
    return refuse('a header that is no JSON', 'one as save() writes it');
  }
}

/**
 * Bytes as a plain object for JSON.
 * @param {Uint8Array} bytes
 */
export function toJSON(bytes) {
  let text = '';
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return { format: FORMAT, version: VERSION, bytes: btoa(text) };
}

/**
 * @param {any} given what `toJSON` gave, or its JSON text
 * @returns {Uint8Array}
 */
export function fromJSON(given) {
  let object = given;
  if (typeof given === 'string') {
    try {
      object = JSON.parse(given);
    } catch (cause) {
      fail('ERR_FORMAT', 'Laplace.fromJSON', `text that is not JSON (${cause})`, 'what toJSON gave');
    }
  }
  if (object?.format !== FORMAT || object.version !== VERSION || typeof object.bytes !== 'string') {
    fail(
      'ERR_FORMAT',
      'Laplace.fromJSON',
      `format ${show(object?.format)}, version ${show(object?.version)}`,
      `format '${FORMAT}', version ${VERSION}`,
    );
  }
  try {
    return Uint8Array.from(atob(object.bytes), (letter) => letter.charCodeAt(0));
  } catch {
    return fail('ERR_FORMAT', 'Laplace.fromJSON', 'bytes that are not base64', 'what toJSON gave');
  }
}
