// Training: every optimizer finds the one optimum of a convex problem, which is checked by its own condition ∇E = 0;
// linear regression has a closed form; the objective never rises; a call that is refused leaves the net as it was.
#include <float.h>

#include "check.h"
#include "problem.h"
#include "secants.h"
#include "status.h"
#include "train.h"

static const double SEED = 161803;
static const double ONE = 1, ZERO = 0;

static bl_prior *prior_of(const bl_net *net, double precision) {
  bl_prior *prior = NULL;
  CHECK(bl_net_prior_new(&prior, net, &precision, 1, &ZERO, 1) == BL_OK);
  return prior;
}

// steps until converged or flat; the last value must not be above any before it where the optimizer promises that
static int train(problem *q, const bl_prior *prior, double sigma, int optimizer, double rate, int steps,
                 double tolerance, bl_arena *scratch) {
  bl_trainer *t = NULL;
  const bl_optimizer *row = optimizer_row(optimizer);
  CHECK(bl_trainer_new(&t, q->net, q->X, q->y, q->w, q->n, prior, NULL, &sigma, 1, optimizer, rate, 0, tolerance, SEED,
                       scratch) == BL_OK);
  if (!t) return 0;
  int falling = 1, i = 0;
  for (; i < steps && !bl_trainer_converged(t) && !bl_trainer_flat(t); ++i) {
    const double before = bl_trainer_objective(t);
    const int far = bl_trainer_gradient_norm(t) > 1e-3 * sqrt(q->net->p);
    CHECK(bl_trainer_step(t, scratch) == BL_OK);
    // two roundings of the value, in single precision far from the optimum
    falling &= bl_trainer_objective(t) <= before + (far ? 0x1p-20 : 0x1p-49) * (fabs(before) + 1);
  }
  CHECK(bl_trainer_iterations(t) == i);
  if (!row->stochastic) CHECK(falling);
  const int converged = bl_trainer_converged(t);
  bl_trainer_free(t);
  return converged;
}

static double gradient_norm(const problem *q, const bl_prior *prior, double sigma, bl_arena *scratch) {
  double *g = doubles(q->net->p), square = 0;
  CHECK(bl_net_gradient(q->net, g, q->X, q->y, q->w, q->n, prior, NULL, &sigma, 1, scratch) == BL_OK);
  for (int i = 0; i < q->net->p; ++i) square += g[i] * g[i];
  free(g);
  return sqrt(square);
}

// E and ∇E of networks in double precision against explicit Jacobians, and in single against double: its unit roundoff
// instead, times the additions of a unit on the way, 16 at most, and there and back through three layers
static void check_objective(int activation, int likelihood, int bias, bl_rng *rng, bl_arena *scratch) {
  const int size[] = {3, 9, 16, 2};
  problem q = problem_new(size, 3, activation, likelihood, bias, 37, rng);
  const int p = q.net->p, k = q.k, n = q.n;
  const double s = 0.7, precision[] = {0.5, 2};
  double *g = doubles(p), *single = doubles(p), *f = doubles(n * k), *loss = doubles(n), *df = doubles(n * k);
  double *J = doubles(n * k * p), value, rough, sizes = 0, sum = 0, gap = 0, largest = 0;
  real *expected = calloc((size_t)p, sizeof *expected), energy = 0;
  bl_prior *prior = prior_of(q.net, 0.3);
  bl_problem whole = {.net = q.net, .data = {q.X, q.y, q.w, n}, .s = s, .precision = precision, .prior = prior};
  CHECK(objective(&whole, &value, g, q.net->theta, NULL, 0, 1, scratch) == BL_OK);
  whole.single = 1;
  CHECK(objective(&whole, &rough, single, q.net->theta, NULL, 0, 1, scratch) == BL_OK);
  CHECK(bl_net_forward(q.net, f, q.X, n, scratch) == BL_OK);
  CHECK(bl_net_jacobian(q.net, J, q.X, n, scratch) == BL_OK);
  likelihood_row(likelihood)->loss(loss, df, f, q.y, precision, n, k);
  for (int i = 0; i < n; ++i) energy += s * q.w[i] * loss[i], sum += s * q.w[i] * fabs(loss[i]);
  for (int j = 0; j < p; ++j) {
    for (int r = 0; r < n * k; ++r) {
      expected[j] += s * q.w[r / k] * df[r] * J[r * p + j];
      sizes = fmax(sizes, fabs(s * q.w[r / k] * df[r] * J[r * p + j]));
    }
    expected[j] += 0.3 * q.net->theta[j];
    energy += 0.15L * q.net->theta[j] * q.net->theta[j];
  }
  for (int j = 0; j < p; ++j) {
    gap = fmax(gap, fabs(single[j] - g[j]));
    largest = fmax(largest, (double)fabsl(g[j] - expected[j]));
  }
  const double additions = 6 * 16;
  CHECK(fabsl(value - energy) <= additions * 0x1p-53 * (sum + (double)energy));
  CHECK(largest <= additions * 0x1p-53 * n * sizes);
  CHECK(fabs(rough - value) <= additions * 0x1p-24 * (sum + 1));
  CHECK(gap <= additions * 0x1p-24 * n * sizes);
  CHECK(gap > 0 && largest > 0 && fabs(rough - value) > 0);  // they are computed differently
  bl_prior_free(prior);
  problem_free(&q);
  free(g), free(single), free(f), free(loss), free(df), free(J), free(expected);
}

