// link.c — the links. Each takes a whole batch; tails are formed from the side that is small.
#include "link.h"

#include <math.h>
#include <string.h>

#include "kernels.h"
#include "quadrature.h"
#include "rng.h"
#include "status.h"
#include "table.h"
#include "vmath.h"

enum { DRAWS = 20 };

static size_t area(int n, int k) { return (size_t)n * (size_t)k; }

// zero pivots (a direction without variance) leave a zero column
static void cholesky_loose(double *L, const double *V, int k) {
  for (int j = 0; j < k; ++j) {
    for (int i = 0; i < k; ++i) {
      double sum = i < j ? 0 : V[i * k + j];
      for (int l = 0; i >= j && l < j; ++l) sum -= L[i * k + l] * L[j * k + l];
      if (i == j) L[j * k + j] = sum > 0x1p-40 * vm_abs(V[j * k + j]) ? sqrt(sum) : 0;
      else L[i * k + j] = i > j && L[j * k + j] > 0 ? sum / L[j * k + j] : 0;
    }
  }
}

// f = m + L z, DRAWS of all examples at a time: L is lower triangular, and its zeros add nothing
int link_draws(const double *m, const double *V, const bl_link_case *c, int n, link_visit visit, void *context,
               bl_arena *scratch) {
  const int k = c->k, width = n * k;
  double *L = arena_doubles(scratch, width, k), *f = arena_doubles(scratch, DRAWS, width);
  double *z = arena_doubles(scratch, DRAWS, k);
  if (!L || !f || !z) return BL_MEMORY;
  for (int i = 0; i < n; ++i) cholesky_loose(L + area(i, k * k), V + area(i, k * k), k);
  bl_rng rng;
  rng_seed(&rng, c->seed, 0);
  for (int left = c->samples; left > 0; left -= DRAWS) {
    const int draws = left < DRAWS ? left : DRAWS;
    for (int s = 0; s < draws; ++s) {
      rng_normal(&rng, z + s * k, k);
      memcpy(f + area(s, width), m, (size_t)width * sizeof *f);
    }
    k_gemm(K_N, K_T, f, width, z, k, L, k, draws, width, k, 1, 1);
    for (int s = 0; s < draws; ++s) visit(context, f + area(s, width), n);
  }
  return BL_OK;
}

static int can_all(const bl_likelihood *likelihood, int k) { return likelihood && k > 0; }

static int can_logit(const bl_likelihood *likelihood, int k) {
  return likelihood && ((likelihood->is & LIKELIHOOD_REGRESSION) || k == 1);
}

static int can_many(const bl_likelihood *likelihood, int k) {
  return likelihood && ((likelihood->is & LIKELIHOOD_REGRESSION) || k > 1);
}

static int closed(const bl_link_case *c) { return (c->likelihood->is & LIKELIHOOD_REGRESSION) != 0; }

static int closed_mean(double *mean, const double *m, const double *V, const bl_link_case *c, int n) {
  c->likelihood->moments(mean, NULL, NULL, m, V, c->sigma, c->precision, n, c->k);
  return BL_OK;
}

static void logit_plugin(double *z, const double *m, const double *V, int n, int k) {
  (void)V;
  memcpy(z, m, area(n, k) * sizeof(double));
}

static int mean_plugin(double *mean, const double *m, const double *V, const bl_link_case *c, int n,
                       bl_arena *scratch) {
  (void)V;
  (void)scratch;
  c->likelihood->mean(mean, m, n, c->k);
  return BL_OK;
}

static void logit_probit(double *z, const double *m, const double *V, int n, int k) {
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < k; ++j) {
      const double v = V[area(i, k * k) + (size_t)(j * k + j)];
      z[i * k + j] = m[i * k + j] / sqrt(1 + BL_PI / 8 * v);
    }
  }
}

static int mean_probit(double *mean, const double *m, const double *V, const bl_link_case *c, int n,
                       bl_arena *scratch) {
  if (closed(c)) return closed_mean(mean, m, V, c, n);
  double *z = arena_doubles(scratch, n, c->k);
  if (!z) return BL_MEMORY;
  logit_probit(z, m, V, n, c->k);
  c->likelihood->mean(mean, z, n, c->k);
  return BL_OK;
}

typedef struct {
  const bl_link_case *c;
  double *sum, *one;
  int width;
} averaging;

static void add_mean(void *context, const double *f, int n) {
  averaging *a = context;
  a->c->likelihood->mean(a->one, f, n, a->c->k);
  k_axpy(a->sum, 1, a->one, n * a->width);
}

static int mean_mc(double *mean, const double *m, const double *V, const bl_link_case *c, int n, bl_arena *scratch) {
  const int width = c->likelihood->means(c->k);
  averaging a = {c, mean, arena_doubles(scratch, n, width), width};
  if (!a.one) return BL_MEMORY;
  memset(mean, 0, area(n, width) * sizeof(double));
  const int status = link_draws(m, V, c, n, add_mean, &a, scratch);
  for (int i = 0; i < n * width; ++i) mean[i] /= c->samples;
  return status;
}

static int mean_exact(double *mean, const double *m, const double *V, const bl_link_case *c, int n, bl_arena *scratch) {
  (void)scratch;
  if (closed(c)) return closed_mean(mean, m, V, c, n);
  quadrature_logit(mean, NULL, m, V, n);
  return BL_OK;
}

