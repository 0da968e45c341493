// kernels.h — dense blocks on 16-byte vectors: gemm, syrk, trsm, dot, in f64 and f32, each with its naive twin.
// Row-major, leading dimensions in elements. Kernels neither allocate nor know the model; packing buffers live on the
// stack. Every element of a result is one chain of additions in the order of the inner index, whatever its place in the
// matrix, so row i of a batch has the bits it has alone. alpha is +1 or −1, beta 0 (C is not read) or 1.
#ifndef BL_KERNELS_H
#define BL_KERNELS_H

#include <stddef.h>

enum { K_N = 0, K_T = 1 };

// C (m, n) = beta·C + alpha·op(A)·op(B);  op(A) (m, k): A (m, k) or, K_T, A (k, m);  op(B) (k, n): B (k, n) or, K_T, B
// (n, k)
void k_gemm(int ta, int tb, double *C, int ldc, const double *A, int lda, const double *B, int ldb, int m, int n, int k,
            double alpha, double beta);
void k_gemm_f32(int ta, int tb, float *C, int ldc, const float *A, int lda, const float *B, int ldb, int m, int n,
                int k, float alpha, float beta);
// lower triangle of C (m, m) = beta·C + alpha·op(A)·op(A)ᵀ;  op(A) (m, k)
void k_syrk(int ta, double *C, int ldc, const double *A, int lda, int m, int k, double alpha, double beta);
void k_syrk_f32(int ta, float *C, int ldc, const float *A, int lda, int m, int k, float alpha, float beta);
// rows are right-hand sides: X (m, n) ← X·L⁻ᵀ (K_T) or X·L⁻¹ (K_N), L (n, n) lower
void k_trsm(int tl, double *X, int ldx, const double *L, int ldl, int m, int n);
void k_trsm_f32(int tl, float *X, int ldx, const float *L, int ldl, int m, int n);

// Panels: K_PANEL (f64) or K_PANEL_F32 columns of a matrix side by side, row by row, rows rounded up to K_ROWS; several
// panels one behind the other. The left side is packed once, op(A) (m, k) into k_rounded(m)·k numbers.
enum { K_ROWS = 4, K_PANEL = 4, K_PANEL_F32 = 8 };
static inline int k_rounded(int m) { return (m + K_ROWS - 1) / K_ROWS * K_ROWS; }
#define K_PANELS(REAL, name)                                                                                      \
  /* C (m) += A·X, A (m, k), the panels of X being depth ≥ k rows high; lower: A (m, m) is a lower triangle */ \
  void name(k_panels)(REAL * C, const REAL *P, const REAL *X, int m, int k, int depth, int panels, int lower);    \
  /* K_ROWS rows of C += (D_S·D) ∘ (A_S·A + bias) in one panel, outputs times; D NULL: D is the identity */   \
  void name(k_panel_product)(REAL * C, size_t stride, const REAL *AS, const REAL *A, int in, REAL bias,           \
                             const REAL *DS, const REAL *D, size_t d_stride, int out, int outputs);
#define K_F64(x) x
#define K_F32(x) x##_f32
void k_pack(double *P, int ta, const double *A, int lda, int m, int k, double alpha);
K_PANELS(double, K_F64)
K_PANELS(float, K_F32)

double k_dot(const double *x, const double *y, int n);
// lower triangle of C (m, m) += factor·X·Yᵀ, for few rows (m, n) whose product is symmetric; the upper is spoiled
void k_dots(double *C, const double *X, const double *Y, int m, int n, double factor);
void k_axpy(double *y, double a, const double *x, int n);  // y += a·x
void k_times(double *z, const double *x, const double *y, int n);  // z = x∘y
void k_copy_lower(double *A, int lda, int n);              // upper triangle from the lower

// the naive loops beside them, for the tests
void k_gemm_naive(int ta, int tb, double *C, int ldc, const double *A, int lda, const double *B, int ldb, int m, int n,
                  int k, double alpha, double beta);
void k_gemm_f32_naive(int ta, int tb, float *C, int ldc, const float *A, int lda, const float *B, int ldb, int m, int n,
                      int k, float alpha, float beta);
void k_trsm_naive(int tl, double *X, int ldx, const double *L, int ldl, int m, int n);

// what 16-byte multiplies and adds can do at best: rounds × 48 (f64) or 96 (f32) operations in registers
double k_peak_f64(int rounds);
float k_peak_f32(int rounds);

#endif
