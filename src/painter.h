// painter.h — mean and variance of the outputs of many inputs, for maps:
//   v = k(x,x) − s‖G k_S(x)‖² over rows (A, D) and a matrix G that are kept packed (structure.h's view)
// in single precision, twice as many numbers a vector and activations of fewer terms, or in double. Rounding costs a
// relative u·k(x,x)/v, u the unit roundoff: an input where that is too much is the caller's to compute otherwise. Every
// input has the values it has alone, whatever it is painted with.
#ifndef BL_PAINTER_H
#define BL_PAINTER_H

#include "predict.h"

typedef struct bl_painter bl_painter;

// In scratch, of the posterior h at theta; NULL in *out where it has no rows to paint with, or the prior is one per
// parameter.
int painter_make(bl_painter **out, const bl_hess *h, const double *theta, int single, bl_arena *scratch);
// f (n, k) and V (n, k, k) at X (n, d); bound (n): on |log sd error| by rounding at each
int painter_block(const bl_painter *painter, double *f, double *V, double *bound, const double *X, int n,
                  bl_arena *scratch);

#endif
