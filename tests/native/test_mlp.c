// The network and its Jacobian rows. Forward by plain loops in long double; the gradient of the objective and the
// Jacobian by central differences of fourth order; the seed rows S give JᵀΛJ; what rows.h computes without forming rows
// equals the same from rows formed. Every activation, likelihood and depth.
// Longer than other files: network, rows and prior share the problems and the explicit rows they are checked by.
#include <float.h>

#include "check.h"
#include "objective.h"
#include "problem.h"
#include "status.h"
#include "train.h"

static const double SEED = 602214;
static double slopes = 0, identities = 0;  // largest errors

static int near(double *worst, double error, double tolerance) {
  if (!(error <= *worst)) *worst = error;
  return error <= tolerance;
}

// f (k) at x; returns the smallest |z| of the hidden units
static real naive_forward(const bl_net *net, const double *x, real *f) {
  double a[16], z[16];
  real closest = HUGE_VALL;
  for (int i = 0; i < net->size[0]; ++i) a[i] = x[i];
  for (int l = 0; l < net->layers; ++l) {
    const int in = net->size[l], out = net->size[l + 1];
    for (int o = 0; o < out; ++o) {
      real sum = net->bias ? net->theta[net->bias_at[l] + o] : 0;
      for (int i = 0; i < in; ++i) sum += (real)net->theta[net->weight_at[l] + o * in + i] * a[i];
      f[o] = sum;
      z[o] = (double)sum;
      if (l + 1 < net->layers && fabsl(sum) < closest) closest = fabsl(sum);
    }
    if (l + 1 < net->layers) activation_row(net->activation)->f(out, z, a, NULL, NULL);
  }
  return closest;
}

// E(θ) by the public log likelihood, whose constants do not depend on θ
static double energy(const bl_net *net, const problem *q, const bl_prior *prior, const double *sigma, int count,
                     bl_arena *scratch) {
  double value = 0;
  CHECK(bl_net_log_likelihood(net, &value, q->X, q->y, q->w, q->n, sigma, count, scratch) == BL_OK);
  double *away = doubles(net->p);
  for (int i = 0; i < net->p; ++i) away[i] = net->theta[i] - prior->mean[i];
  value = 0.5 * prior_scatter(prior, away) - value;
  free(away);
  return value;
}

static double four_points(const double *v, double h) { return (8 * (v[2] - v[1]) - (v[3] - v[0])) / (12 * h); }

static void check_gradient(problem *q, const double *sigma, int count, bl_arena *scratch) {
  const int p = q->net->p;
  const double h = 1e-3, mean = 0.3, shift[] = {-2, -1, 1, 2};
  double *precision = doubles(p), *g = doubles(p), size = 0, error = 0;
  for (int i = 0; i < p; ++i) precision[i] = 0.1 + 0.05 * i;
  bl_prior *prior = NULL;
  CHECK(bl_net_prior_new(&prior, q->net, precision, p, &mean, 1) == BL_OK);
  CHECK(bl_net_gradient(q->net, g, q->X, q->y, q->w, q->n, prior, NULL, sigma, count, scratch) == BL_OK);
  for (int i = 0; i < p; ++i) {
    double value[4];
    const double kept = q->net->theta[i];
    for (int s = 0; s < 4; ++s) {
      q->net->theta[i] = kept + shift[s] * h;
      value[s] = energy(q->net, q, prior, sigma, count, scratch);
    }
    q->net->theta[i] = kept;
    error = fmax(error, fabs(g[i] - four_points(value, h)) / (1 + fabs(g[i])));
    size += fabs(g[i] - precision[i] * (kept - mean));
  }
  CHECK(size > 1e-3);
  CHECK(near(&slopes, error, 1e-8));
  bl_prior_free(prior);
  free(precision), free(g);
}

