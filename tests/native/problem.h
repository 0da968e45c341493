// problem.h — random problems for the tests of structures and posteriors, and their answers by plain loops in long
// double:
// H = Σ w JᵀΛJ (or Σ w g gᵀ), P = c·H + P0, P⁻¹ and log det by Gauss–Jordan elimination without pivoting (P is positive
// definite).
#ifndef BL_TEST_PROBLEM_H
#define BL_TEST_PROBLEM_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "activation.h"
#include "curvature.h"
#include "likelihood.h"
#include "mlp.h"
#include "rng.h"
#include "rows.h"

typedef long double real;

typedef struct {
  bl_net *net;
  int n, d, k, t;
  double *X, *y, *w;
} problem;

static double *doubles(int count) { return calloc((size_t)count + 1, sizeof(double)); }

// y (n, t) that suit the likelihood: labels, or real numbers, or counts where it takes nothing else
static inline void random_targets(double *y, const bl_net *net, int n, int t, bl_rng *rng) {
  const bl_likelihood *likelihood = likelihood_row(net->likelihood);
  const int k = net_outputs(net), classes = k == 1 ? 2 : k;
  rng_normal(rng, y, n * t);
  const int real_valued = likelihood->is & LIKELIHOOD_REGRESSION && likelihood->check(y, n, k) < 0;
  for (int i = 0; i < n * t && !real_valued; ++i)
    y[i] = rng_below(rng, likelihood->is & LIKELIHOOD_CLASSES ? classes : 4);
}

static inline problem problem_new(const int *size, int layers, int activation, int likelihood, int bias, int n,
                                  bl_rng *rng) {
  problem q = {.n = n, .d = size[0], .k = size[layers]};
  if (bl_net_new(&q.net, size, layers, activation, likelihood, bias) != BL_OK) return q;
  q.t = likelihood_row(likelihood)->targets(q.k);
  q.X = doubles(n * q.d), q.y = doubles(n * q.t), q.w = doubles(n);
  rng_normal(rng, q.net->theta, q.net->p);
  // exponentials of the outputs are part of Λ where there is neither a class nor a σ: smaller outputs keep P's
  // condition
  const unsigned is = likelihood_row(likelihood)->is;
  const double spread = is & (LIKELIHOOD_CLASSES | LIKELIHOOD_SIGMA) ? 0.6 : 0.4;
  for (int i = 0; i < q.net->p; ++i) q.net->theta[i] *= spread;
  rng_normal(rng, q.X, n * q.d);
  random_targets(q.y, q.net, n, q.t, rng);
  for (int i = 0; i < n; ++i) q.w[i] = (double)rng_below(rng, 4) * 0.75;
  return q;
}

static inline void problem_free(problem *q) {
  bl_net_free(q->net);
  free(q->X);
  free(q->y);
  free(q->w);
}

// tensors of the span, without absent biases
static inline int tensors_of(const bl_active *active) {
  int count = 0;
  for (int i = 0, last = -1; i < active->p; last = active_tensor_of(active, i++))
    count += active_tensor_of(active, i) != last;  // parameters ascend, so do their tensors
  return count;
}

// J (n·k, p) of the active parameters
static inline double *active_jacobian(const bl_active *active, const bl_net *net, const double *X, int n,
                                      bl_arena *scratch) {
  const int k = net_outputs(net);
  double *full = doubles(n * k * net->p), *J = doubles(n * k * active->p);
  if (bl_net_jacobian(net, full, X, n, scratch) != BL_OK) abort();
  for (int i = 0; i < n * k; ++i) active_take(active, J + i * active->p, full + i * net->p);
  free(full);
  return J;
}

// H (p, p); w or precision may be NULL
static inline real *naive_curvature(const problem *q, const bl_active *active, int curvature, const double *w,
                                    const double *precision, bl_arena *scratch) {
  const int n = q->n, k = q->k, p = active->p;
  const bl_likelihood *likelihood = likelihood_row(q->net->likelihood);
  double *J = active_jacobian(active, q->net, q->X, n, scratch);
  double *f = doubles(n * k), *loss = doubles(n), *g = doubles(n * k), *S = doubles(n * k * k);
  real *H = calloc((size_t)(p * p), sizeof *H), *row = calloc((size_t)p, sizeof *row);
  if (bl_net_forward(q->net, f, q->X, n, scratch) != BL_OK) abort();
  likelihood->loss(loss, g, f, q->y, precision, n, k);
  likelihood->root(S, f, precision, n, k);
  for (int e = 0; e < n; ++e)
    for (int r = 0; r < (curvature == CURVATURE_EF ? 1 : k); ++r) {
      const double *seed = curvature == CURVATURE_EF ? g + e * k : S + (e * k + r) * k;
      for (int i = 0; i < p; ++i) {
        row[i] = 0;
        for (int c = 0; c < k; ++c) row[i] += (real)seed[c] * J[(e * k + c) * p + i];
      }
      for (int i = 0; i < p; ++i)
        for (int j = 0; j < p; ++j) H[i * p + j] += (w ? w[e] : 1.0) * row[i] * row[j];
    }
  free(J), free(f), free(loss), free(g), free(S), free(row);
  return H;
}

// M (p, p) = P⁻¹ of P = c·H + diag(p0); returns log det P
static inline real naive_inverse(real *M, const real *H, double c, const double *p0, int p) {
  real *A = calloc((size_t)(p * p), sizeof *A), log_det = 0;
  for (int i = 0; i < p * p; ++i) {
    A[i] = c * H[i] + (i % p == i / p ? p0[i / p] : 0);
    M[i] = i % p == i / p;
  }
  for (int i = 0; i < p; ++i) {
    const real pivot = A[i * p + i];
    log_det += logl(pivot);
    for (int j = 0; j < p; ++j) A[i * p + j] /= pivot, M[i * p + j] /= pivot;
    for (int r = 0; r < p; ++r) {
      const real factor = A[r * p + i];
      if (r == i) continue;
      for (int j = 0; j < p; ++j) A[r * p + j] -= factor * A[i * p + j], M[r * p + j] -= factor * M[i * p + j];
    }
  }
  free(A);
  return log_det;
}

// C (m, m) = J M Jᵀ
static inline void naive_covariance(real *C, const double *J, const real *M, int m, int p) {
  for (int a = 0; a < m; ++a)
    for (int b = 0; b < m; ++b) {
      C[a * m + b] = 0;
      for (int i = 0; i < p; ++i)
        for (int j = 0; j < p; ++j) C[a * m + b] += J[a * p + i] * M[i * p + j] * J[b * p + j];
    }
}

// max |x − y| / max |y|
static inline double distance(const double *x, const real *y, int count) {
  real worst = 0, scale = 1e-300L;
  for (int i = 0; i < count; ++i) {
    const real gap = fabsl(x[i] - y[i]);
    if (!(gap <= worst)) worst = gap;
    if (fabsl(y[i]) > scale) scale = fabsl(y[i]);
  }
  return (double)(worst / scale);
}

static inline double apart(const double *x, const double *y, int count) {
  double worst = 0, scale = 1e-300;
  for (int i = 0; i < count; ++i) {
    const double gap = fabs(x[i] - y[i]);
    if (!(gap <= worst)) worst = gap;
    if (fabs(y[i]) > scale) scale = fabs(y[i]);
  }
  return worst / scale;
}

static inline double relative(double x, real y) { return (double)(fabsl(x - y) / (fabsl(y) > 1 ? fabsl(y) : 1)); }

#endif
