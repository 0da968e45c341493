// tables.js — the core's tables as lists of { name, about, … }. Option strings are resolved through them, menus are
// made of them.
import { texts } from '../dist/texts.js';
import { NOUNS } from './nouns.js';

/** @import { Core } from './memory.js' */
/** @import * as Names from './names.js' */

/**
 * A row of a table.
 * @template {string} [Name=string]
 * @typedef {object} Row
 * @property {Name} name the option string
 * @property {string} about one sentence, for tooltips
 */

/**
 * @typedef {object} LikelihoodTraits
 * @property {boolean} sigma takes sigmaNoise
 * @property {boolean} classes targets are class labels, means are probabilities
 * @property {boolean} regression targets are real numbers or counts
 * @typedef {Row<Names.LikelihoodName> & LikelihoodTraits} LikelihoodRow
 */

/**
 * @typedef {object} OptimizerTraits
 * @property {number} learningRate the default; 0 where there is none
 * @property {boolean} stochastic an iteration is an epoch of minibatches
 * @typedef {Row<Names.OptimizerName> & OptimizerTraits} OptimizerRow
 */

/**
 * @typedef {object} StructureTraits
 * @property {(Row<'weight' | 'function'> & { can: number })[]} spaces the ways it is computed; several give the same
 *   posterior at different cost
 * @typedef {Row<Names.StructureName> & StructureTraits} StructureRow
 */

/**
 * @typedef {object} DatasetParameterTraits
 * @property {number} value the default
 * @property {number} low the least allowed
 * @property {number} high the largest allowed
 * @typedef {Row & DatasetParameterTraits} DatasetParameter
 */

/**
 * @typedef {object} DatasetTraits
 * @property {Names.LikelihoodName} task the likelihood it is made for
 * @property {number} d columns of X
 * @property {number} n default number of examples
 * @property {readonly DatasetParameter[]} parameters its own options beside n and seed
 * @typedef {Row<Names.DatasetName> & DatasetTraits} DatasetRow
 */

/**
 * The tables of the core; each list in the order of its ids.
 * @typedef {object} Tables
 * @property {readonly Row<Names.ActivationName>[]} activations
 * @property {readonly LikelihoodRow[]} likelihoods
 * @property {readonly StructureRow[]} structures
 * @property {readonly Row<Names.CurvatureName>[]} curvatures
 * @property {readonly OptimizerRow[]} optimizers
 * @property {readonly Row<Names.LinkName>[]} links
 * @property {readonly Row<Names.QuantityName>[]} quantities what predictGrid can paint
 * @property {readonly DatasetRow[]} datasets
 */

const SIGMA = 1;
const CLASSES = 2;
const REGRESSION = 4;

/**
 * Rows until the one that is not there, with what is said of each.
 * @param {Core} core
 * @param {readonly string[]} about
 * @param {(id: number) => number} at where row `id` is
 * @param {(id: number) => object} more reads what is particular to it
 * @returns {any[]}
 */
function until(core, about, at, more) {
  const out = [];
  for (let name = core.nameAt(at(0)); name !== null; name = core.nameAt(at(out.length)))
    out.push(Object.freeze({ name, about: about[out.length], ...more(out.length) }));
  return out;
}

/**
 * The rows of one table.
 * @param {Core} core
 * @param {string} noun
 * @param {(id: number) => object} [more]
 * @returns {any[]}
 */
export function rows(core, noun, more = () => ({})) {
  const table = NOUNS.indexOf(noun);
  return until(core, texts[noun], (id) => core.call.bl_table_row(table, id), more);
}

/**
 * The parameters of a data set; after name and about come three doubles.
 * @param {Core} core
 * @param {number} set
 */
function parameters(core, set) {
  const at = (/** @type {number} */ i) => core.call.bl_dataset_parameter_row(set, i);
  return until(core, texts.parameter[set], at, (i) => {
    const [value, low, high] = core.scope((border) => border.read(at(i) + 8, 3));
    return { value, low, high };
  });
}

/** @type {Record<keyof Tables, (core: Core) => any[]>} */
const READERS = {
  activations: (core) => rows(core, 'activation'),
  likelihoods: (core) =>
    rows(core, 'likelihood', (id) => {
      const traits = core.call.bl_likelihood_is(id);
      return {
        sigma: (traits & SIGMA) !== 0,
        classes: (traits & CLASSES) !== 0,
        regression: (traits & REGRESSION) !== 0,
      };
    }),
  structures(core) {
    const all = rows(core, 'structure', (id) => ({
      space: core.text(core.call.bl_structure_space(id)),
      can: core.call.bl_structure_can(id),
    }));
    return [...new Set(all.map((row) => row.name))].map((name) => {
      const same = all.filter((row) => row.name === name);
      const spaces = same
        .filter((row) => row.space !== '')
        .map(({ space, about, can }) => Object.freeze({ name: space, about, can }));
      return Object.freeze({ name, about: same[0].about, spaces: Object.freeze(spaces) });
    });
  },
  curvatures: (core) => rows(core, 'curvature'),
  optimizers: (core) =>
    rows(core, 'optimizer', (id) => ({
      learningRate: core.call.bl_optimizer_learning_rate(id),
      stochastic: core.call.bl_optimizer_stochastic(id) !== 0,
    })),
  links: (core) => rows(core, 'link'),
  quantities: (core) => rows(core, 'quantity'),
  datasets: (core) =>
    rows(core, 'dataset', (id) => ({
      task: core.text(core.call.bl_dataset_task(id)),
      d: core.call.bl_dataset_inputs(id),
      n: core.call.bl_dataset_default_n(id),
      parameters: Object.freeze(parameters(core, id)),
    })),
};

/**
 * The tables, each read from the core when it is first asked for.
 * @param {() => Core} core
 * @returns {Tables}
 */
export function createTables(core) {
  /** @type {Record<string, readonly any[]>} */
  const held = {};
  const tables = {};
  for (const [kind, read] of Object.entries(READERS)) {
    Object.defineProperty(tables, kind, { enumerable: true, get: () => (held[kind] ??= Object.freeze(read(core()))) });
  }
  return /** @type {Tables} */ (tables);
}

/**
 * @param {readonly Row[]} table
 * @returns {string[]}
 */
export const names = (table) => table.map((row) => row.name);

/**
 * The id of a name known to be in the table.
 * @param {readonly Row[]} table
 * @param {string} name
 */
export const idOf = (table, name) => table.findIndex((row) => row.name === name);
