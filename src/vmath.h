// vmath.h — elementary functions of our own, so that every engine gives the same bits.
// One implementation on two doubles (v2d); the scalar takes lane 0, so vector and scalar agree bit for bit, and an
// array's odd tail goes through the same code. Accuracy: primitives ≤ 2 ulp, composites ≤ 4 ulp.
#ifndef BL_VMATH_H
#define BL_VMATH_H

#include <stdint.h>

typedef double v2d __attribute__((vector_size(16)));
typedef int64_t v2i __attribute__((vector_size(16)));
typedef float v4f __attribute__((vector_size(16)));
typedef double v2d_loose __attribute__((
    vector_size(16), aligned(8), may_alias));  // at any element: an aligned load from an odd one would fault on x86

static inline v2d vm_load(const double *at) { return (v2d) * (const v2d_loose *)at; }
static inline void vm_store(double *at, v2d v) { *(v2d_loose *)at = (v2d_loose)v; }

// exact to the last bit however it is computed
static inline v2d vm_root(v2d x) {
#ifdef __wasm_simd128__
  return __builtin_wasm_sqrt_f64x2(x);
#else
  return (v2d){__builtin_sqrt(x[0]), __builtin_sqrt(x[1])};
#endif
}

#define BL_PI 3.14159265358979323846
#define BL_LOG_2PI 1.83787706640934548356

// y[i] = f(x[i]), i < n; y may be x. NaN in, NaN out; ±inf give the limits.
// primitives:
void vm_exp(double *y, const double *x, int n);
void vm_expm1(double *y, const double *x, int n);
void vm_log(double *y, const double *x, int n);
void vm_log1p(double *y, const double *x, int n);
void vm_erf(double *y, const double *x, int n);
void vm_erfc(double *y, const double *x, int n);
void vm_sin(double *y, const double *x, int n);  // |x| ≤ 1e6 to 2 ulp
void vm_cos(double *y, const double *x, int n);
// composites:
void vm_tanh(double *y, const double *x, int n);
void vm_sigmoid(double *y, const double *x, int n);   // 1/(1 + e^−x)
void vm_softplus(double *y, const double *x, int n);  // log(1 + e^x)

double vm_exp1(double x);
double vm_expm11(double x);
double vm_log1(double x);
double vm_log1p1(double x);
double vm_erf1(double x);
double vm_erfc1(double x);
double vm_log_factorial(double n);  // log n!, n = 0, 1, 2, … up to 1e300, ≤ 2 ulp
double vm_sin1(double x);
double vm_cos1(double x);
double vm_tanh1(double x);
double vm_sigmoid1(double x);
double vm_softplus1(double x);

double bl_power_of_ten(double x);

static inline double vm_abs(double x) { return __builtin_fabs(x); }
double vm_exp_bounded(double x);           // e^x, at most the largest finite number
int vm_finite(double x);                   // neither NaN nor ±inf
int vm_first_bad(const double *x, int n);  // index of the first that is not finite, or −1

#endif
