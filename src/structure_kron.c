// structure_kron.c — K-FAC: a Kronecker product for each layer's weights, a block for its bias, nothing between.
//   B = Σ w d dᵀ over the rows' deltas (out, out),  A = Σ w a aᵀ / Σ w over the layer's inputs (in, in)
//   H_W = B ⊗ A,  H_b = B;   with B = U diag(b) Uᵀ, A = V diag(a) Vᵀ:
//   P_W = (U ⊗ V)(s b aᵀ + δ_W)(U ⊗ V)ᵀ,  P_b = U (s b + δ_b) Uᵀ: the prior is added exactly, on the eigenvalues.
// (Martens & Grosse 2015; Botev, Ritter & Barber 2017; Ritter, Botev & Barber 2018; Daxberger et al. 2021.)
// The sums are kept and the mean is formed when it is used, so batches, weights and downdates are exact. One
// eigen-decomposition of the data's factors serves every s and every prior; there is no factor to go stale.
// Longer than other files: one representation, of which every operation of a structure needs its own form.
#include <math.h>
#include <string.h>

#include "kernels.h"
#include "linalg.h"
#include "rotate.h"
#include "structure.h"
#include "vmath.h"

typedef struct {
  double *A, *B;  // (in, in), (out, out): the sums
  double *V, *U;  // their eigenvectors, in rows
  double *a, *b;  // eigenvalues of A/N and of B, not negative
} factors;

typedef struct {
  int decomposed;    // do the eigenvectors belong to the sums?
  double *examples;  // (1) N = Σ w
  factors *layer;    // [l] of the network's layers
} kron;

static double cost(const bl_active *active, int n, int k) {
  double sum = 0.0;
  for (int l = active->first; l <= active->last; ++l) {
    const double in = active->net->size[l], out = active->net->size[l + 1];
    sum += n * (in * in + k * out * out) + 9.0 * (in * in * in + out * out * out);
  }
  return sum;
}

static double bytes(const bl_active *active, int n, int k) {
  (void)n, (void)k;
  double sum = 0.0;
  for (int l = active->first; l <= active->last; ++l) {
    const double in = active->net->size[l], out = active->net->size[l + 1];
    sum += 16.0 * (in * in + out * out);
  }
  return sum;
}

static int in_of(const bl_hess *h, int l) { return h->active.net->size[l]; }
static int out_of(const bl_hess *h, int l) { return h->active.net->size[l + 1]; }
static const factors *layer_of(const bl_hess *h, int l) { return &((const kron *)h->own)->layer[l]; }

static int init(bl_hess *h) {
  kron *own = h->own = bl_alloc(1, sizeof *own);
  if (!own) return BL_MEMORY;
  own->examples = bl_alloc_doubles(1, 1);
  own->layer = bl_alloc((size_t)h->active.net->layers, sizeof *own->layer);
  if (!own->examples || !own->layer) return BL_MEMORY;
  for (int l = h->active.first; l <= h->active.last; ++l) {
    factors *f = &own->layer[l];
    const int in = in_of(h, l), out = out_of(h, l);
    f->A = bl_alloc_doubles(in, in), f->B = bl_alloc_doubles(out, out);
    f->V = bl_alloc_doubles(in, in), f->U = bl_alloc_doubles(out, out);
    f->a = bl_alloc_doubles(in, 1), f->b = bl_alloc_doubles(out, 1);
    if (!f->A || !f->B || !f->V || !f->U || !f->a || !f->b) return BL_MEMORY;
  }
  h->base = 0.0, h->sign = 1.0;
  h->rank = h->noise = h->p;
  return BL_OK;
}

static int fields(bl_hess *h, bl_visitor *visitor) {
  kron *own = h->own;
  int status = visitor->ints(visitor, &own->decomposed, 1);
  if (status == BL_OK) status = visitor->doubles(visitor, &own->examples, 1, 1);
  for (int l = h->active.first; own->layer && l <= h->active.last && status == BL_OK; ++l) {
    factors *f = &own->layer[l];
    double **const squares_in[] = {&f->A, &f->V}, **const squares_out[] = {&f->B, &f->U};
    const int in = in_of(h, l), out = out_of(h, l);
    for (int i = 0; i < 2 && status == BL_OK; ++i) {
      status = visitor->doubles(visitor, squares_in[i], in, in);
      if (status == BL_OK) status = visitor->doubles(visitor, squares_out[i], out, out);
    }
    if (status == BL_OK) status = visitor->doubles(visitor, &f->a, in, 1);
    if (status == BL_OK) status = visitor->doubles(visitor, &f->b, out, 1);
  }
  return status;
}

