// train.h — a trainer: owns copies of the data and prior, steps an optimizer, keeps the history; the caller owns the
// loop. Converged when ‖∇E‖₂ ≤ tolerance·√p (or the value has reached its rounding floor at ‖∇E‖₂ ≤ 1e3 times that).
#ifndef BL_TRAIN_H
#define BL_TRAIN_H

#include "optim.h"

typedef struct bl_trainer bl_trainer;

// prior: over all parameters, cloned; anchor: its covariances, cloned, or NULL. weight (n) or NULL. sigma (sigma_count:
// 1 or k). learning_rate 0 = the optimizer's default. The trainer starts from net->theta; the net must outlive it and
// receives the iterate after every step.
int bl_trainer_new(bl_trainer **out, bl_net *net, const double *X, const double *y, const double *weight, int n,
                   const bl_prior *prior, const bl_anchor *anchor, const double *sigma, int sigma_count, int optimizer,
                   double learning_rate, int batch, double tolerance, double seed, bl_arena *scratch);
void bl_trainer_free(bl_trainer *trainer);
int bl_trainer_step(bl_trainer *trainer,
                    bl_arena *scratch);  // one iteration, or one epoch; on error the net is as before the step
int bl_trainer_converged(const bl_trainer *trainer);
int bl_trainer_flat(const bl_trainer *trainer);
int bl_trainer_iterations(const bl_trainer *trainer);
int bl_trainer_evaluations(const bl_trainer *trainer);
double bl_trainer_gradient_norm(const bl_trainer *trainer);
double bl_trainer_objective(const bl_trainer *trainer);  // E(θ)
// values (3): log p(y, θ | X) with every constant of likelihood and prior; E and ‖∇E‖ in double precision
int bl_trainer_log_joint(const bl_trainer *trainer, double *values, bl_arena *scratch);

// One-shot evaluations at net->theta for the same arguments: log likelihood (with constants) and ∇E (p)
int bl_net_log_likelihood(const bl_net *net, double *value, const double *X, const double *y, const double *weight,
                          int n, const double *sigma, int sigma_count, bl_arena *scratch);
int bl_net_gradient(const bl_net *net, double *gradient, const double *X, const double *y, const double *weight, int n,
                    const bl_prior *prior, const bl_anchor *anchor, const double *sigma, int sigma_count,
                    bl_arena *scratch);
// prior over all parameters of a net, for the calls above
int bl_net_prior_new(bl_prior **out, const bl_net *net, const double *precision, int count, const double *mean,
                     int mean_count);
// the same from a precision matrix (p, p): prior and anchor together (bl_anchor_free). The net must outlive the anchor.
int bl_net_prior_matrix(bl_prior **out, bl_anchor **anchor, const bl_net *net, const double *M, const double *mean,
                        int mean_count, bl_arena *scratch);

#endif