// logistic and softmax regression, with and without a prior: E is convex (strictly along what the prior or data fix)
static void check_convex(const char *likelihood, int k, double precision, bl_rng *rng, bl_arena *scratch) {
  const int size[] = {3, k};
  problem q = problem_new(size, 1, 0, likelihood_find(likelihood), 1, 60, rng);
  const int p = q.net->p;
  double *start = doubles(p), *optimum = doubles(p);
  for (int i = 0; i < q.n; ++i) q.w[i] = 0.5 + 0.25 * (i % 4);
  memcpy(start, q.net->theta, (size_t)p * sizeof *start);
  bl_prior *prior = prior_of(q.net, precision);
  CHECK(gradient_norm(&q, prior, 1, scratch) > 1);  // the start is not the optimum
  CHECK(train(&q, prior, 1, optimizer_find("lm"), 0, 200, 1e-10, scratch));
  CHECK(gradient_norm(&q, prior, 1, scratch) <= 1e-7);
  memcpy(optimum, q.net->theta, (size_t)p * sizeof *optimum);
  for (int optimizer = 0; optimizer < bl_optimizer_count(); ++optimizer) {
    const bl_optimizer *row = optimizer_row(optimizer);
    const double rate = strcmp(row->name, "adam") == 0 ? 0.02 : 0.2;
    memcpy(q.net->theta, start, (size_t)p * sizeof *start);
    const int converged = train(&q, prior, 1, optimizer, row->stochastic ? rate : 0, row->stochastic ? 600 : 400,
                                row->stochastic ? 1e-6 : 1e-9, scratch);
    double away = 0;
    for (int i = 0; i < p; ++i) away = fmax(away, fabs(q.net->theta[i] - optimum[i]));
    if (!row->stochastic) CHECK(converged);
    CHECK(away <= (row->stochastic ? 1e-2 : 1e-7));
  }
  bl_prior_free(prior);
  free(start), free(optimum);
  problem_free(&q);
}

