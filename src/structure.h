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

// What a structure can, a bit each, with the sentence of its refusal: whoever needs a bit that a row lacks is told so.
#define STRUCTURE_ABILITIES(X)                                                                                        \
  X(INDEXED, "does not take a list of parameters: its blocks are whole layers")                                       \
  X(DIAG_PRIOR, "does not take a prior precision per parameter: a number, or one per tensor, keeps its blocks whole") \
  X(DENSE, "is built from rows of data: it takes neither the exact Hessian nor a prior precision matrix")             \
  X(MATRIX_PRIOR, "does not take a prior precision matrix; only the full structure in weight space does")             \
  X(DOWNDATE, "cannot take examples away again")                                                                      \
  X(EXACT, "is an approximation of the full posterior")                                                               \
  X(CHOICE, "is not chosen automatically")                                                                            \
  X(FUNCTIONS, "is not a Gaussian process over functions: predType 'gp' belongs to the full and gp structures")       \
  X(WEIGHTS, "gives no posterior over weights: draws, covariances and samples of the network have no meaning")

#define STRUCTURE_ORDER(name, text) STRUCTURE_##name##_AT,
enum { STRUCTURE_ABILITIES(STRUCTURE_ORDER) STRUCTURE_ABILITY_COUNT };
#undef STRUCTURE_ORDER
#define STRUCTURE_BIT(name, text) STRUCTURE_##name = 1 << STRUCTURE_##name##_AT,
enum { STRUCTURE_ABILITIES(STRUCTURE_BIT) };
#undef STRUCTURE_BIT

// What the rows that a map looks at may take of its tolerance: the rest is left to the rounding of variances. With less
// of it more pixels need double precision, with more it takes more rows. A sketch, of a fit or a map, keeps to half of
// that: what its last rows tell of the others is what lets a map look at fewer.
#define VIEW_SHARE 0.625
#define SKETCH_SHARE (0.5 * VIEW_SHARE)

enum {               // what `prepare` is to make ready; log_det works after every prepare, 0 included
  WANT_FACTOR = 1,   // for solve, draw, features, variance, diagonal
  WANT_SPECTRUM = 2  // log_det for every s and every c·P0 without another factorisation
};

// What particular rows are asked beside the data; each takes what concerns it.
typedef struct {
  int rank;         // lowrank: eigenpairs kept at most; 0 = as many as matter
  int subset;       // gp: examples it is built on; 0 = all
  int independent;  // gp: 1: the outputs count as independent of each other
  double seed;      // gp: of the choice of examples
} bl_hess_options;

typedef struct bl_structure bl_structure;

// The posterior of functions as rows and one matrix, for painters: v = k − s‖G k_S‖², k_S the inner products with the
// rows. G is no larger than the information the rows have of each other, so what is lost in k_S is not multiplied.
typedef struct {
  bl_rows rows;  // borrowed
  double *G;     // (rows, rows), from scratch
  int triangle;  // 1: G is lower triangular
  double slack;  // bound on |log sd error|
} bl_view;

typedef struct {
  const bl_structure *is;
  bl_active active;
  bl_hess_options options;
  int p, k;               // active parameters, rows per example
  int apart;              // 1: rows of different outputs belong to independent functions, Λ counts with its diagonal
  int rank;               // columns of Φ
  int noise;              // normals per draw
  int coming;             // examples of the sweep under way that are to be absorbed, or 0
  double base, sign;      // J P⁻¹ J'ᵀ = base·J P0⁻¹ J'ᵀ + sign·Φ Φ'ᵀ
  double slack;           // bound on |log sd error|, 0 = exact
  double s;               // as last prepared
  const bl_prior *prior;  // borrowed, as last prepared
  void *own;              // the structure's arrays
} bl_hess;

