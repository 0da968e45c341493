// estimate.js — what each structure would cost, before anything is fitted.
import { MLP as MLPBase } from './mlp.js';
import { shapeOfNet } from './mlp.js';
import { fail } from './errors.js';
import { handleOf } from './handle.js';
import { choice, count, readOptions } from './options.js';
import { idOf, names, rows as tableRows } from './tables.js';

/** @import { Core } from './memory.js' */
/** @import { MLPOptions } from './mlp.js' */
/** @import { CurvatureName, StructureName } from './names.js' */
/** @import { Tables } from './tables.js' */

/** @typedef {'all' | 'last_layer'} Subset */

/**
 * @typedef {object} StructureCost
 * @property {StructureName} hessianStructure
 * @property {'' | 'weight' | 'function'} space '' where there is one only
 * @property {number} bytes held after a fit
 * @property {number} operations of a fit, floating point
 */

/**
 * @typedef {object} Forecast
 * @property {number} parameterCount active parameters
 * @property {StructureCost[]} structures every structure, and every space of it
 * @property {{ hessianStructure: StructureName, subsetOfWeights: Subset, about: string }} suggestion the most exact one
 *   that fits into memory and a few seconds
 */

/**
 * Bytes and operations of a fit to n examples with each structure. `spec` takes the options of `MLP` and
 * `subsetOfWeights` ('all', default, or 'last_layer') and `curvature` ('ggn').
 * @typedef {MLPOptions & { subsetOfWeights?: Subset, curvature?: CurvatureName }} EstimateOptions
 * @typedef {(spec: EstimateOptions, n: number) => Forecast} Estimate
 */

const BYTES = 1e9;
const OPERATIONS = 5e10; // some ten seconds of a browser

/**
 * @param {() => Core} running
 * @param {Tables} tables
 * @param {typeof MLPBase} MLP
 * @returns {Estimate}
 */
export const createEstimate = (running, tables, MLP) => (spec, n) => {
  const { subsetOfWeights = 'all', curvature = 'ggn', ...options } = Object(spec);
  const read = readOptions({ subsetOfWeights, curvature, n }, 'estimate', {
    subsetOfWeights: choice(['all', 'last_layer']),
    curvature: choice(names(tables.curvatures)),
    n: count,
  });
  if (n === undefined) fail('ERR_OPTION', 'n', 'none', 'the number of examples');
  const core = running();
  const net = new MLP(options);
  try {
    const shape = shapeOfNet(net);
    const { pointer } = handleOf(net);
    const rows = core.call.bl_curvature_rows(idOf(tables.curvatures, read.curvature), shape.k);
    const costs = (/** @type {number} */ first) =>
      tableRows(core, 'structure').map(({ name }, id) => ({
        hessianStructure: name,
        space: /** @type {StructureCost['space']} */ (core.text(core.call.bl_structure_space(id))),
        bytes: core.call.bl_structure_bytes(id, pointer, first, read.n, rows),
        operations: core.call.bl_structure_cost(id, pointer, first, read.n, rows),
      }));
    const first = read.subsetOfWeights === 'all' ? 0 : shape.depth - 1;
    const structures = costs(first);
    const fits = (/** @type {StructureCost[]} */ all, /** @type {string} */ name) =>
      all.some((row) => row.hessianStructure === name && row.bytes <= BYTES && row.operations <= OPERATIONS);
    const choices = [
      ['full', 'exact, and affordable at this size', structures, read.subsetOfWeights],
      ['kron', 'covariances within layers; the full structure would be too large', structures, read.subsetOfWeights],
      ['kron', 'of the last layer; more would take too long', costs(shape.depth - 1), 'last_layer'],
    ];
    const [hessianStructure, about, , subset] = /** @type {[StructureName, string, StructureCost[], Subset]} */ (
      choices.find(([name, , all]) => fits(/** @type {any} */ (all), /** @type {string} */ (name))) ?? [
        'diag',
        'cheapest; variances without covariances',
        structures,
        'last_layer',
      ]
    );
    const active =
      shape.p - shape.tensors.filter(({ layer }) => layer < first).reduce((sum, { size }) => sum + size, 0);
    return { parameterCount: active, structures, suggestion: { hessianStructure, subsetOfWeights: subset, about } };
  } finally {
    net.dispose();
  }
};