static void check_jacobian(problem *q, bl_arena *scratch) {
  const int p = q->net->p, m = q->n * q->k;
  const double h = 1e-3, shift[] = {-2, -1, 1, 2};
  double *J = doubles(m * p), *f = doubles(4 * m), error = 0, total = 0;
  CHECK(bl_net_jacobian(q->net, J, q->X, q->n, scratch) == BL_OK);
  for (int i = 0; i < p; ++i) {
    const double kept = q->net->theta[i];
    double column = 0;
    for (int s = 0; s < 4; ++s) {
      q->net->theta[i] = kept + shift[s] * h;
      CHECK(bl_net_forward(q->net, f + s * m, q->X, q->n, scratch) == BL_OK);
    }
    q->net->theta[i] = kept;
    for (int r = 0; r < m; ++r) {
      const double value[] = {f[r], f[m + r], f[2 * m + r], f[3 * m + r]};
      error = fmax(error, fabs(J[r * p + i] - four_points(value, h)) / (1 + fabs(J[r * p + i])));
      column += fabs(J[r * p + i]);
    }
    total += column;
  }
  CHECK(total > 0.1);
  CHECK(near(&slopes, error, 1e-8));
  free(J), free(f);
}

// rows of the seed S: RᵀR = Σ JᵀΛJ with Λ the likelihood's Hessian (canonical links)
static void check_ggn(const problem *q, const double *precision, bl_arena *scratch) {
  const int p = q->net->p, n = q->n, k = q->k;
  const bl_likelihood *likelihood = likelihood_row(q->net->likelihood);
  const bl_mark mark = bl_arena_mark(scratch);
  bl_active active;
  bl_tape tape;
  bl_rows rows;
  double *S = doubles(n * k * k), *L = doubles(n * k * k), *R = doubles(n * k * p), *J = doubles(n * k * p);
  double *got = doubles(p * p), size = 0;
  real *expected = calloc((size_t)(p * p), sizeof *expected);
  CHECK(active_init(&active, q->net, 0, NULL, 0) == BL_OK);
  CHECK(mlp_forward(&tape, q->net, q->net->theta, q->X, n, 1, scratch) == BL_OK);
  likelihood->root(S, tape.f, precision, n, k);
  likelihood->hessian(L, tape.f, q->y, precision, n, k);
  for (int i = 0; likelihood->is & LIKELIHOOD_CURVED && i < n * k * k; ++i) {  // Λ is not the Hessian there
    L[i] = 0;
    for (int r = 0; r < k; ++r) L[i] += S[(i / (k * k) * k + r) * k + i / k % k] * S[(i / (k * k) * k + r) * k + i % k];
  }
  CHECK(rows_of(&rows, &active, &tape, q->net->theta, S, k, scratch) == BL_OK);
  rows_expand(&active, R, &rows);
  CHECK(bl_net_jacobian(q->net, J, q->X, n, scratch) == BL_OK);
  for (int i = 0; i < p; ++i)
    for (int j = 0; j < p; ++j) {
      for (int r = 0; r < n * k; ++r) {
        got[i * p + j] += R[r * p + i] * R[r * p + j];
        for (int c = 0; c < k; ++c) {
          expected[i * p + j] += (real)J[r * p + i] * L[r * k + c] * J[(r / k * k + c) * p + j];
        }
      }
      size += fabs(got[i * p + j]);
    }
  CHECK(size > 1e-3);
  CHECK(near(&identities, distance(got, expected, p * p), 1e-13));
  bl_arena_release(scratch, mark);
  free(S), free(L), free(R), free(J), free(got), free(expected);
}

static void check_forward(const problem *q, bl_arena *scratch) {
  const int k = q->k;
  double *f = doubles(q->n * k), alone[16];
  int same = 1;
  CHECK(bl_net_forward(q->net, f, q->X, q->n, scratch) == BL_OK);
  for (int i = 0; i < q->n; ++i) {
    real expected[16];
    naive_forward(q->net, q->X + i * q->d, expected);
    for (int j = 0; j < k; ++j) CHECK(near(&identities, relative(f[i * k + j], expected[j]), 1e-13));
    CHECK(bl_net_forward(q->net, alone, q->X + i * q->d, 1, scratch) == BL_OK);
    same &= memcmp(alone, f + i * k, (size_t)k * sizeof *f) == 0;
  }
  CHECK(same);
  free(f);
}

