// vmath_inline.h — the pieces the vector functions are made of. Only vmath*.c include it.
// Masks are all ones or all zeros per lane; every function is branch-free, so lanes never influence each other.
#ifndef BL_VMATH_INLINE_H
#define BL_VMATH_INLINE_H

#include "vmath.h"

static inline v2d both(double x) { return (v2d){x, x}; }
static inline v2d pick(v2i mask, v2d yes, v2d no) { return (v2d)((mask & (v2i)yes) | (~mask & (v2i)no)); }

// x, at most most; NaN stays
static inline v2d at_most(v2d x, v2d most) {
#ifdef __wasm_simd128__
  return __builtin_wasm_pmin_f64x2(x, most);
#else
  return pick(x > most, most, x);
#endif
}

static inline v2d magnitude(v2d x) { return (v2d)((v2i)x & (v2i){INT64_MAX, INT64_MAX}); }
static inline v2d sign_of(v2d x) { return (v2d)((v2i)x & (v2i){INT64_MIN, INT64_MIN}); }
static inline v2d with_sign(v2d x, v2d sign) { return (v2d)((v2i)x | (v2i)sign); }

// x to the nearest integer, |x| < 2⁵¹: adding 1.5·2⁵² leaves it in the low bits
#define ROUNDER 6755399441055744.0
static inline v2d nearest(v2d x, v2i *n) {
  const v2d shifted = x + both(ROUNDER);
  *n = (v2i)shifted - (v2i)both(ROUNDER);
  return shifted - both(ROUNDER);
}

static inline v2d power_of_two(v2i n) { return (v2d)((n + 1023) << 52); }  // 2ⁿ, −1022 ≤ n ≤ 1023

// p(x) = c[0] + c[1]x + … + c[count − 1]x^{count − 1} by Horner's rule; count is a constant, so the loop vanishes
static inline __attribute__((always_inline)) v2d horner(v2d x, const double *c, int count) {
  v2d sum = both(c[count - 1]);
#ifdef __clang__
  _Pragma("clang loop unroll(full)")
#endif
      for (int i = count - 2; i >= 0; --i) sum = sum * x + both(c[i]);
  return sum;
}

// 1/(j + 2)!: e^r = 1 + r + r²·Σ r^j/(j + 2)!, |r| ≤ ½ln 2; the first term left out is 4e-18 of the whole
static const double inverse_factorials[12] = {1.0 / 2,       1.0 / 6,        1.0 / 24,        1.0 / 120,
                                              1.0 / 720,     1.0 / 5040,     1.0 / 40320,     1.0 / 362880,
                                              1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800};

#define LOG2E 0x1.71547652b82fep+0
#define LN2_HIGH 0x1.62e42fee00000p-1  // 32 bits, so n·LN2_HIGH is exact
#define LN2_LOW 0x1.a39ef35793c76p-33

// x = n·ln 2 + r + low, |r| ≤ ½ln 2 (Cody & Waite 1980)
static inline v2d reduce(v2d x, v2i *n, v2d *low) {
  const v2d k = nearest(x * both(LOG2E), n), high = x - k * both(LN2_HIGH), rest = k * both(LN2_LOW);
  const v2d r = high - rest;
  *low = (high - r) - rest;
  return r;
}

// e^x without its power of two: head + *rest, and the two factors whose product is the power. In two factors, results
// below 2⁻¹⁰²² are rounded once.
static inline v2d exp_parts(v2d x, v2d *rest, v2d *scale, v2d *scale_too) {
  const v2i high = x > both(710), under = x < both(-746);
  v2i n;
  v2d low;
  const v2d r = reduce(pick(high, both(710), pick(under, both(-746), x)), &n, &low);
  const v2d p = r + (low + r * r * horner(r, inverse_factorials, 12)), head = both(1) + p;
  const v2i half = n >> 1;
  *rest = (both(1) - head) + p;
  *scale = power_of_two(half);
  *scale_too = power_of_two(n - half);
  return head;
}

static inline v2d core_exp(v2d x) {
  v2d rest, scale, scale_too;
  return exp_parts(x, &rest, &scale, &scale_too) * scale * scale_too;
}

