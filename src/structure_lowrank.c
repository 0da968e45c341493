// structure_lowrank.c — the leading eigenpairs of H: H ≈ Q diag(l) Qᵀ, those of the largest |l|, of which only l > 1e-6
// are kept; then exact for these: rows R = diag(√l) Qᵀ (woodbury.h).
// H is accumulated whole and truncated when it is used, so batches, updates and downdates stay exact.
// Daxberger et al. 2021 (laplace-torch's LowRankLaplace, whose cut of 1e-6 this is); Maddox et al. 2020.
#include <math.h>
#include <string.h>

#include "linalg.h"
#include "vmath.h"
#include "woodbury.h"

typedef struct {
  bl_woodbury rows;
  int truncated;  // do the rows belong to the H held?
  double *H;      // (p, p)
} lowrank;

static const double LEAST = 1e-6;

static int rank_of(const bl_hess *h) { return h->options.rank > 0 && h->options.rank < h->p ? h->options.rank : h->p; }

static double cost(const bl_active *active, int n, int k) {
  const double p = active->p;
  return (double)n * k * p * p + 9.0 * p * p * p;
}

static double bytes(const bl_active *active, int n, int k) {
  (void)n, (void)k;
  return 16.0 * (double)active->p * active->p;
}

static int init(bl_hess *h) {
  lowrank *own = bl_alloc(1, sizeof *own);
  const int k = h->k;
  h->k = 1;  // its rows stand for themselves
  const int status = woodbury_init(h, own ? &own->rows : NULL);
  h->k = k;
  if (status == BL_OK) own->H = bl_alloc_doubles(h->p, h->p);
  return status == BL_OK && !own->H ? BL_MEMORY : status;
}

static int absorb(bl_hess *h, const bl_rows *rows, double sign, bl_arena *scratch) {
  lowrank *own = h->own;
  const int status = rows_product(&h->active, own->H, rows, sign, scratch);
  if (status == BL_OK) own->truncated = 0;
  return status;
}

static int merge(bl_hess *h, const bl_hess *other, double factor, bl_arena *scratch) {
  const bl_rows rows = {.k = h->k, .dense = ((const lowrank *)other->own)->H};
  return absorb(h, &rows, factor, scratch);
}

// Of ascending eigenvalues, which belong to the `rank` of largest |l| and are large enough: they are the top ones, from
// an index on, because what is dropped for being negative takes its place in the count all the same.
static int first_kept(const double *l, int p, int rank) {
  int low = 0, high = p - 1, first = p;
  for (int taken = 0; taken < rank; ++taken) {
    if (vm_abs(l[high]) >= vm_abs(l[low])) {
      if (!(l[high] > LEAST)) break;
      first = high--;
    } else {
      ++low;
    }
  }
  return first;
}

static int truncate(bl_hess *h, bl_arena *scratch) {
  lowrank *own = h->own;
  const size_t p = (size_t)h->p;
  const bl_mark mark = bl_arena_mark(scratch);
  double *Q = arena_doubles(scratch, h->p, h->p), *l = arena_doubles(scratch, h->p, 1), *R = NULL;
  int status = Q && l ? BL_OK : BL_MEMORY, first = 0;
  if (status == BL_OK) {
    memcpy(Q, own->H, p * p * sizeof *Q);
    status = la_eigh(Q, l, h->p, scratch);
  }
  if (status == BL_OK) {
    first = first_kept(l, h->p, rank_of(h));
    R = bl_alloc_doubles(h->p - first, h->p);
    if (!R) status = BL_MEMORY;
  }
  for (size_t i = (size_t)first; i < p && status == BL_OK; ++i) {
    const double root = sqrt(l[i]);
    for (size_t j = 0; j < p; ++j) R[(i - (size_t)first) * p + j] = root * Q[i * p + j];
  }
  if (status == BL_OK) {
    gram_replace(&own->rows.gram, R, h->p - first);
    own->truncated = 1;
    woodbury_changed(h);
  }
  bl_arena_release(scratch, mark);
  return status;
}

static int prepare(bl_hess *h, double s, const bl_prior *prior, int want, bl_arena *scratch) {
  const lowrank *own = h->own;
  const int status = own->truncated ? BL_OK : truncate(h, scratch);
  return status == BL_OK ? woodbury_prepare(h, s, prior, want, scratch) : status;
}

static int fields(bl_hess *h, bl_visitor *visitor) {
  lowrank *own = h->own;
  int status = visitor->ints(visitor, &own->truncated, 1);
  if (status == BL_OK) status = visitor->doubles(visitor, &own->H, h->p, h->p);
  return status == BL_OK ? woodbury_fields(h, visitor) : status;
}

const bl_structure structure_lowrank = {
    .name = "lowrank",
    .space = "",
    .about = "The leading eigenvectors of the curvature (option rank); the prior elsewhere.",
    .can = STRUCTURE_INDEXED | STRUCTURE_DIAG_PRIOR | STRUCTURE_DENSE | STRUCTURE_DOWNDATE | STRUCTURE_WEIGHTS,
    .cost = cost,
    .bytes = bytes,
    .init = init,
    .absorb = absorb,
    .merge = merge,
    .prepare = prepare,
    .log_det = woodbury_log_det,
    .multiply = woodbury_multiply,
    .solve = woodbury_solve,
    .diagonal = woodbury_diagonal,
    .draw = woodbury_draw,
    .features = woodbury_features,
    .variance = woodbury_variance,
    .fields = fields,
    .release = woodbury_release};
