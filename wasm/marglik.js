// marglik.js — weights and hyper-parameters together: train under the present prior and noise, fit, move prior and noise
// to the maximum of the evidence, again (Immer et al. 2021, algorithm 1; MacKay 1992). Each half is exact, so a few
// rounds are enough where a gradient step on the hyper-parameters needs hundreds of epochs.
import { Laplace as LaplaceBase } from './laplace.js';
import { boolean, choice, count, nonNegative, readOptions } from './options.js';

/** @import { Matrix, Targets } from './arrays.js' */
/** @import { PriorValue } from './hyper.js' */
/** @import { MLP } from './mlp.js' */

/**
 * @typedef {object} MarglikOptions
 * @property {string} [hessianStructure] default 'full'
 * @property {string} [curvature] default 'ggn'
 * @property {'scalar' | 'layerwise' | 'diag'} [priorStructure] default 'layerwise'
 * @property {PriorValue} [priorPrecision] to begin with, default 1
 * @property {number | ArrayLike<number>} [sigmaNoise] to begin with, default 1
 * @property {boolean} [tuneSigma] default true for gaussian likelihoods
 * @property {number} [rounds] at most, default 30
 * @property {number} [tolerance] ends when a round gains less than this many nats, default 1e-3
 * @property {string} [optimizer] of `train`, default 'auto'
 * @property {number} [maxIterations] of `train` in each round
 * @property {number} [epochs] of `train` in each round
 * @property {number} [learningRate] of `train`
 * @property {number} [batchSize] of `train`
 * @property {number} [seed] of `train`
 * @property {ArrayLike<number>} [weights] (n) of the examples
 */

/**
 * @typedef {object} MarglikResult
 * @property {LaplaceBase} la the posterior at the best round's weights and hyper-parameters
 * @property {number | Float64Array} priorPrecision
 * @property {number | Float64Array} sigmaNoise
 * @property {number} logMarginalLikelihood
 * @property {boolean} converged
 * @property {number[]} history log evidence after each round
 */

/** @typedef {(net: MLP, X: Matrix, y: Targets, options?: MarglikOptions) => MarglikResult} MarglikTrain */

/**
 * @param {typeof LaplaceBase} Laplace
 * @returns {MarglikTrain}
 */
export const createMarglikTrain = (Laplace) => (net, X, y, options) => {
  const as = (/** @type {any} */ value) => value;
  const read = readOptions(options, 'marglikTrain', {
    hessianStructure: as,
    curvature: as,
    priorStructure: [choice(['scalar', 'layerwise', 'diag']), 'layerwise'],
    priorPrecision: [as, 1],
    sigmaNoise: [as, 1],
    tuneSigma: boolean,
    rounds: [count, 30],
    tolerance: [nonNegative, 1e-3],
    optimizer: as,
    maxIterations: as,
    epochs: as,
    learningRate: as,
    batchSize: as,
    seed: as,
    weights: as,
  });
  const { hessianStructure, curvature, priorStructure, tuneSigma, rounds, tolerance, weights } = read;
  const { optimizer, maxIterations, epochs, learningRate, batchSize, seed } = read;
  const schedule = { optimizer, maxIterations, epochs, learningRate, batchSize, seed, weights };
  let { priorPrecision, sigmaNoise } = read;
  const before = net.parameters;
  /** @type {LaplaceBase | undefined} */
  let best;
  let bestWeights = before;
  let peak = -Infinity;
  let converged = false;
  /** @type {number[]} */
  const history = [];
  try {
    for (let round = 0; round < rounds && !converged; round++) {
      net.train(X, y, { priorPrecision, sigmaNoise, ...schedule });
      const la = new Laplace(net, { hessianStructure, curvature }).fit(X, y, { weights });
      let found;
      try {
        found = la.optimizePriorPrecision({ priorStructure, tuneSigma });
      } catch (error) {
        la.dispose();
        throw error;
      }
      const gain = found.logMarginalLikelihood - (history.at(-1) ?? -Infinity);
      history.push(found.logMarginalLikelihood);
      ({ priorPrecision, sigmaNoise } = found);
      if (found.logMarginalLikelihood > peak || !best) {
        peak = found.logMarginalLikelihood;
        best?.dispose();
        best = la;
        bestWeights = net.parameters;
      } else {
        la.dispose();
      }
      converged = Math.abs(gain) <= tolerance;
    }
  } catch (error) {
    best?.dispose();
    net.parameters = before;
    throw error;
  }
  net.parameters = bestWeights;
  const la = /** @type {LaplaceBase} */ (best);
  return {
    la,
    priorPrecision: la.priorPrecision,
    sigmaNoise: la.sigmaNoise,
    logMarginalLikelihood: peak,
    converged,
    history,
  };
};
