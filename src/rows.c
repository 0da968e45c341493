// rows.c — inner products of Jacobian rows without Jacobians: with r = ⊕_l D_l ⊗ [a_l, 1],
//   r·r' = Σ_l (D_l·D'_l)(a_l·a'_l + 1),   R vᵀ = Σ_l D_l·(V_l a_l + v_bl),   Σ r = ⊕_l [DᵀA, Dᵀ1].
// Explicit rows only where the prior has a precision per parameter or the parameters are an index list, and then in
// blocks.
// Longer than other files: nobody else may know the layout of bias, subset and metric.
#include "rows.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "kernels.h"
#include "status.h"
#include "vmath.h"

enum { ROWS_BLOCK = 64 };  // examples whose rows or Gram blocks are formed at a time

typedef struct {
  int layer, out, in;
} place;  // in = −1: the bias

static int layer_of(const bl_net *net, int at) {
  int l = net->layers - 1;
  while (l > 0 && net->weight_at[l] > at) --l;
  return l;
}

static place place_of(const bl_net *net, int at) {
  const int l = layer_of(net, at);
  const int offset = at - net->weight_at[l], in = net->size[l];
  if (offset >= in * net->size[l + 1]) return (place){l, offset - in * net->size[l + 1], -1};
  return (place){l, offset / in, offset % in};
}

static int at_of(const bl_active *active, int i) { return active->index ? active->index[i] : active->from + i; }

int active_init(bl_active *active, const bl_net *net, int first, const int *index, int count) {
  if (first < 0 || first >= net->layers) return BL_OPTION;
  if (!index) {
    const int from = net->weight_at[first];
    *active = (bl_active){net, net->p - from, first, net->layers - 1, NULL, from};
    return BL_OK;
  }
  if (count < 1) return BL_OPTION;
  for (int i = 0; i < count; ++i) {
    if (index[i] < 0 || index[i] >= net->p || (i > 0 && index[i] <= index[i - 1])) return BL_OPTION;
  }
  const int low = place_of(net, index[0]).layer, high = place_of(net, index[count - 1]).layer;
  *active = (bl_active){net, count, low, high, index, net->weight_at[low]};
  return BL_OK;
}

void active_take(const bl_active *active, double *out, const double *theta) {
  for (int i = 0; i < active->p; ++i) out[i] = theta[at_of(active, i)];
}

void active_put(const bl_active *active, double *theta, const double *in) {
  for (int i = 0; i < active->p; ++i) theta[at_of(active, i)] = in[i];
}

void active_place(const bl_active *active, int i, int *layer, int *out, int *in) {
  const place at = place_of(active->net, at_of(active, i));
  *layer = at.layer, *out = at.out, *in = at.in;
}

int active_tensor_of(const bl_active *active, int i) {
  const bl_net *net = active->net;
  const int at = at_of(active, i), l = layer_of(net, at);
  return 2 * (l - active->first) + (at - net->weight_at[l] >= net->size[l] * net->size[l + 1]);
}

int rows_of(bl_rows *rows, const bl_active *active, const bl_tape *tape, const double *theta, const double *seed, int m,
            bl_arena *scratch) {
  double **D;
  const int status = mlp_backward(&D, tape, active->net, theta, seed, m, active->first, scratch);
  if (status == BL_OK) *rows = (bl_rows){tape->n, m, tape->A, (const double *const *)D, NULL, NULL, NULL};
  return status;
}

static const double *input(const bl_active *active, const bl_rows *rows, int l, int n) {
  return rows->A[l] + (size_t)n * (size_t)active->net->size[l];
}

static const double *delta(const bl_active *active, const bl_rows *rows, int l, int row) {
  return rows->D[l] + (size_t)row * (size_t)active->net->size[l + 1];
}

// the listed parameters of rows from … from + count − 1
static void expand_index(const bl_active *active, double *R, const bl_rows *rows, int from, int count) {
  for (int i = 0; i < active->p; ++i) {
    const place at = place_of(active->net, active->index[i]);
    for (int row = 0; row < count; ++row) {
      const double a = at.in < 0 ? 1 : input(active, rows, at.layer, (from + row) / rows->k)[at.in];
      R[(size_t)row * (size_t)active->p + (size_t)i] = delta(active, rows, at.layer, from + row)[at.out] * a;
    }
  }
}

