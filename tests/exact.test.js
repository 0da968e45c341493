// Identities and closed forms that any correct Laplace approximation obeys. References are computed here with an
// independent dense linear algebra library. Tolerances: ε times the condition number of what is solved, times a small
// constant.
import * as assert from 'uvu/assert';
import { Matrix, inverse, determinant, solve } from 'ml-matrix';
import { suite } from './helpers/suite.js';
import { MLP, Laplace, datasets } from '../wasm/index.js';

const test = suite('exact');
const EPS = 2 ** -52;
const SPACES = ['weight', 'function'];

const near = (x, ref, tolerance, what) =>
  assert.ok(
    Math.abs(x - ref) <= tolerance * Math.max(1, Math.abs(ref)),
    `${what}: got ${x}, expected ${ref}, off by ${Math.abs(x - ref)}, allowed ${tolerance} relative`,
  );
const allNear = (x, ref, tolerance, what) => {
  assert.is(x.length, ref.length, `${what}: length`);
  const scale = Math.max(...Array.from(ref, Math.abs));
  assert.ok(scale > 0, `${what}: the reference is all zero`);
  for (let i = 0; i < ref.length; i++) {
    assert.ok(Math.abs(x[i] - ref[i]) <= tolerance * scale, `${what}[${i}]: got ${x[i]}, expected ${ref[i]}`);
  }
};
const flat = (matrix) => matrix.to2DArray().flat();
const toMatrix = (values, n) => Matrix.from1DArray(n, n, Array.from(values));
const sigmoid = (f) => 1 / (1 + Math.exp(-f));

/** Linear regression: y = 1.5 x0 − 0.7 x1 + 0.3 + noise, prior precision λ, noise σ. */
function linearRegression() {
  const { X } = datasets.blobs({ n: 25, seed: 4 });
  const { y: noise } = datasets.toyDataRegression({ n: 25, seed: 5 });
  const n = 25;
  const y = Float64Array.from({ length: n }, (_, i) => 1.5 * X[2 * i] - 0.7 * X[2 * i + 1] + 0.3 + 0.2 * noise[i]);
  const lambda = 0.4;
  const sigma = 0.3;
  const Phi = new Matrix(Array.from({ length: n }, (_, i) => [X[2 * i], X[2 * i + 1], 1]));
  const precision = Phi.transpose()
    .mmul(Phi)
    .mul(1 / sigma ** 2)
    .add(Matrix.eye(3, 3).mul(lambda));
  const covariance = inverse(precision);
  const mean = covariance
    .mmul(Phi.transpose())
    .mmul(Matrix.columnVector(Array.from(y)))
    .mul(1 / sigma ** 2);
  const net = new MLP({ layers: [2, 1], likelihood: 'gaussian', seed: 1 });
  net.train(X, y, { priorPrecision: lambda, sigmaNoise: sigma, tolerance: 1e-12 });
  return { X, y, n, lambda, sigma, Phi, covariance, mean, net };
}

test('T1 linear regression: posterior mean and covariance are the closed form', () => {
  const { X, y, net, mean, covariance } = linearRegression();
  allNear(net.parameters, flat(mean), 1e-10, 'posterior mean');
  for (const space of SPACES) {
    const la = new Laplace(net, { space }).fit(X, y);
    allNear(la.posteriorCovariance(), flat(covariance), 1e-10, `covariance in ${space} space`);
  }
});

test('T2 its evidence is log N(y; 0, ΦΦᵀ/λ + σ²I)', () => {
  const { X, y, n, net, Phi, lambda, sigma } = linearRegression();
  const C = Phi.mmul(Phi.transpose())
    .mul(1 / lambda)
    .add(Matrix.eye(n, n).mul(sigma ** 2));
  const column = Matrix.columnVector(Array.from(y));
  const quadratic = column.transpose().mmul(solve(C, column)).get(0, 0);
  const exact = -0.5 * (n * Math.log(2 * Math.PI) + Math.log(determinant(C)) + quadratic);
  for (const space of SPACES) {
    near(new Laplace(net, { space }).fit(X, y).logMarginalLikelihood(), exact, 1e-10, `evidence in ${space} space`);
  }
});

