// train.c — the trainer: copies of data and prior, one optimizer, and the test for having arrived.
#include "train.h"

#include <math.h>
#include <string.h>

#include "likelihood.h"
#include "status.h"
#include "vmath.h"

struct bl_trainer {
  bl_net *net;         // borrowed: receives the iterate
  bl_problem problem;  // views of the arrays below
  double *X, *y, *weight, *precision;
  bl_prior *prior;
  bl_anchor *anchor;  // or NULL
  double *theta;      // (p) the iterate
  bl_search search;
  bl_optim optim;
  double tolerance;
  int iterations;
};

// s, σ and the precision per output from one σ, or one per output; precision (k) is written in the second case
static int set_noise(bl_problem *problem, double *precision, const double *sigma, int count) {
  const int k = net_outputs(problem->net);
  if (count != 1 && count != k) return BL_SHAPE;
  for (int j = 0; j < count; ++j) {
    if (!(vm_finite(sigma[j]) && sigma[j] > 0)) return BL_OPTION;
  }
  const int takes = (likelihood_row(problem->net->likelihood)->is & LIKELIHOOD_SIGMA) != 0;
  for (int j = 0; !takes && j < count; ++j) {
    if (sigma[j] < 1 || sigma[j] > 1) return BL_OPTION;
  }
  problem->sigma = count == 1 ? sigma[0] : 1;
  problem->s = 1 / (problem->sigma * problem->sigma);
  problem->precision = count == 1 ? NULL : precision;
  for (int j = 0; count > 1 && j < k; ++j) precision[j] = 1 / (sigma[j] * sigma[j]);
  return BL_OK;
}

static int check_data(const bl_net *net, const double *X, const double *y, const double *weight, int n) {
  const int d = net_inputs(net), k = net_outputs(net);
  if (n < 1) return BL_SHAPE;
  if (vm_first_bad(X, n * d) >= 0 || (weight && vm_first_bad(weight, n) >= 0)) return BL_NOT_FINITE;
  for (int i = 0; weight && i < n; ++i) {
    if (weight[i] < 0) return BL_OPTION;
  }
  return likelihood_row(net->likelihood)->check(y, n, k) >= 0 ? BL_LABEL : BL_OK;
}

static double *copy_of(const double *source, int rows, int columns) {
  double *copy = bl_alloc_doubles(rows, columns);
  return copy ? memcpy(copy, source, (size_t)rows * (size_t)columns * sizeof(double)) : NULL;
}

static int fill(bl_trainer *t, const double *X, const double *y, const double *weight, int n, const bl_prior *prior,
                const bl_anchor *anchor, const double *sigma, int sigma_count, bl_arena *scratch) {
  bl_net *net = t->net;
  const int d = net_inputs(net), k = net_outputs(net), targets = likelihood_row(net->likelihood)->targets(k);
  t->X = copy_of(X, n, d);
  t->y = copy_of(y, n, targets);
  t->weight = weight ? copy_of(weight, n, 1) : NULL;
  t->precision = bl_alloc_doubles(k, 1);
  t->theta = copy_of(net->theta, net->p, 1);
  if (!t->X || !t->y || (weight && !t->weight) || !t->precision || !t->theta) return BL_MEMORY;
  bl_active active;
  int status = prior_clone(&t->prior, prior);
  if (status == BL_OK && anchor) status = active_init(&active, net, 0, NULL, 0);
  if (status == BL_OK && anchor) status = anchor_clone(&t->anchor, anchor, &active, scratch);
  if (status != BL_OK) return status;
  t->problem = (bl_problem){.net = net, .data = {t->X, t->y, t->weight, n}, .prior = t->prior, .anchor = t->anchor};
  return set_noise(&t->problem, t->precision, sigma, sigma_count);
}

int bl_trainer_new(bl_trainer **out, bl_net *net, const double *X, const double *y, const double *weight, int n,
                   const bl_prior *prior, const bl_anchor *anchor, const double *sigma, int sigma_count, int optimizer,
                   double learning_rate, int batch, double tolerance, double seed, bl_arena *scratch) {
  const bl_optimizer *row = optimizer_row(optimizer);
  if (anchor && anchor->hess.p != net->p) return BL_UNSUPPORTED;
  if (!row || prior->p != net->p || !(learning_rate >= 0) || batch < 0 || !(tolerance >= 0)) return BL_OPTION;
  int status = check_data(net, X, y, weight, n);
  if (status != BL_OK) return status;
  bl_trainer *t = bl_alloc(1, sizeof *t);
  if (!t) return BL_MEMORY;
  t->net = net;
  t->tolerance = tolerance;
  t->optim.is = row;
  status = fill(t, X, y, weight, n, prior, anchor, sigma, sigma_count, scratch);
  if (status == BL_OK) {
    t->search = (bl_search){.problem = &t->problem, .theta = t->theta, .batch = batch};
    t->search.learning_rate = learning_rate > 0 ? learning_rate : row->learning_rate;
    rng_seed(&t->search.rng, seed, 0);
    status = row->init(&t->optim, &t->search, scratch);
  }
  if (status != BL_OK) {
    bl_trainer_free(t);
    return status;
  }
  *out = t;
  return BL_OK;
}

