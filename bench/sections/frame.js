// frame.js — the frames of frames.js in yardsticks (a million Math.tanh in plain JavaScript, the median of the run), in
// Chromium's worker and in Node. 60 points of each kind in five rounds; p50 and p95 are of every single frame.
import { Laplace, MLP, datasets } from '../../wasm/index.js';
import { available, inChromium } from '../chromium.js';
import { frames } from '../frames.js';
import { median, ms, quantile, times } from '../measure.js';
import { problems } from '../problems.js';

export const title = 'Frames and sliders of (a), in yardsticks';
const FRAMES = 60;
const TORCH = 15000 / 14.5; // laplace-torch's 100 Adam steps: 15 s where a yardstick is 14.5 ms

const POINTS = {
  likely: 'a point like the data',
  'likely, interpolated': 'a point like the data, map interpolated',
  anywhere: 'a point anywhere, either class',
  'anywhere, interpolated': 'a point anywhere, either class, map interpolated',
};
const LINES = [
  ...Object.entries(POINTS).flatMap(([kind, text]) => [
    [`frame ${kind}`, `${text}: train, fit, map 200×200 at 1e-2`, 1.15],
    [`train ${kind}`, '… training to ‖∇‖ ≤ 1e-3·√P'],
    [`fit ${kind}`, '… the fit'],
    [`map ${kind}`, '… the map'],
    [`fixed ${kind}`, `${text}, at fixed θ̂: update, map 200×200`, 0.28],
  ]),
  ['slider', 'λ moved: log evidence and map 100×100 at 1e-2', 0.28],
  ['slider, parts', '… with the parts of the evidence, effective parameters among them'],
  ['tune', 'optimizePriorPrecision', 0.2],
];

/** By frame, the median of what `list` has of it, round after round. */
const byFrame = (list) =>
  Array.from({ length: FRAMES }, (_, frame) => median(list.filter((_, i) => i % FRAMES === frame)));

function lines(where, { ms: measured, largest }) {
  const unit = median(measured.yardstick);
  const wide = median(measured['wide yardstick']);
  const most = (name) => largest[name].toExponential(1);
  const out = [
    { name: `${where}: one yardstick, of arguments within ±0.5 in order`, ours: ms(unit) },
    { name: `${where}: a wide one, of arguments within ±3 in none`, ours: ms(wide) },
  ];
  for (const [task, name, target] of LINES) {
    const all = measured[task];
    if (all.length === 0) {
      if (task.startsWith('frame')) out.push({ name: `${where}: ${name}`, ours: 'not available' });
      continue;
    }
    const [p50, p95] = [0.5, 0.95].map((q) => quantile(all, q));
    const quiet = quantile(byFrame(all), 0.95) / unit;
    const off = `log sd of each pixel within ${most('sdError')} of the exact posterior's`;
    const note = {
      'frame likely': `errorBound at most ${most('errorBound')}`,
      'frame likely, interpolated': `${off}; interpolationError at most ${most('interpolationError')}`,
      tune: `laplace-torch: ${times((TORCH * unit) / p50)} as many yardsticks`,
    }[task];
    out.push({
      name: `${where}: ${name}`,
      ours: `p50 ${ms(p50)}, p95 ${ms(p95)}`,
      peer: ms(unit),
      ratio: `p50 ${(p50 / unit).toFixed(2)}, p95 ${(p95 / unit).toFixed(2)}`,
      value: p95 / unit,
      target: target && where === 'Chromium' ? { most: target } : undefined,
      note: [
        note,
        target && `without jitter: p95 ${quiet.toFixed(2)}; in wide yardsticks: p95 ${(p95 / wide).toFixed(2)}`,
      ]
        .filter(Boolean)
        .join('; '),
    });
  }
  return out;
}

export async function rows() {
  const problem = problems.a();
  const out = [];
  if (available()) {
    const [{ times: measured }] = await inChromium(problem, { count: FRAMES });
    out.push(...lines('Chromium', measured));
  }
  return [...out, ...lines('Node', frames({ MLP, Laplace, datasets }, problem, FRAMES))];
}
