// Likelihoods by their definitions, in long double: loss and its gradient, SᵀS = Λ, the Hessian (with a canonical link
// it is Λ as well), entropy, mean, moments; and what happens at logits where exponentials overflow.
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "likelihood.h"
#include "rng.h"

typedef long double real;
enum { N = 9, K = 5 };
static const double SEED = 271828;

static void targets_for(double *y, const bl_likelihood *is, int n, int k, bl_rng *rng) {
  const int t = is->targets(k), classes = is->is & LIKELIHOOD_CLASSES;
  rng_normal(rng, y, n * t);
  for (int i = 0; classes && i < n * t; ++i) y[i] = rng_below(rng, k == 1 ? 2 : k);
  if (is->check(y, n, k) >= 0)  // counts
    for (int i = 0; i < n * t; ++i) y[i] = rng_below(rng, 6);
}

static int named(const bl_likelihood *is, const char *name) { return strcmp(is->name, name) == 0; }

// p (classes) of one example: for one logit of y = 0 and 1
static int probabilities(real *p, const double *f, int k) {
  const int classes = k == 1 ? 2 : k;
  for (int a = 0; a < classes; ++a) {
    real sum = 0;
    for (int b = 0; b < classes; ++b) {
      const real fa = k == 1 ? (a ? f[0] : 0) : f[a], fb = k == 1 ? (b ? f[0] : 0) : f[b];
      sum += expl(fb - fa);
    }
    p[a] = 1 / sum;
  }
  return classes;
}

static real loss_of(const bl_likelihood *is, const double *f, const double *y, const double *precision, int k) {
  real p[K], sum = 0;
  if (is->is & LIKELIHOOD_CLASSES) {
    probabilities(p, f, k);
    return -logl(p[(int)y[0]]);
  }
  for (int j = 0; j < k && named(is, "poisson"); ++j) sum += expl(f[j]) - (real)y[j] * f[j];
  for (int j = 0; j < k / 2 && named(is, "heteroscedastic"); ++j) {
    const real r = (real)y[j] - f[j];
    sum += 0.5L * (r * r * expl(-(real)f[k / 2 + j]) + f[k / 2 + j]);
  }
  if (named(is, "poisson") || named(is, "heteroscedastic")) return sum;
  if (!named(is, "gaussian")) {  // a row without a definition here is held against itself
    double loss;
    is->loss(&loss, NULL, f, y, precision, 1, k);
    return loss;
  }
  for (int j = 0; j < k; ++j) sum += 0.5L * (precision ? precision[j] : 1) * ((real)f[j] - y[j]) * ((real)f[j] - y[j]);
  return sum;
}

