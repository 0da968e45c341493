// likelihood_bernoulli.c — y ∈ {0, 1}, p(y = 1 | f) = σ(f), one logit. With ± = 1 − 2y:
//   l = softplus(±f),  ∂l/∂f = ±σ(±f),  Λ = σ(f)σ(−f),  S = e^{−|f|/2}/(1 + e^{−|f|}).
// Written in the tail that is small, so a confident example keeps its relative accuracy.
#include <stddef.h>

#include "likelihood.h"
#include "vmath.h"

static int targets(int k) { return k == 1; }

static int means(int k) { return k; }

static int check(const double *y, int n, int k) {
  (void)k;
  for (int i = 0; i < n; ++i) {
    if (!(y[i] == 0 || y[i] == 1)) return i;
  }
  return -1;
}

static void loss(double *loss, double *gradient, const double *f, const double *y, const double *precision, int n,
                 int k) {
  (void)precision;
  (void)k;
  for (int i = 0; i < n; ++i) loss[i] = y[i] != 0 ? -f[i] : f[i];
  if (gradient) {
    vm_sigmoid(gradient, loss, n);
    for (int i = 0; i < n; ++i) gradient[i] = y[i] != 0 ? -gradient[i] : gradient[i];
  }
  vm_softplus(loss, loss, n);
}

static void root(double *S, const double *f, const double *precision, int n, int k) {
  (void)precision;
  (void)k;
  for (int i = 0; i < n; ++i) S[i] = -0.5 * vm_abs(f[i]);
  vm_exp(S, S, n);
  for (int i = 0; i < n; ++i) S[i] = S[i] / (1 + S[i] * S[i]);
}

static void hessian(double *H, const double *f, const double *y, const double *precision, int n, int k) {
  (void)y;
  root(H, f, precision, n, k);
  for (int i = 0; i < n; ++i) H[i] *= H[i];
}

static void mean(double *mean, const double *f, int n, int k) {
  (void)k;
  vm_sigmoid(mean, f, n);
}

// H = softplus(−|f|) + |f|·σ(−|f|): two terms of one sign
static void entropy(double *h, const double *p, const double *f, int n, int k) {
  (void)p;
  (void)k;
  for (int i = 0; i < n; ++i) {
    const double a = vm_abs(f[i]), tail = vm_sigmoid1(-a);
    h[i] = vm_softplus1(-a) + (tail > 0 ? a * tail : 0);
  }
}

const bl_likelihood likelihood_bernoulli = {
    .name = "bernoulli",
    .about = "Two classes, one logit: p(y = 1) = 1/(1 + exp(−f)).",
    .is = LIKELIHOOD_CLASSES,
    .targets = targets,
    .means = means,
    .check = check,
    .loss = loss,
    .constant = likelihood_constant_none,
    .root = root,
    .hessian = hessian,
    .mean = mean,
    .entropy = entropy,
    .moments = NULL,
};
