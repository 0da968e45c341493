// kernels_body.h — the kernels for one precision; kernels.c includes it once for double and once for float.
// Expects REAL, VEC (16 bytes of REAL), LOOSE (the same, aligned as REAL), LANES, and NAME(x).
//
// gemm: B is packed into panels of NR columns, KC deep, A into panels of MR rows; the microkernel keeps MR × NR sums in
// registers and begins from C, so an element is one chain of additions however k is cut. Rows and columns past the edge
// are packed as zeros and their sums dropped. (Goto & van de Geijn 2008; Van Zee & van de Geijn 2015.)

enum { NAME(NR) = 2 * LANES, NAME(DEPTH) = 1024 / (int)sizeof(REAL), NAME(WIDTH) = 64 };

static inline VEC NAME(load)(const REAL *at) { return (VEC) * (const LOOSE *)at; }
static inline void NAME(store)(REAL *at, VEC v) { *(LOOSE *)at = (LOOSE)v; }

static const REAL NAME(NONE)[MR] = {0};

// T (MR, NR) = A (MR, k) · B panel (k, NR), T with leading dimension ldt, every column begun from `from` (MR), NULL:
// from what is there. Rows of A lie `row` apart, columns `by`: a packed panel has 1 and MR.
static inline __attribute__((always_inline)) void NAME(micro)(REAL *T, int ldt, const REAL *A, int row, int by,
                                                              const REAL *B, int k, const REAL *from) {
  const REAL *A1 = A + row, *A2 = A1 + row, *A3 = A2 + row;
  REAL *t1 = T + ldt, *t2 = t1 + ldt, *t3 = t2 + ldt;
  VEC c00, c01, c10, c11, c20, c21, c30, c31;
  if (from) {
    c00 = c01 = SPLAT(from[0]), c10 = c11 = SPLAT(from[1]), c20 = c21 = SPLAT(from[2]), c30 = c31 = SPLAT(from[3]);
  } else {
    c00 = NAME(load)(T), c01 = NAME(load)(T + LANES), c10 = NAME(load)(t1), c11 = NAME(load)(t1 + LANES);
    c20 = NAME(load)(t2), c21 = NAME(load)(t2 + LANES), c30 = NAME(load)(t3), c31 = NAME(load)(t3 + LANES);
  }
  for (int l = 0; l < k; ++l, B += NAME(NR)) {
    const VEC b0 = *(const VEC *)B, b1 = *(const VEC *)(B + LANES);
    const VEC a0 = SPLAT(*A), a1 = SPLAT(*A1), a2 = SPLAT(*A2), a3 = SPLAT(*A3);
    ADD_TILE;
    A += by, A1 += by, A2 += by, A3 += by;
  }
  NAME(store)(T, c00);
  NAME(store)(T + LANES, c01);
  NAME(store)(t1, c10);
  NAME(store)(t1 + LANES, c11);
  NAME(store)(t2, c20);
  NAME(store)(t2 + LANES, c21);
  NAME(store)(t3, c30);
  NAME(store)(t3 + LANES, c31);
}

// rows of op(A) from i, `rows` ≤ MR of them, columns l … l + k − 1, times alpha, as (k, MR)
static void NAME(pack_a)(REAL *P, int ta, const REAL *A, int lda, int i, int rows, int l, int k, REAL alpha) {
  if (ta && rows == MR) {
    const REAL *at = A + (size_t)l * (size_t)lda + i;
    for (int j = 0; j < k; ++j, at += lda, P += MR) {
      for (int r = 0; r < MR; r += LANES) NAME(store)(P + r, SPLAT(alpha) * NAME(load)(at + r));
    }
    return;
  }
  for (int r = 0; r < MR; ++r) {
    if (r >= rows) {
      for (int j = 0; j < k; ++j) P[j * MR + r] = 0;
      continue;
    }
    const REAL *at = ta ? A + (size_t)l * (size_t)lda + (i + r) : A + (size_t)(i + r) * (size_t)lda + l;
    const size_t by = ta ? (size_t)lda : 1;
    for (int j = 0; j < k; ++j, at += by) P[j * MR + r] = alpha * *at;
  }
}