// logits of class i against each other class, scaled by the variance of their difference
static int mean_field(double *mean, const double *m, const double *V, const bl_link_case *c, int n, bl_arena *scratch) {
  const int k = c->k;
  if (closed(c)) return closed_mean(mean, m, V, c, n);
  if (k == 1) return mean_probit(mean, m, V, c, n, scratch);
  for (int i = 0; i < n; ++i, mean += k, m += k, V += k * k) {
    double total = 0;
    for (int a = 0; a < k; ++a) {
      double sum = 1;
      for (int b = 0; b < k; ++b) {
        const double v = V[a * k + a] + V[b * k + b] - V[a * k + b] - V[b * k + a];
        if (b != a) sum += vm_exp1((m[b] - m[a]) / sqrt(1 + BL_PI / 8 * (v > 0 ? v : 0)));
      }
      mean[a] = 1 / sum;
      total += mean[a];
    }
    for (int a = 0; a < k; ++a) mean[a] /= total;
  }
  return BL_OK;
}

static const double ROUNDING = 1e-14;  // of V_aa − r²/total, more where the sums cancel

// α_a = (1 − 2/K + e^{m_a} Σ_b e^{−m_b}/K²)/v_a after the zero-sum correction, in logarithms so that nothing overflows
static int bridge_one(double *mean, const double *m0, const double *V, int k, int normalise, double *m, double *v) {
  double total = 0, size = 0, sum_m = 0;
  for (int a = 0; a < k; ++a) {
    v[a] = 0;
    for (int b = 0; b < k; ++b) v[a] += V[a * k + b], size += vm_abs(V[a * k + b]);
    total += v[a];
    sum_m += m0[a];
  }
  if (!(total > 0)) return 0;
  double average = 0;
  for (int a = 0; a < k; ++a) {
    const double r = v[a];
    m[a] = m0[a] - r * sum_m / total;
    v[a] = V[a * k + a] - r * r / total;
    average += v[a] / k;
  }
  for (int a = 0; a < k; ++a) {
    if (!(v[a] > ROUNDING * size * size / total)) return 0;
  }
  const double c = normalise ? average / sqrt(0.5 * k) : 1;
  double lowest = m[0];
  for (int a = 1; a < k; ++a) lowest = m[a] < lowest ? m[a] : lowest;
  double spread = 0;  // Σ e^{−(m_b − lowest)/√c}
  for (int b = 0; b < k; ++b) spread += vm_exp1((lowest - m[b]) / sqrt(c));
  double top = -HUGE_VAL, sum = 0;
  for (int a = 0; a < k; ++a) {
    const double grown = (m[a] - lowest) / sqrt(c) + vm_log1(spread) - 2 * vm_log1(k);
    const double base = k > 2 ? vm_log1(1 - 2.0 / k) : -HUGE_VAL;
    const double high = grown > base ? grown : base, low = grown > base ? base : grown;
    mean[a] = high + vm_log1p1(vm_exp1(low - high)) - vm_log1(v[a] / c);
    top = mean[a] > top ? mean[a] : top;
  }
  for (int a = 0; a < k; ++a) {
    mean[a] = vm_exp1(mean[a] - top);
    sum += mean[a];
  }
  for (int a = 0; a < k; ++a) mean[a] /= sum;
  return 1;
}

static int bridges(double *mean, const double *m, const double *V, const bl_link_case *c, int n, int normalise,
                   bl_arena *scratch) {
  const int k = c->k;
  if (closed(c)) return closed_mean(mean, m, V, c, n);
  double *shifted = arena_doubles(scratch, 2, k);
  if (!shifted) return BL_MEMORY;
  for (int i = 0; i < n; ++i) {
    const double *row = m + area(i, k);
    if (!bridge_one(mean + area(i, k), row, V + area(i, k * k), k, normalise, shifted, shifted + k)) {
      c->likelihood->mean(mean + area(i, k), row, 1, k);  // no variance to bridge: the plugin
    }
  }
  return BL_OK;
}

static int mean_bridge(double *mean, const double *m, const double *V, const bl_link_case *c, int n,
                       bl_arena *scratch) {
  return bridges(mean, m, V, c, n, 0, scratch);
}

static int mean_bridge_norm(double *mean, const double *m, const double *V, const bl_link_case *c, int n,
                            bl_arena *scratch) {
  return bridges(mean, m, V, c, n, 1, scratch);
}

static const bl_link rows[] = {
    {"probit", "Scales each logit by its uncertainty; one formula, at most 0.02 off, the 50 % line stays.", can_all, 0,
     mean_probit, logit_probit},
    {"plugin", "Ignores the uncertainty: the best weights alone.", can_all, 1, mean_plugin, logit_plugin},
    {"mc", "Averages over random draws of the logits; seeded.", can_all, 0, mean_mc, NULL},
    {"exact", "Integrates over the logit by quadrature; two classes.", can_logit, 0, mean_exact, NULL},
    {"mean_field_2", "Like probit, with the covariance between classes.", can_all, 0, mean_field, NULL},
    {"bridge", "The Laplace bridge to a Dirichlet distribution; three or more classes.", can_many, 0, mean_bridge,
     NULL},
    {"bridge_norm", "The Laplace bridge after normalising the variance.", can_many, 0, mean_bridge_norm, NULL},
};

BL_TABLE(bl_link, link, BL_COUNT(rows), &rows[id])

int bl_link_can(int id, int likelihood, int k) {
  return link_row(id) && likelihood_row(likelihood) ? rows[id].can(likelihood_row(likelihood), k) : 0;
}
