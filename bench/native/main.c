// main.c — the native side: build/bench/native PROBLEM answers lines on standard input, "kernel TASK N ROUNDS" or
// "model TASK ROUNDS", with "SECONDS NUMBER", so that the caller can take turns with the module.
// PROBLEM: a file of words: layers, sizes, activation, likelihood, n, precision, θ, X, y.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernels.h"
#include "model.h"

enum { MOST_LAYERS = 8 };

static double now(void) {
  struct timespec t;
  timespec_get(&t, TIME_UTC);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double *read_doubles(FILE *file, int count) {
  double *x = malloc((size_t)count * sizeof *x);
  for (int i = 0; x && i < count; ++i)
    if (fscanf(file, "%lf", &x[i]) != 1) exit(2);
  return x;
}

static bench_model *read_model(const char *path) {
  FILE *file = fopen(path, "r");
  int layers, sizes[MOST_LAYERS + 1], n, p = 0;
  char activation[32], likelihood[32];
  double precision;
  if (!file || fscanf(file, "%d", &layers) != 1 || layers < 1 || layers > MOST_LAYERS) exit(2);
  for (int i = 0; i <= layers; ++i) {
    if (fscanf(file, "%d", &sizes[i]) != 1) exit(2);
    if (i > 0) p += sizes[i] * (sizes[i - 1] + 1);
  }
  if (fscanf(file, "%31s %31s %d %lf", activation, likelihood, &n, &precision) != 4) exit(2);
  double *theta = read_doubles(file, p), *X = read_doubles(file, n * sizes[0]), *y = read_doubles(file, n);
  fclose(file);
  bench_model *m = bench_model_new(sizes, layers, activation, likelihood, theta, X, y, n, precision);
  free(theta), free(X), free(y);
  return m;
}

int main(int count, char **arguments) {
  bench_model *model = count > 1 ? read_model(arguments[1]) : NULL;
  bench_kernels *kernels = NULL;
  char line[128];
  int held = 0;
  if (!model) return 2;
  while (fgets(line, sizeof line, stdin)) {
    int task, n, rounds;
    double value, seconds;
    if (sscanf(line, "kernel %d %d %d", &task, &n, &rounds) == 3) {
      if (n != held) bench_kernels_free(kernels), kernels = bench_kernels_new(held = n);
      if (!kernels) return 2;
      seconds = now();
      value = bench_kernel_run(kernels, task, rounds);
    } else if (sscanf(line, "model %d %d", &task, &rounds) == 2) {
      seconds = now();
      value = bench_model_run(model, task, rounds);
    } else {
      return 2;
    }
    printf("%.9f %.17g\n", now() - seconds, value);
    fflush(stdout);
  }
  bench_kernels_free(kernels);
  bench_model_free(model);
  return 0;
}
