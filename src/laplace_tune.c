// laplace_tune.c — the hyper-parameters that maximise the evidence at fixed θ̂ (MacKay 1992; Immer et al. 2021):
//   one precision for all parameters, one per tensor, or one per parameter, and with it the noise.
// In x = log δ and y = log s, s = 1/(σ²T), the log evidence is concave: det(c·H + P0) is a polynomial in the e^x and
// e^y with coefficients that are not negative, its logarithm is convex in them, and the other terms are linear or −exp.
// So there is one maximum, wherever one starts; with the exact Hessian, or outputs that count as independent, there may
// be places that bend the other way. Its exact gradient,
//   ∂/∂x_g = ½(γ_g − δ_g q_g),  q_g = Σ (θ̂ − μ0)² over the group,   ∂/∂y = Nk/2 − s·loss − ½(κ/2)γ,  c ∝ s^(κ/2),
// is followed by a projected quasi-Newton method (L-BFGS on the free coordinates) that starts from the curvature each
// coordinate has alone. Steps are judged by the slope along them, so digits are not lost to the value's rounding.
// With one precision the spectrum held serves every step: after the first no factorisation.
#include <math.h>
#include <string.h>

#include "kernels.h"
#include "laplace_own.h"
#include "secants.h"
#include "vmath.h"

static const double LOWEST = 1e-12, HIGHEST = 1e12;  // of precisions and of σ
static const double LONGEST = 8.0;                   // a step in a logarithm
enum { ITERATIONS = 300, TRIES = 30 };

typedef struct {
  const bl_laplace *la;
  bl_hess h;  // the handle copied: a spectrum made through it stays for the next call
  bl_prior *prior;
  int n, groups, noisy;       // coordinates: groups, then y where the noise is tuned
  double power, T, noise;     // κ, temperature, Nk/2
  double *precision;          // (groups) of the point last evaluated
  double *q, *size;           // (groups) Σ (θ̂ − μ0)² and parameters of each
  double *low, *high;         // (n) the box
  double *curved;             // (n) second derivative of −log Z a coordinate has alone, where last evaluated
  double *scale;              // (n) what the gradient's terms amount to there
  int evaluations, singular;  // singular: P was not positive definite somewhere on the way
} search;

// g (n) = the gradient of −log Z at x
static int slope_at(search *t, double *g, const double *x, bl_arena *scratch) {
  const bl_mark mark = bl_arena_mark(scratch);
  double *d_prior = arena_doubles(scratch, t->groups, 1), d_c = 0.0, ratio;
  double s, c;
  int status = d_prior ? laplace_scales(t->la, t->la->held, &t->la->noise, &s, &c) : BL_MEMORY;
  if (t->noisy) {
    s = vm_exp1(x[t->groups]);
    c = (t->power > 2.0 ? s * t->T * s : s);
  }
  for (int i = 0; i < t->groups; ++i) t->precision[i] = vm_exp1(x[i]);
  prior_set_precision(t->prior, t->precision);
  t->evaluations++;
  const int want = t->groups == 1 ? WANT_SPECTRUM : 0;
  if (status == BL_OK) status = t->h.is->prepare(&t->h, c, t->prior, want, scratch);
  if (status == BL_OK) status = t->h.is->log_det(&t->h, &ratio, &d_c, d_prior, scratch);
  for (int i = 0; i < t->groups && status == BL_OK; ++i) {
    const double gamma = -t->precision[i] * d_prior[i], pull = t->precision[i] * t->q[i];
    g[i] = 0.5 * (pull - gamma);
    t->scale[i] = 0.5 * (pull + vm_abs(gamma));
    t->curved[i] = 0.5 * (pull + gamma * (1.0 - gamma / t->size[i]));
  }
  if (status == BL_OK && t->noisy) {
    const double gamma = 0.5 * t->power * c * d_c, fit = s * t->la->held->loss;
    g[t->groups] = fit + 0.5 * gamma - t->noise;
    t->scale[t->groups] = fit + 0.5 * gamma + t->noise;
    t->curved[t->groups] = fit + 0.25 * gamma;
  }
  bl_arena_release(scratch, mark);
  return status;
}

static int at_low(const search *t, const double *x, const double *g, int i) { return x[i] <= t->low[i] && g[i] >= 0.0; }
static int at_high(const search *t, const double *x, const double *g, int i) {
  return x[i] >= t->high[i] && g[i] <= 0.0;
}

static int is_free(const search *t, const double *x, const double *g, int i) {
  return !at_low(t, x, g, i) && !at_high(t, x, g, i);
}

static int arrived(const search *t, const double *x, const double *g) {
  static const double RELATIVE = 1e-12, NEGLIGIBLE = 1e-14;
  double total = 1.0;
  for (int i = 0; i < t->n; ++i) total += t->scale[i];
  for (int i = 0; i < t->n; ++i)
    if (is_free(t, x, g, i) && vm_abs(g[i]) > RELATIVE * t->scale[i] + NEGLIGIBLE * total) return 0;
  return 1;
}

