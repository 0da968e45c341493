// memory.js — the one file that touches the module's heap: copies in, copies out, temporaries freed on every way out.
// A view of the heap lives no longer than one copy, because growth detaches views.
import { texts } from '../dist/texts.js';
import { LaplaceError, fail } from './errors.js';
import { instantiate } from './loader.js';

/** @import { Module } from './loader.js' */

const LARGEST = 2 ** 31 - 2 ** 16; // bytes; the heap ends at 2 GB
const ROOM = 'Free what is no longer needed by its dispose(), or use fewer rows, samples or parameters.';

/** What is expected where the core refuses, by code; its own sentence says what to do, of memory ROOM. */
const EXPECTED = /** @type {Record<string, string>} */ ({
  ERR_OPTION: 'options within their ranges',
  ERR_SHAPE: 'arrays of matching lengths',
  ERR_NOT_FINITE: 'finite numbers throughout',
  ERR_LABEL: 'targets that suit the likelihood',
  ERR_NOT_FITTED: 'a fitted posterior',
  ERR_NOT_POSITIVE_DEFINITE: 'a positive definite posterior precision',
  ERR_OUT_OF_MEMORY: 'sizes that fit into 2 GB',
  ERR_UNSUPPORTED: 'a combination that has a meaning',
});

/** One running instance of the module. */
export class Core {
  #memory;
  #scratch = 0;

  /** @param {Module} module */
  constructor(module) {
    const { call, memory, dead } = instantiate(module);
    /**
     * What runs here; a worker runs it too, without compiling again.
     * @type {Module}
     */
    this.module = module;
    this.#memory = memory;
    /** The core's functions; numbers and pointers in and out. */
    this.call = call;
    /** Whether a call has trapped. */
    this.dead = dead;
  }

