// metrics.c — the metrics of probabilities and of Gaussians. A row of probabilities is looked at through three
// functions: the predicted class, its probability, and the probability of a label; nothing else asks whether there is
// one column or more.
#include "metrics.h"

#include <math.h>
#include <stddef.h>

#include "status.h"
#include "vmath.h"

static const double ROW_TOLERANCE = 1e-6;  // of |Σ p − 1|: probabilities made in single precision pass
static const double ROOT_HALF = 0.70710678118654752440;

static int classes_of(int c) { return c == 1 ? 2 : c; }

static const double *row_of(const double *p, int i, int c) { return p + (size_t)i * (size_t)c; }

static int predicted(const double *row, int c) {
  int best = 0;
  if (c == 1) return row[0] >= 0.5;
  for (int j = 1; j < c; ++j)
    if (row[j] > row[best]) best = j;
  return best;
}

static double probability(const double *row, int label, int c) {
  if (c > 1) return row[label];
  return label == 1 ? row[0] : 1 - row[0];
}

// log(1 − p) for c = 1 without forming 1 − p, which loses a small p
static double log_probability(const double *row, int label, int c) {
  return c == 1 && label == 0 ? vm_log1p1(-row[0]) : vm_log1(probability(row, label, c));
}

// ---- what is accepted

int bl_metric_bad_probability(const double *p, int n, int c) {
  for (int i = 0; i < n; ++i) {
    const double *row = row_of(p, i, c);
    double sum = 0;
    for (int j = 0; j < c; ++j) {
      if (!(row[j] >= 0 && row[j] <= 1)) return i;
      sum += row[j];
    }
    if (c > 1 && !(vm_abs(sum - 1) <= ROW_TOLERANCE)) return i;
  }
  return -1;
}

int bl_metric_bad_label(const double *y, int n, int c) {
  for (int i = 0; i < n; ++i)
    if (!(y[i] >= 0 && y[i] < classes_of(c)) || y[i] > (int)y[i]) return i;
  return -1;
}

int bl_metric_bad_variance(const double *variance, int n, int positive) {
  for (int i = 0; i < n; ++i)
    if (!(positive ? variance[i] > 0 : variance[i] >= 0)) return i;
  return -1;
}

static int check_probabilities(const double *p, int n, int c) {
  if (n < 1 || c < 1) return BL_SHAPE;
  return bl_metric_bad_probability(p, n, c) < 0 ? BL_OK : BL_OPTION;
}

static int check_classes(const double *p, const double *y, int n, int c) {
  const int status = check_probabilities(p, n, c);
  if (status != BL_OK) return status;
  return bl_metric_bad_label(y, n, c) < 0 ? BL_OK : BL_LABEL;
}

static int check_numbers(const double *x, int n) {
  if (n < 1) return BL_SHAPE;
  return vm_first_bad(x, n) < 0 ? BL_OK : BL_NOT_FINITE;
}

static int check_variances(const double *variance, int n, int positive) {
  const int status = check_numbers(variance, n);
  if (status != BL_OK) return status;
  return bl_metric_bad_variance(variance, n, positive) < 0 ? BL_OK : BL_OPTION;
}

static int check_gaussians(const double *mean, const double *variance, const double *y, int n, int positive) {
  int status = check_numbers(mean, n);
  if (status == BL_OK) status = check_numbers(y, n);
  return status == BL_OK ? check_variances(variance, n, positive) : status;
}

// ---- classification

int bl_metric_accuracy(double *out, const double *p, const double *y, int n, int c) {
  const int status = check_classes(p, y, n, c);
  if (status != BL_OK) return status;
  int hits = 0;
  for (int i = 0; i < n; ++i) hits += predicted(row_of(p, i, c), c) == (int)y[i];
  *out = (double)hits / n;
  return BL_OK;
}

int bl_metric_nll(double *out, const double *p, const double *y, int n, int c) {
  const int status = check_classes(p, y, n, c);
  if (status != BL_OK) return status;
  double sum = 0;
  for (int i = 0; i < n; ++i) sum -= log_probability(row_of(p, i, c), (int)y[i], c);
  *out = sum / n;
  return BL_OK;
}

