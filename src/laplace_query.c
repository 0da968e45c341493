// laplace_query.c — what a posterior tells about itself: its sizes, moments, matrices, draws and densities.
#include "laplace_own.h"
#include "rng.h"
#include "vmath.h"

#include <string.h>

int bl_laplace_fitted(const bl_laplace *la) { return la->held != NULL; }

double bl_laplace_examples(const bl_laplace *la) { return la->held ? la->held->examples : 0.0; }

int bl_laplace_parameter_count(const bl_laplace *la) { return la->active.p; }

const char *bl_laplace_space(const bl_laplace *la) { return la->held ? la->held->hess.is->space : la->space; }

double bl_laplace_error_bound(const bl_laplace *la) { return la->held ? hess_bound(held_posterior(la->held)) : 0.0; }

int bl_laplace_noise(const bl_laplace *la) { return la->held ? held_posterior(la->held)->noise : 0; }

bl_kept *laplace_kept(const bl_laplace *la) { return la->kept; }

const bl_net *laplace_net(const bl_laplace *la) { return la->net; }

const bl_hess *laplace_hess(const bl_laplace *la) { return la->held ? held_posterior(la->held) : NULL; }

double bl_laplace_lowest(const bl_laplace *la) { return la->lowest; }

double laplace_sigma(const bl_laplace *la) { return la->noise.shared ? la->noise.sigma[0] : 1.0; }

const double *laplace_precision(const bl_laplace *la) { return la->noise.shared ? NULL : la->noise.precision; }

int bl_laplace_mean(const bl_laplace *la, double *theta) {
  active_take(&la->active, theta, la->net->theta);
  return BL_OK;
}

// ---- draws and densities

int bl_laplace_draw(const bl_laplace *la, double *theta, const double *Z, int m, bl_arena *scratch) {
  if (!la->held) return BL_NOT_FITTED;
  const bl_hess *h = held_posterior(la->held);
  const size_t p = (size_t)h->p;
  const bl_mark mark = bl_arena_mark(scratch);
  double *mean = arena_doubles(scratch, h->p, 1);
  int status = mean ? h->is->draw(h, theta, Z, m, scratch) : BL_MEMORY;
  if (status == BL_OK) {
    active_take(&la->active, mean, la->net->theta);
    for (size_t j = 0; j < (size_t)m; ++j)
      for (size_t i = 0; i < p; ++i) theta[j * p + i] += mean[i];
  }
  bl_arena_release(scratch, mark);
  return status;
}

enum { BLOCK = 64, STREAM = 0 };  // rows at a time; the stream of a seed that draws weights

int bl_laplace_sample(const bl_laplace *la, double *theta, int m, double seed, bl_arena *scratch) {
  if (!la->held) return BL_NOT_FITTED;
  const int noise = held_posterior(la->held)->noise;
  const bl_mark mark = bl_arena_mark(scratch);
  double *Z = arena_doubles(scratch, BLOCK, noise);
  int status = Z ? BL_OK : BL_MEMORY;
  bl_rng rng;
  rng_seed(&rng, seed, STREAM);
  for (int from = 0; from < m && status == BL_OK; from += BLOCK) {
    const int count = m - from < BLOCK ? m - from : BLOCK;
    for (int j = 0; j < count; ++j) rng_normal(&rng, Z + (size_t)j * (size_t)noise, noise);
    status = bl_laplace_draw(la, theta + (size_t)from * (size_t)la->active.p, Z, count, scratch);
  }
  bl_arena_release(scratch, mark);
  return status;
}

