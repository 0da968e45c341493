// problems.js — what is timed: five networks with their data. Weights of (a) and (b) are given, with reference values
// of the posterior; (c) and (d) are trained here from a seed; (e) needs the images.
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { MLP, datasets } from '../wasm/index.js';

const read = (name) => JSON.parse(readFileSync(new URL(`data/${name}.json`, import.meta.url), 'utf8'));

function given(name) {
  const { network, likelihood, prior_precision: priorPrecision, data, reference, test_points: test, grid } = read(name);
  const parameters = Float64Array.from(network.W.flatMap((w, l) => [...w, ...network.b[l]]));
  const divide = (values) => values.map((x) => x / (data.X_divide_by ?? 1));
  return {
    spec: { layers: network.layers, activation: network.activation, likelihood },
    parameters,
    X: Float64Array.from(divide(data.X)),
    y: Float64Array.from(data.y),
    n: data.n,
    test: Float64Array.from(test),
    priorPrecision,
    reference,
    grid: grid && { x: grid.x1.slice(0, 2), y: grid.x2.slice(0, 2) },
  };
}

function moons(n, layers, iterations) {
  const { X, y } = datasets.moons({ n, noise: 0.2, seed: 1 });
  const spec = { layers, activation: 'tanh', likelihood: 'bernoulli' };
  const net = new MLP({ ...spec, seed: 1 });
  net.train(X, y, { priorPrecision: 1, tolerance: 1e-3, maxIterations: iterations });
  const grid = { x: [-3, 4], y: [-3.5, 3.5] };
  return { spec, parameters: net.parameters, X: Float64Array.from(X.flat?.(1) ?? X), y, n, priorPrecision: 1, grid };
}

/** Where the images lie: beside the checkout, or where BENCH_DATA says. */
export const images = () => process.env.BENCH_DATA ?? new URL('../../shared/data', import.meta.url).pathname;

function mnist() {
  const folder = `${images()}/mnist`;
  if (!existsSync(folder)) return null;
  const unpack = (name) => gunzipSync(readFileSync(`${folder}/${name}.gz`));
  const pixels = unpack('train10k-images-idx3-ubyte').subarray(16);
  const labels = unpack('train10k-labels-idx1-ubyte').subarray(8);
  const spec = { layers: [784, 100, 10], activation: 'relu', likelihood: 'categorical' };
  const X = Float64Array.from(pixels, (value) => value / 255);
  return { spec, X, y: Float64Array.from(labels), n: labels.length, priorPrecision: 1 };
}

const once = (make) => {
  let held;
  return () => (held ??= { problem: make() }).problem;
};

export const problems = {
  a: once(() => given('moons_2_32_32_1')),
  b: once(() => given('digits_64_100_10')),
  c: once(() => moons(1000, [2, 128, 128, 1], 60)),
  d: once(() => moons(10000, [2, 64, 64, 1], 100)),
  e: once(mnist),
};

/** The problem's network at its weights. */
export const netOf = ({ spec, parameters }) => new MLP({ ...spec, parameters });

let turn = 0;
/** A box a hair wider each time, so that a map knows nothing of its pixels from the one before. */
export const unseen = ({ x, y }) => ({ x: [x[0], x[1] + ++turn * 2 ** -40], y });
