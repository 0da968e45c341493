// Cholesky, its solves and rank-one changes, and the symmetric eigen-decomposition, by their definitions. Every bound
// is a small multiple of n·ε times the size of what is computed.
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "linalg.h"
#include "rng.h"
#include "status.h"

typedef long double real;
static const double SEED = 1735;
static double worst = 0;  // largest error, in units of n·ε·size

static double *doubles(int count) { return calloc((size_t)count + 1, sizeof(double)); }

// |error| ≤ factor·n·ε·size
static int within(double error, double factor, int n, double size) {
  const double unit = error / (n * DBL_EPSILON * size);
  if (!(unit <= worst)) worst = unit;
  return error <= factor * n * DBL_EPSILON * size;
}

static double largest(const double *x, int count) {
  double top = 0;
  for (int i = 0; i < count; ++i) top = fmax(top, fabs(x[i]));
  return top;
}

// A = GGᵀ/n + I/4: eigenvalues between ¼ and about 4
static double *positive_definite(int n, bl_rng *rng) {
  double *G = doubles(n * n), *A = doubles(n * n);
  rng_normal(rng, G, n * n);
  for (int i = 0; i < n; ++i)
    for (int j = 0; j <= i; ++j) {
      double sum = i == j ? 0.25 : 0;
      for (int l = 0; l < n; ++l) sum += G[i * n + l] * G[j * n + l] / n;
      A[i * n + j] = A[j * n + i] = sum;
    }
  free(G);
  return A;
}

// max |L Lᵀ − A|
static double reconstruction(const double *L, const double *A, int n) {
  double error = 0;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j <= i; ++j) {
      real sum = -(real)A[i * n + j];
      for (int l = 0; l <= j; ++l) sum += (real)L[i * n + l] * L[j * n + l];
      error = fmax(error, fabs((double)sum));
    }
  return error;
}

static double *factor_of(const double *A, int n) {
  double *L = doubles(n * n);
  memcpy(L, A, (size_t)(n * n) * sizeof *L);
  for (int i = 0; i < n; ++i)
    for (int j = i + 1; j < n; ++j) L[i * n + j] = (double)NAN;  // only the lower triangle is read
  CHECK(la_chol(L, n) == BL_OK);
  return L;
}

static void check_cholesky(int n, bl_rng *rng) {
  enum { M = 5 };
  double *A = positive_definite(n, rng), *L = factor_of(A, n), *X = doubles(M * n), *Y = doubles(M * n);
  int lower = 1;
  for (int i = 0; i < n; ++i) {
    lower &= L[i * n + i] > 0;
    for (int j = i + 1; j < n; ++j) lower &= fabs(L[i * n + j]) <= 0;
  }
  CHECK(lower);
  CHECK(within(reconstruction(L, A, n), 4, n, largest(A, n * n)));
  rng_normal(rng, Y, M * n);
  double solve = 0, left = 0, right = 0;
  memcpy(X, Y, (size_t)(M * n) * sizeof *X);
  la_chol_solve(L, X, M, n);
  for (int r = 0; r < M; ++r)
    for (int i = 0; i < n; ++i) {
      real sum = -(real)Y[r * n + i];
      for (int j = 0; j < n; ++j) sum += (real)A[i * n + j] * X[r * n + j];
      solve = fmax(solve, fabs((double)sum));
    }
  CHECK(within(solve, 40, n, largest(X, M * n)));
  memcpy(X, Y, (size_t)(M * n) * sizeof *X);
  la_solve_lt(L, X, M, n);  // X Lᵀ = Y
  for (int r = 0; r < M; ++r)
    for (int i = 0; i < n; ++i) {
      real sum = -(real)Y[r * n + i];
      for (int j = 0; j <= i; ++j) sum += (real)L[i * n + j] * X[r * n + j];
      left = fmax(left, fabs((double)sum));
    }
  CHECK(within(left, 10, n, largest(X, M * n)));
  memcpy(X, Y, (size_t)(M * n) * sizeof *X);
  la_solve_l(L, X, M, n);  // X L = Y
  for (int r = 0; r < M; ++r)
    for (int i = 0; i < n; ++i) {
      real sum = -(real)Y[r * n + i];
      for (int j = i; j < n; ++j) sum += (real)L[j * n + i] * X[r * n + j];
      right = fmax(right, fabs((double)sum));
    }
  CHECK(within(right, 10, n, largest(X, M * n)));
  // log det by the pivots of elimination
  real *B = calloc((size_t)(n * n), sizeof *B), log_det = 0;
  for (int i = 0; i < n * n; ++i) B[i] = A[i];
  for (int i = 0; i < n; ++i) {
    log_det += logl(B[i * n + i]);
    for (int r = i + 1; r < n; ++r) {
      const real f = B[r * n + i] / B[i * n + i];
      for (int j = i; j < n; ++j) B[r * n + j] -= f * B[i * n + j];
    }
  }
  CHECK(within(fabs((double)(la_chol_logdet(L, n) - log_det)), 40, n, 1 + fabs((double)log_det)));
  free(A), free(L), free(X), free(Y), free(B);
}

