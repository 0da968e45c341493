// The posterior's life, evidence and answers: closed forms of Bayesian linear regression, identities that hold for
// every problem, and that a call which fails changes nothing.
#include "check.h"
#include "laplace.h"
#include "predict.h"
#include "problem.h"
#include "vmath.h"

static const double TOLERANCE = 1e-10;
static const char *const SPACES[] = {"weight", "function", "auto"};
static double worst = 0.0;

static int near(double error) {
  if (!(error <= worst)) worst = error;
  return error <= TOLERANCE;
}

static int fit(bl_laplace *la, const problem *q, const double *w, bl_arena *scratch) {
  return bl_laplace_fit(la, q->net, q->X, q->y, w, q->n, 0, scratch);
}

static bl_laplace *posterior(const problem *q, const char *space, int curvature, const double *precision, int count,
                             const double *sigma, int sigma_count, double temperature, bl_arena *scratch) {
  bl_laplace *la = NULL;
  const double zero = 0.0;
  CHECK(bl_laplace_new(&la, q->net, "full", space, curvature, 0, NULL, 0, 0, 0, 0, 0.0) == BL_OK);
  CHECK(bl_laplace_set_prior(la, precision, count, &zero, 1, scratch) == BL_OK);
  CHECK(bl_laplace_set_noise(la, sigma, sigma_count, temperature, scratch) == BL_OK);
  CHECK(fit(la, q, NULL, scratch) == BL_OK);
  return la;
}

static problem regression(int d, int k, int n, bl_rng *rng) {
  const int size[] = {d, k};
  return problem_new(size, 1, 0, likelihood_find("gaussian"), 1, n, rng);
}

// everything a posterior tells, for comparisons
static double *answers(const bl_laplace *la, int *count, bl_arena *scratch) {
  const int p = bl_laplace_parameter_count(la);
  *count = EVIDENCE_PARTS + 3 * p * p + 2 * p + 4;
  double *a = doubles(*count), *at = a, lowest;
  CHECK(bl_laplace_evidence(la, at, scratch) == BL_OK);
  at += EVIDENCE_PARTS;
  for (int which = 0; which < 3; ++which, at += p * p) CHECK(bl_laplace_matrix(la, at, which, scratch) == BL_OK);
  CHECK(bl_laplace_variance(la, at, scratch) == BL_OK && bl_laplace_mean(la, at + p) == BL_OK);
  at += 2 * p;
  CHECK(bl_laplace_diagnostics(la, at, at + 1, at + 2, &lowest, scratch) == BL_OK);
  if (at[2] != at[2]) at[2] = -1.0;
  at[3] = bl_laplace_examples(la);
  return a;
}

static int same_answers(const bl_laplace *la, const double *before, int count, bl_arena *scratch) {
  int now;
  double *a = answers(la, &now, scratch);
  const int same = now == count && memcmp(a, before, (size_t)count * sizeof *a) == 0;
  free(a);
  return same;
}

static int close_answers(const bl_laplace *la, const double *before, int count, bl_arena *scratch) {
  int now;
  double *a = answers(la, &now, scratch);
  const int p = bl_laplace_parameter_count(la), square = p * p;
  int same = now == count;
  for (int i = 0; i < EVIDENCE_PARTS && same; ++i) same = near(relative(a[i], before[i]));
  for (int which = 0; which < 3 && same; ++which)
    same = near(apart(a + EVIDENCE_PARTS + which * square, before + EVIDENCE_PARTS + which * square, square));
  for (int i = EVIDENCE_PARTS + 3 * square; i < count && same; ++i) same = near(relative(a[i], before[i]));
  free(a);
  return same;
}

