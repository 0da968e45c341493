// training.js — the loop around the core's trainer: options read once, then steps as a generator, run to the end at
// once or with pauses for the event loop. The trainer works on a copy of the network, so nothing that happens to the
// original can hurt it.
import { fail } from './errors.js';
import { Handle } from './handle.js';
import { hyperReaders, isMatrix, listed } from './hyper.js';
import { callback, choice, count, finite, nonNegative, readOptions, signal } from './options.js';
import { checkOnePrior, withPrior } from './prior.js';
import { spanOf } from './shape.js';
import { idOf, names } from './tables.js';

/** @import { Data } from './data.js' */
/** @import { PrecisionValue, PriorValue } from './hyper.js' */
/** @import { OptimizerName } from './names.js' */
/** @import { Shape } from './shape.js' */
/** @import { Tables } from './tables.js' */

/**
 * @typedef {object} TrainOptions
 * @property {PrecisionValue} [priorPrecision] at least 0; 0 is maximum likelihood. Or a positive definite matrix (P ×
 *   P).
 *   Default 1
 * @property {PriorValue} [priorMean] default 0
 * @property {import('./prior.js').PosteriorPrior} [prior] an earlier posterior over all weights, instead of both
 * @property {number | ArrayLike<number>} [sigmaNoise] gaussian: σ, one or one per output. Default 1
 * @property {'auto' | OptimizerName} [optimizer] 'auto' (default), or one of `tables.optimizers`
 * @property {ArrayLike<number>} [weights] (n) an example of weight w counts as w copies
 * @property {number} [maxIterations] default 1000; for 'adam' and 'sgd', `epochs`
 * @property {number} [epochs] passes over the data of 'adam' and 'sgd', default 100
 * @property {number} [tolerance] converged when ‖∇‖₂ ≤ tolerance·√P; default 1e-6
 * @property {number} [learningRate] of 'adam' and 'sgd'
 * @property {number} [batchSize] of 'adam' and 'sgd'; all rows by default
 * @property {number} [seed] of the shuffling, default 0
 * @property {(state: TrainState) => void} [onProgress] after every iteration
 * @property {AbortSignal} [signal] stops with `ERR_ABORTED`; the network is then as it was
 */

/**
 * @typedef {object} TrainState
 * @property {number} iteration
 * @property {number} objective −Σ log p(y|x, θ) without its constants + ½(θ − μ₀)ᵀdiag(δ)(θ − μ₀). Like its gradient
 *   in single precision while ‖∇‖₂ > 1e-3·√P, to about 1e-6 of it
 * @property {number} gradientNorm 2-norm of its gradient
 * @property {boolean} converged
 */

/**
 * @typedef {object} TrainResult
 * @property {boolean} converged
 * @property {number} iterations
 * @property {number} evaluations of the objective, gradients included; a minibatch counts as one
 * @property {number} gradientNorm 2-norm of the gradient of the negative log joint, in double precision
 * @property {number} logJoint log p(y, θ | X), every normalising constant included
 * @property {number[]} history the objective at the start and after each iteration
 */

const ITERATIONS = 1000;
const EPOCHS = 100;
const TOLERANCE = 1e-6;

/**
 * @param {Shape} shape
 * @param {Tables} tables
 * @param {unknown} options
 * @param {string} where
 * @returns {Record<string, any>}
 */
export function readTraining(shape, tables, options, where) {
  const all = spanOf(shape, 0);
  const hyper = hyperReaders(shape, all, { zero: true });
  const read = readOptions(options, where, {
    priorPrecision: hyper.priorPrecision,
    priorMean: hyper.priorMean,
    prior: hyper.prior,
    sigmaNoise: [hyper.sigmaNoise, 1],
    optimizer: [choice(['auto', ...names(tables.optimizers)]), 'auto'],
    weights: (value) => value,
    maxIterations: count,
    epochs: count,
    tolerance: [nonNegative, TOLERANCE],
    learningRate: nonNegative,
    batchSize: count,
    seed: [finite, 0],
    onProgress: callback,
    signal,
  });
  checkOnePrior(read, where);
  return { ...read, priorPrecision: read.priorPrecision ?? 1, priorMean: read.priorMean ?? 0 };
}

/**
 * A prior as `withPrior` takes it.
 * @param {Shape} shape
 * @param {Record<string, any>} read
 */
export const priorOf = (shape, { priorPrecision, priorMean, prior }) => ({
  precision: listed(priorPrecision),
  mean: listed(priorMean),
  matrix: isMatrix(priorPrecision, shape.p),
  prior,
});

