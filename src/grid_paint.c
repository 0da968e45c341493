// grid_paint.c — the pixels of a map, each by the cheapest way that keeps within the tolerance: the posterior or a
// sketch of it in single precision, the same in double, the posterior itself. The choice is made pixel by pixel, from
// what rounding costs there, so it does not depend on what else is painted.
#include <string.h>

#include "grid_own.h"
#include "status.h"

enum { BLOCK = 128 };  // pixels at a time; a smaller map does not repay a sketch

static double along(double from, double to, int i, int count) {
  if (count == 1) return 0.5 * (from + to);
  return i == count - 1 ? to : from + (to - from) * ((double)i / (count - 1));
}

static void place_pixels(double *X, const grid_map *m, const int *list, int n, int d) {
  for (int i = 0; i < n; ++i) {
    X[i * d] = along(m->box[0], m->box[1], list[i] % m->nx, m->nx);
    if (d == 2) X[i * d + 1] = along(m->box[2], m->box[3], list[i] / m->nx, m->ny);
  }
}

static int take_block(bl_prediction *at, unsigned needs, int k, int width, bl_arena *scratch) {
  *at = (bl_prediction){0};
  if (needs & NEED_MEAN && !(at->mean = arena_doubles(scratch, BLOCK, width))) return BL_MEMORY;
  if (needs & NEED_F && !(at->f_mean = arena_doubles(scratch, BLOCK, k))) return BL_MEMORY;
  if (needs & NEED_V && !(at->f_var = arena_doubles(scratch, BLOCK, k * k))) return BL_MEMORY;
  if (needs & NEED_SPLIT && !(at->epistemic = arena_doubles(scratch, BLOCK, 1))) return BL_MEMORY;
  if (needs & NEED_SPLIT && !(at->aleatoric = arena_doubles(scratch, BLOCK, 1))) return BL_MEMORY;
  return BL_OK;
}

static void gather(double *to, const double *from, const int *list, int count, int width) {
  for (int i = 0; i < count; ++i) memcpy(to + i * width, from + list[i] * width, (size_t)width * sizeof *to);
}

static void scatter(double *to, const double *from, int at, int i, int width) {
  memcpy(to + at * width, from + i * width, (size_t)width * sizeof *to);
}

// f and V of a block; the list holds the pixels that no way was good enough for yet
static int moments(const grid_map *m, grid_route *r, double *f, double *V, const double *X, int n, bl_arena *scratch) {
  const int d = net_inputs(laplace_net(m->la)), k = m->k, kk = k * k;
  double *x = arena_doubles(scratch, n, d), *g = arena_doubles(scratch, n, k), *W = arena_doubles(scratch, n, kk);
  double *lost = arena_doubles(scratch, n, 1);
  int *list = arena_ints(scratch, n, 1), left = n, status = x && g && W && lost && list ? BL_OK : BL_MEMORY;
  for (int i = 0; i < n && list; ++i) list[i] = i;
  for (int w = 0; w <= r->count && left > 0 && status == BL_OK; ++w) {
    const grid_way *by = w < r->count ? &r->ways[w] : NULL;
    const bl_prediction out = {.f_mean = g, .f_var = W};
    int still = 0;
    gather(x, X, list, left, d);
    status = by ? painter_block(by->painter, g, W, lost, x, left, scratch)
                : predict_glm(m->la, laplace_hess(m->la), &out, x, left, m->link_id, 0, m->samples, m->seed, scratch);
    for (int i = 0; i < left && status == BL_OK; ++i) {
      if (by && !(lost[i] <= by->allowed)) {
        list[still++] = list[i];
        continue;
      }
      const double now = by ? by->slack + lost[i] : r->exact;
      if (now > r->reached) r->reached = now;
      scatter(f, g, list[i], i, k);
      scatter(V, W, list[i], i, kk);
    }
    left = still;
  }
  return status;
}

