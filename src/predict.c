// predict.c — the predictives, in blocks of rows; every row has the bits it has alone.
// Longer than other files: the linearised and the sampled predictive share the split into epistemic and aleatoric.
#include "predict.h"

#include <float.h>
#include <limits.h>
#include <string.h>

#include "kernels.h"
#include "quadrature.h"
#include "status.h"
#include "vmath.h"

enum { PREDICT_BLOCK = 128 };

static size_t area(int n, int k) { return (size_t)n * (size_t)k; }

// Far out, counts and their noise are as large as doubles go: their sums and products stay there, and their differences
// are numbers.
static double bounded(double x) { return x > DBL_MAX ? DBL_MAX : x < -DBL_MAX ? -DBL_MAX : x; }

static const bl_likelihood *likelihood_of(const bl_laplace *la) { return likelihood_row(laplace_net(la)->likelihood); }

// f and, if asked for, the rows of J at a block of inputs
static int jacobian_rows(const bl_laplace *la, bl_tape *tape, bl_rows *rows, const double *X, int n,
                         bl_arena *scratch) {
  const bl_net *net = laplace_net(la);
  const int status = mlp_forward(tape, net, net->theta, X, n, rows != NULL, scratch);
  if (status != BL_OK || !rows) return status;
  return rows_of(rows, &laplace_hess(la)->active, tape, net->theta, NULL, net_outputs(net), scratch);
}

typedef struct {
  const bl_likelihood *likelihood;
  int k, width;
  double *p, *sum, *one, *entropy;
} expectation;

static void add_entropy(void *context, const double *f, int n) {
  expectation *e = context;
  e->likelihood->mean(e->p, f, n, e->k);
  k_axpy(e->sum, 1, e->p, n * e->width);
  e->likelihood->entropy(e->one, e->p, f, n, e->k);
  k_axpy(e->entropy, 1, e->one, n);
}

// −Σ p log p of probabilities (n, width)
static void entropy_of(double *h, const double *p, int n, int width) {
  for (int i = 0; i < n; ++i) {
    h[i] = 0;
    for (int j = 0; j < width; ++j) {
      const double q = p[i * width + j];
      if (q > 0) h[i] -= q * vm_log1(q);
    }
  }
}

static double entropy_bernoulli(double p) {
  double h = 0;
  if (p > 0) h -= p * vm_log1(p);
  if (p < 1) h -= (1 - p) * vm_log1p1(-p);
  return h;
}

// classes: E H[p] into aleatoric, H[E p] − E H[p] ≥ 0 into epistemic
static int split_classes(const bl_prediction *out, const double *m, const double *V, const bl_link *link,
                         const bl_link_case *c, int n, bl_arena *scratch) {
  const int k = c->k, width = c->likelihood->means(k);
  double *p = arena_doubles(scratch, n, width), *aleatoric = arena_doubles(scratch, n, 1);
  double *total = arena_doubles(scratch, n, 1);
  if (!p || !aleatoric || !total) return BL_MEMORY;
  if (link->plugin) {
    c->likelihood->mean(p, m, n, k);
    c->likelihood->entropy(aleatoric, p, m, n, k);
    memcpy(total, aleatoric, (size_t)n * sizeof(double));
  } else if (k == 1) {
    quadrature_logit(p, aleatoric, m, V, n);
    for (int i = 0; i < n; ++i) total[i] = entropy_bernoulli(p[i]);
  } else {
    expectation e = {c->likelihood, k, width, arena_doubles(scratch, n, width), p, arena_doubles(scratch, n, 1),
                     aleatoric};
    if (!e.p || !e.one) return BL_MEMORY;
    memset(p, 0, area(n, width) * sizeof(double));
    memset(aleatoric, 0, (size_t)n * sizeof(double));
    const int status = link_draws(m, V, c, n, add_entropy, &e, scratch);
    if (status != BL_OK) return status;
    for (int i = 0; i < n * width; ++i) p[i] /= c->samples;
    for (int i = 0; i < n; ++i) aleatoric[i] /= c->samples;
    entropy_of(total, p, n, width);
  }
  for (int i = 0; i < n; ++i) {
    const double gap = total[i] - aleatoric[i];
    if (out->aleatoric) out->aleatoric[i] = aleatoric[i];
    if (out->epistemic) out->epistemic[i] = gap > 0 ? gap : 0;
  }
  return BL_OK;
}

