// secants.c — the ring of pairs and the two loops over it.
#include "secants.h"

#include "kernels.h"

void secants_keep(bl_secants *s, const double *x, const double *g, const double *y, const double *h) {
  const int i = (s->newest + 1) % SECANTS_ROOM;
  double *step = secants_step(s, i), *change = secants_change(s, i);
  for (int j = 0; j < s->n; ++j) {
    step[j] = y[j] - x[j];
    change[j] = h[j] - g[j];
  }
  const double inner = k_dot(step, change, s->n);
  if (!(inner > 0x1p-72 * k_dot(change, change, s->n))) return;
  s->curvature[i] = inner;
  s->newest = i;
  s->held += s->held < SECANTS;
}

void secants_first(bl_secants *s, double *d) {
  for (int back = 0; back < s->held; ++back) {
    const int i = (s->newest - back + SECANTS_ROOM) % SECANTS_ROOM;
    s->forward[i] = k_dot(secants_step(s, i), d, s->n) / s->curvature[i];
    k_axpy(d, -s->forward[i], secants_change(s, i), s->n);
  }
}

void secants_second(bl_secants *s, double *d) {
  for (int back = s->held - 1; back >= 0; --back) {
    const int i = (s->newest - back + SECANTS_ROOM) % SECANTS_ROOM;
    k_axpy(d, s->forward[i] - k_dot(secants_change(s, i), d, s->n) / s->curvature[i], secants_step(s, i), s->n);
  }
}
