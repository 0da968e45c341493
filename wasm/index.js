// index.js — the package's entry: the module is inlined, and compiled when the first object is made. Nothing to await.
import { bytes } from '../dist/wasm-bytes.js';
import { createRuntime } from './runtime.js';

const all = createRuntime(bytes);

export const MLP = all.MLP;
export const Laplace = all.Laplace;
export const datasets = all.datasets;
export const metrics = all.metrics;
export const marglikTrain = all.marglikTrain;
export const estimate = all.estimate;
export const tables = all.tables;
export { createRuntime };
export { LaplaceError } from './errors.js';

/** @typedef {import('./mlp.js').MLP} MLP */
/** @typedef {import('./laplace.js').Laplace} Laplace */

// by name, for those who write types
/** @typedef {import('./arrays.js').Matrix} Matrix */
/** @typedef {import('./arrays.js').Targets} Targets */
/** @typedef {import('./datasets.js').Dataset} Dataset */
/** @typedef {import('./datasets.js').Datasets} Datasets */
/** @typedef {import('./diagnostics.js').Diagnostics} Diagnostics */
/** @typedef {import('./estimate.js').Estimate} Estimate */
/** @typedef {import('./estimate.js').Forecast} Forecast */
/** @typedef {import('./hyper.js').PrecisionValue} PrecisionValue */
/** @typedef {import('./hyper.js').PriorValue} PriorValue */
/** @typedef {import('./laplace.js').Evidence} Evidence */
/** @typedef {import('./laplace.js').LaplaceOptions} LaplaceOptions */
/** @typedef {import('./marglik.js').MarglikOptions} MarglikOptions */
/** @typedef {import('./marglik.js').MarglikResult} MarglikResult */
/** @typedef {import('./metrics.js').Metrics} Metrics */
/** @typedef {import('./metrics.js').Quantiles} Quantiles */
/** @typedef {import('./metrics.js').Reliability} Reliability */
/** @typedef {import('./mlp.js').MLPOptions} MLPOptions */
/** @typedef {import('./names.js').ActivationName} ActivationName */
/** @typedef {import('./names.js').CurvatureName} CurvatureName */
/** @typedef {import('./names.js').DatasetName} DatasetName */
/** @typedef {import('./names.js').LikelihoodName} LikelihoodName */
/** @typedef {import('./names.js').LinkName} LinkName */
/** @typedef {import('./names.js').OptimizerName} OptimizerName */
/** @typedef {import('./names.js').QuantityName} QuantityName */
/** @typedef {import('./names.js').StructureName} StructureName */
/** @typedef {import('./predict.js').FarField} FarField */
/** @typedef {import('./predict.js').Prediction} Prediction */
/** @typedef {import('./prior.js').PosteriorPrior} PosteriorPrior */
/** @typedef {import('./tables.js').Tables} Tables */
/** @typedef {import('./training.js').TrainOptions} TrainOptions */
/** @typedef {import('./training.js').TrainResult} TrainResult */
/** @typedef {import('./training.js').TrainState} TrainState */
/** @typedef {import('./tuning.js').TuneOptions} TuneOptions */
/** @typedef {import('./tuning.js').Tuned} Tuned */
/**
 * @template {import('./predict.js').Result} [Q=import('./predict.js').Result]
 * @typedef {import('./predict.js').Predicted<Q>} Predicted
 */
/**
 * @template {import('./predict.js').Result} [Q=import('./predict.js').Result]
 * @typedef {import('./predict.js').PredictOptions<Q>} PredictOptions
 */
/**
 * @template {QuantityName} [Q=QuantityName]
 * @typedef {import('./predict.js').Grid<Q>} Grid
 */
/**
 * @template {QuantityName} [Q=QuantityName]
 * @typedef {import('./predict.js').GridOptions<Q>} GridOptions
 */
