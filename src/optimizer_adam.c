// optimizer_adam.c — Kingma & Ba 2015, algorithm 1, with its constants:
//   m ← β₁m + (1 − β₁)g,  v ← β₂v + (1 − β₂)g²,  θ ← θ − η·m̂/(√v̂ + ε),  m̂ = m/(1 − β₁ᵗ),  v̂ = v/(1 − β₂ᵗ).
#include "optim_epoch.h"
#include "vmath.h"

static const double BETA1 = 0.9, BETA2 = 0.999, EPSILON = 1e-8;

static void rule(bl_epoch *epoch, double *theta, int p, double rate, double scale) {
  epoch->decay[0] *= BETA1;
  epoch->decay[1] *= BETA2;
  const double step1 = rate / (1 - epoch->decay[0]), correct2 = 1 / (1 - epoch->decay[1]);
  const v2d b1 = {BETA1, BETA1}, b2 = {BETA2, BETA2}, new1 = {1 - BETA1, 1 - BETA1}, new2 = {1 - BETA2, 1 - BETA2};
  const v2d each = {scale, scale}, step = {step1, step1}, correct = {correct2, correct2}, floor = {EPSILON, EPSILON};
  for (int i = 0; i < p; i += 2) {  // the arrays end on a whole vector
    const v2d g = each * vm_load(epoch->gradient + i);
    const v2d m = b1 * vm_load(epoch->first + i) + new1 * g;
    const v2d v = b2 * vm_load(epoch->second + i) + new2 * (g * g);
    vm_store(epoch->first + i, m);
    vm_store(epoch->second + i, v);
    vm_store(theta + i, vm_load(theta + i) - step * m / (vm_root(v * correct) + floor));
  }
}

static int step(bl_optim *optim, bl_search *search, bl_arena *scratch) {
  return epoch_run(optim, search, rule, scratch);
}

const bl_optimizer optimizer_adam = {
    .name = "adam",
    .about = "Adaptive gradient steps on minibatches; an epoch is one step.",
    .learning_rate = 1e-3,
    .stochastic = 1,
    .init = epoch_init,
    .step = step,
    .release = epoch_release,
};
