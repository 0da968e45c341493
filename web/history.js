// Undo and redo over whole states. Box, pin and view stay where they are, for going back must not move the reader's
// eyes; only a step that brought other data or a preset brings the former view back with them.

const KEPT = ['box', 'pin', 'view'];

/** @typedef {import('./state.js').State} State */

export class History {
  /** @type {{ state: State, whole: boolean }[]} */ #steps;
  #at = 0;

  /** @param {State} state */
  constructor(state) {
    this.#steps = [{ state, whole: false }];
  }

  get canUndo() {
    return this.#at > 0;
  }

  get canRedo() {
    return this.#at + 1 < this.#steps.length;
  }

  /** A step the reader can take back. @param {State} state
   * @param {boolean} [whole] it changed the view on purpose */
  push(state, whole = false) {
    this.#steps.splice(++this.#at, Infinity, { state, whole });
    if (this.#steps.length > 500) {
      this.#steps.shift();
      this.#at--;
    }
  }

  /** The present step is now this (its weights have settled, a drag goes on). @param {State} state */
  replace(state) {
    this.#steps[this.#at].state = state;
  }

  /** The present step never was (a drag was called off). */
  drop() {
    if (this.#at > 0) this.#steps.splice(this.#at--, Infinity);
  }

  /** @param {-1 | 1} way
   * @param {State} now
   * @returns {State | null} */
  move(way, now) {
    if (way < 0 ? !this.canUndo : !this.canRedo) return null;
    const { whole } = this.#steps[way < 0 ? this.#at : this.#at + 1];
    this.#at += way;
    const back = { ...this.#steps[this.#at].state };
    if (!whole) for (const key of KEPT) back[key] = now[key];
    return back;
  }
}