static void check_derivatives(const bl_likelihood *is, int k, const double *precision, bl_rng *rng) {
  double f[N * K], y[N * K], loss[N], again[N], g[N * K], S[N * K * K], H[N * K * K];
  rng_normal(rng, f, N * k);
  for (int i = 0; i < N * k; ++i) f[i] *= 2;
  targets_for(y, is, N, k, rng);
  is->loss(loss, g, f, y, precision, N, k);
  is->loss(again, NULL, f, y, precision, N, k);
  CHECK(memcmp(loss, again, sizeof loss) == 0);
  is->root(S, f, precision, N, k);
  is->hessian(H, f, y, precision, N, k);
  const int t = is->targets(k);
  const real h = 1e-4L;
  double size = 0, curved = 0;
  for (int i = 0; i < N; ++i) {
    CHECK_CLOSE(loss[i], (double)loss_of(is, f + i * k, y + i * t, precision, k), 8 * DBL_EPSILON);
    for (int a = 0; a < k; ++a) {
      double at[K], up[K], down[K], none[1];
      memcpy(at, f + i * k, (size_t)k * sizeof *at);
      real value[4];
      for (int s = 0; s < 4; ++s) {
        at[a] = f[i * k + a] + (double)(h * (s < 2 ? s - 2 : s - 1)) * 16;
        value[s] = loss_of(is, at, y + i * t, precision, k);
      }
      const real step = 16 * h, slope = (8 * (value[2] - value[1]) - (value[3] - value[0])) / (12 * step);
      CHECK_CLOSE(g[i * k + a], (double)slope, 1e-10);
      size += fabs(g[i * k + a]);
      // row a of the Hessian: differences of the gradient
      memcpy(at, f + i * k, (size_t)k * sizeof *at);
      at[a] = f[i * k + a] + 1e-5;
      is->loss(none, up, at, y + i * t, precision, 1, k);
      at[a] = f[i * k + a] - 1e-5;
      is->loss(none, down, at, y + i * t, precision, 1, k);
      for (int b = 0; b < k; ++b) {
        const int place = (i * k + a) * k + b;
        double product = 0;
        for (int r = 0; r < k; ++r) product += S[(i * k + r) * k + a] * S[(i * k + r) * k + b];
        CHECK_CLOSE(H[place], (up[b] - down[b]) / 2e-5, 1e-8);
        // Λ of the heteroscedastic row: diag(e^{−ℓ}, ½)
        const double fisher = a != b ? 0 : a < k / 2 ? exp(-f[i * k + k / 2 + a]) : 0.5;
        const int defined = !(is->is & LIKELIHOOD_CURVED) || named(is, "heteroscedastic");
        if (defined) CHECK_CLOSE(product, is->is & LIKELIHOOD_CURVED ? fisher : H[place], 16 * DBL_EPSILON);
        CHECK(fabs(H[place] - H[(i * k + b) * k + a]) <= DBL_EPSILON * fabs(H[place]));
        curved += fabs(H[place]);
      }
    }
  }
  CHECK(size > 0.1 && curved > 0.1);
}

static void check_means(const bl_likelihood *is, int k, bl_rng *rng) {
  double f[N * K], mean[N * K], h[N];
  rng_normal(rng, f, N * k);
  for (int i = 0; i < N * k; ++i) f[i] *= 3;
  is->mean(mean, f, N, k);
  const int columns = named(is, "heteroscedastic") ? k / 2 : k;
  CHECK(is->means(k) == columns);
  if (!(is->is & LIKELIHOOD_SIGMA) && is->is & LIKELIHOOD_REGRESSION) {
    CHECK(is->entropy == NULL);
    for (int i = 0; i < N * columns && (named(is, "poisson") || columns < k); ++i) {
      const double at = columns == k ? f[i] : f[i / columns * k + i % columns];
      CHECK_CLOSE(mean[i], columns == k ? exp(at) : at, 8 * DBL_EPSILON);
    }
    return;
  }
  if (!(is->is & LIKELIHOOD_CLASSES)) {
    CHECK(memcmp(mean, f, (size_t)(N * k) * sizeof *f) == 0 && is->entropy == NULL);
    return;
  }
  CHECK(is->moments == NULL);
  is->entropy(h, mean, f, N, k);
  for (int i = 0; i < N; ++i) {
    real p[K], entropy = 0;
    double sum = 0;
    const int classes = probabilities(p, f + i * k, k);
    for (int a = 0; a < classes; ++a) {
      entropy -= p[a] * logl(p[a]);
      if (k > 1 || a == 1) CHECK(fabs(mean[i * k + (k > 1 ? a : 0)] - (double)p[a]) <= 8 * DBL_EPSILON * (double)p[a]);
      if (k > 1) sum += mean[i * k + a];
    }
    CHECK(fabs(h[i] - (double)entropy) <= 32 * DBL_EPSILON * (double)entropy);
    if (k > 1) CHECK(fabs(sum - 1) <= k * DBL_EPSILON);
  }
}

