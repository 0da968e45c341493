// laplace.js — the posterior as JavaScript sees it. Longer than other files: every public method stands here with its
// documentation; the work is in the core, predict.js, tuning.js and diagnostics.js.
// What the object remembers beside the core's: the network it belongs to, its hyper-parameters as given, and the
// examples it holds (for logJoint).
import { isList, readMatrix, readVector } from './arrays.js';
import { merged, readData, without } from './data.js';
import { diagnose } from './diagnostics.js';
import { LaplaceError, fail, show, unfit } from './errors.js';
import { Handle, disposal, handleOf, own } from './handle.js';
import { copied, hyperReaders, isMatrix, listed, plainHyper, restrict } from './hyper.js';
import { checkNet, rememberTraining, shapeOfNet, trainedWith } from './mlp.js';
import { boolean, choice, count, finite, nonNegative, positive, readOptions } from './options.js';
import { farField, functions, predict, predictGrid } from './predict.js';
import { PosteriorPrior, checkOnePrior, formerPrior } from './prior.js';
import { fromJSON, pack, toJSON, unpack } from './saving.js';
import { listOf, positionsOf, spanOf } from './shape.js';
import { NEEDS, demand } from './structures.js';
import { positions, selectionOf } from './subnetwork.js';
import { idOf, names } from './tables.js';
import { maximise, readTuning, searchGrid } from './tuning.js';

/** @import { Matrix, Targets } from './arrays.js' */
/** @import { Data } from './data.js' */
/** @import { Diagnostics } from './diagnostics.js' */
/** @import { Hyper, PrecisionValue, PriorValue } from './hyper.js' */
/** @import { Core } from './memory.js' */
/** @import { Metrics } from './metrics.js' */
/** @import { MLP } from './mlp.js' */
/** @import { CurvatureName, LinkName, QuantityName, StructureName } from './names.js' */
/** @import { FarField, Grid, GridOf, GridOptions, PredictOptions, Predicted, PredictedOf } from './predict.js' */
/** @import { Result, WithoutQuantities } from './predict.js' */
/** @import { Active, Shape } from './shape.js' */
/** @import { SubnetworkRule } from './subnetwork.js' */
/** @import { Tables } from './tables.js' */
/** @import { TuneOptions, Tuned } from './tuning.js' */

/**
 * @typedef {object} LaplaceOptions
 * @property {'all' | 'last_layer' | 'subnetwork'} [subsetOfWeights] which weights are uncertain; default 'all'
 * @property {StructureName} [hessianStructure] one of `tables.structures`, default 'full'
 * @property {CurvatureName} [curvature] one of `tables.curvatures`: 'ggn' (default), 'ef' or 'hessian'
 * @property {PrecisionValue} [priorPrecision] > 0: a number, one per parameter tensor [W1, b1, …], one per parameter
 *   of the subset (ascending, as `indices`), or a positive definite matrix over it ('full' in weight space). Default:
 *   what the network was trained with, else 1
 * @property {PriorValue} [priorMean] default: what the network was trained with, else 0
 * @property {number | ArrayLike<number>} [sigmaNoise] > 0, gaussian: σ, one or one per output. Default as above, else 1
 * @property {number} [temperature] > 0, divides loss and curvature; default 1
 * @property {'auto' | 'weight' | 'function'} [space] how 'full' is computed; 'auto' (default) takes the cheaper
 * @property {number} [tolerance] allowed |log sd error|, default 0 = exact
 * @property {ArrayLike<number> | SubnetworkRule} [subnetworkIndices] for 'subnetwork': distinct positions in θ, or a
 *   rule that chooses them ('largest_variance_diag' chooses at `fit`)
 * @property {PosteriorPrior} [prior] an earlier posterior (`asPrior`) over the same parameters in the same structure,
 *   instead of priorPrecision and priorMean
 * @property {number} [rank] 'lowrank': eigenpairs kept at most; all that matter by default
 * @property {number} [nSubset] 'gp': examples it is built on, chosen by `seed`; all by default
 * @property {boolean} [independentOutputs] 'gp': the outputs count as independent; default false
 * @property {number} [seed] of random choices of examples and parameters, default 0
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
/** Options that belong to one structure. */
const OPTIONS_OF = { rank: 'lowrank', nSubset: 'gp', independentOutputs: 'gp' };
const MATRICES = { hessian: 0, posteriorPrecision: 1, posteriorCovariance: 2 };

/**
 * A hyper-parameter of the active parameters from what the network was trained with.
 * @param {Hyper | undefined} known
 * @param {Active} all
 * @param {Active} active
 */
