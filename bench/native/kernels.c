// kernels.c — a table of the kernels with the operations each must do: n³ terms of the textbook's count, whatever the
// kernel does beside them. Elementary functions count the vector instructions of their formula (erf roughly), a
// division as eight: so a rate compares with the register peak too.
#include "kernels.h"

#include <string.h>

#include "../../src/arena.h"
#include "../../src/kernels.h"
#include "../../src/linalg.h"
#include "../../src/vmath.h"

struct bench_kernels {
  int n;
  // (n, n), with room for panels of n columns
  double *A, *B, *C, *L, *spd, *w;  // L lower triangular with a large diagonal, spd = L·Lᵀ
  float *a, *b, *c, *l;
  bl_arena *scratch;
};

enum { PEAK_ROUNDS = 20000, NEAR = 4 };  // rows that level-one loops go over again: they stay in the first cache

static double peak_f64(bench_kernels *k) { return k_peak_f64(PEAK_ROUNDS) + k->n; }
static double peak_f32(bench_kernels *k) { return (double)k_peak_f32(PEAK_ROUNDS) + k->n; }

static double gemm(bench_kernels *k) {
  const int n = k->n;
  k_gemm(K_N, K_N, k->C, n, k->A, n, k->B, n, n, n, n, 1, 0);
  return k->C[n];
}
static double gemm_nt(bench_kernels *k) {
  const int n = k->n;
  k_gemm(K_N, K_T, k->C, n, k->A, n, k->B, n, n, n, n, 1, 0);
  return k->C[n];
}
static double gemm_tn(bench_kernels *k) {
  const int n = k->n;
  k_gemm(K_T, K_N, k->C, n, k->A, n, k->B, n, n, n, n, 1, 0);
  return k->C[n];
}
static double gemm_f32(bench_kernels *k) {
  const int n = k->n;
  k_gemm_f32(K_N, K_N, k->c, n, k->a, n, k->b, n, n, n, n, 1, 0);
  return (double)k->c[n];
}
static double gemm_nt_f32(bench_kernels *k) {
  const int n = k->n;
  k_gemm_f32(K_N, K_T, k->c, n, k->a, n, k->b, n, n, n, n, 1, 0);
  return (double)k->c[n];
}
static double syrk(bench_kernels *k) {
  k_syrk(K_N, k->C, k->n, k->A, k->n, k->n, k->n, 1, 0);
  return k->C[k->n];
}
static double syrk_f32(bench_kernels *k) {
  k_syrk_f32(K_N, k->c, k->n, k->a, k->n, k->n, k->n, 1, 0);
  return (double)k->c[k->n];
}
static double trsm(bench_kernels *k) {
  memcpy(k->C, k->A, (size_t)k->n * (size_t)k->n * sizeof(double));
  k_trsm(K_T, k->C, k->n, k->L, k->n, k->n, k->n);
  return k->C[k->n];
}
static double trsm_f32(bench_kernels *k) {
  memcpy(k->c, k->a, (size_t)k->n * (size_t)k->n * sizeof(float));
  k_trsm_f32(K_T, k->c, k->n, k->l, k->n, k->n, k->n);
  return (double)k->c[k->n];
}

// n columns in panels: A times them, sums over them, and the product of two products
#define ON_PANELS(name, wide, c, a, b)                                                                                \
  static double panels_##name(bench_kernels *k) {                                                                     \
    K_##name(k_panels)(k->c, k->a, NULL, k->b, k->n, k->n, k->n / wide, 0);                                           \
    return (double)k->c[k->n];                                                                                        \
  }                                                                                                                   \
  static double panels_nt_##name(bench_kernels *k) {                                                                  \
    K_##name(k_panels_nt)(k->C, k->a, k->n, k->b, (size_t)(k_height(k->n) * wide) * sizeof *k->b, k->n, k->n / wide); \
    return k->C[k->n];                                                                                                \
  }                                                                                                                   \
  static double panel_products_##name(bench_kernels *k) {                                                             \
    const k_products p = {k->c, k->a, k->a, k->b, k->b, 1, k->n, k->n, 1, k->n / wide, 0, k->n, 0};                   \
    K_##name(k_panel_products)(&p);                                                                                   \
    return (double)k->c[k->n];                                                                                        \
  }
ON_PANELS(F64, K_PANEL, C, A, B)
ON_PANELS(F32, K_PANEL_F32, c, a, b)

static double cholesky(bench_kernels *k) {
  memcpy(k->C, k->spd, (size_t)k->n * (size_t)k->n * sizeof(double));
  return la_chol(k->C, k->n) + k->C[k->n];
}
static double eigen(bench_kernels *k) {
  memcpy(k->C, k->spd, (size_t)k->n * (size_t)k->n * sizeof(double));
  return la_eigh(k->C, k->w, k->n, k->scratch) + k->w[0];
}
static double dot(bench_kernels *k) {
  double sum = 0;
  for (int i = 0; i < k->n; ++i) sum += k_dot(k->A + i % NEAR * k->n, k->B + i % NEAR * k->n, k->n);
  return sum;
}
static double axpy(bench_kernels *k) {
  for (int i = 0; i < k->n; ++i) k_axpy(k->C + i % NEAR * k->n, 1e-9, k->B + i % NEAR * k->n, k->n);
  return k->C[k->n];
}

