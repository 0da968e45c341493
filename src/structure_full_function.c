// structure_full_function.c — the same full posterior in function space: the rows of all data are kept as (A, D), and
// their inner products under the prior take the place of the p × p precision (woodbury.h). p may be large.
// Immer, Korzepa & Bauer 2021.
#include "woodbury_pivoted.h"

static double cost(const bl_active *active, int n, int k) { return woodbury_cost(active, (double)n * k); }

static double bytes(const bl_active *active, int n, int k) { return woodbury_bytes(active, (double)n * k); }

static int init(bl_hess *h) { return woodbury_init(h, bl_alloc(1, sizeof(bl_woodbury))); }

static int absorb(bl_hess *h, const bl_rows *rows, double sign, bl_arena *scratch) {
  if (rows->dense) return BL_UNSUPPORTED;
  return sign > 0.0 ? woodbury_append(h, rows) : woodbury_remove(h, rows, scratch);
}

static int merge(bl_hess *h, const bl_hess *other, double factor, bl_arena *scratch) {
  const bl_woodbury *from = other->own;
  const bl_mark mark = bl_arena_mark(scratch);
  bl_rows rows;
  int status = gram_weighted(&rows, &from->gram, factor, scratch);
  if (status == BL_OK) status = woodbury_append(h, &rows);
  bl_arena_release(scratch, mark);
  return status;
}

const bl_structure structure_full_function = {
    .name = "full",
    .space = "function",
    .about =
        "Every covariance between parameters, through inner products of the data's Jacobian rows: exact; the choice "
        "for many parameters.",
    .can = STRUCTURE_INDEXED | STRUCTURE_DIAG_PRIOR | STRUCTURE_DOWNDATE | STRUCTURE_EXACT | STRUCTURE_CHOICE |
           STRUCTURE_FUNCTIONS | STRUCTURE_WEIGHTS,
    .cost = cost,
    .bytes = bytes,
    .init = init,
    .absorb = absorb,
    .merge = merge,
    .prepare = woodbury_prepare,
    .log_det = woodbury_log_det,
    .multiply = woodbury_multiply,
    .solve = woodbury_solve,
    .diagonal = woodbury_diagonal,
    .draw = woodbury_draw,
    .features = woodbury_features,
    .variance = woodbury_variance,
    .sketch = pivoted_sketch,
    .view = woodbury_view,
    .fields = woodbury_fields,
    .release = woodbury_release};
