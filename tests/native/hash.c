// One number over training, fit, evidence, draws and maps of several small problems: FNV-1a of the bits, in the order
// written here. It must be the same for every compiler and level, in WebAssembly and in every browser;
// tests/helpers/hash.js walks the same path.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bayeslaplace.h"

static uint64_t state = 0xcbf29ce484222325u;

static void add(const void *data, size_t bytes) {
  const unsigned char *at = data;
  for (size_t i = 0; i < bytes; ++i) state = (state ^ at[i]) * 0x100000001b3u;
}

static void add_doubles(const double *x, int n) { add(x, (size_t)n * sizeof *x); }

enum { N = 40, GRID = 9, MOST = 128 };

typedef struct {
  const char *dataset, *activation, *likelihood, *space;
  int hidden, outputs, curvature, last_layer;
} problem;

static const problem problems[] = {
    {"moons", "tanh", "bernoulli", "weight", 6, 1, CURVATURE_GGN, 0},
    {"toyDataMulti", "gelu", "categorical", "function", 5, 4, CURVATURE_GGN, 0},
    {"toyDataNonLinear", "sigmoid", "bernoulli", "weight", 8, 1, CURVATURE_EF, 1},
    {"sinusoid", "silu", "gaussian", "function", 7, 1, CURVATURE_GGN, 1},
    {"snelsonLike", "softplus", "gaussian", "weight", 5, 1, CURVATURE_EF, 0},
};

static int dataset_find(const char *name) {
  int id = 0;
  while (strcmp(bl_dataset_name(id), name) != 0) ++id;
  return id;
}

static int train(bl_net *net, const double *X, const double *y, const char *optimizer, int steps, int batch,
                 bl_arena *s) {
  static const double precision[1] = {0.3}, mean[1] = {0}, sigma[1] = {1};
  bl_prior *prior = NULL;
  bl_trainer *trainer = NULL;
  int status = bl_net_prior_new(&prior, net, precision, 1, mean, 1);
  if (!status) {
    status = bl_trainer_new(&trainer, net, X, y, NULL, N, prior, NULL, sigma, 1, optimizer_find(optimizer), 0, batch,
                            1e-6, 3, s);
  }
  for (int i = 0; i < steps && !status; ++i) status = bl_trainer_step(trainer, s);
  if (!status) {
    const double norm = bl_trainer_gradient_norm(trainer);
    add_doubles(bl_net_theta(net), bl_net_parameter_count(net));
    add_doubles(&norm, 1);
  }
  bl_trainer_free(trainer);
  bl_prior_free(prior);
  return status;
}

static int posterior(const problem *p, const bl_net *net, const double *X, const double *y, int d, bl_arena *s) {
  static const double precision[1] = {0.3}, mean[1] = {0};
  bl_laplace *la = NULL;
  double parts[EVIDENCE_PARTS], draws[2 * MOST], errors[2];
  float map[8 * GRID * GRID];
  const double box[4] = {-3, 3, -3, 3};
  const int count = 2, quantities[2] = {0, 2}, ny = d == 2 ? GRID : 1;
  int status = bl_laplace_new(&la, net, "full", p->space, p->curvature, p->last_layer ? 1 : 0, NULL, 0, 0, 0, 0, 0.0);
  if (!status) status = bl_laplace_set_prior(la, precision, 1, mean, 1, s);
  if (!status) status = bl_laplace_fit(la, net, X, y, NULL, N, 0, s);
  if (!status) status = bl_laplace_evidence(la, parts, s);
  if (!status) status = bl_laplace_sample(la, draws, 2, 5, s);
  if (!status) {
    status = bl_predict_grid(la, map, errors, box, GRID, ny, 0, ny, 0, quantities, count, link_find("probit"), 1e-2, 16,
                             7, s);
  }
  if (!status) {
    int planes = 0;
    for (int q = 0; q < count; ++q) planes += bl_quantity_planes(quantities[q], net->likelihood, p->outputs);
    add_doubles(parts, EVIDENCE_PARTS);
    add_doubles(draws, 2 * bl_laplace_parameter_count(la));
    for (int i = 0; i < planes * GRID * ny; ++i) add(&map[i], sizeof map[i]);
  }
  bl_laplace_free(la);
  return status;
}

static int solve(const problem *p, bl_arena *s) {
  double X[2 * N], y[N], parameters[DATASET_PARAMETERS];
  const int data = dataset_find(p->dataset), d = bl_dataset_inputs(data);
  for (int i = 0; i < bl_dataset_parameter_count(data); ++i) parameters[i] = bl_dataset_parameter_row(data, i)->value;
  const int size[3] = {d, p->hidden, p->outputs};
  bl_net *net = NULL;
  int status = bl_dataset_make(data, X, y, N, parameters, 11);
  if (!status) status = bl_net_new(&net, size, 2, activation_find(p->activation), likelihood_find(p->likelihood), 1);
  if (!status) {
    add_doubles(X, N * d);
    bl_net_init(net, 2);
    status = train(net, X, y, "adam", 3, 8, s);
  }
  if (!status) status = train(net, X, y, "lbfgs", 10, 0, s);
  if (!status) status = train(net, X, y, "lm", 10, 0, s);
  if (!status) status = posterior(p, net, X, y, d, s);
  bl_net_free(net);
  return status;
}

int main(void) {
  bl_arena *scratch = bl_arena_new();
  int status = scratch ? BL_OK : BL_MEMORY;
  for (size_t i = 0; i < sizeof problems / sizeof *problems && !status; ++i) status = solve(&problems[i], scratch);
  bl_arena_free(scratch);
  if (status) printf("%s\n", bl_status_text(status));
  else printf("%016" PRIx64 "\n", state);
  return status;
}
