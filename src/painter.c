// painter.c — forward, backward, inner products and triangular solves of a block of pixels in f32.
#include "painter.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "activation.h"
#include "kernels.h"
#include "vmath.h"

enum { WIDE = 64 };
static const double ROUNDING = 48.0 * 0x1p-24;  // of log sd, times k/v: three times what was measured

struct bl_painter {
  const bl_net *net;
  int first, r, tanh;              // first active layer, rows, whether the activation has a float version
  float root;                      // √s
  float **W, **b;                  // [l] the network's weights
  float **A, **D;                  // [l] the rows' inputs and deltas, l ≥ first
  float *w_variance, *b_variance;  // [l] of the prior
  float *G;                        // (r, r)
  int triangle;
};

static size_t area(int n, int k) { return (size_t)n * (size_t)k; }

static float *floats_of(const double *x, int rows, int columns, bl_arena *scratch) {
  float *y = arena_floats(scratch, rows, columns);
  for (size_t i = 0; y && i < area(rows, columns); ++i) y[i] = (float)x[i];
  return y;
}

int painter_make(bl_painter **out, const bl_hess *h, const double *theta, bl_arena *scratch) {
  *out = NULL;
  bl_view view;
  const bl_net *net = h->active.net;
  const bl_metric metric = prior_metric(h->prior);
  if (!h->is->view || h->apart || !metric.tensor || h->active.index) return BL_OK;
  const int seen = h->is->view(h, &view, scratch);
  if (seen != BL_OK) return seen == BL_UNSUPPORTED ? BL_OK : seen;
  const size_t layers = (size_t)net->layers;
  bl_painter *p = arena_take(scratch, 1, sizeof *p);
  if (!p) return BL_MEMORY;
  *p = (bl_painter){.net = net, .first = h->active.first, .r = view.rows.n * view.rows.k, .root = (float)sqrt(h->s)};
  p->tanh = net->activation == activation_find("tanh");
  float ***const tables[] = {&p->W, &p->b, &p->A, &p->D};
  for (int t = 0; t < 4; ++t) {
    *tables[t] = arena_take(scratch, layers, sizeof(float *));
    if (!*tables[t]) return BL_MEMORY;
    for (size_t l = 0; l < layers; ++l) (*tables[t])[l] = NULL;
  }
  p->w_variance = arena_floats(scratch, net->layers, 1), p->b_variance = arena_floats(scratch, net->layers, 1);
  p->G = floats_of(view.G, p->r, p->r, scratch);
  p->triangle = view.triangle;
  if (!p->w_variance || !p->b_variance || !p->G) return BL_MEMORY;
  for (int l = 0; l < net->layers; ++l) {
    const int in = net->size[l], width = net->size[l + 1];
    p->W[l] = floats_of(theta + net->weight_at[l], width, in, scratch);
    if (net->bias) p->b[l] = floats_of(theta + net->bias_at[l], width, 1, scratch);
    if (!p->W[l] || (net->bias && !p->b[l])) return BL_MEMORY;
    if (l < p->first) continue;
    p->A[l] = floats_of(view.rows.A[l], view.rows.n, in, scratch);
    p->D[l] = floats_of(view.rows.D[l], p->r, width, scratch);
    p->w_variance[l] = (float)metric.tensor[2 * (l - p->first)];
    p->b_variance[l] = net->bias ? (float)metric.tensor[2 * (l - p->first) + 1] : 0;
    if (!p->A[l] || !p->D[l]) return BL_MEMORY;
    // the rows of an example share its inputs: each row gets its own, so that a product is one gemm
    if (view.rows.k > 1) {
      float *each = arena_floats(scratch, p->r, in);
      if (!each) return BL_MEMORY;
      for (int i = 0; i < p->r; ++i)
        memcpy(each + area(i, in), p->A[l] + area(i / view.rows.k, in), (size_t)in * sizeof *each);
      p->A[l] = each;
    }
  }
  *out = p;
  return BL_OK;
}

// e^x for −87 ≤ x ≤ 0: 2^n times a polynomial on |r| ≤ ½ log 2, 1 ulp or so
static inline v4f exp_negative(v4f x) {
  const v4f low = {-87, -87, -87, -87}, magic = {12582912, 12582912, 12582912, 12582912};
  typedef int v4i __attribute__((vector_size(16)));
  const v4i out = x < low;
  x = (v4f)(((v4i)x & ~out) | ((v4i)low & out));
  const v4f scaled = x * 1.44269504f + magic, n = scaled - magic;  // rounds to the nearest integer
  const v4f r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  const v4f p =
      ((((r * 1.3981999e-3f + 8.3334519e-3f) * r + 4.1665795e-2f) * r + 1.6666665e-1f) * r + 0.5f) * r * r + r + 1;
  const v4i bits = (v4i)scaled << 23;
  return (v4f)((v4i)p + bits);
}

