// worker-channel.js — this side of a thread: requests with a number each, promises for their answers, callbacks and
// aborts meanwhile. The thread starts with the first request; in Node the process waits for it only while one is open.
// A callback that throws is to the thread as an aborted signal: it hears of it between two messages, and asks before a
// call whose callbacks were called counts as done.
import { LaplaceError, fail, show } from './errors.js';
import { MLP } from './index.js';
import { startThread } from './worker-host.js';
import { encode, packError, unpackError } from './worker-wire.js';

/** @import { Reader } from './options.js' */
/** @import { Thread } from './worker-host.js' */

/**
 * An open request.
 * @typedef {object} Open
 * @property {(answer: any) => void} resolve
 * @property {(error: unknown) => void} reject
 * @property {{ error: unknown } | undefined} thrown by a callback: the call then fails with it
 */

/**
 * A callback, or what ends listening to a signal. It stays until the thread says that nobody listens any more.
 * @typedef {{ call?: (...values: any[]) => void, stop?: () => void }} Listener
 */

/**
 * Where objects are that live in a thread, and their number there.
 * @type {WeakMap<object, { channel: Channel, ref: number }>}
 */
const places = new WeakMap();

/**
 * Whether a value stands for an object that lives in a worker's thread.
 * @param {any} value
 */
export const isPlaced = (value) => places.has(value);

/**
 * Where the script of a worker is; pages with trusted types demand one of these.
 * @typedef {typeof globalThis extends { TrustedScriptURL: { prototype: infer T } } ? T : never} Trusted
 * @typedef {string | URL | Trusted} Address
 */

/** @param {any} value */
const isTrusted = (value) => {
  const { TrustedScriptURL } = /** @type {any} */ (globalThis);
  return TrustedScriptURL !== undefined && value instanceof TrustedScriptURL;
};

/**
 * The address of the script, as an option.
 * @type {Reader}
 */
