// grid.c — the map as a whole: which pixels are painted and which interpolated. A pixel's value does not depend on how
// the map is divided into rows.
#include <limits.h>
#include <string.h>

#include "activation.h"
#include "grid_own.h"
#include "status.h"

// Of a map that is interpolated every fourth line is painted first, unless it has so few that these say too little of
// what lies between.
enum { STEP = 4, FEW = 40 };

static unsigned needs_of(const grid_quantity *row, const bl_link *link) {
  if (!(row->needs & NEED_LOGIT)) return row->needs;
  return link->plugin ? NEED_F : link->logit ? NEED_F | NEED_V : NEED_MEAN;
}

double bl_grid_work(const bl_laplace *la, int nx, int ny) {
  const bl_hess *h = laplace_hess(la);
  return h ? (double)nx * ny * h->k * h->rank * (h->rank + 2.0 * hess_width(&h->active)) : 0.0;
}

// The rows around those asked for are painted too where an interpolation reaches for them.
static int paint_window(grid_map *m, float *out, double *errors, int from, int to, bl_arena *scratch) {
  const int width = m->nx;
  m->low = grid_low(m, from, m->step_y) / m->step_y * m->step_y;
  m->high = grid_high(m, to, m->step_y);
  const int height = m->high - m->low, whole = height == to - from;
  const size_t size = (size_t)width * (size_t)height, part = (size_t)width * (size_t)(to - from);
  float *planes = out;
  if (!whole && height > INT_MAX / m->planes) return BL_MEMORY;
  if (!whole && !(planes = arena_floats(scratch, m->planes * height, width))) return BL_MEMORY;
  grid_route route;
  double error = 0;
  int status = grid_route_make(&route, m, scratch);
  if (status == BL_OK) status = grid_fill(m, &route, planes, &error, from, to, scratch);
  for (size_t i = 0; i < (size_t)m->planes && status == BL_OK && !whole; ++i)
    memcpy(out + i * part, planes + i * size + (size_t)width * (size_t)(from - m->low), part * sizeof *out);
  if (status == BL_OK && errors) errors[0] = grid_bound(&route), errors[1] = error;
  grid_route_end(&route);
  return status;
}

int bl_predict_grid(const bl_laplace *la, float *out, double *errors, const double *box, int nx, int ny, int from,
                    int to, int interpolate, const int *quantities, int count, int link, double tolerance, int samples,
                    double seed, bl_arena *scratch) {
  if (!bl_laplace_fitted(la)) return BL_NOT_FITTED;
  const bl_net *net = laplace_net(la);
  const int d = net_inputs(net), k = net_outputs(net);
  grid_map m = {.la = la, .likelihood = likelihood_row(net->likelihood), .link = link_row(link)};
  for (int i = 0; i < (d < 2 ? 2 : 4); ++i) m.box[i] = box[i];
  m.quantities = quantities, m.count = count, m.link_id = link, m.samples = samples, m.seed = seed;
  m.nx = nx, m.ny = ny, m.k = k, m.width = m.likelihood->means(k), m.tolerance = tolerance;
  if (!m.link || nx < 1 || ny < 1 || !(tolerance >= 0) || count < 1 || from < 0 || from >= to || to > ny)
    return BL_OPTION;
  if (d > 2 || (d == 1 && ny != 1)) return BL_SHAPE;
  if (nx > INT_MAX / ny) return BL_MEMORY;
  m.high = ny, m.small = activation_row(net->activation)->kinks ? 0.25f : 1;
  const int smooth = interpolate && (nx == 1 || nx > FEW) && (ny == 1 || ny > FEW);
  m.step_x = smooth && nx > 1 ? STEP : 1, m.step_y = smooth && ny > 1 ? STEP : 1;
  for (int q = 0; q < count; ++q) {
    const grid_quantity *row = grid_quantity_row(quantities[q]);
    if (!row) return BL_OPTION;
    if (!row->planes(m.likelihood, k)) return BL_UNSUPPORTED;
    m.needs |= needs_of(row, m.link);
    m.planes += row->planes(m.likelihood, k);
  }
  const bl_mark mark = bl_arena_mark(scratch);
  const int status = paint_window(&m, out, errors, from, to, scratch);
  bl_arena_release(scratch, mark);
  return status;
}
