// objective.c — E(θ) = s·Σ wₙ lₙ + share·½(θ − μ0)ᵀP0(θ − μ0) and ∇E = s·Σ wₙ JᵀΔ + share·P0(θ − μ0), in blocks of the
// batch. The seed of the backward pass is the gradient of the loss in f.
#include "objective.h"

#include <string.h>

#include "likelihood.h"
#include "panels.h"
#include "status.h"
#include "vmath.h"

// The examples of one block: views of the data, or copies when a list picks them.
typedef struct {
  const double *X, *y, *weight;
  int n;
} block;

static int gather(block *b, const bl_problem *problem, const int *rows, int from, int count, bl_arena *scratch) {
  const bl_net *net = problem->net;
  const size_t d = (size_t)net_inputs(net), t = (size_t)likelihood_row(net->likelihood)->targets(net_outputs(net));
  const bl_data *data = &problem->data;
  if (!rows) {
    const size_t at = (size_t)from;
    *b = (block){data->X + at * d, data->y + at * t, data->weight ? data->weight + at : NULL, count};
    return BL_OK;
  }
  double *X = arena_doubles(scratch, count, (int)d), *y = arena_doubles(scratch, count, (int)t);
  double *w = data->weight ? arena_doubles(scratch, count, 1) : NULL;
  if (!X || !y || (data->weight && !w)) return BL_MEMORY;
  for (size_t i = 0; i < (size_t)count; ++i) {
    const size_t at = (size_t)rows[from + (int)i];
    memcpy(X + i * d, data->X + at * d, d * sizeof(double));
    memcpy(y + i * t, data->y + at * t, t * sizeof(double));
    if (w) w[i] = data->weight[at];
  }
  *b = (block){X, y, w, count};
  return BL_OK;
}

static int add_block(const bl_problem *problem, double *value, double *gradient, const double *theta, const block *b,
                     bl_arena *scratch) {
  const bl_net *net = problem->net;
  const int k = net_outputs(net);
  panel_net packed;
  panel_pass pass;
  double *f = arena_doubles(scratch, b->n, k), *loss = arena_doubles(scratch, b->n, 1);
  double *seed = gradient ? arena_doubles(scratch, b->n, k) : NULL;
  if (!f || !loss || (gradient && !seed)) return BL_MEMORY;
  int status = panel_net_make(&packed, net, 0, theta, problem->single, scratch);
  if (status == BL_OK) status = panel_forward(&pass, &packed, b->X, b->n, gradient ? scratch : NULL, scratch);
  if (status != BL_OK) return status;
  panel_outputs(f, &packed, &pass, b->n);
  likelihood_row(net->likelihood)->loss(loss, seed, f, b->y, problem->precision, b->n, k);
  for (int i = 0; i < b->n; ++i) *value += problem->s * (b->weight ? b->weight[i] : 1) * loss[i];
  if (!gradient) return BL_OK;
  for (int i = 0; i < b->n; ++i) {
    const double scale = problem->s * (b->weight ? b->weight[i] : 1);
    for (int j = 0; j < k; ++j) seed[i * k + j] *= scale;
  }
  return panel_gradient(gradient, &packed, &pass, seed, b->n, scratch);
}

int objective(const bl_problem *problem, double *value, double *gradient, const double *theta, const int *rows,
              int count, double share, bl_arena *scratch) {
  const int p = problem->net->p, n = rows ? count : problem->data.n;
  double sum = 0;
  if (gradient) memset(gradient, 0, (size_t)p * sizeof(double));
  const bl_mark mark = bl_arena_mark(scratch);
  int status = BL_OK;
  for (int from = 0; from < n && status == BL_OK; from += MLP_BLOCK) {
    block b;
    status = gather(&b, problem, rows, from, n - from < MLP_BLOCK ? n - from : MLP_BLOCK, scratch);
    if (status == BL_OK) status = add_block(problem, &sum, gradient, theta, &b, scratch);
    bl_arena_release(scratch, mark);
  }
  if (status != BL_OK) return status;
  if (share > 0) {
    const bl_prior *prior = problem->prior;
    double *away = arena_doubles(scratch, p, 1);
    if (!away) return BL_MEMORY;
    for (int i = 0; i < p; ++i) {
      away[i] = theta[i] - prior->mean[i];
      if (gradient) gradient[i] += share * (prior->diag[i] * away[i]);
    }
    double pull = prior_scatter(prior, away);
    if (problem->anchor) status = anchor_pull(problem->anchor, &pull, gradient, away, share, scratch);
    bl_arena_release(scratch, mark);
    if (status != BL_OK) return status;
    sum += 0.5 * share * pull;
  }
  *value = sum;
  if (share > 0 && (!vm_finite(sum) || (gradient && vm_first_bad(gradient, p) >= 0))) return BL_DIVERGED;
  return BL_OK;
}

int objective_constant(const bl_problem *problem, double *sum, bl_arena *scratch) {
  const bl_net *net = problem->net;
  const int n = problem->data.n;
  const bl_mark mark = bl_arena_mark(scratch);
  double *c = arena_doubles(scratch, n, 1);
  if (!c) return BL_MEMORY;
  likelihood_row(net->likelihood)
      ->constant(c, problem->data.y, problem->sigma, problem->precision, n, net_outputs(net));
  *sum = 0;
  for (int i = 0; i < n; ++i) *sum += (problem->data.weight ? problem->data.weight[i] : 1) * c[i];
  bl_arena_release(scratch, mark);
  return BL_OK;
}

int objective_log_likelihood(const bl_problem *problem, double *value, const double *theta, bl_arena *scratch) {
  double constant;
  int status = objective(problem, value, NULL, theta, NULL, 0, 0, scratch);
  if (status == BL_OK) status = objective_constant(problem, &constant, scratch);
  if (status == BL_OK) *value = -*value - constant;
  return status;
}
