// slim.js — the same without the module inside: `await init(…)` loads it from a file, then the same names are there.
import { compile } from './loader.js';
import { nodeModule } from './node.js';
import { createRuntime } from './runtime.js';
import { LaplaceError, fail, show } from './errors.js';

/** @import { Datasets } from './datasets.js' */
/** @import { Estimate } from './estimate.js' */
/** @import { Binary, Module } from './loader.js' */
/** @import { MarglikTrain } from './marglik.js' */
/** @import { Metrics } from './metrics.js' */
/** @import { Tables } from './tables.js' */

/**
 * What stands for a name until the module is there: any use of it says what to do first.
 * @param {string} name
 * @returns {any}
 */
function later(name) {
  const early = () => fail('ERR_WASM', name, 'a use before init()', 'the module', 'Call await init(…) first.');
  return new Proxy(function () {}, new Proxy({}, { get: () => early }));
}

/** @type {typeof import('./mlp.js').MLP} */
export let MLP = later('MLP');
/** @type {typeof import('./laplace.js').Laplace} */
export let Laplace = later('Laplace');
/** @type {Datasets} */
export let datasets = later('datasets');
/** @type {Metrics} */
export let metrics = later('metrics');
/** @type {MarglikTrain} */
export let marglikTrain = later('marglikTrain');
/** @type {Estimate} */
export let estimate = later('estimate');
/** @type {Tables} */
export let tables = later('tables');

/**
 * Loads the module and binds the names above. A second call binds them to the module given then.
 * @param {string | URL | Response | Binary} source where the module is, its bytes, or compiled
 * @returns {Promise<ReturnType<typeof createRuntime>>}
 */
export async function init(source) {
  const all = createRuntime(await load(source));
  ({ MLP, Laplace, datasets, metrics, marglikTrain, estimate, tables } = all);
  return all;
}

/**
 * @param {Parameters<typeof init>[0]} source
 * @returns {Promise<Module>}
 */
async function load(source) {
  if (source instanceof WebAssembly.Module) return source;
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return compile(source);
  if (!(typeof source === 'string' || source instanceof URL || source instanceof Response)) {
    fail('ERR_OPTION', 'init', show(source), 'a URL, a Response, bytes or a WebAssembly.Module');
  }
  const response = source instanceof Response ? source : await ask(source);
  if (!response.ok)
    fail('ERR_WASM', 'init', `status ${response.status} for ${response.url}`, 'the bytes of bayeslaplace.wasm');
  return compile(await response.arrayBuffer());
}

/**
 * `fetch`; a file: address is read from the disk where there is one, since Node's `fetch` does not know them.
 * @param {string | URL} source
 * @returns {Promise<Response>}
 */
async function ask(source) {
  try {
    const { process } = /** @type {any} */ (globalThis);
    if (process?.versions?.node && String(source).startsWith('file:')) {
      const { readFile } = await nodeModule('node:fs/promises');
      return new Response(await readFile(new URL(source)));
    }
    return await fetch(source);
  } catch (cause) {
    const got = `${show(String(source))} (${cause})`;
    throw new LaplaceError(
      'ERR_WASM',
      `init: got ${got}, expected bayeslaplace.wasm. Give where it is served, a file: URL in Node, or its bytes.`,
      { cause },
    );
  }
}

export { createRuntime };
export { LaplaceError } from './errors.js';

/** @typedef {import('./mlp.js').MLP} MLP */
/** @typedef {import('./laplace.js').Laplace} Laplace */
