// grid_own.h — what the files grid*.c share: a map on its way. Nobody else includes it.
#ifndef BL_GRID_OWN_H
#define BL_GRID_OWN_H

#include "grid.h"
#include "painter.h"

enum {
  NEED_MEAN = 1,
  NEED_F = 2,
  NEED_V = 4,
  NEED_SPLIT = 8,
  NEED_LOGIT = 16
};  // the last is one of the first by link

typedef struct {
  const bl_laplace *la;
  const bl_likelihood *likelihood;
  const bl_link *link;
  const int *quantities;
  int count, link_id, samples;
  double seed;
  double box[4];          // two of them for one input
  int nx, ny, k, width;   // pixels of the whole map; outputs, columns of the mean
  unsigned needs;         // of all quantities
  int step_x, step_y;     // between lines that are painted first; 1: all are
  int low, high, planes;  // the planes hold rows low … high − 1
  double tolerance;       // allowed |log sd error|
  float small;            // a fourth difference beside second ones, where no kink is
} grid_map;

typedef struct {
  bl_painter *painter;
  double allowed, slack;  // rounding a pixel may cost; what its bound begins with
} grid_way;

// How the pixels of one map are computed: by the first way that is good enough for each, else by the posterior itself.
typedef struct {
  grid_way ways[2];
  int count;
  double exact, reached;  // a bound for the posterior itself; the largest bound of a pixel so far
  int bounded;            // 0: what is painted counts as exact
  bl_hess sketch;
} grid_route;

// What a block of pixels knows; arrays are NULL unless a quantity asks for them.
typedef struct {
  const bl_likelihood *likelihood;
  const bl_link *link;
  int n, k, width;
  bl_prediction at;
} grid_pixels;

typedef struct {
  const char *name, *about;
  unsigned needs;
  int (*planes)(const bl_likelihood *likelihood, int k);
  void (*write)(double *values, const grid_pixels *p, int plane);  // (n) of one plane
} grid_quantity;

const grid_quantity *grid_quantity_row(int id);                                // NULL when absent
int grid_route_make(grid_route *route, const grid_map *m, bl_arena *scratch);  // grid_route_end either way
void grid_route_end(grid_route *route);
double grid_bound(const grid_route *route);  // on |log sd error| of what was painted
// the pixels listed, by their index in the whole map, into planes (…, high − low, nx); the list is spoiled
int grid_paint(const grid_map *m, grid_route *route, float *planes, int *list, int count, bl_arena *scratch);
// Rows that those from … to − 1 need once lines a step apart are filled in: every halving reaches for seven lines
int grid_low(const grid_map *m, int from, int step);
int grid_high(const grid_map *m, int to, int step);
// Every pixel of rows from … to − 1; error: the largest estimate of what an interpolation costs
int grid_fill(const grid_map *m, grid_route *route, float *planes, double *error, int from, int to, bl_arena *scratch);

#endif
