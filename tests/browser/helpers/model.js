// What the page should show in a state, computed with the library alone: its data, weights and posterior.
import { Laplace, MLP, datasets } from '../../../wasm/index.js';
import { decode as decodeState } from '../../../web/state.js';
import { listOf } from '../../../web/points.js';

/** How many points a hash shows and has. */
export function pointsOf(hash) {
  const { state: s } = decodeState(hash);
  const total = listOf(datasets[s.data]({ n: s.n, seed: s.seed }), s.edits).length;
  return { total, shown: Math.min(s.shown ?? total, total) };
}

/** The posterior a hash describes; its weights must be in it (or be those of the opening state). */
export function modelOf(hash) {
  const { state: s, notices } = decodeState(hash);
  if (notices.length > 0) throw new Error(`the hash is not read in full: ${notices.join(' ')}`);
  const points = listOf(datasets[s.data]({ n: s.n, noise: s.noise ?? undefined, seed: s.seed }), s.edits).slice(
    0,
    s.shown ?? undefined,
  );
  const X = Float64Array.from(points.flatMap(({ x, y }) => [x, y]));
  const y = Float64Array.from(points, ({ c }) => c);
  const net = new MLP({
    layers: [2, ...s.hidden, 1],
    activation: s.activation,
    likelihood: 'bernoulli',
    parameters: s.w,
  });
  const la = new Laplace(net, {
    subsetOfWeights: s.subset,
    hessianStructure: s.structure,
    curvature: s.curvature,
    priorPrecision: s.lambda,
    priorMean: 0,
  }).fit(X, y);
  return { state: s, points, X, y, net, la };
}

/** p(▲) at the centre of every pixel of a decoded map, rows from the top: [left, right]. */
export function pixelProbabilities(la, { w, h, box }, link) {
  const [x0, x1, y0, y1] = box;
  const inset = (low, high, count) => [low + (0.5 * (high - low)) / count, high - (0.5 * (high - low)) / count];
  const ask = (name) =>
    la.predictGrid({ x: inset(x0, x1, w), y: inset(y0, y1, h), nx: w, ny: h, link: name, quantities: ['mean'] }).mean;
  const flip = (rows) => {
    const out = new Float32Array(rows.length);
    for (let j = 0; j < h; j++) out.set(rows.subarray((h - 1 - j) * w, (h - j) * w), j * w);
    return out;
  };
  return [flip(ask('plugin')), flip(ask(link))];
}
