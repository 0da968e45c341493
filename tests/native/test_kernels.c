// The blocked kernels against plain loops, in both precisions. A row is bounded by what rounding allows: k·ε·Σ|a||b|.
// Exact: what lies outside the matrix is untouched, a row of a batch has the bits it has alone, and what is not finite
// in one row stays there.
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "kernels.h"
#include "rng.h"

static const double SEED = 55378008;

static double *doubles(int count) { return calloc((size_t)count + 1, sizeof(double)); }

static double epsilon(int single) { return single ? (double)FLT_EPSILON : DBL_EPSILON; }

// numbers in (−1, 1) that both precisions hold exactly
static double *random_numbers(int count, bl_rng *rng) {
  double *x = doubles(count);
  for (int i = 0; i < count; ++i) x[i] = (double)(float)(2 * rng_uniform(rng) - 1);
  return x;
}

static float *narrow(const double *x, int count) {
  float *y = calloc((size_t)count + 1, sizeof *y);
  for (int i = 0; i < count; ++i) y[i] = (float)x[i];
  return y;
}

static void widen(double *x, float *y, int count) {
  for (int i = 0; i < count; ++i) x[i] = (double)y[i];
  free(y);
}

typedef struct {
  int ta, tb, m, n, k, lda, ldb, ldc;
  int sa, sb, sc;  // elements
  double alpha, beta;
} product;

static product product_of(int ta, int tb, int m, int n, int k, int gap, double alpha, double beta) {
  product p = {.ta = ta, .tb = tb, .m = m, .n = n, .k = k, .alpha = alpha, .beta = beta};
  p.lda = (ta ? m : k) + gap, p.ldb = (tb ? k : n) + 2 * gap, p.ldc = n + 3 * gap;
  p.sa = (ta ? k : m) * p.lda, p.sb = (tb ? n : k) * p.ldb, p.sc = m * p.ldc;
  return p;
}

static void multiply(const product *p, int single, int naive, double *C, const double *A, const double *B) {
  if (!single) {
    (naive ? k_gemm_naive : k_gemm)(p->ta, p->tb, C, p->ldc, A, p->lda, B, p->ldb, p->m, p->n, p->k, p->alpha, p->beta);
    return;
  }
  float *c = narrow(C, p->sc), *a = narrow(A, p->sa), *b = narrow(B, p->sb);
  (naive ? k_gemm_f32_naive : k_gemm_f32)(p->ta, p->tb, c, p->ldc, a, p->lda, b, p->ldb, p->m, p->n, p->k,
                                          (float)p->alpha, (float)p->beta);
  widen(C, c, p->sc);
  free(a), free(b);
}

static double a_at(const product *p, const double *A, int i, int l) {
  return A[p->ta ? l * p->lda + i : i * p->lda + l];
}
static double b_at(const product *p, const double *B, int l, int j) {
  return B[p->tb ? j * p->ldb + l : l * p->ldb + j];
}

static void check_gemm(const product *p, int single, bl_rng *rng) {
  double *A = random_numbers(p->sa, rng), *B = random_numbers(p->sb, rng), *C = random_numbers(p->sc, rng);
  double *D = doubles(p->sc), *before = doubles(p->sc);
  for (int i = 0; i < p->m && !(p->beta > 0); ++i)  // C is not read
    for (int j = 0; j < p->n; ++j) C[i * p->ldc + j] = (double)NAN;
  memcpy(D, C, (size_t)p->sc * sizeof *C);
  memcpy(before, C, (size_t)p->sc * sizeof *C);
  multiply(p, single, 0, C, A, B);
  multiply(p, single, 1, D, A, B);
  int close = 1, exact = 1, gap = 1;
  for (int i = 0; i < p->m; ++i)
    for (int j = 0; j < p->ldc; ++j) {
      const int at = i * p->ldc + j;
      if (j >= p->n) {
        gap &= memcmp(&C[at], &before[at], sizeof *C) == 0;
        continue;
      }
      double sum = p->beta > 0 ? before[at] : 0, size = fabs(sum);
      for (int l = 0; l < p->k; ++l) {
        const double term = p->alpha * a_at(p, A, i, l) * b_at(p, B, l, j);
        sum += term, size += fabs(term);
      }
      const double allowed = (p->k + 1) * epsilon(single) * size;
      close &= fabs(C[at] - D[at]) <= allowed;
      exact &= fabs(C[at] - sum) <= allowed;
    }
  CHECK(close);
  CHECK(exact);
  CHECK(gap);
  free(A), free(B), free(C), free(D), free(before);
}

