// Bad input: every call below throws a LaplaceError with its code and a sentence that says what was got and expected,
// and the objects answer as before it.
import * as assert from 'uvu/assert';
import { suite } from './helpers/suite.js';
import { Laplace, LaplaceError, MLP, createRuntime, datasets, estimate, marglikTrain, metrics } from '../wasm/index.js';

const test = suite('errors');
const { X, y } = datasets.moons({ n: 20, seed: 1 });
const rows = Array.from({ length: 20 }, (_, i) => [X[2 * i], X[2 * i + 1]]);
const labels = Array.from(y);
const swap = (list, i, value) => list.map((old, j) => (j === i ? value : old));
const three = datasets.blobs({ n: 20, seed: 1 });
const identity = (p) => Array.from({ length: p }, (_, i) => Array.from({ length: p }, (__, j) => Number(i === j)));

function world() {
  const net = new MLP({ layers: [2, 4, 1], seed: 1 });
  net.train(X, y, { priorPrecision: 0.5 });
  const la = new Laplace(net).fit(X, y);
  const many = new MLP({ layers: [2, 4, 3], seed: 1 });
  const real = new MLP({ layers: [2, 3, 2], likelihood: 'gaussian', seed: 1 });
  const deep = new MLP({ layers: [5, 3, 1], seed: 1 });
  const wide = new Laplace(deep).reset();
  const fresh = new Laplace(net);
  const gone = new MLP({ layers: [2, 1] });
  gone.dispose();
  const past = new Laplace(net);
  past.dispose();
  const diagonal = new Laplace(net, { hessianStructure: 'diag' }).fit(X, y);
  const kron = new Laplace(net, { hessianStructure: 'kron' }).fit(X, y);
  const last = new Laplace(net, { subsetOfWeights: 'last_layer' }).fit(X, y);
  const apart = new Laplace(many, { hessianStructure: 'gp', independentOutputs: true }).fit(three.X, three.y);
  const next = new Laplace(net, { prior: la.asPrior() }).fit(X, y);
  const wild = new MLP({ layers: [2, 4, 1], seed: 1 });
  wild.parameters = wild.parameters.map((w) => 5 * w);
  return { net, la, many, real, deep, wide, fresh, gone, past, diagonal, kron, last, apart, next, wild };
}

const state = ({ net, la, many, real, diagonal, kron, apart, next }) => [
  ...[diagonal, kron, apart, next].flatMap((each) => [...each.predict(X).fVar, each.logMarginalLikelihood()]),
  ...net.parameters,
  ...many.parameters,
  ...real.parameters,
  ...la.predict(X).mean,
  la.evidence().logMarginalLikelihood,
  la.priorPrecision,
  la.sigmaNoise,
  la.examples,
];

const BOX = { x: [0, 1], y: [0, 1], nx: 3 };

