// likelihood_categorical.c — y ∈ {0 … k−1}, p = softmax(f). With m the largest logit and s = Σ_{j≠m} e^{f_j − f_m}:
//   l = (f_m − f_y) + log1p(s),  ∂l/∂f = p − e_y,  Λ = diag(p) − ppᵀ,  S = (I − uuᵀ)diag(u), u = √p.
// 1 − p_i is always summed from the others, so nothing cancels where one class is nearly certain.
#include <math.h>
#include <stddef.h>

#include "likelihood.h"
#include "vmath.h"

enum { ROOM = 32 };  // exponentials or logarithms taken at a time

static int targets(int k) { return k >= 2; }

static int means(int k) { return k; }

static int check(const double *y, int n, int k) {
  for (int i = 0; i < n; ++i) {
    if (!(y[i] >= 0 && y[i] < k && y[i] == floor(y[i]))) return i;
  }
  return -1;
}

static int largest(const double *f, int k) {
  int m = 0;
  for (int j = 1; j < k; ++j) {
    if (f[j] > f[m]) m = j;
  }
  return m;
}

// log Σ e^{f_j − f_m}
static double log_sum(const double *f, int k, int m) {
  double z[ROOM], s = 0;
  for (int from = 0; from < k; from += ROOM) {
    const int count = k - from < ROOM ? k - from : ROOM;
    for (int j = 0; j < count; ++j) z[j] = f[from + j] - f[m];
    vm_exp(z, z, count);
    for (int j = 0; j < count; ++j) s += from + j == m ? 0 : z[j];
  }
  return vm_log1p1(s);
}

// of one row; without a branch
static double top_of(const double *f, int k) {
  double top = f[0];
  for (int j = 1; j < k; ++j) top = f[j] > top ? f[j] : top;
  return top;
}

static void softmax(double *p, const double *f, int n, int k) {
  for (int i = 0; i < n; ++i) {
    const double top = top_of(f + i * k, k);
    for (int j = 0; j < k; ++j) p[i * k + j] = f[i * k + j] - top;
  }
  vm_exp(p, p, n * k);
  for (int i = 0; i < n; ++i) {
    double sum = 0;
    for (int j = 0; j < k; ++j) sum += p[i * k + j];
    const v2d total = {sum, sum};
    int j = 0;
    for (; j + 2 <= k; j += 2) vm_store(p + i * k + j, vm_load(p + i * k + j) / total);
    if (j < k) p[i * k + j] /= sum;
  }
}

static double others(const double *p, int k, int i) {
  double sum = 0;
  for (int j = 0; j < k; ++j) {
    if (j != i) sum += p[j];
  }
  return sum;
}

static void loss(double *loss, double *gradient, const double *f, const double *y, const double *precision, int n,
                 int k) {
  (void)precision;
  for (int i = 0; i < n; ++i) {
    const double *row = f + i * k;
    const int m = largest(row, k);
    loss[i] = (row[m] - row[(int)y[i]]) + log_sum(row, k, m);
  }
  if (!gradient) return;
  softmax(gradient, f, n, k);
  for (int i = 0; i < n; ++i) gradient[i * k + (int)y[i]] = -others(gradient + i * k, k, (int)y[i]);
}

static void root(double *S, const double *f, const double *precision, int n, int k) {
  (void)precision;
  for (int i = 0; i < n; ++i, S += k * k) {
    double *u = S + k * (k - 1);  // the last row holds p until it is written itself
    softmax(u, f + i * k, 1, k);
    for (int r = 0; r < k; ++r) {
      const double rest = others(u, k, r), ur = sqrt(u[r]);
      if (r == k - 1) {
        for (int j = 0; j < r; ++j) u[j] *= -ur;
        u[r] = rest * ur;
      } else {
        for (int j = 0; j < k; ++j) S[r * k + j] = j == r ? rest * ur : -ur * u[j];
      }
    }
  }
}

static void hessian(double *H, const double *f, const double *y, const double *precision, int n, int k) {
  (void)y;
  (void)precision;
  for (int i = 0; i < n; ++i, H += k * k) {
    double *p = H + k * (k - 1);  // as above
    softmax(p, f + i * k, 1, k);
    for (int r = 0; r < k; ++r) {
      const double rest = others(p, k, r), pr = p[r];
      for (int j = 0; j < k; ++j) H[r * k + j] = j == r ? pr * rest : -pr * p[j];
    }
  }
}

static void mean(double *mean, const double *f, int n, int k) { softmax(mean, f, n, k); }

// H = log(1 + s) + Σ p_j (f_m − f_j), s = Σ_{j≠m} p_j/p_m: every term is positive
static void entropy(double *h, const double *p, const double *f, int n, int k) {
  double s[ROOM];
  for (int from = 0; from < n; from += ROOM, h += ROOM) {
    const int count = n - from < ROOM ? n - from : ROOM;
    for (int i = 0; i < count; ++i, f += k, p += k) {
      const double top = top_of(f, k);
      double most = 0, below = 0, others_on_top = -1, away = 0;
      for (int j = 0; j < k; ++j) {
        const double gap = top - f[j];
        away += p[j] > 0 ? p[j] * gap : 0;
        below += gap > 0 ? p[j] : 0;
        most = gap > 0 ? most : p[j];
        others_on_top += gap > 0 ? 0 : 1;
      }
      s[i] = below / most + others_on_top;
      h[i] = away;
    }
    vm_log1p(s, s, count);
    for (int i = 0; i < count; ++i) h[i] += s[i];
  }
}

const bl_likelihood likelihood_categorical = {
    .name = "categorical",
    .about = "Several classes, one logit each: probabilities by softmax.",
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
