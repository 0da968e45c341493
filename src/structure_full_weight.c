// structure_full_weight.c — the full posterior precision in weight space, p × p.
//   H = Σ w r rᵀ,   P = s·H + P0 = L Lᵀ,   J P⁻¹ J'ᵀ = Φ Φ'ᵀ with Φ = J L⁻ᵀ   (MacKay 1992; Daxberger et al. 2021, §2)
// The spectrum is that of M = P0^(−½) H P0^(−½): log det P − log det P0 = Σ log(1 + s eᵢ), for P0·c with s/c. What is
// cached carries the s and P0 it was made for, so whether it serves is read from the numbers and never from the order
// of calls.
#include <math.h>
#include <string.h>

#include "kernels.h"
#include "linalg.h"
#include "structure.h"
#include "vmath.h"

enum { FACTORED, SPECTRAL, STATES, MOST_ROTATED = 32 };

typedef struct {
  int state[STATES];     // is L valid for the H held (1 + rows that came or went since it was made), is e?
  double *H;             // (p, p)
  double *L;             // (p, p) or NULL
  double *factor_key;    // (p + 1)
  double *e;             // (p) eigenvalues of M, ascending, or NULL
  double *spectrum_key;  // (p + 1)
} weight_space;

static const double PREDICTIONS = 1000.0;  // rows the choice of a space reckons with

static double cost(const bl_active *active, int n, int k) {
  const double m = (double)n * k, p = active->p;
  return m * p * p + p * p * p / 3.0 + PREDICTIONS * p * p;
}

static double bytes(const bl_active *active, int n, int k) {
  (void)n, (void)k;
  return 16.0 * (double)active->p * active->p;
}

static int init(bl_hess *h) {
  weight_space *own = h->own = bl_alloc(1, sizeof *own);
  if (!own) return BL_MEMORY;
  const int p = h->p;
  own->H = bl_alloc_doubles(p, p);
  own->factor_key = bl_alloc_doubles(p + 1, 1);
  own->spectrum_key = bl_alloc_doubles(p + 1, 1);
  h->base = 0.0, h->sign = 1.0;
  h->rank = h->noise = p;
  return own->H && own->factor_key && own->spectrum_key ? BL_OK : BL_MEMORY;
}

// L follows a few rows: LLᵀ + sign·s·w r rᵀ for each. 0 when it cannot, or had better be made anew: where there are
// many rows, where a row takes most of what is there and the difference cancels, and after some of them.
static int follow(const bl_hess *h, const bl_rows *rows, double sign, bl_arena *scratch) {
  static const double MOST = 0.9;  // of what is there
  const weight_space *own = h->own;
  const int p = h->p, count = rows->n * rows->k;
  const double s = own->factor_key[p];
  if (rows->dense || count > 1 + p / 64 || own->state[FACTORED] + count > MOST_ROTATED) return 0;
  const bl_mark mark = bl_arena_mark(scratch);
  double *R = arena_doubles(scratch, count, p), *t = arena_doubles(scratch, p, 1);
  int well = R && t;
  if (well) rows_expand(&h->active, R, rows);
  for (int i = 0; i < count && well; ++i) {
    double *x = R + (size_t)i * (size_t)p;
    const double root = sqrt(s * (rows->weight ? rows->weight[i / rows->k] : 1.0));
    for (int j = 0; j < p; ++j) t[j] = x[j] *= root;
    if (sign < 0.0) la_solve_lt(own->L, t, 1, p);
    well = (sign > 0.0 || k_dot(t, t, p) <= MOST) && la_chol_update(own->L, p, x, sign, scratch) == BL_OK;
  }
  bl_arena_release(scratch, mark);
  return well;
}

static int absorb(bl_hess *h, const bl_rows *rows, double sign, bl_arena *scratch) {
  weight_space *own = h->own;
  const int status = rows_product(&h->active, own->H, rows, sign, scratch);
  if (status != BL_OK) return status;
  own->state[SPECTRAL] = 0;
  if (own->state[FACTORED] && follow(h, rows, sign, scratch)) own->state[FACTORED] += rows->n * rows->k;
  else own->state[FACTORED] = 0;
  return status;
}

static int merge(bl_hess *h, const bl_hess *other, double factor, bl_arena *scratch) {
  const weight_space *from = other->own;
  const bl_rows rows = {.k = h->k, .dense = from->H};
  return absorb(h, &rows, factor, scratch);
}