static void release(bl_hess *h) {
  bl_free(((kron *)h->own)->layer);
  bl_free(h->own);
  h->own = NULL;
}

// C (width, width) += sign·Σ w x xᵀ over rows x (rows, width), `per` of them an example
static int add_squares(double *C, const double *x, const double *weight, int rows, int per, int width, double sign,
                       bl_arena *scratch) {
  const size_t size = (size_t)width;
  if (weight) {
    double *scaled = arena_doubles(scratch, rows, width);
    if (!scaled) return BL_MEMORY;
    for (size_t i = 0; i < (size_t)rows; ++i) {
      const double root = sqrt(weight[i / (size_t)per]);
      for (size_t j = 0; j < size; ++j) scaled[i * size + j] = root * x[i * size + j];
    }
    x = scaled;
  }
  k_syrk(K_T, C, width, x, width, width, rows, sign, 1.0);
  k_copy_lower(C, width, width);
  return BL_OK;
}

// The sums of the batch are made first and added last, so a failure leaves the structure as it was.
static int absorb(bl_hess *h, const bl_rows *rows, double sign, bl_arena *scratch) {
  kron *own = h->own;
  if (rows->dense) return BL_UNSUPPORTED;
  const bl_mark mark = bl_arena_mark(scratch);
  const int layers = h->active.net->layers, first = h->active.first, last = h->active.last;
  double **A = arena_take(scratch, (size_t)layers, sizeof *A), **B = arena_take(scratch, (size_t)layers, sizeof *B);
  int status = A && B ? BL_OK : BL_MEMORY;
  for (int l = first; l <= last && status == BL_OK; ++l) {
    const int in = in_of(h, l), out = out_of(h, l);
    A[l] = arena_doubles(scratch, in, in), B[l] = arena_doubles(scratch, out, out);
    if (!A[l] || !B[l]) status = BL_MEMORY;
    if (status != BL_OK) break;
    memcpy(A[l], own->layer[l].A, (size_t)in * (size_t)in * sizeof(double));
    memcpy(B[l], own->layer[l].B, (size_t)out * (size_t)out * sizeof(double));
    const bl_mark inner = bl_arena_mark(scratch);
    status = add_squares(A[l], rows->A[l], rows->weight, rows->n, 1, in, sign, scratch);
    if (status == BL_OK)
      status = add_squares(B[l], rows->D[l], rows->weight, rows->n * rows->k, rows->k, out, sign, scratch);
    bl_arena_release(scratch, inner);
  }
  for (int l = first; l <= last && status == BL_OK; ++l) {
    memcpy(own->layer[l].A, A[l], (size_t)in_of(h, l) * (size_t)in_of(h, l) * sizeof(double));
    memcpy(own->layer[l].B, B[l], (size_t)out_of(h, l) * (size_t)out_of(h, l) * sizeof(double));
  }
  for (int n = 0; n < rows->n && status == BL_OK; ++n) *own->examples += sign * (rows->weight ? rows->weight[n] : 1.0);
  if (status == BL_OK) own->decomposed = 0;
  bl_arena_release(scratch, mark);
  return status;
}

// Factors are added: approximate, since the sum of two products is none. `factor` belongs to the curvature alone.
static int merge(bl_hess *h, const bl_hess *other, double factor, bl_arena *scratch) {
  (void)scratch;
  kron *own = h->own;
  const kron *from = other->own;
  for (int l = h->active.first; l <= h->active.last; ++l) {
    const int in = in_of(h, l), out = out_of(h, l);
    k_axpy(own->layer[l].A, 1.0, from->layer[l].A, in * in);
    k_axpy(own->layer[l].B, factor, from->layer[l].B, out * out);
  }
  *own->examples += *from->examples;
  own->decomposed = 0;
  return BL_OK;
}