static void check_refusals(void) {
  const double values[] = {0, -1, (double)NAN, HUGE_VAL};
  for (int n = 1; n <= 70; n += 23)
    for (int v = 0; v < 4; ++v)
      for (int at = 0; at < n; at += 22) {
        double *A = doubles(n * n);
        for (int i = 0; i < n; ++i) A[i * n + i] = i == at ? values[v] : 2;
        CHECK(la_chol(A, n) == BL_NOT_PD);
        free(A);
      }
  double indefinite[] = {1, 2, 2, 1};
  CHECK(la_chol(indefinite, 2) == BL_NOT_PD);
  CHECK(la_chol(indefinite, 0) == BL_OK);
}

static void check_updates(int n, bl_rng *rng, bl_arena *scratch) {
  double *A = positive_definite(n, rng), *L = factor_of(A, n), *start = doubles(n * n);
  double *x = doubles(n), *kept = doubles(n), *B = doubles(n * n);
  memcpy(start, L, (size_t)(n * n) * sizeof *L);
  rng_normal(rng, kept, n);
  memcpy(x, kept, (size_t)n * sizeof *x);
  CHECK(la_chol_update(L, n, x, 1, scratch) == BL_OK);
  for (int i = 0; i < n * n; ++i) B[i] = A[i] + kept[i / n] * kept[i % n];
  CHECK(within(reconstruction(L, B, n), 20, n, largest(B, n * n)));
  memcpy(x, kept, (size_t)n * sizeof *x);
  CHECK(la_chol_update(L, n, x, -1, scratch) == BL_OK);
  CHECK(within(reconstruction(L, A, n), 400, n, largest(B, n * n)));
  // more than there is: x = 1.001·(a row of L), so xᵀA⁻¹x > 1
  double *before = doubles(n * n);
  memcpy(before, L, (size_t)(n * n) * sizeof *L);
  for (int bad = 0; bad < 4; ++bad) {
    for (int i = 0; i < n; ++i) x[i] = bad == 0 ? 1.001 * L[i * n + n / 2] : bad == 1 ? 100 * kept[i] : kept[i];
    if (bad > 1) x[n - 1] = bad == 2 ? (double)NAN : HUGE_VAL;
    CHECK(la_chol_update(L, n, x, -1, scratch) == BL_NOT_PD);
    CHECK(memcmp(L, before, (size_t)(n * n) * sizeof *L) == 0);
  }
  for (int i = 0; i < n; ++i) x[i] = i ? kept[i] : (double)NAN;
  CHECK(la_chol_update(L, n, x, 1, scratch) == BL_NOT_PD && memcmp(L, before, (size_t)(n * n) * sizeof *L) == 0);
  free(A), free(L), free(start), free(x), free(kept), free(B), free(before);
}

// A vᵢ = wᵢ vᵢ, V Vᵀ = I, w ascending with the trace of A, and eigvals gives the same w. Returns the eigenvalues.
static double *check_eigen(const double *A, int n, bl_arena *scratch) {
  double *V = doubles(n * n), *B = doubles(n * n), *w = doubles(n), *alone = doubles(n);
  memcpy(V, A, (size_t)(n * n) * sizeof *V);
  memcpy(B, A, (size_t)(n * n) * sizeof *B);
  CHECK(la_eigh(V, w, n, scratch) == BL_OK);
  CHECK(la_eigvals(B, alone, n, scratch) == BL_OK);
  CHECK(memcmp(w, alone, (size_t)n * sizeof *w) == 0);
  double norm = 0, residual = 0, orthogonality = 0, trace = 0;
  int ascending = 1;
  for (int i = 0; i < n * n; ++i) norm += A[i] * A[i];
  norm = sqrt(norm);
  for (int i = 0; i < n; ++i) {
    trace += A[i * n + i] - w[i];
    ascending &= i == 0 || w[i - 1] <= w[i];
    for (int r = 0; r < n; ++r) {
      double sum = -w[i] * V[i * n + r], inner = -(i == r);
      for (int j = 0; j < n; ++j) sum += A[r * n + j] * V[i * n + j], inner += V[i * n + j] * V[r * n + j];
      residual = fmax(residual, fabs(sum));
      orthogonality = fmax(orthogonality, fabs(inner));
    }
  }
  CHECK(ascending);
  const double size = norm > 0 ? norm : DBL_MIN;
  CHECK(within(residual, 8, n, size));
  CHECK(within(orthogonality, 8, n, 1));
  CHECK(within(fabs(trace), 8, n, size));
  free(V), free(B), free(alone);
  return w;
}

