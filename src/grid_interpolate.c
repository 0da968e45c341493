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
static const double ALLOWED = 1e-3 / 3;

// From the second differences of five nodes: 3/128 of the fourth one where it is small beside them, as it is where the
// nodes resolve the function; else there may be a kink or a jump between two of them, which costs up to 0.4 of those.
static double error_of(const double *second) {
  const double fourth = vm_abs(second[0] - 2 * second[1] + second[2]);
  double most = 0;
  for (int j = 0; j < 3; ++j)
    if (vm_abs(second[j]) > most) most = vm_abs(second[j]);
  return fourth > 0.25 * most ? 0.4 * most : 3.0 / 128 * fourth;
}

// The value at odd i of a line of n numbers `by` apart, whose even ones are there, and the estimate of its error, from
// the six nodes around it or the five at an end. The line begins at index low.
static float middle(double *error, const float *line, size_t by, int low, int i, int n) {
  const int last = (n - 1) / 2 * 2, six = i >= 5 && i + 5 <= last;
  const int start = i < 5 ? 0 : six ? i - 5 : last - 8, left = (i - 1 - start) / 2;
  double v[6], second[4], smallest = HUGE_VAL, largest = -HUGE_VAL;
  line += (size_t)(start - low) * by;
  for (int j = 0; j < 5 + six; ++j, line += 2 * by) {
    v[j] = (double)*line;
    if (v[j] < smallest) smallest = v[j];
    if (v[j] > largest) largest = v[j];
    if (j > 1) second[j - 2] = v[j - 2] - 2 * v[j - 1] + v[j];
  }
  double value = left == 0               ? (5 * v[0] + 15 * v[1] - 5 * v[2] + v[3]) / 16
                 : left == 3 && six == 0 ? (5 * v[4] + 15 * v[3] - 5 * v[2] + v[1]) / 16
                                         : (9 * (v[left] + v[left + 1]) - (v[left - 1] + v[left + 2])) / 16;
  if (value < 0 && smallest >= 0) value = 0;  // variances and probabilities stay what they are
  if (value > 1 && largest <= 1) value = 1;
  *error = error_of(second);
  const double other = six ? error_of(second + 1) : 0;
  if (other > *error) *error = other;
  return (float)value;
}

// One pixel in all planes from its line, which begins at index low; 1 where it is to be painted instead.
static int between(const grid_map *m, float *planes, double *most, size_t line, int step, size_t by, int low, int i,
                   int n) {
  const size_t size = (size_t)m->nx * (size_t)(m->high - m->low), apart = by * (size_t)step;
  const int at = i / step, begins = low / step, count = (n - 1) / step + 1;
  double worst = 0;
  if (at == count - 1) return 1;  // no node behind it
  for (int q = 0; q < m->planes; ++q, planes += size) {
    double e;
    const float value = planes[line + (size_t)(i - low) * by] = middle(&e, planes + line, apart, begins, at, count);
    const double scale = vm_abs(value) > 1 ? vm_abs(value) : 1;
    if (!(e * step <= ALLOWED * scale)) return 1;
    if (e * step > worst) worst = e * step;
  }
  if (worst > *most) *most = worst;
  return 0;
}

// A line is painted, or was filled before, where it meets a node, or ends.
static int meets(int i, int nodes, int n) { return i % nodes == 0 || i == n - 1; }

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
static int refine(const grid_map *m, grid_route *route, float *planes, double *most, int step, int from, int to,
                  int *list, bl_arena *scratch) {
  const int width = m->nx, nodes_x = least(2 * step, m->step_x), nodes_y = least(2 * step, m->step_y);
  const int step_x = least(step, m->step_x), step_y = least(step, m->step_y);
  const size_t row = (size_t)width;
  int count = 0;
  for (int y = grid_low(m, from, nodes_y); y < grid_high(m, to, nodes_y) && step_x < nodes_x; ++y)
    for (int x = step; x < width - 1 && meets(y, nodes_y, m->ny); x += nodes_x)
      if (between(m, planes, most, (size_t)(y - m->low) * row, step, 1, 0, x, width)) list[count++] = y * width + x;
  int status = grid_paint(m, route, planes, list, count, scratch);
  count = 0;
  for (int y = grid_low(m, from, step_y); y < grid_high(m, to, step_y) && step_y < nodes_y && status == BL_OK; ++y)
    for (int x = 0; x < width && y % nodes_y == step && y < m->ny - 1; ++x)
      if (meets(x, step_x, width) && between(m, planes, most, (size_t)x, step, row, m->low, y, m->ny))
        list[count++] = y * width + x;
  return status == BL_OK ? grid_paint(m, route, planes, list, count, scratch) : status;
}

int grid_fill(const grid_map *m, grid_route *route, float *planes, double *error, int from, int to, bl_arena *scratch) {
  const int width = m->nx, height = m->high - m->low, coarse = m->step_x > m->step_y ? m->step_x : m->step_y;
  const bl_mark mark = bl_arena_mark(scratch);
  int *list = arena_ints(scratch, height, width), count = 0, status = list ? BL_OK : BL_MEMORY;
  double most = 0;
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
