// predict.js — what is asked of a posterior's predictions: options read, one call of the core, results copied out.
// Longer than other files: every kind of prediction with the documentation of its options and results.
import { checkOut, checkPlanes, isList, readMatrix, readVector } from './arrays.js';
import { fail, nearest, oneOf, show } from './errors.js';
import { boolean, choice, count, finite, nonNegative, number, readOptions } from './options.js';
import { NEEDS } from './structures.js';
import { idOf, names } from './tables.js';

/** @import { Handle } from './handle.js' */
/** @import { Border } from './memory.js' */
/** @import { LinkName, QuantityName } from './names.js' */
/** @import { Shape } from './shape.js' */
/** @import { Tables } from './tables.js' */

const RESULTS = /** @type {const} */ (['mean', 'fMean', 'fVar', 'yVar', 'epistemic', 'aleatoric']);
const LARGE = 5e7; // operations: some milliseconds

/** @typedef {(typeof RESULTS)[number]} Result what `predict` can compute */

/**
 * Options that leave to the call what to compute.
 * @template O
 * @typedef {Omit<O, 'quantities'> & { quantities?: undefined }} WithoutQuantities
 */

/**
 * @template {Result} [Q=Result]
 * @typedef {object} PredictOptions
 * @property {'glm' | 'nn' | 'gp'} [predType] 'glm' (default): linearised in the weights; 'nn': the network at weights
 *   drawn from the posterior; 'gp': the linearised model as a Gaussian process, the same numbers as 'glm', for the
 *   structures that are one ('full', 'gp')
 * @property {LinkName} [link] one of `tables.links`, default 'probit'; 'nn' averages over its draws instead
 * @property {number} [samples] draws of 'mc', 'nn' and of the uncertainties of several classes, default 100
 * @property {number} [seed] of the draws, default 0
 * @property {boolean} [joint] fVar as the joint covariance of all outputs (n·k × n·k); default false
 * @property {number} [trunc] clamps the mean of the outputs (logits, means, log rates) to ±trunc before the link
 * @property {readonly Q[]} [quantities] of the result, those to compute; all by default
 */

/**
 * Predictions, or some of the parts.
 * @typedef {object} Prediction
 * @property {number} n
 * @property {number} outputs k, network outputs
 * @property {Float64Array} [mean] E[y|x]: class probabilities (n × C), p(y = 1) (n × 1), or the mean (n × k)
 * @property {Float64Array} [fMean] network output (n × k)
 * @property {Float64Array} [fVar] covariance of the network output under the posterior (n × k × k), without observation
 *   noise
 * @property {Float64Array} [yVar] regression: fVar plus the noise on the diagonal (n × k × k)
 * @property {Float64Array} [epistemic] (n) mutual information, nats; regression: trace of fVar
 * @property {Float64Array} [aleatoric] (n) expected entropy, nats; regression: trace of the noise
 */

/**
 * What `predict` gives: the parts that were asked for, all by default; yVar with a regression.
 * @template {Result} [Q=Result]
 * @typedef {Pick<Prediction, 'n' | 'outputs' | Extract<Q, 'yVar'>> & { [R in Exclude<Q, 'yVar'>]: Float64Array }}
 *   Predicted
 */

/**
 * The same for quantities that a variable holds: where it may hold any of them, any may be missing.
 * @template {Result} Q
 * @typedef {Result extends Q ? Prediction : Predicted<Q>} PredictedOf
 */

