// kernels_naive.c — the definitions themselves, as loops: what the tests hold the blocked kernels to.
#include <stddef.h>

#include "kernels.h"

static size_t at(int transposed, int ld, int row, int column) {
  return transposed ? (size_t)column * (size_t)ld + (size_t)row : (size_t)row * (size_t)ld + (size_t)column;
}

#define NAIVE_GEMM(name, real)                                                                                     \
  void name(int ta, int tb, real *C, int ldc, const real *A, int lda, const real *B, int ldb, int m, int n, int k, \
            real alpha, real beta) {                                                                               \
    for (int i = 0; i < m; ++i) {                                                                                  \
      for (int j = 0; j < n; ++j) {                                                                                \
        real sum = beta > 0 ? C[at(K_N, ldc, i, j)] : 0;                                                           \
        for (int l = 0; l < k; ++l) sum += alpha * A[at(ta, lda, i, l)] * B[at(tb, ldb, l, j)];                    \
        C[at(K_N, ldc, i, j)] = sum;                                                                               \
      }                                                                                                            \
    }                                                                                                              \
  }

NAIVE_GEMM(k_gemm_naive, double)
NAIVE_GEMM(k_gemm_f32_naive, float)

void k_trsm_naive(int tl, double *X, int ldx, const double *L, int ldl, int m, int n) {
  for (int i = 0; i < m; ++i) {
    double *x = X + (size_t)i * (size_t)ldx;
    for (int step = 0; step < n; ++step) {
      const int j = tl ? step : n - 1 - step;
      for (int l = tl ? 0 : j + 1; l < (tl ? j : n); ++l) x[j] -= x[l] * L[at(!tl, ldl, j, l)];
      x[j] /= L[at(K_N, ldl, j, j)];
    }
  }
}
