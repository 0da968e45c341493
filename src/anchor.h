// anchor.h — the part of a Gaussian prior that is not diagonal: P_prior = c·H + P0, H a structure of its own and P0 the
// prior's diagonal (prior.h), whose mean is the mean of the whole. An earlier posterior is such a prior with its own H;
// an explicit precision matrix M is one with P0 = εI and H = M − εI.
#ifndef BL_ANCHOR_H
#define BL_ANCHOR_H

#include "structure.h"

typedef struct {
  bl_hess hess;    // H
  double c;        // its scale
  double log_det;  // log det(c·H + P0) − log det P0
} bl_anchor;

// H copied, on another active set of the same shape; prior: P0. Prepares its copy.
int anchor_new(bl_anchor **out, const bl_hess *hess, double c, const bl_active *active, const bl_prior *prior,
               bl_arena *scratch);
// M (p, p) symmetric positive definite (BL_NOT_PD else); prior: its P0 with that mean (1 or p), to the caller
int anchor_of_matrix(bl_anchor **out, bl_prior **prior, const bl_active *active, const double *M, const double *mean,
                     int mean_count, bl_arena *scratch);
int anchor_clone(bl_anchor **out, const bl_anchor *anchor, const bl_active *active, bl_arena *scratch);
void bl_anchor_free(bl_anchor *anchor);
// away (p) = θ − mean: value += c·awayᵀH·away; g (p) += share·c·H·away. Either may be NULL
int anchor_pull(const bl_anchor *anchor, double *value, double *g, const double *away, double share, bl_arena *scratch);

#endif