// T1, T2, T9: θ̂ anywhere, then at the mode
static void check_linear_regression(bl_rng *rng, bl_arena *scratch) {
  enum { D = 3, N = 12, P = D + 1 };
  problem q = regression(D, 1, N, rng);
  const double lambda = 0.7, sigma = 0.4, one = 1.0;
  real A[P * P] = {0}, M[P * P], b[P] = {0}, K[N * N], I[N * N], product = 0;
  double p0[P], noise[N];
  for (int e = 0; e < N; ++e)
    for (int i = 0; i < P; ++i) {
      const real xi = i < D ? q.X[e * D + i] : 1;
      b[i] += xi * q.y[e];
      for (int j = 0; j < P; ++j) A[i * P + j] += xi * (j < D ? q.X[e * D + j] : 1);
    }
  for (int i = 0; i < P; ++i) p0[i] = lambda;
  const real log_det = naive_inverse(M, A, 1 / (sigma * sigma), p0, P);
  // log N(y; 0, ΦΦᵀ/λ + σ²I)
  for (int e = 0; e < N; ++e) {
    noise[e] = sigma * sigma;
    for (int f = 0; f < N; ++f) {
      K[e * N + f] = 1;
      for (int i = 0; i < D; ++i) K[e * N + f] += (real)q.X[e * D + i] * q.X[f * D + i];
    }
  }
  const real log_det_y = naive_inverse(I, K, 1 / lambda, noise, N);
  for (int e = 0; e < N; ++e)
    for (int f = 0; f < N; ++f) product += q.y[e] * I[e * N + f] * q.y[f];
  const real evidence = -0.5L * (product + log_det_y + N * logl(2 * acosl(-1.0L)));

  for (int at_mode = 0; at_mode < 2; ++at_mode) {
    for (int i = 0; i < P && at_mode; ++i) {
      real sum = 0;
      for (int j = 0; j < P; ++j) sum += M[i * P + j] * b[j] / ((real)sigma * sigma);
      q.net->theta[i] = (double)sum;
    }
    for (int space = 0; space < 3; ++space) {
      bl_laplace *la = posterior(&q, SPACES[space], CURVATURE_GGN, &lambda, 1, &sigma, 1, 1.0, scratch);
      double S[P * P], parts[EVIDENCE_PARTS], norm, missing, residual, lowest, square = 0.0;
      CHECK(bl_laplace_matrix(la, S, 2, scratch) == BL_OK && near(distance(S, M, P * P)));
      CHECK(bl_laplace_evidence(la, parts, scratch) == BL_OK);
      CHECK(bl_laplace_diagnostics(la, &norm, &missing, &residual, &lowest, scratch) == BL_OK);
      CHECK(near(relative(parts[3], log_det)));
      CHECK(near(relative(parts[0] + missing, evidence)));  // a quadratic model: one Newton step away from any θ̂
      if (at_mode) CHECK(near(relative(parts[0], evidence)) && norm < 1e-10 && missing < 1e-10);
      for (int e = 0; e < N; ++e) {
        double f;
        CHECK(bl_net_forward(q.net, &f, q.X + e * D, 1, scratch) == BL_OK);
        square += (f - q.y[e]) * (f - q.y[e]) / N;
      }
      CHECK(near(relative(residual, square)));
      bl_laplace_free(la);
    }
  }

  // the data twice under λ is half the covariance of the data once under λ/2
  const double half = 0.5;
  for (int space = 0; space < 2; ++space) {
    bl_laplace *once = posterior(&q, SPACES[space], CURVATURE_GGN, &half, 1, &one, 1, 1.0, scratch);
    bl_laplace *twice = posterior(&q, SPACES[space], CURVATURE_GGN, &one, 1, &one, 1, 1.0, scratch);
    double S1[P * P], S2[P * P], weights[N];
    CHECK(bl_laplace_fit(twice, NULL, q.X, q.y, NULL, N, 1, scratch) == BL_OK);
    CHECK(fabs(bl_laplace_examples(twice) - 2.0 * N) == 0.0);
    CHECK(bl_laplace_matrix(once, S1, 2, scratch) == BL_OK && bl_laplace_matrix(twice, S2, 2, scratch) == BL_OK);
    for (int i = 0; i < P * P; ++i) S1[i] *= 0.5;
    CHECK(near(apart(S2, S1, P * P)));
    for (int i = 0; i < N; ++i) weights[i] = 2.0;
    int count;
    double *before = answers(twice, &count, scratch);
    CHECK(fit(twice, &q, weights, scratch) == BL_OK);
    CHECK(close_answers(twice, before, count, scratch));
    free(before);
    bl_laplace_free(once);
    bl_laplace_free(twice);
  }
  problem_free(&q);
}

// T17: one datum, one parameter
static void check_empirical_fisher(bl_arena *scratch) {
  const int size[] = {1, 1};
  const double lambda = 0.3, sigma = 0.5, T = 2.0;
  bl_rng rng;
  rng_seed(&rng, 5.0, 0);
  problem q = problem_new(size, 1, 0, likelihood_find("gaussian"), 0, 1, &rng);
  const double r = q.net->theta[0] * q.X[0] - q.y[0], rx = r * r * q.X[0] * q.X[0];
  for (int space = 0; space < 2; ++space) {
    bl_laplace *la = posterior(&q, SPACES[space], CURVATURE_EF, &lambda, 1, &sigma, 1, T, scratch);
    double H, P;
    CHECK(bl_laplace_matrix(la, &H, 0, scratch) == BL_OK && fabs(H - rx) <= 4e-16 * rx);
    CHECK(bl_laplace_matrix(la, &P, 1, scratch) == BL_OK);
    CHECK(fabs(P - (rx / (sigma * sigma * sigma * sigma * T) + lambda)) <= 1e-15 * P);
    bl_laplace_free(la);
  }
  problem_free(&q);
}

