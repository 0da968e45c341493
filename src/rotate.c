// rotate.c — D Uᵀ = M Uᵀ + (D − M) Uᵀ, the second product over the columns that D and M do not share. Deltas below the
// outputs are weights times slopes: with relu, whose slopes are 1 and 0, they share the columns of all active units.
#include "rotate.h"

#include <string.h>

#include "kernels.h"
#include "status.h"
#include "vmath.h"

enum { WIDE = 8 };  // columns of the result at a time; the last WIDE are met again where width is no multiple

// X (k, width) ← D − M, list ← the columns where they differ. Returns how many; width, where as many columns differ as
// do not, or a row would lose half its square norm and with it digits.
static int difference(double *X, int *list, double *differs, const double *D, const double *M, int k, int width) {
  int m = 0;
  memset(differs, 0, (size_t)width * sizeof *differs);
  for (int j = 0; j < k; ++j, X += width, D += width, M += width) {
    v2d lost = {0, 0}, all = {0, 0};
    for (int o = 0; o < width; o += 2) {
      const int at = o + 2 <= width ? o : width - 2;
      const v2d a = vm_load(M + at), x = vm_load(D + at) - a;
      vm_store(X + at, x);
      vm_store(differs + at, (v2d)((v2i)vm_load(differs + at) | (x != (v2d){0, 0})));
      lost += x * x;
      all += a * a;
    }
    if (!(2 * (lost[0] + lost[1]) <= all[0] + all[1])) return width;
  }
  for (int o = 0; o < width; ++o) {
    list[m] = o;
    m += differs[o] != 0;  // all ones is no number
  }
  return 2 * m < width ? m : width;
}

// R (k, width) = S + X T over the rows `list` (m) of T (width, width), two rows of R at a time
static void add_listed(double *R, const double *S, const double *X, const double *T, const int *list, int m, int k,
                       int width) {
  for (int j = 0; j < k; j += 2) {
    const int row = j * width, next = j + 1 < k ? width : 0;
    const double *x = X + row, *y = x + next;
    for (int o = 0; o < width; o += WIDE) {
      const int at = o + WIDE <= width ? o : width - WIDE;
      const double *s = S + row + at, *t = s + next;
      v2d s0 = vm_load(s), s1 = vm_load(s + 2), s2 = vm_load(s + 4), s3 = vm_load(s + 6);
      v2d t0 = vm_load(t), t1 = vm_load(t + 2), t2 = vm_load(t + 4), t3 = vm_load(t + 6);
      for (int i = 0; i < m; ++i) {
        const int c = list[i];
        const double *u = T + c * width + at;
        const v2d a = {x[c], x[c]}, b = {y[c], y[c]};
        const v2d u0 = vm_load(u), u1 = vm_load(u + 2), u2 = vm_load(u + 4), u3 = vm_load(u + 6);
        s0 += a * u0;
        s1 += a * u1;
        s2 += a * u2;
        s3 += a * u3;
        t0 += b * u0;
        t1 += b * u1;
        t2 += b * u2;
        t3 += b * u3;
      }
      double *r = R + row + at, *q = r + next;
      vm_store(r, s0);
      vm_store(r + 2, s1);
      vm_store(r + 4, s2);
      vm_store(r + 6, s3);
      vm_store(q, t0);
      vm_store(q + 2, t1);
      vm_store(q + 4, t2);
      vm_store(q + 6, t3);
    }
  }
}

int rotate_rows(double *R, const double *D, const double *M, const double *U, int n, int k, int width,
                bl_arena *scratch) {
  const int each = k * width;
  const bl_mark mark = bl_arena_mark(scratch);
  double *const S = arena_doubles(scratch, 2 * k + width + 2, width);
  if (!S) return BL_MEMORY;
  double *const X = S + each, *const T = X + each, *const differs = T + width * width;
  int *const list = (int *)(differs + width);
  if (width < WIDE) M = NULL;
  if (M) k_gemm(K_N, K_T, S, width, M, width, U, width, k, width, width, 1, 0);
  for (int i = 0; M && i < width * width; ++i) T[i] = U[i % width * width + i / width];
  for (int i = 0, whole = 0; i <= n; ++i) {  // whole: examples before this one that are multiplied so
    const size_t at = (size_t)i * (size_t)each, back = at - (size_t)whole * (size_t)each;
    const int m = M && i < n ? difference(X, list, differs, D + at, M, k, width) : width;
    if (i < n && m == width) {
      ++whole;
      continue;
    }
    if (whole) k_gemm(K_N, K_T, R + back, width, D + back, width, U, width, whole * k, width, width, 1, 0);
    if (i < n) add_listed(R + at, S, X, T, list, m, k, width);
    whole = 0;
  }
  bl_arena_release(scratch, mark);
  return BL_OK;
}
