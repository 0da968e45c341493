// tfjs.js — TensorFlow.js computing the same: the network in torch's layout, the objective, Adam, and the exact
// posterior map in function space written out as the formula stands. Single precision, one thread. peer.js bundles it.
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import '@tensorflow/tfjs-backend-cpu';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { triangularInverse } from './plain.js';

/** @param {'wasm' | 'cpu'} backend */
export async function use(backend) {
  if (backend === 'wasm' && tf.findBackend('wasm') === null) {
    setWasmPaths('node_modules/@tensorflow/tfjs-backend-wasm/dist/');
    setThreadsCount(1);
  }
  await tf.setBackend(backend);
  await tf.ready();
}

/**
 * Weights (in × out) and biases as tensors of the current backend. Its wasm kernels are quick for products without a
 * transposed factor only (XNNPACK's), so what can be transposed beforehand is.
 */
export function weightsOf({ spec: { layers } }, theta) {
  const out = [];
  for (let l = 0, at = 0; l + 1 < layers.length; ++l) {
    const [inputs, width] = [layers[l], layers[l + 1]];
    const take = (count) => Float32Array.from(theta.subarray(at, (at += count)));
    const W = tf.tidy(() => tf.transpose(tf.tensor2d(take(width * inputs), [width, inputs])));
    out.push({ W, b: tf.tensor1d(take(width)) });
  }
  return out;
}

export const dispose = (weights) => weights.forEach(({ W, b }) => tf.dispose([W, b]));

const activate = { tanh: (z) => tf.tanh(z), relu: (z) => tf.relu(z) };

/** The inputs of every layer, and the outputs last. */
function forward(weights, X, activation) {
  const A = [X];
  weights.forEach(({ W, b }, l) => {
    const z = tf.add(tf.matMul(A[l], W), b);
    A.push(l + 1 < weights.length ? activate[activation](z) : z);
  });
  return A;
}

/** log(1 + eᶻ) − y·z for one logit; cross entropy of softmax for several. Its sum over the rows. */
function loss(f, y, likelihood) {
  if (likelihood === 'bernoulli') {
    const tail = tf.log(tf.add(1, tf.exp(tf.neg(tf.abs(f)))));
    return tf.sum(tf.add(tf.sub(tf.relu(f), tf.mul(f, y)), tail));
  }
  const shifted = tf.sub(f, tf.max(f, 1, true));
  return tf.sub(tf.sum(tf.log(tf.sum(tf.exp(shifted), 1))), tf.sum(tf.mul(shifted, y)));
}

const targets = ({ y, n, spec: { likelihood, layers } }) =>
  likelihood === 'bernoulli'
    ? tf.tensor2d(Float32Array.from(y), [n, 1])
    : tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(Int32Array.from(y), 'int32'), layers.at(-1)), 'float32'));

export const inputs = ({ X, n, spec: { layers } }) => tf.tensor2d(Float32Array.from(X), [n, layers[0]]);

/**
 * Adam on (sum of losses + ½δ‖θ‖²)/N: full batches, or epochs of minibatches in a given order.
 * @returns {{ ms: number, objective: number }} the objective of the sum, at the end
 */
export function adam(problem, start, { steps = 0, epochs = 0, batch = problem.n, learningRate, orders = [] }) {
  const { spec, n, priorPrecision } = problem;
  const X = inputs(problem);
  const y = targets(problem);
  const weights = weightsOf(problem, start);
  const variables = weights.map(({ W, b }) => ({ W: tf.variable(W), b: tf.variable(b) }));
  const all = variables.flatMap(({ W, b }) => [W, b]);
  const optimizer = tf.train.adam(learningRate);
  const objective = (x, t, rows) => {
    const squares = all.map((v) => tf.sum(tf.square(v))).reduce((sum, value) => tf.add(sum, value));
    const data = tf.div(loss(forward(variables, x, spec.activation).at(-1), t, spec.likelihood), rows);
    return tf.add(data, tf.mul(squares, (0.5 * priorPrecision) / n));
  };
  const started = performance.now();
  for (let step = 0; step < steps; ++step) optimizer.minimize(() => objective(X, y, n), false, all);
  for (let epoch = 0; epoch < epochs; ++epoch) {
    for (let from = 0; from < n; from += batch) {
      const rows = orders[epoch].subarray(from, from + batch);
      const index = tf.tensor1d(rows, 'int32');
      const [x, t] = [tf.gather(X, index), tf.gather(y, index)];
      optimizer.minimize(() => objective(x, t, rows.length), false, all);
      tf.dispose([index, x, t]);
    }
  }
  const value = tf.tidy(() => tf.mul(objective(X, y, n), n)).dataSync()[0];
  const elapsed = performance.now() - started;
  optimizer.dispose();
  tf.dispose([X, y, ...all]);
  dispose(weights);
  return { ms: elapsed, objective: value };
}