void bl_trainer_free(bl_trainer *trainer) {
  if (!trainer) return;
  trainer->optim.is->release(&trainer->optim);
  bl_prior_free(trainer->prior);
  bl_anchor_free(trainer->anchor);
  bl_free(trainer->X);
  bl_free(trainer->y);
  bl_free(trainer->weight);
  bl_free(trainer->precision);
  bl_free(trainer->theta);
  bl_free(trainer);
}

int bl_trainer_step(bl_trainer *trainer, bl_arena *scratch) {
  const int status = trainer->optim.is->step(&trainer->optim, &trainer->search, scratch);
  if (status != BL_OK) return status;
  trainer->iterations++;
  memcpy(trainer->net->theta, trainer->theta, (size_t)trainer->net->p * sizeof(double));
  return BL_OK;
}

int bl_trainer_converged(const bl_trainer *trainer) {
  const double goal = trainer->tolerance * sqrt(trainer->net->p), norm = trainer->search.gradient_norm;
  return norm <= goal || (trainer->search.flat && norm <= 1e3 * goal);
}

int bl_trainer_flat(const bl_trainer *trainer) { return trainer->search.flat; }
int bl_trainer_iterations(const bl_trainer *trainer) { return trainer->iterations; }
int bl_trainer_evaluations(const bl_trainer *trainer) { return trainer->search.evaluations; }
double bl_trainer_gradient_norm(const bl_trainer *trainer) { return trainer->search.gradient_norm; }
double bl_trainer_objective(const bl_trainer *trainer) { return trainer->search.value; }

// A coordinate of precision 0 has an improper prior, without a normalising constant: it counts as 0.
int bl_trainer_log_joint(const bl_trainer *t, double *values, bl_arena *scratch) {
  const bl_prior *prior = t->prior;
  const bl_mark mark = bl_arena_mark(scratch);
  double constant, *gradient = arena_doubles(scratch, prior->p, 1);
  bl_problem problem = t->problem;
  problem.single = 0;
  values[1] = t->search.value, values[2] = t->search.gradient_norm;
  int status = gradient ? objective_constant(&problem, &constant, scratch) : BL_MEMORY;
  if (status == BL_OK && t->search.rough) {
    status = objective(&problem, &values[1], gradient, t->theta, NULL, 0, 1, scratch);
    values[2] = optim_norm(gradient, prior->p);
  }
  bl_arena_release(scratch, mark);
  if (status != BL_OK) return status;
  values[0] = -values[1] - constant + (t->anchor ? 0.5 * t->anchor->log_det : 0);
  for (int i = 0; i < prior->p; ++i) {
    if (prior->diag[i] > 0) values[0] += 0.5 * (vm_log1(prior->diag[i]) - BL_LOG_2PI);
  }
  return BL_OK;
}

// The problem the one-shot calls evaluate: views of the caller's arrays.
static int view(bl_problem *problem, double **precision, const bl_net *net, const double *X, const double *y,
                const double *weight, int n, const bl_prior *prior, const double *sigma, int sigma_count,
                bl_arena *scratch) {
  const int status = check_data(net, X, y, weight, n);
  if (status != BL_OK) return status;
  *problem = (bl_problem){.net = net, .data = {X, y, weight, n}, .prior = prior};
  *precision = arena_doubles(scratch, net_outputs(net), 1);
  return *precision ? set_noise(problem, *precision, sigma, sigma_count) : BL_MEMORY;
}

int bl_net_log_likelihood(const bl_net *net, double *value, const double *X, const double *y, const double *weight,
                          int n, const double *sigma, int sigma_count, bl_arena *scratch) {
  const bl_mark mark = bl_arena_mark(scratch);
  bl_problem problem;
  double *precision;
  int status = view(&problem, &precision, net, X, y, weight, n, NULL, sigma, sigma_count, scratch);
  if (status == BL_OK) status = objective_log_likelihood(&problem, value, net->theta, scratch);
  bl_arena_release(scratch, mark);
  return status;
}

int bl_net_gradient(const bl_net *net, double *gradient, const double *X, const double *y, const double *weight, int n,
                    const bl_prior *prior, const bl_anchor *anchor, const double *sigma, int sigma_count,
                    bl_arena *scratch) {
  if (prior->p != net->p) return BL_SHAPE;
  const bl_mark mark = bl_arena_mark(scratch);
  bl_problem problem;
  double *precision, value;
  int status = view(&problem, &precision, net, X, y, weight, n, prior, sigma, sigma_count, scratch);
  problem.anchor = anchor;
  if (status == BL_OK) status = objective(&problem, &value, gradient, net->theta, NULL, 0, 1, scratch);
  bl_arena_release(scratch, mark);
  return status;
}

int bl_net_prior_new(bl_prior **out, const bl_net *net, const double *precision, int count, const double *mean,
                     int mean_count) {
  bl_active active;
  const int status = active_init(&active, net, 0, NULL, 0);
  return status == BL_OK ? bl_prior_new(out, &active, precision, count, mean, mean_count) : status;
}

int bl_net_prior_matrix(bl_prior **out, bl_anchor **anchor, const bl_net *net, const double *M, const double *mean,
                        int mean_count, bl_arena *scratch) {
  bl_active active;
  const int status = active_init(&active, net, 0, NULL, 0);
  return status == BL_OK ? anchor_of_matrix(anchor, out, &active, M, mean, mean_count, scratch) : status;
}