static void expand_some(const bl_active *active, double *R, const bl_rows *rows, int from, int count) {
  const size_t p = (size_t)active->p;
  if (rows->full) {
    memcpy(R, rows->full + (size_t)from * p, (size_t)count * p * sizeof *R);
    return;
  }
  if (active->index) {
    expand_index(active, R, rows, from, count);
    return;
  }
  const bl_net *net = active->net;
  for (int row = from; row < from + count; ++row) {
    for (int l = active->first; l <= active->last; ++l) {
      const int in = net->size[l], out = net->size[l + 1];
      const double *a = input(active, rows, l, row / rows->k), *d = delta(active, rows, l, row);
      for (int o = 0; o < out; ++o, R += in) {
        for (int i = 0; i < in; ++i) R[i] = d[o] * a[i];
      }
      if (net->bias) {
        memcpy(R, d, (size_t)out * sizeof(double));
        R += out;
      }
    }
  }
}

void rows_expand(const bl_active *active, double *R, const bl_rows *rows) {
  expand_some(active, R, rows, 0, rows->n * rows->k);
}

// The rows are formed first and added last, so a failure leaves H as it was. A batch is a block of the sweep (MLP_BLOCK
// examples).
int rows_product(const bl_active *active, double *H, const bl_rows *rows, double sign, bl_arena *scratch) {
  const int p = active->p, m = rows->n * rows->k;
  const size_t square = (size_t)p * (size_t)p, per = (size_t)rows->k * (size_t)p;
  for (size_t i = 0; rows->dense && i < square; ++i) H[i] += sign * rows->dense[i];
  if (rows->dense || m == 0) return BL_OK;
  const bl_mark mark = bl_arena_mark(scratch);
  double *R = arena_doubles(scratch, m, p);
  if (!R) return BL_MEMORY;
  rows_expand(active, R, rows);
  for (int i = 0; rows->weight && i < rows->n; ++i) {
    const double root = sqrt(rows->weight[i]);
    for (size_t j = 0; j < per; ++j) R[(size_t)i * per + j] *= root;
  }
  k_syrk(K_T, H, p, R, p, p, m, sign, 1.0);
  k_copy_lower(H, p, p);
  bl_arena_release(scratch, mark);
  return BL_OK;
}

static double weight_of(const bl_rows *rows, int row) { return rows->weight ? rows->weight[row / rows->k] : 1; }

// y += w·x∘x
static void add_squares(double *y, double w, const double *x, int n) {
  const v2d s = {w, w};
  int i = 0;
  for (; i + 2 <= n; i += 2) {
    const v2d v = vm_load(x + i);
    vm_store(y + i, vm_load(y + i) + s * (v * v));
  }
  for (; i < n; ++i) y[i] += w * (x[i] * x[i]);
}

void rows_square(const bl_active *active, double *h, const bl_rows *rows, double sign) {
  const bl_net *net = active->net;
  for (int i = 0; active->index && i < active->p; ++i) {
    const place at = place_of(net, active->index[i]);
    for (int row = 0; row < rows->n * rows->k; ++row) {
      const double a = at.in < 0 ? 1 : input(active, rows, at.layer, row / rows->k)[at.in];
      const double r = delta(active, rows, at.layer, row)[at.out] * a;
      h[i] += sign * weight_of(rows, row) * (r * r);
    }
  }
  if (active->index) return;
  for (int n = 0; n < rows->n; ++n) {  // the rows of an example share its inputs
    const double w = sign * (rows->weight ? rows->weight[n] : 1);
    double *at = h;
    for (int l = active->first; l <= active->last; ++l) {
      const int in = net->size[l], out = net->size[l + 1];
      const double *a = input(active, rows, l, n), *d = delta(active, rows, l, n * rows->k);
      double *bias = at + (size_t)in * (size_t)out;
      for (int o = 0; o < out; ++o, at += in) {
        double squares = 0;
        for (int j = 0; j < rows->k; ++j) squares += d[j * out + o] * d[j * out + o];
        add_squares(at, w * squares, a, in);
        if (net->bias) bias[o] += w * squares;
      }
      if (net->bias) at += out;
    }
  }
}

// Σ r over plain single rows is DᵀA
static void sum_layers(const bl_active *active, double *g, const bl_rows *rows) {
  const bl_net *net = active->net;
  for (int l = active->first; l <= active->last; ++l) {
    const int in = net->size[l], out = net->size[l + 1];
    k_gemm(K_T, K_N, g, in, rows->D[l], out, rows->A[l], in, out, in, rows->n, 1, 1);
    g += in * out;
    if (!net->bias) continue;
    for (int n = 0; n < rows->n; ++n) k_axpy(g, 1, delta(active, rows, l, n), out);
    g += out;
  }
}

