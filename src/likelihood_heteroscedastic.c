// likelihood_heteroscedastic.c — real numbers whose noise depends on x: t means m, then t log-variances ℓ, k = 2t
// outputs.
//   l = ½ Σ_j [(y_j − m_j)² e^{−ℓ_j} + ℓ_j],   c = t·½ log 2π   (Nix & Weigend 1994)
// Λ = diag(e^{−ℓ}, ½) is the Fisher information, the expectation of the Hessian
//   ∂²l/∂m² = e^{−ℓ},  ∂²l/∂m∂ℓ = (y − m)e^{−ℓ},  ∂²l/∂ℓ² = ½(y − m)²e^{−ℓ},
// which itself is indefinite for every residual but 0. With ℓ ~ N(ℓ̂, v) the noise variance is e^{ℓ̂ + v/2}.
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "likelihood.h"
#include "vmath.h"

static int targets(int k) { return k % 2 == 0 ? k / 2 : 0; }

static int means(int k) { return targets(k); }

static int check(const double *y, int n, int k) { return vm_first_bad(y, n * (k / 2)); }

static void loss(double *loss, double *gradient, const double *f, const double *y, const double *precision, int n,
                 int k) {
  (void)precision;
  const int t = k / 2;
  for (int i = 0; i < n; ++i, f += k, y += t) {
    double sum = 0;
    for (int j = 0; j < t; ++j) {
      const double r = y[j] - f[j], w = vm_exp_bounded(-f[t + j]), square = r * r * w;
      sum += square + f[t + j];
      if (!gradient) continue;
      gradient[i * k + j] = -r * w;
      gradient[i * k + t + j] = 0.5 * (1 - square);
    }
    loss[i] = 0.5 * sum;
  }
}

static void constant(double *c, const double *y, double sigma, const double *precision, int n, int k) {
  (void)y, (void)sigma, (void)precision;
  for (int i = 0; i < n; ++i) c[i] = k / 2 * 0.5 * BL_LOG_2PI;
}

static void root(double *S, const double *f, const double *precision, int n, int k) {
  (void)precision;
  const int t = k / 2;
  memset(S, 0, (size_t)n * (size_t)k * (size_t)k * sizeof(double));
  for (int i = 0; i < n; ++i, S += k * k) {
    for (int j = 0; j < t; ++j) {
      S[j * k + j] = vm_exp_bounded(-0.5 * f[i * k + t + j]);
      S[(t + j) * k + t + j] = sqrt(0.5);
    }
  }
}

static void hessian(double *H, const double *f, const double *y, const double *precision, int n, int k) {
  (void)precision;
  const int t = k / 2;
  memset(H, 0, (size_t)n * (size_t)k * (size_t)k * sizeof(double));
  for (int i = 0; i < n; ++i, H += k * k) {
    for (int j = 0; j < t; ++j) {
      const double r = y[i * t + j] - f[i * k + j], w = vm_exp_bounded(-f[i * k + t + j]);
      H[j * k + j] = w;
      H[j * k + t + j] = H[(t + j) * k + j] = r * w;
      H[(t + j) * k + t + j] = 0.5 * r * r * w;
    }
  }
}

static void mean(double *mean, const double *f, int n, int k) {
  const int t = k / 2;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < t; ++j) mean[i * t + j] = f[i * k + j];
  }
}

static void moments(double *expected, double *noise, double *spread, const double *m, const double *V, double sigma,
                    const double *precision, int n, int k) {
  (void)sigma, (void)precision;
  const int t = k / 2;
  if (expected) mean(expected, m, n, k);
  for (int i = 0; i < n; ++i) {
    const double *v = V ? V + (size_t)i * (size_t)k * (size_t)k : NULL;
    for (int a = 0; a < t; ++a) {
      const int at = t + a;
      if (noise) noise[i * t + a] = vm_exp_bounded(m[i * k + at] + (v ? 0.5 * v[at * k + at] : 0));
      for (int b = 0; b < t && spread; ++b) spread[(i * t + a) * t + b] = v ? v[a * k + b] : 0;
    }
  }
}

const bl_likelihood likelihood_heteroscedastic = {
    .name = "heteroscedastic",
    .about = "Real numbers with noise that depends on the input: outputs are means, then log-variances.",
    .is = LIKELIHOOD_REGRESSION | LIKELIHOOD_CURVED,
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
