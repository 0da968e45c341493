// quadrature.c — the trapezoid rule on analytic integrands, whose error falls exponentially in 1/h (Trefethen &
// Weideman 2014).
//
// v ≤ 1: nodes m + h√v·j, h = ½, |j| ≤ 18: the Gaussian alone is summed to e^{−2π²/h²}, and σ's poles at ±iπ are
// farther away. v > 1: nodes on the lattice h·j, |f| ≤ 40, of what decays there:
//   E σ(f) = Φ(m/√(c² + v)) + ∫ (σ(f) − Φ(f/c)) N(f; m, v) df,  c² = 8/π,
// since E Φ(f/c) is closed and σ(f) − Φ(f/c) falls like e^{−|f|}; the entropy falls so by itself. The poles give
// e^{−2π²/h}.
#include "quadrature.h"

#include <math.h>

#include "vmath.h"

enum { LOCAL = 18, WIDE = 80 };  // nodes on each side
static const double H = 0.5;

typedef struct {
  double rest[2 * WIDE + 1], entropy[2 * WIDE + 1];
} lattice;

static double normal_cdf(double z) { return 0.5 * vm_erfc1(-z * 0.70710678118654752440); }

// H[σ(f)] = softplus(−|f|) + |f|·σ(−|f|)
static void entropies(double *h, const double *f, int n) {
  double tail[2 * WIDE + 1];
  for (int j = 0; j < n; ++j) h[j] = -vm_abs(f[j]);
  vm_sigmoid(tail, h, n);
  vm_softplus(h, h, n);
  for (int j = 0; j < n; ++j) h[j] += vm_abs(f[j]) * tail[j];
}

static void lattice_fill(lattice *nodes) {
  double f[2 * WIDE + 1];
  for (int j = 0; j <= 2 * WIDE; ++j) f[j] = H * (j - WIDE);
  vm_sigmoid(nodes->rest, f, 2 * WIDE + 1);
  for (int j = 0; j <= 2 * WIDE; ++j) nodes->rest[j] -= normal_cdf(f[j] * sqrt(BL_PI / 8));
  entropies(nodes->entropy, f, 2 * WIDE + 1);
}

static void wide(double *mean, double *entropy, double m, double v, const lattice *nodes) {
  double w[2 * WIDE + 1], rest = 0, h = 0;
  const double scale = -0.5 / v;
  for (int j = 0; j <= 2 * WIDE; ++j) {
    const double away = H * (j - WIDE) - m;
    w[j] = scale * (away * away);
  }
  vm_exp(w, w, 2 * WIDE + 1);
  for (int j = 0; j <= 2 * WIDE; ++j) {
    rest += w[j] * nodes->rest[j];
    h += w[j] * nodes->entropy[j];
  }
  const double norm = H / sqrt(2 * BL_PI * v), p = normal_cdf(m / sqrt(8 / BL_PI + v)) + norm * rest;
  if (mean) *mean = p < 0 ? 0 : p > 1 ? 1 : p;
  if (entropy) *entropy = norm * h;
}

static void local(double *mean, double *entropy, double m, double v, const double *weight) {
  double f[2 * LOCAL + 1], value[2 * LOCAL + 1];
  const double sd = sqrt(v);
  for (int j = 0; j <= 2 * LOCAL; ++j) f[j] = m + sd * (H * (j - LOCAL));
  if (mean) {
    *mean = 0;
    vm_sigmoid(value, f, 2 * LOCAL + 1);
    for (int j = 0; j <= 2 * LOCAL; ++j) *mean += weight[j] * value[j];
  }
  if (entropy) {
    *entropy = 0;
    entropies(value, f, 2 * LOCAL + 1);
    for (int j = 0; j <= 2 * LOCAL; ++j) *entropy += weight[j] * value[j];
  }
}

void quadrature_logit(double *mean, double *entropy, const double *m, const double *v, int n) {
  lattice nodes;
  double weight[2 * LOCAL + 1], sum = 0;
  lattice_fill(&nodes);
  for (int j = 0; j <= 2 * LOCAL; ++j) weight[j] = -0.5 * (H * (j - LOCAL)) * (H * (j - LOCAL));
  vm_exp(weight, weight, 2 * LOCAL + 1);
  for (int j = 0; j <= 2 * LOCAL; ++j) sum += weight[j];
  for (int j = 0; j <= 2 * LOCAL; ++j) weight[j] /= sum;
  for (int i = 0; i < n; ++i) {
    double *p = mean ? mean + i : (double *)0, *h = entropy ? entropy + i : (double *)0;
    if (v[i] > 1) wide(p, h, m[i], v[i], &nodes);
    else local(p, h, m[i], v[i], weight);
  }
}
