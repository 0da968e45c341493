// laplace_evidence.c — the log evidence in its parts, at the hyper-parameters set and at others, and how far θ̂ is from
// the mode.
//   log Z = log p(D|θ̂) − ½(log det P − log det P0 + (θ̂−μ0)ᵀP0(θ̂−μ0)),   γ = tr P⁻¹ c·H = c ∂ log det P/∂c   (MacKay
//   1992)
//   missing evidence ½ gᵀP⁻¹g, g = ∇(negative log joint): what a Newton step would add (the quadratic model's value at
//   its optimum)
#include "laplace_own.h"
#include "linalg.h"
#include "vmath.h"

#include <math.h>
#include <string.h>

int laplace_log_likelihood(const bl_laplace *la, const bl_noise *noise, double s, double *value, bl_arena *scratch) {
  const bl_held *held = la->held;
  const int k = net_outputs(la->net);
  const bl_likelihood *likelihood = likelihood_row(la->net->likelihood);
  const bl_mark mark = bl_arena_mark(scratch);
  double *y = arena_doubles(scratch, likelihood->targets(k), 1), there, one;
  if (!y) return BL_MEMORY;
  // The noise's share of a constant does not depend on y: it is read off at y = 0, which every likelihood takes.
  for (int j = 0; j < likelihood->targets(k); ++j) y[j] = 0.0;
  likelihood->constant(&there, y, noise->shared ? noise->sigma[0] : 1.0, noise->shared ? NULL : noise->precision, 1, k);
  likelihood->constant(&one, y, 1.0, NULL, 1, k);
  *value = -s * held->loss - (held->constant + held->examples * (there - one));
  bl_arena_release(scratch, mark);
  return BL_OK;
}

// tr P⁻¹H, a block of rows of H at a time
static int trace_of(double *trace, const bl_hess *P, const bl_hess *H, bl_arena *scratch) {
  enum { BLOCK = 64 };
  const bl_mark mark = bl_arena_mark(scratch);
  double *rows = arena_doubles(scratch, BLOCK, H->p);
  int status = rows ? BL_OK : BL_MEMORY;
  *trace = 0.0;
  for (int from = 0; from < H->p && status == BL_OK; from += BLOCK) {
    const int m = H->p - from < BLOCK ? H->p - from : BLOCK;
    status = hess_dense(H, rows, from, from + m, scratch);
    if (status == BL_OK) status = P->is->solve(P, rows, m, scratch);
    for (int i = 0; i < m; ++i) *trace += rows[(size_t)i * (size_t)H->p + (size_t)(from + i)];
  }
  bl_arena_release(scratch, mark);
  return status;
}

int bl_laplace_evidence(const bl_laplace *la, double *parts, bl_arena *scratch) {
  if (!la->held) return BL_NOT_FITTED;
  const bl_hess *h = held_posterior(la->held);
  const bl_mark mark = bl_arena_mark(scratch);
  double s = 0.0, c = 0.0, likelihood = 0.0, ratio = 0.0, slope = 0.0, scatter = 0.0;
  const double *away = laplace_away(la, scratch);
  int status = away ? laplace_scales(la, la->held, &la->noise, &s, &c) : BL_MEMORY;
  if (status == BL_OK) status = laplace_log_likelihood(la, &la->noise, s, &likelihood, scratch);
  if (status == BL_OK) status = h->is->log_det(h, &ratio, &slope, NULL, scratch);
  // with an anchor the slope is that of both curvatures
  if (status == BL_OK && la->anchor) status = trace_of(&slope, h, &la->held->hess, scratch);
  if (status == BL_OK) status = laplace_scatter(la, la->prior, &scatter, away, scratch);
  if (status == BL_OK) {
    const double base = prior_log_det(la->prior), prior = laplace_prior_log_det(la);
    ratio -= prior - base;
    parts[0] = likelihood - 0.5 * (ratio + scatter);
    parts[1] = likelihood;
    parts[2] = prior;
    parts[3] = prior + ratio;
    parts[4] = ratio;
    parts[5] = scatter;
    parts[6] = c * slope;
  }
  bl_arena_release(scratch, mark);
  return status;
}

// log det P − log det P0 under another prior or noise. A copy of the handle shares the arrays: a spectrum made here
// stays for the next call, the factor is left alone. Another shape of prior has no use for the spectrum; log_det then
// factors in scratch. With an anchor the curvature itself depends on c; a sketch is made for its s and prior alone.
static int ratio_at(const bl_laplace *la, double *ratio, double c, const bl_prior *prior, int moved,
                    bl_arena *scratch) {
  bl_hess h = la->held->hess, sketch;
  int status = la->anchor ? laplace_join(&h, la->held, la->anchor, c, &la->active, scratch) : BL_OK;
  if (status != BL_OK) return status;
  status = la->tolerance > 0.0 ? hess_sketch(&sketch, &h, c, prior, la->tolerance, 1, scratch) : BL_UNSUPPORTED;
  if (status == BL_OK) {
    status = sketch.is->log_det(&sketch, ratio, NULL, NULL, scratch);
    hess_release(&sketch);
  } else if (status == BL_UNSUPPORTED) {
    const int want = !la->anchor && moved && prior_key_ratio(la->prior->diag, prior) > 0.0 ? WANT_SPECTRUM : 0;
    status = h.is->prepare(&h, c, prior, want, scratch);
    if (status == BL_OK) status = h.is->log_det(&h, ratio, NULL, NULL, scratch);
  }
  if (la->anchor) {
    *ratio -= la->anchor->log_det;
    hess_release(&h);
  }
  return status;
}

