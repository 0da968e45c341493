// curvature.h — the sweep over the data into a structure: H += sign·Σ wₙ rows, in blocks, with Σ loss and Σ gradient by
// the way.
//   ggn: rows S·J, SᵀS = Λ, so H = Σ JᵀΛJ.   ef: rows gᵀ = ∂l/∂θ, so H = Σ g gᵀ (true empirical Fisher; its scale is in
//   laplace.h).   hessian: the exact Hessian of the loss, a matrix; not positive definite away from a minimum.
// Martens 2020; Kunstner, Hennig & Balles 2019 on why ef is not the Fisher.
#ifndef BL_CURVATURE_H
#define BL_CURVATURE_H

#include "hessian.h"
#include "likelihood.h"
#include "structure.h"

enum { CURVATURE_GGN, CURVATURE_EF, CURVATURE_HESSIAN };  // ids of the table's rows

// a block of examples after its forward pass
typedef struct {
  const bl_active *active;
  const bl_tape *tape;
  const bl_rows *unit;               // of a network of one output: its own rows, where they are at hand; or NULL
  const double *theta, *y, *weight;  // weight (n) or NULL
  const double *gradient;            // (n, k) of the loss in f, not weighed
  const double *precision;           // (k) or NULL
  int apart;                         // 1: Λ counts with its diagonal only
} bl_sweep;

typedef struct {
  const char *name, *about;
  unsigned needs;   // of the structure
  int sigma_power;  // the shared σ enters P = c·H + P0 as c = 1/(σ^sigma_power T)
  int derivatives;  // of the activations, for mlp_forward
  int (*rows_per_example)(int k);
  int (*make)(bl_rows *rows, const bl_sweep *block, bl_arena *scratch);  // the block's rows, or its matrix
} bl_curvature;

int bl_curvature_count(void);
const bl_curvature *curvature_row(int id);  // NULL when out of range
int curvature_find(const char *name);       // −1 when absent
const char *bl_curvature_name(int id);      // "ggn", "ef", "hessian"
const char *bl_curvature_about(int id);
int bl_curvature_needs(int id);               // of the structure, its bits
int bl_curvature_rows(int curvature, int k);  // rows per example: k, or 1 for ef

typedef struct {
  const double *X, *y, *weight;  // (n, d), (n, t), (n) or NULL
  int n;
} bl_data;

// loss: += sign·Σ w l; gradient (h->p) or NULL: += sign·Σ w ∂l/∂θ over the active parameters. BL_NOT_FINITE when the
// network overflows.
// On error loss and gradient are as before; h keeps what the blocks before gave it (the caller sweeps into a fresh or
// copied one).
int curvature_sweep(bl_hess *h, double *loss, double *gradient, const double *theta, const bl_data *data, int curvature,
                    const double *precision, double sign, bl_arena *scratch);

#endif