static double evidence_at(const bl_laplace *la, const double *precision, int count, const double *sigma,
                          int sigma_count, bl_arena *scratch) {
  double value = 0.0;
  CHECK(bl_laplace_evidence_at(la, &value, precision, count, sigma, sigma_count, scratch) == BL_OK);
  return value;
}

// T16: the parts, the log likelihood by the likelihood's own functions, derivatives in log λ and log σ, other
// hyper-parameters
static void check_evidence(const problem *q, int curvature, bl_arena *scratch) {
  const bl_likelihood *likelihood = likelihood_row(q->net->likelihood);
  const int noisy = (likelihood->is & LIKELIHOOD_SIGMA) != 0, n = q->n, p = q->net->p;
  const double lambda = 0.8, T = 1.5, sigma = noisy ? 0.6 : 1.0, s = 1.0 / (sigma * sigma * T);
  double *f = doubles(n * q->k), *loss = doubles(n), *constant = doubles(n), *v = doubles(p), *each = doubles(p);
  double expected = 0.0, value[3];
  CHECK(bl_net_forward(q->net, f, q->X, n, scratch) == BL_OK);
  likelihood->loss(loss, NULL, f, q->y, NULL, n, q->k);
  likelihood->constant(constant, q->y, sigma, NULL, n, q->k);
  for (int e = 0; e < n; ++e) expected -= s * loss[e] + constant[e];
  for (int space = 0; space < 3; ++space) {
    bl_laplace *la = posterior(q, SPACES[space], curvature, &lambda, 1, &sigma, 1, T, scratch);
    double part[EVIDENCE_PARTS], trace = 0.0, slope = 0.0;
    CHECK(bl_laplace_evidence(la, part, scratch) == BL_OK);
    CHECK(fabs(part[0] - (part[1] - 0.5 * (part[4] + part[5]))) <= 0.0);
    CHECK(near(relative(part[3] - part[2], part[4])) && near(relative(part[1], expected)));
    CHECK(near(relative(part[2], p * vm_log1(lambda))));
    CHECK(bl_laplace_variance(la, v, scratch) == BL_OK);
    for (int i = 0; i < p; ++i) trace += v[i];
    CHECK(near(relative(part[6], p - lambda * trace)));
    int count;
    double *before = answers(la, &count, scratch);

    // Richardson's central difference in log λ: error O(h⁴) ≈ 1e-10 at h = 1e-2·…, rounding ε·|log Z|/h ≈ 1e-11
    static const double STEP[] = {0.02, 0.01};
    double difference[2];
    for (int i = 0; i < 2; ++i) {
      const double up = lambda * vm_exp1(STEP[i]), down = lambda * vm_exp1(-STEP[i]);
      difference[i] =
          (evidence_at(la, &up, 1, NULL, 0, scratch) - evidence_at(la, &down, 1, NULL, 0, scratch)) / (2.0 * STEP[i]);
    }
    slope = (4.0 * difference[1] - difference[0]) / 3.0;
    CHECK(relative(slope, 0.5 * (part[6] - part[5])) <= 1e-8);
    if (noisy) {  // ∂ log Z/∂ log σ = 2 s Σ loss − N k − ½ ∂ log det P/∂ log σ, the last −(2 or 4)·γ
      const double power = curvature_row(curvature)->sigma_power;
      for (int i = 0; i < 2; ++i) {
        const double up = sigma * vm_exp1(STEP[i]), down = sigma * vm_exp1(-STEP[i]);
        difference[i] =
            (evidence_at(la, NULL, 0, &up, 1, scratch) - evidence_at(la, NULL, 0, &down, 1, scratch)) / (2.0 * STEP[i]);
      }
      slope = (4.0 * difference[1] - difference[0]) / 3.0;
      double sum = 0.0;
      for (int e = 0; e < n; ++e) sum += loss[e];
      CHECK(relative(slope, 2.0 * s * sum - n * q->k + 0.5 * power * part[6]) <= 1e-7);
    }

    // elsewhere, against a posterior that is there; la is as it was
    CHECK(fabs(evidence_at(la, NULL, 0, NULL, 0, scratch) - part[0]) <= 0.0);
    for (int i = 0; i < p; ++i) each[i] = 0.5 + 0.1 * i;
    const double other = 2.5, louder = noisy ? 0.9 : 1.0;
    for (int i = 0; i < 2; ++i) {
      const double *precision = i ? each : &other;
      const int size = i ? p : 1;
      value[0] = evidence_at(la, precision, size, &louder, 1, scratch);
      bl_laplace *there = posterior(q, SPACES[space], curvature, precision, size, &louder, 1, T, scratch);
      CHECK(bl_laplace_evidence(there, part, scratch) == BL_OK && near(relative(value[0], part[0])));
      bl_laplace_free(there);
    }
    CHECK(same_answers(la, before, count, scratch));

    // set there and back
    const double zero = 0.0;
    CHECK(bl_laplace_set_prior(la, each, p, &zero, 1, scratch) == BL_OK);
    CHECK(bl_laplace_set_noise(la, &louder, 1, T, scratch) == BL_OK);
    CHECK(bl_laplace_evidence(la, part, scratch) == BL_OK && near(relative(part[0], value[0])));
    CHECK(bl_laplace_set_noise(la, &sigma, 1, T, scratch) == BL_OK);
    CHECK(bl_laplace_set_prior(la, &lambda, 1, &zero, 1, scratch) == BL_OK);
    CHECK(close_answers(la, before, count, scratch));
    free(before);
    bl_laplace_free(la);
  }
  free(f), free(loss), free(constant), free(v), free(each);
}

