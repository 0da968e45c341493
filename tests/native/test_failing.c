// Every allocation of every public operation is made to fail in turn. What must hold: the operation reports BL_MEMORY,
// nothing leaks (LeakSanitizer watches), and the object is as it was: it evaluates to the same bits as before the
// failed call.

// link: wrap malloc calloc realloc aligned_alloc free

#include <stdlib.h>
#include <string.h>

#include "bayeslaplace.h"
#include "check.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *pointer, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void __real_free(void *pointer);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *pointer, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void __wrap_free(void *pointer);

static long countdown = -1;  // allocations until one fails; −1: none does
static long fired = 0, refused = 0;

static int fails(void) {
  if (countdown < 0) return 0;
  if (countdown-- > 0) return 0;
  fired++;
  return 1;  // countdown is −1 again: exactly one fails
}

void *__wrap_malloc(size_t size) { return fails() ? NULL : __real_malloc(size); }
void *__wrap_calloc(size_t count, size_t size) { return fails() ? NULL : __real_calloc(count, size); }
void *__wrap_realloc(void *pointer, size_t size) { return fails() ? NULL : __real_realloc(pointer, size); }
void *__wrap_aligned_alloc(size_t alignment, size_t size) {
  return fails() ? NULL : __real_aligned_alloc(alignment, size);
}
void __wrap_free(void *pointer) { __real_free(pointer); }

enum { N = 9, D = 2, GRID = 4 };
static const double box[4] = {-2, 2, -2, 2};
static const double sigmas[1] = {1};
static const double strong[1] = {2};
static const double layerwise[4] = {1, 2, 3, 4}, scaled[4] = {1.7, 3.4, 5.1, 6.8};
static const double zero[1] = {0};

typedef struct {
  bl_net *net;
  bl_laplace *la;
  bl_trainer *trainer;
  const char *space;
  double X[N * D], y[N];
} bl_world;

// later: under how many precisions a multiple of the prior comes after the fit, whose factor nothing has asked for yet
static int world_make(bl_world *w, const char *structure, const char *space, int later, bl_arena *scratch) {
  static const int size[3] = {D, 3, 1};
  memset(w, 0, sizeof *w);
  w->space = space;
  bl_rng rng;
  rng_seed(&rng, 5, 0);
  rng_normal(&rng, w->X, N * D);
  for (int i = 0; i < N; i++) w->y[i] = w->X[i * D] > 0;
  int status = bl_net_new(&w->net, size, 2, activation_find("tanh"), likelihood_find("bernoulli"), 1);
  if (status) return status;
  bl_net_init(w->net, 3);
  status = bl_laplace_new(&w->la, w->net, structure, space, CURVATURE_GGN, 0, NULL, 0, 0, 0, 0, 0.0);
  if (!status) status = bl_laplace_set_prior(w->la, later ? layerwise : strong, later ? later : 1, zero, 1, scratch);
  if (!status) status = bl_laplace_fit(w->la, w->net, w->X, w->y, NULL, N - 1, 0, scratch);
  if (!status && later) status = bl_laplace_set_prior(w->la, scaled, later, zero, 1, scratch);
  bl_prior *prior = NULL;
  if (!status) status = bl_net_prior_new(&prior, w->net, strong, 1, zero, 1);
  if (!status) {
    status = bl_trainer_new(&w->trainer, w->net, w->X, w->y, NULL, N, prior, NULL, sigmas, 1, optimizer_find("lm"), 0,
                            0, 1e-8, 1, scratch);
  }
  bl_prior_free(prior);
  return status;
}

static void world_free(bl_world *w) {
  bl_trainer_free(w->trainer);
  bl_laplace_free(w->la);
  bl_net_free(w->net);
}

// what the posterior and the net say, in bits
static void world_state(const bl_world *w, double *state, bl_arena *scratch) {
  CHECK(bl_predict_glm(w->la, state, NULL, state + N, NULL, NULL, NULL, w->X, N, link_find("probit"), 0, 8, 1,
                       scratch) == 0);
  CHECK(bl_laplace_evidence(w->la, state + 2 * N, scratch) == 0);
  CHECK(bl_net_forward(w->net, state + 2 * N + EVIDENCE_PARTS, w->X, N, scratch) == 0);
}

enum { STATE = 3 * N + EVIDENCE_PARTS };

