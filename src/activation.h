// activation.h — TABLE of activations: value, first and second derivative in one row.
// The second derivative serves the exact Hessian only. At a kink the derivative is the one from the left (torch: relu'
// (0) = 0).
#ifndef BL_ACTIVATION_H
#define BL_ACTIVATION_H

typedef struct {
  const char *name, *about;
  int settles;  // 1: far out it is straight on both sides
  int kinks;    // 1: its slope jumps, and so may a function's
  double gain;  // initialisation: weights have variance gain² / fan-in-like scale, see net_init
  // a, da, d2a (n) at z (n); da and d2a may be NULL (then not computed); a may be z
  void (*f)(int n, const double *z, double *a, double *da, double *d2a);
  // the same in single precision, a and da in whole vectors of four, aligned; NULL: by f
  void (*single)(int n, const float *z, float *a, float *da);
} bl_activation;

int bl_activation_count(void);
const bl_activation *activation_row(int id);  // NULL when out of range
int activation_find(const char *name);        // −1 when absent
const char *bl_activation_name(int id);       // for menus and messages; NULL when out of range
const char *bl_activation_about(int id);
int bl_activation_settles(int id);
// in single precision, n a multiple of eight; da may be NULL
void activation_single(int id, int n, const float *z, float *a, float *da);

#endif
