// structures.js — what a structure can, and the sentence when it cannot: both are the core's.
import { fail, oneOf } from './errors.js';
import { idOf, names } from './tables.js';

/** @import { Core } from './memory.js' */
/** @import { Tables } from './tables.js' */

/** The bits of the core's abilities (structure.h) that calls of this library may need. */
export const NEEDS = { index: 1, precisionEach: 2, dense: 4, matrix: 8, downdate: 16, functions: 128, weights: 256 };

/**
 * Throws ERR_UNSUPPORTED with the core's sentence unless the structure can all that is needed.
 * @param {Core} core
 * @param {Tables} tables
 * @param {{ hessianStructure: string, space: string, curvature: string }} options
 * @param {number} needs bits of NEEDS
 * @param {string} what the call
 * @param {string} got what was asked for beside the structure
 */
export function demand(core, tables, { hessianStructure, space, curvature }, needs, what, got) {
  const all = needs | core.call.bl_curvature_needs(idOf(tables.curvatures, curvature));
  const refusal = (/** @type {string} */ name, /** @type {string} */ where) =>
    core.scope((border) => core.text(core.call.bl_structure_refusal(border.string(name), border.string(where), all)));
  const sentence = refusal(hessianStructure, space);
  if (sentence === '') return;
  const where = space === 'auto' ? '' : ` in ${space} space`;
  const spaced = space !== 'auto' && refusal(hessianStructure, 'auto') === '';
  const able = names(tables.structures).filter((name) => refusal(name, 'auto') === '');
  fail(
    'ERR_UNSUPPORTED',
    what,
    `${got} with hessianStructure '${hessianStructure}'${where} and curvature '${curvature}'`,
    spaced ? "space 'auto'" : able.length > 0 ? oneOf(able) : 'another combination',
    `'${hessianStructure}'${where} ${sentence}.`,
  );
}