// regression: covariance of E[y|f] and noise, from closed forms; y_var keeps V under plugin too
static int split_regression(const bl_prediction *out, const double *m, const double *V, const bl_link *link,
                            const bl_link_case *c, int n, bl_arena *scratch) {
  const int width = c->likelihood->means(c->k);
  double *noise = arena_doubles(scratch, n, width), *spread = arena_doubles(scratch, n, width * width);
  if (!noise || !spread) return BL_MEMORY;
  c->likelihood->moments(NULL, noise, spread, m, V, c->sigma, c->precision, n, c->k);
  for (int i = 0; out->y_var && i < n; ++i) {
    double *block = out->y_var + area(i, width * width);
    memcpy(block, spread + area(i, width * width), area(width, width) * sizeof(double));
    for (int j = 0; j < width; ++j) block[j * width + j] += noise[i * width + j];
  }
  if (link->plugin) c->likelihood->moments(NULL, noise, spread, m, NULL, c->sigma, c->precision, n, c->k);
  for (int i = 0; i < n; ++i) {
    double trace = 0, total = 0;
    for (int j = 0; j < width; ++j) {
      trace += spread[area(i, width * width) + (size_t)(j * width + j)];
      total += noise[i * width + j];
    }
    if (out->epistemic) out->epistemic[i] = trace;
    if (out->aleatoric) out->aleatoric[i] = total;
  }
  return BL_OK;
}

static const double *clamped(const double *m, double trunc, int count, bl_arena *scratch) {
  if (!(trunc > 0)) return m;
  double *z = arena_doubles(scratch, count, 1);
  for (int i = 0; z && i < count; ++i) z[i] = m[i] > trunc ? trunc : m[i] < -trunc ? -trunc : m[i];
  return z;
}

static void bound_all(const bl_prediction *out, int n, int width) {
  double *const arrays[] = {out->mean, out->y_var, out->epistemic, out->aleatoric};
  const size_t sizes[] = {area(n, width), area(n, width * width), (size_t)n, (size_t)n};
  for (int a = 0; a < 4; ++a)
    for (size_t i = 0; arrays[a] && i < sizes[a]; ++i) arrays[a][i] = bounded(arrays[a][i]);
}

// everything that follows from f ~ N(m, V)
static int from_moments(const bl_prediction *out, const double *m, const double *V, const bl_link *link,
                        const bl_link_case *c, double trunc, int n, bl_arena *scratch) {
  const double *z = clamped(m, trunc, n * c->k, scratch);
  if (!z) return BL_MEMORY;
  int status = BL_OK;
  const int classes = (c->likelihood->is & LIKELIHOOD_CLASSES) != 0;
  if (out->mean) status = link->mean(out->mean, z, V, c, n, scratch);
  if (status == BL_OK && (out->epistemic || out->aleatoric || out->y_var))
    status = classes ? split_classes(out, z, V, link, c, n, scratch) : split_regression(out, z, V, link, c, n, scratch);
  if (status == BL_OK && !classes) bound_all(out, n, c->likelihood->means(c->k));
  return status;
}

static bl_prediction block_of(const bl_prediction *out, int at, int k, int width) {
  return (bl_prediction){
      out->mean ? out->mean + area(at, width) : NULL,   out->f_mean ? out->f_mean + area(at, k) : NULL,
      out->f_var ? out->f_var + area(at, k * k) : NULL, out->y_var ? out->y_var + area(at, width * width) : NULL,
      out->epistemic ? out->epistemic + at : NULL,      out->aleatoric ? out->aleatoric + at : NULL,
  };
}

static int glm_block(const bl_laplace *la, const bl_hess *h, const bl_prediction *out, const double *X, int n,
                     const bl_link *link, const bl_link_case *c, double trunc, bl_arena *scratch) {
  const int k = c->k;
  const int regression = (c->likelihood->is & LIKELIHOOD_REGRESSION) != 0;
  const int splits = out->epistemic || out->aleatoric;
  const int need_V = out->f_var || out->y_var || ((out->mean || splits) && !link->plugin) || (regression && splits);
  bl_tape tape;
  bl_rows rows;
  int status = jacobian_rows(la, &tape, need_V ? &rows : NULL, X, n, scratch);
  if (status != BL_OK) return status;
  double *V = NULL;
  if (need_V) {
    V = arena_doubles(scratch, n, k * k);
    status = V ? hess_variance(h, V, &rows, scratch) : BL_MEMORY;
    if (status != BL_OK) return status;
  }
  if (out->f_mean) memcpy(out->f_mean, tape.f, area(n, k) * sizeof(double));
  if (out->f_var) memcpy(out->f_var, V, area(n, k * k) * sizeof(double));
  return from_moments(out, tape.f, V, link, c, trunc, n, scratch);
}

