// The elementary functions against the long double functions of the C library: largest error in units of the last
// place over random arguments of every size and near the places where an implementation changes its formula; limits and
// signs at special values; the same bits for scalars and for arrays of any length at any place, also in place.
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "rng.h"
#include "vmath.h"

typedef long double real;
enum { POINTS = 100000, PLACES = 8, LONGEST = 33 };

static real sigmoid(real x) { return 1 / (1 + expl(-x)); }
static real softplus(real x) { return x > 0 ? x + log1pl(expl(-x)) : log1pl(expl(x)); }

typedef struct {
  const char *name;
  void (*f)(double *y, const double *x, int n);
  double (*scalar)(double x);
  real (*reference)(real x);
  double low, high, limit;  // arguments tried, and the ulps allowed
  double place[PLACES];     // where the formula or the range of the result changes; 0 ends the list
} function;

static const function functions[] = {
    {"exp", vm_exp, vm_exp1, expl, -746, 709.7, 2, {0.34657359027997264, -0.34657359027997264, -708.4, -745.1, 709.7}},
    {"expm1", vm_expm1, vm_expm11, expm1l, -60, 709.7, 2, {0.34657359027997264, -0.34657359027997264, -40, 41.6, 1.04}},
    {"log", vm_log, vm_log1, logl, 0, DBL_MAX, 2, {0.70710678118654752, 1, 1.4142135623730951, 2, 0x1p-1022, 0.5}},
    {"log1p", vm_log1p, vm_log1p1, log1pl, -1, DBL_MAX, 2, {-0.2928932188134524, 0.41421356237309503, 0x1p-54, 1, -1}},
    {"erf", vm_erf, vm_erf1, erfl, -7, 7, 2, {0.5, -0.5, 3, -3, 5.9}},
    {"erfc", vm_erfc, vm_erfc1, erfcl, -7, 27.3, 2, {0.25, 0.5, -0.5, 3, 26.5, 27.2}},
    {"sin", vm_sin, vm_sin1, sinl, -1e6, 1e6, 2, {0.78539816339744831, 3.1415926535897931, -1.5707963267948966, 1e6}},
    {"cos", vm_cos, vm_cos1, cosl, -1e6, 1e6, 2, {0.78539816339744831, 3.1415926535897931, -1.5707963267948966, 1e6}},
    {"tanh", vm_tanh, vm_tanh1, tanhl, -25, 25, 4, {0.5, -0.5, 1, 0.17328679513998632, 19, 20, 22}},
    {"sigmoid", vm_sigmoid, vm_sigmoid1, sigmoid, -745, 40, 4, {0.34657359027997264, 36.7, -36.7, -708.4, -745}},
    {"softplus", vm_softplus, vm_softplus1, softplus, -745, 745, 4, {0.34657359027997264, 36.7, -36.7, -708.4, 710}},
};
enum { FUNCTIONS = (int)(sizeof functions / sizeof *functions) };

// |got − expected| in units of the last place of the expected number as a double
static double ulps(double got, real expected) {
  const double rounded = (double)expected;
  if (isnan(rounded)) return isnan(got) ? 0 : HUGE_VAL;
  if (isinf(rounded) || isinf(got)) return fabs(got) >= HUGE_VAL && (got > 0) == (rounded > 0) ? 0 : HUGE_VAL;
  if (isnan(got)) return HUGE_VAL;
  int exponent;
  frexp(rounded, &exponent);
  const int last = rounded > 0 || rounded < 0 ? exponent - 53 : -1074;
  return (double)(fabsl((real)got - expected) / ldexpl(1, last < -1074 ? -1074 : last));
}

typedef struct {
  double error, at;
  int tried;
} worst;

static void try_at(const function *is, worst *w, double x) {
  if (!(x >= is->low && x <= is->high)) return;
  const double error = ulps(is->scalar(x), is->reference((real)x));
  w->tried++;
  if (!(error <= w->error)) *w = (worst){error, x, w->tried};
}

static double between(bl_rng *rng, double low, double high) { return low + (high - low) * rng_uniform(rng); }

// magnitudes from the smallest subnormal to the largest number, equally likely binades
static double any_size(bl_rng *rng, int low, int high) {
  const double x = ldexp(1 + rng_uniform(rng), low + rng_below(rng, high - low));
  return rng_below(rng, 2) ? x : -x;
}

static void check_accuracy(const function *is, bl_rng *rng) {
  worst w = {0, 0, 0};
  const double low = is->low > -1e6 ? is->low : -1e6, high = is->high < 1e6 ? is->high : 1e6;
  while (w.tried < POINTS / 3) try_at(is, &w, between(rng, low, high));
  while (w.tried < POINTS / 3 * 2) try_at(is, &w, between(rng, -4, 4));
  while (w.tried < POINTS) try_at(is, &w, any_size(rng, -1074, 1023));
  for (int i = 0; i < 5000; ++i) try_at(is, &w, any_size(rng, -60, 4));
  for (int i = 0; i < 2000; ++i) try_at(is, &w, 1 + any_size(rng, -52, -1));
  for (int i = 0; i < PLACES && (is->place[i] > 0 || is->place[i] < 0); ++i) {
    double up = is->place[i], down = is->place[i];
    for (int j = 0; j < 100; ++j, up = nextafter(up, HUGE_VAL), down = nextafter(down, -HUGE_VAL)) {
      try_at(is, &w, up);
      try_at(is, &w, down);
      try_at(is, &w, is->place[i] * (1 + any_size(rng, -40, -5)));
    }
  }
  printf("%-9s %.3f ulp at %.17g, %d arguments\n", is->name, w.error, w.at, w.tried);
  CHECK(w.tried >= POINTS);
  CHECK(w.error <= is->limit);
}

