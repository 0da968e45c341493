// peak.c — the yardstick of the kernels: independent chains x ← x·a + b in registers, as many as hide the latency of a
// multiply and an add on 16-byte vectors. A round is CHAINS · lanes · 2 floating-point operations: 48 in f64, 96 in
// f32.
#include "kernels.h"
#include "vmath.h"

enum { CHAINS = 12 };

#define PEAK(name, real, vec, splat, first)                        \
  real name(int rounds) {                                          \
    vec x[CHAINS];                                                 \
    const vec a = splat((real)0.999), b = splat((real)0.001);      \
    for (int i = 0; i < CHAINS; ++i) x[i] = splat((real)i);        \
    for (int r = 0; r < rounds; ++r) {                             \
      UNROLL for (int i = 0; i < CHAINS; ++i) x[i] = x[i] * a + b; \
    }                                                              \
    vec sum = x[0];                                                \
    for (int i = 1; i < CHAINS; ++i) sum += x[i];                  \
    return sum[0] + sum[first];                                    \
  }

#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 12")
#endif
#define SPLAT2(x) ((v2d){(x), (x)})
#define SPLAT4(x) ((v4f){(x), (x), (x), (x)})

PEAK(k_peak_f64, double, v2d, SPLAT2, 1)
PEAK(k_peak_f32, float, v4f, SPLAT4, 3)
