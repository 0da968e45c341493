// map.js — the map of (a) in function space: its rate against the gemm of the same module in the same run, and what the
// certified one gains. Operations of the exact map: bench/native/model.c's head.
import { gain, ms, share, times, turns } from '../measure.js';
import { atPeak, inWasm } from '../model.js';
import { problems } from '../problems.js';

export const title = 'Maps of (a), 100×100';
const giga = (rate) => `${(rate / 1e9).toFixed(1)} Gflop/s`;

export async function rows() {
  const core = inWasm(problems.a());
  const task = (name) => () => ({ ...core.model(name), bound: core.bound() });
  const work = core.work();
  const timed = await turns(
    {
      'exact map f64': task('exact map f64'),
      'peak f64': atPeak(core, 'f64', work),
      'exact map f32': task('exact map f32'),
      'peak f32': atPeak(core, 'f32', work),
      'certified map 1e-2': task('certified map 1e-2'),
      'certified map 1e-3': task('certified map 1e-3'),
    },
    15,
  );
  const rate = ({ median }) => giga((work / median) * 1000);
  const out = ['f64', 'f32'].map((precision) => {
    const [row, peak] = [timed[`exact map ${precision}`], timed[`peak ${precision}`]];
    const value = gain(row, peak);
    return {
      name: `exact map, ${precision}, as part of the gemm peak`,
      ours: `${ms(row.median)}, ${rate(row)}`,
      peer: rate(peak),
      ratio: share(value),
      value,
      target: { least: 0.8 },
      note: `best against best ${share(peak.best / row.best)}; ${
        precision === 'f32'
          ? `admissible at 1e-2 for ${(100 * core.admitted()).toFixed(0)} % of the pixels`
          : `${(work / 1e4 / 1e3).toFixed(0)} kflop a pixel`
      }`,
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
