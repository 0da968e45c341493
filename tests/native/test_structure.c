// Every row of the table of structures against plain loops in long double, over random networks, likelihoods,
// curvatures, priors, subsets and sizes on both sides of N·k = p; so weight and function space agree with each other
// too.
// Tolerance: conditions here stay below about 1e4, so 1e-10 leaves a factor 1e2 over 10·ε·cond (docs: Conventions).
#include "check.h"
#include "linalg.h"
#include "problem.h"
#include "structure.h"

static const double TOLERANCE = 1e-10;
static double worst = 0.0;

static const bl_hess_options NO_OPTIONS = {0};

static int near(double error) {
  if (!(error <= worst)) worst = error;
  return error <= TOLERANCE;
}

typedef struct {
  problem q;
  bl_active active;
  int *index;
  bl_prior *prior;
  int curvature;
  const double *w;
  double s;
} setting;

static int sweep(bl_hess *h, const setting *c, int from, int count, double sign, double *loss, double *gradient,
                 bl_arena *scratch) {
  const problem *q = &c->q;
  const bl_data data = {q->X + from * q->d, q->y + from * q->t, c->w ? c->w + from : NULL, count};
  return curvature_sweep(h, loss, gradient, q->net->theta, &data, c->curvature, NULL, sign, scratch);
}

static int filled(bl_hess *h, const setting *c, const bl_structure *is, int batch, bl_arena *scratch) {
  double loss = 0.0;
  int status = hess_init(h, is, &c->active, bl_curvature_rows(c->curvature, c->q.k), &NO_OPTIONS);
  for (int from = 0; from < c->q.n && status == BL_OK; from += batch)
    status = sweep(h, c, from, c->q.n - from < batch ? c->q.n - from : batch, 1.0, &loss, NULL, scratch);
  return status;
}

static int points_of(bl_rows *rows, const setting *c, const double *X, int n, bl_arena *scratch) {
  bl_tape tape;
  const int status = mlp_forward(&tape, c->q.net, c->q.net->theta, X, n, 1, scratch);
  return status == BL_OK ? rows_of(rows, &c->active, &tape, c->q.net->theta, NULL, c->q.k, scratch) : status;
}

// log det and its gradients against the plain ones at (s, prior)
static void check_log_det(const bl_hess *h, const real *H, double s, const bl_prior *prior, bl_arena *scratch) {
  const int p = h->p;
  real *M = calloc((size_t)(p * p), sizeof *M), log_det = naive_inverse(M, H, s, prior->diag, p), slope = 0;
  real *groups = calloc((size_t)prior->groups, sizeof *groups);
  double value = 0.0, d_s = 0.0, *d_prior = doubles(prior->groups);
  for (int i = 0; i < p; ++i) {
    log_det -= logl(prior->diag[i]);
    groups[prior->group_of[i]] += M[i * p + i] - 1 / (real)prior->diag[i];
    for (int j = 0; j < p; ++j) slope += M[i * p + j] * H[j * p + i];
  }
  CHECK(h->is->log_det(h, &value, &d_s, d_prior, scratch) == BL_OK);
  CHECK(near(relative(value, log_det)));
  CHECK(near((double)(fabsl(d_s - slope) * s / (1 + fabsl(slope) * s))));
  CHECK(near(distance(d_prior, groups, prior->groups)));
  double alone = 0.0;
  CHECK(h->is->log_det(h, &alone, NULL, NULL, scratch) == BL_OK && near(relative(alone, log_det)));
  free(M), free(groups), free(d_prior);
}

