// Metrics: ranking and binning against their definitions, pair by pair and edge by edge, at every size up to 70 with
// many equals; closed forms at their limits; every refusal, which writes nothing.
#include <stdlib.h>

#include "check.h"
#include "metrics.h"
#include "rng.h"
#include "status.h"
#include "vmath.h"

enum { MOST = 70, SEED = 20 };

static int same(double a, double b) { return a <= b && a >= b; }

static double pairs_won(const double *s, const double *y, int n) {
  double won = 0, pairs = 0;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      if (!(y[i] > 0) || y[j] > 0) continue;
      pairs += 1;
      won += s[i] > s[j] ? 1 : s[i] < s[j] ? 0 : 0.5;
    }
  }
  return won / pairs;
}

// the highest score as threshold that 95 % of the 1s reach
static double false_positives(const double *s, const double *y, int n) {
  double best = -HUGE_VAL, rate = -1;
  for (int t = 0; t < n; ++t) {
    int ones = 0, up = 0, down = 0;
    for (int i = 0; i < n; ++i) {
      ones += y[i] > 0;
      up += y[i] > 0 && s[i] >= s[t];
      down += !(y[i] > 0) && s[i] >= s[t];
    }
    if (100 * up < 95 * ones || s[t] < best) continue;
    best = s[t];
    rate = (double)down / (n - ones);
  }
  return rate;
}

static void check_ranking(bl_rng *rng, bl_arena *scratch) {
  double s[MOST], y[MOST], value;
  for (int n = 2; n <= MOST; ++n) {
    for (int levels = 1; levels <= 4096; levels *= 2) {
      for (int i = 0; i < n; ++i) {
        s[i] = (double)rng_below(rng, levels) - 3;
        y[i] = i < 2 ? i : rng_below(rng, 2);
      }
      CHECK(bl_metric_auroc(&value, s, y, n, scratch) == BL_OK);
      CHECK(same(value, pairs_won(s, y, n)));
      CHECK(bl_metric_fpr95(&value, s, y, n, scratch) == BL_OK);
      CHECK(same(value, false_positives(s, y, n)));
    }
  }
}

// the bin of the definition: the least b with x ≤ (b + 1)/bins
static int bin_by_search(double x, int bins) {
  int b = 0;
  while (b < bins - 1 && x > (b + 1.0) / bins) ++b;
  return b;
}

static void check_bins(bl_rng *rng, bl_arena *scratch) {
  double p[3 * MOST], y[MOST], sure[MOST], confidence[MOST], accuracy[MOST], count[MOST], ece, mce;
  for (int bins = 1; bins <= 40; ++bins) {
    for (int c = 1; c <= 3; c += 2) {
      for (int i = 0; i < MOST; ++i) {
        // every other one on an edge, where rounding decides
        const double most = i % 2 ? 0.5 + 0.5 * rng_uniform(rng) : (double)(bins - rng_below(rng, bins / 2 + 1)) / bins;
        p[i * c] = most;
        for (int j = 1; j < c; ++j) p[i * c + j] = (1 - most) / 2;
        y[i] = rng_below(rng, c == 1 ? 2 : 3);
      }
      CHECK(bl_metric_confidence(sure, p, MOST, c) == BL_OK);
      CHECK(bl_metric_calibration(confidence, accuracy, count, p, y, MOST, c, bins) == BL_OK);
      CHECK(bl_metric_ece(&ece, p, y, MOST, c, bins, scratch) == BL_OK);
      CHECK(bl_metric_mce(&mce, p, y, MOST, c, bins, scratch) == BL_OK);
      double mean = 0, largest = 0;
      for (int b = 0; b < bins; ++b) {
        double total = 0, hits = 0, examples = 0;
        for (int i = 0; i < MOST; ++i) {
          if (bin_by_search(sure[i], bins) != b) continue;
          const int guess = c == 1 ? p[i] >= 0.5 : p[i * c + 1] > p[i * c] ? 1 : 0;
          total += sure[i];
          hits += guess == (int)y[i];
          examples += 1;
        }
        CHECK(same(count[b], examples));
        if (!(examples > 0)) {
          CHECK(isnan(confidence[b]) && isnan(accuracy[b]));
          continue;
        }
        CHECK(same(confidence[b], total / examples) && same(accuracy[b], hits / examples));
        const double gap = fabs(hits - total) / examples;
        mean += gap * examples / MOST;
        largest = gap > largest ? gap : largest;
      }
      CHECK_CLOSE(ece, mean, 1e-14);
      CHECK_CLOSE(mce, largest, 1e-14);
    }
  }
}