// a problem away from kinks, whose first layer matters for every output
static problem smooth_problem(const int *size, int layers, int activation, int likelihood, int bias, bl_rng *rng,
                              bl_arena *scratch) {
  enum { N = 3 };
  for (int tries = 0; tries < 2000; ++tries) {
    problem q = problem_new(size, layers, activation, likelihood, bias, N, rng);
    double *J = doubles(N * q.k * q.net->p), reach = 0;
    real f[16], closest = HUGE_VALL;
    for (int i = 0; i < N; ++i) closest = fminl(closest, naive_forward(q.net, q.X + i * q.d, f)), q.w[i] = 0.5 + i;
    CHECK(bl_net_jacobian(q.net, J, q.X, N, scratch) == BL_OK);
    for (int r = 0; r < N * q.k; ++r)
      for (int i = 0; i < size[0] * size[1]; ++i) reach += fabs(J[r * q.net->p + i]);
    free(J);
    if (closest > 0.04L && reach > 0.05) return q;
    problem_free(&q);
  }
  const int found = 0;
  CHECK(found);
  return problem_new(size, layers, activation, likelihood, bias, N, rng);
}

static void check_network(int activation, int likelihood, int hidden, int bias, bl_rng *rng, bl_arena *scratch) {
  int k = 2;
  while (!likelihood_row(likelihood)->targets(k)) k = k % 4 + 1;
  const int shapes[2][5] = {{3, k}, {2, 3, 2, 3, k}}, one[] = {3, 4, k};
  const int *size = hidden == 1 ? one : shapes[hidden > 0];
  problem q = smooth_problem(size, hidden + 1, activation, likelihood, bias, rng, scratch);
  const double sigma[] = {0.8, 1.5}, unit = 1;
  const double precision[] = {1 / (sigma[0] * sigma[0]), 1 / (sigma[1] * sigma[1])};
  const int noisy = (likelihood_row(likelihood)->is & LIKELIHOOD_SIGMA) != 0;
  check_forward(&q, scratch);
  check_jacobian(&q, scratch);
  check_gradient(&q, noisy ? sigma : &unit, 1, scratch);
  check_ggn(&q, NULL, scratch);
  if (noisy && k == 2) {
    check_gradient(&q, sigma, 2, scratch);
    check_ggn(&q, precision, scratch);
  }
  problem_free(&q);
}

// more rows than a block: as alone; and derivatives that were not asked for are absent
static void check_batches(bl_rng *rng, bl_arena *scratch) {
  const int size[] = {3, 7, 5, 2}, n = 2 * MLP_BLOCK + 37;
  problem q = problem_new(size, 3, activation_find("gelu"), likelihood_find("categorical"), 1, n, rng);
  const int p = q.net->p, k = q.k;
  double *f = doubles(n * k), *J = doubles(n * k * p), *alone = doubles(k * p);
  int same = 1;
  CHECK(bl_net_forward(q.net, f, q.X, n, scratch) == BL_OK && bl_net_jacobian(q.net, J, q.X, n, scratch) == BL_OK);
  for (int i = 0; i < n; i += 11) {
    CHECK(bl_net_jacobian(q.net, alone, q.X + i * q.d, 1, scratch) == BL_OK);
    same &= memcmp(alone, J + i * k * p, (size_t)(k * p) * sizeof *J) == 0;
    CHECK(bl_net_forward(q.net, alone, q.X + i * q.d, 1, scratch) == BL_OK);
    same &= memcmp(alone, f + i * k, (size_t)k * sizeof *f) == 0;
  }
  CHECK(same);
  bl_tape tape;
  const bl_mark mark = bl_arena_mark(scratch);
  CHECK(mlp_forward(&tape, q.net, q.net->theta, q.X, 4, 0, scratch) == BL_OK && !tape.dA[1] && !tape.d2A[1]);
  CHECK(mlp_forward(&tape, q.net, q.net->theta, q.X, 4, 2, scratch) == BL_OK && tape.dA[2] && tape.d2A[2]);
  bl_arena_release(scratch, mark);
  bl_net *twin = NULL;
  CHECK(bl_net_clone(&twin, q.net) == BL_OK && memcmp(twin->theta, q.net->theta, (size_t)p * sizeof *f) == 0);
  bl_net_free(twin);
  free(f), free(J), free(alone);
  problem_free(&q);
}

