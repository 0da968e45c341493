// optim.c — the table of optimizers: one file each, collected by the build into optimizer_rows.h.
#include "optim.h"

#include <math.h>

#include "kernels.h"
#include "table.h"

#define BL_ROW(name) extern const bl_optimizer optimizer_##name;
#include "optimizer_rows.h"
#undef BL_ROW

#define BL_ROW(name) &optimizer_##name,
static const bl_optimizer *const rows[] = {
#include "optimizer_rows.h"
};
#undef BL_ROW

BL_TABLE(bl_optimizer, optimizer, BL_COUNT(rows), rows[id])

double bl_optimizer_learning_rate(int id) { return optimizer_row(id) ? rows[id]->learning_rate : 0; }
int bl_optimizer_stochastic(int id) { return optimizer_row(id) ? rows[id]->stochastic : 0; }

// A Gauss–Newton factor costs min(p, n·k)³; past this bound plain L-BFGS is cheaper.
enum { AFFORDABLE = 1200 };

int bl_optimizer_auto(const bl_net *net, int n) {
  const double rows_of_data = (double)n * net_outputs(net);
  const double smaller = rows_of_data < net->p ? rows_of_data : net->p;
  return optimizer_find(smaller <= AFFORDABLE ? "glbfgs" : "lbfgs");
}

double optim_norm(const double *x, int n) { return sqrt(k_dot(x, x, n)); }

int optim_far(const bl_search *search, double norm) { return norm > search->floor && norm < 1e18; }

int optim_evaluate(bl_search *search, double *value, double *gradient, const double *theta, bl_arena *scratch) {
  search->evaluations++;
  return objective(search->problem, value, gradient, theta, NULL, 0, 1, scratch);
}

int optim_start(bl_search *search, double *gradient, bl_arena *scratch) {
  const int p = search->problem->net->p;
  const bl_mark mark = bl_arena_mark(scratch);
  double value, *rough = arena_doubles(scratch, p, 1);
  int status = rough ? optim_evaluate(search, &search->value, gradient, search->theta, scratch) : BL_MEMORY;
  if (status == BL_OK) {
    const double norm = search->gradient_norm = optim_norm(gradient, p), near = 1e-3 * sqrt(p);
    search->floor = near > 1e-4 * norm ? near : 1e-4 * norm;
    if ((search->problem->single = optim_far(search, norm))) {
      status = optim_evaluate(search, &value, rough, search->theta, scratch);
      k_axpy(rough, -1, gradient, p);
      const double noise = status == BL_OK ? 100 * optim_norm(rough, p) : 1e18;
      if (noise > search->floor) search->floor = noise;
      search->problem->single = optim_far(search, norm);
      if (status == BL_DIVERGED) status = BL_OK;
    }
  }
  bl_arena_release(scratch, mark);
  return status;
}

int optim_curvature(bl_hess *hess, const bl_active *active, const bl_search *search, bl_arena *scratch) {
  const bl_problem *problem = search->problem;
  const bl_anchor *anchor = problem->anchor;
  const bl_hess_options none = {0};
  const int k = net_outputs(problem->net);
  const unsigned needs = STRUCTURE_DIAG_PRIOR | (anchor ? STRUCTURE_DENSE : 0);
  double loss = 0;
  hess_release(hess);
  const int row = structure_find("full", "auto", needs, active, problem->data.n, k);
  int status = hess_init(hess, structure_row(row), active, k, &none);
  if (status == BL_OK)
    status = curvature_sweep(hess, &loss, NULL, search->theta, &problem->data, CURVATURE_GGN, problem->precision, 1,
                             scratch);
  if (status == BL_OK && anchor) status = hess_merge(hess, &anchor->hess, anchor->c / problem->s, scratch);
  return status;
}
