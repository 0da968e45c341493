// The six stages, on the worker's side: data → network → training → curvature → prior → prediction.
//
// Each stage remembers the signature of what it was made from and is redone only when that changes. Work is a
// generator that yields where it may be interrupted. All statistics of the page are made here and in facts.js, by the
// library it is given. Longer than other files: what one stage remembers, all after it are made from.
import { CANARIES } from './canary.js';
import { createChain } from './chain.js';
import { SIDE, extentOf, factsOf, readAt } from './facts.js';
import { listOf } from './points.js';
import { weightsText } from './weights.js';

/** The samples nearest to those the figures are taken of: while a hand moves, a map of their own each frame would cost
 * time, and what the posterior keeps of the pixels of the last map.
 * @param {Record<string, Float32Array>} fields (grid, grid) each
 * @param {number} grid
 * @returns {Record<string, Float32Array>} (SIDE, SIDE) each */
function thinned(fields, grid) {
  const at = (/** @type {number} */ i) => Math.round((i * (grid - 1)) / (SIDE - 1));
  const places = Array.from({ length: SIDE * SIDE }, (_, k) => at(Math.floor(k / SIDE)) * grid + at(k % SIDE));
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, Float32Array.from(places, (k) => field[k])]),
  );
}

const STOCHASTIC = new Set(['adam', 'sgd']);
const GESTURE_ITERATIONS = 60;
const FINEST = 256; // samples a side at rest far out, where the wedges are thin
export const CURVE = Float64Array.from({ length: 41 }, (_, i) => 0.003 * 1e4 ** (i / 40)); // λ of the evidence curve

/** @typedef {import('./state.js').State} State */
/** @typedef {{ box: number[], grid: number, gesture: boolean, keep: boolean, curve: boolean,
 *   pinAt: number[] | null, canary: string }} Ask
 *  gesture: more will follow, so training may stop early; keep: start from the weights held (an edit by hand);
 *  curve: the evidence curve is on show; pinAt: where an automatic pin stays meanwhile */

/** A shuffle of 0 … n−1 by Fisher and Yates, mulberry32 drawing; 0 = as the generator gave them.
 * @param {number} n
 * @param {number} seed */