test('T3 predictive variance plus σ² is Bayesian linear regression', () => {
  const { X, y, net, covariance, sigma } = linearRegression();
  const points = [
    [0, 0],
    [3, -2],
    [50, 80],
  ];
  for (const space of SPACES) {
    const { yVar } = new Laplace(net, { space }).fit(X, y).predict(points);
    const exact = points.map(([a, b]) => {
      const phi = new Matrix([[a, b, 1]]);
      return phi.mmul(covariance).mmul(phi.transpose()).get(0, 0) + sigma ** 2;
    });
    exact.forEach((v, i) => near(yVar[i] / v, 1, 1e-10, `variance at point ${i} in ${space} space`));
  }
});

test('T4 function space is weight space with all data as inducing points', () => {
  const { X, y } = datasets.moons({ n: 40, seed: 2 });
  const net = new MLP({ layers: [2, 6, 1], seed: 3 });
  net.train(X, y, { priorPrecision: 0.5 });
  const [w, f] = SPACES.map((space) => new Laplace(net, { space }).fit(X, y));
  const points = [
    [0, 0],
    [1, 0.5],
    [9, -9],
  ];
  allNear(f.predict(points).fVar, w.predict(points).fVar, 1e-8, 'f_var');
  near(f.logMarginalLikelihood(), w.logMarginalLikelihood(), 1e-9, 'evidence');
});

// Two logits see the data only through f1 − f0. Under N(0, 1/λ) on both rows their difference has precision λ/2 and is
// independent of their sum, so one logit with λ/2 on the last layer's tensors is the same model.
test('T8 one logit with λ/2 on the last layer is two-logit softmax with λ', () => {
  const lambda = 0.6;
  const { X, y } = datasets.moons({ n: 60, noise: 0.25, seed: 3 });
  const one = new MLP({ layers: [2, 5, 1], likelihood: 'bernoulli', seed: 2 });
  one.train(X, y, { priorPrecision: [lambda, lambda, lambda / 2, lambda / 2], tolerance: 1e-10 });
  const theta = one.parameters;
  const hidden = theta.slice(0, 15);
  const [u, c] = [theta.slice(15, 20), theta[20]];
  const two = new MLP({ layers: [2, 5, 2], likelihood: 'categorical' });
  two.parameters = Float64Array.from([...hidden, ...u.map((v) => -v / 2), ...u.map((v) => v / 2), -c / 2, c / 2]);
  const gradient = two.gradient(X, y, { priorPrecision: lambda });
  assert.ok(Math.hypot(...gradient) <= 1e-8, `the same weights are a mode of both: |∇| = ${Math.hypot(...gradient)}`);
  const points = [
    [0, 0],
    [1.5, -0.5],
    [-3, 2],
    [20, 20],
  ];
  for (const space of SPACES) {
    const a = new Laplace(one, { space, priorPrecision: [lambda, lambda, lambda / 2, lambda / 2] }).fit(X, y);
    const b = new Laplace(two, { space, priorPrecision: lambda }).fit(X, y);
    const pa = a.predict(points, { link: 'plugin' });
    const pb = b.predict(points, { link: 'plugin' });
    points.forEach((_, i) => {
      const V = pb.fVar.slice(4 * i, 4 * i + 4);
      near((V[0] + V[3] - V[1] - V[2]) / pa.fVar[i], 1, 1e-9, `variance of the difference at ${i}, ${space} space`);
      near(pb.fMean[2 * i + 1] - pb.fMean[2 * i], pa.fMean[i], 1e-12, `difference of logits at ${i}`);
      near(pb.mean[2 * i + 1], pa.mean[i], 1e-12, `plugin p at ${i}`);
    });
  }
  const linear = (layers, likelihood, priorPrecision) => {
    const net = new MLP({ layers, likelihood, seed: 7 });
    net.train(X, y, { priorPrecision, tolerance: 1e-11 });
    return net;
  };
  const single = linear([2, 1], 'bernoulli', lambda / 2).parameters;
  const double = linear([2, 2], 'categorical', lambda).parameters;
  allNear([double[2] - double[0], double[3] - double[1], double[5] - double[4]], single, 1e-9, 'MAP difference');
});

