// likelihood_categorical.c — y ∈ {0 … k−1}, p = softmax(f). With m the largest logit and s = Σ_{j≠m} e^{f_j − f_m}:
//   l = (f_m − f_y) + log1p(s),  ∂l/∂f = p − e_y,  Λ = diag(p) − ppᵀ,  S = (I − uuᵀ)diag(u), u = √p.
// 1 − p_i is always summed from the others, so nothing cancels where one class is nearly certain.
#include <math.h>
#include <stddef.h>

#include "kernels.h"
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

// of one row, two at a time
static double top_of(const double *f, int k) {
  v2d top = {f[k - 1], f[k - 1]};
  for (int j = 0; j + 2 <= k; j += 2) {
    const v2d x = vm_load(f + j);
    const v2i above = x > top;
    top = (v2d)((above & (v2i)x) | (~above & (v2i)top));
  }
  return top[0] > top[1] ? top[0] : top[1];
}

static void softmax(double *p, const double *f, int n, int k) {
  for (int i = 0; i < n; ++i) {
    const double top = top_of(f + i * k, k);
    const v2d both = {top, top};
    int j = 0;
    for (; j + 2 <= k; j += 2) vm_store(p + i * k + j, vm_load(f + i * k + j) - both);
    if (j < k) p[i * k + j] = f[i * k + j] - top;
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
      double below = 0, away = 0;
      v2d most = {0, 0}, on_top = {0, 0};
      for (int j = 0; j < k; j += 2) {  // past an odd end stands a class without probability
        const int two = j + 1 < k;
        const v2d q = two ? vm_load(p + j) : (v2d){p[j], 0};
        const v2d gap = (v2d){top, top} - (two ? vm_load(f + j) : (v2d){f[j], -HUGE_VAL});
        const v2i under = gap > (v2d){0, 0};
        const v2d far = (v2d)((q > (v2d){0, 0}) & (v2i)(q * gap)), low = (v2d)(under & (v2i)q);
        away += far[0], away += far[1];
        below += low[0], below += low[1];
        most = (v2d)((under & (v2i)most) | (~under & (v2i)q));
        on_top += (v2d)(~under & (v2i)(v2d){1, 1});
      }
      s[i] = below / (most[0] > most[1] ? most[0] : most[1]) + (on_top[0] + on_top[1] - 1);
      h[i] = away;
    }
    vm_log1p(s, s, count);
    k_axpy(h, 1, s, count);
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
