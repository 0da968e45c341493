// matrix.js — linear algebra against ml-matrix, plain JavaScript: answers compared, times in turns.
import { CholeskyDecomposition, EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { gain, ms, times, turns } from '../measure.js';
import { inWasm } from '../model.js';
import { problems } from '../problems.js';

export const title = 'Linear algebra against ml-matrix';
const SIZE = 256;

/** The matrices of bench/native/kernels.c. */
function matrices() {
  const make = (f) =>
    Matrix.from1DArray(
      SIZE,
      SIZE,
      Array.from({ length: SIZE ** 2 }, (_, i) => f(Math.floor(i / SIZE), i % SIZE)),
    );
  const A = make((row, column) => ((row * 7 + column * 13) % 31) / 31 - 0.5);
  const B = make((row, column) => ((row * 11 + column * 5) % 29) / 29 - 0.5);
  const L = make((row, column) => (column < row ? A.get(row, column) / SIZE : Number(column === row)));
  return { A, B, spd: L.mmul(L.transpose()) };
}

export async function rows() {
  const { A, B, spd } = matrices();
  const core = inWasm(problems.a());
  const kernel = (name) => () => core.kernel(name, SIZE);
  // what the module's task returns of its result, and the same of the peer's
  const tasks = [
    ['gemm f64', 'A·B', () => A.mmul(B).get(1, 0)],
    ['Cholesky f64', 'Cholesky', () => new CholeskyDecomposition(spd).lowerTriangularMatrix.get(1, 0)],
    [
      'eigen f64',
      'symmetric eigen-decomposition',
      () => {
        const { realEigenvalues } = new EigenvalueDecomposition(spd, { assumeSymmetric: true });
        return Math.min(...realEigenvalues);
      },
    ],
  ];
  const out = [];
  for (const [name, text, work] of tasks) {
    const timed = await turns({ ours: kernel(name), peer: work }, 5);
    const apart = Math.abs(timed.ours.value.value - timed.peer.value);
    out.push({
      name: `${text}, n = ${SIZE}`,
      ours: ms(timed.ours.median),
      peer: ms(timed.peer.median),
      ratio: times(gain(timed.ours, timed.peer)),
      agrees: apart < 1e-10,
      note: `answers differ by ${apart.toExponential(1)} in the number compared`,
    });
  }
  return out;
}
