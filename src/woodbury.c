// woodbury.c — P = s·RᵀR + P0 through the rows R (m, p), nothing of size p × p:
//   A = √s R P0^(−½) whitened,  B = I + s R P0⁻¹Rᵀ = L Lᵀ  (m, m),   P⁻¹ = P0⁻¹ − s P0⁻¹Rᵀ B⁻¹ R P0⁻¹   (Woodbury)
//   J P⁻¹ J'ᵀ = J P0⁻¹ J'ᵀ − Φ Φ'ᵀ,  Φ = √s J P0⁻¹Rᵀ L⁻ᵀ;   log det P − log det P0 = log det B
// (Rasmussen & Williams 2006, eqs. 2.23–2.26, A.9–A.12; Immer, Korzepa & Bauer 2021). Draws are Matheron's rule: with
// z ~ N(0, I_p), e ~ N(0, I_m),  x = P0^(−½)(z − Aᵀ B⁻¹(A z − e)) has covariance P⁻¹   (Wilson et al. 2020).
// Longer than other files: one representation, of which every operation of a structure needs its own form.
#include "woodbury.h"

#include <math.h>
#include <string.h>

#include "kernels.h"
#include "linalg.h"
#include "vmath.h"

// An inner product of two rows costs about the layers' widths instead of p.
double woodbury_cost(const bl_active *active, double m) {
  static const double PREDICTIONS = 1000.0;  // rows the choice of a structure reckons with
  const double width = hess_width(active);
  return m * m * width + m * m * m / 3.0 + PREDICTIONS * m * (m + width);
}

double woodbury_bytes(const bl_active *active, double m) {
  return 16.0 * m * m + 8.0 * m * hess_width(active) + 16.0 * active->p;
}

static const bl_gram *gram_of(const bl_hess *h) { return &((const bl_woodbury *)h->own)->gram; }

static int rows_held(const bl_hess *h) { return gram_size(gram_of(h)); }

int woodbury_init(bl_hess *h, bl_woodbury *own) {
  h->own = own;
  if (!own) return BL_MEMORY;
  own->factor_key = bl_alloc_doubles(h->p + 1, 1);
  h->base = 1.0, h->sign = -1.0;
  h->rank = 0, h->noise = h->p;
  const int status = gram_init(&own->gram, &h->active, h->k);
  own->gram.apart = h->apart;
  return status == BL_OK && !own->factor_key ? BL_MEMORY : status;
}

int woodbury_fields(bl_hess *h, bl_visitor *visitor) {
  bl_woodbury *own = h->own;
  int status = gram_fields(&own->gram, visitor);
  const int m = gram_size(&own->gram);
  if (status == BL_OK) status = visitor->ints(visitor, own->state, WOODBURY_STATES);
  const int size = own->state[WOODBURY_SIZE];
  if (status == BL_OK) status = visitor->doubles(visitor, &own->L, size, size);
  if (status == BL_OK) status = visitor->doubles(visitor, &own->factor_key, h->p + 1, 1);
  if (status == BL_OK) status = visitor->doubles(visitor, &own->e, m, 1);
  return status;
}

void woodbury_release(bl_hess *h) {
  bl_woodbury *own = h->own;
  gram_release(&own->gram);
  bl_free(own);
  h->own = NULL;
}

void woodbury_changed(bl_hess *h) {
  bl_woodbury *own = h->own;
  own->state[WOODBURY_SIZE] = own->state[WOODBURY_SPECTRAL] = 0;
  bl_free(own->L);
  bl_free(own->e);
  own->L = own->e = NULL;
}

// ---- evidence