static void check_posterior(const bl_hess *h, const setting *c, const real *H, const real *M, bl_arena *scratch) {
  enum { POINTS = 4 };
  const int p = h->p, k = c->q.k, m = POINTS * k;
  double *A = doubles(p * p), *Z = doubles(h->noise * h->noise), *X = doubles(h->noise * p), *v = doubles(p);
  real *diagonal = calloc((size_t)p, sizeof *diagonal), *C = calloc((size_t)(m * m), sizeof *C);
  CHECK(hess_dense(h, A, 0, h->p, scratch) == BL_OK && near(distance(A, H, p * p)));
  for (int i = 0; i < p * p; ++i) A[i] = i % p == i / p;
  CHECK(h->is->solve(h, A, p, scratch) == BL_OK && near(distance(A, M, p * p)));
  for (int i = 0; i < p; ++i) diagonal[i] = M[i * p + i];
  CHECK(h->is->diagonal(h, v, scratch) == BL_OK && near(distance(v, diagonal, p)));

  // unit noise in, so XᵀX is the covariance of the draws exactly
  for (int i = 0; i < h->noise; ++i) Z[i * h->noise + i] = 1.0;
  CHECK(h->is->draw(h, X, Z, h->noise, scratch) == BL_OK);
  for (int i = 0; i < p; ++i)
    for (int j = 0; j < p; ++j) {
      A[i * p + j] = 0.0;
      for (int r = 0; r < h->noise; ++r) A[i * p + j] += X[r * p + i] * X[r * p + j];
    }
  CHECK(near(distance(A, M, p * p)));

  // functions at points inside and far outside the data
  bl_rng rng;
  rng_seed(&rng, 77.0, 3);
  double *x = doubles(POINTS * c->q.d), *V = doubles(m * m), *blocks = doubles(POINTS * k * k);
  rng_normal(&rng, x, POINTS * c->q.d);
  for (int i = 0; i < c->q.d; ++i) x[i] = c->q.X[i], x[c->q.d + i] *= 10.0;
  double *J = active_jacobian(&c->active, c->q.net, x, POINTS, scratch);
  const bl_mark mark = bl_arena_mark(scratch);
  bl_rows rows;
  naive_covariance(C, J, M, m, p);
  CHECK(points_of(&rows, c, x, POINTS, scratch) == BL_OK);
  CHECK(hess_covariance(h, V, &rows, scratch) == BL_OK && near(distance(V, C, m * m)));
  CHECK(hess_variance(h, blocks, &rows, scratch) == BL_OK);
  for (int e = 0; e < POINTS; ++e) {
    real *block = calloc((size_t)(k * k), sizeof *block), prior = 0;
    for (int i = 0; i < k * k; ++i) block[i] = C[(e * k + i / k) * m + e * k + i % k];
    for (int i = 0; i < p; ++i) prior += (real)J[e * k * p + i] * J[e * k * p + i] / c->prior->diag[i];
    const double loss_of_digits = (double)(prior / (block[0] > 0 ? block[0] : 1));
    CHECK(distance(blocks + e * k * k, block, k * k) <= fmax(1e-9, 100 * 0x1p-52 * loss_of_digits));
    free(block);
  }
  bl_arena_release(scratch, mark);
  free(A), free(Z), free(X), free(v), free(diagonal), free(C), free(x), free(V), free(blocks), free(J);
}

// what a prepared structure answers, for comparisons bit by bit
static double *answers(const bl_hess *h, int *count, bl_arena *scratch) {
  const int p = h->p;
  double *a = doubles(2 * p * p + p + 1);
  *count = 2 * p * p + p + 1;
  CHECK(hess_dense(h, a, 0, h->p, scratch) == BL_OK);
  for (int i = 0; i < p; ++i) a[p * p + i * p + i] = 1.0;
  CHECK(h->is->solve(h, a + p * p, p, scratch) == BL_OK);
  CHECK(h->is->diagonal(h, a + 2 * p * p, scratch) == BL_OK);
  CHECK(h->is->log_det(h, a + 2 * p * p + p, NULL, NULL, scratch) == BL_OK);
  return a;
}

