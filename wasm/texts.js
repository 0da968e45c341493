// texts.js — takes the sentences out of the module, for build.js: what the tables say about their rows, and what to do
// when a call fails. They stand in the rows of the core and are read by people; what ships in the module is what the
// core itself reads.
import { reader, sections } from './binary.js';
import { NOUNS } from './nouns.js';

/** Where the bytes of memory are in the file: active data segments, [address, offset, length]. */
function segments(bytes) {
  const section = sections(bytes).find(({ id }) => id === 11);
  if (!section) throw new Error('texts.js: no data section');
  const read = reader(bytes, section.from);
  const next = () => bytes[read.skip(1) - 1];
  return Array.from({ length: read.number() }, () => {
    const [flags, constant] = [read.number(), next()];
    if (flags !== 0 || constant !== 0x41) throw new Error('texts.js: a data segment of another kind than expected');
    const address = read.number(); // below 64 MB: the sign needs no care
    if (next() !== 0x0b) throw new Error('texts.js: an address that is not a constant');
    const length = read.number();
    return [address, read.skip(length) - length, length];
  });
}

/** Every address that data or code may speak of: words of the data, and what follows the opcode of i32.const. */
function addresses(bytes, places) {
  const found = new Set();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (const [address, offset, length] of places)
    for (let at = -address & 3; at + 4 <= length; at += 4) found.add(view.getUint32(offset + at, true));
  for (let i = 0; i + 4 < bytes.length; ++i) {
    if (bytes[i] !== 0x41) continue;
    let value = 0;
    for (let j = 0; j < 4; ++j) {
      value |= (bytes[i + 1 + j] & 0x7f) << (7 * j);
      if (!(bytes[i + 1 + j] & 0x80)) break;
    }
    found.add(value);
  }
  return found;
}

/**
 * @param {Uint8Array} whole the module as linked
 * @returns {{ bytes: Uint8Array, texts: Record<string, any> }} without its sentences; and these: of each table by row,
 *   of the parameters of data sets, and of each status
 */
export function takeTexts(whole) {
  const bytes = Uint8Array.from(whole);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(whole), {
    env: { emscripten_notify_memory_growth() {} },
  });
  const { memory, bl_table_row, bl_dataset_parameter_row, bl_status_text } = /** @type {any} */ (exports);
  const places = segments(bytes);
  const spoken = addresses(whole, places);
  const text = (pointer) => {
    const heap = new Uint8Array(memory.buffer);
    const end = heap.indexOf(0, pointer);
    const [address, offset] = places.find(([from, , length]) => pointer >= from && end <= from + length) ?? [];
    if (address === undefined) throw new Error('texts.js: a sentence outside the data');
    let stop = pointer + 1; // the linker keeps a word that ends a sentence inside it
    while (stop < end && !spoken.has(stop)) ++stop;
    bytes.fill(0, offset + pointer - address, offset + stop - address);
    return new TextDecoder().decode(heap.slice(pointer, end));
  };
  const about = (row) => text(new Uint32Array(memory.buffer, row, 2)[1]);
  const until = (read) => {
    const out = [];
    for (let row = read(0); row !== 0; row = read(out.length)) out.push(about(row));
    return out;
  };
  const texts = Object.fromEntries(NOUNS.map((noun, table) => [noun, until((id) => bl_table_row(table, id))]));
  texts.parameter = texts.dataset.map((_, set) => until((i) => bl_dataset_parameter_row(set, i)));
  texts.status = [];
  for (let status = 0, said = ''; (said = text(bl_status_text(status))) !== texts.status[1] || status < 2; status++)
    texts.status.push(said);
  return { bytes, texts };
}