// one logit far from 0, the others 0: finite everywhere, and the limits
static void check_extremes(const bl_likelihood *is, int k) {
  const double sizes[] = {1e4, -1e4, 750, -750, 40, -40, 1e300, -1e300};
  for (int s = 0; s < (int)(sizeof sizes / sizeof *sizes); ++s)
    for (int at = 0; at < k; ++at)
      for (int label = 0; label < (k == 1 ? 2 : k); ++label) {
        double f[K] = {0}, y[K], loss, g[K], S[K * K], H[K * K], mean[K], h, sum = 0;
        f[at] = sizes[s];
        for (int j = 0; j < K; ++j) y[j] = is->is & LIKELIHOOD_CLASSES ? label : 0.25;
        if (!(is->is & LIKELIHOOD_CLASSES) && fabs(sizes[s]) > 1e6) continue;
        if (!(is->is & (LIKELIHOOD_CLASSES | LIKELIHOOD_SIGMA))) continue;  // their losses may overflow
        is->loss(&loss, g, f, y, NULL, 1, k);
        is->root(S, f, NULL, 1, k);
        is->hessian(H, f, y, NULL, 1, k);
        is->mean(mean, f, 1, k);
        CHECK(isfinite(loss) && loss >= 0);
        int finite = 1;
        for (int i = 0; i < k; ++i) finite &= isfinite(g[i]) && isfinite(mean[i]);
        for (int i = 0; i < k * k; ++i) finite &= isfinite(S[i]) && isfinite(H[i]);
        CHECK(finite);
        if (!(is->is & LIKELIHOOD_CLASSES)) continue;
        is->entropy(&h, mean, f, 1, k);
        CHECK(h >= 0 && h <= log(k == 1 ? 2 : k) * (1 + 4 * DBL_EPSILON));
        for (int j = 0; j < k; ++j) sum += mean[j];
        if (k > 1) CHECK(fabs(sum - 1) <= k * DBL_EPSILON);
        // what is certain costs nothing; what was thought impossible costs the gap of the logits
        const int first = k == 1 ? (f[0] > 0) == label : (f[at] > 0) == (label == at);
        if (k < 3 && fabs(sizes[s]) > 700) {
          if (first) CHECK(loss <= 1e-300);
          else CHECK(fabs(loss - fabs(sizes[s])) <= 2 * DBL_EPSILON * fabs(sizes[s]));
        }
      }
}

static void check_labels(void) {
  const int bernoulli = likelihood_find("bernoulli"), categorical = likelihood_find("categorical");
  const int gaussian = likelihood_find("gaussian");
  const double bad[] = {-1, 0.5, 2, (double)NAN, HUGE_VAL, -HUGE_VAL, 3, 1e10};
  for (int i = 0; i < 8; ++i) {
    double y[4] = {0, 1, 0, 1};
    y[i % 4] = bad[i];
    CHECK(bl_likelihood_check(bernoulli, y, 4, 1) == i % 4);
    CHECK(bl_likelihood_check(categorical, y, 4, 2) == i % 4);
    const int real_number = isfinite(bad[i]);
    CHECK(bl_likelihood_check(gaussian, y, 4, 1) == (real_number ? -1 : i % 4));
    CHECK(bl_likelihood_check(gaussian, y, 2, 2) == (real_number ? -1 : i % 4));
  }
  const double good[] = {0, 1, 2, 3, 4};
  CHECK(bl_likelihood_check(categorical, good, 5, 5) == -1 && bl_likelihood_check(categorical, good, 5, 4) == 4);
  CHECK(bl_likelihood_check(bernoulli, good, 2, 1) == -1);
  CHECK(bl_likelihood_targets(bernoulli, 1) == 1 && bl_likelihood_targets(bernoulli, 2) == 0);
  CHECK(bl_likelihood_targets(categorical, 1) == 0 && bl_likelihood_targets(categorical, 4) == 1);
  CHECK(bl_likelihood_targets(gaussian, 3) == 3 && likelihood_find("") == -1);
  CHECK(!likelihood_row(-1) && !likelihood_row(bl_likelihood_count()));
  CHECK(bl_likelihood_is(gaussian) == (LIKELIHOOD_SIGMA | LIKELIHOOD_REGRESSION));
  CHECK(bl_likelihood_is(bernoulli) == LIKELIHOOD_CLASSES && bl_likelihood_is(categorical) == LIKELIHOOD_CLASSES);
}

