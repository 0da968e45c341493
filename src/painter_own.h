// painter_own.h — what the files painter*.c share. Nobody else includes it.
#ifndef BL_PAINTER_OWN_H
#define BL_PAINTER_OWN_H

#include "painter.h"
#include "panels.h"

// The network and rows in it, packed for inner products with inputs. Variances are those over the first layer's
// weights', so a prior that is scaled changes nothing.
typedef struct {
  panel_net on;
  int k;             // outputs
  int rows, room;    // rows there are, and there is place for
  void **A, **D;     // [l] the rows' inputs, times the variance of the weights, and deltas
  double *variance;  // (2·layers) of weights and biases of each layer from the first active one
} bl_basis;

// What is known of some inputs before the posterior is: panels, one behind the other
typedef struct {
  int panels;
  char *f, *prior, *K;  // (k), (k·k) rows in each panel; (rows) for each output in turn
} painter_sheet;

struct bl_painter {
  const bl_basis *basis;
  int r;                   // rows of G
  void *G;                 // lower triangle, times √s and the scale, packed
  double scale;            // variance of the first layer's weights
  double rounding;         // of log sd, times k/v
  painter_memory *memory;  // of the pixels of a map, or NULL
  const int *place;        // (r) where G's rows are in the basis of the memory
};

// with place for `room` rows, without any; NULL when out of memory
bl_basis *basis_new(const bl_net *net, int first, const double *theta, const double *variance, int single, int room,
                    bl_arena *arena);
void basis_put(bl_basis *basis, const bl_rows *rows, int row);  // one more
// n inputs, PANELS panels at most, through the network: all of the sheet but K, and the pass but its slopes, from arena
int painter_trace(const bl_basis *basis, painter_sheet *sheet, panel_pass *pass, const double *X, int n,
                  bl_arena *arena, bl_arena *scratch);
// K of the rows from `from` on, from scratch
int painter_products(const bl_basis *basis, painter_sheet *sheet, const panel_pass *pass, int from, bl_arena *scratch);
int painter_explain(const bl_painter *painter, double *f, double *V, double *bound, const painter_sheet *sheet, int n,
                    bl_arena *scratch);

// painter_memory.c
// place[i] ← where row i of the view is in the memory's basis, once it is there
int memory_rows(painter_memory *memory, int *place, const bl_rows *rows);
const bl_basis *memory_basis(const painter_memory *memory);
int memory_block(const bl_painter *painter, double *f, double *V, double *bound, const double *X, const int *pixel,
                 int n, bl_arena *scratch);

#endif
