// One map: its canvas, the drawing above it (pin, selection, cross-hair, badges) and the fading picture it replaces.
import { CANARIES } from './canary.js';
import { maker, say } from './dom.js';
import { scatter } from './glyphs.js';
import { stroke } from './lines.js';
import { bandsOf, changed, fill } from './map.js';
import { cuts } from './palette.js';
import { stacks } from './points.js';

const KEYS_HELP =
  'Arrow keys move the cross-hair, Enter adds a point, 1 and 2 choose its class, N and P step through the points, ' +
  'C changes the class, M moves, Delete removes, plus, minus and 0 zoom, Space plays, U undoes, ' +
  'H lists all keys, Escape leaves.';

/** @typedef {import('./map.js').Field} Field */

export class Pane {
  /** @param {Document} doc
   * @param {'plugin' | 'average'} name */
  constructor(doc, name) {
    const { el, svg } = maker(doc);
    this.name = name;
    this.make = { el, svg };
    this.canvas = el('canvas', { 'data-map': name });
    this.badges = svg('g');
    this.hover = svg(
      'g',
      { class: 'hover', visibility: 'hidden' },
      svg('circle', { r: 6, class: 'casing' }),
      svg('circle', { r: 6, class: 'ring' }),
    );
    this.cross = svg(
      'g',
      { class: 'cross', visibility: 'hidden' },
      ...['casing', 'ring'].map((c) => svg('path', { class: c, d: 'M-14 0H-4M4 0H14M0 -14V-4M0 4V14' })),
    );
    this.chosen = svg(
      'g',
      { class: 'chosen', visibility: 'hidden' },
      svg('circle', { r: 9, class: 'casing' }),
      svg('circle', { r: 9, class: 'ring' }),
    );
    this.pin = svg(
      'g',
      { class: 'pin', visibility: 'hidden' },
      svg('circle', { r: 8, class: 'casing' }),
      svg('circle', { r: 8, class: 'ring' }),
      svg('circle', { r: 1.5, class: 'dot' }),
    );
    this.drawing = svg(
      'svg',
      { class: 'drawing', 'aria-hidden': 'true' },
      this.badges,
      this.hover,
      this.pin,
      this.chosen,
      this.cross,
    );
    this.pinGrip = el('div', { class: 'grip pin-grip', 'data-grip': 'pin' });
    this.pointGrip = el('div', { class: 'grip point-grip', 'data-grip': 'point', hidden: true });
    this.note = el('p', { class: 'note', hidden: true });
    this.root = el(
      'div',
      {
        class: `map ${name}`,
        role: 'application',
        tabindex: 0,
        'aria-roledescription': 'map',
        'data-pane': name,
        'aria-label': name === 'plugin' ? 'Map of one network' : 'Map of the average',
        'aria-description': KEYS_HELP,
      },
      this.canvas,
      this.drawing,
      this.pinGrip,
      this.pointGrip,
      this.note,
    );
    this.ghost = el('canvas', { class: `ghost ${name}`, 'aria-hidden': 'true', hidden: true });
    this.context = this.canvas.getContext('2d', { alpha: false });
    this.bands = new Uint8Array(0);
    this.side = 0;
    this.box = [0, 0, 1];
  }

  /** Reads the size the page gives it; true when it changed. @param {number} ratio */
  measure(ratio) {
    const side = this.canvas.clientWidth;
    const pixels = Math.max(1, Math.round(side * ratio));
    if (side === this.side && this.canvas.width === pixels) return false;
    this.side = side;
    this.ratio = ratio;
    this.canvas.width = this.canvas.height = pixels;
    this.context.fillStyle = getComputedStyle(this.canvas).backgroundColor; // black, else, until something is painted
    this.context.fillRect(0, 0, pixels, pixels);
    this.drawing.setAttribute('viewBox', `0 0 ${side} ${side}`);
    return true;
  }

  /** @param {number} x
   * @param {number} y
   * @returns {[number, number]} CSS pixels from the top left corner */
  toScreen(x, y) {
    const t = this.side / 2;
    return [((x - this.box[0]) / this.box[2] + 1) * t, this.side - ((y - this.box[1]) / this.box[2] + 1) * t];
  }

  /** @param {number} px
   * @param {number} py
   * @returns {[number, number]} */
  toWorld(px, py) {
    return [
      this.box[0] + this.box[2] * ((2 * px) / this.side - 1),
      this.box[1] + this.box[2] * (1 - (2 * py) / this.side),
    ];
  }

