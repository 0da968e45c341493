// grid_interpolate.c — a smooth map from a part of its pixels: every fourth row and column is painted, and the lines in
// between are filled by halves. Between four neighbours that are there runs a cubic. With nodes h apart its error in
// the middle is 3/128·h⁴f⁗; differences of the nodes around it estimate that. Where the estimate is too large the pixel
// is painted after all. Nodes at −3, −1, 1, 3 have weights (−1, 9, 9, −1)/16; at an end −1, 1, 3, 5 have (5, 15, −5,
// 1)/16.
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "grid_own.h"
#include "status.h"
#include "vmath.h"

// of max(1, |value|), along a row or a column, at the last step; at the one before, which others build on, half of it
static const float ALLOWED = 1e-3f / 3;

enum { LINES = 4 };  // side by side in a vector
typedef int v4i __attribute__((vector_size(16)));

// Lines of a plane, positions a step apart along them: where each begins, how far its numbers are apart, which
// positions are there, n being their count in the whole map, and which are to be filled
typedef struct {
  size_t at[LINES], apart;
  int low, high, n, from, to;
} grid_lines;

static inline v4f all(float x) { return (v4f){x, x, x, x}; }
static inline v4f chosen(v4i mask, v4f a, v4f b) { return (v4f)(((v4i)a & mask) | ((v4i)b & ~mask)); }
static inline v4f size_of(v4f a) { return (v4f)((v4i)a & INT32_MAX); }

static inline v4f larger(v4f a, v4f b) {
#ifdef __wasm_simd128__
  return (v4f)__builtin_wasm_pmax_f32x4(b, a);
#else
  return chosen(a > b, a, b);
#endif
}

// From the second differences of five nodes: 3/128 of the fourth one where it is small beside them, as it is where the
// nodes resolve the function; else there may be a kink or a jump between two of them, which costs up to 0.4 of those. A
// kink in straight lines makes the fourth as large as the largest second at least; where there are kinks, curves bend
// on both sides of them.
static inline v4f error_of(v4f left, v4f middle, v4f right, v4f small) {
  const v4f fourth = size_of(left - middle - middle + right);
  const v4f most = larger(larger(size_of(left), size_of(middle)), size_of(right));
  return chosen(fourth >= small * most, all(0.4f) * most, all(3.0f / 128) * fourth);
}

static v4f at_node(const float *plane, const grid_lines *g, int node) {
  int i = 2 * node < g->low ? g->low : 2 * node;
  if (i >= g->high) i = g->high - 1;
  plane += (size_t)(i - g->low) * g->apart;
  return (v4f){plane[g->at[0]], plane[g->at[1]], plane[g->at[2]], plane[g->at[3]]};
}

// A value that left the range of the four nodes around, [0, ∞) or (−∞, 1]: variances and probabilities stay those
static v4f kept_in(v4f value, const v4f *v) {
  const v4f below = larger(larger(-v[0], -v[1]), larger(-v[2], -v[3]));
  const v4f above = larger(larger(v[0], v[1]), larger(v[2], v[3]));
  value = chosen((value < all(0)) & (below <= all(0)), all(0), value);
  return chosen((value > all(1)) & (above <= all(1)), all(1), value);
}

// Odd positions of the lines in one plane, from six nodes, the middle ones around it where they are there. worst: for
// each of them the estimate of the error, of max(1, |value|), where it is larger.
static void halve(v4f *worst, float *plane, const grid_lines *g, v4f small, v4f weight) {
  const int last = (g->n - 1) / 2;
  v4f v[6] = {{0}}, second[4] = {{0}}, left_error = all(0), right_error = left_error;
  for (int i = g->from, there = -1; i < g->to && i / 2 < last; i += 2, ++worst) {
    const int left = i / 2, first = left < 2 ? 0 : left + 3 > last ? last - 5 : left - 2, place = left - first;
    if (there < 0) there = first - 6;
    for (; there < first; ++there) {
      v[0] = v[1], v[1] = v[2], v[2] = v[3], v[3] = v[4], v[4] = v[5], v[5] = at_node(plane, g, there + 6);
      second[0] = second[1], second[1] = second[2], second[2] = second[3], second[3] = v[3] - v[4] - v[4] + v[5];
      left_error = right_error, right_error = error_of(second[1], second[2], second[3], small);
    }
    const v4f *at = place < 2 ? v : place > 2 ? v + 2 : v + 1;
    v4f value = all(9.0f / 16) * (at[1] + at[2]) - all(1.0f / 16) * (at[0] + at[3]);
    if (place == 0)
      value = all(5.0f / 16) * v[0] + all(15.0f / 16) * v[1] - all(5.0f / 16) * v[2] + all(1.0f / 16) * v[3];
    if (place == 4)
      value = all(5.0f / 16) * v[5] + all(15.0f / 16) * v[4] - all(5.0f / 16) * v[3] + all(1.0f / 16) * v[2];
    value = kept_in(value, at);
    const v4f error = place < 2 ? left_error : place > 2 ? right_error : larger(left_error, right_error);
    *worst = larger(*worst, error * weight / larger(size_of(value), all(1))) + all(0) * *worst;  // NaN stays
    float *to = plane + (size_t)(i - g->low) * g->apart;
    for (int j = 0; j < LINES; ++j) to[g->at[j]] = value[j];
  }
}