// θ̂ = (XᵀX/σ² + λI)⁻¹Xᵀy/σ²; with λ = 0 ordinary least squares
static void check_linear(double lambda, double sigma, bl_rng *rng, bl_arena *scratch) {
  enum { D = 3, P = D + 1, N = 30 };
  const int size[] = {D, 1};
  problem q = problem_new(size, 1, 0, likelihood_find("gaussian"), 1, N, rng);
  real A[P * P] = {0}, M[P * P], b[P] = {0};
  double p0[P], start[P];
  const double c = 1 / (sigma * sigma);
  for (int e = 0; e < N; ++e) q.w[e] = 0.5 + e % 3;
  for (int e = 0; e < N; ++e)
    for (int i = 0; i < P; ++i) {
      const real xi = i < D ? q.X[e * D + i] : 1;
      b[i] += c * q.w[e] * xi * q.y[e];
      for (int j = 0; j < P; ++j) A[i * P + j] += q.w[e] * xi * (j < D ? q.X[e * D + j] : 1);
    }
  for (int i = 0; i < P; ++i) p0[i] = lambda, start[i] = q.net->theta[i];
  naive_inverse(M, A, c, p0, P);
  bl_prior *prior = prior_of(q.net, lambda);
  for (int optimizer = 0; optimizer < bl_optimizer_count(); ++optimizer) {
    if (bl_optimizer_stochastic(optimizer)) continue;
    memcpy(q.net->theta, start, sizeof start);
    CHECK(train(&q, prior, sigma, optimizer, 0, 300, 1e-10, scratch));
    for (int i = 0; i < P; ++i) {
      real expected = 0;
      for (int j = 0; j < P; ++j) expected += M[i * P + j] * b[j];
      CHECK_CLOSE(q.net->theta[i], (double)expected, 1e-10);
    }
  }
  bl_prior_free(prior);
  problem_free(&q);
}

// networks of several layers: down all the way, and to a point where ∇E = 0
static void check_networks(bl_rng *rng, bl_arena *scratch) {
  const int sizes[][3] = {{2, 6, 3}, {2, 6, 2}, {2, 6, 1}};
  for (int likelihood = 0; likelihood < bl_likelihood_count(); ++likelihood)
    for (int optimizer = 0; optimizer < bl_optimizer_count(); ++optimizer) {
      int widest = 0;
      while (!likelihood_row(likelihood)->targets(sizes[widest][2])) ++widest;
      problem q = problem_new(sizes[widest], 2, activation_find("tanh"), likelihood, 1, 40, rng);
      for (int i = 0; i < q.n; ++i) q.w[i] = 1;
      // a variance that may vanish at a point of random data has its minimum far away, unless the prior is strong
      bl_prior *prior = prior_of(q.net, likelihood_row(likelihood)->is & LIKELIHOOD_CURVED ? 5 : 0.5);
      const double before = gradient_norm(&q, prior, 1, scratch);
      const int stochastic = bl_optimizer_stochastic(optimizer);
      const int converged = train(&q, prior, 1, optimizer, 0, stochastic ? 20 : 400, 1e-6, scratch);
      if (!stochastic) CHECK(converged && gradient_norm(&q, prior, 1, scratch) < 1e-3 * before);
      bl_prior_free(prior);
      problem_free(&q);
    }
}