static void check_changes(const setting *c, const bl_structure *is, const bl_prior *other, const real *H,
                          bl_arena *scratch) {
  bl_hess h, copy;
  double loss = 0.0;
  int count;
  CHECK(filled(&h, c, is, c->q.n, scratch) == BL_OK);
  CHECK(h.is->prepare(&h, c->s, c->prior, WANT_FACTOR, scratch) == BL_OK);
  double *before = answers(&h, &count, scratch), *after;

  // a copy gives the same bits
  CHECK(hess_clone(&copy, &h, &c->active, scratch) == BL_OK);
  after = answers(&copy, &count, scratch);
  CHECK(memcmp(before, after, (size_t)count * sizeof *before) == 0);
  free(after);

  // more data in and out again: as before
  if (is->can & STRUCTURE_DOWNDATE) {
    const int half = (c->q.n + 1) / 2;
    CHECK(sweep(&copy, c, 0, half, 1.0, &loss, NULL, scratch) == BL_OK);
    CHECK(copy.is->prepare(&copy, c->s, c->prior, WANT_FACTOR, scratch) == BL_OK);
    CHECK(sweep(&copy, c, 0, half, -1.0, &loss, NULL, scratch) == BL_OK);
    CHECK(fabs(loss) == 0.0);
    CHECK(copy.is->prepare(&copy, c->s, c->prior, WANT_FACTOR, scratch) == BL_OK);
    after = answers(&copy, &count, scratch);
    CHECK(near(apart(after, before, count)));
    free(after);
  }
  hess_release(&copy);

  // every batch size
  for (int batch = 1; batch <= 7; batch += 6) {
    CHECK(filled(&copy, c, is, batch, scratch) == BL_OK);
    CHECK(copy.is->prepare(&copy, c->s, c->prior, WANT_FACTOR, scratch) == BL_OK);
    after = answers(&copy, &count, scratch);
    CHECK(near(apart(after, before, count)));
    free(after);
    hess_release(&copy);
  }
  free(before);

  // other s, multiples of the prior, another shape of prior: with the factor, with the spectrum, with nothing held
  double *scaled = doubles(c->prior->groups);
  for (int g = 0; g < c->prior->groups; ++g) scaled[g] = 3.0 * c->prior->precision[g];
  bl_prior *multiple = NULL;
  CHECK(bl_prior_new(&multiple, &c->active, scaled, c->prior->groups, c->prior->mean, c->active.p) == BL_OK);
  const bl_prior *priors[] = {c->prior, multiple, other, c->prior};
  for (int i = 0; i < 4; ++i)
    for (int want = 0; want <= (WANT_FACTOR | WANT_SPECTRUM); ++want) {
      const double s = c->s * (1.0 + 0.5 * i);
      CHECK(h.is->prepare(&h, s, priors[i], want, scratch) == BL_OK);
      check_log_det(&h, H, s, priors[i], scratch);
      if (!(want & WANT_FACTOR)) continue;
      real *M = calloc((size_t)(h.p * h.p), sizeof *M);
      double *v = doubles(h.p);
      naive_inverse(M, H, s, priors[i]->diag, h.p);
      CHECK(h.is->diagonal(&h, v, scratch) == BL_OK);
      for (int j = 0; j < h.p; ++j) CHECK(near(relative(v[j], M[j * h.p + j])));
      free(M), free(v);
    }
  // data that come or go under a multiple of the prior, whatever is kept from before
  const int half = (c->q.n + 1) / 2;
  real *M = calloc((size_t)(h.p * h.p), sizeof *M);
  double *S = doubles(h.p * h.p);
  naive_inverse(M, H, c->s, multiple->diag, h.p);
  hess_release(&h);
  CHECK(hess_init(&h, is, &c->active, bl_curvature_rows(c->curvature, c->q.k), &NO_OPTIONS) == BL_OK);
  CHECK(sweep(&h, c, 0, half, 1.0, &loss, NULL, scratch) == BL_OK);
  CHECK(h.is->prepare(&h, c->s, c->prior, WANT_FACTOR, scratch) == BL_OK);
  CHECK(sweep(&h, c, half, c->q.n - half, 1.0, &loss, NULL, scratch) == BL_OK);
  for (int i = 0; i < 3; ++i) {
    CHECK(h.is->prepare(&h, c->s, multiple, WANT_FACTOR, scratch) == BL_OK);
    for (int j = 0; j < h.p * h.p; ++j) S[j] = j % h.p == j / h.p;
    CHECK(h.is->solve(&h, S, h.p, scratch) == BL_OK && near(distance(S, M, h.p * h.p)));
    CHECK(sweep(&h, c, i, 2, i % 2 ? 1.0 : -1.0, &loss, NULL, scratch) == BL_OK);
    CHECK(h.is->prepare(&h, c->s, i ? c->prior : multiple, WANT_FACTOR, scratch) == BL_OK);
    CHECK(sweep(&h, c, i, 2, i % 2 ? -1.0 : 1.0, &loss, NULL, scratch) == BL_OK);
  }
  // what remains when some are gone for good: the curvature of the rest
  problem rest = c->q;
  rest.X += 2 * rest.d, rest.y += 2 * rest.t, rest.n -= 2;
  real *R = naive_curvature(&rest, &c->active, c->curvature, c->w ? c->w + 2 : NULL, NULL, scratch);
  naive_inverse(M, R, c->s, c->prior->diag, h.p);
  CHECK(h.is->prepare(&h, c->s, c->prior, WANT_FACTOR, scratch) == BL_OK);
  CHECK(sweep(&h, c, 0, 2, -1.0, &loss, NULL, scratch) == BL_OK);
  CHECK(h.is->prepare(&h, c->s, c->prior, WANT_FACTOR, scratch) == BL_OK);
  for (int j = 0; j < h.p * h.p; ++j) S[j] = j % h.p == j / h.p;
  CHECK(h.is->solve(&h, S, h.p, scratch) == BL_OK && near(distance(S, M, h.p * h.p)));
  free(R), free(M), free(S);
  bl_prior_free(multiple);
  free(scaled);
  hess_release(&h);
}