// a = tanh z, d = 1 − a², both by t = e^{−2|z|}: what is small is formed as such
static void tanh_rows(float *a, float *d, const float *z, size_t count) {
  typedef int v4i __attribute__((vector_size(16)));
  const v4i sign = {INT_MIN, INT_MIN, INT_MIN, INT_MIN};
  const v4f one = {1, 1, 1, 1};
  for (size_t i = 0; i < count; i += 4) {
    const v4f x = *(const v4f *)(z + i), t = exp_negative((v4f)((v4i)x | sign) * 2);
    const v4f q = one / (one + t);
    *(v4f *)(a + i) = (v4f)((v4i)((one - t) * q) | ((v4i)x & sign));
    *(v4f *)(d + i) = t * q * q * 4;
  }
}

static int activate(const bl_painter *p, float *a, float *d, const float *z, int n, int width, bl_arena *scratch) {
  const size_t count = (area(n, width) + 3) / 4 * 4;
  if (p->tanh) {
    tanh_rows(a, d, z, count);
    return BL_OK;
  }
  const bl_mark mark = bl_arena_mark(scratch);
  double *x = arena_doubles(scratch, n, width), *slope = arena_doubles(scratch, n, width);
  if (!x || !slope) return BL_MEMORY;
  for (size_t i = 0; i < area(n, width); ++i) x[i] = z[i];
  activation_row(p->net->activation)->f(n * width, x, x, slope, NULL);
  for (size_t i = 0; i < area(n, width); ++i) a[i] = (float)x[i], d[i] = (float)slope[i];
  bl_arena_release(scratch, mark);
  return BL_OK;
}

typedef struct {
  float **A, **dA, **D, *f;
} passes;

static float *room(int n, int width, bl_arena *scratch) {
  float *x = arena_floats(scratch, n * width + 4, 1);  // vectors run past the end
  if (x) memset(x + area(n, width), 0, 4 * sizeof *x);
  return x;
}

static int forward(const bl_painter *p, passes *t, const double *X, int n, bl_arena *scratch) {
  const bl_net *net = p->net;
  t->A[0] = room(n, net_inputs(net), scratch);
  if (!t->A[0]) return BL_MEMORY;
  for (size_t i = 0; i < area(n, net_inputs(net)); ++i) t->A[0][i] = (float)X[i];
  for (int l = 0; l < net->layers; ++l) {
    const int in = net->size[l], width = net->size[l + 1];
    float *z = room(n, width, scratch);
    if (!z) return BL_MEMORY;
    for (int i = 0; p->b[l] && i < n; ++i) memcpy(z + area(i, width), p->b[l], (size_t)width * sizeof *z);
    k_gemm_f32(K_N, K_T, z, width, t->A[l], in, p->W[l], in, n, width, in, 1, p->b[l] ? 1 : 0);
    if (l + 1 == net->layers) {
      t->f = z;
      break;
    }
    t->A[l + 1] = z;
    t->dA[l + 1] = room(n, width, scratch);
    if (!t->dA[l + 1]) return BL_MEMORY;
    const int status = activate(p, z, t->dA[l + 1], z, n, width, scratch);
    if (status != BL_OK) return status;
  }
  return BL_OK;
}

// D[l] (n·k, out): identity rows pulled back
static int backward(const bl_painter *p, passes *t, int n, bl_arena *scratch) {
  const bl_net *net = p->net;
  const int k = net_outputs(net), last = net->layers - 1;
  t->D[last] = arena_floats(scratch, n * k, k);
  if (!t->D[last]) return BL_MEMORY;
  memset(t->D[last], 0, area(n * k, k) * sizeof(float));
  for (int i = 0; i < n * k; ++i) t->D[last][area(i, k) + (size_t)(i % k)] = 1;
  for (int l = last; l > p->first; --l) {
    const int in = net->size[l], width = net->size[l + 1];
    float *pulled = t->D[l - 1] = arena_floats(scratch, n * k, in);
    if (!pulled) return BL_MEMORY;
    k_gemm_f32(K_N, K_N, pulled, in, t->D[l], width, p->W[l], in, n * k, in, width, 1, 0);
    for (int i = 0; i < n * k; ++i) {
      const float *slope = t->dA[l] + area(i / k, in);
      float *row = pulled + area(i, in);
      for (int c = 0; c < in; ++c) row[c] *= slope[c];
    }
  }
  return BL_OK;
}

