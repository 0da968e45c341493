// panels.c — a network on panels: packed, forward, back, and the gradient of a batch. The steps that differ by
// precision stand in panels_body.h.
#include "panels.h"

#include <string.h>

#include "activation.h"
#include "status.h"
#include "vmath.h"

static void activate_f64(int id, int n, const void *z, void *a, void *da) { activation_row(id)->f(n, z, a, da, NULL); }
static void activate_f32(int id, int n, const void *z, void *a, void *da) { activation_single(id, n, z, a, da); }

#define REAL double
#define VEC v2d
#define WIDE K_PANEL
#define ROUNDOFF 0x1p-53
#define SPLAT(x) ((v2d){(x), (x)})
#define NAME(x) x##_f64
#define KERNEL(x) x
#include "panels_body.h"
#undef REAL
#undef VEC
#undef WIDE
#undef ROUNDOFF
#undef SPLAT
#undef NAME
#undef KERNEL

#define REAL float
#define VEC v4f
#define WIDE K_PANEL_F32
#define ROUNDOFF 0x1p-24
#define SPLAT(x) ((v4f){(x), (x), (x), (x)})
#define NAME(x) x##_f32
#define KERNEL(x) x##_f32
#include "panels_body.h"

void *panel_kept(const panel_net *p, const double *x, int rows, int columns, bl_arena *arena) {
  if (!x || p->is == &precision_f64) return (void *)x;
  float *y = arena_floats(arena, rows, columns);
  for (size_t i = 0; y && i < area(rows, columns); ++i) y[i] = (float)x[i];
  return y;
}

void *panel_packed(const panel_net *p, const double *x, int transposed, int rows, int columns, double alpha,
                   bl_arena *arena) {
  const int m = transposed ? columns : rows, k = transposed ? rows : columns;
  double *P = arena_doubles(arena, k_rounded(m), k);
  if (P) k_pack(P, transposed ? K_T : K_N, x, columns, m, k, alpha);
  return panel_kept(p, P, k_rounded(m), k, arena);
}

int panel_net_make(panel_net *p, const bl_net *net, int first, const double *theta, int single, bl_arena *arena) {
  const size_t layers = (size_t)net->layers;
  *p = (panel_net){.net = net, .is = single ? &precision_f32 : &precision_f64, .first = first};
  p->W = arena_take(arena, layers, sizeof *p->W), p->WT = arena_take(arena, layers, sizeof *p->WT);
  p->b = arena_take(arena, layers, sizeof *p->b);
  if (!p->W || !p->WT || !p->b) return BL_MEMORY;
  for (int l = 0; l < net->layers; ++l) {
    const int in = net->size[l], out = net->size[l + 1];
    const double *weights = theta + net->weight_at[l];
    p->W[l] = panel_packed(p, weights, 0, out, in, 1, arena);
    p->WT[l] = l > first ? panel_packed(p, weights, 1, out, in, 1, arena) : NULL;
    p->b[l] = net->bias ? panel_packed(p, theta + net->bias_at[l], 0, out, 1, 1, arena) : NULL;
    if (l + 1 == net->layers) p->seed = panel_kept(p, weights, out, in, arena);
    if (!p->W[l] || (l > first && !p->WT[l]) || (net->bias && !p->b[l])) return BL_MEMORY;
  }
  return p->seed ? BL_OK : BL_MEMORY;
}

// X (n, d) in columns, zeros behind
static char *placed(const panel_net *p, const double *X, int n, int d, int panels, bl_arena *scratch) {
  char *at = panels_of(d, panels, scratch);
  if (!at) return NULL;
  memset(at, 0, panel_size(d) * (size_t)panels);
  p->is->place(at, X, n, d);
  return at;
}

int panel_forward(panel_pass *t, const panel_net *p, const double *X, int n, bl_arena *slopes, bl_arena *scratch) {
  const bl_net *net = p->net;
  const int d = net_inputs(net), panels = (n - 1) / p->is->wide + 1;
  const size_t layers = (size_t)net->layers;
  *t = (panel_pass){panels, arena_take(scratch, layers, sizeof t->A), arena_take(scratch, layers, sizeof t->slope),
                    arena_take(scratch, layers, sizeof t->D), placed(p, X, n, d, panels, scratch)};
  if (!t->A || !t->slope || !t->D || !t->f) return BL_MEMORY;
  for (int l = 0; l < net->layers; ++l) {
    const int in = net->size[l], out = net->size[l + 1];
    const size_t size = panel_size(out);
    t->A[l] = t->f, t->D[l] = NULL;
    char *z = t->f = panels_of(out, panels, scratch), *slope = NULL;
    if (!z) return BL_MEMORY;
    p->is->panels(z, p->W[l], p->b[l], t->A[l], out, in, panels, 0);
    if (l + 1 == net->layers) break;
    if (slopes && !(slope = panels_of(out, panels, slopes))) return BL_MEMORY;
    t->slope[l + 1] = slope;
    p->is->activate(net->activation, (int)(size * (size_t)panels / p->is->unit), z, z, slope);
  }
  return BL_OK;
}

