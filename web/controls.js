// Building blocks of the drawers: a labelled field that shows a key of the state and changes it. Menus come from the
// tables of the library, so a new row there is a new choice here.
import { maker } from './dom.js';

/** @param {any} app */
export function createControls(app) {
  const { el, svg } = maker(app.doc);
  /** @type {(() => void)[]} */
  const refresh = [];

  const field = (/** @type {string} */ label, /** @type {any} */ input, /** @type {string} */ hint = '') =>
    el('label', { class: 'field', title: hint || false }, el('span', {}, label), input);

  /** @param {() => { name: string, about?: string, title?: string }[]} rows */
  function select(
    /** @type {string} */ label,
    /** @type {string} */ key,
    rows,
    /** @type {(v: string) => any} */ patch = (v) => ({ [key]: v }),
    /** @type {(s: any) => any} */ now = (s) => s[key],
  ) {
    const input = el('select', { 'data-key': key, onchange: () => app.change(patch(input.value)) });
    let known = '';
    refresh.push(() => {
      const options = rows();
      const names = options.map((o) => o.name).join();
      if (names !== known) {
        known = names;
        input.replaceChildren(
          ...options.map((o) => el('option', { value: o.name, title: o.about ?? false }, o.title ?? o.name)),
        );
      }
      input.value = String(now(app.state));
      input.title = options.find((o) => o.name === input.value)?.about ?? '';
    });
    return field(label, input);
  }

  function number(
    /** @type {string} */ label,
    /** @type {string} */ key,
    /** @type {any} */ { min, max, step = 'any', none = '', patch },
  ) {
    const input = el('input', {
      type: 'number',
      min,
      max,
      step,
      placeholder: none || false,
      'data-key': key,
      inputmode: 'decimal',
      onchange: () => {
        const v = input.value === '' ? null : Number(input.value);
        if (v === null ? !none : !(v >= min && v <= max)) {
          app.notify(`${label} must lie between ${min} and ${max}. Nothing was changed.`);
          input.value = app.state[key] ?? '';
          return;
        }
        app.change(patch ? patch(v) : { [key]: v });
      },
    });
    refresh.push(() => {
      if (app.doc.activeElement !== input) input.value = app.state[key] ?? '';
    });
    return field(label, input);
  }

  function toggle(
    /** @type {string} */ label,
    /** @type {(s: any) => boolean} */ on,
    /** @type {(on: boolean) => any} */ patch,
    /** @type {string} */ hint = '',
  ) {
    const input = el('input', { type: 'checkbox', role: 'switch', onchange: () => app.change(patch(input.checked)) });
    refresh.push(() => {
      input.checked = on(app.state);
    });
    return el('label', { class: 'field switch', title: hint || false }, input, el('span', {}, label));
  }

  const action = (/** @type {string} */ label, /** @type {() => void} */ run, /** @type {string} */ hint = '') =>
    el('button', { type: 'button', onclick: run, title: hint || false }, label);

  /** A small line chart: one path in a frame, an optional mark. */
  function chart(/** @type {string} */ label) {
    const path = svg('path', { class: 'curve' });
    const mark = svg(
      'g',
      { class: 'mark', visibility: 'hidden' },
      svg('line', { y1: 0, y2: 80 }),
      svg('circle', { r: 3.5 }),
    );
    const root = svg(
      'svg',
      { class: 'chart', viewBox: '0 0 240 80', role: 'img', 'aria-label': label },
      svg('rect', { width: 240, height: 80, class: 'frame' }),
      path,
      mark,
    );
    const low = el('span');
    const high = el('span');
    const title = el('figcaption', {}, label);
    return {
      root: el('figure', {}, title, root, el('div', { class: 'axis' }, low, high)),
      /** @param {number[]} ys
       * @param {{ low: string, high: string, at?: number | null, text?: string, floor?: number }} about
       *   at: 0 … 1 along the axis; floor: below it the curve is cut */
      draw(ys, { low: a, high: b, at = null, text = label, floor = -Infinity }) {
        const good = ys.filter(Number.isFinite);
        const max = Math.max(...good);
        const min = Math.max(Math.min(...good), floor);
        const y = (/** @type {number} */ v) => 74 - 68 * (max > min ? (Math.max(v, min) - min) / (max - min) : 0.5);
        const x = (/** @type {number} */ k) => 4 + 232 * (ys.length > 1 ? k / (ys.length - 1) : 0.5);
        path.setAttribute(
          'd',
          good.length
            ? ys
                .map((v, k) => (Number.isFinite(v) ? `${k ? 'L' : 'M'}${x(k).toFixed(1)} ${y(v).toFixed(1)}` : ''))
                .join('')
            : '',
        );
        low.textContent = a;
        high.textContent = b;
        title.textContent = text;
        mark.setAttribute('visibility', at === null || !good.length ? 'hidden' : 'visible');
        if (at === null || !good.length) return;
        const k = at * (ys.length - 1);
        const i = Math.min(ys.length - 2, Math.floor(k));
        const v = ys[i] + (ys[i + 1] - ys[i]) * (k - i);
        mark.setAttribute('transform', `translate(${x(k).toFixed(1)} 0)`);
        mark.lastChild.setAttribute('cy', y(v).toFixed(1));
      },
    };
  }

  return { el, svg, field, select, number, toggle, action, chart, refresh: () => refresh.forEach((f) => f()) };
}