int bl_metric_brier(double *out, const double *p, const double *y, int n, int c) {
  const int status = check_classes(p, y, n, c);
  if (status != BL_OK) return status;
  double sum = 0;
  for (int i = 0; i < n; ++i) {
    const double *row = row_of(p, i, c);
    const int truth = c == 1 ? (int)y[i] - 1 : (int)y[i];  // the one column of c = 1 is class 1
    for (int j = 0; j < c; ++j) {
      const double off = row[j] - (j == truth);
      sum += off * off;
    }
  }
  *out = sum / n;
  return BL_OK;
}

int bl_metric_entropy(double *entropy, const double *p, int n, int c) {
  const int status = check_probabilities(p, n, c);
  if (status != BL_OK) return status;
  for (int i = 0; i < n; ++i) {
    const double *row = row_of(p, i, c);
    entropy[i] = 0;
    for (int j = 0; j < classes_of(c); ++j) {
      const double share = probability(row, j, c);
      if (share > 0) entropy[i] -= share * log_probability(row, j, c);
    }
  }
  return BL_OK;
}

static double confidence_of(const double *row, int c) { return probability(row, predicted(row, c), c); }

int bl_metric_confidence(double *confidence, const double *p, int n, int c) {
  const int status = check_probabilities(p, n, c);
  if (status != BL_OK) return status;
  for (int i = 0; i < n; ++i) confidence[i] = confidence_of(row_of(p, i, c), c);
  return BL_OK;
}

// ---- bins

// The least b with x ≤ (b + 1)/bins, for 0 < x ≤ 1. The product may be rounded up to an integer, never below one that
// x passes, so only the lower edge is looked at again.
static int bin_of(double x, int bins) {
  const int b = (int)(x * bins);
  if (b >= bins) return bins - 1;
  return b > 0 && x <= (double)b / bins ? b - 1 : b;
}

// sums: of confidence, of hits, of examples
static int bin_sums(double *confidence, double *hits, double *count, const double *p, const double *y, int n, int c,
                    int bins) {
  const int status = check_classes(p, y, n, c);
  if (status != BL_OK) return status;
  for (int b = 0; b < bins; ++b) confidence[b] = hits[b] = count[b] = 0;
  for (int i = 0; i < n; ++i) {
    const double *row = row_of(p, i, c), sure = confidence_of(row, c);
    const int b = bin_of(sure, bins);
    confidence[b] += sure;
    hits[b] += predicted(row, c) == (int)y[i];
    count[b] += 1;
  }
  return BL_OK;
}

int bl_metric_calibration(double *confidence, double *accuracy, double *count, const double *p, const double *y, int n,
                          int c, int bins) {
  if (bins < 1) return BL_OPTION;
  const int status = bin_sums(confidence, accuracy, count, p, y, n, c, bins);
  for (int b = 0; b < bins && status == BL_OK; ++b) {
    confidence[b] = count[b] > 0 ? confidence[b] / count[b] : (double)NAN;
    accuracy[b] = count[b] > 0 ? accuracy[b] / count[b] : (double)NAN;
  }
  return status;
}

static int calibration_errors(double *mean, double *largest, const double *p, const double *y, int n, int c, int bins,
                              bl_arena *scratch) {
  if (bins < 1) return BL_OPTION;
  const bl_mark mark = bl_arena_mark(scratch);
  double *confidence = arena_doubles(scratch, bins, 1), *hits = arena_doubles(scratch, bins, 1),
         *count = arena_doubles(scratch, bins, 1);
  int status = confidence && hits && count ? bin_sums(confidence, hits, count, p, y, n, c, bins) : BL_MEMORY;
  if (status == BL_OK) {
    *mean = *largest = 0;
    for (int b = 0; b < bins; ++b) {
      const double gap = vm_abs(hits[b] - confidence[b]);  // n_b·|accuracy − confidence|
      *mean += gap;
      if (count[b] > 0 && gap / count[b] > *largest) *largest = gap / count[b];
    }
    *mean /= n;
  }
  bl_arena_release(scratch, mark);
  return status;
}