// Q (n, n) ← eigenvectors of C/N in rows, e ← its eigenvalues
static int eigen(double *Q, double *e, const double *C, double N, int n, bl_arena *scratch) {
  const size_t size = (size_t)n * (size_t)n;
  for (size_t i = 0; i < size; ++i) Q[i] = N > 0.0 ? C[i] / N : 0.0;
  const int status = la_eigh(Q, e, n, scratch);
  if (status == BL_OK) hess_clean_spectrum(e, n);
  for (int i = 0; i < n && status == BL_OK; ++i)
    if (e[i] < 0.0) e[i] = 0.0;  // what rounding leaves of sums that were taken away again
  return status;
}

static int decompose(bl_hess *h, bl_arena *scratch) {
  kron *own = h->own;
  int status = BL_OK;
  for (int l = h->active.first; l <= h->active.last && status == BL_OK; ++l) {
    factors *f = &own->layer[l];
    status = eigen(f->V, f->a, f->A, *own->examples, in_of(h, l), scratch);
    if (status == BL_OK) status = eigen(f->U, f->b, f->B, 1.0, out_of(h, l), scratch);
  }
  own->decomposed = status == BL_OK;
  return status;
}

static int prepare(bl_hess *h, double s, const bl_prior *prior, int want, bl_arena *scratch) {
  (void)want;
  if (prior->kind == PRIOR_EACH) return BL_UNSUPPORTED;
  const int status = ((const kron *)h->own)->decomposed ? BL_OK : decompose(h, scratch);
  if (status != BL_OK) return status;
  for (int g = 0; g < prior->groups; ++g)
    if (!(prior->precision[g] > 0.0)) return BL_NOT_PD;
  h->s = s;
  h->prior = prior;
  return BL_OK;
}

// ---- the layers' blocks, in the eigenbasis

// the group of a tensor and its precision; bias 1: that of the bias
static int group_of(const bl_hess *h, int l, int bias) {
  const bl_net *net = h->active.net;
  const int at = (bias ? net->bias_at[l] : net->weight_at[l]) - h->active.from;
  return h->prior->group_of[at];
}

static double precision_of(const bl_hess *h, int l, int bias) { return h->prior->precision[group_of(h, l, bias)]; }

static int log_det(const bl_hess *h, double *value, double *d_s, double *d_prior, bl_arena *scratch) {
  (void)scratch;
  const bl_prior *prior = h->prior;
  double sum = 0.0, slope = 0.0;
  if (d_prior) memset(d_prior, 0, (size_t)prior->groups * sizeof *d_prior);
  for (int l = h->active.first; l <= h->active.last; ++l) {
    const factors *f = layer_of(h, l);
    for (int bias = 0; bias <= h->active.net->bias; ++bias) {
      const int group = group_of(h, l, bias), columns = bias ? 1 : in_of(h, l);
      const double delta = prior->precision[group];
      double used = 0.0;  // Σ e/(s e + δ)
      for (int o = 0; o < out_of(h, l); ++o)
        for (int i = 0; i < columns; ++i) {
          const double e = bias ? f->b[o] : f->b[o] * f->a[i];
          sum += vm_log1p1(h->s * e / delta);
          used += e / (h->s * e + delta);
        }
      slope += used;
      if (d_prior) d_prior[group] -= h->s * used / delta;
    }
  }
  *value = sum;
  if (d_s) *d_s = slope;
  return BL_OK;
}

typedef enum { TIMES_H, OVER_P, OVER_ROOT_P } scaling;

static v2d scale_of(scaling by, v2d e, double s, double delta) {
  const v2d p = (v2d){s, s} * e + (v2d){delta, delta};
  return by == TIMES_H ? e : (v2d){1.0, 1.0} / (by == OVER_P ? p : vm_root(p));
}

// X in the eigenbasis, weights (out, in) or bias (out), scaled there
static void scale(const bl_hess *h, int l, int bias, double *X, scaling by) {
  const factors *f = layer_of(h, l);
  const double one = 1.0, *a = bias ? &one : f->a;
  const int in = bias ? 1 : in_of(h, l), out = out_of(h, l);
  const double delta = by == TIMES_H ? 0.0 : precision_of(h, l, bias);
  for (int o = 0; o < out; ++o, X += in)
    for (int i = 0; i < in; i += 2) {
      const int two = i + 1 < in;
      const v2d e = (v2d){f->b[o], f->b[o]} * (two ? vm_load(a + i) : (v2d){a[i], a[i]});
      const v2d factor = scale_of(by, e, h->s, delta);
      if (two) vm_store(X + i, vm_load(X + i) * factor);
      else X[i] *= factor[0];
    }
}

