// native.js — the same C as a module and natively, 128-bit vectors without FMA on both sides, in turns; the
// best of each, for two processes may be on cores that others slow apart.
import { ms, share, turns } from '../measure.js';
import { gemmPeak, inWasm, natively } from '../model.js';
import { problems } from '../problems.js';

export const title = 'WebAssembly against the native build of the same C, (a)';

export async function rows() {
  const problem = problems.a();
  const core = inWasm(problem);
  const native = natively(problem, core.ids);
  const out = [];
  const compare = async (name, kind, task, rounds, least, repeat = 15) => {
    const { ours, theirs } = await turns(
      { ours: () => core[kind](...task, rounds), theirs: () => native[kind](...task, rounds) },
      repeat,
    );
    const same = Object.is(ours.value.value, theirs.value.value);
    const value = theirs.best / ours.best;
    const target = least === undefined ? undefined : { least };
    out.push({
      name,
      ours: ms(ours.best),
      peer: ms(theirs.best),
      ratio: share(value),
      value,
      target,
      agrees: same,
      note: same ? 'same bits' : `${ours.value.value} against ${theirs.value.value}`,
    });
    return ours.best;
  };
  try {
    await compare('exact map f64', 'model', ['exact map f64'], 1, 0.8);
    await compare('exact map f32', 'model', ['exact map f32'], 1, 0.8);
    await compare('certified map 1e-2', 'model', ['certified map 1e-2'], 2, 0.8);
    await compare('loss and gradient', 'model', ['loss and gradient'], 20, 0.7);
    await compare('fit', 'model', ['fit'], 2);
    await compare('gemm f64, 256', 'kernel', ['gemm f64', 256], 4);
    await compare('gemm f32, 256', 'kernel', ['gemm f32', 256], 4);
    await compare('tanh f64, 256²', 'kernel', ['tanh f64', 256], 4);
    const best = await compare('Cholesky N = 1000', 'kernel', ['Cholesky f64', 1000], 1, undefined, 7);
    const rate = (core.kernelWork('Cholesky f64', 1000) / best) * 1000;
    const peak = gemmPeak(core, 'f64');
    out.push({
      name: 'Cholesky N = 1000 as part of the gemm peak',
      ours: `${(rate / 1e9).toFixed(1)} Gflop/s`,
      peer: `${(peak / 1e9).toFixed(1)} Gflop/s`,
      ratio: share(rate / peak),
      value: rate / peak,
      target: { least: 0.6 },
    });
  } finally {
    native.close();
  }
  return out;
}