// arguments whose sine or cosine is as small as doubles allow
static void check_quadrants(void) {
  double sine = 0, cosine = 0;
  for (int n = 1; n < 636000; n += 13) {
    const double x = n * 1.5707963267948966;
    for (int side = -1; side <= 1; side += 2) {
      const double s = ulps(vm_sin1(side * x), sinl(side * (real)x)), c = ulps(vm_cos1(side * x), cosl(side * (real)x));
      if (!(s <= sine)) sine = s;
      if (!(c <= cosine)) cosine = c;
    }
  }
  printf("near multiples of pi/2: sin %.3f ulp, cos %.3f ulp\n", sine, cosine);
  CHECK(sine <= 2);
  CHECK(cosine <= 2);
}

// log n! as counts need it; 0! and 1! exactly
static void check_factorials(void) {
  const double large[] = {1e6, 1e6 + 1, 123456789, 1e15, 1e15 + 1, 0x1p53, 0x1p53 + 2, 1e300};
  double largest = 0;
  for (int n = 2; n <= 1000; ++n) largest = fmax(largest, ulps(vm_log_factorial(n), lgammal((real)n + 1)));
  for (int i = 0; i < 8; ++i) largest = fmax(largest, ulps(vm_log_factorial(large[i]), lgammal((real)large[i] + 1)));
  printf("log factorials: %.3f ulp\n", largest);
  CHECK(largest <= 2);
  CHECK(fabs(vm_log_factorial(0)) <= 0 && fabs(vm_log_factorial(1)) <= 0);
}

static void check_special(const function *is) {
  const double values[] = {0.0,     -0.0, HUGE_VAL, -HUGE_VAL, 1e308,     -1e308,     DBL_MAX, -DBL_MAX, 5e-324,
                           -5e-324, -1.0, -2.0,     1e9,       0x1p-1022, -0x1p-1022, 1000.0,  -1000.0,  711.0};
  for (int i = 0; i < (int)(sizeof values / sizeof *values); ++i) {
    const double x = values[i], got = is->scalar(x);
    const real expected = is->reference((real)x);
    if ((is->f == vm_sin || is->f == vm_cos) && fabs(x) > 1e6 && !isinf(x)) {
      CHECK(fabs(got) <= 1);  // past the reduction: bounded, no more
      continue;
    }
    const int good = ulps(got, expected) <= is->limit && (isnan(got) || !signbit(got) == !signbit((double)expected));
    if (!good) printf("%s(%g) = %.17g, expected %.17Lg\n", is->name, x, got, expected);
    CHECK(good);
  }
  CHECK(isnan(is->scalar((double)NAN)) && isnan(is->scalar(-(double)NAN)));
}

static void check_arrays(const function *is, bl_rng *rng) {
  double x[LONGEST + 8], y[LONGEST + 8], one[LONGEST + 8];
  int same = 1, outside = 1;
  for (int offset = 0; offset < 4; ++offset)
    for (int n = 0; n <= LONGEST; ++n)
      for (int in_place = 0; in_place < 2; ++in_place) {
        for (int i = 0; i < LONGEST + 8; ++i) {
          x[i] = i % 5 == 4 ? any_size(rng, -1074, 1023) : between(rng, -3, 3);
          if (i % 11 == 7) x[i] = i % 2 ? (double)NAN : HUGE_VAL;
          one[i] = is->scalar(x[i]);
          y[i] = in_place ? x[i] : -77;
        }
        is->f(y + offset, in_place ? y + offset : x + offset, n);
        for (int i = 0; i < LONGEST + 8; ++i) {
          const int inside = i >= offset && i < offset + n;
          const double untouched = in_place ? x[i] : -77;
          if (inside) same &= isnan(one[i]) ? isnan(y[i]) : memcmp(&y[i], &one[i], sizeof *y) == 0;
          else outside &= memcmp(&y[i], &untouched, sizeof *y) == 0;
        }
      }
  CHECK(same);
  CHECK(outside);
}

static void check_helpers(void) {
  const double x[] = {0, -1, DBL_MAX, 5e-324, (double)NAN, HUGE_VAL};
  CHECK(vm_first_bad(x, 4) == -1 && vm_first_bad(x, 6) == 4 && vm_first_bad(x + 5, 1) == 0 && vm_first_bad(x, 0) == -1);
  CHECK(vm_finite(DBL_MAX) && vm_finite(-5e-324) && !vm_finite(HUGE_VAL) && !vm_finite(-HUGE_VAL));
  CHECK(vm_exp_bounded(1e4) >= DBL_MAX && vm_exp_bounded(HUGE_VAL) <= DBL_MAX && isnan(vm_exp_bounded((double)NAN)));
  CHECK(vm_exp_bounded(-1e4) <= 0 && vm_exp_bounded(709.5) <= vm_exp1(709.5) &&
        vm_exp_bounded(709.5) >= vm_exp1(709.5));
  CHECK(!vm_finite((double)NAN) && !signbit(vm_abs(-0.0)) && vm_abs(-3.5) >= 3.5 && vm_abs(-3.5) <= 3.5);
}

int main(void) {
  static const double SEED = 20240611;
  bl_rng rng;
  rng_seed(&rng, SEED, 0);
  printf("seed %.0f\n", SEED);
  for (int i = 0; i < FUNCTIONS; ++i) {
    check_accuracy(&functions[i], &rng);
    check_special(&functions[i]);
    check_arrays(&functions[i], &rng);
  }
  check_quadrants();
  check_factorials();
  check_helpers();
  return check_report();
}
