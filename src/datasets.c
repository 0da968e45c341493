// datasets.c — the generators. u: uniform on [0, 1), z: standard normal, each drawn anew.
// toyData*: LaplaceRedux.jl, src/data/functions.jl. moons, circles, blobs: scikit-learn's make_*. tfpRegression: the
// example of TensorFlow Probability's “Regression with probabilistic layers”. snelsonLike: a look-alike of Snelson &
// Ghahramani's set.
#include "datasets.h"

#include <math.h>
#include <string.h>

#include "status.h"
#include "vmath.h"

static double normal(bl_rng *rng) {
  double z;
  rng_normal(rng, &z, 1);
  return z;
}

static double between(bl_rng *rng, double low, double high) { return low + (high - low) * rng_uniform(rng); }

static void put(double *X, double *y, int i, double a, double b, double label) {
  X[2 * i] = a;
  X[2 * i + 1] = b;
  y[i] = label;
}

// class 1 at (a + ½, b + ½), class 0 at (a − 5, b − 5): the same draws, shifted; labels 1 first
static void toy_linear(double *X, double *y, int n, const double *parameters, bl_rng *rng) {
  (void)parameters;
  const int half = (n + 1) / 2;
  for (int i = 0; i < half; ++i) {
    const double a = 4.5 * rng_uniform(rng), b = 4.5 * rng_uniform(rng);
    put(X, y, i, a + 0.5, b + 0.5, 1);
    if (half + i < n) put(X, y, half + i, a - 5, b - 5, 0);
  }
}

// boxes of side 4.5, equal shares in the order listed
static void boxes(double *X, double *y, int n, bl_rng *rng, const double (*corner)[3], int count) {
  for (int i = 0; i < n; ++i) {
    const double *at = corner[(int)((double)i * count / n)];
    const double a = 4.5 * rng_uniform(rng), b = 4.5 * rng_uniform(rng);
    put(X, y, i, a + at[0], b + at[1], at[2]);
  }
}

static void toy_non_linear(double *X, double *y, int n, const double *parameters, bl_rng *rng) {
  static const double corner[4][3] = {{0.5, 0.5, 1}, {-5, -5, 1}, {0.5, -5, 0}, {-5, 0.5, 0}};
  (void)parameters;
  boxes(X, y, n, rng, corner, 4);
}

static void toy_multi(double *X, double *y, int n, const double *parameters, bl_rng *rng) {
  static const double corner[4][3] = {{1, 1, 0}, {-7, -7, 1}, {1, -7, 2}, {-7, 1, 3}};
  (void)parameters;
  boxes(X, y, n, rng, corner, 4);
}

static void toy_regression(double *X, double *y, int n, const double *p, bl_rng *rng) {
  for (int i = 0; i < n; ++i) {
    X[i] = p[1] * rng_uniform(rng) - (p[2] > 0 ? 0.5 * p[1] : 0);
    y[i] = vm_sin1(X[i]) + p[0] * normal(rng);
  }
}

static double step_of(int i, int count, double end) { return count > 1 ? end * i / (count - 1) : 0; }

static void moons(double *X, double *y, int n, const double *p, bl_rng *rng) {
  const int outer = n / 2;
  for (int i = 0; i < n; ++i) {
    const int upper = i < outer;
    const double t = upper ? step_of(i, outer, BL_PI) : step_of(i - outer, n - outer, BL_PI);
    const double a = upper ? vm_cos1(t) : 1 - vm_cos1(t), b = upper ? vm_sin1(t) : 0.5 - vm_sin1(t);
    const double da = p[0] * normal(rng), db = p[0] * normal(rng);
    put(X, y, i, a + da, b + db, !upper);
  }
}

static void circles(double *X, double *y, int n, const double *p, bl_rng *rng) {
  const int outer = n / 2;
  for (int i = 0; i < n; ++i) {
    const int inside = i >= outer, count = inside ? n - outer : outer;
    const double t = 2 * BL_PI * (inside ? i - outer : i) / count, r = inside ? p[1] : 1;
    const double da = p[0] * normal(rng), db = p[0] * normal(rng);
    put(X, y, i, r * vm_cos1(t) + da, r * vm_sin1(t) + db, inside);
  }
}

