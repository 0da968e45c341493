// panels.h — a network on panels of inputs (kernels.h), in single or double precision: forward, backward and inner
// products are microkernels on packed left sides and panels, and nothing is repacked between them.
#ifndef BL_PANELS_H
#define BL_PANELS_H

#include "kernels.h"
#include "mlp.h"

enum { ROW = 32 };    // bytes of a row of a panel
enum { PANELS = 4 };  // panels that pass through a network together: their layers stay in the nearest cache

static inline size_t area(int n, int k) { return (size_t)n * (size_t)k; }
static inline size_t panel_size(int rows) { return area(k_height(rows), ROW); }
static inline char *panels_of(int rows, int count, bl_arena *scratch) {
  return arena_take(scratch, (size_t)count, panel_size(rows));
}

// What is done in single or double precision; panels are K_PANEL or K_PANEL_F32 inputs wide.
typedef struct {
  int wide;
  size_t unit;  // bytes of a number
  double roundoff;
  void (*put)(void *P, const double *x, int row, int n, double scale);  // a row of a packed left side
  void (*place)(void *panels, const double *X, int n, int d);           // X (n, d) into columns
  void (*get)(double *x, const void *row);                              // (wide)
  void (*panels)(void *C, const void *P, const void *b, const void *X, int m, int k, int panels, int lower);
  void (*across)(double *C, const void *X, int m, const void *Y, size_t y_stride, int n, int panels);
  void (*activate)(int id, int n, const void *z, void *a, void *da);
  void (*pull)(void *D, const void *slope, const void *w, int in);  // D ← D∘slope, or w∘slope where w is given
  void (*products)(const k_products *p);
  void (*inner)(void *sum, const void *x, const void *y, int rows);                 // a row: Σ x∘y over rows
  void (*join)(void *sum, const double *variance, const void *aa, const void *dd);  // sum += (aa·v₀ + v₁)∘dd; NULL: 1
} panel_precision;

// A network packed
typedef struct {
  const bl_net *net;
  const panel_precision *is;
  int first;            // layers before it are not pulled back to
  void **W, **WT, **b;  // [l] weights and their transposes; biases, or NULL: all packed
  void *seed;           // (k, in) the last layer's weights: what the identity is pulled back to
} panel_net;

// What panels of inputs leave on their way: [l] inputs and slopes of layer l, deltas of each output in turn
typedef struct {
  int panels;
  char **A, **slope, **D, *f;  // D[L − 1] = NULL: the identity
} panel_pass;

// from arena, of net at theta
int panel_net_make(panel_net *p, const bl_net *net, int first, const double *theta, int single, bl_arena *arena);
// x as the precision keeps it: (rows, columns), and packed, op(x)·alpha
void *panel_kept(const panel_net *p, const double *x, int rows, int columns, bl_arena *arena);
void *panel_packed(const panel_net *p, const double *x, int transposed, int rows, int columns, double alpha,
                   bl_arena *arena);
// X (n, d); arrays from scratch; slopes, for the way back: from where, or NULL
int panel_forward(panel_pass *t, const panel_net *p, const double *X, int n, bl_arena *slopes, bl_arena *scratch);
int panel_backward(panel_pass *t, const panel_net *p, bl_arena *scratch);
void panel_outputs(double *f, const panel_net *p, const panel_pass *t, int n);  // f (n, k)
// gradient (p) += Σ seedₙᵀ ∂fₙ/∂θ, seed (n, k)
int panel_gradient(double *gradient, const panel_net *p, panel_pass *t, const double *seed, int n, bl_arena *scratch);

// f (n, k) at net->theta, X (n, d): the network alone in single precision
int bl_net_forward_f32(const bl_net *net, float *f, const double *X, int n, bl_arena *scratch);

#endif