function inherit(known, all, active) {
  const precision = known && !known.prior ? restrict(known.priorPrecision, all, active) : undefined;
  // a network trained without a prior has no Laplace approximation under it: the precision is then 1
  const usable =
    precision !== undefined && (isMatrix(precision, active.p) || listed(precision).every((value) => value > 0));
  return {
    priorPrecision: usable ? precision : 1,
    priorMean: known && !known.prior ? restrict(known.priorMean, all, active) : 0,
    prior: known?.prior,
  };
}

/** What a copy begins with, in place of options; its network may have been disposed of meanwhile. */
class Copy {
  /**
   * @param {Laplace} of
   * @param {number} pointer a posterior of the core, taken over
   */
  constructor(of, pointer) {
    this.of = of;
    this.pointer = pointer;
  }
}

/**
 * A Laplace approximation: the Gaussian N(θ̂, P⁻¹), P = s·H + P₀, over the weights of a trained network (MacKay 1992;
 * Daxberger et al. 2021). `fit` copies θ̂: training or disposing the network later changes nothing.
 */
export class Laplace {
  /**
   * The instance the class is bound to.
   * @type {{ core: () => Core, tables: Tables, metrics: Metrics, MLP: typeof MLP }}
   */
  static runtime;

  /** @type {MLP} */
  #net;
  /** @type {Shape} */
  #shape;
  /** @type {Tables} */
  #tables;
  /** @type {Active} */
  #active;
  /** @type {Record<string, any>} */
  #options;
  /** @type {Hyper} */
  #hyper;
  /** @type {number} */
  #temperature;
  /** @type {Hyper | undefined} */
  #trained;
  #fitted = false;
  /** @type {Data[]} */
  #held = [];
  #edge = false;

