// woodbury_pivoted.c — the posterior that rests on the pivots (woodbury_pivots.c), in every operation of a structure:
//   K ≈ F Fᵀ, F (m, r),  τ = tr(K − F Fᵀ);   K_SS = L Lᵀ on the pivots,  q(x) = L⁻¹ k_S(x),  C Cᵀ = I + FᵀF
//   v̂ = max(0, k − qᵀq) + ‖C⁻¹q‖²: both terms are positive, whatever cancels;   log det P̂ − log det P0 = log det C Cᵀ
// Draws and products with P̂⁻¹ go through the rows the model has: R̂ = Eᵀ L⁻¹ R_S with E Eᵀ = FᵀF.
#include <math.h>
#include <string.h>

#include "kernels.h"
#include "linalg.h"
#include "woodbury_own.h"

typedef struct {
  bl_woodbury rows;   // R̂, once it was asked for
  bl_gram pivots;     // the rows of K's pivots, as (A, D)
  double *L, *C, *E;  // (r, r); E Eᵀ = FᵀF
  double *lost;       // (1) largest k/v̂ met: what rounding costs
} pivoted;

static const double ROUNDING = 16.0 * 0x1p-53;  // of log sd, times k/v̂: three times what was measured
enum { LEAST_ROWS = 48 };                       // below it the exact path costs no more

// R̂ = Eᵀ L⁻¹ R_S, its rows in front of a woodbury of their own; √s is left out, as it is of all rows. Their Gram
// matrix is EᵀE, without a look at them.
static int model_rows(const bl_hess *h, bl_arena *scratch) {
  pivoted *own = h->own;
  const int r = own->pivots.held;
  const size_t rank = (size_t)r;
  const bl_rows pivots = gram_rows(&own->pivots);
  bl_gram *gram = &own->rows.gram;
  double *M = arena_doubles(scratch, r, r), *RS = arena_doubles(scratch, r, h->p);
  double *rows = bl_alloc_doubles(r, h->p), *K = bl_alloc_doubles(r, r);
  if (!M || !RS || !rows || !K) {
    bl_free(rows);
    bl_free(K);
    return BL_MEMORY;
  }
  rows_expand(&h->active, RS, &pivots);
  pivots_rows(M, own->L, own->E, r);
  k_gemm(K_N, K_N, rows, h->p, M, r, RS, h->p, r, h->p, r, 1.0, 0.0);
  k_gemm(K_T, K_N, K, r, own->E, r, own->E, r, r, r, r, 1.0, 0.0);
  for (size_t i = 0; i < rank * rank; ++i) K[i] /= h->s;
  gram_replace(gram, rows, r);
  gram->K = K, gram->in_K = r;
  return BL_OK;
}

static int fill(bl_hess *out, const bl_hess *h, double s, const bl_prior *prior, double tolerance, int whole,
                bl_arena *scratch) {
  pivoted *own = out->own;
  const bl_gram *gram = &((const bl_woodbury *)h->own)->gram;
  bl_pivots found;
  int status = pivots_choose(&found, &out->active, gram, !whole, s, prior, tolerance, scratch);
  if (status != BL_OK) return status;
  const int r = found.r;
  const size_t rank = (size_t)r, square = rank * rank * sizeof(double);
  own->L = bl_alloc_doubles(r + 1, r + 1), own->C = bl_alloc_doubles(r + 1, r + 1);
  own->E = bl_alloc_doubles(r + 1, r + 1);
  if (!own->L || !own->C || !own->E) return BL_MEMORY;
  bl_rows pivots;
  const bl_rows all = gram_rows(gram);
  status = pivots_gather(&pivots, &out->active, &all, found.pivot, r, scratch);
  if (status == BL_OK) status = gram_append(&own->pivots, &pivots, 0);
  if (status != BL_OK) return status;
  memcpy(own->L, found.L, square);
  memcpy(own->C, found.FF, square);
  memcpy(own->E, found.E, square);
  for (size_t i = 0; i < rank; ++i) own->C[i * rank + i] += 1.0;
  status = la_chol(own->C, r);
  out->slack = found.slack;
  out->s = s;
  out->prior = prior;
  if (whole) out->rank = r, out->noise = out->p + r;
  prior_key_set(own->rows.gram.key, 0.0, prior);
  prior_key_set(own->rows.factor_key, s, prior);
  return status;
}