struct bl_structure {
  // rows of one name differ in space: "weight", "function"; "" where there is one only
  const char *name, *about, *space;
  unsigned can;
  double (*cost)(const bl_active *active, int n, int k);   // operations of a fit to n examples of k rows
  double (*bytes)(const bl_active *active, int n, int k);  // memory held then
  // H = 0, after is/active/options/p/k are set; allocates own
  int (*init)(bl_hess *h);
  // H += sign·Σ w r rᵀ; on error H is as before
  int (*absorb)(bl_hess *h, const bl_rows *rows, double sign, bl_arena *scratch);
  // H += factor·(the H of another of the same row and sizes); on error H is as before
  int (*merge)(bl_hess *h, const bl_hess *other, double factor, bl_arena *scratch);
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
  // A posterior like this one at s and prior, cheaper and prepared, with |log sd error| ≤ tolerance. whole 1: by
  // the data alone, whatever else h holds of them; 0: for variance alone. BL_UNSUPPORTED when nothing is gained. NULL:
  // never.
  int (*sketch)(bl_hess *out, const bl_hess *h, double s, const bl_prior *prior, double tolerance, int whole,
                bl_arena *scratch);
  double (*bound)(
      const bl_hess *h);  // on |log sd error| of every variance given so far, rounding included; NULL: slack
  // As few rows as a slack of `tolerance` allows, all of them where it allows none to be left out. BL_UNSUPPORTED
  // unless it is prepared and has rows; NULL: never
  int (*view)(const bl_hess *h, double tolerance, bl_view *out, bl_arena *scratch);
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
const char *structure_refusal(const bl_structure *is, unsigned needs);  // NULL when it can all of them
// The row of that name and space that can what is needed; "auto": of several, the cheapest for n examples of k rows;
// −1 when absent
int structure_find(const char *name, const char *space, unsigned needs, const bl_active *active, int n, int k);
// the same; within: 1 where a tolerance lets sketches stand for rows that have them
int structure_find_within(const char *name, const char *space, unsigned needs, const bl_active *active, int n, int k,
                          int within);
// why there is none, for messages; "" when there is one
const char *bl_structure_refusal(const char *name, const char *space, int needs);
// what a fit to n examples of k rows would cost and hold
double bl_structure_cost(int id, const bl_net *net, int first, int n, int k);
double bl_structure_bytes(int id, const bl_net *net, int first, int n, int k);

int hess_init(bl_hess *h, const bl_structure *is, const bl_active *active, int k, const bl_hess_options *options);
void hess_release(bl_hess *h);  // safe on a zeroed hess
// a copy of h on another active set of the same shape; out->prior is h's until the caller sets it
int hess_clone(bl_hess *out, const bl_hess *h, const bl_active *active, bl_arena *scratch);
// H += factor·other's, which may be of another row where h's takes a matrix (BL_UNSUPPORTED else)
int hess_merge(bl_hess *h, const bl_hess *other, double factor, bl_arena *scratch);
int hess_sketch(bl_hess *out, const bl_hess *h, double s, const bl_prior *prior, double tolerance, int whole,
                bl_arena *scratch);  // BL_UNSUPPORTED where the row has none
double hess_bound(const bl_hess *h);
int hess_dense(const bl_hess *h, double *H, int from, int to, bl_arena *scratch);  // rows from … to − 1 of H (·, p)
// Posterior covariance of the functions of one batch's rows (MLP_BLOCK examples at most, callers walk), prior part
// included: blocks (n, k, k), or joint (n·k, n·k)
int hess_variance(const bl_hess *h, double *V, const bl_rows *q, bl_arena *scratch);
int hess_covariance(const bl_hess *h, double *V, const bl_rows *q, bl_arena *scratch);

// For the rows of the table.
double hess_width(const bl_active *active);  // what an inner product of two rows costs: the widths of the layers
// v (n): diagonal of (LLᵀ)⁻¹
int hess_inverse_diagonal(double *v, const double *L, int n, bl_arena *scratch);
double hess_factor_log_det(const double *L, const double *scale, int n);  // 2 Σ log(Lᵢᵢ/√scaleᵢ); scale NULL = 1
// eigenvalues (n) ascending: what lies within the rounding n·ε of the largest is 0
void hess_clean_spectrum(double *e, int n);

#endif