// columns j … j + columns − 1 of op(B), rows l … l + k − 1, in panels (k, NR)
static void NAME(pack_b)(REAL *P, int tb, const REAL *B, int ldb, int j, int columns, int l, int k) {
  for (int from = 0; from < columns; from += NAME(NR), P += k * NAME(NR)) {
    const int wide = columns - from < NAME(NR) ? columns - from : NAME(NR);
    const REAL *at = tb ? B + (size_t)(j + from) * (size_t)ldb + l : B + (size_t)l * (size_t)ldb + (j + from);
    if (wide < NAME(NR)) {
      for (int r = 0; r < k * NAME(NR); ++r) P[r] = 0;
    }
    if (tb) {
      for (int c = 0; c < wide; ++c, at += ldb) {
        for (int r = 0; r < k; ++r) P[r * NAME(NR) + c] = at[r];
      }
    } else if (wide == NAME(NR)) {
      for (int r = 0; r < k; ++r, at += ldb) {
        NAME(store)(P + r * NAME(NR), NAME(load)(at));
        NAME(store)(P + r * NAME(NR) + LANES, NAME(load)(at + LANES));
      }
    } else {
      for (int r = 0; r < k; ++r, at += ldb) {
        for (int c = 0; c < wide; ++c) P[r * NAME(NR) + c] = at[c];
      }
    }
  }
}

// A tile of C at the edge, through a buffer; of a lower triangle the elements (r, c) with c ≤ r + shift.
static __attribute__((noinline)) void NAME(edge)(REAL *C, int ldc, const REAL *A, int row, int by, const REAL *B, int k,
                                                 int rows, int columns, int shift, const REAL *from) {
  REAL T[MR * NAME(NR)] __attribute__((aligned(16))) = {0};
  for (int r = 0; r < rows && !from; ++r) {
    for (int c = 0; c < columns && c <= r + shift; ++c) T[r * NAME(NR) + c] = C[(size_t)r * (size_t)ldc + (size_t)c];
  }
  NAME(micro)(T, NAME(NR), A, row, by, B, k, from);
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < columns && c <= r + shift; ++c) C[(size_t)r * (size_t)ldc + (size_t)c] = T[r * NAME(NR) + c];
  }
}

// Four whole rows of A are read where they lie. lower: the tiles above the diagonal are left alone.
static void NAME(multiply)(int ta, int tb, REAL *C, int ldc, const REAL *A, int lda, const REAL *B, int ldb, int m,
                           int n, int k, REAL alpha, REAL beta, int lower) {
  REAL PB[NAME(DEPTH) * NAME(WIDTH)] __attribute__((aligned(16)));
  REAL PA[NAME(DEPTH) * MR] __attribute__((aligned(16)));
  for (int i = 0; i < m && k == 0 && !(beta > 0); ++i) {
    for (int j = 0; j < n && (!lower || j <= i); ++j) C[(size_t)i * (size_t)ldc + (size_t)j] = 0;
  }
  for (int j = 0; j < n; j += NAME(WIDTH)) {
    const int columns = n - j < NAME(WIDTH) ? n - j : NAME(WIDTH);
    for (int l = 0; l < k; l += NAME(DEPTH)) {
      const int depth = k - l < NAME(DEPTH) ? k - l : NAME(DEPTH);
      const REAL *from = l == 0 && !(beta > 0) ? NAME(NONE) : NULL;
      NAME(pack_b)(PB, tb, B, ldb, j, columns, l, depth);
      for (int i = lower ? j : 0; i < m; i += MR) {
        const int rows = m - i < MR ? m - i : MR;
        const REAL *four = PA;
        int row = 1, by = MR;
        if (lower && alpha > 0 && 2 * LANES == MR && i < j + columns) {
          four = PB + (i - j) * depth;  // they are packed as columns of the right side
        } else if (!ta && alpha > 0 && rows == MR) {
          four = A + (size_t)i * (size_t)lda + l, row = lda, by = 1;
        } else {
          NAME(pack_a)(PA, ta, A, lda, i, rows, l, depth, alpha);
        }
        REAL *at = C + (size_t)i * (size_t)ldc + j;
        for (int c = 0; c < columns; c += NAME(NR)) {
          const int wide = columns - c < NAME(NR) ? columns - c : NAME(NR), shift = lower ? i - j - c : n;
          if (shift + rows <= 0) break;
          if (rows < MR || wide < NAME(NR) || shift < NAME(NR) - 1)
            NAME(edge)(at + c, ldc, four, row, by, PB + c * depth, depth, rows, wide, shift, from);
          else NAME(micro)(at + c, ldc, four, row, by, PB + c * depth, depth, from);
        }
      }
    }
  }
}

void NAME(k_gemm)(int ta, int tb, REAL *C, int ldc, const REAL *A, int lda, const REAL *B, int ldb, int m, int n, int k,
                  REAL alpha, REAL beta) {
  NAME(multiply)(ta, tb, C, ldc, A, lda, B, ldb, m, n, k, alpha, beta, 0);
}

