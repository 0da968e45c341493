// vmath_special.c — erf, erfc, sin, cos, log n!. Each reduces to a polynomial on a bounded interval; the rounding of
// what is reduced away is carried in a second number.
#include <string.h>

#include "vmath.h"
#include "vmath_inline.h"

// horner without its unrolling: these functions are for few numbers, and their series are long
static __attribute__((noinline)) v2d series(v2d x, const double *c, int count) {
  v2d sum = both(c[count - 1]);
  for (int i = count - 2; i >= 0; --i) sum = sum * x + both(c[i]);
  return sum;
}

// 2/√π·(−1)ʲ/(j!(2j + 1)): erf x = x·Σ c_j x^{2j}, |x| ≤ ½
static const double erf_series[14] = {1.1283791670955126,      -0.37612638903183754,   0.11283791670955126,
                                      -0.026866170645131252,   0.0052239776254421879,  -0.00085483270234508533,
                                      0.00012055332981789664,  -1.492565035840625e-05, 1.6462114365889248e-06,
                                      -1.6365844691234924e-07, 1.4807192815879218e-08, -1.2290555301717928e-09,
                                      9.4227590646504113e-11,  -6.7113668551641105e-12};

// (1 + 2x)·e^{x²}·erfc x as a polynomial in y = (x − 3)/(x + 3), −1 ≤ y < 1: the Chebyshev expansion cut at 27 terms,
// its rest below 1e-18 (the map is Shepherd & Laframboise's, Math. Comp. 36, 1981)
static const double erfc_series[27] = {
    1.2530080582697296,     -0.1356211061245812,     -0.047562294353451093,   0.12964515870276475,
    -0.11927366341528023,   0.068308027343845154,    -0.023770514919506852,   0.0025293918180474668,
    0.0018886903716907627,  -0.00077983228848230841, -0.00010515990108729849, 0.00012509943557128121,
    4.9499886622643469e-06, -2.0100843094844725e-05, -7.3314325974359702e-07, 3.4730241678415329e-06,
    3.6039109257127709e-07, -6.1756176789923234e-07, -1.4683175494120584e-07, 1.0277997488271058e-07,
    4.6950946691614734e-08, -1.3906145791730994e-08, -1.1734464137789657e-08, 1.2019719440135793e-09,
    2.0626322959832455e-09, -3.4514974876643281e-11, -1.8819366309448579e-10};

// the upper 26 digits of x: products of two such are exact
static inline v2d upper(v2d x) { return (v2d)((v2i)x & (v2i){~INT64_C(0x7ffffff), ~INT64_C(0x7ffffff)}); }

// g − q·d for q ≈ g/d, nearly exactly, by Dekker's split products
static inline v2d remainder_of(v2d g, v2d q, v2d d) {
  const v2d qh = upper(q), ql = q - qh, dh = upper(d), dl = d - dh;
  return (((g - qh * dh) - qh * dl) - ql * dh) - ql * dl;
}

// erfc of a ≥ 0 as e^{−a²}·g/(1 + 2a). a² = h² + (a − h)(a + h) with h the upper half of a's digits; exponential,
// polynomial and quotient keep what their last rounding lost.
static __attribute__((noinline)) v2d erfc_positive(v2d a) {
  const v2d x = pick(a > both(28), both(28), a);
  const v2d h = upper(x), low = (x - h) * (x + h);
  v2d e_rest, scale, scale_too;
  const v2d e = exp_parts(-(h * h), &e_rest, &scale, &scale_too);
  const v2d away = low * (low * (both(0.5) - low * both(1.0 / 6)) - both(1));  // e^{−low} − 1
  const v2d y = (x - both(3)) / (x + both(3)), t = y * series(y, erfc_series + 1, 26);
  const v2d g = both(erfc_series[0]) + t, g_rest = (both(erfc_series[0]) - g) + t;
  const v2d two = x + x, d = both(1) + two, d_rest = pick(two > both(1), both(1) - (d - two), two - (d - both(1)));
  const v2d q = g / d, q_rest = (remainder_of(g, q, d) + (g_rest - q * d_rest)) / d;
  return (q * e + (q * (e_rest + e * away) + q_rest * e)) * scale * scale_too;
}

static inline v2d erf_small(v2d x) { return x * series(x * x, erf_series, 14); }

// 1 − erf x = ½ − ((x − ½) + (erf x − x)): past ¼ the first difference is exact and the second small
static inline v2d erfc_small(v2d x) {
  const v2d z = x * x, more = x * ((both(erf_series[0]) - both(1)) + z * series(z, erf_series + 1, 13));
  return pick(x < both(0.25), both(1) - (x + more), both(0.5) - ((x - both(0.5)) + more));
}

static inline v2d f_erf(v2d x) {
  const v2d a = magnitude(x), big = with_sign(both(1) - erfc_positive(a), sign_of(x));
  return pick(x == x, pick(a < both(0.5), erf_small(pick(a < both(0.5), x, both(0))), big), x);
}

