// prior.js — priors on their way into the core: a precision in one of its forms, or an earlier posterior. The latter is
// an object of its own, so that it outlives the posterior it was taken from.
import { fail } from './errors.js';
import { Handle, disposal, handleOf, own } from './handle.js';

/** @import { Core } from './memory.js' */

/**
 * A posterior as the next prior: its mean and its curvature. `Laplace.prototype.asPrior` makes it; `train` and
 * `Laplace` take it as `prior`. With 'kron' and 'lowrank' it is merged with the new data before both are approximated.
 */
export class PosteriorPrior {
  /**
   * @param {Core} core
   * @param {number} pointer a posterior of the core, taken over
   * @param {string} about
   */
  constructor(core, pointer, about) {
    own(this, new Handle(core, pointer, 'bl_laplace_free', 'PosteriorPrior'));
    /** What it is, in a few words. */
    this.about = about;
  }

  /**
   * Frees its memory; what was made with it keeps working. A network trained under it keeps its weights; its later
   * `Laplace` must be given a prior.
   */
  dispose() {
    handleOf(this).dispose();
  }

  /** `dispose`, for `using`. */
  [disposal]() {
    this.dispose();
  }
}

/**
 * One that was there when something was saved: what it was, disposed of.
 * @param {Core} core
 * @param {string} about
 */
export const formerPrior = (core, about) => new PosteriorPrior(core, 0, about);

/**
 * Both are one way to say the prior.
 * @param {{ prior?: unknown, priorPrecision?: unknown, priorMean?: unknown }} given
 * @param {string} what
 */
export function checkOnePrior({ prior, priorPrecision, priorMean }, what) {
  if (prior === undefined || (priorPrecision === undefined && priorMean === undefined)) return;
  fail('ERR_OPTION', what, 'prior beside priorPrecision or priorMean', 'one of them', 'A prior has both already.');
}

/**
 * A prior over all parameters of a network, in the core while `use` runs: its pointer and that of its covariances (0
 * without).
 * @template T
 * @param {Core} core
 * @param {number} net
 * @param {{ precision: Float64Array, mean: Float64Array, matrix: boolean, prior?: PosteriorPrior }} given
 * @param {string} what the call
 * @param {(prior: number, anchor: number) => T} use
 * @returns {T}
 */
export function withPrior(core, net, { precision, mean, matrix, prior }, what, use) {
  const { call } = core;
  const [first, second] = core.scope((border) => {
    const slot = border.room(1);
    const other = border.room(1);
    if (prior) {
      const status = call.bl_net_prior_posterior(slot, other, net, handleOf(prior).pointer, core.scratch);
      core.check(status, what, `${prior.about} as prior, for training a network it does not cover in all its weights`);
    } else if (matrix) {
      core.check(
        call.bl_net_prior_matrix(
          slot,
          other,
          net,
          border.doubles(precision),
          border.doubles(mean),
          mean.length,
          core.scratch,
        ),
        what,
        'a precision matrix that is not positive definite',
      );
    } else {
      core.check(
        call.bl_net_prior_new(
          slot,
          net,
          border.doubles(precision),
          precision.length,
          border.doubles(mean),
          mean.length,
        ),
        what,
        'a prior',
      );
      return [border.readPointer(slot), 0];
    }
    return [border.readPointer(slot), border.readPointer(other)];
  });
  try {
    return use(first, second);
  } finally {
    if (!core.dead()) {
      if (second) call.bl_anchor_free(second);
      call.bl_prior_free(first);
    }
  }
}