// an example never seen is refused by what keeps its rows, and nothing changes
static void check_refusal(const setting *c, const bl_structure *is, bl_arena *scratch) {
  bl_hess h;
  double loss = 0.0;
  int count;
  CHECK(filled(&h, c, is, c->q.n, scratch) == BL_OK);
  CHECK(h.is->prepare(&h, c->s, c->prior, WANT_FACTOR, scratch) == BL_OK);
  double *before = answers(&h, &count, scratch);
  const double kept = c->q.X[0], weight = c->q.w[0];
  c->q.X[0] += 0x1p-40, c->q.w[0] = 1.0;
  if (strcmp(is->space, "function") == 0) {
    CHECK(sweep(&h, c, 0, 1, -1.0, &loss, NULL, scratch) == BL_OPTION);
    double *after = answers(&h, &count, scratch);
    CHECK(memcmp(before, after, (size_t)count * sizeof *before) == 0);
    free(after);
  }
  c->q.X[0] = kept, c->q.w[0] = weight;
  free(before);
  hess_release(&h);
}

static void check_empty(const setting *c, const bl_structure *is, bl_arena *scratch) {
  bl_hess h;
  double value = 1.0, slope = 1.0, *d_prior = doubles(c->prior->groups), *v = doubles(c->active.p);
  CHECK(hess_init(&h, is, &c->active, bl_curvature_rows(c->curvature, c->q.k), &NO_OPTIONS) == BL_OK);
  CHECK(h.is->prepare(&h, c->s, c->prior, WANT_FACTOR | WANT_SPECTRUM, scratch) == BL_OK);
  CHECK(h.is->log_det(&h, &value, &slope, d_prior, scratch) == BL_OK);
  CHECK(fabs(value) <= 1e-13 * h.p && fabs(slope) <= 1e-13 * h.p);
  CHECK(h.is->diagonal(&h, v, scratch) == BL_OK);
  for (int i = 0; i < h.p; ++i) CHECK(near(relative(v[i], c->prior->variance[i])));
  hess_release(&h);
  free(d_prior), free(v);
}

static void run(setting *c, const bl_prior *other, bl_arena *scratch) {
  const int p = c->active.p;
  real *H = naive_curvature(&c->q, &c->active, c->curvature, c->w, NULL, scratch),
       *M = calloc((size_t)(p * p), sizeof *M);
  naive_inverse(M, H, c->s, c->prior->diag, p);
  for (int id = 0; id < bl_structure_count(); ++id) {
    const bl_structure *is = structure_row(id);
    bl_hess h;
    if (!(is->can & STRUCTURE_EXACT)) continue;
    CHECK(filled(&h, c, is, c->q.n, scratch) == BL_OK);
    CHECK(h.is->prepare(&h, c->s, c->prior, WANT_FACTOR, scratch) == BL_OK);
    check_posterior(&h, c, H, M, scratch);
    check_log_det(&h, H, c->s, c->prior, scratch);
    hess_release(&h);
    check_changes(c, is, other, H, scratch);
    check_refusal(c, is, scratch);
    check_empty(c, is, scratch);
  }
  free(H), free(M);
}

// The Kronecker blocks written out: B ⊗ A on the weights of a layer, B on its bias, from the rows of the whole data
static real *naive_kron(const setting *c, bl_arena *scratch) {
  const bl_net *net = c->q.net;
  const int n = c->q.n, p = c->active.p;
  real *H = calloc((size_t)(p * p), sizeof *H), examples = 0;
  double *loss = doubles(n), *g = doubles(n * c->q.k);
  const bl_mark mark = bl_arena_mark(scratch);
  bl_tape tape;
  bl_rows rows;
  CHECK(mlp_forward(&tape, net, net->theta, c->q.X, n, 1, scratch) == BL_OK);
  likelihood_row(net->likelihood)->loss(loss, g, tape.f, c->q.y, NULL, n, c->q.k);
  const bl_sweep block = {&c->active, &tape, NULL, net->theta, c->q.y, NULL, g, NULL, 0};
  CHECK(curvature_row(c->curvature)->make(&rows, &block, scratch) == BL_OK);
  for (int e = 0; e < n; ++e) examples += c->w ? c->w[e] : 1.0;
  for (int l = c->active.first; l <= c->active.last; ++l) {
    const int in = net->size[l], out = net->size[l + 1], at = net->weight_at[l] - c->active.from;
    real *A = calloc((size_t)(in * in), sizeof *A), *B = calloc((size_t)(out * out), sizeof *B);
    for (int e = 0; e < n; ++e) {
      const real w = c->w ? c->w[e] : 1.0;
      const double *a = rows.A[l] + e * in;
      for (int i = 0; i < in * in; ++i) A[i] += w * a[i / in] * a[i % in];
      for (int r = 0; r < rows.k; ++r) {
        const double *d = rows.D[l] + (e * rows.k + r) * out;
        for (int i = 0; i < out * out; ++i) B[i] += w * d[i / out] * d[i % out];
      }
    }
    for (int o = 0; o < out; ++o)
      for (int u = 0; u < out; ++u) {
        for (int i = 0; i < in; ++i)
          for (int j = 0; j < in; ++j)
            H[(at + o * in + i) * p + at + u * in + j] = B[o * out + u] * A[i * in + j] / (examples > 0 ? examples : 1);
        if (net->bias) H[(at + in * out + o) * p + at + in * out + u] = B[o * out + u];
      }
    free(A), free(B);
  }
  bl_arena_release(scratch, mark);
  free(loss), free(g);
  return H;
}

