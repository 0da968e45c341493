// optim_lbfgs.c — limited-memory BFGS (Nocedal 1980; Nocedal & Wright 2006, alg. 7.4) with a strong-Wolfe line search
// (alg. 3.5 and 3.6). Near the rounding floor of the value, Hager & Zhang's approximate Wolfe conditions (2005) decide
// by slopes. The inverse Hessian the recursion starts from is a multiple of the identity or, preconditioned,
// (s·H + P0 + μI)⁻¹ with H the Gauss–Newton matrix of a few steps ago, by a few of its rows where that suffices. μ
// follows how far the steps could be trusted (Levenberg 1944; Marquardt 1963): without it, far from the optimum, every
// step is a hundred times too long and each costs a search.
#include "optim_lbfgs.h"

#include <math.h>
#include <string.h>

#include "kernels.h"
#include "secants.h"
#include "status.h"
#include "vmath.h"

enum { TRIES = 40 };
enum { FEW = 10 };                                  // steps a factor of a few rows serves
static const double DECREASE = 1e-4, CURVE = 0.9;   // Wolfe constants
static const double COARSE = 0.3;                   // log-sd error a preconditioner may have
static const double START = 1e-2;                   // first damping, relative to the curvature along ∇E
static const double LOWEST = 1e-12, HIGHEST = 1e4;  // least and most, relative to the same
static const double TRUSTED = 0.6, DOUBTED = 0.25;  // gain over the gain expected

typedef struct {
  int p;
  double *gradient, *trial, *trial_gradient, *direction;
  bl_secants past;
  bl_active active;
  bl_hess hess, sketch;    // s·H + P0 + μI prepared, when preconditioned: by all rows, or by a few
  int sketched;            // 1: by a few
  bl_prior *damped;        // P0 + μI
  double *precision;       // (groups) of it
  double mu, unit;         // damping; curvature along the first gradient
  int serves, age, stale;  // steps a factor of all rows serves, 0: none is made; since H was made; 1: μ has
                           // changed since
} lbfgs;

typedef struct {
  double at, value, slope;
} point;

void lbfgs_release(bl_optim *optim) {
  lbfgs *own = optim->own;
  if (!own) return;
  hess_release(&own->hess);
  hess_release(&own->sketch);
  bl_prior_free(own->damped);
  bl_free(own->precision);
  bl_free(own->gradient);
  bl_free(own->trial);
  bl_free(own->trial_gradient);
  bl_free(own->direction);
  bl_free(own->past.memory);
  bl_free(own);
  optim->own = NULL;
}

// value, and gradient of the trial, in double precision, from now on
static int settle(lbfgs *own, bl_search *search, double *value, bl_arena *scratch) {
  search->problem->single = 0;
  const int status = optim_evaluate(search, value, own->trial_gradient, own->trial, scratch);
  if (status != BL_OK) search->problem->single = 1;
  return status;
}

// to the trial
static void move(lbfgs *own, bl_search *search, double value) {
  const size_t bytes = (size_t)own->p * sizeof(double);
  memcpy(search->theta, own->trial, bytes);
  memcpy(own->gradient, own->trial_gradient, bytes);
  search->value = value;
  search->gradient_norm = optim_norm(own->gradient, own->p);
  search->rough = search->problem->single;
}

int lbfgs_init(bl_optim *optim, bl_search *search, int serves, bl_arena *scratch) {
  const int p = search->problem->net->p;
  lbfgs *own = optim->own = bl_alloc(1, sizeof *own);
  if (!own) return BL_MEMORY;
  own->p = p;
  own->serves = own->age = serves;
  own->precision = bl_alloc_doubles(search->problem->prior->groups, 1);
  own->gradient = bl_alloc_doubles(p, 1);
  own->trial = bl_alloc_doubles(p, 1);
  own->trial_gradient = bl_alloc_doubles(p, 1);
  own->direction = bl_alloc_doubles(p, 1);
  own->past.n = p;
  own->past.memory = bl_alloc_doubles(2 * SECANTS_ROOM, p);
  if (!own->gradient || !own->trial || !own->trial_gradient || !own->direction || !own->past.memory ||
      !own->precision) {
    return BL_MEMORY;
  }
  int status = prior_clone(&own->damped, search->problem->prior);
  if (status == BL_OK) status = active_init(&own->active, search->problem->net, 0, NULL, 0);
  return status == BL_OK ? optim_start(search, own->gradient, scratch) : status;
}