// both spaces, one posterior; batches, update and downdate, copies, draws, densities
static void check_life(const problem *q, int curvature, const double *w, bl_arena *scratch) {
  const double lambda = 0.9, one = 1.0, zero = 0.0;
  const int n = q->n, d = q->d, t = q->t, half = n / 2, p = q->net->p;
  int count = 0;
  double *reference = NULL;
  for (int space = 0; space < 3; ++space) {
    bl_laplace *la = NULL, *copy = NULL;
    double out[EVIDENCE_PARTS];
    CHECK(bl_laplace_new(&la, q->net, "full", SPACES[space], curvature, 0, NULL, 0, 0, 0, 0, 0.0) == BL_OK);
    CHECK(bl_laplace_set_prior(la, &lambda, 1, &zero, 1, scratch) == BL_OK);
    CHECK(!bl_laplace_fitted(la) && bl_laplace_evidence(la, out, scratch) == BL_NOT_FITTED);
    CHECK(bl_laplace_downdate(la, q->X, q->y, w, 1, scratch) == BL_NOT_FITTED);
    CHECK(laplace_hess(la) == NULL && bl_laplace_noise(la) == 0);
    CHECK(fit(la, q, w, scratch) == BL_OK && bl_laplace_fitted(la));
    if (space == 0) reference = answers(la, &count, scratch);
    CHECK(close_answers(la, reference, count, scratch));
    double *before = answers(la, &count, scratch);
    if (space < 2) CHECK(strcmp(bl_laplace_space(la), SPACES[space]) == 0);

    // refused, and as before
    const double kept = q->X[0];
    CHECK(bl_laplace_fit(la, NULL, q->X, q->y, w, 0, 1, scratch) == BL_SHAPE);
    q->X[0] = INFINITY;
    CHECK(bl_laplace_fit(la, q->net, q->X, q->y, w, n, 0, scratch) == BL_NOT_FINITE);
    q->X[0] = kept + 1.0;
    CHECK(bl_laplace_downdate(la, q->X + d * (n - 1), q->y + t * (n - 1), w ? w + n - 1 : NULL, 1, scratch) == BL_OK);
    CHECK(bl_laplace_fit(la, NULL, q->X + d * (n - 1), q->y + t * (n - 1), w ? w + n - 1 : NULL, 1, 1, scratch) ==
          BL_OK);
    CHECK(close_answers(la, before, count, scratch));
    free(before);
    before = answers(la, &count, scratch);
    CHECK(bl_laplace_downdate(la, q->X, q->y, w, half + 1, scratch) ==
          BL_OPTION);  // the first is not held, the others are
    q->X[0] = kept;
    CHECK(bl_laplace_downdate(la, q->X, q->y, w, n, scratch) == BL_OK);
    CHECK(bl_laplace_examples(la) <= 0.0 && bl_laplace_evidence(la, out, scratch) == BL_OK &&
          fabs(out[4]) <= 1e-13 * p);
    CHECK(fit(la, q, w, scratch) == BL_OK);
    CHECK(bl_laplace_downdate(la, q->X, q->y, w, 2, scratch) == BL_OK);
    CHECK(bl_laplace_downdate(la, q->X, q->y, w, 1, scratch) == BL_OPTION);  // gone already
    CHECK(bl_laplace_fit(la, NULL, q->X, q->y, w, 2, 1, scratch) == BL_OK);
    CHECK(close_answers(la, reference, count, scratch));
    free(before);

    // held twice, gone twice, and not a third time
    CHECK(bl_laplace_fit(la, NULL, q->X, q->y, w, 2, 1, scratch) == BL_OK);
    CHECK(bl_laplace_downdate(la, q->X, q->y, w, 2, scratch) == BL_OK);
    CHECK(close_answers(la, reference, count, scratch));
    CHECK(bl_laplace_downdate(la, q->X, q->y, w, 2, scratch) == BL_OK);
    CHECK(bl_laplace_downdate(la, q->X, q->y, w, 2, scratch) == BL_OPTION);

    // one by one, from the prior
    CHECK(bl_laplace_reset(la, q->net, scratch) == BL_OK && bl_laplace_examples(la) <= 0.0);
    for (int i = 0; i < n; ++i)
      CHECK(bl_laplace_fit(la, NULL, q->X + d * i, q->y + t * i, w ? w + i : NULL, 1, 1, scratch) == BL_OK);
    CHECK(close_answers(la, reference, count, scratch));

    // a copy has the same bits, and a life of its own
    before = answers(la, &count, scratch);
    CHECK(bl_laplace_clone(&copy, la, scratch) == BL_OK && same_answers(copy, before, count, scratch));
    CHECK(bl_laplace_downdate(copy, q->X, q->y, w, half, scratch) == BL_OK);
    CHECK(same_answers(la, before, count, scratch));
    CHECK(bl_laplace_fit(copy, NULL, q->X, q->y, w, half, 1, scratch) == BL_OK);
    CHECK(close_answers(copy, before, count, scratch));
    bl_laplace_free(copy);

    // draws are linear in the noise with covariance P⁻¹; a seed gives the same draws however many are asked for
    const int noise = bl_laplace_noise(la);
    double *Z = doubles(noise * noise), *X = doubles(noise * p), *S = doubles(p * p), *mean = doubles(p);
    for (int i = 0; i < noise; ++i) Z[i * noise + i] = 1.0;
    CHECK(bl_laplace_draw(la, X, Z, noise, scratch) == BL_OK && bl_laplace_mean(la, mean) == BL_OK);
    for (int i = 0; i < p; ++i)
      for (int j = 0; j < p; ++j)
        for (int r = 0; r < noise; ++r) S[i * p + j] += (X[r * p + i] - mean[i]) * (X[r * p + j] - mean[j]);
    CHECK(near(apart(S, reference + EVIDENCE_PARTS + 2 * p * p, p * p)));
    double *many = doubles(70 * p), *few = doubles(3 * p), value, joint[2];
    CHECK(bl_laplace_sample(la, many, 70, 11.0, scratch) == BL_OK &&
          bl_laplace_sample(la, few, 3, 11.0, scratch) == BL_OK);
    CHECK(memcmp(many, few, (size_t)(3 * p) * sizeof *few) == 0);

    // log N(θ; θ̂, P⁻¹) from the matrix itself
    const double *P = reference + EVIDENCE_PARTS + p * p;
    real square = 0;
    for (int i = 0; i < p; ++i)
      for (int j = 0; j < p; ++j) square += (many[i] - mean[i]) * (real)P[i * p + j] * (many[j] - mean[j]);
    CHECK(bl_laplace_log_prob(la, &value, many, scratch) == BL_OK);
    CHECK(near(relative(value, -0.5L * (p * (real)BL_LOG_2PI - reference[3] + square))));

    // at θ̂ the log joint is the evidence's log likelihood and the log prior
    CHECK(bl_laplace_log_joint(la, joint, q->net->theta, 1, q->X, q->y, w, n, scratch) == BL_OK);
    CHECK(near(relative(joint[0], reference[1] + 0.5 * (reference[2] - p * BL_LOG_2PI - reference[5]))));

    // the posterior has its own copy of θ̂; a fit that fails keeps the old one
    q->net->theta[0] += 1.0;
    CHECK(same_answers(la, before, count, scratch));
    const double first = q->w[0];
    q->w[0] = -1.0;
    CHECK(bl_laplace_fit(la, q->net, q->X, q->y, q->w, n, 0, scratch) == BL_OPTION);
    CHECK(same_answers(la, before, count, scratch));
    q->w[0] = first;
    q->net->theta[0] -= 1.0;
    const double negative = -1.0, none = 0.0;
    CHECK(bl_laplace_set_prior(la, &negative, 1, &zero, 1, scratch) == BL_OPTION);
    CHECK(bl_laplace_set_prior(la, &none, 1, &zero, 1, scratch) == BL_OPTION);
    CHECK(bl_laplace_set_noise(la, &one, 1, 0.0, scratch) == BL_OPTION);
    CHECK(bl_laplace_set_noise(la, &negative, 1, 1.0, scratch) == BL_OPTION);
    CHECK(same_answers(la, before, count, scratch));
    free(before), free(Z), free(X), free(S), free(mean), free(many), free(few);
    bl_laplace_free(la);
  }
  free(reference);
}