// log N(y; f, σ²/π) = −l/σ² − c, and the moments of y under f ~ N(m, V)
static void check_gaussian(bl_rng *rng) {
  const bl_likelihood *is = likelihood_row(likelihood_find("gaussian"));
  const double precision[3] = {4, 0.25, 1.7}, sigma = 0.3;
  double f[3], y[3], V[9], loss, c, mean[3], noise[3], spread[9];
  rng_normal(rng, f, 3);
  rng_normal(rng, y, 3);
  rng_normal(rng, V, 9);
  for (int each = 0; each < 2; ++each) {
    real expected = 0;
    for (int j = 0; j < 3; ++j) {
      const real variance = (real)sigma * sigma / (each ? precision[j] : 1), r = (real)f[j] - y[j];
      expected -= 0.5L * (r * r / variance + logl(2 * acosl(-1.0L) * variance));
    }
    is->loss(&loss, NULL, f, y, each ? precision : NULL, 1, 3);
    is->constant(&c, y, sigma, each ? precision : NULL, 1, 3);
    CHECK_CLOSE(-loss / (sigma * sigma) - c, (double)expected, 1e-14);
    is->moments(mean, noise, spread, f, V, sigma, each ? precision : NULL, 1, 3);
    CHECK(memcmp(mean, f, sizeof f) == 0 && memcmp(spread, V, sizeof V) == 0);
    for (int j = 0; j < 3; ++j) CHECK_CLOSE(noise[j], sigma * sigma / (each ? precision[j] : 1), 2 * DBL_EPSILON);
    is->moments(NULL, NULL, spread, f, NULL, sigma, NULL, 1, 3);
    for (int j = 0; j < 9; ++j) CHECK(fabs(spread[j]) <= 0);
  }
}

// densities that sum or integrate to 1, moments by the definitions, and no NaN or infinity however far out
static void check_counts(void) {
  const bl_likelihood *is = likelihood_row(likelihood_find("poisson"));
  const double bad[] = {-1, 0.5, (double)NAN, HUGE_VAL, 1e300};
  for (int i = 0; i < 5; ++i) CHECK(is->check(&bad[i], 1, 1) == 0);
  for (double f = -3; f < 4; f += 0.7) {
    real sum = 0, first = 0, second = 0;
    for (int count = 0; count < 400; ++count) {
      const double y = count;
      double loss, c;
      is->loss(&loss, NULL, &f, &y, NULL, 1, 1);
      is->constant(&c, &y, 1, NULL, 1, 1);
      const real p = expl(-(real)loss - c);
      sum += p, first += p * count, second += p * count * count;
    }
    double mean, root;
    is->mean(&mean, &f, 1, 1);
    is->root(&root, &f, NULL, 1, 1);
    CHECK_CLOSE((double)sum, 1, 1e-12);
    CHECK_CLOSE(mean, (double)first, 1e-12);
    CHECK_CLOSE(root * root, (double)(second - first * first), 1e-11);  // Λ of a log link is the variance
  }
  // log-normal moments by the trapezoid rule over f ~ N(m, v)
  const double m[2] = {0.3, -0.5}, V[4] = {0.4, 0.15, 0.15, 0.2};
  double mean[2], noise[2], spread[4];
  is->moments(mean, noise, spread, m, V, 1, NULL, 1, 2);
  for (int a = 0; a < 2; ++a) {
    real expected = 0, square = 0;
    for (int i = -4000; i <= 4000; ++i) {
      const real z = i * 0.0025L, weight = 0.0025L * expl(-0.5L * z * z) / sqrtl(2 * acosl(-1.0L));
      const real e = expl(m[a] + z * sqrtl(V[3 * a]));
      expected += weight * e, square += weight * e * e;
    }
    CHECK_CLOSE(mean[a], (double)expected, 1e-12);
    CHECK_CLOSE(noise[a], (double)expected, 1e-12);
    CHECK_CLOSE(spread[3 * a], (double)(square - expected * expected), 1e-11);
  }
  CHECK_CLOSE(spread[1], exp(m[0] + m[1] + 0.3) * (exp(0.15) - 1), 1e-13);
}

