// mlp.js — the network as JavaScript sees it: options and arrays checked, then one call of the core.
// Longer than other files: every public method stands here with its documentation.
import { checkOut, isList, readMatrix, readVector } from './arrays.js';
import { readData } from './data.js';
import { fail, nearest, oneOf, show, unfit } from './errors.js';
import { Handle, disposal, handleOf, own } from './handle.js';
import { copied, hyperReaders, listed, plainHyper } from './hyper.js';
import { boolean, choice, finite, readOptions } from './options.js';
import { shapeOf, spanOf } from './shape.js';
import { idOf, names } from './tables.js';
import { formerPrior, withPrior } from './prior.js';
import { Run, checkAborted, priorOf, readTraining } from './training.js';

/** @import { Matrix, Targets } from './arrays.js' */
/** @import { Hyper, PrecisionValue, PriorValue } from './hyper.js' */
/** @import { Core } from './memory.js' */
/** @import { ActivationName, LikelihoodName } from './names.js' */
/** @import { Shape } from './shape.js' */
/** @import { Tables } from './tables.js' */
/** @import { TrainOptions, TrainResult, TrainState } from './training.js' */

/**
 * @typedef {object} MLPOptions
 * @property {ArrayLike<number>} layers [d, h1, …, k]; without a hidden layer it is linear, logistic or softmax
 *   regression
 * @property {ActivationName} [activation] of the hidden layers, default 'tanh'; `tables.activations` lists them
 * @property {LikelihoodName | 'classification' | 'regression'} [likelihood] `tables.likelihoods` lists them;
 *   'classification' and 'regression' choose by k. Default by k: 'bernoulli' for one output, 'categorical' for more
 * @property {boolean} [bias] default true
 * @property {number} [seed] of the initial weights, uniform ±gain·√(6/(fan-in + fan-out)) (Glorot & Bengio 2010);
 *   default 0
 * @property {ArrayLike<number>} [parameters] θ (P), instead of drawn weights
 */

const FORMAT = 'bayeslaplace/mlp';
const VERSION = 1;
const PAUSE = 12; // milliseconds of work between two looks at the event loop

/**
 * What a network was last trained with: the defaults of its Laplace approximation.
 * @type {WeakMap<MLP, Hyper>}
 */
const training = new WeakMap();

/** @type {WeakMap<MLP, Shape>} */
const shapes = new WeakMap();

/** @param {MLP} net */
export const shapeOfNet = (net) => /** @type {Shape} */ (shapes.get(net));

/** @param {MLP} net */
export const trainedWith = (net) => training.get(net);

/**
 * What brings a network back to what it is now: its weights, and what it was trained with.
 * @param {MLP} net
 */
export function undoOf(net) {
  const [theta, known] = [net.parameters, trainedWith(net)];
  return () => {
    net.parameters = theta;
    rememberTraining(net, known);
  };
}

/**
 * @param {MLP} net
 * @param {Hyper | undefined} hyper
 */
export function rememberTraining(net, hyper) {
  if (hyper) training.set(net, hyper);
  else training.delete(net);
}

/**
 * @param {unknown} value
 * @returns {number[]}
 */
function readLayers(value) {
  const expected = 'a list [d, h1, …, k] of two or more integers ≥ 1';
  if (!isList(value) || value.length < 2) fail('ERR_OPTION', 'layers', show(value), expected);
  return Array.from(value, (size, i) => {
    if (!Number.isInteger(size) || size < 1 || size >= 2 ** 31)
      fail('ERR_OPTION', `layers[${i}]`, show(size), 'an integer ≥ 1');
    return size;
  });
}

/**
 * @param {Tables} tables
 * @param {string | undefined} name
 * @param {number} k
 * @returns {string}
 */
