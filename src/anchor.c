// anchor.c — a prior with covariances: made from a posterior or from a matrix, and its pull on the weights.
#include "anchor.h"

#include "kernels.h"
#include "linalg.h"
#include "vmath.h"

static int finish(bl_anchor *anchor, const bl_prior *prior, bl_arena *scratch) {
  const bl_structure *is = anchor->hess.is;
  int status = is->prepare(&anchor->hess, anchor->c, prior, 0, scratch);
  if (status == BL_OK) status = is->log_det(&anchor->hess, &anchor->log_det, NULL, NULL, scratch);
  anchor->hess.prior = NULL;  // only products with H from here on
  return status;
}

static int handed(bl_anchor **out, bl_anchor *anchor, int status) {
  *out = status == BL_OK ? anchor : NULL;
  if (status != BL_OK) bl_anchor_free(anchor);
  return status;
}

int anchor_new(bl_anchor **out, const bl_hess *hess, double c, const bl_active *active, const bl_prior *prior,
               bl_arena *scratch) {
  bl_anchor *anchor = bl_alloc(1, sizeof *anchor);
  int status = anchor ? hess_clone(&anchor->hess, hess, active, scratch) : BL_MEMORY;
  if (status == BL_OK) {
    anchor->c = c;
    status = finish(anchor, prior, scratch);
  }
  return handed(out, anchor, status);
}

// ε = half the smallest eigenvalue leaves H and P0 both positive definite.
int anchor_of_matrix(bl_anchor **out, bl_prior **prior, const bl_active *active, const double *M, const double *mean,
                     int mean_count, bl_arena *scratch) {
  const int p = active->p;
  const size_t size = (size_t)p;
  const bl_hess_options none = {0};
  const int row = structure_find("full", "auto", STRUCTURE_MATRIX_PRIOR, active, 1, 1);
  const bl_mark mark = bl_arena_mark(scratch);
  double *A = arena_doubles(scratch, p, p), *H = arena_doubles(scratch, p, p), *e = arena_doubles(scratch, p, 1);
  bl_anchor *anchor = bl_alloc(1, sizeof *anchor);
  int status = A && H && e && anchor ? BL_OK : BL_MEMORY;
  *prior = NULL;
  if (status == BL_OK) {
    for (size_t i = 0; i < size; ++i)
      for (size_t j = 0; j < size; ++j) A[i * size + j] = H[i * size + j] = 0.5 * (M[i * size + j] + M[j * size + i]);
    status = la_eigvals(A, e, p, scratch);
  }
  if (status == BL_OK && !(e[0] > 0.0 && vm_finite(1.0 / e[0]))) status = BL_NOT_PD;
  const double epsilon = status == BL_OK ? 0.5 * e[0] : 1.0;
  if (status == BL_OK) status = bl_prior_new(prior, active, &epsilon, 1, mean, mean_count);
  if (status == BL_OK) {
    for (size_t i = 0; i < size; ++i) H[i * size + i] -= epsilon;
    const bl_rows rows = {.k = 1, .dense = H};
    anchor->c = 1.0;
    status = hess_init(&anchor->hess, structure_row(row), active, 1, &none);
    if (status == BL_OK) status = anchor->hess.is->absorb(&anchor->hess, &rows, 1.0, scratch);
    if (status == BL_OK) status = finish(anchor, *prior, scratch);
  }
  if (status != BL_OK) {
    bl_prior_free(*prior);
    *prior = NULL;
  }
  bl_arena_release(scratch, mark);
  return handed(out, anchor, status);
}

int anchor_clone(bl_anchor **out, const bl_anchor *from, const bl_active *active, bl_arena *scratch) {
  bl_anchor *anchor = bl_alloc(1, sizeof *anchor);
  const int status = anchor ? hess_clone(&anchor->hess, &from->hess, active, scratch) : BL_MEMORY;
  if (status == BL_OK) {
    anchor->c = from->c;
    anchor->log_det = from->log_det;
  }
  return handed(out, anchor, status);
}

void bl_anchor_free(bl_anchor *anchor) {
  if (!anchor) return;
  hess_release(&anchor->hess);
  bl_free(anchor);
}

int anchor_pull(const bl_anchor *anchor, double *value, double *g, const double *away, double share,
                bl_arena *scratch) {
  const int p = anchor->hess.p;
  const bl_mark mark = bl_arena_mark(scratch);
  double *Ha = arena_doubles(scratch, p, 1);
  const int status = Ha ? anchor->hess.is->multiply(&anchor->hess, Ha, away, 1, scratch) : BL_MEMORY;
  if (status == BL_OK && value) *value += anchor->c * k_dot(away, Ha, p);
  if (status == BL_OK && g) k_axpy(g, share * anchor->c, Ha, p);
  bl_arena_release(scratch, mark);
  return status;
}
