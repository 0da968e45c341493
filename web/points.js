// The points as a list, and as the short text that says how the list differs from what the generator drew.
//
// edits = null (the generator's own list) or pieces in order: [from, to) a run of the generator's points, [x, y, c] a
// point placed by hand. Insertions, moves, colours and deletions are all such pieces, so a link stays short and
// exact.

/**
 * @typedef {{ x: number, y: number, c: number, i: number }} Point i: its place in the generator's list, −1 when by hand
 * @typedef {{ X: Float64Array, y: Float64Array, n: number }} Base what the generator drew
 * @typedef {([number, number] | [number, number, number])[] | null} Edits
 */

/**
 * @param {Base} base
 * @param {Edits} edits
 * @returns {Point[]}
 */
export function listOf(base, edits) {
  /** @type {Point[]} */
  const list = [];
  for (const piece of edits ?? [[0, base.n]]) {
    if (piece.length === 3) {
      list.push({ x: piece[0], y: piece[1], c: piece[2], i: -1 });
    } else {
      for (let i = piece[0]; i < Math.min(piece[1], base.n); i++) {
        list.push({ x: base.X[2 * i], y: base.X[2 * i + 1], c: base.y[i], i });
      }
    }
  }
  return list;
}

/**
 * @param {Point[]} list
 * @param {number} n points in the generator's list
 * @returns {Edits}
 */
export function editsOf(list, n) {
  /** @type {NonNullable<Edits>} */
  const pieces = [];
  for (const { x, y, c, i } of list) {
    const last = pieces[pieces.length - 1];
    if (i < 0) pieces.push([x, y, c]);
    else if (last?.length === 2 && last[1] === i) last[1] = i + 1;
    else pieces.push([i, i + 1]);
  }
  const whole = pieces.length === 1 && pieces[0].length === 2 && pieces[0][0] === 0 && pieces[0][1] === n;
  return whole ? null : pieces;
}

/** @param {NonNullable<Edits>} edits */
export const editsText = (edits) =>
  edits.map((p) => (p.length === 2 ? `${p[0]}-${p[1]}` : p.join(','))).join(';') || 'none';

/**
 * @param {string} text
 * @returns {Edits | undefined} undefined: not such a text
 */
export function editsFrom(text) {
  if (text === 'none') return [];
  /** @type {NonNullable<Edits>} */
  const pieces = [];
  for (const part of text.split(';')) {
    const run = /^(\d{1,7})-(\d{1,7})$/.exec(part);
    if (run) {
      if (+run[2] <= +run[1]) return undefined;
      pieces.push([+run[1], +run[2]]);
      continue;
    }
    const [x, y, c, more] = part.split(',').map((t) => (t === '' ? NaN : Number(t)));
    if (!Number.isFinite(x) || !Number.isFinite(y) || !(c === 0 || c === 1) || more !== undefined) return undefined;
    pieces.push([x, y, c]);
  }
  return pieces;
}

/** A coordinate to four thousandths of the box: what a hand can place, and short in a link.
 * @param {number} value
 * @param {number} width of the box
 */
export function placed(value, width) {
  const step = 10 ** Math.floor(Math.log10(width / 2000));
  return Number((Math.round(value / step) * step).toPrecision(12));
}

/**
 * The nearest of the points and its distance; null for an empty list.
 * @param {Point[]} list
 * @param {number} x
 * @param {number} y
 */
export function nearest(list, x, y) {
  let at = -1;
  let best = Infinity;
  list.forEach((p, k) => {
    const d = (p.x - x) ** 2 + (p.y - y) ** 2;
    if (d < best) [best, at] = [d, k];
  });
  return at < 0 ? null : { at, distance: Math.sqrt(best) };
}

/** How many points share each place, for places with more than one.
 * @param {Point[]} list
 * @returns {{ x: number, y: number, count: number, classes: number }[]}
 */
export function stacks(list) {
  const at = new Map();
  for (const { x, y, c } of list) {
    const key = `${x},${y}`;
    const s = at.get(key) ?? { x, y, count: 0, seen: new Set() };
    s.count++;
    s.seen.add(c);
    at.set(key, s);
  }
  return [...at.values()]
    .filter((s) => s.count > 1)
    .map(({ x, y, count, seen }) => ({ x, y, count, classes: seen.size }));
}

const NICE = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** The box around points: `times` half the side of the square they fill, to a round number, and never less than all
 * of them.
 * @param {{ x: number, y: number }[]} list
 * @param {number} times
 * @param {number} [extent] half the side that counts, when not that of the list
 * @returns {number[]} [centre x, centre y, half side] */
export function boxAround(list, times, extent = 0) {
  if (!list.length) return [0, 0, extent ? nice(extent * times) : 5 * times];
  const ends = (/** @type {'x' | 'y'} */ axis) =>
    list.reduce(([low, high], p) => [Math.min(low, p[axis]), Math.max(high, p[axis])], [Infinity, -Infinity]);
  const [x, y] = [ends('x'), ends('y')];
  const half = extent || Math.max(x[1] - x[0], y[1] - y[0]) / 2 || Math.max(1e-6, Math.abs(x[0]), Math.abs(y[0])) / 5;
  const centre = [x, y].map(([low, high]) => {
    const grain = 10 ** Math.floor(Math.log10(half * 0.5));
    return Number((Math.round((low + high) / 2 / grain) * grain).toPrecision(12));
  });
  const furthest = Math.max(...[x, y].flatMap((e, k) => e.map((v) => Math.abs(v - centre[k]))));
  return [...centre, nice(Math.max(half * times, furthest * 1.1))];
}

/** The next round number. @param {number} v */
function nice(v) {
  const decade = 10 ** Math.floor(Math.log10(v));
  return Number(((NICE.find((n) => n * decade >= v * 0.9999) ?? 10) * decade).toPrecision(2));
}