function readLikelihood(tables, name, k) {
  const known = names(tables.likelihoods);
  if (name === undefined || name === 'classification') return k === 1 ? 'bernoulli' : 'categorical';
  if (name === 'regression') return 'gaussian';
  if (known.includes(name)) return name;
  const all = [...known, 'classification', 'regression'];
  return fail(
    'ERR_OPTION',
    'likelihood',
    show(name),
    oneOf(all),
    typeof name === 'string' ? nearest(name, all) : '',
  );
}

/**
 * A fully connected network with a likelihood. Parameters are one flat vector θ in torch's order: for each layer its
 * weight [out × in] row-major, then its bias [out].
 */
export class MLP {
  /**
   * The instance the class is bound to.
   * @type {{ core: () => Core, tables: Tables }}
   */
  static runtime;

  #layers;
  #activation;
  #bias;

  /** @param {MLPOptions} options */
  constructor(options) {
    const { core: running, tables } = /** @type {typeof MLP} */ (this.constructor).runtime;
    const read = readOptions(options, 'MLP', {
      layers: readLayers,
      activation: [choice(names(tables.activations)), 'tanh'],
      likelihood: (value) => value,
      bias: [boolean, true],
      seed: [finite, 0],
      parameters: (value) => value,
    });
    if (!read.layers) fail('ERR_OPTION', 'layers', 'none', 'a list [d, h1, …, k] of two or more integers ≥ 1');
    const core = running();
    const outputs = read.layers[read.layers.length - 1];
    const likelihood = readLikelihood(tables, read.likelihood, outputs);
    if (core.call.bl_likelihood_targets(idOf(tables.likelihoods, likelihood), outputs) === 0) {
      fail(
        'ERR_OPTION',
        'layers',
        `${outputs} output${outputs === 1 ? '' : 's'}`,
        `a number of outputs that likelihood '${likelihood}' takes`,
        likelihood === 'bernoulli'
          ? "It has one logit; for more classes use 'categorical'."
          : likelihood === 'heteroscedastic'
            ? 'It has two outputs for each target: the means, then the log-variances.'
            : 'Change the last of the layers.',
      );
    }
    const shape = shapeOf(core, tables, { layers: read.layers, likelihood, bias: read.bias });
    const theta =
      read.parameters === undefined
        ? null
        : readVector(read.parameters, [shape.p], 'parameters', `${shape.p}, one for each parameter`);
    const pointer = core.scope((border) => {
      const slot = border.room(1);
      const status = core.call.bl_net_new(
        slot,
        border.ints(read.layers),
        shape.depth,
        idOf(tables.activations, read.activation),
        shape.id,
        Number(read.bias),
      );
      core.check(status, 'MLP', `layers ${read.layers.join('-')}`);
      return border.readPointer(slot);
    });
    own(this, new Handle(core, pointer, 'bl_net_free', 'MLP'));
    shapes.set(this, shape);
    this.#layers = read.layers;
    this.#activation = read.activation;
    this.#bias = read.bias;
    if (theta) this.parameters = theta;
    else core.call.bl_net_init(pointer, read.seed);
  }

