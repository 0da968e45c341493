// Buttons by name: every press of a [data-act] inside the root ends here, and so do the keys that stand for one.
import { maker, say } from './dom.js';
import { KEYS } from './keyboard.js';
import { SHAPES, SHAPE_NAMES } from './palette.js';

const APART = 16; // pixels from the selected point to its bubble

/** @param {any} app */
export function attachToolbar(app) {
  const { screen, root, ui, doc } = app;
  const { el } = maker(doc);
  const help = el(
    'dialog',
    { class: 'help', 'aria-label': 'Keys' },
    el('h2', {}, 'Keys, while a map has the focus'),
    el('dl', {}, ...KEYS.flatMap(([key, what]) => [el('dt', {}, key), el('dd', {}, what)])),
    el('form', { method: 'dialog' }, el('button', {}, 'Close')),
  );
  root.append(help);

  const buttons = (/** @type {string} */ act) => [...root.querySelectorAll(`[data-act="${act}"]`)];
  const press = (/** @type {string} */ act, /** @type {(b: any) => boolean} */ on) => {
    for (const b of buttons(act)) b.setAttribute('aria-pressed', String(on(b)));
  };

  function show() {
    press('class', (b) => ui.tool === 'add' && Number(b.dataset.class) === ui.cls);
    for (const tool of ['look', 'spray', 'erase']) press(tool, () => ui.tool === tool);
    press('enlarge', () => Boolean(app.enlarged));
    const draws = ui.tool === 'spray' || ui.tool === 'erase';
    screen.maps.dataset.tool = ui.tool;
    screen.maps.classList.toggle('framed', draws);
  }

  /** @param {string} tool */
  function setTool(tool) {
    ui.tool = ui.tool === tool ? 'add' : tool;
    show();
  }

  function enlarge(/** @type {string} */ name) {
    app.enlarged = name;
    screen.maps.dataset.enlarged = name;
    show();
  }

  const ways = /** @type {Record<string, [number, number]>} */ ({
    left: [-0.1, 0],
    right: [0.1, 0],
    up: [0, 0.1],
    down: [0, -0.1],
  });
  const acts = /** @type {Record<string, (b?: any) => void>} */ ({
    class: (b) => {
      ui.cls = Number(b.dataset.class);
      ui.tool = 'add';
      show();
    },
    look: () => setTool('look'),
    spray: () => setTool('spray'),
    erase: () => setTool('erase'),
    more: (b) => {
      screen.more.hidden = !screen.more.hidden;
      b.setAttribute('aria-expanded', String(!screen.more.hidden));
    },
    pan: (b) => app.panBy(...ways[b.dataset.way]),
    in: () => app.zoomBy(1 / 1.5),
    out: () => app.zoomBy(1.5),
    home: () => app.home(),
    far: () => app.farOut(),
    undo: () => app.undo(),
    redo: () => app.redo(),
    play: () => app.play(),
    step: () => {
      app.touched();
      if (app.visible < app.list.length) app.show(app.visible + 1);
    },
    restart: () => {
      app.touched();
      app.show(0);
    },
    'pin-auto': () => app.change({ pin: 'auto' }),
    enlarge: () => enlarge(app.enlarged ? '' : (ui.pane ?? 'average')),
    recolour: () => app.recolour(),
    delete: () => app.deletePoint(),
    'add-here': () => {
      const p = app.list[ui.selected];
      app.addPoint(p.x, p.y, p.c);
    },
    checks: () =>
      app.openStage(app.checks?.rows.find((/** @type {any} */ c) => c.level === app.checks.worst)?.stage ?? 'training'),
    help: () => help.showModal(),
  });

  // A button means what was pressed on it: the click that ends a tap on a map goes to whatever has opened there.
  /** @type {any} */ let began = null;
  const begin = (/** @type {PointerEvent} */ event) => (began = event.target);
  root.addEventListener('pointerdown', begin, { capture: true });
  root.addEventListener('click', (/** @type {MouseEvent} */ event) => {
    const button = /** @type {any} */ (event.target).closest('[data-act]');
    if (button && (!event.detail || button.contains(began))) acts[button.dataset.act]?.(button);
  });
  screen.maps.addEventListener(
    'pointerdown',
    (/** @type {PointerEvent} */ event) => {
      const pane = /** @type {any} */ (/** @type {Element} */ (event.target).closest('[data-pane]'))?.dataset.pane;
      if (!pane) return;
      ui.pane = pane;
      // A press on the inset brings that map forward and means nothing else.
      if (app.enlarged && app.enlarged !== pane) {
        event.stopImmediatePropagation();
        event.preventDefault();
        enlarge(pane);
      }
    },
    { capture: true },
  );
  screen.speed.addEventListener('change', () => app.speed(Number(screen.speed.value)));

  app.act = (/** @type {string} */ name) => acts[name]();
  app.setClass = (/** @type {number} */ c) => {
    if (c > 1) return;
    ui.cls = c;
    ui.tool = 'add';
    show();
  };
  show();

  /** The bubble stands inside the map, beside the selected point, or above or below it where there is no room.
   * @param {any} point */
  app.bubble = (point) => {
    const { bubble } = screen;
    bubble.hidden = !point;
    if (!point) return;
    const pane = ui.pane === 'plugin' ? screen.panes.left : screen.panes.right;
    const [px, py] = pane.toScreen(point.x, point.y);
    const [first] = bubble.children;
    say(first, SHAPES[1 - point.c]);
    first.className = `c${1 - point.c}`;
    first.setAttribute('aria-label', `Make it a ${SHAPE_NAMES[1 - point.c]}`);
    first.title = `Make it a ${SHAPE_NAMES[1 - point.c]}`;
    const wide = bubble.offsetWidth;
    const high = bubble.offsetHeight;
    const inside = (/** @type {number} */ v, /** @type {number} */ size) =>
      Math.min(pane.side - size - 4, Math.max(4, v));
    const after = (/** @type {number} */ v, /** @type {number} */ size) =>
      v + APART + size > pane.side ? v - APART - size : v + APART;
    const beside = after(px, wide);
    const [x, y] =
      beside < 0 ? [inside(px - wide / 2, wide), after(py, high)] : [inside(beside, wide), inside(py - high / 2, high)];
    bubble.style.transform = `translate(${pane.root.offsetLeft + x}px, ${pane.root.offsetTop + y}px)`;
  };
}
