// laplace.js — the posterior as JavaScript sees it. Longer than other files: every public method stands here with its
// documentation; the work is in the core, predict.js and diagnostics.js.
// What the object remembers beside the core's: the network it belongs
// to, its hyper-parameters as given, and the examples it holds (for logJoint).
import { isList, readMatrix, readVector } from './arrays.js';
import { readData } from './data.js';
import { diagnose } from './diagnostics.js';
import { fail, show } from './errors.js';
import { Handle, handleOf, makeDisposable, own } from './handle.js';
import { copied, hyperReaders, listed, restrict } from './hyper.js';
import { MLP, shapeOfNet, trainedWith } from './mlp.js';
import { boolean, choice, count, finite, nonNegative, positive, readOptions } from './options.js';
import { functions, predict, predictGrid } from './predict.js';
import { listOf, positionsOf, spanOf } from './shape.js';
import { idOf, names } from './tables.js';

/** @import { Matrix, Targets } from './arrays.js' */
/** @import { Data } from './data.js' */
/** @import { Diagnostics } from './diagnostics.js' */
/** @import { Hyper, PriorValue } from './hyper.js' */
/** @import { Core } from './memory.js' */
/** @import { Grid, GridOptions, PredictOptions, Prediction } from './predict.js' */
/** @import { Active, Shape } from './shape.js' */
/** @import { Tables } from './tables.js' */

/**
 * @typedef {object} LaplaceOptions
 * @property {'all' | 'last_layer' | 'subnetwork'} [subsetOfWeights] which weights are uncertain; default 'all'
 * @property {string} [hessianStructure] a name of `tables.structures`, default 'full'
 * @property {string} [curvature] a name of `tables.curvatures`: 'ggn' (default) or 'ef'
 * @property {PriorValue} [priorPrecision] > 0: a number, one per parameter tensor [W1, b1, …], or one per parameter, of
 *   the subset. Default:
 *   what the network was trained with, else 1
 * @property {PriorValue} [priorMean] default: what the network was trained with, else 0
 * @property {number | ArrayLike<number>} [sigmaNoise] > 0, gaussian: σ, one or one per output. Default as above, else 1
 * @property {number} [temperature] > 0, divides loss and curvature; default 1
 * @property {'auto' | 'weight' | 'function'} [space] how 'full' is computed; 'auto' (default) takes the cheaper
 * @property {number} [tolerance] allowed |log sd error|, default 0 = exact
 * @property {ArrayLike<number>} [subnetworkIndices] distinct positions in θ, for 'subnetwork'
 */

/**
 * @typedef {object} Evidence
 * @property {number} logMarginalLikelihood logLikelihood − ½(logDetRatio + scatter)
 * @property {number} logLikelihood Σ log p(yₙ|xₙ, θ̂), constants included
 * @property {number} logDetPriorPrecision
 * @property {number} logDetPosteriorPrecision
 * @property {number} logDetRatio posterior minus prior
 * @property {number} scatter (θ̂ − μ₀)ᵀP₀(θ̂ − μ₀)
 * @property {number} effectiveParameters γ = tr P⁻¹·sH (MacKay 1992)
 */

const SUBSETS = ['all', 'last_layer', 'subnetwork'];
const EVIDENCE = [
  'logMarginalLikelihood',
  'logLikelihood',
  'logDetPriorPrecision',
  'logDetPosteriorPrecision',
  'logDetRatio',
  'scatter',
  'effectiveParameters',
];
const MATRICES = { hessian: 0, posteriorPrecision: 1, posteriorCovariance: 2 };

/**
 * @param {Shape} shape
 * @returns {(value: any, name: string) => Int32Array}
 */
