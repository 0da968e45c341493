// woodbury_pivots.c — which rows of the data stand for all of them: K ≈ F Fᵀ, F (m, r) = K_·S L⁻ᵀ, LLᵀ = K_SS, a panel
// of pivots at a time, until the trace τ of what is left is small. Nothing of size m × m is formed.
//   pool    of every POOL-th row one, by chance in proportion to d, the diagonal of K − F Fᵀ: a sample of what is left.
//           A row has its chance by its place. The last ones, short of a panel, are all there, but wait until most of
//           what is left is theirs: so a row more changes little, and nothing where others explain it
//   pivots  of the pool, each the largest of what is left of its diagonal, by elimination in it
//   panel   their columns of K, all rows, then less what is explained, then through the corner of L
// So every product over the data is one of blocks. Taken one by one by the largest of d, over all rows, the pivots
// would be as many, and each would stream the data through memory.
// Harbrecht, Peters & Schneider 2012; sampling by d: Chen, Epperly, Tropp & Webber 2025; in blocks: Epperly, Tropp &
// Webber 2024.
#include <math.h>
#include <string.h>

#include "kernels.h"
#include "linalg.h"
#include "vmath.h"
#include "woodbury_own.h"

enum {
  PANEL = 16,  // pivots at a time
  FEW = 2048,  // of fewer rows half as many, which comes nearer to the best order: they stay in a cache
  POOL = 64,   // rows they are chosen from; of few data, three quarters
  CHUNK = 256  // examples whose rows of a panel are made at a time, in the nearest cache
};
static const double EXPLAINED = 0x1p-10;  // of what was left of it when the pool was drawn: a row is no pivot any more
static const double OWN = 1.0 / 128.0;    // times c²: by how much a pool that lost c pivots shows too little of τ

typedef struct {
  const bl_active *active;
  bl_rows all;
  bl_metric metric;
  const double *K;  // held, or NULL
  double scale;     // of K, or of what is formed
  double whole;     // tr K
  double spread;  // Ω = Σ K_jj c_ij², C = F L⁻¹ the rows in terms of the pivots; before it is known, what it may be
  double width;    // of the inner products that K is made of
  double tau;      // what is left of it, without what rounding hides
  double *d;       // (m) what is left of its diagonal
  double **panel;  // [b] (m, wide)
  int *first;      // [b] its first pivot; first[panels] = r
  int m, panels, wide;
} factor;

int pivots_gather(bl_rows *out, const bl_active *active, const bl_rows *rows, const int *list, int count,
                  bl_arena *scratch) {
  const size_t layers = (size_t)active->net->layers;
  double **A = arena_take(scratch, layers, sizeof *A), **D = arena_take(scratch, layers, sizeof *D);
  if (!A || !D) return BL_MEMORY;
  for (int l = active->first; l <= active->last; ++l) {
    const size_t in = (size_t)active->net->size[l], width = (size_t)active->net->size[l + 1];
    A[l] = arena_doubles(scratch, count, (int)in), D[l] = arena_doubles(scratch, count, (int)width);
    if (!A[l] || !D[l]) return BL_MEMORY;
    for (int i = 0; i < count; ++i) {
      memcpy(A[l] + (size_t)i * in, rows->A[l] + (size_t)(list[i] / rows->k) * in, in * sizeof(double));
      memcpy(D[l] + (size_t)i * width, rows->D[l] + (size_t)list[i] * width, width * sizeof(double));
    }
  }
  *out = (bl_rows){count, 1, (const double *const *)A, (const double *const *)D, NULL, NULL, NULL};
  return BL_OK;
}

// d ← diagonal of K
static int begin(factor *f, const bl_gram *gram, int K, double s, const bl_prior *prior, bl_arena *scratch) {
  const double c = K ? gram_ratio(gram, prior) : 0.0;
  const int m = gram_size(gram), k = gram->k;
  f->all = gram_rows(gram), f->metric = prior_metric(prior);
  f->m = m, f->wide = m < FEW ? PANEL / 2 : PANEL;
  f->K = c > 0.0 ? gram->K : NULL, f->scale = c > 0.0 ? s / c : s;
  f->d = arena_doubles(scratch, m, 1);
  f->first = arena_ints(scratch, m, 1), f->panel = arena_take(scratch, (size_t)m, sizeof *f->panel);
  double *blocks = arena_doubles(scratch, m, k);
  int status = f->d && f->first && f->panel && blocks ? BL_OK : BL_MEMORY;
  if (status == BL_OK && !f->K) status = rows_norms(f->active, blocks, &f->all, &f->metric, scratch);
  for (int i = 0; i < m && status == BL_OK; ++i) {
    f->d[i] = f->scale * (f->K ? f->K[(size_t)i * (size_t)(m + 1)] : blocks[(size_t)i * (size_t)k + (size_t)(i % k)]);
    f->whole += f->d[i];
  }
  f->tau = f->whole, f->spread = 4.0 * f->whole;
  f->width = f->metric.tensor ? hess_width(f->active) : f->active->p;
  if (status == BL_OK) f->first[0] = 0;
  return status;
}

