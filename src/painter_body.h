// painter_body.h — a block in one precision; painter.c includes it once for double and once for float. Inputs go
// WIDE side by side in panels (kernels.h): forward, backward, inner products with the rows and the product with G are
// microkernels on packed left sides, and nothing is repacked between them.
// Expects REAL, VEC, WIDE, ROUNDOFF, SPLAT, NAME, KERNEL, TAKE, ACTIVATE.

// What a group of panels leaves on its way: [l] inputs (in, WIDE) and slopes of layer l, deltas (out, WIDE) of each
// output in turn; a layer's rows are rounded up.
typedef struct {
  int panels;
  REAL **A, **slope, **D, *f;
} NAME(passes);

static size_t NAME(panel_size)(int rows) { return area(k_rounded(rows), WIDE); }

static REAL *NAME(panels_of)(int rows, int count, bl_arena *scratch) {
  return TAKE(scratch, k_rounded(rows) * count, WIDE);
}

static int NAME(forward)(const bl_painter *p, NAME(passes) * t, const double *X, int n, bl_arena *scratch) {
  const bl_net *net = p->net;
  const int d = net_inputs(net);
  REAL *x = t->A[0] = NAME(panels_of)(d, t->panels, scratch);
  if (!x) return BL_MEMORY;
  memset(x, 0, NAME(panel_size)(d) * (size_t)t->panels * sizeof *x);
  for (int i = 0; i < n; ++i)
    for (int c = 0; c < d; ++c)
      x[NAME(panel_size)(d) * (size_t)(i / WIDE) + (size_t)(c * WIDE + i % WIDE)] = (REAL)X[i * d + c];
  for (int l = 0; l < net->layers; ++l) {
    const int in = net->size[l], out = net->size[l + 1];
    const size_t size = NAME(panel_size)(out) * (size_t)t->panels;
    REAL *z = NAME(panels_of)(out, t->panels, scratch);
    const REAL *b = p->b[l];
    if (!z) return BL_MEMORY;
    VEC *at = (VEC *)z;
    for (int q = 0; q < t->panels; ++q)
      for (int o = 0; o < k_rounded(out); ++o, at += 2) at[0] = at[1] = SPLAT(b && o < out ? b[o] : 0);
    KERNEL(k_panels)(z, p->W[l], t->A[l], out, in, k_rounded(in), t->panels, 0);
    if (l + 1 == net->layers) {
      t->f = z;
      break;
    }
    t->A[l + 1] = z;
    t->slope[l + 1] = NAME(panels_of)(out, t->panels, scratch);
    if (!t->slope[l + 1]) return BL_MEMORY;
    ACTIVATE(net->activation, (int)size, z, z, t->slope[l + 1]);
  }
  return BL_OK;
}

// The identity pulled back: through the last layer it is a row of weights for each output.
static int NAME(backward)(const bl_painter *p, NAME(passes) * t, bl_arena *scratch) {
  const bl_net *net = p->net;
  const int k = p->k, panels = t->panels;
  for (int l = net->layers - 1; l > p->first; --l) {
    const int in = net->size[l], out = net->size[l + 1];
    const size_t size = NAME(panel_size)(in) * (size_t)panels;
    REAL *pulled = t->D[l - 1] = NAME(panels_of)(in, panels * k, scratch);
    if (!pulled) return BL_MEMORY;
    for (int x = 0; x < k; ++x, pulled += size) {
      VEC *at = (VEC *)pulled;
      const VEC *slope = (const VEC *)t->slope[l];
      if (l + 1 == net->layers) {
        const REAL *w = (const REAL *)p->seed + area(x, in);
        for (int q = 0; q < panels; ++q)
          for (int i = 0; i < k_rounded(in); ++i, at += 2, slope += 2) {
            const VEC s = SPLAT(i < in ? w[i] : 0);
            at[0] = s * slope[0];
            at[1] = s * slope[1];
          }
      } else {
        memset(pulled, 0, size * sizeof *pulled);
        KERNEL(k_panels)
        (pulled, p->WT[l], t->D[l] + NAME(panel_size)(out) * (size_t)(panels * x), in, out, k_rounded(out), panels, 0);
        for (size_t i = 0; i < size * sizeof(REAL) / sizeof(VEC); ++i) at[i] *= slope[i];
      }
    }
  }
  return BL_OK;
}

// K (r, WIDE) for each output and panel: √s times the inner products with the rows
static void NAME(products)(const bl_painter *p, REAL *K, const NAME(passes) * t) {
  const bl_net *net = p->net;
  const size_t size = NAME(panel_size)(p->r), stride = size * (size_t)t->panels;
  memset(K, 0, stride * (size_t)p->k * sizeof *K);
  for (int l = p->first; l < net->layers; ++l) {
    const int in = net->size[l], out = net->size[l + 1];
    const size_t a = NAME(panel_size)(in), d = NAME(panel_size)(out);
    const REAL *A = p->A[l], *D = p->D[l], bias = (REAL)p->bias[l];
    for (int i = 0; i < p->r; i += K_ROWS)
      for (int q = 0; q < t->panels; ++q) KERNEL(k_panel_product)
    (K + size * (size_t)q + area(i, WIDE), stride, A + area(i, in), t->A[l] + a * (size_t)q, in, bias, D + area(i, out),
     t->D[l] ? t->D[l] + d * (size_t)q : NULL, d * (size_t)t->panels, out, p->k);
  }
}

