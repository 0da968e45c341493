// optimizer_sgd.c — stochastic gradient descent with momentum (Polyak 1964):  u ← 0.9·u + g,  θ ← θ − η·u.
#include "optim_epoch.h"

static const double MOMENTUM = 0.9;

static void rule(bl_epoch *epoch, double *theta, int p, double rate, double scale) {
  double *u = epoch->first;
  for (int i = 0; i < p; ++i) {
    u[i] = MOMENTUM * u[i] + scale * epoch->gradient[i];
    theta[i] -= rate * u[i];
  }
}

static int step(bl_optim *optim, bl_search *search, bl_arena *scratch) {
  return epoch_run(optim, search, rule, scratch);
}

const bl_optimizer optimizer_sgd = {
    .name = "sgd",
    .about = "Plain gradient steps with momentum 0.9 on minibatches; an epoch is one step.",
    .learning_rate = 1e-2,
    .stochastic = 1,
    .init = epoch_init,
    .step = step,
    .release = epoch_release,
};