// first and second derivatives of the activations by differences
static void check_activations(void) {
  const double shift[] = {-2, -1, 1, 2}, h = 1e-3;
  for (int id = 0; id < bl_activation_count(); ++id)
    for (int i = -31; i < 32; i += 2) {
      const double z = 0.19 * i;
      double a, da, d2a, value[4], slope[4], unused;
      activation_row(id)->f(1, &z, &a, &da, &d2a);
      for (int s = 0; s < 4; ++s) {
        const double at = z + shift[s] * h;
        activation_row(id)->f(1, &at, &value[s], &slope[s], NULL);
        activation_row(id)->f(1, &at, &unused, NULL, NULL);
        CHECK(memcmp(&unused, &value[s], sizeof unused) == 0);
      }
      CHECK_CLOSE(da, four_points(value, h), 1e-10);
      CHECK_CLOSE(d2a, four_points(slope, h), 1e-10);
    }
}

static bl_rows rows_at(const problem *q, const bl_active *active, const double *seed, int m, bl_arena *scratch) {
  bl_tape tape;
  bl_rows rows = {0};
  CHECK(mlp_forward(&tape, q->net, q->net->theta, q->X, q->n, 1, scratch) == BL_OK);
  CHECK(rows_of(&rows, active, &tape, q->net->theta, seed, m, scratch) == BL_OK);
  return rows;
}

// gram, norms, times, square, sum against explicit rows
static void check_rows(const problem *q, int first, const int *index, int count, int kind, bl_rng *rng,
                       bl_arena *scratch) {
  enum { M = 3 };
  const bl_mark mark = bl_arena_mark(scratch);
  bl_active active;
  CHECK(active_init(&active, q->net, first, index, count) == BL_OK);
  const int p = active.p, n = q->n, k = q->k, m = n * k, tensors = tensors_of(&active), all = q->net->p;
  const int groups = kind == PRIOR_SCALAR ? 1 : kind == PRIOR_TENSOR ? tensors : p;
  double *precision = doubles(p), *mean = doubles(p), *R = doubles(m * p), *J = doubles(m * all), *c = doubles(m);
  for (int i = 0; i < p; ++i) precision[i] = 0.2 + 0.3 * (i % 7), mean[i] = 0.1 * i;
  bl_prior *prior = NULL;
  CHECK(bl_prior_new(&prior, &active, precision, groups, mean, p) == BL_OK);
  CHECK(prior->groups == groups && prior->p == p);
  const bl_metric metric = prior_metric(prior);
  bl_rows rows = rows_at(q, &active, NULL, k, scratch);
  rows_expand(&active, R, &rows);

  // explicit rows are the columns of the network's Jacobian
  CHECK(bl_net_jacobian(q->net, J, q->X, n, scratch) == BL_OK);
  int columns = 1;
  double size = 0;
  for (int r = 0; r < m; ++r)
    for (int i = 0; i < p; ++i) {
      const int at = index ? index[i] : all - p + i;
      columns &= memcmp(&R[r * p + i], &J[r * all + at], sizeof *R) == 0;
      size += fabs(R[r * p + i]);
    }
  CHECK(columns);
  CHECK(size > 0.1);

  real *K = calloc((size_t)(m * m), sizeof *K);
  double *gram = doubles(m * m), *norms = doubles(n * k * k);
  for (int a = 0; a < m; ++a)
    for (int b = 0; b < m; ++b)
      for (int i = 0; i < p; ++i) K[a * m + b] += (real)R[a * p + i] * R[b * p + i] / prior->diag[i];
  CHECK(rows_gram(&active, gram, &rows, &rows, &metric, scratch) == BL_OK);
  CHECK(near(&identities, distance(gram, K, m * m), 1e-13));
  CHECK(rows_norms(&active, norms, &rows, &metric, scratch) == BL_OK);
  real *blocks = calloc((size_t)(n * k * k), sizeof *blocks);
  for (int r = 0; r < m; ++r)
    for (int j = 0; j < k; ++j) blocks[r * k + j] = K[r * m + r / k * k + j];
  CHECK(near(&identities, distance(norms, blocks, n * k * k), 1e-13));

  double *V = doubles(M * p), *Y = doubles(m * M);
  real *RV = calloc((size_t)(m * M), sizeof *RV);
  rng_normal(rng, V, M * p);
  rng_normal(rng, c, m);
  for (int r = 0; r < m; ++r)
    for (int v = 0; v < M; ++v)
      for (int i = 0; i < p; ++i) RV[r * M + v] += (real)R[r * p + i] * V[v * p + i];
  CHECK(rows_times(&active, Y, &rows, V, M, scratch) == BL_OK);
  CHECK(near(&identities, distance(Y, RV, m * M), 1e-13));

  // sums and squares, with and without weights and coefficients; they add to what is there
  for (int which = 0; which < 4; ++which) {
    const double *weight = which & 1 ? q->w : NULL, *coefficient = which & 2 ? c : NULL;
    double *h = doubles(p), *g = doubles(p);
    real *hh = calloc((size_t)p, sizeof *hh), *gg = calloc((size_t)p, sizeof *gg);
    rows.weight = weight;
    for (int i = 0; i < p; ++i) {
      h[i] = g[i] = 0.5;
      hh[i] = gg[i] = 0.5L;
      for (int r = 0; r < m; ++r) {
        const real w = weight ? weight[r / k] : 1;
        hh[i] -= w * R[r * p + i] * R[r * p + i];
        gg[i] += w * (coefficient ? coefficient[r] : 1) * R[r * p + i];
      }
    }
    rows_square(&active, h, &rows, -1);
    rows_sum(&active, g, &rows, coefficient);
    CHECK(near(&identities, distance(h, hh, p), 1e-13));
    CHECK(near(&identities, distance(g, gg, p), 1e-13));
    free(h), free(g), free(hh), free(gg);
  }

  // one seed row per example, the way of a gradient
  double *seed = doubles(m), *g = doubles(p);
  real *gg = calloc((size_t)p, sizeof *gg);
  rng_normal(rng, seed, m);
  bl_rows single = rows_at(q, &active, seed, 1, scratch);
  rows_sum(&active, g, &single, NULL);
  for (int i = 0; i < p; ++i)
    for (int r = 0; r < m; ++r) gg[i] += (real)seed[r] * R[r * p + i];
  CHECK(near(&identities, distance(g, gg, p), 1e-13));

  // the prior's own sums, and taking and putting the active entries
  double *theta = doubles(all), *back = doubles(all), *part = doubles(p), *away_from = doubles(p);
  real scatter = 0, log_det = 0;
  memcpy(back, q->net->theta, (size_t)all * sizeof *back);
  active_take(&active, part, q->net->theta);
  active_put(&active, theta, part);
  active_put(&active, back, part);
  CHECK(memcmp(back, q->net->theta, (size_t)all * sizeof *back) == 0);
  int others = 0;
  for (int i = 0; i < all; ++i) others += fabs(theta[i]) > 0;
  CHECK(others == p);
  for (int i = 0; i < p; ++i) {
    const real away = (real)part[i] - mean[i];
    scatter += prior->diag[i] * away * away, log_det += logl(prior->diag[i]);
    away_from[i] = part[i] - mean[i];
    const int group = kind == PRIOR_SCALAR ? 0 : kind == PRIOR_EACH ? i : prior->group_of[i];
    CHECK(fabs(prior->diag[i] - precision[group]) <= 0);
  }
  CHECK(near(&identities, relative(prior_scatter(prior, away_from), scatter), 1e-13));
  CHECK(near(&identities, relative(prior_log_det(prior), log_det), 1e-13));
  bl_prior_free(prior);
  bl_arena_release(scratch, mark);
  free(precision), free(mean), free(R), free(J), free(c), free(K), free(gram), free(norms), free(blocks), free(V);
  free(Y), free(RV), free(seed), free(g), free(gg), free(theta), free(back), free(part), free(away_from);
}