/**
 * @template {QuantityName} [Q=QuantityName]
 * @typedef {object} GridOptions
 * @property {readonly [number, number]} x first and last pixel centre along the first input; one pixel is in the middle
 * @property {readonly [number, number]} [y] along the second input, where there is one
 * @property {number} nx
 * @property {number} [ny] default nx, or 1 for one input
 * @property {LinkName} [link] default 'probit'
 * @property {readonly Q[]} [quantities] some of `tables.quantities`, default ['mean']
 * @property {number} [tolerance] allowed |log sd error|; `errorBound` says what was reached. It makes maps quick in
 *   function space; those of a posterior in weight space are exact. Default: 1e-2 for a map
 *   whose exact variances take more than a few milliseconds, else 0. With 0 whatever holds for the posterior, as that
 *   data never raise a variance, holds at every pixel (docs/certified.md)
 * @property {readonly [number, number]} [rows] only pixel rows from … to − 1, with the values they have in the whole
 *   map; default [0, ny]
 * @property {boolean} [interpolate] paint every fourth row and column, put cubics between by halves, and paint
 *   what lies between only where they would be off; `interpolationError` estimates what that costs, relative where
 *   a value is larger than 1. For smooth maps, which take about a quarter of the time; those of 40 lines or fewer are
 *   painted whole. Default false
 * @property {number} [samples] default 100
 * @property {number} [seed] default 0
 * @property {{ readonly [R in NoInfer<Q>]?: Float32Array | undefined }} [out] arrays to fill, by quantity
 */

/**
 * Planes × ny × nx for each quantity asked for, row 0 at y[0]; `errorBound` bounds |log sd error|, 0 = exact.
 * @template {QuantityName} [Q=QuantityName]
 * @typedef {{ nx: number, ny: number, errorBound: number, interpolationError?: number } & { [R in Q]: Float32Array }}
 *   Grid
 */

/**
 * The same for quantities that a variable holds: where it may hold any of them, any may be missing.
 * @template {QuantityName} Q
 * @typedef {QuantityName extends Q ? Omit<Grid, Q> & Partial<Grid> : Grid<Q>} GridOf
 */

/**
 * What the calls need to know of a posterior.
 * @typedef {object} Posterior
 * @property {Handle} handle
 * @property {Shape} shape
 * @property {Tables} tables
 * @property {string} activation
 * @property {(needs: number, what: string, got: string) => void} demand throws ERR_UNSUPPORTED where the structure
 *   cannot
 */

/**
 * What the predictive tends to along a ray.
 * @typedef {object} FarField
 * @property {Float64Array} mean limit of E[y|x]: class probabilities, or the mean, ±Infinity where it grows without end
 * @property {Float64Array} slope (k) limit of f(t·direction)/t, direction of length 1
 * @property {Float64Array} sd (k) limit of the standard deviation of f over t
 */

/**
 * A list of distinct names.
 * @param {readonly string[]} known
 * @returns {(value: any, name: string) => string[]}
 */
const namesOf = (known) => (value, name) => {
  if (!isList(value)) fail('ERR_OPTION', name, show(value), `a list with ${oneOf(known)}`);
  return Array.from(value, (entry) => {
    if (!known.includes(entry))
      fail('ERR_OPTION', name, show(entry), oneOf(known), typeof entry === 'string' ? nearest(entry, known) : '');
    return entry;
  });
};

/**
 * @param {Posterior} posterior
 * @param {string} link
 */
function linkOf({ handle, shape, tables }, link) {
  const id = idOf(tables.links, link);
  if (handle.core.call.bl_link_can(id, shape.id, shape.k) === 0) {
    const able = names(tables.links).filter((_, i) => handle.core.call.bl_link_can(i, shape.id, shape.k) !== 0);
    fail(
      'ERR_UNSUPPORTED',
      'link',
      `'${link}' with likelihood '${shape.likelihood.name}' and ${shape.k} outputs`,
      oneOf(able),
    );
  }
  return id;
}

/**
 * @param {Posterior} posterior
 * @param {unknown} X
 * @param {unknown} options
 * @returns {Prediction}
 */
