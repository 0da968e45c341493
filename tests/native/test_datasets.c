// Data generators: every row of the table gives finite inputs and labels that suit its likelihood, the same bits for
// the same seed and others for another, stays inside its boxes, and refuses parameters out of bounds.
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "datasets.h"
#include "likelihood.h"
#include "status.h"

enum { MOST = 301 };

static int find(const char *name) {
  for (int id = 0; id < bl_dataset_count(); ++id)
    if (strcmp(bl_dataset_name(id), name) == 0) return id;
  return -1;
}

static void defaults(int id, double *parameters) {
  for (int i = 0; i < bl_dataset_parameter_count(id); ++i) parameters[i] = bl_dataset_parameter_row(id, i)->value;
}

static int parameter(int id, const char *name) {
  for (int i = 0; i < bl_dataset_parameter_count(id); ++i)
    if (strcmp(bl_dataset_parameter_row(id, i)->name, name) == 0) return i;
  return -1;
}

static int classes_of(int id, const double *parameters) {
  const int centers = parameter(id, "centers");
  if (strcmp(bl_dataset_task(id), "bernoulli") == 0) return 2;
  return centers >= 0 ? (int)parameters[centers] : 4;
}

static void check_row(int id) {
  const int d = bl_dataset_inputs(id), likelihood = likelihood_find(bl_dataset_task(id));
  CHECK(d >= 1 && d <= 2 && bl_dataset_default_n(id) >= 1 && bl_dataset_default_n(id) <= MOST && likelihood >= 0);
  CHECK(bl_dataset_about(id) != NULL && strlen(bl_dataset_about(id)) > 0);
  const int classes = bl_likelihood_is(likelihood) & LIKELIHOOD_CLASSES;
  double parameters[DATASET_PARAMETERS] = {0};
  defaults(id, parameters);
  const int sizes[] = {1, 2, 3, 7, bl_dataset_default_n(id), MOST};
  double X[2 * MOST + 1], y[MOST + 1], again[2 * MOST + 1], labels[MOST + 1];
  for (int s = 0; s < 6; ++s) {
    const int n = sizes[s], k = classes ? classes_of(id, parameters) : 1;
    X[n * d] = y[n] = -12345;
    CHECK(bl_dataset_make(id, X, y, n, parameters, 3) == BL_OK);
    CHECK(X[n * d] <= -12345 && X[n * d] >= -12345 && y[n] <= -12345 && y[n] >= -12345);
    int finite = 1, seen[16] = {0};
    for (int i = 0; i < n * d; ++i) finite &= isfinite(X[i]);
    CHECK(finite);
    CHECK(bl_likelihood_check(likelihood, y, n, k == 2 && bl_likelihood_targets(likelihood, 1) ? 1 : k) == -1);
    for (int i = 0; i < n && classes; ++i) seen[(int)y[i]] = 1;
    for (int c = 0; c < k && classes && n > 20; ++c) CHECK(seen[c]);
    CHECK(bl_dataset_make(id, again, labels, n, parameters, 3) == BL_OK);
    CHECK(memcmp(X, again, (size_t)(n * d) * sizeof *X) == 0 && memcmp(y, labels, (size_t)n * sizeof *y) == 0);
    CHECK(bl_dataset_make(id, again, labels, n, parameters, 4) == BL_OK);
    CHECK(memcmp(X, again, (size_t)(n * d) * sizeof *X) != 0 || memcmp(y, labels, (size_t)n * sizeof *y) != 0);
  }
  for (int i = 0; i < bl_dataset_parameter_count(id); ++i) {
    const bl_dataset_parameter *p = bl_dataset_parameter_row(id, i);
    const double low = p->low, high = p->high;
    const double bad[] = {nextafter(low, -HUGE_VAL), nextafter(high, HUGE_VAL), HUGE_VAL, -HUGE_VAL, (double)NAN};
    CHECK(p->name && p->about && low <= high);
    CHECK(parameters[i] >= low && parameters[i] <= high);
    memset(again, 0, sizeof again);
    memset(X, 0, sizeof X);
    for (int b = 0; b < 5; ++b) {
      defaults(id, parameters);
      parameters[i] = bad[b];
      CHECK(bl_dataset_make(id, again, labels, 5, parameters, 3) == BL_OPTION);
    }
    CHECK(memcmp(X, again, sizeof X) == 0);
    for (int edge = 0; edge < 2; ++edge) {
      defaults(id, parameters);
      parameters[i] = edge ? high : low;
      CHECK(bl_dataset_make(id, X, y, 50, parameters, 3) == BL_OK);
      int finite = 1;
      for (int j = 0; j < 50; ++j) finite &= isfinite(X[j * d]) && isfinite(y[j]);
      CHECK(finite);
    }
    defaults(id, parameters);
  }
  CHECK(bl_dataset_make(id, X, y, 0, parameters, 3) == BL_OPTION);
  CHECK(bl_dataset_make(id, X, y, -1, parameters, 3) == BL_OPTION);
}

