// woodbury_update.c — the factor L of B = I + s R P0⁻¹Rᵀ follows data that come and go at O(m²) a row:
//   rows more   [B  b; bᵀ c] = [L 0; l λ][L 0; l λ]ᵀ,   l = bᵀL⁻ᵀ,  λλᵀ = c − llᵀ
//   row j less  the rows behind it keep their inner products when x, their column j, is rotated into their own columns:
//               L'L'ᵀ = LLᵀ + xxᵀ, a sum, so nothing cancels whatever the row was
// Golub & Van Loan, Matrix Computations, 4th ed., §6.5.4. Rotations leave ε each, so after some of them L is made anew.
#include <string.h>

#include "kernels.h"
#include "linalg.h"
#include "woodbury.h"

enum { MOST_REMOVED = 32 };  // rows, before L is made anew

int factor_extend(double *L, int m, const double *old, int have, bl_arena *scratch) {
  const int fresh = m - have;
  const size_t size = (size_t)m, first = (size_t)have, count = (size_t)fresh;
  const bl_mark mark = bl_arena_mark(scratch);
  double *T = arena_doubles(scratch, fresh, fresh), *rows = L + first * size;
  if (!T) return BL_MEMORY;
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
  int status = woodbury_factor(own);
  if (status == BL_OK) status = gram_append(&own->gram, rows, h->coming);
  if (status == BL_OK) drop_spectrum(own);
  return status;
}

int woodbury_remove(bl_hess *h, const bl_rows *rows, bl_arena *scratch) {
  bl_woodbury *own = h->own;
  const bl_mark mark = bl_arena_mark(scratch);
  int *gone = arena_ints(scratch, own->gram.held, 1);
  int status = gone ? gram_find(&own->gram, gone, rows) : BL_MEMORY;
  if (status == BL_OK) status = woodbury_factor(own);
  if (status == BL_OK && own->state[WOODBURY_SIZE] > 0) status = shrink(own, gone, scratch);
  if (status == BL_OK) {
    gram_drop(&own->gram, gone);
    drop_spectrum(own);
  }
  bl_arena_release(scratch, mark);
  return status;
}
