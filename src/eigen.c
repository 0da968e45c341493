// eigen.c — symmetric eigen-decomposition: Householder reduction to tridiagonal form, then QL with Wilkinson shifts,
// implicit where vectors are asked for, by squares alone where not. Golub & Van Loan 2013, algorithms 8.3.1 and 8.3.3;
// Bowdler, Martin, Reinsch & Wilkinson 1968; Reinsch 1973 (after Pal, Walker & Kahan). Rows of V are the vectors: each
// rotation then mixes two contiguous rows.
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "kernels.h"
#include "linalg.h"
#include "status.h"
#include "vmath.h"

enum { SWEEPS = 60, CHUNK = 8 };  // QL iterations an eigenvalue may take, three are usual; columns turned at a time

static double *row_of(double *A, int n, int i) { return A + (size_t)i * (size_t)n; }

// x − a·p − b·q
static inline v2d less(v2d x, v2d a, v2d p, v2d b, v2d q) { return x - a * p - b * q; }

// Rows i and i + 1 of B ← B − p qᵀ − q pᵀ, upper triangle, and what they contribute to w = B v: an element is read and
// written once, and serves both halves of the symmetric product.
static void pass_rows(double *B, int n, int i, const double *p, const double *q, const double *v, double *w) {
  double *r0 = row_of(B, n, i), *r1 = row_of(B, n, i + 1);
  const v2d p0 = {p[i], p[i]}, p1 = {p[i + 1], p[i + 1]}, q0 = {q[i], q[i]}, q1 = {q[i + 1], q[i + 1]};
  const v2d v0 = {v[i], v[i]}, v1 = {v[i + 1], v[i + 1]}, here = vm_load(v + i);
  const v2d top = less(vm_load(r0 + i), p0, vm_load(q + i), q0, vm_load(p + i));
  const v2d low = less((v2d){r0[i + 1], r1[i + 1]}, p1, vm_load(q + i), q1, vm_load(p + i));
  vm_store(r0 + i, top);
  r1[i + 1] = low[1];
  v2d s0 = top * here, s1 = (v2d){top[1], low[1]} * here;
  int k = i + 2;
  for (; k + 2 <= n; k += 2) {
    const v2d pk = vm_load(p + k), qk = vm_load(q + k), vk = vm_load(v + k);
    const v2d x0 = less(vm_load(r0 + k), p0, qk, q0, pk), x1 = less(vm_load(r1 + k), p1, qk, q1, pk);
    vm_store(r0 + k, x0);
    vm_store(r1 + k, x1);
    s0 += x0 * vk;
    s1 += x1 * vk;
    vm_store(w + k, vm_load(w + k) + x0 * v0 + x1 * v1);
  }
  if (k < n) {
    r0[k] = r0[k] - p[i] * q[k] - q[i] * p[k];
    r1[k] = r1[k] - p[i + 1] * q[k] - q[i + 1] * p[k];
    s0[0] += r0[k] * v[k];
    s1[0] += r1[k] * v[k];
    w[k] = w[k] + r0[k] * v[i] + r1[k] * v[i + 1];
  }
  w[i] += s0[0] + s0[1];
  w[i + 1] += s1[0] + s1[1];
}

// v (m) ← its reflector, scaled so that H = I − v vᵀ; returns what it leaves of v, its first element
static double reflector(double *v, int m) {
  double top = 0;
  for (int i = 0; i < m; ++i) top = vm_abs(v[i]) > top ? vm_abs(v[i]) : top;
  const double first = v[0];
  if (!(top > 0) || m == 1) {  // nothing to reflect
    memset(v, 0, (size_t)m * sizeof(double));
    return first;
  }
  for (int i = 0; i < m; ++i) v[i] /= top;
  const double norm = sqrt(k_dot(v, v, m)), alpha = v[0] > 0 ? -norm : norm;
  v[0] -= alpha;
  const double scale = 1 / sqrt(-alpha * v[0]);  // ‖v‖² = −2α v₀, so v·scale has square norm 2
  for (int i = 0; i < m; ++i) v[i] *= scale;
  return alpha * top;
}

