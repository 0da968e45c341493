// kernels.h — the kernels one by one, for a caller with a clock: a module without imports has none.
#ifndef BENCH_KERNELS_H
#define BENCH_KERNELS_H

typedef struct bench_kernels bench_kernels;

bench_kernels *bench_kernels_new(int n);  // matrices n × n, vectors of n²; NULL when out of memory
void bench_kernels_free(bench_kernels *k);
const char *bench_kernel_name(int task);                          // NULL past the last
double bench_kernel_work(int task, int n);                        // floating-point operations of one round
double bench_kernel_run(bench_kernels *k, int task, int rounds);  // a number of the result, so that nothing is left out

#endif
