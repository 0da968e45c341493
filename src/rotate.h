// rotate.h — rows times a square matrix, where most of them are mostly the rows of a matrix known beforehand.
#ifndef BL_ROTATE_H
#define BL_ROTATE_H

#include "arena.h"

// R (n·k, width) = D·Uᵀ, U (width, width). An example's k rows D are taken as M (k, width) and the columns where they
// differ from it, if those are few; M NULL: they are not. An example has the bits it has alone.
int rotate_rows(double *R, const double *D, const double *M, const double *U, int n, int k, int width,
                bl_arena *scratch);

#endif