// A line is painted, or was filled before, where it meets a node, or ends.
static inline int meets(int i, int nodes, int n) { return nodes == 1 || i % nodes == 0 || i == n - 1; }

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
static int refine(const grid_map *m, grid_route *route, float *planes, v4f *most, int step, int from, int to, int *list,
                  v4f *worst, bl_arena *scratch) {
  const int width = m->nx;
  const size_t size = (size_t)width * (size_t)(m->high - m->low);
  for (int down = 0; down < 2; ++down) {
    const int nodes_x = least((2 - down) * step, m->step_x), nodes_y = least(2 * step, m->step_y);
    const int low = grid_low(m, from, down ? step : nodes_y), high = grid_high(m, to, down ? step : nodes_y);
    const int end = down ? width : high;
    grid_lines g = {.apart = (size_t)(down ? width : 1) * (size_t)step};
    g.low = down ? m->low / step : 0, g.high = ((down ? m->high : width) - 1) / step + 1;
    g.n = ((down ? m->ny : width) - 1) / step + 1, g.from = down ? low / step | 1 : 1;
    g.to = ((down ? least(high, m->ny - 1) : width - 1) - 1) / step + 1;
    int count = 0, number[LINES], held = 0;
    if ((down ? m->step_y : m->step_x) < 2 * step) continue;
    for (int line = down ? 0 : low; line < end; ++line) {
      const int there = down ? meets(line, nodes_x, width) : meets(line, nodes_y, m->ny);
      if (there) number[held++] = line;
      if (held < LINES && !(line == end - 1 && held > 0)) continue;
      for (int j = 0; j < LINES; ++j) {
        const int one = number[j < held ? j : 0];
        g.at[j] = down ? (size_t)one : (size_t)(one - m->low) * (size_t)width;
      }
      memset(worst, 0, (size_t)(g.n / 2) * sizeof *worst);
      for (int q = 0; q < m->planes; ++q) halve(worst, planes + size * (size_t)q, &g, all(m->small), all((float)step));
      for (int i = g.from; i < g.to; i += 2) {
        const v4f error = i == g.n - 1 ? all(HUGE_VALF) : worst[(i - g.from) / 2];  // no node behind it
        const v4i good = error <= all(ALLOWED);
        *most = larger(chosen(good, error, all(0)), *most);
        for (int j = 0; j < held; ++j)
          if (!good[j]) list[count++] = down ? i * step * width + number[j] : number[j] * width + i * step;
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
  int *list = arena_ints(scratch, height, width), count = 0;
  v4f most = all(0), *worst = arena_take(scratch, (size_t)(width + m->ny), sizeof *worst);
  int status = list && worst ? BL_OK : BL_MEMORY;
  for (int y = m->low; y < m->high && status == BL_OK; ++y)
    for (int x = 0; x < width && meets(y, m->step_y, m->ny); ++x)
      if (meets(x, m->step_x, width)) list[count++] = y * width + x;
  if (status == BL_OK) status = grid_paint(m, route, planes, list, count, scratch);
  for (int step = coarse / 2; step > 0 && status == BL_OK; step /= 2)
    status = refine(m, route, planes, &most, step, from, to, list, worst, scratch);
  most = larger(most, (v4f){most[2], most[3], most[0], most[1]});
  *error = 2 * (2 - 2.0 / coarse) *
           (most[0] > most[1] ? most[0] : most[1]);  // in between both ways and over the steps, errors add up
  bl_arena_release(scratch, mark);
  return status;
}
