// The points as a table: everything a hand can do on a map, by typing. Fifty rows a page, so that two thousand points
// stay quick.
import { figure, say } from './dom.js';
import { SHAPES, SHAPE_NAMES } from './palette.js';

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

  /** Row j of the page. It is made once and filled anew, so that a change does not take the focus away.
   * @param {number} j */
  function rowAt(j) {
    const k = () => page * PAGE + j;
    const [x, y] = /** @type {const} */ (['x', 'y']).map((axis) => {
      const input = el('input', { type: 'number', step: 'any', onchange: () => edit(k(), axis, input) });
      return input;
    });
    const name = el('th', { scope: 'row' });
    const turned = el('button', { type: 'button', title: 'Change its class', onclick: () => app.recolour(k()) });
    const gone = el('button', { type: 'button', title: 'Delete', onclick: () => app.deletePoint(k()) }, '×');
    return {
      root: el('tr', {}, name, ...[x, y, turned, gone].map((cell) => el('td', {}, cell))),
      fill(/** @type {import('./points.js').Point} */ p) {
        const number = k() + 1;
        say(name, String(number));
        for (const [input, axis] of /** @type {const} */ ([
          [x, 'x'],
          [y, 'y'],
        ])) {
          input.value = Number(p[axis].toPrecision(6));
          input.ariaLabel = `${axis} of point ${number}`;
        }
        say(turned, SHAPES[p.c]);
        turned.className = `c${p.c}`;
        turned.ariaLabel = `point ${number}: ${SHAPE_NAMES[p.c]}, change its class`;
        gone.ariaLabel = `Delete point ${number} at ${figure(p.x)}, ${figure(p.y)}`;
      },
    };
  }
  /** @type {ReturnType<typeof rowAt>[]} */
  const rows = [];

  function show() {
    if (!details.open) return;
    const pages = Math.max(1, Math.ceil(app.visible / PAGE));
    page = Math.min(pages - 1, Math.max(0, page));
    const part = app.list.slice(page * PAGE, Math.min(app.visible, (page + 1) * PAGE));
    const text = JSON.stringify([page, part]);
    if (text === drawn) return;
    drawn = text;
    say(where, `page ${page + 1} of ${pages}`);
    part.forEach((/** @type {any} */ p, /** @type {number} */ j) => (rows[j] ??= rowAt(j)).fill(p));
    rows.forEach(({ root }, j) => (j < part.length ? root.parentNode || body.append(root) : root.remove()));
  }
  return { root: details, show };
}
