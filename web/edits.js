// Edits by hand: add, move, recolour, delete, spray, erase. Each makes a new list, and from it the state's `edits`; a
// drag or a stroke is one step of undo. Training goes on from the weights at hand, so a small change of the points is
// a small change of the map.
import { CANARIES } from './canary.js';
import { editsOf, placed } from './points.js';

/** @typedef {import('./points.js').Point} Point */

/** @param {any} app */
export function attachEdits(app) {
  /** @param {Point[]} list
   * @param {{ shown?: number | null, selected?: number }} [more] */
  function put(list, more = {}) {
    const { state } = app;
    const w =
      app.list.length === 0 || app.visible === 0 ? 'start' : state.w === 'chain' ? (app.theta ?? 'start') : state.w;
    if (more.selected !== undefined) app.ui.selected = more.selected;
    app.list = list; // so that a selected point that moves stays selected
    app.change(
      { edits: editsOf(list, app.base.n), shown: more.shown === undefined ? state.shown : more.shown, w },
      { gesture: true, keep: true },
    );
  }

  const at = (/** @type {number} */ x, /** @type {number} */ y) => {
    const width = 2 * app.state.box[2];
    return { x: placed(x, width), y: placed(y, width) };
  };

  Object.assign(app, {
    /** The index of the point under a place on a pane, −1 for none. @param {any} pane
     * @param {number} px
     * @param {number} py
     * @param {number} reach */
    hit(pane, px, py, reach) {
      let best = reach;
      let found = -1;
      for (let k = 0; k < app.visible; k++) {
        const [x, y] = pane.toScreen(app.list[k].x, app.list[k].y);
        const d = Math.hypot(x - px, y - py);
        if (d < best) [best, found] = [d, k];
      }
      return found;
    },

    /** A point by hand, or with its class given exactly there. @param {number} x
     * @param {number} y
     * @param {number} [c] */
    addPoint(x, y, c) {
      if (!app.base || (CANARIES && app.canary === 'lost-point' && app.state.shown !== null)) return;
      const list = app.list.slice();
      const where = app.visible;
      app.ui.added = app.nearestShown(x, y);
      list.splice(where, 0, { ...(c === undefined ? at(x, y) : { x, y }), c: c ?? app.ui.cls, i: -1 });
      put(list, { shown: app.state.shown === null ? null : where + 1, selected: -1 });
      const [cx, cy, half] = app.state.box;
      if (Math.max(Math.abs(x - cx), Math.abs(y - cy)) > half)
        app.notify('That point lies outside the view. Home shows all points.');
    },

    /** @param {number} k
     * @param {number} x
     * @param {number} y */
    movePoint(k, x, y) {
      if (k < 0 || k >= app.visible) return;
      const list = app.list.slice();
      list[k] = { ...at(x, y), c: list[k].c, i: -1 };
      put(list);
    },

    recolour(k = app.ui.selected) {
      if (k < 0) return;
      const list = app.list.slice();
      list[k] = { ...list[k], c: 1 - list[k].c, i: -1 };
      put(list);
    },

    deletePoint(k = app.ui.selected) {
      if (k < 0) return;
      const list = app.list.slice();
      list.splice(k, 1);
      const { shown } = app.state;
      put(list, { shown: shown === null ? null : Math.max(0, shown - 1), selected: -1 });
    },

    /** @param {any} pane
     * @param {number} px
     * @param {number} py */
    sprayAt(pane, px, py) {
      app.addPoint(...pane.toWorld(px, py));
    },

    /** @param {any} pane
     * @param {number} px
     * @param {number} py
     * @param {number} reach */
    eraseAt(pane, px, py, reach) {
      const gone = (/** @type {Point} */ p, /** @type {number} */ k) => {
        const [x, y] = pane.toScreen(p.x, p.y);
        return k < app.visible && Math.hypot(x - px, y - py) < reach;
      };
      const list = app.list.filter((/** @type {Point} */ p, /** @type {number} */ k) => !gone(p, k));
      const lost = app.list.length - list.length;
      if (!lost) return;
      const { shown } = app.state;
      put(list, { shown: shown === null ? null : Math.max(0, shown - lost), selected: -1 });
    },

    /** The whole list at once, from the table. @param {Point[]} list */
    setPoints(list) {
      put(list, { selected: -1 });
    },

    /** @param {number} k */
    select(k) {
      app.ui.selected = k;
      app.marks();
    },

    /** @param {1 | -1} way */
    selectNext(way) {
      if (!app.visible) return;
      const from = app.ui.selected < 0 ? (way > 0 ? -1 : 0) : app.ui.selected;
      app.select((from + way + app.visible) % app.visible);
      app.setCursor(app.list[app.ui.selected]);
    },
  });
}