// What of H an approximation stands for, in long double: by its definition, or, where none stands here, as the
// structure itself multiplies with it. The low rank is held against H: H_r(H − H_r) = 0, and its trace is that of H's
// largest eigenvalues.
static real *reference_of(const bl_hess *h, const setting *c, const real *H, bl_arena *scratch) {
  const int p = h->p;
  if (strcmp(h->is->name, "kron") == 0) return naive_kron(c, scratch);
  real *R = calloc((size_t)(p * p), sizeof *R);
  const int diagonal_only = strcmp(h->is->name, "diag") == 0;
  if (diagonal_only || strcmp(h->is->name, "gp") == 0) {
    for (int i = 0; i < p * p; ++i) R[i] = diagonal_only && i % p != i / p ? 0 : H[i];
    return R;
  }
  double *dense = doubles(p * p), *all = doubles(p * p), *e = doubles(p), largest = 0.0, trace = 0.0, top = 0.0;
  CHECK(hess_dense(h, dense, 0, h->p, scratch) == BL_OK);
  for (int i = 0; i < p * p; ++i) R[i] = dense[i], all[i] = (double)H[i];
  const int low_rank = strcmp(h->is->name, "lowrank") == 0;
  for (int i = 0; i < p; ++i) largest = fmax(largest, fabs(all[i * p + i])), trace += dense[i * p + i];
  for (int i = 0; i < p && low_rank; ++i)
    for (int j = 0; j < p; ++j) {
      real product = 0;
      for (int l = 0; l < p; ++l) product += R[i * p + l] * (H[l * p + j] - R[l * p + j]);
      CHECK((double)fabsl(product) <= 1e-10 * (1 + largest * largest * p));
    }
  CHECK(la_eigvals(all, e, p, scratch) == BL_OK);
  const int rank = h->options.rank > 0 && h->options.rank < p ? h->options.rank : p;
  for (int i = p - rank; i < p; ++i) top += e[i] > 1e-6 ? e[i] : 0.0;
  CHECK(!low_rank || fabs(trace - top) <= 1e-10 * (1 + top));
  free(dense), free(all), free(e);
  return R;
}

// The structures that approximate: every operation against the matrix they stand for, in batches of any size, with data
// added and taken away, merged, and copied.
static void run_others(setting *c, bl_arena *scratch) {
  static const bl_hess_options variants[] = {{0}, {.rank = 3}};
  const int p = c->active.p, k = bl_curvature_rows(c->curvature, c->q.k);
  real *H = naive_curvature(&c->q, &c->active, c->curvature, c->w, NULL, scratch);
  const unsigned needs =
      (c->active.index ? STRUCTURE_INDEXED : 0) | (c->prior->kind == PRIOR_EACH ? STRUCTURE_DIAG_PRIOR : 0);
  for (int id = 0; id < bl_structure_count(); ++id)
    for (int variant = 0; variant < 2; ++variant) {
      const bl_structure *is = structure_row(id);
      if (is->can & STRUCTURE_EXACT || (variant > 0 && strcmp(is->name, "lowrank") != 0)) continue;
      if (structure_refusal(is, needs)) continue;
      bl_hess h, parts, copy;
      double loss = 0.0;
      int count;
      CHECK(hess_init(&h, is, &c->active, k, &variants[variant]) == BL_OK);
      CHECK(sweep(&h, c, 0, c->q.n, 1.0, &loss, NULL, scratch) == BL_OK);
      CHECK(h.is->prepare(&h, c->s, c->prior, WANT_FACTOR, scratch) == BL_OK);
      real *R = reference_of(&h, c, H, scratch), *M = calloc((size_t)(p * p), sizeof *M);
      naive_inverse(M, R, c->s, c->prior->diag, p);
      check_posterior(&h, c, R, M, scratch);
      check_log_det(&h, R, c->s, c->prior, scratch);
      double *before = answers(&h, &count, scratch);
      // three at a time, an example twice and away again
      CHECK(hess_init(&parts, is, &c->active, k, &variants[variant]) == BL_OK);
      for (int from = 0; from < c->q.n; from += 3)
        CHECK(sweep(&parts, c, from, c->q.n - from < 3 ? c->q.n - from : 3, 1.0, &loss, NULL, scratch) == BL_OK);
      CHECK(sweep(&parts, c, 1, 2, 1.0, &loss, NULL, scratch) == BL_OK);
      CHECK(parts.is->prepare(&parts, c->s, c->prior, WANT_FACTOR, scratch) == BL_OK);
      CHECK(sweep(&parts, c, 1, 2, -1.0, &loss, NULL, scratch) == BL_OK);
      CHECK(parts.is->prepare(&parts, c->s, c->prior, WANT_FACTOR | WANT_SPECTRUM, scratch) == BL_OK);
      double *after = answers(&parts, &count, scratch);
      for (int i = 0; i < count; ++i) CHECK(near(relative(after[i], before[i])));
      free(after);
      // half of it twice is all of it
      CHECK(hess_clone(&copy, &h, &c->active, scratch) == BL_OK);
      after = answers(&copy, &count, scratch);
      CHECK(memcmp(before, after, (size_t)count * sizeof *before) == 0);
      free(after);
      hess_release(&parts);
      CHECK(hess_init(&parts, is, &c->active, k, &variants[variant]) == BL_OK);
      for (int i = 0; i < 2; ++i) CHECK(hess_merge(&parts, &copy, 0.5, scratch) == BL_OK);
      CHECK(parts.is->prepare(&parts, c->s, c->prior, WANT_FACTOR, scratch) == BL_OK);
      after = answers(&parts, &count, scratch);
      for (int i = 0; i < count; ++i) CHECK(near(relative(after[i], before[i])));
      free(before), free(after), free(R), free(M);
      hess_release(&h);
      hess_release(&parts);
      hess_release(&copy);
      check_empty(c, is, scratch);
    }
  free(H);
}

