// panels_body.h — what is done with panels in one precision; panels.c includes it once for double and once for
// float. A panel's row has 32 bytes: WIDE inputs side by side (kernels.h).
// Expects REAL, VEC, WIDE, ROUNDOFF, SPLAT, NAME, KERNEL.

static void NAME(put)(void *P, const double *x, int row, int n, double scale) {
  REAL *at = (REAL *)P + area(row / K_ROWS * K_ROWS, n) + row % K_ROWS;
  for (int i = 0; i < n; ++i, at += K_ROWS) *at = (REAL)(scale * x[i]);
}

static void NAME(place)(void *panels, const double *X, int n, int d) {
  REAL *at = panels;
  const int size = k_height(d) * WIDE;
  for (int i = 0, j = 0; i < n; ++i) {
    for (int c = 0; c < d; ++c) at[c * WIDE + j] = (REAL)*X++;
    if (++j == WIDE) at += size, j = 0;
  }
}

static void NAME(get)(double *x, const void *row) {
  for (int j = 0; j < WIDE; ++j) x[j] = (double)((const REAL *)row)[j];
}

static void NAME(pull)(void *D, const void *slope, const void *w, int in) {
  VEC *at = D;
  const VEC *by = slope;
  for (int i = 0; i < k_rounded(in); ++i, at += 2, by += 2) {
    const VEC s = SPLAT(w && i < in ? ((const REAL *)w)[i] : 0);
    at[0] = (w ? s : at[0]) * by[0];
    at[1] = (w ? s : at[1]) * by[1];
  }
}

static void NAME(inner)(void *sum, const void *x, const void *y, int rows) {
  VEC s0 = SPLAT(0), s1 = s0;
  const VEC *a = x, *b = y;
  for (int i = 0; i < 2 * rows; i += 2) {
    s0 += a[i] * b[i];
    s1 += a[i + 1] * b[i + 1];
  }
  ((VEC *)sum)[0] = s0, ((VEC *)sum)[1] = s1;
}

static void NAME(join)(void *sum, const double *variance, const void *aa, const void *dd) {
  const VEC v = SPLAT((REAL)variance[0]), b = SPLAT((REAL)variance[1]), one = SPLAT(1);
  for (int i = 0; i < 2; ++i) ((VEC *)sum)[i] += (((const VEC *)aa)[i] * v + b) * (dd ? ((const VEC *)dd)[i] : one);
}

static const panel_precision NAME(precision) = {WIDE,
                                                sizeof(REAL),
                                                ROUNDOFF,
                                                NAME(put),
                                                NAME(place),
                                                NAME(get),
                                                KERNEL(k_panels),
                                                KERNEL(k_panels_nt),
                                                NAME(activate),
                                                NAME(pull),
                                                KERNEL(k_panel_products),
                                                NAME(inner),
                                                NAME(join)};
