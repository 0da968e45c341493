// linalg.c — blocked Cholesky and what follows from it. Golub & Van Loan 2013, algorithms 4.2.2 and 6.5.
#include "linalg.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "kernels.h"
#include "status.h"
#include "vmath.h"

enum { CHOL_BLOCK = 64, PANEL = 4 };

static double *at(double *A, int n, int row, int column) { return A + (size_t)row * (size_t)n + (size_t)column; }

// x (4, 4) −= aᵀb over k rows of two panels
static void four_rows(double *x, const double *a, const double *b, int k) {
  v2d *const t = (v2d *)x;
  v2d x0 = t[0], x1 = t[1], x2 = t[2], x3 = t[3], x4 = t[4], x5 = t[5], x6 = t[6], x7 = t[7];
  for (int l = 0; l < k; ++l, a += PANEL, b += PANEL) {
    const v2d b0 = *(const v2d *)b, b1 = *(const v2d *)(b + 2);
    const v2d a0 = {a[0], a[0]}, a1 = {a[1], a[1]}, a2 = {a[2], a[2]}, a3 = {a[3], a[3]};
    x0 -= a0 * b0;
    x1 -= a0 * b1;
    x2 -= a1 * b0;
    x3 -= a1 * b1;
    x4 -= a2 * b0;
    x5 -= a2 * b1;
    x6 -= a3 * b0;
    x7 -= a3 * b1;
  }
  t[0] = x0, t[1] = x1, t[2] = x2, t[3] = x3, t[4] = x4, t[5] = x5, t[6] = x6, t[7] = x7;
}

// The diagonal block (m, m): its transpose in panels of four columns, four rows at a time; what is past the end is the
// identity. BL_NOT_PD at a pivot that is not a positive number.
static int chol_small(double *A, int lda, int m) {
  double T[CHOL_BLOCK / PANEL][CHOL_BLOCK][PANEL] __attribute__((aligned(16)));
  const int panels = (m + PANEL - 1) / PANEL;
  for (int i = 0; i < panels * PANEL; ++i) {
    const int panel = i / PANEL, held = i < m ? i + 1 : 0;
    const double *row = at(A, lda, i < m ? i : 0, 0);
    double *to = &T[panel][0][i % PANEL];
    for (int j = 0; j < held; ++j, to += PANEL) *to = row[j];
    for (int j = held; j < (panel + 1) * PANEL; ++j, to += PANEL) *to = i == j;
  }
  for (int from = 0; from < panels * PANEL; from += PANEL) {
    double inverse[PANEL];
    double(*const left)[PANEL] = T[from / PANEL];
    for (int c = from / PANEL; c < panels; ++c) {
      four_rows(T[c][from], left[0], T[c][0], from);
      for (int r = 0; r < PANEL; ++r) {
        v2d *const row = (v2d *)T[c][from + r];
        for (int l = 0; l < r; ++l) {
          const v2d s = {left[from + l][r], left[from + l][r]}, *other = (const v2d *)T[c][from + l];
          row[0] -= s * other[0];
          row[1] -= s * other[1];
        }
        if (c == from / PANEL) {
          const double pivot = left[from + r][r];
          if (!(pivot > 0) || !vm_finite(pivot)) return BL_NOT_PD;
          inverse[r] = 1 / sqrt(pivot);
        }
        row[0] *= (v2d){inverse[r], inverse[r]};
        row[1] *= (v2d){inverse[r], inverse[r]};
      }
    }
  }
  for (int i = 0; i < m; ++i) {
    const double *from = &T[i / PANEL][0][i % PANEL];
    double *row = at(A, lda, i, 0);
    for (int j = 0; j <= i; ++j, from += PANEL) row[j] = *from;
  }
  return BL_OK;
}

int la_chol(double *A, int n) {
  for (int j = 0; j < n; j += CHOL_BLOCK) {
    const int wide = n - j < CHOL_BLOCK ? n - j : CHOL_BLOCK, below = n - j - wide;
    double *block = at(A, n, j, j), *panel = at(A, n, j + wide, j);
    k_syrk(K_N, block, n, at(A, n, j, 0), n, wide, j, -1, 1);
    const int status = chol_small(block, n, wide);
    if (status != BL_OK) return status;
    k_gemm(K_N, K_T, panel, n, at(A, n, j + wide, 0), n, at(A, n, j, 0), n, below, wide, j, -1, 1);
    k_trsm(K_T, panel, n, block, n, below, wide);
  }
  for (int i = 0; i < n; ++i) memset(at(A, n, i, i) + 1, 0, (size_t)(n - i - 1) * sizeof(double));
  return BL_OK;
}

double la_chol_logdet(const double *L, int n) {
  double sum = 0;
  for (int i = 0; i < n; ++i) sum += vm_log1(L[(size_t)i * (size_t)n + (size_t)i]);
  return 2 * sum;
}

void la_solve_lt(const double *L, double *X, int m, int n) { k_trsm(K_T, X, n, L, n, m, n); }
void la_solve_l(const double *L, double *X, int m, int n) { k_trsm(K_N, X, n, L, n, m, n); }

void la_chol_solve(const double *L, double *X, int m, int n) {
  la_solve_lt(L, X, m, n);
  la_solve_l(L, X, m, n);
}

double la_hypotenuse(double a, double b) {
  const double x = vm_abs(a), y = vm_abs(b), high = x > y ? x : y, ratio = (x > y ? y : x) / high;
  return high > 0 ? high * sqrt(1 + ratio * ratio) : 0;
}

// rotations that take x into L, column by column
static void add_one(double *L, int n, double *x) {
  for (int j = 0; j < n; ++j) {
    double *d = at(L, n, j, j);
    const double r = la_hypotenuse(*d, x[j]), c = *d / r, s = x[j] / r;
    *d = r;
    for (int i = j + 1; i < n; ++i) {
      double *l = at(L, n, i, j);
      const double kept = *l;
      *l = c * kept + s * x[i];
      x[i] = c * x[i] - s * kept;
    }
  }
}

// LINPACK's downdate: with p = L⁻¹x and α² = 1 − pᵀp > 0, the rotations that take (p, α) to (0, 1) take [L; 0] to [L';
// x]
static int remove_one(double *L, int n, double *x, double *cosine) {
  la_solve_lt(L, x, 1, n);
  const double rest = 1 - k_dot(x, x, n);
  if (!(rest > 0)) return BL_NOT_PD;  // also when x has a NaN
  double alpha = sqrt(rest);
  for (int j = n - 1; j >= 0; --j) {
    const double r = la_hypotenuse(alpha, x[j]);
    cosine[j] = alpha / r;
    x[j] /= r;
    alpha = r;
  }
  for (int i = 0; i < n; ++i) {
    double carried = 0;
    for (int j = i; j >= 0; --j) {
      double *l = at(L, n, i, j);
      const double kept = *l;
      *l = cosine[j] * kept - x[j] * carried;
      carried = cosine[j] * carried + x[j] * kept;
    }
  }
  return BL_OK;
}

int la_chol_update(double *L, int n, double *x, double sign, bl_arena *scratch) {
  if (vm_first_bad(x, n) >= 0) return BL_NOT_PD;
  if (sign > 0) {
    add_one(L, n, x);
    return BL_OK;
  }
  const bl_mark mark = bl_arena_mark(scratch);
  double *cosine = arena_doubles(scratch, n, 1);
  const int status = cosine ? remove_one(L, n, x, cosine) : BL_MEMORY;
  bl_arena_release(scratch, mark);
  return status;
}