void NAME(k_syrk)(int ta, REAL *C, int ldc, const REAL *A, int lda, int m, int k, REAL alpha, REAL beta) {
  NAME(multiply)(ta, !ta, C, ldc, A, lda, A, lda, m, m, k, alpha, beta, 1);
}

// x (4 · STRIPE) −= four rows of a triangle times o (k · STRIPE); a row's next element is `across` away, the next row
// `down`
static void NAME(four_rows)(VEC *x, const VEC *o, const REAL *a, ptrdiff_t down, ptrdiff_t across, int k) {
  VEC x0 = x[0], x1 = x[1], x2 = x[2], x3 = x[3], x4 = x[4], x5 = x[5], x6 = x[6], x7 = x[7];
  const REAL *b = a + down, *c = b + down, *d = c + down;
  for (; k > 0; --k, o += STRIPE, a += across, b += across, c += across, d += across) {
    const VEC o0 = o[0], o1 = o[1], s0 = SPLAT(*a), s1 = SPLAT(*b), s2 = SPLAT(*c), s3 = SPLAT(*d);
    x0 -= s0 * o0;
    x1 -= s0 * o1;
    x2 -= s1 * o0;
    x3 -= s1 * o1;
    x4 -= s2 * o0;
    x5 -= s2 * o1;
    x6 -= s3 * o0;
    x7 -= s3 * o1;
  }
  x[0] = x0, x[1] = x1, x[2] = x2, x[3] = x3, x[4] = x4, x[5] = x5, x[6] = x6, x[7] = x7;
}

// The triangle of one block, STRIPE rows of X side by side in vectors; rows past the end are zeros. X·L⁻¹ is solved
// from the last column: there both X and L are read backwards.
static void NAME(triangle)(int tl, REAL *X, int ldx, const REAL *L, int ldl, int m, int n) {
  REAL T[BLOCK * STRIPE * LANES] __attribute__((aligned(16)));
  VEC *const t = (VEC *)T;
  REAL inverse[BLOCK];
  const ptrdiff_t down = tl ? ldl : -1, across = tl ? 1 : -(ptrdiff_t)ldl;
  const REAL *corner = tl ? L : L + (size_t)(n - 1) * (size_t)(ldl + 1);
  for (int j = 0; j < n; ++j) inverse[j] = 1 / corner[j * (down + across)];
  for (int i = 0; i < m; i += STRIPE * LANES) {
    for (int r = 0; r < STRIPE * LANES; ++r) {
      const REAL *row = i + r < m ? X + (size_t)(i + r) * (size_t)ldx : NULL;
      for (int j = 0; j < n; ++j) T[j * STRIPE * LANES + r] = row ? row[tl ? j : n - 1 - j] : 0;
    }
    for (int j = 0; j < n; ++j) {
      const int from = n - j / 4 * 4 >= 4 ? j / 4 * 4 : 0;  // four rows at a time take what lies before their corner
      if (j % 4 == 0 && n - j >= 4) NAME(four_rows)(t + j * STRIPE, t, corner + j * down, down, across, j);
      VEC x0 = t[j * STRIPE], x1 = t[j * STRIPE + 1];
      for (int l = from; l < j; ++l) {
        const VEC s = SPLAT(corner[j * down + l * across]);
        x0 -= s * t[l * STRIPE];
        x1 -= s * t[l * STRIPE + 1];
      }
      t[j * STRIPE] = x0 * SPLAT(inverse[j]);
      t[j * STRIPE + 1] = x1 * SPLAT(inverse[j]);
    }
    for (int r = 0; r < STRIPE * LANES && i + r < m; ++r) {
      REAL *row = X + (size_t)(i + r) * (size_t)ldx;
      for (int j = 0; j < n; ++j) row[tl ? j : n - 1 - j] = T[j * STRIPE * LANES + r];
    }
  }
}

void NAME(k_trsm)(int tl, REAL *X, int ldx, const REAL *L, int ldl, int m, int n) {
  const int blocks = (n + BLOCK - 1) / BLOCK;
  for (int step = 0; step < blocks; ++step) {
    const int at = (tl ? step : blocks - 1 - step) * BLOCK, wide = n - at < BLOCK ? n - at : BLOCK, past = at + wide;
    const REAL *diagonal = L + (size_t)at * (size_t)ldl + at;
    if (tl) {
      NAME(k_gemm)(K_N, K_T, X + at, ldx, X, ldx, L + (size_t)at * (size_t)ldl, ldl, m, wide, at, -1, 1);
    } else {
      NAME(k_gemm)
      (K_N, K_N, X + at, ldx, X + past, ldx, L + (size_t)past * (size_t)ldl + at, ldl, m, wide, n - past, -1, 1);
    }
    NAME(triangle)(tl, X + at, ldx, diagonal, ldl, m, wide);
  }
}

