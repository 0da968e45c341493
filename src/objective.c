// objective.c — E(θ) = s·Σ wₙ lₙ + share·½(θ − μ0)ᵀP0(θ − μ0) and ∇E = s·Σ wₙ JᵀΔ + share·P0(θ − μ0), in blocks of the
// batch. A block's gradient is DᵀA per layer: the seed of the backward pass is the gradient of the loss in f.
#include "objective.h"

#include <string.h>

#include "likelihood.h"
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
  bl_tape tape;
  int status = mlp_forward(&tape, net, theta, b->X, b->n, gradient != NULL, scratch);
  if (status != BL_OK) return status;
  double *loss = arena_doubles(scratch, b->n, 1), *seed = gradient ? arena_doubles(scratch, b->n, k) : NULL;
  if (!loss || (gradient && !seed)) return BL_MEMORY;
  likelihood_row(net->likelihood)->loss(loss, seed, tape.f, b->y, problem->precision, b->n, k);
  for (int i = 0; i < b->n; ++i) *value += problem->s * (b->weight ? b->weight[i] : 1) * loss[i];
  if (!gradient) return BL_OK;
  for (int i = 0; i < b->n; ++i) {
    const double scale = problem->s * (b->weight ? b->weight[i] : 1);
    for (int j = 0; j < k; ++j) seed[i * k + j] *= scale;
  }
  bl_active active;
  bl_rows rows;
  status = active_init(&active, net, 0, NULL, 0);
  if (status == BL_OK) status = rows_of(&rows, &active, &tape, theta, seed, 1, scratch);
  if (status == BL_OK) rows_sum(&active, gradient, &rows, NULL);
  return status;
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
  const bl_prior *prior = problem->prior;
  sum += 0.5 * share * prior_scatter(prior, theta);
  if (gradient) {
    const v2d weight = {share, share};
    int i = 0;
    for (; i + 2 <= p; i += 2) {
      const v2d pull = vm_load(prior->diag + i) * (vm_load(theta + i) - vm_load(prior->mean + i));
      vm_store(gradient + i, vm_load(gradient + i) + weight * pull);
    }
    if (i < p) gradient[i] += share * (prior->diag[i] * (theta[i] - prior->mean[i]));
  }
  if (problem->anchor) {
    double *away = arena_doubles(scratch, p, 1), pull = 0;
    if (!away) return BL_MEMORY;
    for (int i = 0; i < p; ++i) away[i] = theta[i] - prior->mean[i];
    status = anchor_pull(problem->anchor, &pull, gradient, away, share, scratch);
    bl_arena_release(scratch, mark);
    if (status != BL_OK) return status;
    sum += 0.5 * share * pull;
  }
  *value = sum;
  if (!vm_finite(sum) || (gradient && vm_first_bad(gradient, p) >= 0)) return BL_DIVERGED;
  return BL_OK;
}

int objective_log_likelihood(const bl_problem *problem, double *value, const double *theta, bl_arena *scratch) {
  const bl_net *net = problem->net;
  const int k = net_outputs(net), n = problem->data.n;
  const bl_likelihood *likelihood = likelihood_row(net->likelihood);
  const bl_mark mark = bl_arena_mark(scratch);
  double *f = arena_doubles(scratch, n, k), *loss = arena_doubles(scratch, n, 1), *c = arena_doubles(scratch, n, 1);
  int status = f && loss && c ? mlp_outputs(net, theta, f, problem->data.X, n, scratch) : BL_MEMORY;
  if (status == BL_OK) {
    likelihood->loss(loss, NULL, f, problem->data.y, problem->precision, n, k);
    likelihood->constant(c, problem->data.y, problem->sigma, problem->precision, n, k);
    *value = 0;
    for (int i = 0; i < n; ++i) {
      *value -= (problem->data.weight ? problem->data.weight[i] : 1) * (problem->s * loss[i] + c[i]);
    }
  }
  bl_arena_release(scratch, mark);
  return status;
}
