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

// Panels: K_PANEL (f64) or K_PANEL_F32 columns of a matrix side by side, row by row, k_height rows; several panels one
// behind the other. The left side is packed once, op(A) (m, k) into k_rounded(m)·k numbers.
enum { K_ROWS = 4, K_PANEL = 4, K_PANEL_F32 = 8 };
static inline int k_rounded(int m) { return (m + K_ROWS - 1) / K_ROWS * K_ROWS; }
int k_height(int m);  // m rounded up, not to a multiple of 64: the same rows of many panels would share lines of cache

// K (rows) for each output and panel += (D_S·D) ∘ (A_S·A + bias), of packed rows from `from` on and panels; = if fresh
typedef struct {
  void *K;              // outputs in turn, the panels of each
  const void *AS, *DS;  // the rows (rows, in), (rows, out)
  const void *A, *D;    // panels (in), and of each output (out); D NULL = the identity
  double bias;
  int in, out, outputs, panels, from, rows, fresh;
} k_products;
#define K_PANELS(name)                                                                                                 \
  /* C (m) = A·X + b in every column, A (m, k), panels of X (k); b packed as A (m, 1), or NULL; lower: A is (m, m) */ \
  void name(k_panels)(void *C, const void *P, const void *b, const void *X, int m, int k, int panels, int lower);      \
  /* C (m, n) += X·Yᵀ over the columns of all panels, X (m), Y (n) with y_stride bytes from panel to panel */       \
  void name(k_panels_nt)(double *C, const void *X, int m, const void *Y, size_t y_stride, int n, int panels);          \
  /* the products of p, see above */                                                                                   \
  void name(k_panel_products)(const k_products *p);
#define K_F64(x) x
#define K_F32(x) x##_f32
void k_pack(double *P, int ta, const double *A, int lda, int m, int k, double alpha);
K_PANELS(K_F64)
K_PANELS(K_F32)

double k_dot(const double *x, const double *y, int n);
// lower triangle of C (m, m) += factor·X·Yᵀ, for few rows (m, n) whose product is symmetric; the upper is spoiled
void k_dots(double *C, const double *X, const double *Y, int m, int n, double factor);
void k_axpy(double *y, double a, const double *x, int n);          // y += a·x
void k_times(double *z, const double *x, const double *y, int n);  // z = x∘y
void k_copy_lower(double *A, int lda, int n);                      // upper triangle from the lower

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