// one example, with every optimizer; an epoch of minibatches larger than the data, and smaller
static void check_small(bl_rng *rng, bl_arena *scratch) {
  const int size[] = {2, 3, 1};
  for (int optimizer = 0; optimizer < bl_optimizer_count(); ++optimizer)
    for (int likelihood = 0; likelihood < bl_likelihood_count(); ++likelihood) {
      if (!likelihood_row(likelihood)->targets(1)) continue;
      problem q = problem_new(size, 2, activation_find("tanh"), likelihood, 1, 1, rng);
      q.w[0] = 1;
      bl_prior *prior = prior_of(q.net, 1);
      const int converged = train(&q, prior, 1, optimizer, 0, 1000, 1e-7, scratch);
      if (!bl_optimizer_stochastic(optimizer)) CHECK(converged);
      bl_prior_free(prior);
      problem_free(&q);
    }
  problem q = problem_new(size, 2, activation_find("tanh"), likelihood_find("bernoulli"), 1, 37, rng);
  bl_prior *prior = prior_of(q.net, 1);
  const int p = q.net->p, batches[] = {0, 1, 10, 37, 1000};
  double *start = doubles(p), *first = doubles(p);
  memcpy(start, q.net->theta, (size_t)p * sizeof *start);
  for (int optimizer = 0; optimizer < bl_optimizer_count(); ++optimizer)
    for (int b = 0; b < 5 && bl_optimizer_stochastic(optimizer); ++b)
      for (int again = 0; again < 3; ++again) {  // the same seed twice, then another
        bl_trainer *t = NULL;
        memcpy(q.net->theta, start, (size_t)p * sizeof *start);
        CHECK(bl_trainer_new(&t, q.net, q.X, q.y, NULL, q.n, prior, NULL, &ONE, 1, optimizer, 0, batches[b], 1e-6,
                             SEED + (again == 2), scratch) == BL_OK);
        for (int i = 0; i < 3; ++i) CHECK(bl_trainer_step(t, scratch) == BL_OK);
        double joint[3];
        CHECK(bl_trainer_log_joint(t, joint, scratch) == BL_OK);
        CHECK_CLOSE(bl_trainer_objective(t), joint[1], 0x1p-20);
        CHECK_CLOSE(joint[0], -joint[1] - 0.5 * p * log(2 * acos(-1.0)), 1e-13);  // λ = 1, no other constant
        CHECK_CLOSE(bl_trainer_gradient_norm(t), joint[2], 0x1p-18);
        CHECK_CLOSE(joint[2], gradient_norm(&(problem){.net = q.net, .n = q.n, .X = q.X, .y = q.y}, prior, 1, scratch),
                    1e-12);
        bl_trainer_free(t);
        CHECK(memcmp(q.net->theta, start, (size_t)p * sizeof *start) != 0);
        const int same = again && memcmp(q.net->theta, first, (size_t)p * sizeof *first) == 0;
        if (again == 1) CHECK(same);
        if (again == 2 && batches[b] && batches[b] < q.n) CHECK(!same);
        if (!again) memcpy(first, q.net->theta, (size_t)p * sizeof *first);
      }
  bl_prior_free(prior);
  free(start), free(first);
  problem_free(&q);
}

// each refusal has its code, gives no trainer and leaves the net alone
// what a run says on its way does not change it
static void check_asked(bl_rng *rng, bl_arena *scratch) {
  const int size[] = {2, 8, 8, 1};
  problem q = problem_new(size, 3, activation_find("tanh"), likelihood_find("gaussian"), 1, 50, rng);
  const int p = q.net->p;
  bl_prior *prior = prior_of(q.net, 0.1);
  double *start = doubles(p), *end = doubles(p), joint[3];
  memcpy(start, q.net->theta, (size_t)p * sizeof *start);
  for (int optimizer = 0; optimizer < bl_optimizer_count(); ++optimizer)
    for (int asks = 0; asks < 2; ++asks) {
      bl_trainer *t = NULL;
      memcpy(q.net->theta, start, (size_t)p * sizeof *start);
      CHECK(bl_trainer_new(&t, q.net, q.X, q.y, q.w, q.n, prior, NULL, &ONE, 1, optimizer, 0, 0, 1e-8, SEED, scratch) ==
            BL_OK);
      for (int i = 0; i < 12; ++i) {
        CHECK(bl_trainer_step(t, scratch) == BL_OK);
        if (asks) CHECK(bl_trainer_log_joint(t, joint, scratch) == BL_OK);
      }
      bl_trainer_free(t);
      if (asks) CHECK(memcmp(end, q.net->theta, (size_t)p * sizeof *end) == 0);
      memcpy(end, q.net->theta, (size_t)p * sizeof *end);
    }
  bl_prior_free(prior);
  problem_free(&q);
  free(start), free(end);
}

