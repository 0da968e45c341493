// diagnostics.js — whether a posterior is what it should be: at an optimum, under the prior it was trained with, with
// noise that fits the residuals.
import { isMatrix, listed, restrict } from './hyper.js';
import { spanOf, spread } from './shape.js';

/** @import { Handle } from './handle.js' */
/** @import { Hyper } from './hyper.js' */
/** @import { Active, Shape } from './shape.js' */

/**
 * @typedef {object} Diagnostics
 * @property {number} gradientNorm 2-norm of the gradient of the negative log joint at θ̂, over the data held
 * @property {number | null} missingEvidence ½ gᵀP⁻¹g in nats: how far θ̂ is from the mode; null with independentOutputs
 * @property {boolean} priorMismatch the prior differs from the one the network was trained with
 * @property {number | null} sigmaVersusResidual σ over the root mean square residual; null without noise or data
 * @property {number | null} minEigenvalue of H, negative where the exact Hessian bends down; null with curvatures that
 *   never do
 * @property {number} jitter added to the precision to make it positive definite: never any
 * @property {string[]} warnings a sentence for each thing that is not as it should be
 */

const MISSING = 0.05; // nats a fit may lack without a word
const NOISE = /** @type {const} */ ([0.5, 2]); // σ over residual that passes without a word

/**
 * @param {number | Float64Array} a
 * @param {number | Float64Array} b
 * @param {Active} active
 */
function same(a, b, active) {
  const other = spread(b, active);
  return spread(a, active).every((value, i) => value === other[i]);
}

/**
 * σ of each output.
 * @param {number | Float64Array} sigma
 * @param {number} k
 */
const noises = (sigma, k) => Float64Array.from({ length: k }, (_, i) => listed(sigma)[i] ?? listed(sigma)[0]);

/**
 * Whether the prior is the one the network was trained with.
 * @param {Hyper} hyper
 * @param {Hyper} trained
 * @param {Active} all
 * @param {Active} active
 */
function samePrior(hyper, trained, all, active) {
  if (hyper.prior || trained.prior) return hyper.prior === trained.prior;
  if (!same(hyper.priorMean, restrict(trained.priorMean, all, active), active)) return false;
  const before = restrict(trained.priorPrecision, all, active);
  if (isMatrix(hyper.priorPrecision, active.p) || isMatrix(before, active.p)) {
    const [a, b] = [listed(hyper.priorPrecision), listed(before)];
    return a.length === b.length && a.every((value, i) => value === b[i]);
  }
  return same(hyper.priorPrecision, before, active);
}

/** @param {number} x */
const short = (x) => Number(x.toPrecision(3));

/**
 * @param {Handle} handle
 * @param {Shape} shape
 * @param {Active} active
 * @param {Hyper} hyper
 * @param {Hyper | undefined} trained what the network was trained with
 * @param {boolean} edge whether the hyper-parameters were tuned and ended at an edge of the range
 * @returns {Diagnostics}
 */
export function diagnose({ core, pointer }, shape, active, hyper, trained, edge) {
  const [gradientNorm, missing, residual, lowest] = core.result(4, 'diagnostics', 'a posterior', (at) =>
    core.call.bl_laplace_diagnostics(pointer, at, at + 8, at + 16, at + 24, core.scratch),
  );
  const missingEvidence = Number.isNaN(missing) ? null : missing;
  const minEigenvalue = Number.isNaN(lowest) ? null : lowest;
  const one = typeof hyper.sigmaNoise === 'number' || hyper.sigmaNoise.length === 1;
  const sigmaVersusResidual = residual > 0 ? (one ? listed(hyper.sigmaNoise)[0] : 1) / Math.sqrt(residual) : null;
  const all = spanOf(shape, 0);
  const priorMismatch = trained !== undefined && !samePrior(hyper, trained, all, active);
  const warnings = [];
  if (missingEvidence !== null && missingEvidence > MISSING) {
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
  const before = noises(trained?.sigmaNoise ?? hyper.sigmaNoise, shape.k);
  if (noises(hyper.sigmaNoise, shape.k).some((sigma, i) => sigma !== before[i])) {
    warnings.push(
      'sigmaNoise differs from the one the network was trained with: another noise weighs data against prior ' +
        'otherwise, and has its optimum elsewhere. Train again with it.',
    );
  }
  if (sigmaVersusResidual !== null && !(sigmaVersusResidual >= NOISE[0] && sigmaVersusResidual <= NOISE[1])) {
    warnings.push(
      `sigmaNoise is ${short(sigmaVersusResidual)} times the root mean square residual: ` +
        'the noise does not fit the data.',
    );
  }
  if (minEigenvalue !== null && minEigenvalue < 0) {
    warnings.push(
      `The exact Hessian is negative in places (smallest eigenvalue ${short(minEigenvalue)}): ` +
        'this is not a minimum of the loss, and only the prior keeps the posterior proper.',
    );
  }
  if (edge) {
    warnings.push(
      'The best prior precision or noise lies at the edge of the range searched: ' +
        'the data say nothing about it, or the weights have collapsed onto the prior mean.',
    );
  }
  return { gradientNorm, missingEvidence, priorMismatch, sigmaVersusResidual, minEigenvalue, jitter: 0, warnings };
}
