// kernels.js — every kernel of the module against what registers and gemm reach in the same run.
import { rates } from '../kernels.js';
import { share } from '../measure.js';

export const title = 'Kernels, 192 × 192';

export async function rows() {
  const measured = rates('build/bench/kernels.wasm', { repeat: 40 });
  const gemm = (precision) =>
    Math.max(...measured.filter(({ name }) => name.startsWith(`gemm ${precision}`)).map(({ rate }) => rate));
  return measured.map(({ name, precision, rate, fraction }) => ({
    name,
    ours: `${(rate / 1e9).toFixed(1)} Gflop/s`,
    peer: name.startsWith('peak') ? '' : 'register peak',
    ratio: name.startsWith('peak') ? '' : share(fraction),
    note: name.startsWith('peak') ? '' : `${share(rate / gemm(precision))} of gemm`,
  }));
}