export function predict(posterior, X, options) {
  const {
    handle: { core, pointer },
    shape,
    tables,
  } = posterior;
  const { k, means: c } = shape;
  const read = readOptions(options, 'predict', {
    predType: [choice(['glm', 'nn', 'gp']), 'glm'],
    link: [choice(names(tables.links)), 'probit'],
    samples: [count, 100],
    seed: [finite, 0],
    joint: [boolean, false],
    trunc: number('a number > 0', (x) => x > 0),
    quantities: [namesOf(RESULTS), shape.likelihood.regression ? RESULTS : RESULTS.filter((name) => name !== 'yVar')],
  });
  if (read.quantities.includes('yVar') && !shape.likelihood.regression) {
    fail(
      'ERR_UNSUPPORTED',
      'quantities',
      `'yVar' with likelihood '${shape.likelihood.name}'`,
      'yVar for regression only',
    );
  }
  demandType(posterior, read.predType, 'predict');
  if (read.joint && read.predType === 'nn') {
    fail(
      'ERR_UNSUPPORTED',
      'joint',
      `predType '${read.predType}'`,
      "'glm'",
      'Take functionalSamples and their covariance instead.',
    );
  }
  const link = linkOf(posterior, read.link);
  const { values, n } = readMatrix(X, shape.d, 'X', true);
  const sizes = /** @type {Record<string, number>} */ ({
    mean: n * c,
    fMean: n * k,
    fVar: n * k * k,
    yVar: n * c * c,
    epistemic: n,
    aleatoric: n,
  });
  return core.scope((border) => {
    const inputs = border.doubles(values);
    const alone = read.joint
      ? read.quantities.filter((/** @type {string} */ name) => name !== 'fVar')
      : read.quantities;
    const places = RESULTS.map((name) => (alone.includes(name) ? border.room(sizes[name]) : 0));
    const what = `${n} rows`;
    if (read.predType === 'nn') {
      core.check(
        core.call.bl_predict_nn(pointer, ...places, inputs, n, read.samples, read.seed, core.scratch),
        'predict',
        what,
      );
    } else {
      core.check(
        core.call.bl_predict_glm(
          pointer,
          ...places,
          inputs,
          n,
          link,
          read.trunc ?? 0,
          read.samples,
          read.seed,
          core.scratch,
        ),
        'predict',
        what,
      );
    }
    /** @type {Prediction} */
    const result = { n, outputs: k };
    RESULTS.forEach((name, i) => {
      if (places[i] !== 0) Object.assign(result, { [name]: border.read(places[i], sizes[name]) });
    });
    if (read.joint && read.quantities.includes('fVar')) result.fVar = joint(posterior, border, inputs, n);
    return result;
  });
}

/**
 * @param {Posterior} posterior
 * @param {string} predType
 * @param {string} what
 */
function demandType({ demand }, predType, what) {
  if (predType === 'gp') demand(NEEDS.functions, what, "predType 'gp'");
  if (predType === 'nn') demand(NEEDS.weights, what, "predType 'nn'");
}

const FAR = 2 ** 50; // in lengths of the direction: what does not grow is below rounding there
const NEAR = 2 ** 40;

/**
 * f and its variance grow like the distance and its square, or settle, with every activation that has asymptotes; so
 * the predictive at a distance beyond which doubles see no difference is the limit.
 * @param {Posterior} posterior
 * @param {unknown} direction
 * @param {unknown} options
 * @returns {FarField}
 */