// sum (WIDE) = Σ x∘y over rows
static void NAME(inner)(VEC *sum, const REAL *x, const REAL *y, int rows) {
  VEC s0 = SPLAT(0), s1 = s0;
  const VEC *a = (const VEC *)x, *b = (const VEC *)y;
  for (int i = 0; i < 2 * rows; i += 2) {
    s0 += a[i] * b[i];
    s1 += a[i + 1] * b[i + 1];
  }
  sum[0] = s0, sum[1] = s1;
}

// prior and explained covariance of outputs x and y in panel q
static void NAME(covariance)(const bl_painter *p, VEC *prior, VEC *explained, const NAME(passes) * t, const REAL *U,
                             int x, int y, int q) {
  const bl_net *net = p->net;
  const size_t size = NAME(panel_size)(p->r);
  prior[0] = prior[1] = SPLAT(0);
  for (int l = p->first; l < net->layers; ++l) {
    const int in = net->size[l], out = net->size[l + 1];
    const REAL *a = t->A[l] + NAME(panel_size)(in) * (size_t)q, *D = t->D[l];
    const VEC v = SPLAT((REAL)p->w_variance[l]), b = SPLAT((REAL)p->b_variance[l]);
    VEC aa[2], dd[2];
    if (!D && x != y) continue;
    dd[0] = dd[1] = SPLAT(1);
    if (D) NAME(inner)
    (dd, D + NAME(panel_size)(out) * (size_t)(t->panels * x + q),
     D + NAME(panel_size)(out) * (size_t)(t->panels * y + q), out);
    NAME(inner)(aa, a, a, in);
    prior[0] += (aa[0] * v + b) * dd[0];
    prior[1] += (aa[1] * v + b) * dd[1];
  }
  NAME(inner)(explained, U + size * (size_t)(t->panels * x + q), U + size * (size_t)(t->panels * y + q), p->r);
}

static void NAME(give)(const bl_painter *p, double *f, double *V, double *bound, const NAME(passes) * t, const REAL *U,
                       int n) {
  static const double ROUNDING = 48.0 * ROUNDOFF;  // of log sd, times k/v: three times what was measured
  const int k = p->k;
  for (int i = 0; i < n; ++i) bound[i] = ROUNDING;
  for (int q = 0; q < t->panels; ++q) {
    const int count = n - q * WIDE < WIDE ? n - q * WIDE : WIDE;
    for (int x = 0; x < k; ++x) {
      for (int y = 0; y <= x; ++y) {
        REAL prior[WIDE] __attribute__((aligned(16))), explained[WIDE] __attribute__((aligned(16)));
        NAME(covariance)(p, (VEC *)prior, (VEC *)explained, t, U, x, y, q);
        for (int j = 0; j < count; ++j) {
          double *v = V + area(q * WIDE + j, k * k), *lost = bound + q * WIDE + j;
          const double whole = prior[j], rest = whole - explained[j];
          v[x * k + y] = v[y * k + x] = rest;
          if (x == y && !(rest * *lost > ROUNDING * whole)) *lost = rest > 0.0 ? ROUNDING * whole / rest : HUGE_VAL;
        }
      }
      const REAL *at = t->f + NAME(panel_size)(k) * (size_t)q + area(x, WIDE);
      for (int j = 0; j < count; ++j) f[(q * WIDE + j) * k + x] = at[j];
    }
  }
}

static int NAME(paint)(const bl_painter *p, double *f, double *V, double *bound, const double *X, int n,
                       bl_arena *scratch) {
  const bl_net *net = p->net;
  const int k = p->k, d = net_inputs(net);
  const size_t layers = (size_t)net->layers;
  int status = BL_OK;
  for (int at = 0; at < n && status == BL_OK; at += PANELS * WIDE) {
    const int count = n - at < PANELS * WIDE ? n - at : PANELS * WIDE, panels = (count + WIDE - 1) / WIDE;
    const bl_mark mark = bl_arena_mark(scratch);
    NAME(passes)
    t = {panels, arena_take(scratch, layers, sizeof *t.A), arena_take(scratch, layers, sizeof *t.slope),
         arena_take(scratch, layers, sizeof *t.D), NULL};
    REAL *K = NAME(panels_of)(p->r, panels * k, scratch), *U = NAME(panels_of)(p->r, panels * k, scratch);
    status = t.A && t.slope && t.D && K && U ? BL_OK : BL_MEMORY;
    for (size_t l = 0; l < layers && status == BL_OK; ++l) t.D[l] = NULL;
    if (status == BL_OK) status = NAME(forward)(p, &t, X + area(at, d), count, scratch);
    if (status == BL_OK) status = NAME(backward)(p, &t, scratch);
    if (status == BL_OK) {
      NAME(products)(p, K, &t);
      memset(U, 0, NAME(panel_size)(p->r) * (size_t)(panels * k) * sizeof *U);
      KERNEL(k_panels)(U, p->G, K, p->r, p->r, k_rounded(p->r), panels * k, 1);
      NAME(give)(p, f + area(at, k), V + area(at, k * k), bound + at, &t, U, count);
    }
    bl_arena_release(scratch, mark);
  }
  return status;
}