// L ← Cholesky factor of s·H + P0
static int factorise(const weight_space *own, double *L, double s, const bl_prior *prior) {
  const size_t p = (size_t)prior->p;
  for (size_t i = 0; i < p; ++i) {
    for (size_t j = 0; j <= i; ++j) L[i * p + j] = s * own->H[i * p + j];
    L[i * p + i] += prior->diag[i];
  }
  return la_chol(L, prior->p);
}

// e (p) ← eigenvalues of M under that prior
static int decompose(const weight_space *own, double *e, const bl_prior *prior, bl_arena *scratch) {
  const bl_mark mark = bl_arena_mark(scratch);
  const size_t p = (size_t)prior->p;
  double *M = arena_doubles(scratch, prior->p, prior->p), *root = arena_doubles(scratch, prior->p, 1);
  int status = M && root ? BL_OK : BL_MEMORY;
  if (status == BL_OK) {
    for (size_t i = 0; i < p; ++i) root[i] = sqrt(prior->variance[i]);
    for (size_t i = 0; i < p; ++i)
      for (size_t j = 0; j < p; ++j) M[i * p + j] = root[i] * own->H[i * p + j] * root[j];
    status = la_eigvals(M, e, prior->p, scratch);
  }
  if (status == BL_OK) hess_clean_spectrum(e, prior->p);
  bl_arena_release(scratch, mark);
  return status;
}

// What is new is made beside the old and takes its place when all has gone well.
static int prepare(bl_hess *h, double s, const bl_prior *prior, int want, bl_arena *scratch) {
  weight_space *own = h->own;
  const int p = h->p;
  const int spectrum =
      (want & WANT_SPECTRUM) && !(own->state[SPECTRAL] && prior_key_ratio(own->spectrum_key, prior) > 0.0);
  const int factor = (want & WANT_FACTOR) && !(own->state[FACTORED] && prior_key_is(own->factor_key, s, prior));
  double *e = spectrum ? bl_alloc_doubles(p, 1) : NULL, *L = factor ? bl_alloc_doubles(p, p) : NULL;
  int status = (spectrum && !e) || (factor && !L) ? BL_MEMORY : BL_OK;
  if (status == BL_OK && spectrum) status = decompose(own, e, prior, scratch);
  if (status == BL_OK && factor) status = factorise(own, L, s, prior);
  if (status != BL_OK) {
    bl_free(e);
    bl_free(L);
    return status;
  }
  h->s = s;
  h->prior = prior;
  if (spectrum) {
    bl_free(own->e);
    own->e = e;
    own->state[SPECTRAL] = 1;
    prior_key_set(own->spectrum_key, s, prior);
  }
  if (factor) {
    bl_free(own->L);
    own->L = L;
    own->state[FACTORED] = 1;
    prior_key_set(own->factor_key, s, prior);
  }
  return BL_OK;
}

static int factor_held(const bl_hess *h) {
  const weight_space *own = h->own;
  return own->state[FACTORED] && prior_key_is(own->factor_key, h->s, h->prior);
}

// the factor of the present P: the one held, or one made in scratch
static int factor_of(const bl_hess *h, const double **L, bl_arena *scratch) {
  const weight_space *own = h->own;
  *L = own->L;
  if (factor_held(h)) return BL_OK;
  double *made = arena_doubles(scratch, h->p, h->p);
  *L = made;
  return made ? factorise(own, made, h->s, h->prior) : BL_MEMORY;
}

static int diagonal(const bl_hess *h, double *v, bl_arena *scratch) {
  const bl_mark mark = bl_arena_mark(scratch);
  const double *L;
  int status = factor_of(h, &L, scratch);
  if (status == BL_OK) status = hess_inverse_diagonal(v, L, h->p, scratch);
  bl_arena_release(scratch, mark);
  return status;
}

// ∂ log det P/∂s = tr P⁻¹H = Σ (1 − p0ᵢ vᵢ)/s and ∂(log det P − log det P0)/∂p0ᵢ = vᵢ − 1/p0ᵢ, v the diagonal of P⁻¹
static int by_factor(const bl_hess *h, double *value, double *d_s, double *d_prior, bl_arena *scratch) {
  const bl_prior *prior = h->prior;
  const double *L;
  double *v = arena_doubles(scratch, h->p, 1);
  int status = v ? factor_of(h, &L, scratch) : BL_MEMORY;
  if (status == BL_OK) *value = hess_factor_log_det(L, prior->diag, h->p);
  if (status != BL_OK || (!d_s && !d_prior)) return status;
  status = hess_inverse_diagonal(v, L, h->p, scratch);
  if (status != BL_OK) return status;
  double used = 0.0;
  if (d_prior) memset(d_prior, 0, (size_t)prior->groups * sizeof *d_prior);
  for (int i = 0; i < h->p; ++i) {
    used += 1.0 - prior->diag[i] * v[i];
    if (d_prior) d_prior[prior->group_of[i]] += v[i] - prior->variance[i];
  }
  if (d_s) *d_s = used / h->s;
  return BL_OK;
}

