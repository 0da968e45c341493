// The page as one mount: state → stages → worker → views. It lives in the root it is given and knows nothing of the address, of
// ids or of the rest of the document; what happens in it is told through `options`.
import { captionFor } from './captions.js';
import { checksFor } from './checks.js';
import { figure, percent, say, sureness } from './dom.js';
import { attachEdits } from './edits.js';
import { attachGestures } from './gestures.js';
import { createFrames } from './frames.js';
import { History } from './history.js';
import { attachKeyboard } from './keyboard.js';
import { createPlayer } from './player.js';
import { boxAround, listOf, nearest } from './points.js';
import { createScene } from './scene.js';
import { createScreen, lambdaOf, stepOf } from './screen.js';
import { createStages } from './stages.js';
import { opening } from './state.js';
import { createStrip } from './strip.js';
import { attachToolbar } from './toolbar.js';
import { viewOf } from './views.js';
import { CANARIES } from './canary.js';

const HOLD = 1500;                    // milliseconds the finished picture stands before play begins
const SPEAK = 2000;

/**
 * @param {HTMLElement} root
 * @param {{ state: any, spawn: () => Worker, autoplay: boolean, canary: string, notices: string[],
 *   status: (s: { state: 'busy' | 'ready', revision: number, play: string }) => void, rest: (state: any) => void }} options
 */
