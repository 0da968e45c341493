// hessian.h — the exact Hessian of the loss, Σ w ∂²l/∂θ∂θᵀ, over the active parameters, by differentiating the gradient
// along each of them (the R-operator of Pearlmutter 1994): no differences, a gradient's cost for each parameter.
#ifndef BL_HESSIAN_H
#define BL_HESSIAN_H

#include "rows.h"

// H (p, p) = the Hessian over the batch. tape with two derivatives; gradient (n, k) ∂l/∂f and curvature (n, k, k)
// ∂²l/∂f∂f of each example, weighed already.
int hessian_of(double *H, const bl_active *active, const bl_tape *tape, const double *theta, const double *gradient,
               const double *curvature, bl_arena *scratch);

#endif