// The upper triangle of A ← the reflectors, row j holding v from column j + 1; d, e: the tridiagonal matrix. A step
// takes the trailing block B to B − v wᵀ − w vᵀ, w = Bv − ½(vᵀBv)v; it is carried out when the next step reads B. work:
// (2, n).
static void tridiagonal(double *A, double *d, double *e, double *work, int n) {
  double *q = work, *w = work + n;
  const double *p = q;
  memset(work, 0, 2 * (size_t)n * sizeof(double));
  for (int j = 0; j + 1 < n; ++j) {
    const int m = n - j - 1;
    double *row = row_of(A, n, j), *v = row + j + 1;
    k_axpy(row + j, -p[j], q + j, m + 1);
    k_axpy(row + j, -q[j], p + j, m + 1);
    d[j] = row[j];
    e[j] = reflector(v, m);
    memset(w, 0, (size_t)n * sizeof(double));
    int i = j + 1;
    for (; i + 2 <= n; i += 2) pass_rows(A, n, i, p, q, row, w);
    if (i < n) {
      double *last = row_of(A, n, i) + i;
      *last = *last - p[i] * q[i] - q[i] * p[i];
      w[i] += *last * row[i];
    }
    k_axpy(w + j + 1, -0.5 * k_dot(v, w + j + 1, m), v, m);
    double *const free = q;
    p = row, q = w, w = free;
  }
  const double *last = row_of(A, n, n - 1) + n - 1;
  d[n - 1] = *last - p[n - 1] * q[n - 1] - q[n - 1] * p[n - 1];
}

// Q (n, n), rows `wide` apart: A = Qᵀ T Q, from the reflectors in A. Row i is eᵢ H_{i−1} … H_0.
static void accumulate(double *Q, int wide, const double *A, int n) {
  memset(Q, 0, (size_t)n * (size_t)wide * sizeof(double));
  for (int i = 0; i < n; ++i) {
    double *row = row_of(Q, wide, i);
    row[i] = 1;
    for (int j = i - 1; j >= 0; --j) {
      const double *v = A + (size_t)j * (size_t)n + (size_t)(j + 1);
      k_axpy(row + j + 1, -k_dot(row + j + 1, v, n - j - 1), v, n - j - 1);
    }
  }
}

// The rotations of a sweep, of rows i and i + 1 from m − 1 down to l, on CHUNK columns at a time: the row two of them
// share stays in registers.
static void turn(double *Q, int wide, int l, int m, const double *c, const double *s) {
  for (int column = 0; column < wide; column += CHUNK) {
    double *at = row_of(Q, wide, m) + column;
    v2d y0 = vm_load(at), y1 = vm_load(at + 2), y2 = vm_load(at + 4), y3 = vm_load(at + 6);
    for (int i = m - 1; i >= l; --i, at -= wide) {
      const v2d cc = {c[i], c[i]}, ss = {s[i], s[i]};
      const double *above = at - wide;
      const v2d x0 = vm_load(above), x1 = vm_load(above + 2), x2 = vm_load(above + 4), x3 = vm_load(above + 6);
      vm_store(at, ss * x0 + cc * y0);
      vm_store(at + 2, ss * x1 + cc * y1);
      vm_store(at + 4, ss * x2 + cc * y2);
      vm_store(at + 6, ss * x3 + cc * y3);
      y0 = cc * x0 - ss * y0;
      y1 = cc * x1 - ss * y1;
      y2 = cc * x2 - ss * y2;
      y3 = cc * x3 - ss * y3;
    }
    vm_store(at, y0);
    vm_store(at + 2, y1);
    vm_store(at + 4, y2);
    vm_store(at + 6, y3);
  }
}

// The rotations of one implicit QL step on rows l … m. Returns the row down to which there are any: where the block
// splits, or l.
static int ql_step(double *d, double *e, int l, int m, double *cosine, double *sine) {
  double g = (d[l + 1] - d[l]) / (2 * e[l]);
  double r = la_hypotenuse(g, 1);
  g = d[m] - d[l] + e[l] / (g + (g >= 0 ? r : -r));
  double s = 1, c = 1, p = 0;
  for (int i = m - 1; i >= l; --i) {
    const double f = s * e[i], b = c * e[i];
    r = la_hypotenuse(f, g);
    e[i + 1] = r;
    if (!(r > 0)) {
      d[i + 1] -= p;
      e[m] = 0;
      return i + 1;
    }
    s = f / r;
    c = g / r;
    g = d[i + 1] - p;
    r = (d[i] - g) * s + 2 * c * b;
    p = s * r;
    d[i + 1] = g + p;
    g = c * r - b;
    cosine[i] = c;
    sine[i] = s;
  }
  d[l] -= p;
  e[l] = g;
  e[m] = 0;
  return l;
}

