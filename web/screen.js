// The first screen: two maps, one bar, the caption, the player, and beside them the read-out, the tools and λ.
// Elements only; app.js gives them life.
import { maker, say } from './dom.js';
import { Pane } from './pane.js';

export const LAMBDA = { low: 0.003, high: 30, steps: 400 };
const ratio = LAMBDA.high / LAMBDA.low;

/** @param {number} step of the slider */
export const lambdaOf = (step) => Number((LAMBDA.low * ratio ** (step / LAMBDA.steps)).toPrecision(2));
/** @param {number} lambda */
export const stepOf = (lambda) =>
  Math.round(Math.min(1, Math.max(0, Math.log(lambda / LAMBDA.low) / Math.log(ratio))) * LAMBDA.steps);

/** The slider of λ, on the first screen and in the drawer of the prior. @param {(...parts: any[]) => any} el */
export const lambdaSlider = (el) =>
  el('input', {
    type: 'range',
    min: 0,
    max: LAMBDA.steps,
    step: 1,
    'data-lambda': true,
    'aria-label': 'Prior precision λ',
  });

/** @param {Document} doc */
export function createScreen(doc) {
  const { el, svg } = maker(doc);
  const panes = { left: new Pane(doc, 'plugin'), right: new Pane(doc, 'average') };
  const button = (/** @type {string} */ act, /** @type {any} */ text, /** @type {any} */ more = {}) =>
    el('button', { type: 'button', 'data-act': act, ...more }, text);
  const icon = (/** @type {string} */ d) =>
    svg('svg', { viewBox: '0 0 16 16', class: 'icon', 'aria-hidden': 'true' }, svg('path', { d }));

  const names = ['left', 'right'].map((side) => el('div', { class: `name ${side}` }, el('b'), ' ', el('span')));
  const maps = el(
    'div',
    { class: 'maps' },
    ...names,
    panes.left.root,
    panes.right.root,
    panes.left.ghost,
    panes.right.ghost,
  );
  const bar = el('div', { class: 'bar' });
  const caption = el('p', { class: 'caption' });

  const slider = el('input', {
    type: 'range',
    class: 'count',
    min: 0,
    max: 200,
    step: 1,
    'aria-label': 'Points shown',
  });
  const count = el('output', { class: 'tally' });
  const speed = el(
    'select',
    { 'aria-label': 'Speed of play', class: 'speed' },
    ...[
      ['0.5', '½×'],
      ['1', '1×'],
      ['2', '2×'],
      ['4', '4×'],
    ].map(([value, text]) => el('option', { value, selected: value === '1' }, text)),
  );
  const play = button('play', [icon('M4 2.5v11l9-5.5z'), el('span', {}, 'Play')], {
    class: 'play',
    'aria-keyshortcuts': 'Space',
  });
  const player = el(
    'div',
    { class: 'player', role: 'group', 'aria-label': 'Points arrive one by one' },
    play,
    button('step', 'Step'),
    button('restart', '↺', { 'aria-label': 'Start again from no points', title: 'Start again from no points' }),
    slider,
    count,
    speed,
  );
  const past = el(
    'div',
    { class: 'past', role: 'group', 'aria-label': 'Undo and redo' },
    button('undo', 'Undo', { disabled: true }),
    button('redo', 'Redo', { disabled: true }),
  );

  const reading = (/** @type {string} */ name) => {
    const row = el(
      'div',
      { class: 'reading' },
      el('span', { class: 'who' }, name),
      el('span', { class: 'track' }, el('i')),
      el('b', { class: 'value' }),
    );
    return row;
  };
  const where = el('p', { class: 'where' });
  const readings = { left: reading('One network'), right: reading('Averaged') };
  const readout = el('section', { class: 'readout', 'aria-label': 'Read-out' }, where, readings.left, readings.right);

  const tools = el(
    'div',
    { class: 'tools', role: 'group', 'aria-label': 'What a press on a map does' },
    button('class', [el('i', { class: 'c0' }, '●'), el('span', {}, ' circle')], {
      'data-class': 0,
      title: 'Add circles',
    }),
    button('class', [el('i', { class: 'c1' }, '▲'), el('span', {}, ' triangle')], {
      'data-class': 1,
      title: 'Add triangles',
    }),
    button('look', 'Look', { title: 'Move the pin and read values; nothing is added' }),
    button('more', 'More', { 'aria-expanded': 'false' }),
  );
  const more = el(
    'div',
    { class: 'more', hidden: true },
    button('spray', 'Spray'),
    button('erase', 'Erase'),
    button('pin-auto', 'Pin: automatic'),
    button('enlarge', 'Enlarge'),
    el(
      'span',
      { class: 'pan', role: 'group', 'aria-label': 'Move the view' },
      ...[
        ['left', '←'],
        ['up', '↑'],
        ['down', '↓'],
        ['right', '→'],
      ].map(([way, arrow]) => button('pan', arrow, { 'data-way': way, 'aria-label': `Move the view ${way}` })),
    ),
    button('help', '?', { 'aria-label': 'Keys' }),
  );
  const zoom = el(
    'div',
    { class: 'zoom', role: 'group', 'aria-label': 'Zoom' },
    button('out', '−', { 'aria-label': 'Zoom out' }),
    button('in', '+', { 'aria-label': 'Zoom in' }),
    button('home', 'Home'),
    button('far', 'Far out'),
  );

  const lambda = lambdaSlider(el);
  const lambdaText = el('output');
  const prior = el(
    'div',
    { class: 'prior' },
    el('div', { class: 'line' }, el('span', {}, 'Prior precision λ'), lambdaText),
    lambda,
    el('div', { class: 'ends' }, el('span', {}, 'loose'), el('span', {}, 'stiff')),
  );
  const checks = button(
    'checks',
    [el('i', { class: 'dot' }), el('span'), el('span', { class: 'go', 'aria-hidden': 'true' }, '▸')],
    { class: 'checks' },
  );

  const notice = el('p', { class: 'notice', role: 'status', hidden: true });
  const live = el('p', { class: 'unseen', 'aria-live': 'polite' });
  const bubble = el(
    'div',
    { class: 'bubble', role: 'group', 'aria-label': 'Selected point', hidden: true },
    button('recolour', ''),
    button('add-here', '+', { 'aria-label': 'Add another point here', title: 'Add another point here' }),
    button('delete', '×', { 'aria-label': 'Delete this point', title: 'Delete this point' }),
  );
  maps.append(bubble);

  const bench = el('div', { class: 'bench' }, maps, bar, caption, el('div', { class: 'rowed' }, player, past));
  const side = el('div', { class: 'side' }, readout, el('div', { class: 'hands' }, tools, more, zoom), prior, checks);
  const screen = el('section', { class: 'screen', 'aria-label': 'Two maps of one network' }, notice, bench, side, live);

  const glyph = (/** @type {number} */ c) => (c ? '▲' : '●');
  let barView = /** @type {any} */ (null);

  return {
    screen,
    panes,
    maps,
    bar,
    caption,
    slider,
    count,
    speed,
    play,
    lambda,
    lambdaText,
    checks,
    notice,
    live,
    bubble,
    tools,
    more,
    zoom,
    past,
    bench,
    readout,
    player,

    /** The bar of a view. @param {any} view
     * @param {any} theme */
    showBar(view, theme) {
      [view.left, view.right].forEach(([name, what], k) => {
        say(names[k].querySelector('b'), name);
        if (k) say(names[k].querySelector('span'), what);
      });
      if (barView === view.title + theme.key) return;
      barView = view.title + theme.key;
      const { edges, ends } = view.bar;
      const all = [ends[0], ...edges, ends[1]];
      const cells = view.bar[theme.key].map((/** @type {string} */ colour, /** @type {number} */ k) => {
        const cell = el('i', { 'data-lo': all[k], 'data-hi': all[k + 1], class: k < view.bar.hatched && 'hatched' });
        cell.style.backgroundColor = colour;
        return cell;
      });
      const text = (/** @type {number} */ v) =>
        view.percent ? `${Math.round(100 * v)}` : v.toFixed(2).replace(/^0/, '');
      const ticks = view.ticks.map((/** @type {number} */ v, /** @type {number} */ k) => {
        const tick = el(
          'span',
          { class: k % 2 ? 'odd' : '' },
          text(v) + (view.percent && k === view.ticks.length - 1 ? ' %' : ''),
        );
        tick.style.left = `${(100 * (k + 1)) / (edges.length + 1)}%`;
        return tick;
      });
      const [low, high] = view.percent ? [`● ${view.ends[0]}`, `${view.ends[1]} ▲`] : view.ends;
      bar.replaceChildren(
        el('span', { class: 'end low' }, low),
        el(
          'div',
          { class: 'cells' },
          el('div', { class: 'band' }, ...cells),
          el('div', { class: 'ticks', 'aria-hidden': 'true' }, ...ticks),
        ),
        el('span', { class: 'end middle' }, view.middle),
        el('span', { class: 'end high' }, high),
      );
    },

    /** What stands beside “One network”. @param {string} text */
    told: (text) => say(names[0].querySelector('span'), text),

    /** @param {{ title: string, left: any, right: any, percent: boolean }} what */
    showReading({ title, left, right }) {
      say(where, title);
      for (const [key, value] of /** @type {const} */ ([
        ['left', left],
        ['right', right],
      ])) {
        const row = readings[key];
        say(row.querySelector('.value'), value.text);
        const fill = row.querySelector('i');
        fill.className = value.class;
        fill.style.transform = `scaleX(${value.share.toFixed(4)})`;
      }
    },
    glyph,
  };
}
