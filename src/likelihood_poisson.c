// likelihood_poisson.c — counts y ∈ {0, 1, 2, …}, k outputs with a log link: y_j ~ Poisson(e^{f_j}).
//   l = Σ_j e^{f_j} − y_j f_j,  c = Σ_j log y_j!,  Λ = diag(e^f) = the Hessian,  S = diag(e^{f/2})
// With f ~ N(m, V) the rate is log-normal (Aitchison & Brown 1957):
//   E e^f = e^{m + v/2},  cov(e^{f_i}, e^{f_j}) = e^{m_i + m_j + (v_ii + v_jj)/2}(e^{v_ij} − 1).
// What is beyond the largest double stays there: a far extrapolation is huge, not infinite.
#include <stddef.h>
#include <string.h>

#include "likelihood.h"
#include "vmath.h"

static const double MOST = 9007199254740992.0;  // 2⁵³: beyond it doubles are no counts

static int targets(int k) { return k; }

static int means(int k) { return k; }

static int check(const double *y, int n, int k) {
  for (int i = 0; i < n * k; ++i) {
    if (!(y[i] >= 0 && y[i] <= MOST) || y[i] - (double)(long long)y[i] > 0) return i;
  }
  return -1;
}

static void loss(double *loss, double *gradient, const double *f, const double *y, const double *precision, int n,
                 int k) {
  (void)precision;
  for (int i = 0; i < n; ++i) {
    double sum = 0;
    for (int j = i * k; j < (i + 1) * k; ++j) {
      const double e = vm_exp1(f[j]);
      sum += e - y[j] * f[j];
      if (gradient) gradient[j] = e - y[j];
    }
    loss[i] = sum;
  }
}

static void constant(double *c, const double *y, double sigma, const double *precision, int n, int k) {
  (void)sigma, (void)precision;
  for (int i = 0; i < n; ++i) {
    c[i] = 0;
    for (int j = i * k; j < (i + 1) * k; ++j) c[i] += vm_log_factorial(y[j]);
  }
}

static void diagonal(double *M, const double *f, double power, int n, int k) {
  memset(M, 0, (size_t)n * (size_t)k * (size_t)k * sizeof(double));
  for (int i = 0; i < n; ++i, M += k * k) {
    for (int j = 0; j < k; ++j) M[j * k + j] = vm_exp_bounded(power * f[i * k + j]);
  }
}

static void root(double *S, const double *f, const double *precision, int n, int k) {
  (void)precision;
  diagonal(S, f, 0.5, n, k);
}

static void hessian(double *H, const double *f, const double *y, const double *precision, int n, int k) {
  (void)y, (void)precision;
  diagonal(H, f, 1, n, k);
}

static void mean(double *mean, const double *f, int n, int k) {
  for (int i = 0; i < n * k; ++i) mean[i] = vm_exp_bounded(f[i]);
}

// e^a(e^c − 1). Where e^a is near either end of the range of doubles, by logarithms: the product may still lie inside.
static double grown(double a, double c) {
  if (a > -600 && a < 600 && c < 100) return vm_exp1(a) * vm_expm11(c);
  if (c > 0) return vm_exp_bounded(a + (c < 1 ? vm_log1(vm_expm11(c)) : c + vm_log1p1(-vm_exp1(-c))));
  return c < 0 ? -vm_exp_bounded(a + vm_log1(-vm_expm11(c))) : 0;
}

static void moments(double *mean, double *noise, double *spread, const double *m, const double *V, double sigma,
                    const double *precision, int n, int k) {
  (void)sigma, (void)precision;
  for (int i = 0; i < n; ++i) {
    const double *at = m + i * k, *v = V ? V + (size_t)i * (size_t)k * (size_t)k : NULL;
    for (int a = 0; a < k; ++a) {
      const double log_rate = at[a] + (v ? 0.5 * v[a * k + a] : 0), rate = vm_exp_bounded(log_rate);
      if (mean) mean[i * k + a] = rate;
      if (noise) noise[i * k + a] = rate;
      for (int b = 0; b < k && spread; ++b) {
        const double other = at[b] + (v ? 0.5 * v[b * k + b] : 0);
        spread[(i * k + a) * k + b] = v ? grown(log_rate + other, v[a * k + b]) : 0;
      }
    }
  }
}

const bl_likelihood likelihood_poisson = {
    .name = "poisson",
    .about = "Counts 0, 1, 2, …, one log rate for each output.",
    .is = LIKELIHOOD_REGRESSION,
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