int bl_laplace_evidence_at(const bl_laplace *la, double *value, const double *precision, int count, const double *sigma,
                           int sigma_count, bl_arena *scratch) {
  if (!la->held) return BL_NOT_FITTED;
  if (la->anchor && count) return BL_UNSUPPORTED;
  const int k = net_outputs(la->net);
  const bl_mark mark = bl_arena_mark(scratch);
  bl_noise noise = {arena_doubles(scratch, k, 1), arena_doubles(scratch, k, 1), 1, 1.0};
  bl_prior *other = NULL;
  double s = 0.0, c = 0.0, likelihood = 0.0, ratio = 0.0, scatter = 0.0;
  const double *away = laplace_away(la, scratch);
  int status = away && noise.sigma && noise.precision ? BL_OK : BL_MEMORY;
  if (status == BL_OK)
    status = laplace_read_noise(la, &noise, sigma_count ? sigma : la->noise.sigma, sigma_count ? sigma_count : k,
                                la->noise.temperature);
  if (status == BL_OK) status = laplace_scales(la, la->held, &noise, &s, &c);
  if (status == BL_OK && count)
    status = laplace_read_prior(la, &other, precision, count, la->prior->mean, la->active.p);
  if (status == BL_OK) status = laplace_log_likelihood(la, &noise, s, &likelihood, scratch);
  const bl_prior *prior = other ? other : la->prior;
  if (status == BL_OK) status = ratio_at(la, &ratio, c, prior, count || sigma_count, scratch);
  if (status == BL_OK) status = laplace_scatter(la, prior, &scatter, away, scratch);
  if (status == BL_OK) *value = likelihood - 0.5 * (ratio + scatter);
  bl_prior_free(other);
  bl_arena_release(scratch, mark);
  return status;
}

// smallest eigenvalue of H, where it may be negative
static int lowest_of(const bl_laplace *la, double *value, bl_arena *scratch) {
  const int p = la->active.p;
  *value = __builtin_nan("");
  if (!(curvature_row(la->curvature)->needs & STRUCTURE_DENSE)) return BL_OK;
  double *H = arena_doubles(scratch, p, p), *e = arena_doubles(scratch, p, 1);
  int status = H && e ? hess_dense(&la->held->hess, H, 0, p, scratch) : BL_MEMORY;
  if (status == BL_OK) status = la_eigvals(H, e, p, scratch);
  if (status == BL_OK) *value = e[0];
  return status;
}

int bl_laplace_diagnostics(const bl_laplace *la, double *gradient_norm, double *missing, double *residual,
                           double *lowest, bl_arena *scratch) {
  if (!la->held) return BL_NOT_FITTED;
  const bl_held *held = la->held;
  const bl_hess *h = held_posterior(held);
  const int p = la->active.p, k = net_outputs(la->net);
  const bl_mark mark = bl_arena_mark(scratch);
  double s = 0.0, c = 0.0, square = 0.0, product = 0.0;
  const double *away = laplace_away(la, scratch);
  double *g = arena_doubles(scratch, p, 1), *step = arena_doubles(scratch, p, 1);
  int status = away && g && step ? laplace_scales(la, held, &la->noise, &s, &c) : BL_MEMORY;
  if (status == BL_OK) {
    for (int i = 0; i < p; ++i) g[i] = s * held->gradient[i] + la->prior->diag[i] * away[i];
    if (la->anchor) status = anchor_pull(la->anchor, NULL, g, away, 1.0, scratch);
  }
  if (status == BL_OK) {
    memcpy(step, g, (size_t)p * sizeof *step);
    if (!h->apart) status = h->is->solve(h, step, 1, scratch);
  }
  if (status == BL_OK) status = lowest_of(la, lowest, scratch);
  if (status == BL_OK) {
    for (int i = 0; i < p; ++i) {
      square += g[i] * g[i];
      product += g[i] * step[i];
    }
    const int noisy = (likelihood_row(la->net->likelihood)->is & LIKELIHOOD_SIGMA) && held->examples > 0.0;
    *gradient_norm = sqrt(square);
    *missing = h->apart ? __builtin_nan("") : 0.5 * product;
    const double mean_square = 2.0 * held->loss / (held->examples * k);
    *residual = !noisy ? __builtin_nan("") : la->noise.shared ? mean_square : mean_square * s * la->noise.temperature;
  }
  bl_arena_release(scratch, mark);
  return status;
}
