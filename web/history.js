// Undo and redo over whole states. Box, pin and view stay where they are, for going back must not move the reader's
// eyes; only a step that brought other data or a preset brings the former view back with them. A gesture (a drag, a
// stroke, a slide), from begin to commit, is one step however much it changes, and cancel takes it back.
import { KEPT } from './state.js';

/** @typedef {import('./state.js').State} State */

export class History {
  /** @type {{ state: State, whole: boolean }[]} */ #steps;
  #at = 0;
  #from = Infinity; // the step before the gesture under way

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
    if (this.#at > this.#from) this.#at--;
    this.#steps.splice(++this.#at, Infinity, { state, whole });
    if (this.#steps.length > 500) {
      this.#steps.shift();
      this.#at--;
      this.#from--;
    }
  }

  /** The present step is now this (its weights have settled, a drag goes on). @param {State} state */
  replace(state) {
    this.#steps[this.#at].state = state;
  }

  begin() {
    this.#from = this.#at;
  }

  commit() {
    this.#from = Infinity;
  }

  /** The gesture under way never was. @param {State} now
   * @returns {State | null} the state before it; null when it changed nothing */
  cancel(now) {
    const back = this.#at > this.#from ? this.move(-1, now) : null;
    if (back) this.#steps.length = this.#at + 1;
    this.commit();
    return back;
  }

  /** What could not be computed never was: back to a state that stood. @param {State} state */
  revert(state) {
    const at = this.#steps.findLastIndex((step) => step.state === state);
    this.#at = at < 0 ? this.#at : at;
    this.#steps.length = this.#at + 1;
    this.replace(state);
    this.commit();
  }

  /** @param {-1 | 1} way
   * @param {State} now
   * @returns {State | null} */
  move(way, now) {
    this.commit();
    if (way < 0 ? !this.canUndo : !this.canRedo) return null;
    const { whole } = this.#steps[way < 0 ? this.#at : this.#at + 1];
    this.#at += way;
    const back = { ...this.#steps[this.#at].state };
    if (!whole) for (const key of KEPT) back[key] = now[key];
    return back;
  }
}