// Where σ is small, rounding in single precision is longer than the gradient of a run that goes on from near the
// optimum: it must notice, and reach what is asked in double.
static void check_resumed(bl_rng *rng, bl_arena *scratch) {
  const int size[] = {3, 1};
  const double sigma = 0.01;
  problem q = problem_new(size, 1, 0, likelihood_find("gaussian"), 1, 400, rng);
  bl_prior *prior = prior_of(q.net, 1);
  for (int i = 0; i < q.n; ++i) q.y[i] = 1 + 0.5 * q.X[3 * i] - 0.7 * q.X[3 * i + 1] + sigma * q.y[i];
  int calls = 0, done = 0;
  for (; calls < 60 && !done; ++calls) {
    bl_trainer *t = NULL;
    double joint[3];
    CHECK(bl_trainer_new(&t, q.net, q.X, q.y, NULL, q.n, prior, NULL, &sigma, 1, optimizer_find("sgd"),
                         0.3 * sigma * sigma, 0, 1e-5, SEED, scratch) == BL_OK);
    for (int i = 0; i < 10; ++i) CHECK(bl_trainer_step(t, scratch) == BL_OK);
    CHECK(bl_trainer_log_joint(t, joint, scratch) == BL_OK);
    done = joint[2] <= 1e-5 * sqrt(q.net->p);
    bl_trainer_free(t);
  }
  CHECK(done);
  bl_prior_free(prior);
  problem_free(&q);
}

// An example without weight, beyond the range of single precision: every optimizer goes its way in double. A search
// wasted on single precision would be 40 evaluations.
static void check_masked(bl_rng *rng, bl_arena *scratch) {
  const int size[] = {2, 4, 1};
  problem q = problem_new(size, 2, activation_find("tanh"), likelihood_find("bernoulli"), 1, 20, rng);
  bl_prior *prior = prior_of(q.net, 1);
  double *start = doubles(q.net->p);
  for (int i = 0; i < q.n; ++i) q.w[i] = i > 0;
  q.X[0] = 1e300;
  memcpy(start, q.net->theta, (size_t)q.net->p * sizeof *start);
  for (int optimizer = 0; optimizer < bl_optimizer_count(); ++optimizer) {
    bl_trainer *t = NULL;
    memcpy(q.net->theta, start, (size_t)q.net->p * sizeof *start);
    CHECK(bl_trainer_new(&t, q.net, q.X, q.y, q.w, q.n, prior, NULL, &ONE, 1, optimizer, 0, 0, 1e-6, SEED, scratch) ==
          BL_OK);
    const double before = bl_trainer_objective(t);
    for (int i = 0; i < 5; ++i) CHECK(bl_trainer_step(t, scratch) == BL_OK);
    CHECK(bl_trainer_objective(t) < before && bl_trainer_evaluations(t) < 30);
    bl_trainer_free(t);
  }
  free(start);
  bl_prior_free(prior);
  problem_free(&q);
}

// A full ring of pairs, of f = ½xᵀdiag(1 … N)x, refuses one of negative curvature and is as before.
static void check_refused(bl_rng *rng) {
  enum { N = 24 };
  double memory[2 * SECANTS_ROOM * N], x[N], y[N], g[N], h[N], d[2][N];
  bl_secants past = {.n = N, .memory = memory};
  for (int pair = 0; pair < SECANTS; ++pair) {
    rng_normal(rng, x, N), rng_normal(rng, y, N);
    for (int i = 0; i < N; ++i) g[i] = (i + 1) * x[i], h[i] = (i + 1) * y[i];
    secants_keep(&past, x, g, y, h);
  }
  for (int time = 0; time < 2; ++time) {
    CHECK(past.held == SECANTS);
    for (int i = 0; i < N; ++i) d[time][i] = 1;
    secants_first(&past, d[time]), secants_second(&past, d[time]);
    for (int i = 0; i < N; ++i) h[i] = g[i] - (y[i] - x[i]);
    secants_keep(&past, x, g, y, h);
  }
  CHECK(memcmp(d[0], d[1], sizeof d[0]) == 0);
}

