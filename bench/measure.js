// measure.js — clocks, medians, tables. Contenders take turns within one process, so that a busy machine slows all of
// them; a ratio is the median of the turns' ratios, each of two times of one turn.

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};

export const quantile = (values, q) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)];
};

/**
 * Takes turns: each contender once to warm up, then `repeat` times in order.
 * @param {Record<string, () => unknown>} contenders may be asynchronous, or give their own milliseconds as { ms }
 * @param {number} [repeat]
 * @returns {Promise<Record<string, { median: number, best: number, all: number[], value: any }>>} milliseconds, and the
 *   value of the last turn
 */
export async function turns(contenders, repeat = 7) {
  const out = {};
  for (const name of Object.keys(contenders)) out[name] = { all: [], value: await contenders[name]() };
  for (let turn = 0; turn < repeat; ++turn) {
    for (const [name, work] of Object.entries(contenders)) {
      const started = performance.now();
      const value = await work();
      const elapsed = performance.now() - started;
      out[name].value = value;
      out[name].all.push(value?.ms ?? elapsed);
    }
  }
  for (const row of Object.values(out)) Object.assign(row, { median: median(row.all), best: Math.min(...row.all) });
  return out;
}

/** How many times as long as `ours` the other took: the median over turns. @param {{ all: number[] }} ours */
export const gain = (ours, other) => median(ours.all.map((elapsed, turn) => other.all[turn] / elapsed));

/** A million Math.tanh in plain JavaScript, of arguments that take its shortest way: one yardstick. */
export function yardstick() {
  let sum = 0;
  for (let i = 0; i < 1e6; ++i) sum += Math.tanh(i * 1e-6 - 0.5);
  return sum;
}

// the minimal standard generator (Park & Miller 1988)
const SPREAD = new Float64Array(65536);
for (let i = 0, state = 1; i < SPREAD.length; ++i) {
  state = (state * 16807) % 2147483647;
  SPREAD[i] = (6 * state) / 2147483647 - 3;
}
/** The same of arguments all over ±3, in no order, as units have them: each way of Math.tanh in turn. */
export function wideYardstick() {
  let sum = 0;
  for (let i = 0; i < 1e6; ++i) sum += Math.tanh(SPREAD[i & 65535]);
  return sum;
}

/** Exponent of y ~ xᵉ, by least squares in logarithms. */
export function exponent(x, y) {
  const u = x.map(Math.log);
  const v = y.map(Math.log);
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mu, mv] = [mean(u), mean(v)];
  return (
    u.reduce((sum, value, i) => sum + (value - mu) * (v[i] - mv), 0) /
    u.reduce((sum, value) => sum + (value - mu) ** 2, 0)
  );
}

export const largestDifference = (a, b) => {
  let most = 0;
  for (let i = 0; i < a.length; ++i) most = Math.max(most, Math.abs(a[i] - b[i]));
  return most;
};

export const ms = (value) => `${value < 100 ? value.toPrecision(3) : value.toFixed(0)} ms`;
export const times = (value) => `${Number(value.toPrecision(3))}×`;
export const share = (value) => value.toFixed(2);

/**
 * One line of a section. `target`: { least } or { most } of `value`, from the list of what is to be reached.
 * @typedef {{ name: string, ours: string, peer?: string, ratio?: string, value?: number,
 *   target?: { least?: number, most?: number }, agrees?: boolean, note?: string }} Row
 *   `agrees`: whether the answers compared are within what the arithmetic allows
 */

/** @param {Row} row */
export function verdict({ value, target, agrees = true }) {
  if (!agrees) return '**answers differ**';
  if (!target || value === undefined) return '';
  return value >= (target.least ?? -Infinity) && value <= (target.most ?? Infinity) ? 'reached' : 'missed';
}

/** @param {string} title @param {Row[]} rows */
export function table(title, rows) {
  const cell = (text) => String(text ?? '').replaceAll('|', '\\|');
  const bound = ({ least, most } = {}) => (least !== undefined ? `≥ ${least}` : most !== undefined ? `≤ ${most}` : '');
  const body = rows.map((row) =>
    [row.name, row.ours, row.peer, row.ratio, bound(row.target), verdict(row), row.note].map(cell).join(' | '),
  );
  return [
    `### ${title}`,
    '',
    '| | ours | against | ratio | target | | |',
    '|---|---|---|---|---|---|---|',
    ...body.map((line) => `| ${line} |`),
  ].join('\n');
}
