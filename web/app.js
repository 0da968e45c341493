// The page as one mount: state → stages → worker → views. It lives in the root it is given and knows nothing of the
// address, of ids or of the rest of the document; what happens in it is told through `options`.
// Longer than other files: here alone the parts meet.
import { say } from './dom.js';
import { CANARIES } from './canary.js';
import { attachEdits } from './edits.js';
import { attachGestures } from './gestures.js';
import { SIDE } from './facts.js';
import { createFrames } from './frames.js';
import { History } from './history.js';
import { attachInputs } from './inputs.js';
import { attachKeyboard } from './keyboard.js';
import { attachLooking } from './looking.js';
import { createPlayer } from './player.js';
import { listOf } from './points.js';
import { createScene } from './scene.js';
import { createScreen } from './screen.js';
import { createStages } from './stages.js';
import { KEPT, differing, without } from './state.js';
import { createStrip } from './strip.js';
import { attachToolbar } from './toolbar.js';
import { createWords } from './words.js';

const HOLD = 1500; // milliseconds the finished picture stands before play begins

/**
 * @param {HTMLElement} root
 * @param {{ state: any, spawn: () => Worker, autoplay: boolean, canary: string, notices: string[],
 *   status: (s: { state: 'busy' | 'ready', revision: number, play: string }) => void,
 *   rest: (state: any) => void }} options
 */
