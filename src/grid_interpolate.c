// grid_interpolate.c — a smooth map from a part of its pixels: every fourth row and column is painted, and the lines in
// between are filled by halves. Between four neighbours that are there runs a cubic. With nodes h apart its error in
// the middle is 3/128·h⁴f⁗; differences of the nodes around it estimate that. Where the estimate is too large the pixel
// is painted after all. Nodes at −3, −1, 1, 3 have weights (−1, 9, 9, −1)/16; at an end −1, 1, 3, 5 have (5, 15, −5,
// 1)/16.
#include <math.h>

#include "grid_own.h"
#include "status.h"
#include "vmath.h"

// of max(1, |value|), along a row or a column, at the last step; at the one before, which others build on, half of it
static const float ALLOWED = 1e-3f / 3;

enum { LINES = 4 };  // side by side in a vector
typedef int v4i __attribute__((vector_size(16)));

// Lines of the planes: where each begins, how far its numbers are apart, which of its positions the first one has
typedef struct {
  size_t at[LINES], apart;
  int low, n;  // positions in all
} grid_lines;

static inline v4f all(float x) { return (v4f){x, x, x, x}; }
static inline v4f chosen(v4i mask, v4f a, v4f b) { return (v4f)(((v4i)a & mask) | ((v4i)b & ~mask)); }
static inline v4f larger(v4f a, v4f b) { return chosen(a > b, a, b); }
static inline v4f size_of(v4f a) { return larger(a, -a); }

// From the second differences of five nodes: 3/128 of the fourth one where it is small beside them, as it is where the
// nodes resolve the function; else there may be a kink or a jump between two of them, which costs up to 0.4 of those.
static inline v4f error_of(const v4f *second) {
  const v4f fourth = size_of(second[0] - second[1] - second[1] + second[2]);
  const v4f most = larger(larger(size_of(second[0]), size_of(second[1])), size_of(second[2]));
  return chosen(fourth > all(0.25f) * most, all(0.4f) * most, all(3.0f / 128) * fourth);
}

// The values at odd i, where even ones are there, and the estimate of their errors, from the six nodes around it or the
// five at an end.
static v4f middle(v4f *error, const float *plane, const grid_lines *lines, int i) {
  const int last = (lines->n - 1) / 2 * 2, six = i >= 5 && i + 5 <= last;
  const int start = i < 5 ? 0 : six ? i - 5 : last - 8, left = (i - 1 - start) / 2;
  v4f v[6], second[4], smallest = all(HUGE_VALF), largest = -smallest;
  plane += (size_t)(start - lines->low) * lines->apart;
  for (int j = 0; j < 5 + six; ++j, plane += 2 * lines->apart) {
    v[j] = (v4f){plane[lines->at[0]], plane[lines->at[1]], plane[lines->at[2]], plane[lines->at[3]]};
    smallest = -larger(-smallest, -v[j]), largest = larger(largest, v[j]);
    if (j > 1) second[j - 2] = v[j - 2] - v[j - 1] - v[j - 1] + v[j];
  }
  const int right = left == 3 && !six;
  const v4f *at = v + left, end[4] = {v[right ? 4 : 0], v[right ? 3 : 1], v[2], v[right ? 1 : 3]};
  v4f value = left == 0 || right ? all(5.0f / 16) * end[0] + all(15.0f / 16) * end[1] - all(5.0f / 16) * end[2] +
                                       all(1.0f / 16) * end[3]
                                 : all(9.0f / 16) * (at[0] + at[1]) - all(1.0f / 16) * (at[-1] + at[2]);
  value = chosen((value < all(0)) & (smallest >= all(0)), all(0), value);  // variances and probabilities stay those
  value = chosen((value > all(1)) & (largest <= all(1)), all(1), value);
  *error = error_of(second);
  if (six) *error = larger(*error, error_of(second + 1));
  return value;
}

