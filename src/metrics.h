// metrics.h — how good predictions are: scores, calibration, ranking. Plain arrays in, one number or a few arrays out.
//
// Classification: p (n, c) probabilities, rows that sum to 1; c = 1 is p(y = 1) of two classes. y (n) labels 0…C−1 with
// C = c, or 2 for c = 1. The predicted class is the most probable, the lowest of equals; for c = 1 it is 1 from p = ½
// on.
//
// Regression: mean, variance, y (n) of Gaussians; targets of several columns are so many more entries.
//
// Logarithms are natural. Every sum runs in the order of the examples. BL_SHAPE for n < 1 or c < 1; BL_OPTION for bad
// probabilities, variances or bins, and for one class where two are needed; BL_LABEL for bad labels; else
// BL_NOT_FINITE.
#ifndef BL_METRICS_H
#define BL_METRICS_H

#include "arena.h"

// The first row that is refused, or −1.
int bl_metric_bad_probability(const double *p, int n, int c);             // outside [0, 1], or |Σ − 1| > 1e-6
int bl_metric_bad_label(const double *y, int n, int c);                   // not one of 0…C−1
int bl_metric_bad_variance(const double *variance, int n, int positive);  // < 0; also 0 where it must be positive

int bl_metric_accuracy(double *out, const double *p, const double *y, int n, int c);  // share of hits
int bl_metric_nll(double *out, const double *p, const double *y, int n, int c);  // −mean log p_y; +∞ where p_y = 0
// mean Σ_c (p_c − [y = c])² (Brier 1950); c = 1: mean (p − y)², half of what the same two columns give
int bl_metric_brier(double *out, const double *p, const double *y, int n, int c);
int bl_metric_entropy(double *entropy, const double *p, int n, int c);        // (n) −Σ p log p, nats
int bl_metric_confidence(double *confidence, const double *p, int n, int c);  // (n) probability of the predicted class

// Guo et al. 2017. Bin b holds the confidences in (b/bins, (b + 1)/bins].
// (bins) mean confidence, share of hits, number of examples; an empty bin has NaN, NaN, 0
int bl_metric_calibration(double *confidence, double *accuracy, double *count, const double *p, const double *y, int n,
                          int c, int bins);
// Σ_b n_b/n·|accuracy_b − confidence_b|, and the largest of the differences
int bl_metric_ece(double *out, const double *p, const double *y, int n, int c, int bins, bl_arena *scratch);
int bl_metric_mce(double *out, const double *p, const double *y, int n, int c, int bins, bl_arena *scratch);

// Scores (n), any finite numbers, larger for label 1.
// P(score of a 1 > score of a 0) + ½P(equal): Mann & Whitney 1947
int bl_metric_auroc(double *out, const double *scores, const double *labels, int n, bl_arena *scratch);
// share of the 0s at or above the highest threshold that at least 95 % of the 1s reach
int bl_metric_fpr95(double *out, const double *scores, const double *labels, int n, bl_arena *scratch);

int bl_metric_rmse(double *out, const double *mean, const double *y, int n);
// mean ½(log 2πv + r²/v); v > 0
int bl_metric_gaussian_nll(double *out, const double *mean, const double *variance, const double *y, int n);
// mean s·(z(2Φ(z) − 1) + 2φ(z) − 1/√π), z = r/s (Gneiting & Raftery 2007); |r| for v = 0
int bl_metric_crps(double *out, const double *mean, const double *variance, const double *y, int n);
int bl_metric_sharpness(double *out, const double *variance, int n);  // mean variance
// √(mean r²/v), the factor on all standard deviations that makes mean r²/v = 1; v > 0
int bl_metric_sigma_scale(double *out, const double *mean, const double *variance, const double *y, int n);
// (bins + 1) levels i/bins and the share of targets with Φ(r/s) at or below them (Kuleshov, Fenner & Ermon 2018)
int bl_metric_quantiles(double *expected, double *observed, const double *mean, const double *variance, const double *y,
                        int n, int bins);

#endif