// Y ← Uᵀ·scaled(U X Vᵀ)·V for every vector (p) of X; into = 0 starts in the eigenbasis already
static int transform(const bl_hess *h, double *Y, const double *X, int m, scaling by, int into, bl_arena *scratch) {
  const bl_net *net = h->active.net;
  for (int j = 0; j < m; ++j)
    for (int l = h->active.first; l <= h->active.last; ++l) {
      const factors *f = layer_of(h, l);
      const int in = in_of(h, l), out = out_of(h, l);
      const size_t vector = (size_t)j * (size_t)h->p;
      const size_t at = vector + (size_t)(net->weight_at[l] - h->active.from);
      const bl_mark mark = bl_arena_mark(scratch);
      double *T = arena_doubles(scratch, out, in), *W = arena_doubles(scratch, out, in);
      if (!T || !W) return BL_MEMORY;
      if (into) {
        k_gemm(K_N, K_T, T, in, X + at, in, f->V, in, out, in, in, 1.0, 0.0);
        k_gemm(K_N, K_N, W, in, f->U, out, T, in, out, in, out, 1.0, 0.0);
      } else {
        memcpy(W, X + at, (size_t)out * (size_t)in * sizeof *W);
      }
      scale(h, l, 0, W, by);
      k_gemm(K_N, K_N, T, in, W, in, f->V, in, out, in, in, 1.0, 0.0);
      k_gemm(K_T, K_N, Y + at, in, f->U, out, T, in, out, in, out, 1.0, 0.0);
      if (net->bias) {
        const size_t b = vector + (size_t)(net->bias_at[l] - h->active.from);
        if (into) k_gemm(K_N, K_T, T, out, X + b, out, f->U, out, 1, out, out, 1.0, 0.0);
        else memcpy(T, X + b, (size_t)out * sizeof *T);
        scale(h, l, 1, T, by);
        k_gemm(K_N, K_N, Y + b, out, T, out, f->U, out, 1, out, out, 1.0, 0.0);
      }
      bl_arena_release(scratch, mark);
    }
  return BL_OK;
}

static int multiply(const bl_hess *h, double *Y, const double *X, int m, bl_arena *scratch) {
  return transform(h, Y, X, m, TIMES_H, 1, scratch);
}

static int solve(const bl_hess *h, double *X, int m, bl_arena *scratch) {
  return transform(h, X, X, m, OVER_P, 1, scratch);
}

static int draw(const bl_hess *h, double *X, const double *Z, int m, bl_arena *scratch) {
  return transform(h, X, Z, m, OVER_ROOT_P, 0, scratch);
}

// squares of an orthogonal matrix (n, n), elementwise
static double *squares(const double *Q, int n, bl_arena *scratch) {
  double *S = arena_doubles(scratch, n, n);
  if (S) k_times(S, Q, Q, n * n);
  return S;
}

// diag P⁻¹ of a weight block: (U∘U)ᵀ L (V∘V), L the reciprocal eigenvalues; of a bias block (U∘U)ᵀ l
static int diagonal(const bl_hess *h, double *v, bl_arena *scratch) {
  const bl_net *net = h->active.net;
  for (int l = h->active.first; l <= h->active.last; ++l) {
    const factors *f = layer_of(h, l);
    const int in = in_of(h, l), out = out_of(h, l);
    const bl_mark mark = bl_arena_mark(scratch);
    double *UU = squares(f->U, out, scratch), *VV = squares(f->V, in, scratch);
    double *L = arena_doubles(scratch, out, in), *T = arena_doubles(scratch, out, in);
    double *ones = arena_doubles(scratch, out, 1);
    if (!UU || !VV || !L || !T || !ones) return BL_MEMORY;
    for (int i = 0; i < out * in; ++i) L[i] = 1.0;
    for (int o = 0; o < out; ++o) ones[o] = 1.0;
    scale(h, l, 0, L, OVER_P);
    k_gemm(K_N, K_N, T, in, L, in, VV, in, out, in, in, 1.0, 0.0);
    k_gemm(K_T, K_N, v + (net->weight_at[l] - h->active.from), in, UU, out, T, in, out, in, out, 1.0, 0.0);
    if (net->bias) {
      scale(h, l, 1, ones, OVER_P);
      k_gemm(K_N, K_N, v + (net->bias_at[l] - h->active.from), out, ones, out, UU, out, 1, out, out, 1.0, 0.0);
    }
    bl_arena_release(scratch, mark);
  }
  return BL_OK;
}

