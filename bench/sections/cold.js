// cold.js — from nothing to the first map of (a) at 100×100: a fresh process of Node, a fresh worker in Chromium; and
// what has to travel there.
import { execFileSync } from 'node:child_process';
import { limits, measure } from '../../tests/helpers/sizes.js';
import { available, inChromium } from '../chromium.js';
import { median, ms } from '../measure.js';
import { problems } from '../problems.js';

export const title = 'Cold start and size';
const RUNS = 7;

export async function rows() {
  const node = Array.from({ length: RUNS }, () =>
    JSON.parse(execFileSync(process.execPath, ['bench/first-map.js'], { encoding: 'utf8' })),
  );
  const middle = (name) => ms(median(node.map((run) => run[name])));
  const out = [
    { name: 'Node: import to first map', ours: middle('library'), note: `of that, import ${middle('imported')}` },
    { name: 'Node: process to first map', ours: middle('process') },
  ];
  if (available()) {
    const runs = await inChromium(problems.a(), { runs: RUNS });
    out.push({ name: "Chromium: worker's beginning to first map", ours: ms(median(runs.map(({ cold }) => cold))) });
  }
  const { wasm } = measure().sizes;
  out.push({
    name: 'module, KB after brotli',
    ours: (wasm / 1024).toFixed(1),
    value: wasm / 1024,
    target: { most: limits.wasm / 1024 },
  });
  return out;
}
