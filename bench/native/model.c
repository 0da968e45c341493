// model.c — loss with gradient, the fit, and maps of the variance: exact in double precision, exact in single precision
// (painter.h, where its bound admits it), and certified.
//
// Operations of an exact map, a pixel, one output, r rows: forward Σ 2·in·out, backward Σ_{l≥1} 2·in·out, inner
// products Σ 2r(in + out), their product and sum 4r a layer, prior variance Σ 2(in + out), the triangle r² + r, its
// norm 2r.
#include "model.h"

#include <string.h>

#include "../../src/bayeslaplace.h"

enum { BLOCK = 128, MOST = 1 << 16 };

struct bench_model {
  bl_net *net;
  bl_prior *prior;
  bl_laplace *la;
  bl_arena *scratch;
  double *X, *y, *gradient, *pixels;
  float *map;
  double box[4], bound, admitted;
  int n, side, turn;
};

static int find(const char *name, int count, const char *(*name_of)(int)) {
  for (int i = 0; i < count; ++i)
    if (strcmp(name_of(i), name) == 0) return i;
  return -1;
}

static double run_gradient(bench_model *m) {
  const double sigma = 1;
  const int status =
      bl_net_gradient(m->net, m->gradient, m->X, m->y, NULL, m->n, m->prior, NULL, &sigma, 1, m->scratch);
  return status == BL_OK ? m->gradient[0] : 0.0 / 0.0;
}

static double run_fit(bench_model *m) {
  return bl_laplace_fit(m->la, m->net, m->X, m->y, NULL, m->n, 0, m->scratch) == BL_OK ? 0 : 0.0 / 0.0;
}

// Of a box a hair wider each time, so that nothing is known of the pixels from the map before
static double paint(bench_model *m, double tolerance) {
  static const int quantities[2] = {1, 2};  // fMean, fVar
  double errors[2], box[4];
  memcpy(box, m->box, sizeof box);
  box[1] += 0x1p-40 * ++m->turn;
  const int status = bl_predict_grid(m->la, m->map, errors, box, m->side, m->side, 0, m->side, 0, quantities, 2,
                                     link_find("probit"), tolerance, 100, 0, m->scratch);
  m->bound = errors[0];
  return status == BL_OK ? (double)m->map[m->side * m->side] : 0.0 / 0.0;
}

static double run_exact(bench_model *m) { return paint(m, 0); }
static double run_certified_2(bench_model *m) { return paint(m, 1e-2); }
static double run_certified_3(bench_model *m) { return paint(m, 1e-3); }

// every pixel in single precision; `admitted` says how many of them a map at tolerance 1e-2 would paint so
static double run_single(bench_model *m) {
  const bl_mark mark = bl_arena_mark(m->scratch);
  const bl_hess *h = laplace_hess(m->la);
  const int size = m->side * m->side;
  bl_painter *painter = NULL;
  double f[BLOCK], V[BLOCK], lost[BLOCK];
  bl_view view;
  int status = painter_view(&view, h, 0, m->scratch), admitted = 0;
  if (status == BL_OK) status = painter_make(&painter, h, &view, m->net->theta, 1, NULL, m->scratch);
  m->bound = 0;
  for (int first = 0; first < size && status == BL_OK; first += BLOCK) {
    const int n = size - first < BLOCK ? size - first : BLOCK;
    status = painter_block(painter, f, V, lost, m->pixels + 2 * first, NULL, n, m->scratch);
    for (int i = 0; i < n; ++i) {
      m->map[first + i] = (float)f[i], m->map[size + first + i] = (float)V[i];
      admitted += lost[i] <= 1e-2;
      if (lost[i] > m->bound) m->bound = lost[i];
    }
  }
  m->admitted = (double)admitted / size;
  bl_arena_release(m->scratch, mark);
  return status == BL_OK && painter ? (double)m->map[size] : 0.0 / 0.0;
}

typedef struct {
  const char *name;
  double (*run)(bench_model *m);
} task_row;

static const task_row rows[] = {
    {"loss and gradient", run_gradient},
    {"fit", run_fit},
    {"exact map f64", run_exact},
    {"exact map f32", run_single},
    {"certified map 1e-2", run_certified_2},
    {"certified map 1e-3", run_certified_3},
};

static const task_row *row_of(int task) {
  return task >= 0 && task < (int)(sizeof rows / sizeof *rows) ? &rows[task] : NULL;
}

const char *bench_model_name(int task) { return row_of(task) ? row_of(task)->name : NULL; }