// with the spectrum: Σ log(1 + t eᵢ), t = s/c; its derivative in s is Σ (eᵢ/c)/(1 + t eᵢ), in the one precision −s/p0
// times that
static int by_spectrum(const bl_hess *h, double c, double *value, double *d_s, double *d_prior) {
  const weight_space *own = h->own;
  const double t = h->s / c;
  double sum = 0.0, slope = 0.0;
  for (int i = 0; i < h->p; ++i) {
    if (!(1.0 + t * own->e[i] > 0.0)) return BL_NOT_PD;
    sum += vm_log1p1(t * own->e[i]);
    slope += own->e[i] / c / (1.0 + t * own->e[i]);
  }
  *value = sum;
  if (d_s) *d_s = slope;
  if (d_prior) d_prior[0] = -h->s * slope / h->prior->precision[0];
  return BL_OK;
}

static int log_det(const bl_hess *h, double *value, double *d_s, double *d_prior, bl_arena *scratch) {
  const weight_space *own = h->own;
  const double c = own->state[SPECTRAL] && !factor_held(h) ? prior_key_ratio(own->spectrum_key, h->prior) : 0.0;
  if (c > 0.0 && (!d_prior || h->prior->groups == 1)) return by_spectrum(h, c, value, d_s, d_prior);
  const bl_mark mark = bl_arena_mark(scratch);
  const int status = by_factor(h, value, d_s, d_prior, scratch);
  bl_arena_release(scratch, mark);
  return status;
}

static int multiply(const bl_hess *h, double *Y, const double *X, int m, bl_arena *scratch) {
  (void)scratch;
  const weight_space *own = h->own;
  k_gemm(K_N, K_N, Y, h->p, X, h->p, own->H, h->p, m, h->p, h->p, 1.0, 0.0);
  return BL_OK;
}

static int solve(const bl_hess *h, double *X, int m, bl_arena *scratch) {
  (void)scratch;
  const weight_space *own = h->own;
  la_chol_solve(own->L, X, m, h->p);
  return BL_OK;
}

static int draw(const bl_hess *h, double *X, const double *Z, int m, bl_arena *scratch) {
  (void)scratch;
  const weight_space *own = h->own;
  memmove(X, Z, (size_t)m * (size_t)h->p * sizeof *X);
  la_solve_l(own->L, X, m, h->p);
  return BL_OK;
}

static int features(const bl_hess *h, double *Phi, const bl_rows *q, bl_arena *scratch) {
  (void)scratch;
  const weight_space *own = h->own;
  rows_expand(&h->active, Phi, q);
  la_solve_lt(own->L, Phi, q->n * q->k, h->p);
  return BL_OK;
}

static int fields(bl_hess *h, bl_visitor *visitor) {
  weight_space *own = h->own;
  const int p = h->p;
  int status = visitor->ints(visitor, own->state, STATES);
  if (status == BL_OK) status = visitor->doubles(visitor, &own->H, p, p);
  if (status == BL_OK) status = visitor->doubles(visitor, &own->L, p, p);
  if (status == BL_OK) status = visitor->doubles(visitor, &own->factor_key, p + 1, 1);
  if (status == BL_OK) status = visitor->doubles(visitor, &own->e, p, 1);
  if (status == BL_OK) status = visitor->doubles(visitor, &own->spectrum_key, p + 1, 1);
  return status;
}

static void release(bl_hess *h) {
  bl_free(h->own);
  h->own = NULL;
}

const bl_structure structure_full_weight = {.name = "full",
                                            .space = "weight",
                                            .about =
                                                "Every covariance between parameters, by a P × P factorisation: exact; "
                                                "the choice when there are more data than parameters.",
                                            .can = STRUCTURE_INDEXED | STRUCTURE_DIAG_PRIOR | STRUCTURE_DENSE |
                                                   STRUCTURE_DOWNDATE | STRUCTURE_EXACT | STRUCTURE_CHOICE |
                                                   STRUCTURE_MATRIX_PRIOR | STRUCTURE_FUNCTIONS | STRUCTURE_WEIGHTS,
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
                                            .variance = NULL,
                                            .fields = fields,
                                            .release = release};