// σ per output: Λ = diag(1/σ_j²); multiples need no refit, another direction does
static void check_vector_noise(bl_rng *rng, bl_arena *scratch) {
  const int size[] = {2, 3, 2};
  problem q = problem_new(size, 2, 0, likelihood_find("gaussian"), 1, 9, rng);
  const double lambda = 1.3, sigma[] = {0.5, 0.8}, twice[] = {1.0, 1.6}, other[] = {0.5, 0.9}, equal[] = {0.6, 0.6},
               zero = 0.0;
  const int p = q.net->p;
  bl_active active;
  CHECK(active_init(&active, q.net, 0, NULL, 0) == BL_OK);
  for (int curvature = 0; curvature <= CURVATURE_EF; ++curvature)  // those made of rows
    for (int space = 0; space < 2; ++space) {
      bl_laplace *la = posterior(&q, SPACES[space], curvature, &lambda, 1, sigma, 2, 1.0, scratch);
      bl_laplace *at = posterior(&q, SPACES[space], curvature, &lambda, 1, twice, 2, 1.0, scratch);
      bl_laplace *shared = posterior(&q, SPACES[space], curvature, &lambda, 1, equal, 2, 1.0, scratch);
      bl_laplace *scalar = posterior(&q, SPACES[space], curvature, &lambda, 1, equal, 1, 1.0, scratch);
      const double precision[] = {1.0 / (sigma[0] * sigma[0]), 1.0 / (sigma[1] * sigma[1])};
      real *H = naive_curvature(&q, &active, curvature, NULL, precision, scratch);
      double *M = doubles(p * p), value, part[EVIDENCE_PARTS];
      int count, equal_count;
      CHECK(bl_laplace_matrix(la, M, 0, scratch) == BL_OK && near(distance(M, H, p * p)));
      double *there = answers(at, &count, scratch), *here = answers(la, &count, scratch);
      double *one_sigma = answers(scalar, &equal_count, scratch);
      CHECK(same_answers(shared, one_sigma, equal_count, scratch));
      CHECK(bl_laplace_evidence_at(la, &value, NULL, 0, twice, 2, scratch) == BL_OK && near(relative(value, there[0])));
      CHECK(bl_laplace_evidence_at(la, &value, NULL, 0, other, 2, scratch) == BL_NOT_FITTED);
      CHECK(bl_laplace_set_noise(la, other, 2, 1.0, scratch) == BL_NOT_FITTED);
      CHECK(bl_laplace_set_noise(la, equal, 1, 1.0, scratch) == BL_NOT_FITTED);
      CHECK(bl_laplace_set_noise(la, other, 3, 1.0, scratch) == BL_SHAPE);
      CHECK(same_answers(la, here, count, scratch));
      CHECK(bl_laplace_set_noise(la, twice, 2, 1.0, scratch) == BL_OK);
      CHECK(close_answers(la, there, count, scratch));
      CHECK(bl_laplace_evidence(la, part, scratch) == BL_OK && near(relative(part[1], there[1])));
      // data that come after are weighed as those before
      CHECK(bl_laplace_downdate(la, q.X, q.y, NULL, 4, scratch) == BL_OK);
      CHECK(bl_laplace_fit(la, NULL, q.X, q.y, NULL, 4, 1, scratch) == BL_OK);
      CHECK(close_answers(la, there, count, scratch));
      // without data every direction is free
      CHECK(bl_laplace_reset(la, q.net, scratch) == BL_OK && bl_laplace_set_noise(la, other, 2, 1.0, scratch) == BL_OK);
      CHECK(bl_laplace_set_noise(la, sigma, 2, 1.0, scratch) == BL_OK);
      CHECK(bl_laplace_fit(la, NULL, q.X, q.y, NULL, q.n, 1, scratch) == BL_OK);
      CHECK(close_answers(la, here, count, scratch));
      free(H), free(M), free(there), free(here), free(one_sigma);
      bl_laplace_free(la), bl_laplace_free(at), bl_laplace_free(shared), bl_laplace_free(scalar);
    }
  bl_laplace *la = NULL;
  problem c = problem_new(size, 2, 0, likelihood_find("categorical"), 1, 4, rng);
  CHECK(bl_laplace_new(&la, c.net, "full", "auto", CURVATURE_GGN, 0, NULL, 0, 0, 0, 0, 0.0) == BL_OK);
  CHECK(bl_laplace_set_noise(la, sigma, 1, 1.0, scratch) == BL_OPTION);
  CHECK(bl_laplace_set_prior(la, sigma, 2, &zero, 1, scratch) == BL_SHAPE);
  c.y[1] = 7.0;
  CHECK(bl_laplace_fit(la, c.net, c.X, c.y, NULL, c.n, 0, scratch) == BL_LABEL);
  CHECK(!bl_laplace_fitted(la));
  CHECK(bl_laplace_fit(la, q.net, c.X, c.y, NULL, c.n, 0, scratch) == BL_SHAPE);  // another likelihood
  bl_laplace_free(la);
  problem_free(&c);
  problem_free(&q);
}

