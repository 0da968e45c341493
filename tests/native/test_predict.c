// Predictions: the integrals over one logit against fine sums in long double, the links by their identities, maps
// against the predictive at the pixels, and functions drawn from a posterior over the last layer, where the network is
// its own linearisation.
// Longer than other files: all parts of a prediction are checked on the same posteriors.
#include <float.h>

#include "check.h"
#include "grid.h"
#include "problem.h"
#include "quadrature.h"
#include "status.h"
#include "vmath.h"

static const double SEED = 314159;

static real sigmoid(real x) { return 1 / (1 + expl(-x)); }
static real entropy_of_logit(real x) {
  const real a = fabsl(x);
  return log1pl(expl(-a)) + a / (1 + expl(a));
}

// v ≤ 1: the trapezoid rule in standard units. v > 1: E σ(f) = ∫ σ'(t) Φ((m − t)/√v) dt, and the entropy against the
// density; both integrands fall like e^{−|t|}.
static void integrate(real *mean, real *entropy, double m, double v) {
  const real sd = sqrtl(v), pi = acosl(-1.0L);
  *mean = *entropy = 0;
  if (v <= 1) {
    const real h = 0.04L;
    for (int i = -325; i <= 325; ++i) {
      const real z = h * i, weight = h * expl(-0.5L * z * z) / sqrtl(2 * pi);
      *mean += weight * sigmoid(m + sd * z);
      *entropy += weight * entropy_of_logit(m + sd * z);
    }
    return;
  }
  const real h = 0.05L;
  for (int i = -1400; i <= 1400; ++i) {
    const real t = h * i, z = (m - t) / sd;
    *mean += h * sigmoid(t) * sigmoid(-t) * 0.5L * erfcl(-z / sqrtl(2));
    *entropy += h * entropy_of_logit(t) * expl(-0.5L * z * z) / (sd * sqrtl(2 * pi));
  }
}

static void check_quadrature(void) {
  static const double means[] = {0, 1, -1, 5, -5, 50, -50, 1e4, -1e4, 0.3, -12.7};
  static const double variances[] = {0, 1e-12, 1e-4, 0.3, 1, 1.0000001, 1.7, 4, 30, 1e3, 1e5, 1e8};
  double worst = 0;
  for (int i = 0; i < (int)(sizeof means / sizeof *means); ++i)
    for (int j = 0; j < (int)(sizeof variances / sizeof *variances); ++j) {
      const double m = means[i], v = variances[j], minus = -m;
      double p, h, q, alone;
      real mean, entropy;
      integrate(&mean, &entropy, m, v);
      quadrature_logit(&p, &h, &m, &v, 1);
      quadrature_logit(&q, NULL, &minus, &v, 1);
      quadrature_logit(NULL, &alone, &m, &v, 1);
      worst = fmax(worst, fmax(fabs(p - (double)mean), fabs(h - (double)entropy)));
      CHECK_CLOSE(p, (double)mean, 1e-12);
      CHECK_CLOSE(h, (double)entropy, 1e-12);
      CHECK_CLOSE(p + q, 1, 1e-13);
      CHECK(p >= 0 && p <= 1 && h >= 0 && h <= 0.6931471805599454 && memcmp(&h, &alone, sizeof h) == 0);
    }
  printf("quadrature: largest error %.1e\n", worst);
}

// V = GGᵀ·scale
static void random_covariance(double *V, int k, double scale, bl_rng *rng) {
  double G[36];
  rng_normal(rng, G, k * k);
  for (int a = 0; a < k; ++a)
    for (int b = 0; b < k; ++b) {
      V[a * k + b] = 0;
      for (int c = 0; c < k; ++c) V[a * k + b] += scale * (G[a * k + c] * G[b * k + c]);
    }
}

static int link_mean(const char *name, double *mean, const double *m, const double *V, const bl_link_case *c,
                     bl_arena *scratch) {
  const bl_mark mark = bl_arena_mark(scratch);
  const int status = link_row(link_find(name))->mean(mean, m, V, c, 1, scratch);
  bl_arena_release(scratch, mark);
  return status;
}

