// diagnostics.js — whether a posterior is what it should be: at an optimum, under the prior it was trained with, with
// noise that fits the residuals.
import { listed } from './hyper.js';
import { spanOf, spread } from './shape.js';

/** @import { Handle } from './handle.js' */
/** @import { Hyper } from './hyper.js' */
/** @import { Active, Shape } from './shape.js' */

/**
 * @typedef {object} Diagnostics
 * @property {number} gradientNorm 2-norm of the gradient of the negative log joint at θ̂, over the data held
 * @property {number} missingEvidence ½ gᵀP⁻¹g in nats: how far θ̂ is from the mode
 * @property {boolean} priorMismatch the prior differs from the one the network was trained with
 * @property {number | null} sigmaVersusResidual σ over the root mean square residual; null without noise or data
 * @property {number} jitter added to the precision: never any
 * @property {string[]} warnings a sentence for each thing that is not as it should be
 */

const MISSING = 0.05; // nats a fit may lack without a word
const NOISE = /** @type {const} */ ([0.5, 2]); // σ over residual that passes without a word

/**
 * @param {number | Float64Array} a
 * @param {number | Float64Array} b
 * @param {Active} active
 */
const same = (a, b, active) => spread(a, active).every((value, i) => Object.is(value, spread(b, active)[i]));

/** @param {number} x */
const short = (x) => Number(x.toPrecision(3));

/**
 * @param {Handle} handle
 * @param {Shape} shape
 * @param {Active} active
 * @param {Hyper} hyper
 * @param {Hyper | undefined} trained what the network was trained with
 * @returns {Diagnostics}
 */
export function diagnose({ core, pointer }, shape, active, hyper, trained) {
  const [gradientNorm, missingEvidence, residual] = core.result(3, 'diagnostics', 'a posterior', (at) =>
    core.call.bl_laplace_diagnostics(pointer, at, at + 8, at + 16, core.scratch),
  );
  const one = typeof hyper.sigmaNoise === 'number' || hyper.sigmaNoise.length === 1;
  const sigmaVersusResidual = residual > 0 ? (one ? listed(hyper.sigmaNoise)[0] : 1) / Math.sqrt(residual) : null;
  const all = spanOf(shape, 0);
  const trainedPrior = trained && spread(trained.priorPrecision, all);
  const at = active.index ?? Int32Array.from({ length: active.p }, (_, i) => active.tensors[0].start + i);
  const priorMismatch =
    trainedPrior !== undefined &&
    !same(
      hyper.priorPrecision,
      Float64Array.from(at, (i) => trainedPrior[i]),
      active,
    );
  const warnings = [];
  if (missingEvidence > MISSING) {
    warnings.push(
      `Not at an optimum: the curvature is read off a slope (|∇| ${short(gradientNorm)}, ` +
        `${short(missingEvidence)} nats below the ` +
        'peak). Train to the optimum first.',
    );
  }
  if (priorMismatch) {
    warnings.push(
      'The prior differs from the one the network was trained with: ' +
        'this is not Laplace’s approximation of either posterior. ' +
        'Train again under this prior.',
    );
  }
  if (sigmaVersusResidual !== null && !(sigmaVersusResidual >= NOISE[0] && sigmaVersusResidual <= NOISE[1])) {
    warnings.push(
      `sigmaNoise is ${short(sigmaVersusResidual)} times the root mean square residual: ` +
        'the noise does not fit the data.',
    );
  }
  return { gradientNorm, missingEvidence, priorMismatch, sigmaVersusResidual, jitter: 0, warnings };
}