// what is asked for is what is had: refusals, subsets, and the choice of space as data come
static void check_construction(bl_rng *rng, bl_arena *scratch) {
  const int size[] = {2, 4, 1}, good[] = {1, 5, 12}, bad[] = {5, 1}, far[] = {3, 17};
  problem q = problem_new(size, 2, 0, likelihood_find("bernoulli"), 1, 60, rng);
  bl_laplace *la = NULL;
  CHECK(bl_laplace_new(&la, q.net, "fulll", "auto", CURVATURE_GGN, 0, NULL, 0, 0, 0, 0, 0.0) == BL_UNSUPPORTED && !la);
  CHECK(bl_laplace_new(&la, q.net, "full", "elsewhere", CURVATURE_GGN, 0, NULL, 0, 0, 0, 0, 0.0) == BL_UNSUPPORTED &&
        !la);
  CHECK(bl_laplace_new(&la, q.net, "full", "function", CURVATURE_HESSIAN, 0, NULL, 0, 0, 0, 0, 0.0) == BL_UNSUPPORTED &&
        !la);
  CHECK(bl_laplace_new(&la, q.net, "full", "auto", CURVATURE_GGN, 2, NULL, 0, 0, 0, 0, 0.0) == BL_OPTION && !la);
  CHECK(bl_laplace_new(&la, q.net, "full", "auto", CURVATURE_GGN, 0, bad, 2, 0, 0, 0, 0.0) == BL_OPTION && !la);
  CHECK(bl_laplace_new(&la, q.net, "full", "auto", CURVATURE_GGN, 0, far, 2, 0, 0, 0, 0.0) == BL_OPTION && !la);
  CHECK(bl_laplace_new(&la, q.net, "full", "auto", CURVATURE_GGN, 0, good, 0, 0, 0, 0, 0.0) == BL_OPTION && !la);
  for (int subset = 0; subset < 2; ++subset) {
    int index[5];
    CHECK(bl_laplace_new(&la, q.net, "full", "weight", CURVATURE_GGN, 1, subset ? good : NULL, subset ? 3 : 0, 0, 0, 0,
                         0.0) == BL_OK);
    CHECK(bl_laplace_parameter_count(la) == (subset ? 3 : 5));
    for (int i = 0; i < bl_laplace_parameter_count(la); ++i) index[i] = subset ? good[i] : 12 + i;
    double mean[5], *all, S[25], part[25];
    CHECK(bl_laplace_mean(la, mean) == BL_OK);
    for (int i = 0; i < bl_laplace_parameter_count(la); ++i) {
      CHECK(fabs(mean[i] - q.net->theta[index[i]]) <= 0.0);
    }
    bl_laplace *whole = NULL;
    CHECK(bl_laplace_new(&whole, q.net, "full", "function", CURVATURE_GGN, 0, NULL, 0, 0, 0, 0, 0.0) == BL_OK);
    CHECK(fit(la, &q, q.w, scratch) == BL_OK && fit(whole, &q, q.w, scratch) == BL_OK);
    all = doubles(q.net->p * q.net->p);
    CHECK(bl_laplace_matrix(whole, all, 0, scratch) == BL_OK && bl_laplace_matrix(la, S, 0, scratch) == BL_OK);
    const int p = bl_laplace_parameter_count(la);
    for (int i = 0; i < p * p; ++i) part[i] = all[index[i / p] * q.net->p + index[i % p]];
    CHECK(near(apart(S, part, p * p)));
    free(all);
    bl_laplace_free(la), bl_laplace_free(whole);
  }
  CHECK(bl_laplace_new(&la, q.net, "full", "auto", CURVATURE_GGN, 0, NULL, 0, 0, 0, 0, 0.0) == BL_OK);
  bl_laplace *once = NULL;
  CHECK(bl_laplace_new(&once, q.net, "full", "auto", CURVATURE_GGN, 0, NULL, 0, 0, 0, 0, 0.0) == BL_OK);
  CHECK(bl_laplace_reset(la, q.net, scratch) == BL_OK);
  CHECK(bl_laplace_fit(la, NULL, q.X, q.y, NULL, 2, 1, scratch) == BL_OK &&
        strcmp(bl_laplace_space(la), "function") == 0);
  CHECK(bl_laplace_fit(la, NULL, q.X + 4, q.y + 2, NULL, 58, 1, scratch) == BL_OK &&
        strcmp(bl_laplace_space(la), "weight") == 0);
  CHECK(fit(once, &q, NULL, scratch) == BL_OK && strcmp(bl_laplace_space(once), "weight") == 0);
  int count;
  double *before = answers(once, &count, scratch);
  CHECK(close_answers(la, before, count, scratch));
  free(before);
  bl_laplace_free(la), bl_laplace_free(once);
  problem_free(&q);
}

