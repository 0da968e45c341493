// worker-channel.js — this side of a thread: requests with a number each, promises for their answers, callbacks and
// aborts meanwhile. The thread starts with the first request; in Node the process waits for it only while one is open.
import { LaplaceError } from './errors.js';
import { MLP } from './index.js';
import { startThread } from './worker-host.js';
import { encode, unpackError } from './worker-wire.js';

/** @import { Thread } from './worker-host.js' */

/**
 * An open request.
 * @typedef {object} Open
 * @property {(answer: any) => void} resolve
 * @property {(error: unknown) => void} reject
 * @property {((...values: any[]) => void)[]} callbacks
 * @property {{ error: unknown } | undefined} thrown by a callback: the call then fails with it
 * @property {(() => void)[]} undo of what listens to signals
 */

/** @param {AbortSignal | undefined} signal */
export const aborted = (signal) =>
  new LaplaceError('ERR_ABORTED', `worker: got an aborted signal (${signal?.reason}), expected to run to the end.`);

/** A thread and what was asked of it. */
export class Channel {
  /** @type {Promise<Thread> | undefined} */
  #thread;
  /** @type {Thread | undefined} */
  #running;
  /** @type {Map<number, Open>} */
  #open = new Map();
  #requests = 0;
  #signals = 0;
  /** @type {unknown} */
  #end;
  #script;
  #refOf;

  /**
   * @param {{ script?: string | URL, refOf?: (value: object) => number | undefined }} [options] the script's address
   *   where it cannot come from a blob; the number of an object that lives in the thread
   */
  constructor({ script, refOf = () => undefined } = {}) {
    this.#script = script;
    this.#refOf = refOf;
  }

  /** Why nothing can be asked any more; undefined while something can. */
  get end() {
    return this.#end;
  }

  /** @returns {Promise<Thread>} */
  #start() {
    const heard = (/** @type {any} */ message) => this.#hear(message);
    const ended = (/** @type {any} */ reason) =>
      this.#close(
        new LaplaceError(
          'ERR_WASM',
          `worker: got its end (${reason?.message ?? reason}), expected it to run. Create its objects anew.`,
        ),
      );
    return startThread(heard, ended, this.#script).then(
      (thread) => {
        this.#running = thread;
        thread.post({ module: MLP.runtime.core().module });
        return thread;
      },
      (error) => {
        ended(error);
        throw this.#end;
      },
    );
  }

  /**
   * Asks; the answer is what the thread's operation gave.
   * @param {{ op: string, args?: readonly unknown[], [more: string]: unknown }} request
   * @returns {Promise<any>}
   */
  request(request) {
    if (this.#end) return Promise.reject(this.#end);
    this.#requests += 1;
    const id = this.#requests;
    return new Promise((resolve, reject) => {
      /** @type {Open} */
      const open = { resolve, reject, callbacks: [], thrown: undefined, undo: [] };
      /** @type {number[]} */
      const signals = [];
      const args = encode(request.args ?? [], {
        object: (value) => {
          const ref = this.#refOf(value);
          return ref === undefined ? undefined : { ref };
        },
        callback: (value) => ({ number: open.callbacks.push(value) - 1 }),
        signal: (value) => {
          this.#signals += 1;
          const number = this.#signals;
          signals.push(number);
          const abort = () => this.#post({ abort: number }, reject);
          value.addEventListener('abort', abort);
          open.undo.push(() => value.removeEventListener('abort', abort));
          return { number, aborted: value.aborted };
        },
      });
      this.#open.set(id, open);
      this.#running?.keep(true);
      this.#post({ ...request, id, args, signals }, (error) => this.#settle(id, () => reject(error)));
    });
  }

  /**
   * Posts in the order of the calls, once the thread runs.
   * @param {any} message
   * @param {(error: unknown) => void} failed what cannot be cloned
   */
  async #post(message, failed) {
    try {
      this.#thread ??= this.#start();
      (await this.#thread).post(message);
    } catch (error) {
      failed(
        error instanceof LaplaceError
          ? error
          : new LaplaceError('ERR_OPTION', `worker: got a value that cannot cross (${error}), expected plain data.`),
      );
    }
  }

  /** @param {any} message */
  #hear({ id, callback, values, error, ...answer }) {
    const open = this.#open.get(id);
    if (!open) return;
    if (callback !== undefined) {
      try {
        open.callbacks[callback](...values);
      } catch (thrown) {
        open.thrown ??= { error: thrown };
      }
      return;
    }
    this.#settle(id, () => {
      if (open.thrown) open.reject(open.thrown.error);
      else if (error) open.reject(unpackError(error));
      else open.resolve(answer);
    });
  }

  /**
   * @param {number} id
   * @param {() => void} how
   */
  #settle(id, how) {
    for (const undo of this.#open.get(id)?.undo ?? []) undo();
    this.#open.delete(id);
    if (this.#open.size === 0) this.#running?.keep(false);
    how();
  }

  /** @param {unknown} error */
  #close(error) {
    this.#end ??= error;
    for (const [id, { reject }] of [...this.#open]) this.#settle(id, () => reject(this.#end));
  }

  /** Ends the thread; what is open fails with `ERR_DISPOSED`, and so does every later request. */
  async dispose() {
    this.#close(new LaplaceError('ERR_DISPOSED', 'worker: got a call after dispose(), expected a worker in use.'));
    const thread = await this.#thread?.catch(() => undefined); // one that did not start has nothing to end
    await thread?.end();
  }
}