test('T9 the data twice under λ has half the covariance of the data once under λ/2', () => {
  const { X, y } = datasets.moons({ n: 30, seed: 6 });
  const net = new MLP({ layers: [2, 6, 1], seed: 1 });
  net.train(X, y, { priorPrecision: 0.3 });
  for (const space of SPACES) {
    const once = new Laplace(net, { space, priorPrecision: 0.15 }).fit(X, y).posteriorCovariance();
    const twice = new Laplace(net, { space, priorPrecision: 0.3 })
      .fit([...X, ...X], [...y, ...y])
      .posteriorCovariance();
    allNear(
      twice,
      once.map((v) => v / 2),
      1e-10,
      `covariance in ${space} space`,
    );
  }
});

// λ → 0: at x, v ≥ c/λ with c the squared length of what the data's rows leave of J(x). With v ≥ c/λ,
// |p − ½| = |σ(f/√(1 + πv/8)) − ½| ≤ |f|/(4√(πv/8)) ≤ |f|·√(8λ/(πc))/4.
test('T10 λ → ∞ gives the plugin, λ → 0 gives one half wherever the Jacobian leaves the data’s span', () => {
  const { X, y } = datasets.moons({ n: 8, seed: 1 });
  const net = new MLP({ layers: [2, 12, 1], seed: 5 });
  // weak enough for weights that bend: at small weights every Jacobian is alike
  net.train(X, y, { priorPrecision: 0.02 });
  const points = [
    [3, 3],
    [-4, 2],
    [0.5, -6],
  ];
  const J = net.jacobian(points);
  const rows = net.jacobian(X);
  const P = net.parameterCount;
  const residual = (i) => {
    // modified Gram–Schmidt, twice, against the data's rows
    const basis = [];
    const reduce = (v) => {
      for (let pass = 0; pass < 2; pass++) {
        for (const q of basis) {
          const dot = q.reduce((sum, value, j) => sum + value * v[j], 0);
          q.forEach((value, j) => {
            v[j] -= dot * value;
          });
        }
      }
      return Math.hypot(...v);
    };
    for (let n = 0; n < 8; n++) {
      const v = rows.slice(n * P, (n + 1) * P);
      const size = Math.hypot(...v);
      const norm = reduce(v);
      if (norm > 1e-10 * size) basis.push(v.map((value) => value / norm));
    }
    return reduce(J.slice(i * P, (i + 1) * P)) ** 2;
  };
  for (const space of SPACES) {
    const stiff = new Laplace(net, { space, priorPrecision: 1e12 }).fit(X, y);
    assert.ok(Math.max(...stiff.posteriorVariance()) <= 1.000001e-12, 'covariance vanishes');
    const plugin = stiff.predict(points, { link: 'plugin' }).mean;
    allNear(stiff.predict(points).mean, plugin, 1e-9, `plugin limit in ${space} space`);
    for (const lambda of [1e-3, 1e-6, 1e-9]) {
      const { mean, fMean } = new Laplace(net, { space, priorPrecision: lambda }).fit(X, y).predict(points);
      points.forEach((_, i) => {
        const c = residual(i);
        assert.ok(c > 1e-6, `J at point ${i} leaves the span: ${c}`);
        const bound = (Math.abs(fMean[i]) * Math.sqrt((8 * lambda) / (Math.PI * c))) / 4;
        assert.ok(Math.abs(mean[i] - 0.5) <= bound * (1 + 1e-6), `λ=${lambda}, point ${i}: ${mean[i]} bound ${bound}`);
      });
    }
  }
});

