// painter.h — mean and variance of the outputs in single precision, for maps whose tolerance allows it. Twice as many
// numbers fit a vector, and the activations need fewer terms.
//   v = k(x,x) − s‖G k_S(x)‖² over rows (A, D) held as floats (structure.h's view)
// Rounding costs a relative 2⁻²⁴·k(x,x)/v: a pixel where that exceeds what is allowed is left to the double path, so a
// pixel never depends on its neighbours or on how the map is divided.
#ifndef BL_PAINTER_H
#define BL_PAINTER_H

#include "predict.h"

typedef struct bl_painter bl_painter;

// In scratch; NULL in *out where the structure has no rows to paint with or the prior is one per parameter.
int painter_make(bl_painter **out, const bl_hess *h, const double *theta, bl_arena *scratch);
// f (n, k) and V (n, k, k) at X (n, d); bound (n): on |log sd error| by rounding at each
int painter_block(const bl_painter *painter, double *f, double *V, double *bound, const double *X, int n,
                  bl_arena *scratch);

#endif