  /**
   * @param {MLP} net
   * @param {LaplaceOptions} [options]
   */
  constructor(net, options) {
    checkNet(net, 'Laplace');
    if (options instanceof Copy) {
      const { of, pointer } = options;
      this.#net = of.#net;
      this.#shape = of.#shape;
      this.#tables = of.#tables;
      this.#active = of.#active;
      this.#options = of.#options;
      this.#hyper = of.#hyper;
      this.#temperature = of.#temperature;
      this.#trained = of.#trained;
      this.#fitted = of.#fitted;
      this.#held = of.#held;
      this.#edge = of.#edge;
      own(this, new Handle(handleOf(of).core, pointer, 'bl_laplace_free', 'Laplace'));
      return;
    }
    const { tables } = /** @type {typeof Laplace} */ (this.constructor).runtime;
    const { core } = handleOf(net);
    const theta = net.parameters; // throws after dispose
    const shape = shapeOfNet(net);
    const known = trainedWith(net);
    const all = spanOf(shape, 0);
    const as = (/** @type {any} */ value) => value;
    const chosen = readOptions(options, 'Laplace', {
      subsetOfWeights: [choice(SUBSETS), 'all'],
      hessianStructure: [choice(names(tables.structures)), 'full'],
      curvature: [choice(names(tables.curvatures)), 'ggn'],
      space: [choice(['auto', 'weight', 'function']), 'auto'],
      tolerance: [nonNegative, 0],
      temperature: [positive, 1],
      subnetworkIndices: selectionOf(shape),
      rank: count,
      nSubset: count,
      independentOutputs: [boolean, false],
      seed: [finite, 0],
      priorPrecision: as,
      priorMean: as,
      prior: as,
      sigmaNoise: as,
    });
    for (const [name, structure] of Object.entries(OPTIONS_OF)) {
      if (chosen[name] === undefined || chosen[name] === false || chosen.hessianStructure === structure) continue;
      fail(
        'ERR_OPTION',
        name,
        show(chosen[name]),
        `none with hessianStructure '${chosen.hessianStructure}'`,
        `It belongs to '${structure}'.`,
      );
    }
    if ((chosen.subsetOfWeights === 'subnetwork') !== (chosen.subnetworkIndices !== undefined)) {
      fail(
        'ERR_OPTION',
        'subnetworkIndices',
        chosen.subnetworkIndices ? `a choice with subsetOfWeights '${chosen.subsetOfWeights}'` : 'none',
        "indices or a rule exactly when subsetOfWeights is 'subnetwork'",
      );
    }
    checkOnePrior(chosen, 'Laplace');
    // under the prior alone all parameters vary alike: a rule by variances begins with the first ones
    const active = chosen.subnetworkIndices
      ? listOf(
          shape,
          positions(chosen.subnetworkIndices, core, shape, theta, chosen.seed, () => new Float64Array(shape.p)),
        )
      : spanOf(shape, chosen.subsetOfWeights === 'last_layer' ? shape.depth - 1 : 0);
    const { priorPrecision, priorMean, prior, sigmaNoise } = readOptions(
      {
        priorPrecision: chosen.priorPrecision,
        priorMean: chosen.priorMean,
        prior: chosen.prior,
        sigmaNoise: chosen.sigmaNoise,
      },
      'Laplace',
      /** @type {any} */ (hyperReaders(shape, active, { zero: false })),
    );
    const inherited = inherit(known, all, active);
    const said = prior ?? priorPrecision ?? priorMean;
    this.#hyper = {
      priorPrecision: priorPrecision ?? inherited.priorPrecision,
      priorMean: priorMean ?? inherited.priorMean,
      sigmaNoise: sigmaNoise ?? (known ? copied(known.sigmaNoise) : 1),
      prior: said === undefined ? inherited.prior : prior,
    };
    this.#net = net;
    this.#shape = shape;
    this.#tables = tables;
    this.#active = active;
    this.#options = chosen;
    this.#temperature = chosen.temperature;
    this.#trained = known;
    let pointer;
    try {
      pointer = this.#make(this.#hyper, this.#temperature, active);
    } catch (cause) {
      if (said !== undefined || !inherited.prior || !(cause instanceof LaplaceError)) throw cause;
      const advice = 'The prior is that of the training; give prior or priorPrecision to take another.';
      throw new LaplaceError(cause.code, `${cause.message} ${advice}`, { cause });
    }
    own(this, new Handle(core, pointer, 'bl_laplace_free', 'Laplace'));
  }

  /**
   * Throws unless the structure can what the hyper-parameters and the subset need.
   * @param {Hyper} hyper
   * @param {Active} active
   * @param {string} what
   */
  #demand({ priorPrecision, prior }, active, what) {
    const matrix = !prior && isMatrix(priorPrecision, active.p);
    const each = !prior && !matrix && active.p > active.tensors.length && listed(priorPrecision).length === active.p;
    const said = [
      ...(active.index ? ['a subnetwork'] : []),
      ...(matrix ? ['a precision matrix'] : each && active.p > 1 ? ['a precision per parameter'] : []),
    ];
    demand(
      handleOf(this.#net).core,
      this.#tables,
      /** @type {any} */ (this.#options),
      (active.index ? NEEDS.index : 0) | (matrix ? NEEDS.matrix : 0) | (each && active.p > 1 ? NEEDS.precisionEach : 0),
      what,
      said.length > 0 ? said.join(' and ') : 'this combination',
    );
  }

  /**
   * A new object of the core at the network's present weights.
   * @param {Hyper} hyper
   * @param {number} temperature
   * @param {Active} active
   */
  #make(hyper, temperature, active) {
    const { core, pointer: net } = handleOf(this.#net);
    const { hessianStructure, space, curvature, rank, nSubset, independentOutputs, seed } = this.#options;
    const { first, index, p } = active;
    this.#demand(hyper, active, 'Laplace');
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
          rank ?? 0,
          nSubset ?? 0,
          Number(independentOutputs),
          seed,
        ),
        'Laplace',
        `structure '${hessianStructure}' in space '${space}' with curvature '${curvature}' over ` +
          `'${this.#options.subsetOfWeights}'${independentOutputs ? ' and independentOutputs' : ''}`,
      );
      const made = border.readPointer(slot);
      try {
        this.#setPrior(made, hyper, active);
        this.#setNoise(made, hyper.sigmaNoise, temperature);
        core.check(
          core.call.bl_laplace_set_tolerance(made, this.#options.tolerance, core.scratch),
          'tolerance',
          String(this.#options.tolerance),
        );
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
   * @param {Active} active
   */
  #setPrior(pointer, { priorPrecision, priorMean, prior }, active) {
    const { core } = handleOf(this.#net);
    const { call, scratch } = core;
    const [precision, mean] = [listed(priorPrecision), listed(priorMean)];
    core.scope((border) => {
      if (prior) {
        core.check(
          call.bl_laplace_set_prior_posterior(pointer, handleOf(prior).pointer, scratch),
          'prior',
          `${prior.about}, over other parameters or in another structure`,
        );
      } else if (isMatrix(priorPrecision, active.p)) {
        const at = border.doubles(precision);
        core.check(
          call.bl_laplace_set_prior_matrix(pointer, at, border.doubles(mean), mean.length, scratch),
          'priorPrecision',
          `a ${active.p} × ${active.p} matrix`,
        );
      } else {
        const at = border.doubles(precision);
        core.check(
          call.bl_laplace_set_prior(pointer, at, precision.length, border.doubles(mean), mean.length, scratch),
          'priorPrecision',
          `${precision.length} value${precision.length === 1 ? '' : 's'}`,
        );
      }
    });
  }

  /**
   * @param {number} pointer
   * @param {number | Float64Array} sigmaNoise
   * @param {number} temperature
   * @param {'sigmaNoise' | 'temperature'} [what] is new
   */
  #setNoise(pointer, sigmaNoise, temperature, what = 'sigmaNoise') {
    const { core } = handleOf(this.#net);
    const sigma = listed(sigmaNoise);
    const status = core.scope((border) =>
      core.call.bl_laplace_set_noise(pointer, border.doubles(sigma), sigma.length, temperature, core.scratch),
    );
    this.#checkNoise(status, what, what === 'temperature' ? String(temperature) : `[${sigma.join(', ')}]`);
  }

  /**
   * What the core's status says of a noise. The data held are weighted by the ratios of σ they came with.
   * @param {number} status
   * @param {string} what
   * @param {string} got
   */
  #checkNoise(status, what, got) {
    const { core } = handleOf(this.#net);
    if (this.#fitted && core.code(status) === 'ERR_NOT_FITTED') {
      const advice = 'For other ratios make a new Laplace with this sigmaNoise and fit it.';
      fail('ERR_NOT_FITTED', what, got, 'the ratios between outputs that the data were fitted with', advice);
    }
    core.check(status, what, got);
  }

  get #posterior() {
    return {
      handle: handleOf(this),
      shape: this.#shape,
      tables: this.#tables,
      activation: this.#net.activation,
      demand: (/** @type {number} */ needs, /** @type {string} */ what, /** @type {string} */ got) =>
        this.#demandAbility(needs, what, got),
    };
  }

  /**
   * @param {number} needs
   * @param {string} what
   * @param {string} got
   */
  #demandAbility(needs, what, got) {
    demand(handleOf(this).core, this.#tables, /** @type {any} */ (this.#options), needs, what, got);
    if ((needs & NEEDS.weights) === 0 || !this.#options.independentOutputs) return;
    fail(
      'ERR_UNSUPPORTED',
      what,
      `${got} with independentOutputs`,
      'independentOutputs: false',
      'Independent outputs have no posterior over weights; predict with predType glm or gp.',
    );
  }

  /**
   * Curvature and loss of the data at the network's present weights, which are copied. `override: false` adds to what
   * is held, at the θ̂ held, whether or not the network is still there.
   * @param {Matrix} X (n × d)
   * @param {Targets} y
   * @param {{ override?: boolean, batchSize?: number, weights?: ArrayLike<number> }} [options] the result does not
   *   depend on batchSize
   * @returns {this}
   */
  fit(X, y, options) {
    const { override, weights } = readOptions(options, 'fit', {
      override: [boolean, true],
      batchSize: count,
      weights: (value) => value,
    });
    return this.#learn('fit', override || !this.#fitted, X, y, weights);
  }

  /**
   * @param {string} what the call
   * @param {boolean} fresh instead of what is held, at the network's weights
   * @param {Matrix} X
   * @param {Targets} y
   * @param {ArrayLike<number>} [weights]
   * @returns {this}
   */
  #learn(what, fresh, X, y, weights) {
    const { core, pointer } = handleOf(this);
    const net = fresh ? handleOf(this.#net).pointer : 0;
    const data = readData(core, this.#shape, X, y, weights);
    const active = fresh ? this.#chosenBy(data) : this.#active;
    const other = active === this.#active ? 0 : this.#make(this.#hyper, this.#temperature, active);
    const target = other || pointer;
    try {
      core.scope((border) => {
        const status = core.call.bl_laplace_fit(
          target,
          net,
          border.doubles(data.X),
          border.doubles(data.y),
          border.doubles(data.weights),
          data.n,
          Number(!fresh),
          core.scratch,
        );
        this.#checkDefinite(status, target, what, `${data.n} examples`);
      });
    } catch (error) {
      if (other && !core.dead()) core.call.bl_laplace_free(other);
      throw error;
    }
    if (other) handleOf(this).replace(other);
    this.#active = active;
    if (fresh) this.#trained = trainedWith(this.#net);
    this.#held = fresh ? [data] : [...this.#held, data];
    this.#fitted = true;
    this.#edge = false;
    return this;
  }

  /**
   * What the core's status says; a precision that is not positive definite with its smallest eigenvalue.
   * @param {number} status
   * @param {number} pointer
   * @param {string} what
   * @param {string} got
   */
  #checkDefinite(status, pointer, what, got) {
    const { core } = handleOf(this);
    if (core.code(status) !== 'ERR_NOT_POSITIVE_DEFINITE') return core.check(status, what, got);
    const lowest = Number(core.call.bl_laplace_lowest(pointer).toPrecision(6));
    const [seen, advice] =
      this.#options.curvature === 'hessian'
        ? [
            `whose smallest eigenvalue is ${lowest}`,
            "Train to a minimum, raise the prior precision, or take curvature 'ggn', which is never negative.",
          ]
        : [
            'that rounding leaves without a factor: its largest eigenvalues are 1e16 times the smallest',
            "Raise the prior precision, train to an optimum, or take space 'weight', or hessianStructure 'kron'.",
          ];
    return fail('ERR_NOT_POSITIVE_DEFINITE', what, `a posterior precision ${seen}`, 'a positive definite one', advice);
  }

  /**
   * The active parameters for a fit to these data: a rule by variances asks a diagonal posterior over all weights.
   * @param {Data} data
   * @returns {Active}
   */
  #chosenBy(data) {
    const selection = this.#options.subnetworkIndices;
    if (!selection || 'list' in selection || selection.rule.select !== 'largest_variance_diag') return this.#active;
    const { priorPrecision, sigmaNoise } = this.#hyper;
    const whole = new /** @type {typeof Laplace} */ (this.constructor)(this.#net, {
      hessianStructure: 'diag',
      curvature: this.#options.curvature,
      temperature: this.#temperature,
      sigmaNoise,
      ...(typeof priorPrecision === 'number' ? { priorPrecision } : {}),
    });
    try {
      const { weights } = data;
      const variances = whole.fit(data.X, data.y, weights ? { weights } : {}).posteriorVariance();
      const theta = this.#net.parameters;
      const index = positions(selection, handleOf(this).core, this.#shape, theta, this.#options.seed, () => variances);
      return listOf(this.#shape, index);
    } finally {
      whole.dispose();
    }
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
    return this.#learn('update', !this.#fitted, X, y, weights);
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
    const status = core.scope((border) =>
      core.call.bl_laplace_downdate(
        pointer,
        border.doubles(data.X),
        border.doubles(data.y),
        border.doubles(data.weights),
        data.n,
        core.scratch,
      ),
    );
    if (core.code(status) === 'ERR_OPTION') {
      const advice = 'Inputs, targets and weights must be those they came with.';
      fail('ERR_OPTION', 'downdate', `${data.n} examples, of which one at least is not held`, 'examples held', advice);
    }
    this.#checkDefinite(status, pointer, 'downdate', `${data.n} examples`);
    this.#held = without(this.#held, data, this.#shape);
    return this;
  }

  /**
   * The prior: no data. At the network's present weights when nothing was fitted yet.
   * @returns {this}
   */
  reset() {
    const { core, pointer } = handleOf(this);
    const net = this.#fitted ? pointer : handleOf(this.#net).pointer;
    core.check(core.call.bl_laplace_reset(pointer, net, core.scratch), 'reset', 'a posterior');
    this.#held = [];
    this.#fitted = true;
    return this;
  }

  /**
   * The predictive at X.
   * @overload
   * @param {Matrix} X (n × d)
   * @param {WithoutQuantities<PredictOptions>} [options]
   * @returns {Predicted}
   */
  /**
   * @template {Result} Q
   * @overload
   * @param {Matrix} X
   * @param {PredictOptions<Q>} options
   * @returns {PredictedOf<Q>}
   */
  /**
   * @param {Matrix} X
   * @param {PredictOptions} [options]
   * @returns {any}
   */
  predict(X, options) {
    return predict(this.#posterior, X, options);
  }

  /**
   * Maps of the linearised predictive over a box, for networks of one or two inputs. Where the second of two maps has
   * the box, size and weights of the first, what it knows of its pixels is kept (20 MB of pixels at most, until another
   * map, other weights or `dispose`), where that holds a quarter of them: with one output the maps that follow a point
   * more, another noise or a scaled prior then take a quarter of the time. They have the same bits.
   * @overload
   * @param {WithoutQuantities<GridOptions<'mean'>>} options
   * @returns {Grid<'mean'>}
   */
  /**
   * @template {QuantityName} Q
   * @overload
   * @param {GridOptions<Q>} options
   * @returns {GridOf<Q>}
   */
  /**
   * @param {any} options
   * @returns {any}
   */
  predictGrid(options) {
    return predictGrid(this.#posterior, options);
  }

  /**
   * The limit of the linearised predictive along a ray x = t·direction, t → ∞: how sure it is far from all data (Hein
   * et al. 2019; Kristiadi, Hein & Hennig 2020).
   * @param {ArrayLike<number>} direction (d), not all 0
   * @param {{ link?: LinkName, samples?: number, seed?: number }} [options]
   * @returns {FarField}
   */
  farField(direction, options) {
    return farField(this.#posterior, direction, options);
  }

  /**
   * Functions drawn from the posterior, one draw of weights each, shared over all x: (count × n × k).
   * @param {Matrix} X
   * @param {number} howMany
   * @param {{ predType?: 'glm' | 'nn' | 'gp', seed?: number }} [options]
   * @returns {Float64Array}
   */
  functionalSamples(X, howMany, options) {
    return functions(this.#posterior, X, howMany, options, false);
  }

  /**
   * The same after the link: (count × n × c).
   * @param {Matrix} X
   * @param {number} howMany
   * @param {{ predType?: 'glm' | 'nn' | 'gp', seed?: number }} [options]
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
    this.#demandAbility(NEEDS.weights, 'sample', 'draws');
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
    this.#demandAbility(NEEDS.weights, 'logProb', 'a density');
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
    if (priorPrecision !== undefined) this.#checkTunable('logMarginalLikelihood');
    const at = (/** @type {unknown} */ given) =>
      core.scope((border) => {
        const precision = given === undefined ? null : listed(readers.priorPrecision(given, 'priorPrecision'));
        const value = border.room(1);
        const status = core.call.bl_laplace_evidence_at(
          pointer,
          value,
          border.doubles(precision),
          precision?.length ?? 0,
          border.doubles(sigma),
          sigma?.length ?? 0,
          core.scratch,
        );
        if (sigma) this.#checkNoise(status, 'logMarginalLikelihood', `sigmaNoise [${sigma.join(', ')}]`);
        core.check(status, 'logMarginalLikelihood', 'hyper-parameters');
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
   * Sets the prior precision, and for gaussian likelihoods σ, to the values that maximise the evidence at θ̂ (MacKay
   * 1992; Immer et al. 2021), or the precision to the one whose predictions of validation data are best. The log
   * evidence is concave in the logarithms of precisions and noise (any curvature but 'hessian'): the maximum is the
   * only one. `interior` is false when the best values lie at an edge of the range searched, [1e-12, 1e12] for the
   * evidence.
   * @param {TuneOptions} [options]
   * @returns {Tuned}
   */
  optimizePriorPrecision(options) {
    const { core, pointer } = handleOf(this);
    const runtime = /** @type {typeof Laplace} */ (this.constructor).runtime;
    const read = readTuning(this.#shape, options, names(this.#tables.links));
    this.#checkTunable('optimizePriorPrecision');
    if (!this.#fitted)
      fail('ERR_NOT_FITTED', 'optimizePriorPrecision', 'no posterior', 'a fitted one', 'Call fit(X, y).');
    if (read.method === 'gridsearch') {
      const trial = this.clone();
      try {
        const { precision, score, interior } = searchGrid(trial, read, this.#shape, runtime.metrics, core);
        this.priorPrecision = precision;
        this.#edge = !interior;
        return {
          priorPrecision: precision,
          sigmaNoise: this.sigmaNoise,
          logMarginalLikelihood: this.logMarginalLikelihood(),
          interior,
          atEdge: interior ? [] : [0],
          evaluations: read.gridSize,
          score,
        };
      } finally {
        trial.dispose();
      }
    }
    const { p, tensors } = this.#active;
    const groups = { scalar: 1, layerwise: tensors.length, diag: p }[/** @type {'scalar'} */ (read.priorStructure)];
    const { k } = this.#shape;
    if (groups > tensors.length) {
      const trial = { ...this.#hyper, priorPrecision: new Float64Array(p).fill(1) };
      this.#demand(trial, this.#active, 'optimizePriorPrecision');
    }
    const found = maximise(core, pointer, groups, k, read.tuneSigma, this.#options.curvature);
    const before = this.#hyper;
    this.priorPrecision = groups === 1 ? found.values[0] : found.values.slice(0, groups);
    if (read.tuneSigma) {
      const one = listed(before.sigmaNoise).length === 1;
      try {
        this.sigmaNoise = one ? found.values[groups] : found.values.slice(groups, groups + k);
      } catch (error) {
        this.#setPrior(pointer, before, this.#active);
        this.#hyper = before;
        throw error;
      }
    }
    this.#edge = found.atEdge.length > 0;
    return {
      priorPrecision: this.priorPrecision,
      sigmaNoise: this.sigmaNoise,
      logMarginalLikelihood: found.values[groups + k],
      interior: found.atEdge.length === 0,
      atEdge: found.atEdge,
      evaluations: found.evaluations,
    };
  }

  /**
   * A prior with covariances has no precision to vary.
   * @param {string} what
   */
  #checkTunable(what) {
    const { prior, priorPrecision } = this.#hyper;
    if (!prior && !isMatrix(priorPrecision, this.#active.p)) return;
    fail(
      'ERR_UNSUPPORTED',
      what,
      prior ? 'an earlier posterior as prior' : 'a precision matrix as prior',
      'a prior precision: a number, one per tensor or one per parameter',
      'Set priorPrecision first.',
    );
  }

  /**
   * This posterior as the next prior: its mean and precision, for `train` (all weights) and for a `Laplace` over the
   * same parameters in the same structure. It is a copy: what happens to this object later changes nothing.
   * @returns {PosteriorPrior}
   */
  asPrior() {
    const { core, pointer } = handleOf(this);
    if (!this.#fitted) fail('ERR_NOT_FITTED', 'asPrior', 'no posterior', 'a fitted one', 'Call fit(X, y).');
    this.#demandAbility(NEEDS.weights, 'asPrior', 'a prior over weights');
    const { hessianStructure, subsetOfWeights } = this.#options;
    return core.scope((border) => {
      const slot = border.room(1);
      core.check(core.call.bl_laplace_clone(slot, pointer, core.scratch), 'asPrior', 'a posterior');
      const about = `a '${hessianStructure}' posterior over '${subsetOfWeights}'`;
      return new PosteriorPrior(core, border.readPointer(slot), about);
    });
  }

  /**
   * Prior precision, a number or a copy of the list or matrix (flat) given. Setting it needs no refit.
   * @returns {number | Float64Array}
   */
  get priorPrecision() {
    return copied(this.#hyper.priorPrecision);
  }

  /** @param {PrecisionValue} value */
  set priorPrecision(value) {
    const { pointer } = handleOf(this);
    const { priorPrecision: read } = hyperReaders(this.#shape, this.#active, { zero: false });
    const hyper = { ...this.#hyper, priorPrecision: read(value, 'priorPrecision'), prior: undefined };
    this.#demand(hyper, this.#active, 'priorPrecision');
    this.#setPrior(pointer, hyper, this.#active);
    this.#hyper = hyper;
    this.#edge = false;
  }

  /**
   * Prior mean, a number or a copy.
   * @returns {number | Float64Array}
   */
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
    this.#setNoise(pointer, this.#hyper.sigmaNoise, temperature, 'temperature');
    this.#temperature = temperature;
  }

  /**
   * How the posterior is computed: '' where there is one way only; before a fit the option, 'auto' if none.
   * @returns {'' | 'auto' | 'weight' | 'function'}
   */
  get space() {
    const { core, pointer } = handleOf(this);
    return /** @type {any} */ (core.text(core.call.bl_laplace_space(pointer)));
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
    this.#demandAbility(NEEDS.weights, name, 'a matrix over weights');
    return core.result(p * p, name, `${p} × ${p} numbers`, (at) =>
      core.call.bl_laplace_matrix(pointer, at, MATRICES[name], core.scratch),
    );
  }

  /** The diagonal of P⁻¹ (p). */
  posteriorVariance() {
    const { core, pointer } = handleOf(this);
    this.#demandAbility(NEEDS.weights, 'posteriorVariance', 'variances of weights');
    return core.result(this.#active.p, 'posteriorVariance', 'a posterior', (at) =>
      core.call.bl_laplace_variance(pointer, at, core.scratch),
    );
  }

  /**
   * Whether the fit is what it should be, with sentences.
   * @returns {Diagnostics}
   */
  diagnostics() {
    return diagnose(handleOf(this), this.#shape, this.#active, this.#hyper, this.#trained, this.#edge);
  }

  /** An independent copy. */
  clone() {
    const { core, pointer } = handleOf(this);
    return core.scope((border) => {
      const slot = border.room(1);
      core.check(core.call.bl_laplace_clone(slot, pointer, core.scratch), 'clone', 'a posterior');
      const like = /** @type {any} */ (new Copy(this, border.readPointer(slot)));
      return new /** @type {typeof Laplace} */ (this.constructor)(this.#net, like);
    });
  }

  /**
   * Everything as bytes: versioned, with a checksum. `Laplace.load` gives a posterior that predicts the same bits.
   * @returns {Uint8Array}
   */
  save() {
    const { core, pointer } = handleOf(this);
    const state = core.scope((border) => {
      const size = core.call.bl_laplace_state(pointer, 0, 0, core.scratch);
      core.check(size < 0 ? -size : 0, 'save', 'a posterior');
      const at = border.room(size, 1);
      const written = core.call.bl_laplace_state(pointer, at, size, core.scratch);
      core.check(written < 0 ? -written : 0, 'save', 'a posterior');
      return border.readBytes(at, size);
    });
    const { layers, activation, likelihood, bias } = this.#net;
    const { subnetworkIndices: selection, ...options } = this.#options;
    const held = merged(this.#held);
    const header = {
      net: { layers, activation, likelihood, bias },
      options: { ...options, priorPrecision: undefined, priorMean: undefined, prior: undefined, sigmaNoise: undefined },
      rule: selection && 'rule' in selection ? selection.rule : undefined,
      index: this.#active.index ? Array.from(this.#active.index) : undefined,
      hyper: plainHyper(this.#hyper),
      trained: this.#trained && plainHyper(this.#trained),
      samePrior: this.#trained?.prior === this.#hyper.prior,
      temperature: this.#temperature,
      fitted: this.#fitted,
      edge: this.#edge,
      held: held.n,
    };
    const data = [held.X, held.y, held.weights ?? new Float64Array(0)].map((values) => new Uint8Array(values.buffer));
    return pack(core, header, [state, ...data]);
  }

  /**
   * A posterior from what `save` gave; its network holds the weights θ̂. `ERR_FORMAT` when the bytes are damaged.
   * @param {Uint8Array} bytes
   * @returns {Laplace}
   */
  static load(bytes) {
    const { core: running, MLP: Net } = this.runtime;
    const core = running();
    const { header, parts } = unpack(core, bytes);
    let net;
    let like;
    try {
      const { options, rule, index, hyper, trained, samePrior } = header;
      net = new Net(header.net);
      const shape = shapeOfNet(net);
      const [state, ...data] = parts;
      const [X, y, weights] = data.map((part) => new Float64Array(part.buffer));
      net.parameters = new Float64Array(state.slice(0, 8 * shape.p).buffer);
      like = new this(net, { ...options, subnetworkIndices: index, priorPrecision: 1, priorMean: 0, sigmaNoise: 1 });
      const values = (/** @type {number | number[]} */ value) =>
        typeof value === 'number' ? value : Float64Array.from(value);
      const read = (/** @type {any} */ given) => ({
        priorPrecision: values(given.priorPrecision),
        priorMean: values(given.priorMean),
        sigmaNoise: values(given.sigmaNoise),
        prior: given.prior === undefined ? undefined : formerPrior(core, given.prior),
      });
      if (rule) like.#options.subnetworkIndices = { rule };
      like.#hyper = read(hyper);
      like.#trained = trained && read(trained);
      if (like.#trained && samePrior) like.#trained.prior = like.#hyper.prior;
      rememberTraining(net, like.#trained);
      like.#temperature = header.temperature;
      like.#fitted = header.fitted;
      like.#edge = header.edge;
      const n = header.held;
      if (X.length !== n * shape.d || y.length !== n * shape.targets || (weights.length !== 0 && weights.length !== n))
        fail('ERR_FORMAT', 'Laplace.load', 'examples of other lengths', `${n} of them`);
      like.#held = n > 0 ? [{ X, y, weights: weights.length > 0 ? weights : null, n }] : [];
      const made = like;
      core.scope((border) => {
        const slot = border.room(1);
        const at = border.bytes(state);
        const status = core.call.bl_laplace_restore(slot, handleOf(made).pointer, at, state.length, core.scratch);
        core.check(status, 'Laplace.load', 'the state of a posterior');
        handleOf(made).replace(border.readPointer(slot));
      });
      return like;
    } catch (cause) {
      like?.dispose();
      net?.dispose();
      throw unfit('Laplace.load', 'a header that does not fit', 'one as save() writes it', cause);
    }
  }

  /** A plain object for JSON; `Laplace.fromJSON` gives the same posterior back, bit for bit. */
  toJSON() {
    return toJSON(this.save());
  }

  /**
   * @param {any} object what `toJSON` gave, or its JSON text
   * @returns {Laplace}
   */
  static fromJSON(object) {
    return this.load(fromJSON(object));
  }

  /** The network it belongs to; after `load` one that holds θ̂. */
  get net() {
    return this.#net;
  }

  /** Frees the posterior's memory. Every later call throws `ERR_DISPOSED`; a second `dispose` does nothing. */
  dispose() {
    handleOf(this).dispose();
  }

  /** `dispose`, for `using`. */
  [disposal]() {
    this.dispose();
  }
}