  /**
   * [d, h1, …, k].
   * @returns {number[]}
   */
  get layers() {
    return [...this.#layers];
  }

  /** @returns {ActivationName} */
  get activation() {
    return this.#activation;
  }

  get likelihood() {
    return shapeOfNet(this).likelihood.name;
  }

  /** @returns {boolean} */
  get bias() {
    return this.#bias;
  }

  /** P, the length of θ. */
  get parameterCount() {
    return shapeOfNet(this).p;
  }

  /**
   * θ, a copy (P). Setting it checks length (`ERR_SHAPE`) and finiteness (`ERR_NOT_FINITE`).
   * @returns {Float64Array}
   */
  get parameters() {
    const { core, pointer } = handleOf(this);
    return core.scope((border) => border.read(core.call.bl_net_theta(pointer), this.parameterCount));
  }

  /** @param {ArrayLike<number>} values */
  set parameters(values) {
    const { core, pointer } = handleOf(this);
    const theta = readVector(
      values,
      [this.parameterCount],
      'parameters',
      `${this.parameterCount}, one for each parameter`,
    );
    core.scope((border) => border.write(core.call.bl_net_theta(pointer), theta));
  }

  /**
   * Logits or means (n × k), row-major. Into a Float32Array they are computed in single precision, more than twice as
   * fast and to about six digits.
   * @overload
   * @param {Matrix} X (n × d)
   * @param {{ out?: Float64Array }} [options]
   * @returns {Float64Array}
   */
  /**
   * @overload
   * @param {Matrix} X
   * @param {{ out: Float32Array }} options
   * @returns {Float32Array}
   */
  /**
   * @overload
   * @param {Matrix} X
   * @param {{ out: Float64Array | Float32Array }} options
   * @returns {Float64Array | Float32Array}
   */
  /**
   * @param {Matrix} X
   * @param {{ out?: Float64Array | Float32Array }} [options]
   * @returns {any}
   */
  forward(X, options) {
    const { k } = shapeOfNet(this);
    return this.#evaluate(['bl_net_forward', 'bl_net_forward_f32'], X, options, k, 'forward');
  }

  /**
   * Jacobian of the outputs in θ, (n × k × P).
   * @param {Matrix} X (n × d)
   * @param {{ out?: Float64Array }} [options]
   * @returns {Float64Array}
   */
  jacobian(X, options) {
    const { k, p } = shapeOfNet(this);
    return this.#evaluate(['bl_net_jacobian'], X, options, k * p, 'jacobian');
  }

  /**
   * @param {string[]} names of the call in double precision and, where there is one, in single
   * @param {unknown} X
   * @param {unknown} options
   * @param {number} width numbers a row of X gives
   * @param {string} what
   * @returns {any}
   */
  #evaluate(names, X, options, width, what) {
    const { core, pointer } = handleOf(this);
    const { values, n } = readMatrix(X, shapeOfNet(this).d, 'X', true);
    const { out } = readOptions(options, what, { out: (value) => value });
    const single = names.length > 1 && out instanceof Float32Array;
    checkOut(out, n * width, single ? Float32Array : Float64Array, 'out');
    return core.scope((border) => {
      const at = border.room(n * width, single ? 4 : 8);
      const status = core.call[names[Number(single)]](pointer, at, border.doubles(values), n, core.scratch);
      core.check(status, what, `${n} rows`);
      return single ? border.readFloats(at, n * width, out) : border.read(at, n * width, out);
    });
  }

  /**
   * Σₙ log p(yₙ|xₙ, θ), with every normalising constant.
   * @param {Matrix} X
   * @param {Targets} y
   * @param {{ sigmaNoise?: number | ArrayLike<number>, weights?: ArrayLike<number> }} [options]
   * @returns {number}
   */
  logLikelihood(X, y, options) {
    const { core, pointer } = handleOf(this);
    const shape = shapeOfNet(this);
    const { sigmaNoise } = hyperReaders(shape, spanOf(shape, 0), { zero: true });
    const read = readOptions(options, 'logLikelihood', { sigmaNoise: [sigmaNoise, 1], weights: (value) => value });
    const data = readData(core, shape, X, y, read.weights);
    const sigma = listed(read.sigmaNoise);
    return core.result(1, 'logLikelihood', `${data.n} examples`, (at, border) =>
      core.call.bl_net_log_likelihood(
        pointer,
        at,
        border.doubles(data.X),
        border.doubles(data.y),
        border.doubles(data.weights),
        data.n,
        border.doubles(sigma),
        sigma.length,
        core.scratch,
      ),
    )[0];
  }

