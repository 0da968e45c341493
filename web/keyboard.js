// Keys act only while a map has the focus, so they never steal typing. The cross-hair stands for the hand.

const ARROWS = /** @type {Record<string, [number, number]>} */ ({
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
});
const STEPS = 40; // steps of the cross-hair across the box

export const KEYS = [
  ['← ↑ ↓ →', 'move the cross-hair; past the edge the view follows'],
  ['Enter', 'add a point, or set the pin in Look'],
  ['1  2', 'choose the class'],
  ['N  P', 'select the next, the previous point'],
  ['C', 'change the class of the selected point'],
  ['M', 'move the selected point with the arrows, Enter to drop it'],
  ['Delete', 'delete the selected point'],
  ['+  −  0', 'zoom in, out, home'],
  ['Space  .  R', 'play or pause, one more point, start again'],
  ['U  Y', 'undo, redo'],
  ['Esc', 'cancel, then leave the map'],
  ['H', 'this list'],
];

/** @param {import('./pane.js').Pane} pane
 * @param {any} app */
export function attachKeyboard(pane, app) {
  let moving = false;

  function drop(/** @type {boolean} */ keep) {
    if (!moving) return false;
    moving = false;
    if (keep) app.commit();
    else app.cancel();
    return true;
  }
  app.ends.push(drop);

  /** @param {number} dx
   * @param {number} dy */
  function arrow(dx, dy) {
    const { box } = app.state;
    const step = (2 * box[2]) / STEPS;
    const at = app.ui.cursor ?? { x: box[0], y: box[1] };
    const to = { x: at.x + dx * step, y: at.y + dy * step };
    const over = (/** @type {number} */ v, /** @type {number} */ c) =>
      Math.sign(v - c) * Math.max(0, Math.abs(v - c) - box[2] * 0.96);
    const [px, py] = [over(to.x, box[0]), over(to.y, box[1])];
    if (px || py) app.panBy(px / (2 * box[2]), py / (2 * box[2]));
    app.setCursor(to);
    if (moving) app.movePoint(app.ui.selected, to.x, to.y);
  }

  const acts = /** @type {Record<string, () => void>} */ ({
    Enter: () => {
      if (drop(true)) return;
      const { box } = app.state;
      const at = app.ui.cursor ?? { x: box[0], y: box[1] };
      if (app.ui.tool === 'look') app.setPin(at.x, at.y);
      else app.addPoint(at.x, at.y);
    },
    n: () => app.selectNext(1),
    p: () => app.selectNext(-1),
    c: () => app.recolour(),
    Delete: () => app.deletePoint(),
    Backspace: () => app.deletePoint(),
    '+': () => app.zoomBy(0.8),
    '=': () => app.zoomBy(0.8),
    '-': () => app.zoomBy(1.25),
    0: () => app.home(),
    ' ': () => app.act('play'),
    '.': () => app.act('step'),
    r: () => app.act('restart'),
    u: () => app.undo(),
    y: () => app.redo(),
    h: () => app.act('help'),
    m: () => {
      if (app.ui.selected < 0 || moving) return;
      moving = true;
      app.setCursor(app.list[app.ui.selected]);
      app.begin();
    },
    Escape: () => {
      if (!app.escape()) pane.root.blur();
    },
  });

  pane.root.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
    if (event.altKey || event.metaKey || event.ctrlKey || event.target !== pane.root) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const digit = /^[1-6]$/.test(key) ? +key - 1 : -1;
    if (!ARROWS[key] && !acts[key] && digit < 0) return;
    if (key !== ' ') app.touched();
    event.preventDefault();
    if (ARROWS[key]) arrow(...ARROWS[key]);
    else if (digit >= 0) app.setClass(digit);
    else acts[key]();
  });
  pane.root.addEventListener('focus', () => app.focused(pane));
  pane.root.addEventListener('blur', () => {
    drop(false);
    app.focused(null);
  });
}
