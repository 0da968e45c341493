// quadrature.c — the trapezoid rule on analytic integrands, whose error falls exponentially in 1/h (Trefethen &
// Weideman 2014).
//
// v ≤ 1: nodes m + √v·z, z = h·j, h = ½, |j| ≤ 18: the Gaussian alone is summed to e^{−2π²/h²}, and σ's poles at ±iπ
// are farther away. |m| > v + 20: the same about z = ±√v, where what there is lies, since e^f N(f; m, v) =
// e^{m + v/2} N(f; m + v, v); the poles give e^{−2π²/h√v − (|m| − v)²/2v} of it. Else nodes on the lattice h·j,
// |f| ≤ 40, of what decays there:
//   E σ(f) = Φ(m/√(c² + v)) + ∫ (σ(f) − Φ(f/c)) N(f; m, v) df,  c² = 8/π,
// since E Φ(f/c) is closed and σ(f) − Φ(f/c) falls like e^{−|f|}; the entropy falls so by itself. The poles give
// e^{−2π²/h}.
#include "quadrature.h"

#include <math.h>

#include "vmath.h"

enum { LOCAL = 18, WIDE = 80 };  // nodes on each side
static const double H = 0.5, FAR = 20;

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

// w (n) = the standard Gaussian at the nodes z = from + step·j, times the step
static void gaussian(double *w, double from, double step, int n) {
  const double norm = step / sqrt(2 * BL_PI);
  for (int j = 0; j < n; ++j) {
    const double z = from + step * j;
    w[j] = -0.5 * (z * z);
  }
  vm_exp(w, w, n);
  for (int j = 0; j < n; ++j) w[j] *= norm;
}

static double summed(const double *w, const double *values, int n) {
  double sum = 0;
  for (int j = 0; j < n; ++j) sum += w[j] * values[j];
  return sum;
}

static void wide(double *mean, double *entropy, double m, double v, const lattice *nodes) {
  enum { N = 2 * WIDE + 1 };
  double w[N];
  const double sd = sqrt(v);
  gaussian(w, (-H * WIDE - m) / sd, H / sd, N);
  const double p = normal_cdf(m / sqrt(8 / BL_PI + v)) + summed(w, nodes->rest, N);
  if (mean) *mean = p < 0 ? 0 : p > 1 ? 1 : p;
  if (entropy) *entropy = summed(w, nodes->entropy, N);
}

// nodes about m + √v·shift
static void local(double *mean, double *entropy, double m, double sd, double shift) {
  enum { N = 2 * LOCAL + 1 };
  double f[N], value[N], w[N];
  const double from = shift - H * LOCAL;
  gaussian(w, from, H, N);
  for (int j = 0; j < N; ++j) f[j] = m + sd * (from + H * j);
  if (mean) {
    vm_sigmoid(value, f, N);
    *mean = summed(w, value, N);
  }
  if (entropy) {
    entropies(value, f, N);
    *entropy = summed(w, value, N);
  }
}

void quadrature_logit(double *mean, double *entropy, const double *m, const double *v, int n) {
  lattice nodes;
  lattice_fill(&nodes);
  for (int i = 0; i < n; ++i) {
    double *p = mean ? mean + i : (double *)0, *h = entropy ? entropy + i : (double *)0;
    const double sd = sqrt(v[i]);
    if (!(v[i] > 1)) {
      local(p, h, m[i], sd, 0);
    } else if (vm_abs(m[i]) > v[i] + FAR) {
      local(p, h, -vm_abs(m[i]), sd, sd);
      if (p && m[i] > 0) *p = 1 - *p;
    } else {
      wide(p, h, m[i], v[i], &nodes);
    }
  }
}