// inputs and deltas of the rows in the eigenbasis: a (n, in), d (n·k, out)
static int rotate(const bl_hess *h, int l, double **a, double **d, const bl_rows *q, bl_arena *scratch) {
  const factors *f = layer_of(h, l);
  const bl_net *net = h->active.net;
  const int in = in_of(h, l), out = out_of(h, l), below = l + 2 == net->layers && q->k == net_outputs(net);
  *a = arena_doubles(scratch, q->n, in), *d = arena_doubles(scratch, q->n * q->k, out);
  if (!*a || !*d) return BL_MEMORY;
  k_gemm(K_N, K_T, *a, in, q->A[l], in, f->V, in, q->n, in, in, 1.0, 0.0);
  return rotate_rows(*d, q->D[l], below ? net->theta + net->weight_at[l + 1] : NULL, f->U, q->n, q->k, out, scratch);
}

static int features(const bl_hess *h, double *Phi, const bl_rows *q, bl_arena *scratch) {
  const bl_net *net = h->active.net;
  for (int l = h->active.first; l <= h->active.last; ++l) {
    const int in = in_of(h, l), out = out_of(h, l);
    const bl_mark mark = bl_arena_mark(scratch);
    double *a, *d;
    const int status = rotate(h, l, &a, &d, q, scratch);
    if (status != BL_OK) return status;
    for (int row = 0; row < q->n * q->k; ++row) {
      double *W = Phi + (size_t)row * (size_t)h->p + (size_t)(net->weight_at[l] - h->active.from);
      for (int o = 0; o < out; ++o)
        for (int i = 0; i < in; ++i) W[o * in + i] = d[row * out + o] * a[row / q->k * in + i];
      scale(h, l, 0, W, OVER_ROOT_P);
      if (!net->bias) continue;
      memcpy(W + out * in, d + row * out, (size_t)out * sizeof *W);
      scale(h, l, 1, W + out * in, OVER_ROOT_P);
    }
    bl_arena_release(scratch, mark);
  }
  return BL_OK;
}

// V_ij = Σ_o d_io d_jo·w_o with w_o = Σ_c a_c²/(s b_o a_c + δ_W) + 1/(s b_o + δ_b): no row is formed
static int variance(const bl_hess *h, double *V, const bl_rows *q, bl_arena *scratch) {
  const int k = q->k, biased = h->active.net->bias;
  memset(V, 0, (size_t)q->n * (size_t)k * (size_t)k * sizeof *V);
  for (int l = h->active.first; l <= h->active.last; ++l) {
    const int in = in_of(h, l), out = out_of(h, l);
    const bl_mark mark = bl_arena_mark(scratch);
    double *a, *d, *L = arena_doubles(scratch, out, in), *bias = arena_doubles(scratch, out, 1);
    int status = L && bias ? rotate(h, l, &a, &d, q, scratch) : BL_MEMORY;
    if (status != BL_OK) return status;
    for (int i = 0; i < out * in; ++i) L[i] = 1.0;
    for (int o = 0; o < out; ++o) bias[o] = 1.0;
    scale(h, l, 0, L, OVER_P);
    if (biased) scale(h, l, 1, bias, OVER_P);
    status = rows_layer_variance(V, a, d, L, biased ? bias : NULL, q->n, k, in, out, scratch);
    if (status != BL_OK) return status;
    bl_arena_release(scratch, mark);
  }
  for (int n = 0; n < q->n; ++n) k_copy_lower(V + (size_t)n * (size_t)k * (size_t)k, k, k);
  return BL_OK;
}

const bl_structure structure_kron = {
    .name = "kron",
    .space = "",
    .about = "K-FAC: a Kronecker product for each layer, nothing between layers; for larger networks.",
    .can = STRUCTURE_DOWNDATE | STRUCTURE_WEIGHTS,
    .cost = cost,
    .bytes = bytes,
    .init = init,
    .absorb = absorb,
    .merge = merge,
    .prepare = prepare,
    .log_det = log_det,
    .multiply = multiply,
    .solve = solve,
    .diagonal = diagonal,
    .draw = draw,
    .features = features,
    .variance = variance,
    .fields = fields,
    .release = release};
