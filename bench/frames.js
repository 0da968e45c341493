// frames.js — what a hand on the page waits for, task by task, on (a): a point added, a slider moved. The same code
// runs in Node and in Chromium's worker (frame-worker.js). Every time is paired with a yardstick taken next to it.
import { yardstick } from './measure.js';

const WARM = 3; // frames not counted, while the engine compiles
const FIT = 7.5e-3; // of the 1e-2 a map may be off, what the fit may take

/**
 * @param {{ MLP: any, Laplace: any, datasets: any }} library
 * @param {{ spec: any, parameters: Float64Array, X: Float64Array, y: Float64Array, priorPrecision: number, grid: any }}
 *   problem
 * @param {number} count frames of each kind of point: `likely`, drawn as the data were; `anywhere` in the box, either
 *   class
 * @returns {Record<string, number[]>} milliseconds by task, `yardstick` among them; `largest …`: what the maps said of
 *   their errors. A task this version of the library has not is an empty list.
 */
export function frames({ MLP, Laplace, datasets }, { spec, parameters, X, y, priorPrecision, grid }, count) {
  const names = ['yardstick', 'slider', 'slider, parts', 'tune', 'largest errorBound', 'largest interpolationError'];
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
  const held = {}; // posteriors a hand goes on with: what is known of the pixels at this θ̂ stays
  const paint = (la, side, more) => {
    const map = la.predictGrid({ ...grid, nx: side, ny: side, tolerance: 1e-2, ...more });
    out['largest errorBound'].push(map.errorBound);
    if (more && map.interpolationError !== undefined) out['largest interpolationError'].push(map.interpolationError);
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
  const points = {
    likely: (frame) => [[...drawn.X.slice(2 * frame, 2 * frame + 2)], drawn.y[frame]],
    anywhere: () => {
      const [x, y] = [grid.x, grid.y].map(([low, high]) => low + random() * (high - low));
      return [[x, y], Number(random() < 0.5)];
    },
  };
  const follow = (kind, [point, label], more) => {
    const [X1, y1] = [Float64Array.from([...X, ...point]), Float64Array.from([...y, label])];
    const net = base.clone();
    const la = timed(`frame ${kind}`, () => {
      timed(`train ${kind}`, () => net.train(X1, y1, { priorPrecision, tolerance: 1e-3 }));
      const made = timed(`fit ${kind}`, () => new Laplace(net, { space: 'function', tolerance: FIT }).fit(X1, y1));
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
  for (let frame = 0; frame < count + WARM; ++frame) {
    if (frame === WARM) for (const list of Object.values(out)) list.length = 0;
    timed('yardstick', yardstick);
    for (const [kind, next] of Object.entries(points)) {
      const point = next(frame);
      follow(kind, point);
      if (interpolates) follow(`${kind}, interpolated`, point, { interpolate: true });
    }
    const moved = (held.slider ??= fitted.clone());
    const move = () => (moved.priorPrecision = priorPrecision * 10 ** (random() - 0.5));
    timed('slider', () => {
      move();
      moved.logMarginalLikelihood();
      paint(moved, 100);
    });
    timed('slider, parts', () => {
      move();
      moved.evidence();
      paint(moved, 100);
    });
    const tuned = fitted.clone();
    timed('tune', () => tuned.optimizePriorPrecision());
    tuned.dispose();
  }
  return out;
}
