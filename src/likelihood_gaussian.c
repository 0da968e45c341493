// likelihood_gaussian.c — y = f + noise, k outputs, one σ for all (in the scale s = 1/(σ²T)) or a precision per output:
//   l = ½ Σ_j π_j (f_j − y_j)²,  Λ = diag(π),  π_j = 1, or 1/σ_j².
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "likelihood.h"
#include "vmath.h"

static int targets(int k) { return k; }

static int means(int k) { return k; }

static int check(const double *y, int n, int k) { return vm_first_bad(y, n * k); }

static double weight(const double *precision, int j) { return precision ? precision[j] : 1; }

static void loss(double *loss, double *gradient, const double *f, const double *y, const double *precision, int n,
                 int k) {
  for (int i = 0; i < n; ++i) {
    double sum = 0;
    for (int j = 0; j < k; ++j) {
      const double r = f[i * k + j] - y[i * k + j], g = weight(precision, j) * r;
      sum += g * r;
      if (gradient) gradient[i * k + j] = g;
    }
    loss[i] = 0.5 * sum;
  }
}

static void constant(double *c, const double *y, double sigma, const double *precision, int n, int k) {
  (void)y;
  double each = k * (0.5 * BL_LOG_2PI + vm_log1(sigma));
  for (int j = 0; j < k; ++j) each -= 0.5 * vm_log1(weight(precision, j));
  for (int i = 0; i < n; ++i) c[i] = each;
}

static void root(double *S, const double *f, const double *precision, int n, int k) {
  (void)f;
  memset(S, 0, (size_t)n * (size_t)k * (size_t)k * sizeof(double));
  for (int i = 0; i < n; ++i, S += k * k) {
    for (int j = 0; j < k; ++j) S[j * k + j] = sqrt(weight(precision, j));
  }
}

static void hessian(double *H, const double *f, const double *y, const double *precision, int n, int k) {
  (void)f;
  (void)y;
  memset(H, 0, (size_t)n * (size_t)k * (size_t)k * sizeof(double));
  for (int i = 0; i < n; ++i, H += k * k) {
    for (int j = 0; j < k; ++j) H[j * k + j] = weight(precision, j);
  }
}

static void mean(double *mean, const double *f, int n, int k) {
  memmove(mean, f, (size_t)n * (size_t)k * sizeof(double));
}

static void moments(double *mean, double *noise, double *spread, const double *m, const double *V, double sigma,
                    const double *precision, int n, int k) {
  const size_t count = (size_t)n * (size_t)k;
  if (mean) memmove(mean, m, count * sizeof(double));
  for (int i = 0; noise && i < n; ++i) {
    for (int j = 0; j < k; ++j) noise[i * k + j] = sigma * sigma / weight(precision, j);
  }
  if (spread && V) memmove(spread, V, count * (size_t)k * sizeof(double));
  if (spread && !V) memset(spread, 0, count * (size_t)k * sizeof(double));
}

const bl_likelihood likelihood_gaussian = {
    .name = "gaussian",
    .about = "Real numbers with Gaussian noise of standard deviation sigmaNoise, shared or per output.",
    .is = LIKELIHOOD_SIGMA | LIKELIHOOD_REGRESSION,
    .targets = targets,
    .means = means,
    .check = check,
    .loss = loss,
    .constant = constant,
    .root = root,
    .hessian = hessian,
    .mean = mean,
    .entropy = NULL,
    .moments = moments,
};
