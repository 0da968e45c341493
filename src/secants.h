// secants.h — what L-BFGS remembers: the last steps and changes of the gradient, and the two loops of its recursion
// (Nocedal 1980; Nocedal & Wright 2006, alg. 7.4). What stands between the loops, a first inverse Hessian, is its
// owner's.
#ifndef BL_SECANTS_H
#define BL_SECANTS_H

#include <stddef.h>

enum { SECANTS = 20, SECANTS_ROOM = SECANTS + 1 };  // pairs; and a place to judge another in

typedef struct {
  int n, held, newest;
  double *memory;  // (SECANTS_ROOM, 2, n) s = x⁺ − x, y = ∇⁺ − ∇, a ring; the owner's
  double curvature[SECANTS_ROOM], forward[SECANTS_ROOM];  // sᵀy; what the first loop leaves for the second
} bl_secants;

static inline double *secants_step(const bl_secants *s, int i) { return s->memory + 2 * (size_t)i * (size_t)s->n; }
static inline double *secants_change(const bl_secants *s, int i) { return secants_step(s, i) + s->n; }

// the pair from x to y, gradients g and h, unless it says nothing of a curvature: rounding, or a kink
void secants_keep(bl_secants *s, const double *x, const double *g, const double *y, const double *h);
void secants_first(bl_secants *s, double *d);   // d (n), newest pair to oldest
void secants_second(bl_secants *s, double *d);  // oldest to newest

#endif
