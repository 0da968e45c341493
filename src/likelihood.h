// likelihood.h — TABLE of likelihoods p(y | f), one file each (likelihood_<name>.c defines `const bl_likelihood
// likelihood_<name>`). Everything is per batch and *unscaled*: the loss l leaves out the shared σ, the temperature and
// the constants, so
//   log p(y | f) = −s·l − c,   s = 1/(σ²T) for likelihoods with a shared σ, 1/T otherwise (docs: Conventions).
// Letters: n examples, k network outputs, t target columns, c columns of E[y|x]; Λ (k, k) is the Fisher information of
// p(y|f). `precision` (k) holds 1/σ_j² when the noise differs per output (then s = 1/T), else NULL.
#ifndef BL_LIKELIHOOD_H
#define BL_LIKELIHOOD_H

#include "arena.h"

enum {
  LIKELIHOOD_SIGMA = 1,       // takes sigmaNoise
  LIKELIHOOD_CLASSES = 2,     // y are class labels, E[y|x] are probabilities, entropies are in nats
  LIKELIHOOD_REGRESSION = 4,  // y are real numbers or counts
  LIKELIHOOD_CURVED = 8       // the Hessian of the loss in f is not Λ, its expectation
};

typedef struct {
  const char *name, *about;
  unsigned is;
  int (*targets)(int k);                        // t; 0 when k outputs are not allowed
  int (*means)(int k);                          // c
  int (*check)(const double *y, int n, int k);  // index into y of the first bad target, −1 when all are good
  // loss (n), gradient in f (n, k) or NULL
  void (*loss)(double *loss, double *gradient, const double *f, const double *y, const double *precision, int n, int k);
  // constants c_n (n): −log of what the loss leaves out; sigma is the shared σ (1 without)
  void (*constant)(double *c, const double *y, double sigma, const double *precision, int n, int k);
  void (*root)(double *S, const double *f, const double *precision, int n, int k);  // (n, k, k): SᵀS = Λ
  // Hessian of the loss in f (n, k, k); equals Λ where the link is canonical
  void (*hessian)(double *H, const double *f, const double *y, const double *precision, int n, int k);
  void (*mean)(double *mean, const double *f, int n, int k);  // E[y | f] (n, c)
  // H[y | f] in nats (n), p the means at f; NULL for regression
  void (*entropy)(double *h, const double *p, const double *f, int n, int k);
  // Regression, f ~ N(m, V): closed forms of E[y] (n, c), of the noise E[var(y|f)] (n, c) and of the covariance of
  // E[y|f] (n, c, c); NULL for classes. V NULL is V = 0; sigma, precision as above; any output may be NULL.
  void (*moments)(double *mean, double *noise, double *spread, const double *m, const double *V, double sigma,
                  const double *precision, int n, int k);
} bl_likelihood;

// the `constant` of a likelihood whose loss leaves nothing out
void likelihood_constant_none(double *c, const double *y, double sigma, const double *precision, int n, int k);

int bl_likelihood_count(void);
const bl_likelihood *likelihood_row(int id);  // NULL when out of range
int likelihood_find(const char *name);        // −1 when absent
const char *bl_likelihood_name(int id);
const char *bl_likelihood_about(int id);
int bl_likelihood_targets(int id, int k);                                      // t, 0 when k is not allowed
int bl_likelihood_means(int id, int k);                                        // c
int bl_likelihood_is(int id);                                                  // the flags above
void bl_likelihood_mean(int id, double *mean, const double *f, int n, int k);  // E[y | f] (n, c)
int bl_likelihood_check(int id, const double *y, int n, int k);

#endif
