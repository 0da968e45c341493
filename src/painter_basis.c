// painter_basis.c — inputs before the posterior: through the network and back, in single or double precision, and their
// inner products with rows of the data. Forward, backward and products are microkernels on packed left sides and panels
// of inputs, and nothing is repacked between them; the steps that differ by precision stand in painter_body.h.
#include <string.h>

#include "activation.h"
#include "painter_own.h"
#include "vmath.h"

static void activate_f64(int id, int n, const void *z, void *a, void *da) { activation_row(id)->f(n, z, a, da, NULL); }
static void activate_f32(int id, int n, const void *z, void *a, void *da) { activation_single(id, n, z, a, da); }

#define REAL double
#define VEC v2d
#define WIDE K_PANEL
#define ROUNDOFF 0x1p-53
#define SPLAT(x) ((v2d){(x), (x)})
#define NAME(x) x##_f64
#define KERNEL(x) x
#include "painter_body.h"
#undef REAL
#undef VEC
#undef WIDE
#undef ROUNDOFF
#undef SPLAT
#undef NAME
#undef KERNEL

#define REAL float
#define VEC v4f
#define WIDE K_PANEL_F32
#define ROUNDOFF 0x1p-24
#define SPLAT(x) ((v4f){(x), (x), (x), (x)})
#define NAME(x) x##_f32
#define KERNEL(x) x##_f32
#include "painter_body.h"

// ---- the basis

// x as the basis keeps it
static void *kept(const bl_basis *b, const double *x, int rows, int columns, bl_arena *arena) {
  if (!x || b->is == &precision_f64) return (void *)x;
  float *y = arena_floats(arena, rows, columns);
  for (size_t i = 0; y && i < area(rows, columns); ++i) y[i] = (float)x[i];
  return y;
}

void *basis_packed(const bl_basis *b, const double *x, int transposed, int rows, int columns, double alpha,
                   bl_arena *arena) {
  const int m = transposed ? columns : rows, k = transposed ? rows : columns;
  double *P = arena_doubles(arena, k_rounded(m), k);
  if (P) k_pack(P, transposed ? K_T : K_N, x, columns, m, k, alpha);
  return kept(b, P, k_rounded(m), k, arena);
}

// place for packed rows, zeros
static void *places(const bl_basis *b, int width, bl_arena *arena) {
  const size_t bytes = area(k_rounded(b->room), width) * b->is->unit;
  void *P = arena_take(arena, bytes, 1);
  return P ? memset(P, 0, bytes) : NULL;
}

static int layer(bl_basis *b, int l, const double *theta, bl_arena *arena) {
  const bl_net *net = b->net;
  const int in = net->size[l], out = net->size[l + 1], last = net->layers - 1;
  const double *weights = theta + net->weight_at[l];
  b->W[l] = basis_packed(b, weights, 0, out, in, 1, arena);
  if (net->bias) b->b[l] = kept(b, theta + net->bias_at[l], out, 1, arena);
  if (!b->W[l] || (net->bias && !b->b[l])) return 0;
  if (l == last && !(b->seed = kept(b, weights, out, in, arena))) return 0;
  if (l > b->first && l < last && !(b->WT[l] = basis_packed(b, weights, 1, out, in, 1, arena))) return 0;
  if (l < b->first) return 1;
  return (b->A[l] = places(b, in, arena)) && (b->D[l] = places(b, out, arena));
}

