// vmath.c — exp, expm1, log, log1p and what follows from them. Error bounds are held by
// tests/native/test_vmath.c.
#include "vmath.h"

#include <float.h>

#include "vmath_inline.h"

// NaN survives: comparisons with it are false, and arithmetic carries it, but integer scaling may not.
static inline v2d keep_nan(v2d x, v2d value) { return pick(x == x, value, x); }

static inline v2d f_exp(v2d x) { return keep_nan(x, core_exp(x)); }
static inline v2d f_expm1(v2d x) { return keep_nan(x, core_expm1(x)); }
static inline v2d f_log(v2d x) { return keep_nan(x, core_log(x)); }
static inline v2d f_log1p(v2d x) { return keep_nan(x, core_log1p(x)); }

// e^2h = 1 + 2w/(Q − w), w = h·P(h²), |h| ≤ ¼ln 2: the Padé form, its coefficients by minimax in 2h (Moshier, Cephes,
// exp.c)
static const double pade_p[3] = {2 * 9.99999999999999999910e-1, 8 * 3.02994407707441961300e-2,
                                 32 * 1.26177193074810590878e-4};
static const double pade_q[4] = {2.00000000000000000009e0, 4 * 2.27265548208155028766e-1,
                                 16 * 2.52448340349684104192e-3, 64 * 3.00198505138664455042e-6};

// |x| = n·½ln 2 + h, q = 2⁻ⁿ:  tanh|x| = u/(u + 2q), u = q(e^{2|x|} − 1) = (1 − q) + 2w/(Q − w), both times Q − w: one
// division in all. Near 0, q = 1 and nothing cancels; far out the error of u is in both. NaN stays in u.
static inline v2d f_tanh(v2d x) {
  const v2d clamped = at_most(magnitude(x), both(20));
  const v2d shifted = clamped * both(2 * LOG2E) + both(ROUNDER), n = shifted - both(ROUNDER);  // see nearest
  const v2d q = (v2d)(((v2i)both(ROUNDER) + 1023 - (v2i)shifted) << 52);
  const v2d h = (clamped - n * both(0.5 * LN2_HIGH)) - n * both(0.5 * LN2_LOW), z = h * h;
  const v2d w = h * horner(z, pade_p, 3), rest = horner(z, pade_q, 4) - w;
  const v2d u = (both(1) - q) * rest + (w + w);
  return with_sign(u / (u + (q + q) * rest), sign_of(x));
}

FUNCTION(exp)
FUNCTION(expm1)
FUNCTION(log)
FUNCTION(log1p)
FUNCTION(tanh)

enum { BLOCK = 64 };

// e^{−|x|} of a block
static void decay(double *e, const double *x, int n) {
  for (int i = 0; i < n; ++i) e[i] = -vm_abs(x[i]);
  vm_exp(e, e, n);
}

// from e = e^{−|x|} ≤ 1: 1/(1 + e) on the right, e/(1 + e) on the left
void vm_sigmoid(double *y, const double *x, int n) {
  double e[BLOCK];
  for (int at = 0; at < n; at += BLOCK) {
    const int m = n - at < BLOCK ? n - at : BLOCK;
    decay(e, x + at, m);
    for (int i = 0; i < m; ++i) y[at + i] = (x[at + i] < 0 ? e[i] : 1) / (1 + e[i]);
  }
}

void vm_softplus(double *y, const double *x, int n) {
  double e[BLOCK];
  for (int at = 0; at < n; at += BLOCK) {
    const int m = n - at < BLOCK ? n - at : BLOCK;
    decay(e, x + at, m);
    vm_log1p(e, e, m);
    for (int i = 0; i < m; ++i) y[at + i] = (x[at + i] > 0 ? x[at + i] : 0) + e[i];
  }
}

SCALAR(sigmoid)
SCALAR(softplus)


double vm_exp_bounded(double x) {
  const double e = vm_exp1(x);
  return e > DBL_MAX ? DBL_MAX : e;
}

int vm_finite(double x) { return x - x == 0; }

int vm_first_bad(const double *x, int n) {
  for (int i = 0; i < n; ++i) {
    if (!(x[i] - x[i] == 0)) return i;
  }
  return -1;
}

double bl_power_of_ten(double x) { return vm_exp1(x * 2.302585092994045684); }