// One step on rows l … m without roots, e holding squares; no e there is 0
static void square_step(double *d, double *e, int l, int m) {
  const double root = sqrt(e[l]), half = (d[l + 1] - d[l]) / (2 * root), r = la_hypotenuse(half, 1);
  const double shift = d[l] - root / (half + (half >= 0 ? r : -r));
  double c = 1, s = 0, gamma = d[m] - shift, p = gamma * gamma;
  for (int i = m - 1; i >= l; --i) {
    const double b = e[i], sum = p + b, before = c, kept = gamma;
    if (i != m - 1) e[i + 1] = s * sum;
    c = p / sum;
    s = b / sum;
    gamma = c * (d[i] - shift) - s * kept;
    d[i + 1] = kept + (d[i] - gamma);
    p = c > 0 ? gamma * gamma / c : before * b;
  }
  e[l] = s * p;
  d[l] = shift + gamma;
}

// An off-diagonal number counts as zero beside its neighbours, or within the rounding the reduction already made. work
// (2, n) is for the rotations; without Q, squares serve unless they leave the range of doubles.
static int ql(double *d, double *e, double *Q, int wide, double *work, int n) {
  double norm = 0;
  e[n - 1] = 0;
  for (int i = 0; i < n; ++i) norm = vm_abs(d[i]) + vm_abs(e[i]) > norm ? vm_abs(d[i]) + vm_abs(e[i]) : norm;
  const int squares = !Q && norm > 0x1p-300 && norm < 0x1p300;
  for (int i = 0; i < n && squares; ++i) e[i] *= e[i];
  for (int l = 0; l < n; ++l) {
    for (int sweep = 0;; ++sweep) {
      int m = l;
      for (; m + 1 < n; ++m) {
        const double small = 0x1p-53 * (vm_abs(d[m]) + vm_abs(d[m + 1])) + 0x1p-54 * norm;
        if (!(squares ? e[m] > small * small : vm_abs(e[m]) > small)) break;
      }
      if (m == l) break;
      if (sweep == SWEEPS) return BL_NOT_FINITE;
      if (squares) {
        square_step(d, e, l, m);
        continue;
      }
      const int from = ql_step(d, e, l, m, work, work + n);
      if (Q) turn(Q, wide, from, m, work, work + n);
    }
  }
  return BL_OK;
}

// d in ascending order, and where each of it stood
static void sort(double *d, int *order, int n) {
  for (int i = 0; i < n; ++i) {
    const double x = d[i];
    int at = i;
    for (; at > 0 && x < d[at - 1]; --at) d[at] = d[at - 1], order[at] = order[at - 1];
    d[at] = x, order[at] = i;
  }
}

// Values are those of the squares whether vectors are asked for or not; the sweeps that turn Q meet them to rounding.
static int decompose(double *A, double *w, int n, int vectors, bl_arena *scratch) {
  if (n < 1) return BL_OK;
  const int wide = (n + CHUNK - 1) / CHUNK * CHUNK;
  const size_t size = (size_t)n * sizeof(double);
  const bl_mark mark = bl_arena_mark(scratch);
  double *e = arena_doubles(scratch, n, 1), *work = arena_doubles(scratch, n, 2);
  double *Q = vectors ? arena_doubles(scratch, n, wide) : NULL, *same = vectors ? arena_doubles(scratch, n, 2) : NULL;
  int *order = arena_ints(scratch, n, 1);
  int status = e && work && order && (!vectors || (Q && same)) ? BL_OK : BL_MEMORY;
  if (status == BL_OK && vm_first_bad(A, n * n) >= 0) status = BL_NOT_FINITE;
  if (status == BL_OK) {
    tridiagonal(A, w, e, work, n);
    if (vectors) {
      accumulate(Q, wide, A, n);
      memcpy(same, w, size);
      memcpy(same + n, e, size);
      status = ql(same, same + n, Q, wide, work, n);
    }
  }
  if (status == BL_OK) status = ql(w, e, NULL, wide, work, n);
  if (status == BL_OK) {
    sort(w, order, n);
    if (vectors) sort(same, order, n);
    for (int i = 0; i < n && vectors; ++i) memcpy(row_of(A, n, i), row_of(Q, wide, order[i]), size);
  }
  bl_arena_release(scratch, mark);
  return status;
}

int la_eigh(double *A, double *w, int n, bl_arena *scratch) { return decompose(A, w, n, 1, scratch); }
int la_eigvals(double *A, double *w, int n, bl_arena *scratch) { return decompose(A, w, n, 0, scratch); }