/** [code, what, call] */
const CALLS = [
  // making a network
  ['ERR_OPTION', 'no options', () => new MLP()],
  ['ERR_OPTION', 'options that are no object', () => new MLP(3)],
  ['ERR_OPTION', 'a list for options', () => new MLP([2, 1])],
  ['ERR_OPTION', 'no layers', () => new MLP({})],
  ['ERR_OPTION', 'one layer', () => new MLP({ layers: [2] })],
  ['ERR_OPTION', 'layers that are a word', () => new MLP({ layers: '2-1' })],
  ['ERR_OPTION', 'a width of 0', () => new MLP({ layers: [2, 0, 1] })],
  ['ERR_OPTION', 'a negative width', () => new MLP({ layers: [2, -3, 1] })],
  ['ERR_OPTION', 'half a unit', () => new MLP({ layers: [2, 2.5, 1] })],
  ['ERR_OPTION', 'NaN units', () => new MLP({ layers: [2, NaN, 1] })],
  ['ERR_OUT_OF_MEMORY', 'absurd widths', () => new MLP({ layers: [1e6, 1e6, 1] })],
  ['ERR_OUT_OF_MEMORY', 'widths whose product wraps in 32 bits', () => new MLP({ layers: [65536, 65536, 1] })],
  ['ERR_OPTION', 'an unknown activation', () => new MLP({ layers: [2, 1], activation: 'tahn' })],
  ['ERR_OPTION', 'an activation that is a number', () => new MLP({ layers: [2, 1], activation: 1 })],
  ['ERR_OPTION', 'an unknown likelihood', () => new MLP({ layers: [2, 1], likelihood: 'binomial' })],
  ['ERR_OPTION', 'bernoulli with two outputs', () => new MLP({ layers: [2, 2], likelihood: 'bernoulli' })],
  [
    'ERR_OPTION',
    'heteroscedastic with three outputs',
    () => new MLP({ layers: [2, 3], likelihood: 'heteroscedastic' }),
  ],
  ['ERR_LABEL', 'half a count', () => new MLP({ layers: [2, 1], likelihood: 'poisson' }).train([[1, 2]], [0.5])],
  [
    'ERR_OPTION',
    'sigmaNoise with counts',
    () => new MLP({ layers: [2, 1], likelihood: 'poisson' }).train([[1, 2]], [1], { sigmaNoise: 2 }),
  ],
  ['ERR_OPTION', 'categorical with one output', () => new MLP({ layers: [2, 1], likelihood: 'categorical' })],
  ['ERR_OPTION', 'an unknown option', () => new MLP({ layers: [2, 1], actvation: 'relu' })],
  ['ERR_OPTION', 'a seed that is no number', () => new MLP({ layers: [2, 1], seed: 'x' })],
  ['ERR_OPTION', 'an infinite seed', () => new MLP({ layers: [2, 1], seed: Infinity })],
  ['ERR_OPTION', 'bias 1', () => new MLP({ layers: [2, 1], bias: 1 })],
  ['ERR_SHAPE', 'too few parameters', () => new MLP({ layers: [2, 1], parameters: [1, 2] })],
  ['ERR_NOT_FINITE', 'a NaN among parameters', () => new MLP({ layers: [2, 1], parameters: [1, NaN, 2] })],
  [
    'ERR_SHAPE',
    'parameters set to another length',
    ({ net }) => {
      net.parameters = [1];
    },
  ],
  [
    'ERR_NOT_FINITE',
    'parameters set to infinity',
    ({ net }) => {
      net.parameters = new Float64Array(net.parameterCount).fill(Infinity);
    },
  ],
  ['ERR_FORMAT', 'JSON of something else', () => MLP.fromJSON({ format: 'other' })],
  ['ERR_FORMAT', 'text that is no JSON', () => MLP.fromJSON('{')],
  ...['layers', 'activation', 'likelihood', 'bias', 'parameters'].map((name) => [
    'ERR_FORMAT',
    `JSON of a network without its ${name}`,
    ({ net }) => MLP.fromJSON({ ...net.toJSON(), [name]: undefined }),
  ]),
  ['ERR_FORMAT', 'JSON of a network of another size', ({ net }) => MLP.fromJSON({ ...net.toJSON(), parameters: [1] })],
  // inputs
  ['ERR_SHAPE', 'no X', ({ net }) => net.forward()],
  ['ERR_SHAPE', 'X a number', ({ net }) => net.forward(3)],
  ['ERR_SHAPE', 'X empty', ({ net }) => net.forward([])],
  ['ERR_SHAPE', 'rows of three', ({ net }) => net.forward([[1, 2, 3]])],
  ['ERR_SHAPE', 'ragged rows', ({ net }) => net.forward([[1, 2], [3]])],
  ['ERR_SHAPE', 'a flat list of odd length', ({ net }) => net.forward([1, 2, 3])],
  ['ERR_NOT_FINITE', 'NaN in a row', ({ net }) => net.forward([[1, NaN]])],
  ['ERR_NOT_FINITE', 'infinity in a flat list', ({ net }) => net.forward(Float64Array.of(1, Infinity))],
  ['ERR_NOT_FINITE', 'a word in a row', ({ net }) => net.forward([['a', 1]])],
  ['ERR_SHAPE', 'out of another length', ({ net }) => net.forward(rows, { out: new Float64Array(3) })],
  ['ERR_OPTION', 'out of another type', ({ net }) => net.forward(rows, { out: [] })],
  // training
  ['ERR_SHAPE', 'no rows', ({ net }) => net.train([], [])],
  ['ERR_SHAPE', 'fewer targets than rows', ({ net }) => net.train(X, y.slice(1))],
  ['ERR_SHAPE', 'no targets', ({ net }) => net.train(X)],
  ['ERR_LABEL', 'a label of 2 for bernoulli', ({ net }) => net.train(X, swap(labels, 3, 2))],
  ['ERR_LABEL', 'a label of one half', ({ net }) => net.train(X, swap(labels, 3, 0.5))],
  ['ERR_LABEL', 'a class out of range', ({ many }) => many.train(three.X, swap(Array.from(three.y), 0, 3))],
  ['ERR_LABEL', 'a negative class', ({ many }) => many.train(three.X, swap(Array.from(three.y), 0, -1))],
  ['ERR_NOT_FINITE', 'a NaN target', ({ net }) => net.train(X, swap(labels, 0, NaN))],
  ['ERR_SHAPE', 'one target column of two', ({ real }) => real.train(X, y)],
  ['ERR_OPTION', 'a negative prior precision', ({ net }) => net.train(X, y, { priorPrecision: -1 })],
  ['ERR_SHAPE', 'three prior precisions', ({ net }) => net.train(X, y, { priorPrecision: [1, 2, 3] })],
  ['ERR_OPTION', 'a NaN prior mean', ({ net }) => net.train(X, y, { priorMean: NaN })],
  ['ERR_OPTION', 'sigmaNoise 0', ({ real }) => real.train(X, new Float64Array(40), { sigmaNoise: 0 })],
  ['ERR_OPTION', 'sigmaNoise without noise', ({ net }) => net.train(X, y, { sigmaNoise: 2 })],
  ['ERR_OPTION', 'an unknown optimizer', ({ net }) => net.train(X, y, { optimizer: 'rmsprop' })],
  ['ERR_OPTION', 'no iterations', ({ net }) => net.train(X, y, { maxIterations: 0 })],
  ['ERR_OPTION', 'a negative tolerance', ({ net }) => net.train(X, y, { tolerance: -1 })],
  ['ERR_OPTION', 'a batch of half an example', ({ net }) => net.train(X, y, { optimizer: 'adam', batchSize: 0.5 })],
  ['ERR_SHAPE', 'weights of another length', ({ net }) => net.train(X, y, { weights: [1, 2] })],
  ['ERR_OPTION', 'a negative weight', ({ net }) => net.train(X, y, { weights: new Float64Array(20).fill(-1) })],
  ['ERR_OPTION', 'a signal that is none', ({ net }) => net.train(X, y, { signal: {} })],
  ['ERR_ABORTED', 'an aborted signal', ({ net }) => net.train(X, y, { signal: AbortSignal.abort() })],
  [
    'ERR_NOT_FINITE',
    'a rate that diverges',
    ({ real }) => real.train(X, new Float64Array(40).fill(1e150), { optimizer: 'sgd', learningRate: 1e200 }),
  ],
  // a posterior
  ['ERR_OPTION', 'no network', () => new Laplace()],
  ['ERR_OPTION', 'something that is no network', () => new Laplace({})],
  ['ERR_OPTION', 'an unknown structure', ({ net }) => new Laplace(net, { hessianStructure: 'ful' })],
  ['ERR_OPTION', 'an unknown curvature', ({ net }) => new Laplace(net, { curvature: 'fisher' })],
  ['ERR_OPTION', 'an unknown subset', ({ net }) => new Laplace(net, { subsetOfWeights: 'first_layer' })],
  ['ERR_OPTION', 'a subnetwork without indices', ({ net }) => new Laplace(net, { subsetOfWeights: 'subnetwork' })],
  ['ERR_OPTION', 'no indices', ({ net }) => new Laplace(net, { subsetOfWeights: 'subnetwork', subnetworkIndices: [] })],
  [
    'ERR_OPTION',
    'an index twice',
    ({ net }) => new Laplace(net, { subsetOfWeights: 'subnetwork', subnetworkIndices: [1, 1] }),
  ],
  [
    'ERR_OPTION',
    'an index out of range',
    ({ net }) => new Laplace(net, { subsetOfWeights: 'subnetwork', subnetworkIndices: [99] }),
  ],
  ['ERR_OPTION', 'a prior precision of 0', ({ net }) => new Laplace(net, { priorPrecision: 0 })],
  ['ERR_OPTION', 'an infinite prior precision', ({ net }) => new Laplace(net, { priorPrecision: Infinity })],
  ['ERR_SHAPE', 'five prior precisions', ({ net }) => new Laplace(net, { priorPrecision: [1, 2, 3, 4, 5] })],
  ['ERR_OPTION', 'temperature 0', ({ net }) => new Laplace(net, { temperature: 0 })],
  ['ERR_OPTION', 'an unknown space', ({ net }) => new Laplace(net, { space: 'time' })],
  ['ERR_NOT_FITTED', 'predict before fit', ({ fresh }) => fresh.predict(X)],
  ['ERR_NOT_FITTED', 'evidence before fit', ({ fresh }) => fresh.evidence()],
  ['ERR_NOT_FITTED', 'downdate before fit', ({ fresh }) => fresh.downdate(X, y)],
  ['ERR_SHAPE', 'fit without rows', ({ la }) => la.fit([], [])],
  ['ERR_LABEL', 'fit with a bad label', ({ la }) => la.fit(X, swap(labels, 1, 7))],
  ['ERR_NOT_FINITE', 'update with NaN', ({ la }) => la.update([[NaN, 1]], [0])],
  ['ERR_OPTION', 'downdate of what is not held', ({ la }) => la.downdate([[100, 100]], [1])],
  [
    'ERR_OPTION',
    'a prior precision set to −1',
    ({ la }) => {
      la.priorPrecision = -1;
    },
  ],
  [
    'ERR_OPTION',
    'sigmaNoise set without noise',
    ({ la }) => {
      la.sigmaNoise = 0.5;
    },
  ],
  [
    'ERR_OPTION',
    'temperature set to NaN',
    ({ la }) => {
      la.temperature = NaN;
    },
  ],
  // predictions
  ['ERR_SHAPE', 'predict with rows of one', ({ la }) => la.predict([[1]])],
  ['ERR_OPTION', 'an unknown link', ({ la }) => la.predict(X, { link: 'logit' })],
  ['ERR_UNSUPPORTED', 'a bridge for one logit', ({ la }) => la.predict(X, { link: 'bridge' })],
  ['ERR_OPTION', 'no samples', ({ la }) => la.predict(X, { link: 'mc', samples: 0 })],
  ['ERR_OPTION', 'an unknown predType', ({ la }) => la.predict(X, { predType: 'map' })],
  ['ERR_UNSUPPORTED', 'joint with sampled weights', ({ la }) => la.predict(X, { predType: 'nn', joint: true })],
  ['ERR_OPTION', 'an unknown quantity', ({ la }) => la.predict(X, { quantities: ['sd'] })],
  ['ERR_UNSUPPORTED', 'yVar of a classifier', ({ la }) => la.predict(X, { quantities: ['yVar'] })],
  ['ERR_OPTION', 'a grid without a box', ({ la }) => la.predictGrid({ nx: 3 })],
  ['ERR_OPTION', 'a grid over one of two inputs', ({ la }) => la.predictGrid({ x: [0, 1], nx: 3 })],
  ['ERR_OPTION', 'a grid of nothing', ({ la }) => la.predictGrid({ ...BOX, quantities: [] })],
  ...[5, null, new Float32Array(9), { maen: new Float32Array(9) }].map((out, i) => [
    'ERR_OPTION',
    `a place for a grid that is none, ${i}`,
    ({ la }) => la.predictGrid({ ...BOX, out }),
  ]),
  ['ERR_OPTION', 'a grid of no pixels', ({ la }) => la.predictGrid({ x: [0, 1], y: [0, 1], nx: 0, ny: 1 })],
  ['ERR_OPTION', 'a box upside down', ({ la }) => la.predictGrid({ x: [1, 0], y: [0, 1], nx: 2, ny: 2 })],
  ['ERR_OPTION', 'a box to infinity', ({ la }) => la.predictGrid({ x: [0, Infinity], y: [0, 1], nx: 2, ny: 2 })],
  [
    'ERR_UNSUPPORTED',
    'a grid over five inputs',
    ({ wide }) => wide.predictGrid({ x: [0, 1], y: [0, 1], nx: 2, ny: 2 }),
  ],
  [
    'ERR_OUT_OF_MEMORY',
    'a grid of absurd size',
    ({ la }) => la.predictGrid({ x: [0, 1], y: [0, 1], nx: 60000, ny: 60000 }),
  ],
  [
    'ERR_SHAPE',
    'a grid into an array of another length',
    ({ la }) =>
      la.predictGrid({
        x: [0, 1],
        y: [0, 1],
        nx: 2,
        ny: 2,
        out: { mean: new Float32Array(3) },
      }),
  ],
  ['ERR_OPTION', 'minus one sample', ({ la }) => la.sample(-1)],
  ['ERR_OUT_OF_MEMORY', 'absurdly many samples', ({ la }) => la.sample(2 ** 30)],
  ['ERR_SHAPE', 'logProb of too few weights', ({ la }) => la.logProb([1, 2])],
  ['ERR_OPTION', 'evidence at a prior precision of 0', ({ la }) => la.logMarginalLikelihood({ priorPrecision: 0 })],
  // structures, subsets and priors
  ['ERR_OPTION', 'an unknown structure', ({ net }) => new Laplace(net, { hessianStructure: 'kfac' })],
  ['ERR_OPTION', 'rank without lowrank', ({ net }) => new Laplace(net, { rank: 3 })],
  ['ERR_OPTION', 'rank 0', ({ net }) => new Laplace(net, { hessianStructure: 'lowrank', rank: 0 })],
  ['ERR_OPTION', 'nSubset without gp', ({ net }) => new Laplace(net, { hessianStructure: 'diag', nSubset: 3 })],
  ['ERR_OPTION', 'independentOutputs without gp', ({ net }) => new Laplace(net, { independentOutputs: true })],
  [
    'ERR_UNSUPPORTED',
    'K-FAC of a list of weights',
    ({ net }) =>
      new Laplace(net, { hessianStructure: 'kron', subsetOfWeights: 'subnetwork', subnetworkIndices: [1, 2] }),
  ],
  [
    'ERR_UNSUPPORTED',
    'K-FAC under a precision per parameter',
    ({ net }) => new Laplace(net, { hessianStructure: 'kron', priorPrecision: new Float64Array(17).fill(1) }),
  ],
  [
    'ERR_UNSUPPORTED',
    'the exact Hessian in K-FAC',
    ({ net }) => new Laplace(net, { hessianStructure: 'kron', curvature: 'hessian' }),
  ],
  [
    'ERR_UNSUPPORTED',
    'the exact Hessian in function space',
    ({ net }) => new Laplace(net, { space: 'function', curvature: 'hessian' }),
  ],
  [
    'ERR_UNSUPPORTED',
    'a precision matrix with diag',
    ({ net }) => new Laplace(net, { hessianStructure: 'diag', priorPrecision: identity(17) }),
  ],
  [
    'ERR_UNSUPPORTED',
    'a precision matrix in function space',
    ({ net }) => new Laplace(net, { space: 'function', priorPrecision: identity(17) }),
  ],
  [
    'ERR_SHAPE',
    'a precision matrix that is not square',
    ({ net }) => new Laplace(net, { priorPrecision: identity(17).slice(1) }),
  ],
  [
    'ERR_OPTION',
    'a precision matrix that is not symmetric',
    ({ net }) => new Laplace(net, { priorPrecision: swap(identity(17), 0, [1, ...new Array(16).fill(0.5)]) }),
  ],
  [
    'ERR_NOT_POSITIVE_DEFINITE',
    'an indefinite precision matrix',
    ({ net }) => new Laplace(net, { priorPrecision: swap(identity(17), 0, [-1, ...new Array(16).fill(0)]) }),
  ],
  [
    'ERR_NOT_POSITIVE_DEFINITE',
    'an indefinite precision matrix to train with',
    ({ net }) => net.train(X, y, { priorPrecision: swap(identity(17), 0, [-1, ...new Array(16).fill(0)]) }),
  ],
  [
    'ERR_UNSUPPORTED',
    'a precision matrix set in diag',
    ({ diagonal }) => {
      diagonal.priorPrecision = identity(17);
    },
  ],
  ['ERR_OPTION', 'a prior that is none', ({ net }) => new Laplace(net, { prior: 3 })],
  [
    'ERR_OPTION',
    'a prior beside a precision',
    ({ net, la }) => new Laplace(net, { prior: la.asPrior(), priorPrecision: 1 }),
  ],
  [
    'ERR_UNSUPPORTED',
    'a prior of another structure',
    ({ net, la }) => new Laplace(net, { hessianStructure: 'diag', prior: la.asPrior() }),
  ],
  ['ERR_UNSUPPORTED', 'a prior of another network', ({ many, la }) => new Laplace(many, { prior: la.asPrior() })],
  [
    'ERR_UNSUPPORTED',
    'training under the last layer’s posterior',
    ({ net, last }) => net.train(X, y, { prior: last.asPrior() }),
  ],
  ['ERR_NOT_FITTED', 'asPrior before fit', ({ fresh }) => fresh.asPrior()],
  [
    'ERR_OPTION',
    'a rule without a count',
    ({ net }) => new Laplace(net, { subsetOfWeights: 'subnetwork', subnetworkIndices: { select: 'random' } }),
  ],
  [
    'ERR_OPTION',
    'an unknown rule',
    ({ net }) => new Laplace(net, { subsetOfWeights: 'subnetwork', subnetworkIndices: { select: 'best', count: 2 } }),
  ],
  [
    'ERR_OPTION',
    'more weights than there are',
    ({ net }) =>
      new Laplace(net, { subsetOfWeights: 'subnetwork', subnetworkIndices: { select: 'random', count: 18 } }),
  ],
  [
    'ERR_NOT_POSITIVE_DEFINITE',
    'an exact Hessian far from a minimum',
    ({ wild }) => new Laplace(wild, { curvature: 'hessian', priorPrecision: 1e-9 }).fit(X, y),
  ],
  ['ERR_UNSUPPORTED', 'predType gp with diag', ({ diagonal }) => diagonal.predict(X, { predType: 'gp' })],
  ['ERR_UNSUPPORTED', 'weights drawn from independent outputs', ({ apart }) => apart.sample(2)],
  ['ERR_UNSUPPORTED', 'functions of independent outputs', ({ apart }) => apart.functionalSamples(X, 2)],
  [
    'ERR_UNSUPPORTED',
    'the network at weights of independent outputs',
    ({ apart }) => apart.predict(X, { predType: 'nn' }),
  ],
  ['ERR_UNSUPPORTED', 'the covariance of independent outputs', ({ apart }) => apart.posteriorCovariance()],
  // tuning
  ['ERR_OPTION', 'an unknown method', ({ la }) => la.optimizePriorPrecision({ method: 'cv' })],
  ['ERR_OPTION', 'tuneSigma without noise', ({ la }) => la.optimizePriorPrecision({ tuneSigma: true })],
  ['ERR_NOT_FITTED', 'tuning before fit', ({ fresh }) => fresh.optimizePriorPrecision()],
  [
    'ERR_UNSUPPORTED',
    'a precision per parameter of K-FAC',
    ({ kron }) => kron.optimizePriorPrecision({ priorStructure: 'diag' }),
  ],
  ['ERR_UNSUPPORTED', 'tuning under a posterior as prior', ({ next }) => next.optimizePriorPrecision()],
  [
    'ERR_UNSUPPORTED',
    'evidence at another precision under one',
    ({ next }) => next.logMarginalLikelihood({ priorPrecision: 2 }),
  ],
  ['ERR_OPTION', 'a grid search without data', ({ la }) => la.optimizePriorPrecision({ method: 'gridsearch' })],
  [
    'ERR_OPTION',
    'a grid upside down',
    ({ la }) => la.optimizePriorPrecision({ method: 'gridsearch', X, y, logPriorPrecMin: 2, logPriorPrecMax: 1 }),
  ],
  [
    'ERR_UNSUPPORTED',
    'a grid per tensor',
    ({ la }) => la.optimizePriorPrecision({ method: 'gridsearch', X, y, priorStructure: 'layerwise' }),
  ],
  [
    'ERR_OPTION',
    'a metric that gives no number',
    ({ la }) => la.optimizePriorPrecision({ method: 'gridsearch', X, y, gridSize: 2, metric: () => 'a' }),
  ],
  ['ERR_OPTION', 'marglikTrain with an unknown option', ({ net }) => marglikTrain(net, X, y, { lr: 1 })],
  ['ERR_OPTION', 'an estimate for half an example', () => estimate({ layers: [2, 3, 1] }, 0.5)],
  ['ERR_OPTION', 'an estimate of no network', () => estimate({}, 5)],
  // far away
  ['ERR_SHAPE', 'a direction of three', ({ la }) => la.farField([1, 2, 3])],
  ['ERR_OPTION', 'a direction of length 0', ({ la }) => la.farField([0, 0])],
  ['ERR_NOT_FITTED', 'farField before fit', ({ fresh }) => fresh.farField([1, 0])],
  // saved
  ['ERR_FORMAT', 'load of nothing', () => Laplace.load()],
  ['ERR_FORMAT', 'load of zeros', () => Laplace.load(new Uint8Array(100))],
  ['ERR_FORMAT', 'JSON of a network for a posterior', ({ net }) => Laplace.fromJSON(net.toJSON())],
  // data
  ['ERR_OPTION', 'a data set of no points', () => datasets.moons({ n: 0 })],
  ['ERR_OPTION', 'an unknown parameter of a data set', () => datasets.moons({ nosie: 1 })],
  ['ERR_OPTION', 'a parameter out of its bounds', () => datasets.circles({ factor: 2 })],
  ['ERR_OUT_OF_MEMORY', 'a data set of absurd size', () => datasets.moons({ n: 2 ** 31 - 1 })],
  // after the end
  ['ERR_DISPOSED', 'forward after dispose', ({ gone }) => gone.forward(rows)],
  ['ERR_DISPOSED', 'train after dispose', ({ gone }) => gone.train(X, y)],
  ['ERR_DISPOSED', 'parameters after dispose', ({ gone }) => gone.parameters],
  ['ERR_DISPOSED', 'clone after dispose', ({ gone }) => gone.clone()],
  ['ERR_DISPOSED', 'a posterior of a disposed network', ({ gone }) => new Laplace(gone)],
  ['ERR_DISPOSED', 'predict after dispose', ({ past }) => past.predict(X)],
  ['ERR_DISPOSED', 'fit after dispose', ({ past }) => past.fit(X, y)],
  ['ERR_DISPOSED', 'evidence after dispose', ({ past }) => past.evidence()],
  ['ERR_DISPOSED', 'reset after dispose', ({ past }) => past.reset()],
  // the module itself
  ['ERR_WASM', 'bytes that are no module', () => createRuntime(new Uint8Array(8)).datasets.list()],
  ['ERR_WASM', 'no module', () => createRuntime(null).datasets.list()],
];