void rows_sum(const bl_active *active, double *g, const bl_rows *rows, const double *c) {
  const bl_net *net = active->net;
  for (int row = 0; rows->full && row < rows->n * rows->k; ++row) {
    const double factor = weight_of(rows, row) * (c ? c[row] : 1);
    k_axpy(g, factor, rows->full + (size_t)row * (size_t)active->p, active->p);
  }
  if (rows->full) return;
  if (!c && !rows->weight && rows->k == 1 && !active->index) {
    sum_layers(active, g, rows);
    return;
  }
  for (int i = 0; active->index && i < active->p; ++i) {
    const place at = place_of(net, active->index[i]);
    for (int row = 0; row < rows->n * rows->k; ++row) {
      const double a = at.in < 0 ? 1 : input(active, rows, at.layer, row / rows->k)[at.in];
      g[i] += weight_of(rows, row) * (c ? c[row] : 1) * (delta(active, rows, at.layer, row)[at.out] * a);
    }
  }
  if (active->index) return;
  for (int row = 0; row < rows->n * rows->k; ++row) {
    const double factor = weight_of(rows, row) * (c ? c[row] : 1);
    double *at = g;
    for (int l = active->first; l <= active->last; ++l) {
      const int in = net->size[l], out = net->size[l + 1];
      const double *a = input(active, rows, l, row / rows->k), *d = delta(active, rows, l, row);
      for (int o = 0; o < out; ++o, at += in) k_axpy(at, factor * d[o], a, in);
      if (net->bias) {
        k_axpy(at, factor, d, out);
        at += out;
      }
    }
  }
}

static int times_expanded(const bl_active *active, double *Y, const bl_rows *rows, const double *V, int m,
                          bl_arena *scratch) {
  const int p = active->p, all = rows->n * rows->k;
  double *R = arena_doubles(scratch, ROWS_BLOCK, p);
  if (!R) return BL_MEMORY;
  for (int from = 0; from < all; from += ROWS_BLOCK) {
    const int count = all - from < ROWS_BLOCK ? all - from : ROWS_BLOCK;
    expand_some(active, R, rows, from, count);
    k_gemm(K_N, K_T, Y + (size_t)from * (size_t)m, m, R, p, V, p, count, m, p, 1, 0);
  }
  return BL_OK;
}

int rows_times(const bl_active *active, double *Y, const bl_rows *rows, const double *V, int m, bl_arena *scratch) {
  const bl_net *net = active->net;
  const bl_mark mark = bl_arena_mark(scratch);
  if (active->index || rows->full) {
    const int status = times_expanded(active, Y, rows, V, m, scratch);
    bl_arena_release(scratch, mark);
    return status;
  }
  memset(Y, 0, (size_t)rows->n * (size_t)rows->k * (size_t)m * sizeof(double));
  int offset = 0;
  for (int l = active->first; l <= active->last; ++l) {
    const int in = net->size[l], out = net->size[l + 1];
    double *B = arena_doubles(scratch, rows->n, out);  // V_l a + v_b
    if (!B) {
      bl_arena_release(scratch, mark);
      return BL_MEMORY;
    }
    for (int v = 0; v < m; ++v) {
      const double *W = V + (size_t)v * (size_t)active->p + (size_t)offset, *b = W + in * out;
      for (int n = 0; net->bias && n < rows->n; ++n)
        memcpy(B + (size_t)n * (size_t)out, b, (size_t)out * sizeof(double));
      k_gemm(K_N, K_T, B, out, rows->A[l], in, W, in, rows->n, out, in, 1, net->bias ? 1 : 0);
      for (int row = 0; row < rows->n * rows->k; ++row) {
        Y[(size_t)row * (size_t)m + (size_t)v] +=
            k_dot(delta(active, rows, l, row), B + (size_t)(row / rows->k) * (size_t)out, out);
      }
    }
    offset += in * out + (net->bias ? out : 0);
    bl_arena_release(scratch, mark);
  }
  return BL_OK;
}

