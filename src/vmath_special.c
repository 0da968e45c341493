// vmath_special.c — erf, erfc, sin, cos, lgamma. Each reduces to a polynomial on a bounded interval; the rounding of
// what is reduced away is carried in a second number.
#include <string.h>

#include "vmath.h"
#include "vmath_inline.h"

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
static inline v2d erfc_positive(v2d a) {
  const v2d x = pick(a > both(28), both(28), a);
  const v2d h = upper(x), low = (x - h) * (x + h);
  v2d e_rest, scale, scale_too;
  const v2d e = exp_parts(-(h * h), &e_rest, &scale, &scale_too);
  const v2d away = low * (low * (both(0.5) - low * both(1.0 / 6)) - both(1));  // e^{−low} − 1
  const v2d y = (x - both(3)) / (x + both(3)), t = y * horner(y, erfc_series + 1, 26);
  const v2d g = both(erfc_series[0]) + t, g_rest = (both(erfc_series[0]) - g) + t;
  const v2d two = x + x, d = both(1) + two, d_rest = pick(two > both(1), both(1) - (d - two), two - (d - both(1)));
  const v2d q = g / d, q_rest = (remainder_of(g, q, d) + (g_rest - q * d_rest)) / d;
  return (q * e + (q * (e_rest + e * away) + q_rest * e)) * scale * scale_too;
}

static inline v2d erf_small(v2d x) { return x * horner(x * x, erf_series, 14); }