static void check_gemms(bl_rng *rng) {
  static const int sizes[][3] = {{1, 1, 1}, {1, 5, 3},    {3, 1, 7},    {4, 4, 4},    {5, 9, 2},    {7, 13, 129},
                                 {8, 8, 0}, {33, 65, 31}, {37, 3, 257}, {2, 67, 261}, {19, 17, 128}};
  for (int s = 0; s < (int)(sizeof sizes / sizeof *sizes); ++s)
    for (int which = 0; which < 64; ++which) {
      const int *n = sizes[s];
      const product p = product_of(which & 1, which >> 1 & 1, n[0], n[1], n[2], which >> 2 & 1, which & 8 ? -1 : 1,
                                   which & 16 ? 1 : 0);
      check_gemm(&p, which >> 5, rng);
    }
}

// row i of m = 37 against m = 1, also beside rows that are not finite
static void check_rows_alone(bl_rng *rng) {
  enum { M = 37 };
  for (int which = 0; which < 16; ++which) {
    const int single = which & 1, tb = which >> 1 & 1, ta = which >> 2 & 1;
    const product all = product_of(ta, tb, M, 1 + 10 * (which >> 2), 150 * (which >> 3) + 131, 1, 1, which >> 3);
    product one = all;
    one.m = 1, one.sc = all.ldc;
    double *A = random_numbers(all.sa, rng), *B = random_numbers(all.sb, rng), *C = random_numbers(all.sc, rng);
    double *start = doubles(all.sc), *row = doubles(all.ldc);
    memcpy(start, C, (size_t)all.sc * sizeof *C);
    const int bad = 18;
    for (int l = 0; l < all.k; ++l) {
      A[ta ? l * all.lda + bad : bad * all.lda + l] = l % 3 ? (double)NAN : HUGE_VAL;
    }
    multiply(&all, single, 0, C, A, B);
    int same = 1, spread = 1;
    for (int i = 0; i < M; ++i) {
      memcpy(row, start + i * all.ldc, (size_t)all.ldc * sizeof *row);
      one.sa = all.sa - (ta ? i : i * all.lda);
      multiply(&one, single, 0, row, A + (ta ? i : i * all.lda), B);
      for (int j = 0; j < all.n; ++j) {
        if (i == bad) spread &= isnan(C[i * all.ldc + j]);
        else same &= isfinite(row[j]) && memcmp(&C[i * all.ldc + j], &row[j], sizeof *row) == 0;
      }
    }
    CHECK(same);
    CHECK(spread);
    free(A), free(B), free(C), free(start), free(row);
  }
}

static void check_syrk(bl_rng *rng) {
  static const int sizes[] = {1, 2, 5, 31, 32, 33, 67};
  for (int s = 0; s < (int)(sizeof sizes / sizeof *sizes); ++s)
    for (int which = 0; which < 16; ++which) {
      const int m = sizes[s], k = 1 + 7 * s, single = which & 1, ta = which >> 1 & 1;
      product p = product_of(ta, !ta, m, m, k, 2, which & 4 ? -1 : 1, which >> 3);
      double *A = random_numbers(p.sa, rng), *C = random_numbers(p.sc, rng), *before = doubles(p.sc);
      memcpy(before, C, (size_t)p.sc * sizeof *C);
      if (single) {
        float *c = narrow(C, p.sc), *a = narrow(A, p.sa);
        k_syrk_f32(ta, c, p.ldc, a, p.lda, m, k, (float)p.alpha, (float)p.beta);
        widen(C, c, p.sc);
        free(a);
      } else {
        k_syrk(ta, C, p.ldc, A, p.lda, m, k, p.alpha, p.beta);
      }
      int close = 1, untouched = 1;
      for (int i = 0; i < m; ++i)
        for (int j = 0; j < p.ldc; ++j) {
          const int at = i * p.ldc + j;
          if (j > i) {
            untouched &= memcmp(&C[at], &before[at], sizeof *C) == 0;
            continue;
          }
          double sum = p.beta > 0 ? before[at] : 0, size = fabs(sum);
          for (int l = 0; l < k; ++l) {
            const double term = p.alpha * a_at(&p, A, i, l) * a_at(&p, A, j, l);
            sum += term, size += fabs(term);
          }
          close &= fabs(C[at] - sum) <= (k + 1) * epsilon(single) * size;
        }
      CHECK(close);
      CHECK(untouched);
      free(A), free(C), free(before);
    }
}