// d = −(L-BFGS)g on the free coordinates
static void direction(const search *t, double *d, const double *x, const double *g, bl_secants *past) {
  const int n = t->n;
  for (int i = 0; i < n; ++i) d[i] = is_free(t, x, g, i) ? g[i] : 0.0;
  secants_first(past, d);
  for (int i = 0; i < n; ++i) {  // where the evidence bends upwards, a step in the logarithm of 1 at most
    const double bend = t->curved[i] > 0.0 ? t->curved[i] : t->scale[i];
    d[i] = bend > 0.0 ? d[i] / bend : 0.0;
  }
  secants_second(past, d);
  double longest = 0.0;
  for (int i = 0; i < n; ++i) {
    d[i] = is_free(t, x, g, i) ? -d[i] : 0.0;
    if (vm_abs(d[i]) > longest) longest = vm_abs(d[i]);
  }
  for (int i = 0; i < n && longest > LONGEST; ++i) d[i] *= LONGEST / longest;
}

// y = x + length·d inside the box
static void along(const search *t, double *y, const double *x, const double *d, double length) {
  for (int i = 0; i < t->n; ++i) {
    const double to = x[i] + length * d[i];
    y[i] = to < t->low[i] ? t->low[i] : to > t->high[i] ? t->high[i] : to;
  }
}

// The function is convex along d, so its slope only grows: a step is good when the slope there is much less steep. The
// place where it is 0 is bracketed and met by secants. A step to where P is not positive definite is halved.
static int line(search *t, double *y, double *h, const double *x, const double *d, const double *g, bl_arena *scratch) {
  static const double GOOD = 0.3;
  const double steep = k_dot(g, d, t->n);
  double below = 0.0, above = 0.0, at_below = steep, at_above = 0.0, length = 1.0;
  int status = BL_OK;
  for (int i = 0; i < TRIES; ++i) {
    along(t, y, x, d, length);
    status = slope_at(t, h, y, scratch);
    if (status == BL_NOT_PD) {
      t->singular = 1;
      above = length, at_above = 0.0, length = 0.5 * (below + length);
      continue;
    }
    if (status != BL_OK) return status;
    const double slope = k_dot(h, d, t->n);
    if (vm_abs(slope) <= GOOD * -steep) return BL_OK;
    if (slope < 0.0) below = length, at_below = slope;
    else above = length, at_above = slope;
    if (above > 0.0 && at_above > 0.0) {
      const double share = at_below / (at_below - at_above);
      length = below + (above - below) * (share < 0.1 ? 0.1 : share > 0.9 ? 0.9 : share);
    } else if (above > 0.0) {
      length = 0.5 * (below + above);
    } else {
      int boxed = 1;  // every coordinate that moves has met its edge
      for (int j = 0; j < t->n; ++j) boxed &= d[j] == 0.0 || y[j] <= t->low[j] || y[j] >= t->high[j];
      if (boxed) return BL_OK;
      length *= 4.0;
    }
  }
  if (status != BL_NOT_PD || !(below > 0.0)) return status;
  along(t, y, x, d, below);  // the value climbs up to where P is singular: the last place where it is not
  return slope_at(t, h, y, scratch);
}

// What no data inform goes to an edge at once: γ = 0 pulls δ to 0, q = 0 to infinity; both 0: it keeps its value.
static void settle_uninformed(const search *t, double *x, const double *g) {
  for (int i = 0; i < t->groups; ++i) {
    const double pull = t->precision[i] * t->q[i];
    if (pull > 0.0 && g[i] == 0.5 * pull) x[i] = t->low[i];
    if (pull == 0.0 && g[i] < 0.0) x[i] = t->high[i];
  }
}

static int maximise(search *t, double *x, double *g, bl_arena *scratch) {
  const int n = t->n;
  double *y = arena_doubles(scratch, n, 1), *h = arena_doubles(scratch, n, 1), *d = arena_doubles(scratch, n, 1);
  bl_secants past = {.n = n, .memory = arena_doubles(scratch, 2 * SECANTS_ROOM, n)};
  if (!y || !h || !d || !past.memory) return BL_MEMORY;
  int status = slope_at(t, g, x, scratch);
  if (status == BL_OK) {
    settle_uninformed(t, x, g);
    status = slope_at(t, g, x, scratch);
  }
  for (int i = 0; i < ITERATIONS && status == BL_OK && !arrived(t, x, g); ++i) {
    direction(t, d, x, g, &past);
    if (!(k_dot(d, g, n) < 0.0)) {  // a memory of other free coordinates: start over from each one's own curvature
      past.held = 0;
      direction(t, d, x, g, &past);
    }
    if (!(k_dot(d, g, n) < 0.0)) break;
    status = line(t, y, h, x, d, g, scratch);
    if (status != BL_OK) break;
    int moved = 0;
    for (int j = 0; j < n; ++j) moved |= y[j] != x[j];
    if (!moved) break;
    secants_keep(&past, x, g, y, h);
    memcpy(x, y, (size_t)n * sizeof *x);
    memcpy(g, h, (size_t)n * sizeof *g);
  }
  return status;
}