static void check_links(bl_rng *rng, bl_arena *scratch) {
  const bl_likelihood *binary = likelihood_row(likelihood_find("bernoulli"));
  const bl_likelihood *classes = likelihood_row(likelihood_find("categorical"));
  static const double scales[] = {0, 1e-12, 1e-3, 1, 1e2, 1e6, 1e12}, logits[] = {1, 30, 1e4};
  // two classes: mean_field_2 is the probit of the difference
  for (int trial = 0; trial < 50; ++trial) {
    const bl_link_case two = {classes, 1, NULL, 2, 100, SEED}, one = {binary, 1, NULL, 1, 100, SEED};
    double m[2], V[4], p[2], q;
    rng_normal(rng, m, 2);
    m[0] *= logits[trial % 3] / 3, m[1] *= logits[trial % 3] / 3;
    random_covariance(V, 2, scales[trial % 7], rng);
    const double gap = m[1] - m[0], v = V[0] + V[3] - V[1] - V[2];
    CHECK(link_mean("mean_field_2", p, m, V, &two, scratch) == BL_OK);
    CHECK(link_mean("probit", &q, &gap, &v, &one, scratch) == BL_OK);
    CHECK_CLOSE(p[1], q, 1e-14);
    CHECK_CLOSE(p[0], 1 - q, 1e-14);
    CHECK_CLOSE(q, (double)sigmoid(gap / sqrtl(1 + acosl(-1.0L) / 8 * v)), 1e-14);
    CHECK(link_mean("mean_field_2", p, &gap, &v, &one, scratch) == BL_OK && memcmp(p, &q, sizeof q) == 0);
  }
  // every link, every likelihood of classes: probabilities, whatever the logits
  int seen = 0;
  for (int id = 0; id < bl_link_count(); ++id)
    for (int likelihood = 0; likelihood < bl_likelihood_count(); ++likelihood)
      for (int k = 1; k <= 6; ++k) {
        const bl_likelihood *is = likelihood_row(likelihood);
        if (!is->targets(k) || !bl_link_can(id, likelihood, k) || !(is->is & LIKELIHOOD_CLASSES)) continue;
        for (int s = 0; s < 7 * 3; ++s) {
          const bl_link_case c = {is, 1, NULL, k, 40, SEED};
          double m[6], V[36], p[6], sum = 0;
          int good = 1;
          rng_normal(rng, m, k);
          for (int j = 0; j < k; ++j) m[j] = s % 2 ? m[j] * logits[s / 7] : (m[j] > 0 ? 1 : -1) * logits[s / 7];
          random_covariance(V, k, scales[s % 7], rng);
          if (s == 20) memset(V, 0, sizeof V);
          CHECK(link_mean(bl_link_name(id), p, m, V, &c, scratch) == BL_OK);
          for (int j = 0; j < k; ++j) good &= p[j] >= 0 && p[j] <= 1, sum += p[j];
          CHECK(good);
          if (k > 1) CHECK(fabs(sum - 1) <= 1e-12);
          // without variance every link is the plugin, but for the rounding of the average of equal draws
          double plain[6];
          is->mean(plain, m, 1, k);
          for (int j = 0; j < k && scales[s % 7] <= 0; ++j) CHECK_CLOSE(p[j], plain[j], 1e-12);
          ++seen;
        }
      }
  CHECK(seen > 300);
  // draws against the integral, within five standard errors (the sd of a probability is at most ½)
  enum { DRAWS = 20000 };
  for (int i = 0; i < 4; ++i) {
    const bl_link_case c = {binary, 1, NULL, 1, DRAWS, SEED};
    const double m = 0.7 * i - 1, v = 0.2 + 3 * i;
    double drawn, exact;
    CHECK(link_mean("mc", &drawn, &m, &v, &c, scratch) == BL_OK);
    CHECK(link_mean("exact", &exact, &m, &v, &c, scratch) == BL_OK);
    CHECK(fabs(drawn - exact) <= 5 * 0.5 / sqrt(DRAWS) && fabs(drawn - exact) > 0);
  }
}

