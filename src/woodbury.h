// woodbury.h — the posterior through the rows R of the data instead of their p × p product: what the full structure in
// function space, the Gaussian process on a subset and the low-rank structure are made of. They differ in the rows.
// A structure that uses it keeps a struct whose first member is a bl_woodbury, brings rows into its `gram` and says
// `changed`; every other operation of the structure interface may then be the one here.
#ifndef BL_WOODBURY_H
#define BL_WOODBURY_H

#include "gram.h"
#include "structure.h"

// rows of L; rows taken out of it since it was made anew; is e valid for the data held?
enum { WOODBURY_SIZE, WOODBURY_REMOVED, WOODBURY_SPECTRAL, WOODBURY_STATES };

typedef struct {
  bl_gram gram;
  int state[WOODBURY_STATES];
  double *L;           // (size, size) of the first rows held, under the key's s and P0
  double *factor_key;  // (p + 1) what a factor was asked for; L may be one of its first rows, or of none yet
  double *e;           // (m) eigenvalues of K, ascending, not negative
} bl_woodbury;

int woodbury_init(bl_hess *h, bl_woodbury *own);  // own: zeroed, allocated by the row (or NULL: BL_MEMORY)
void woodbury_changed(bl_hess *h);                // the rows are others than before
// rows more, or rows less: the factor follows; on error all is as before
int woodbury_append(bl_hess *h, const bl_rows *rows);
int woodbury_remove(bl_hess *h, const bl_rows *rows, bl_arena *scratch);
int woodbury_asked(const bl_hess *h);  // was a factor asked for under the present s and P0?
int woodbury_factor(const bl_hess *h, const double **L, bl_arena *scratch);  // it, or else one made in scratch
int woodbury_prepare(bl_hess *h, double s, const bl_prior *prior, int want, bl_arena *scratch);
int woodbury_log_det(const bl_hess *h, double *value, double *d_s, double *d_prior, bl_arena *scratch);
int woodbury_multiply(const bl_hess *h, double *Y, const double *X, int m, bl_arena *scratch);
int woodbury_solve(const bl_hess *h, double *X, int m, bl_arena *scratch);
int woodbury_diagonal(const bl_hess *h, double *v, bl_arena *scratch);
int woodbury_draw(const bl_hess *h, double *X, const double *Z, int m, bl_arena *scratch);
int woodbury_features(const bl_hess *h, double *Phi, const bl_rows *q, bl_arena *scratch);
int woodbury_variance(const bl_hess *h, double *V, const bl_rows *q, bl_arena *scratch);
int woodbury_view(const bl_hess *h, double tolerance, bl_view *out, bl_arena *scratch);
int woodbury_fields(bl_hess *h, bl_visitor *visitor);
void woodbury_release(bl_hess *h);
double woodbury_cost(const bl_active *active, double m);   // operations for m rows
double woodbury_bytes(const bl_active *active, double m);  // bytes for m rows

#endif