test('T11 adding a point never raises the variance anywhere', () => {
  const { X, y } = datasets.moons({ n: 60, seed: 9 });
  const net = new MLP({ layers: [2, 8, 1], seed: 1 });
  const lambda = 0.2;
  net.train(X, y, { priorPrecision: lambda });
  const points = Array.from({ length: 15 * 15 }, (_, i) => [(i % 15) - 7, Math.floor(i / 15) - 7]);
  const J = net.jacobian(points);
  const P = net.parameterCount;
  const prior = points.map((_, i) => J.slice(i * P, (i + 1) * P).reduce((sum, v) => sum + (v * v) / lambda, 0));
  for (const space of SPACES) {
    const la = new Laplace(net, { space, priorPrecision: lambda }).reset();
    let before = la.predict(points).fVar;
    allNear(before, prior, 1e-12, 'with no data the variance is the prior’s');
    for (let n = 0; n < 60; n++) {
      la.update(X.slice(2 * n, 2 * n + 2), y.slice(n, n + 1));
      const after = la.predict(points).fVar;
      after.forEach((v, i) => {
        const slack = (64 * EPS * prior[i]) / v;
        assert.ok(v <= before[i] * (1 + slack), `${space} space, example ${n}, point ${i}: ${before[i]} → ${v}`);
      });
      before = after;
    }
    const whole = new Laplace(net, { space, priorPrecision: lambda }).fit(X, y).predict(points).fVar;
    before.forEach((v, i) =>
      near(v / whole[i], 1, Math.max(1e-9, (100 * EPS * prior[i]) / v), 'one by one equals at once'),
    );
  }
});

// relu features along x = t·d grow linearly, so m ~ t·μᵀφ and v ~ t²·φᵀΣφ: z → μᵀφ/√(π/8·φᵀΣφ), with an error of order
// 1/t.
test('T12 the far field of a relu last layer has its exact limit, approached as 1/distance', () => {
  const { X, y } = datasets.moons({ n: 80, seed: 2 });
  const net = new MLP({ layers: [2, 10, 1], activation: 'relu', seed: 4 });
  net.train(X, y, { priorPrecision: 0.1, optimizer: 'lbfgs' });
  const theta = net.parameters;
  for (const space of SPACES) {
    const la = new Laplace(net, { subsetOfWeights: 'last_layer', space }).fit(X, y);
    const S = la.posteriorCovariance();
    for (const d of [
      [1, 0],
      [0.6, 0.8],
      [-0.8, 0.6],
      [0.28, -0.96],
    ]) {
      const phi = Array.from({ length: 10 }, (_, h) => Math.max(0, theta[2 * h] * d[0] + theta[2 * h + 1] * d[1]));
      const mu = phi.reduce((sum, value, h) => sum + value * theta[30 + h], 0);
      let v = 0;
      for (let i = 0; i < 10; i++) for (let j = 0; j < 10; j++) v += phi[i] * S[i * 11 + j] * phi[j];
      assert.ok(v > 0, 'some unit is alive along the ray');
      const limit = sigmoid(mu / Math.sqrt((Math.PI / 8) * v));
      const error = [1e6, 1e7].map((t) => la.predict([[t * d[0], t * d[1]]]).mean[0] - limit);
      assert.ok(Math.abs(error[0]) <= 1e-4, `limit ${limit} along ${d}: off by ${error[0]} at 1e6`);
      // the constant is measured from a difference of order 1e-6: rounding of p, 1e-16, is below 1 % of it unless it
      // vanishes
      if (Math.abs(error[0]) > 1e-11) near((error[1] * 1e7) / (error[0] * 1e6), 1, 0.01, `distance × error along ${d}`);
    }
  }
});