// precisions between ½ and 2
static bl_prior *random_prior(const bl_active *active, int kind, bl_rng *rng) {
  const int counts[] = {1, tensors_of(active), active->p};
  double *precision = doubles(counts[kind]), zero = 0.0;
  bl_prior *prior = NULL;
  for (int i = 0; i < counts[kind]; ++i) precision[i] = 0.5 + 1.5 * rng_uniform(rng);
  CHECK(bl_prior_new(&prior, active, precision, counts[kind], &zero, 1) == BL_OK);
  free(precision);
  return prior;
}

// Almost noiseless data, some of them twice: at the data the posterior keeps 1e-10 of the prior variance and less. The
// tolerance is the one of the conventions, and no variance is 0.
static void check_cancellation(bl_rng *rng, bl_arena *scratch) {
  const int size[] = {2, 4, 2}, n = 24;
  setting c = {.curvature = CURVATURE_GGN};
  c.q = problem_new(size, 2, activation_find("tanh"), likelihood_find("gaussian"), 1, n, rng);
  memcpy(c.q.X, c.q.X + 2, 2 * sizeof *c.q.X);
  CHECK(active_init(&c.active, c.q.net, 0, NULL, 0) == BL_OK);
  c.prior = random_prior(&c.active, PRIOR_TENSOR, rng);
  const int p = c.active.p, k = c.q.k;
  real *H = naive_curvature(&c.q, &c.active, c.curvature, NULL, NULL, scratch), *M = calloc((size_t)(p * p), sizeof *M);
  real *C = calloc((size_t)(k * k), sizeof *C);
  double *V = doubles(n * k * k), *J = active_jacobian(&c.active, c.q.net, c.q.X, n, scratch), hardest = 1.0;
  for (c.s = 1e4; c.s < 1e15; c.s *= 100.0) {
    naive_inverse(M, H, c.s, c.prior->diag, p);
    for (int id = 0; id < bl_structure_count(); ++id) {
      if (!(structure_row(id)->can & STRUCTURE_EXACT)) continue;
      bl_hess h;
      bl_rows rows;
      const bl_mark mark = bl_arena_mark(scratch);
      CHECK(filled(&h, &c, structure_row(id), n, scratch) == BL_OK);
      CHECK(h.is->prepare(&h, c.s, c.prior, WANT_FACTOR, scratch) == BL_OK);
      CHECK(points_of(&rows, &c, c.q.X, n, scratch) == BL_OK && hess_variance(&h, V, &rows, scratch) == BL_OK);
      for (int e = 0; e < n; ++e) {
        naive_covariance(C, J + e * k * p, M, k, p);
        for (int i = 0; i < k; ++i) {
          const double v = V[(e * k + i) * k + i];
          real prior = 0;
          for (int j = 0; j < p; ++j) prior += (real)J[(e * k + i) * p + j] * J[(e * k + i) * p + j] / c.prior->diag[j];
          const double loss_of_digits = (double)(prior / C[i * k + i]);
          if (loss_of_digits > hardest) hardest = loss_of_digits;
          CHECK(v > 0.0 &&
                (double)(fabsl(v - C[i * k + i]) / C[i * k + i]) <= fmax(1e-9, 100 * 0x1p-52 * loss_of_digits));
          for (int j = 0; j < i; ++j) {
            const double w = V[(e * k + j) * k + j], cross = V[(e * k + i) * k + j];
            CHECK(cross * cross <= v * w * (1.0 + 1e-12));
          }
        }
      }
      bl_arena_release(scratch, mark);
      hess_release(&h);
    }
  }
  CHECK(hardest > 1e12);

  // With less and less noise, more rows than parameters: a factor that may fail is tried when it is asked for, so what
  // was accepted answers, and what is refused changes nothing.
  bl_hess less;
  int answered = 0, refused = 0;
  CHECK(filled(&less, &c, structure_row(structure_find("full", "function", 0, &c.active, n, k)), n, scratch) == BL_OK);
  for (double s = 1.0; s < 1e30; s *= 100.0) {
    const double before = less.s;
    const int status = less.is->prepare(&less, s, c.prior, WANT_FACTOR, scratch);
    CHECK(status == BL_OK || (status == BL_NOT_PD && less.s == before));
    CHECK(less.is->diagonal(&less, V, scratch) == BL_OK);
    answered += status == BL_OK, refused += status != BL_OK;
  }
  CHECK(answered > 5 && refused > 0);
  hess_release(&less);

  // One example and hardly any noise: at it P⁻¹ gives (s·I + K⁻¹)⁻¹ ≈ I/s, 1e-20 of the prior variance. No weight-space
  // factor exists at this condition.
  bl_hess h;
  bl_rows row;
  double loss = 0.0;
  const int id = structure_find("full", "function", 0, &c.active, 1, k);
  c.s = 1e20;
  CHECK(hess_init(&h, structure_row(id), &c.active, k, &NO_OPTIONS) == BL_OK);
  CHECK(sweep(&h, &c, 0, 1, 1.0, &loss, NULL, scratch) == BL_OK);
  CHECK(h.is->prepare(&h, c.s, c.prior, WANT_FACTOR, scratch) == BL_OK);
  CHECK(points_of(&row, &c, c.q.X, 1, scratch) == BL_OK && hess_variance(&h, V, &row, scratch) == BL_OK);
  CHECK(fabs(V[0] * c.s - 1.0) <= 1e-9 && fabs(V[3] * c.s - 1.0) <= 1e-9);
  CHECK(fabs(V[1]) * c.s <= 1.0 + 1e-9 && V[1] * c.s == V[2] * c.s);
  hess_release(&h);
  bl_prior_free(c.prior);
  problem_free(&c.q);
  free(H), free(M), free(C), free(V), free(J);
}