static bl_link_case case_of(const bl_laplace *la, int samples, double seed) {
  return (bl_link_case){
      likelihood_of(la), laplace_sigma(la), laplace_precision(la), net_outputs(laplace_net(la)), samples, seed};
}

int predict_moments(const bl_laplace *la, const bl_prediction *out, const double *m, const double *V, int n, int link,
                    int samples, double seed, bl_arena *scratch) {
  const bl_link_case c = case_of(la, samples, seed);
  const bl_mark mark = bl_arena_mark(scratch);
  const int status = from_moments(out, m, V, link_row(link), &c, 0, n, scratch);
  bl_arena_release(scratch, mark);
  return status;
}

int predict_glm(const bl_laplace *la, const bl_hess *h, const bl_prediction *out, const double *X, int n, int link,
                double trunc, int samples, double seed, bl_arena *scratch) {
  if (!bl_laplace_fitted(la)) return BL_NOT_FITTED;
  const bl_link_case c = case_of(la, samples, seed);
  const bl_link *row = link_row(link);
  if (!row || samples < 1 || n < 0) return BL_OPTION;
  if (!row->can(c.likelihood, c.k)) return BL_UNSUPPORTED;
  const int d = net_inputs(laplace_net(la)), width = c.likelihood->means(c.k);
  const bl_mark mark = bl_arena_mark(scratch);
  int status = BL_OK;
  for (int at = 0; at < n && status == BL_OK; at += PREDICT_BLOCK) {
    const bl_prediction block = block_of(out, at, c.k, width);
    const int count = n - at < PREDICT_BLOCK ? n - at : PREDICT_BLOCK;
    status = glm_block(la, h, &block, X + area(at, d), count, row, &c, trunc, scratch);
    bl_arena_release(scratch, mark);
  }
  return status;
}

int bl_predict_glm(const bl_laplace *la, double *mean, double *f_mean, double *f_var, double *y_var, double *epistemic,
                   double *aleatoric, const double *X, int n, int link, double trunc, int samples, double seed,
                   bl_arena *scratch) {
  const bl_prediction out = {mean, f_mean, f_var, y_var, epistemic, aleatoric};
  return predict_glm(la, laplace_hess(la), &out, X, n, link, trunc, samples, seed, scratch);
}

int bl_predict_joint(const bl_laplace *la, double *f_mean, double *f_cov, const double *X, int n, bl_arena *scratch) {
  if (!bl_laplace_fitted(la)) return BL_NOT_FITTED;
  const int k = net_outputs(laplace_net(la));
  if (n < 0) return BL_OPTION;
  if (n > 0 && k > INT_MAX / n) return BL_MEMORY;
  const bl_mark mark = bl_arena_mark(scratch);
  bl_tape tape;
  bl_rows rows;
  int status = jacobian_rows(la, &tape, &rows, X, n, scratch);
  if (status == BL_OK && f_mean) memcpy(f_mean, tape.f, area(n, k) * sizeof(double));
  if (status == BL_OK) status = hess_covariance(laplace_hess(la), f_cov, &rows, scratch);
  bl_arena_release(scratch, mark);
  return status;
}

// ---- sampled weights

// weights (count, p of the net) drawn from the posterior, inactive ones at θ̂
static int draw_weights(const bl_laplace *la, double **weights, int count, double seed, bl_arena *scratch) {
  const bl_net *net = laplace_net(la);
  const bl_active *active = &laplace_hess(la)->active;
  double *drawn = arena_doubles(scratch, count, active->p);
  *weights = arena_doubles(scratch, count, net->p);
  if (!drawn || !*weights) return BL_MEMORY;
  const int status = bl_laplace_sample(la, drawn, count, seed, scratch);
  for (int s = 0; s < count && status == BL_OK; ++s) {
    memcpy(*weights + area(s, net->p), net->theta, (size_t)net->p * sizeof(double));
    active_put(active, *weights + area(s, net->p), drawn + area(s, active->p));
  }
  return status;
}

// sums over draws, about the value at θ̂ so that the second moments do not cancel
typedef struct {
  double *f, *ff, *p, *pp, *entropy, *noise;
} moments;