/** A training run on a copy of a network. Free it with `dispose`. */
export class Run {
  #core;
  /** @type {Handle | undefined} */
  #net;
  /** @type {Handle | undefined} */
  #trainer;
  #p;
  #what;
  #limit;

  /**
   * @param {Handle} net
   * @param {Shape} shape
   * @param {Tables} tables
   * @param {Data} data
   * @param {Record<string, any>} options as `readTraining` gives them
   * @param {string} what the call, for messages
   */
  constructor(net, shape, tables, data, options, what) {
    const { core } = net;
    const { call } = core;
    this.#core = core;
    this.#p = shape.p;
    this.#what = what;
    const id =
      options.optimizer === 'auto'
        ? call.bl_optimizer_auto(net.pointer, data.n)
        : idOf(tables.optimizers, options.optimizer);
    const { stochastic } = tables.optimizers[id];
    this.#limit = stochastic
      ? (options.epochs ?? options.maxIterations ?? EPOCHS)
      : (options.maxIterations ?? ITERATIONS);
    core.scope((border) => {
      const slot = border.room(1);
      const sigma = listed(options.sigmaNoise);
      core.check(call.bl_net_clone(slot, net.pointer), what, 'a network');
      this.#net = new Handle(core, border.readPointer(slot), 'bl_net_free', 'MLP');
      const copy = this.#net.pointer;
      try {
        withPrior(core, copy, priorOf(shape, options), what, (prior, anchor) =>
          core.check(
            call.bl_trainer_new(
              slot,
              copy,
              border.doubles(data.X),
              border.doubles(data.y),
              border.doubles(data.weights),
              data.n,
              prior,
              anchor,
              border.doubles(sigma),
              sigma.length,
              id,
              options.learningRate ?? 0,
              options.batchSize ?? 0,
              options.tolerance,
              options.seed,
              core.scratch,
            ),
            what,
            `${data.n} examples`,
          ),
        );
      } catch (error) {
        this.#net.dispose();
        throw error;
      }
      this.#trainer = new Handle(core, border.readPointer(slot), 'bl_trainer_free', 'trainer');
    });
    /** @type {number[]} */
    this.history = [this.state.objective];
  }

  get #pointer() {
    return /** @type {Handle} */ (this.#trainer).pointer;
  }

  /** @returns {TrainState} */
  get state() {
    const { call } = this.#core;
    return {
      iteration: call.bl_trainer_iterations(this.#pointer),
      objective: call.bl_trainer_objective(this.#pointer),
      gradientNorm: call.bl_trainer_gradient_norm(this.#pointer),
      converged: call.bl_trainer_converged(this.#pointer) !== 0,
    };
  }

  /** Whether there is nothing more to do. */
  get ended() {
    const { call } = this.#core;
    return (
      call.bl_trainer_iterations(this.#pointer) >= this.#limit ||
      call.bl_trainer_converged(this.#pointer) !== 0 ||
      call.bl_trainer_flat(this.#pointer) !== 0
    );
  }

  /** One iteration. */
  step() {
    this.#core.check(
      this.#core.call.bl_trainer_step(this.#pointer, this.#core.scratch),
      this.#what,
      `iteration ${this.history.length}`,
    );
    const { state } = this;
    this.history.push(state.objective);
    return state;
  }

  /** θ where the run stands, (P). */
  get parameters() {
    const net = /** @type {Handle} */ (this.#net).pointer;
    return this.#core.scope((border) => border.read(this.#core.call.bl_net_theta(net), this.#p));
  }

  /** @returns {TrainResult} */
  get result() {
    const { iteration, converged } = this.state;
    const [logJoint, , gradientNorm] = this.#core.result(3, this.#what, 'trained weights', (at) =>
      this.#core.call.bl_trainer_log_joint(this.#pointer, at, this.#core.scratch),
    );
    const evaluations = this.#core.call.bl_trainer_evaluations(this.#pointer);
    return { converged, iterations: iteration, evaluations, gradientNorm, logJoint, history: this.history };
  }

  dispose() {
    this.#trainer?.dispose();
    this.#net?.dispose();
  }
}

/**
 * @param {AbortSignal | undefined} given
 * @param {string} what
 */
export function checkAborted(given, what) {
  if (given?.aborted)
    fail('ERR_ABORTED', what, 'an aborted signal', 'to run to the end', 'The network is as it was before the call.');
}
