// runtime.js — one module, its running instance and the classes bound to it. There is no singleton: whoever wants a
// runtime of their own makes one. After a trap the next object gets a fresh instance.
import { createDatasets } from './datasets.js';
import { LaplaceError } from './errors.js';
import { createEstimate } from './estimate.js';
import { Laplace as LaplaceBase } from './laplace.js';
import { compile } from './loader.js';
import { createMarglikTrain } from './marglik.js';
import { Core } from './memory.js';
import { createMetrics } from './metrics.js';
import { MLP as MLPBase } from './mlp.js';
import { createTables } from './tables.js';

/** @import { Module, Source } from './loader.js' */

/**
 * All of the library on one module. Nothing is compiled before the first object or table is asked for.
 * @param {Source} source the compiled module, its bytes, or a function that gives either
 */
export function createRuntime(source) {
  /** @type {Module | undefined} */
  let module;
  /** @type {Core | undefined} */
  let running;
  const core = () => {
    module ??= compile(source);
    if (!running || running.dead()) running = new Core(module);
    return running;
  };
  const tables = createTables(core);
  const metrics = createMetrics(core);
  /** @type {typeof MLPBase} */
  const MLP = class extends MLPBase {
    static runtime = { core, tables };
  };
  const runtime = { core, tables, metrics, MLP };
  /** @type {typeof LaplaceBase} */
  const Laplace = class extends LaplaceBase {
    static runtime = runtime;
  };
  // as consoles and messages show them, whatever a minifier called them
  for (const [name, type] of Object.entries({ MLP, Laplace })) Object.defineProperty(type, 'name', { value: name });
  return {
    MLP,
    Laplace,
    datasets: createDatasets(core, tables),
    metrics,
    marglikTrain: createMarglikTrain(Laplace),
    estimate: createEstimate(core, tables, MLP),
    tables,
    LaplaceError,
  };
}