/** The network's outputs at a tensor of inputs. */
export const outputs = (weights, X, activation) => tf.tidy(() => forward(weights, X, activation).at(-1)).dataSync();

export const pixels = (flat) => tf.tensor2d(Float32Array.from(flat), [flat.length / 2, 2]);

/** Inputs and pulled-back ones of every layer, one output, tanh; back: the weights transposed. */
function passes(weights, back, X) {
  const A = forward(weights, X, 'tanh');
  const D = [];
  D[weights.length - 1] = tf.onesLike(A.at(-1));
  for (let l = weights.length - 1; l > 0; --l) D[l - 1] = tf.mul(tf.matMul(D[l], back[l]), tf.sub(1, tf.square(A[l])));
  return { A, D, f: A.at(-1) };
}

/**
 * The exact posterior in function space, one logit: v = k(x,x) − ‖L⁻¹k_S‖², LLᵀ = I + K; the triangle inverted once, so
 * that a map is products of matrices only. `turned`: transposes are made beforehand, which this backend's products take
 * several times faster than those they are told to turn themselves (`matMul(a, b, false, true)`, as one writes it).
 * @returns {{ map: (X: any) => { f: Float32Array, v: Float32Array }, dispose: () => void }}
 */
export function posterior(problem, weights, turned = true) {
  const { n, priorPrecision } = problem;
  const by = (X, T) => (turned ? tf.matMul(X, T) : tf.matMul(X, T, false, true));
  const turn = (x) => (turned ? tf.transpose(x) : tf.clone(x));
  const cross = (p, AT, DT) =>
    p.A.slice(0, -1)
      .map((A, l) => tf.mul(by(p.D[l], DT[l]), tf.add(by(A, AT[l]), 1)))
      .reduce((sum, K) => tf.add(sum, K));
  const norms = (p) =>
    p.A.slice(0, -1)
      .map((A, l) => tf.mul(tf.sum(tf.square(p.D[l]), 1), tf.add(tf.sum(tf.square(A), 1), 1)))
      .reduce((sum, k) => tf.add(sum, k));
  const kept = tf.tidy(() => {
    const back = weights.map(({ W }) => tf.transpose(W));
    const rows = passes(weights, back, inputs(problem));
    const [AT, DT] = [rows.A.slice(0, -1), rows.D].map((list) => list.map(turn));
    const probability = tf.sigmoid(rows.f);
    const root = tf.sqrt(tf.div(tf.mul(probability, tf.sub(1, probability)), priorPrecision));
    const K = tf.mul(tf.mul(cross(rows, AT, DT), root), tf.transpose(root)).dataSync();
    const inverse = tf.tensor2d(Float32Array.from(triangularInverse(Float64Array.from(K), n)), [n, n]);
    return { back, AT, DT, root: tf.transpose(root), inverse: turn(inverse) };
  });
  const map = (X) => {
    const [f, v] = tf.tidy(() => {
      const at = passes(weights, kept.back, X);
      const K = tf.mul(cross(at, kept.AT, kept.DT), kept.root);
      const lost = tf.sum(tf.square(by(K, kept.inverse)), 1);
      return [at.f, tf.div(tf.sub(norms(at), lost), priorPrecision)];
    });
    const read = { f: f.dataSync(), v: v.dataSync() };
    tf.dispose([f, v]);
    return read;
  };
  return { map, dispose: () => tf.dispose([kept.back, kept.AT, kept.DT, kept.root, kept.inverse].flat()) };
}
