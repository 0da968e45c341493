// Every block of the reference cases: every structure, curvature, subset and prior; the full structure in weight space
// and in function space. Then the optima of the evidence.
// Tolerances: a block's own `tol` (100 × the deviation of two independent float64 implementations from 80-bit values).
// Function space loses ε·(prior variance)/(posterior variance) by subtraction and works on a Gram matrix of condition
// at most that of P: relative f_var within 100·ε·k(x,x)/v, the rest within 10·ε·cond P where these are larger.
import * as assert from 'uvu/assert';
import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import { suite } from './helpers/suite.js';
import { blockError, cases, networkOf, posteriorOf, probe, scalarError } from './helpers/golden.js';

const EPS = 2 ** -52;
const all = cases();
const test = suite('golden');

const within = (error, bound, what) => assert.ok(error <= bound, `${what}: error ${error} exceeds ${bound}`);
const cut = (array, i, size) => Array.prototype.slice.call(array, i * size, (i + 1) * size);

/** Prior variance of f at the test points, (T, C): the diagonal of J P0⁻¹ Jᵀ over the active columns. */
function priorVariance(net, la, c, block) {
  const outputs = c.data.n_outputs;
  const J = net.jacobian(c.test.X);
  const active = la.indices;
  const precision = new Float64Array(active.length);
  const tensors = tensorSizes(c.network.layers, block.subset);
  if (typeof block.prior_precision === 'number') precision.fill(block.prior_precision);
  else if (block.prior_structure === 'diag') precision.set(block.prior_precision);
  else {
    let at = 0;
    tensors.forEach((size, i) => {
      precision.fill(block.prior_precision[i], at, at + size);
      at += size;
    });
  }
  return Float64Array.from({ length: c.test.n * outputs }, (_, row) => {
    let sum = 0;
    for (let i = 0; i < active.length; i++) sum += J[row * net.parameterCount + active[i]] ** 2 / precision[i];
    return sum;
  });
}

function tensorSizes(layers, subset) {
  const sizes = [];
  for (let l = 1; l < layers.length; l++) {
    if (subset === 'last_layer' && l < layers.length - 1) continue;
    sizes.push(layers[l] * layers[l - 1], layers[l]);
  }
  return sizes;
}

function checkScalars(net, la, block, tolerance) {
  const parts = la.evidence();
  within(scalarError(parts.logLikelihood, block.log_likelihood), tolerance, 'log likelihood');
  within(scalarError(parts.logDetPriorPrecision, block.log_det_prior), tolerance, 'log det P0');
  within(scalarError(parts.logDetPosteriorPrecision, block.log_det_posterior), tolerance, 'log det P');
  within(scalarError(parts.logDetRatio, block.log_det_ratio), tolerance, 'log det ratio');
  within(scalarError(parts.scatter, block.scatter), tolerance, 'scatter');
  within(scalarError(parts.logMarginalLikelihood, block.log_marglik), tolerance, 'evidence');
  const p = block.n_params_active;
  const weights = net.parameters;
  const theta = Float64Array.from(la.indices, (at, i) => weights[at] + 0.1 * probe(0, p)[i]);
  const logProb = la.logProb(theta);
  if (block.log_prob_probe !== undefined)
    within(scalarError(logProb, block.log_prob_probe), tolerance, 'log prob of the probe');
  else assert.ok(block.subset === 'subnetwork' || block.structure === 'lowrank', 'no stored log prob');
}

