// painter.h — mean and variance of the outputs of many inputs, for maps:
//   v = k(x,x) − s‖G k_S(x)‖² over rows (A, D) and a matrix G that are kept packed (structure.h's view)
// in single precision, twice as many numbers a vector and activations of fewer terms, or in double. Rounding costs a
// relative u·k(x,x)/v, u the unit roundoff: an input where that is too much is the caller's to compute otherwise. Every
// input has the values it has alone, whatever it is painted with.
#ifndef BL_PAINTER_H
#define BL_PAINTER_H

#include "predict.h"

typedef struct bl_painter bl_painter;

// What is kept of the pixels of a map from one call to the next (painter_memory.c), with the posterior: NULL unless the
// last map was of the same box (4) and size, at the same θ, under a prior of the same proportions.
typedef struct painter_memory painter_memory;
painter_memory *painter_memory_open(const bl_laplace *la, const double *box, int nx, int ny);

// What of the posterior h is painted, within a tolerance as structure.h's view has it, G a lower triangle;
// BL_UNSUPPORTED where it has no rows to paint with, or the prior is one per parameter
int painter_view(bl_view *out, const bl_hess *h, double tolerance, bl_arena *scratch);
// In scratch, of a view of h at theta. memory, for single precision: NULL where nothing is to be kept.
int painter_make(bl_painter **out, const bl_hess *h, const bl_view *view, const double *theta, int single,
                 painter_memory *memory, bl_arena *scratch);
// f (n, k) and V (n, k, k) at X (n, d); bound (n): on |log sd error| by rounding at each; pixel (n): which of the map
// they are, NULL without a memory
int painter_block(const bl_painter *painter, double *f, double *V, double *bound, const double *X, const int *pixel,
                  int n, bl_arena *scratch);

#endif
