// grid.c — maps in double precision, written as floats. A pixel's value does not depend on how the map is divided into
// blocks.
#include "grid.h"

#include <limits.h>
#include <string.h>

#include "painter.h"
#include "status.h"
#include "vmath.h"

enum { GRID_BLOCK = 128 };

// What a block of pixels knows; arrays are NULL unless a quantity asks for them.
typedef struct {
  const bl_likelihood *likelihood;
  const bl_link *link;
  int n, k, width;
  bl_prediction at;
} pixels;

enum {
  NEED_MEAN = 1,
  NEED_F = 2,
  NEED_V = 4,
  NEED_SPLIT = 8,
  NEED_LOGIT = 16
};  // the last is one of the first by link

typedef struct {
  const char *name, *about;
  unsigned needs;
  int (*planes)(const bl_likelihood *likelihood, int k);
  void (*write)(double *values, const pixels *p, int plane);  // (n) of one plane
} quantity;

static int planes_mean(const bl_likelihood *likelihood, int k) { return likelihood->means(k); }
static int planes_f(const bl_likelihood *likelihood, int k) { return likelihood ? k : 0; }
static int planes_class(const bl_likelihood *likelihood, int k) { return likelihood->is & LIKELIHOOD_CLASSES ? k : 0; }
static int planes_one(const bl_likelihood *likelihood, int k) { return likelihood && k > 0; }
static int planes_confidence(const bl_likelihood *likelihood, int k) {
  return k > 0 && (likelihood->is & LIKELIHOOD_CLASSES) != 0;
}

static void write_mean(double *values, const pixels *p, int plane) {
  for (int i = 0; i < p->n; ++i) values[i] = p->at.mean[i * p->width + plane];
}

static void write_f(double *values, const pixels *p, int plane) {
  for (int i = 0; i < p->n; ++i) values[i] = p->at.f_mean[i * p->k + plane];
}

static void write_variance(double *values, const pixels *p, int plane) {
  for (int i = 0; i < p->n; ++i) values[i] = p->at.f_var[(i * p->k + plane) * p->k + plane];
}

