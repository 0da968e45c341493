// datasets.js — the generators by name, as the core's table lists them: datasets.moons({ n, noise, seed }).
import { count, finite, number, readOptions } from './options.js';
import { idOf, names } from './tables.js';

/** @import { Core } from './memory.js' */
/** @import { DatasetName, DatasetParameters, LikelihoodName } from './names.js' */
/** @import { DatasetRow, Tables } from './tables.js' */

/**
 * @typedef {object} Dataset
 * @property {Float64Array} X (n × d) row-major
 * @property {Float64Array} y (n) labels or targets
 * @property {number} n
 * @property {number} d
 * @property {LikelihoodName} task the likelihood it is made for
 * @property {string} about
 */

/**
 * `n` (the default is the table's), `seed` (0) and the parameters of the generator, for most of them `noise`;
 * `tables.datasets` lists each with its default and bounds. Throws `ERR_OPTION`.
 * @template {DatasetName} Name
 * @typedef {(options?: { n?: number, seed?: number } & DatasetParameters[Name]) => Dataset} Generator
 */

/**
 * Generators by name, and `list()`: their names.
 * @typedef {{ list(): DatasetName[] } & { readonly [Name in DatasetName]: Generator<Name> }} Datasets
 */

/**
 * @param {() => Core} running
 * @param {Tables} tables
 * @returns {Datasets}
 */
export function createDatasets(running, tables) {
  // filled when first looked at, so that importing the package compiles nothing
  const target = /** @type {Record<string, unknown>} */ ({});
  const fill = () => {
    if (target.list) return target;
    for (const row of tables.datasets)
      target[row.name] = (/** @type {object} */ options) => generate(running(), tables, row, options);
    target.list = () => names(tables.datasets);
    Object.defineProperty(target, 'list', { enumerable: false });
    return target;
  };
  return /** @type {Datasets} */ (
    new Proxy(target, {
      get: (_, name) => Reflect.get(fill(), name),
      has: (_, name) => Reflect.has(fill(), name),
      ownKeys: () => Reflect.ownKeys(fill()),
      getOwnPropertyDescriptor: (_, name) => Reflect.getOwnPropertyDescriptor(fill(), name),
    })
  );
}

/**
 * @param {Core} core
 * @param {Tables} tables
 * @param {DatasetRow} row
 * @param {object} options
 * @returns {Dataset}
 */
function generate(core, tables, row, options) {
  const { name, d, task, about } = row;
  /** @type {Parameters<typeof readOptions>[2]} */
  const readers = { n: [count, row.n], seed: [finite, 0] };
  for (const { name: parameter, value, low, high } of row.parameters) {
    readers[parameter] = [number(`a number from ${low} to ${high}`, (x) => x >= low && x <= high), value];
  }
  const { n, seed, ...parameters } = readOptions(options, `datasets.${name}`, readers);
  return core.scope((border) => {
    const X = border.room(n * d);
    const y = border.room(n);
    const status = core.call.bl_dataset_make(
      idOf(tables.datasets, name),
      X,
      y,
      n,
      border.doubles(Object.values(parameters)),
      seed,
    );
    core.check(status, `datasets.${name}`, `n ${n}`);
    return { X: border.read(X, n * d), y: border.read(y, n), n, d, task, about };
  });
}
