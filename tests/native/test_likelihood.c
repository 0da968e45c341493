// Likelihoods by their definitions, in long double: loss and its gradient, SᵀS = Λ, the Hessian (all links here are
// canonical, so it is Λ as well), entropy, mean, moments; and what happens at logits where exponentials overflow.
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
}

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
        CHECK_CLOSE(H[place], (up[b] - down[b]) / 2e-5, 1e-9);
        CHECK_CLOSE(product, H[place], 16 * DBL_EPSILON);
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
  CHECK(is->means(k) == k);
  if (!(is->is & LIKELIHOOD_CLASSES)) {
    CHECK(memcmp(mean, f, (size_t)(N * k) * sizeof *f) == 0 && is->entropy == NULL);
    return;
  }
  CHECK(is->moments == NULL);
  is->entropy(h, f, N, k);
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
        is->entropy(&h, f, 1, k);
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
  return check_report();
}
