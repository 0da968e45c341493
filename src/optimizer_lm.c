// optimizer_lm.c — Levenberg–Marquardt on the generalised Gauss–Newton matrix (Marquardt 1963; Schraudolph 2002):
//   (s·H + P0 + μI) δ = −∇E
// with H made anew for every step, μ by the gain over the gain expected, and a line search along δ.
#include "optim_lbfgs.h"

static int init(bl_optim *optim, bl_search *search, bl_arena *scratch) { return lbfgs_init(optim, search, 1, scratch); }

const bl_optimizer optimizer_lm = {
    .name = "lm",
    .about = "Levenberg–Marquardt on the Gauss–Newton curvature: few, costly steps to the exact optimum.",
    .learning_rate = 0,
    .stochastic = 0,
    .init = init,
    .step = lbfgs_step,
    .release = lbfgs_release,
};
