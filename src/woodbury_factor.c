// woodbury_factor.c — the factor L of B = I + s R P0⁻¹Rᵀ: made, put off until something needs it, and following data
// that come and go at O(m²) a row:
//   rows more   [B  b; bᵀ c] = [L 0; l λ][L 0; l λ]ᵀ,   l = bᵀL⁻ᵀ,  λλᵀ = c − llᵀ
//   row j less  the rows behind it keep their inner products when x, their column j, is rotated into their own columns:
//               L'L'ᵀ = LLᵀ + xxᵀ, a sum, so nothing cancels whatever the row was
// Golub & Van Loan, Matrix Computations, 4th ed., §6.5.4. Rotations leave ε each, so after some of them L is made anew.
// One that was put off is made before there are other rows or another K, so that what comes then does not depend on
// whether it was used.
#include <string.h>

#include "kernels.h"
#include "linalg.h"
#include "woodbury.h"

enum { MOST_REMOVED = 32 };  // rows, before L is made anew

// L ← Cholesky factor of B from `old`, that of its first `have` rows
static int extend(const bl_gram *gram, double *L, double s, const bl_prior *prior, const double *old, int have,
                  bl_arena *scratch) {
  const int m = gram_size(gram), fresh = m - have;
  const size_t size = (size_t)m, first = (size_t)have, count = (size_t)fresh;
  const double scale = s / gram_ratio(gram, prior);
  const bl_mark mark = bl_arena_mark(scratch);
  double *T = arena_doubles(scratch, fresh, fresh), *rows = L + first * size;
  if (!T) return BL_MEMORY;
  for (size_t i = first; i < size; ++i) {
    for (size_t j = 0; j <= i; ++j) L[i * size + j] = scale * gram->K[i * size + j];
    L[i * size + i] += 1.0;
  }
  for (size_t i = 0; i < first; ++i) {
    memcpy(L + i * size, old + i * first, first * sizeof *L);
    memset(L + i * size + first, 0, count * sizeof *L);
  }
  k_trsm(K_T, rows, m, old, have, fresh, have);
  for (size_t i = 0; i < count; ++i) memcpy(T + i * count, rows + i * size + first, count * sizeof *T);
  k_syrk(K_N, T, fresh, rows, m, fresh, have, -1.0, 1.0);
  const int status = la_chol(T, fresh);
  for (size_t i = 0; i < count; ++i) memcpy(rows + i * size + first, T + i * count, count * sizeof *T);
  bl_arena_release(scratch, mark);
  return status;
}

// L ← Cholesky factor of B
static int factorise(const bl_gram *gram, double *L, double s, const bl_prior *prior, bl_arena *scratch) {
  const size_t m = (size_t)gram_size(gram);
  const int status = gram_scaled(gram, L, s, prior, scratch);
  if (status != BL_OK || m == 0) return status;
  for (size_t i = 0; i < m; ++i) L[i * m + i] += 1.0;
  return la_chol(L, (int)m);
}

static int decompose(const bl_gram *gram, double *e, bl_arena *scratch) {
  const int m = gram_size(gram);
  if (m == 0) return BL_OK;
  const bl_mark mark = bl_arena_mark(scratch);
  double *K = arena_doubles(scratch, m, m);
  if (K) memcpy(K, gram->K, (size_t)m * (size_t)m * sizeof *K);
  const int status = K ? la_eigvals(K, e, m, scratch) : BL_MEMORY;
  bl_arena_release(scratch, mark);
  if (status == BL_OK) hess_clean_spectrum(e, m);
  return status;
}