static inline v2d f_erfc(v2d x) {
  const v2i near = magnitude(x) < both(0.5);
  const v2d tail = erfc_positive(magnitude(x)), small = erfc_small(pick(near, x, both(0)));
  return pick(x == x, pick(near, small, pick(x < both(0), both(2) - tail, tail)), x);
}

// π/2 in three numbers of 33 bits, whose products with n < 2²⁰ are exact, and the rest
static const double half_pi[4] = {0x1.921fb54400000p+0, 0x1.0b4611a600000p-34, 0x1.3198a2e000000p-69,
                                  0x1.b839a252049c1p-104};

// a − b = d + error exactly (Knuth)
static inline v2d minus(v2d a, v2d b, v2d *error) {
  const v2d d = a - b, back = d - a;
  *error = (a - (d - back)) - (b + back);
  return d;
}

// x = n·π/2 + r + low; arguments past 2³⁰ are not reduced, only kept bounded
static inline v2d quadrant(v2d x, v2i *n, v2d *low) {
  const v2d k = nearest(x * both(0x1.45f306dc9c883p-1), n);
  v2d e2, e3;
  const v2d r1 = x - k * both(half_pi[0]), r2 = minus(r1, k * both(half_pi[1]), &e2);
  const v2d r3 = minus(r2, k * both(half_pi[2]), &e3), rest = (e2 + e3) - k * both(half_pi[3]), r = r3 + rest;
  *low = (r3 - r) + rest;
  const v2i wild = ~(magnitude(r) < both(1));
  return pick(wild, both(0), r);
}

// (−1)ʲ/(2j + 3)! and (−1)ʲ/(2j + 4)!
static const double sin_series[8] = {-1.0 / 6,        1.0 / 120,        -1.0 / 5040,          1.0 / 362880,
                                     -1.0 / 39916800, 1.0 / 6227020800, -1.0 / 1307674368000, 1.0 / 355687428096000};
static const double cos_series[8] = {
    1.0 / 24,        -1.0 / 720,         1.0 / 40320,          -1.0 / 3628800,
    1.0 / 479001600, -1.0 / 87178291200, 1.0 / 20922789888000, -1.0 / 6402373705728000};

// the function `ahead` quadrants on: 0 sine, 1 cosine
static __attribute__((noinline)) v2d circular(v2d x, int64_t ahead) {
  const v2d finite = pick(magnitude(x) < both(0x1p30), x, both(0));
  v2i n;
  v2d low;
  const v2d r = quadrant(finite, &n, &low), z = r * r, half = both(0.5) * z;
  const v2d sine = r + (low * (both(1) - half) + r * (z * series(z, sin_series, 8)));
  const v2d one = both(1) - half;
  const v2d cosine = one + (((both(1) - one) - half) + (z * (z * series(z, cos_series, 8)) - r * low));
  n += ahead;
  const v2i odd = -(n & 1), negative = (n & 2) << 62;
  const v2d value = (v2d)((v2i)pick(odd, cosine, sine) ^ negative);
  return pick(magnitude(x) < both(__builtin_inf()), value, both(__builtin_nan("")));
}

static inline v2d f_sin(v2d x) { return pick(x == both(0), x, circular(x, 0)); }
static inline v2d f_cos(v2d x) { return circular(x, 1); }

FUNCTION(erf)
FUNCTION(erfc)
FUNCTION(sin)
FUNCTION(cos)

// ---- log n!

// B₂ₖ/(2k(2k − 1)): log Γ(x) ~ (x − ½)(log x − 1) − ½ + ½ log 2π + Σ c_k x^{1−2k}
static const double stirling[8] = {0.083333333333333333,    -0.0027777777777777778, 0.00079365079365079365,
                                   -0.00059523809523809524, 0.00084175084175084175, -0.0019175269175269175,
                                   0.0064102564102564103,   -0.029550653594771242};

// (x − ½)(log x − 1) nearly exactly, x ≥ 16: log x = n·log 2 + log m as two numbers, the product by Dekker's splits
static double stirling_lead(double x, double *rest) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  const int n = (int)(bits >> 52) - 1023;
  bits = (bits & ~(UINT64_C(0x7ff) << 52)) | (UINT64_C(1023) << 52);
  double m;
  memcpy(&m, &bits, sizeof m);
  const double whole = n * LN2_HIGH - 1, part = vm_log1(m) + n * LN2_LOW;
  const double b = whole + part, b_rest = part - (b - whole), a = x - 0.5, p = a * b;
  const double ah = upper(both(a))[0], al = a - ah, bh = upper(both(b))[0], bl = b - bh;
  *rest = ((((ah * bh - p) + ah * bl) + al * bh) + al * bl) + a * b_rest;
  return p;
}

// Below 15 the factorial is a number, exactly; from there Stirling's series of log Γ(n + 1) has no error to speak of.
double vm_log_factorial(double n) {
  if (n < 15) {
    double product = 1;
    for (double i = 2; i <= n; ++i) product *= i;
    return vm_log1(product);
  }
  const double x = n + 1, r = 1 / x;
  double rest = 0;
  const double lead = stirling_lead(x, &rest);
  return lead + (rest + 0.41893853320467274 + series(both(r * r), stirling, 8)[0] * r);
}