int bl_metric_ece(double *out, const double *p, const double *y, int n, int c, int bins, bl_arena *scratch) {
  double largest;
  return calibration_errors(out, &largest, p, y, n, c, bins, scratch);
}

int bl_metric_mce(double *out, const double *p, const double *y, int n, int c, int bins, bl_arena *scratch) {
  double mean;
  return calibration_errors(&mean, out, p, y, n, c, bins, scratch);
}

// ---- regression

int bl_metric_rmse(double *out, const double *mean, const double *y, int n) {
  int status = check_numbers(mean, n);
  if (status == BL_OK) status = check_numbers(y, n);
  if (status != BL_OK) return status;
  double sum = 0;
  for (int i = 0; i < n; ++i) sum += (y[i] - mean[i]) * (y[i] - mean[i]);
  *out = sqrt(sum / n);
  return BL_OK;
}

static double nll_of(double r, double v) { return 0.5 * (BL_LOG_2PI + vm_log1(v) + r * r / v); }

static double square_of(double r, double v) { return r * r / v; }

// r·erf(z/√2) + s·(2φ(z) − 1/√π): no product of a vanishing s with a large z
static double crps_of(double r, double v) {
  if (!(v > 0)) return vm_abs(r);
  const double s = sqrt(v), z = r / s;
  return r * vm_erf1(z * ROOT_HALF) + s * (sqrt(2 / BL_PI) * vm_exp1(-0.5 * z * z) - sqrt(1 / BL_PI));
}

static int average(double *out, double (*term)(double r, double v), const double *mean, const double *variance,
                   const double *y, int n, int positive) {
  const int status = check_gaussians(mean, variance, y, n, positive);
  if (status != BL_OK) return status;
  double sum = 0;
  for (int i = 0; i < n; ++i) sum += term(y[i] - mean[i], variance[i]);
  *out = sum / n;
  return BL_OK;
}

int bl_metric_gaussian_nll(double *out, const double *mean, const double *variance, const double *y, int n) {
  return average(out, nll_of, mean, variance, y, n, 1);
}

int bl_metric_crps(double *out, const double *mean, const double *variance, const double *y, int n) {
  return average(out, crps_of, mean, variance, y, n, 0);
}

int bl_metric_sigma_scale(double *out, const double *mean, const double *variance, const double *y, int n) {
  const int status = average(out, square_of, mean, variance, y, n, 1);
  if (status == BL_OK) *out = sqrt(*out);
  return status;
}

int bl_metric_sharpness(double *out, const double *variance, int n) {
  const int status = check_variances(variance, n, 0);
  if (status != BL_OK) return status;
  double sum = 0;
  for (int i = 0; i < n; ++i) sum += variance[i];
  *out = sum / n;
  return BL_OK;
}

// Φ(r/√v); a step at r = 0, itself above it, for v = 0
static double gaussian_cdf(double r, double v) {
  if (!(v > 0)) return r >= 0;
  return 0.5 * vm_erfc1(-r / sqrt(v) * ROOT_HALF);
}

int bl_metric_quantiles(double *expected, double *observed, const double *mean, const double *variance, const double *y,
                        int n, int bins) {
  if (bins < 1) return BL_OPTION;
  const int status = check_gaussians(mean, variance, y, n, 0);
  if (status != BL_OK) return status;
  for (int b = 0; b <= bins; ++b) {
    expected[b] = (double)b / bins;
    observed[b] = 0;
  }
  for (int i = 0; i < n; ++i) {
    const double u = gaussian_cdf(y[i] - mean[i], variance[i]);
    observed[u > 0 ? bin_of(u, bins) + 1 : 0] += 1;  // the first level that is not below u
  }
  for (int b = 1; b <= bins; ++b) observed[b] += observed[b - 1];
  for (int b = 0; b <= bins; ++b) observed[b] /= n;
  return BL_OK;
}
