// woodbury_pivoted.h — the posterior through a few of the rows, with a proven bound: pivoted Cholesky of the whitened
// Gram matrix K = s·R P0⁻¹Rᵀ, stopped by the trace τ of what it leaves. The rows are replaced by their projections on
// the span of the pivots; then for every input  v̂/μ ⪯ v ⪯ μ v̂ as matrices,  log μ = 2·asinh(½√τ).
// The proof is in docs/certified.md.
// Harbrecht, Peters & Schneider 2012 on pivoted Cholesky; the bound is this library's.
#ifndef BL_WOODBURY_PIVOTED_H
#define BL_WOODBURY_PIVOTED_H

#include "woodbury.h"

// A posterior like that of a woodbury at s and prior, of lower rank, prepared, with out->slack ≤ tolerance;
// BL_UNSUPPORTED when that takes so many pivots that nothing is gained. whole: 1 for every operation, from
// the rows alone, so that it is the same whether or not K is held; 0 for variance only. out borrows nothing of h but
// prior; hess_release ends it.
int pivoted_sketch(bl_hess *out, const bl_hess *h, double s, const bl_prior *prior, double tolerance, int whole,
                   bl_arena *scratch);

#endif
