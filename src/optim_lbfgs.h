// optim_lbfgs.h — limited-memory BFGS, plain or preconditioned by the Gauss–Newton matrix: what two rows of the table
// share.
#ifndef BL_OPTIM_LBFGS_H
#define BL_OPTIM_LBFGS_H

#include "optim.h"

int lbfgs_init(bl_optim *optim, bl_search *search, int preconditioned, bl_arena *scratch);
int lbfgs_step(bl_optim *optim, bl_search *search, bl_arena *scratch);
void lbfgs_release(bl_optim *optim);

#endif