// x between the largest finite numbers
static double clamped(real x) { return x > DBL_MAX ? DBL_MAX : x < -DBL_MAX ? -DBL_MAX : (double)x; }

// log-normal moments wherever the rates lie: the definition in long double, whose exponentials reach e^11000. An error
// of ε in the logarithm is one of |logarithm|·ε in the number.
static void check_far_counts(void) {
  const bl_likelihood *is = likelihood_row(likelihood_find("poisson"));
  const double at[] = {0, 1.5, -2, 340, -340, 365, -380, 700, -745, 1e4, -1e4};
  const double wide[] = {0, 1e-300, 1e-3, 0.9, 1.1, 50, 700, 2e3};
  const double correlation[] = {-1, -0.5, 0, 1e-12, 0.7, 1};
  int inside = 0;
  for (int i = 0; i < 11 * 11; ++i)
    for (int j = 0; j < 8 * 6; ++j) {
      const double m[2] = {at[i % 11], at[i / 11]}, c = correlation[j % 6] * wide[j / 6];
      const double V[4] = {wide[j / 6], c, c, wide[j / 6]};
      double mean[2], noise[2], spread[4], alone[2], none[4];
      is->moments(mean, noise, spread, m, V, 1, NULL, 1, 2);
      is->moments(alone, NULL, none, m, NULL, 1, NULL, 1, 2);
      CHECK(memcmp(mean, noise, sizeof mean) == 0 && memcmp(&spread[1], &spread[2], sizeof *spread) == 0);
      for (int a = 0; a < 4; ++a) {
        const real sum = (real)m[a / 2] + m[a % 2] + wide[j / 6], both = V[a];
        const real grown = both > 1000 ? expl(sum + both) : expl(sum) * expm1l(both);
        const double expected = fabsl(both) > 0 ? clamped(grown) : 0;
        const double logs = 1 + fabs(m[0]) + fabs(m[1]) + wide[j / 6];
        const double slack = logs * 4 * DBL_EPSILON * fabs(expected) + 0x1p-1022;
        CHECK(fabs(spread[a] - expected) <= slack);
        CHECK(fabs(none[a]) <= 0);
        inside += fabs(expected) > 1e-300 && fabs(expected) < 1e300;
        if (a > 1) continue;
        const double log_mean = m[a] + 0.5 * wide[j / 6];
        CHECK(fabs(mean[a] - clamped(expl(log_mean))) <= 2 * DBL_EPSILON * mean[a] + 0x1p-1022);
        CHECK(fabs(alone[a] - clamped(expl(m[a]))) <= 2 * DBL_EPSILON * alone[a] + 0x1p-1022);
      }
    }
  CHECK(inside > 4000);
  const double huge[4] = {1e30, -1e30, -1e30, 1e30}, m[2] = {1e4, -1e4};
  double mean[2], spread[4];
  is->moments(mean, NULL, spread, m, huge, 1, NULL, 1, 2);
  for (int a = 0; a < 4; ++a) CHECK(isfinite(spread[a]) && fabs(spread[a]) > 1e308 && (spread[a] > 0) == (huge[a] > 0));
  CHECK(isfinite(mean[0]) && isfinite(mean[1]) && mean[1] > 1e308);
}

// far out a loss may leave the range of doubles, upwards; what curves and what is expected stays finite, nothing is NaN
static void check_overflow(const char *name, int k) {
  const bl_likelihood *is = likelihood_row(likelihood_find(name));
  const double sizes[] = {1e4, -1e4, 750, -750, 709, -709, 40, -40, 0};
  const int t = is->targets(k), count = 9;
  for (int i = 0; i < count * count; ++i)
    for (double target = 0; target < 3; ++target) {
      double f[K] = {sizes[i % count]}, y[K] = {target, 1, 1, 1, 1}, loss, g[K], S[K * K], H[K * K], mean[K];
      f[k - 1] = sizes[i / count];
      is->loss(&loss, g, f, y, NULL, 1, k);
      is->root(S, f, NULL, 1, k);
      is->hessian(H, f, y, NULL, 1, k);
      is->mean(mean, f, 1, k);
      CHECK(!isnan(loss) && loss > -HUGE_VAL);
      for (int j = 0; j < k; ++j) CHECK(!isnan(g[j]));
      for (int j = 0; j < k * k; ++j) CHECK(isfinite(S[j]) && !isnan(H[j]));
      for (int j = 0; j < t; ++j) CHECK(isfinite(mean[j]));
    }
}