const objects = world();
const before = state(objects);

test('there are at least sixty', () => assert.ok(CALLS.length >= 60));

for (const [code, what, call] of CALLS) {
  test(`${what}: ${code}`, () => {
    let error;
    try {
      call(objects);
    } catch (thrown) {
      error = thrown;
    }
    assert.ok(error instanceof LaplaceError, `threw ${error?.name ?? 'nothing'}: ${error?.message ?? ''}`);
    assert.is(error.code, code, error.message);
    assert.match(error.message, /got .+, expected .+\./);
    assert.equal(state(objects), before, 'the objects changed');
  });
}

test('an error of the trainer in the middle leaves the weights', async () => {
  const { net } = objects;
  const theta = net.parameters;
  const controller = new AbortController();
  const run = net.trainAsync(X, y, {
    optimizer: 'adam',
    epochs: 1e6,
    signal: controller.signal,
    onProgress: ({ iteration }) => {
      if (iteration === 3) controller.abort();
    },
  });
  await run.then(
    () => assert.unreachable(),
    (error) => assert.is(error.code, 'ERR_ABORTED'),
  );
  assert.equal(net.parameters, theta);
});

test('what a structure cannot is said in its own sentence, with those that can', () => {
  const { net } = objects;
  assert.throws(
    () => new Laplace(net, { hessianStructure: 'kron', subsetOfWeights: 'subnetwork', subnetworkIndices: [1] }),
    /a subnetwork with hessianStructure 'kron'.* expected one of 'diag', .*'kron' does not take a list of parameters/,
  );
});

