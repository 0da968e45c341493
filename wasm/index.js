// index.js — the package's entry: the module is inlined, and compiled when the first object is made. Nothing to await.
import { bytes } from '../dist/wasm-bytes.js';
import { createRuntime } from './runtime.js';

const all = createRuntime(bytes);

export const MLP = all.MLP;
export const Laplace = all.Laplace;
export const datasets = all.datasets;
export const metrics = all.metrics;
export const marglikTrain = all.marglikTrain;
export const estimate = all.estimate;
export const tables = all.tables;
export { createRuntime };
export { LaplaceError } from './errors.js';

/** @typedef {import('./mlp.js').MLP} MLP */
/** @typedef {import('./laplace.js').Laplace} Laplace */
