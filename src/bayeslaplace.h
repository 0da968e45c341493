// bayeslaplace.h — the whole core. The order of these lines is the order of dependence: a module includes only modules
// above it.
//
// Letters, everywhere: n examples, d inputs, k network outputs, t target columns, p active parameters; X (n, d), y (n,
// t), θ weights, J (k, p) Jacobian, Λ (k, k) Fisher information of p(y|f), S with SᵀS = Λ, H = Σ JᵀΛJ, P0 prior
// precision, σ noise, T temperature, s = 1/(σ²T), P = s·H + P0 posterior precision. Matrices are row-major.
//
// Who owns what: *_new gives an object to the caller, *_free takes it back. Every other call works in the `scratch`
// arena it is given and leaves it as it was. Calls that can fail return a status; then the object is as it was before
// the call.
#ifndef BL_BAYESLAPLACE_H
#define BL_BAYESLAPLACE_H

#include "status.h"            // error codes with their sentences
#include "table.h"             // what every table of rows answers
#include "arena.h"             // scratch memory; the only allocator besides *_new
#include "visitor.h"           // a walk over the members of an object
#include "vmath.h"             // exp, log, tanh, erf, …: the same bits everywhere
#include "rng.h"               // seedable, splittable random numbers
#include "kernels.h"           // gemm, syrk, trsm on 16-byte vectors; naive twins
#include "secants.h"           // what L-BFGS remembers
#include "rotate.h"            // rows times a matrix, where they are mostly known
#include "activation.h"        // TABLE of activations with derivatives
#include "quadrature.h"        // expectations over one logit
#include "likelihood.h"        // TABLE of likelihoods: loss, root of Λ, mean, entropy
#include "metrics.h"           // scores, calibration, ranking
#include "mlp.h"               // layout of θ, forward, backward for k seeds
#include "linalg.h"            // Cholesky, triangular solves, rank-one updates, symmetric eigen
#include "panels.h"            // a network on panels of inputs, in single or double precision
#include "rows.h"              // rows of a Jacobian kept as (A, D); subsets and prior metric
#include "prior.h"             // Gaussian prior over the active parameters
#include "gram.h"              // rows of data kept for function space
#include "structure.h"         // TABLE of curvature structures
#include "woodbury.h"          // the posterior through rows: function space, subsets, low rank
#include "woodbury_pivoted.h"  // the same through a few of the rows, with a proven bound
#include "anchor.h"            // a prior with covariances: an earlier posterior, or a matrix
#include "hessian.h"           // the exact Hessian
#include "curvature.h"         // the sweep over the data into a structure
#include "objective.h"         // negative log joint and its gradient
#include "io.h"                // objects as bytes
#include "optim.h"             // TABLE of optimizers
#include "optim_epoch.h"       // an epoch of minibatches
#include "optim_lbfgs.h"       // limited-memory BFGS, plain or preconditioned
#include "examples.h"          // which examples a posterior holds
#include "train.h"             // the trainer
#include "laplace.h"           // the posterior
#include "link.h"              // TABLE of links
#include "predict.h"           // the predictives
#include "painter.h"           // outputs and variances of many inputs, in either precision
#include "grid.h"              // the painter of maps
#include "datasets.h"          // TABLE of data generators
#include "tables.h"            // every table by number

#endif