// K (count·k, n'·k') (+)= (D D'ᵀ) ∘ (A A'ᵀ·weight + bias), for examples from … from + count − 1 of rows
static void gram_layer(const bl_active *active, double *K, const bl_rows *rows, const bl_rows *other, int l, int from,
                       int count, double weight, double bias, int add, double *DD, double *AA) {
  const int in = active->net->size[l], out = active->net->size[l + 1], width = other->n * other->k;
  k_gemm(K_N, K_T, DD, width, delta(active, rows, l, from * rows->k), out, other->D[l], out, count * rows->k, width,
         out, 1, 0);
  k_gemm(K_N, K_T, AA, other->n, input(active, rows, l, from), in, other->A[l], in, count, other->n, in, 1, 0);
  for (int row = 0; row < count * rows->k; ++row) {
    const double *a = AA + (size_t)(row / rows->k) * (size_t)other->n, *d = DD + (size_t)row * (size_t)width;
    double *at = K + (size_t)row * (size_t)width;
    int n = 0, c = 0;
    const v2d w = {weight, weight}, b = {bias, bias};
    for (; other->k == 1 && n + 2 <= other->n; n += 2, c += 2) {
      const v2d product = vm_load(d + n) * (vm_load(a + n) * w + b);
      vm_store(at + n, add ? vm_load(at + n) + product : product);
    }
    for (; n < other->n; ++n) {
      const double inner = a[n] * weight + bias;
      for (int j = 0; j < other->k; ++j, ++c) at[c] = add ? at[c] + d[c] * inner : d[c] * inner;
    }
  }
}

static int gram_tensor(const bl_active *active, double *K, const bl_rows *rows, const bl_rows *other,
                       const double *variance, bl_arena *scratch) {
  const int width = other->n * other->k;
  const int most = width < ROWS_BLOCK ? 4 * ROWS_BLOCK : ROWS_BLOCK, block = rows->n < most ? rows->n : most;
  double *DD = arena_doubles(scratch, block * rows->k, width), *AA = arena_doubles(scratch, block, other->n);
  if (!DD || !AA) return BL_MEMORY;
  for (int from = 0; from < rows->n; from += block) {
    const int count = rows->n - from < block ? rows->n - from : block;
    for (int l = active->first; l <= active->last; ++l) {
      const double *v = variance + 2 * (l - active->first);
      gram_layer(active, K + (size_t)from * (size_t)rows->k * (size_t)width, rows, other, l, from, count, v[0], v[1],
                 l > active->first, DD, AA);
    }
  }
  return BL_OK;
}

static void scale_columns(double *R, const double *variance, int rows, int p) {
  for (int row = 0; row < rows; ++row, R += p) k_times(R, R, variance, p);
}

static int gram_each(const bl_active *active, double *K, const bl_rows *rows, const bl_rows *other,
                     const double *variance, bl_arena *scratch) {
  const int p = active->p, height = rows->n * rows->k, width = other->n * other->k;
  double *R = arena_doubles(scratch, ROWS_BLOCK, p), *Q = arena_doubles(scratch, ROWS_BLOCK, p);
  if (!R || !Q) return BL_MEMORY;
  for (int from = 0; from < height; from += ROWS_BLOCK) {
    const int count = height - from < ROWS_BLOCK ? height - from : ROWS_BLOCK;
    expand_some(active, R, rows, from, count);
    scale_columns(R, variance, count, p);
    for (int to = 0; to < width; to += ROWS_BLOCK) {
      const int columns = width - to < ROWS_BLOCK ? width - to : ROWS_BLOCK;
      expand_some(active, Q, other, to, columns);
      k_gemm(K_N, K_T, K + (size_t)from * (size_t)width + to, width, R, p, Q, p, count, columns, p, 1, 0);
    }
  }
  return BL_OK;
}

int rows_gram(const bl_active *active, double *K, const bl_rows *rows, const bl_rows *other, const bl_metric *metric,
              bl_arena *scratch) {
  const bl_mark mark = bl_arena_mark(scratch);
  const int layers = metric->tensor && !active->index && !rows->full && !other->full;
  const int status = layers ? gram_tensor(active, K, rows, other, metric->tensor, scratch)
                            : gram_each(active, K, rows, other, metric->each, scratch);
  bl_arena_release(scratch, mark);
  return status;
}

static void norms_tensor(const bl_active *active, double *K, const bl_rows *rows, const double *variance) {
  const int k = rows->k;
  for (int n = 0; n < rows->n; ++n, K += k * k) {
    memset(K, 0, (size_t)k * (size_t)k * sizeof(double));
    for (int l = active->first; l <= active->last; ++l) {
      const double *a = input(active, rows, l, n), *v = variance + 2 * (l - active->first);
      const int out = active->net->size[l + 1];
      const double inner = k_dot(a, a, active->net->size[l]) * v[0] + v[1];
      const double *d = delta(active, rows, l, n * k);
      k_dots(K, d, d, k, out, inner);
    }
    k_copy_lower(K, k, k);
  }
}