static void spirals(double *X, double *y, int n, const double *p, bl_rng *rng) {
  for (int i = 0; i < n; ++i) {
    const int arm = i % 2;
    const double u = rng_uniform(rng), r = sqrt(u), t = 2 * BL_PI * p[1] * r + arm * BL_PI;
    const double da = p[0] * normal(rng), db = p[0] * normal(rng);
    put(X, y, i, 3 * r * vm_cos1(t) + da, 3 * r * vm_sin1(t) + db, arm);
  }
}

// centres uniform in ±box, drawn first; examples take them in turn
static void blobs(double *X, double *y, int n, const double *p, bl_rng *rng) {
  enum { MOST = 10 };
  double centre[MOST][2];
  const int centers = (int)p[1];
  for (int c = 0; c < centers; ++c) {
    centre[c][0] = between(rng, -p[2], p[2]);
    centre[c][1] = between(rng, -p[2], p[2]);
  }
  for (int i = 0; i < n; ++i) {
    const int c = i % centers;
    const double da = p[0] * normal(rng), db = p[0] * normal(rng);
    put(X, y, i, centre[c][0] + da, centre[c][1] + db, c);
  }
}

static void xor_boxes(double *X, double *y, int n, const double *p, bl_rng *rng) {
  for (int i = 0; i < n; ++i) {
    const double a = between(rng, -1, 1), b = between(rng, -1, 1);
    const double da = p[0] * normal(rng), db = p[0] * normal(rng);
    put(X, y, i, a + da, b + db, (a > 0) != (b > 0));
  }
}

// inputs in [0, 8] outside the gap
static void sinusoid(double *X, double *y, int n, const double *p, bl_rng *rng) {
  const double low = p[1], high = p[2] > low ? p[2] : low, left = low, right = 8 - high;
  for (int i = 0; i < n; ++i) {
    const double u = (left + right) * rng_uniform(rng);
    X[i] = u < left ? u : u - left + high;
    y[i] = vm_sin1(X[i]) + p[0] * normal(rng);
  }
}

static void cubic(double *X, double *y, int n, const double *p, bl_rng *rng) {
  for (int i = 0; i < n; ++i) {
    X[i] = between(rng, -4, 4);
    y[i] = X[i] * X[i] * X[i] + p[0] * normal(rng);
  }
}

// y = x/8·(1 + sin x) + 5 + ε, sd of ε = 3(¼ + g²), g = (x − min)/(max − min)
static void tfp(double *X, double *y, int n, const double *p, bl_rng *rng) {
  for (int i = 0; i < n; ++i) {
    X[i] = between(rng, -20, 60);
    const double g = (X[i] + 20) / 80, sd = p[0] * 3 * (0.25 + g * g);
    y[i] = 0.125 * X[i] * (1 + vm_sin1(X[i])) + 5 + sd * normal(rng);
  }
}

// inputs in clusters over [0, 6], a wave whose length and height change along x
static void snelson(double *X, double *y, int n, const double *p, bl_rng *rng) {
  static const double cluster[5][2] = {{0.7, 0.45}, {1.8, 0.3}, {3.1, 0.5}, {4.3, 0.3}, {5.4, 0.4}};
  for (int i = 0; i < n; ++i) {
    const double *c = cluster[rng_below(rng, 5)];
    double x = c[0] + c[1] * normal(rng);
    x = x < 0 ? -x : x > 6 ? 12 - x : x;
    X[i] = x;
    y[i] = 0.9 * vm_sin1(2.6 * x + 0.4) * vm_exp1(-0.12 * x) + 0.5 * vm_cos1(0.9 * x) - 0.25 + p[0] * normal(rng);
  }
}

#define NOISE(value) \
  { "noise", "standard deviation of the noise", value, 0, 1e6 }

