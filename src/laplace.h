// laplace.h — θ̂ + structure + prior → posterior N(θ̂, P⁻¹), P = c·H + P0.
//   c = s = 1/(σ²T) (gaussian) or 1/T for ggn;  c = 1/(σ⁴T) (gaussian) or 1/T for the empirical Fisher.
//   log evidence = log-lik − ½(log det P − log det P0 + scatter)   (MacKay 1992; Immer et al. 2021; Daxberger et al.
//   2021)
// The object copies the net at `fit`; what happens to the net afterwards changes nothing. Every call that fails leaves
// it as it was.
#ifndef BL_LAPLACE_H
#define BL_LAPLACE_H

#include "train.h"

typedef struct bl_laplace bl_laplace;

// structure: its name ("full" …) and space ("auto", "weight", "function"), NUL-terminated; curvature: id.
// rank, subset, independent, seed: structure.h's options.
// first: first active layer (0 = all, L−1 = last layer). index (index_count) or NULL: a subnetwork, copied.
// BL_UNSUPPORTED where the structure cannot.
int bl_laplace_new(bl_laplace **out, const bl_net *net, const char *structure, const char *space, int curvature,
                   int first, const int *index, int index_count, int rank, int subset, int independent, double seed);
int bl_laplace_clone(bl_laplace **out, const bl_laplace *la, bl_arena *scratch);
void bl_laplace_free(bl_laplace *la);

// Hyper-parameters; valid before and after a fit. BL_OPTION / BL_SHAPE on bad values. After a fit the posterior is
// prepared anew (no refit). A vector σ after a fit must be a multiple of the one fitted with (BL_NOT_FITTED else).
int bl_laplace_set_prior(bl_laplace *la, const double *precision, int count, const double *mean, int mean_count,
                         bl_arena *scratch);
// A prior with covariances in its place: a precision matrix (p, p), or an earlier posterior over the same parameters in
// the same structure, whose mean and curvature it takes (kron, lowrank: merged before they are approximated).
// BL_UNSUPPORTED where the structure cannot.
int bl_laplace_set_prior_matrix(bl_laplace *la, const double *M, const double *mean, int mean_count, bl_arena *scratch);
int bl_laplace_set_prior_posterior(bl_laplace *la, const bl_laplace *earlier, bl_arena *scratch);
// the same for training: over all parameters, with the anchor that goes with it; the net must outlive the anchor
int bl_net_prior_posterior(bl_prior **prior, bl_anchor **anchor, const bl_net *net, const bl_laplace *earlier,
                           bl_arena *scratch);
int bl_laplace_set_noise(bl_laplace *la, const double *sigma, int count, double temperature, bl_arena *scratch);

// the prior: no data. Where nothing was fitted yet, at net's weights (same shape)
int bl_laplace_reset(bl_laplace *la, const bl_net *net, bl_arena *scratch);
// net: weights to fit at (same shape), copied. add = 0 replaces what is held; 1 adds to it at the θ̂ held and ignores
// net, where nothing was fitted it fits. The space "auto" is chosen by the examples at hand and changes from function
// to weight when more of them come.
int bl_laplace_fit(bl_laplace *la, const bl_net *net, const double *X, const double *y, const double *weight, int n,
                   int add, bl_arena *scratch);
// takes examples away again; BL_OPTION when one of them is not held
int bl_laplace_downdate(bl_laplace *la, const double *X, const double *y, const double *weight, int n,
                        bl_arena *scratch);

// |log sd error| allowed from now on: where a structure has one, a cheaper posterior within it takes the place of the
// exact one (bl_laplace_error_bound says how near it is)
int bl_laplace_set_tolerance(bl_laplace *la, double tolerance, bl_arena *scratch);
int bl_laplace_fitted(const bl_laplace *la);           // 1 after fit or reset
double bl_laplace_examples(const bl_laplace *la);      // Σ weights held
int bl_laplace_parameter_count(const bl_laplace *la);  // active
const char *bl_laplace_space(const bl_laplace *la);    // of the row in use
double bl_laplace_error_bound(const bl_laplace *la);
int bl_laplace_noise(const bl_laplace *la);                // normals per draw
int bl_laplace_mean(const bl_laplace *la, double *theta);  // (active) θ̂