export function mount(root, options) {
  const doc = root.ownerDocument;
  const win = /** @type {Window & typeof globalThis} */ (doc.defaultView);
  const still = win.matchMedia('(prefers-reduced-motion: reduce)');
  const darkness = win.matchMedia('(prefers-color-scheme: dark)');
  const colourless = win.matchMedia('print, (forced-colors: active)');
  const screen = createScreen(doc);
  const history = new History(options.state);

  const app = /** @type {any} */ ({
    root,
    doc,
    screen,
    canary: options.canary,
    state: options.state,
    base: null,
    list: [],
    theta: null,
    facts: null,
    answer: null,
    ui: { tool: 'add', cls: 1, selected: -1, cursor: null, hover: null, added: null, jumped: false, focus: null },
    ends: [], // what a hand has under way: each ends it, kept or taken back, and says whether there was any
    enlarged: '',
    dark: darkness.matches,
    hatched: colourless.matches,
    tables: null,
    samples: [],
  });
  let baseSign = '';
  let curveOpen = false;
  let settled = false; // the picture at rest stands
  let drawing = Promise.resolve();
  let fresh = 0; // pictures being put up
  let visible = true;
  let keep = false;
  let pictured = options.state; // the state of the picture at hand
  let pinAt = /** @type {number[] | null} */ (null);
  let first = /** @type {number | undefined} */ (undefined);
  let good = /** @type {any} */ (null); // the state of the last picture that stood
  let plays = options.autoplay && !still.matches;

  const scene = createScene(app, screen);
  const strip = createStrip(app);
  const frames = createFrames(app);
  root.append(screen.screen, frames.root, strip.root);

  const stages = createStages({
    spawn: options.spawn,
    canary: options.canary,
    side: () => screen.panes.left.side || 340,
    answered: (answer, about) => {
      drawing = drawing.then(() => show(answer, about));
    },
    failed,
    restarted: () => notify('The computation stopped and was restarted. Nothing was lost.'),
    spoilt: (stage) => strip.spoil(stage),
  });

  const player = createPlayer({
    total: () => app.list.length,
    shown: () => app.visible,
    free: () => !stages.busy && fresh === 0,
    visible: () => visible && !doc.hidden,
    raf: (f) => win.requestAnimationFrame(f),
    stop: (h) => win.cancelAnimationFrame(h),
    show: (n) => app.show(n, true),
    ended: () => {
      stages.settle(app.state, how());
      status();
    },
  });

  const playState = () => (player.playing ? 'playing' : app.visible < app.list.length ? 'paused' : 'off');
  function status() {
    const ready = settled && !player.playing && fresh === 0;
    options.status({ state: ready ? 'ready' : 'busy', revision: stages.revision, play: playState() });
    say(screen.play.querySelector('span'), player.playing ? 'Pause' : 'Play');
    screen.play
      .querySelector('path')
      .setAttribute('d', player.playing ? 'M4 2.5h3v11H4zM9 2.5h3v11H9z' : 'M4 2.5v11l9-5.5z');
    const [undo, redo] = screen.past.querySelectorAll('button');
    undo.disabled = !history.canUndo;
    redo.disabled = !history.canRedo;
  }

  function notify(/** @type {string} */ text) {
    screen.notice.hidden = !text;
    say(screen.notice, text);
  }

  // What could not be computed is not kept: the page goes back to the last picture that stood. Before there was one,
  // what the link asks of the stage that failed is left out. Where that is nothing, there is nowhere to go.
  /** @param {{ message: string, code: string, stage?: string }} error */
  function failed({ message, code, stage = '' }) {
    const back = good ?? without(app.state, stage);
    const stuck = code === 'ERR_WASM' || !differing(back, app.state).length;
    if (!stuck) {
      player.pause();
      history.revert(back);
      app.restore(back);
    }
    notify(
      message.replace(/\.?$/, '.') +
        (stuck ? '' : good ? ' Nothing was changed.' : ' What the link asks there was left out.'),
    );
  }

  const how = () => ({ keep, curve: curveOpen, pinAt });

  /** An answer of the worker. @param {any} answer
   * @param {{ revision: number, rest: boolean, state: any }} about */
  async function show(answer, { revision, rest, state }) {
    fresh++;
    app.answer = answer;
    app.facts = answer.facts;
    app.theta = answer.theta;
    if (answer.baseSign !== baseSign) {
      baseSign = answer.baseSign;
      app.base = answer.base;
    }
    if (CANARIES && app.canary === 'drift') {
      app.drifted = (app.drifted ?? 0) + 1; // each picture is a little farther off
      answer.box = [answer.box[0] + (app.drifted * answer.box[2]) / 200, answer.box[1], answer.box[2]];
    }
    relist();
    if (revision === stages.revision) strip.done();
    const current = rest && revision === stages.revision;
    const refit = state.play === 'refit';
    const { ms, jump } = await scene.show(answer, { rest, refit, still: still.matches });
    stages.painted(ms, answer.grid);
    // another explanation is one of the same points, or all but the same, by the same network
    const alike = differing(pictured, state).every((k) => k === 'edits' || k === 'w' || KEPT.includes(k));
    app.ui.jumped = alike && (app.ui.jumped || (jump && !player.playing));
    pictured = state;
    const { hover } = app.ui;
    const read = hover && app.hover(hover.x, hover.y, hover.pane);
    if (rest) await read;
    fresh--;
    if (current && revision === stages.revision && !stages.busy && !player.playing) settle(answer);
    words.show();
    status();
  }

  /** The picture at rest stands: its weights become part of the state. @param {any} answer */
  function settle(answer) {
    settled = true;
    const { state } = app;
    if ((keep || state.w === 'chain') && answer.theta && answer.settles) app.state = { ...state, w: answer.theta };
    keep = false;
    history.replace(app.state);
    good = app.state;
    pinAt = [answer.facts.pin.x, answer.facts.pin.y];
    options.rest(app.state);
    words.speak();
    if (still.matches) frames.show();
    if (plays)
      first = win.setTimeout(() => {
        if (!still.matches) app.play();
      }, HOLD);
    plays = false;
  }

  /** The state at hand is another: it is asked of the worker, and shown as far as it is known. @param {boolean} gesture
   * @param {boolean} [frame] of play */
  function go(gesture, frame = false) {
    settled = false;
    app.ui.jumped = false;
    relist();
    if (frame) stages.frame(app.state, how());
    else stages.apply(app.state, { ...how(), gesture });
    if (scene.ready && !frame) scene.draw();
    words.show();
    status();
  }

  /** The points anew. The selected one stays selected, wherever it now stands in the list. */
  function relist() {
    const { list, ui, base } = app;
    if (base) app.list = listOf(base, app.state.edits);
    const was = list[ui.selected];
    const alike = (/** @type {any} */ p) => p && was && p.x === was.x && p.y === was.y && p.c === was.c;
    if (!alike(app.list[ui.selected])) ui.selected = app.list.findIndex(alike);
    if (ui.selected >= app.visible) ui.selected = -1;
  }

  const words = createWords(app, strip.show);
  attachEdits(app);
  attachLooking(app);
  Object.defineProperties(
    app,
    Object.getOwnPropertyDescriptors({
      get visible() {
        return Math.min(app.list.length, app.state.shown ?? Infinity);
      },
      get playing() {
        return player.playing;
      },
      get revision() {
        return stages.revision;
      },
      notify,
      ask: stages.ask,
      reading: words.reading,
      tell: words.show,
      speed: (/** @type {number} */ v) => {
        player.speed = v;
      },

      /** Applies a change. gesture: more may follow; keep: go on from the weights at hand; whole: the view goes along.
       * @param {Record<string, any>} patch
       * @param {{ gesture?: boolean, keep?: boolean, whole?: boolean }} [about] */
      change(patch, { gesture = false, keep: warm = false, whole = false } = {}) {
        const before = app.state;
        app.state = { ...before, ...patch };
        const step = differing(before, app.state).some((k) => !KEPT.includes(k));
        keep = warm || (keep && !step);
        if (step) history.push(app.state, whole);
        if (!('edits' in patch)) app.ui.added = null;
        notify('');
        if (CANARIES && app.canary === 'dead-slider' && 'lambda' in patch) {
          settled = true;
          words.show();
          return;
        }
        go(gesture);
      },
      begin: () => history.begin(),
      commit: () => history.commit(),
      cancel() {
        const { selected } = app.ui;
        const back = history.cancel(app.state);
        if (!back) return;
        app.restore(back);
        app.select(selected);
      },
      /** @param {any} state */
      restore(state) {
        app.state = state;
        keep = false;
        app.ui.added = null;
        go(true);
      },
      /** @param {-1 | 1} way */
      travel(way) {
        app.touched();
        app.end(true);
        const to = history.move(way, app.state);
        if (to) app.restore(to);
      },
      undo: () => app.travel(-1),
      redo: () => app.travel(1),

      /** The first n points. @param {number} n
       * @param {boolean} [frame] of play */
      show(n, frame = false) {
        const shown = n >= app.list.length ? null : n;
        app.state = { ...app.state, shown, w: app.answer?.facts.fixed ? app.state.w : 'chain' };
        keep = false;
        if (!frame) history.push(app.state);
        app.ui.selected = -1;
        app.ui.added = null;
        go(true, frame);
      },

      /** The reader has put a hand in: play stops where it is. */
      touched() {
        win.clearTimeout(first);
        plays = false;
        if (!player.playing) return;
        player.pause();
        history.replace(app.state);
        stages.settle(app.state, how());
        status();
      },
      play() {
        win.clearTimeout(first);
        plays = false;
        if (player.playing) {
          app.touched();
          return;
        }
        app.ui.selected = -1;
        settled = false;
        history.push(app.state);
        player.play();
        status();
      },

      /** Whatever a hand has under way is over. @param {boolean} kept */
      end: (kept) => app.ends.filter((/** @type {(kept: boolean) => boolean} */ f) => f(kept)).length > 0,
      escape() {
        if (app.end(false)) return true;
        if (app.ui.selected < 0) return false;
        app.select(-1);
        return true;
      },
      /** The evidence curve is wanted or not. @param {boolean} open */
      setCurve(open) {
        if (curveOpen === open) return;
        curveOpen = open;
        if (open && scene.ready) app.change({});
      },
      /** To the peak of the evidence, unless the reader goes elsewhere meanwhile. */
      async maximise() {
        app.touched();
        const { revision } = stages;
        fresh++;
        strip.spoil('training');
        status();
        try {
          const lambda = await stages.ask({
            task: 'maximise',
            state: app.state,
            ask: { box: app.state.box, grid: SIDE, gesture: false, keep: false, curve: false, pinAt, canary: '' },
          });
          if (revision === stages.revision) app.change({ lambda, trained: null });
        } catch (error) {
          if (revision === stages.revision) {
            strip.done();
            notify(/** @type {any} */ (error).message);
          }
        }
        fresh--;
        status();
      },
    }),
  );

  attachToolbar(app);
  for (const pane of [screen.panes.left, screen.panes.right]) {
    attachGestures(pane, app);
    attachKeyboard(pane, app);
  }

  attachInputs(app);

  const resized = new win.ResizeObserver(() => {
    if (scene.measure() && scene.ready) go(false);
  });
  for (const { root: map } of Object.values(screen.panes)) resized.observe(map);
  new win.IntersectionObserver((entries) => {
    visible = entries[entries.length - 1].isIntersecting;
  }).observe(screen.maps);
  for (const query of [darkness, colourless]) query.addEventListener('change', paints);
  function paints() {
    app.dark = darkness.matches;
    app.hatched = colourless.matches;
    if (scene.ready) scene.draw();
    strip.show(app.facts, app.checks, app.answer);
  }

  if (CANARIES && app.canary === 'stacked') screen.maps.style.display = 'block';
  if (CANARIES && app.canary === 'touch-trap')
    for (const pane of Object.values(screen.panes)) pane.root.style.touchAction = 'none';
  scene.measure();
  if (options.notices.length) notify(options.notices.join(' '));
  stages.apply(app.state, { ...how(), gesture: false });
  status();
  stages
    .ask({ task: 'samples' })
    .then(({ samples, tables }) => {
      app.samples = samples;
      app.tables = tables;
      strip.menus();
    })
    .catch((error) => notify(error.message));

  return app;
}
