// Looking: box, pin, pointer and cross-hair. Nothing here changes what is computed about the points, and none of it
// is undone.
import { boxAround, nearest, placed } from './points.js';

/** @param {any} app */
export function attachLooking(app) {
  const { screen } = app;
  /** The middle of a box so fine that fifty steps of a pinch, each about the pointer, leave the place under it there.
   * @param {number} v
   * @param {number} half side of the box */
  const snap = (v, half) => {
    const grain = 10 ** Math.floor(Math.log10(half) - 9);
    return Number((Math.round(v / grain) * grain).toPrecision(12));
  };
  const homeBox = (/** @type {number} */ times) => boxAround(app.list, times, app.facts?.extent);

  Object.assign(app, {
    /** @param {{ box?: number[], pin?: number[] }} patch */
    look: (patch) => app.change(patch, { gesture: true }),
    /** @param {number} x
     * @param {number} y */
    nearestShown: (x, y) => nearest(app.list.slice(0, app.visible), x, y)?.distance ?? null,
    /** @param {number} factor
     * @param {number[]} [about] the place that stays where it is */
    zoomBy(factor, about) {
      const [cx, cy, half] = app.state.box;
      const to = Number(Math.min(1e9, Math.max(1e-6, half * factor)).toPrecision(6));
      const f = to / half;
      const [ax, ay] = about ?? [cx, cy];
      app.look({ box: [snap(ax + (cx - ax) * f, to), snap(ay + (cy - ay) * f, to), to] });
    },
    /** Moves the box from where it was when the gesture began, so that there and back is the same box to the last bit.
     * @param {number} dx of the box's width
     * @param {number} dy
     * @param {number[]} [from] */
    panBy(dx, dy, from = app.state.box) {
      const [cx, cy, half] = from;
      app.look({ box: [dx ? snap(cx + 2 * half * dx, half) : cx, dy ? snap(cy + 2 * half * dy, half) : cy, half] });
    },
    homeBox: () => homeBox(2.4),
    home: () => app.look({ box: homeBox(2.4) }),
    farOut: () => app.look({ box: homeBox(10) }),
    /** @param {number} x
     * @param {number} y */
    setPin: (x, y) => app.look({ pin: [x, y].map((v) => placed(v, 2 * app.state.box[2])) }),
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
          hover.value = await app.ask({ task: 'probe', x, y, link: app.state.link });
        } catch {
          /* no posterior yet: the pin's figures stay */
        }
        app.probing = false;
        if (app.ui.hover && app.ui.hover !== hover) {
          return app.hover(app.ui.hover.x, app.ui.hover.y, app.ui.hover.pane);
        }
      }
      app.marks();
      app.reading();
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
      app.bubble(chosen);
    },
  });
}
