// eigen.c — symmetric eigen-decomposition: Householder reduction to tridiagonal form, then implicit QL with Wilkinson
// shifts. Golub & Van Loan 2013, algorithms 8.3.1 and 8.3.3; Bowdler, Martin, Reinsch & Wilkinson 1968. Rows of V are
// the vectors: each rotation then mixes two contiguous rows.
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "kernels.h"
#include "linalg.h"
#include "status.h"
#include "vmath.h"

enum { SWEEPS = 60 };  // QL iterations an eigenvalue may take; three are usual

static double *row_of(double *A, int n, int i) { return A + (size_t)i * (size_t)n; }

// A ← the reflectors, scaled so that H_j = I − v vᵀ, row j holding v from column j + 1; d, e: the tridiagonal matrix.
static void tridiagonal(double *A, double *d, double *e, double *w, int n) {
  for (int j = 0; j + 1 < n; ++j) {
    const int m = n - j - 1;
    double *v = row_of(A, n, j) + j + 1;
    d[j] = row_of(A, n, j)[j];
    double top = 0;
    for (int i = 0; i < m; ++i) top = vm_abs(v[i]) > top ? vm_abs(v[i]) : top;
    if (!(top > 0) || m == 1) {  // nothing to reflect
      e[j] = v[0];
      memset(v, 0, (size_t)m * sizeof(double));
      continue;
    }
    for (int i = 0; i < m; ++i) v[i] /= top;
    const double norm = sqrt(k_dot(v, v, m)), alpha = v[0] > 0 ? -norm : norm;
    e[j] = alpha * top;
    v[0] -= alpha;
    const double scale = 1 / sqrt(-alpha * v[0]);  // ‖v‖² = −2α v₀, so v·scale has square norm 2
    for (int i = 0; i < m; ++i) v[i] *= scale;
    // trailing block B (lower rows j+1 …, both triangles kept): B ← B − v wᵀ − w vᵀ, w = Bv − ½(vᵀBv)v
    for (int i = 0; i < m; ++i) w[i] = k_dot(row_of(A, n, j + 1 + i) + j + 1, v, m);
    k_axpy(w, -0.5 * k_dot(v, w, m), v, m);
    for (int i = 0; i < m; ++i) {
      double *row = row_of(A, n, j + 1 + i) + j + 1;
      k_axpy(row, -v[i], w, m);
      k_axpy(row, -w[i], v, m);
    }
  }
  d[n - 1] = row_of(A, n, n - 1)[n - 1];
}

// Q (n, n): rows such that A = Qᵀ T Q, from the reflectors in A
static void accumulate(double *Q, const double *A, double *w, int n) {
  memset(Q, 0, (size_t)n * (size_t)n * sizeof(double));
  for (int i = 0; i < n; ++i) row_of(Q, n, i)[i] = 1;
  for (int j = n - 2; j >= 0; --j) {  // Q ← Q H_j on the block it touches: rows and columns j + 1 …
    const int m = n - j - 1;
    const double *v = A + (size_t)j * (size_t)n + (size_t)(j + 1);
    for (int i = 0; i < m; ++i) w[i] = k_dot(row_of(Q, n, j + 1 + i) + j + 1, v, m);
    for (int i = 0; i < m; ++i) k_axpy(row_of(Q, n, j + 1 + i) + j + 1, -w[i], v, m);
  }
}

static void rotate(double *a, double *b, double c, double s, int n) {
  const v2d cc = {c, c}, ss = {s, s};
  int i = 0;
  for (; i + 2 <= n; i += 2) {
    const v2d x = {a[i], a[i + 1]}, y = {b[i], b[i + 1]};
    const v2d p = cc * x - ss * y, q = ss * x + cc * y;
    a[i] = p[0];
    a[i + 1] = p[1];
    b[i] = q[0];
    b[i + 1] = q[1];
  }
  for (; i < n; ++i) {
    const double x = a[i], y = b[i];
    a[i] = c * x - s * y;
    b[i] = s * x + c * y;
  }
}