// a rate beyond single precision: steps go on in double; and of a loss that is infinite the log likelihood is −∞
static void check_wide(bl_rng *rng, bl_arena *scratch) {
  const int size[] = {1, 1}, poisson = likelihood_find("poisson");
  for (int optimizer = 0; optimizer < bl_optimizer_count(); ++optimizer) {
    problem q = problem_new(size, 1, 0, likelihood_find("gaussian"), 1, 8, rng);
    bl_prior *prior = prior_of(q.net, 1);
    bl_trainer *t = NULL;
    for (int i = 0; i < q.n; ++i) q.y[i] = 1e41;
    CHECK(bl_trainer_new(&t, q.net, q.X, q.y, NULL, q.n, prior, NULL, &ONE, 1, optimizer, 1e-3, 3, 1e-6, SEED,
                         scratch) == BL_OK);
    for (int i = 0; i < 4; ++i) CHECK(bl_trainer_step(t, scratch) == BL_OK);
    bl_trainer_free(t);
    bl_prior_free(prior);
    problem_free(&q);
  }
  problem q = problem_new(size, 1, 0, poisson, 1, 8, rng);
  double value = 0;
  q.net->theta[1] = 800;
  CHECK(bl_net_log_likelihood(q.net, &value, q.X, q.y, NULL, q.n, &ONE, 1, scratch) == BL_OK);
  CHECK(value < -DBL_MAX);
  problem_free(&q);
}