static bl_laplace *posterior(problem *q, int first, double precision, bl_arena *scratch) {
  bl_laplace *la = NULL;
  const double zero = 0;
  CHECK(bl_laplace_new(&la, q->net, "full", "auto", CURVATURE_GGN, first, NULL, 0, 0, 0, 0, 0.0) == BL_OK);
  CHECK(bl_laplace_set_prior(la, &precision, 1, &zero, 1, scratch) == BL_OK);
  CHECK(bl_laplace_fit(la, q->net, q->X, q->y, NULL, q->n, 0, scratch) == BL_OK);
  return la;
}

// regression: E[y] is the network under every link but mc; y_var = f_var + σ²; the parts are its traces
static void check_regression(bl_rng *rng, bl_arena *scratch) {
  enum { N = 5, K = 2 };
  const int size[] = {2, 4, K};
  problem q = problem_new(size, 2, activation_find("tanh"), likelihood_find("gaussian"), 1, 20, rng);
  const double sigma = 0.4;
  bl_laplace *la = posterior(&q, 0, 0.8, scratch);
  CHECK(bl_laplace_set_noise(la, &sigma, 1, 1, scratch) == BL_OK);
  int links = 0;
  for (int link = 0; link < bl_link_count(); ++link) {
    const char *name = bl_link_name(link);
    const int plugin = strcmp(name, "plugin") == 0, draws = strcmp(name, "mc") == 0, samples = 4000;
    if (!bl_link_can(link, q.net->likelihood, K)) continue;
    ++links;
    double mean[N * K], f[N * K], plain[N * K], V[N * K * K], Y[N * K * K], epistemic[N], aleatoric[N];
    CHECK(bl_predict_glm(la, mean, f, V, Y, epistemic, aleatoric, q.X, N, link, 0, samples, SEED, scratch) == BL_OK);
    CHECK(bl_net_forward(q.net, plain, q.X, N, scratch) == BL_OK && memcmp(f, plain, sizeof f) == 0);
    for (int i = 0; i < N; ++i) {
      double trace = 0;
      for (int a = 0; a < K; ++a) {
        const double sd = sqrt(V[(i * K + a) * K + a]);
        CHECK(sd > 0);
        CHECK(fabs(mean[i * K + a] - f[i * K + a]) <= (draws ? 5 * sd / sqrt(samples) : 0));
        trace += V[(i * K + a) * K + a];
        for (int b = 0; b < K; ++b) {
          CHECK_CLOSE(Y[(i * K + a) * K + b], V[(i * K + a) * K + b] + (a == b) * sigma * sigma, 4 * DBL_EPSILON);
        }
      }
      CHECK_CLOSE(epistemic[i], plugin ? 0 : trace, 4 * DBL_EPSILON);
      CHECK_CLOSE(aleatoric[i], K * sigma * sigma, 4 * DBL_EPSILON);
    }
  }
  CHECK(links >= 4);
  bl_laplace_free(la);
  problem_free(&q);
}