// explained (p): what the data take from each prior variance, eᵢ = s vᵢ² ‖L⁻¹R·ᵢ‖², v = 1/p0; then [P⁻¹]ᵢᵢ = vᵢ − eᵢ
static int explained(const bl_hess *h, double *e, const double *L, bl_arena *scratch) {
  enum { COLUMNS = 64 };
  const int m = rows_held(h), p = h->p;
  const bl_rows all = gram_rows(gram_of(h));
  const double *variance = h->prior->variance;
  double *R = arena_doubles(scratch, m, p), *C = arena_doubles(scratch, COLUMNS, m);
  if (!R || !C) return BL_MEMORY;
  memset(e, 0, (size_t)p * sizeof *e);
  if (m == 0) return BL_OK;
  rows_expand(&h->active, R, &all);
  for (int from = 0; from < p; from += COLUMNS) {
    const int count = p - from < COLUMNS ? p - from : COLUMNS;
    for (int i = 0; i < m; ++i)
      for (int j = 0; j < count; ++j)
        C[(size_t)j * (size_t)m + (size_t)i] = R[(size_t)i * (size_t)p + (size_t)(from + j)];
    la_solve_lt(L, C, count, m);
    for (int j = 0; j < count; ++j) {
      const double *column = C + (size_t)j * (size_t)m, v = variance[from + j];
      e[from + j] = h->s * v * v * k_dot(column, column, m);
    }
  }
  return BL_OK;
}

// One precision per tensor: ∂ log det B/∂p0 = −s tr(B⁻¹ R Q Rᵀ), Q = P0⁻² on that tensor and 0 elsewhere; a Gram matrix
// for each.
static int by_tensor(const bl_hess *h, double *d_prior, const double *L, bl_arena *scratch) {
  const bl_prior *prior = h->prior;
  const int m = rows_held(h), p = h->p, slots = prior->slots;
  const size_t square = (size_t)m * (size_t)m;
  double *inverse = arena_doubles(scratch, m, m), *G = arena_doubles(scratch, m, m);
  double *tensor = arena_doubles(scratch, slots, 1), *each = arena_doubles(scratch, p, 1);
  int *group = arena_ints(scratch, slots, 1);
  if (!inverse || !G || !tensor || !each || !group) return BL_MEMORY;
  memset(inverse, 0, square * sizeof *inverse);
  for (size_t i = 0; i < (size_t)m; ++i) inverse[i * (size_t)m + i] = 1.0;
  la_chol_solve(L, inverse, m, m);
  for (int t = 0; t < slots; ++t) group[t] = -1;
  for (int i = 0; i < p; ++i) group[active_tensor_of(&h->active, i)] = prior->group_of[i];
  for (int t = 0; t < slots; ++t) {
    if (group[t] < 0) continue;
    for (int u = 0; u < slots; ++u) tensor[u] = 0.0;
    for (int i = 0; i < p; ++i) each[i] = 0.0;
    for (int i = 0; i < p; ++i)
      if (active_tensor_of(&h->active, i) == t) tensor[t] = each[i] = prior->variance[i] * prior->variance[i];
    const bl_metric metric = {tensor, each};
    const bl_rows all = gram_rows(gram_of(h));
    const int status = rows_gram(&h->active, G, &all, &all, &metric, scratch);
    if (status != BL_OK) return status;
    double trace = 0.0;
    for (size_t i = 0; i < square; ++i) trace += inverse[i] * G[i];
    d_prior[group[t]] -= h->s * trace;
  }
  return BL_OK;
}

// ∂ log det B/∂s = Σ (1 − [B⁻¹]ᵢᵢ)/s; a single precision enters B as s/p0 only
static int by_factor(const bl_hess *h, double *value, double *d_s, double *d_prior, bl_arena *scratch) {
  const bl_prior *prior = h->prior;
  const int m = rows_held(h), groups = prior->groups;
  const double *L;
  int status = woodbury_factor(h, &L, scratch);
  if (status != BL_OK) return status;
  *value = hess_factor_log_det(L, NULL, m);
  double slope = 0.0;
  if (d_s || (d_prior && groups == 1)) {
    double *v = arena_doubles(scratch, m, 1);
    status = v ? hess_inverse_diagonal(v, L, m, scratch) : BL_MEMORY;
    for (int i = 0; i < m && status == BL_OK; ++i) slope += (1.0 - v[i]) / h->s;
  }
  if (d_s) *d_s = slope;
  if (!d_prior || status != BL_OK) return status;
  memset(d_prior, 0, (size_t)groups * sizeof *d_prior);
  if (m == 0) return BL_OK;
  if (groups == 1) {
    d_prior[0] = -h->s * slope / prior->precision[0];
  } else if (prior->kind == PRIOR_TENSOR) {
    status = by_tensor(h, d_prior, L, scratch);
  } else {
    double *e = arena_doubles(scratch, h->p, 1);
    status = e ? explained(h, e, L, scratch) : BL_MEMORY;
    for (int i = 0; i < h->p && status == BL_OK; ++i) d_prior[prior->group_of[i]] -= e[i];
  }
  return status;
}

