// objective.h — the negative log joint and its gradient: E(θ) = s·Σ wₙ lₙ(θ) + ½(θ − μ0)ᵀP0(θ − μ0), the *sum* over
// examples; with an anchor P0 is its c·H + P0.
#ifndef BL_OBJECTIVE_H
#define BL_OBJECTIVE_H

#include "anchor.h"
#include "curvature.h"

typedef struct {
  const bl_net *net;  // shape only
  bl_data data;
  double s;                 // 1/(σ²T) or 1/T
  double sigma;             // shared σ
  const double *precision;  // (k) or NULL
  const bl_prior *prior;    // over all parameters
  const bl_anchor *anchor;  // its covariances, over all parameters, or NULL
  int single;               // 1: losses and their gradients in single precision
} bl_problem;

// value, gradient (p; or NULL) over the examples listed (rows, count), or all when rows is NULL; the prior is weighed
// by `share` (1 for the whole; a minibatch of b of N uses b/N). BL_DIVERGED when the value is not finite; with share 0,
// the losses alone, it is given as it is.
int objective(const bl_problem *problem, double *value, double *gradient, const double *theta, const int *rows,
              int count, double share, bl_arena *scratch);
// Σ wₙ cₙ, what log p(yₙ|xₙ, θ) has besides −s·lₙ
int objective_constant(const bl_problem *problem, double *sum, bl_arena *scratch);
// Σ wₙ log p(yₙ|xₙ, θ) with every constant; T divides only the loss; of the prior nothing is read
int objective_log_likelihood(const bl_problem *problem, double *value, const double *theta, bl_arena *scratch);

#endif
