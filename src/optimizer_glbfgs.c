// optimizer_glbfgs.c — limited-memory BFGS that starts its recursion from the inverse of the Gauss–Newton matrix.
#include "optim_lbfgs.h"

static int init(bl_optim *optim, bl_search *search, bl_arena *scratch) {
  return lbfgs_init(optim, search, 20, scratch);
}

const bl_optimizer optimizer_glbfgs = {
    .name = "glbfgs",
    .about =
        "L-BFGS preconditioned by the Gauss–Newton curvature: the quickest way to the exact optimum of a small "
        "network.",
    .learning_rate = 0,
    .stochastic = 0,
    .init = init,
    .step = lbfgs_step,
    .release = lbfgs_release,
};