static const bl_dataset rows[] = {
    {"toyDataLinear", "Two boxes that a line can part.", "bernoulli", 2, 100, {{0}}, toy_linear},
    {"toyDataNonLinear",
     "Four boxes, opposite ones alike: no line can part them.",
     "bernoulli",
     2,
     100,
     {{0}},
     toy_non_linear},
    {"toyDataMulti", "Four boxes, four classes.", "categorical", 2, 100, {{0}}, toy_multi},
    {"toyDataRegression",
     "A noisy sine wave.",
     "gaussian",
     1,
     25,
     {NOISE(0.3), {"xmax", "length of the interval", 8, 1e-6, 1e6}, {"centerOrigin", "1: centred at 0", 0, 0, 1}},
     toy_regression},
    {"moons", "Two half circles that reach into each other.", "bernoulli", 2, 100, {NOISE(0.2)}, moons},
    {"circles",
     "A ring inside a ring.",
     "bernoulli",
     2,
     100,
     {NOISE(0.1), {"factor", "radius of the inner ring", 0.5, 0, 1}},
     circles},
    {"spirals",
     "Two arms that wind around each other.",
     "bernoulli",
     2,
     200,
     {NOISE(0.1), {"turns", "turns of an arm", 1.25, 0, 10}},
     spirals},
    {"blobs",
     "Round clouds at random centres.",
     "categorical",
     2,
     100,
     {{"noise", "standard deviation of a cloud", 1, 0, 1e6},
      {"centers", "number of clouds", 3, 1, 10},
      {"box", "half width of the box of centres", 6, 0, 1e6}},
     blobs},
    {"xor", "A square in four quarters, opposite ones alike.", "bernoulli", 2, 200, {NOISE(0.05)}, xor_boxes},
    {"sinusoid",
     "A sine wave with a gap in its inputs.",
     "gaussian",
     1,
     150,
     {NOISE(0.3), {"gapLow", "start of the gap", 3, 0, 8}, {"gapHigh", "end of the gap", 5, 0, 8}},
     sinusoid},
    {"cubic", "Twenty points of a cubic with large noise.", "gaussian", 1, 20, {NOISE(3)}, cubic},
    {"tfpRegression",
     "Noise that grows along x.",
     "gaussian",
     1,
     150,
     {{"noise", "factor on the noise", 1, 0, 1e6}},
     tfp},
    {"snelsonLike", "Clustered inputs under a changing wave.", "gaussian", 1, 200, {NOISE(0.25)}, snelson},
};

int bl_dataset_count(void) { return (int)(sizeof rows / sizeof *rows); }

const bl_dataset *dataset_row(int id) { return id >= 0 && id < bl_dataset_count() ? &rows[id] : NULL; }

const char *bl_dataset_name(int id) { return dataset_row(id) ? rows[id].name : NULL; }
const char *bl_dataset_about(int id) { return dataset_row(id) ? rows[id].about : NULL; }
const char *bl_dataset_task(int id) { return dataset_row(id) ? rows[id].task : NULL; }
int bl_dataset_inputs(int id) { return dataset_row(id) ? rows[id].d : 0; }
int bl_dataset_default_n(int id) { return dataset_row(id) ? rows[id].n : 0; }

int bl_dataset_parameter_count(int id) {
  int count = 0;
  while (dataset_row(id) && count < DATASET_PARAMETERS && rows[id].parameters[count].name) ++count;
  return count;
}

const bl_dataset_parameter *bl_dataset_parameter_row(int id, int parameter) {
  return parameter >= 0 && parameter < bl_dataset_parameter_count(id) ? &rows[id].parameters[parameter] : NULL;
}

int bl_dataset_make(int id, double *X, double *y, int n, const double *parameters, double seed) {
  if (!dataset_row(id) || n < 1) return BL_OPTION;
  for (int i = 0; i < bl_dataset_parameter_count(id); ++i) {
    const bl_dataset_parameter *p = bl_dataset_parameter_row(id, i);
    if (!(parameters[i] >= p->low && parameters[i] <= p->high)) return BL_OPTION;
  }
  bl_rng rng;
  rng_seed(&rng, seed, 0);
  rows[id].make(X, y, n, parameters, &rng);
  return BL_OK;
}
