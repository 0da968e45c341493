// structure.h — TABLE of curvature structures, one file each: structure_<row>.c defines `structure_<row>`.
// A structure holds the *unscaled* H of the data it absorbed; the posterior precision is P = s·H + P0. The predictive,
// evidence, samples, training and (de)serialisation are written once against this interface; no structure is named
// outside its file.
//   weight space:              base 0, sign +1, Φ = J L⁻ᵀ, LLᵀ = P
//   function space (Woodbury): base 1, sign −1, Φ = √s J P0⁻¹Rᵀ L⁻ᵀ, LLᵀ = I + s R P0⁻¹Rᵀ
// Rasmussen & Williams 2006 (A.9–A.12); Daxberger et al. 2021; Immer, Korzepa & Bauer 2021.
#ifndef BL_STRUCTURE_H
#define BL_STRUCTURE_H

#include "prior.h"
#include "visitor.h"
#include "status.h"

enum {                       // what a structure can; refusals are read from here
  STRUCTURE_INDEXED = 1,     // an index list of parameters
  STRUCTURE_DIAG_PRIOR = 2,  // a precision per parameter
  STRUCTURE_DENSE = 4,       // absorbs an exact Hessian (rows->dense)
  STRUCTURE_DOWNDATE = 8,    // sign = −1
  STRUCTURE_EXACT = 16,      // gives the exact GGN posterior: interchangeable with other exact rows of its name
  STRUCTURE_CHOICE = 32      // chosen automatically among the rows of its name by cost
};
enum {               // what `prepare` is to make ready; log_det works after every prepare, 0 included
  WANT_FACTOR = 1,   // for solve, draw, features, variance, diagonal
  WANT_SPECTRUM = 2  // log_det for every s and every c·P0 without another factorisation
};

typedef struct bl_structure bl_structure;

typedef struct {
  const bl_structure *is;
  bl_active active;
  int p, k;               // active parameters, rows per example
  int rank;               // columns of Φ
  int noise;              // normals per draw
  double base, sign;      // J P⁻¹ J'ᵀ = base·J P0⁻¹ J'ᵀ + sign·Φ Φ'ᵀ
  double slack;           // bound on |log sd error|, 0 = exact
  double s;               // as last prepared
  const bl_prior *prior;  // borrowed, as last prepared
  void *own;              // the structure's arrays
} bl_hess;

struct bl_structure {
  // rows of one name differ in space: "weight", "function"; "" where there is one only
  const char *name, *space, *about;
  unsigned can;
  // flops of fit and one prediction's share; for the choice
  double (*cost)(int n, int k, int p);
  double (*bytes)(int n, int k, int p);  // memory held
  // H = 0, after is/active/p/k are set; allocates own
  int (*init)(bl_hess *h);
  // H += sign·Σ w r rᵀ; on error H is as before
  int (*absorb)(bl_hess *h, const bl_rows *rows, double sign, bl_arena *scratch);
  // s > 0; on an error h is as before. Without WANT_FACTOR a factor already held stays the one of its own s and P0.
  int (*prepare)(bl_hess *h, double s, const bl_prior *prior, int want, bl_arena *scratch);
  // value = log det P − log det P0; its derivatives in s and in each precision of the prior (groups), or NULL
  int (*log_det)(const bl_hess *h, double *value, double *d_s, double *d_prior, bl_arena *scratch);
  int (*multiply)(const bl_hess *h, double *Y, const double *X, int m, bl_arena *scratch);  // (m, p): Y = X·H
  int (*solve)(const bl_hess *h, double *X, int m, bl_arena *scratch);                      // (m, p): X ← X·P⁻¹
  int (*diagonal)(const bl_hess *h, double *v, bl_arena *scratch);                          // v (p): diagonal of P⁻¹
  // (m, p) = Z (m, noise)·C, CᵀC = P⁻¹
  int (*draw)(const bl_hess *h, double *X, const double *Z, int m, bl_arena *scratch);
  int (*features)(const bl_hess *h, double *Phi, const bl_rows *q, bl_arena *scratch);  // (n·k, rank)
  // (n, k, k); NULL: by features
  int (*variance)(const bl_hess *h, double *V, const bl_rows *q, bl_arena *scratch);
  // every member of own, in a fixed order
  int (*fields)(bl_hess *h, bl_visitor *visitor);
  // frees own, after its fields are freed
  void (*release)(bl_hess *h);
};

int bl_structure_count(void);
const bl_structure *structure_row(int id);
const char *bl_structure_name(int id);
const char *bl_structure_space(int id);
const char *bl_structure_about(int id);
int bl_structure_can(int id);
// The row of that name: the one of the given space, or ("auto") the cheapest for these sizes; −1 when absent
int structure_find(const char *name, const char *space, int n, int k, int p);

int hess_init(bl_hess *h, const bl_structure *is, const bl_active *active, int k);
void hess_release(bl_hess *h);  // safe on a zeroed hess
// a copy of h on another active set of the same shape; out->prior is h's until the caller sets it
int hess_clone(bl_hess *out, const bl_hess *h, const bl_active *active, bl_arena *scratch);
int hess_dense(const bl_hess *h, double *H, bl_arena *scratch);  // (p, p) = H, by multiply
// Posterior covariance of the functions of one batch's rows (MLP_BLOCK examples at most, callers walk), prior part
// included: blocks (n, k, k), or joint (n·k, n·k)
int hess_variance(const bl_hess *h, double *V, const bl_rows *q, bl_arena *scratch);
int hess_covariance(const bl_hess *h, double *V, const bl_rows *q, bl_arena *scratch);

// For the rows of the table.
// v (n): diagonal of (LLᵀ)⁻¹
int hess_inverse_diagonal(double *v, const double *L, int n, bl_arena *scratch);
double hess_factor_log_det(const double *L, const double *scale, int n);  // 2 Σ log(Lᵢᵢ/√scaleᵢ); scale NULL = 1
// eigenvalues (n) ascending: what lies within the rounding n·ε of the largest is 0
void hess_clean_spectrum(double *e, int n);

#endif
