// woodbury_pivoted.c — pivots are chosen by the largest remaining diagonal; a column of K is formed when its turn
// comes, so nothing of size m × m ever is:
//   K ≈ F Fᵀ, F (m, r),  τ = tr(K − F Fᵀ);   K_SS = L Lᵀ on the pivots,  q(x) = L⁻¹ k_S(x),  C Cᵀ = I + FᵀF
//   v̂ = max(0, k − qᵀq) + ‖C⁻¹q‖²: both terms are positive, whatever cancels;   log det P̂ − log det P0 = log det C Cᵀ
// Draws and products with P̂⁻¹ go through the rows the model has: R̂ = Eᵀ L⁻¹ R_S with E Eᵀ = FᵀF.
#include "woodbury_pivoted.h"

#include <math.h>
#include <string.h>

#include "kernels.h"
#include "linalg.h"
#include "vmath.h"

typedef struct {
  bl_woodbury rows;   // R̂, when it was asked for
  bl_gram pivots;     // the rows of K's pivots, as (A, D)
  double *L, *C, *E;  // (r, r); E Eᵀ = FᵀF
  double *lost;       // (1) largest k/v̂ met: what rounding costs
} pivoted;

static const double ROUNDING = 16.0 * 0x1p-53;  // of log sd, times k/v̂: three times what was measured
enum { LEAST_ROWS = 48 };                       // below it the exact path costs no more

static double slack_of(double tau) {
  const double half = 0.5 * sqrt(tau);
  return vm_log1p1(half + (sqrt(1.0 + half * half) - 1.0));  // asinh(½√τ)
}

// the row of K's row index i as one example
static void one_row(bl_rows *out, const bl_active *active, const bl_rows *rows, int i, const double **A,
                    const double **D) {
  for (int l = active->first; l <= active->last; ++l) {
    A[l] = rows->A[l] + (size_t)(i / rows->k) * (size_t)active->net->size[l];
    D[l] = rows->D[l] + (size_t)i * (size_t)active->net->size[l + 1];
  }
  *out = (bl_rows){1, 1, A, D, NULL, NULL, NULL};
}

// d (m): diagonal of K
static int diagonal_of(double *d, const bl_active *active, const bl_rows *rows, double s, const bl_metric *metric,
                       bl_arena *scratch) {
  const int k = rows->k;
  double *blocks = arena_doubles(scratch, rows->n * k, k);
  const int status = blocks ? rows_norms(active, blocks, rows, metric, scratch) : BL_MEMORY;
  for (int i = 0; i < rows->n * k && status == BL_OK; ++i) d[i] = s * blocks[(size_t)i * (size_t)k + (size_t)(i % k)];
  return status;
}

// Factor: column after column of F into F (limit, m) row-wise, until the bound is reached. r: how many.
static int factor(double *F, int *pivot, int *r, double *tau, const bl_active *active, const bl_rows *rows, double s,
                  const bl_metric *metric, double tolerance, int limit, bl_arena *scratch) {
  const int m = rows->n * rows->k;
  const size_t size = (size_t)m;
  double *d = arena_doubles(scratch, m, 1);
  const double **A = arena_take(scratch, (size_t)active->net->layers, sizeof *A);
  const double **D = arena_take(scratch, (size_t)active->net->layers, sizeof *D);
  int status = d && A && D ? diagonal_of(d, active, rows, s, metric, scratch) : BL_MEMORY;
  double whole = 0.0;
  for (int i = 0; i < m && status == BL_OK; ++i) whole += d[i];
  const double unseen = m * 0x1p-52 * whole;  // what rounding hides of τ
  *tau = whole + unseen;
  for (*r = 0; status == BL_OK && slack_of(*tau) > tolerance; ++*r) {
    int best = 0;
    for (int i = 1; i < m; ++i) best = d[i] > d[best] ? i : best;
    if (*r == limit || !(d[best] > 0.0)) return BL_UNSUPPORTED;
    const bl_mark mark = bl_arena_mark(scratch);
    double *column = F + (size_t)*r * size;
    bl_rows row;
    one_row(&row, active, rows, best, A, D);
    status = rows_gram(active, column, &row, rows, metric, scratch);
    bl_arena_release(scratch, mark);
    if (status != BL_OK) return status;
    for (size_t i = 0; i < size; ++i) column[i] *= s;
    for (int j = 0; j < *r; ++j) k_axpy(column, -F[(size_t)j * size + (size_t)best], F + (size_t)j * size, m);
    const double root = sqrt(d[best]);
    *tau = unseen;
    for (size_t i = 0; i < size; ++i) {
      column[i] /= root;
      d[i] -= column[i] * column[i];
      if (d[i] > 0.0) *tau += d[i];
      else d[i] = 0.0;
    }
    *tau -= d[best], d[best] = 0.0;
    pivot[*r] = best;
  }
  return status;
}