function checkPredictions(net, la, c, block, exactSpace) {
  const outputs = c.data.n_outputs;
  const size = outputs * outputs;
  const { fMean, fVar, yVar, mean } = la.predict(c.test.X, { link: 'probit' });
  within(blockError(fMean, c.model.f_test), 1e-10, 'f_mu');
  const prior = priorVariance(net, la, c, block);
  let loosest = block.tol.f_var_rel;
  for (let i = 0; i < c.test.n; i++) {
    const ref = cut(block.pred.f_var, i, size);
    const amplification = Math.max(...cut(prior, i, outputs)) / Math.max(...ref.map(Math.abs));
    const tolerance = Math.max(block.tol.f_var_rel, exactSpace ? 0 : 100 * EPS * amplification);
    loosest = Math.max(loosest, tolerance);
    within(blockError(cut(fVar, i, size), ref), tolerance, `f_var at test point ${i}`);
    if (block.pred.y_var) {
      const diagonal = Array.from({ length: outputs }, (_, j) => yVar[i * size + j * outputs + j]);
      within(blockError(diagonal, cut(block.pred.y_var, i, outputs)), tolerance, `y_var at test point ${i}`);
    }
  }
  if (block.pred.probit) {
    // |Δp| ≤ 0.112·|Δ log v|
    const error = Math.max(...block.pred.probit.map((p, i) => Math.abs(mean[i] - p)));
    within(error, Math.max(block.tol.prob_abs, 0.112 * loosest), 'probit');
  }
  if (block.pred.joint_cov8) {
    const joint = la.predict(c.test.X.slice(0, 8 * c.data.d), { joint: true }).fVar;
    within(blockError(joint, block.pred.joint_cov8), loosest, 'joint covariance');
  }
  if (c.likelihood === 'bernoulli') {
    const exact = la.predict(c.test.X, { link: 'exact' }).mean;
    const error = Math.max(...block.pred.exact.map((p, i) => Math.abs(exact[i] - p)));
    within(error, Math.max(1e-12, 0.112 * loosest), 'exact');
  }
  checkLinks(la, c, block, Math.max(block.tol.prob_abs, loosest));
}

/** The curvature a block stands for, p × p, from what the case stores; null where it stores too little. */
function storedCurvature(la, c, block) {
  const p = block.n_params_active;
  const P = c.network.n_params;
  const { indices } = la;
  if (block.structure === 'lowrank') {
    const { lr_eigvals: l, lr_eigvecs: Q } = block;
    return Float64Array.from({ length: p * p }, (_, i) => {
      const [row, column] = [Math.floor(i / p), i % p];
      return l.reduce((sum, value, e) => sum + value * Q[row * l.length + e] * Q[column * l.length + e], 0);
    });
  }
  if (block.curvature !== 'ggn') return null;
  if (block.structure === 'kron') return c.kron_factors[0].B ? kronecker(c, block) : null;
  if (!c.hessian.full && block.structure === 'full') return null;
  return Float64Array.from({ length: p * p }, (_, i) => {
    const [row, column] = [indices[Math.floor(i / p)], indices[i % p]];
    if (block.structure === 'diag' && row !== column) return 0;
    return c.hessian.full ? c.hessian.full[row * P + column] : c.hessian.diag[row];
  });
}

function kronecker(c, block) {
  const { layers } = c.network;
  const p = block.n_params_active;
  const H = new Float64Array(p * p);
  let at = 0;
  for (let l = block.subset === 'all' ? 0 : layers.length - 2; l < layers.length - 1; l++) {
    const [m, n] = [layers[l], layers[l + 1]];
    const { A, B } = c.kron_factors[l];
    for (let o = 0; o < n; o++) {
      for (let q = 0; q < n; q++) {
        for (let i = 0; i < m; i++)
          for (let j = 0; j < m; j++) H[(at + o * m + i) * p + at + q * m + j] = B[o * n + q] * A[i * m + j];
        H[(at + n * m + o) * p + at + n * m + q] = B[o * n + q];
      }
    }
    at += n * m + n;
  }
  return H;
}

function checkCurvature(la, c, block) {
  const p = block.n_params_active;
  const H = la.hessian();
  const ref = storedCurvature(la, c, block);
  if (ref) within(blockError(H, ref), 1e-10, 'H');
  if (ref || block.curvature !== 'ggn' || block.structure !== 'full') return;
  const diagonal = Float64Array.from({ length: p }, (_, i) => H[i * p + i]);
  within(blockError(diagonal, c.hessian.diag.slice(c.network.n_params - p)), 1e-10, 'diagonal of H');
  if (block.subset !== 'all') return;
  c.hessian.probes.forEach((stored, k) => {
    const v = probe(k, p);
    const Hv = Float64Array.from({ length: p }, (_, i) => v.reduce((sum, value, j) => sum + H[i * p + j] * value, 0));
    within(blockError(Hv, stored), 1e-10, `H·v${k}`);
  });
}