static int norms_each(const bl_active *active, double *K, const bl_rows *rows, const double *variance,
                      bl_arena *scratch) {
  const int p = active->p, k = rows->k;
  double *R = arena_doubles(scratch, k, p), *Q = arena_doubles(scratch, k, p);
  if (!R || !Q) return BL_MEMORY;
  for (int n = 0; n < rows->n; ++n, K += k * k) {
    expand_some(active, R, rows, n * k, k);
    memcpy(Q, R, (size_t)k * (size_t)p * sizeof(double));
    scale_columns(R, variance, k, p);
    for (int i = 0; i < k; ++i) {
      for (int j = 0; j <= i; ++j) K[i * k + j] = k_dot(R + (size_t)i * (size_t)p, Q + (size_t)j * (size_t)p, p);
    }
    k_copy_lower(K, k, k);
  }
  return BL_OK;
}

int rows_layer_variance(double *V, const double *A, const double *D, const double *L, const double *bias, int n, int k,
                        int in, int out, bl_arena *scratch) {
  const size_t rows = (size_t)k * (size_t)out;
  const bl_mark mark = bl_arena_mark(scratch);
  double *squares = arena_doubles(scratch, n, in), *w = arena_doubles(scratch, n, out);
  double *scaled = arena_doubles(scratch, k, out);
  if (!squares || !w || !scaled) return BL_MEMORY;
  k_times(squares, A, A, n * in);
  for (int i = 0; bias && i < n; ++i) memcpy(w + (size_t)i * (size_t)out, bias, (size_t)out * sizeof *w);
  k_gemm(K_N, K_T, w, out, squares, in, L, in, n, out, in, 1, bias ? 1 : 0);
  for (int i = 0; i < n; ++i, V += k * k, D += rows, w += out) {
    for (size_t j = 0; j < rows; j += (size_t)out) k_times(scaled + j, D + j, w, out);
    k_dots(V, scaled, D, k, out, 1);
  }
  bl_arena_release(scratch, mark);
  return BL_OK;
}

// whole layers with a variance per parameter: no row is formed
static int norms_layers(const bl_active *active, double *K, const bl_rows *rows, const double *variance,
                        bl_arena *scratch) {
  const int k = rows->k;
  int status = BL_OK;
  memset(K, 0, (size_t)rows->n * (size_t)k * (size_t)k * sizeof *K);
  for (int l = active->first; l <= active->last && status == BL_OK; ++l) {
    const int in = active->net->size[l], out = active->net->size[l + 1];
    const double *bias = active->net->bias ? variance + (size_t)in * (size_t)out : NULL;
    status = rows_layer_variance(K, rows->A[l], rows->D[l], variance, bias, rows->n, k, in, out, scratch);
    variance += (size_t)in * (size_t)out + (bias ? (size_t)out : 0);
  }
  for (int n = 0; n < rows->n; ++n) k_copy_lower(K + (size_t)n * (size_t)k * (size_t)k, k, k);
  return status;
}

int rows_norms(const bl_active *active, double *K, const bl_rows *rows, const bl_metric *metric, bl_arena *scratch) {
  if (metric->tensor && !active->index && !rows->full) {
    norms_tensor(active, K, rows, metric->tensor);
    return BL_OK;
  }
  const bl_mark mark = bl_arena_mark(scratch);
  const int layers = !active->index && !rows->full;
  const int status = layers ? norms_layers(active, K, rows, metric->each, scratch)
                            : norms_each(active, K, rows, metric->each, scratch);
  bl_arena_release(scratch, mark);
  return status;
}

// The network's Jacobian is the explicit rows of the identity seed.
int bl_net_jacobian(const bl_net *net, double *J, const double *X, int n, bl_arena *scratch) {
  bl_active active;
  int status = active_init(&active, net, 0, NULL, 0);
  const int k = net_outputs(net);
  const bl_mark mark = bl_arena_mark(scratch);
  for (int at = 0; at < n && status == BL_OK; at += MLP_BLOCK) {
    const int count = n - at < MLP_BLOCK ? n - at : MLP_BLOCK;
    bl_tape tape;
    bl_rows rows;
    status = mlp_forward(&tape, net, net->theta, X + (size_t)at * (size_t)net_inputs(net), count, 1, scratch);
    if (status == BL_OK) status = rows_of(&rows, &active, &tape, net->theta, NULL, k, scratch);
    if (status == BL_OK) rows_expand(&active, J + (size_t)at * (size_t)k * (size_t)net->p, &rows);
    bl_arena_release(scratch, mark);
  }
  return status;
}
