// laplace_hyper.c — the hyper-parameters: read, checked, and the posterior prepared under them. What is new is made
// beside the old and takes its place when all has gone well.
#include <limits.h>
#include <string.h>

#include "laplace_own.h"
#include "vmath.h"

static const bl_likelihood *likelihood_of(const bl_laplace *la) { return likelihood_row(la->net->likelihood); }

static int positive(double x) { return x > 0.0 && vm_finite(x); }

int laplace_read_noise(const bl_laplace *la, bl_noise *noise, const double *sigma, int count, double temperature) {
  const int k = net_outputs(la->net);
  if (count != 1 && count != k) return BL_SHAPE;
  if (!positive(temperature)) return BL_OPTION;
  noise->temperature = temperature;
  noise->shared = 1;
  for (int j = 0; j < k; ++j) {
    const double value = sigma[count == 1 ? 0 : j];
    if (!positive(value) || !positive(value * value) || !positive(1.0 / (value * value))) return BL_OPTION;
    if (!(likelihood_of(la)->is & LIKELIHOOD_SIGMA) && value != 1.0) return BL_OPTION;
    noise->sigma[j] = value;
    noise->precision[j] = 1.0 / (value * value);
    if (value != noise->sigma[0]) noise->shared = 0;
  }
  return BL_OK;
}

unsigned laplace_needs(const bl_laplace *la, bl_prior_kind kind, const bl_anchor *anchor) {
  const int rows = bl_curvature_rows(la->curvature, net_outputs(la->net));
  unsigned needs = curvature_row(la->curvature)->needs;
  if (la->index) needs |= STRUCTURE_INDEXED;
  if (kind == PRIOR_EACH) needs |= STRUCTURE_DIAG_PRIOR;
  if (anchor) needs |= anchor->hess.is->can & STRUCTURE_MATRIX_PRIOR;
  if (anchor && anchor->hess.k != rows) needs |= STRUCTURE_DENSE;
  return needs;
}

const bl_structure *laplace_row(const bl_laplace *la, unsigned needs, int n) {
  const int rows = bl_curvature_rows(la->curvature, net_outputs(la->net));
  const int within = la->tolerance > 0.0;
  return structure_row(structure_find_within(la->structure, la->space, needs, &la->active, n, rows, within));
}

int laplace_read_prior(const bl_laplace *la, bl_prior **out, const double *precision, int count, const double *mean,
                       int mean_count) {
  bl_prior *prior = NULL;
  int status = bl_prior_new(&prior, &la->active, precision, count, mean, mean_count);
  if (status != BL_OK) return status;
  for (int g = 0; g < prior->groups && status == BL_OK; ++g)
    if (!positive(prior->precision[g]) || !positive(1.0 / prior->precision[g])) status = BL_OPTION;
  if (status == BL_OK && !laplace_row(la, laplace_needs(la, prior->kind, NULL), 1)) status = BL_UNSUPPORTED;
  if (status == BL_OK) *out = prior;
  else bl_prior_free(prior);
  return status;
}

int laplace_scales(const bl_laplace *la, const bl_held *held, const bl_noise *noise, double *s, double *c) {
  static const double ROUNDING = 1e-14;
  const int k = net_outputs(la->net);
  const double r = noise->sigma[0] / held->unit[0];
  for (int j = 1; j < k; ++j)
    if (vm_abs(noise->sigma[j] - r * held->unit[j]) > ROUNDING * noise->sigma[j]) return BL_NOT_FITTED;
  double scale = 1.0;
  for (int i = 0; i < curvature_row(la->curvature)->sigma_power; ++i) scale *= r;
  *s = 1.0 / (r * r * noise->temperature);
  *c = 1.0 / (scale * noise->temperature);
  return positive(*s) && positive(*c) ? BL_OK : BL_OPTION;
}

// ---- the prior as a whole

double *laplace_away(const bl_laplace *la, bl_arena *scratch) {
  double *away = arena_doubles(scratch, la->active.p, 1);
  if (away) active_take(&la->active, away, la->net->theta);
  for (int i = 0; i < la->active.p && away; ++i) away[i] -= la->prior->mean[i];
  return away;
}