/** The bridges, and draws against the stored draws: within six of their standard errors together. */
function checkLinks(la, c, block, tolerance) {
  const { n } = c.test;
  const size = c.data.n_outputs;
  for (const link of ['bridge', 'bridge_norm']) {
    if (!block.pred[link]) continue;
    const { mean } = la.predict(c.test.X, { link, quantities: ['mean'] });
    for (let i = 0; i < n; i++) {
      if (block.pred.bridge_undefined?.includes(i)) continue;
      cut(block.pred[link], i, size).forEach((p, j) => {
        within(Math.abs(mean[i * size + j] - p), tolerance, `${link}, class ${j} at test point ${i}`);
      });
    }
  }
  if (!block.pred.mc) return;
  const samples = 4000;
  const { mean } = la.predict(c.test.X, { link: 'mc', samples, quantities: ['mean'] });
  const error = Math.max(...block.pred.mc.map((p, i) => Math.abs(mean[i] - p)));
  within(error, 6 * (block.pred.mc_se + 0.5 / Math.sqrt(samples)), 'mc');
}

// The maximum is flat: values agree to 1e-8 where locations agree to 1e-6.
function checkOptima(la, c, block, loosest) {
  const near = (x, ref, what) => within(Math.abs(x / ref - 1), 1e-6, what);
  const top = (found, ref) =>
    within(scalarError(found.logMarginalLikelihood, ref), Math.max(1e-8, loosest), 'its value');
  if (block.optimum) {
    const found = la.optimizePriorPrecision({ tuneSigma: false });
    near(found.priorPrecision, block.optimum.prior_precision, 'optimum');
    top(found, block.optimum.log_marglik);
    assert.ok(found.interior && found.atEdge.length === 0);
  }
  if (block.optimum_joint) {
    const found = la.optimizePriorPrecision();
    near(found.priorPrecision, block.optimum_joint.prior_precision, 'joint optimum, precision');
    near(found.sigmaNoise, block.optimum_joint.sigma_noise, 'joint optimum, noise');
    top(found, block.optimum_joint.log_marglik);
  }
  if (block.optimum_layerwise) {
    la.sigmaNoise = block.sigma_noise ?? 1;
    const found = la.optimizePriorPrecision({ priorStructure: 'layerwise', tuneSigma: false });
    block.optimum_layerwise.prior_precision.forEach((ref, i) => near(found.priorPrecision[i], ref, `tensor ${i}`));
    top(found, block.optimum_layerwise.log_marglik);
  }
}

// The stored gaussian empirical Fisher is 2·s·GᵀG, this library's is GᵀG/(σ⁴T): only GᵀG itself can be compared,
// through the log determinant and variances it gives under the stored scale.
function checkGaussianFisher(net, la, c, block) {
  const p = block.n_params_active;
  const s = 1 / (block.sigma_noise ** 2 * block.temperature);
  const P = new Matrix(p, p);
  const H = la.hessian();
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < p; j++)
      P.set(i, j, 2 * s * H[Math.max(i, j) * p + Math.min(i, j)] + (i === j ? block.prior_precision : 0));
  }
  const cholesky = new CholeskyDecomposition(P);
  const logDet = 2 * cholesky.lowerTriangularMatrix.diagonal().reduce((sum, d) => sum + Math.log(d), 0);
  within(
    scalarError(logDet, block.log_det_posterior),
    Math.max(block.tol.scalar_rel, 10 * EPS * block.cond),
    'log det',
  );
  within(scalarError(la.evidence().logLikelihood, block.log_likelihood), block.tol.scalar_rel, 'log likelihood');
  const J = net.jacobian(c.test.X);
  for (let i = 0; i < c.test.n; i++) {
    const row = Matrix.columnVector(Array.from(cut(J, i, p)));
    const v = row.transpose().mmul(cholesky.solve(row)).get(0, 0);
    within(blockError([v], [block.pred.f_var[i]]), Math.max(block.tol.f_var_rel, 100 * EPS * block.cond), `f_var ${i}`);
  }
}