// the gradient and loss of the sweep against sums over examples
static void check_sums(const setting *c, bl_arena *scratch) {
  const problem *q = &c->q;
  const int n = q->n, k = q->k, p = c->active.p;
  double *f = doubles(n * k), *loss = doubles(n), *g = doubles(n * k), sum = 0.0, *gradient = doubles(p);
  real *expected = calloc((size_t)p, sizeof *expected), total = 0;
  double *J = active_jacobian(&c->active, q->net, q->X, n, scratch);
  CHECK(bl_net_forward(q->net, f, q->X, n, scratch) == BL_OK);
  likelihood_row(q->net->likelihood)->loss(loss, g, f, q->y, NULL, n, k);
  for (int e = 0; e < n; ++e) {
    total += (c->w ? c->w[e] : 1.0) * loss[e];
    for (int j = 0; j < k; ++j)
      for (int i = 0; i < p; ++i) expected[i] += (c->w ? c->w[e] : 1.0) * (real)g[e * k + j] * J[(e * k + j) * p + i];
  }
  bl_hess h;
  CHECK(hess_init(&h, structure_row(0), &c->active, bl_curvature_rows(c->curvature, k), &NO_OPTIONS) == BL_OK);
  CHECK(sweep(&h, c, 0, n, 1.0, &sum, gradient, scratch) == BL_OK);
  CHECK(near(relative(sum, total)));
  CHECK(near(distance(gradient, expected, p)));
  hess_release(&h);
  free(f), free(loss), free(g), free(gradient), free(expected), free(J);
}

