// painter.c — what a painter keeps, made once a map, in either precision; what it does with a block of inputs stands in
// painter_body.h.
#include "painter.h"

#include <math.h>
#include <string.h>

#include "activation.h"
#include "kernels.h"
#include "vmath.h"

enum { PANELS = 4 };  // panels that pass through the network together: their layers stay in the nearest cache

// Arrays are floats or doubles; left sides are packed (kernels.h).
struct bl_painter {
  const bl_net *net;
  int single, first, r, k;  // first active layer, rows, outputs
  void **W, **WT, **b;      // [l] weights and their transposes, packed; biases, or NULL
  void **A, **D;            // [l] the rows' inputs, times √s and the prior's variance, and deltas, packed
  void *seed;               // (k, in) the last layer's weights: what the identity is pulled back to
  void *G;                  // lower triangle, packed
  double *bias;             // [l] √s times the variance of the biases
  double *w_variance, *b_variance;
};

static size_t area(int n, int k) { return (size_t)n * (size_t)k; }

static void activate_f64(int id, int n, const double *z, double *a, double *da) {
  activation_row(id)->f(n, z, a, da, NULL);
}

#define REAL double
#define VEC v2d
#define WIDE K_PANEL
#define ROUNDOFF 0x1p-53
#define SPLAT(x) ((v2d){(x), (x)})
#define NAME(x) x##_f64
#define KERNEL(x) x
#define TAKE arena_doubles
#define ACTIVATE activate_f64
#include "painter_body.h"
#undef REAL
#undef VEC
#undef WIDE
#undef ROUNDOFF
#undef SPLAT
#undef NAME
#undef KERNEL
#undef TAKE
#undef ACTIVATE

#define REAL float
#define VEC v4f
#define WIDE K_PANEL_F32
#define ROUNDOFF 0x1p-24
#define SPLAT(x) ((v4f){(x), (x), (x), (x)})
#define NAME(x) x##_f32
#define KERNEL(x) x##_f32
#define TAKE arena_floats
#define ACTIVATE activation_single
#include "painter_body.h"

// G ← the lower triangle T with TᵀT = GᵀG: rows are reflected, from the last column on, so that ‖Gx‖ = ‖Tx‖ takes half
// the work (Householder QL; Golub & Van Loan 2013, algorithm 5.2.1). work (n)
static void make_lower(double *G, double *work, int n) {
  const size_t size = (size_t)n;
  for (int j = n - 1; j > 0; --j) {
    double norm = 0.0;
    for (int i = 0; i <= j; ++i) norm += G[(size_t)i * size + (size_t)j] * G[(size_t)i * size + (size_t)j];
    norm = sqrt(norm);
    if (!(norm > 0.0)) continue;
    const double pivot = G[(size_t)j * size + (size_t)j], to = pivot > 0.0 ? -norm : norm;
    const double scale = 1.0 / (norm * (norm + vm_abs(pivot)));  // 2/‖v‖², v = column − to·e_j
    for (int c = 0; c <= j; ++c) work[c] = 0.0;
    for (int i = 0; i <= j; ++i)
      k_axpy(work, G[(size_t)i * size + (size_t)j] - (i == j ? to : 0.0), G + (size_t)i * size, j);
    for (int i = 0; i <= j; ++i) {
      double *row = G + (size_t)i * size;
      k_axpy(row, -scale * (row[j] - (i == j ? to : 0.0)), work, j);
      row[j] = i == j ? to : 0.0;
    }
  }
}

// x as the painter keeps it
static void *kept(const bl_painter *p, const double *x, int rows, int columns, bl_arena *scratch) {
  if (!x || !p->single) return (void *)x;
  float *y = arena_floats(scratch, rows, columns);
  for (size_t i = 0; y && i < area(rows, columns); ++i) y[i] = (float)x[i];
  return y;
}

// op(x)·alpha packed, x (rows, columns)
static void *packed(const bl_painter *p, const double *x, int transposed, int rows, int columns, double alpha,
                    bl_arena *scratch) {
  const int m = transposed ? columns : rows, k = transposed ? rows : columns;
  double *P = arena_doubles(scratch, k_rounded(m), k);
  if (P) k_pack(P, transposed ? K_T : K_N, x, columns, m, k, alpha);
  return kept(p, P, k_rounded(m), k, scratch);
}

