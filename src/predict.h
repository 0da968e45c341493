// predict.h — from the posterior to predictions: f ~ N(f(x; θ̂), J P⁻¹Jᵀ), linearised in θ, then a link; or the network
// itself at sampled weights. c = columns of E[y|x].
// epistemic / aleatoric come from one expectation over f whatever the link (one logit: quadrature; several: seeded
// draws; plugin: V = 0). Classes: mutual information and expected entropy, nats (Houlsby et al. 2011). Regression:
// trace of the covariance of E[y|f], and of the noise.
#ifndef BL_PREDICT_H
#define BL_PREDICT_H

#include "laplace.h"
#include "link.h"

typedef struct {
  double *mean;       // (n, c) E[y|x]
  double *f_mean;     // (n, k)
  double *f_var;      // (n, k, k), without noise
  double *y_var;      // (n, c, c) regression: covariance of E[y|f] plus the noise
  double *epistemic;  // (n)
  double *aleatoric;  // (n)
} bl_prediction;      // any may be NULL

// Linearised predictive at X (n, d) through h, the posterior's or a sketch of it. trunc > 0 clamps the mean logits to
// ±trunc before the link.
int predict_glm(const bl_laplace *la, const bl_hess *h, const bl_prediction *out, const double *X, int n, int link,
                double trunc, int samples, double seed, bl_arena *scratch);
// what follows from f ~ N(m, V) at n inputs, m (n, k), V (n, k, k): everything of out but f_mean and f_var
int predict_moments(const bl_laplace *la, const bl_prediction *out, const double *m, const double *V, int n, int link,
                    int samples, double seed, bl_arena *scratch);
int bl_predict_glm(const bl_laplace *la, double *mean, double *f_mean, double *f_var, double *y_var, double *epistemic,
                   double *aleatoric, const double *X, int n, int link, double trunc, int samples, double seed,
                   bl_arena *scratch);
// f_mean (n·k) and the joint covariance f_cov (n·k, n·k)
int bl_predict_joint(const bl_laplace *la, double *f_mean, double *f_cov, const double *X, int n, bl_arena *scratch);
// The network at `samples` weights drawn from the posterior; f_var is the population covariance of the draws
int bl_predict_nn(const bl_laplace *la, double *mean, double *f_mean, double *f_var, double *y_var, double *epistemic,
                  double *aleatoric, const double *X, int n, int samples, double seed, bl_arena *scratch);
// (count, n, k) functions, one draw of weights each, shared over all x: linearised f + J(θ − θ̂) (nn = 0) or the
// network (nn = 1)
int bl_functional_samples(const bl_laplace *la, double *F, const double *X, int n, int count, int nn, double seed,
                          bl_arena *scratch);

#endif