static int features_of(const bl_hess *h, double *q, double *w, const bl_rows *rows, bl_arena *scratch) {
  const pivoted *own = h->own;
  const int r = own->pivots.held, count = rows->n * rows->k;
  const size_t size = (size_t)count * (size_t)r;
  const bl_metric metric = prior_metric(h->prior);
  const bl_rows pivots = gram_rows(&own->pivots);
  if (size == 0) return BL_OK;
  const int status = rows_gram(&h->active, q, rows, &pivots, &metric, scratch);
  if (status != BL_OK) return status;
  const double root = sqrt(h->s);
  for (size_t i = 0; i < size; ++i) q[i] *= root;
  la_solve_lt(own->L, q, count, r);
  memcpy(w, q, size * sizeof *w);
  la_solve_lt(own->C, w, count, r);
  return BL_OK;
}

static int variance(const bl_hess *h, double *V, const bl_rows *rows, bl_arena *scratch) {
  pivoted *own = h->own;
  const int r = own->pivots.held, k = rows->k;
  const bl_metric metric = prior_metric(h->prior);
  const bl_mark mark = bl_arena_mark(scratch);
  double *q = arena_doubles(scratch, rows->n * k, r), *w = arena_doubles(scratch, rows->n * k, r);
  int status = q && w ? rows_norms(&h->active, V, rows, &metric, scratch) : BL_MEMORY;
  if (status == BL_OK) status = features_of(h, q, w, rows, scratch);
  double *v = V;
  for (int n = 0; n < rows->n && status == BL_OK; ++n, v += k * k)
    for (int i = 0; i < k; ++i)
      for (int j = 0; j <= i; ++j) {
        const size_t a = (size_t)(n * k + i) * (size_t)r, b = (size_t)(n * k + j) * (size_t)r;
        const double prior = v[i * k + j], rest = prior - k_dot(q + a, q + b, r);
        const double sum = (i == j && rest < 0.0 ? 0.0 : rest) + k_dot(w + a, w + b, r);
        if (i == j && sum * *own->lost < prior) *own->lost = prior / sum;
        v[i * k + j] = v[j * k + i] = sum;
      }
  bl_arena_release(scratch, mark);
  return status;
}

// Variances never need the model rows and fits are many, so they are made when something first does. That may be after
// the prior is gone, for products with H need none.
static int with_rows(const bl_hess *h, bl_arena *scratch) {
  const pivoted *own = h->own;
  const bl_mark mark = bl_arena_mark(scratch);
  const int status = own->rows.gram.held == own->pivots.held ? BL_OK : model_rows(h, scratch);
  bl_arena_release(scratch, mark);
  return status;
}

static int prepare(bl_hess *h, double s, const bl_prior *prior, int want, bl_arena *scratch) {
  const int status = with_rows(h, scratch);
  return status == BL_OK ? woodbury_prepare(h, s, prior, want, scratch) : status;
}

static int multiply(const bl_hess *h, double *Y, const double *X, int m, bl_arena *scratch) {
  const int status = with_rows(h, scratch);
  return status == BL_OK ? woodbury_multiply(h, Y, X, m, scratch) : status;
}

static int solve(const bl_hess *h, double *X, int m, bl_arena *scratch) {
  const int status = with_rows(h, scratch);
  return status == BL_OK ? woodbury_solve(h, X, m, scratch) : status;
}

static int diagonal(const bl_hess *h, double *v, bl_arena *scratch) {
  const int status = with_rows(h, scratch);
  return status == BL_OK ? woodbury_diagonal(h, v, scratch) : status;
}

static int draw(const bl_hess *h, double *X, const double *Z, int m, bl_arena *scratch) {
  const int status = with_rows(h, scratch);
  return status == BL_OK ? woodbury_draw(h, X, Z, m, scratch) : status;
}

static int features(const bl_hess *h, double *Phi, const bl_rows *q, bl_arena *scratch) {
  const int status = with_rows(h, scratch);
  return status == BL_OK ? woodbury_features(h, Phi, q, scratch) : status;
}

static int log_det(const bl_hess *h, double *value, double *d_s, double *d_prior, bl_arena *scratch) {
  const pivoted *own = h->own;
  if (d_s || d_prior) {
    const int status = with_rows(h, scratch);
    return status == BL_OK ? woodbury_log_det(h, value, d_s, d_prior, scratch) : status;
  }
  *value = hess_factor_log_det(own->C, NULL, own->pivots.held);
  return BL_OK;
}

