// optim.h — TABLE of optimizers, one file each (optimizer_<name>.c defines `const bl_optimizer
// optimizer_<name>`): one step on a flat vector; the trainer owns the loop.
//   lm     Levenberg–Marquardt on the GGN: (s·H + P0 + μI)δ = −∇E, μ by the gain (Marquardt 1963), a search along δ
//   lbfgs  limited-memory BFGS with a strong-Wolfe line search (Nocedal & Wright 2006, alg. 7.4, 3.5–3.6)
//   adam   Kingma & Ba 2015, on E/N over minibatches;   sgd  with momentum 0.9, on E/N over minibatches
#ifndef BL_OPTIM_H
#define BL_OPTIM_H

#include "objective.h"
#include "rng.h"

typedef struct bl_optim bl_optim;

typedef struct {
  bl_problem *problem;
  double *theta;                // (p) the iterate, in place
  double floor;                 // ‖∇E‖₂ down to which single precision serves
  int rough;                    // 1: value and gradient_norm are of single precision
  double value, gradient_norm;  // E(θ) and ‖∇E(θ)‖₂ at theta after the step (first-order stochastic rows: of the whole
                                // objective, once an epoch)
  double learning_rate;
  int batch;        // rows a minibatch; 0 = all
  int flat;         // 1 when no step improves any more (value at its rounding floor)
  int evaluations;  // objective or gradient evaluations so far
  bl_rng rng;
} bl_search;

typedef struct {
  const char *name, *about;
  double learning_rate;  // default; 0 where there is none
  int stochastic;        // 1: a step is an epoch of minibatches
  int (*init)(bl_optim *, bl_search *,
              bl_arena *scratch);  // value and gradient at the start; allocates the optimizer's memory
  int (*step)(bl_optim *, bl_search *, bl_arena *scratch);  // on error theta is as before
  void (*release)(bl_optim *);
} bl_optimizer;

struct bl_optim {
  const bl_optimizer *is;
  void *own;
};

int bl_optimizer_count(void);
const bl_optimizer *optimizer_row(int id);
int optimizer_find(const char *name);
const char *bl_optimizer_name(int id);
const char *bl_optimizer_about(int id);
double bl_optimizer_learning_rate(int id);
int bl_optimizer_stochastic(int id);
int bl_optimizer_auto(const bl_net *net, int n);  // what 'auto' stands for with n examples

// shared by the rows
double optim_norm(const double *x, int n);  // ‖x‖₂
// E and its gradient (p) where the search begins, in double precision; and the floor, by what single precision makes of
// the same gradient: the largest of 1e-3·√p, 1e-4·‖∇E‖ and a hundred times the distance of the two
int optim_start(bl_search *search, double *gradient, bl_arena *scratch);
int optim_far(const bl_search *search, double norm);  // whether ‖∇E‖ is so long that single precision serves
// E with its gradient (or NULL) at theta, counted
int optim_evaluate(bl_search *search, double *value, double *gradient, const double *theta, bl_arena *scratch);
// H of the whole data at the iterate, in a fresh full structure, the cheaper one; not yet prepared
int optim_curvature(bl_hess *hess, const bl_active *active, const bl_search *search, bl_arena *scratch);

#endif