const indicesOf = (shape) => (value, name) => {
  const expected = `distinct integers from 0 to ${shape.p - 1}`;
  if (!isList(value)) fail('ERR_OPTION', name, show(value), expected);
  if (value.length === 0) fail('ERR_OPTION', name, 'an empty list', expected);
  Array.from(value, (at, i) => {
    if (!Number.isInteger(at) || at < 0 || at >= shape.p) fail('ERR_OPTION', `${name}[${i}]`, show(at), expected);
  });
  const sorted = Int32Array.from(value).sort();
  const twice = sorted.findIndex((at, i) => i > 0 && at === sorted[i - 1]);
  if (twice >= 0) fail('ERR_OPTION', name, `${sorted[twice]} twice`, expected);
  return sorted;
};

/**
 * A Laplace approximation: the Gaussian N(θ̂, P⁻¹), P = s·H + P₀, over the weights of a trained network (MacKay 1992;
 * Daxberger et al. 2021). `fit` copies θ̂: training or disposing the network later changes nothing.
 */
export class Laplace {
  /**
   * The instance the class is bound to.
   * @type {{ core: () => Core, tables: Tables }}
   */
  static runtime;

  #net;
  #shape;
  #tables;
  #active;
  #options;
  /** @type {Hyper} */
  #hyper;
  #temperature;
  /** @type {Hyper | undefined} */
  #trained;
  #fitted = false;
  /** @type {Data[]} */
  #held = [];

