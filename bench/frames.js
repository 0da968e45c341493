// frames.js — what a hand on the page waits for, task by task, on (a): a point added, a slider moved. The same code
// runs in Node and in Chromium's worker (frame-worker.js). Every frame comes once in each round, with a yardstick.
import { wideYardstick, yardstick } from './measure.js';

const WARM = 3; // frames of a round that are not counted, while the engine compiles and pixels become known
const TOLERANCE = 1e-2; // of log sd, of fits and maps
const options = { space: 'function', tolerance: TOLERANCE };

/**
 * @param {{ MLP: any, Laplace: any, datasets: any }} library
 * @param {{ spec: any, parameters: Float64Array, X: Float64Array, y: Float64Array, priorPrecision: number, grid: any }}
 *   problem
 * @param {number} count frames of each kind of point: `likely`, drawn as the data were; `anywhere` in the box, either
 *   class
 * @param {number} [rounds] how often each frame is taken
 * @returns {{ ms: Record<string, number[]>, largest: Record<string, number> }} by task (yardsticks among them), the
 *   milliseconds of every frame, round after round; what the maps said of their errors, and what that of the sd is, for
 *   every tenth point. A task this version of the library has not is an empty list.
 */
export function frames({ MLP, Laplace, datasets }, problem, count, rounds = 5) {
  const { spec, parameters, X, y, priorPrecision, grid } = problem;
  const names = ['yardstick', 'wide yardstick', 'slider', 'slider, parts', 'tune'];
  for (const kind of ['likely', 'anywhere', 'likely, interpolated', 'anywhere, interpolated'])
    for (const task of ['train', 'fit', 'map', 'frame', 'fixed']) names.push(`${task} ${kind}`);
  const out = Object.fromEntries(names.map((name) => [name, []]));
  const timed = (name, work) => {
    const started = performance.now();
    const value = work();
    out[name].push(performance.now() - started);
    return value;
  };
  let state = 12345;
  const random = () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
  const base = new MLP({ ...spec, parameters });
  base.train(X, y, { priorPrecision, tolerance: 1e-3 });
  const fitted = new Laplace(base, { space: 'function' }).fit(X, y);
  let held; // posteriors a hand goes on with: what is known of the pixels at this θ̂ stays for a round
  const largest = { errorBound: 0, interpolationError: 0, sdError: 0 };
  const places = { 100: new Float32Array(100 ** 2), 200: new Float32Array(200 ** 2) }; // filled again and again
  const paint = (la, side, more) => {
    const out = { mean: places[side] };
    const map = la.predictGrid({ ...grid, nx: side, ny: side, tolerance: TOLERANCE, out, ...more });
    for (const name of ['errorBound', 'interpolationError']) largest[name] = Math.max(largest[name], map[name] ?? 0);
    return map;
  };
  const interpolates = (() => {
    try {
      return paint(fitted, 200, { interpolate: true }).interpolationError !== undefined;
    } catch {
      return false;
    }
  })();
  const drawn = datasets.moons({ n: count + WARM, noise: 0.25, seed: 7 });
  const list = (make) => Array.from({ length: count + WARM }, (_, frame) => make(frame));
  const points = {
    likely: list((frame) => [[...drawn.X.slice(2 * frame, 2 * frame + 2)], drawn.y[frame]]),
    anywhere: list(() => {
      const [x, y] = [grid.x, grid.y].map(([low, high]) => low + random() * (high - low));
      return [[x, y], Number(random() < 0.5)];
    }),
  };
  const moves = list(() => [0, 1].map(() => priorPrecision * 10 ** (random() - 0.5)));
  const follow = (kind, [point, label], more) => {
    const [X1, y1] = [Float64Array.from([...X, ...point]), Float64Array.from([...y, label])];
    const net = base.clone();
    const la = timed(`frame ${kind}`, () => {
      timed(`train ${kind}`, () => net.train(X1, y1, { priorPrecision, tolerance: 1e-3 }));
      const made = timed(`fit ${kind}`, () => new Laplace(net, options).fit(X1, y1));
      timed(`map ${kind}`, () => paint(made, 200, more));
      return made;
    });
    const same = (held[kind] ??= fitted.clone());
    timed(`fixed ${kind}`, () => {
      same.update([point], [label]);
      paint(same, 200, more);
    });
    same.downdate([point], [label]);
    for (const object of [la, net]) object.dispose();
  };
  const take = (frame) => {
    timed('yardstick', yardstick);
    for (const [kind, all] of Object.entries(points)) {
      follow(kind, all[frame]);
      if (interpolates) follow(`${kind}, interpolated`, all[frame], { interpolate: true });
    }
    const moved = (held.slider ??= fitted.clone());
    timed('slider', () => {
      moved.priorPrecision = moves[frame][0];
      moved.logMarginalLikelihood();
      paint(moved, 100);
    });
    timed('slider, parts', () => {
      moved.priorPrecision = moves[frame][1];
      moved.evidence();
      paint(moved, 100);
    });
    const tuned = fitted.clone();
    timed('tune', () => tuned.optimizePriorPrecision());
    tuned.dispose();
  };
  /** What an interpolated map is truly off by: |log sd error| of its pixels against the posterior of all rows. */
  const check = ([point, label]) => {
    const [X1, y1] = [Float64Array.from([...X, ...point]), Float64Array.from([...y, label])];
    const net = base.clone();
    net.train(X1, y1, { priorPrecision, tolerance: 1e-3 });
    const [quick, exact] = [options, { space: 'function' }].map((how) => new Laplace(net, how).fit(X1, y1));
    const planes = { ...grid, nx: 200, ny: 200, quantities: ['fVar'] };
    const { fVar } = quick.predictGrid({ ...planes, tolerance: TOLERANCE, interpolate: true });
    const { fVar: whole } = exact.predictGrid({ ...planes, tolerance: 0 });
    for (let i = 0; i < fVar.length; ++i)
      largest.sdError = Math.max(largest.sdError, Math.abs(0.5 * Math.log(fVar[i] / whole[i])));
    for (const object of [net, quick, exact]) object.dispose();
  };
  for (let round = 0; round < rounds; ++round) {
    held = {};
    for (let frame = 0; frame < WARM; ++frame) take(frame);
    for (const all of Object.values(out)) all.length = Math.min(all.length, round * count);
    for (let frame = WARM; frame < WARM + count; ++frame) take(frame);
    for (const posterior of Object.values(held)) posterior.dispose();
    for (let time = 0; time < 12; ++time) timed('wide yardstick', wideYardstick); // apart: it fills the caches
  }
  if (interpolates) for (let frame = WARM; frame < WARM + count; frame += 10) check(points.likely[frame]);
  return { ms: out, largest };
}
