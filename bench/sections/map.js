// map.js — the map of (a) in function space: its rate against the gemm of the same module in the same run, and what the
// certified one gains. Operations of the exact map: bench/native/model.c's head.
import { gain, ms, share, times, turns } from '../measure.js';
import { gemmPeak, inWasm } from '../model.js';
import { problems } from '../problems.js';

export const title = 'Maps of (a), 100×100';
const giga = (rate) => `${(rate / 1e9).toFixed(1)} Gflop/s`;

export async function rows() {
  const core = inWasm(problems.a());
  const task = (name) => () => ({ ...core.model(name), bound: core.bound() });
  const names = ['exact map f64', 'exact map f32', 'certified map 1e-2', 'certified map 1e-3'];
  const peaks = { f64: gemmPeak(core, 'f64'), f32: gemmPeak(core, 'f32') };
  const timed = await turns(Object.fromEntries(names.map((name) => [name, task(name)])), 15);
  for (const precision of ['f64', 'f32']) peaks[precision] = Math.max(peaks[precision], gemmPeak(core, precision));
  const out = ['f64', 'f32'].map((precision) => {
    const row = timed[`exact map ${precision}`];
    const value = (core.work() / row.best) * 1000; // the best of both: the peak is a best too
    return {
      name: `exact map, ${precision}, as part of the gemm peak`,
      ours: `${ms(row.best)}, ${giga(value)}`,
      peer: giga(peaks[precision]),
      ratio: share(value / peaks[precision]),
      value: value / peaks[precision],
      target: { least: 0.8 },
      note:
        precision === 'f32'
          ? `admissible at 1e-2 for ${(100 * core.admitted()).toFixed(0)} % of the pixels`
          : `${(core.work() / 1e4 / 1e3).toFixed(0)} kflop a pixel`,
    };
  });
  for (const [text, tolerance, least] of [
    ['1e-2', 1e-2, 5],
    ['1e-3', 1e-3, 4],
  ]) {
    const row = timed[`certified map ${text}`];
    const value = gain(row, timed['exact map f64']);
    const single = times(gain(row, timed['exact map f32']));
    const bound = row.value.bound.toExponential(2);
    out.push({
      name: `certified map at ${text} against exact f64`,
      ours: ms(row.median),
      peer: ms(timed['exact map f64'].median),
      ratio: times(value),
      value,
      target: { least },
      note: `${core.pivots(tolerance)} pivots, errorBound ${bound}; ${single} against exact f32`,
    });
  }
  return out;
}