  /**
   * @param {{ field: Field | null, scale: any, box: number[], theme: any,
   *   lines: { lines: any, field: Field, kind: string }[],
   *   points: import('./points.js').Point[], crowd: { count: number, extent: number }, view: string,
   *   canary: string, empty: string }} picture
   * @returns {number} share of pixels that changed their band
   */
  paint({ field, scale, box, theme, lines, points, crowd, view, canary, empty }) {
    const { context, canvas } = this;
    const { width: w, height: h } = canvas;
    const ratio = this.ratio ?? 1;
    this.box = box;
    const before = this.bands;
    const bands = new Uint8Array(w * h);
    if (field && !(CANARIES && canary === 'stale' && before.length === bands.length)) {
      bandsOf(bands, field, box, w, h, cuts(scale), canary);
    } else if (CANARIES && canary === 'stale') bands.set(before);
    this.bands = bands;
    let colours = field ? scale[theme.key] : [theme.panel];
    if (CANARIES && canary === 'thirteenth' && field) colours = colours.with(5, '#7fb069');
    fill(context, bands, colours, theme, field && theme.hatched ? scale.hatched : 0);
    const styles = /** @type {Record<string, any>} */ ({
      even: { colour: theme.ink, width: (this.side < 240 ? 2 : 2.5) * ratio },
      low: { colour: theme.ink, width: ratio, dash: [4 * ratio, 3 * ratio] },
      high: { colour: theme.ink, width: ratio },
    });
    for (const { lines: traced, field: from, kind } of lines) {
      const moved = CANARIES && canary === 'register' && this.name === 'average';
      stroke(context, traced, from, moved ? [box[0] + box[2] / 40, box[1], box[2]] : box, styles[kind]);
    }
    scatter(context, points, crowd, box, ratio, theme, canary);
    canvas.dataset.box = [box[0] - box[2], box[0] + box[2], box[1] - box[2], box[1] + box[2]].join(',');
    canvas.dataset.grid = String(field?.grid ?? 0);
    canvas.dataset.view = view;
    this.#badge(points);
    this.note.hidden = !empty;
    say(this.note, empty);
    return before.length === bands.length ? changed(before, bands) : 1;
  }

  /** @param {import('./points.js').Point[]} points */
  #badge(points) {
    const { svg } = this.make;
    this.badges.replaceChildren(
      ...stacks(points)
        .slice(0, 40)
        .map(({ x, y, count }) => {
          const [px, py] = this.toScreen(x, y);
          const label = svg('text', { x: 0, y: 4 }, `×${count}`);
          return svg(
            'g',
            { class: 'badge', transform: `translate(${px + 18} ${py - 12})` },
            svg('rect', { x: -15, y: -9, width: 30, height: 18, rx: 9 }),
            label,
          );
        }),
    );
  }

  /** Keeps what is painted now, to fade it out over what is painted next. */
  keep() {
    this.ghost.width = this.canvas.width;
    this.ghost.height = this.canvas.height;
    this.ghost.getContext('2d').drawImage(this.canvas, 0, 0);
    this.ghost.hidden = false;
  }

  /** @param {number} ms
   * @returns {Promise<void>} */
  async fade(ms) {
    this.ghost.hidden = false;
    try {
      await this.ghost.animate([{ opacity: 1 }, { opacity: 0 }], { duration: ms, easing: 'ease-in-out' }).finished;
    } catch {
      /* cancelled by removal: nothing left to fade */
    }
    this.ghost.hidden = true;
  }

  /** Puts a mark and its grip at a place, or takes them away. @param {'pin' | 'chosen' | 'cross' | 'hover'} mark
   * @param {{ x: number, y: number } | null} at */
  mark(mark, at) {
    const node = this[mark];
    const grip = mark === 'pin' ? this.pinGrip : mark === 'chosen' ? this.pointGrip : null;
    const [px, py] = at ? this.toScreen(at.x, at.y) : [-99, -99];
    const out = px < 0 || py < 0 || px > this.side || py > this.side;
    node.setAttribute('visibility', out ? 'hidden' : 'visible');
    node.setAttribute('transform', `translate(${px.toFixed(2)} ${py.toFixed(2)})`);
    if (!grip) return;
    grip.hidden = out;
    grip.style.transform = `translate(${px}px, ${py}px)`;
  }
}
