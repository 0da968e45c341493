// What the page may say about a picture: figures over the map, at the points and at the pin. Captions and checks are
// predicates over these; nothing else on the page knows a statistic.
import { nearest, stacks } from './points.js';

export const SIDE = 64; // figures over the map are taken on this many samples a side, whatever the window's size
const sigmoid = (/** @type {number} */ z) => 1 / (1 + Math.exp(-z));
const sure = (/** @type {number} */ p) => Math.max(p, 1 - p);

/** Half the larger extent of the generated points (of all when there are none); 0 when they say nothing.
 * @param {import('./points.js').Point[]} list */
export function extentOf(list) {
  const own = list.some((p) => p.i >= 0) ? list.filter((p) => p.i >= 0) : list;
  let half = 0;
  for (const axis of /** @type {const} */ (['x', 'y'])) {
    let low = Infinity;
    let high = -Infinity;
    for (const p of own) {
      low = Math.min(low, p[axis]);
      high = Math.max(high, p[axis]);
    }
    half = Math.max(half, (high - low) / 2);
  }
  return Number.isFinite(half) && half > 0 ? half : 0;
}

/** What both maps say at one place; fifty-fifty where there is no posterior.
 * @param {any} la
 * @param {number} x
 * @param {number} y
 * @param {string} link */
export function readAt(la, x, y, link) {
  if (!la) return { left: 0.5, right: 0.5, epistemic: 0 };
  const { mean, fMean, epistemic } = la.predict([[x, y]], { link });
  const two = mean.length === 2;
  const m = two ? fMean[1] - fMean[0] : fMean[0];
  return { left: sigmoid(m), right: mean[two ? 1 : 0], epistemic: epistemic ? epistemic[0] / Math.LN2 : 0 };
}

/** @param {{ state: any, ask: any, data: any, fields: any, la: any, report: any, evidence: any }} given */
export function factsOf({ state, ask, data, fields, la, report, evidence }) {
  const { list, shown } = data;
  const [cx, cy, half] = ask.box;
  const half0 = extentOf(list) || half * 0.4;
  const reach = Number((0.8 * half0).toPrecision(1));
  const near = Number((0.5 * half0).toPrecision(2));

  const sums = () => ({ count: 0, left: 0, right: 0, left90: 0, right90: 0, epistemic: 0 });
  const all = sums();
  const far = sums();
  let difference = 0;
  let flattest = 0;
  let pin = state.pin === 'auto' ? ask.pinAt : state.pin;
  let gap = -1;
  /** @type {number[]} */
  let widest = [cx + 0.7 * half, cy + 0.7 * half];
  for (let j = 0; j < SIDE; j++) {
    for (let i = 0; i < SIDE; i++) {
      const k = j * SIDE + i;
      const x = cx + half * ((2 * i) / (SIDE - 1) - 1);
      const y = cy + half * ((2 * j) / (SIDE - 1) - 1);
      const p = sigmoid(fields.plugin[k]);
      const q = sigmoid(fields.average[k]);
      const away = nearest(shown, x, y)?.distance ?? Infinity;
      for (const sum of away >= reach ? [all, far] : [all]) {
        sum.count++;
        sum.left += sure(p);
        sum.right += sure(q);
        sum.left90 += sure(p) > 0.9 ? 1 : 0;
        sum.right90 += sure(q) > 0.9 ? 1 : 0;
        sum.epistemic += fields.epistemic ? fields.epistemic[k] : 0;
      }
      difference += Math.abs(p - q);
      flattest = Math.max(flattest, sure(p), sure(q));
      const edge = Math.max(Math.abs(x - cx), Math.abs(y - cy));
      if (away >= near && edge <= 0.7 * half && sure(p) - sure(q) > gap + 1e-9) {
        gap = sure(p) - sure(q);
        widest = [x, y];
      }
    }
  }
  pin ??= widest;
  const mean = (/** @type {any} */ s) =>
    s.count
      ? {
          left: s.left / s.count,
          right: s.right / s.count,
          left90: s.left90 / s.count,
          right90: s.right90 / s.count,
          epistemic: s.epistemic / s.count,
        }
      : null;

  let at = null;
  if (la && shown.length) {
    const { mean: q, fMean } = la.predict(
      shown.map((/** @type {any} */ p) => [p.x, p.y]),
      { link: state.link },
    );
    const k = q.length / shown.length;
    const sum = { left: 0, right: 0, leftRight: 0, rightRight: 0 };
    shown.forEach((/** @type {any} */ point, /** @type {number} */ n) => {
      const p = sigmoid(k === 2 ? fMean[2 * n + 1] - fMean[2 * n] : fMean[n]);
      const r = q[k * n + k - 1];
      sum.left += sure(p);
      sum.right += sure(r);
      sum.leftRight += p > 0.5 === (point.c === 1) ? 1 : 0;
      sum.rightRight += r > 0.5 === (point.c === 1) ? 1 : 0;
    });
    at = {
      left: sum.left / shown.length,
      right: sum.right / shown.length,
      leftAccuracy: sum.leftRight / shown.length,
      rightAccuracy: sum.rightRight / shown.length,
    };
  }

  // ReLU features grow without end along a ray and certainty tends to a constant, with an error of 1/distance: read
  // far out.
  let ray = null;
  if (la && shown.length && state.activation === 'relu' && state.hidden.length) {
    const far = (1e6 * half0) / Math.max(1e-9, Math.hypot(pin[0] - cx, pin[1] - cy));
    ray = sure(readAt(la, cx + far * (pin[0] - cx), cy + far * (pin[1] - cy), state.link).right);
  }

  const piles = stacks(shown);
  return /** @type {Record<string, any>} */ ({
    N: shown.length,
    total: list.length,
    waiting: list.length - shown.length,
    fixed: data.fixed,
    classes: [0, 1].map((c) => shown.filter((/** @type {any} */ p) => p.c === c).length),
    piles,
    pile: piles.reduce((n, s) => Math.max(n, s.count), 0),
    conflict: piles.some((s) => s.classes > 1),
    onePlace: shown.length > 1 && piles.length === 1 && piles[0].count === shown.length,
    ray,
    reach,
    extent: half0,
    half,
    all: mean(all),
    far: mean(far),
    difference: difference / all.count,
    flattest,
    at,
    pin: {
      x: pin[0],
      y: pin[1],
      auto: state.pin === 'auto',
      distance: nearest(shown, pin[0], pin[1])?.distance ?? null,
      ...readAt(la, pin[0], pin[1], state.link),
    },
    lambda: state.lambda,
    trained: state.trained ?? state.lambda,
    posteriorOnly: state.trained !== null,
    optimizer: state.optimizer,
    curvature: state.curvature,
    activation: state.activation,
    view: state.view,
    link: state.link,
    converged: report ? report.converged : true,
    gradientNorm: report ? report.gradientNorm : 0,
    iterations: report ? report.iterations : 0,
    history: report?.history ? Array.from(report.history) : [],
    evidence: evidence.at ? evidence.at.logMarginalLikelihood : null,
    edge: evidence.edge,
    effective: evidence.at ? evidence.at.effectiveParameters : null,
  });
}
