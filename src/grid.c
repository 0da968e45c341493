// grid.c — the table of quantities, and the map as a whole: which pixels are painted and which interpolated. A pixel's
// value does not depend on how the map is divided into rows.
#include <limits.h>
#include <string.h>

#include "grid_own.h"
#include "status.h"
#include "vmath.h"

static int planes_mean(const bl_likelihood *likelihood, int k) { return likelihood->means(k); }
static int planes_f(const bl_likelihood *likelihood, int k) { return likelihood ? k : 0; }
static int planes_class(const bl_likelihood *likelihood, int k) { return likelihood->is & LIKELIHOOD_CLASSES ? k : 0; }
static int planes_one(const bl_likelihood *likelihood, int k) { return likelihood && k > 0; }
static int planes_confidence(const bl_likelihood *likelihood, int k) {
  return k > 0 && (likelihood->is & LIKELIHOOD_CLASSES) != 0;
}

static void write_mean(double *values, const grid_pixels *p, int plane) {
  for (int i = 0; i < p->n; ++i) values[i] = p->at.mean[i * p->width + plane];
}

static void write_f(double *values, const grid_pixels *p, int plane) {
  for (int i = 0; i < p->n; ++i) values[i] = p->at.f_mean[i * p->k + plane];
}

static void write_variance(double *values, const grid_pixels *p, int plane) {
  for (int i = 0; i < p->n; ++i) values[i] = p->at.f_var[(i * p->k + plane) * p->k + plane];
}

static void write_logit(double *values, const grid_pixels *p, int plane) {
  for (int i = 0; i < p->n; ++i) {
    const int at = i * p->k + plane;
    if (p->link->logit) {
      const double v = p->at.f_var ? p->at.f_var[at * p->k + plane] : 0;
      p->link->logit(&values[i], &p->at.f_mean[at], &v, 1, 1);
    } else {
      const double q = p->at.mean[i * p->width + plane];
      values[i] = p->k == 1 ? vm_log1(q) - vm_log1p1(-q) : vm_log1(q);
    }
  }
}

static void write_epistemic(double *values, const grid_pixels *p, int plane) {
  (void)plane;
  memcpy(values, p->at.epistemic, (size_t)p->n * sizeof(double));
}

static void write_aleatoric(double *values, const grid_pixels *p, int plane) {
  (void)plane;
  memcpy(values, p->at.aleatoric, (size_t)p->n * sizeof(double));
}

static void write_confidence(double *values, const grid_pixels *p, int plane) {
  (void)plane;
  for (int i = 0; i < p->n; ++i) {
    const double *q = p->at.mean + i * p->width;
    values[i] = p->width == 1 && q[0] < 0.5 ? 1 - q[0] : q[0];
    for (int j = 1; j < p->width; ++j) values[i] = q[j] > values[i] ? q[j] : values[i];
  }
}

static const grid_quantity table[] = {
    {"mean", "The prediction: class probabilities, or the mean.", NEED_MEAN, planes_mean, write_mean},
    {"fMean", "The network's output at its best weights.", NEED_F, planes_f, write_f},
    {"fVar", "Variance of the network's output under the posterior.", NEED_V, planes_f, write_variance},
    {"scaledLogit", "The logit the link passes on.", NEED_LOGIT, planes_class, write_logit},
    {"epistemic", "What it does not know: mutual information in nats, or variance.", NEED_SPLIT, planes_one,
     write_epistemic},
    {"aleatoric", "Noise: expected entropy in nats, or noise variance.", NEED_SPLIT, planes_one, write_aleatoric},
    {"confidence", "Probability of the likeliest class.", NEED_MEAN, planes_confidence, write_confidence},
};

int bl_quantity_count(void) { return (int)(sizeof table / sizeof *table); }

const grid_quantity *grid_quantity_row(int id) { return id >= 0 && id < bl_quantity_count() ? &table[id] : NULL; }

const bl_label *quantity_row(int id) { return (const bl_label *)grid_quantity_row(id); }
const char *bl_quantity_name(int id) { return grid_quantity_row(id) ? table[id].name : NULL; }
const char *bl_quantity_about(int id) { return grid_quantity_row(id) ? table[id].about : NULL; }

int bl_quantity_planes(int id, int likelihood, int k) {
  return grid_quantity_row(id) && likelihood_row(likelihood) ? table[id].planes(likelihood_row(likelihood), k) : 0;
}

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
  m.high = ny;
  m.step_x = interpolate ? grid_step(nx) : 1, m.step_y = interpolate ? grid_step(ny) : 1;
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