static int fields(bl_hess *h, bl_visitor *visitor) {
  pivoted *own = h->own;
  int status = gram_fields(&own->pivots, visitor);
  const int r = own->pivots.held;
  if (status == BL_OK) status = visitor->doubles(visitor, &own->L, r, r);
  if (status == BL_OK) status = visitor->doubles(visitor, &own->C, r, r);
  if (status == BL_OK) status = visitor->doubles(visitor, &own->E, r, r);
  if (status == BL_OK) status = visitor->doubles(visitor, &own->lost, 1, 1);
  return status == BL_OK ? woodbury_fields(h, visitor) : status;
}

static void release(bl_hess *h) {
  gram_release(&((pivoted *)h->own)->pivots);
  woodbury_release(h);
}

static int init(bl_hess *h) {
  pivoted *own = bl_alloc(1, sizeof *own);
  const int k = h->k;
  h->k = 1;  // pivots and model rows stand for themselves
  int status = woodbury_init(h, own ? &own->rows : NULL);
  h->k = k;
  if (status == BL_OK) status = gram_init(&own->pivots, &h->active, 1);
  if (status == BL_OK) own->lost = bl_alloc_doubles(1, 1);
  return status == BL_OK && !own->lost ? BL_MEMORY : status;
}

// v̂ = k − qᵀ(I − (CCᵀ)⁻¹)q with I − (CCᵀ)⁻¹ = E(I + EᵀE)⁻¹Eᵀ, EEᵀ = FᵀF = CCᵀ − I: so G = S⁻¹Eᵀ L⁻¹, SSᵀ = I + EᵀE.
// What L⁻¹ makes large where pivots almost depend on each other, E makes small again. The first n pivots have the
// leading blocks of all.
static int view(const bl_hess *h, double tolerance, bl_view *out, bl_arena *scratch) {
  const pivoted *own = h->own;
  const int r = own->pivots.held;
  double slack = h->slack;
  if (r == 0) return BL_UNSUPPORTED;
  const int n = pivots_fewest(own->C, r, &slack, tolerance);
  double *S = arena_doubles(scratch, n, n), *T = arena_doubles(scratch, n, n), *L = arena_doubles(scratch, n, n);
  *out = (bl_view){gram_rows(&own->pivots), arena_doubles(scratch, n, n), 0, slack};
  if (!S || !T || !L || !out->G) return BL_MEMORY;
  out->rows.n = n;
  for (int i = 0; i < n; ++i) {
    memcpy(T + i * n, own->E + i * r, (size_t)n * sizeof *T);
    memcpy(L + i * n, own->L + i * r, (size_t)n * sizeof *L);
  }
  k_gemm(K_T, K_N, S, n, T, n, T, n, n, n, n, 1.0, 0.0);
  for (int i = 0; i < n; ++i) S[i * n + i] += 1.0;
  if (la_chol(S, n) != BL_OK) return BL_UNSUPPORTED;
  la_solve_lt(S, T, n, n);
  pivots_rows(out->G, L, T, n);
  return BL_OK;
}

static double bound(const bl_hess *h) { return h->slack + ROUNDING * *((const pivoted *)h->own)->lost; }

// Not in the table: it is what a row of the table becomes where a tolerance allows it.
static const bl_structure reduced = {
    .name = "full",
    .space = "function",
    .about = "The full posterior through a few of its rows, with a proven bound.",
    .can = STRUCTURE_INDEXED | STRUCTURE_DIAG_PRIOR | STRUCTURE_FUNCTIONS | STRUCTURE_WEIGHTS,
    .init = init,
    .prepare = prepare,
    .log_det = log_det,
    .multiply = multiply,
    .solve = solve,
    .diagonal = diagonal,
    .draw = draw,
    .features = features,
    .variance = variance,
    .bound = bound,
    .view = view,
    .fields = fields,
    .release = release};

int pivoted_sketch(bl_hess *out, const bl_hess *h, double s, const bl_prior *prior, double tolerance, int whole,
                   bl_arena *scratch) {
  const bl_woodbury *from = h->own;
  if (h->apart || gram_size(&from->gram) < LEAST_ROWS || from->gram.full) return BL_UNSUPPORTED;
  int status = hess_init(out, &reduced, &h->active, h->k, &h->options);
  if (status != BL_OK) return status;
  const bl_mark mark = bl_arena_mark(scratch);
  status = fill(out, h, s, prior, tolerance, whole, scratch);
  bl_arena_release(scratch, mark);
  if (status != BL_OK) hess_release(out);
  return status;
}