int woodbury_log_det(const bl_hess *h, double *value, double *d_s, double *d_prior, bl_arena *scratch) {
  const bl_woodbury *own = h->own;
  const int m = rows_held(h);
  const double c =
      own->state[WOODBURY_SPECTRAL] && !woodbury_asked(h) ? (m > 0 ? gram_ratio(&own->gram, h->prior) : 1.0) : 0.0;
  if (c > 0.0 && (!d_prior || h->prior->groups == 1)) {
    double sum = 0.0, slope = 0.0;
    for (int i = 0; i < m; ++i) {
      sum += vm_log1p1(h->s / c * own->e[i]);
      slope += own->e[i] / c / (1.0 + h->s / c * own->e[i]);
    }
    *value = sum;
    if (d_s) *d_s = slope;
    if (d_prior) d_prior[0] = -h->s * slope / h->prior->precision[0];
    return BL_OK;
  }
  const bl_mark mark = bl_arena_mark(scratch);
  const int status = by_factor(h, value, d_s, d_prior, scratch);
  bl_arena_release(scratch, mark);
  return status;
}

// ---- products with P⁻¹ and H

// T (count, m) = V Rᵀ
static int project(const bl_hess *h, double *T, const double *V, int count, bl_arena *scratch) {
  const bl_mark mark = bl_arena_mark(scratch);
  const bl_rows all = gram_rows(gram_of(h));
  const size_t m = (size_t)rows_held(h), columns = (size_t)count;
  double *Y = arena_doubles(scratch, rows_held(h), count);
  const int status = Y ? rows_times(&h->active, Y, &all, V, count, scratch) : BL_MEMORY;
  for (size_t i = 0; i < m && status == BL_OK; ++i)
    for (size_t j = 0; j < columns; ++j) T[j * m + i] = Y[i * columns + j];
  bl_arena_release(scratch, mark);
  return status;
}

// U (count, p) = T R
static void lift(const bl_hess *h, double *U, const double *T, int count) {
  const bl_rows all = gram_rows(gram_of(h));
  const size_t m = (size_t)rows_held(h), p = (size_t)h->p;
  memset(U, 0, (size_t)count * p * sizeof *U);
  for (size_t j = 0; j < (size_t)count; ++j) rows_sum(&h->active, U + j * p, &all, T + j * m);
}

int woodbury_multiply(const bl_hess *h, double *Y, const double *X, int m, bl_arena *scratch) {
  const bl_mark mark = bl_arena_mark(scratch);
  double *T = arena_doubles(scratch, m, rows_held(h));
  int status = T ? BL_OK : BL_MEMORY;
  if (rows_held(h) > 0 && status == BL_OK) status = project(h, T, X, m, scratch);
  if (status == BL_OK) lift(h, Y, T, m);
  bl_arena_release(scratch, mark);
  return status;
}

// X (m, p) ← base − a·(B⁻¹(R v − noise))R scaled by `scale` (p); v (m, p), noise (m, rows) or NULL. With base = X·scale
// this is what both a solve and a draw come to.
static int correct(const bl_hess *h, double *X, const double *v, const double *noise, const double *scale, double a,
                   int count, bl_arena *scratch) {
  const int rows = rows_held(h);
  const size_t p = (size_t)h->p, size = (size_t)count * p, total = (size_t)count * (size_t)rows;
  const double *L;
  if (rows == 0) return BL_OK;
  double *T = arena_doubles(scratch, count, rows), *U = arena_doubles(scratch, count, h->p);
  int status = T && U ? project(h, T, v, count, scratch) : BL_MEMORY;
  if (status == BL_OK) status = woodbury_factor(h, &L, scratch);
  if (status != BL_OK) return status;
  for (size_t i = 0; i < total && noise; ++i) T[i] -= noise[i];
  la_chol_solve(L, T, count, rows);
  lift(h, U, T, count);
  for (size_t i = 0; i < size; ++i) X[i] -= a * scale[i % p] * U[i];
  return BL_OK;
}

