// Puts an answer on the maps: fields, lines, points, marks, and the fade from one picture to the next.
import { CANARIES } from './canary.js';
import { trace } from './lines.js';
import { themeOf } from './palette.js';
import { viewOf } from './views.js';

const SMALL = 0.02; // share of pixels below which a finer picture replaces a coarser one at once
const JUMP = 0.1; // mean change of probability that is a jump
const JUMPS = 334; // milliseconds between two jumps: no more than three a second

const TEN = Math.log(9);
const sigmoid = (/** @type {number} */ z) => 1 / (1 + Math.exp(-z));

/** Mean |Δp| between two fields of one box. @param {any} a
 * @param {any} b */
function step(a, b) {
  if (!a || a.grid !== b.grid || a.box.some((/** @type {number} */ v, /** @type {number} */ k) => v !== b.box[k]))
    return 0;
  let sum = 0;
  for (let k = 0; k < a.values.length; k++) sum += Math.abs(sigmoid(a.values[k]) - sigmoid(b.values[k]));
  return sum / a.values.length;
}

/** @param {any} app
 * @param {any} screen */
export function createScene(app, screen) {
  const { left, right } = screen.panes;
  const win = screen.screen.ownerDocument.defaultView;
  /** @type {any} */ let fields = null; // name → { values, grid, box }
  /** @type {any} */ let lines = null;
  let jumped = -1e9;

  const theme = () => ({ ...themeOf(app.root, app.dark), hatched: app.hatched });

  function draw() {
    const view = viewOf(app.state.view);
    const { box } = app.state;
    const paints = theme();
    screen.showBar(view, paints);
    const points = app.list.slice(0, app.visible);
    const crowd = { count: app.list.length, extent: app.facts?.extent ?? box[2] };
    const began = performance.now();
    let share = 0;
    for (const [k, pane] of [left, right].entries()) {
      const name = view.fields[CANARIES && app.canary === 'swap' ? 1 - k : k];
      const field = name && fields ? (fields[name] ?? null) : null;
      const strokes = [];
      if (lines) {
        if (view.lines.includes(k ? 'right' : 'left')) {
          const own = k ? lines.average : lines.plugin;
          strokes.push(
            { lines: own.low, field: fields.plugin, kind: 'low' },
            { lines: own.high, field: fields.plugin, kind: 'high' },
          );
        }
        strokes.push({ lines: lines.even, field: fields.plugin, kind: 'even' });
      }
      const changed = pane.paint({
        field,
        scale: view.scales[k],
        box,
        theme: paints,
        lines: strokes,
        points,
        crowd,
        view: app.state.view,
        canary: app.canary,
        empty: name ? '' : view.empty,
      });
      share = Math.max(share, changed);
    }
    app.marks();
    return { share, ms: performance.now() - began };
  }

  return {
    draw,
    get ready() {
      return fields !== null;
    },

    /** Reads both maps' sizes; true when one changed. */
    measure() {
      const ratio = win.devicePixelRatio || 1;
      return [left, right].map((pane) => pane.measure(ratio)).some(Boolean);
    },

    /** @param {any} answer
     * @param {{ rest: boolean, refit: boolean, still: boolean }} about still: reduced motion
     * @returns {Promise<{ ms: number, jump: boolean }>} resolves when the picture stands */
    async show(answer, { rest, refit, still }) {
      const { grid, box } = answer;
      const now = /** @type {any} */ ({});
      for (const [name, values] of Object.entries(answer.fields)) now[name] = { values, grid, box };
      const jump = refit && step(fields?.plugin, now.plugin) > JUMP;
      if (jump && !still) {
        const wait = jumped + JUMPS - performance.now();
        if (wait > 0) await new Promise((done) => win.setTimeout(done, wait));
        jumped = performance.now();
      }
      const fades = fields !== null && !still;
      if (fades) for (const pane of [left, right]) pane.keep();
      fields = now;
      lines = {
        even: trace(now.plugin, 0),
        plugin: { low: trace(now.plugin, -TEN), high: trace(now.plugin, TEN) },
        average: { low: trace(now.average, -TEN), high: trace(now.average, TEN) },
      };
      const { share, ms } = draw();
      if (fades && (jump || (rest && share >= SMALL)))
        await Promise.all([left, right].map((p) => p.fade(jump ? 180 : 120)));
      else for (const pane of [left, right]) pane.ghost.hidden = true;
      return { ms, jump };
    },
  };
}