static void write_logit(double *values, const pixels *p, int plane) {
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

static void write_epistemic(double *values, const pixels *p, int plane) {
  (void)plane;
  memcpy(values, p->at.epistemic, (size_t)p->n * sizeof(double));
}

static void write_aleatoric(double *values, const pixels *p, int plane) {
  (void)plane;
  memcpy(values, p->at.aleatoric, (size_t)p->n * sizeof(double));
}

static void write_confidence(double *values, const pixels *p, int plane) {
  (void)plane;
  for (int i = 0; i < p->n; ++i) {
    const double *q = p->at.mean + i * p->width;
    values[i] = p->width == 1 && q[0] < 0.5 ? 1 - q[0] : q[0];
    for (int j = 1; j < p->width; ++j) values[i] = q[j] > values[i] ? q[j] : values[i];
  }
}

static const quantity rows[] = {
    {"mean", "The prediction: class probabilities, or the mean.", NEED_MEAN, planes_mean, write_mean},
    {"fMean", "The network's output at its best weights.", NEED_F, planes_f, write_f},
    {"fVar", "Variance of the network's output under the posterior.", NEED_V, planes_f, write_variance},
    {"scaledLogit", "The logit the link passes on.", NEED_LOGIT, planes_class, write_logit},
    {"epistemic", "What it does not know: mutual information in nats, or variance.", NEED_SPLIT, planes_one,
     write_epistemic},
    {"aleatoric", "Noise: expected entropy in nats, or noise variance.", NEED_SPLIT, planes_one, write_aleatoric},
    {"confidence", "Probability of the likeliest class.", NEED_MEAN, planes_confidence, write_confidence},
};

int bl_quantity_count(void) { return (int)(sizeof rows / sizeof *rows); }

static const quantity *row_of(int id) { return id >= 0 && id < bl_quantity_count() ? &rows[id] : NULL; }

const char *bl_quantity_name(int id) { return row_of(id) ? rows[id].name : NULL; }
const char *bl_quantity_about(int id) { return row_of(id) ? rows[id].about : NULL; }

int bl_quantity_planes(int id, int likelihood, int k) {
  return row_of(id) && likelihood_row(likelihood) ? rows[id].planes(likelihood_row(likelihood), k) : 0;
}

static double along(double from, double to, int i, int count) {
  if (count == 1) return 0.5 * (from + to);
  return i == count - 1 ? to : from + (to - from) * ((double)i / (count - 1));
}

static void place_pixels(double *X, const double *box, int nx, int ny, int first, int n, int d) {
  for (int i = 0; i < n; ++i) {
    X[i * d] = along(box[0], box[1], (first + i) % nx, nx);
    if (d == 2) X[i * d + 1] = along(box[2], box[3], (first + i) / nx, ny);
  }
}

static unsigned needs_of(const quantity *row, const bl_link *link) {
  if (!(row->needs & NEED_LOGIT)) return row->needs;
  return link->plugin ? NEED_F : link->logit ? NEED_F | NEED_V : NEED_MEAN;
}

static int take_block(bl_prediction *at, unsigned needs, int k, int width, bl_arena *scratch) {
  const int n = GRID_BLOCK;
  *at = (bl_prediction){0};
  if (needs & NEED_MEAN && !(at->mean = arena_doubles(scratch, n, width))) return BL_MEMORY;
  if (needs & NEED_F && !(at->f_mean = arena_doubles(scratch, n, k))) return BL_MEMORY;
  if (needs & NEED_V && !(at->f_var = arena_doubles(scratch, n, k * k))) return BL_MEMORY;
  if (needs & NEED_SPLIT && !(at->epistemic = arena_doubles(scratch, n, 1))) return BL_MEMORY;
  if (needs & NEED_SPLIT && !(at->aleatoric = arena_doubles(scratch, n, 1))) return BL_MEMORY;
  return BL_OK;
}

typedef struct {
  const bl_laplace *la;
  const int *quantities;
  int count, link, samples;
  double seed;
  const double *box;
  int nx, ny;
  unsigned needs;
} map;

// f and V at the pixels listed, in double precision, over what is there
static int redo(const map *m, const pixels *p, const bl_hess *h, double *f, double *V, const double *X, const int *list,
                int count, bl_arena *scratch) {
  const int d = net_inputs(laplace_net(m->la)), k = p->k;
  const size_t kk = (size_t)(k * k);
  double *x = arena_doubles(scratch, count, d), *g = arena_doubles(scratch, count, k);
  double *W = arena_doubles(scratch, count, k * k);
  if (!x || !g || !W) return BL_MEMORY;
  for (int i = 0; i < count; ++i) memcpy(x + i * d, X + list[i] * d, (size_t)d * sizeof *x);
  const bl_prediction out = {.f_mean = g, .f_var = W};
  const int status = predict_glm(m->la, h, &out, x, count, m->link, 0, m->samples, m->seed, scratch);
  for (int i = 0; i < count && status == BL_OK; ++i) {
    memcpy(f + list[i] * k, g + i * k, (size_t)k * sizeof *f);
    memcpy(V + (size_t)list[i] * kk, W + (size_t)i * kk, kk * sizeof *V);
  }
  return status;
}

// A block in single precision, but for the pixels where the rounding that costs exceeds what is left of the tolerance.
static int paint_single(const map *m, pixels *p, const bl_painter *painter, const bl_hess *h, double *bound,
                        double allowed, const double *X, bl_arena *scratch) {
  const bl_mark mark = bl_arena_mark(scratch);
  double *f = arena_doubles(scratch, p->n, p->k), *V = arena_doubles(scratch, p->n, p->k * p->k);
  double *lost = arena_doubles(scratch, p->n, 1);
  int *list = arena_ints(scratch, p->n, 1), count = 0;
  int status = f && V && lost && list ? painter_block(painter, f, V, lost, X, p->n, scratch) : BL_MEMORY;
  for (int i = 0; i < p->n && status == BL_OK; ++i) {
    if (!(lost[i] <= allowed)) list[count++] = i;
    else if (lost[i] > *bound) *bound = lost[i];
  }
  if (status == BL_OK && count > 0) status = redo(m, p, h, f, V, X, list, count, scratch);
  if (status == BL_OK) {
    if (p->at.f_mean) memcpy(p->at.f_mean, f, (size_t)(p->n * p->k) * sizeof *f);
    if (p->at.f_var) memcpy(p->at.f_var, V, (size_t)(p->n * p->k * p->k) * sizeof *V);
    status = predict_moments(m->la, &p->at, f, V, p->n, m->link, m->samples, m->seed, scratch);
  }
  bl_arena_release(scratch, mark);
  return status;
}

// rounding: the largest bound of a pixel in single precision; allowed < 0: none is tried
static int paint(const map *m, pixels *p, float *out, const bl_hess *h, double *rounding, double allowed,
                 bl_arena *scratch) {
  const int d = net_inputs(laplace_net(m->la)), size = m->nx * m->ny;
  const bl_mark mark = bl_arena_mark(scratch);
  bl_painter *painter = NULL;
  *rounding = 0;
  const int made = allowed > 0 ? painter_make(&painter, h, laplace_net(m->la)->theta, scratch) : BL_OK;
  if (made != BL_OK) return made;
  double *X = arena_doubles(scratch, GRID_BLOCK, d), *values = arena_doubles(scratch, GRID_BLOCK, 1);
  int status = X && values ? take_block(&p->at, m->needs, p->k, p->width, scratch) : BL_MEMORY;
  for (int first = 0; first < size && status == BL_OK; first += GRID_BLOCK) {
    p->n = size - first < GRID_BLOCK ? size - first : GRID_BLOCK;
    place_pixels(X, m->box, m->nx, m->ny, first, p->n, d);
    status = painter ? paint_single(m, p, painter, h, rounding, allowed, X, scratch)
                     : predict_glm(m->la, h, &p->at, X, p->n, m->link, 0, m->samples, m->seed, scratch);
    float *plane = out + first;
    for (int q = 0; q < m->count && status == BL_OK; ++q) {
      const quantity *row = &rows[m->quantities[q]];
      for (int c = 0; c < row->planes(p->likelihood, p->k); ++c, plane += size) {
        row->write(values, p, c);
        for (int i = 0; i < p->n; ++i) plane[i] = (float)values[i];
      }
    }
  }
  bl_arena_release(scratch, mark);
  return status;
}

double bl_grid_work(const bl_laplace *la, int nx, int ny) {
  const bl_hess *h = laplace_hess(la);
  return h ? (double)nx * ny * h->k * h->rank * (h->rank + 2.0 * hess_width(&h->active)) : 0.0;
}

// Through a sketch of the posterior where the tolerance allows one and the map is large enough to repay it, in single
// precision where that is allowed too; through the posterior itself where the sketch, after painting, turns out to have
// lost more to rounding than was allowed.
static int paint_within(const map *m, pixels *p, float *out, double *bound, double tolerance, bl_arena *scratch) {
  const bl_hess *h = laplace_hess(m->la);
  const int varied = m->needs & (NEED_V | NEED_MEAN | NEED_SPLIT) && !p->link->plugin;
  const int fast = tolerance > 0 && varied && m->nx * m->ny >= GRID_BLOCK;
  double rounding = 0;
  if (fast) {
    bl_hess sketch;
    int status = hess_sketch(&sketch, h, h->s, h->prior, 0.75 * tolerance, 0, scratch);
    if (status == BL_OK) {
      status = paint(m, p, out, &sketch, &rounding, tolerance - sketch.slack, scratch);
      *bound = hess_bound(&sketch) + rounding;
      hess_release(&sketch);
      if (status != BL_OK || *bound <= tolerance) return status;
    } else if (status != BL_UNSUPPORTED) {
      return status;
    }
  }
  const double slack = hess_bound(h);
  const int status = paint(m, p, out, h, &rounding, fast ? tolerance - slack : -1, scratch);
  *bound = slack + rounding;
  return status;
}

int bl_predict_grid(const bl_laplace *la, float *out, double *error_bound, const double *box, int nx, int ny,
                    const int *quantities, int count, int link, double tolerance, int samples, double seed,
                    bl_arena *scratch) {
  if (!bl_laplace_fitted(la)) return BL_NOT_FITTED;
  const bl_net *net = laplace_net(la);
  const int d = net_inputs(net), k = net_outputs(net);
  pixels p = {.likelihood = likelihood_row(net->likelihood), .link = link_row(link), .k = k};
  p.width = p.likelihood->means(k);
  if (!p.link || nx < 1 || ny < 1 || !(tolerance >= 0) || count < 1) return BL_OPTION;
  if (d > 2 || (d == 1 && ny != 1)) return BL_SHAPE;
  if (nx > INT_MAX / ny) return BL_MEMORY;
  map m = {la, quantities, count, link, samples, seed, box, nx, ny, 0};
  for (int q = 0; q < count; ++q) {
    if (!row_of(quantities[q])) return BL_OPTION;
    if (!rows[quantities[q]].planes(p.likelihood, k)) return BL_UNSUPPORTED;
    m.needs |= needs_of(&rows[quantities[q]], p.link);
  }
  double bound = 0;
  const int status = paint_within(&m, &p, out, &bound, tolerance, scratch);
  if (status == BL_OK && error_bound) *error_bound = bound;
  return status;
}