test('all twenty cases are there', () => assert.is(all.length, 20));

test('network output, loss and gradient', () => {
  for (const c of all) {
    const net = networkOf(c);
    within(blockError(net.forward(c.test.X), c.model.f_test), 1e-10, `${c.name}: f`);
    if (c.model.loss_grad) {
      const gradient = net.gradient(c.data.X, c.data.y, { priorPrecision: 0 });
      // near a mode the gradient is what cancellation leaves
      const scale = Math.max(1, ...c.model.loss_grad.map(Math.abs));
      const error = Math.max(...c.model.loss_grad.map((g, i) => Math.abs(g - gradient[i])));
      within(error / scale, 1e-10 * Math.max(1, c.model.loss), `${c.name}: gradient`);
    }
    if (c.model.jac_test0) {
      const J = net.jacobian(c.test.X.slice(0, c.data.d));
      within(blockError(J, c.model.jac_test0), 1e-10, `${c.name}: Jacobian`);
    }
    net.dispose();
  }
});

let blocks = 0;
let optima = 0;
for (const c of all) {
  for (const block of c.blocks) {
    const spaces = block.structure !== 'full' || block.subset === 'subnetwork' ? ['auto'] : ['weight', 'function'];
    blocks++;
    for (const space of spaces) {
      test(`${c.name} ${block.id} ${block.prior_structure} T=${block.temperature} in ${space} space`, () => {
        const net = networkOf(c);
        const la = posteriorOf(net, c, block, { space });
        if (space !== 'auto') assert.is(la.space, space);
        assert.is(la.parameterCount, block.n_params_active);
        checkCurvature(la, c, block);
        if (block.curvature === 'ef' && c.likelihood === 'gaussian') checkGaussianFisher(net, la, c, block);
        else {
          // function space and low rank subtract: they lose the digits of prior variance over posterior variance
          const subtracts = space === 'function' || block.structure === 'lowrank' || la.space === 'function';
          const cond = block.cond ?? 1 + block.lr_eigvals[0] / block.prior_precision;
          const loosest = Math.max(block.tol.scalar_rel, subtracts ? 10 * EPS * cond : 0);
          checkScalars(net, la, block, loosest);
          checkPredictions(net, la, c, block, !subtracts);
          optima += [block.optimum, block.optimum_joint, block.optimum_layerwise].filter(Boolean).length;
          // the eigenvalues of 2500 rows take ten seconds; the same optimum is found in weight space
          if (space !== 'function' || c.data.n * c.data.n_outputs < 1000) checkOptima(la, c, block, loosest);
        }
        la.dispose();
        net.dispose();
      });
    }
  }
}

// laplace-torch's hundred steps of Adam end at −4.9 million here: ours finds the maximum, wherever it starts.
test('the dead-relu case: −33 from any prior precision', () => {
  const c = all.find(({ name }) => name.includes('dead_relu'));
  const block = c.blocks.find(({ subset, structure }) => subset === 'all' && structure === 'full');
  for (const priorPrecision of [1e-6, 1, 1e9]) {
    const net = networkOf(c);
    const la = posteriorOf(net, c, block, { priorPrecision });
    const { logMarginalLikelihood } = la.optimizePriorPrecision();
    within(scalarError(logMarginalLikelihood, block.optimum.log_marglik), 1e-8, `from ${priorPrecision}`);
    assert.ok(logMarginalLikelihood > -34 && logMarginalLikelihood < -32);
  }
});

test('every block was compared, every stored optimum found', () => {
  assert.is(
    blocks,
    all.reduce((sum, c) => sum + c.blocks.length, 0),
  );
  assert.is(blocks, 148);
  assert.ok(optima > 150);
});

test.run();