// operations: on failure they leave the world as it was and give back what they made
typedef int (*bl_operation)(bl_world *, bl_arena *);

static int op_net(bl_world *w, bl_arena *s) {
  (void)s;
  static const int size[4] = {2, 4, 3, 1};
  bl_net *net = NULL, *twin = NULL;
  int status = bl_net_new(&net, size, 3, 0, w->net->likelihood, 1);
  if (!status) status = bl_net_clone(&twin, net);
  bl_net_free(twin);
  bl_net_free(net);
  return status;
}
static int op_forward(bl_world *w, bl_arena *s) {
  double f[N];
  return bl_net_forward(w->net, f, w->X, N, s);
}
static int op_jacobian(bl_world *w, bl_arena *s) {
  double J[N * 13];
  return bl_net_jacobian(w->net, J, w->X, N, s);
}
static int op_loglik(bl_world *w, bl_arena *s) {
  double value;
  return bl_net_log_likelihood(w->net, &value, w->X, w->y, NULL, N, sigmas, 1, s);
}
static int op_gradient(bl_world *w, bl_arena *s) {
  double g[13];
  bl_prior *prior = NULL;
  int status = bl_net_prior_new(&prior, w->net, layerwise, 4, zero, 1);
  if (!status) status = bl_net_gradient(w->net, g, w->X, w->y, NULL, N, prior, NULL, sigmas, 1, s);
  bl_prior_free(prior);
  return status;
}
static int train_with(bl_world *w, int optimizer, int batch, bl_arena *s) {
  bl_net *net = NULL;
  bl_prior *prior = NULL;
  bl_trainer *trainer = NULL;
  int status = bl_net_clone(&net, w->net);
  if (!status) status = bl_net_prior_new(&prior, net, strong, 1, zero, 1);
  if (!status) {
    status =
        bl_trainer_new(&trainer, net, w->X, w->y, NULL, N, prior, NULL, sigmas, 1, optimizer, 0, batch, 1e-8, 1, s);
  }
  for (int i = 0; i < 3 && !status; i++) status = bl_trainer_step(trainer, s);
  double joint[3];
  if (!status) status = bl_trainer_log_joint(trainer, joint, s);
  bl_trainer_free(trainer);
  bl_prior_free(prior);
  bl_net_free(net);
  return status;
}
static int op_train(bl_world *w, bl_arena *s) {
  int status = 0;
  for (int i = 0; i < bl_optimizer_count() && !status; i++)
    status = train_with(w, i, bl_optimizer_stochastic(i) ? 2 : 0, s);
  return status;
}
static int op_new(bl_world *w, bl_arena *s) {
  static const int index[3] = {1, 4, 12};
  bl_laplace *a = NULL, *b = NULL;
  int status = bl_laplace_new(&a, w->net, "full", "weight", CURVATURE_EF, 0, index, 3, 0, 0, 0, 0.0);
  if (!status) status = bl_laplace_reset(a, w->net, s);
  if (!status) status = bl_laplace_fit(a, w->net, w->X, w->y, NULL, N, 0, s);
  if (!status) status = bl_laplace_clone(&b, w->la, s);
  bl_laplace_free(b);
  bl_laplace_free(a);
  return status;
}
static int op_predict(bl_world *w, bl_arena *s) {
  double mean[N], f[N], v[N], e[N], a[N];
  int status = 0;
  for (int link = 0; link < bl_link_count() && !status; link++) {
    if (!link_row(link)->can(likelihood_row(w->net->likelihood), 1)) continue;
    status = bl_predict_glm(w->la, mean, f, v, NULL, e, a, w->X, N, link, 0, 8, 1, s);
  }
  return status;
}
static int op_joint(bl_world *w, bl_arena *s) {
  double f[N], V[N * N];
  return bl_predict_joint(w->la, f, V, w->X, N, s);
}
static int op_nn(bl_world *w, bl_arena *s) {
  double m[N], f[N], v[N], e[N], a[N];
  return bl_predict_nn(w->la, m, f, v, NULL, e, a, w->X, N, 5, 1, s);
}
static int op_functions(bl_world *w, bl_arena *s) {
  double F[3 * N];
  const int status = bl_functional_samples(w->la, F, w->X, N, 3, 0, 1, s);
  return status ? status : bl_functional_samples(w->la, F, w->X, N, 3, 1, 1, s);
}
static int op_grid(bl_world *w, bl_arena *s) {
  float out[2 * GRID * GRID];
  double errors[2];
  static const int quantities[2] = {0, 1};
  return bl_predict_grid(w->la, out, errors, box, GRID, GRID, 0, GRID, 0, quantities, 2, link_find("probit"), 1e-2, 8,
                         1, s);
}
static int op_samples(bl_world *w, bl_arena *s) {
  double theta[4 * 13], value;
  int status = bl_laplace_sample(w->la, theta, 4, 1, s);
  if (!status) status = bl_laplace_log_prob(w->la, &value, theta, s);
  double joints[2], all[2 * 13] = {0};
  return status ? status : bl_laplace_log_joint(w->la, joints, all, 2, w->X, w->y, NULL, N, s);
}
static int op_matrices(bl_world *w, bl_arena *s) {
  double M[13 * 13];
  int status = 0;
  for (int which = 0; which < 3 && !status; which++) status = bl_laplace_matrix(w->la, M, which, s);
  return status ? status : bl_laplace_variance(w->la, M, s);
}
static int op_evidence(bl_world *w, bl_arena *s) {
  double parts[EVIDENCE_PARTS], value, norm, missing, residual, lowest;
  int status = bl_laplace_evidence(w->la, parts, s);
  if (!status) status = bl_laplace_evidence_at(w->la, &value, strong, 1, NULL, 0, s);
  if (!status) status = bl_laplace_evidence_at(w->la, &value, layerwise, 4, NULL, 0, s);
  return status ? status : bl_laplace_diagnostics(w->la, &norm, &missing, &residual, &lowest, s);
}
// operations that change the world when they succeed
static int op_refit(bl_world *w, bl_arena *s) { return bl_laplace_fit(w->la, w->net, w->X, w->y, NULL, N, 0, s); }
static int op_reset(bl_world *w, bl_arena *s) { return bl_laplace_reset(w->la, w->net, s); }
static int op_update(bl_world *w, bl_arena *s) {
  return bl_laplace_fit(w->la, w->net, w->X + (N - 1) * D, w->y + N - 1, NULL, 1, 1, s);
}
static int op_downdate(bl_world *w, bl_arena *s) { return bl_laplace_downdate(w->la, w->X, w->y, NULL, 1, s); }
static int op_prior(bl_world *w, bl_arena *s) { return bl_laplace_set_prior(w->la, layerwise, 4, zero, 1, s); }
static int op_noise(bl_world *w, bl_arena *s) { return bl_laplace_set_noise(w->la, sigmas, 1, 0.5, s); }
static int op_step(bl_world *w, bl_arena *s) { return bl_trainer_step(w->trainer, s); }
static int op_matrix(bl_world *w, bl_arena *s) {
  double M[13 * 13];
  for (int i = 0; i < 13 * 13; ++i) M[i] = i % 14 == 0 ? 2 : 0.1;
  return bl_laplace_set_prior_matrix(w->la, M, zero, 1, s);
}
static int op_tolerance(bl_world *w, bl_arena *s) { return bl_laplace_set_tolerance(w->la, 0.1, s); }
static int op_hessian(bl_world *w, bl_arena *s) {
  bl_laplace *la = NULL;
  int status = bl_laplace_new(&la, w->net, "full", "auto", CURVATURE_HESSIAN, 0, NULL, 0, 0, 0, 0, 0.0);
  const double firm[1] = {50};
  if (!status) status = bl_laplace_set_prior(la, firm, 1, zero, 1, s);
  if (!status) status = bl_laplace_fit(la, w->net, w->X, w->y, NULL, N, 0, s);
  double norm, missing, residual, lowest;
  if (!status) status = bl_laplace_diagnostics(la, &norm, &missing, &residual, &lowest, s);
  bl_laplace_free(la);
  return status;
}
// what there is only beside a posterior of the world's structure: low rank, subsets, an earlier posterior as prior
static int op_others(bl_world *w, bl_arena *s) {
  static const char *const names[] = {"kron", "diag", "lowrank", "gp"};
  int status = 0;
  for (int i = 0; i < 4 && !status; ++i) {
    bl_laplace *la = NULL, *next = NULL;
    double v[N], parts[EVIDENCE_PARTS];
    status = bl_laplace_new(&la, w->net, names[i], "auto", CURVATURE_GGN, 0, NULL, 0, i == 2 ? 3 : 0, i == 3 ? 5 : 0, 0,
                            1.0);
    if (!status) status = bl_laplace_fit(la, w->net, w->X, w->y, NULL, N, 0, s);
    if (!status) status = bl_predict_glm(la, NULL, NULL, v, NULL, NULL, NULL, w->X, N, 0, 0, 8, 1, s);
    if (!status) status = bl_laplace_clone(&next, la, s);
    if (!status) status = bl_laplace_set_prior_posterior(next, la, s);
    if (!status) status = bl_laplace_fit(next, w->net, w->X, w->y, NULL, N, 0, s);
    if (!status) status = bl_laplace_evidence(next, parts, s);
    bl_laplace_free(next);
    bl_laplace_free(la);
  }
  return status;
}
static int op_posterior_prior(bl_world *w, bl_arena *s) {
  bl_laplace *earlier = NULL;
  bl_prior *prior = NULL;
  bl_anchor *anchor = NULL;
  bl_trainer *trainer = NULL;
  bl_net *net = NULL;
  double joint[3];
  int status = bl_laplace_clone(&earlier, w->la, s);
  if (!status) status = bl_net_clone(&net, w->net);
  if (!status) status = bl_net_prior_posterior(&prior, &anchor, net, earlier, s);
  if (!status)
    status = bl_trainer_new(&trainer, net, w->X, w->y, NULL, N, prior, anchor, sigmas, 1, optimizer_find("lm"), 0, 0,
                            1e-8, 1, s);
  if (!status) status = bl_trainer_step(trainer, s);
  if (!status) status = bl_trainer_log_joint(trainer, joint, s);
  if (!status) status = bl_laplace_set_prior_posterior(w->la, earlier, s);
  bl_trainer_free(trainer);
  bl_anchor_free(anchor);
  bl_prior_free(prior);
  bl_net_free(net);
  bl_laplace_free(earlier);
  return status;
}
static int op_tune(bl_world *w, bl_arena *s) {
  double precision[4], sigma[1], evidence;
  int edge[5], evaluations;
  const int status = bl_laplace_tune(w->la, precision, sigma, &evidence, edge, &evaluations, 1, 0, s);
  return status ? status : bl_laplace_tune(w->la, precision, sigma, &evidence, edge, &evaluations, 4, 0, s);
}
static int op_state(bl_world *w, bl_arena *s) {
  static unsigned char bytes[65536];
  const int size = bl_laplace_state(w->la, bytes, (int)sizeof bytes, s);
  if (size < 0) return -size;
  bl_laplace *copy = NULL;
  const int status = bl_laplace_restore(&copy, w->la, bytes, size, s);
  bl_laplace_free(copy);
  return status;
}
static int op_sketch(bl_world *w, bl_arena *s) {
  enum { MANY = 60, SIDE = 12 };
  double X[MANY * D], y[MANY], parts[EVIDENCE_PARTS];
  float out[SIDE * SIDE], again[SIDE * SIDE];
  double errors[2] = {0, 0}, bound = 0;
  const int fVar = 2;
  for (int i = 0; i < MANY; ++i) {
    for (int j = 0; j < D; ++j) X[i * D + j] = w->X[i % N * D + j] + 0.01 * i;
    y[i] = w->y[i % N];
  }
  bl_laplace *la = NULL;
  int status = bl_laplace_new(&la, w->net, "full", "function", CURVATURE_GGN, 0, NULL, 0, 0, 0, 0, 0.0);
  if (!status) status = bl_laplace_fit(la, w->net, X, y, NULL, MANY, 0, s);
  if (!status) status = bl_predict_grid(la, out, errors, box, SIDE, SIDE, 0, SIDE, 0, &fVar, 1, 0, 0.3, 8, 1, s);
  if (!status) CHECK(errors[0] > 0);
  for (int more = 0; more < 2 && !status; ++more) {  // the second begins to keep what the third makes use of
    status = bl_predict_grid(la, again, errors, box, SIDE, SIDE, 0, SIDE, 0, &fVar, 1, 0, 0.3, 8, 1, s);
    if (!status) CHECK(memcmp(out, again, sizeof out) == 0);
  }
  if (!status) status = bl_laplace_set_tolerance(la, 0.3, s);
  if (!status) CHECK(bl_laplace_error_bound(la) > 0);
  if (!status) status = bl_laplace_evidence(la, parts, s);  // asks for the model rows
  if (!status) status = bl_laplace_evidence_at(la, &bound, strong, 1, NULL, 0, s);
  bl_laplace_free(la);
  return status;
}

