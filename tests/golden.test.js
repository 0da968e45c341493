// Every exact-structure block of the reference cases, in weight space and in function space.
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
  else assert.is(block.subset, 'subnetwork', 'only subnetworks have no stored log prob');
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
}

function checkCurvature(la, c, block) {
  const H = la.hessian();
  const p = block.n_params_active;
  const from = c.network.n_params - p;
  if (block.curvature !== 'ggn') return;
  if (c.hessian.full) {
    const P = c.network.n_params;
    const ref = Float64Array.from({ length: p * p }, (_, i) => {
      const [row, column] = [la.indices[Math.floor(i / p)], la.indices[i % p]];
      return c.hessian.full[row * P + column];
    });
    within(blockError(H, ref), 1e-10, 'H');
  } else {
    const diagonal = Float64Array.from({ length: p }, (_, i) => H[i * p + i]);
    within(blockError(diagonal, c.hessian.diag.slice(from)), 1e-10, 'diagonal of H');
    if (block.subset !== 'all') return;
    c.hessian.probes.forEach((ref, k) => {
      const v = probe(k, p);
      const Hv = Float64Array.from({ length: p }, (_, i) => v.reduce((sum, value, j) => sum + H[i * p + j] * value, 0));
      within(blockError(Hv, ref), 1e-10, `H·v${k}`);
    });
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
for (const c of all) {
  for (const block of c.blocks) {
    if (block.structure !== 'full' || block.curvature === 'hessian') continue;
    for (const space of block.subset === 'subnetwork' ? ['weight'] : ['weight', 'function']) {
      blocks++;
      test(`${c.name} ${block.id} ${block.prior_structure} T=${block.temperature} in ${space} space`, () => {
        const net = networkOf(c);
        const la = posteriorOf(net, c, block, { space });
        assert.is(la.space, space);
        assert.is(la.parameterCount, block.n_params_active);
        checkCurvature(la, c, block);
        if (block.curvature === 'ef' && c.likelihood === 'gaussian') checkGaussianFisher(net, la, c, block);
        else {
          checkScalars(net, la, block, Math.max(block.tol.scalar_rel, space === 'weight' ? 0 : 10 * EPS * block.cond));
          checkPredictions(net, la, c, block, space === 'weight');
        }
        la.dispose();
        net.dispose();
      });
    }
  }
}
test('every exact-structure block was compared', () => assert.is(blocks, 100));

test.run();