  /** The arena every call works in. */
  get scratch() {
    this.#scratch ||= this.call.bl_arena_new();
    if (this.#scratch === 0) fail('ERR_OUT_OF_MEMORY', 'WebAssembly', 'no memory for scratch', 'some free memory');
    return this.#scratch;
  }

  /** Bytes of linear memory. It never shrinks. */
  get bytes() {
    return this.#memory.buffer.byteLength;
  }

  /**
   * A NUL-terminated UTF-8 string of the core.
   * @param {number} pointer
   * @returns {string}
   */
  text(pointer) {
    const bytes = new Uint8Array(this.#memory.buffer);
    return new TextDecoder().decode(bytes.slice(pointer, bytes.indexOf(0, pointer)));
  }

  /**
   * The name a row of a table begins with; null past the last.
   * @param {number} row
   * @returns {string | null}
   */
  nameAt(row) {
    return row === 0 ? null : this.text(new Uint32Array(this.#memory.buffer, row, 1)[0]);
  }

  /**
   * The code of a status, as errors have it.
   * @param {number} status
   */
  code(status) {
    return this.text(this.call.bl_status_code(status));
  }

  /**
   * Throws unless the status is 0.
   * @param {number} status
   * @param {string} what the call
   * @param {string} got
   */
  check(status, what, got) {
    if (status === 0) return;
    const code = this.code(status);
    const advice = code === 'ERR_OUT_OF_MEMORY' ? ROOM : texts.status[status];
    fail(code, what, got, EXPECTED[code] ?? 'no error', advice);
  }

  /**
   * What a call writes: room for `count` doubles, the call, its status, and a copy of them.
   * @param {number} count
   * @param {string} what the call
   * @param {string} got
   * @param {(at: number, border: Border) => number} use makes the call and gives its status
   * @param {Float64Array} [out]
   * @returns {Float64Array}
   */
  result(count, what, got, use, out) {
    return this.scope((border) => {
      const at = border.room(count);
      this.check(use(at, border), what, got);
      return border.read(at, count, out);
    });
  }

  /**
   * Runs `use` with a border over which arrays are copied; frees all that was taken, whatever happens.
   * @template T
   * @param {(border: Border) => T} use
   * @returns {T}
   */
  scope(use) {
    const border = new Border(this, this.#memory);
    try {
      return use(border);
    } finally {
      border.release();
    }
  }
}

/** Temporaries of one call. */
export class Border {
  #core;
  #memory;
  /** @type {number[]} */
  #taken = [];

  /**
   * @param {Core} core
   * @param {{ readonly buffer: ArrayBuffer }} memory
   */
  constructor(core, memory) {
    this.#core = core;
    this.#memory = memory;
  }

  release() {
    if (!this.#core.dead()) for (const pointer of this.#taken) this.#core.call.free(pointer);
    this.#taken = [];
  }

  /**
   * Room for `count` elements, not cleared.
   * @param {number} count
   * @param {number} [size] bytes of an element
   * @returns {number} a pointer
   */
  room(count, size = 8) {
    const bytes = Math.max(1, count * size);
    const pointer = bytes <= LARGEST ? this.#core.call.malloc(bytes) >>> 0 : 0;
    if (pointer === 0) {
      fail('ERR_OUT_OF_MEMORY', 'WebAssembly', `a request for ${bytes} bytes`, 'sizes that fit into 2 GB', ROOM);
    }
    this.#taken.push(pointer);
    return pointer;
  }

  /**
   * Doubles copied in; an absent array is the null pointer.
   * @param {ArrayLike<number> | null | undefined} values
   * @returns {number}
   */
  doubles(values) {
    if (!values) return 0;
    const pointer = this.room(values.length);
    new Float64Array(this.#memory.buffer, pointer, values.length).set(values);
    return pointer;
  }

  /**
   * @param {ArrayLike<number> | null | undefined} values
   * @returns {number}
   */
  ints(values) {
    if (!values) return 0;
    const pointer = this.room(values.length, 4);
    new Int32Array(this.#memory.buffer, pointer, values.length).set(values);
    return pointer;
  }

  /**
   * @param {Uint8Array} values
   * @returns {number}
   */
  bytes(values) {
    const pointer = this.room(values.length, 1);
    new Uint8Array(this.#memory.buffer, pointer, values.length).set(values);
    return pointer;
  }

  /**
   * A NUL-terminated string copied in.
   * @param {string} text
   * @returns {number}
   */
  string(text) {
    return this.bytes(new TextEncoder().encode(`${text}\0`));
  }

  /**
   * A copy of `count` doubles, in `out` where it is given.
   * @param {number} pointer
   * @param {number} count
   * @param {Float64Array} [out]
   * @returns {Float64Array}
   */
  read(pointer, count, out) {
    return this.#copy(new Float64Array(this.#memory.buffer, pointer, count), out);
  }

  /**
   * @param {number} pointer
   * @param {number} count
   * @param {Float32Array} [out]
   * @returns {Float32Array}
   */
  readFloats(pointer, count, out) {
    return this.#copy(new Float32Array(this.#memory.buffer, pointer, count), out);
  }

  /**
   * @param {number} pointer
   * @param {number} count
   * @returns {Int32Array}
   */
  readInts(pointer, count) {
    return this.#copy(new Int32Array(this.#memory.buffer, pointer, count));
  }

  /**
   * @param {number} pointer
   * @param {number} count
   * @returns {Uint8Array}
   */
  readBytes(pointer, count) {
    return this.#copy(new Uint8Array(this.#memory.buffer, pointer, count));
  }

  /**
   * The pointer stored at a place, as a *_new function leaves it.
   * @param {number} pointer
   * @returns {number}
   */
  readPointer(pointer) {
    return new Uint32Array(this.#memory.buffer, pointer, 1)[0];
  }

  /**
   * Writes into memory an object of the core owns.
   * @param {number} pointer
   * @param {ArrayLike<number>} values
   */
  write(pointer, values) {
    new Float64Array(this.#memory.buffer, pointer, values.length).set(values);
  }

  /**
   * @template {Float64Array | Float32Array | Int32Array | Uint8Array} A
   * @param {A} view
   * @param {A} [out]
   * @returns {A}
   */
  #copy(view, out) {
    if (out) {
      out.set(view);
      return out;
    }
    try {
      return /** @type {A} */ (view.slice());
    } catch (cause) {
      throw new LaplaceError(
        'ERR_OUT_OF_MEMORY',
        `result: got no room for ${view.byteLength} bytes, expected sizes that fit into memory. ${ROOM}`,
        { cause },
      );
    }
  }
}