export function farField(posterior, direction, options) {
  const {
    handle: { core },
    shape: { d, k, likelihood },
    tables,
    activation,
  } = posterior;
  const read = readOptions(options, 'farField', {
    link: [choice(names(tables.links)), 'probit'],
    samples: [count, 100],
    seed: [finite, 0],
  });
  const ray = readVector(direction, [d], 'direction', `${d}, one for each input`);
  const scale = Math.max(...ray.map(Math.abs)); // first, so that no square leaves the range of doubles
  const length = Math.sqrt(ray.reduce((sum, x) => sum + (x / scale) ** 2, 0));
  if (scale === 0) fail('ERR_OPTION', 'direction', 'a vector of length 0', 'a direction');
  if (core.call.bl_activation_settles(idOf(tables.activations, activation)) === 0) {
    fail('ERR_UNSUPPORTED', 'farField', `activation '${activation}'`, 'an activation that settles far out');
  }
  const at = (/** @type {number} */ t) =>
    predict(
      posterior,
      ray.map((x) => (x / scale / length) * t),
      { ...read, quantities: ['mean', 'fMean', 'fVar'] },
    );
  const [near, far] = [at(NEAR), at(FAR)].map(({ mean, fMean, fVar }) => ({
    mean: /** @type {Float64Array} */ (mean),
    fMean: /** @type {Float64Array} */ (fMean),
    fVar: /** @type {Float64Array} */ (fVar),
  }));
  const slope = far.fMean.map((f, i) => (Math.abs(f) > 2 * Math.abs(near.fMean[i]) ? f / FAR : 0));
  const sd = Float64Array.from({ length: k }, (_, i) => {
    const [v, w] = [far.fVar[i * k + i], near.fVar[i * k + i]];
    return v > 4 * w ? Math.sqrt(v) / FAR : 0;
  });
  const grows = (/** @type {number} */ i) =>
    Math.abs(far.mean[i]) === Number.MAX_VALUE || Math.abs(far.mean[i]) > 2 * Math.abs(near.mean[i]);
  const mean = likelihood.classes ? far.mean : far.mean.map((m, i) => (grows(i) ? Math.sign(m) * Infinity : m));
  return { mean, slope, sd };
}

/**
 * @param {Posterior} posterior
 * @param {Border} border
 * @param {number} inputs
 * @param {number} n
 */
function joint({ handle: { core, pointer }, shape: { k } }, border, inputs, n) {
  const size = (n * k) ** 2;
  const covariance = border.room(size);
  core.check(
    core.call.bl_predict_joint(pointer, 0, covariance, inputs, n, core.scratch),
    'predict',
    `joint, ${n} rows`,
  );
  return border.read(covariance, size);
}

/**
 * @param {string} expected
 * @returns {(value: any, name: string) => [number, number]}
 */
const interval = (expected) => (value, name) => {
  if (
    !isList(value) ||
    value.length !== 2 ||
    !(Number.isFinite(value[0]) && Number.isFinite(value[1]) && value[0] <= value[1])
  ) {
    fail('ERR_OPTION', name, isList(value) ? `[${Array.from(value).join(', ')}]` : show(value), expected);
  }
  return [value[0], value[1]];
};

/**
 * @param {Posterior} posterior
 * @param {unknown} options
 * @returns {Record<string, any>} a Grid
 */
