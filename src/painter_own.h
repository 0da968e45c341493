// painter_own.h — what the files painter*.c share. Nobody else includes it.
#ifndef BL_PAINTER_OWN_H
#define BL_PAINTER_OWN_H

#include "kernels.h"
#include "painter.h"

enum { ROW = 32 };    // bytes of a row of a panel
enum { PANELS = 4 };  // panels that pass through the network together: their layers stay in the nearest cache

static inline size_t area(int n, int k) { return (size_t)n * (size_t)k; }
static inline size_t panel_size(int rows) { return area(k_rounded(rows), ROW); }
static inline char *panels_of(int rows, int count, bl_arena *scratch) {
  return arena_take(scratch, (size_t)count, panel_size(rows));
}

// What a layer adds to the inner products of panels of inputs with packed rows from `from` on
typedef struct {
  char *K;              // (rows) for each output and panel
  const void *AS, *DS;  // the rows' inputs (rows, in) and deltas (rows, out)
  const char *A, *D;    // the panels' inputs; deltas of each output, NULL = the identity
  double bias;
  int in, out, outputs, panels, from, rows;
} painter_products;

// What is done in single or double precision; panels are K_PANEL or K_PANEL_F32 inputs wide.
typedef struct {
  int wide;
  size_t unit;  // bytes of a number
  double roundoff;
  void (*put)(void *P, const double *x, int row, int n, double scale);  // a row of a packed left side
  void (*place)(void *panels, const double *X, int n, int d);           // X (n, d) into columns
  void (*get)(double *x, const void *row);                              // (wide)
  void (*begin)(void *z, const void *b, int out);                       // z ← b in every column; zeros without b
  void (*panels)(void *C, const void *P, const void *X, int m, int k, int depth, int panels, int lower);
  void (*activate)(int id, int n, const void *z, void *a, void *da);
  void (*pull)(void *D, const void *slope, const void *w, int in);  // D ← D∘slope, or w∘slope where w is given
  void (*products)(const painter_products *p);
  void (*inner)(void *sum, const void *x, const void *y, int rows);                 // a row: Σ x∘y over rows
  void (*join)(void *sum, const double *variance, const void *aa, const void *dd);  // sum += (aa·v₀ + v₁)∘dd; NULL: 1
} painter_precision;

// The network and rows in it, packed for inner products with inputs; left sides are packed (kernels.h). Variances are
// those over the first layer's weights', so a prior that is scaled changes nothing.
typedef struct {
  const bl_net *net;
  const painter_precision *is;
  int first, k;         // first active layer, outputs
  int rows, room;       // rows there are, and there is place for
  void **W, **WT, **b;  // [l] weights and their transposes; biases, or NULL
  void **A, **D;        // [l] the rows' inputs, times the variance of the weights, and deltas
  void *seed;           // (k, in) the last layer's weights: what the identity is pulled back to
  double *variance;     // (2·layers) of weights and biases of each layer from the first active one
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
  painter_memory *memory;  // of the pixels of a map, or NULL
  const int *place;        // (r) where G's rows are in the basis of the memory
};

// with place for `room` rows, without any; NULL when out of memory
bl_basis *basis_new(const bl_net *net, int first, const double *theta, const double *variance, int single, int room,
                    bl_arena *arena);
// op(x)·alpha packed in the basis' precision, x (rows, columns)
void *basis_packed(const bl_basis *basis, const double *x, int transposed, int rows, int columns, double alpha,
                   bl_arena *arena);
void basis_put(bl_basis *basis, const bl_rows *rows, int row);  // one more
// n inputs, PANELS panels at most; arrays from scratch, K of the rows from `from` on
int painter_trace(const bl_basis *basis, painter_sheet *sheet, const double *X, int n, int from, bl_arena *scratch);
int painter_explain(const bl_painter *painter, double *f, double *V, double *bound, const painter_sheet *sheet, int n,
                    bl_arena *scratch);

// painter_memory.c
// place[i] ← where row i of the view is in the memory's basis, once it is there
int memory_rows(painter_memory *memory, int *place, const bl_rows *rows);
const bl_basis *memory_basis(const painter_memory *memory);
int memory_block(const bl_painter *painter, double *f, double *V, double *bound, const double *X, const int *pixel,
                 int n, bl_arena *scratch);

#endif