static const struct {
  const char *name;
  bl_operation run;
} operations[] = {{"net", op_net},
                  {"forward", op_forward},
                  {"jacobian", op_jacobian},
                  {"log likelihood", op_loglik},
                  {"gradient", op_gradient},
                  {"train", op_train},
                  {"new", op_new},
                  {"predict", op_predict},
                  {"joint", op_joint},
                  {"nn", op_nn},
                  {"functions", op_functions},
                  {"grid", op_grid},
                  {"samples", op_samples},
                  {"matrices", op_matrices},
                  {"evidence", op_evidence},
                  {"refit", op_refit},
                  {"reset", op_reset},
                  {"update", op_update},
                  {"downdate", op_downdate},
                  {"prior", op_prior},
                  {"noise", op_noise},
                  {"step", op_step},
                  {"matrix prior", op_matrix},
                  {"tolerance", op_tolerance},
                  {"hessian", op_hessian},
                  {"other structures", op_others},
                  {"posterior as prior", op_posterior_prior},
                  {"tune", op_tune},
                  {"state", op_state},
                  {"sketch", op_sketch}};

static const struct {
  const char *structure, *space;
  int whole;  // every operation, or those that depend on the structure
  int later;
} worlds[] = {{"full", "weight", 1, 0},   {"full", "function", 1, 0}, {"full", "function", 1, 1},
              {"full", "function", 1, 4}, {"kron", "auto", 0, 0},     {"diag", "auto", 0, 0},
              {"lowrank", "auto", 0, 0},  {"lowrank", "auto", 0, 1},  {"gp", "auto", 0, 0},
              {"gp", "auto", 0, 1}};