static int paint_block(const grid_map *m, grid_pixels *p, grid_route *r, const double *X, bl_arena *scratch) {
  if (r->count == 0)
    return predict_glm(m->la, laplace_hess(m->la), &p->at, X, p->n, m->link_id, 0, m->samples, m->seed, scratch);
  const bl_mark mark = bl_arena_mark(scratch);
  const int kk = p->k * p->k;
  double *f = arena_doubles(scratch, p->n, p->k), *V = arena_doubles(scratch, p->n, kk);
  int status = f && V ? moments(m, r, f, V, X, p->n, scratch) : BL_MEMORY;
  if (status == BL_OK) {
    if (p->at.f_mean) memcpy(p->at.f_mean, f, (size_t)(p->n * p->k) * sizeof *f);
    if (p->at.f_var) memcpy(p->at.f_var, V, (size_t)(p->n * kk) * sizeof *V);
    status = predict_moments(m->la, &p->at, f, V, p->n, m->link_id, m->samples, m->seed, scratch);
  }
  bl_arena_release(scratch, mark);
  return status;
}

static void write_block(const grid_map *m, const grid_pixels *p, float *planes, double *values, const int *list) {
  const size_t size = (size_t)m->nx * (size_t)(m->high - m->low);
  for (int q = 0; q < m->count; ++q) {
    const grid_quantity *row = grid_quantity_row(m->quantities[q]);
    for (int c = 0; c < row->planes(p->likelihood, p->k); ++c, planes += size) {
      row->write(values, p, c);
      for (int i = 0; i < p->n; ++i) planes[list[i] - m->low * m->nx] = (float)values[i];
    }
  }
}

int grid_paint(const grid_map *m, grid_route *route, float *planes, const int *list, int count, bl_arena *scratch) {
  const int d = net_inputs(laplace_net(m->la));
  const bl_mark mark = bl_arena_mark(scratch);
  grid_pixels p = {.likelihood = m->likelihood, .link = m->link, .k = m->k, .width = m->width};
  double *X = arena_doubles(scratch, BLOCK, d), *values = arena_doubles(scratch, BLOCK, 1);
  int status = X && values ? take_block(&p.at, m->needs, p.k, p.width, scratch) : BL_MEMORY;
  for (int first = 0; first < count && status == BL_OK; first += BLOCK) {
    p.n = count - first < BLOCK ? count - first : BLOCK;
    place_pixels(X, m, list + first, p.n, d);
    status = paint_block(m, &p, route, X, scratch);
    if (status == BL_OK) write_block(m, &p, planes, values, list + first);
  }
  bl_arena_release(scratch, mark);
  return status;
}

// Ways through h: in double precision, and before it in single where at least some pixels can be good enough.
static int add_ways(grid_route *r, const grid_map *m, const bl_hess *h, bl_arena *scratch) {
  static const double CANCELLED = 1e-8, SINGLE = 3e-5;  // rounding, of log sd, that counts as exact; worth a try
  const double slack = r->bounded ? hess_bound(h) : 0, allowed = r->bounded ? m->tolerance - slack : CANCELLED;
  for (int single = allowed > SINGLE; single >= 0; --single) {
    bl_painter *painter = NULL;
    const int status = painter_make(&painter, h, laplace_net(m->la)->theta, single, scratch);
    if (status != BL_OK || !painter) return status;
    r->ways[r->count++] = (grid_way){painter, allowed, slack};
  }
  return BL_OK;
}

int grid_route_make(grid_route *route, const grid_map *m, bl_arena *scratch) {
  const bl_hess *h = laplace_hess(m->la);
  const int varied = m->needs & (NEED_V | NEED_MEAN | NEED_SPLIT) && !m->link->plugin;
  *route = (grid_route){.exact = varied ? hess_bound(h) : 0};
  route->bounded = varied && m->tolerance > 0 && m->nx * m->ny >= BLOCK;
  if (!varied) return BL_OK;
  int status = BL_UNSUPPORTED;
  if (route->bounded) status = hess_sketch(&route->sketch, h, h->s, h->prior, 0.75 * m->tolerance, 0, scratch);
  if (status != BL_OK && status != BL_UNSUPPORTED) return status;
  return add_ways(route, m, status == BL_OK ? &route->sketch : h, scratch);
}

void grid_route_end(grid_route *route) { hess_release(&route->sketch); }

double grid_bound(const grid_route *route) {
  return route->bounded && route->count > 0 ? route->reached : route->exact;
}
