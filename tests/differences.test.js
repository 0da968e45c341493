// Gradient, Jacobian, the root of the Gauss–Newton matrix and the exact Hessian against central differences, for every
// activation × likelihood of the tables and networks of 0, 1 and 3 hidden layers: a new row is tested on arrival.
// h = 2⁻¹⁷ ≈ ε^⅓ makes truncation, h²/6·f''', and rounding, ε·f/h, both about 1e-11 of the numbers compared; 1e-7
// leaves room for third derivatives of a few hundred.
import * as assert from 'uvu/assert';
import { suite } from './helpers/suite.js';
import { Laplace, MLP, datasets, tables } from '../wasm/index.js';

const test = suite('differences');
const h = 2 ** -17;
const TOLERANCE = 1e-7;
const HIDDEN = [[], [4], [4, 3, 3]];
const N = 5;
const { X } = datasets.blobs({ n: N, seed: 3, box: 1, noise: 0.7 });

/** Outputs to try a likelihood with, and targets for them. */
function problem(name) {
  const k = name === 'bernoulli' ? 1 : name === 'categorical' ? 3 : 2;
  const { classes } = tables.likelihoods.find((row) => row.name === name);
  const columns = name === 'heteroscedastic' ? k / 2 : k;
  const target = name === 'poisson' ? (i) => (2 * i) % 5 : (i) => Math.sin(3 * i);
  const y = classes
    ? Array.from({ length: N }, (_, i) => i % Math.max(2, k))
    : Array.from({ length: N * columns }, (_, i) => target(i));
  return { k, y };
}

/** Central differences of a vector function of θ, one row a parameter. */
function differences(net, use) {
  const theta = net.parameters;
  const rows = Array.from(theta, (_, i) => {
    const [up, down] = [h, -h].map((step) => {
      const moved = theta.slice();
      moved[i] += step;
      net.parameters = moved;
      return use();
    });
    return up.map((value, j) => (value - down[j]) / (2 * h));
  });
  net.parameters = theta;
  return rows;
}

function compare(got, expected, what) {
  assert.is(got.length, expected.length, what);
  const scale = Math.max(...Array.from(expected, Math.abs));
  assert.ok(scale > 1e-6, `${what}: everything compared is zero`);
  got.forEach((value, i) => {
    const error = Math.abs(value - expected[i]);
    assert.ok(error <= TOLERANCE * Math.max(1, scale), `${what}[${i}]: ${value}, by differences ${expected[i]}`);
  });
}

/** Λ of one output vector: differences of the gradient of −log p, read off a network that passes its input on. */
function fisher(likelihood, f, target) {
  const k = f.length;
  // a mean and a log-variance: their Hessian has the residual in it, its expectation has not
  if (likelihood === 'heteroscedastic')
    return f.map((_, a) => f.map((__, b) => (a !== b ? 0 : a < k / 2 ? Math.exp(-f[k / 2 + a]) : 0.5)));
  const identity = Array.from({ length: k * k }, (_, i) => Number(i % (k + 1) === 0));
  const net = new MLP({ layers: [k, k], likelihood, parameters: [...identity, ...new Array(k).fill(0)] });
  const slope = (g) => net.gradient([f.map((value, j) => value + g[j])], target, { priorPrecision: 0 }).slice(k * k);
  const rows = f.map((_, i) => {
    const [up, down] = [h, -h].map((step) => slope(f.map((value, j) => (i === j ? step : 0))));
    return up.map((value, j) => (value - down[j]) / (2 * h));
  });
  net.dispose();
  return rows;
}

for (const { name: likelihood } of tables.likelihoods) {
  for (const { name: activation } of tables.activations) {
    for (const hidden of HIDDEN) {
      test(`${activation}, ${likelihood}, ${hidden.length} hidden`, () => {
        const { k, y } = problem(likelihood);
        const net = new MLP({ layers: [2, ...hidden, k], activation, likelihood, seed: 6 });
        const P = net.parameterCount;
        // biases away from zero too
        net.parameters = net.parameters.map((value, i) => value + 0.1 * Math.sin(1 + i));
        const energy = () => [0.15 * net.parameters.reduce((sum, t) => sum + t * t, 0) - net.logLikelihood(X, y)];
        compare(
          net.gradient(X, y, { priorPrecision: 0.3 }),
          differences(net, energy).map(([slope]) => slope),
          'gradient',
        );
        const J = net.jacobian(X);
        const columns = differences(net, () => net.forward(X));
        const numeric = Float64Array.from(J, (_, at) => columns[at % P][Math.floor(at / P)]);
        compare(J, numeric, 'Jacobian');
        const f = net.forward(X);
        const t = y.length / N;
        const H = new Float64Array(P * P);
        for (let n = 0; n < N; n++) {
          const L = fisher(likelihood, Array.from(f.slice(n * k, (n + 1) * k)), y.slice(n * t, (n + 1) * t));
          for (let a = 0; a < k; a++) {
            for (let b = 0; b < k; b++) {
              for (let i = 0; i < P; i++) {
                for (let j = 0; j < P; j++)
                  H[i * P + j] += numeric[(n * k + a) * P + i] * L[a][b] * numeric[(n * k + b) * P + j];
              }
            }
          }
        }
        for (const space of ['weight', 'function']) {
          compare(
            new Laplace(net, { space, priorPrecision: 1 }).fit(X, y).hessian(),
            H,
            `Gauss–Newton matrix, ${space} space`,
          );
        }
        const slopes = differences(net, () => net.gradient(X, y, { priorPrecision: 0 }));
        compare(
          new Laplace(net, { curvature: 'hessian', priorPrecision: 1e6 }).fit(X, y).hessian(),
          slopes.flatMap((row) => Array.from(row)),
          'exact Hessian',
        );
      });
    }
  }
}

test.run();