#define ELEMENTWISE(name)                      \
  static double run_##name(bench_kernels *k) { \
    vm_##name(k->C, k->spd, k->n * k->n);      \
    return k->C[k->n];                         \
  }
ELEMENTWISE(exp)
ELEMENTWISE(log)
ELEMENTWISE(tanh)
ELEMENTWISE(sigmoid)
ELEMENTWISE(softplus)
ELEMENTWISE(erf)

typedef struct {
  const char *name;
  double (*run)(bench_kernels *k);
  double cube, square, once;  // work = cube·n³ + square·n² + once
} task_row;

static const task_row rows[] = {
    {"peak f64", peak_f64, 0, 0, 48.0 * PEAK_ROUNDS},
    {"peak f32", peak_f32, 0, 0, 96.0 * PEAK_ROUNDS},
    {"gemm f64", gemm, 2, 0, 0},
    {"gemm f64 nt", gemm_nt, 2, 0, 0},
    {"gemm f64 tn", gemm_tn, 2, 0, 0},
    {"gemm f32", gemm_f32, 2, 0, 0},
    {"gemm f32 nt", gemm_nt_f32, 2, 0, 0},
    {"syrk f64", syrk, 1, 1, 0},
    {"syrk f32", syrk_f32, 1, 1, 0},
    {"trsm f64", trsm, 1, 0, 0},
    {"trsm f32", trsm_f32, 1, 0, 0},
    {"panels f64", panels_F64, 2, 0, 0},
    {"panels f64 nt", panels_nt_F64, 2, 0, 0},
    {"panels f64 products", panel_products_F64, 4, 0, 0},
    {"panels f32", panels_F32, 2, 0, 0},
    {"panels f32 nt", panels_nt_F32, 2, 0, 0},
    {"panels f32 products", panel_products_F32, 4, 0, 0},
    {"Cholesky f64", cholesky, 1.0 / 3, 0, 0},
    {"eigen f64", eigen, 9, 0, 0},
    {"dot f64", dot, 0, 2, 0},
    {"axpy f64", axpy, 0, 2, 0},
    {"exp f64", run_exp, 0, 61, 0},
    {"log f64", run_log, 0, 86, 0},
    {"tanh f64", run_tanh, 0, 38, 0},
    {"sigmoid f64", run_sigmoid, 0, 76, 0},
    {"softplus f64", run_softplus, 0, 162, 0},
    {"erf f64", run_erf, 0, 120, 0},
};

static const task_row *row_of(int task) {
  return task >= 0 && task < (int)(sizeof rows / sizeof *rows) ? &rows[task] : NULL;
}

const char *bench_kernel_name(int task) { return row_of(task) ? row_of(task)->name : NULL; }

double bench_kernel_work(int task, int n) {
  const task_row *row = row_of(task);
  return row ? ((row->cube * n + row->square) * n) * n + row->once : 0;
}

double bench_kernel_run(bench_kernels *k, int task, int rounds) {
  double sum = 0;
  for (int i = 0; i < rounds && row_of(task); ++i) sum += row_of(task)->run(k);
  return sum;
}

bench_kernels *bench_kernels_new(int n) {
  bench_kernels *k = bl_alloc(1, sizeof *k);
  if (!k) return NULL;
  double **const wide[] = {&k->A, &k->B, &k->C, &k->L, &k->spd, &k->w};
  float **const narrow[] = {&k->a, &k->b, &k->c, &k->l};
  int made = n > 0;
  for (int i = 0; i < 6 && made; ++i) made = (*wide[i] = bl_alloc_doubles(k_height(n), n)) != NULL;
  for (int i = 0; i < 4 && made; ++i)
    made = (*narrow[i] = bl_alloc((size_t)k_height(n) * (size_t)n, sizeof(float))) != NULL;
  if (!made || !(k->scratch = bl_arena_new())) {
    bench_kernels_free(k);
    return NULL;
  }
  k->n = n;
  for (int i = 0; i < n * n; ++i) {
    const int row = i / n, column = i % n;
    k->A[i] = (double)((row * 7 + column * 13) % 31) / 31 - 0.5;
    k->B[i] = (double)((row * 11 + column * 5) % 29) / 29 - 0.5;
    k->L[i] = column < row ? k->A[i] / n : column == row ? 1 : 0;
    k->a[i] = (float)k->A[i], k->b[i] = (float)k->B[i], k->l[i] = (float)k->L[i];
  }
  k_syrk(K_N, k->spd, n, k->L, n, n, n, 1, 0);
  k_copy_lower(k->spd, n, n);
  return k;
}

void bench_kernels_free(bench_kernels *k) {
  if (!k) return;
  double *const wide[] = {k->A, k->B, k->C, k->L, k->spd, k->w};
  float *const narrow[] = {k->a, k->b, k->c, k->l};
  for (int i = 0; i < 6; ++i) bl_free(wide[i]);
  for (int i = 0; i < 4; ++i) bl_free(narrow[i]);
  bl_arena_free(k->scratch);
  bl_free(k);
}