int laplace_scatter(const bl_laplace *la, const bl_prior *prior, double *value, const double *away, bl_arena *scratch) {
  *value = prior_scatter(prior, away);
  return la->anchor ? anchor_pull(la->anchor, value, NULL, away, 1.0, scratch) : BL_OK;
}

double laplace_prior_log_det(const bl_laplace *la) {
  return prior_log_det(la->prior) + (la->anchor ? la->anchor->log_det : 0.0);
}

// ---- prepared

int laplace_join(bl_hess *out, const bl_held *held, const bl_anchor *anchor, double c, const bl_active *active,
                 bl_arena *scratch) {
  int status = hess_clone(out, &held->hess, active, scratch);
  if (status != BL_OK) return status;
  status = hess_merge(out, &anchor->hess, anchor->c / c, scratch);
  if (status != BL_OK) hess_release(out);
  return status;
}

int laplace_settle(const bl_laplace *la, bl_held *held, const bl_noise *noise, const bl_prior *prior,
                   const bl_anchor *anchor, bl_arena *scratch) {
  double s, c;
  int status = laplace_scales(la, held, noise, &s, &c);
  bl_hess joined = {0}, sketch = {0};
  if (status == BL_OK && anchor) status = laplace_join(&joined, held, anchor, c, &la->active, scratch);
  bl_hess *h = anchor ? &joined : &held->hess;
  int reduced = 0;
  if (status == BL_OK && la->tolerance > 0.0) {
    status = hess_sketch(&sketch, h, c, prior, SKETCH_SHARE * la->tolerance, 1, scratch);
    reduced = status == BL_OK;
    if (status == BL_UNSUPPORTED) status = BL_OK;
  }
  if (status == BL_OK && !reduced) status = h->is->prepare(h, c, prior, WANT_FACTOR, scratch);
  // what is asked of the data's own curvature
  if (status == BL_OK && anchor) status = held->hess.is->prepare(&held->hess, c, prior, 0, scratch);
  if (status != BL_OK) hess_release(&sketch);
  if (status != BL_OK || reduced) hess_release(&joined);
  if (status == BL_OK) {
    hess_release(&held->joined);
    held->joined = reduced ? sketch : joined;
  }
  return status;
}

int bl_laplace_set_tolerance(bl_laplace *la, double tolerance, bl_arena *scratch) {
  if (!(tolerance >= 0.0) || !vm_finite(tolerance)) return BL_OPTION;
  const double before = la->tolerance;
  la->tolerance = tolerance;
  const int status = la->held ? laplace_settle(la, la->held, &la->noise, la->prior, la->anchor, scratch) : BL_OK;
  if (status != BL_OK) la->tolerance = before;
  return status;
}

// Takes prior and anchor, whatever happens. A row that cannot live under them is left for one of the same name that
// can.
static int adopt(bl_laplace *la, bl_prior *prior, bl_anchor *anchor, bl_arena *scratch) {
  const unsigned needs = laplace_needs(la, prior->kind, anchor);
  const bl_structure *is = la->held ? la->held->hess.is : NULL;
  bl_held *other = NULL;
  int status = BL_OK;
  if (!is || structure_refusal(is, needs)) is = laplace_row(la, needs, la->held ? la->held->kept.total : 1);
  if (!is) status = BL_UNSUPPORTED;
  if (status == BL_OK && la->held && is != la->held->hess.is) {
    status = held_clone(&other, la, la->held, is, scratch);
    if (status == BL_OK) status = laplace_settle(la, other, &la->noise, prior, anchor, scratch);
  } else if (status == BL_OK && la->held) {
    status = laplace_settle(la, la->held, &la->noise, prior, anchor, scratch);
  }
  const int done = status == BL_OK;
  held_free(done && other ? la->held : other);
  if (done && other) la->held = other;
  bl_prior_free(done ? la->prior : prior);
  bl_anchor_free(done ? la->anchor : anchor);
  if (done) la->prior = prior, la->anchor = anchor;
  return status;
}

int bl_laplace_set_prior(bl_laplace *la, const double *precision, int count, const double *mean, int mean_count,
                         bl_arena *scratch) {
  bl_prior *prior = NULL;
  const int status = laplace_read_prior(la, &prior, precision, count, mean, mean_count);
  return status == BL_OK ? adopt(la, prior, NULL, scratch) : status;
}