static void solve(int tl, int single, double *X, int ldx, const double *L, int ldl, int m, int n) {
  if (!single) {
    k_trsm(tl, X, ldx, L, ldl, m, n);
    return;
  }
  float *x = narrow(X, m * ldx), *l = narrow(L, n * ldl);
  k_trsm_f32(tl, x, ldx, l, ldl, m, n);
  widen(X, x, m * ldx);
  free(l);
}

// L has rows whose off-diagonal part sums to at most half the diagonal, so ‖L⁻¹‖ ≤ 2 in the norm of rows
static void check_trsm(bl_rng *rng) {
  static const int sizes[][2] = {{1, 1}, {3, 2}, {5, 31}, {37, 32}, {4, 33}, {11, 97}};
  for (int s = 0; s < (int)(sizeof sizes / sizeof *sizes); ++s)
    for (int which = 0; which < 4; ++which) {
      const int m = sizes[s][0], n = sizes[s][1], ldx = n + 3, ldl = n + 1, single = which & 1, tl = which >> 1;
      double *L = random_numbers(n * ldl, rng), *X = random_numbers(m * ldx, rng), *Y = doubles(m * ldx);
      double *start = doubles(m * ldx), *row = doubles(ldx);
      for (int i = 0; i < n; ++i) {
        for (int j = 0; j < i; ++j) L[i * ldl + j] = (double)(float)(L[i * ldl + j] * 0.5 / n);
        L[i * ldl + i] = 1 + fabs(L[i * ldl + i]);
        for (int j = i + 1; j < ldl; ++j) L[i * ldl + j] = (double)NAN;  // only the lower triangle is read
      }
      for (int i = 0; i < m; ++i) X[i * ldx + n] = HUGE_VAL;
      memcpy(Y, X, (size_t)(m * ldx) * sizeof *X);
      memcpy(start, X, (size_t)(m * ldx) * sizeof *X);
      solve(tl, single, X, ldx, L, ldl, m, n);
      k_trsm_naive(tl, Y, ldx, L, ldl, m, n);
      int close = 1, gap = 1, alone = 1;
      for (int i = 0; i < m; ++i) {
        memcpy(row, start + i * ldx, (size_t)ldx * sizeof *row);
        solve(tl, single, row, ldx, L, ldl, 1, n);
        alone &= memcmp(row, X + i * ldx, (size_t)n * sizeof *row) == 0;
        for (int j = 0; j < n; ++j) close &= fabs(X[i * ldx + j] - Y[i * ldx + j]) <= 8 * (n + 1) * epsilon(single);
        gap &= memcmp(X + i * ldx + n, start + i * ldx + n, 3 * sizeof *X) == 0;
      }
      CHECK(close);
      CHECK(gap);
      CHECK(alone);
      free(L), free(X), free(Y), free(start), free(row);
    }
}

static void check_level_one(bl_rng *rng) {
  enum { N = 41 };
  for (int n = 0; n <= N; ++n)
    for (int offset = 0; offset < 2; ++offset) {
      double *x = random_numbers(N + 2, rng), *y = random_numbers(N + 2, rng), *z = doubles(N + 2);
      memcpy(z, y, (N + 2) * sizeof *y);
      long double sum = 0, size = 0;
      for (int i = 0; i < n; ++i) {
        sum += (long double)x[offset + i] * y[offset + i];
        size += fabsl((long double)x[offset + i] * y[offset + i]);
      }
      CHECK(fabsl(k_dot(x + offset, y + offset, n) - sum) <= n * (long double)DBL_EPSILON * size);
      k_axpy(y + offset, -0.75, x + offset, n);
      int good = 1;
      for (int i = 0; i < N + 2; ++i) {
        const double expected = i >= offset && i < offset + n ? z[i] - 0.75 * x[i] : z[i];
        good &= memcmp(&y[i], &expected, sizeof expected) == 0;
      }
      CHECK(good);
      free(x), free(y), free(z);
    }
  double A[12] = {1, 0, 0, 9, 2, 3, 0, 9, 4, 5, 6, 9};
  const double full[12] = {1, 2, 4, 9, 2, 3, 5, 9, 4, 5, 6, 9};
  k_copy_lower(A, 4, 3);
  CHECK(memcmp(A, full, sizeof A) == 0);
}