static void check_refusals(bl_rng *rng, bl_arena *scratch) {
  const int size[] = {2, 3, 1}, vector[] = {2, 2}, lm = optimizer_find("lm");
  problem q = problem_new(size, 2, activation_find("tanh"), likelihood_find("bernoulli"), 1, 8, rng);
  problem g = problem_new(vector, 1, 0, likelihood_find("gaussian"), 1, 8, rng);
  bl_prior *prior = prior_of(q.net, 1), *other = prior_of(g.net, 1);
  bl_trainer *t = NULL;
  const int p = q.net->p;
  double *kept = doubles(p), *slope = doubles(p), value, two[] = {2, 2}, three[] = {1, 1, 1}, bad[] = {1, 0};
  memcpy(kept, q.net->theta, (size_t)p * sizeof *kept);
#define NEW(n, prior, sigma, count, optimizer, rate, batch, tolerance)                                            \
  bl_trainer_new(&t, q.net, q.X, q.y, q.w, n, prior, NULL, sigma, count, optimizer, rate, batch, tolerance, SEED, \
                 scratch)
#define REFUSED(call, code) CHECK((call) == (code) && !t && memcmp(kept, q.net->theta, (size_t)p * sizeof *kept) == 0)
  REFUSED(NEW(0, prior, &ONE, 1, lm, 0, 0, 1e-6), BL_SHAPE);
  REFUSED(NEW(-3, prior, &ONE, 1, lm, 0, 0, 1e-6), BL_SHAPE);
  REFUSED(NEW(8, prior, three, 3, lm, 0, 0, 1e-6), BL_SHAPE);
  REFUSED(NEW(8, prior, &two[0], 1, lm, 0, 0, 1e-6), BL_OPTION);  // this likelihood takes no noise
  REFUSED(NEW(8, prior, &ZERO, 1, lm, 0, 0, 1e-6), BL_OPTION);
  REFUSED(NEW(8, other, &ONE, 1, lm, 0, 0, 1e-6), BL_OPTION);
  REFUSED(NEW(8, prior, &ONE, 1, -1, 0, 0, 1e-6), BL_OPTION);
  REFUSED(NEW(8, prior, &ONE, 1, bl_optimizer_count(), 0, 0, 1e-6), BL_OPTION);
  REFUSED(NEW(8, prior, &ONE, 1, lm, -1, 0, 1e-6), BL_OPTION);
  REFUSED(NEW(8, prior, &ONE, 1, lm, 0, -1, 1e-6), BL_OPTION);
  REFUSED(NEW(8, prior, &ONE, 1, lm, 0, 0, -1), BL_OPTION);
  REFUSED(NEW(8, prior, &ONE, 1, lm, 0, 0, (double)NAN), BL_OPTION);
  const double values[] = {(double)NAN, HUGE_VAL, -HUGE_VAL};
  for (int i = 0; i < 3; ++i) {
    double *places[] = {&q.X[15], &q.w[3], &q.y[7]};
    for (int which = 0; which < 3; ++which) {
      const double before = *places[which];
      *places[which] = values[i];
      const int code = which == 2 ? BL_LABEL : BL_NOT_FINITE;
      REFUSED(NEW(8, prior, &ONE, 1, lm, 0, 0, 1e-6), code);
      CHECK(bl_net_gradient(q.net, slope, q.X, q.y, q.w, 8, prior, NULL, &ONE, 1, scratch) == code);
      CHECK(bl_net_log_likelihood(q.net, &value, q.X, q.y, q.w, 8, &ONE, 1, scratch) == code);
      *places[which] = before;
    }
  }
  const double label = q.y[2], weight = q.w[2];
  q.y[2] = 0.5;
  REFUSED(NEW(8, prior, &ONE, 1, lm, 0, 0, 1e-6), BL_LABEL);
  q.y[2] = label, q.w[2] = -1;
  REFUSED(NEW(8, prior, &ONE, 1, lm, 0, 0, 1e-6), BL_OPTION);
  q.w[2] = weight;
  CHECK(bl_net_gradient(q.net, slope, q.X, q.y, q.w, 8, other, NULL, &ONE, 1, scratch) == BL_SHAPE);
  CHECK(bl_trainer_new(&t, g.net, g.X, g.y, NULL, 8, other, NULL, bad, 2, lm, 0, 0, 1e-6, 1, scratch) == BL_OPTION &&
        !t);

  // a step that fails: gigantic rates overflow the objective, and the net stays at its last finite weights
  const int sgd = optimizer_find("sgd");
  for (int i = 0; i < 16; ++i) g.X[i] *= 1e100;
  const int size_g = g.net->p;
  double *last = doubles(size_g);
  memcpy(last, g.net->theta, (size_t)size_g * sizeof *last);
  int status = bl_trainer_new(&t, g.net, g.X, g.y, NULL, 8, other, NULL, &ONE, 1, sgd, 1e200, 0, 1e-6, 1, scratch);
  for (int i = 0; t && i < 3 && status == BL_OK; ++i) {
    memcpy(last, g.net->theta, (size_t)size_g * sizeof *last);
    status = bl_trainer_step(t, scratch);
  }
  CHECK(status == BL_DIVERGED && memcmp(last, g.net->theta, (size_t)size_g * sizeof *last) == 0);
  bl_trainer_free(t);
  t = NULL;
  CHECK(NEW(8, prior, &ONE, 1, lm, 0, 0, 1e-6) == BL_OK && t);  // all is well without the faults
  bl_trainer_free(t);
  bl_trainer_free(NULL);
  bl_prior_free(prior), bl_prior_free(other);
  free(kept), free(slope), free(last);
  problem_free(&q), problem_free(&g);
}

int main(void) {
  bl_arena *scratch = bl_arena_new();
  bl_rng rng;
  rng_seed(&rng, SEED, 0);
  printf("seed %.0f\n", SEED);
  for (int i = 0; i < 4 * bl_activation_count(); ++i)
    for (int l = 0; l < bl_likelihood_count(); ++l)
      if (likelihood_row(l)->targets(2)) check_objective(i / 4, l, i % 2, &rng, scratch);
  check_convex("bernoulli", 1, 0.3, &rng, scratch);
  check_convex("bernoulli", 1, 0, &rng, scratch);  // labels are coins: no plane parts them, so the optimum is finite
  check_convex("categorical", 3, 1, &rng, scratch);
  check_linear(0.7, 0.5, &rng, scratch);
  check_linear(0, 2, &rng, scratch);
  check_networks(&rng, scratch);
  check_small(&rng, scratch);
  check_refusals(&rng, scratch);
  check_asked(&rng, scratch);
  check_wide(&rng, scratch);
  check_resumed(&rng, scratch);
  check_masked(&rng, scratch);
  check_refused(&rng);
  bl_arena_free(scratch);
  return check_report();
}