// Has I + scale·K a factor whatever is rounded? Cholesky succeeds where m²ε(1 + scale·tr K) is below 1 (Higham,
// Accuracy and Stability, 2nd ed., theorem 10.7: B = DHD, no eigenvalue of H below 1/max Bᵢᵢ); what K itself, of inner
// products of p terms, is off adds pε·scale·tr K.
static int surely_pd(const bl_gram *gram, double scale) {
  const size_t m = (size_t)gram_size(gram);
  double trace = 0.0;
  for (size_t i = 0; i < m * m; i += m + 1) trace += gram->K[i];
  return (double)(m * m + (size_t)gram->active.p) * 0x1p-51 * (1.0 + scale * trace) < 1.0;
}

// the factor that was asked for, where it was put off: K is held then, and nothing is taken from scratch
static int make_later(bl_woodbury *own) {
  const bl_prior asked = {.p = own->gram.active.p, .diag = own->factor_key};
  const int m = gram_size(&own->gram);
  if (own->state[WOODBURY_SIZE] > 0 || !(gram_ratio(&own->gram, &asked) > 0.0)) return BL_OK;
  double *L = bl_alloc_doubles(m, m);
  const int status = L ? factorise(&own->gram, L, asked.diag[asked.p], &asked, NULL) : BL_MEMORY;
  if (status != BL_OK) {
    bl_free(L);
    return status;
  }
  own->L = L;
  own->state[WOODBURY_SIZE] = m;
  return BL_OK;
}

// What is new is made beside the old and takes its place when all has gone well. A factor that will surely be had is
// made when something first needs it: maps with a tolerance, and other hyper-parameters soon after, do not.
int woodbury_prepare(bl_hess *h, double s, const bl_prior *prior, int want, bl_arena *scratch) {
  bl_woodbury *own = h->own;
  const int m = gram_size(&own->gram);
  for (int i = 0; i < h->p; ++i)
    if (!(prior->diag[i] > 0.0)) return BL_NOT_PD;  // the prior's covariance is the metric here
  const double c = gram_ratio(&own->gram, prior);
  const int in_key = m == 0 || c > 0.0;
  const int spectrum = (want & WANT_SPECTRUM) && !(own->state[WOODBURY_SPECTRAL] && in_key);
  const int asked = prior_key_is(own->factor_key, s, prior), have = asked ? own->state[WOODBURY_SIZE] : 0;
  const int replace = (want & WANT_FACTOR) && !(asked && have == m);
  const int factor = replace && !(have == 0 && c > 0.0 && surely_pd(&own->gram, s / c));
  int status = spectrum && !in_key ? make_later(own) : BL_OK;
  if (status != BL_OK) return status;
  int extended = 0;
  bl_gram next = own->gram;
  double *e = spectrum ? bl_alloc_doubles(m + 1, 1) : NULL, *L = factor ? bl_alloc_doubles(m + 1, m + 1) : NULL;
  status = (spectrum && !e) || (factor && !L) ? BL_MEMORY : BL_OK;
  if (status == BL_OK && (spectrum || factor)) status = gram_extend(&next, prior, scratch);
  if (status == BL_OK && spectrum) status = decompose(&next, e, scratch);
  if (status == BL_OK && factor && have > 0) extended = extend(&next, L, s, prior, own->L, have, scratch) == BL_OK;
  if (status == BL_OK && factor && !extended) status = factorise(&next, L, s, prior, scratch);
  gram_choose(&own->gram, &next, status == BL_OK);
  if (status != BL_OK) {
    bl_free(e);
    bl_free(L);
    return status;
  }
  h->prior = prior, h->s = s;
  h->rank = m, h->noise = h->p + m;
  if (spectrum || (factor && !in_key)) {
    bl_free(own->e);
    own->e = e;
    own->state[WOODBURY_SPECTRAL] = spectrum;
  }
  if (replace) {
    bl_free(own->L);
    own->L = L;
    own->state[WOODBURY_SIZE] = factor ? m : 0;
    if (!extended) own->state[WOODBURY_REMOVED] = 0;
    prior_key_set(own->factor_key, s, prior);
  }
  return BL_OK;
}

int woodbury_asked(const bl_hess *h) { return prior_key_is(((const bl_woodbury *)h->own)->factor_key, h->s, h->prior); }

