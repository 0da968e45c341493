// woodbury_pivoted.c — pivots are chosen by the largest remaining diagonal; a column of K is formed when its turn
// comes, so nothing of size m × m ever is:
//   K ≈ F Fᵀ, F (m, r),  τ = tr(K − F Fᵀ);   K_SS = L Lᵀ on the pivots,  q(x) = L⁻¹ k_S(x),  C Cᵀ = I + FᵀF
//   v̂ = max(0, k − qᵀq) + ‖C⁻¹q‖²: both terms are positive, whatever cancels;   log det P̂ − log det P0 = log det C Cᵀ
// Draws and products with P̂⁻¹ go through the rows the model has: R̂ = Eᵀ L⁻¹ R_S with E Eᵀ = FᵀF.
// Longer than other files: choosing pivots, and a posterior that rests on them in every operation of a structure.
#include "woodbury_pivoted.h"

#include <math.h>
#include <string.h>

#include "kernels.h"
#include "linalg.h"
#include "vmath.h"

typedef struct {
  bl_woodbury rows;   // R̂, once it was asked for
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

// the listed rows of K, each as an example of one row of its own
static int gather(bl_rows *out, const bl_active *active, const bl_rows *rows, const int *list, int count,
                  bl_arena *scratch) {
  const size_t layers = (size_t)active->net->layers;
  double **A = arena_take(scratch, layers, sizeof *A), **D = arena_take(scratch, layers, sizeof *D);
  if (!A || !D) return BL_MEMORY;
  for (int l = active->first; l <= active->last; ++l) {
    const size_t in = (size_t)active->net->size[l], width = (size_t)active->net->size[l + 1];
    A[l] = arena_doubles(scratch, count, (int)in), D[l] = arena_doubles(scratch, count, (int)width);
    if (!A[l] || !D[l]) return BL_MEMORY;
    for (int i = 0; i < count; ++i) {
      memcpy(A[l] + (size_t)i * in, rows->A[l] + (size_t)(list[i] / rows->k) * in, in * sizeof(double));
      memcpy(D[l] + (size_t)i * width, rows->D[l] + (size_t)list[i] * width, width * sizeof(double));
    }
  }
  *out = (bl_rows){count, 1, (const double *const *)A, (const double *const *)D, NULL, NULL, NULL};
  return BL_OK;
}

// Rows of m numbers, room for which doubles in scratch: with what it leaves behind, twice the memory of what is used.
typedef struct {
  double *at;
  int used, room;
} stack;

static double *push(stack *s, int rows, int m, bl_arena *scratch) {
  if (s->used + rows > s->room) {
    const int room = s->used + rows > 2 * s->room ? s->used + rows : 2 * s->room;
    double *larger = arena_doubles(scratch, room, m);
    if (!larger) return NULL;
    if (s->used > 0) memcpy(larger, s->at, (size_t)s->used * (size_t)m * sizeof *larger);
    s->at = larger, s->room = room;
  }
  s->used += rows;
  return s->at + (size_t)(s->used - rows) * (size_t)m;
}

// Rows of the whitened K: of the Gram matrix where one is held, else formed when they are asked for, a few at a time,
// because several cost little more than one. A row that was formed in vain so far is kept for later.
typedef struct {
  const bl_active *active;
  bl_rows all;
  bl_metric metric;
  const double *K;  // held, or NULL
  double scale;     // of K, or of what is formed
  int m;
  stack made;
  int *slot;  // (m) where row i is in made, −1: nowhere
} gram_source;

static int source_init(gram_source *from, const bl_active *active, const bl_gram *gram, double s, const bl_prior *prior,
                       bl_arena *scratch) {
  const double c = gram_ratio(gram, prior);
  const int m = gram_size(gram);
  *from =
      (gram_source){active, gram_rows(gram), prior_metric(prior),      c > 0.0 ? gram->K : NULL, c > 0.0 ? s / c : s,
                    m,      {NULL, 0, 0},    arena_ints(scratch, m, 1)};
  for (int i = 0; i < m && from->slot; ++i) from->slot[i] = -1;
  return from->slot ? BL_OK : BL_MEMORY;
}

// d (m): diagonal of K
static int diagonal_of(double *d, const gram_source *from, bl_arena *scratch) {
  const size_t k = (size_t)from->all.k, m = (size_t)from->m;
  if (from->K) {
    for (size_t i = 0; i < m; ++i) d[i] = from->scale * from->K[i * m + i];
    return BL_OK;
  }
  double *blocks = arena_doubles(scratch, (int)m, (int)k);
  const int status = blocks ? rows_norms(from->active, blocks, &from->all, &from->metric, scratch) : BL_MEMORY;
  for (size_t i = 0; i < m && status == BL_OK; ++i) d[i] = from->scale * blocks[i * k + i % k];
  return status;
}

// forms the row `best` and with it those whose turn comes soon by the look of it: the largest of d
static int form_rows(gram_source *from, int best, const double *d, bl_arena *scratch) {
  enum { AHEAD = 4 };
  int list[AHEAD] = {best}, count = 1;
  while (count < AHEAD) {
    int next = -1;
    for (int i = 0; i < from->m; ++i) {
      int free = from->slot[i] < 0 && d[i] > 0.0;
      for (int j = 0; j < count; ++j) free = free && list[j] != i;
      if (free && (next < 0 || d[i] > d[next])) next = i;
    }
    if (next < 0) break;
    list[count++] = next;
  }
  bl_rows rows;
  double *K = push(&from->made, count, from->m, scratch);
  if (!K) return BL_MEMORY;
  const bl_mark mark = bl_arena_mark(scratch);
  int status = gather(&rows, from->active, &from->all, list, count, scratch);
  if (status == BL_OK) status = rows_gram(from->active, K, &rows, &from->all, &from->metric, scratch);
  bl_arena_release(scratch, mark);
  for (int i = 0; i < count; ++i) from->slot[list[i]] = from->made.used - count + i;
  return status;
}

// column (m) ← row `best` of K
static int row_of(double *column, gram_source *from, int best, const double *d, bl_arena *scratch) {
  const size_t m = (size_t)from->m;
  const int status = from->K || from->slot[best] >= 0 ? BL_OK : form_rows(from, best, d, scratch);
  if (status != BL_OK) return status;
  const double *row = from->K ? from->K + (size_t)best * m : from->made.at + (size_t)from->slot[best] * m;
  for (size_t i = 0; i < m; ++i) column[i] = from->scale * row[i];
  return BL_OK;
}

// What rounding hides of τ after r pivots: each of its terms is a difference of r + 1 products from an inner product
// over the widths of the layers.
static double unseen_of(double whole, int r, int m) {
  const int terms = 4 * (r + 16);
  return (terms < m ? terms : m) * 0x1p-52 * whole;
}

typedef double pair __attribute__((vector_size(16), aligned(8), may_alias));  // may stand at any element

// y (m) −= Σ fⱼ·(row j of F), four rows in one pass
static void deflate(double *y, const double *f, const double *F, int r, int m) {
  const size_t size = (size_t)m;
  int j = 0;
  for (; j + 4 <= r; j += 4) {
    const double *a = F + (size_t)j * size, *b = a + size, *c = b + size, *d = c + size;
    const v2d fa = {f[j], f[j]}, fb = {f[j + 1], f[j + 1]}, fc = {f[j + 2], f[j + 2]}, fd = {f[j + 3], f[j + 3]};
    size_t i = 0;
    for (; i + 2 <= size; i += 2)
      *(pair *)(y + i) -= (fa * *(const pair *)(a + i) + fb * *(const pair *)(b + i)) +
                          (fc * *(const pair *)(c + i) + fd * *(const pair *)(d + i));
    for (; i < size; ++i) y[i] -= (f[j] * a[i] + f[j + 1] * b[i]) + (f[j + 2] * c[i] + f[j + 3] * d[i]);
  }
  for (; j < r; ++j) k_axpy(y, -f[j], F + (size_t)j * size, m);
}

// Factor: column after column into the rows of F, until the bound is reached.
static int factor(stack *F, int *pivot, double *tau, gram_source *from, double tolerance, bl_arena *scratch) {
  const int m = from->m, limit = m / 2;
  const size_t size = (size_t)m;
  double *d = arena_doubles(scratch, m, 1), *f = arena_doubles(scratch, limit, 1);
  int status = d && f ? diagonal_of(d, from, scratch) : BL_MEMORY;
  if (status != BL_OK) return status;
  double whole = 0.0;
  for (int i = 0; i < m; ++i) whole += d[i];
  *tau = whole + unseen_of(whole, 0, m);
  while (slack_of(*tau) > tolerance) {
    const int r = F->used;
    int best = 0;
    for (int i = 1; i < m; ++i) best = d[i] > d[best] ? i : best;
    if (r == limit || !(d[best] > 0.0)) return BL_UNSUPPORTED;
    double *column = push(F, 1, m, scratch);
    status = column ? row_of(column, from, best, d, scratch) : BL_MEMORY;
    if (status != BL_OK) return status;
    for (int j = 0; j < r; ++j) f[j] = F->at[(size_t)j * size + (size_t)best];
    deflate(column, f, F->at, r, m);
    const double scale = 1.0 / sqrt(d[best]);
    *tau = unseen_of(whole, r + 1, m);
    for (size_t i = 0; i < size; ++i) {
      column[i] *= scale;
      d[i] -= column[i] * column[i];
      if (d[i] > 0.0) *tau += d[i];
      else d[i] = 0.0;
    }
    *tau -= d[best], d[best] = 0.0;
    pivot[r] = best;
  }
  return status;
}

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
  for (size_t i = 0; i < rank; ++i)
    for (size_t j = 0; j < rank; ++j) M[i * rank + j] = own->E[j * rank + i];
  la_solve_l(own->L, M, r, r);
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
  const bl_active *active = &out->active;
  const bl_gram *gram = &((const bl_woodbury *)h->own)->gram;
  const int m = gram_size(gram);
  gram_source from;
  stack F = {NULL, 0, 0};
  int *pivot = arena_ints(scratch, m, 1);
  double tau = 0.0;
  int status = pivot ? source_init(&from, active, gram, s, prior, scratch) : BL_MEMORY;
  if (status == BL_OK) status = factor(&F, pivot, &tau, &from, tolerance, scratch);
  if (status != BL_OK) return status;
  const int r = F.used;
  const size_t rank = (size_t)r, size = (size_t)m, square = rank * rank * sizeof(double);
  own->L = bl_alloc_doubles(r + 1, r + 1), own->C = bl_alloc_doubles(r + 1, r + 1);
  own->E = bl_alloc_doubles(r + 1, r + 1);
  if (!own->L || !own->C || !own->E) return BL_MEMORY;
  bl_rows pivots;
  if (r > 0) status = gather(&pivots, active, &from.all, pivot, r, scratch);
  if (r > 0 && status == BL_OK) status = gram_append(&own->pivots, &pivots);
  if (status != BL_OK) return status;
  for (size_t i = 0; i < rank; ++i)
    for (size_t j = 0; j <= i; ++j) own->L[i * rank + j] = F.at[j * size + (size_t)pivot[i]];
  if (r > 0) k_syrk(K_N, own->C, r, F.at, m, r, m, 1.0, 0.0);
  memcpy(own->E, own->C, square);
  for (size_t i = 0; i < rank; ++i) own->C[i * rank + i] += 1.0;
  status = la_chol(own->C, r);
  if (status == BL_OK && la_chol(own->E, r) != BL_OK) status = BL_UNSUPPORTED;  // pivots too near to each other
  out->slack = slack_of(tau);
  out->s = s;
  out->prior = prior;
  if (whole) out->rank = r, out->noise = out->p + r;
  prior_key_set(own->rows.gram.key, 0.0, prior);
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

static int ready(const bl_hess *h, bl_arena *scratch) {
  const pivoted *own = h->own;
  bl_hess same = *h;
  const int status = with_rows(h, scratch);
  if (status != BL_OK || own->rows.state[WOODBURY_SIZE] == own->pivots.held) return status;
  return woodbury_prepare(&same, h->s, h->prior, WANT_FACTOR, scratch);
}

static int prepare(bl_hess *h, double s, const bl_prior *prior, int want, bl_arena *scratch) {
  const int status = ready(h, scratch);
  return status == BL_OK ? woodbury_prepare(h, s, prior, want, scratch) : status;
}

static int multiply(const bl_hess *h, double *Y, const double *X, int m, bl_arena *scratch) {
  const int status = with_rows(h, scratch);
  return status == BL_OK ? woodbury_multiply(h, Y, X, m, scratch) : status;
}

static int solve(const bl_hess *h, double *X, int m, bl_arena *scratch) {
  const int status = ready(h, scratch);
  return status == BL_OK ? woodbury_solve(h, X, m, scratch) : status;
}

static int diagonal(const bl_hess *h, double *v, bl_arena *scratch) {
  const int status = ready(h, scratch);
  return status == BL_OK ? woodbury_diagonal(h, v, scratch) : status;
}

static int draw(const bl_hess *h, double *X, const double *Z, int m, bl_arena *scratch) {
  const int status = ready(h, scratch);
  return status == BL_OK ? woodbury_draw(h, X, Z, m, scratch) : status;
}

static int features(const bl_hess *h, double *Phi, const bl_rows *q, bl_arena *scratch) {
  const int status = ready(h, scratch);
  return status == BL_OK ? woodbury_features(h, Phi, q, scratch) : status;
}

static int log_det(const bl_hess *h, double *value, double *d_s, double *d_prior, bl_arena *scratch) {
  const pivoted *own = h->own;
  if (d_s || d_prior) {
    const int status = ready(h, scratch);
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
