// kernels.js — rates of the kernels as fractions of the register peak of the same run: each is timed in turns with the
// peak, and the best of its turns counts.
import { readFileSync } from 'node:fs';

/** A module of drivers with its strings and memory: build.sh makes it, it has the core's one import. */
export function load(path) {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(path)), {
    env: { emscripten_notify_memory_growth() {} },
  });
  exports._initialize?.();
  const text = (at) => {
    const bytes = new Uint8Array(exports.memory.buffer);
    return new TextDecoder().decode(bytes.slice(at, bytes.indexOf(0, at)));
  };
  return { call: exports, text };
}

/** Seconds that `work` takes. */
function seconds(work) {
  const started = performance.now();
  work();
  return (performance.now() - started) / 1000;
}

/**
 * @param {string} path of a module with bench/native/kernels.c
 * @param {{ n?: number, repeat?: number, attempts?: number, about?: number }} [options] n × n
 *   matrices; `about`: seconds of one turn, short beside the slices of time a busy machine deals out; `attempts`: how
 *   often to take all turns again while a kernel has fallen
 * @returns {{ name: string, precision: string, rate: number, fraction: number }[]} operations a second, and as fraction
 *   of the register peak of the precision; the peaks first
 */
export function rates(path, { n = 192, repeat = 15, attempts = 1, about = 0.001 } = {}) {
  const { call, text } = load(path);
  const state = call.bench_kernels_new(n);
  const tasks = [];
  for (let id = 0; call.bench_kernel_name(id) !== 0; ++id) {
    if (text(call.bench_kernel_name(id)).startsWith('eigen')) continue; // an algorithm of many of them
    const run = (rounds) => call.bench_kernel_run(state, id, rounds);
    run(2);
    let rounds = 1;
    while (rounds < 1 << 20 && seconds(() => run(rounds)) < about / 2) rounds *= 2; // and hot code is compiled
    const name = text(call.bench_kernel_name(id));
    tasks.push({ name, run, rounds, work: call.bench_kernel_work(id, n), best: Infinity });
  }
  const peak = (precision) => {
    const task = tasks.find(({ name }) => name === `peak ${precision}`);
    return task.work / task.best;
  };
  const told = ({ name, work, best }) => {
    const precision = name.includes('f32') ? 'f32' : 'f64';
    return { name, precision, rate: work / best, fraction: work / best / peak(precision) };
  };
  for (let attempt = 0; attempt < attempts; ++attempt) {
    if (attempt > 0 && fallen(tasks.map(told)).length === 0) break;
    for (let turn = 0; turn < repeat; ++turn)
      for (const task of tasks) task.best = Math.min(task.best, seconds(() => task.run(task.rounds)) / task.rounds);
  }
  call.bench_kernels_free(state);
  return tasks.map(told);
}

/**
 * What a kernel can reach of the register peak: products of matrices all of it. What loads two vectors for a multiply
 * and an add, half. An elementary function is one chain of dependent steps, of which a core overlaps a few: half. Those
 * of erf are in loops, and a core overlaps fewer: a quarter.
 */
const reference = (name) => {
  if (/^(peak|gemm|syrk|trsm|panels|Cholesky)/.test(name)) return 1;
  return name.startsWith('erf') ? 0.25 : 0.5;
};

/** The kernels below a quarter of their reference: compilers fall off cliffs without a word. */
export const fallen = (measured) => measured.filter(({ name, fraction }) => !(fraction >= reference(name) / 4));