export function arrival(n, seed) {
  const order = Array.from({ length: n }, (_, i) => i);
  if (seed === 0) return order;
  let s = seed >>> 0;
  for (let i = n - 1; i > 0; i--) {
    s = (s + 0x6d2b79f5) >>> 0;
    let t = Math.imul(s ^ (s >>> 15), s | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    const j = Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** @param {import('./points.js').Point[]} list */
export const columns = (list) => ({
  X: Float64Array.from({ length: 2 * list.length }, (_, k) => (k % 2 ? list[k >> 1].y : list[k >> 1].x)),
  y: Float64Array.from(list, (p) => p.c),
});

/** @param {Record<string, any>} library wasm/index.js */
export function createCompute(library) {
  const { MLP, Laplace, datasets } = library;
  /** @type {Record<string, any>} what each stage holds: { signature, value, ms } */
  const held = {};
  let doing = ''; // the stage under way
  const chain = createChain();
  /** @type {Float64Array | null} */
  let theta = null;

  /** @param {string} name
   * @param {string} signature
   * @param {() => Generator<void, any>} make */
  function* stage(name, signature, make) {
    if (held[name]?.signature === signature) return held[name].value;
    doing = name === 'base' ? 'data' : name;
    const began = performance.now();
    const before = held[name]?.value;
    const value = yield* make();
    if (before !== value) before?.dispose?.();
    held[name] = { signature, value, ms: performance.now() - began, count: (held[name]?.count ?? 0) + 1 };
    return value;
  }

  /** @param {State} s */
  const layersOf = (s) => [2, ...s.hidden, s.likelihood === 'categorical' ? 2 : 1];

  /** @param {State} s */
  const startNet = (s) =>
    new MLP({ layers: layersOf(s), activation: s.activation, likelihood: s.likelihood, seed: s.start });

  /** What both maps can show: two classes in the plane. @param {any} drawn */
  const fits = (drawn) => drawn.task === 'bernoulli' && drawn.d === 2;

  /** @param {State} s */
  function baseOf(s) {
    const known = datasets.list().includes(s.data);
    const drawn = known && datasets[s.data]({ n: s.n, noise: s.noise ?? undefined, seed: s.seed });
    if (!known || !fits(drawn)) throw new RangeError(`There is no data set of two classes called “${s.data}”.`);
    const order = arrival(drawn.n, s.order);
    return {
      n: drawn.n,
      X: Float64Array.from({ length: 2 * drawn.n }, (_, k) => drawn.X[2 * order[k >> 1] + (k & 1)]),
      y: Float64Array.from(order, (i) => drawn.y[i]),
    };
  }

  /** Weights at which training has nothing to hold on to: all hidden weights at zero. @param {Float64Array} w */
  const collapsed = (w) => w.every((v) => Math.abs(v) < 1e-3);

  /** Trains a fresh net from `from` (null: from the start seed) on (X, y).
   * @param {State} s
   * @param {Float64Array | null} from
   * @param {Float64Array} X
   * @param {Float64Array} y
   * @param {number} [limit] iterations */
  function* trained(s, from, X, y, limit) {
    doing = 'network';
    const net = startNet(s);
    doing = 'training';
    try {
      if (from && from.length === net.parameterCount && !collapsed(from)) net.parameters = from;
      const priorPrecision = s.trained ?? s.lambda;
      const options = STOCHASTIC.has(s.optimizer)
        ? {
            priorPrecision,
            optimizer: s.optimizer,
            learningRate: s.rate,
            epochs: s.epochs,
            batchSize: s.batch,
            seed: s.start,
          }
        : { priorPrecision, optimizer: s.optimizer, maxIterations: limit };
      const steps = net.trainSteps(X, y, options);
      let step = steps.next();
      for (; !step.done; step = steps.next()) yield;
      return { net, report: step.value, dispose: () => net.dispose() };
    } catch (error) {
      net.dispose();
      throw error;
    }
  }

  /** The network at hand; null when nothing has arrived.
   * @param {State} s
   * @param {Ask} ask
   * @param {any} data */
  function* training(s, ask, data) {
    const fixed = data.fixed && !(CANARIES && ask.canary === 'fixed-retrains');
    const list = fixed ? data.list : data.shown;
    if (list.length === 0) return null;
    if (s.w === 'chain' && !fixed) {
      const key = JSON.stringify([
        layersOf(s),
        s.activation,
        s.likelihood,
        s.start,
        s.trained ?? s.lambda,
        s.optimizer,
      ]);
      const weights = yield* chain.at(key, data.list, data.shown.length, (from, part) => {
        const { X, y } = columns(part);
        return trained(s, from, X, y);
      });
      const { X, y } = columns(list);
      return yield* trained(s, weights, X, y);
    }
    const { X, y } = columns(list);
    const anchor = typeof s.w === 'string' ? null : s.w;
    const warm = (ask.keep || ask.gesture) && theta && theta.length === startCount(s) && !collapsed(theta);
    return yield* trained(s, warm ? theta : anchor, X, y, ask.gesture ? GESTURE_ITERATIONS : undefined);
  }

  /** @param {State} s */
  function startCount(s) {
    const sizes = layersOf(s);
    let count = 0;
    for (let l = 0; l + 1 < sizes.length; l++) count += (sizes[l] + 1) * sizes[l + 1];
    return count;
  }

  /** Logit of the second class of two outputs; with one output the field is it. */
  const logitOf = (/** @type {Float32Array} */ planes, /** @type {number} */ size) =>
    planes.length === size ? planes : Float32Array.from({ length: size }, (_, i) => planes[size + i] - planes[i]);

  /** @param {State} state
   * @param {Ask} ask */
  function* run(state, ask) {
    let s = state;
    if (CANARIES && ask.canary === 'lambda-one') s = { ...s, lambda: 1, w: 'start' };
    if (CANARIES && ask.canary === 'twins') s = { ...s, link: 'plugin' };
    if (CANARIES && ask.canary === 'ef') s = { ...s, curvature: 'ef', lambda: 0.01, trained: 0.15 };
    const sign = (/** @type {any[]} */ ...parts) => JSON.stringify(parts);

    const baseSign = sign(s.data, s.n, s.noise, s.seed, s.order);
    const base = yield* stage('base', baseSign, function* () {
      return baseOf(s);
    });
    const fixed = s.play === 'fixed' || STOCHASTIC.has(s.optimizer);
    const dataSign = sign(baseSign, s.edits, s.shown, fixed);
    const data = yield* stage('data', dataSign, function* () {
      const list = listOf(base, s.edits);
      return { base, list, shown: list.slice(0, s.shown ?? Infinity), fixed };
    });

    const netSign = sign(layersOf(s), s.activation, s.likelihood, s.start);
    const recipe = STOCHASTIC.has(s.optimizer) ? [s.rate, s.epochs, s.batch] : [];
    const trainedFrom = (/** @type {string} */ w) =>
      sign(fixed ? sign(baseSign, s.edits) : dataSign, netSign, s.optimizer, s.trained ?? s.lambda, w, ...recipe);
    const trainSign = trainedFrom(typeof s.w === 'string' ? s.w : weightsText(s.w));
    // An early stop is no result, and neither is what began elsewhere than the state says: the request at rest goes
    // on from it.
    const loose = !fixed && s.w !== 'chain' && (ask.gesture || ask.keep);
    const rested = held.training?.signature === trainSign;
    const fit = yield* stage('training', loose && !rested ? `${trainSign} ${ask.gesture}` : trainSign, () =>
      training(s, ask, data),
    );
    theta = fit ? Float64Array.from(fit.net.parameters) : null;
    if (theta && !ask.gesture && (ask.keep || s.w === 'chain') && !STOCHASTIC.has(s.optimizer)) {
      held.training.signature = trainedFrom(weightsText(theta));
    }

    const laSign = sign(held.training.count, dataSign, s.subset, s.structure, s.curvature);
    const la = yield* stage('curvature', laSign, function* () {
      if (!fit) return null;
      const made = new Laplace(fit.net, {
        subsetOfWeights: s.subset,
        hessianStructure: s.structure,
        curvature: s.curvature,
        priorPrecision: s.lambda,
      });
      try {
        const { X, y } = columns(data.shown);
        return y.length ? made.fit(X, y) : made.reset();
      } catch (error) {
        made.dispose();
        throw error;
      }
    });
    yield;

    const evidence = yield* stage('prior', sign(held.curvature.count, s.lambda, ask.curve), function* () {
      if (!la || data.shown.length === 0) return { at: null, edge: false, curve: null };
      la.priorPrecision = s.lambda;
      const along = (/** @type {Float64Array} */ priorPrecision) =>
        Array.from(la.logMarginalLikelihood({ priorPrecision: Array.from(priorPrecision) }));
      const [low, second, last, high] = along(CURVE.filter((_, i) => i < 2 || i > CURVE.length - 3));
      return { at: la.evidence(), edge: low > second || high > last, curve: ask.curve ? along(CURVE) : null };
    });
    if (la && data.shown.length === 0) la.priorPrecision = s.lambda;
    yield;

    doing = 'prediction';
    const began = performance.now();
    const [cx, cy, half] = ask.box;
    const extent = extentOf(data.list);
    const grid = !ask.gesture && extent && half > 3 * extent ? FINEST : ask.grid;
    const epistemic = s.view === 'epistemic';
    const paint = (/** @type {number} */ side) => {
      const size = side * side;
      const painted = la?.predictGrid({
        x: [cx - half, cx + half],
        y: [cy - half, cy + half],
        nx: side,
        ny: side,
        link: s.link,
        quantities: epistemic ? ['fMean', 'scaledLogit', 'epistemic'] : ['fMean', 'scaledLogit'],
      });
      const flat = new Float32Array(size);
      /** @type {Record<string, Float32Array>} */
      const fields = {
        plugin: painted ? logitOf(painted.fMean, size) : flat,
        average: painted ? logitOf(painted.scaledLogit, size) : flat.slice(),
      };
      if (epistemic)
        fields.epistemic = painted?.epistemic.map((/** @type {number} */ v) => v / Math.LN2) ?? flat.slice();
      return { fields, errorBound: painted?.errorBound ?? 0 };
    };
    const { fields, errorBound } = paint(grid);
    if (CANARIES && ask.canary === 'wrong-box')
      fields.average = fields.average.map((_, i) => fields.average[Math.max(0, i - 3)]);
    const figures = grid === SIDE ? fields : ask.gesture ? thinned(fields, grid) : paint(SIDE).fields;
    const facts = factsOf({ state: s, ask, data, fields: figures, la, report: fit?.report ?? null, evidence });
    facts.errorBound = errorBound;
    facts.parameters = startCount(s);
    facts.active = la ? la.parameterCount : 0;
    held.prediction = { ms: performance.now() - began };
    return {
      fields,
      grid,
      box: ask.box,
      facts,
      settles: Boolean(fit) && !STOCHASTIC.has(s.optimizer),
      theta,
      base,
      baseSign,
      curve: evidence.curve,
      ms: Object.fromEntries(['data', 'training', 'curvature', 'prior', 'prediction'].map((k) => [k, held[k].ms])),
    };
  }

  /** The predictive at one place, by the posterior at hand.
   * @param {number} x
   * @param {number} y
   * @param {string} link */
  const probe = (x, y, link) => readAt(held.curvature?.value, x, y, link);

  /** Walks λ to the peak of the evidence, retraining at each, until both rest. @param {State} state
   * @param {Ask} ask */
  function* maximise(state, ask) {
    let s = /** @type {State} */ ({ ...state, trained: null });
    for (let round = 0; round < 25; round++) {
      yield* run(s, ask);
      const la = held.curvature.value;
      if (!held.data.value.shown.length) return s.lambda; // nothing says what λ should be
      const found = la.clone ? la.clone() : la;
      const { priorPrecision } = found.optimizePriorPrecision();
      if (found !== la) found.dispose();
      const best = Number(
        Math.min(
          1e3,
          Math.max(1e-3, typeof priorPrecision === 'number' ? priorPrecision : priorPrecision[0]),
        ).toPrecision(4),
      );
      const moved = Math.abs(Math.log(best / s.lambda));
      s = { ...s, lambda: best };
      if (moved < 2e-3) return best;
      yield;
    }
    return s.lambda;
  }

  /** Both maps, small, at some moments of play. @param {State} state
   * @param {number[]} counts */
  function* frames(state, counts) {
    const { box } = state;
    const out = [];
    for (const N of counts) {
      const { fields, grid } = yield* run(
        { ...state, shown: N, w: state.play === 'fixed' ? state.w : 'chain' },
        { box, grid: SIDE, gesture: true, keep: false, curve: false, pinAt: null, canary: '' },
      );
      out.push({ N, plugin: { values: fields.plugin, grid, box }, average: { values: fields.average, grid, box } });
    }
    return out;
  }

  /** A few points of each generator made for two classes in the plane, for the tiles of the menu. */
  const samples = () =>
    datasets.list().flatMap((/** @type {string} */ name) => {
      const drawn = datasets[name]({ n: 80, seed: 1 });
      return fits(drawn)
        ? [{ name, about: drawn.about, X: Array.from(drawn.X), y: Array.from(drawn.y) }]
        : [];
    });

  return {
    run,
    probe,
    maximise,
    frames,
    samples,
    /** The stage a run failed in. */
    get doing() {
      return doing;
    },
  };
}
