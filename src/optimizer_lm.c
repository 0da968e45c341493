// optimizer_lm.c — Levenberg–Marquardt on the generalised Gauss–Newton matrix (Marquardt 1963; Schraudolph 2002):
//   (s·H + P0 + μI) δ = −∇E,  gain ρ = (E(θ) − E(θ + δ)) / ½(μ‖δ‖² − ∇Eᵀδ),
// μ by Nielsen's rule (1999): times max(⅓, 1 − (2ρ − 1)³) after a good step, doubling factors after bad ones. The
// damped system is the posterior of a stiffer prior, so the structures of Laplace solve it, in weight or function
// space, whichever is cheaper.
#include <math.h>
#include <string.h>

#include "kernels.h"
#include "optim.h"
#include "status.h"
#include "vmath.h"

typedef struct {
  bl_active active;
  bl_hess hess;
  bl_prior *damped;
  double mu, factor;  // damping; what a rejected step multiplies it with
  double *gradient, *trial, *step, *precision, *trial_gradient;
} lm;

enum { TRIES = 40 };                 // rejected steps before the search is called flat
static const double START = 1e-3;    // first damping, relative to the curvature along the gradient
static const double LOWEST = 1e-14;  // relative to the same: below it damping does nothing

static void release(bl_optim *optim) {
  lm *own = optim->own;
  if (!own) return;
  hess_release(&own->hess);
  bl_prior_free(own->damped);
  bl_free(own->gradient);
  bl_free(own->trial);
  bl_free(own->step);
  bl_free(own->precision);
  bl_free(own->trial_gradient);
  bl_free(own);
  optim->own = NULL;
}

static int init(bl_optim *optim, bl_search *search, bl_arena *scratch) {
  const bl_problem *problem = search->problem;
  const int p = problem->net->p;
  lm *own = optim->own = bl_alloc(1, sizeof *own);
  if (!own) return BL_MEMORY;
  own->factor = 2;
  own->gradient = bl_alloc_doubles(p, 1);
  own->trial = bl_alloc_doubles(p, 1);
  own->step = bl_alloc_doubles(p, 1);
  own->trial_gradient = bl_alloc_doubles(p, 1);
  own->precision = bl_alloc_doubles(problem->prior->groups, 1);
  if (!own->gradient || !own->trial || !own->step || !own->trial_gradient || !own->precision) return BL_MEMORY;
  int status = prior_clone(&own->damped, problem->prior);
  if (status == BL_OK) status = active_init(&own->active, problem->net, 0, NULL, 0);
  if (status == BL_OK) status = optim_evaluate(search, &search->value, own->gradient, search->theta, scratch);
  if (status == BL_OK) search->gradient_norm = optim_norm(own->gradient, p);
  return status;
}

// curvature of E along the gradient: the scale of the first damping
static int along_gradient(lm *own, const bl_search *search, double *scale, bl_arena *scratch) {
  const int p = own->active.p;
  double *Hg = arena_doubles(scratch, p, 1);
  if (!Hg) return BL_MEMORY;
  const int status = own->hess.is->multiply(&own->hess, Hg, own->gradient, 1, scratch);
  const double square = k_dot(own->gradient, own->gradient, p);
  *scale = square > 0 ? search->problem->s * k_dot(own->gradient, Hg, p) / square : 0;
  return status;
}

// own->step ← −(s·H + P0 + μI)⁻¹ ∇E
static int solve(lm *own, const bl_search *search, bl_arena *scratch) {
  const bl_prior *prior = search->problem->prior;
  for (int g = 0; g < prior->groups; ++g) own->precision[g] = prior->precision[g] + own->mu;
  prior_set_precision(own->damped, own->precision);
  const int status = own->hess.is->prepare(&own->hess, search->problem->s, own->damped, WANT_FACTOR, scratch);
  if (status != BL_OK) return status;
  for (int i = 0; i < own->active.p; ++i) own->step[i] = -own->gradient[i];
  return own->hess.is->solve(&own->hess, own->step, 1, scratch);
}

// One try: 1 when the step was taken, 0 when it was refused, −1 when the value cannot tell and the gradient does not
// shrink.
static int attempt(lm *own, bl_search *search, int *verdict, bl_arena *scratch) {
  const int p = own->active.p;
  double value;
  for (int i = 0; i < p; ++i) own->trial[i] = search->theta[i] + own->step[i];
  const int status = optim_evaluate(search, &value, own->trial_gradient, own->trial, scratch);
  *verdict = 0;
  if (status != BL_OK) return status == BL_DIVERGED ? BL_OK : status;
  const double expected = 0.5 * (own->mu * k_dot(own->step, own->step, p) - k_dot(own->gradient, own->step, p));
  const double norm = optim_norm(own->trial_gradient, p), gained = search->value - value;
  const double rounding = 0x1p-50 * (vm_abs(search->value) + 1);
  int take = gained > 0;
  double gain = expected > 0 ? gained / expected : 0;
  if (expected <= rounding && vm_abs(gained) <= rounding) {  // the value is all rounding here: trust the gradient
    take = norm < search->gradient_norm;
    gain = take ? 1 : 0;
    if (!take) *verdict = -1;
  }
  if (!take) return BL_OK;
  memcpy(search->theta, own->trial, (size_t)p * sizeof(double));
  memcpy(own->gradient, own->trial_gradient, (size_t)p * sizeof(double));
  search->value = value;
  search->gradient_norm = norm;
  const double shape = 2 * gain - 1, shrink = 1 - shape * shape * shape;
  own->mu *= shrink > 1.0 / 3 ? (shrink < 2 ? shrink : 2) : 1.0 / 3;
  own->factor = 2;
  *verdict = 1;
  return BL_OK;
}

static int step(bl_optim *optim, bl_search *search, bl_arena *scratch) {
  lm *own = optim->own;
  const bl_mark mark = bl_arena_mark(scratch);
  double scale = 0;
  int status = optim_curvature(&own->hess, &own->active, search, scratch);
  if (status == BL_OK) status = along_gradient(own, search, &scale, scratch);
  const double unit = scale > 0 ? scale : 1;
  if (own->mu <= 0) own->mu = START * unit;
  if (own->mu < LOWEST * unit) own->mu = LOWEST * unit;
  int verdict = 0;
  for (int i = 0; i < TRIES && status == BL_OK && verdict == 0; ++i) {
    status = solve(own, search, scratch);
    if (status == BL_OK) status = attempt(own, search, &verdict, scratch);
    if (status == BL_NOT_PD) status = BL_OK;  // more damping cures it
    if (status == BL_OK && verdict == 0) {
      own->mu *= own->factor;
      own->factor *= 2;
    }
  }
  search->flat = status == BL_OK && verdict != 1;
  bl_arena_release(scratch, mark);
  return status;
}

const bl_optimizer optimizer_lm = {
    .name = "lm",
    .about = "Levenberg–Marquardt on the Gauss–Newton curvature: few, costly steps to the exact optimum.",
    .learning_rate = 0,
    .stochastic = 0,
    .init = init,
    .step = step,
    .release = release,
};