// Panels, columns side by side: A·X, with b if `more`, and (A·X) ∘ (A·X + ½) as the product of two inner products, if
// `more` added to what is there, against plain sums.
// Entries are below 1, so k of them are off by k²·ε at most, and their products by three times k as much.
static void check_panels(int m, int k, int lower, int more, int single, bl_rng *rng) {
  enum { PANELS = 3 };
  const int wide = single ? K_PANEL_F32 : K_PANEL, depth = k_height(k), height = k_height(m);
  const int size = PANELS * wide * height;
  double *A = random_numbers(m * k, rng), *X = random_numbers(PANELS * wide * depth, rng), *P = doubles(height * k);
  double *C = random_numbers(size, rng), *D = random_numbers(size, rng), *E = random_numbers(size, rng);
  for (int i = 0; lower && i < m; ++i)
    for (int l = i + 1; l < k; ++l) A[i * k + l] = 0;
  double *begins = random_numbers(m, rng), *b = doubles(height), *before[2] = {doubles(size), doubles(size)};
  if (more) memcpy(before[0], D, (size_t)size * sizeof *D), memcpy(before[1], E, (size_t)size * sizeof *E);
  k_pack(P, K_N, A, k, m, k, 1), k_pack(b, K_N, begins, 1, m, 1, 1);
  float *a = narrow(P, height * k), *x = narrow(X, PANELS * wide * depth), *bias = narrow(b, height);
  float *c = narrow(C, size), *d = narrow(D, size), *e = narrow(E, size);
  k_panels_f32(c, a, more ? bias : NULL, x, single ? m : 0, k, PANELS, lower);
  k_panels(C, P, more ? b : NULL, X, single ? 0 : m, k, PANELS, lower);
  const void *left = single ? (void *)a : P, *right = single ? (void *)x : X;
  k_products p = {.K = single ? (void *)d : D, .AS = left, .DS = left, .A = right, .D = right, .bias = 0.5};
  p.in = p.out = k, p.outputs = 1, p.panels = PANELS, p.rows = m, p.fresh = !more;
  (single ? k_panel_products_f32 : k_panel_products)(&p);
  p.K = single ? (void *)e : E, p.D = NULL;
  if (k > 0) (single ? k_panel_products_f32 : k_panel_products)(&p);  // rows of the identity have a first column
  if (single) widen(C, c, size), widen(D, d, size), widen(E, e, size);
  else free(c), free(d), free(e);
  const double tolerance = 4.0 * (k + 1) * (k + 1) * (k + 1) * epsilon(single);
  for (int q = 0; q < PANELS; ++q)
    for (int i = 0; i < m; ++i)
      for (int j = 0; j < wide; ++j) {
        const int at = q * height * wide + i * wide + j;
        double inner = 0;
        for (int l = 0; l < k; ++l) inner += A[i * k + l] * X[q * depth * wide + l * wide + j];
        CHECK(fabs(C[at] - (more ? begins[i] : 0) - inner) <= tolerance);
        CHECK(fabs(D[at] - before[0][at] - inner * (inner + 0.5)) <= tolerance);
        if (k > 0) CHECK(fabs(E[at] - before[1][at] - A[i * k] * (inner + 0.5)) <= tolerance);
      }
  free(before[0]), free(before[1]), free(begins), free(b), free(bias);
  free(A), free(X), free(P), free(C), free(D), free(E), free(a), free(x);
}