test('T15 Jacobian by central differences; GGN is the Hessian when the model is linear or the residual is zero', () => {
  const { X } = datasets.moons({ n: 6, seed: 1 });
  const net = new MLP({ layers: [2, 4, 3, 2], likelihood: 'gaussian', seed: 2 });
  const theta = net.parameters;
  const P = net.parameterCount;
  const J = net.jacobian(X);
  const h = 2 ** -17; // ≈ ε^⅓: truncation h² and rounding ε/h are both near 6e-11
  const shifted = (i, step, use) => {
    const moved = theta.slice();
    moved[i] += step;
    net.parameters = moved;
    return use();
  };
  for (let i = 0; i < P; i++) {
    const up = shifted(i, h, () => net.forward(X));
    const down = shifted(i, -h, () => net.forward(X));
    up.forEach((f, row) => near(J[row * P + i], (f - down[row]) / (2 * h), 1e-8, `∂f${row}/∂θ${i}`));
  }
  net.parameters = theta;
  const y = net.forward(X); // zero residual
  const H = new Laplace(net).fit(X, y).hessian();
  assert.ok(Math.max(...H) > 1e-3, 'curvature is not all zero');
  for (let i = 0; i < P; i++) {
    const up = shifted(i, h, () => net.gradient(X, y, { priorPrecision: 0 }));
    const down = shifted(i, -h, () => net.gradient(X, y, { priorPrecision: 0 }));
    for (let j = 0; j < P; j++) near(H[j * P + i], (up[j] - down[j]) / (2 * h), 1e-6, `H[${j}, ${i}]`);
  }
  const logistic = new MLP({ layers: [2, 3], likelihood: 'categorical', seed: 8 });
  const labels = [0, 1, 2, 0, 1, 2];
  const G = new Laplace(logistic).fit(X, labels).hessian();
  const at = logistic.parameters;
  for (let i = 0; i < 9; i++) {
    const gradients = [h, -h].map((step) => {
      const moved = at.slice();
      moved[i] += step;
      logistic.parameters = moved;
      return logistic.gradient(X, labels, { priorPrecision: 0 });
    });
    for (let j = 0; j < 9; j++)
      near(G[j * 9 + i], (gradients[0][j] - gradients[1][j]) / (2 * h), 1e-8, `G[${j}, ${i}]`);
  }
});

test('T16 evidence parts add up; its derivative in log λ is ½(effective parameters − scatter)', () => {
  const { X, y } = datasets.moons({ n: 50, seed: 3 });
  const net = new MLP({ layers: [2, 5, 1], seed: 2 });
  net.train(X, y, { priorPrecision: 0.3 });
  for (const space of SPACES) {
    const la = new Laplace(net, { space }).fit(X, y);
    const e = la.evidence();
    assert.is(e.logMarginalLikelihood, e.logLikelihood - 0.5 * (e.logDetRatio + e.scatter));
    near(e.logDetRatio, e.logDetPosteriorPrecision - e.logDetPriorPrecision, 1e-12, 'ratio');
    near(e.logLikelihood, net.logLikelihood(X, y), 1e-12, 'log likelihood');
    const P = toMatrix(la.posteriorPrecision(), 21);
    near(e.effectiveParameters, 21 - 0.3 * inverse(P).trace(), 1e-9, 'effective parameters');
    const h = 1e-4; // truncation h²/6·|third derivative| ≈ 1e-9·(few), rounding ε·|evidence|/h ≈ 1e-10
    const [up, down] = la.logMarginalLikelihood({ priorPrecision: [0.3 * Math.exp(h), 0.3 * Math.exp(-h)] });
    near((up - down) / (2 * h), 0.5 * (e.effectiveParameters - e.scatter), 1e-7, `derivative in ${space} space`);
  }
});

test('T17 empirical Fisher of one datum and one parameter is r²x²/σ⁴', () => {
  const [x, y, w, sigma] = [1.75, 0.5, 2, 0.5]; // exact in binary
  const net = new MLP({ layers: [1, 1], likelihood: 'gaussian', bias: false, parameters: [w] });
  const r = w * x - y;
  for (const space of SPACES) {
    const la = new Laplace(net, { curvature: 'ef', sigmaNoise: sigma, priorPrecision: 4, space }).fit([[x]], [y]);
    assert.is(la.posteriorPrecision()[0] - 4, (r * r * x * x) / sigma ** 4, `${space} space`);
    assert.is(la.hessian()[0], r * r * x * x, 'hessian() is GᵀG');
  }
});

test.run();