// Two examples that almost agree, of so many inputs that rounding makes K indefinite: σ is refused, or the posterior
// answers.
static void check_wide(bl_rng *rng, bl_arena *scratch) {
  enum { INPUTS = 20000 };
  static const int size[] = {INPUTS, 10, 1};
  static const double zero[1] = {0}, one[1] = {1}, y[2] = {0};
  double *X = doubles(2 * INPUTS), v[2];
  bl_net *net = NULL;
  int accepted = 0, refused = 0;
  CHECK(bl_net_new(&net, size, 2, activation_find("tanh"), likelihood_find("gaussian"), 1) == BL_OK);
  bl_net_init(net, 3);
  for (int trial = 0; trial < 6; ++trial) {
    bl_laplace *la = NULL;
    rng_normal(rng, X, INPUTS);
    for (int i = 0; i < INPUTS; ++i) X[INPUTS + i] = X[i] * (1.0 + 3e-9);
    CHECK(bl_laplace_new(&la, net, "full", "function", CURVATURE_GGN, 0, NULL, 0, 0, 0, 0, 0.0) == BL_OK);
    CHECK(bl_laplace_set_prior(la, one, 1, zero, 1, scratch) == BL_OK);
    CHECK(bl_laplace_fit(la, net, X, y, NULL, 2, 0, scratch) == BL_OK);
    for (double s = 1e8; s < 1e18; s *= 1.6) {
      const double sigma[1] = {1.0 / sqrt(s)};
      const int status = bl_laplace_set_noise(la, sigma, 1, 1.0, scratch);
      CHECK(status == BL_OK || status == BL_NOT_PD);
      accepted += status == BL_OK, refused += status != BL_OK;
      CHECK(bl_predict_glm(la, NULL, NULL, v, NULL, NULL, NULL, X, 2, 0, 0, 8, 1, scratch) == BL_OK);
    }
    bl_laplace_free(la);
  }
  CHECK(accepted > 0 && refused > 0);
  bl_net_free(net);
  free(X);
}

