// rows.h — rows of a Jacobian kept as (A, D): r_nj = ⊕_l D_l[nj] ⊗ [a_l[n], 1], never formed unless asked for.
// The only place that knows the layout of bias, subset and prior metric:
//   r P0⁻¹ r'ᵀ = Σ_l (D_l·D'_l)(a_l·a'_l/δ_Wl + 1/δ_bl)      (one precision per tensor)
// A precision per parameter or an index list falls back to explicit rows, in blocks.
#ifndef BL_ROWS_H
#define BL_ROWS_H

#include "mlp.h"

// The active parameters: a span of layers, or an ascending list of indices into θ.
typedef struct {
  const bl_net *net;
  int p;             // active parameters
  int first, last;   // layers of the span, inclusive; for an index list the smallest span that holds it
  const int *index;  // (p) or NULL = the whole span
  int from;          // offset in θ of the span's first parameter
} bl_active;

// n·k rows; k rows per example. Everything below takes both forms.
typedef struct {
  int n, k;
  const double *const *A;  // [l] (n, in_l)      for layers first … last
  const double *const *D;  // [l] (n·k, out_l)
  const double *weight;    // (n) or NULL = 1
  const double *dense;     // (p, p) or NULL: the batch's exact Hessian, absorbed instead of the rows
  const double *full;      // (n·k, p) or NULL: the rows themselves, then A and D are NULL
} bl_rows;

// The inverse prior precision, a variance per tensor [W, b, W, b …] of the span (b's slot present even without bias),
// or per parameter.
typedef struct {
  const double *tensor;  // (2·(last − first + 1)) or NULL
  const double *each;    // (p); always present
} bl_metric;

// index NULL: layers first … L−1. index: ascending, distinct, in range (BL_OPTION else). The list is borrowed.
int active_init(bl_active *active, const bl_net *net, int first, const int *index, int count);
void active_take(const bl_active *active, double *out, const double *theta);  // out (p) ← the active entries of θ
void active_put(const bl_active *active, double *theta, const double *in);    // the reverse
// where active parameter i acts: unit out of a layer, on its input in, or (in = −1) as its bias
void active_place(const bl_active *active, int i, int *layer, int *out, int *in);
int active_tensor_of(const bl_active *active, int i);  // slot in bl_metric.tensor of active parameter i

// rows of the batch's network Jacobian times seed (see mlp_backward); everything is taken from scratch
int rows_of(bl_rows *rows, const bl_active *active, const bl_tape *tape, const double *theta, const double *seed, int m,
            bl_arena *scratch);

void rows_expand(const bl_active *active, double *R, const bl_rows *rows);  // R (n·k, p); weights not applied
void rows_square(const bl_active *active, double *h, const bl_rows *rows, double sign);  // h (p) += sign·Σ w r²
// H (p, p) += sign·Σ w r rᵀ, or sign·dense; on error H is as before
int rows_product(const bl_active *active, double *H, const bl_rows *rows, double sign, bl_arena *scratch);
void rows_sum(const bl_active *active, double *g, const bl_rows *rows,
              const double *c);  // g (p) += Σ c r; c (n·k) or NULL = 1
int rows_times(const bl_active *active, double *Y, const bl_rows *rows, const double *V, int m,
               bl_arena *scratch);  // (n·k, m) = R·Vᵀ
// K (n·k, n'·k') = R P0⁻¹ R'ᵀ; weights not applied
int rows_gram(const bl_active *active, double *K, const bl_rows *rows, const bl_rows *other, const bl_metric *metric,
              bl_arena *scratch);
// blocks of the same: (n, k, k)
int rows_norms(const bl_active *active, double *K, const bl_rows *rows, const bl_metric *metric, bl_arena *scratch);
// lower triangles of V (n, k, k) += Σ_o D_io D_jo w_o, w = (A∘A)·Lᵀ + bias: what one layer adds where its parameters
// are independent with variances L (out, in) and bias (out) or NULL; A (n, in), D (n·k, out)
int rows_layer_variance(double *V, const double *A, const double *D, const double *L, const double *bias, int n, int k,
                        int in, int out, bl_arena *scratch);

#endif
