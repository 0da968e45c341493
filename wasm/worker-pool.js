// worker-pool.js — several threads that share work: rows of a map, networks of an ensemble. Nothing is shared but the
// compiled module, and every part has the bits it has in the whole, so results do not depend on how many there are.
import { checkOut, checkPlanes, isList } from './arrays.js';
import { fail, show } from './errors.js';
import { asyncDisposal } from './handle.js';
import { count, readOptions, signal as readSignal } from './options.js';
import { Channel, aborted, isPlaced, scriptAddress } from './worker-channel.js';
import { concurrency } from './worker-host.js';

/** @import { Matrix, Targets } from './arrays.js' */
/** @import { Laplace } from './laplace.js' */
/** @import { MLP as Net, MLPOptions } from './mlp.js' */
/** @import { QuantityName } from './names.js' */
/** @import { Grid, GridOf, GridOptions, WithoutQuantities } from './predict.js' */
/** @import { TrainOptions, TrainResult } from './training.js' */
/** @import { Address } from './worker-channel.js' */

/**
 * A network to train: its options, what its `toJSON` gave, or one of this thread, whose weights are where it starts.
 * @typedef {{ net: MLPOptions | ReturnType<Net['toJSON']> | Net, X: Matrix, y: Targets, options?: TrainOptions }} Job
 */

/**
 * What training gave, with the weights: θ (P), and the network as `MLP.fromJSON` takes it.
 * @typedef {TrainResult & { parameters: Float64Array, net: ReturnType<Net['toJSON']> }} Trained
 */

const HELD = 4; // posteriors each worker keeps, so that painting two in turn loads neither again
const AUTO = 4; // workers at most, unless asked for

/** @param {Job['net']} net */
const plain = (net) => ('toJSON' in Object(net) ? /** @type {Net} */ (net).toJSON() : net);

/**
 * @param {Job} job
 * @param {number} i
 */
function readJob(job, i) {
  const as = (/** @type {any} */ value) => value;
  const read = readOptions(job, `jobs[${i}]`, { net: as, X: as, y: as, options: as });
  if (read.net === undefined || isPlaced(read.net))
    fail(
      'ERR_OPTION',
      `jobs[${i}].net`,
      read.net ? 'an MLP of a worker' : 'none',
      'the options of an MLP, what its toJSON gave, or an MLP of this thread',
      read.net && 'What await net.toJSON() gives will do.',
    );
  return read;
}

/**
 * Are two posteriors, as `save` gave them, the same? Four bytes at a time: they may be megabytes, at every map.
 * @param {Uint8Array} a
 * @param {Uint8Array} b
 */