test('what is wrong is said of what was asked, with what helps', () => {
  const { la, net, real, next } = objects;
  const bent = new Laplace(net, { curvature: 'hessian', priorPrecision: 20 }).fit(X, y);
  const pair = new Laplace(real).fit(X, [...X]);
  const under = net.clone();
  under.train(X, y, { prior: la.asPrior() });
  for (const [call, words] of [
    [() => la.downdate([[100, 100]], [1]), /not held, expected examples held/],
    [() => (bent.temperature = 1e-9), /^temperature: got 1e-9/],
    [() => bent.update([[0, 0]], [0], { weights: [1e5] }), /^update: got .*smallest eigenvalue is -/],
    [() => (pair.sigmaNoise = [1, 2]), /got \[1, 2\], expected the ratios .* make a new Laplace/],
    [() => pair.logMarginalLikelihood({ sigmaNoise: [1, 2] }), /got sigmaNoise \[1, 2\], expected the ratios/],
    [() => new Laplace(net, { hessianStructure: 'diag', space: 'weight' }), /expected space 'auto'/],
    [() => new Laplace(under, { hessianStructure: 'kron' }), /The prior is that of the training; give prior/],
    [() => la.fit(rows, labels.map(String)), /got '[01]', expected a finite number\. Number what/],
    [() => la.fit(rows, labels.map((label) => [1 - label, label])), /2 columns, expected 1\. A class is its number/],
    [() => new MLP({ layers: [2, 1], likelihood: 'regresion' }), /Did you mean 'regression'/],
    [() => metrics.sharpness(next.predict(X)), /only regressions have it/],
  ])
    assert.throws(call, (error) => error instanceof LaplaceError && words.test(error.message));
  const sure = new MLP({ layers: [2, 2], likelihood: 'heteroscedastic', parameters: [1, 0, 0, 0, 0, -46] });
  assert.throws(
    () => new Laplace(sure, { priorPrecision: 1e-4, space: 'function' }).fit(X, rows.map(([first]) => first)),
    (error) => error.code === 'ERR_NOT_POSITIVE_DEFINITE' && /rounding.*Raise the prior/.test(error.message),
  );
});

