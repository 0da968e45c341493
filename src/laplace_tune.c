// laplace_tune.c — the scalar prior precision that maximises the evidence, everything else fixed (MacKay 1992, eq.
// 4.9):
//   ∂ log Z/∂ log a = ½(γ(a) − a‖θ̂ − μ0‖²) = 0,   γ = Σ c hᵢ/(c hᵢ + a).
// γ falls and the second term rises with a, so the root is unique; it is bracketed and bisected in log a, on the
// spectrum held: after the first call no factorisation.
#include "laplace_own.h"
#include "vmath.h"

static const double LOWEST = 1e-12, HIGHEST = 1e12;
enum { HALVINGS = 60 };  // from 55 units of log a to the last digit

typedef struct {
  const bl_laplace *la;
  bl_hess h;  // the handle copied: a spectrum made through it stays for the next call
  bl_prior *prior;
  double c, square;  // c of P = c·H + aI, ‖θ̂ − μ0‖²
  int evaluations;
} search;

// γ(a) − a‖θ̂ − μ0‖², and log det P − log det P0
static int slope_at(search *t, double a, double *slope, double *ratio, bl_arena *scratch) {
  double d_c = 0;
  prior_set_precision(t->prior, &a);
  t->evaluations++;
  int status = t->h.is->prepare(&t->h, t->c, t->prior, WANT_SPECTRUM, scratch);
  if (status == BL_OK) status = t->h.is->log_det(&t->h, ratio, &d_c, NULL, scratch);
  *slope = t->c * d_c - a * t->square;
  return status;
}

static int bisect(search *t, double *precision, int *interior, bl_arena *scratch) {
  double low = vm_log1(LOWEST), high = vm_log1(HIGHEST), at_low = 0, at_high = 0, ratio;
  int status = slope_at(t, LOWEST, &at_low, &ratio, scratch);
  if (status == BL_OK) status = slope_at(t, HIGHEST, &at_high, &ratio, scratch);
  *interior = at_low > 0 && at_high < 0;
  *precision = at_low > 0 ? HIGHEST : LOWEST;
  for (int i = 0; i < HALVINGS && *interior && status == BL_OK; ++i) {
    const double middle = 0.5 * (low + high);
    double slope = 0;
    *precision = vm_exp1(middle);
    status = slope_at(t, *precision, &slope, &ratio, scratch);
    if (slope > 0) low = middle;
    else high = middle;
  }
  return status;
}

int bl_laplace_tune(const bl_laplace *la, double *precision, double *evidence, int *interior, int *evaluations,
                    bl_arena *scratch) {
  if (!la->held) return BL_NOT_FITTED;
  static const double ONE = 1;
  const bl_mark mark = bl_arena_mark(scratch);
  double s = 0, *theta = arena_doubles(scratch, la->active.p, 1);
  search t = {.la = la, .h = la->held->hess};
  int status = theta ? laplace_scales(la, la->held, &la->noise, &s, &t.c) : BL_MEMORY;
  if (status == BL_OK) status = laplace_read_prior(la, &t.prior, &ONE, 1, la->prior->mean, la->active.p);
  if (status == BL_OK) {
    active_take(&la->active, theta, la->net->theta);
    t.square = prior_scatter(t.prior, theta);
    status = bisect(&t, precision, interior, scratch);
  }
  if (status == BL_OK) status = bl_laplace_evidence_at(la, evidence, precision, 1, NULL, 0, scratch);
  *evaluations = t.evaluations;
  bl_prior_free(t.prior);
  bl_arena_release(scratch, mark);
  return status;
}