// T (rows, count), `stride` apart, ← K of the listed rows, or of those from `from` on, in the columns of the pivots
static int entries(double *T, int stride, const factor *f, const bl_rows *rows, const int *list, int from,
                   const bl_rows *pivots, const int *pivot, bl_arena *scratch) {
  const int height = rows->n * rows->k, count = pivots->n;
  double *K = arena_doubles(scratch, height, count);
  int status = K ? BL_OK : BL_MEMORY;
  if (status == BL_OK && !f->K) status = rows_gram(f->active, K, rows, pivots, &f->metric, scratch);
  for (int i = 0; i < height && status == BL_OK; ++i, T += stride, K += count) {
    const double *row = f->K ? f->K + (size_t)(list ? list[i] : from + i) * (size_t)f->m : K;
    for (int j = 0; j < count; ++j) T[j] = f->scale * row[f->K ? pivot[j] : j];
  }
  return status;
}

// With what rounding hides of τ after r pivots: docs/certified.md.
static double slack_after(const factor *f, double tau, int r) {
  const double root = sqrt(f->whole) + sqrt(f->spread);
  const double half = 0.5 * sqrt(tau + 0x1p-51 * sqrt(r + f->width) * (root * root));
  return vm_log1p1(half + (sqrt(1.0 + half * half) - 1.0));  // asinh(½√τ)
}

static int width_of(const factor *f, int b) { return f->first[b + 1] - f->first[b]; }

// rows of panel b: out (count, wide) ← sign·F there
static void take_rows(double *out, const factor *f, int b, const int *list, int count, double sign) {
  const int wide = f->wide, width = width_of(f, b);
  for (int i = 0; i < count; ++i)
    for (int j = 0; j < width; ++j) out[i * wide + j] = sign * f->panel[b][(size_t)list[i] * (size_t)wide + (size_t)j];
}

// The next pivots, `count` of at most `most`, into list, and the corner of L they have among themselves.
static int choose(int *list, double *corner, int *count, const factor *f, int most, double tolerance,
                  bl_arena *scratch) {
  int pool[POOL + PANEL], drawn[POOL], n = 0;
  // largest of d over a number in (0, 1): near enough in proportion to d
  double share[POOL] = {0}, key[POOL] = {0}, weight[POOL + PANEL];  // of what is left of a row in an estimate of τ
  double turn = 0.0;
  const int late = f->m - f->m % f->wide, strata = f->m < 4 * POOL ? POOL * 3 / 4 : POOL;
  for (int i = 0; i < late; ++i) {
    const int s = i % strata;
    turn += 0.61803398874989485;
    if (turn >= 1.0) turn -= 1.0;
    share[s] += f->d[i];
    if (f->d[i] > key[s] * turn) key[s] = f->d[i] / turn, drawn[s] = i;
  }
  for (int s = 0; s < strata; ++s)
    if (share[s] > 0.0) pool[n] = drawn[s], weight[n++] = share[s] / f->d[drawn[s]];
  const int drawn_ones = n;
  for (int i = late; i < f->m; ++i) pool[n] = i, weight[n++] = 1.0;
  bl_rows rows;
  double *S = arena_doubles(scratch, n, n), *Q = arena_doubles(scratch, n, f->wide),
         *W = arena_doubles(scratch, n, f->wide);
  int status = S && Q && W ? pivots_gather(&rows, f->active, &f->all, pool, n, scratch) : BL_MEMORY;
  if (status == BL_OK) status = entries(S, n, f, &rows, pool, 0, &rows, pool, scratch);
  for (int b = 0; b < f->panels && status == BL_OK; ++b) {
    take_rows(Q, f, b, pool, n, 1.0);
    k_gemm(K_N, K_T, S, n, Q, f->wide, Q, f->wide, n, n, width_of(f, b), -1.0, 1.0);
  }
  int c = 0;
  for (; c < most && status == BL_OK; ++c) {
    int best = -1;
    double largest = 0.0, left = 0.0, before = 0.0;
    for (int i = 0; i < n; ++i) {
      if (i == drawn_ones) before = left;
      left += weight[i] * S[i * n + i];
    }
    const int open = n > drawn_ones && left > 2.0 * before ? n : drawn_ones;
    for (int i = 0; i < open; ++i) {
      const double own = S[i * n + i];
      if (weight[i] > 0.0 && own > EXPLAINED * f->d[pool[i]] && own > largest) largest = own, best = i;
    }
    if (best < 0) break;
    if (c > 0 && (largest * f->m < EXPLAINED * left ||  // what is left is not in the pool
                  slack_after(f, (1.0 + OWN * c * c) * left, f->first[f->panels] + c) <= tolerance))
      break;
    double *w = W + c * n;
    const double scale = 1.0 / sqrt(largest);
    for (int i = 0; i < n; ++i) w[i] = scale * S[best * n + i];
    for (int i = 0; i < n; ++i) k_axpy(S + i * n, -w[i], w, n);
    list[c] = pool[best], weight[best] = 0.0;
    for (int j = 0; j <= c; ++j) corner[c * f->wide + j] = W[j * n + best];
  }
  *count = c;
  return status;
}

