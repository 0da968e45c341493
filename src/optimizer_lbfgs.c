// optimizer_lbfgs.c — plain limited-memory BFGS.
#include "optim_lbfgs.h"

static int init(bl_optim *optim, bl_search *search, bl_arena *scratch) { return lbfgs_init(optim, search, 0, scratch); }

const bl_optimizer optimizer_lbfgs = {
    .name = "lbfgs",
    .about = "Limited-memory BFGS with a strong-Wolfe line search, for networks of any size.",
    .learning_rate = 0,
    .stochastic = 0,
    .init = init,
    .step = lbfgs_step,
    .release = lbfgs_release,
};