// s·gᵀHg/gᵀg, g = ∇E: what damping is measured by
static int curvature_along(lbfgs *own, double s, bl_arena *scratch) {
  const int p = own->p;
  const bl_mark mark = bl_arena_mark(scratch);
  double *Hg = arena_doubles(scratch, p, 1);
  const int status = Hg ? own->hess.is->multiply(&own->hess, Hg, own->gradient, 1, scratch) : BL_MEMORY;
  if (status == BL_OK) own->unit = s * k_dot(own->gradient, Hg, p) / k_dot(own->gradient, own->gradient, p);
  if (!(own->unit > 0 && vm_finite(own->unit))) own->unit = 1;
  bl_arena_release(scratch, mark);
  return status;
}

static int is_old(const lbfgs *own) { return own->age >= (own->sketched ? FEW : own->serves); }

// H at the iterate, or another μ for the H of before. Where the sum is not positive definite the identity serves.
static int refresh(lbfgs *own, const bl_search *search, bl_arena *scratch) {
  const bl_problem *problem = search->problem;
  const int renew = is_old(own);
  if (renew) {
    own->age = own->past.held = own->sketched = 0;
    int status = optim_curvature(&own->hess, &own->active, search, scratch);
    if (status == BL_OK && !(own->unit > 0)) {
      status = curvature_along(own, problem->s, scratch);
      own->mu = START * own->unit;
    }
    if (status != BL_OK) return status;
  }
  own->stale = 0;
  for (int g = 0; g < problem->prior->groups; ++g) own->precision[g] = problem->prior->precision[g] + own->mu;
  prior_set_precision(own->damped, own->precision);
  if (renew && own->serves > FEW) {
    hess_release(&own->sketch);
    const int status = hess_sketch(&own->sketch, &own->hess, problem->s, own->damped, COARSE, 1, scratch);
    own->sketched = status == BL_OK;
    if (status == BL_OK || status != BL_UNSUPPORTED) return status;
  }
  bl_hess *hess = own->sketched ? &own->sketch : &own->hess;
  const int prepared = hess->is->prepare(hess, problem->s, own->damped, WANT_FACTOR, scratch);
  if (prepared == BL_NOT_PD) own->serves = 0;
  return prepared == BL_NOT_PD ? BL_OK : prepared;
}

// More damping after a step that was cut or disappointed, less after a full one that kept its promise, none where
// rounding hides the gain. A factor of all rows is made anew only when it was far off.
static void adapt(lbfgs *own, double at, double gained, double value) {
  const double before = own->mu, expected = -0.5 * k_dot(own->gradient, own->direction, own->p);
  if (!(expected > 0x1p-40 * (vm_abs(value) + 1))) return;
  if (at < 0.5 || gained < DOUBTED * expected) own->mu *= at < 0.1 ? 16 : 2;
  else if (at >= 1 && gained > TRUSTED * expected && own->mu > LOWEST * own->unit) own->mu *= 0.7;
  if (own->mu > HIGHEST * own->unit) own->mu = HIGHEST * own->unit;
  own->stale = own->sketched ? own->mu > before || own->mu < before : at < 0.1;
}

// direction ← −(approximate inverse Hessian)·∇ by the two-loop recursion
static int descend(lbfgs *own, bl_arena *scratch) {
  const int p = own->p;
  bl_secants *past = &own->past;
  double *r = own->direction;
  for (int i = 0; i < p; ++i) r[i] = -own->gradient[i];
  secants_first(past, r);
  if (own->serves) {
    const bl_hess *hess = own->sketched ? &own->sketch : &own->hess;
    const int status = hess->is->solve(hess, r, 1, scratch);
    if (status != BL_OK) return status;
  } else if (past->held) {
    const double *y = secants_change(past, past->newest), scale = past->curvature[past->newest] / k_dot(y, y, p);
    for (int i = 0; i < p; ++i) r[i] *= scale;
  }
  secants_second(past, r);
  return BL_OK;
}

// value and slope at θ + at·direction; an overflow counts as +∞
static int probe(lbfgs *own, bl_search *search, point *out, double at, bl_arena *scratch) {
  for (int i = 0; i < own->p; ++i) own->trial[i] = search->theta[i] + at * own->direction[i];
  out->at = at;
  const int status = optim_evaluate(search, &out->value, own->trial_gradient, own->trial, scratch);
  if (status == BL_DIVERGED) {
    out->value = 1e308;
    out->slope = 1e308;
    return BL_OK;
  }
  out->slope = k_dot(own->trial_gradient, own->direction, own->p);
  return status;
}

