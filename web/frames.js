// For readers who asked for reduced motion: play as a strip of six pairs of small maps, each a button that shows its N.
import { maker } from './dom.js';
import { bandsOf, fill } from './map.js';
import { PROBABILITY, cuts, themeOf } from './palette.js';

const SIDE = 88; // pixels of a small map
export const COUNTS = [0, 1, 4, 12, 40, 200];

/** @param {any} app */
export function createFrames(app) {
  const { el } = maker(app.doc);
  const row = el('div', { class: 'frames' });
  const root = el(
    'section',
    { class: 'still', 'aria-label': 'Six moments of play', hidden: true },
    el('h2', {}, 'As points arrive'),
    row,
  );
  let drawn = '';

  /** @param {any} field
   * @param {any} theme */
  function small({ values, grid, box }, theme) {
    const canvas = el('canvas', { width: SIDE, height: SIDE, 'aria-hidden': 'true' });
    const bands = bandsOf(new Uint8Array(SIDE * SIDE), { values, grid, box }, box, SIDE, SIDE, cuts(PROBABILITY));
    fill(canvas.getContext('2d', { alpha: false }), bands, PROBABILITY[/** @type {'light'} */ (theme.key)], theme);
    return canvas;
  }

  return {
    root,
    /** Draws the strip anew when data, network or prior changed. Called at rest. */
    async show() {
      const { state, list } = app;
      const counts = [...new Set(COUNTS.map((n) => Math.min(n, list.length)))];
      const { box, pin, shown, w, view, ...rest } = state;
      const text = JSON.stringify([rest, app.dark, typeof w]);
      if (text === drawn) return;
      drawn = text;
      root.hidden ||= list.length < 2;
      if (list.length < 2) return;
      const box0 = app.homeBox();
      try {
        const frames = await app.ask({ task: 'frames', state: { ...state, box: box0, view: 'probability' }, counts });
        if (text !== drawn) return;
        const theme = themeOf(app.root, app.dark);
        row.replaceChildren(
          ...frames.map((/** @type {any} */ f) =>
            el(
              'button',
              {
                type: 'button',
                class: 'frame',
                'aria-label': `Show ${f.N} ${f.N === 1 ? 'point' : 'points'}`,
                onclick: () => {
                  app.touched();
                  app.show(f.N);
                },
              },
              small(f.plugin, theme),
              small(f.average, theme),
              el('span', {}, String(f.N)),
            ),
          ),
        );
        root.hidden = false;
      } catch {
        if (drawn === text) drawn = ''; // not to be had now: the next rest tries again
      }
    },
  };
}