static void check_all_rows(bl_rng *rng, bl_arena *scratch) {
  const int size[] = {2, 4, 3, 2}, listed[] = {0, 3, 9, 13, 20, 28, 29}, narrow[] = {15, 16, 24};
  for (int bias = 0; bias < 2; ++bias) {
    problem q = problem_new(size, 3, activation_find("tanh"), likelihood_find("gaussian"), bias, 70, rng);
    for (int i = 0; i < q.n; ++i) q.w[i] = 0.25 * (1 + i % 5);
    for (int kind = PRIOR_SCALAR; kind <= PRIOR_EACH; ++kind) {
      for (int first = 0; first < 3; ++first) check_rows(&q, first, NULL, 0, kind, rng, scratch);
      if (!bias) continue;
      check_rows(&q, 0, listed, 7, kind, rng, scratch);
      check_rows(&q, 0, narrow, 3, kind, rng, scratch);
    }
    problem_free(&q);
  }
}

static void check_refusals(bl_arena *scratch) {
  const int size[] = {2, 3, 1}, none[] = {2, 0, 1}, two[] = {2, 3, 2};
  const int tanh = activation_find("tanh"), bernoulli = likelihood_find("bernoulli");
  bl_net *net = NULL;
  CHECK(bl_net_new(&net, size, 2, -1, bernoulli, 1) == BL_OPTION &&
        bl_net_new(&net, size, 2, tanh, 99, 1) == BL_OPTION);
  CHECK(bl_net_new(&net, size, 0, tanh, bernoulli, 1) == BL_OPTION);
  CHECK(bl_net_new(&net, none, 2, tanh, bernoulli, 1) == BL_OPTION);
  CHECK(bl_net_new(&net, two, 2, tanh, bernoulli, 1) == BL_OPTION && !net);
  CHECK(bl_net_new(&net, size, 2, tanh, bernoulli, 1) == BL_OK && bl_net_parameter_count(net) == 13);
  bl_active active;
  const int unordered[] = {3, 2}, twice[] = {3, 3}, far[] = {13}, below[] = {-1};
  CHECK(active_init(&active, net, 2, NULL, 0) == BL_OPTION && active_init(&active, net, -1, NULL, 0) == BL_OPTION);
  CHECK(active_init(&active, net, 0, unordered, 2) == BL_OPTION && active_init(&active, net, 0, twice, 2) == BL_OPTION);
  CHECK(active_init(&active, net, 0, far, 1) == BL_OPTION && active_init(&active, net, 0, below, 1) == BL_OPTION);
  CHECK(active_init(&active, net, 0, NULL, 0) == BL_OK && tensors_of(&active) == 4);
  bl_prior *prior = NULL;
  const double precision[] = {1, 2, -1, 4}, zero = 0, infinite[] = {HUGE_VAL}, unknown[] = {(double)NAN};
  CHECK(bl_prior_new(&prior, &active, precision, 3, &zero, 1) == BL_SHAPE);
  CHECK(bl_prior_new(&prior, &active, precision, 1, precision, 2) == BL_SHAPE);
  CHECK(bl_prior_new(&prior, &active, precision, 4, &zero, 1) == BL_OPTION);
  CHECK(bl_prior_new(&prior, &active, infinite, 1, &zero, 1) == BL_OPTION);
  CHECK(bl_prior_new(&prior, &active, unknown, 1, &zero, 1) == BL_OPTION && !prior);
  CHECK(bl_prior_new(&prior, &active, precision, 1, unknown, 1) == BL_NOT_FINITE && !prior);
  // initialisation: within Glorot's bound, biases 0, a function of the seed
  double first[13];
  bl_net_init(net, 7);
  memcpy(first, bl_net_theta(net), sizeof first);
  int inside = 1;
  for (int i = 0; i < 6; ++i) inside &= fabs(first[i]) <= sqrt(6.0 / 5) && fabs(first[i]) > 0;
  for (int i = 6; i < 9; ++i) inside &= fabs(first[i]) <= 0;
  for (int i = 9; i < 12; ++i) inside &= fabs(first[i]) <= sqrt(6.0 / 4) && fabs(first[i]) > 0;
  CHECK(inside && fabs(first[12]) <= 0);
  bl_net_init(net, 7);
  CHECK(memcmp(first, net->theta, sizeof first) == 0);
  bl_net_init(net, 8);
  CHECK(memcmp(first, net->theta, sizeof first) != 0);
  double nothing[1];
  CHECK(bl_net_forward(net, nothing, first, 0, scratch) == BL_OK);
  bl_net_free(net);
}

int main(void) {
  bl_arena *scratch = bl_arena_new();
  bl_rng rng;
  rng_seed(&rng, SEED, 0);
  const int depths[] = {0, 1, 3};
  for (int activation = 0; activation < bl_activation_count(); ++activation)
    for (int likelihood = 0; likelihood < bl_likelihood_count(); ++likelihood)
      for (int depth = 0; depth < 3; ++depth) {
        check_network(activation, likelihood, depths[depth], (activation + depth) % 3 != 0, &rng, scratch);
      }
  check_activations();
  check_batches(&rng, scratch);
  check_all_rows(&rng, scratch);
  check_refusals(scratch);
  bl_arena_free(scratch);
  printf("seed %.0f, differences %.1e, identities %.1e\n", SEED, slopes, identities);
  return check_report();
}
