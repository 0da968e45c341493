// D·Uᵀ by what D shares with a matrix, against plain sums within the rounding of both ways: where all, some, few or no
// columns are shared, where the columns that are not would drown the others, widths odd and below a block. An example
// has the bits it has alone.
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "rng.h"
#include "rotate.h"

static const double SEED = 20260712;

static double *random_numbers(int count, bl_rng *rng) {
  double *x = calloc((size_t)count + 1, sizeof *x);
  for (int i = 0; i < count; ++i) x[i] = 2 * rng_uniform(rng) - 1;
  return x;
}

enum { SHARES, PARTLY, APART, DROWNED, KINDS };

// rows of M with columns struck out, every tenth for SHARES, and one of them huge for DROWNED; or other rows
static void example_of(double *D, const double *M, int kind, int k, int width, bl_rng *rng) {
  for (int o = 0; o < width; ++o) {
    const int out = kind == DROWNED ? o == 1 : rng_uniform(rng) < (kind == SHARES ? 0.1 : 0.6);
    for (int j = 0; j < k; ++j)
      D[j * width + o] = kind == APART ? 2 * rng_uniform(rng) - 1 : out ? 0 : M[j * width + o];
  }
}

static void check_rotation(int n, int k, int width, int known, int huge, bl_rng *rng, bl_arena *scratch) {
  double *D = random_numbers(n * k * width, rng), *M = random_numbers(k * width, rng);
  double *U = random_numbers(width * width, rng), *R = random_numbers(n * k * width + 1, rng);
  double *one = random_numbers(k * width, rng);
  for (int j = 0; j < k && huge; ++j) M[j * width + 1] = 1e9;
  for (int i = 0; i < n; ++i) example_of(D + i * k * width, M, huge ? DROWNED : i % (KINDS - 1), k, width, rng);
  const double past = R[n * k * width];
  CHECK(rotate_rows(R, D, known ? M : NULL, U, n, k, width, scratch) == 0);
  CHECK(R[n * k * width] == past);
  int close = 1, alone = 1;
  for (int row = 0; row < n * k; ++row)
    for (int o = 0; o < width; ++o) {
      double sum = 0, size = 0;
      for (int i = 0; i < width; ++i) {
        const double all = known && !huge ? 2 * fabs(M[row % k * width + i]) : 0;
        sum += D[row * width + i] * U[o * width + i];
        size += (fabs(D[row * width + i]) + all) * fabs(U[o * width + i]);
      }
      close &= fabs(R[row * width + o] - sum) <= (2 * width + 2) * DBL_EPSILON * size;
    }
  for (int i = 0; i < n; ++i) {
    CHECK(rotate_rows(one, D + i * k * width, known ? M : NULL, U, 1, k, width, scratch) == 0);
    alone &= memcmp(one, R + i * k * width, (size_t)(k * width) * sizeof *one) == 0;
  }
  CHECK(close);
  CHECK(alone);
  free(D), free(M), free(U), free(R), free(one);
}

int main(void) {
  static const int widths[] = {2, 7, 8, 9, 16, 23, 100};
  bl_rng rng;
  rng_seed(&rng, SEED, 0);
  printf("seed %.0f\n", SEED);
  bl_arena *scratch = bl_arena_new();
  for (int w = 0; w < (int)(sizeof widths / sizeof *widths); ++w)
    for (int k = 1; k <= 4; ++k)
      for (int which = 0; which < 3; ++which)
        check_rotation(1 + 3 * k, k, widths[w], which > 0, which > 1, &rng, scratch);
  bl_arena_free(scratch);
  return check_report();
}