static int moments_take(moments *sum, int n, int k, int width, bl_arena *scratch) {
  const size_t total =
      area(n, k) + area(n, k * k) + area(n, width) + area(n, width * width) + (size_t)n + area(n, width);
  if (total > INT_MAX) return BL_MEMORY;
  double *at = arena_doubles(scratch, (int)total, 1);
  if (!at) return BL_MEMORY;
  memset(at, 0, total * sizeof(double));
  sum->f = at;
  sum->ff = sum->f + area(n, k);
  sum->p = sum->ff + area(n, k * k);
  sum->pp = sum->p + area(n, width);
  sum->entropy = sum->pp + area(n, width * width);
  sum->noise = sum->entropy + n;
  return BL_OK;
}

static void add_outer(double *first, double *second, const double *x, const double *centre, int n, int k) {
  for (int i = 0; i < n; ++i, x += k, centre += k, first += k, second += k * k) {
    for (int a = 0; a < k; ++a) {
      first[a] += x[a] - centre[a];
      for (int b = 0; b < k; ++b) second[a * k + b] += bounded((x[a] - centre[a]) * (x[b] - centre[b]));
    }
  }
}

// population covariance from the sums
static void covariance(double *C, const double *first, const double *second, int n, int k, int count) {
  for (int i = 0; i < n; ++i, first += k) {
    for (int j = 0; j < k * k; ++j) {
      *C++ = bounded(*second++ / count) - bounded(first[j / k] / count * (first[j % k] / count));
    }
  }
}

static int nn_block(const bl_laplace *la, const bl_prediction *out, const double *weights, int samples, const double *X,
                    int n, bl_arena *scratch) {
  const bl_net *net = laplace_net(la);
  const bl_likelihood *likelihood = likelihood_of(la);
  const int k = net_outputs(net), width = likelihood->means(k), classes = (likelihood->is & LIKELIHOOD_CLASSES) != 0;
  moments sum;
  int status = moments_take(&sum, n, k, width, scratch);
  double *f0 = arena_doubles(scratch, n, k), *p0 = arena_doubles(scratch, n, width), *f = arena_doubles(scratch, n, k);
  double *p = arena_doubles(scratch, n, width), *one = arena_doubles(scratch, n, width);
  double *C = arena_doubles(scratch, n, width * width);
  if (status != BL_OK || !f0 || !p0 || !f || !p || !one || !C) return BL_MEMORY;
  status = mlp_outputs(net, net->theta, f0, X, n, scratch);
  likelihood->mean(p0, f0, n, k);
  for (int s = 0; s < samples && status == BL_OK; ++s) {
    status = mlp_outputs(net, weights + area(s, net->p), f, X, n, scratch);
    if (status != BL_OK) break;
    likelihood->mean(p, f, n, k);
    add_outer(sum.f, sum.ff, f, f0, n, k);
    add_outer(sum.p, sum.pp, p, p0, n, width);
    if (classes) likelihood->entropy(one, p, f, n, k);
    else likelihood->moments(NULL, one, NULL, f, NULL, laplace_sigma(la), laplace_precision(la), n, k);
    k_axpy(classes ? sum.entropy : sum.noise, 1, one, classes ? n : n * width);
  }
  if (status != BL_OK) return status;
  for (int i = 0; i < n * width; ++i) p[i] = p0[i] + sum.p[i] / samples;
  covariance(C, sum.p, sum.pp, n, width, samples);
  if (out->mean) memcpy(out->mean, p, area(n, width) * sizeof(double));
  for (int i = 0; out->f_mean && i < n * k; ++i) out->f_mean[i] = f0[i] + sum.f[i] / samples;
  if (out->f_var) covariance(out->f_var, sum.f, sum.ff, n, k, samples);
  if (classes && k > 1) entropy_of(one, p, n, width);
  for (int i = 0; i < n; ++i) {
    double trace = 0, noise = 0;
    for (int j = 0; j < width; ++j) {
      trace += C[area(i, width * width) + (size_t)(j * width + j)];
      noise += sum.noise[i * width + j] / samples;
    }
    const double expected = sum.entropy[i] / samples;
    const double gap = (classes && k == 1 ? entropy_bernoulli(p[i]) : one[i]) - expected;
    if (out->aleatoric) out->aleatoric[i] = classes ? expected : noise;
    if (out->epistemic) out->epistemic[i] = classes ? (gap > 0 ? gap : 0) : trace;
  }
  for (int i = 0; out->y_var && !classes && i < n; ++i) {
    double *block = out->y_var + area(i, width * width);
    memcpy(block, C + area(i, width * width), area(width, width) * sizeof(double));
    for (int j = 0; j < width; ++j) block[j * width + j] += sum.noise[i * width + j] / samples;
  }
  if (!classes) bound_all(out, n, width);
  return BL_OK;
}