bl_basis *basis_new(const bl_net *net, int first, const double *theta, const double *variance, int single, int room,
                    bl_arena *arena) {
  bl_basis *b = arena_take(arena, 1, sizeof *b);
  if (!b) return NULL;
  *b = (bl_basis){net, single ? &precision_f32 : &precision_f64, .first = first, .k = net_outputs(net), .room = room};
  void ***const tables[] = {&b->W, &b->WT, &b->b, &b->A, &b->D};
  for (int t = 0; t < 5; ++t) {
    if (!(*tables[t] = arena_take(arena, (size_t)net->layers, sizeof(void *)))) return NULL;
    for (int l = 0; l < net->layers; ++l) (*tables[t])[l] = NULL;
  }
  const int tensors = 2 * (net->layers - first);
  if (!(b->variance = arena_doubles(arena, tensors, 1))) return NULL;
  for (int t = 0; t < tensors; ++t) b->variance[t] = t % 2 && !net->bias ? 0 : variance[t] / variance[0];
  for (int l = 0; l < net->layers; ++l)
    if (!layer(b, l, theta, arena)) return NULL;
  return b;
}

void basis_put(bl_basis *b, const bl_rows *rows, int row) {
  for (int l = b->first; l < b->net->layers; ++l) {
    const int in = b->net->size[l], out = b->net->size[l + 1];
    b->is->put(b->A[l], rows->A[l] + area(row / rows->k, in), b->rows, in, b->variance[2 * (l - b->first)]);
    b->is->put(b->D[l], rows->D[l] + area(row, out), b->rows, out, 1);
  }
  ++b->rows;
}

// ---- inputs

// What a group of panels leaves on its way: [l] inputs and slopes of layer l, deltas of each output in turn
typedef struct {
  int panels;
  char **A, **slope, **D, *f;
} passes;

static int forward(const bl_basis *b, passes *t, const double *X, int n, bl_arena *scratch) {
  const bl_net *net = b->net;
  const int d = net_inputs(net);
  char *x = t->A[0] = panels_of(d, t->panels, scratch);
  if (!x) return BL_MEMORY;
  memset(x, 0, panel_size(d) * (size_t)t->panels);
  b->is->place(x, X, n, d);
  for (int l = 0; l < net->layers; ++l) {
    const int in = net->size[l], out = net->size[l + 1];
    const size_t size = panel_size(out);
    char *z = panels_of(out, t->panels, scratch);
    if (!z) return BL_MEMORY;
    for (int q = 0; q < t->panels; ++q) b->is->begin(z + size * (size_t)q, b->b[l], out);
    b->is->panels(z, b->W[l], t->A[l], out, in, k_rounded(in), t->panels, 0);
    if (l + 1 == net->layers) {
      t->f = z;
      break;
    }
    t->A[l + 1] = z;
    void *slope = t->slope ? t->slope[l + 1] = panels_of(out, t->panels, scratch) : NULL;
    if (t->slope && !slope) return BL_MEMORY;
    b->is->activate(net->activation, (int)(size * (size_t)t->panels / b->is->unit), z, z, slope);
  }
  return BL_OK;
}

// The identity pulled back: through the last layer it is a row of weights for each output.
static int backward(const bl_basis *b, passes *t, bl_arena *scratch) {
  const bl_net *net = b->net;
  const int k = b->k, panels = t->panels;
  for (int l = net->layers - 1; l > b->first; --l) {
    const int in = net->size[l], out = net->size[l + 1], last = l + 1 == net->layers;
    char *pulled = t->D[l - 1] = panels_of(in, panels * k, scratch);
    if (!pulled) return BL_MEMORY;
    if (!last) {
      memset(pulled, 0, panel_size(in) * (size_t)(panels * k));
      b->is->panels(pulled, b->WT[l], t->D[l], in, out, k_rounded(out), panels * k, 0);
    }
    for (int x = 0; x < k; ++x) {
      const char *w = last ? (const char *)b->seed + area(x, in) * b->is->unit : NULL;
      for (int q = 0; q < panels; ++q, pulled += panel_size(in))
        b->is->pull(pulled, t->slope[l] + panel_size(in) * (size_t)q, w, in);
    }
  }
  return BL_OK;
}

