// prior.h — Gaussian prior N(μ0, P0⁻¹) over the active parameters: one precision for all, one per tensor, or one per
// parameter. scatter = (θ − μ0)ᵀP0(θ − μ0); log det P0 = Σ log p0. Precision 0 is allowed in training only (maximum
// likelihood).
#ifndef BL_PRIOR_H
#define BL_PRIOR_H

#include "rows.h"

typedef enum { PRIOR_SCALAR, PRIOR_TENSOR, PRIOR_EACH } bl_prior_kind;

// The arrays lie one behind the other: diag, variance, mean, precision, tensor; group_of, slot_of.
typedef struct {
  bl_prior_kind kind;
  int p, groups, slots;  // groups: 1, tensors present, or p; slots of the tensor metric
  double *precision;     // (groups) as set
  int *group_of;         // (p) group of each parameter
  int *slot_of;          // (p) tensor slot of each parameter
  double *diag;          // (p) precision of each parameter
  double *variance;      // (p) 1/diag (inf where 0)
  double *tensor;        // (slots) variances per tensor slot, 0 where there is none; not valid for PRIOR_EACH
  double *mean;          // (p)
} bl_prior;

// precision (count): count = 1, tensors of the active span, or p decides the kind (ambiguity: the coarser). mean (1 or
// p). BL_SHAPE for another count, BL_OPTION for a negative or non-finite precision, BL_NOT_FINITE for such a mean.
int bl_prior_new(bl_prior **out, const bl_active *active, const double *precision, int count, const double *mean,
                 int mean_count);
void prior_set_precision(bl_prior *prior, const double *precision);  // (groups), of the same kind
int prior_clone(bl_prior **out, const bl_prior *prior);
void bl_prior_free(bl_prior *prior);
bl_metric prior_metric(const bl_prior *prior);  // borrowed; tensor NULL for PRIOR_EACH
double prior_log_det(const bl_prior *prior);
double prior_scatter(const bl_prior *prior, const double *away);  // awayᵀP0·away, away (p) = θ − μ0

// A key remembers what a cached array was made for: (p + 1) diag P0, then s
void prior_key_set(double *key, double s, const bl_prior *prior);
int prior_key_is(const double *key, double s, const bl_prior *prior);
// c with P0 = c·(the key's), 0 when there is none
double prior_key_ratio(const double *key, const bl_prior *prior);

#endif
