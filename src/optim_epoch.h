// optim_epoch.h — what the stochastic optimizers share: an epoch of minibatches of E/N, each handed to an update rule.
// The gradient of a batch B is (s·Σ_B wₙ∇lₙ)/|B| + P0(θ − μ0)/N, so learning rates compare with other libraries.
#ifndef BL_OPTIM_EPOCH_H
#define BL_OPTIM_EPOCH_H

#include "optim.h"

typedef struct {
  int *order;              // (n) the examples, shuffled anew each epoch
  double *gradient;        // (p) of the minibatch; of the whole objective between epochs
  double *first, *second;  // (p) the rule's memory, zero at the start
  double *start;           // (p) weights before the epoch, restored when it fails
  double decay[2];         // running powers of the rule's constants
  int known;               // 1: gradient is that of the whole objective at the weights
} bl_epoch;

// one update along scale·gradient
typedef void (*bl_rule)(bl_epoch *epoch, double *theta, int p, double rate, double scale);

int epoch_init(bl_optim *optim, bl_search *search, bl_arena *scratch);
int epoch_run(bl_optim *optim, bl_search *search, bl_rule rule, bl_arena *scratch);
void epoch_release(bl_optim *optim);

#endif
