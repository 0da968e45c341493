// grid.h — the painter of maps: quantities of the linearised predictive over a box, as float planes.
#ifndef BL_GRID_H
#define BL_GRID_H

#include "predict.h"

// TABLE of quantities: mean, fMean, fVar (diagonal), scaledLogit (the logit the link passes on), epistemic, aleatoric,
// confidence
int bl_quantity_count(void);
const char *bl_quantity_name(int id);
const char *bl_quantity_about(int id);
int bl_quantity_planes(int id, int likelihood, int k);  // planes; 0 when it has no meaning for this likelihood

// box = {x0, x1, y0, y1}; pixel centres equally spaced from end to end inclusive, row 0 at y0; d = 2, or d = 1 with ny
// = 1. out: for each quantity in turn its planes, (planes, ny, nx). error_bound: on |log sd|, 0 = exact.
int bl_predict_grid(const bl_laplace *la, float *out, double *error_bound, const double *box, int nx, int ny,
                    const int *quantities, int count, int link, double tolerance, int samples, double seed,
                    bl_arena *scratch);
// operations of an exact map's variances
double bl_grid_work(const bl_laplace *la, int nx, int ny);

#endif