// Deltas of the outputs together are given as D[L − 1]; else the identity is pulled back, through the last layer a row
// of its weights for each output.
int panel_backward(panel_pass *t, const panel_net *p, bl_arena *scratch) {
  const bl_net *net = p->net;
  const int last = net->layers - 1, given = t->D[last] != NULL, k = given ? 1 : net_outputs(net), panels = t->panels;
  for (int l = last; l > p->first; --l) {
    const int in = net->size[l], out = net->size[l + 1], product = given || l < last;
    char *pulled = t->D[l - 1] = panels_of(in, panels * k, scratch);
    if (!pulled) return BL_MEMORY;
    if (product) p->is->panels(pulled, p->WT[l], NULL, t->D[l], in, out, panels * k, 0);
    for (int x = 0; x < k; ++x) {
      const char *w = product ? NULL : (const char *)p->seed + area(x, in) * p->is->unit;
      for (int q = 0; q < panels; ++q, pulled += panel_size(in))
        p->is->pull(pulled, t->slope[l] + panel_size(in) * (size_t)q, w, in);
    }
  }
  return BL_OK;
}

void panel_outputs(double *f, const panel_net *p, const panel_pass *t, int n) {
  const int k = net_outputs(p->net), wide = p->is->wide;
  double values[K_PANEL_F32];
  for (int q = 0; q < t->panels; ++q)
    for (int x = 0; x < k; ++x) {
      p->is->get(values, t->f + panel_size(k) * (size_t)q + area(x, ROW));
      for (int j = 0; j < wide && q * wide + j < n; ++j) f[area(q * wide + j, k) + (size_t)x] = values[j];
    }
}

// ∇[W, b] = Dᵀ[A, 1]: for the biases a panel of ones, which all panels of D share
int panel_gradient(double *gradient, const panel_net *p, panel_pass *t, const double *seed, int n, bl_arena *scratch) {
  static const double one = 1;
  const bl_net *net = p->net;
  const int last = net->layers - 1, count = t->panels;
  char *ones = panels_of(1, 1, scratch);
  const void *packed = panel_packed(p, &one, 0, 1, 1, 1, scratch);
  if (!(t->D[last] = placed(p, seed, n, net_outputs(net), count, scratch)) || !ones || !packed) return BL_MEMORY;
  p->is->panels(ones, packed, packed, ones, 1, 0, 1, 0);
  const int status = panel_backward(t, p, scratch);
  for (int l = 0; l <= last && status == BL_OK; ++l) {
    const int in = net->size[l], out = net->size[l + 1];
    p->is->across(gradient + net->weight_at[l], t->D[l], out, t->A[l], panel_size(in), in, count);
    if (net->bias) p->is->across(gradient + net->bias_at[l], t->D[l], out, ones, 0, 1, count);
  }
  return status;
}

int bl_net_forward_f32(const bl_net *net, float *f, const double *X, int n, bl_arena *scratch) {
  enum { MOST = PANELS * K_PANEL_F32 };
  const int d = net_inputs(net), k = net_outputs(net);
  const bl_mark mark = bl_arena_mark(scratch);
  panel_net p;
  double *values = arena_doubles(scratch, MOST, k);
  int status = values ? panel_net_make(&p, net, net->layers, net->theta, 1, scratch) : BL_MEMORY;
  for (int at = 0; at < n && status == BL_OK; at += MOST) {
    const int count = n - at < MOST ? n - at : MOST;
    const bl_mark block = bl_arena_mark(scratch);
    panel_pass t;
    status = panel_forward(&t, &p, X + area(at, d), count, NULL, scratch);
    if (status == BL_OK) panel_outputs(values, &p, &t, count);
    for (int i = 0; i < count * k && status == BL_OK; ++i) *f++ = (float)values[i];
    bl_arena_release(scratch, block);
  }
  bl_arena_release(scratch, mark);
  return status;
}