int bl_laplace_set_prior_matrix(bl_laplace *la, const double *M, const double *mean, int mean_count,
                                bl_arena *scratch) {
  bl_prior *prior = NULL;
  bl_anchor *anchor = NULL;
  if (!laplace_row(la, laplace_needs(la, PRIOR_SCALAR, NULL) | STRUCTURE_MATRIX_PRIOR, 1)) return BL_UNSUPPORTED;
  const int status = anchor_of_matrix(&anchor, &prior, &la->active, M, mean, mean_count, scratch);
  return status == BL_OK ? adopt(la, prior, anchor, scratch) : status;
}

static int same_active(const bl_active *a, const bl_active *b) {
  if (a->p != b->p || a->first != b->first || !a->index != !b->index) return 0;
  return !a->index || memcmp(a->index, b->index, (size_t)a->p * sizeof *a->index) == 0;
}

int laplace_as_prior(const bl_laplace *la, const bl_active *active, bl_prior **prior, bl_anchor **anchor,
                     bl_arena *scratch) {
  if (!la->held) return BL_NOT_FITTED;
  const bl_hess *h = held_posterior(la->held);
  if (!same_active(&la->active, active) || h->apart) return BL_UNSUPPORTED;
  int status = prior_clone(prior, la->prior);
  if (status != BL_OK) return status;
  active_take(&la->active, (*prior)->mean, la->net->theta);
  status = anchor_new(anchor, h, h->s, active, *prior, scratch);
  if (status != BL_OK) {
    bl_prior_free(*prior);
    *prior = NULL;
  }
  return status;
}

int bl_laplace_set_prior_posterior(bl_laplace *la, const bl_laplace *earlier, bl_arena *scratch) {
  bl_prior *prior = NULL;
  bl_anchor *anchor = NULL;
  if (strcmp(la->structure, earlier->structure) != 0 || !net_same_shape(la->net, earlier->net)) return BL_UNSUPPORTED;
  const int status = laplace_as_prior(earlier, &la->active, &prior, &anchor, scratch);
  return status == BL_OK ? adopt(la, prior, anchor, scratch) : status;
}

int bl_net_prior_posterior(bl_prior **prior, bl_anchor **anchor, const bl_net *net, const bl_laplace *earlier,
                           bl_arena *scratch) {
  bl_active active;
  if (!net_same_shape(net, earlier->net)) return BL_UNSUPPORTED;
  const int status = active_init(&active, net, 0, NULL, 0);
  return status == BL_OK ? laplace_as_prior(earlier, &active, prior, anchor, scratch) : status;
}

// The unit of data yet to come: σ itself where it differs per output.
void choose_unit(bl_held *held, const bl_noise *noise, int k) {
  held->shared = noise->shared;
  for (int j = 0; j < k; ++j) held->unit[j] = noise->shared ? 1.0 : noise->sigma[j];
}

int bl_laplace_set_noise(bl_laplace *la, const double *sigma, int count, double temperature, bl_arena *scratch) {
  const int k = net_outputs(la->net);
  const size_t bytes = (size_t)k * sizeof(double);
  const bl_mark mark = bl_arena_mark(scratch);
  bl_noise noise = {arena_doubles(scratch, k, 1), arena_doubles(scratch, k, 1), 1, 1.0};
  int status = noise.sigma && noise.precision ? laplace_read_noise(la, &noise, sigma, count, temperature) : BL_MEMORY;
  if (status == BL_OK && la->held) {
    if (la->held->kept.total == 0) choose_unit(la->held, &noise, k);
    status = laplace_settle(la, la->held, &noise, la->prior, la->anchor, scratch);
    if (status != BL_OK && la->held->kept.total == 0) choose_unit(la->held, &la->noise, k);
  }
  if (status == BL_OK) {
    memcpy(la->noise.sigma, noise.sigma, bytes);
    memcpy(la->noise.precision, noise.precision, bytes);
    la->noise.shared = noise.shared;
    la->noise.temperature = noise.temperature;
  }
  bl_arena_release(scratch, mark);
  return status;
}
