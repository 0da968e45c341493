// woodbury_own.h — what choosing the pivots and the posterior built on them share; nobody else includes it.
#ifndef BL_WOODBURY_OWN_H
#define BL_WOODBURY_OWN_H

#include "woodbury_pivoted.h"

typedef struct {
  int *pivot;  // (r) rows of the data
  int r;
  double slack;  // bound on |log sd error|
  double *L;     // (r, r) LLᵀ = K_SS; zeros above the diagonal
  double *FF;    // (r, r) lower triangle of FᵀF, F = K_·S L⁻ᵀ
  double *E;     // (r, r) EEᵀ = FᵀF
} bl_pivots;

// pivots of s·R P0⁻¹Rᵀ until slack ≤ tolerance, all from scratch; BL_UNSUPPORTED when half of the rows do not suffice.
// K: with a Gram matrix that is held, or by the rows alone: bits differ
int pivots_choose(bl_pivots *out, const bl_active *active, const bl_gram *gram, int K, double s, const bl_prior *prior,
                  double tolerance, bl_arena *scratch);
// How few of r pivots, the first ones, keep slack ≤ tolerance, in whole blocks of the kernels; slack, of all of them,
// becomes theirs. C Cᵀ = I + FᵀF: docs/certified.md, part of the rows.
int pivots_fewest(const double *C, int r, double *slack, double tolerance);
// the listed rows, each as an example of one row of its own; from scratch
int pivots_gather(bl_rows *out, const bl_active *active, const bl_rows *rows, const int *list, int count,
                  bl_arena *scratch);
// Z (r, r) = Eᵀ L⁻¹: rows that stand for those of the data, in terms of the pivots
void pivots_rows(double *Z, const double *L, const double *E, int r);

#endif