export function predictGrid(posterior, options) {
  const {
    handle: { core, pointer },
    shape,
    tables,
  } = posterior;
  if (shape.d > 2)
    fail('ERR_UNSUPPORTED', 'predictGrid', `a network of ${shape.d} inputs`, 'one or two inputs', 'Use predict.');
  const box = interval('[first, last], two finite numbers in rising order');
  const read = readOptions(options, 'predictGrid', {
    x: box,
    y: box,
    nx: count,
    ny: count,
    link: [choice(names(tables.links)), 'probit'],
    quantities: [namesOf(names(tables.quantities)), ['mean']],
    tolerance: nonNegative,
    rows: interval('[from, to], rows of pixels'),
    interpolate: [boolean, false],
    samples: [count, 100],
    seed: [finite, 0],
    out: (value) => value,
  });
  const missing = ['x', 'nx', ...(shape.d === 2 ? ['y'] : [])].find((name) => read[name] === undefined);
  if (missing)
    fail(
      'ERR_OPTION',
      'predictGrid',
      `no ${missing}`,
      'x: [first, last] and nx, and for two inputs y (and ny, unless it is nx)',
    );
  if (read.quantities.length === 0)
    fail('ERR_OPTION', 'quantities', 'an empty list', `a list with ${oneOf(names(tables.quantities))}`);
  checkPlanes(read.out, read.quantities);
  const { nx, ny = shape.d === 1 ? 1 : nx } = read;
  if (shape.d === 1 && ny !== 1) fail('ERR_SHAPE', 'ny', String(ny), '1 for a network of one input');
  const [from, to] = read.rows ?? [0, ny];
  if (!(Number.isInteger(from) && Number.isInteger(to) && 0 <= from && from < to && to <= ny)) {
    fail('ERR_OPTION', 'rows', `[${from}, ${to}]`, `[from, to] with 0 ≤ from < to ≤ ${ny}`);
  }
  const link = linkOf(posterior, read.link);
  const chosen = read.quantities.map((/** @type {string} */ name) => {
    const id = idOf(tables.quantities, name);
    const planes = core.call.bl_quantity_planes(id, shape.id, shape.k);
    if (planes === 0) {
      const able = names(tables.quantities).filter((_, i) => core.call.bl_quantity_planes(i, shape.id, shape.k) > 0);
      fail('ERR_UNSUPPORTED', 'quantities', `'${name}' with likelihood '${shape.likelihood.name}'`, oneOf(able));
    }
    checkOut(read.out?.[name], planes * nx * (to - from), Float32Array, `out.${name}`);
    return { name, id, size: planes * nx * (to - from) };
  });
  const large = core.call.bl_grid_work(pointer, nx, ny) > LARGE;
  const total = chosen.reduce((/** @type {number} */ sum, /** @type {{ size: number }} */ { size }) => sum + size, 0);
  return core.scope((border) => {
    const at = border.room(total, 4);
    const errors = border.room(2);
    const ids = border.ints(chosen.map((/** @type {{ id: number }} */ { id }) => id));
    core.check(
      core.call.bl_predict_grid(
        pointer,
        at,
        errors,
        border.doubles([...read.x, ...(read.y ?? [0, 0])]),
        nx,
        ny,
        from,
        to,
        Number(read.interpolate),
        ids,
        chosen.length,
        link,
        read.tolerance ?? (large ? 1e-2 : 0),
        read.samples,
        read.seed,
        core.scratch,
      ),
      'predictGrid',
      `${nx} × ${ny} pixels`,
    );
    /** @type {Record<string, any>} */
    const result = { nx, ny, errorBound: border.read(errors, 1)[0] };
    if (read.interpolate) result.interpolationError = border.read(errors + 8, 1)[0];
    let plane = at;
    for (const { name, size } of chosen) {
      result[name] = border.readFloats(plane, size, read.out?.[name]);
      plane += 4 * size;
    }
    return result;
  });
}

/**
 * Functions drawn from the posterior, (count × n × k); after the link (count × n × c).
 * @param {Posterior} posterior
 * @param {unknown} X
 * @param {unknown} howMany
 * @param {unknown} options
 * @param {boolean} linked
 * @returns {Float64Array}
 */
export function functions(posterior, X, howMany, options, linked) {
  const { handle, shape, demand } = posterior;
  const { core, pointer } = handle;
  const what = linked ? 'predictiveSamples' : 'functionalSamples';
  const read = readOptions(options, what, { predType: [choice(['glm', 'nn', 'gp']), 'glm'], seed: [finite, 0] });
  demandType(posterior, read.predType, what);
  demand(NEEDS.weights, what, 'functions, one draw of weights each,');
  const size = count(howMany, 'count');
  const { values, n } = readMatrix(X, shape.d, 'X', true);
  return core.scope((border) => {
    const f = border.room(size * n * shape.k);
    core.check(
      core.call.bl_functional_samples(
        pointer,
        f,
        border.doubles(values),
        n,
        size,
        Number(read.predType === 'nn'),
        read.seed,
        core.scratch,
      ),
      what,
      `${size} samples of ${n} rows`,
    );
    if (!linked) return border.read(f, size * n * shape.k);
    const mean = border.room(size * n * shape.means);
    core.call.bl_likelihood_mean(shape.id, mean, f, size * n, shape.k);
    return border.read(mean, size * n * shape.means);
  });
}
