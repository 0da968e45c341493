// The drawer of the data: tiles drawn by the generators, the article's presets, n, noise and seed, and the points as a
// table.
import { say } from './dom.js';
import { boxAround } from './points.js';
import { PRESETS, presetState } from './presets.js';
import { createTable } from './table.js';

const fresh = { w: 'start' };

/** A drawing of a generator's points. @param {any} kit
 * @param {{ X: number[], y: number[] }} sample */
function tileOf({ svg }, { X, y }) {
  let half = 0;
  const middle = [0, 1].map((a) => {
    const v = X.filter((_, k) => k % 2 === a);
    const [low, high] = [Math.min(...v), Math.max(...v)];
    half = Math.max(half, (high - low) / 2);
    return (high + low) / 2;
  });
  return svg(
    'svg',
    { viewBox: '0 0 60 60', 'aria-hidden': 'true' },
    ...y.map((c, k) => {
      const [px, py] = [30 + (25 * (X[2 * k] - middle[0])) / half, 30 - (25 * (X[2 * k + 1] - middle[1])) / half];
      return c
        ? svg('path', { class: 'c1', d: `M${px} ${py - 2.4}L${px + 2.1} ${py + 1.2}H${px - 2.1}Z` })
        : svg('circle', { class: 'c0', cx: px, cy: py, r: 1.7 });
    }),
  );
}

/** 'toyDataNonLinear' → 'toy data non linear'. @param {string} name */
const spoken = (name) => name.replace(/([A-Z])/g, ' $1').toLowerCase();

/** @param {any} app
 * @param {any} kit
 * @returns {import('./drawers.js').Drawer} */
export function dataDrawer(app, kit) {
  const { el } = kit;
  const tiles = el('div', { class: 'tiles', role: 'group', 'aria-label': 'Data sets' });
  const printed = el(
    'div',
    { class: 'presets', role: 'group', 'aria-label': 'Presets' },
    ...PRESETS.flatMap((p, k) => [
      k === 1 && el('span', { class: 'lead' }, 'As printed in the article:'),
      kit.action(p.title, () => app.change(presetState(p.id), { whole: true }), p.about),
    ]),
  );
  const table = createTable(app, kit);
  const counts = el('p', { class: 'quiet' });
  const noise = kit.number('Noise', 'noise', {
    min: 0,
    max: 10,
    none: 'own',
    patch: (/** @type {any} */ v) => ({ noise: v, edits: null, shown: null, ...fresh }),
  });
  const pick = (/** @type {any} */ { name, X, y }) => {
    const list = y.map((/** @type {number} */ _, /** @type {number} */ k) => ({ x: X[2 * k], y: X[2 * k + 1] }));
    app.change(
      { data: name, edits: null, shown: null, noise: null, pin: 'auto', box: boxAround(list, 2.4), ...fresh },
      { whole: true },
    );
  };
  return {
    content: [
      tiles,
      printed,
      el(
        'div',
        { class: 'row' },
        kit.number('Points', 'n', {
          min: 2,
          max: 2000,
          step: 1,
          patch: (/** @type {number} */ v) => ({ n: Math.round(v), edits: null, shown: null, ...fresh }),
        }),
        noise,
        kit.number('Seed', 'seed', {
          min: 0,
          max: 4294967295,
          step: 1,
          patch: (/** @type {number} */ v) => ({ seed: Math.round(v), edits: null, shown: null, ...fresh }),
        }),
        kit.select('Play', 'play', () => [
          { name: 'refit', title: 'train on what has arrived' },
          { name: 'fixed', title: 'trained once on all (as printed)' },
        ]),
        kit.action('Clear all points', () => app.change({ edits: [], shown: null, ...fresh })),
      ),
      counts,
      table.root,
    ],
    menus() {
      tiles.replaceChildren(
        ...app.samples.map((/** @type {any} */ s) =>
          el(
            'button',
            { type: 'button', class: 'tile', 'data-set': s.name, title: s.about || false, onclick: () => pick(s) },
            tileOf(kit, s),
            el('span', {}, spoken(s.name)),
          ),
        ),
      );
      this.show?.(app.facts, app.answer);
    },
    show(/** @type {any} */ facts) {
      if (!facts) return;
      for (const tile of tiles.children)
        tile.setAttribute('aria-pressed', String(tile.dataset.set === app.state.data && app.state.edits === null));
      noise.hidden = !app.tables?.datasets
        .find((/** @type {any} */ d) => d.name === app.state.data)
        ?.parameters.some((/** @type {any} */ p) => p.name === 'noise');
      say(
        counts,
        `${facts.classes[0]} ● circles, ${facts.classes[1]} ▲ triangles shown` +
          `${facts.waiting ? `, ${facts.waiting} waiting` : ''}.`,
      );
      table.show();
    },
  };
}
