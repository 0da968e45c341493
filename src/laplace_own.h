// laplace_own.h — what the files laplace*.c share: the object's insides. Nobody else includes it.
#ifndef BL_LAPLACE_OWN_H
#define BL_LAPLACE_OWN_H

#include "examples.h"
#include "laplace.h"

// Noise as set. Equal σ are one shared σ; otherwise 1/σ_j² enters Λ.
typedef struct {
  double *sigma;      // (k)
  double *precision;  // (k) 1/σ_j²
  int shared;         // all σ_j equal
  double temperature;
} bl_noise;

// What the data left behind. Their rows were made with 1/unit_j² in Λ (unit 1: no precision at all), so noise σ =
// r·unit needs no refit.
typedef struct {
  bl_hess hess;      // of the data alone
  bl_hess joined;    // with the prior's anchor, scaled to the c of its preparation, or a sketch within the tolerance;
                     // empty without either
  double examples;   // Σ w
  double loss;       // Σ w l
  double constant;   // Σ w c at σ = 1
  double *gradient;  // (p) Σ w ∂l/∂θ
  double *unit;      // (k)
  int shared;        // unit is 1
  bl_examples kept;
} bl_held;

struct bl_laplace {
  bl_net *net;  // shape and θ̂
  int *index;   // (p) or NULL
  bl_active active;
  const char *structure, *space;  // as asked for; names of the table's rows, or "auto"
  int curvature;
  bl_hess_options options;
  bl_prior *prior;
  bl_anchor *anchor;  // covariances of the prior, or NULL
  bl_noise noise;
  bl_held *held;     // NULL until fitted
  double tolerance;  // allowed |log sd error|; 0 = exact
  bl_kept *kept;
  double lowest;     // smallest eigenvalue of the P that was not positive definite, of the last call that failed so
};

const bl_hess *held_posterior(const bl_held *held);  // what answers for the posterior: joined, or hess
// what the structure must be able to do under a prior of that kind with that anchor
unsigned laplace_needs(const bl_laplace *la, bl_prior_kind kind, const bl_anchor *anchor);
// the row for n examples under the prior set (or another); NULL when none can
const bl_structure *laplace_row(const bl_laplace *la, unsigned needs, int n);
// a copy for `la` (the owner or its clone), its curvature in the row `is`
int held_clone(bl_held **out, const bl_laplace *la, const bl_held *from, const bl_structure *is, bl_arena *scratch);
int held_shell(bl_held **out, const bl_laplace *la);  // everything but the curvature
void held_free(bl_held *held);
// out = the data's curvature and the anchor's, scaled to c
int laplace_join(bl_hess *out, const bl_held *held, const bl_anchor *anchor, double c, const bl_active *active,
                 bl_arena *scratch);
// the posterior prepared under hyper-parameters that may not be la's yet; on error held is as before
int laplace_settle(const bl_laplace *la, bl_held *held, const bl_noise *noise, const bl_prior *prior,
                   const bl_anchor *anchor, bl_arena *scratch);

void choose_unit(bl_held *held, const bl_noise *noise, int k);  // the unit of data yet to come
// θ̂ − μ0 over the active parameters, from scratch; NULL without memory
double *laplace_away(const bl_laplace *la, bl_arena *scratch);
// (θ − μ0)ᵀ(P0 + the anchor's)(θ − μ0), away = θ − μ0; P0 may be another than la's
int laplace_scatter(const bl_laplace *la, const bl_prior *prior, double *value, const double *away, bl_arena *scratch);
double laplace_prior_log_det(const bl_laplace *la);  // of the whole prior

// The hyper-parameters read and checked: σ (count 1 or k) into noise, whose arrays the caller provides
int laplace_read_noise(const bl_laplace *la, bl_noise *noise, const double *sigma, int count, double temperature);
int laplace_read_prior(const bl_laplace *la, bl_prior **out, const double *precision, int count, const double *mean,
                       int mean_count);
// s = 1/(r²T) of the log likelihood and c of P = c·H + P0 under that noise, for data swept with unit; BL_NOT_FITTED
// when σ is no multiple
int laplace_scales(const bl_laplace *la, const bl_held *held, const bl_noise *noise, double *s, double *c);
// log likelihood of the data held under that noise, every constant included
int laplace_log_likelihood(const bl_laplace *la, const bl_noise *noise, double s, double *value, bl_arena *scratch);

#endif