// evidence in its parts, in this order: log marginal likelihood, log likelihood, log det P0, log det P, their
// difference, scatter, effective parameters
enum { EVIDENCE_PARTS = 7 };
int bl_laplace_evidence(const bl_laplace *la, double *parts, bl_arena *scratch);
// log marginal likelihood at other hyper-parameters, la as it was (precision count 0 / sigma count 0 = la's own)
int bl_laplace_evidence_at(const bl_laplace *la, double *value, const double *precision, int count, const double *sigma,
                           int sigma_count, bl_arena *scratch);
// The precisions, and with noise = 1 the σ (gaussian), that maximise the evidence at θ̂, sought in [1e-12, 1e12].
// groups: 1 (one for all), one per tensor, or one per parameter; precision (groups), sigma (k), at_edge (groups + 1):
// which lie at an end of the range, σ last. Nothing is set. BL_UNSUPPORTED under a prior with covariances.
int bl_laplace_tune(const bl_laplace *la, double *precision, double *sigma, double *evidence, int *at_edge,
                    int *evaluations, int groups, int noise, bl_arena *scratch);
// (m, active) from unit noise Z (m, noise)
int bl_laplace_draw(const bl_laplace *la, double *theta, const double *Z, int m, bl_arena *scratch);
int bl_laplace_sample(const bl_laplace *la, double *theta, int m, double seed, bl_arena *scratch);  // (m, active)
// log N(θ; θ̂, P⁻¹), theta (active)
int bl_laplace_log_prob(const bl_laplace *la, double *value, const double *theta, bl_arena *scratch);
// log joint of the data held is not kept; at given weights (m, all parameters) over given data:
int bl_laplace_log_joint(const bl_laplace *la, double *values, const double *thetas, int m, const double *X,
                         const double *y, const double *weight, int n, bl_arena *scratch);
// matrices (active, active): which = 0 H without a shared σ (σ per output is in Λ), 1 P, 2 P⁻¹; variance: diagonal of
// P⁻¹
int bl_laplace_matrix(const bl_laplace *la, double *M, int which, bl_arena *scratch);
int bl_laplace_variance(const bl_laplace *la, double *v, bl_arena *scratch);
// missing evidence ½ gᵀP⁻¹g and ‖g‖, g the gradient of the negative log joint at θ̂ over the data held; residual: σ²
// the residuals suggest; with σ per output, the factor they suggest for all σ_j² (NaN without σ or data)
// (missing: NaN where there is no posterior over weights); lowest: smallest eigenvalue of H where it may be negative
// (the exact Hessian), else NaN
int bl_laplace_diagnostics(const bl_laplace *la, double *gradient_norm, double *missing, double *residual,
                           double *lowest, bl_arena *scratch);
// the smallest eigenvalue of the P of the last call that failed with BL_NOT_PD, for messages
double bl_laplace_lowest(const bl_laplace *la);

int laplace_as_prior(const bl_laplace *la, const bl_active *active, bl_prior **prior, bl_anchor **anchor,
                     bl_arena *scratch);

// Its state as bytes: how many (bytes NULL), or written there; a negative status on failure. `restore` makes
// a posterior like one made with the same shape, structure, curvature, subset and options; BL_FORMAT when the bytes are
// not such a state.
int bl_laplace_state(const bl_laplace *la, unsigned char *bytes, int size, bl_arena *scratch);
int bl_laplace_restore(bl_laplace **out, const bl_laplace *like, const unsigned char *bytes, int size,
                       bl_arena *scratch);

// What readers of a posterior keep with it from one call to the next; NULL and NULL at first, freed with it
typedef struct {
  bl_arena *arena;
  void *what;
} bl_kept;
bl_kept *laplace_kept(const bl_laplace *la);

// for predict.h
const bl_net *laplace_net(const bl_laplace *la);
const bl_hess *laplace_hess(const bl_laplace *la);      // NULL until fitted
double laplace_sigma(const bl_laplace *la);             // shared σ; 1 when it differs per output
const double *laplace_precision(const bl_laplace *la);  // (k) or NULL

#endif
