// linalg.c — blocked Cholesky and what follows from it. Golub & Van Loan 2013, algorithms 4.2.2 and 6.5.
#include "linalg.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "kernels.h"
#include "status.h"
#include "vmath.h"

enum { CHOL_BLOCK = 64 };

static double *at(double *A, int n, int row, int column) { return A + (size_t)row * (size_t)n + (size_t)column; }

// the diagonal block (m, m) by rows; BL_NOT_PD at a pivot that is not a positive number
static int chol_small(double *A, int lda, int m) {
  for (int j = 0; j < m; ++j) {
    double *row = at(A, lda, j, 0);
    for (int l = 0; l < j; ++l) {
      double sum = row[l];
      const double *other = at(A, lda, l, 0);
      for (int i = 0; i < l; ++i) sum -= row[i] * other[i];
      row[l] = sum / other[l];
    }
    double pivot = row[j];
    for (int i = 0; i < j; ++i) pivot -= row[i] * row[i];
    if (!(pivot > 0) || !vm_finite(pivot)) return BL_NOT_PD;
    row[j] = sqrt(pivot);
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
