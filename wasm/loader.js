// loader.js — compiles and instantiates the module, synchronously, and guards its functions: what traps once is not
// used again.
import { LaplaceError, fail, show } from './errors.js';

/**
 * A WebAssembly.Module, also where the compiler knows of none, as without the types of browsers.
 * @typedef {typeof globalThis extends { WebAssembly: { Module: { prototype: infer M } } } ? M & object : object} Module
 */

/**
 * The module: compiled, or its bytes.
 * @typedef {Module | ArrayBuffer | ArrayBufferView} Binary
 */

/**
 * Where the module comes from, or a function that gives it when it is first needed.
 * @typedef {Binary | (() => Binary)} Source
 */

/**
 * @typedef {object} Loaded
 * @property {Record<string, (...args: number[]) => number>} call the module's functions, guarded
 * @property {{ readonly buffer: ArrayBuffer }} memory
 * @property {() => boolean} dead whether a function of this instance has trapped
 */

/**
 * @param {Source} source
 * @returns {Module}
 */
export function compile(source) {
  const given = typeof source === 'function' ? source() : source;
  if (given instanceof WebAssembly.Module) return given;
  if (!(given instanceof ArrayBuffer || ArrayBuffer.isView(given))) {
    fail('ERR_WASM', 'createRuntime', show(given), 'a WebAssembly.Module or its bytes');
  }
  try {
    return new WebAssembly.Module(/** @type {any} */ (given));
  } catch (cause) {
    throw new LaplaceError(
      'ERR_WASM',
      'createRuntime: got bytes that do not compile, expected the module of this library. ' +
        `Check that it was served whole and that the content policy allows 'wasm-unsafe-eval'. (${cause})`,
      { cause },
    );
  }
}

/**
 * @param {Module} module
 * @returns {Loaded}
 */
export function instantiate(module) {
  let trapped = false;
  /** @type {WebAssembly.Exports} */
  let exports;
  try {
    // views of the memory are taken anew for every copy, so its growth needs no notice
    ({ exports } = new WebAssembly.Instance(module, { env: { emscripten_notify_memory_growth() {} } }));
    if (exports._initialize) /** @type {() => void} */ (exports._initialize)();
  } catch (cause) {
    throw new LaplaceError(
      'ERR_WASM',
      'createRuntime: got a module that does not start, expected the module of this library ' +
        `and room for it. (${cause})`,
      { cause },
    );
  }
  /** @type {Loaded['call']} */
  const call = {};
  for (const [name, value] of Object.entries(exports)) {
    if (typeof value !== 'function') continue;
    call[name] = (...args) => {
      if (trapped) {
        fail(
          'ERR_WASM',
          'WebAssembly',
          'an object of an instance that has stopped',
          'an object of a running one',
          'Create the network and its posterior anew; new objects get a fresh instance.',
        );
      }
      try {
        return value(...args);
      } catch (cause) {
        trapped = true;
        throw new LaplaceError(
          'ERR_WASM',
          `WebAssembly: got a trap in ${name} (${cause}), expected none. ` +
            'Create the network and its posterior anew; new objects get a fresh instance.',
          { cause },
        );
      }
    };
  }
  return { call, memory: /** @type {WebAssembly.Memory} */ (exports.memory), dead: () => trapped };
}
