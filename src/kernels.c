// kernels.c — the blocked kernels in both precisions, and the level-one loops.
#include "kernels.h"

#include <stddef.h>

#include "vmath.h"

typedef float v4f_loose __attribute__((vector_size(16), aligned(4), may_alias));

enum { MR = 4, BLOCK = 32, STRIPE = 2 };

// the tile of both microkernels, four by two vectors in registers, += the outer product of a and b
#define ADD_TILE                                                                                                   \
  (c00 += a0 * b0, c01 += a0 * b1, c10 += a1 * b0, c11 += a1 * b1, c20 += a2 * b0, c21 += a2 * b1, c30 += a3 * b0, \
   c31 += a3 * b1)

#define REAL double
#define VEC v2d
#define LOOSE v2d_loose
#define LANES 2
#define SPLAT(x) ((v2d){(x), (x)})
#define SUM(x) ((x)[0] + (x)[1])
#define NAME(x) x
#include "kernels_body.h"

int k_height(int m) { return k_rounded(m) & 63 ? k_rounded(m) : k_rounded(m) + K_ROWS; }

void k_pack(double *P, int ta, const double *A, int lda, int m, int k, double alpha) {
  for (int i = 0; i < m; i += MR, P += MR * k) pack_a(P, ta, A, lda, i, m - i < MR ? m - i : MR, 0, k, alpha);
}

#undef REAL
#undef VEC
#undef LOOSE
#undef LANES
#undef SPLAT
#undef SUM
#undef NAME

#define REAL float
#define VEC v4f
#define LOOSE v4f_loose
#define LANES 4
#define SPLAT(x) ((v4f){(x), (x), (x), (x)})
#define SUM(x) (((x)[0] + (x)[1]) + ((x)[2] + (x)[3]))
#define NAME(x) x##_f32
#include "kernels_body.h"

// four vectors of sums, then one fixed tree: a function of the n numbers alone
double k_dot(const double *x, const double *y, int n) {
  v2d s0 = {0, 0}, s1 = {0, 0}, s2 = {0, 0}, s3 = {0, 0};
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    s0 += load(x + i) * load(y + i);
    s1 += load(x + i + 2) * load(y + i + 2);
    s2 += load(x + i + 4) * load(y + i + 4);
    s3 += load(x + i + 6) * load(y + i + 6);
  }
  double tail = 0;
  for (; i < n; ++i) tail += x[i] * y[i];
  const v2d sum = (s0 + s1) + (s2 + s3);
  return (sum[0] + sum[1]) + tail;
}

// two rows of X with two of Y: four chains, lane sums, tails
static void dots_four(double *C, int ldc, const double *X, const double *Y, int n, double factor) {
  const double *x1 = X + n, *y1 = Y + n;
  v2d s00 = {0, 0}, s01 = {0, 0}, s10 = {0, 0}, s11 = {0, 0};
  int l = 0;
  for (; l + 2 <= n; l += 2) {
    const v2d a = load(X + l), b = load(x1 + l), c = load(Y + l), d = load(y1 + l);
    s00 += a * c;
    s01 += a * d;
    s10 += b * c;
    s11 += b * d;
  }
  v2d top = (v2d){s00[0], s01[0]} + (v2d){s00[1], s01[1]}, low = (v2d){s10[0], s11[0]} + (v2d){s10[1], s11[1]};
  if (l < n) {
    top += (v2d){X[l], X[l]} * (v2d){Y[l], y1[l]};
    low += (v2d){x1[l], x1[l]} * (v2d){Y[l], y1[l]};
  }
  const v2d f = {factor, factor};
  store(C, load(C) + f * top);
  store(C + ldc, load(C + ldc) + f * low);
}

void k_dots(double *C, const double *X, const double *Y, int m, int n, double factor) {
  for (int i = 0; i < m; i += 2) {
    const double *x = X + (size_t)i * (size_t)n;
    double *row = C + (size_t)i * (size_t)m;
    for (int j = 0; i + 2 <= m && j <= i; j += 2) dots_four(row + j, m, x, Y + (size_t)j * (size_t)n, n, factor);
    for (int j = 0; i + 2 > m && j <= i; ++j) row[j] += factor * k_dot(x, Y + (size_t)j * (size_t)n, n);
  }
}

void k_axpy(double *y, double a, const double *x, int n) {
  const v2d s = {a, a};
  int i = 0;
  for (; i + 2 <= n; i += 2) store(y + i, load(y + i) + s * load(x + i));
  for (; i < n; ++i) y[i] += a * x[i];
}

void k_times(double *z, const double *x, const double *y, int n) {
  int i = 0;
  for (; i + 2 <= n; i += 2) store(z + i, load(x + i) * load(y + i));
  if (i < n) z[i] = x[i] * y[i];
}

void k_copy_lower(double *A, int lda, int n) {
  for (int i = 0; i < n; ++i) {
    for (int j = i + 1; j < n; ++j) A[(size_t)i * (size_t)lda + (size_t)j] = A[(size_t)j * (size_t)lda + (size_t)i];
  }
}