  /**
   * ∇θ of the negative log joint −Σ log p(yₙ|xₙ, θ) + ½(θ − μ₀)ᵀdiag(δ)(θ − μ₀), (P). Defaults are those of `train`.
   * @param {Matrix} X
   * @param {Targets} y
   * @param {{ priorPrecision?: PrecisionValue, priorMean?: PriorValue, sigmaNoise?: number | ArrayLike<number>,
   *   weights?: ArrayLike<number> }} [options]
   * @returns {Float64Array}
   */
  gradient(X, y, options) {
    const { core, pointer } = handleOf(this);
    const shape = shapeOfNet(this);
    const hyper = hyperReaders(shape, spanOf(shape, 0), { zero: true });
    const read = readOptions(options, 'gradient', {
      priorPrecision: [hyper.priorPrecision, 1],
      priorMean: [hyper.priorMean, 0],
      sigmaNoise: [hyper.sigmaNoise, 1],
      weights: (value) => value,
    });
    const data = readData(core, shape, X, y, read.weights);
    const sigma = listed(read.sigmaNoise);
    return withPrior(core, pointer, priorOf(shape, read), 'gradient', (prior, anchor) =>
      core.result(shape.p, 'gradient', `${data.n} examples`, (at, border) =>
        core.call.bl_net_gradient(
          pointer,
          at,
          border.doubles(data.X),
          border.doubles(data.y),
          border.doubles(data.weights),
          data.n,
          prior,
          anchor,
          border.doubles(sigma),
          sigma.length,
          core.scratch,
        ),
      ),
    );
  }

  /**
   * Trains to the MAP, from the weights at hand: a second call is a warm start. Minimises
   * −Σ log p(yₙ|xₙ, θ) + ½(θ − μ₀)ᵀdiag(δ)(θ − μ₀), the sum over examples. A call that throws leaves the weights as
   * they were.
   * @param {Matrix} X (n × d)
   * @param {Targets} y
   * @param {TrainOptions} [options]
   * @returns {TrainResult}
   */
  train(X, y, options) {
    const { run, read } = this.#start(X, y, options, 'train');
    try {
      while (!run.ended) {
        checkAborted(read.signal, 'train');
        const state = run.step();
        read.onProgress?.(state);
      }
      return this.#finish(run, read);
    } finally {
      run.dispose();
    }
  }

  /**
   * The same, giving way to the event loop; honours `signal`.
   * @param {Matrix} X
   * @param {Targets} y
   * @param {TrainOptions} [options]
   * @returns {Promise<TrainResult>}
   */
  async trainAsync(X, y, options) {
    const { run, read } = this.#start(X, y, options, 'trainAsync');
    try {
      let since = performance.now();
      while (!run.ended) {
        checkAborted(read.signal, 'trainAsync');
        const state = run.step();
        read.onProgress?.(state);
        if (performance.now() - since > PAUSE) {
          await new Promise((resolve) => {
            setTimeout(resolve);
          });
          since = performance.now();
          handleOf(this).pointer; // throws after dispose
        }
      }
      checkAborted(read.signal, 'trainAsync');
      return this.#finish(run, read);
    } finally {
      run.dispose();
    }
  }

  /**
   * The same as a generator: one state per iteration, the network holding that iteration's weights meanwhile; returns
   * the result. Leaving it early frees what it held and keeps the weights reached.
   * @param {Matrix} X
   * @param {Targets} y
   * @param {TrainOptions} [options]
   * @returns {Generator<TrainState, TrainResult, void>}
   */
  *trainSteps(X, y, options) {
    const { run, read } = this.#start(X, y, options, 'trainSteps');
    const before = this.parameters;
    try {
      while (!run.ended) {
        checkAborted(read.signal, 'trainSteps');
        const state = run.step();
        this.parameters = run.parameters;
        read.onProgress?.(state);
        yield state;
      }
      return this.#finish(run, read);
    } catch (error) {
      this.parameters = before;
      throw error;
    } finally {
      run.dispose();
    }
  }

