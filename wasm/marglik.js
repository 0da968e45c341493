// marglik.js — weights and hyper-parameters together: train under the present prior and noise, fit, move prior and
// noise to the maximum of the evidence, again (Immer et al. 2021, algorithm 1; MacKay 1992). Each half is exact, so a
// few rounds are enough where a gradient step on the hyper-parameters needs hundreds of epochs.
import { Laplace as LaplaceBase } from './laplace.js';
import { checkNet, undoOf } from './mlp.js';
import { boolean, choice, count, nonNegative, readOptions } from './options.js';

/** @import { Matrix, Targets } from './arrays.js' */
/** @import { PriorValue } from './hyper.js' */
/** @import { MLP } from './mlp.js' */
/** @import { CurvatureName, OptimizerName, StructureName } from './names.js' */

/**
 * @typedef {object} MarglikOptions
 * @property {StructureName} [hessianStructure] default 'full'
 * @property {CurvatureName} [curvature] default 'ggn'
 * @property {'scalar' | 'layerwise' | 'diag'} [priorStructure] default 'layerwise'
 * @property {PriorValue} [priorPrecision] to begin with, default 1
 * @property {number | ArrayLike<number>} [sigmaNoise] to begin with, default 1
 * @property {boolean} [tuneSigma] default true for gaussian likelihoods
 * @property {number} [rounds] at most, default 30
 * @property {number} [tolerance] ends when a round moves the evidence by less than this many nats, default 1e-3
 * @property {'auto' | OptimizerName} [optimizer] of `train`, default 'auto'
 * @property {number} [maxIterations] of `train` in each round
 * @property {number} [epochs] of `train` in each round
 * @property {number} [learningRate] of `train`
 * @property {number} [batchSize] of `train`
 * @property {number} [seed] of `train`
 * @property {ArrayLike<number>} [weights] (n) of the examples
 */

/**
 * @typedef {object} MarglikResult
 * @property {LaplaceBase} la the posterior at the weights trained under the last prior and noise
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
  checkNet(net, 'marglikTrain');
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
  new Laplace(net, { hessianStructure, curvature, priorPrecision: 1 }).dispose(); // says what is wrong with them
  const undo = undoOf(net);
  const learn = () => {
    net.train(X, y, { priorPrecision, sigmaNoise, ...schedule });
    return new Laplace(net, { hessianStructure, curvature });
  };
  let converged = false;
  /** @type {number[]} */
  const history = [];
  const steady = (/** @type {number} */ evidence) => Math.abs(evidence - (history.at(-1) ?? -Infinity)) <= tolerance;
  const advance = () => {
    const la = learn();
    try {
      la.fit(X, y, { weights });
      const found = la.optimizePriorPrecision({ priorStructure, tuneSigma });
      ({ priorPrecision, sigmaNoise } = found);
      converged = steady(found.logMarginalLikelihood);
      history.push(found.logMarginalLikelihood);
    } finally {
      la.dispose();
    }
  };
  try {
    for (;;) {
      while (history.length < rounds && !converged) advance();
      const la = learn().fit(X, y, { weights }); // weights, prior and noise agree
      const logMarginalLikelihood = la.logMarginalLikelihood();
      converged &&= steady(logMarginalLikelihood); // weights that left a saddle in this last training go on
      if (converged || history.length >= rounds)
        return { la, priorPrecision, sigmaNoise, logMarginalLikelihood, converged, history };
      la.dispose();
    }
  } catch (error) {
    undo();
    throw error;
  }
};