// The panel of `count` more pivots; left[j] ← trace of what is left after j + 1 of them.
static int add_panel(factor *f, double *left, const int *list, const double *corner, int count, bl_arena *scratch) {
  const int panels = f->panels, k = f->all.k;
  double *panel = f->panel[panels] = arena_doubles(scratch, f->m, f->wide);
  if (!panel) return BL_MEMORY;
  const bl_mark mark = bl_arena_mark(scratch);
  bl_rows pivots, rows;
  double *N = arena_doubles(scratch, panels * count, f->wide);
  int status = N ? pivots_gather(&pivots, f->active, &f->all, list, count, scratch) : BL_MEMORY;
  for (int b = 0; b < panels && status == BL_OK; ++b) take_rows(N + b * count * f->wide, f, b, list, count, -1.0);
  for (int j = 0; j < count; ++j) left[j] = 0.0;
  for (int from = 0; from < f->all.n && status == BL_OK; from += CHUNK) {
    const bl_mark inner = bl_arena_mark(scratch);
    const int n = f->all.n - from < CHUNK ? f->all.n - from : CHUNK, height = n * k;
    const size_t at = (size_t)(from * k) * (size_t)f->wide;
    double *X = panel + at, *d = f->d + from * k;
    status = gram_slice(&rows, f->active, &f->all, from, n, scratch);
    if (status == BL_OK) status = entries(X, f->wide, f, &rows, NULL, from * k, &pivots, list, scratch);
    bl_arena_release(scratch, inner);
    if (status != BL_OK) break;
    for (int b = 0; b < panels; ++b)
      k_gemm(K_N, K_T, X, f->wide, f->panel[b] + at, f->wide, N + b * count * f->wide, f->wide, height, count,
             width_of(f, b), 1.0, 1.0);
    k_trsm(K_T, X, f->wide, corner, f->wide, height, count);
    for (int i = 0; i < height; ++i, X += f->wide)
      for (int j = 0; j < count; ++j) {
        d[i] -= X[j] * X[j];
        if (d[i] > 0.0) left[j] += d[i];
        else d[i] = 0.0;
      }
  }
  for (int i = 0; i < count && status == BL_OK; ++i) {
    f->d[list[i]] = 0.0;
    for (int j = 0; j < f->wide; ++j)
      panel[(size_t)list[i] * (size_t)f->wide + (size_t)j] = j <= i ? corner[i * f->wide + j] : 0.0;
  }
  bl_arena_release(scratch, mark);
  return status;
}

void pivots_rows(double *Z, const double *L, const double *E, int r) {
  for (int i = 0; i < r; ++i)
    for (int j = 0; j < r; ++j) Z[i * r + j] = E[j * r + i];
  la_solve_l(L, Z, r, r);
}