enum { DEPENDENT = 7 };  // from the operation "predict" on

// With the k-th allocation failing: BL_MEMORY and the same bits as before. Returns 0 once k is past the last
// allocation.
static int fail_at(int at, size_t operation, long k, int *unsupported) {
  bl_arena *calm = bl_arena_new();
  bl_world world, twin;  // the twin tells what the world would, and leaves what that would change in it alone
  for (int i = 0; i < 2; ++i)
    CHECK(calm &&
          world_make(i ? &twin : &world, worlds[at].structure, worlds[at].space, worlds[at].later, calm) == BL_OK);
  double before[STATE], after[STATE];
  world_state(&twin, before, calm);
  world_free(&twin);
  bl_arena *scratch = NULL;
  fired = 0;
  countdown = k;
  scratch = bl_arena_new();
  const int status = scratch ? operations[operation].run(&world, scratch) : BL_MEMORY;
  countdown = -1;
  const long hit = fired;
  bl_arena_free(scratch);
  // an arena that cannot grow geometrically asks once more for what it needs: such a call may still succeed
  *unsupported = status == BL_UNSUPPORTED;
  CHECK(status == BL_OK || *unsupported || (hit && status == BL_MEMORY));
  refused += status == BL_MEMORY;
  if (status != BL_OK) {
    world_state(&world, after, calm);
    CHECK(memcmp(before, after, sizeof before) == 0);
  }
  world_free(&world);
  bl_arena_free(calm);
  return hit != 0;
}

int main(void) {
  long total = 0;
  for (int s = 0; s < (int)(sizeof worlds / sizeof *worlds); s++) {
    for (size_t i = worlds[s].whole ? 0 : DEPENDENT; i < sizeof operations / sizeof *operations; i++) {
      long k = 0;
      int unsupported = 0;
      refused = 0;
      while (fail_at(s, i, k, &unsupported)) k++;
      // every operation allocates at least its arena's first chunk or an object
      if (refused < 1 && !unsupported)
        printf("no allocation was refused in %s (%s %s)\n", operations[i].name, worlds[s].structure, worlds[s].space);
      CHECK(refused >= 1 || unsupported);
      total += k;
    }
  }
  printf("%ld allocations failed in turn\n", total);
  return check_report();
}
