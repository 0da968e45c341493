// structure_diag.c — a variance for each parameter, no covariances: h = diag H,  P = diag(s·h + p0).
//   J P⁻¹ J'ᵀ is the metric of a prior with precisions s·h + p0; everything is a sum over parameters.
// MacKay 1992; Ritter, Botev & Barber 2018 on why it is far too cautious: the covariances it drops carry most of what
// the data say.
#include <math.h>
#include <string.h>

#include "kernels.h"
#include "structure.h"
#include "vmath.h"

typedef struct {
  double *h;         // (p)
  double *variance;  // (p) of the posterior, as last prepared for it
} diagonal_form;

static double cost(const bl_active *active, int n, int k) { return 3.0 * (double)n * k * active->p; }

static double bytes(const bl_active *active, int n, int k) {
  (void)n, (void)k;
  return 16.0 * active->p;
}

static int init(bl_hess *h) {
  diagonal_form *own = h->own = bl_alloc(1, sizeof *own);
  if (!own) return BL_MEMORY;
  own->h = bl_alloc_doubles(h->p, 1);
  own->variance = bl_alloc_doubles(h->p, 1);
  h->base = 0.0, h->sign = 1.0;
  h->rank = h->noise = h->p;
  return own->h && own->variance ? BL_OK : BL_MEMORY;
}

static int absorb(bl_hess *h, const bl_rows *rows, double sign, bl_arena *scratch) {
  (void)scratch;
  diagonal_form *own = h->own;
  const size_t p = (size_t)h->p;
  if (!rows->dense) rows_square(&h->active, own->h, rows, sign);
  for (size_t i = 0; i < p && rows->dense; ++i) own->h[i] += sign * rows->dense[i * p + i];
  return BL_OK;
}

static int merge(bl_hess *h, const bl_hess *other, double factor, bl_arena *scratch) {
  (void)scratch;
  diagonal_form *own = h->own;
  const diagonal_form *from = other->own;
  k_axpy(own->h, factor, from->h, h->p);
  return BL_OK;
}

// It has no factor and no spectrum: a sum is as cheap.
static int prepare(bl_hess *h, double s, const bl_prior *prior, int want, bl_arena *scratch) {
  (void)scratch;
  diagonal_form *own = h->own;
  for (int i = 0; i < h->p; ++i)
    if (!(s * own->h[i] + prior->diag[i] > 0.0)) return BL_NOT_PD;
  for (int i = 0; i < h->p && (want & WANT_FACTOR); ++i) own->variance[i] = 1.0 / (s * own->h[i] + prior->diag[i]);
  h->s = s;
  h->prior = prior;
  return BL_OK;
}

static int log_det(const bl_hess *h, double *value, double *d_s, double *d_prior, bl_arena *scratch) {
  (void)scratch;
  const diagonal_form *own = h->own;
  const bl_prior *prior = h->prior;
  double sum = 0.0, slope = 0.0;
  if (d_prior) memset(d_prior, 0, (size_t)prior->groups * sizeof *d_prior);
  for (int i = 0; i < h->p; ++i) {
    const double variance = 1.0 / (h->s * own->h[i] + prior->diag[i]);
    sum += vm_log1p1(h->s * own->h[i] / prior->diag[i]);
    slope += own->h[i] * variance;
    if (d_prior) d_prior[prior->group_of[i]] -= h->s * own->h[i] * variance * prior->variance[i];
  }
  *value = sum;
  if (d_s) *d_s = slope;
  return BL_OK;
}

// Y (m, p) = X·diag(scale)
static void scaled(double *Y, const double *X, const double *scale, int m, int p) {
  for (int j = 0; j < m; ++j, X += p, Y += p) k_times(Y, X, scale, p);
}

static int multiply(const bl_hess *h, double *Y, const double *X, int m, bl_arena *scratch) {
  (void)scratch;
  scaled(Y, X, ((const diagonal_form *)h->own)->h, m, h->p);
  return BL_OK;
}

static int solve(const bl_hess *h, double *X, int m, bl_arena *scratch) {
  (void)scratch;
  scaled(X, X, ((const diagonal_form *)h->own)->variance, m, h->p);
  return BL_OK;
}

static int diagonal(const bl_hess *h, double *v, bl_arena *scratch) {
  (void)scratch;
  memcpy(v, ((const diagonal_form *)h->own)->variance, (size_t)h->p * sizeof *v);
  return BL_OK;
}

// the standard deviations, from scratch
static const double *deviations(const bl_hess *h, bl_arena *scratch) {
  const diagonal_form *own = h->own;
  double *root = arena_doubles(scratch, h->p, 1);
  for (int i = 0; i < h->p && root; ++i) root[i] = sqrt(own->variance[i]);
  return root;
}

static int draw(const bl_hess *h, double *X, const double *Z, int m, bl_arena *scratch) {
  const bl_mark mark = bl_arena_mark(scratch);
  const double *root = deviations(h, scratch);
  if (root) scaled(X, Z, root, m, h->p);
  bl_arena_release(scratch, mark);
  return root ? BL_OK : BL_MEMORY;
}

static int features(const bl_hess *h, double *Phi, const bl_rows *q, bl_arena *scratch) {
  const bl_mark mark = bl_arena_mark(scratch);
  const double *root = deviations(h, scratch);
  rows_expand(&h->active, Phi, q);
  if (root) scaled(Phi, Phi, root, q->n * q->k, h->p);
  bl_arena_release(scratch, mark);
  return root ? BL_OK : BL_MEMORY;
}

static int variance(const bl_hess *h, double *V, const bl_rows *q, bl_arena *scratch) {
  const bl_metric metric = {NULL, ((const diagonal_form *)h->own)->variance};
  return rows_norms(&h->active, V, q, &metric, scratch);
}

static int fields(bl_hess *h, bl_visitor *visitor) {
  diagonal_form *own = h->own;
  const int status = visitor->doubles(visitor, &own->h, h->p, 1);
  return status == BL_OK ? visitor->doubles(visitor, &own->variance, h->p, 1) : status;
}

static void release(bl_hess *h) {
  bl_free(h->own);
  h->own = NULL;
}

const bl_structure structure_diag = {
    .name = "diag",
    .space = "",
    .about =
        "A variance for each parameter and no covariances: cheapest, and much too unsure where parameters share "
        "the work.",
    .can = STRUCTURE_INDEXED | STRUCTURE_DIAG_PRIOR | STRUCTURE_DENSE | STRUCTURE_DOWNDATE | STRUCTURE_WEIGHTS,
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
