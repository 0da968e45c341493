// activation.c — the table. Each row computes value, derivative and second derivative from one evaluation of its
// function.
//   gelu z·Φ(z) (Hendrycks & Gimpel 2016, exact form);  silu z·σ(z) (Elfwing et al. 2018);  sin (Sitzmann et al. 2020)
// a may be z itself, so z[i] is read before a[i] is written and derivatives are formed from kept values.
#include "activation.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "table.h"
#include "vmath.h"

enum { BLOCK = 128 };  // elements whose intermediate values are kept on the stack

#define EACH_BLOCK(at, m, n) for (int at = 0, m; at < (n) && (m = (n)-at < BLOCK ? (n)-at : BLOCK, 1); at += m)

static void tanh_row(int n, const double *z, double *a, double *da, double *d2a) {
  const v2d one = {1, 1};
  vm_tanh(a, z, n);
  int i = 0;
  for (; da && i + 2 <= n; i += 2) vm_store(da + i, (one - vm_load(a + i)) * (one + vm_load(a + i)));
  for (; da && i < n; ++i) da[i] = (1 - a[i]) * (1 + a[i]);
  for (i = 0; d2a && i < n; ++i) d2a[i] = -2 * a[i] * ((1 - a[i]) * (1 + a[i]));
}

static void piecewise(int n, const double *z, double *a, double *da, double *d2a, double slope) {
  const v2d one = {1, 1}, low = {slope, slope};
  int i = 0;
  for (; i + 2 <= n; i += 2) {
    const v2d x = vm_load(z + i);
    const v2i above = x > (v2d){0, 0};
    const v2d gradient = (v2d)((above & (v2i)one) | (~above & (v2i)low));
    vm_store(a + i, (v2d)((above & (v2i)x) | (~above & (v2i)(low * x))));
    if (da) vm_store(da + i, gradient);
  }
  for (; i < n; ++i) {
    const double x = z[i];
    a[i] = x > 0 ? x : slope * x;
    if (da) da[i] = x > 0 ? 1 : slope;
  }
  for (i = 0; d2a && i < n; ++i) d2a[i] = 0;
}

static void relu_row(int n, const double *z, double *a, double *da, double *d2a) { piecewise(n, z, a, da, d2a, 0); }

static void leaky_relu_row(int n, const double *z, double *a, double *da, double *d2a) {
  piecewise(n, z, a, da, d2a, 0.01);
}

static void sigmoid_row(int n, const double *z, double *a, double *da, double *d2a) {
  double other[BLOCK];  // σ(−z), so that neither tail cancels
  EACH_BLOCK(at, m, n) {
    for (int i = 0; i < m; ++i) other[i] = -z[at + i];
    if (da || d2a) vm_sigmoid(other, other, m);
    vm_sigmoid(a + at, z + at, m);
    for (int i = 0; da && i < m; ++i) da[at + i] = a[at + i] * other[i];
    for (int i = 0; d2a && i < m; ++i) d2a[at + i] = a[at + i] * other[i] * (other[i] - a[at + i]);
  }
}

static void softplus_row(int n, const double *z, double *a, double *da, double *d2a) {
  double s[BLOCK], slope[BLOCK];
  EACH_BLOCK(at, m, n) {
    if (da || d2a) sigmoid_row(m, z + at, s, d2a ? slope : NULL, NULL);
    vm_softplus(a + at, z + at, m);
    if (da) memcpy(da + at, s, (size_t)m * sizeof *s);
    if (d2a) memcpy(d2a + at, slope, (size_t)m * sizeof *s);
  }
}

static void gelu_row(int n, const double *z, double *a, double *da, double *d2a) {
  double cdf[BLOCK], pdf[BLOCK], x[BLOCK];
  EACH_BLOCK(at, m, n) {
    memcpy(x, z + at, (size_t)m * sizeof(double));
    for (int i = 0; i < m; ++i) cdf[i] = -x[i] * 0.70710678118654752440;
    vm_erfc(cdf, cdf, m);
    for (int i = 0; i < m; ++i) pdf[i] = -0.5 * x[i] * x[i];
    if (da || d2a) vm_exp(pdf, pdf, m);
    for (int i = 0; i < m; ++i) {
      const double phi = pdf[i] * 0.39894228040143267794, Phi = 0.5 * cdf[i];
      a[at + i] = Phi > 0 ? x[i] * Phi : 0;
      if (da) da[at + i] = phi > 0 ? Phi + x[i] * phi : Phi;
      if (d2a) d2a[at + i] = phi > 0 ? phi * (2 - x[i] * x[i]) : 0;
    }
  }
}

static void silu_row(int n, const double *z, double *a, double *da, double *d2a) {
  double x[BLOCK], s[BLOCK], slope[BLOCK], bend[BLOCK];
  EACH_BLOCK(at, m, n) {
    memcpy(x, z + at, (size_t)m * sizeof(double));
    sigmoid_row(m, x, s, slope, bend);
    for (int i = 0; i < m; ++i) {
      a[at + i] = s[i] > 0 ? x[i] * s[i] : 0;
      if (da) da[at + i] = slope[i] > 0 ? s[i] + x[i] * slope[i] : s[i];
      if (d2a) d2a[at + i] = slope[i] > 0 ? 2 * slope[i] + x[i] * bend[i] : 0;
    }
  }
}