static void check_quantiles(bl_rng *rng) {
  double mean[MOST], variance[MOST], y[MOST], expected[42], observed[42];
  for (int bins = 1; bins <= 40; ++bins) {
    rng_normal(rng, mean, MOST);
    rng_normal(rng, y, MOST);
    for (int i = 0; i < MOST; ++i) variance[i] = i % 7 ? 0.1 + rng_uniform(rng) : 0;
    mean[1] = y[1];
    mean[7] = y[7];
    expected[bins + 1] = observed[bins + 1] = -1;
    CHECK(bl_metric_quantiles(expected, observed, mean, variance, y, MOST, bins) == BL_OK);
    CHECK(same(expected[bins + 1], -1) && same(observed[bins + 1], -1));
    for (int b = 0; b <= bins; ++b) {
      int below = 0;
      for (int i = 0; i < MOST; ++i) {
        const double r = y[i] - mean[i];
        const double u = variance[i] > 0 ? 0.5 * vm_erfc1(-r / sqrt(variance[i]) * 0.70710678118654752440)
                         : r >= 0        ? 1
                                         : 0;
        below += u <= (double)b / bins;
      }
      CHECK(same(expected[b], (double)b / bins) && same(observed[b], (double)below / MOST));
    }
  }
}

static void check_limits(void) {
  const double one = 1, zero = 0, big = 1e300, small = 1e-300;
  double value;
  CHECK(bl_metric_nll(&value, &zero, &one, 1, 1) == BL_OK && isinf(value) && value > 0);
  CHECK(bl_metric_nll(&value, &small, &zero, 1, 1) == BL_OK);
  CHECK(same(value, 1e-300));  // −log(1 − p) = p, where 1 − p would be 1
  CHECK(bl_metric_entropy(&value, &one, 1, 1) == BL_OK && same(value, 0));
  CHECK(bl_metric_entropy(&value, &zero, 1, 1) == BL_OK && same(value, 0));
  CHECK(bl_metric_crps(&value, &zero, &zero, &big, 1) == BL_OK && same(value, 1e300));
  CHECK(bl_metric_crps(&value, &zero, &small, &big, 1) == BL_OK && same(value, 1e300));
  CHECK(bl_metric_crps(&value, &zero, &one, &zero, 1) == BL_OK);
  CHECK_CLOSE(value, (sqrt(2) - 1) / sqrt(BL_PI), 2e-16);
  CHECK(bl_metric_gaussian_nll(&value, &one, &one, &one, 1) == BL_OK);
  CHECK_CLOSE(value, 0.5 * BL_LOG_2PI, 1e-16);
  CHECK(bl_metric_sigma_scale(&value, &one, &one, &one, 1) == BL_OK && same(value, 0));
}