int pivots_fewest(const double *C, int r, double *slack, double tolerance) {
  const double grown = vm_expm11(2.0 * *slack), tau = grown * grown / (1.0 + grown);
  int fewest = r;
  for (int n = k_rounded(r) - K_ROWS; n > 0; n -= K_ROWS) {
    double left = tau, mixed = tau;  // tr(K − F₁F₁ᵀ), and of it what F₁ has a part in
    for (int i = n; i < r; ++i) {
      const double *row = C + (size_t)i * (size_t)r;
      left += k_dot(row, row, i + 1) - 1.0;
      mixed += k_dot(row, row, n);
    }
    const double now = 0.5 * vm_log1p1(0.5 * (left + sqrt(left * left + 4.0 * mixed)));
    if (!(now <= tolerance)) break;
    fewest = n, *slack = now;
  }
  return fewest;
}

// what is made of the pivots taken, and Ω
static int finish(bl_pivots *out, factor *f, bl_arena *scratch) {
  const int r = out->r;
  const size_t square = (size_t)r * (size_t)r * sizeof(double);
  double *Z = arena_doubles(scratch, r, r);
  out->L = arena_doubles(scratch, r, r), out->FF = arena_doubles(scratch, r, r), out->E = arena_doubles(scratch, r, r);
  if (!out->L || !out->FF || !out->E || !Z) return BL_MEMORY;
  for (int b = 0; b < f->panels; ++b) {
    const int at = f->first[b], width = width_of(f, b);
    const double *panel = f->panel[b];
    for (int i = 0; i < r; ++i)
      for (int j = 0; j < width; ++j)
        out->L[i * r + at + j] = i < at ? 0.0 : panel[(size_t)out->pivot[i] * (size_t)f->wide + (size_t)j];
    for (int a = 0; a <= b; ++a)
      k_gemm(K_T, K_N, out->FF + at * r + f->first[a], r, panel, f->wide, f->panel[a], f->wide, width, width_of(f, a),
             f->m, 1.0, 0.0);
  }
  memcpy(out->E, out->FF, square);
  if (la_chol(out->E, r) != BL_OK) return BL_UNSUPPORTED;  // pivots too near to each other
  pivots_rows(Z, out->L, out->E, r);                       // CᵀC = ZᵀZ
  f->spread = 0.0;
  for (int j = 0; j < r; ++j) {
    double sum = 0.0;
    for (int i = 0; i < r; ++i) sum += Z[i * r + j] * Z[i * r + j];
    f->spread += sum * k_dot(out->L + j * r, out->L + j * r, r);
  }
  return BL_OK;
}

// more pivots, until by what is known the tolerance is kept
static int extend(bl_pivots *out, factor *f, int limit, double tolerance, bl_arena *scratch) {
  double corner[PANEL * PANEL], left[PANEL];
  int status = BL_OK;
  while (status == BL_OK && slack_after(f, f->tau, out->r) > tolerance) {
    const int most = limit - out->r < f->wide ? limit - out->r : f->wide;
    int *list = out->pivot + out->r, count = 0, used = 0;
    const bl_mark mark = bl_arena_mark(scratch);
    if (slack_after(f, 0.0, out->r) > tolerance) return BL_UNSUPPORTED;
    status = choose(list, corner, &count, f, most, tolerance, scratch);
    bl_arena_release(scratch, mark);
    if (status == BL_OK && count == 0) status = BL_UNSUPPORTED;
    if (status == BL_OK) status = add_panel(f, left, list, corner, count, scratch);
    while (status == BL_OK && used < count) {
      f->tau = left[used++];
      if (slack_after(f, f->tau, out->r + used) <= tolerance) break;
    }
    const double *row = f->panel[f->panels];
    for (int i = 0; i < f->m && status == BL_OK; ++i, row += f->wide)  // those that are not taken explain nothing
      for (int j = used; j < count; ++j) f->d[i] += row[j] * row[j];
    out->r += used;
    f->first[++f->panels] = out->r;
  }
  return status;
}

int pivots_choose(bl_pivots *out, const bl_active *active, const bl_gram *gram, int K, double s, const bl_prior *prior,
                  double tolerance, bl_arena *scratch) {
  const int limit = gram_size(gram) / 2;
  factor f = {.active = active};
  *out = (bl_pivots){.pivot = arena_ints(scratch, limit, 1)};
  int status = out->pivot ? begin(&f, gram, K, s, prior, scratch) : BL_MEMORY;
  do {
    if (status == BL_OK) status = extend(out, &f, limit, tolerance, scratch);
    if (status == BL_OK) status = finish(out, &f, scratch);
    out->slack = slack_after(&f, f.tau, out->r);
  } while (status == BL_OK && out->slack > tolerance);
  return status;
}