static int prepare_search(search *t, double *x, bl_arena *scratch) {
  const bl_laplace *la = t->la;
  const double ONE = 1.0, *away = laplace_away(la, scratch);
  t->precision = arena_doubles(scratch, t->groups, 1);
  t->q = arena_doubles(scratch, t->groups, 1), t->size = arena_doubles(scratch, t->groups, 1);
  t->low = arena_doubles(scratch, t->n, 1), t->high = arena_doubles(scratch, t->n, 1);
  t->curved = arena_doubles(scratch, t->n, 1), t->scale = arena_doubles(scratch, t->n, 1);
  if (!away || !t->precision || !t->q || !t->size || !t->low || !t->high || !t->curved || !t->scale) return BL_MEMORY;
  for (int i = 0; i < t->groups; ++i) t->precision[i] = ONE;
  int status = laplace_read_prior(la, &t->prior, t->precision, t->groups, la->prior->mean, la->active.p);
  double s = 0.0, c = 0.0;
  if (status == BL_OK) status = laplace_scales(la, la->held, &la->noise, &s, &c);
  if (status != BL_OK) return status;
  for (int i = 0; i < t->n; ++i) x[i] = 0.0, t->low[i] = vm_log1(LOWEST), t->high[i] = vm_log1(HIGHEST);
  for (int i = 0; i < t->groups; ++i) t->q[i] = t->size[i] = 0.0;
  double logarithm = 0.0;
  for (int i = 0; i < la->active.p; ++i) {  // starts at the geometric mean of what a group has now
    const int group = t->prior->group_of[i];
    if (i == 0 || la->prior->diag[i] != la->prior->diag[i - 1]) logarithm = vm_log1(la->prior->diag[i]);
    t->q[group] += away[i] * away[i];
    t->size[group] += 1.0;
    x[group] += logarithm;
  }
  for (int i = 0; i < t->groups; ++i) {
    x[i] /= t->size[i];
    x[i] = x[i] < t->low[i] ? t->low[i] : x[i] > t->high[i] ? t->high[i] : x[i];
  }
  if (!t->noisy) return BL_OK;
  const double largest = vm_log1(la->held->unit[0] * la->held->unit[0] / t->T);
  x[t->groups] = vm_log1(s);
  t->low[t->groups] = largest - 2.0 * vm_log1(HIGHEST);
  t->high[t->groups] = largest - 2.0 * vm_log1(LOWEST);
  return BL_OK;
}

int bl_laplace_tune(const bl_laplace *la, double *precision, double *sigma, double *evidence, int *at_edge,
                    int *evaluations, int groups, int noise, bl_arena *scratch) {
  if (!la->held) return BL_NOT_FITTED;
  const int k = net_outputs(la->net);
  if (groups < 1 || (noise && !(likelihood_row(la->net->likelihood)->is & LIKELIHOOD_SIGMA))) return BL_OPTION;
  if (la->anchor) return BL_UNSUPPORTED;
  const bl_mark mark = bl_arena_mark(scratch);
  search t = {.la = la, .h = la->held->hess, .n = groups + (noise != 0), .groups = groups, .noisy = noise != 0};
  t.power = curvature_row(la->curvature)->sigma_power;
  t.T = la->noise.temperature;
  t.noise = 0.5 * la->held->examples * k;
  double *x = arena_doubles(scratch, t.n, 1), *g = arena_doubles(scratch, t.n, 1);
  int status = x && g ? prepare_search(&t, x, scratch) : BL_MEMORY;
  if (status == BL_OK) status = maximise(&t, x, g, scratch);
  // an indefinite curvature has no maximum: the evidence grows without end towards the place where P is singular
  if (status == BL_OK && t.singular && !arrived(&t, x, g)) status = BL_NOT_PD;
  if (status == BL_OK) {
    const double r = noise ? 1.0 / sqrt(vm_exp1(x[groups]) * t.T) : 1.0;
    for (int i = 0; i < groups; ++i) precision[i] = vm_exp1(x[i]);
    for (int j = 0; j < k; ++j) sigma[j] = noise ? r * la->held->unit[j] : la->noise.sigma[j];
    for (int i = 0; i < t.n; ++i) at_edge[i] = x[i] <= t.low[i] || x[i] >= t.high[i];
    if (!noise) at_edge[groups] = 0;
    *evaluations = t.evaluations;
    status = bl_laplace_evidence_at(la, evidence, precision, groups, sigma, la->noise.shared ? 1 : k, scratch);
  }
  bl_prior_free(t.prior);
  bl_arena_release(scratch, mark);
  return status;
}
