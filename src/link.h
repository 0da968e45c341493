// link.h — TABLE of links: from f ~ N(m, V) to E[y|x].
//   plugin        g(m)
//   probit        g(m/√(1 + π diag V/8))                                    (MacKay 1992; Gibbs 1997)
//   mc            the mean of g over seeded draws, one set of normals for all x
//   exact         quadrature (one logit)
//   mean_field_2  1/Σ_j exp(−(m_i − m_j)/√(1 + π/8·var(f_i − f_j))), normalised   (Lu, Ie & Sha 2020)
//   bridge(_norm) the Laplace bridge to a Dirichlet, and its variance-normalised form (MacKay 1998; Hobbhahn et al.
// 2022) Regression and counts have closed forms under every link but plugin (V = 0) and mc.
#ifndef BL_LINK_H
#define BL_LINK_H

#include "likelihood.h"

typedef struct {
  const bl_likelihood *likelihood;
  double sigma;             // shared σ
  const double *precision;  // (k) or NULL
  int k, samples;
  double seed;
} bl_link_case;

typedef struct {
  const char *name, *about;
  int (*can)(const bl_likelihood *likelihood, int k);  // 1 when it has a meaning there
  int plugin;                                          // 1: V counts as 0
  int (*mean)(double *mean, const double *m, const double *V, const bl_link_case *c, int n,
              bl_arena *scratch);  // (n, c)
  void (*logit)(double *z, const double *m, const double *V, int n,
                int k);  // (n, k) what it passes on; NULL: the log of mean
} bl_link;

int bl_link_count(void);
const bl_link *link_row(int id);
int link_find(const char *name);
const char *bl_link_name(int id);
const char *bl_link_about(int id);
int bl_link_can(int id, int likelihood, int k);

// f draws (samples, n, k)-wise visits, the same normals for every example: f = m + L z with LLᵀ = V, zero pivots
// tolerated
typedef void (*link_visit)(void *context, const double *f, int n);  // f (n, k) of one draw
int link_draws(const double *m, const double *V, const bl_link_case *c, int n, link_visit visit, void *context,
               bl_arena *scratch);

#endif