// Position i of the first `count` lines in all planes; bit j of what it returns: line j is to be painted there instead
static int between(const grid_map *m, float *planes, float *most, const grid_lines *lines, int i, int step, int count) {
  const size_t size = (size_t)m->nx * (size_t)(m->high - m->low), to = (size_t)(i - lines->low) * lines->apart;
  v4f worst = all(0);
  int paint = 0;
  if (i == lines->n - 1) return (1 << count) - 1;  // no node behind it
  for (int q = 0; q < m->planes; ++q, planes += size) {
    v4f error, value = middle(&error, planes, lines, i);
    error = error * all((float)step) / larger(size_of(value), all(1));
    for (int j = 0; j < count; ++j) {
      planes[lines->at[j] + to] = value[j];
      paint |= !(error[j] <= ALLOWED) << j;
    }
    worst = larger(worst, error);
  }
  for (int j = 0; j < count; ++j)
    if (!(paint >> j & 1) && worst[j] > *most) *most = worst[j];
  return paint;
}

// A line is painted, or was filled before, where it meets a node, or ends.
static int meets(int i, int nodes, int n) { return nodes == 1 || i % nodes == 0 || i == n - 1; }

int grid_step(int n) { return n > 16 ? 4 : n > 8 ? 2 : 1; }  // five lines at least

int grid_low(const grid_map *m, int from, int step) {
  const int low = from - 7 * (step - 1);
  return low > m->low ? low : m->low;
}

int grid_high(const grid_map *m, int to, int step) {
  const int high = to + 7 * (step - 1);
  return high < m->high ? high : m->high;
}

static int least(int a, int b) { return a < b ? a : b; }

// One step: pixels in the middle of those 2·step apart, along the rows first, then along the columns. Rows are there as
// far around from … to as the finer steps reach.
static int refine(const grid_map *m, grid_route *route, float *planes, float *most, int step, int from, int to,
                  int *list, bl_arena *scratch) {
  const int width = m->nx;
  for (int down = 0; down < 2; ++down) {
    const int nodes_x = least((2 - down) * step, m->step_x), nodes_y = least(2 * step, m->step_y);
    const int low = grid_low(m, from, down ? step : nodes_y), high = grid_high(m, to, down ? step : nodes_y);
    grid_lines lines = {.apart = (size_t)(down ? width : 1) * (size_t)step};
    lines.low = down ? m->low / step : 0, lines.n = ((down ? m->ny : width) - 1) / step + 1;
    int count = 0, number[LINES], held = 0;
    if ((down ? m->step_y : m->step_x) < 2 * step) continue;
    for (int line = down ? 0 : low; line < (down ? width : high); ++line) {
      const int there = down ? meets(line, nodes_x, width) : meets(line, nodes_y, m->ny);
      const int end = line == (down ? width : high) - 1;
      if (there) number[held++] = line;
      if (held < LINES && !(end && held > 0)) continue;
      for (int j = 0; j < LINES; ++j)
        lines.at[j] =
            down ? (size_t)number[j < held ? j : 0] : (size_t)(number[j < held ? j : 0] - m->low) * (size_t)width;
      for (int i = down ? low / step | 1 : 1; i * step < (down ? least(high, m->ny - 1) : width - 1); i += 2) {
        const int paint = between(m, planes, most, &lines, i, step, held);
        for (int j = 0; j < held; ++j)
          if (paint >> j & 1) list[count++] = down ? i * step * width + number[j] : number[j] * width + i * step;
      }
      held = 0;
    }
    const int status = grid_paint(m, route, planes, list, count, scratch);
    if (status != BL_OK) return status;
  }
  return BL_OK;
}

int grid_fill(const grid_map *m, grid_route *route, float *planes, double *error, int from, int to, bl_arena *scratch) {
  const int width = m->nx, height = m->high - m->low, coarse = m->step_x > m->step_y ? m->step_x : m->step_y;
  const bl_mark mark = bl_arena_mark(scratch);
  int *list = arena_ints(scratch, height, width), count = 0, status = list ? BL_OK : BL_MEMORY;
  float most = 0;
  for (int y = m->low; y < m->high && list; ++y)
    for (int x = 0; x < width && meets(y, m->step_y, m->ny); ++x)
      if (meets(x, m->step_x, width)) list[count++] = y * width + x;
  if (status == BL_OK) status = grid_paint(m, route, planes, list, count, scratch);
  for (int step = coarse / 2; step > 0 && status == BL_OK; step /= 2)
    status = refine(m, route, planes, &most, step, from, to, list, scratch);
  *error = 2 * (2 - 2.0 / coarse) * most;  // in between both ways and over the steps, errors add up
  bl_arena_release(scratch, mark);
  return status;
}
