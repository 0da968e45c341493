// handle.js — who owns a C object: its pointer, the instance it lives in, and how it is freed. dispose() first; a
// finalizer is the net beneath it. Handles hang on their owners by a weak map, so that sibling modules reach them and
// users do not.
import { fail } from './errors.js';

/** @import { Core } from './memory.js' */

/** @type {WeakMap<object, Handle>} */
const handles = new WeakMap();

/** @type {FinalizationRegistry<() => void> | null} */
const registry = typeof FinalizationRegistry === 'function' ? new FinalizationRegistry((free) => free()) : null;

/** A pointer with its way to be freed. */
export class Handle {
  #pointer;
  #free;
  #what;

  /**
   * @param {Core} core
   * @param {number} pointer
   * @param {string} free name of the core's function that frees it
   * @param {string} what the owner's name, for messages
   */
  constructor(core, pointer, free, what) {
    this.core = core;
    this.#pointer = pointer;
    this.#free = free;
    this.#what = what;
  }

  /** The pointer; throws after `dispose`. */
  get pointer() {
    if (this.#pointer === 0) {
      fail('ERR_DISPOSED', this.#what, 'a call after dispose()', 'an object still in use', 'Create a new one.');
    }
    return this.#pointer;
  }

  /**
   * Holds another pointer from now on; frees the old one.
   * @param {number} pointer
   */
  replace(pointer) {
    this.dispose();
    this.#pointer = pointer;
  }

  /** Frees it; again does nothing. */
  dispose() {
    const pointer = this.#pointer;
    this.#pointer = 0;
    if (pointer !== 0 && !this.core.dead()) this.core.call[this.#free](pointer);
  }
}

/**
 * Gives `owner` its handle.
 * @param {object} owner
 * @param {Handle} handle
 */
export function own(owner, handle) {
  handles.set(owner, handle);
  registry?.register(owner, () => handle.dispose());
}

/**
 * @param {object} owner
 * @returns {Handle}
 */
export const handleOf = (owner) => /** @type {Handle} */ (handles.get(owner));

/**
 * The name by which `using` frees an object; on engines that know none, one that nobody asks for.
 * @type {typeof Symbol.dispose}
 */
export const disposal = Symbol.dispose ?? Symbol('dispose');

/**
 * The same for `await using`.
 * @type {typeof Symbol.asyncDispose}
 */
export const asyncDisposal = Symbol.asyncDispose ?? Symbol('asyncDispose');