static int inside(double x, double low, double high) { return x >= low && x < high; }

static void check_boxes(void) {
  double X[2 * MOST], y[MOST];
  const int linear = find("toyDataLinear"), crossed = find("toyDataNonLinear"), multi = find("toyDataMulti");
  for (int n = 1; n <= MOST; n += 50) {
    const int half = (n + 1) / 2;
    CHECK(bl_dataset_make(linear, X, y, n, NULL, 11) == BL_OK);
    for (int i = 0; i < n; ++i) {
      const int first = i < half;
      CHECK(y[i] >= first && y[i] <= first);
      const double low = first ? 0.5 : -5;
      for (int c = 0; c < 2; ++c) {
        CHECK(inside(X[2 * i + c], low, low + 4.5 + 1e-15));
        if (!first) CHECK(fabs(X[2 * (i - half) + c] - X[2 * i + c] - 5.5) <= 4e-15);  // the same draws, shifted
      }
    }
  }
  static const double two[4][3] = {{0.5, 0.5, 1}, {-5, -5, 1}, {0.5, -5, 0}, {-5, 0.5, 0}};
  static const double four[4][3] = {{1, 1, 0}, {-7, -7, 1}, {1, -7, 2}, {-7, 1, 3}};
  for (int which = 0; which < 2; ++which) {
    int count[4] = {0};
    CHECK(bl_dataset_make(which ? multi : crossed, X, y, 200, NULL, 12) == BL_OK);
    for (int i = 0; i < 200; ++i) {
      int box = -1;
      for (int b = 0; b < 4; ++b) {
        const double *at = which ? four[b] : two[b];
        if (inside(X[2 * i], at[0], at[0] + 4.5) && inside(X[2 * i + 1], at[1], at[1] + 4.5)) box = b;
      }
      CHECK(box >= 0);
      if (box < 0) continue;
      count[box]++;
      const double label = which ? four[box][2] : two[box][2];
      CHECK(y[i] >= label && y[i] <= label);
    }
    for (int b = 0; b < 4; ++b) CHECK(count[b] == 50);
  }
}

static void check_curves(void) {
  double X[2 * MOST], y[MOST], parameters[DATASET_PARAMETERS] = {0};
  const int wave = find("toyDataRegression"), gap = find("sinusoid"), cube = find("cubic"), rings = find("circles");
  for (int centred = 0; centred < 2; ++centred) {  // without noise: the curve itself
    parameters[parameter(wave, "noise")] = 0;
    parameters[parameter(wave, "xmax")] = 6;
    parameters[parameter(wave, "centerOrigin")] = centred;
    CHECK(bl_dataset_make(wave, X, y, MOST, parameters, 5) == BL_OK);
    for (int i = 0; i < MOST; ++i) {
      CHECK(inside(X[i], centred ? -3 : 0, centred ? 3 : 6) && fabs(y[i] - sin(X[i])) <= 4e-16);
    }
  }
  defaults(gap, parameters);
  CHECK(bl_dataset_make(gap, X, y, MOST, parameters, 5) == BL_OK);
  for (int i = 0; i < MOST; ++i) CHECK(inside(X[i], 0, 8 + 1e-14) && !(X[i] > 3 && X[i] < 5));
  parameters[0] = 0;
  CHECK(bl_dataset_make(cube, X, y, MOST, parameters, 5) == BL_OK);
  for (int i = 0; i < MOST; ++i) CHECK(inside(X[i], -4, 4) && fabs(y[i] - X[i] * X[i] * X[i]) <= 1e-13);
  defaults(rings, parameters);
  parameters[parameter(rings, "noise")] = 0;
  CHECK(bl_dataset_make(rings, X, y, MOST, parameters, 5) == BL_OK);
  for (int i = 0; i < MOST; ++i) {
    const double radius = y[i] > 0 ? parameters[parameter(rings, "factor")] : 1;
    CHECK(fabs(hypot(X[2 * i], X[2 * i + 1]) - radius) <= 1e-15);
  }
}

int main(void) {
  printf("seeds 3, 4, 5, 11, 12\n");
  CHECK(bl_dataset_count() >= 10);
  for (int id = 0; id < bl_dataset_count(); ++id) {
    CHECK(find(bl_dataset_name(id)) == id);
    check_row(id);
  }
  check_boxes();
  check_curves();
  double x[2], y[1];
  const int past = bl_dataset_count();
  CHECK(bl_dataset_make(past, x, y, 1, NULL, 0) == BL_OPTION && bl_dataset_make(-1, x, y, 1, NULL, 0) == BL_OPTION);
  CHECK(!bl_dataset_name(past) && !bl_dataset_task(-1) && bl_dataset_inputs(past) == 0);
  CHECK(bl_dataset_parameter_count(past) == 0 && !bl_dataset_parameter_row(0, DATASET_PARAMETERS));
  return check_report();
}