// 2ⁿ(p + (1 − 2⁻ⁿ)), p = e^r − 1
static inline v2d core_expm1(v2d x) {
  const v2i high = x > both(710), under = x < both(-40);
  v2i n;
  v2d low;
  const v2d r = reduce(pick(high, both(710), pick(under, both(-40), x)), &n, &low);
  const v2d p = r + (low * (both(1) + r) + r * r * horner(r, inverse_factorials, 12));
  const v2i half = n >> 1, cap = n > (v2i){60, 60}, m = (cap & (v2i){60, 60}) | (~cap & n);
  const v2d away = both(1) - power_of_two(-m);
  const v2d grown = (p + away) * power_of_two(half) * power_of_two(n - half);
  return pick(n == (v2i){0, 0}, pick(x == both(0), x, p), grown);
}

// 2·atanh(s)/s − 2 = s²·Σ 2s^{2j}/(2j + 3), s = f/(2 + f), |s| ≤ 0.172
static const double atanh_series[11] = {2.0 / 3,  2.0 / 5,  2.0 / 7,  2.0 / 9,  2.0 / 11, 2.0 / 13,
                                        2.0 / 15, 2.0 / 17, 2.0 / 19, 2.0 / 21, 2.0 / 23};

// log u + c/u for normal u > 0: u = 2ᵏ(1 + f), √½ ≤ 1 + f < √2, log(1 + f) = f − (½f² − s(½f² + R))
static inline v2d log_normal(v2d u, v2d c, v2d extra) {
  const v2i bits = (v2i)u, offset = bits - (v2i)both(0.70710678118654752440);
  const v2i k = offset >> 52;  // arithmetic: negative below √½
  const v2d m = (v2d)(bits - (k << 52)), f = m - both(1);
  const v2d shifted = (v2d)(k + (v2i)both(ROUNDER)) - both(ROUNDER);  // k as a double
  const v2d kd = shifted - extra, s = f / (both(2) + f), z = s * s, half = both(0.5) * f * f;
  const v2d series = z * horner(z, atanh_series, 11);
  const v2d inner = s * (half + series) + (kd * both(LN2_LOW) + c / u);
  return kd * both(LN2_HIGH) - ((half - inner) - f);
}

static inline v2d core_log(v2d x) {
  const v2i tiny = x < both(0x1p-1022);
  const v2d scaled = pick(tiny, x * both(0x1p54), x), extra = pick(tiny, both(54), both(0));
  const v2d value = log_normal(scaled, both(0), extra);
  const v2d infinite = both(__builtin_inf());
  const v2d special = pick(x == both(0), -infinite, pick(x == infinite, x, both(__builtin_nan(""))));
  return pick((x > both(0)) & (x < infinite), value, special);
}

static inline v2d core_log1p(v2d x) {
  const v2d u = both(1) + x, infinite = both(__builtin_inf());
  const v2d small = (x - (u - both(1))), large = both(1) - (u - x);  // what the sum lost
  const v2d c = pick(x < both(1), small, large);
  const v2i inside = (x > both(-1)) & (x < infinite);
  const v2d value = log_normal(pick(inside, u, both(1)), pick(inside, c, both(0)), both(0));
  const v2d special = pick(x == both(-1), -infinite, pick(x == infinite, x, both(__builtin_nan(""))));
  return pick(inside, pick(magnitude(x) < both(0x1p-54), x, value), special);
}

// The scalar form: an array of one, so its bits are the array's.
#define SCALAR(name)              \
  double vm_##name##1(double x) { \
    double y;                     \
    vm_##name(&y, &x, 1);         \
    return y;                     \
  }

// The public forms of f_<name>: one loop, whose odd tail is a vector like the others. Never inlined: a copy in each
// caller would make the module several times larger.
#define FUNCTION(name)                                                          \
  __attribute__((noinline)) void vm_##name(double *y, const double *x, int n) { \
    for (int i = 0; i < n; i += 2) {                                            \
      const int two = i + 1 < n;                                                \
      const v2d v = f_##name(two ? vm_load(x + i) : both(x[i]));                \
      if (two) vm_store(y + i, v);                                              \
      else y[i] = v[0];                                                         \
    }                                                                           \
  }                                                                             \
  SCALAR(name)

#endif