export function mount(root, options) {
  const doc = root.ownerDocument;
  const win = /** @type {Window & typeof globalThis} */ (doc.defaultView);
  const still = win.matchMedia('(prefers-reduced-motion: reduce)');
  const darkness = win.matchMedia('(prefers-color-scheme: dark)');
  const screen = createScreen(doc);
  const history = new History(options.state);

  const app = /** @type {any} */ ({
    root, doc, screen, canary: options.canary, state: options.state, base: null, list: [], theta: null, facts: null, answer: null,
    ui: { tool: 'add', cls: 1, selected: -1, cursor: null, hover: null, added: null, jumped: false, focus: null },
    cancels: [], enlarged: '', dark: darkness.matches, tables: null, samples: [],
  });
  let baseSign = '';
  let curveOpen = false;
  let settled = false;                // the picture at rest stands
  let drawing = Promise.resolve();
  let fresh = 0;                      // pictures being put up
  let visible = true;
  let spoken = 0;
  let keep = false;
  let pinAt = /** @type {number[] | null} */ (null);
  let first = /** @type {number | undefined} */ (undefined);
  let good = /** @type {any} */ (null);      // the state of the last picture that stood
  let plays = options.autoplay && !still.matches;

  const scene = createScene(app, screen);
  const strip = createStrip(app);
  const frames = createFrames(app);
  root.append(screen.screen, frames.root, strip.root);

  const stages = createStages({ spawn: options.spawn, canary: options.canary, side: () => screen.panes.left.side || 340,
    answered: (answer, about) => { drawing = drawing.then(() => show(answer, about)); },
    failed, restarted: () => notify('The computation stopped and was restarted. Nothing was lost.'),
    spoilt: (stage) => strip.spoil(stage) });

  const player = createPlayer({ total: () => app.list.length, shown: () => app.visible,
    free: () => !stages.busy && fresh === 0, visible: () => visible && !doc.hidden,
    raf: (f) => win.requestAnimationFrame(f), stop: (h) => win.cancelAnimationFrame(h),
    show: (n) => app.show(n, { frame: true }),
    ended: () => { stages.settle(app.state, how()); status(); } });

  const playState = () => (player.playing ? 'playing' : app.visible < app.list.length ? 'paused' : 'off');
  function status() {
    const ready = settled && !player.playing && fresh === 0;
    options.status({ state: ready ? 'ready' : 'busy', revision: stages.revision, play: playState() });
    say(screen.play.querySelector('span'), player.playing ? 'Pause' : 'Play');
    screen.play.querySelector('path').setAttribute('d', player.playing ? 'M4 2.5h3v11H4zM9 2.5h3v11H9z' : 'M4 2.5v11l9-5.5z');
    const [undo, redo] = screen.past.querySelectorAll('button');
    undo.disabled = !history.canUndo;
    redo.disabled = !history.canRedo;
  }

  function notify(/** @type {string} */ text) {
    screen.notice.hidden = !text;
    say(screen.notice, text);
  }

  /** What could not be computed is not kept: the page goes back to the last picture that stood, or to the opening one. */
  function failed(/** @type {{ message: string }} */ { message }) {
    const back = good ?? opening();
    const stuck = app.state === back;
    if (!stuck) {
      player.pause();
      history.replace(back);
      app.restore(back);
    }
    notify(`${message.replace(/\.?$/, '.')}${stuck ? '' : good ? ' Nothing was changed.' : ' The page shows its opening state.'}`);
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
    if (CANARIES && app.canary === 'drift') answer.box = [answer.box[0] + answer.box[2] / 200, answer.box[1], answer.box[2]];
    relist();
    const current = rest && revision === stages.revision;
    const refit = state.play === 'refit';
    const { ms, jump } = await scene.show(answer, { rest, refit, still: still.matches });
    stages.painted(ms, answer.grid);
    app.ui.jumped = jump && !player.playing;
    if (app.ui.hover && rest) await app.hover(app.ui.hover.x, app.ui.hover.y, app.ui.hover.pane);
    fresh--;
    if (current && revision === stages.revision && !stages.busy && !player.playing) settle(answer);
    words();
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
    speak();
    if (still.matches) frames.show();
    if (plays) first = win.setTimeout(() => { if (!still.matches) app.play(); }, HOLD);
    plays = false;
  }

  function relist() {
    if (app.base) app.list = listOf(app.base, app.state.edits);
  }

  function words() {
    const { facts } = app;
    if (!facts) return;
    const checks = checksFor({ ...facts, edge: atEdge(app.answer.curve) });
    const { id, text } = captionFor(facts, app.ui);
    const shown = CANARIES && app.canary === 'undefined' ? `${text} ${facts.nothing}`
      : CANARIES && app.canary === 'silent' ? '' : text;
    say(screen.caption, shown);
    screen.told(facts.fixed && facts.waiting ? `already trained on all ${facts.total}` : viewOf(app.state.view).left[1]);
    screen.caption.dataset.caption = id;
    reading();
    const { slider, count } = screen;
    slider.max = String(Math.max(1, facts.total));
    slider.value = String(app.visible);
    slider.setAttribute('aria-valuetext', `${app.visible} shown, ${app.list.length - app.visible} waiting`);
    say(count, `${app.visible} / ${app.list.length}`);
    screen.lambda.value = String(stepOf(app.state.lambda));
    screen.lambda.setAttribute('aria-valuetext', `λ ${figure(app.state.lambda)}`);
    say(screen.lambdaText, figure(app.state.lambda));
    const worst = checks.rows.filter((c) => c.level === checks.worst && c.level !== 'fine');
    screen.checks.dataset.level = checks.worst;
    say(screen.checks.querySelector('span'), worst.length ? worst[0].text : 'Checks: all fine');
    app.checks = checks;
    strip.show(facts, checks, app.answer);
  }

  const atEdge = (/** @type {number[] | null} */ curve) => {
    if (!curve) return false;
    const best = curve.indexOf(Math.max(...curve));
    return best === 0 || best === curve.length - 1;
  };

  function reading() {
    const { facts, ui, state } = app;
    if (!facts) return;
    const at = ui.hover?.value ? ui.hover : { ...facts.pin, value: facts.pin };
    const near = app.list.length && app.visible ? app.nearestShown(at.x, at.y) : null;
    const away = near === null ? '' : near < facts.reach / 1000 ? ', on a point' : `, ${figure(near)} from any point`;
    const value = (/** @type {number} */ p) => {
      if (state.view === 'epistemic') return { text: percent(p), share: p, class: 'doubt' };
      const side = p > 0.5 ? 1 : 0;
      const sure = Math.max(p, 1 - p);
      return { text: `${sureness(sure)}${sure < 0.505 ? '' : side ? ' ▲' : ' ●'}`, share: 2 * sure - 1, class: sure < 0.505 ? '' : `c${side}` };
    };
    screen.showReading({ title: `${ui.hover?.value ? 'At the pointer' : 'At the pin'}${away}`, percent: true,
      left: state.view === 'epistemic' ? { text: '–', share: 0, class: '' } : value(at.value.left),
      right: value(state.view === 'epistemic' ? at.value.epistemic : at.value.right) });
  }

  function speak() {
    if (!app.facts || performance.now() - spoken < SPEAK) return;
    spoken = performance.now();
    const { N, pin } = app.facts;
    const said = (/** @type {number} */ p) => `${sureness(Math.max(p, 1 - p))} ${p > 0.5 ? 'triangle' : 'circle'}`;
    say(screen.live, `${N} ${N === 1 ? 'point' : 'points'}. At the pin: one network ${said(pin.left)}, averaged ${said(pin.right)}.`);
  }

  attachEdits(app);
  Object.defineProperties(app, Object.getOwnPropertyDescriptors({
    get visible() { return Math.min(app.list.length, app.state.shown ?? Infinity); },
    get playing() { return player.playing; },
    get revision() { return stages.revision; },
    notify,
    ask: stages.ask,
    reading,
    words,
    speed: (/** @type {number} */ v) => { player.speed = v; },

    /** Applies a change. gesture: more may follow; keep: go on from the weights at hand; step: one step of undo.
     * @param {Record<string, any>} patch
     * @param {{ gesture?: boolean, keep?: boolean, step?: boolean, whole?: boolean }} [about] whole: the view goes with it */
    change(patch, { gesture = false, keep: warm = false, step = true, whole = false } = {}) {
      app.state = { ...app.state, ...patch };
      settled = false;
      keep ||= warm;
      if (!warm && Object.keys(patch).some((k) => !['box', 'pin', 'view'].includes(k))) keep = false;
      if (step) history.push(app.state, whole);
      if (!('edits' in patch)) app.ui.added = null;
      notify('');
      relist();
      if (app.ui.selected >= app.visible) app.ui.selected = -1;
      if (CANARIES && app.canary === 'dead-slider' && 'lambda' in patch) { settled = true; words(); return; }
      stages.apply(app.state, { ...how(), gesture });
      if (scene.ready) scene.draw();
      words();
      status();
    },
    /** The state as a link should carry it: with the weights of a play chain. */
    linked: () => (app.state.w === 'chain' && app.theta ? { ...app.state, w: app.theta } : app.state),
    forget: () => history.drop(),
    /** @param {any} state */
    restore(state) {
      app.state = state;
      keep = false;
      settled = false;
      app.ui.added = null;
      relist();
      if (app.ui.selected >= app.visible) app.ui.selected = -1;
      stages.apply(state, { ...how(), gesture: true });
      if (scene.ready) scene.draw();
      words();
      status();
    },
    undo() {
      app.touched();
      const back = history.move(-1, app.state);
      if (back) app.restore(back);
    },
    redo() {
      app.touched();
      const back = history.move(1, app.state);
      if (back) app.restore(back);
    },

    /** The first n points. @param {number} n
     * @param {{ frame?: boolean, step?: boolean }} [about] frame: of play */
    show(n, { frame = false, step = !frame } = {}) {
      const shown = n >= app.list.length ? null : n;
      app.state = { ...app.state, shown, w: app.answer?.facts.fixed ? app.state.w : 'chain' };
      settled = false;
      keep = false;
      if (step) history.push(app.state);
      app.ui.selected = -1;
      app.ui.added = null;
      if (frame) stages.frame(app.state, how());
      else stages.apply(app.state, { ...how(), gesture: true });
      words();
      status();
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

    /** @param {number} x
     * @param {number} y */
    nearestShown: (x, y) => nearest(app.list.slice(0, app.visible), x, y)?.distance ?? null,
    /** @param {number} factor
     * @param {number[]} [about] the place that stays where it is */
    zoomBy(factor, about) {
      const [cx, cy, half] = app.state.box;
      const to = Math.min(1e9, Math.max(1e-6, half * factor));
      const f = to / half;
      const [ax, ay] = about ?? [cx, cy];
      app.change({ box: [ax + (cx - ax) * f, ay + (cy - ay) * f, to].map(tidy) }, { gesture: true, step: false });
    },
    /** Moves the box from where it was when the gesture began, so that there and back is the same box to the last bit.
     * @param {number} dx of the box's width
     * @param {number} dy
     * @param {number[]} [from] */
    panBy(dx, dy, from = app.state.box) {
      const [cx, cy, half] = from;
      const grain = 10 ** Math.floor(Math.log10(half) - 6);
      const snap = (/** @type {number} */ v) => Number((Math.round(v / grain) * grain).toPrecision(12));
      app.change({ box: [dx ? snap(cx + 2 * half * dx) : cx, dy ? snap(cy + 2 * half * dy) : cy, half] }, { gesture: true, step: false });
    },
    homeBox: () => homeBox(2.4),
    home: () => app.change({ box: homeBox(2.4) }, { gesture: true, step: false }),
    farOut: () => app.change({ box: homeBox(10) }, { gesture: true, step: false }),
    /** @param {number} x
     * @param {number} y */
    setPin(x, y) {
      app.change({ pin: [tidy(x), tidy(y)] }, { gesture: true, step: false });
    },
    /** @param {number | null} x
     * @param {number} [y]
     * @param {string} [pane] the map the pointer is on */
    async hover(x, y, pane) {
      if (x === null) {
        app.ui.hover = null;
      } else {
        const hover = /** @type {any} */ ({ x, y, pane, value: app.ui.hover?.value });
        app.ui.hover = hover;
        app.marks();
        if (app.probing) return;
        app.probing = true;
        try {
          hover.value = await stages.ask({ task: 'probe', x, y, link: app.state.link });
        } catch { /* no posterior yet: the pin's figures stay */ }
        app.probing = false;
        if (app.ui.hover && app.ui.hover !== hover) {
          return app.hover(app.ui.hover.x, app.ui.hover.y, app.ui.hover.pane);
        }
      }
      app.marks();
      reading();
    },
    /** @param {{ x: number, y: number } | null} at */
    setCursor(at) {
      app.ui.cursor = at && { x: at.x, y: at.y };
      app.marks();
      if (at) app.hover(at.x, at.y);
    },
    /** @param {any} pane */
    focused(pane) {
      if (pane) app.touched();
      app.ui.focus = pane?.name ?? null;
      if (!pane) app.hover(null);
      app.marks();
    },
    escape() {
      if (app.cancels.some((/** @type {() => boolean} */ f) => f())) return true;
      if (app.ui.selected >= 0) {
        app.select(-1);
        return true;
      }
      return false;
    },
    marks() {
      const { ui, facts, list } = app;
      const pin = app.state.pin === 'auto' ? facts?.pin : { x: app.state.pin[0], y: app.state.pin[1] };
      const chosen = ui.selected >= 0 && ui.selected < app.visible ? list[ui.selected] : null;
      for (const pane of [screen.panes.left, screen.panes.right]) {
        pane.mark('pin', pin ?? null);
        pane.mark('chosen', chosen);
        pane.mark('hover', (ui.focus && ui.cursor) || ui.hover?.pane === pane.name ? null : ui.hover);
        pane.mark('cross', ui.focus ? ui.cursor : null);
      }
      toolbar.bubble(chosen);
    },
    /** The evidence curve is wanted or not. @param {boolean} open */
    setCurve(open) {
      if (curveOpen === open) return;
      curveOpen = open;
      if (open && scene.ready) app.change({}, { step: false });
    },
    async maximise() {
      app.touched();
      strip.spoil('training');
      settled = false;
      status();
      try {
        const { lambda } = await stages.ask({ task: 'maximise', state: app.state,
          ask: { box: app.state.box, grid: 16, gesture: false, keep: false, curve: false, pinAt, canary: '' } });
        app.change({ lambda, trained: null });
      } catch (error) {
        notify(/** @type {any} */ (error).message);
      }
    },
  }));

  const tidy = (/** @type {number} */ v) => Number(v.toPrecision(6));
  const homeBox = (/** @type {number} */ times) => boxAround(app.list, times, app.facts?.extent);

  const toolbar = attachToolbar(app);
  for (const pane of [screen.panes.left, screen.panes.right]) {
    attachGestures(pane, app);
    attachKeyboard(pane, app);
  }

  let sliding = false;
  screen.slider.addEventListener('input', () => {
    app.touched();
    app.show(Number(screen.slider.value), { step: !sliding });
    sliding = true;
  });
  root.addEventListener('input', (event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    if (!input.matches('[data-lambda]')) return;
    app.touched();
    app.change({ lambda: lambdaOf(Number(input.value)) }, { gesture: true, step: !sliding });
    sliding = true;
    if (input !== screen.lambda) screen.lambda.value = input.value;
  });
  root.addEventListener('change', (event) => {
    if (/** @type {HTMLInputElement} */ (event.target).type === 'range') sliding = false;
  });
  for (const type of ['pointerdown', 'keydown', 'focusin']) {
    root.addEventListener(type, (event) => {
      const target = /** @type {Element} */ (event.target);
      const plays = target.closest('[data-act="play"]') || (/** @type {any} */ (event).key === ' ' && target.closest('[data-pane]'));
      if (!plays) app.touched();
    }, { capture: true });
  }
  root.addEventListener('keydown', (event) => {
    if (event.key.toLowerCase() !== 'z' || !(event.ctrlKey || event.metaKey)) return;
    if (/** @type {Element} */ (event.target).closest('input:not([type=range]), textarea')) return;
    event.preventDefault();
    if (event.shiftKey) app.redo();
    else app.undo();
  });

  new win.ResizeObserver(() => {
    if (!scene.measure()) return;
    if (scene.ready) {
      scene.draw();
      settled = false;
      stages.apply(app.state, { ...how(), gesture: false });
      status();
    }
  }).observe(screen.maps);
  new win.IntersectionObserver((entries) => { visible = entries[entries.length - 1].isIntersecting; }).observe(screen.maps);
  darkness.addEventListener('change', () => {
    app.dark = darkness.matches;
    if (scene.ready) scene.draw();
    strip.show(app.facts, app.checks, app.answer);
  });

  if (CANARIES && app.canary === 'stacked') screen.maps.style.display = 'block';
  if (CANARIES && app.canary === 'touch-trap') for (const pane of Object.values(screen.panes)) pane.root.style.touchAction = 'none';
  scene.measure();
  if (options.notices.length) notify(options.notices.join(' '));
  stages.apply(app.state, { ...how(), gesture: false });
  status();
  stages.ask({ task: 'samples' }).then(({ samples, tables }) => {
    app.samples = samples;
    app.tables = tables;
    strip.menus();
  }).catch((error) => notify(error.message));

  return app;
}
