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
  bl_hess hess;
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
  bl_prior *prior;
  bl_noise noise;
  bl_held *held;  // NULL until fitted
};

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