// rows alone, joint covariances, clamped logits, refusals
static void check_glm(bl_rng *rng, bl_arena *scratch) {
  enum { N = 150, K = 3 };
  const int size[] = {2, 4, K};
  problem q = problem_new(size, 2, activation_find("tanh"), likelihood_find("categorical"), 1, N, rng);
  bl_laplace *la = posterior(&q, 0, 0.8, scratch);
  double *mean = doubles(N * K), *f = doubles(N * K), *V = doubles(N * K * K), *epistemic = doubles(N);
  double *aleatoric = doubles(N), one[K], block[K * K], split[2], joint[16 * K * K];
  for (int link = 0; link < bl_link_count(); ++link) {
    if (!bl_link_can(link, q.net->likelihood, K)) continue;
    CHECK(bl_predict_glm(la, mean, f, V, NULL, epistemic, aleatoric, q.X, N, link, 0, 20, SEED, scratch) == BL_OK);
    int same = 1, sound = 1;
    for (int i = 0; i < N; ++i) {
      const double *x = q.X + 2 * i;
      CHECK(bl_predict_glm(la, one, NULL, block, NULL, split, split + 1, x, 1, link, 0, 20, SEED, scratch) == BL_OK);
      same &= memcmp(one, mean + i * K, sizeof one) == 0 && memcmp(block, V + i * K * K, sizeof block) == 0;
      same &= memcmp(split, epistemic + i, sizeof *split) == 0 && memcmp(split + 1, aleatoric + i, sizeof *split) == 0;
      sound &= epistemic[i] >= 0 && aleatoric[i] >= 0 && epistemic[i] + aleatoric[i] <= log(K) + 1e-14;
      sound &= fabs(one[0] + one[1] + one[2] - 1) <= 1e-12;
    }
    CHECK(same);
    CHECK(sound);
  }
  CHECK(bl_predict_joint(la, one, joint, q.X, 1, scratch) == BL_OK && memcmp(one, f, sizeof one) == 0);
  CHECK(bl_predict_joint(la, NULL, joint, q.X, 4, scratch) == BL_OK);
  for (int a = 0; a < 4 * K; ++a)
    for (int b = 0; b < K; ++b) CHECK_CLOSE(joint[a * 4 * K + a / K * K + b], V[a * K + b], 1e-12);
  const int plugin = link_find("plugin");
  CHECK(bl_predict_glm(la, one, NULL, NULL, NULL, NULL, NULL, q.X, 1, plugin, 1e-3, 1, 0, scratch) == BL_OK);
  for (int j = 0; j < K; ++j) CHECK(fabs(one[j] - 1.0 / K) <= 1e-3);
  const int exact = link_find("exact");
  CHECK(bl_predict_glm(la, one, NULL, NULL, NULL, NULL, NULL, q.X, 1, exact, 0, 1, 0, scratch) == BL_UNSUPPORTED);
  CHECK(bl_predict_glm(la, one, NULL, NULL, NULL, NULL, NULL, q.X, 1, -1, 0, 1, 0, scratch) == BL_OPTION);
  CHECK(bl_predict_glm(la, one, NULL, NULL, NULL, NULL, NULL, q.X, 1, plugin, 0, 0, 0, scratch) == BL_OPTION);
  bl_laplace_free(la);
  CHECK(bl_laplace_new(&la, q.net, "full", "auto", CURVATURE_GGN, 0, NULL, 0, 0, 0, 0, 0.0) == BL_OK);
  CHECK(bl_predict_glm(la, one, NULL, NULL, NULL, NULL, NULL, q.X, 1, plugin, 0, 1, 0, scratch) == BL_NOT_FITTED);
  bl_laplace_free(la);
  free(mean), free(f), free(V), free(epistemic), free(aleatoric);
  problem_free(&q);
}

static double along(double from, double to, int i, int count) {
  if (count == 1) return 0.5 * (from + to);
  return i == count - 1 ? to : from + (to - from) * ((double)i / (count - 1));
}

// the logit a link passes on
static double logit_of(int link, double mean, double f, double v, int k) {
  if (strcmp(bl_link_name(link), "plugin") == 0) return f;
  if (strcmp(bl_link_name(link), "probit") == 0) return f / sqrt(1 + BL_PI / 8 * v);
  return k == 1 ? vm_log1(mean) - vm_log1p1(-mean) : vm_log1(mean);
}