static void sin_row(int n, const double *z, double *a, double *da, double *d2a) {
  if (da) vm_cos(da, z, n);
  vm_sin(a, z, n);
  for (int i = 0; d2a && i < n; ++i) d2a[i] = -a[i];
}

static void identity_row(int n, const double *z, double *a, double *da, double *d2a) {
  for (int i = 0; i < n; ++i) {
    a[i] = z[i];
    if (da) da[i] = 1;
    if (d2a) d2a[i] = 0;
  }
}

// ---- single precision, for maps

typedef int32_t v4i __attribute__((vector_size(16)));

static inline v4f four(float x) { return (v4f){x, x, x, x}; }

// the smaller; NaN in x stays. Left to itself, the compiler takes the instruction that also sorts zeros, at five times
// the cost.
static inline v4f less(v4f x, v4f y) {
#ifdef __wasm_simd128__
  return (v4f)__builtin_wasm_pmin_f32x4(x, y);
#else
  const v4i mask = y < x;
  return (v4f)(((v4i)y & mask) | ((v4i)x & ~mask));
#endif
}

#define SIGN ((v4i){INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN})

// 2^−x, x ≥ 0, not below 2^−126: a polynomial on |f| ≤ ½ (minimax, within 1e-7) times a power
static inline v4f halved(v4f x) {
  x = less(x, four(126));
  const v4f power = 12582912 - x, f = (12582912 - power) - x, f2 = f * f;
  const v4f high = (f * 1.32646709e-3f + 9.67151229e-3f) * f2 + (f * 5.55073386e-2f + 2.40222421e-1f);
  return (v4f)((v4i)(high * f2 + (f * 6.93146978e-1f + 1)) + ((v4i)power << 23));
}

// By t = e^{−2|z|}, with the sign of z, so that what is small is formed as such. Two loops, for the chain of operations
// in one is longer than what processors look ahead.
static void tanh_single(int n, const float *z, float *a, float *da) {
  for (int i = 0; i < n; i += 4) {
    const v4i x = *(const v4i *)(z + i);
    *(v4i *)(a + i) = (v4i)halved((v4f)(x & ~SIGN) * 2.88539008f) | (x & SIGN);
  }
  for (int i = 0; i < n; i += 4) {
    const v4i sign = *(const v4i *)(a + i) & SIGN;
    const v4f t = (v4f)(*(const v4i *)(a + i) & ~SIGN), q = 1 / (1 + t);
    *(v4i *)(a + i) = (v4i)((1 - t) * q) | sign;
    if (da) *(v4f *)(da + i) = t * q * q * 4;
  }
}

void activation_single(int id, int n, const float *z, float *a, float *da) {
  double x[BLOCK], slope[BLOCK];
  if (activation_row(id)->single) {
    activation_row(id)->single(n, z, a, da);
    return;
  }
  EACH_BLOCK(at, m, n) {
    for (int i = 0; i < m; ++i) x[i] = z[at + i];
    activation_row(id)->f(m, x, x, slope, NULL);
    for (int i = 0; i < m; ++i) a[at + i] = (float)x[i];
    for (int i = 0; i < m && da; ++i) da[at + i] = (float)slope[i];
  }
}

// gain 1 is Glorot's bound; √2 keeps the variance of units that let half of their input through (He et al. 2015)
static const bl_activation rows[] = {
    {"tanh", "Smooth and bounded by ±1: far from the data its features stop changing.", 1, 0, 1, tanh_row, tanh_single},
    {"relu", "max(0, z): cheap, and linear along every ray far from the data.", 1, 1, 1.4142135623730951, relu_row,
     NULL},
    {"sigmoid", "1/(1 + exp(−z)): smooth and bounded between 0 and 1.", 1, 0, 1, sigmoid_row, NULL},
    {"softplus", "log(1 + exp(z)): a smooth relu.", 1, 0, 1.4142135623730951, softplus_row, NULL},
    {"gelu", "z·Φ(z), the exact Gaussian error linear unit.", 1, 0, 1.4142135623730951, gelu_row, NULL},
    {"silu", "z/(1 + exp(−z)), also called swish.", 1, 0, 1.4142135623730951, silu_row, NULL},
    {"leaky_relu", "relu with slope 0.01 below zero, so that no unit dies.", 1, 1, 1.4142135623730951, leaky_relu_row,
     NULL},
    {"sin", "Periodic units, for functions that repeat.", 0, 0, 1, sin_row, NULL},
    {"identity", "No bend at all: the network stays linear.", 1, 0, 1, identity_row, NULL},
};

BL_TABLE(bl_activation, activation, BL_COUNT(rows), &rows[id])

int bl_activation_settles(int id) { return activation_row(id) ? rows[id].settles : 0; }