// log N(θ; θ̂, P⁻¹) = −½(p log 2π − log det P + (θ−θ̂)ᵀP(θ−θ̂))
int bl_laplace_log_prob(const bl_laplace *la, double *value, const double *theta, bl_arena *scratch) {
  if (!la->held) return BL_NOT_FITTED;
  const bl_hess *h = held_posterior(la->held);
  const int p = h->p;
  const bl_mark mark = bl_arena_mark(scratch);
  double *d = arena_doubles(scratch, p, 1), *Hd = arena_doubles(scratch, p, 1), ratio = 0.0, square = 0.0;
  int status = d && Hd ? BL_OK : BL_MEMORY;
  if (status == BL_OK) {
    active_take(&la->active, d, la->net->theta);
    for (int i = 0; i < p; ++i) d[i] = theta[i] - d[i];
    status = h->is->multiply(h, Hd, d, 1, scratch);
  }
  if (status == BL_OK) status = h->is->log_det(h, &ratio, NULL, NULL, scratch);
  if (status == BL_OK) {
    for (int i = 0; i < p; ++i) square += d[i] * (h->s * Hd[i] + la->prior->diag[i] * d[i]);
    *value = -0.5 * (p * BL_LOG_2PI - (prior_log_det(la->prior) + ratio) + square);
  }
  bl_arena_release(scratch, mark);
  return status;
}

int bl_laplace_log_joint(const bl_laplace *la, double *values, const double *thetas, int m, const double *X,
                         const double *y, const double *weight, int n, bl_arena *scratch) {
  const double sigma = laplace_sigma(la), T = la->noise.temperature;
  const bl_problem problem = {.net = la->net,
                              .data = {X, y, weight, n},
                              .s = 1.0 / (sigma * sigma * T),
                              .sigma = sigma,
                              .precision = laplace_precision(la),
                              .prior = la->prior};
  const int p = la->active.p;
  const bl_mark mark = bl_arena_mark(scratch);
  double *away = arena_doubles(scratch, p, 1), scatter = 0.0;
  int status = away ? BL_OK : BL_MEMORY;
  for (int j = 0; j < m && status == BL_OK; ++j) {
    const double *theta = thetas + (size_t)j * (size_t)la->net->p;
    status = objective_log_likelihood(&problem, &values[j], theta, scratch);
    if (status != BL_OK) break;
    active_take(&la->active, away, theta);
    for (int i = 0; i < p; ++i) away[i] -= la->prior->mean[i];
    status = laplace_scatter(la, la->prior, &scatter, away, scratch);
    values[j] -= 0.5 * (p * BL_LOG_2PI - laplace_prior_log_det(la) + scatter);
  }
  bl_arena_release(scratch, mark);
  return status;
}

// ---- matrices

static int covariance(const bl_hess *h, double *M, bl_arena *scratch) {
  const size_t p = (size_t)h->p;
  memset(M, 0, p * p * sizeof *M);
  for (size_t i = 0; i < p; ++i) M[i * p + i] = 1.0;
  int status = BL_OK;
  for (int from = 0; from < h->p && status == BL_OK; from += BLOCK)
    status = h->is->solve(h, M + (size_t)from * p, h->p - from < BLOCK ? h->p - from : BLOCK, scratch);
  for (size_t i = 0; i < p && status == BL_OK; ++i)
    for (size_t j = 0; j < i; ++j) M[i * p + j] = M[j * p + i] = 0.5 * (M[i * p + j] + M[j * p + i]);
  return status;
}

int bl_laplace_matrix(const bl_laplace *la, double *M, int which, bl_arena *scratch) {
  if (!la->held) return BL_NOT_FITTED;
  if (which < 0 || which > 2) return BL_OPTION;
  const bl_hess *h = held_posterior(la->held);
  const size_t p = (size_t)h->p;
  if (which == 2) return covariance(h, M, scratch);
  const int status = hess_dense(which == 1 ? h : &la->held->hess, M, 0, la->active.p, scratch);
  // H is without a shared σ; σ per output is part of Λ, as set now and not as it was when the data came
  const double scale = which == 1 ? h->s : la->noise.shared ? 1.0 : h->s * la->noise.temperature;
  for (size_t i = 0; i < p && status == BL_OK; ++i) {
    for (size_t j = 0; j < p; ++j) M[i * p + j] *= scale;
    if (which == 1) M[i * p + i] += la->prior->diag[i];
  }
  return status;
}

int bl_laplace_variance(const bl_laplace *la, double *v, bl_arena *scratch) {
  if (!la->held) return BL_NOT_FITTED;
  const bl_hess *h = held_posterior(la->held);
  return h->is->diagonal(h, v, scratch);
}