test('marglikTrain that fails leaves the network and what it was trained with', () => {
  const net = new MLP({ layers: [2, 4, 1], seed: 1 });
  net.train(X, y, { priorPrecision: 0.5 });
  const theta = net.parameters;
  for (const [code, options] of [
    ['ERR_OPTION', { curvature: 'gnn' }],
    ['ERR_UNSUPPORTED', { hessianStructure: 'kron', curvature: 'hessian' }],
    ['ERR_UNSUPPORTED', { hessianStructure: 'kron', priorStructure: 'diag' }],
  ]) {
    assert.throws(
      () => marglikTrain(net, X, y, options),
      (error) => error.code === code,
    );
    assert.equal(net.parameters, theta);
    assert.is(new Laplace(net).priorPrecision, 0.5);
  }
});

test('a network disposed of while it trains stops at the next look', async () => {
  const net = new MLP({ layers: [2, 30, 30, 1], seed: 1 });
  const { X, y } = datasets.moons({ n: 400, seed: 1 });
  let steps = 0;
  const onProgress = () => (steps += 1);
  const training = net.trainAsync(X, y, { tolerance: 0, optimizer: 'adam', epochs: 1e6, onProgress });
  setTimeout(() => net.dispose());
  const error = await training.catch((thrown) => thrown);
  assert.is(error.code, 'ERR_DISPOSED');
  assert.ok(steps < 1e5, `${steps} steps`);
});

test('a second dispose does nothing; Symbol.dispose is there where the engine has it', () => {
  const net = new MLP({ layers: [2, 1] });
  net.dispose();
  net.dispose();
  if (Symbol.dispose) assert.type(MLP.prototype[Symbol.dispose], 'function');
});

test.run();