// a map holds the predictive at the pixel centres, cast to float: the same bits
static void check_grid(int d, const char *likelihood, int k, int nx, int ny, bl_rng *rng, bl_arena *scratch) {
  const int size[] = {d, 4, k}, n = nx * ny;
  const double box[] = {-3.1, 4.3, -2.7, 1.9};
  problem q = problem_new(size, 2, activation_find("tanh"), likelihood_find(likelihood), 1, 30, rng);
  bl_laplace *la = posterior(&q, 0, 0.8, scratch);
  double *X = doubles(n * d), *mean = doubles(n * k), *f = doubles(n * k), *V = doubles(n * k * k);
  double *epistemic = doubles(n), *aleatoric = doubles(n), errors[2] = {-1, -1};
  float *out = calloc((size_t)(n * k), sizeof *out);
  for (int i = 0; i < n; ++i) {
    X[i * d] = along(box[0], box[1], i % nx, nx);
    if (d == 2) X[i * d + 1] = along(box[2], box[3], i / nx, ny);
  }
  for (int link = 0; link < bl_link_count(); ++link) {
    if (!bl_link_can(link, q.net->likelihood, k)) continue;
    CHECK(bl_predict_glm(la, mean, f, V, NULL, epistemic, aleatoric, X, n, link, 0, 9, SEED, scratch) == BL_OK);
    for (int id = 0; id < bl_quantity_count(); ++id) {
      const char *name = bl_quantity_name(id);
      const int planes = bl_quantity_planes(id, q.net->likelihood, k);
      const int status = bl_predict_grid(la, out, errors, box, nx, ny, 0, ny, 0, &id, 1, link, 0, 9, SEED, scratch);
      CHECK(status == (planes ? BL_OK : BL_UNSUPPORTED));
      int same = 1, compared = 0;
      for (int plane = 0; plane < planes && status == BL_OK; ++plane)
        for (int i = 0; i < n; ++i) {
          const int at = i * k + plane;
          double value = (double)NAN;
          if (strcmp(name, "mean") == 0) value = mean[at];
          if (strcmp(name, "fMean") == 0) value = f[at];
          if (strcmp(name, "fVar") == 0) value = V[at * k + plane];
          if (strcmp(name, "epistemic") == 0) value = epistemic[i];
          if (strcmp(name, "aleatoric") == 0) value = aleatoric[i];
          if (strcmp(name, "confidence") == 0) {
            value = k == 1 ? fmax(mean[i], 1 - mean[i]) : 0;
            for (int j = 0; j < k && k > 1; ++j) value = fmax(value, mean[i * k + j]);
          }
          if (strcmp(name, "scaledLogit") == 0) value = logit_of(link, mean[at], f[at], V[at * k + plane], k);
          const float expected = (float)value;
          same &= memcmp(&out[plane * n + i], &expected, sizeof expected) == 0;
          ++compared;
        }
      CHECK(same);
      CHECK(compared > 0 || !planes);
      CHECK(!planes || fabs(errors[0]) <= 0);
    }
  }
  // several at once, in the order asked for
  const int both[] = {1, 0}, link = link_find("probit");
  float *pair = calloc((size_t)(2 * n * k), sizeof *pair);
  CHECK(bl_predict_grid(la, pair, NULL, box, nx, ny, 0, ny, 0, both, 2, link, 0, 9, SEED, scratch) == BL_OK);
  for (int which = 0; which < 2; ++which) {
    CHECK(bl_predict_grid(la, out, NULL, box, nx, ny, 0, ny, 0, &both[which], 1, link, 0, 9, SEED, scratch) == BL_OK);
    CHECK(memcmp(pair + which * n * k, out, (size_t)(n * k) * sizeof *out) == 0);
  }
  const int bad = bl_quantity_count();
  CHECK(bl_predict_grid(la, out, NULL, box, nx, ny, 0, ny, 0, &bad, 1, link, 0, 9, SEED, scratch) == BL_OPTION);
  CHECK(bl_predict_grid(la, out, NULL, box, 0, ny, 0, ny, 0, both, 1, link, 0, 9, SEED, scratch) == BL_OPTION);
  if (d == 1)
    CHECK(bl_predict_grid(la, out, NULL, box, nx, 2, 0, 2, 0, both, 1, link, 0, 9, SEED, scratch) == BL_SHAPE);
  bl_laplace_free(la);
  free(X), free(mean), free(f), free(V), free(epistemic), free(aleatoric), free(out), free(pair);
  problem_free(&q);
}

