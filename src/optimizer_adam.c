// optimizer_adam.c — Kingma & Ba 2015, algorithm 1, with its constants:
//   m ← β₁m + (1 − β₁)g,  v ← β₂v + (1 − β₂)g²,  θ ← θ − η·m̂/(√v̂ + ε),  m̂ = m/(1 − β₁ᵗ),  v̂ = v/(1 − β₂ᵗ).
#include <math.h>

#include "optim_epoch.h"

static const double BETA1 = 0.9, BETA2 = 0.999, EPSILON = 1e-8;

static void rule(bl_epoch *epoch, double *theta, int p, double rate) {
  epoch->decay[0] *= BETA1;
  epoch->decay[1] *= BETA2;
  const double correct1 = 1 / (1 - epoch->decay[0]), correct2 = 1 / (1 - epoch->decay[1]);
  double *m = epoch->first, *v = epoch->second;
  for (int i = 0; i < p; ++i) {
    const double g = epoch->gradient[i];
    m[i] = BETA1 * m[i] + (1 - BETA1) * g;
    v[i] = BETA2 * v[i] + (1 - BETA2) * (g * g);
    theta[i] -= rate * (m[i] * correct1) / (sqrt(v[i] * correct2) + EPSILON);
  }
}

static int step(bl_optim *optim, bl_search *search, bl_arena *scratch) {
  return epoch_run(optim, search, rule, scratch);
}

const bl_optimizer optimizer_adam = {
    .name = "adam",
    .about = "Adaptive gradient steps on minibatches; an epoch is one step. What most networks are trained with.",
    .learning_rate = 1e-3,
    .stochastic = 1,
    .init = epoch_init,
    .step = step,
    .release = epoch_release,
};