int bl_predict_nn(const bl_laplace *la, double *mean, double *f_mean, double *f_var, double *y_var, double *epistemic,
                  double *aleatoric, const double *X, int n, int samples, double seed, bl_arena *scratch) {
  if (!bl_laplace_fitted(la)) return BL_NOT_FITTED;
  if (samples < 1 || n < 0) return BL_OPTION;
  const bl_prediction out = {mean, f_mean, f_var, y_var, epistemic, aleatoric};
  const bl_net *net = laplace_net(la);
  const int k = net_outputs(net), d = net_inputs(net), width = likelihood_of(la)->means(k);
  const bl_mark mark = bl_arena_mark(scratch);
  double *weights;
  int status = draw_weights(la, &weights, samples, seed, scratch);
  const bl_mark inner = bl_arena_mark(scratch);
  for (int at = 0; at < n && status == BL_OK; at += PREDICT_BLOCK) {
    const bl_prediction block = block_of(&out, at, k, width);
    const int count = n - at < PREDICT_BLOCK ? n - at : PREDICT_BLOCK;
    status = nn_block(la, &block, weights, samples, X + area(at, d), count, scratch);
    bl_arena_release(scratch, inner);
  }
  bl_arena_release(scratch, mark);
  return status;
}

// f + J(θ − θ̂) for a block of inputs, into F (count, total, k) at row `at`
static int linear_block(const bl_laplace *la, double *F, const double *away, const double *X, int n, int at, int total,
                        int count, bl_arena *scratch) {
  const int k = net_outputs(laplace_net(la));
  bl_tape tape;
  bl_rows rows;
  int status = jacobian_rows(la, &tape, &rows, X, n, scratch);
  double *Y = arena_doubles(scratch, n * k, count);
  if (status == BL_OK && !Y) status = BL_MEMORY;
  if (status == BL_OK) status = rows_times(&laplace_hess(la)->active, Y, &rows, away, count, scratch);
  for (int s = 0; s < count && status == BL_OK; ++s) {
    double *row = F + (area(s, total) + (size_t)at) * (size_t)k;
    for (int i = 0; i < n * k; ++i) row[i] = tape.f[i] + Y[area(i, count) + (size_t)s];
  }
  return status;
}

int bl_functional_samples(const bl_laplace *la, double *F, const double *X, int n, int count, int nn, double seed,
                          bl_arena *scratch) {
  if (!bl_laplace_fitted(la)) return BL_NOT_FITTED;
  if (count < 1 || n < 0) return BL_OPTION;
  const bl_net *net = laplace_net(la);
  const int d = net_inputs(net), k = net_outputs(net);
  const bl_mark mark = bl_arena_mark(scratch);
  double *weights;
  int status = draw_weights(la, &weights, count, seed, scratch);
  for (int s = 0; nn && s < count && status == BL_OK; ++s) {
    status = mlp_outputs(net, weights + area(s, net->p), F + area(s, n) * (size_t)k, X, n, scratch);
  }
  const bl_active *active = &laplace_hess(la)->active;
  double *away = arena_doubles(scratch, count, active->p), *here = arena_doubles(scratch, active->p, 1);
  if (status == BL_OK && (!away || !here)) status = BL_MEMORY;
  if (status == BL_OK) active_take(active, here, net->theta);
  for (int s = 0; s < count && status == BL_OK; ++s) {
    double *row = away + area(s, active->p);
    active_take(active, row, weights + area(s, net->p));
    for (int i = 0; i < active->p; ++i) row[i] -= here[i];
  }
  const bl_mark inner = bl_arena_mark(scratch);
  for (int at = 0; !nn && at < n && status == BL_OK; at += PREDICT_BLOCK) {
    const int rows = n - at < PREDICT_BLOCK ? n - at : PREDICT_BLOCK;
    status = linear_block(la, F, away, X + area(at, d), rows, at, n, count, scratch);
    bl_arena_release(scratch, inner);
  }
  bl_arena_release(scratch, mark);
  return status;
}