// the last layer is linear in its weights: both kinds of functions are the same
static void check_last_layer(const char *likelihood, int k, bl_rng *rng, bl_arena *scratch) {
  enum { N = 140, COUNT = 6 };
  const int size[] = {2, 5, k};
  problem q = problem_new(size, 2, activation_find("tanh"), likelihood_find(likelihood), 1, N, rng);
  bl_laplace *last = posterior(&q, 1, 0.8, scratch), *all = posterior(&q, 0, 0.8, scratch);
  const int total = COUNT * N * k;
  double *linear = doubles(total), *network = doubles(total), *again = doubles(total), spread = 0, differ = 0;
  CHECK(bl_functional_samples(last, linear, q.X, N, COUNT, 0, SEED, scratch) == BL_OK);
  CHECK(bl_functional_samples(last, network, q.X, N, COUNT, 1, SEED, scratch) == BL_OK);
  for (int i = 0; i < total; ++i) {
    CHECK_CLOSE(linear[i], network[i], 1e-12);
    spread = fmax(spread, fabs(linear[i] - linear[i % (N * k)]));
  }
  CHECK(spread > 1e-3);
  CHECK(bl_functional_samples(last, again, q.X, N, COUNT, 1, SEED, scratch) == BL_OK);
  CHECK(memcmp(again, network, (size_t)total * sizeof *again) == 0);
  CHECK(bl_functional_samples(last, again, q.X, N, COUNT, 1, SEED + 1, scratch) == BL_OK);
  CHECK(memcmp(again, network, (size_t)total * sizeof *again) != 0);
  // with all weights the network is not its linearisation
  CHECK(bl_functional_samples(all, linear, q.X, N, COUNT, 0, SEED, scratch) == BL_OK);
  CHECK(bl_functional_samples(all, network, q.X, N, COUNT, 1, SEED, scratch) == BL_OK);
  for (int i = 0; i < total; ++i) differ = fmax(differ, fabs(linear[i] - network[i]));
  CHECK(differ > 1e-3);
  // the sampled predictive averages those very networks
  double mean[N * 3], f[N * 3], V[N * 9], one[3];
  CHECK(bl_predict_nn(all, mean, f, V, NULL, NULL, NULL, q.X, N, COUNT, SEED, scratch) == BL_OK);
  for (int i = 0; i < N; ++i) {
    real m[3] = {0}, sum[3] = {0}, square[9] = {0};
    for (int s = 0; s < COUNT; ++s) {
      const double *at = network + (s * N + i) * k;
      likelihood_row(q.net->likelihood)->mean(one, at, 1, k);
      for (int a = 0; a < k; ++a) {
        m[a] += (real)one[a] / COUNT, sum[a] += (real)at[a] / COUNT;
        for (int b = 0; b < k; ++b) square[a * k + b] += (real)at[a] * at[b] / COUNT;
      }
    }
    for (int a = 0; a < k; ++a) {
      CHECK_CLOSE(mean[i * k + a], (double)m[a], 1e-13);
      CHECK_CLOSE(f[i * k + a], (double)sum[a], 1e-13);
      for (int b = 0; b < k; ++b) {
        CHECK_CLOSE(V[(i * k + a) * k + b], (double)(square[a * k + b] - sum[a] * sum[b]), 1e-12);
      }
    }
  }
  CHECK(bl_functional_samples(all, linear, q.X, N, 0, 0, SEED, scratch) == BL_OPTION);
  bl_laplace_free(last), bl_laplace_free(all);
  free(linear), free(network), free(again);
  problem_free(&q);
}

int main(void) {
  bl_arena *scratch = bl_arena_new();
  bl_rng rng;
  rng_seed(&rng, SEED, 0);
  printf("seed %.0f\n", SEED);
  check_quadrature();
  check_links(&rng, scratch);
  check_regression(&rng, scratch);
  check_glm(&rng, scratch);
  check_grid(2, "bernoulli", 1, 17, 11, &rng, scratch);
  check_grid(2, "categorical", 3, 13, 12, &rng, scratch);
  check_grid(2, "gaussian", 1, 1, 3, &rng, scratch);
  check_grid(1, "gaussian", 2, 150, 1, &rng, scratch);
  check_last_layer("bernoulli", 1, &rng, scratch);
  check_last_layer("categorical", 3, &rng, scratch);
  check_last_layer("gaussian", 2, &rng, scratch);
  bl_arena_free(scratch);
  return check_report();
}