static void check_spectra(bl_rng *rng, bl_arena *scratch) {
  static const int sizes[] = {1, 2, 3, 7, 33, 64, 120};
  for (int s = 0; s < (int)(sizeof sizes / sizeof *sizes); ++s) {
    const int n = sizes[s], rank = (n + 1) / 2;
    double *A = doubles(n * n), *x = doubles(n), *G = doubles(n * n), *w;
    rng_normal(rng, G, n * n);
    rng_normal(rng, x, n);
    for (int i = 0; i < n * n; ++i) A[i] = G[i] + G[i % n * n + i / n];
    free(check_eigen(A, n, scratch));

    memset(A, 0, (size_t)(n * n) * sizeof *A);  // zero: exactly
    w = check_eigen(A, n, scratch);
    CHECK(largest(w, n) <= 0);
    free(w);

    for (int i = 0; i < n; ++i) A[i * n + i] = 1;  // identity: exactly
    w = check_eigen(A, n, scratch);
    for (int i = 0; i < n; ++i) CHECK(w[i] >= 1 && w[i] <= 1);
    free(w);

    double square = 0;
    for (int i = 0; i < n * n; ++i) A[i] = x[i / n] * x[i % n];  // rank one: ‖x‖² and zeros
    for (int i = 0; i < n; ++i) square += x[i] * x[i];
    w = check_eigen(A, n, scratch);
    CHECK(within(fabs(w[n - 1] - square), 8, n, square));
    CHECK(within(largest(w, n - 1), 8, n, square));
    free(w);

    // of half rank, its rows graded from 1e-12 to 1e12
    for (int i = 0; i < n; ++i) {
      const double row = pow(10, n > 1 ? 24.0 * i / (n - 1) - 12 : 12);
      for (int j = 0; j <= i; ++j) {
        const double column = pow(10, n > 1 ? 24.0 * j / (n - 1) - 12 : 12);
        double sum = 0;
        for (int l = 0; l < rank; ++l) sum += G[i * n + l] * G[j * n + l];
        A[i * n + j] = A[j * n + i] = row * sum * column;
      }
    }
    free(check_eigen(A, n, scratch));
    for (int i = 0; i < n * n; ++i) A[i] *= 1e-24;  // the same, small
    free(check_eigen(A, n, scratch));

    // the second difference: 2 − 2cos(πj/(n + 1))
    for (int i = 0; i < n * n; ++i) A[i] = i / n == i % n ? 2 : abs(i / n - i % n) == 1 ? -1 : 0;
    w = check_eigen(A, n, scratch);
    double error = 0;
    for (int i = 0; i < n; ++i) {
      const real half = sinl(acosl(-1.0L) * (i + 1) / (2 * (n + 1)));
      error = fmax(error, fabs(w[i] - (double)(4 * half * half)));
    }
    CHECK(within(error, 4, n, 4));
    free(w), free(A), free(x), free(G);
  }
  double bad[] = {1, (double)NAN, (double)NAN, 1}, w[2];
  CHECK(la_eigh(bad, w, 2, scratch) == BL_NOT_FINITE);
}

int main(void) {
  static const int sizes[] = {1, 2, 5, 31, 32, 33, 64, 97};
  bl_arena *scratch = bl_arena_new();
  bl_rng rng;
  rng_seed(&rng, SEED, 0);
  for (int s = 0; s < (int)(sizeof sizes / sizeof *sizes); ++s) {
    check_cholesky(sizes[s], &rng);
    check_updates(sizes[s], &rng, scratch);
  }
  check_refusals();
  check_spectra(&rng, scratch);
  CHECK(fabs(la_hypotenuse(3e200, -4e200) - 5e200) <= 1e185);
  CHECK(fabs(la_hypotenuse(3e-200, 4e-200) - 5e-200) <= 1e-215 && la_hypotenuse(0, 0) <= 0);
  bl_arena_free(scratch);
  printf("seed %.0f, largest error %.2f n eps\n", SEED, worst);
  return check_report();
}