static void check_refusals(bl_arena *scratch) {
  const double half[2] = {0.5, 0.5}, labels[2] = {0, 1}, ones[2] = {1, 1}, two[2] = {0, 2}, part[2] = {0, 0.5};
  const double minus[2] = {0.5, -0.1}, nothing[2] = {1, 0}, bad[2] = {0, (double)NAN}, above[2] = {0.5, 1.1};
  double out[3] = {-7, -7, -7};
  double *a = out, *b = out + 1, *c = out + 2;
  CHECK(bl_metric_accuracy(a, half, labels, 0, 1) == BL_SHAPE && bl_metric_nll(a, half, labels, 2, 0) == BL_SHAPE);
  CHECK(bl_metric_brier(a, minus, labels, 2, 1) == BL_OPTION && bl_metric_nll(a, bad, labels, 2, 1) == BL_OPTION);
  CHECK(bl_metric_accuracy(a, above, labels, 2, 1) == BL_OPTION && bl_metric_entropy(a, above, 1, 2) == BL_OPTION);
  CHECK(bl_metric_confidence(a, minus, 1, 2) == BL_OPTION && bl_metric_confidence(a, half, 0, 2) == BL_SHAPE);
  CHECK(bl_metric_accuracy(a, half, two, 2, 1) == BL_LABEL && bl_metric_brier(a, half, part, 2, 1) == BL_LABEL);
  CHECK(bl_metric_nll(a, half, minus + 1, 1, 2) == BL_LABEL && bl_metric_nll(a, half, bad + 1, 1, 2) == BL_LABEL);
  CHECK(bl_metric_ece(a, half, labels, 2, 1, 0, scratch) == BL_OPTION);
  CHECK(bl_metric_mce(a, half, two, 2, 1, 5, scratch) == BL_LABEL);
  CHECK(bl_metric_calibration(a, b, c, half, labels, 2, 1, 0) == BL_OPTION);
  CHECK(bl_metric_calibration(a, b, c, above, labels, 2, 1, 1) == BL_OPTION);
  CHECK(bl_metric_auroc(a, half, ones, 2, scratch) == BL_OPTION);
  CHECK(bl_metric_auroc(a, half, labels, 0, scratch) == BL_SHAPE);
  CHECK(bl_metric_fpr95(a, half, two, 2, scratch) == BL_LABEL);
  CHECK(bl_metric_fpr95(a, bad, labels, 2, scratch) == BL_NOT_FINITE);
  CHECK(bl_metric_rmse(a, bad, labels, 2) == BL_NOT_FINITE && bl_metric_rmse(a, half, bad, 2) == BL_NOT_FINITE);
  CHECK(bl_metric_rmse(a, half, labels, 0) == BL_SHAPE && bl_metric_sharpness(a, minus, 2) == BL_OPTION);
  CHECK(bl_metric_crps(a, half, minus, labels, 2) == BL_OPTION);
  CHECK(bl_metric_crps(a, half, half, bad, 2) == BL_NOT_FINITE);
  CHECK(bl_metric_gaussian_nll(a, half, nothing, labels, 2) == BL_OPTION);
  CHECK(bl_metric_sigma_scale(a, half, nothing, labels, 2) == BL_OPTION);
  CHECK(bl_metric_quantiles(a, b, half, ones, labels, 2, 0) == BL_OPTION);
  CHECK(bl_metric_quantiles(a, b, half, minus, labels, 2, 1) == BL_OPTION);
  CHECK(same(*a, -7) && same(*b, -7) && same(*c, -7));
  const double single[2] = {0.5, 0.5 + 9e-7}, off[2] = {0.5, 0.5 + 2e-6};
  CHECK(bl_metric_bad_probability(single, 1, 2) == -1 && bl_metric_bad_probability(off, 1, 2) == 0);
  CHECK(bl_metric_bad_label(two, 2, 1) == 1 && bl_metric_bad_label(two, 2, 3) == -1);
  CHECK(bl_metric_bad_variance(nothing, 2, 0) == -1 && bl_metric_bad_variance(nothing, 2, 1) == 1);
}

int main(void) {
  bl_rng rng;
  bl_arena *scratch = bl_arena_new();
  printf("seed %d\n", SEED);
  rng_seed(&rng, SEED, 0);
  check_ranking(&rng, scratch);
  check_bins(&rng, scratch);
  check_quantiles(&rng);
  check_limits();
  check_refusals(scratch);
  bl_arena_free(scratch);
  return check_report();
}