// K for each output and panel: the inner products with the rows from `from` on
static void products(const bl_basis *b, char *K, const passes *t, int from) {
  const bl_net *net = b->net;
  memset(K, 0, panel_size(b->rows) * (size_t)(t->panels * b->k));
  for (int l = b->first; l < net->layers; ++l) {
    const painter_products p = {
        K,    b->A[l],   b->D[l], t->A[l], t->D[l], b->variance[2 * (l - b->first) + 1], net->size[l], net->size[l + 1],
        b->k, t->panels, from,    b->rows};
    b->is->products(&p);
  }
}

// prior covariance of outputs x and y in panel q, a row
static void covariance(const bl_basis *b, char *prior, const passes *t, int x, int y, int q) {
  const bl_net *net = b->net;
  memset(prior, 0, ROW);
  for (int l = b->first; l < net->layers; ++l) {
    const int in = net->size[l], out = net->size[l + 1];
    const char *D = t->D[l];
    const size_t size = panel_size(out);
    v2d aa[2], dd[2];
    if (!D && x != y) continue;
    if (D) b->is->inner(dd, D + size * (size_t)(t->panels * x + q), D + size * (size_t)(t->panels * y + q), out);
    const char *a = t->A[l] + panel_size(in) * (size_t)q;
    b->is->inner(aa, a, a, in);
    b->is->join(prior, b->variance + 2 * (l - b->first), aa, D ? dd : NULL);
  }
}

int painter_trace(const bl_basis *b, painter_sheet *sheet, const double *X, int n, int from, bl_arena *scratch) {
  const int k = b->k, panels = (n - 1) / b->is->wide + 1;
  const size_t layers = (size_t)b->net->layers;
  passes t = {panels, arena_take(scratch, layers, sizeof t.A), arena_take(scratch, layers, sizeof t.slope),
              arena_take(scratch, layers, sizeof t.D), NULL};
  *sheet = (painter_sheet){panels, NULL, arena_take(scratch, (size_t)(panels * k * k), ROW),
                           panels_of(b->rows, panels * k, scratch)};
  if (!t.A || !t.slope || !t.D || !sheet->prior || !sheet->K) return BL_MEMORY;
  for (size_t l = 0; l < layers; ++l) t.D[l] = NULL;
  int status = forward(b, &t, X, n, scratch);
  if (status == BL_OK) status = backward(b, &t, scratch);
  if (status != BL_OK) return status;
  sheet->f = t.f;
  products(b, sheet->K, &t, from);
  char *prior = sheet->prior;
  for (int q = 0; q < panels; ++q)
    for (int x = 0; x < k; ++x)
      for (int y = 0; y < k; ++y, prior += ROW)
        if (y <= x) covariance(b, prior, &t, x, y, q);
  return BL_OK;
}

int bl_net_forward_f32(const bl_net *net, float *f, const double *X, int n, bl_arena *scratch) {
  enum { MOST = PANELS * K_PANEL_F32 };
  const int d = net_inputs(net), k = net_outputs(net);
  const size_t layers = (size_t)net->layers;
  const bl_mark mark = bl_arena_mark(scratch);
  const bl_basis *b = basis_new(net, net->layers, net->theta, NULL, 1, 0, scratch);
  int status = b ? BL_OK : BL_MEMORY;
  for (int at = 0; at < n && status == BL_OK; at += MOST) {
    const int count = n - at < MOST ? n - at : MOST;
    const bl_mark block = bl_arena_mark(scratch);
    passes t = {(count - 1) / K_PANEL_F32 + 1, arena_take(scratch, layers, sizeof t.A), NULL, NULL, NULL};
    status = t.A ? forward(b, &t, X + area(at, d), count, scratch) : BL_MEMORY;
    for (int i = 0; i < count && status == BL_OK; ++i)
      for (int x = 0; x < k; ++x)
        f[area(at + i, k) + (size_t)x] =
            ((const float *)t.f)[area(i / K_PANEL_F32 * k_rounded(k) + x, K_PANEL_F32) + (size_t)(i % K_PANEL_F32)];
    bl_arena_release(scratch, block);
  }
  bl_arena_release(scratch, mark);
  return status;
}