// 1 − erf x = ½ − ((x − ½) + (erf x − x)): past ¼ the first difference is exact and the second small
static inline v2d erfc_small(v2d x) {
  const v2d z = x * x, more = x * ((both(erf_series[0]) - both(1)) + z * horner(z, erf_series + 1, 13));
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
static inline v2d circular(v2d x, int64_t ahead) {
  const v2d finite = pick(magnitude(x) < both(0x1p30), x, both(0));
  v2i n;
  v2d low;
  const v2d r = quadrant(finite, &n, &low), z = r * r, half = both(0.5) * z;
  const v2d sine = r + (low * (both(1) - half) + r * (z * horner(z, sin_series, 8)));
  const v2d one = both(1) - half;
  const v2d cosine = one + (((both(1) - one) - half) + (z * (z * horner(z, cos_series, 8)) - r * low));
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

// ---- log Γ

// log Γ(5/8 + z), |z| ≤ ⅛
static const double lgamma_at_5_8[24] = {
    0.36082949548894018, -1.4527087645765666, 1.7005915865202042,  -1.4780968970266133, 1.6821202118103382,
    -2.1168917112507807, 2.8058632346625389,  -3.8397548306391276, 5.3713404203022666,  -7.6369236571345316,
    10.995901869103741,  -15.993334435255944, 23.456494652903662,  -34.643213959677929, 51.469789910687502,
    -76.861479500778966, 115.29217691090615,  -173.61643012823295, 262.35370239387612,  -397.67297216745835,
    604.46291284073364,  -921.08634053178483, 1406.7500456867521,  -2152.9391993718669};
// log Γ(1 + z)/z, |z| ≤ ¼: its Taylor series
static const double lgamma_at_1[27] = {
    -0.57721566490153286,  0.82246703342411322,   -0.40068563438653143,  0.27058080842778455,   -0.20738555102867399,
    0.16955717699740819,   -0.14404989676884612,  0.12550966952474304,   -0.11133426586956469,  0.10009945751278181,
    -0.090954017145829042, 0.083353840546109004,  -0.076932516411352191, 0.071432946295361336,  -0.066668705882420468,
    0.062500955141213041,  -0.058823978658684582, 0.055555767627403611,  -0.052631679379616661, 0.050000047698101694,
    -0.047619070330142228, 0.045454556293204669,  -0.043478266053040259, 0.04166666915034121,   -0.040000001192140141,
    0.038461539034675186,  -0.037037037312989326};
// log Γ(3/2 + z), |z| ≤ ¼
static const double lgamma_at_half3[23] = {
    -0.12078223763524522,   0.036489973978576521,    0.46740110027233965,    -0.13813277403905333,
    0.058712126416768218,   -0.028952081888893543,   0.0154354841700493,     -0.008622603929171287,
    0.0049657288094758177,  -0.0029209704586679519,  0.00174503557579013,    -0.001054915693867632,
    0.00064370298303814858, -0.00039577153964650777, 0.00024487119048294412, -0.00015231593814270081,
    9.5179396625025875e-5,  -5.9713623362337704e-5,  3.7594909269612194e-5,  -2.3743185469209343e-5,
    1.5036983408359217e-5,  -9.5471511921481872e-6,  6.0754064744846896e-6};
// log Γ(2 + z)/z, −¼ ≤ z ≤ ½
static const double lgamma_at_2[29] = {
    0.42278433509846714,     0.32246703342411322,   -0.067352301053198095,   0.020580808427784548,
    -0.0073855510286739853,  0.0028905103307415233, -0.001192753911703261,   0.00050966952474304242,
    -0.00022315475845357938, 9.9457512781808534e-5, -4.4926236738133142e-5,  2.0507212775670692e-5,
    -9.4394882752683959e-6,  4.3748667899074878e-6, -2.0392157538013662e-6,  9.5514121304074198e-7,
    -4.492469198764566e-7,   2.1207184805554666e-7, -1.00432248239681e-7,    4.7698101693639806e-8,
    -2.2711094608943165e-8,  1.0838659214896954e-8, -5.1834750419700467e-9,  2.4836745438024783e-9,
    -1.1921401405860912e-9,  5.731367241678862e-10, -2.7595228851242331e-10, 1.3304764374244489e-10,
    -6.4229645638381e-11};
// log Γ(5/2 + z), 0 ≤ z ≤ ¼
static const double lgamma_at_half5[21] = {0.28468287047291916,    0.70315664064524319,     0.24517887805011743,
                                           -0.039367341940287901,  0.0093294103673855021,   -0.0026146333292227614,
                                           0.00080356830356553262, -0.00026150914832341968, 8.8423520647895123e-5,
                                           -3.0715472695849682e-5, 1.0882584206868631e-5,   -3.9138807868675093e-6,
                                           1.4240972665702957e-6,  -5.2299455630575344e-7,  1.9351971281906498e-7,
                                           -7.2054107956332499e-8, 2.6969103310573713e-8,   -1.0139427143789409e-8,
                                           3.8267918975072416e-9,  -1.4491674948039224e-9,  5.5041727334270716e-10};
// B₂ₖ/(2k(2k − 1)): log Γ(x) ~ (x − ½)(log x − 1) − ½ + ½ log 2π + Σ c_k x^{1−2k}
static const double stirling[8] = {0.083333333333333333,    -0.0027777777777777778, 0.00079365079365079365,
                                   -0.00059523809523809524, 0.00084175084175084175, -0.0019175269175269175,
                                   0.0064102564102564103,   -0.029550653594771242};

static double polynomial(double x, const double *c, int n) {
  double sum = c[n - 1];
  for (int i = n - 2; i >= 0; --i) sum = sum * x + c[i];
  return sum;
}

// ½ ≤ x ≤ 2¾; the zeros at 1 and 2 are factors
static double lgamma_middle(double x) {
  if (x < 0.75) return polynomial(x - 0.625, lgamma_at_5_8, 24);
  if (x <= 1.25) return (x - 1) * polynomial(x - 1, lgamma_at_1, 27);
  if (x < 1.75) return polynomial(x - 1.5, lgamma_at_half3, 23);
  if (x <= 2.5) return (x - 2) * polynomial(x - 2, lgamma_at_2, 29);
  return polynomial(x - 2.5, lgamma_at_half5, 21);
}

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

double vm_lgamma1(double x) {
  if (!(x > 0)) return x - x + __builtin_nan("");
  if (!vm_finite(x)) return x;
  if (x >= 16) {
    const double r = 1 / x;
    double rest = 0;
    const double lead = stirling_lead(x, &rest);
    if (!vm_finite(lead)) return lead;
    if (x > 0x1p500) rest = 0;  // the splits would overflow, and nothing is left to add
    return lead + (rest + 0.41893853320467274 + polynomial(r * r, stirling, 8) * r);
  }
  // log Γ(1 + x) − log x, x itself the distance from 1 or its exact difference from ½: x + 1 would be rounded
  if (x <= 0.25) return x * polynomial(x, lgamma_at_1, 27) - vm_log1(x);
  if (x < 0.5) return polynomial(x - 0.5, lgamma_at_half3, 23) - vm_log1(x);
  double product = 1;
  while (x > 2.75) product *= x -= 1;  // Γ(x) = (x − 1)(x − 2) … Γ(rest)
  return lgamma_middle(x) + (product > 1 ? vm_log1(product) : 0);
}

void vm_lgamma(double *y, const double *x, int n) {
  for (int i = 0; i < n; ++i) y[i] = vm_lgamma1(x[i]);
}
