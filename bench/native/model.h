// model.h — a network, its data and its exact posterior in function space, and what a user waits for, task by task, for
// a caller with a clock.
#ifndef BENCH_MODEL_H
#define BENCH_MODEL_H

typedef struct bench_model bench_model;

// sizes (layers + 1); names as in the tables; theta (p), X (n, d), y (n). NULL when it cannot be made.
bench_model *bench_model_new(const int *sizes, int layers, const char *activation, const char *likelihood,
                             const double *theta, const double *X, const double *y, int n, double precision);
void bench_model_free(bench_model *m);
void bench_model_box(bench_model *m, double x0, double x1, double y0, double y1, int side);
const char *bench_model_name(int task);                        // NULL past the last
double bench_model_run(bench_model *m, int task, int rounds);  // a number of the result; NaN when a call fails
double bench_model_work(const bench_model *m);                 // operations of an exact map
double bench_model_pivots(bench_model *m, double tolerance);   // of a certified map; 0: none would be gained
double bench_model_admitted(const bench_model *m);             // share of pixels that single precision may paint
double bench_model_bound(const bench_model *m);                // the last map's errorBound
float *bench_model_map(bench_model *m);                        // the last map's fMean, then fVar

#endif