function equal(a, b) {
  if (a.length !== b.length) return false;
  const whole = a.length >> 2;
  const [u, v] = [a, b].map(({ buffer, byteOffset }) => new Uint32Array(buffer, byteOffset, whole));
  for (let i = 0; i < whole; i++) if (u[i] !== v[i]) return false;
  for (let i = 4 * whole; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** A worker with the numbers of the posteriors it holds. */
class Slot {
  /** @type {number[]} */
  held = [];

  /** @param {Address | undefined} script */
  constructor(script) {
    this.script = script;
    this.channel = new Channel(script);
  }

  /**
   * @param {string} name of a task
   * @param {readonly unknown[]} args
   */
  async run(name, args) {
    if (this.channel.end) {
      this.channel = new Channel(this.script);
      this.held = [];
    }
    return (await this.channel.request({ op: 'task', name, args })).value;
  }
}

/** A pool of workers. Idle ones keep no process alive; `dispose` ends them. */
export class Pool {
  #slots;
  /** @type {Slot[]} */
  #idle;
  /** @type {((slot: Slot) => void)[]} */
  #waiting = [];
  #disposed = false;
  #states = 0;
  /** @type {WeakMap<object, { number: number, bytes: Uint8Array }>} */
  #saved = new WeakMap();

  /** @param {{ workers?: number, script?: Address }} [options] */
  constructor(options) {
    const { workers, script } = readOptions(options, 'createPool', {
      workers: [count, Math.min(AUTO, concurrency())],
      script: scriptAddress,
    });
    this.#slots = Array.from({ length: workers }, () => new Slot(script));
    this.#idle = [...this.#slots].reverse();
  }

  /** How many there are. */
  get workers() {
    return this.#slots.length;
  }

  /**
   * Gives every item to the next idle worker; results in the order of the items. The first failure is the answer.
   * @template T, R
   * @param {readonly T[]} items
   * @param {(item: T, slot: Slot) => Promise<R>} use
   * @param {AbortSignal} [signal] what has not begun then never begins
   * @returns {Promise<R[]>}
   */
  async #each(items, use, signal) {
    let failed = false;
    /** @type {(() => void) | undefined} */
    let undo;
    const abort = new Promise((_, reject) => {
      const stop = () => reject(aborted(signal));
      if (signal?.aborted) stop();
      signal?.addEventListener('abort', stop);
      undo = () => signal?.removeEventListener('abort', stop);
    });
    const one = async (/** @type {T} */ item) => {
      const slot = await this.#take();
      try {
        if (this.#disposed)
          fail('ERR_DISPOSED', 'pool', 'a call after dispose()', 'a pool in use', 'Create a new one.');
        if (failed || signal?.aborted) throw aborted(signal);
        return await use(item, slot);
      } catch (error) {
        failed = true;
        throw error;
      } finally {
        this.#give(slot);
      }
    };
    try {
      return /** @type {R[]} */ (await Promise.race([Promise.all(items.map(one)), abort]));
    } finally {
      undo?.();
    }
  }

  /** @returns {Promise<Slot>} */
  #take() {
    const slot = this.#idle.pop();
    return slot ? Promise.resolve(slot) : new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** @param {Slot} slot */
  #give(slot) {
    const next = this.#waiting.shift();
    if (next) next(slot);
    else this.#idle.push(slot);
  }

  /**
   * A posterior as bytes, with a number that stays the same while they do.
   * @param {Laplace | Uint8Array} la
   */
  #state(la) {
    const known = this.#saved.get(la);
    if (known && la instanceof Uint8Array) return known;
    const bytes = la instanceof Uint8Array ? la : la.save();
    if (known && equal(known.bytes, bytes)) return known;
    this.#states += 1;
    const state = { number: this.#states, bytes };
    this.#saved.set(la, state);
    return state;
  }

  /**
   * What `la.predictGrid(options)` gives, to the bit, its rows shared among the workers.
   * @overload
   * @param {Laplace | Uint8Array} la a posterior, or what its `save` gave, which spares saving it for every map
   * @param {WithoutQuantities<GridOptions<'mean'>> & { signal?: AbortSignal }} options
   * @returns {Promise<Grid<'mean'>>}
   */
  /**
   * @template {QuantityName} Q
   * @overload
   * @param {Laplace | Uint8Array} la
   * @param {GridOptions<Q> & { signal?: AbortSignal }} options
   * @returns {Promise<GridOf<Q>>}
   */
  /**
   * @param {any} la
   * @param {any} options
   * @returns {Promise<any>}
   */
  async predictGrid(la, options) {
    if (isPlaced(la) || !(la instanceof Uint8Array || typeof la?.predictGrid === 'function'))
      fail(
        'ERR_OPTION',
        'predictGrid',
        isPlaced(la) ? 'an object that lives in a worker' : show(la),
        'a fitted Laplace of this thread, or the bytes that save gave',
        isPlaced(la) ? 'What await la.save() gives will do.' : '',
      );
    const { out, signal, ...rest } = options ?? {};
    if (signal !== undefined) readSignal(signal, 'signal');
    if (rest.quantities === undefined || isList(rest.quantities)) checkPlanes(out, rest.quantities ?? ['mean']);
    const asked = Object(options) === options ? rest : options; // what is no record is for the worker to refuse
    const state = this.#state(la);
    const parts = await this.#each(
      Array.from({ length: this.workers }, (_, part) => part),
      async (part, slot) => {
        const known = slot.held.includes(state.number);
        const drop = known || slot.held.length < HELD ? undefined : slot.held.shift();
        if (!known) slot.held.push(state.number);
        const given = { number: state.number, bytes: known ? undefined : state.bytes, drop };
        try {
          return await slot.run('predictGrid', [given, asked, part, this.workers]);
        } catch (error) {
          slot.held = []; // the worker has forgotten them too
          throw error;
        }
      },
      signal,
    );
    return joined(
      parts.filter((part) => part !== null),
      out,
    );
  }

  /**
   * Trains networks, one in each worker at a time; results in the order of the jobs, each as alone.
   * @param {readonly Job[]} jobs
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<Trained[]>}
   */
  async train(jobs, options) {
    const { signal } = readOptions(options, 'pool.train', { signal: readSignal });
    if (!isList(jobs)) fail('ERR_OPTION', 'jobs of pool.train', show(jobs), 'a list of { net, X, y, options }');
    return this.#each(
      Array.from(jobs, readJob),
      async ({ net, X, y, options: training = {} }, slot) => {
        const record = Object(training) === training; // what is none is for the worker to refuse
        const given = record ? { ...training, signal: training.signal ?? signal } : training;
        return slot.run('train', [plain(net), X, y, given]);
      },
      signal,
    );
  }

  /** Ends the workers; what still runs fails with `ERR_DISPOSED`. */
  async dispose() {
    this.#disposed = true;
    await Promise.all(this.#slots.map(({ channel }) => channel.dispose()));
  }

  /** `dispose`, for `await using`. */
  [asyncDisposal]() {
    return this.dispose();
  }
}

/**
 * The rows of a map one after another.
 * @param {Record<string, any>[]} parts in order: maps, and of which rows
 * @param {Record<string, Float32Array | undefined> | undefined} out
 * @returns {Record<string, any>}
 */
function joined(parts, out) {
  const { nx, ny, from: _, to: __, errorBound: ___, interpolationError, ...planes } = parts[0];
  const height = parts[parts.length - 1].to;
  const largest = (/** @type {(part: Record<string, any>) => number} */ of) => Math.max(...parts.map(of));
  /** @type {Record<string, any>} */
  const whole = { nx, ny, errorBound: largest((part) => part.errorBound) };
  if (interpolationError !== undefined) whole.interpolationError = largest((part) => part.interpolationError ?? 0);
  const layersOf = (/** @type {string} */ name) => planes[name].length / (nx * (parts[0].to - parts[0].from));
  for (const name of Object.keys(planes))
    checkOut(out?.[name], layersOf(name) * nx * height, Float32Array, `out.${name}`);
  for (const name of Object.keys(planes)) {
    const layers = layersOf(name);
    const plane = out?.[name] ?? new Float32Array(layers * nx * height);
    for (const { from, to, [name]: rows } of parts) {
      const length = (to - from) * nx;
      for (let p = 0; p < layers; p++) plane.set(rows.subarray(p * length, (p + 1) * length), (p * height + from) * nx);
    }
    whole[name] = plane;
  }
  return whole;
}