int woodbury_factor(const bl_hess *h, const double **L, bl_arena *scratch) {
  bl_woodbury *own = h->own;
  const int m = gram_size(&own->gram);
  if (woodbury_asked(h)) {
    const int status = make_later(own);
    *L = own->L;
    if (status != BL_OK || own->state[WOODBURY_SIZE] == m) return status;
  }
  double *made = arena_doubles(scratch, m, m);
  *L = made;
  return made ? factorise(&own->gram, made, h->s, h->prior, scratch) : BL_MEMORY;
}

// ---- rows less

// Row and column j of L (n, n) are done with: the rows behind them take up column j. cosine, sine (n).
static void rotate_out(double *L, size_t n, size_t j, double *cosine, double *sine) {
  for (size_t i = j + 1; i < n; ++i) {
    double *row = L + i * n, x = row[j];
    for (size_t c = j + 1; c < i; ++c) {
      const double kept = row[c];
      row[c] = cosine[c] * kept + sine[c] * x;
      x = cosine[c] * x - sine[c] * kept;
    }
    const double r = la_hypotenuse(row[i], x);
    cosine[i] = row[i] / r, sine[i] = x / r;
    row[i] = r;
  }
}

// Takes the rows of the examples gone out of L, in place; where that costs more than another factorisation, leaves L
// with the rows before the first of them.
static int shrink(bl_woodbury *own, const int *gone, bl_arena *scratch) {
  const int k = own->gram.k, n = own->state[WOODBURY_SIZE], examples = n / k;
  int first = examples, lost = 0;
  for (int e = examples - 1; e >= 0; --e)
    if (gone[e]) first = e, lost += k;
  const int rotated = lost <= 1 + n / 16 && own->state[WOODBURY_REMOVED] + lost <= MOST_REMOVED;
  const int end = rotated ? examples : first;
  const bl_mark mark = bl_arena_mark(scratch);
  double *cosine = arena_doubles(scratch, n, 1), *sine = arena_doubles(scratch, n, 1), *to = own->L;
  if (!cosine || !sine) return BL_MEMORY;
  for (int i = first * k; i < n && rotated; ++i)
    if (gone[i / k]) rotate_out(own->L, (size_t)n, (size_t)i, cosine, sine);
  for (int i = 0; i < end * k; ++i)
    if (!gone[i / k]) to = gram_close_gaps(to, own->L + (size_t)i * (size_t)n, end, (size_t)k, gone);
  own->state[WOODBURY_SIZE] = rotated ? n - lost : end * k;
  own->state[WOODBURY_REMOVED] = rotated ? own->state[WOODBURY_REMOVED] + lost : 0;
  bl_arena_release(scratch, mark);
  return BL_OK;
}

static void drop_spectrum(bl_woodbury *own) {
  own->state[WOODBURY_SPECTRAL] = 0;
  bl_free(own->e);
  own->e = NULL;
}

int woodbury_append(bl_hess *h, const bl_rows *rows) {
  bl_woodbury *own = h->own;
  int status = make_later(own);
  if (status == BL_OK) status = gram_append(&own->gram, rows, h->coming);
  if (status == BL_OK) drop_spectrum(own);
  return status;
}

int woodbury_remove(bl_hess *h, const bl_rows *rows, bl_arena *scratch) {
  bl_woodbury *own = h->own;
  const bl_mark mark = bl_arena_mark(scratch);
  int *gone = arena_ints(scratch, own->gram.held, 1);
  int status = gone ? gram_find(&own->gram, gone, rows) : BL_MEMORY;
  if (status == BL_OK) status = make_later(own);
  if (status == BL_OK && own->state[WOODBURY_SIZE] > 0) status = shrink(own, gone, scratch);
  if (status == BL_OK) {
    gram_drop(&own->gram, gone);
    drop_spectrum(own);
  }
  bl_arena_release(scratch, mark);
  return status;
}
