// metrics_ranking.c — how well scores part the 1s from the 0s: sorted once, then read from the top.
// With U the pairs (1, 0) in which the 1 scores higher, equals for a half: auroc = U/(n₁n₀) (Mann & Whitney 1947). U is
// a sum of halves, so exact below 2^52 pairs.
#include "metrics.h"

#include "status.h"
#include "vmath.h"

// merge sort, bottom up and stable: order (n) becomes the indices by falling score; spare (n)
static void rank(int *order, int *spare, const double *scores, int n) {
  int *from = order, *to = spare;
  for (int i = 0; i < n; ++i) order[i] = i;
  for (int width = 1; width<n; width = n - width> width ? 2 * width : n) {
    for (int low = 0; low < n;) {
      const int middle = width < n - low ? low + width : n, high = width < n - middle ? middle + width : n;
      for (int at = low, i = low, j = middle; at < high; ++at) {
        const int left = i < middle && (j >= high || scores[from[i]] >= scores[from[j]]);
        to[at] = left ? from[i++] : from[j++];
      }
      low = high;
    }
    int *const swap = from;
    from = to;
    to = swap;
  }
  for (int i = 0; i < n && from != order; ++i) order[i] = from[i];
}

// Walks down the scores, a group of equals at a time. won: pairs in which the 1 has the higher score, equals for half
// of one; passed: the 0s at or above the highest score that 95 % of the 1s reach, −1 before it is met.
static void walk(double *won, double *passed, const int *order, const double *scores, const double *labels, int n,
                 double ones) {
  double above = 0, below = 0;  // 1s and 0s seen
  *won = 0;
  *passed = -1;
  for (int i = 0; i < n;) {
    const double score = scores[order[i]];
    double up = 0, down = 0;
    for (; i < n && scores[order[i]] >= score; ++i) {
      if (labels[order[i]] > 0) up += 1;
      else down += 1;
    }
    *won += down * (above + 0.5 * up);
    above += up;
    below += down;
    if (*passed < 0 && 20 * above >= 19 * ones) *passed = below;
  }
}

static int ranking(double *auroc, double *fpr95, const double *scores, const double *labels, int n, bl_arena *scratch) {
  if (n < 1) return BL_SHAPE;
  if (vm_first_bad(scores, n) >= 0) return BL_NOT_FINITE;
  if (bl_metric_bad_label(labels, n, 1) >= 0) return BL_LABEL;
  double ones = 0, won, passed;
  for (int i = 0; i < n; ++i) ones += labels[i];
  const double zeros = n - ones;
  if (!(ones > 0 && zeros > 0)) return BL_OPTION;
  const bl_mark mark = bl_arena_mark(scratch);
  int *order = arena_ints(scratch, n, 1), *spare = arena_ints(scratch, n, 1);
  if (order && spare) {
    rank(order, spare, scores, n);
    walk(&won, &passed, order, scores, labels, n, ones);
    *auroc = won / (ones * zeros);
    *fpr95 = passed / zeros;
  }
  bl_arena_release(scratch, mark);
  return order && spare ? BL_OK : BL_MEMORY;
}

int bl_metric_auroc(double *out, const double *scores, const double *labels, int n, bl_arena *scratch) {
  double rest;
  return ranking(out, &rest, scores, labels, n, scratch);
}

int bl_metric_fpr95(double *out, const double *scores, const double *labels, int n, bl_arena *scratch) {
  double rest;
  return ranking(&rest, out, scores, labels, n, scratch);
}