static float dot(const float *x, const float *y, int n) {
  v4f s = {0, 0, 0, 0}, u = s;
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    v4f a, b, c, d;
    memcpy(&a, x + i, 16), memcpy(&b, y + i, 16), memcpy(&c, x + i + 4, 16), memcpy(&d, y + i + 4, 16);
    s += a * b;
    u += c * d;
  }
  s += u;
  float sum = (s[0] + s[1]) + (s[2] + s[3]);
  for (; i < n; ++i) sum += x[i] * y[i];
  return sum;
}

// K (n·k, r) += (D D_Sᵀ) ∘ (A A_Sᵀ·v + b), the scale √s in the second factor
static void combine(float *K, const float *DD, const float *AA, float v, float b, int n, int k, int r) {
  for (int row = 0; row < n * k; ++row) {
    const float *d = DD + area(row, r), *a = AA + area(row / k, r);
    float *at = K + area(row, r);
    int i = 0;
    for (; i + 4 <= r; i += 4) {
      v4f x, y, z;
      memcpy(&x, a + i, 16), memcpy(&y, d + i, 16), memcpy(&z, at + i, 16);
      z += y * (x * v + b);
      memcpy(at + i, &z, 16);
    }
    for (; i < r; ++i) at[i] += d[i] * (a[i] * v + b);
  }
}

static int cross(const bl_painter *p, float *K, float *prior, const passes *t, int n, bl_arena *scratch) {
  const bl_net *net = p->net;
  const int k = net_outputs(net), r = p->r;
  const bl_mark mark = bl_arena_mark(scratch);
  float *DD = arena_floats(scratch, n * k, r), *AA = arena_floats(scratch, n, r);
  if (!DD || !AA) return BL_MEMORY;
  memset(K, 0, area(n * k, r) * sizeof *K);
  memset(prior, 0, area(n * k, k) * sizeof *prior);
  for (int l = p->first; l < net->layers; ++l) {
    const int in = net->size[l], width = net->size[l + 1];
    const float v = p->w_variance[l], b = p->b_variance[l];
    k_gemm_f32(K_N, K_T, DD, r, t->D[l], width, p->D[l], width, n * k, r, width, 1, 0);
    k_gemm_f32(K_N, K_T, AA, r, t->A[l], in, p->A[l], in, n, r, in, 1, 0);
    combine(K, DD, AA, v * p->root, b * p->root, n, k, r);
    for (int i = 0; i < n; ++i) {
      const float *a = t->A[l] + area(i, in), inner = dot(a, a, in) * v + b;
      for (int x = 0; x < k; ++x)
        for (int y = 0; y <= x; ++y)
          prior[area(i * k + x, k) + (size_t)y] +=
              inner * dot(t->D[l] + area(i * k + x, width), t->D[l] + area(i * k + y, width), width);
    }
  }
  bl_arena_release(scratch, mark);
  return BL_OK;
}

int painter_block(const bl_painter *p, double *f, double *V, double *bound, const double *X, int n, bl_arena *scratch) {
  const bl_net *net = p->net;
  const int k = net_outputs(net), r = p->r;
  const size_t layers = (size_t)net->layers;
  const bl_mark mark = bl_arena_mark(scratch);
  passes t = {arena_take(scratch, layers, sizeof(float *)), arena_take(scratch, layers, sizeof(float *)),
              arena_take(scratch, layers, sizeof(float *)), NULL};
  float *K = arena_floats(scratch, n * k, r), *u = arena_floats(scratch, n * k, r);
  float *prior = arena_floats(scratch, n * k, k);
  int status = t.A && t.dA && t.D && K && u && prior ? forward(p, &t, X, n, scratch) : BL_MEMORY;
  if (status == BL_OK) status = backward(p, &t, n, scratch);
  if (status == BL_OK) status = cross(p, K, prior, &t, n, scratch);
  if (status == BL_OK) {
    for (int from = 0; from < r; from += WIDE) {  // u = K Gᵀ, of a triangle the part that is not zero
      const int wide = r - from < WIDE ? r - from : WIDE, depth = p->triangle ? from + wide : r;
      k_gemm_f32(K_N, K_T, u + from, r, K, r, p->G + area(from, r), r, n * k, wide, depth, 1, 0);
    }
    for (int i = 0; i < n; ++i) {
      double lost = 1.0;
      for (int x = 0; x < k; ++x)
        for (int y = 0; y <= x; ++y) {
          const size_t at = area(i * k + x, k) + (size_t)y;
          const double whole = prior[at], v = whole - dot(u + area(i * k + x, r), u + area(i * k + y, r), r);
          if (x == y && !(v * lost > whole)) lost = v > 0.0 ? whole / v : HUGE_VAL;
          V[at] = V[area(i * k + y, k) + (size_t)x] = v;
        }
      bound[i] = ROUNDING * lost;
    }
    for (size_t i = 0; i < area(n, k); ++i) f[i] = t.f[i];
  }
  bl_arena_release(scratch, mark);
  return status;
}
