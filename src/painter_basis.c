// painter_basis.c — inputs before the posterior: through the network and back (panels.h), and their inner products with
// rows of the data.
#include <string.h>

#include "painter_own.h"
#include "status.h"
#include "vmath.h"

// ---- the basis

// place for packed rows, zeros
static void *places(const bl_basis *b, int width, bl_arena *arena) {
  const size_t bytes = area(k_rounded(b->room), width) * b->on.is->unit;
  void *P = arena_take(arena, bytes, 1);
  return P ? memset(P, 0, bytes) : NULL;
}

bl_basis *basis_new(const bl_net *net, int first, const double *theta, const double *variance, int single, int room,
                    bl_arena *arena) {
  bl_basis *b = arena_take(arena, 1, sizeof *b);
  const int tensors = 2 * (net->layers - first);
  if (!b) return NULL;
  *b = (bl_basis){.k = net_outputs(net), .room = room};
  b->A = arena_take(arena, (size_t)net->layers, sizeof *b->A);
  b->D = arena_take(arena, (size_t)net->layers, sizeof *b->D);
  b->variance = arena_doubles(arena, tensors, 1);
  if (!b->A || !b->D || !b->variance || panel_net_make(&b->on, net, first, theta, single, arena) != BL_OK) return NULL;
  for (int t = 0; t < tensors; ++t) b->variance[t] = variance[t] / variance[0];
  for (int l = first; l < net->layers; ++l)
    if (!(b->A[l] = places(b, net->size[l], arena)) || !(b->D[l] = places(b, net->size[l + 1], arena))) return NULL;
  return b;
}

void basis_put(bl_basis *b, const bl_rows *rows, int row) {
  for (int l = b->on.first; l < b->on.net->layers; ++l) {
    const int in = b->on.net->size[l], out = b->on.net->size[l + 1];
    b->on.is->put(b->A[l], rows->A[l] + area(row / rows->k, in), b->rows, in, b->variance[2 * (l - b->on.first)]);
    b->on.is->put(b->D[l], rows->D[l] + area(row, out), b->rows, out, 1);
  }
  ++b->rows;
}

// ---- inputs

int painter_products(const bl_basis *b, painter_sheet *sheet, const panel_pass *t, int from, bl_arena *scratch) {
  const bl_net *net = b->on.net;
  if (!(sheet->K = panels_of(b->rows, t->panels * b->k, scratch))) return BL_MEMORY;
  for (int l = b->on.first; l < net->layers; ++l) {
    k_products p = {.K = sheet->K, .AS = b->A[l], .DS = b->D[l], .A = t->A[l], .D = t->D[l], .outputs = b->k};
    p.bias = b->variance[2 * (l - b->on.first) + 1], p.in = net->size[l], p.out = net->size[l + 1];
    p.panels = t->panels, p.from = from, p.rows = b->rows, p.fresh = l == b->on.first;
    b->on.is->products(&p);
  }
  return BL_OK;
}

// prior covariance of outputs x and y in panel q, a row
static void covariance(const bl_basis *b, char *prior, const panel_pass *t, int x, int y, int q) {
  const bl_net *net = b->on.net;
  memset(prior, 0, ROW);
  for (int l = b->on.first; l < net->layers; ++l) {
    const int in = net->size[l], out = net->size[l + 1];
    const char *D = t->D[l];
    const size_t size = panel_size(out);
    v2d aa[2], dd[2];
    if (!D && x != y) continue;
    if (D) b->on.is->inner(dd, D + size * (size_t)(t->panels * x + q), D + size * (size_t)(t->panels * y + q), out);
    const char *a = t->A[l] + panel_size(in) * (size_t)q;
    b->on.is->inner(aa, a, a, in);
    b->on.is->join(prior, b->variance + 2 * (l - b->on.first), aa, D ? dd : NULL);
  }
}

int painter_trace(const bl_basis *b, painter_sheet *sheet, panel_pass *t, const double *X, int n, bl_arena *arena,
                  bl_arena *scratch) {
  const int k = b->k;
  int status = panel_forward(t, &b->on, X, n, scratch, arena);
  if (status == BL_OK) status = panel_backward(t, &b->on, arena);
  if (status != BL_OK) return status;
  *sheet = (painter_sheet){t->panels, t->f, arena_take(arena, (size_t)(t->panels * k * k), ROW), NULL};
  if (!sheet->prior) return BL_MEMORY;
  char *prior = sheet->prior;
  for (int q = 0; q < t->panels; ++q)
    for (int x = 0; x < k; ++x)
      for (int y = 0; y < k; ++y, prior += ROW)
        if (y <= x) covariance(b, prior, t, x, y, q);
  return BL_OK;
}
