// grid_paint.c — the pixels of a map, each by the cheapest way that keeps within the tolerance: the posterior or a
// sketch of it in single precision, the same in double, the posterior itself. The choice is made pixel by pixel, from
// what rounding costs there, so it does not depend on what else is painted.
#include <string.h>

#include "grid_own.h"
#include "status.h"

enum { BLOCK = 128 };  // pixels at a time; a smaller map does not repay a sketch

static inline double along(double from, double to, int i, int count) {
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

// Moments of a block the way `by`, or NULL: all there is to know by the posterior itself. What the way is not good
// enough for moves from the pixels to the end of `left`.
static int paint_block(const grid_map *m, grid_pixels *p, grid_route *r, const grid_way *by, double *const moments[4],
                       int *pixel, int *left, int *count, bl_arena *scratch) {
  double *X = moments[0], *f = moments[1], *V = moments[2], *lost = moments[3];
  const int k = p->k, kk = k * k;
  place_pixels(X, m, pixel, p->n, net_inputs(laplace_net(m->la)));
  if (!by) {
    if (r->exact > r->reached) r->reached = r->exact;
    return predict_glm(m->la, laplace_hess(m->la), &p->at, X, p->n, m->link_id, 0, m->samples, m->seed, scratch);
  }
  const int status = painter_block(by->painter, f, V, lost, X, pixel, p->n, scratch);
  if (status != BL_OK) return status;
  int good = 0;
  for (int i = 0; i < p->n; ++i) {
    if (!(lost[i] <= by->allowed)) {
      left[(*count)++] = pixel[i];
      continue;
    }
    if (by->slack + lost[i] > r->reached) r->reached = by->slack + lost[i];
    for (int j = 0; j < k && good < i; ++j) f[good * k + j] = f[i * k + j];
    for (int j = 0; j < kk && good < i; ++j) V[good * kk + j] = V[i * kk + j];
    pixel[good++] = pixel[i];
  }
  p->n = good;
  if (p->at.f_mean) memcpy(p->at.f_mean, f, (size_t)(good * k) * sizeof *f);
  if (p->at.f_var) memcpy(p->at.f_var, V, (size_t)(good * kk) * sizeof *V);
  return good > 0 ? predict_moments(m->la, &p->at, f, V, good, m->link_id, m->samples, m->seed, scratch) : BL_OK;
}

int grid_paint(const grid_map *m, grid_route *r, float *planes, int *list, int count, bl_arena *scratch) {
  const int d = net_inputs(laplace_net(m->la)), k = m->k;
  const bl_mark mark = bl_arena_mark(scratch);
  grid_pixels p = {.likelihood = m->likelihood, .link = m->link, .k = k, .width = m->width};
  double *const moments[4] = {arena_doubles(scratch, BLOCK, d), arena_doubles(scratch, BLOCK, k),
                              arena_doubles(scratch, BLOCK, k * k), arena_doubles(scratch, BLOCK, 1)};
  double *values = arena_doubles(scratch, BLOCK, 1);
  int status = moments[0] && moments[1] && moments[2] && moments[3] && values ? BL_OK : BL_MEMORY;
  if (status == BL_OK) status = take_block(&p.at, m->needs, k, p.width, scratch);
  for (int w = 0; w <= r->count && status == BL_OK; ++w) {
    int left = 0;
    for (int first = 0; first < count && status == BL_OK; first += BLOCK) {
      int pixel[BLOCK];
      p.n = count - first < BLOCK ? count - first : BLOCK;
      memcpy(pixel, list + first, (size_t)p.n * sizeof *pixel);
      status = paint_block(m, &p, r, w < r->count ? &r->ways[w] : NULL, moments, pixel, list, &left, scratch);
      if (status == BL_OK) write_block(m, &p, planes, values, pixel);
    }
    count = left;
  }
  bl_arena_release(scratch, mark);
  return status;
}

// Ways through h: in double precision, and before it in single where at least some pixels can be good enough.
static int add_ways(grid_route *r, const grid_map *m, const bl_hess *h, bl_arena *scratch) {
  static const double CANCELLED = 1e-8, SINGLE = 3e-5;  // rounding, of log sd, that counts as exact; worth a try
  bl_view view;
  int status = painter_view(&view, h, r->bounded ? VIEW_SHARE * m->tolerance : 0, scratch);
  if (status != BL_OK) return status == BL_UNSUPPORTED ? BL_OK : status;
  const double allowed = r->bounded ? m->tolerance - view.slack : CANCELLED;
  for (int single = allowed > SINGLE; single >= 0 && status == BL_OK; --single) {
    painter_memory *memory = single ? painter_memory_open(m->la, m->box, m->nx, m->ny) : NULL;
    grid_way *way = &r->ways[r->count++];
    way->allowed = allowed, way->slack = view.slack;
    status = painter_make(&way->painter, h, &view, laplace_net(m->la)->theta, single, memory, scratch);
  }
  return status;
}

int grid_route_make(grid_route *route, const grid_map *m, bl_arena *scratch) {
  const bl_hess *h = laplace_hess(m->la);
  const int varied = m->needs & (NEED_V | NEED_MEAN | NEED_SPLIT) && !m->link->plugin;
  *route = (grid_route){.exact = varied ? hess_bound(h) : 0};
  route->bounded = varied && m->tolerance > 0 && m->nx * m->ny >= BLOCK;
  if (!varied) return BL_OK;
  int status = BL_UNSUPPORTED;
  if (route->bounded) status = hess_sketch(&route->sketch, h, h->s, h->prior, SKETCH_SHARE * m->tolerance, 0, scratch);
  if (status != BL_OK && status != BL_UNSUPPORTED) return status;
  return add_ways(route, m, status == BL_OK ? &route->sketch : h, scratch);
}

void grid_route_end(grid_route *route) { hess_release(&route->sketch); }

double grid_bound(const grid_route *route) {
  return route->bounded && route->count > 0 ? route->reached : route->exact;
}