int main(void) {
  static const double SEED = 7041776.0;
  bl_arena *scratch = bl_arena_new();
  bl_rng rng;
  rng_seed(&rng, SEED, 0);
  check_linear_regression(&rng, scratch);
  check_empirical_fisher(scratch);
  check_vector_noise(&rng, scratch);
  check_construction(&rng, scratch);
  check_wide(&rng, scratch);
  for (int trial = 0; trial < 2 * bl_likelihood_count(); ++trial) {
    const int likelihood = trial % bl_likelihood_count();
    int k = 1 + trial % 3;
    while (!likelihood_row(likelihood)->targets(k)) k = k % 4 + 1;
    const int size[] = {2, 3, k}, n = trial < bl_likelihood_count() ? 6 : 25;
    problem q = problem_new(size, 2, trial % bl_activation_count(), likelihood, 1, n, &rng);
    for (int i = 0; i < n; ++i) q.w[i] = 0.5 * (1 + rng_below(&rng, 4));
    for (int curvature = 0; curvature <= CURVATURE_EF; ++curvature) {  // those made of rows
      check_evidence(&q, curvature, scratch);
      check_life(&q, curvature, trial % 2 ? q.w : NULL, scratch);
    }
    problem_free(&q);
  }
  bl_arena_free(scratch);
  printf("seed %.0f, largest relative error %.1e\n", SEED, worst);
  return check_report();
}