  /**
   * @param {unknown} X
   * @param {unknown} y
   * @param {unknown} options
   * @param {string} what
   */
  #start(X, y, options, what) {
    const handle = handleOf(this);
    handle.pointer; // throws after dispose, before anything is read
    const shape = shapeOfNet(this);
    const { tables } = /** @type {typeof MLP} */ (this.constructor).runtime;
    const read = readTraining(shape, tables, options, what);
    const data = readData(handle.core, shape, X, y, read.weights);
    checkAborted(read.signal, what);
    return { run: new Run(handle, shape, tables, data, read, what), read };
  }

  /**
   * @param {Run} run
   * @param {Record<string, any>} read
   */
  #finish(run, read) {
    const { result } = run;
    this.parameters = run.parameters;
    training.set(this, {
      priorPrecision: copied(read.priorPrecision),
      priorMean: copied(read.priorMean),
      sigmaNoise: copied(read.sigmaNoise),
      prior: read.prior,
    });
    return result;
  }

  /** An independent copy, what it was trained with included. */
  clone() {
    const copy = new /** @type {typeof MLP} */ (this.constructor)({
      layers: this.#layers,
      activation: this.#activation,
      likelihood: this.likelihood,
      bias: this.#bias,
      parameters: this.parameters,
    });
    rememberTraining(copy, trainedWith(this));
    return copy;
  }

  /** A plain object; `MLP.fromJSON` gives the same network back, bit for bit. */
  toJSON() {
    const known = training.get(this);
    return {
      format: FORMAT,
      version: VERSION,
      layers: this.layers,
      activation: this.#activation,
      likelihood: this.likelihood,
      bias: this.#bias,
      parameters: Array.from(this.parameters),
      ...(known && { trainedWith: plainHyper(known) }),
    };
  }

  /**
   * @param {any} object what `toJSON` gave, or its JSON text
   * @returns {MLP}
   */
  static fromJSON(object) {
    const o = typeof object === 'string' ? parse(object) : object;
    if (o?.format !== FORMAT || o.version !== VERSION) {
      fail(
        'ERR_FORMAT',
        'MLP.fromJSON',
        `format ${show(o?.format)}, version ${show(o?.version)}`,
        `format '${FORMAT}', version ${VERSION}`,
      );
    }
    const { layers, activation, likelihood, bias, parameters, trainedWith: known } = o;
    const content = { layers, activation, likelihood, bias, parameters };
    for (const [name, value] of Object.entries(content))
      if (value === undefined) fail('ERR_FORMAT', 'MLP.fromJSON', `none of '${name}'`, 'what toJSON gave');
    let net;
    try {
      net = new this(content);
      if (known === undefined) return net;
      const { core } = handleOf(net);
      const shape = shapeOfNet(net);
      const hyper = hyperReaders(shape, spanOf(shape, 0), { zero: true });
      const read = readOptions(known, 'trainedWith', {
        priorPrecision: [hyper.priorPrecision, 1],
        priorMean: [hyper.priorMean, 0],
        sigmaNoise: [hyper.sigmaNoise, 1],
        prior: (about) => formerPrior(core, about),
      });
      rememberTraining(net, /** @type {Hyper} */ (read));
      return net;
    } catch (cause) {
      net?.dispose();
      throw unfit('MLP.fromJSON', 'contents that do not fit', 'what toJSON gave', cause);
    }
  }

  /** Frees the network's memory. Every later call throws `ERR_DISPOSED`; a second `dispose` does nothing. */
  dispose() {
    handleOf(this).dispose();
  }

  /** `dispose`, for `using`. */
  [disposal]() {
    this.dispose();
  }
}

/**
 * Throws unless `net` is a network; one that is called so, but is none of this class, can be brought here.
 * @param {any} net
 * @param {string} what the call
 */
export function checkNet(net, what) {
  if (net instanceof MLP) return;
  const known = net?.constructor?.name === 'MLP';
  const advice = 'It lives in a worker, or in another copy of this library: take MLP.fromJSON(await net.toJSON()).';
  fail('ERR_OPTION', what, show(net), 'an MLP', known ? advice : '');
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch (cause) {
    return fail('ERR_FORMAT', 'MLP.fromJSON', `text that is not JSON (${cause})`, 'what toJSON gave');
  }
}