static void check_heteroscedastic(bl_rng *rng) {
  const bl_likelihood *is = likelihood_row(likelihood_find("heteroscedastic"));
  const bl_likelihood *fixed = likelihood_row(likelihood_find("gaussian"));
  double f[4], y[2], V[16], loss, c, other, constant, mean[2], noise[2], spread[4];
  rng_normal(rng, f, 4);
  rng_normal(rng, y, 2);
  const double precision[2] = {exp(-f[2]), exp(-f[3])};
  is->loss(&loss, NULL, f, y, NULL, 1, 4);
  is->constant(&c, y, 1, NULL, 1, 4);
  fixed->loss(&other, NULL, f, y, precision, 1, 2);
  fixed->constant(&constant, y, 1, precision, 1, 2);
  CHECK_CLOSE(loss + c, other + constant, 1e-14);
  rng_normal(rng, V, 16);
  for (int i = 0; i < 4; ++i) V[5 * i] = fabs(V[5 * i]);
  is->moments(mean, noise, spread, f, V, 1, NULL, 1, 4);
  for (int a = 0; a < 2; ++a) {
    CHECK(mean[a] == f[a]);
    CHECK_CLOSE(noise[a], exp(f[2 + a] + 0.5 * V[5 * (2 + a)]), 8 * DBL_EPSILON);
    for (int b = 0; b < 2; ++b) CHECK(spread[2 * a + b] == V[4 * a + b]);
  }
  // Λ is the Hessian expected under y ~ N(m, e^ℓ): it is quadratic in y, so two points of Gauss and Hermite suffice
  double S[16], H[2][16];
  for (int side = 0; side < 2; ++side) {
    for (int a = 0; a < 2; ++a) y[a] = f[a] + (side ? 1 : -1) * exp(0.5 * f[2 + a]);
    is->hessian(H[side], f, y, NULL, 1, 4);
  }
  is->root(S, f, NULL, 1, 4);
  for (int i = 0; i < 16; ++i) {
    double product = 0;
    for (int r = 0; r < 4; ++r) product += S[4 * r + i / 4] * S[4 * r + i % 4];
    CHECK_CLOSE(product, 0.5 * (H[0][i] + H[1][i]), 32 * DBL_EPSILON);
  }
  const double far[2] = {0, 1e4}, wide[4] = {0, 0, 0, 1e30};
  is->moments(mean, noise, spread, far, wide, 1, NULL, 1, 2);
  CHECK(isfinite(noise[0]) && noise[0] > 1e300);
  CHECK(is->targets(3) == 0 && is->targets(4) == 2 && is->means(4) == 2);
}

int main(void) {
  bl_rng rng;
  rng_seed(&rng, SEED, 0);
  printf("seed %.0f\n", SEED);
  const double precision[K] = {2, 0.5, 3, 1, 0.1};
  int cases = 0;
  for (int id = 0; id < bl_likelihood_count(); ++id)
    for (int k = 1; k <= K; ++k) {
      const bl_likelihood *is = likelihood_row(id);
      if (!is->targets(k)) continue;
      ++cases;
      check_derivatives(is, k, NULL, &rng);
      if (is->is & LIKELIHOOD_SIGMA) check_derivatives(is, k, precision, &rng);
      check_means(is, k, &rng);
      check_extremes(is, k);
    }
  CHECK(cases >= 10);
  check_labels();
  check_gaussian(&rng);
  check_counts();
  check_far_counts();
  check_heteroscedastic(&rng);
  check_overflow("poisson", 1);
  check_overflow("poisson", 3);
  check_overflow("heteroscedastic", 2);
  check_overflow("heteroscedastic", 4);
  return check_report();
}
