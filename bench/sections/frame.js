// frame.js — the frames of frames.js in yardsticks (a million Math.tanh in plain JavaScript; each frame against the
// one taken next to it), in Chromium's worker and in Node. 60 points of each kind.
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

function lines(where, { ms: measured, yardsticks, single, largest }) {
  const unit = median(measured.yardstick);
  const jittery = (values) => (quantile(values, 0.95) / unit).toFixed(2);
  const most = (name) => largest[name].toExponential(1);
  const out = [{ name: `${where}: one yardstick`, ours: ms(unit) }];
  for (const [task, name, target] of LINES) {
    const all = measured[task];
    if (all.length === 0) {
      if (task.startsWith('frame')) out.push({ name: `${where}: ${name}`, ours: 'not available' });
      continue;
    }
    const both = (values) => [0.5, 0.95].map((q) => quantile(values, q));
    const [[p50, p95], [middle, value]] = [both(all), both(yardsticks[task])];
    const note = {
      'frame likely': `errorBound at most ${most('errorBound')}`,
      'frame likely, interpolated': `interpolationError at most ${most('interpolationError')}`,
      tune: `laplace-torch: ${times(TORCH / middle)} as many yardsticks`,
    }[task];
    out.push({
      name: `${where}: ${name}`,
      ours: `p50 ${ms(p50)}, p95 ${ms(p95)}`,
      peer: ms(unit),
      ratio: `p50 ${middle.toFixed(2)}, p95 ${value.toFixed(2)}`,
      value,
      target: target && where === 'Chromium' ? { most: target } : undefined,
      note: [note, target && `every single frame: p95 ${jittery(single[task])}`].filter(Boolean).join('; '),
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