static int descends(const point *start, const point *now, int single) {
  if (now->value <= start->value + DECREASE * now->at * start->slope) return 1;
  const double rounding = (single ? 0x1p-20 : 0x1p-48) * (vm_abs(start->value) + 1);
  return now->value <= start->value + rounding && now->slope <= (2 * DECREASE - 1) * start->slope;
}

static int flattens(const point *start, const point *now) { return vm_abs(now->slope) <= -CURVE * start->slope; }

// the minimiser of the cubic through two points with slopes, kept inside the middle 80 % of the bracket (eq. 3.59)
static double between(const point *a, const point *b) {
  const double width = b->at - a->at;
  const double d1 = a->slope + b->slope - 3 * (a->value - b->value) / (a->at - b->at);
  const double square = d1 * d1 - a->slope * b->slope;
  double t = 0.5;
  if (square > 0 && vm_finite(square)) {
    const double d2 = (width > 0 ? 1 : -1) * sqrt(square);
    t = 1 - (b->slope + d2 - d1) / (b->slope - a->slope + 2 * d2);
  }
  if (!(t > 0.1)) t = 0.1;
  if (!(t < 0.9)) t = 0.9;
  return a->at + t * width;
}

// 1 when the trial satisfies the conditions, 0 when no such point was found
static int line_search(lbfgs *own, bl_search *search, point *found, bl_arena *scratch) {
  const point start = {0, search->value, k_dot(own->gradient, own->direction, own->p)};
  const double longest = optim_norm(own->gradient, own->p);
  point low = start, high = start;
  int bracketed = 0;
  double at = own->past.held || own->serves ? 1 : 1 / (1 + longest);
  for (int i = 0; i < TRIES; ++i) {
    point now;
    const int status = probe(own, search, &now, at, scratch);
    if (status != BL_OK) return -status;
    if (!descends(&start, &now, search->problem->single) || (bracketed && now.value > low.value && now.slope > 0)) {
      high = now;
      bracketed = 1;
    } else if (flattens(&start, &now)) {
      *found = now;
      return 1;
    } else if (now.slope * (bracketed ? high.at - low.at : 1) >= 0) {
      high = low;
      low = now;
      bracketed = 1;
    } else {
      low = now;
    }
    if (bracketed && vm_abs(high.at - low.at) <= 0x1p-50 * vm_abs(low.at + high.at)) return 0;
    at = bracketed ? between(&low, &high) : at * 3;
  }
  return 0;
}

int lbfgs_step(bl_optim *optim, bl_search *search, bl_arena *scratch) {
  lbfgs *own = optim->own;
  point found = {0, 0, 0};
  int taken = 0, status = BL_OK;
  if (own->serves && (is_old(own) || own->stale)) status = refresh(own, search, scratch);
  if (status != BL_OK) own->age = own->serves;  // what is held may be of no use
  for (int again = 0; again < 2 && taken == 0 && status == BL_OK && search->gradient_norm > 0; ++again) {
    status = descend(own, scratch);
    if (status == BL_OK && k_dot(own->direction, own->gradient, own->p) >= 0) {
      own->past.held = 0;  // rounding has spoilt the memory
      status = descend(own, scratch);
    }
    if (status == BL_OK) taken = line_search(own, search, &found, scratch);
    if (taken < 0) return -taken;
    if (taken == 0 && (own->past.held == 0 || search->problem->single)) break;
    if (taken == 0) own->past.held = 0;  // once more without it
  }
  if (status != BL_OK) return status;
  own->age++;
  search->flat = taken != 1 && !search->problem->single;
  if (search->flat) return BL_OK;
  if (taken) {
    if (own->serves) adapt(own, found.at, search->value - found.value, found.value);
    secants_keep(&own->past, search->theta, own->gradient, own->trial, own->trial_gradient);
  } else {
    memcpy(own->trial, search->theta, (size_t)own->p * sizeof *own->trial);
  }
  if (search->problem->single && !(taken && optim_far(search, optim_norm(own->trial_gradient, own->p))))
    status = settle(own, search, &found.value, scratch);
  if (status == BL_OK) move(own, search, found.value);
  return status;
}
