// The points as a table: everything a hand can do on a map, by typing. Fifty rows a page, so that two thousand points
// stay quick.
import { figure, say } from './dom.js';

const PAGE = 50;

/** @param {any} app
 * @param {any} kit */
export function createTable(app, kit) {
  const { el } = kit;
  let page = 0;
  let drawn = '';
  const body = el('tbody');
  const where = el('span', { class: 'quiet' });
  const fields = {
    x: el('input', { type: 'number', step: 'any', 'aria-label': 'x of a new point' }),
    y: el('input', { type: 'number', step: 'any', 'aria-label': 'y of a new point' }),
    c: el(
      'select',
      { 'aria-label': 'class of a new point' },
      el('option', { value: 0 }, '● circle'),
      el('option', { value: 1 }, '▲ triangle'),
    ),
  };

  /** @param {number} k
   * @param {'x' | 'y'} axis
   * @param {HTMLInputElement} input */
  function edit(k, axis, input) {
    const v = Number(input.value);
    if (input.value === '' || !Number.isFinite(v)) {
      app.notify(`Column ${axis}, row ${k + 1}: “${input.value}” is not a number. Nothing was changed.`);
      input.value = String(app.list[k][axis]);
      return;
    }
    const list = app.list.slice();
    list[k] = { ...list[k], [axis]: v, i: -1 };
    app.setPoints(list);
  }

  const add = kit.action('Add', () => {
    const x = Number(fields.x.value);
    const y = Number(fields.y.value);
    if (fields.x.value === '' || fields.y.value === '' || !Number.isFinite(x) || !Number.isFinite(y)) {
      app.notify('A point needs two numbers, x and y. Nothing was changed.');
      return;
    }
    app.addPoint(x, y, Number(fields.c.value));
  });
  const turn = (/** @type {number} */ by) => {
    page += by;
    drawn = '';
    show();
  };
  const details = el(
    'details',
    { class: 'table', ontoggle: () => show() },
    el('summary', {}, 'Points as a table'),
    el('div', { class: 'row' }, kit.field('x', fields.x), kit.field('y', fields.y), kit.field('Class', fields.c), add),
    el(
      'table',
      {},
      el('thead', {}, el('tr', {}, ...['#', 'x', 'y', 'class', ''].map((t) => el('th', { scope: 'col' }, t)))),
      body,
    ),
    el(
      'div',
      { class: 'row' },
      kit.action('‹ Before', () => turn(-1)),
      where,
      kit.action('After ›', () => turn(1)),
    ),
  );

  function show() {
    if (!details.open) return;
    const pages = Math.max(1, Math.ceil(app.visible / PAGE));
    page = Math.min(pages - 1, Math.max(0, page));
    const part = app.list.slice(page * PAGE, Math.min(app.visible, (page + 1) * PAGE));
    const text = JSON.stringify([page, part]);
    if (text === drawn) return;
    drawn = text;
    say(where, `page ${page + 1} of ${pages}`);
    body.replaceChildren(
      ...part.map((/** @type {any} */ p, /** @type {number} */ j) => {
        const k = page * PAGE + j;
        const cell = (/** @type {'x' | 'y'} */ axis) => {
          const input = el('input', {
            type: 'number',
            step: 'any',
            value: Number(p[axis].toPrecision(6)),
            'aria-label': `${axis} of point ${k + 1}`,
            onchange: () => edit(k, axis, input),
          });
          return el('td', {}, input);
        };
        return el(
          'tr',
          {},
          el('th', { scope: 'row' }, String(k + 1)),
          cell('x'),
          cell('y'),
          el(
            'td',
            {},
            el(
              'button',
              {
                type: 'button',
                class: `c${p.c}`,
                title: 'Change its class',
                'aria-label': `point ${k + 1}: ${p.c ? 'triangle' : 'circle'}, change its class`,
                onclick: () => app.recolour(k),
              },
              p.c ? '▲' : '●',
            ),
          ),
          el(
            'td',
            {},
            el(
              'button',
              {
                type: 'button',
                title: 'Delete',
                'aria-label': `Delete point ${k + 1} at ${figure(p.x)}, ${figure(p.y)}`,
                onclick: () => app.deletePoint(k),
              },
              '×',
            ),
          ),
        );
      }),
    );
  }
  return { root: details, show };
}