// one implicit QL step on rows l … m
static void ql_step(double *d, double *e, double *Q, int n, int l, int m) {
  double g = (d[l + 1] - d[l]) / (2 * e[l]);
  double r = la_hypotenuse(g, 1);
  g = d[m] - d[l] + e[l] / (g + (g >= 0 ? r : -r));
  double s = 1, c = 1, p = 0;
  for (int i = m - 1; i >= l; --i) {
    const double f = s * e[i], b = c * e[i];
    r = la_hypotenuse(f, g);
    e[i + 1] = r;
    if (!(r > 0)) {  // the block splits here
      d[i + 1] -= p;
      e[m] = 0;
      return;
    }
    s = f / r;
    c = g / r;
    g = d[i + 1] - p;
    r = (d[i] - g) * s + 2 * c * b;
    p = s * r;
    d[i + 1] = g + p;
    g = c * r - b;
    if (Q) rotate(row_of(Q, n, i), row_of(Q, n, i + 1), c, s, n);
  }
  d[l] -= p;
  e[l] = g;
  e[m] = 0;
}

// An off-diagonal number counts as zero beside its neighbours, or within the rounding the reduction already made.
static int ql(double *d, double *e, double *Q, int n) {
  double norm = 0;
  e[n - 1] = 0;
  for (int i = 0; i < n; ++i) norm = vm_abs(d[i]) + vm_abs(e[i]) > norm ? vm_abs(d[i]) + vm_abs(e[i]) : norm;
  for (int l = 0; l < n; ++l) {
    for (int sweep = 0;; ++sweep) {
      int m = l;
      while (m + 1 < n && vm_abs(e[m]) > 0x1p-53 * (vm_abs(d[m]) + vm_abs(d[m + 1])) + 0x1p-54 * norm) ++m;
      if (m == l) break;
      if (sweep == SWEEPS) return BL_NOT_FINITE;
      ql_step(d, e, Q, n, l, m);
    }
  }
  return BL_OK;
}

static void sort(double *d, double *Q, int n) {
  for (int i = 0; i + 1 < n; ++i) {
    int low = i;
    for (int j = i + 1; j < n; ++j) {
      if (d[j] < d[low]) low = j;
    }
    if (low == i) continue;
    const double kept = d[i];
    d[i] = d[low];
    d[low] = kept;
    double *a = Q ? row_of(Q, n, i) : NULL, *b = Q ? row_of(Q, n, low) : NULL;
    for (int j = 0; Q && j < n; ++j) {
      const double x = a[j];
      a[j] = b[j];
      b[j] = x;
    }
  }
}

static int decompose(double *A, double *w, int n, int vectors, bl_arena *scratch) {
  if (n < 1) return BL_OK;
  const bl_mark mark = bl_arena_mark(scratch);
  double *e = arena_doubles(scratch, n, 1), *work = arena_doubles(scratch, n, 1);
  double *Q = vectors ? arena_doubles(scratch, n, n) : NULL;
  int status = e && work && (Q || !vectors) ? BL_OK : BL_MEMORY;
  if (status == BL_OK && vm_first_bad(A, n * n) >= 0) status = BL_NOT_FINITE;
  if (status == BL_OK) {
    tridiagonal(A, w, e, work, n);
    if (vectors) accumulate(Q, A, work, n);
    status = ql(w, e, Q, n);
  }
  if (status == BL_OK) {
    sort(w, Q, n);
    if (vectors) memcpy(A, Q, (size_t)n * (size_t)n * sizeof(double));
  }
  bl_arena_release(scratch, mark);
  return status;
}

int la_eigh(double *A, double *w, int n, bl_arena *scratch) { return decompose(A, w, n, 1, scratch); }
int la_eigvals(double *A, double *w, int n, bl_arena *scratch) { return decompose(A, w, n, 0, scratch); }
