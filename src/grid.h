// grid.h — the painter of maps: quantities of the linearised predictive over a box, as float planes.
#ifndef BL_GRID_H
#define BL_GRID_H

#include "predict.h"
#include "table.h"

// TABLE of quantities: mean, fMean, fVar (diagonal), scaledLogit (the logit the link passes on), epistemic, aleatoric,
// confidence
int bl_quantity_count(void);
const bl_label *quantity_row(int id);  // NULL past the last
const char *bl_quantity_name(int id);
int bl_quantity_planes(int id, int likelihood, int k);  // planes; 0 when it has no meaning for this likelihood

// box = {x0, x1, y0, y1}; pixel centres equally spaced from end to end inclusive, row 0 at y0; d = 2, or d = 1 with ny
// = 1. Rows from … to − 1 of them. out: for each quantity in turn its planes, (planes, to − from, nx). interpolate:
// every fourth row and column, of more than forty, and cubics between where they will do. errors: the bound on |log sd|
// of the pixels painted, 0 = exact, and the estimated error of those between, of max(1, |value|).
int bl_predict_grid(const bl_laplace *la, float *out, double *errors, const double *box, int nx, int ny, int from,
                    int to, int interpolate, const int *quantities, int count, int link, double tolerance, int samples,
                    double seed, bl_arena *scratch);
// operations of an exact map's variances
double bl_grid_work(const bl_laplace *la, int nx, int ny);

#endif
