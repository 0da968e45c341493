// quadrature.h — expectations over one logit f ~ N(m, v): E σ(f) and E H[σ(f)], to about 1e-14.
#ifndef BL_QUADRATURE_H
#define BL_QUADRATURE_H

// mean, entropy (n; either may be NULL) from m, v (n)
void quadrature_logit(double *mean, double *entropy, const double *m, const double *v, int n);

#endif
