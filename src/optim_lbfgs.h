// optim_lbfgs.h — limited-memory BFGS, plain or preconditioned by the Gauss–Newton matrix: what three rows of the table
// share.
#ifndef BL_OPTIM_LBFGS_H
#define BL_OPTIM_LBFGS_H

#include "optim.h"

// serves: steps that a factor of the Gauss–Newton matrix serves, and all that is remembered with it; 0: none is made.
// Where it serves long, one of a few rows may take its place.
int lbfgs_init(bl_optim *optim, bl_search *search, int serves, bl_arena *scratch);
int lbfgs_step(bl_optim *optim, bl_search *search, bl_arena *scratch);
void lbfgs_release(bl_optim *optim);

#endif
