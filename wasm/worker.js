// worker.js — the package's entry for threads: the library's classes and functions behind a Worker, each call a
// promise, and pools that share the rows of a map or the networks of an ensemble. Nothing to configure, in browsers and
// in Node.
import { createClasses } from './worker-classes.js';
import { Pool } from './worker-pool.js';

/** @import * as Local from './index.js' */
/** @import { Matrix } from './arrays.js' */
/** @import { PrecisionValue } from './hyper.js' */
/** @import { QuantityName } from './names.js' */
/** @import { Grid, GridOf, GridOptions, PredictOptions, Predicted, PredictedOf } from './predict.js' */
/** @import { Result, WithoutQuantities } from './predict.js' */
/** @import { PosteriorPrior } from './prior.js' */
/** @import { Address } from './worker-channel.js' */

/**
 * What an argument is here: an object of the library is one that lives in the thread.
 * @template A
 * @typedef {A extends Local.MLP
 *   ? MLP
 *   : A extends { prior?: PosteriorPrior }
 *     ? Omit<A, 'prior'> & { prior?: Prior }
 *     : A} Given
 */

/**
 * What a value of a result is here: objects of the library stay in the thread.
 * @template V
 * @typedef {V extends Local.MLP
 *   ? MLP
 *   : V extends Local.Laplace
 *     ? Laplace
 *     : V extends PosteriorPrior
 *       ? Prior
 *       : V} Stayed
 */

/**
 * What a result is here.
 * @template R
 * @typedef {R extends Local.MLP | Local.Laplace | PosteriorPrior
 *   ? Stayed<R>
 *   : R extends Generator<infer S, infer T>
 *     ? AsyncGenerator<S, T, void>
 *     : R extends ArrayBufferView
 *       ? R
 *       : R extends object
 *         ? { [K in keyof R]: Stayed<R[K]> }
 *         : R} Answer
 */

/**
 * @template {any[]} A
 * @typedef {{ [I in keyof A]: Given<A[I]> }} Givens
 */

/**
 * @template {any[]} A
 * @template R
 * @typedef {(...args: Givens<A>) => Promise<Answer<Awaited<R>>>} Later
 */

/**
 * A function, in its forms, of which it may have four, or a property as a promise. Generic ones lose what they are.
 * @template T
 * @typedef {T extends {
 *   (...args: infer A): infer P; (...args: infer B): infer Q;
 *   (...args: infer C): infer R; (...args: infer D): infer S }
 *   ? Later<A, P> & Later<B, Q> & Later<C, R> & Later<D, S>
 *   : T extends (...args: infer A) => infer R
 *     ? Later<A, R>
 *     : Promise<Answer<T>>} Promised
 */

/**
 * An object that lives in the thread.
 * @template T
 * @typedef {{ readonly [K in Extract<keyof T, string>]: Promised<T[K]> }} Far
 */

/**
 * A class whose objects live in the thread. `new` gives one at once; `ready` settles when it is there, and what was
 * wrong with its options is also thrown by every call of it. Calls are done in the order they are made. An MLP, Laplace
 * or prior that a call is given must be of the same worker.
 *
 * `onProgress` is called here, while the thread goes on. When it throws, or a signal is aborted, it is not called again
 * and the call fails as one without a worker: the thread stops when it next looks up, after some milliseconds, and asks
 * before the call counts as done, so that the network is as it was. A function whose value the thread would need, as
 * `metric` of a grid search, is `ERR_UNSUPPORTED` when it is to be called. `out` is filled when the call is done.
 * @template {new (...args: any) => any} C
 * @template I the class's objects
 * @typedef {{ new (...args: Givens<ConstructorParameters<C>>): I } & {
 *   readonly [K in Exclude<keyof C, 'prototype' | 'runtime'>]: Promised<C[K]>
 * }} FarClass
 */

/**
 * What every such object has besides: `set(name, value)` writes a property.
 * @template W the properties that can be written
 * @typedef {{ readonly ready: Promise<void>, set<K extends keyof W>(name: K, value: W[K]): Promise<void>,
 *   [Symbol.asyncDispose](): Promise<void> }} Placed
 */

/** @typedef {Far<PosteriorPrior> & Placed<{}>} Prior */
/** @typedef {Far<Local.MLP> & Placed<{ parameters: ArrayLike<number> }>} MLP */
/**
 * What a type of functions does not carry over: that results are what was asked for.
 * @typedef {object} Predicts
 * @property {{ (X: Matrix, options?: WithoutQuantities<PredictOptions>): Promise<Predicted>;
 *   <Q extends Result>(X: Matrix, options: PredictOptions<Q>): Promise<PredictedOf<Q>> }} predict
 * @property {{ (options: WithoutQuantities<GridOptions<'mean'>>): Promise<Grid<'mean'>>;
 *   <Q extends QuantityName>(options: GridOptions<Q>): Promise<GridOf<Q>> }} predictGrid
 */
/**
 * @typedef {Omit<Far<Local.Laplace>, keyof Predicts> & Predicts & Placed<{ priorPrecision: PrecisionValue,
 *   sigmaNoise: number | ArrayLike<number>, temperature: number }>} Laplace
 */

/**
 * The library behind one thread of its own.
 * @typedef {object} RemoteParts
 * @property {FarClass<typeof Local.MLP, MLP>} MLP
 * @property {FarClass<typeof Local.Laplace, Laplace>} Laplace
 * @property {Far<typeof Local.datasets>} datasets
 * @property {Far<typeof Local.metrics>} metrics
 * @property {Promised<typeof Local.marglikTrain>} marglikTrain
 * @property {Promised<typeof Local.estimate>} estimate
 * @property {() => Promise<void>} dispose ends the thread and all objects in it; also by `await using`
 * @typedef {RemoteParts & { [Symbol.asyncDispose](): Promise<void> }} Remote
 */

/**
 * A worker of one's own. The classes below share one, which starts when the first of them is used.
 * @param {{ script?: Address }} [options] script: the address of `bayeslaplace/worker-thread`, for pages whose
 *   content policy forbids workers from blobs
 * @returns {Remote}
 */
export const createWorker = (options) => /** @type {any} */ (createClasses(options));

/**
 * Several workers that share work. What they give does not depend on how many there are.
 * @param {{ workers?: number, script?: Address }} [options] workers: by default as many as the machine runs at
 *   once, at most 4; script as in `createWorker`
 */
export const createPool = (options) => new Pool(options);

const all = createWorker();

export const MLP = all.MLP;
export const Laplace = all.Laplace;
export const datasets = all.datasets;
export const metrics = all.metrics;
export const marglikTrain = all.marglikTrain;
export const estimate = all.estimate;
/** Ends the thread the classes share, and every object in it. */
export const dispose = all.dispose;
export { LaplaceError } from './errors.js';