static int chosen(const int *size, int layers, unsigned needs, int n, int k, const char *space) {
  bl_net *net = NULL;
  bl_active active;
  CHECK(bl_net_new(&net, size, layers, 0, likelihood_find(k > 1 ? "categorical" : "bernoulli"), 1) == BL_OK);
  CHECK(active_init(&active, net, 0, NULL, 0) == BL_OK);
  const int row = structure_find("full", "auto", needs, &active, n, k);
  for (int id = 0; id < bl_structure_count(); ++id) {
    const bl_structure *is = structure_row(id);
    CHECK(is->bytes(&active, 10, 1) > 0.0 && is->cost(&active, 10, 1) > 0.0);
    CHECK(structure_find(is->name, is->space, 0, &active, 10, 1) == id);
    CHECK(bl_structure_cost(id, net, 0, 10, 1) == is->cost(&active, 10, 1));
    CHECK(bl_structure_bytes(id, net, 0, 10, 1) == is->bytes(&active, 10, 1));
  }
  CHECK(structure_find("full", "elsewhere", 0, &active, 1, 1) == -1);
  CHECK(structure_find("none", "auto", 0, &active, 1, 1) == -1);
  bl_net_free(net);
  return row >= 0 && strcmp(bl_structure_space(row), space) == 0;
}

static void check_table(void) {
  for (int id = 0; id < bl_structure_count(); ++id) {
    const bl_structure *is = structure_row(id);
    CHECK(is->name && is->space && is->about && strlen(is->about) > 10);
    CHECK(strcmp(bl_structure_name(id), is->name) == 0 && strcmp(bl_structure_space(id), is->space) == 0);
    CHECK(strcmp(bl_structure_about(id), is->about) == 0 && bl_structure_can(id) == (int)is->can);
    for (int bit = 0; bit < STRUCTURE_ABILITY_COUNT; ++bit) {
      const char *refusal = bl_structure_refusal(is->name, is->space, 1 << bit);
      CHECK((refusal[0] == 0) == ((is->can >> bit & 1) != 0));
    }
  }
  CHECK(structure_row(-1) == NULL && structure_row(bl_structure_count()) == NULL);
  const int wide[] = {2, 40, 45, 1}, small[] = {2, 7, 1}, huge[] = {784, 21, 10};
  CHECK(chosen(wide, 3, 0, 20, 1, "function") && chosen(small, 2, 0, 5000, 1, "weight"));
  CHECK(chosen(huge, 2, 0, 500, 10, "function") && chosen(wide, 3, STRUCTURE_DENSE, 20, 1, "weight"));
}

int main(void) {
  static const double SEED = 20240611.0;
  bl_arena *scratch = bl_arena_new();
  bl_rng rng;
  rng_seed(&rng, SEED, 0);
  check_table();
  for (int trial = 0; trial < 3 * bl_likelihood_count(); ++trial) {
    const int likelihood = trial % bl_likelihood_count(), round = trial / bl_likelihood_count();
    int k = 1 + (round + trial) % 3;
    while (!likelihood_row(likelihood)->targets(k)) k = k % 4 + 1;
    const int hidden = 2 + rng_below(&rng, 3), size[] = {2, hidden, k}, deep[] = {2, 2, hidden, k},
              bias = trial % 5 != 4;
    const int layers = trial % 2 ? 3 : 2, n = round == 0 ? 5 : round == 1 ? 40 : 12;
    setting c = {.curvature = trial % 4 == 3 ? CURVATURE_EF : CURVATURE_GGN, .s = 0.3 + rng_uniform(&rng)};
    c.q = problem_new(layers == 3 ? deep : size, layers, trial % bl_activation_count(), likelihood, bias, n, &rng);
    CHECK(c.q.net != NULL);
    c.w = trial % 3 == 1 ? c.q.w : NULL;
    for (int subset = 0; subset < 3; ++subset) {
      c.index = NULL;
      int count = 0;
      if (subset == 2) {  // every third parameter or so
        c.index = calloc((size_t)c.q.net->p, sizeof(int));
        for (int i = rng_below(&rng, 3); i < c.q.net->p; i += 1 + rng_below(&rng, 4)) c.index[count++] = i;
      }
      CHECK(active_init(&c.active, c.q.net, subset == 1 ? layers - 1 : 0, c.index, count) == BL_OK);
      c.prior = random_prior(&c.active, (trial + subset) % 3, &rng);
      bl_prior *other = random_prior(&c.active, (trial + subset + 1) % 3, &rng);
      run(&c, other, scratch);
      run_others(&c, scratch);
      check_sums(&c, scratch);
      bl_prior_free(c.prior);
      bl_prior_free(other);
      free(c.index);
    }
    problem_free(&c.q);
  }
  check_cancellation(&rng, scratch);
  bl_arena_free(scratch);
  printf("seed %.0f, largest relative error %.1e\n", SEED, worst);
  return check_report();
}