  /**
   * @param {MLP} net
   * @param {LaplaceOptions} [options]
   */
  constructor(net, options) {
    if (!(net instanceof MLP)) fail('ERR_OPTION', 'Laplace', show(net), 'an MLP');
    const { tables } = /** @type {typeof Laplace} */ (this.constructor).runtime;
    const { core } = handleOf(net);
    handleOf(net).pointer; // throws after dispose
    const shape = shapeOfNet(net);
    const known = trainedWith(net);
    const all = spanOf(shape, 0);
    const chosen = readOptions(options, 'Laplace', {
      subsetOfWeights: [choice(SUBSETS), 'all'],
      hessianStructure: [choice(names(tables.structures)), 'full'],
      curvature: [choice(names(tables.curvatures)), 'ggn'],
      space: [choice(['auto', 'weight', 'function']), 'auto'],
      tolerance: [nonNegative, 0],
      temperature: [positive, 1],
      subnetworkIndices: indicesOf(shape),
      priorPrecision: (value) => value,
      priorMean: (value) => value,
      sigmaNoise: (value) => value,
    });
    if ((chosen.subsetOfWeights === 'subnetwork') !== (chosen.subnetworkIndices !== undefined)) {
      fail(
        'ERR_OPTION',
        'subnetworkIndices',
        chosen.subnetworkIndices ? `a list with subsetOfWeights '${chosen.subsetOfWeights}'` : 'none',
        "a list exactly when subsetOfWeights is 'subnetwork'",
      );
    }
    const active = chosen.subnetworkIndices
      ? listOf(shape, chosen.subnetworkIndices)
      : spanOf(shape, chosen.subsetOfWeights === 'last_layer' ? shape.depth - 1 : 0);
    const readers = hyperReaders(shape, active, { zero: false });
    const { priorPrecision, priorMean, sigmaNoise } = readOptions(
      {
        priorPrecision: chosen.priorPrecision,
        priorMean: chosen.priorMean,
        sigmaNoise: chosen.sigmaNoise,
      },
      'Laplace',
      /** @type {any} */ (readers),
    );
    const inherited = known && restrict(known.priorPrecision, all, active);
    this.#hyper = {
      // a network trained without a prior has no Laplace approximation under it: the precision is then 1
      priorPrecision:
        priorPrecision ?? (inherited !== undefined && listed(inherited).every((x) => x > 0) ? inherited : 1),
      priorMean: priorMean ?? (known ? restrict(known.priorMean, all, active) : 0),
      sigmaNoise: sigmaNoise ?? (known ? copied(known.sigmaNoise) : 1),
    };
    this.#net = net;
    this.#shape = shape;
    this.#tables = tables;
    this.#active = active;
    this.#options = chosen;
    this.#temperature = chosen.temperature;
    this.#trained = known;
    own(this, new Handle(core, this.#make(this.#hyper, this.#temperature), 'bl_laplace_free', 'Laplace'));
  }

  /**
   * A new object of the core at the network's present weights.
   * @param {Hyper} hyper
   * @param {number} temperature
   */
  #make(hyper, temperature) {
    const { core, pointer: net } = handleOf(this.#net);
    const { hessianStructure, space, curvature } = this.#options;
    const { first, index, p } = this.#active;
    return core.scope((border) => {
      const slot = border.room(1);
      core.check(
        core.call.bl_laplace_new(
          slot,
          net,
          border.string(hessianStructure),
          border.string(space),
          idOf(this.#tables.curvatures, curvature),
          first,
          border.ints(index),
          index ? p : 0,
        ),
        'Laplace',
        `structure '${hessianStructure}' in space '${space}' with curvature '${curvature}' over ` +
          `'${this.#options.subsetOfWeights}'`,
      );
      const made = border.readPointer(slot);
      try {
        this.#setPrior(made, hyper);
        this.#setNoise(made, hyper.sigmaNoise, temperature);
      } catch (error) {
        core.call.bl_laplace_free(made);
        throw error;
      }
      return made;
    });
  }

  /**
   * @param {number} pointer
   * @param {Hyper} hyper
   */
  #setPrior(pointer, { priorPrecision, priorMean }) {
    const { core } = handleOf(this.#net);
    const [precision, mean] = [listed(priorPrecision), listed(priorMean)];
    core.scope((border) =>
      core.check(
        core.call.bl_laplace_set_prior(
          pointer,
          border.doubles(precision),
          precision.length,
          border.doubles(mean),
          mean.length,
          core.scratch,
        ),
        'priorPrecision',
        `${precision.length} value${precision.length === 1 ? '' : 's'}`,
      ),
    );
  }

  /**
   * @param {number} pointer
   * @param {number | Float64Array} sigmaNoise
   * @param {number} temperature
   */
  #setNoise(pointer, sigmaNoise, temperature) {
    const { core } = handleOf(this.#net);
    const sigma = listed(sigmaNoise);
    core.scope((border) =>
      core.check(
        core.call.bl_laplace_set_noise(pointer, border.doubles(sigma), sigma.length, temperature, core.scratch),
        'sigmaNoise',
        `[${sigma.join(', ')}]`,
      ),
    );
  }

  get #posterior() {
    return { handle: handleOf(this), shape: this.#shape, tables: this.#tables };
  }

  /**
   * Curvature and loss of the data at the network's present weights, which are copied. `override: false` adds to what
   * is held, at the θ̂ held.
   * @param {Matrix} X (n × d)
   * @param {Targets} y
   * @param {{ override?: boolean, batchSize?: number, weights?: ArrayLike<number> }} [options] the result does not
   *   depend on batchSize
   * @returns {this}
   */
  fit(X, y, options) {
    const { core, pointer } = handleOf(this);
    const { override, weights } = readOptions(options, 'fit', {
      override: [boolean, true],
      batchSize: count,
      weights: (value) => value,
    });
    const fresh = override || !this.#fitted;
    const net = fresh ? handleOf(this.#net).pointer : 0;
    const data = readData(core, this.#shape, X, y, weights);
    core.scope((border) =>
      core.check(
        core.call.bl_laplace_fit(
          pointer,
          net,
          border.doubles(data.X),
          border.doubles(data.y),
          border.doubles(data.weights),
          data.n,
          Number(!fresh),
          core.scratch,
        ),
        'fit',
        `${data.n} examples`,
      ),
    );
    if (fresh) this.#trained = trainedWith(this.#net);
    this.#held = fresh ? [data] : [...this.#held, data];
    this.#fitted = true;
    return this;
  }

  /**
   * Adds observations at the θ̂ held, without refitting the network: `fit` with `override: false`.
   * @param {Matrix} X
   * @param {Targets} y
   * @param {{ weights?: ArrayLike<number> }} [options]
   * @returns {this}
   */
  update(X, y, options) {
    const { weights } = readOptions(options, 'update', { weights: (value) => value });
    return this.fit(X, y, { override: false, weights });
  }

  /**
   * Takes observations away again; `ERR_OPTION` when one of them is not held.
   * @param {Matrix} X
   * @param {Targets} y
   * @param {{ weights?: ArrayLike<number> }} [options]
   * @returns {this}
   */
  downdate(X, y, options) {
    const { core, pointer } = handleOf(this);
    const { weights } = readOptions(options, 'downdate', { weights: (value) => value });
    const data = readData(core, this.#shape, X, y, weights);
    core.scope((border) =>
      core.check(
        core.call.bl_laplace_downdate(
          pointer,
          border.doubles(data.X),
          border.doubles(data.y),
          border.doubles(data.weights),
          data.n,
          core.scratch,
        ),
        'downdate',
        `${data.n} examples, of which one at least is not held`,
      ),
    );
    this.#held = without(this.#held, data, this.#shape);
    return this;
  }

  /**
   * The prior: no data. At the network's present weights when nothing was fitted yet.
   * @returns {this}
   */
  reset() {
    const handle = handleOf(this);
    handle.pointer; // throws after dispose
    if (!this.#fitted) handle.replace(this.#make(this.#hyper, this.#temperature));
    handle.core.check(handle.core.call.bl_laplace_reset(handle.pointer, handle.core.scratch), 'reset', 'a posterior');
    this.#held = [];
    this.#fitted = true;
    return this;
  }

  /**
   * The predictive at X.
   * @param {Matrix} X (n × d)
   * @param {PredictOptions} [options]
   * @returns {Prediction}
   */
  predict(X, options) {
    return predict(this.#posterior, X, options);
  }

  /**
   * Maps of the linearised predictive over a box, for networks of one or two inputs.
   * @param {GridOptions} options
   * @returns {Grid}
   */
  predictGrid(options) {
    return predictGrid(this.#posterior, options);
  }

  /**
   * Functions drawn from the posterior, one draw of weights each, shared over all x: (count × n × k).
   * @param {Matrix} X
   * @param {number} howMany
   * @param {{ predType?: 'glm' | 'nn', seed?: number }} [options]
   * @returns {Float64Array}
   */
  functionalSamples(X, howMany, options) {
    return functions(this.#posterior, X, howMany, options, false);
  }

  /**
   * The same after the link: (count × n × c).
   * @param {Matrix} X
   * @param {number} howMany
   * @param {{ predType?: 'glm' | 'nn', seed?: number }} [options]
   * @returns {Float64Array}
   */
  predictiveSamples(X, howMany, options) {
    return functions(this.#posterior, X, howMany, options, true);
  }

  /**
   * Weights drawn from the posterior, (count × active parameters).
   * @param {number} howMany
   * @param {{ seed?: number }} [options]
   * @returns {Float64Array}
   */
  sample(howMany, options) {
    const { core, pointer } = handleOf(this);
    const { seed } = readOptions(options, 'sample', { seed: [finite, 0] });
    const m = count(howMany, 'count');
    return core.result(m * this.#active.p, 'sample', `${m} samples`, (at) =>
      core.call.bl_laplace_sample(pointer, at, m, seed, core.scratch),
    );
  }

  /**
   * log N(θ; θ̂, P⁻¹) of active parameters θ.
   * @param {ArrayLike<number>} theta (active parameters)
   * @returns {number}
   */
  logProb(theta) {
    const { core, pointer } = handleOf(this);
    const { p } = this.#active;
    const values = readVector(theta, [p], 'theta', `${p}, one for each active parameter`);
    return core.result(1, 'logProb', 'θ', (at, border) =>
      core.call.bl_laplace_log_prob(pointer, at, border.doubles(values), core.scratch),
    )[0];
  }

  /**
   * Log joint log p(y|X, θ) + log p(θ) of the data held, at each of the weights given (m × P, all parameters): (m).
   * @param {Matrix} thetas
   * @returns {Float64Array}
   */
  logJoint(thetas) {
    const { core, pointer } = handleOf(this);
    const { values, n: m } = readMatrix(thetas, this.#shape.p, 'thetas');
    const data = merged(this.#held);
    if (!this.#fitted || data.n === 0)
      fail('ERR_NOT_FITTED', 'logJoint', 'no data', 'a fitted posterior', 'Call fit(X, y).');
    return core.result(m, 'logJoint', `${m} weights`, (at, border) =>
      core.call.bl_laplace_log_joint(
        pointer,
        at,
        border.doubles(values),
        m,
        border.doubles(data.X),
        border.doubles(data.y),
        border.doubles(data.weights),
        data.n,
        core.scratch,
      ),
    );
  }

  /**
   * Log evidence, also at other hyper-parameters, without refitting: a number; a list of prior precisions gives a list.
   * @overload
   * @param {{ priorPrecision?: number, sigmaNoise?: number | ArrayLike<number> }} [options]
   * @returns {number}
   */
  /**
   * @overload
   * @param {{ priorPrecision: ArrayLike<number | ArrayLike<number>>, sigmaNoise?: number | ArrayLike<number> }} options
   * @returns {Float64Array}
   */
  /**
   * @param {{ priorPrecision?: number | ArrayLike<number | ArrayLike<number>>, sigmaNoise?: number | ArrayLike<number>
   *   }} [options]
   * @returns {number | Float64Array}
   */
  logMarginalLikelihood(options) {
    const { core, pointer } = handleOf(this);
    const readers = hyperReaders(this.#shape, this.#active, { zero: false });
    const { priorPrecision, sigmaNoise } = readOptions(options, 'logMarginalLikelihood', {
      priorPrecision: (value) => value,
      sigmaNoise: readers.sigmaNoise,
    });
    const sigma = sigmaNoise === undefined ? null : listed(sigmaNoise);
    const at = (/** @type {unknown} */ given) =>
      core.scope((border) => {
        const precision = given === undefined ? null : listed(readers.priorPrecision(given, 'priorPrecision'));
        const value = border.room(1);
        core.check(
          core.call.bl_laplace_evidence_at(
            pointer,
            value,
            border.doubles(precision),
            precision?.length ?? 0,
            border.doubles(sigma),
            sigma?.length ?? 0,
            core.scratch,
          ),
          'logMarginalLikelihood',
          'hyper-parameters',
        );
        return border.read(value, 1)[0];
      });
    return isList(priorPrecision) ? Float64Array.from(priorPrecision, at) : at(priorPrecision);
  }

  /**
   * The log evidence in its parts.
   * @returns {Evidence}
   */
  evidence() {
    const { core, pointer } = handleOf(this);
    return core.scope((border) => {
      const parts = border.room(EVIDENCE.length);
      core.check(core.call.bl_laplace_evidence(pointer, parts, core.scratch), 'evidence', 'a posterior');
      const values = border.read(parts, EVIDENCE.length);
      return /** @type {Evidence} */ (Object.fromEntries(EVIDENCE.map((name, i) => [name, values[i]])));
    });
  }

  /**
   * Sets the prior precision to the number that maximises the evidence at θ̂ and σ held (MacKay 1992), to machine
   * precision. `interior` is false when that number lies at an edge of [1e-12, 1e12], the range searched.
   * @param {{ method?: 'marglik', priorStructure?: 'scalar' }} [options]
   * @returns {{ priorPrecision: number, sigmaNoise: number | Float64Array, logMarginalLikelihood: number, interior:
   *   boolean,
   *   atEdge: number[], evaluations: number }}
   */
  optimizePriorPrecision(options) {
    const { core, pointer } = handleOf(this);
    readOptions(options, 'optimizePriorPrecision', { method: choice(['marglik']), priorStructure: choice(['scalar']) });
    const found = core.scope((border) => {
      const doubles = border.room(2);
      const ints = border.room(2, 4);
      core.check(
        core.call.bl_laplace_tune(pointer, doubles, doubles + 8, ints, ints + 4, core.scratch),
        'optimizePriorPrecision',
        'a posterior',
      );
      const [priorPrecision, logMarginalLikelihood] = border.read(doubles, 2);
      const [interior, evaluations] = border.readInts(ints, 2);
      return { priorPrecision, logMarginalLikelihood, interior: interior !== 0, evaluations };
    });
    this.priorPrecision = found.priorPrecision;
    return { ...found, sigmaNoise: this.sigmaNoise, atEdge: found.interior ? [] : [0] };
  }

  /**
   * Prior precision, a number or a copy of the list given. Setting it needs no refit.
   * @returns {number | Float64Array}
   */
  get priorPrecision() {
    return copied(this.#hyper.priorPrecision);
  }

  /** @param {PriorValue} value */
  set priorPrecision(value) {
    const { pointer } = handleOf(this);
    const { priorPrecision: read } = hyperReaders(this.#shape, this.#active, { zero: false });
    const hyper = { ...this.#hyper, priorPrecision: read(value, 'priorPrecision') };
    this.#setPrior(pointer, hyper);
    this.#hyper = hyper;
  }

  /** Prior mean, a number or a copy. */
  get priorMean() {
    return copied(this.#hyper.priorMean);
  }

  /**
   * Noise σ, a number or one per output. Setting it needs no refit where it changes in proportion.
   * @returns {number | Float64Array}
   */
  get sigmaNoise() {
    return copied(this.#hyper.sigmaNoise);
  }

  /** @param {number | ArrayLike<number>} value */
  set sigmaNoise(value) {
    const { pointer } = handleOf(this);
    const { sigmaNoise: read } = hyperReaders(this.#shape, this.#active, { zero: false });
    const sigmaNoise = read(value, 'sigmaNoise');
    this.#setNoise(pointer, sigmaNoise, this.#temperature);
    this.#hyper = { ...this.#hyper, sigmaNoise };
  }

  /** Divides loss and curvature, never the constants. */
  get temperature() {
    return this.#temperature;
  }

  /** @param {number} value */
  set temperature(value) {
    const { pointer } = handleOf(this);
    const temperature = positive(value, 'temperature');
    this.#setNoise(pointer, this.#hyper.sigmaNoise, temperature);
    this.#temperature = temperature;
  }

  /** 'weight' or 'function': how the posterior is computed. */
  get space() {
    const { core, pointer } = handleOf(this);
    return core.text(core.call.bl_laplace_space(pointer));
  }

  /** Bound on |log sd error|, 0 = exact. */
  get errorBound() {
    const { core, pointer } = handleOf(this);
    return core.call.bl_laplace_error_bound(pointer);
  }

  /** Active parameters. */
  get parameterCount() {
    return this.#active.p;
  }

  /** Positions of the active parameters in θ, ascending. */
  get indices() {
    return positionsOf(this.#active);
  }

  /** Σ weights of the examples held. */
  get examples() {
    const { core, pointer } = handleOf(this);
    return core.call.bl_laplace_examples(pointer);
  }

  /** θ̂, the active part: the mean of the posterior. */
  get mean() {
    const { core, pointer } = handleOf(this);
    return core.result(this.#active.p, 'mean', 'a posterior', (at) => core.call.bl_laplace_mean(pointer, at));
  }

  /** H (p × p): the curvature of the negative log likelihood, without σ, temperature and prior. With 'ef' it is GᵀG. */
  hessian() {
    return this.#matrix('hessian');
  }

  /** P (p × p). */
  posteriorPrecision() {
    return this.#matrix('posteriorPrecision');
  }

  /** P⁻¹ (p × p). */
  posteriorCovariance() {
    return this.#matrix('posteriorCovariance');
  }

  /** @param {keyof typeof MATRICES} name */
  #matrix(name) {
    const { core, pointer } = handleOf(this);
    const { p } = this.#active;
    return core.result(p * p, name, `${p} × ${p} numbers`, (at) =>
      core.call.bl_laplace_matrix(pointer, at, MATRICES[name], core.scratch),
    );
  }

  /** The diagonal of P⁻¹ (p). */
  posteriorVariance() {
    const { core, pointer } = handleOf(this);
    return core.result(this.#active.p, 'posteriorVariance', 'a posterior', (at) =>
      core.call.bl_laplace_variance(pointer, at, core.scratch),
    );
  }

  /**
   * Whether the fit is what it should be, with sentences.
   * @returns {Diagnostics}
   */
  diagnostics() {
    return diagnose(handleOf(this), this.#shape, this.#active, this.#hyper, this.#trained);
  }

  /** An independent copy. */
  clone() {
    const { core, pointer } = handleOf(this);
    const { subsetOfWeights, hessianStructure, curvature, space, tolerance, subnetworkIndices } = this.#options;
    const copy = new /** @type {typeof Laplace} */ (this.constructor)(this.#net, {
      subsetOfWeights,
      hessianStructure,
      curvature,
      space,
      tolerance,
      subnetworkIndices,
      temperature: this.#temperature,
      ...this.#hyper,
    });
    try {
      core.scope((border) => {
        const slot = border.room(1);
        core.check(core.call.bl_laplace_clone(slot, pointer, core.scratch), 'clone', 'a posterior');
        handleOf(copy).replace(border.readPointer(slot));
      });
    } catch (error) {
      copy.dispose();
      throw error;
    }
    copy.#held = this.#held;
    copy.#fitted = this.#fitted;
    copy.#trained = this.#trained;
    return copy;
  }

  /** Frees the posterior's memory. Every later call throws `ERR_DISPOSED`; a second `dispose` does nothing. */
  dispose() {
    handleOf(this).dispose();
  }
}

makeDisposable(Laplace);

/**
 * All examples held as one.
 * @param {Data[]} held
 * @returns {Data}
 */
function merged(held) {
  const join = (/** @type {Float64Array[]} */ parts) => Float64Array.from(parts.flatMap((part) => Array.from(part)));
  const n = held.reduce((sum, part) => sum + part.n, 0);
  const weighted = held.some(({ weights }) => weights !== null);
  return {
    X: join(held.map(({ X }) => X)),
    y: join(held.map(({ y }) => y)),
    weights: weighted ? join(held.map(({ weights, n: size }) => weights ?? new Float64Array(size).fill(1))) : null,
    n,
  };
}

/**
 * The examples held without those taken away; the core has made sure that each is there.
 * @param {Data[]} held
 * @param {Data} gone
 * @param {Shape} shape
 * @returns {Data[]}
 */
function without(held, gone, { d, targets }) {
  const { X, y, weights, n } = merged(held);
  const key = (/** @type {Data} */ data, /** @type {number} */ i) =>
    [
      ...data.X.subarray(i * d, (i + 1) * d),
      ...data.y.subarray(i * targets, (i + 1) * targets),
      data.weights?.[i] ?? 1,
    ].join();
  /** @type {Map<string, number>} */
  const leaving = new Map();
  for (let i = 0; i < gone.n; i++) leaving.set(key(gone, i), (leaving.get(key(gone, i)) ?? 0) + 1);
  const staying = [];
  for (let i = 0; i < n; i++) {
    const left = leaving.get(key({ X, y, weights, n }, i)) ?? 0;
    if (left > 0) leaving.set(key({ X, y, weights, n }, i), left - 1);
    else staying.push(i);
  }
  return [
    {
      X: Float64Array.from(staying.flatMap((i) => Array.from(X.subarray(i * d, (i + 1) * d)))),
      y: Float64Array.from(staying.flatMap((i) => Array.from(y.subarray(i * targets, (i + 1) * targets)))),
      weights: weights && Float64Array.from(staying, (i) => weights[i]),
      n: staying.length,
    },
  ];
}