// R̂ = Eᵀ L⁻¹ R_S, its rows in front of a woodbury of their own; √s is left out, as it is of all rows
static int model_rows(pivoted *own, const bl_hess *h, int r, double s, bl_arena *scratch) {
  const size_t rank = (size_t)r, p = (size_t)h->p;
  const bl_rows pivots = gram_rows(&own->pivots);
  double *T = arena_doubles(scratch, h->p, r), *RS = arena_doubles(scratch, r, h->p);
  double *rows = bl_alloc_doubles(r, h->p);
  if (!T || !RS || !rows) {
    bl_free(rows);
    return BL_MEMORY;
  }
  rows_expand(&h->active, RS, &pivots);
  const double root = sqrt(s);
  for (size_t i = 0; i < rank; ++i)
    for (size_t j = 0; j < p; ++j) T[j * rank + i] = root * RS[i * p + j];
  la_solve_lt(own->L, T, h->p, r);  // (p, r) = R_Sᵀ L⁻ᵀ
  k_gemm(K_T, K_T, rows, h->p, own->E, r, T, r, r, h->p, r, 1.0, 0.0);
  for (size_t i = 0; i < rank * p; ++i) rows[i] /= root;
  gram_replace(&own->rows.gram, rows, r);
  return BL_OK;
}

static int fill(bl_hess *out, const bl_hess *h, double s, const bl_prior *prior, double tolerance, int whole,
                bl_arena *scratch) {
  pivoted *own = out->own;
  const bl_active *active = &out->active;
  const bl_metric metric = prior_metric(prior);
  const bl_rows all = gram_rows(&((const bl_woodbury *)h->own)->gram);
  const int m = all.n * all.k, limit = m / 2;
  double *F = arena_doubles(scratch, limit, m), tau;
  int *pivot = arena_ints(scratch, limit, 1), r = 0;
  int status = F && pivot ? BL_OK : BL_MEMORY;
  if (status == BL_OK) status = factor(F, pivot, &r, &tau, active, &all, s, &metric, tolerance, limit, scratch);
  if (status != BL_OK) return status;
  const size_t rank = (size_t)r, size = (size_t)m;
  const double **A = arena_take(scratch, (size_t)active->net->layers, sizeof *A);
  const double **D = arena_take(scratch, (size_t)active->net->layers, sizeof *D);
  double *FF = arena_doubles(scratch, r, r);
  own->L = bl_alloc_doubles(r + 1, r + 1), own->C = bl_alloc_doubles(r + 1, r + 1);
  own->E = bl_alloc_doubles(r + 1, r + 1);
  if (!A || !D || !FF || !own->L || !own->C || !own->E) return BL_MEMORY;
  for (int i = 0; i < r && status == BL_OK; ++i) {
    bl_rows row;
    one_row(&row, active, &all, pivot[i], A, D);
    status = gram_append(&own->pivots, &row);
  }
  if (status != BL_OK) return status;
  for (size_t i = 0; i < rank; ++i)
    for (size_t j = 0; j <= i; ++j) own->L[i * rank + j] = F[j * size + (size_t)pivot[i]];
  k_gemm(K_N, K_T, FF, r, F, m, F, m, r, r, m, 1.0, 0.0);
  memcpy(own->C, FF, rank * rank * sizeof *FF);
  for (size_t i = 0; i < rank; ++i) own->C[i * rank + i] += 1.0;
  memcpy(own->E, FF, rank * rank * sizeof *FF);
  status = la_chol(own->C, r);
  if (status == BL_OK && la_chol(own->E, r) != BL_OK) status = BL_UNSUPPORTED;  // pivots too near to each other
  if (status == BL_OK && whole) status = model_rows(own, out, r, s, scratch);
  out->slack = slack_of(tau);
  out->s = s;
  out->prior = prior;
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

static int log_det(const bl_hess *h, double *value, double *d_s, double *d_prior, bl_arena *scratch) {
  const pivoted *own = h->own;
  if (d_s || d_prior) return woodbury_log_det(h, value, d_s, d_prior, scratch);
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
// What L⁻¹ makes large where pivots almost depend on each other, E makes small again.
static int view(const bl_hess *h, bl_view *out, bl_arena *scratch) {
  const pivoted *own = h->own;
  const int r = own->pivots.held;
  const size_t rank = (size_t)r;
  if (r == 0) return BL_UNSUPPORTED;
  double *S = arena_doubles(scratch, r, r), *T = arena_doubles(scratch, r, r);
  *out = (bl_view){gram_rows(&own->pivots), arena_doubles(scratch, r, r), 0};
  if (!S || !T || !out->G) return BL_MEMORY;
  k_gemm(K_T, K_N, S, r, own->E, r, own->E, r, r, r, r, 1.0, 0.0);
  for (size_t i = 0; i < rank; ++i) S[i * rank + i] += 1.0;
  const int status = la_chol(S, r);
  if (status != BL_OK) return BL_UNSUPPORTED;
  memcpy(T, own->E, rank * rank * sizeof *T);
  la_solve_lt(S, T, r, r);
  for (size_t i = 0; i < rank; ++i)
    for (size_t j = 0; j < rank; ++j) out->G[i * rank + j] = T[j * rank + i];
  la_solve_l(own->L, out->G, r, r);
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
    .prepare = woodbury_prepare,
    .log_det = log_det,
    .multiply = woodbury_multiply,
    .solve = woodbury_solve,
    .diagonal = woodbury_diagonal,
    .draw = woodbury_draw,
    .features = woodbury_features,
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
  if (status == BL_OK && whole) status = woodbury_prepare(out, s, prior, WANT_FACTOR, scratch);
  bl_arena_release(scratch, mark);
  if (status != BL_OK) hess_release(out);
  return status;
}