double bench_model_run(bench_model *m, int task, int rounds) {
  double sum = 0;
  for (int i = 0; i < rounds && row_of(task); ++i) sum += row_of(task)->run(m);
  return sum;
}

double bench_model_work(const bench_model *m) {
  const double r = m->n;
  double work = r * r + r + 2 * r;
  for (int l = 0; l < m->net->layers; ++l) {
    const double in = m->net->size[l], out = m->net->size[l + 1];
    work += (l > 0 ? 4 : 2) * in * out + 2 * (r + 1) * (in + out) + 4 * r;
  }
  return work * m->side * m->side;
}

double bench_model_pivots(bench_model *m, double tolerance) {
  bl_hess sketch;
  const bl_hess *h = laplace_hess(m->la);
  const bl_mark mark = bl_arena_mark(m->scratch);
  bl_view view;
  int pivots = 0;
  if (hess_sketch(&sketch, h, h->s, h->prior, SKETCH_SHARE * tolerance, 0, m->scratch) == BL_OK) {
    if (sketch.is->view(&sketch, VIEW_SHARE * tolerance, &view, m->scratch) == BL_OK) pivots = view.rows.n;
    hess_release(&sketch);
  }
  bl_arena_release(m->scratch, mark);
  return pivots;
}

double bench_model_admitted(const bench_model *m) { return m->admitted; }
double bench_model_bound(const bench_model *m) { return m->bound; }
float *bench_model_map(bench_model *m) { return m->map; }

void bench_model_box(bench_model *m, double x0, double x1, double y0, double y1, int side) {
  const double box[4] = {x0, x1, y0, y1};
  memcpy(m->box, box, sizeof box);
  m->side = side * side <= MOST ? side : 256;
  for (int i = 0; i < m->side * m->side; ++i) {
    m->pixels[2 * i] = x0 + (x1 - x0) * (double)(i % m->side) / (m->side - 1);
    m->pixels[2 * i + 1] = y0 + (y1 - y0) * (double)(i / m->side) / (m->side - 1);
  }
}

bench_model *bench_model_new(const int *sizes, int layers, const char *activation, const char *likelihood,
                             const double *theta, const double *X, const double *y, int n, double precision) {
  bench_model *m = bl_alloc(1, sizeof *m);
  if (!m) return NULL;
  const double zero = 0;
  m->n = n;
  m->scratch = bl_arena_new();
  int status = m->scratch ? BL_OK : BL_MEMORY;
  if (status == BL_OK) {
    status = bl_net_new(&m->net, sizes, layers, find(activation, bl_activation_count(), bl_activation_name),
                        find(likelihood, bl_likelihood_count(), bl_likelihood_name), 1);
  }
  if (status == BL_OK) {
    m->X = bl_alloc_doubles(n, sizes[0]), m->y = bl_alloc_doubles(n, 1);
    m->gradient = bl_alloc_doubles(m->net->p, 1), m->pixels = bl_alloc_doubles(MOST, 2);
    m->map = bl_alloc(2 * MOST, sizeof(float));
    status = m->X && m->y && m->gradient && m->pixels && m->map ? BL_OK : BL_MEMORY;
  }
  if (status == BL_OK) {
    memcpy(m->net->theta, theta, (size_t)m->net->p * sizeof *theta);
    memcpy(m->X, X, (size_t)n * (size_t)sizes[0] * sizeof *X);
    memcpy(m->y, y, (size_t)n * sizeof *y);
    status = bl_net_prior_new(&m->prior, m->net, &precision, 1, &zero, 1);
  }
  if (status == BL_OK)
    status = bl_laplace_new(&m->la, m->net, "full", "function", CURVATURE_GGN, 0, NULL, 0, 0, 0, 0, 0);
  if (status == BL_OK) status = bl_laplace_set_prior(m->la, &precision, 1, &zero, 1, m->scratch);
  if (status == BL_OK) status = bl_laplace_fit(m->la, m->net, X, y, NULL, n, 0, m->scratch);
  if (status != BL_OK) {
    bench_model_free(m);
    return NULL;
  }
  bench_model_box(m, -3, 4, -3.5, 3.5, 100);
  return m;
}

void bench_model_free(bench_model *m) {
  if (!m) return;
  double *const arrays[] = {m->X, m->y, m->gradient, m->pixels};
  for (int i = 0; i < 4; ++i) bl_free(arrays[i]);
  bl_free(m->map);
  bl_laplace_free(m->la);
  bl_prior_free(m->prior);
  bl_net_free(m->net);
  bl_arena_free(m->scratch);
  bl_free(m);
}
