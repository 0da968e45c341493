// grid_interpolate.c — a smooth map from a quarter of its pixels: every second row and column is painted, and between
// four painted neighbours runs a cubic. With nodes h apart its error in the middle is 3/128·h⁴f⁗; differences of the
// nodes around it estimate that. Where the estimate is too large the pixel is painted after all.
// Nodes at −3, −1, 1, 3 have weights (−1, 9, 9, −1)/16; at an end −1, 1, 3, 5 have (5, 15, −5, 1)/16.
#include "grid_own.h"
#include "status.h"
#include "vmath.h"

static const double ALLOWED =
    5e-4;  // of max(1, |value|), along a row and along a column: a quarter of a level of 8 bits in all

// From five nodes: 3/128 of the fourth difference where it is small beside the second ones, as it is where the nodes
// resolve the function; else there may be a kink or a jump between two of them, which costs up to 0.4 of those.
static double error_of(const float *at, size_t by) {
  double second[3], most = 0;
  for (size_t j = 0; j < 3; ++j) {
    second[j] = (double)at[j * by] - 2.0 * at[(j + 1) * by] + at[(j + 2) * by];
    if (vm_abs(second[j]) > most) most = vm_abs(second[j]);
  }
  const double fourth = vm_abs(second[0] - 2 * second[1] + second[2]);
  return fourth > 0.25 * most ? 0.4 * most : 3.0 / 128 * fourth;
}

// The value at odd i of a line of n numbers `by` apart, whose even ones are there, and the estimate of its error. The
// line begins at index low.
static float middle(double *error, const float *line, size_t by, int low, int i, int n) {
  const int last = (n - 1) / 2 * 2, right = i + 3 > last, ends = right || i < 3;
  const int from = right ? i + 1 : i < 3 ? i - 1 : i - 3, step = right ? -2 : 2;
  double v[4], most = 0;
  int negative = 0, above = 0;
  for (int j = 0; j < 4; ++j) {
    v[j] = line[(size_t)(from + j * step - low) * by];
    negative |= v[j] < 0, above |= v[j] > 1;
  }
  double value = ends ? (5 * v[0] + 15 * v[1] - 5 * v[2] + v[3]) / 16 : (9 * (v[1] + v[2]) - (v[0] + v[3])) / 16;
  if (value < 0 && !negative) value = 0;  // variances and probabilities stay what they are
  if (value > 1 && !above) value = 1;
  for (int side = -5; side <= -3; side += 2) {
    const int wanted = i + side < 0 ? 0 : i + side, start = wanted + 8 > last ? last - 8 : wanted;
    const double e = error_of(line + (size_t)(start - low) * by, 2 * by);
    if (e > most) most = e;
  }
  *error = most;
  return (float)value;
}

// One pixel in all planes from its line; 1 where it is to be painted instead.
static int between(const grid_map *m, float *planes, double *error, size_t line, size_t by, int low, int i, int n) {
  const size_t size = (size_t)m->nx * (size_t)(m->high - m->low);
  double most = 0;
  for (int q = 0; q < m->planes; ++q, planes += size) {
    double e;
    const float value = planes[line + (size_t)(i - low) * by] = middle(&e, planes + line, by, low, i, n);
    const double scale = vm_abs(value) > 1 ? vm_abs(value) : 1;
    if (!(e <= ALLOWED * scale)) return 1;
    if (e > most) most = e;
  }
  if (most > *error) *error = most;
  return 0;
}

int grid_fill(const grid_map *m, grid_route *route, float *planes, double *error, int from, int to, bl_arena *scratch) {
  const int width = m->nx, height = m->high - m->low, step_x = m->sparse_x + 1, step_y = m->sparse_y + 1;
  const bl_mark mark = bl_arena_mark(scratch);
  int *list = arena_ints(scratch, height, width), count = 0, status = list ? BL_OK : BL_MEMORY;
  double across = 0, along = 0;
#define PAINTED(i, step, n) ((i) % (step) == 0 || (i) == (n)-1)
  for (int y = m->low; y < m->high && list; ++y)
    for (int x = 0; x < width && PAINTED(y, step_y, m->ny); ++x)
      if (PAINTED(x, step_x, width)) list[count++] = y * width + x;
  if (status == BL_OK) status = grid_paint(m, route, planes, list, count, scratch);
  count = 0;
  for (int y = m->low; y < m->high && m->sparse_x && status == BL_OK; ++y)
    for (int x = 1; x < width - 1 && PAINTED(y, step_y, m->ny); x += 2)
      if (between(m, planes, &across, (size_t)(y - m->low) * (size_t)width, 1, 0, x, width))
        list[count++] = y * width + x;
  if (status == BL_OK) status = grid_paint(m, route, planes, list, count, scratch);
  count = 0;
  for (int y = from | 1; y < to && y < m->ny - 1 && m->sparse_y && status == BL_OK; y += 2)
    for (int x = 0; x < width; ++x)
      if (between(m, planes, &along, (size_t)x, (size_t)width, m->low, y, m->ny)) list[count++] = y * width + x;
  if (status == BL_OK) status = grid_paint(m, route, planes, list, count, scratch);
#undef PAINTED
  *error = 2 * (across > along ? across : along);  // in between both ways, they add up
  bl_arena_release(scratch, mark);
  return status;
}