// Sums over all columns, X·Yᵀ, and of X alone, by a panel of ones; numbers past C are left alone. Entries are below 1
// and the same in both precisions, so `count` products and their sum are off by count·(count + 1)·ε at most.
static void check_panels_nt(int m, int n, int single, bl_rng *rng) {
  enum { PANELS = 5 };
  const int wide = single ? K_PANEL_F32 : K_PANEL, x_size = wide * k_height(m), y_size = wide * k_height(n);
  double *X = random_numbers(PANELS * x_size, rng), *Y = random_numbers(PANELS * y_size, rng),
         *ones = doubles(4 * wide);
  double *C = random_numbers(m * n + 1, rng), *S = random_numbers(m + 1, rng), *before = doubles(m * n + 1);
  double *sums = doubles(m + 1);
  memcpy(before, C, (size_t)(m * n + 1) * sizeof *C), memcpy(sums, S, (size_t)(m + 1) * sizeof *S);
  for (int i = 0; i < 4 * wide; ++i) ones[i] = 1;
  float *x = narrow(X, PANELS * x_size), *y = narrow(Y, PANELS * y_size), *one = narrow(ones, 4 * wide);
  if (single) {
    k_panels_nt_f32(C, x, m, y, (size_t)y_size * sizeof *y, n, PANELS);
    k_panels_nt_f32(S, x, m, one, 0, 1, PANELS);
  } else {
    k_panels_nt(C, X, m, Y, (size_t)y_size * sizeof *Y, n, PANELS);
    k_panels_nt(S, X, m, ones, 0, 1, PANELS);
  }
  const double count = PANELS * wide, tolerance = count * (count + 1) * epsilon(single);
  for (int i = 0; i < m; ++i) {
    double alone = 0;
    for (int j = 0; j < n; ++j) {
      double sum = 0;
      for (int q = 0; q < PANELS; ++q)
        for (int c = 0; c < wide; ++c) sum += X[q * x_size + i * wide + c] * Y[q * y_size + j * wide + c];
      CHECK(fabs(C[i * n + j] - before[i * n + j] - sum) <= tolerance);
    }
    for (int q = 0; q < PANELS; ++q)
      for (int c = 0; c < wide; ++c) alone += X[q * x_size + i * wide + c];
    CHECK(fabs(S[i] - sums[i] - alone) <= tolerance);
  }
  CHECK(memcmp(&C[m * n], &before[m * n], sizeof *C) == 0 && memcmp(&S[m], &sums[m], sizeof *S) == 0);
  free(X), free(Y), free(ones), free(C), free(S), free(before), free(sums), free(x), free(y), free(one);
}

static void check_all_panels(bl_rng *rng) {
  for (int single = 0; single < 2; ++single)
    for (int m = 1; m <= 6; ++m)
      for (int n = 1; n <= 6; ++n) check_panels_nt(m, n, single, rng);
  for (int single = 0; single < 2; ++single) {
    check_panels(64, 61, 0, 1, single, rng);  // where panels are a few rows higher than they need be
    check_panels_nt(64, 128, single, rng);
  }
  for (int single = 0; single < 2; ++single)
    for (int m = 1; m <= 9; m += 2)
      for (int k = 0; k <= 7; ++k) check_panels(m, k, 0, 0, single, rng), check_panels(m, k, 0, 1, single, rng);
  for (int single = 0; single < 2; ++single)
    for (int m = 1; m <= 10; ++m) check_panels(m, m, 1, 0, single, rng), check_panels(m, m, 1, 1, single, rng);
}

// C + factor·X·Yᵀ, Y = 2X, lower triangle; the last number past C is left alone
static void check_dots(bl_rng *rng) {
  for (int m = 1; m <= 5; ++m)
    for (int n = 1; n <= 19; ++n) {
      double *X = random_numbers(m * n, rng), *Y = doubles(m * n), *C = random_numbers(m * m + 1, rng);
      double *start = doubles(m * m + 1);
      memcpy(start, C, (size_t)(m * m + 1) * sizeof *C);
      for (int i = 0; i < m * n; ++i) Y[i] = 2 * X[i];
      k_dots(C, X, Y, m, n, -0.75);
      for (int i = 0; i < m; ++i)
        for (int j = 0; j <= i; ++j) {
          long double sum = 0, size = fabs(start[i * m + j]);
          for (int l = 0; l < n; ++l) {
            sum += (long double)X[i * n + l] * (long double)Y[j * n + l];
            size += fabsl((long double)X[i * n + l] * (long double)Y[j * n + l]);
          }
          const long double expected = start[i * m + j] - 0.75L * sum;
          CHECK(fabsl(C[i * m + j] - expected) <= (n + 3) * (long double)DBL_EPSILON * size);
        }
      CHECK(memcmp(&C[m * m], &start[m * m], sizeof *C) == 0);
      free(X), free(Y), free(C), free(start);
    }
}

int main(void) {
  bl_rng rng;
  rng_seed(&rng, SEED, 0);
  printf("seed %.0f\n", SEED);
  check_gemms(&rng);
  check_rows_alone(&rng);
  check_syrk(&rng);
  check_trsm(&rng);
  check_level_one(&rng);
  check_all_panels(&rng);
  check_dots(&rng);
  CHECK(isfinite(k_peak_f64(1000)) && isfinite(k_peak_f32(1000)));
  return check_report();
}
