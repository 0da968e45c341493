// painter.c — the posterior of inputs whose inner products are known: made once a map, then a block at a time.
#include "painter.h"

#include <math.h>

#include "painter_own.h"
#include "vmath.h"

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

// its basis, or the memory's; and where the rows are in that
static int settle(bl_painter *p, const bl_rows *rows, const bl_net *net, int first, const double *theta,
                  const double *variance, int single, painter_memory *memory, bl_arena *scratch) {
  int *place = memory ? arena_ints(scratch, p->r, 1) : NULL;
  if (place && memory_rows(memory, place, rows)) {
    p->memory = memory, p->place = place;
    p->basis = memory_basis(memory);
    return BL_OK;
  }
  bl_basis *basis = basis_new(net, first, theta, variance, single, p->r, scratch);
  for (int i = 0; i < p->r && basis; ++i) basis_put(basis, rows, i);
  p->basis = basis;
  return basis ? BL_OK : BL_MEMORY;
}

int painter_view(bl_view *out, const bl_hess *h, double tolerance, bl_arena *scratch) {
  if (!h->is->view || h->apart || !prior_metric(h->prior).tensor || h->active.index) return BL_UNSUPPORTED;
  const int status = h->is->view(h, tolerance, out, scratch);
  if (status != BL_OK || out->triangle) return status;
  const int r = out->rows.n * out->rows.k;
  double *work = arena_doubles(scratch, r, 1);
  if (!work) return BL_MEMORY;
  make_lower(out->G, work, r);
  return BL_OK;
}

// What rounding costs: errors of k_S, each a part of √(k(x,x) K_jj), come through G. Where rows are large and pivots
// nearly depend on each other, G cancels most of k_S, and they are more than those of the sums: docs/certified.md.
static int measure(bl_painter *p, const bl_hess *h, const bl_view *view, bl_arena *scratch) {
  static const double SUMS = 48.0, THROUGH = 0.375;  // three times what was measured
  const int r = p->r, k = view->rows.k;
  const bl_metric metric = prior_metric(h->prior);
  double *K = arena_doubles(scratch, r, k), square = 0.0;
  const int status = K ? rows_norms(&h->active, K, &view->rows, &metric, scratch) : BL_MEMORY;
  for (int i = 0; i < r && status == BL_OK; ++i)
    for (int j = 0; j <= i; ++j) {
      const double g = view->G[area(i, r) + (size_t)j];
      square += g * g * K[area(j, k) + (size_t)(j % k)];
    }
  const double through = THROUGH * sqrt(h->s * square);
  p->rounding = p->basis->on.is->roundoff * (through > SUMS ? through : SUMS);
  return status;
}

int painter_make(bl_painter **out, const bl_hess *h, const bl_view *view, const double *theta, int single,
                 painter_memory *memory, bl_arena *scratch) {
  const double *variance = prior_metric(h->prior).tensor;
  bl_painter *p = *out = arena_take(scratch, 1, sizeof *p);
  if (!p) return BL_MEMORY;
  *p = (bl_painter){.r = view->rows.n * view->rows.k, .scale = variance[0]};
  int status = settle(p, &view->rows, h->active.net, h->active.first, theta, variance, single, memory, scratch);
  if (status == BL_OK) status = measure(p, h, view, scratch);
  if (status != BL_OK) return status;
  p->G = panel_packed(&p->basis->on, view->G, 0, p->r, p->r, p->scale * sqrt(h->s), scratch);
  return p->G ? BL_OK : BL_MEMORY;
}

int painter_block(const bl_painter *p, double *f, double *V, double *bound, const double *X, const int *pixel, int n,
                  bl_arena *scratch) {
  if (p->memory) return memory_block(p, f, V, bound, X, pixel, n, scratch);
  const int k = p->basis->k, d = net_inputs(p->basis->on.net), most = PANELS * p->basis->on.is->wide;
  int status = BL_OK;
  for (int at = 0; at < n && status == BL_OK; at += most) {
    const int count = n - at < most ? n - at : most;
    const bl_mark mark = bl_arena_mark(scratch);
    painter_sheet sheet;
    panel_pass pass;
    status = painter_trace(p->basis, &sheet, &pass, X + area(at, d), count, scratch, scratch);
    if (status == BL_OK) status = painter_products(p->basis, &sheet, &pass, 0, scratch);
    if (status == BL_OK)
      status = painter_explain(p, f + area(at, k), V + area(at, k * k), bound + at, &sheet, count, scratch);
    bl_arena_release(scratch, mark);
  }
  return status;
}