// P⁻¹x = P0⁻¹x − s P0⁻¹Rᵀ B⁻¹ R P0⁻¹x
int woodbury_solve(const bl_hess *h, double *X, int m, bl_arena *scratch) {
  const size_t p = (size_t)h->p, size = (size_t)m * p;
  const double *variance = h->prior->variance;
  const bl_mark mark = bl_arena_mark(scratch);
  double *V = arena_doubles(scratch, m, h->p);
  int status = V ? BL_OK : BL_MEMORY;
  for (size_t i = 0; i < size && V; ++i) V[i] = X[i] = X[i] * variance[i % p];
  if (status == BL_OK) status = correct(h, X, V, NULL, variance, h->s, m, scratch);
  bl_arena_release(scratch, mark);
  return status;
}

int woodbury_diagonal(const bl_hess *h, double *v, bl_arena *scratch) {
  const bl_mark mark = bl_arena_mark(scratch);
  const double *L;
  double *e = arena_doubles(scratch, h->p, 1);
  int status = e ? woodbury_factor(h, &L, scratch) : BL_MEMORY;
  if (status == BL_OK) status = explained(h, e, L, scratch);
  for (int i = 0; i < h->p && status == BL_OK; ++i) {
    const double rest = h->prior->variance[i] - e[i];
    v[i] = rest > 0.0 ? rest : 0.0;
  }
  bl_arena_release(scratch, mark);
  return status;
}

int woodbury_draw(const bl_hess *h, double *X, const double *Z, int m, bl_arena *scratch) {
  const int rows = rows_held(h);
  const size_t p = (size_t)h->p, width = p + (size_t)rows;
  const double root_s = sqrt(h->s);
  const bl_mark mark = bl_arena_mark(scratch);
  double *root = arena_doubles(scratch, h->p, 1), *V = arena_doubles(scratch, m, h->p),
         *E = arena_doubles(scratch, m, rows);
  int status = root && V && E ? BL_OK : BL_MEMORY;
  for (size_t i = 0; i < p && status == BL_OK; ++i) root[i] = sqrt(h->prior->variance[i]);
  for (size_t j = 0; j < (size_t)m && status == BL_OK; ++j) {
    for (size_t i = 0; i < p; ++i) {
      X[j * p + i] = root[i] * Z[j * width + i];
      V[j * p + i] = root_s * X[j * p + i];
    }
    memcpy(E + j * (size_t)rows, Z + j * width + p, (size_t)rows * sizeof *E);
  }
  if (status == BL_OK) status = correct(h, X, V, E, h->prior->variance, root_s, m, scratch);
  bl_arena_release(scratch, mark);
  return status;
}

int woodbury_features(const bl_hess *h, double *Phi, const bl_rows *q, bl_arena *scratch) {
  const bl_woodbury *own = h->own;
  const int rows = rows_held(h), count = q->n * q->k;
  const size_t size = (size_t)rows * (size_t)count;
  if (size == 0) return BL_OK;
  const bl_metric metric = prior_metric(h->prior);
  const bl_rows all = gram_rows(gram_of(h));
  const double *L;
  int status = woodbury_factor(h, &L, scratch);
  if (status == BL_OK) status = rows_gram(&h->active, Phi, q, &all, &metric, scratch);
  if (status != BL_OK) return status;
  gram_keep_apart(&own->gram, Phi, count);
  const double root = sqrt(h->s);
  for (size_t i = 0; i < size; ++i) Phi[i] *= root;
  la_solve_lt(L, Phi, count, rows);
  return BL_OK;
}

