// model.js — build/bench/bench.wasm and build/bench/native on the same problem, task by task: the same C, the same
// commands, the module's clock around the call and the native program's within it.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { load } from './kernels.js';

const MODULE = 'build/bench/bench.wasm';

function tasksOf(call, text, prefix) {
  const out = {};
  for (let id = 0; call[`${prefix}_name`](id) !== 0; ++id) out[text(call[`${prefix}_name`](id))] = id;
  return out;
}

/** The problem in the module: its tasks by name, run(name, rounds) → milliseconds of a round. */
export function inWasm({ spec, parameters, X, y, n, priorPrecision, grid }, side = 100) {
  const { call, text } = load(MODULE);
  const put = (Type, values) => {
    const at = call.malloc(values.length * Type.BYTES_PER_ELEMENT);
    new Type(call.memory.buffer, at, values.length).set(values);
    return at;
  };
  const word = (name) => put(Uint8Array, new TextEncoder().encode(`${name}\0`));
  const { layers, activation, likelihood } = spec;
  const at = call.bench_model_new(
    put(Int32Array, layers),
    layers.length - 1,
    word(activation),
    word(likelihood),
    put(Float64Array, parameters),
    put(Float64Array, X),
    put(Float64Array, y),
    n,
    priorPrecision,
  );
  if (at === 0) throw new Error(`${MODULE}: the problem could not be made`);
  if (grid) call.bench_model_box(at, ...grid.x, ...grid.y, side);
  const models = tasksOf(call, text, 'bench_model');
  const kernels = tasksOf(call, text, 'bench_kernel');
  const states = new Map();
  const kernelsOf = (size) => {
    if (!states.has(size)) states.set(size, call.bench_kernels_new(size));
    return states.get(size);
  };
  const timed = (rounds, work) => {
    const started = performance.now();
    const value = work();
    if (Number.isNaN(value)) throw new Error(`${MODULE}: a task failed`);
    return { ms: (performance.now() - started) / rounds, value };
  };
  return {
    model: (name, rounds = 1) => timed(rounds, () => call.bench_model_run(at, models[name], rounds)),
    kernel: (name, size, rounds = 1) => {
      const state = kernelsOf(size);
      return timed(rounds, () => call.bench_kernel_run(state, kernels[name], rounds));
    },
    work: () => call.bench_model_work(at),
    kernelWork: (name, size) => call.bench_kernel_work(kernels[name], size),
    pivots: (tolerance) => call.bench_model_pivots(at, tolerance),
    admitted: () => call.bench_model_admitted(at),
    bound: () => call.bench_model_bound(at),
    map: () => new Float32Array(call.memory.buffer, call.bench_model_map(at), 2 * side * side).slice(),
    ids: { models, kernels },
  };
}

/** The same in a child process; run by the ids of the module's tables. */
export function natively({ spec, parameters, X, y, n, priorPrecision }, { models, kernels }) {
  const { layers, activation, likelihood } = spec;
  const words = [layers.length - 1, ...layers, activation, likelihood, n, priorPrecision, ...parameters, ...X, ...y];
  writeFileSync('build/bench/problem.txt', words.join('\n'));
  const child = spawn('build/bench/native', ['build/bench/problem.txt'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (line, rounds) => {
    child.stdin.write(`${line}\n`);
    const { value, done } = await answers.next();
    if (done) throw new Error('build/bench/native ended');
    const [seconds, number] = value.split(' ').map(Number);
    return { ms: (seconds * 1000) / rounds, value: number };
  };
  return {
    model: (name, rounds = 1) => ask(`model ${models[name]} ${rounds}`, rounds),
    kernel: (name, size, rounds = 1) => ask(`kernel ${kernels[name]} ${size} ${rounds}`, rounds),
    close: () => child.stdin.end(),
  };
}

/** A contender: what `work` operations take at the peak of this very turn, in-cache gemm at its best over sizes. */
export const atPeak = (core, precision, work) => () => {
  const name = `gemm ${precision}`;
  const rates = [128, 192, 256].flatMap((size) =>
    [name, `${name} nt`].map((kind) => core.kernelWork(kind, size) / core.kernel(kind, size, 4).ms),
  );
  return { ms: work / Math.max(...rates) };
};