// The rows of an example share its inputs: each row gets its own.
static void *inputs(const bl_painter *p, const bl_view *view, int l, int in, double alpha, bl_arena *scratch) {
  double *each = arena_doubles(scratch, p->r, in);
  for (int i = 0; each && i < p->r; ++i)
    memcpy(each + area(i, in), view->rows.A[l] + area(i / view->rows.k, in), (size_t)in * sizeof *each);
  return each ? packed(p, each, 0, p->r, in, alpha, scratch) : NULL;
}

static int layer(bl_painter *p, int l, const bl_view *view, const double *theta, const double *variance, double root,
                 bl_arena *scratch) {
  const bl_net *net = p->net;
  const int in = net->size[l], out = net->size[l + 1], last = net->layers - 1;
  const double *weights = theta + net->weight_at[l];
  p->W[l] = packed(p, weights, 0, out, in, 1, scratch);
  if (net->bias) p->b[l] = kept(p, theta + net->bias_at[l], out, 1, scratch);
  if (!p->W[l] || (net->bias && !p->b[l])) return BL_MEMORY;
  if (l == last && !(p->seed = kept(p, weights, out, in, scratch))) return BL_MEMORY;
  if (l > p->first && l < last && !(p->WT[l] = packed(p, weights, 1, out, in, 1, scratch))) return BL_MEMORY;
  if (l < p->first) return BL_OK;
  const double *v = variance + 2 * (l - p->first);
  p->w_variance[l] = v[0], p->b_variance[l] = net->bias ? v[1] : 0;
  p->bias[l] = p->b_variance[l] * root;
  p->A[l] = inputs(p, view, l, in, v[0] * root, scratch);
  p->D[l] = packed(p, view->rows.D[l], 0, p->r, out, 1, scratch);
  return p->A[l] && p->D[l] ? BL_OK : BL_MEMORY;
}

static int fill(bl_painter *p, bl_view *view, const double *theta, const double *variance, double root,
                bl_arena *scratch) {
  const size_t layers = (size_t)p->net->layers;
  void ***const tables[] = {&p->W, &p->WT, &p->b, &p->A, &p->D};
  for (int t = 0; t < 5; ++t) {
    if (!(*tables[t] = arena_take(scratch, layers, sizeof(void *)))) return BL_MEMORY;
    for (size_t l = 0; l < layers; ++l) (*tables[t])[l] = NULL;
  }
  double **const numbers[] = {&p->bias, &p->w_variance, &p->b_variance};
  for (int t = 0; t < 3; ++t)
    if (!(*numbers[t] = arena_doubles(scratch, p->net->layers, 1))) return BL_MEMORY;
  int status = BL_OK;
  for (int l = 0; l < p->net->layers && status == BL_OK; ++l)
    status = layer(p, l, view, theta, variance, root, scratch);
  double *work = arena_doubles(scratch, p->r, 1);
  if (!work || status != BL_OK) return BL_MEMORY;
  if (!view->triangle) make_lower(view->G, work, p->r);
  p->G = packed(p, view->G, 0, p->r, p->r, 1, scratch);
  return p->G ? BL_OK : BL_MEMORY;
}

int painter_make(bl_painter **out, const bl_hess *h, const double *theta, int single, bl_arena *scratch) {
  *out = NULL;
  bl_view view;
  const bl_net *net = h->active.net;
  const bl_metric metric = prior_metric(h->prior);
  if (!h->is->view || h->apart || !metric.tensor || h->active.index) return BL_OK;
  int status = h->is->view(h, &view, scratch);
  if (status != BL_OK) return status == BL_UNSUPPORTED ? BL_OK : status;
  bl_painter *p = arena_take(scratch, 1, sizeof *p);
  if (!p) return BL_MEMORY;
  *p = (bl_painter){.net = net, .single = single, .first = h->active.first, .k = net_outputs(net)};
  p->r = view.rows.n * view.rows.k;
  status = fill(p, &view, theta, metric.tensor, sqrt(h->s), scratch);
  if (status == BL_OK) *out = p;
  return status;
}

int painter_block(const bl_painter *p, double *f, double *V, double *bound, const double *X, int n, bl_arena *scratch) {
  return p->single ? paint_f32(p, f, V, bound, X, n, scratch) : paint_f64(p, f, V, bound, X, n, scratch);
}