// One example again, V (k, k), without the difference: for w = P0^(½)·P⁻¹j and t = B⁻¹√s R P0⁻¹j = ΦL⁻¹ the covariance
// is w·w' + t·t', two Gram matrices, where w = P0^(−½)(j − √s Rᵀt). Costs an explicit row of p for each output.
static int variance_again(const bl_hess *h, double *V, double *Phi, const double *L, const bl_rows *q, int example,
                          bl_arena *scratch) {
  const int k = q->k, m = rows_held(h);
  const size_t p = (size_t)h->p, width = (size_t)m;
  const double root = sqrt(h->s);
  bl_rows one;
  double *J = arena_doubles(scratch, k, h->p), *U = arena_doubles(scratch, k, h->p);
  const int status = J && U ? gram_slice(&one, &h->active, q, example, 1, scratch) : BL_MEMORY;
  if (status != BL_OK) return status;
  la_solve_l(L, Phi, k, m);
  rows_expand(&h->active, J, &one);
  lift(h, U, Phi, k);
  for (size_t i = 0; i < (size_t)k * p; ++i) J[i] = sqrt(h->prior->variance[i % p]) * (J[i] - root * U[i]);
  for (size_t i = 0; i < (size_t)k; ++i)
    for (size_t j = 0; j <= i; ++j)
      V[i * (size_t)k + j] = V[j * (size_t)k + i] =
          k_dot(J + i * p, J + j * p, h->p) + k_dot(Phi + i * width, Phi + j * width, m);
  return BL_OK;
}

// k − ΦΦᵀ; where that has lost more digits than a variance may, the long way
int woodbury_variance(const bl_hess *h, double *V, const bl_rows *q, bl_arena *scratch) {
  static const double CANCELLED = 1e-6;
  const int rows = rows_held(h), k = q->k;
  const size_t kk = (size_t)k * (size_t)k, width = (size_t)rows;
  const bl_metric metric = prior_metric(h->prior);
  const bl_mark mark = bl_arena_mark(scratch);
  double *Phi = arena_doubles(scratch, q->n * k, rows);
  int status = Phi ? rows_norms(&h->active, V, q, &metric, scratch) : BL_MEMORY;
  const double *L;
  if (status == BL_OK) status = woodbury_features(h, Phi, q, scratch);
  if (status == BL_OK) status = woodbury_factor(h, &L, scratch);
  for (int n = 0; n < q->n && rows > 0 && status == BL_OK; ++n) {
    double *Ve = V + (size_t)n * kk, *Pe = Phi + (size_t)n * (size_t)k * width;
    int cancelled = 0;
    for (int i = 0; i < k; ++i)
      for (int j = 0; j <= i; ++j) {
        const double prior = Ve[i * k + j], v = prior - k_dot(Pe + (size_t)i * width, Pe + (size_t)j * width, rows);
        if (i == j && v < CANCELLED * prior) cancelled = 1;
        Ve[i * k + j] = Ve[j * k + i] = v;
      }
    if (!cancelled) continue;
    const bl_mark inner = bl_arena_mark(scratch);
    status = variance_again(h, Ve, Pe, L, q, n, scratch);
    bl_arena_release(scratch, inner);
  }
  bl_arena_release(scratch, mark);
  return status;
}

int woodbury_view(const bl_hess *h, double tolerance, bl_view *out, bl_arena *scratch) {
  (void)tolerance;  // all rows, whatever it is
  const bl_woodbury *own = h->own;
  const size_t m = (size_t)rows_held(h);
  const double *L;
  if (!woodbury_asked(h) || m == 0 || own->gram.full) return BL_UNSUPPORTED;
  const int status = woodbury_factor(h, &L, scratch);
  if (status != BL_OK) return status;
  *out = (bl_view){gram_rows(&own->gram), arena_doubles(scratch, (int)m, (int)m), 1, 0};
  if (!out->G) return BL_MEMORY;
  memset(out->G, 0, m * m * sizeof *out->G);
  for (size_t i = 0; i < m; ++i) out->G[i * m + i] = 1.0;
  la_solve_l(L, out->G, (int)m, (int)m);
  return BL_OK;
}
