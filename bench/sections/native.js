// native.js — the same C as a module and natively, 128-bit vectors without FMA on both sides, in turns on one core.
import { onOneCore } from '../cores.js';
import { gain, ms, share, turns } from '../measure.js';
import { atPeak, inWasm, natively } from '../model.js';
import { problems } from '../problems.js';

export const title = 'WebAssembly against the native build of the same C, (a)';

export const rows = () => onOneCore(compared);

async function compared() {
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
    const value = gain(ours, theirs);
    const target = least === undefined ? undefined : { least };
    out.push({
      name,
      ours: ms(ours.median),
      peer: ms(theirs.median),
      ratio: share(value),
      value,
      target,
      agrees: same,
      note: same ? 'same bits' : `${ours.value.value} against ${theirs.value.value}`,
    });
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
    await compare('Cholesky N = 1000', 'kernel', ['Cholesky f64', 1000], 1, undefined, 7);
    const work = core.kernelWork('Cholesky f64', 1000);
    const { cholesky, peak } = await turns(
      { cholesky: () => core.kernel('Cholesky f64', 1000), peak: atPeak(core, 'f64', work) },
      15,
    );
    const rate = ({ median }) => `${(work / median / 1e6).toFixed(1)} Gflop/s`;
    const value = gain(cholesky, peak);
    out.push({
      name: 'Cholesky N = 1000 as part of the gemm peak',
      ours: rate(cholesky),
      peer: rate(peak),
      ratio: share(value),
      value,
      target: { least: 0.6 },
      note: `best against best ${share(peak.best / cholesky.best)}`,
    });
  } finally {
    native.close();
  }
  return out;
}