// ---- panels: NR columns side by side, the rows of one next to each other, so that nothing is packed but the left side

void NAME(k_panels)(void *C, const void *P, const void *b, const void *X, int m, int k, int panels, int lower) {
  const REAL *left = P;
  const size_t height = (size_t)k_height(m) * NAME(NR), stride = (size_t)k_height(k) * NAME(NR);
  for (int i = 0; i < m; i += MR, left += MR * k) {
    const int until = lower && i + MR < k ? i + MR : k;
    const REAL *from = b ? (const REAL *)b + i : NAME(NONE);
    for (int q = 0; q < panels; ++q) NAME(micro)
    ((REAL *)C + (size_t)q * height + i * NAME(NR), NAME(NR), left, 1, MR, (const REAL *)X + (size_t)q * stride, until,
     from);
  }
}

// Four rows of X with two of Y at a time: sums over a lane's columns, the lanes at the end.
void NAME(k_panels_nt)(double *C, const void *X, int m, const void *Y, size_t y_stride, int n, int panels) {
  const int x_stride = 2 * k_height(m);
  for (int i = 0; i < m; i += MR)
    for (int j = 0; j < n; j += 2) {
      const VEC none = SPLAT(0);
      VEC c00 = none, c01 = none, c10 = none, c11 = none, c20 = none, c21 = none, c30 = none, c31 = none;
      for (int half = 0; half < 2; ++half) {
        const VEC *a = (const VEC *)X + 2 * i + half;
        const char *y = (const char *)((const VEC *)Y + 2 * j + half);
        for (int q = 0; q < panels; ++q, a += x_stride, y += y_stride) {
          const VEC a0 = a[0], a1 = a[2], a2 = a[4], a3 = a[6], b0 = ((const VEC *)y)[0], b1 = ((const VEC *)y)[2];
          ADD_TILE;
        }
      }
      const VEC t[2 * MR] = {c00, c01, c10, c11, c20, c21, c30, c31};
      double *at = C + (size_t)i * (size_t)n + (size_t)j;
      for (int r = 0; r < MR && i + r < m; ++r, at += n) {
        at[0] += (double)SUM(t[2 * r]);
        if (j + 1 < n) at[1] += (double)SUM(t[2 * r + 1]);
      }
    }
}

// The factors take turns in one microkernel: first S, then T of each output.
void NAME(k_panel_products)(const k_products *p) {
  REAL S[MR * NAME(NR)] __attribute__((aligned(16))), T[MR * NAME(NR)] __attribute__((aligned(16)));
  const VEC *const s = (const VEC *)S, *const t = (const VEC *)T, b = SPLAT((REAL)p->bias), none = SPLAT(0);
  const size_t size = (size_t)k_height(p->rows) * NAME(NR), a = (size_t)k_height(p->in) * NAME(NR);
  const size_t d = (size_t)k_height(p->out) * NAME(NR), panels = (size_t)p->panels;
  for (int i = p->from / MR * MR; i < p->rows; i += MR) {
    const REAL *left = (const REAL *)p->AS + (size_t)i * (size_t)p->in,
               *seeds = (const REAL *)p->DS + (size_t)i * (size_t)p->out;
    for (size_t q = 0; q < panels; ++q)
      for (int c = -1; c < p->outputs; ++c) {
        if (c < 0 || p->D) {
          const REAL *right = c < 0 ? (const REAL *)p->A + a * q : (const REAL *)p->D + d * (panels * (size_t)c + q);
          NAME(micro)(c < 0 ? S : T, NAME(NR), c < 0 ? left : seeds, 1, MR, right, c < 0 ? p->in : p->out, NAME(NONE));
        }
        if (c < 0) continue;
        VEC *at = (VEC *)((REAL *)p->K + size * (panels * (size_t)c + q) + i * NAME(NR));
        for (int r = 0; r < 2 * MR; ++r)
          at[r] = (p->fresh ? none : at[r]) + (s[r] + b) * (p->D ? t[r] : SPLAT(seeds[c * MR + r / 2]));
      }
  }
}