export const scriptAddress = (value, name) =>
  typeof value === 'string' || value instanceof URL || isTrusted(value)
    ? value
    : fail('ERR_OPTION', name, show(value), 'a string, a URL or a TrustedScriptURL of bayeslaplace/worker-thread');

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
  /** @type {Map<number, Listener>} */
  #listeners = new Map();
  #requests = 0;
  #listened = 0;
  /** @type {unknown} */
  #end;
  #script;

  /** @param {Address} [script] its address, where it cannot come from a blob */
  constructor(script) {
    this.#script = script;
  }

  /**
   * Lets an object stand for one of the thread.
   * @param {object} object
   * @param {number} ref
   */
  place(object, ref) {
    places.set(object, { channel: this, ref });
  }

  /**
   * The number of an object in the thread; undefined for plain data. An object of the library that lives elsewhere
   * cannot be cloned.
   * @param {any} object
   * @param {string} what the call
   */
  refOf(object, what) {
    const place = places.get(object);
    if (place?.channel === this) return place.ref;
    if (!place && typeof object?.dispose !== 'function') return undefined;
    return fail(
      'ERR_OPTION',
      what,
      `an object that lives in ${place ? 'another worker' : 'this thread'}`,
      "one of the worker's own: an MLP, a Laplace or a prior that it made",
      "Bring a network by the worker's MLP.fromJSON(net.toJSON()), a posterior by its Laplace.load(la.save()).",
    );
  }

  /** Why nothing can be asked any more; undefined while something can. */
  get end() {
    return this.#end;
  }

  /** @returns {Promise<Thread>} */
  async #start() {
    const heard = (/** @type {any} */ message) => this.#hear(message);
    const ended = (/** @type {any} */ reason) =>
      this.#close(
        new LaplaceError(
          'ERR_WASM',
          `worker: got its end (${reason?.message ?? reason}), expected it to run. Create its objects anew.`,
        ),
      );
    try {
      const { module } = MLP.runtime.core(); // where the page may not compile it, no thread is of use
      const thread = await startThread(heard, ended, this.#script);
      this.#running = thread;
      thread.post({ module });
      return thread;
    } catch (error) {
      if (error instanceof LaplaceError) this.#close(error);
      else ended(error);
      throw this.#end;
    }
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
      this.#open.set(id, { resolve, reject, thrown: undefined });
      this.#running?.keep(true);
      this.#post({ ...request, id, ...this.#arguments(request) });
    });
  }

  /**
   * Arguments ready to be posted, with the numbers of the callbacks and signals among them. What is wrong with them the
   * thread is told in their stead: it fails in its turn, as an object does that was to be made of them.
   * @param {any} request
   */
  #arguments({ args = [], name, type, path }) {
    /** @type {number[]} */
    const callbacks = [];
    /** @type {number[]} */
    const signals = [];
    /** @type {AbortSignal[]} */
    const given = [];
    try {
      const write = {
        object: (/** @type {object} */ value) => {
          const ref = this.refOf(value, name ?? type ?? path.join('.'));
          return ref === undefined ? undefined : { ref };
        },
        callback: (/** @type {Function} */ value, /** @type {string} */ option) => {
          const call = (/** @type {any[]} */ ...values) => {
            if (!given.some(({ aborted: already }) => already)) value(...values);
          };
          const number = this.#listen({ call });
          callbacks.push(number);
          return { number, option };
        },
        signal: (/** @type {AbortSignal} */ value) => {
          const abort = () => this.#post({ abort: number });
          const number = this.#listen({ stop: () => value.removeEventListener('abort', abort) });
          value.addEventListener('abort', abort);
          given.push(value);
          signals.push(number);
          return { number, aborted: value.aborted };
        },
      };
      return { callbacks, signals, args: args.map((/** @type {unknown} */ value) => encode(value, write)) };
    } catch (error) {
      return { callbacks, signals, wrong: packError(error), args: [] };
    }
  }

  /** @param {Listener} listener */
  #listen(listener) {
    this.#listened += 1;
    this.#listeners.set(this.#listened, listener);
    return this.#listened;
  }

  /** @param {number} number */
  #forget(number) {
    this.#listeners.get(number)?.stop?.();
    this.#listeners.delete(number);
  }

  /**
   * Posts in the order of the calls, once the thread runs. Of one that does not start all that is open has been told.
   * @param {any} message
   */
  async #post(message) {
    this.#thread ??= this.#start();
    const thread = await this.#thread.catch(() => undefined);
    try {
      thread?.post(message);
    } catch (error) {
      const sentence = `worker: got a value that cannot cross (${error}), expected plain data.`;
      thread?.post({ ...message, wrong: packError(new LaplaceError('ERR_OPTION', sentence)), args: [] });
    }
  }

  /** @param {any} message */
  #hear({ id, callback, values, check, over, error, ...answer }) {
    const open = this.#open.get(id);
    if (!open) return;
    if (callback !== undefined) {
      if (open.thrown) return;
      try {
        this.#listeners.get(callback)?.call?.(...values);
      } catch (thrown) {
        open.thrown = { error: thrown };
        this.#post({ abort: callback });
      }
    } else if (check) {
      this.#post({ heard: id });
    } else {
      for (const number of over) this.#forget(number);
      this.#settle(id, () => {
        if (open.thrown) open.reject(open.thrown.error);
        else if (error) open.reject(unpackError(error));
        else open.resolve(answer);
      });
    }
  }

  /**
   * @param {number} id
   * @param {() => void} how
   */
  #settle(id, how) {
    this.#open.delete(id);
    if (this.#open.size === 0) this.#running?.keep(false);
    how();
  }

  /** @param {unknown} error */
  #close(error) {
    this.#end ??= error;
    for (const number of [...this.#listeners.keys()]) this.#forget(number);
    for (const [id, { reject }] of [...this.#open]) this.#settle(id, () => reject(this.#end));
  }

  /** Ends the thread; what is open fails with `ERR_DISPOSED`, and so does every later request. */
  async dispose() {
    this.#close(new LaplaceError('ERR_DISPOSED', 'worker: got a call after dispose(), expected a worker in use.'));
    const thread = await this.#thread?.catch(() => undefined); // one that did not start has nothing to end
    await thread?.end();
  }
}
