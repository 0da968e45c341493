// laplace.c — the life of a posterior: made, given hyper-parameters, fitted, added to, taken from, copied.
// Data change a *copy* of what is held, which replaces it when everything has gone well; so a failed call changes
// nothing.
#include "laplace.h"

#include <limits.h>
#include <string.h>

#include "laplace_own.h"
#include "linalg.h"
#include "vmath.h"

static const double ONE = 1.0, ZERO = 0.0;

static const bl_likelihood *likelihood_of(const bl_laplace *la) { return likelihood_row(la->net->likelihood); }

// ---- made and freed

// no data, in the row that suits n of them
static int held_new(bl_held **out, const bl_laplace *la, int n) {
  const int k = net_outputs(la->net), rows = bl_curvature_rows(la->curvature, k);
  const bl_structure *is = laplace_row(la, laplace_needs(la, la->prior->kind, la->anchor), n);
  int status = is ? held_shell(out, la) : BL_UNSUPPORTED;
  if (status == BL_OK) {
    choose_unit(*out, &la->noise, k);
    status = hess_init(&(*out)->hess, is, &la->active, rows, &la->options);
  }
  if (status != BL_OK) {
    held_free(*out);
    *out = NULL;
  }
  return status;
}

int bl_laplace_new(bl_laplace **out, const bl_net *net, const char *structure, const char *space, int curvature,
                   int first, const int *index, int index_count, int rank, int subset, int independent, double seed) {
  *out = NULL;
  const bl_curvature *kind = curvature_row(curvature);
  if (!kind) return BL_UNSUPPORTED;
  if (!index && (first < 0 || first >= net->layers)) return BL_OPTION;
  if (rank < 0 || subset < 0 || !vm_finite(seed)) return BL_OPTION;
  if (independent && kind->rows_per_example(net_outputs(net)) != net_outputs(net)) return BL_UNSUPPORTED;
  bl_laplace *la = bl_alloc(1, sizeof *la);
  if (!la) return BL_MEMORY;
  la->kept = bl_alloc(1, sizeof *la->kept);
  la->curvature = curvature;
  la->options = (bl_hess_options){rank, subset, independent, seed};
  int status = la->kept ? bl_net_clone(&la->net, net) : BL_MEMORY;
  if (status == BL_OK && index) {
    if (index_count < 1) status = BL_OPTION;
    else if (!(la->index = bl_alloc((size_t)index_count, sizeof *la->index))) status = BL_MEMORY;
    else memcpy(la->index, index, (size_t)index_count * sizeof *la->index);
  }
  if (status == BL_OK) status = active_init(&la->active, la->net, first, la->index, index_count);
  if (status == BL_OK) {
    const unsigned needs = laplace_needs(la, PRIOR_SCALAR, NULL);
    const int row = structure_find(structure, space, needs, &la->active, 1, 1);
    if (row < 0) status = BL_UNSUPPORTED;
    la->structure = bl_structure_name(row);
    la->space = strcmp(space, "auto") == 0 ? "auto" : bl_structure_space(row);
  }
  if (status == BL_OK) status = laplace_read_prior(la, &la->prior, &ONE, 1, &ZERO, 1);
  if (status == BL_OK) {
    la->noise.sigma = bl_alloc_doubles(net_outputs(net), 1);
    la->noise.precision = bl_alloc_doubles(net_outputs(net), 1);
    status = la->noise.sigma && la->noise.precision ? laplace_read_noise(la, &la->noise, &ONE, 1, 1.0) : BL_MEMORY;
  }
  if (status == BL_OK) *out = la;
  else bl_laplace_free(la);
  return status;
}

void bl_laplace_free(bl_laplace *la) {
  if (!la) return;
  held_free(la->held);
  bl_prior_free(la->prior);
  bl_anchor_free(la->anchor);
  bl_net_free(la->net);
  bl_free(la->noise.sigma);
  bl_free(la->noise.precision);
  bl_free(la->index);
  if (la->kept) bl_arena_free(la->kept->arena);
  bl_free(la->kept);
  bl_free(la);
}

int bl_laplace_clone(bl_laplace **out, const bl_laplace *la, bl_arena *scratch) {
  bl_laplace *copy = NULL;
  bl_prior *prior = NULL;
  const bl_hess_options *o = &la->options;
  int status = bl_laplace_new(&copy, la->net, la->structure, la->space, la->curvature, la->active.first, la->index,
                              la->active.p, o->rank, o->subset, o->independent, o->seed);
  *out = NULL;
  if (status != BL_OK) return status;
  const size_t bytes = (size_t)net_outputs(la->net) * sizeof(double);
  memcpy(copy->noise.sigma, la->noise.sigma, bytes);
  memcpy(copy->noise.precision, la->noise.precision, bytes);
  copy->noise.shared = la->noise.shared;
  copy->noise.temperature = la->noise.temperature;
  copy->tolerance = la->tolerance;
  status = prior_clone(&prior, la->prior);
  if (status == BL_OK) {
    bl_prior_free(copy->prior);
    copy->prior = prior;
    if (la->anchor) status = anchor_clone(&copy->anchor, la->anchor, &copy->active, scratch);
  }
  if (status == BL_OK && la->held) {
    status = held_clone(&copy->held, copy, la->held, la->held->hess.is, scratch);
    if (copy->held) copy->held->hess.prior = copy->prior;
    if (status == BL_OK && la->held->joined.is)
      status = laplace_settle(copy, copy->held, &copy->noise, prior, copy->anchor, scratch);
  }
  if (status == BL_OK) *out = copy;
  else bl_laplace_free(copy);
  return status;
}

// ---- data

static int check_data(const bl_laplace *la, const bl_data *data) {
  const int d = net_inputs(la->net), k = net_outputs(la->net), t = likelihood_of(la)->targets(k);
  if (data->n < 1) return BL_SHAPE;
  if (data->n > INT_MAX / (d > t ? d : t)) return BL_MEMORY;
  if (vm_first_bad(data->X, data->n * d) >= 0 || vm_first_bad(data->y, data->n * t) >= 0) return BL_NOT_FINITE;
  if (data->weight && vm_first_bad(data->weight, data->n) >= 0) return BL_NOT_FINITE;
  for (int i = 0; data->weight && i < data->n; ++i)
    if (data->weight[i] < 0.0) return BL_OPTION;
  return likelihood_of(la)->check(data->y, data->n, k) < 0 ? BL_OK : BL_LABEL;
}

static double weight_of(const bl_data *data, int i) { return data->weight ? data->weight[i] : 1.0; }

static int account(const bl_laplace *la, bl_held *held, const bl_data *data, double sign, bl_arena *scratch) {
  const int n = data->n, d = net_inputs(la->net), k = net_outputs(la->net), t = likelihood_of(la)->targets(k);
  const bl_mark mark = bl_arena_mark(scratch);
  double *constant = arena_doubles(scratch, n, 1);
  int status = constant ? BL_OK : BL_MEMORY;
  if (constant) likelihood_of(la)->constant(constant, data->y, 1.0, NULL, n, k);
  for (int i = 0; i < n && status == BL_OK; ++i) {
    const double w = weight_of(data, i);
    const double *x = data->X + (size_t)i * (size_t)d, *y = data->y + (size_t)i * (size_t)t;
    const uint64_t key = example_key(x, d, y, t, w);
    status = sign > 0.0 ? examples_add(&held->kept, key) : examples_remove(&held->kept, key);
    held->examples += sign * w;
    held->constant += sign * w * constant[i];
  }
  bl_arena_release(scratch, mark);
  return status;
}

// of the P that would have been; NaN when there is no memory to tell
static double smallest_eigenvalue(const bl_laplace *la, const bl_held *held, bl_arena *scratch) {
  const size_t p = (size_t)la->active.p;
  double *P = arena_doubles(scratch, la->active.p, la->active.p), *e = arena_doubles(scratch, la->active.p, 1), s, c;
  int status = P && e ? laplace_scales(la, held, &la->noise, &s, &c) : BL_MEMORY;
  if (status == BL_OK) status = hess_dense(&held->hess, P, 0, la->active.p, scratch);
  for (size_t i = 0; i < p && status == BL_OK; ++i)
    for (size_t j = 0; j < p; ++j) P[i * p + j] = c * P[i * p + j] + (i == j ? la->prior->diag[i] : 0.0);
  if (status == BL_OK) status = la_eigvals(P, e, la->active.p, scratch);
  return status == BL_OK ? e[0] : __builtin_nan("");
}

// adds the data to (or takes them from) a copy, prepares it and puts it in the place of what is held
static int change(bl_laplace *la, bl_held *held, const double *theta, const bl_data *data, double sign,
                  bl_arena *scratch) {
  double *precision = NULL;
  const int k = net_outputs(la->net);
  const bl_mark mark = bl_arena_mark(scratch);
  int status = BL_OK;
  if (data) status = account(la, held, data, sign, scratch);
  if (data && !held->shared && status == BL_OK) {
    precision = arena_doubles(scratch, k, 1);
    if (!precision) status = BL_MEMORY;
    for (int j = 0; j < k && precision; ++j) precision[j] = 1.0 / (held->unit[j] * held->unit[j]);
  }
  if (data && status == BL_OK)
    status =
        curvature_sweep(&held->hess, &held->loss, held->gradient, theta, data, la->curvature, precision, sign, scratch);
  if (status == BL_OK) status = laplace_settle(la, held, &la->noise, la->prior, la->anchor, scratch);
  if (status == BL_NOT_PD) la->lowest = smallest_eigenvalue(la, held, scratch);
  bl_arena_release(scratch, mark);
  if (status != BL_OK) {
    held_free(held);
    return status;
  }
  held_free(la->held);
  la->held = held;
  return BL_OK;
}

// the row for n examples: another than the one in use where it is the better one by now and can take the curvature over
static const bl_structure *row_for(const bl_laplace *la, const bl_held *held, int n) {
  const bl_structure *is = laplace_row(la, laplace_needs(la, la->prior->kind, la->anchor), n);
  return is && (is->can & STRUCTURE_DENSE) ? is : held->hess.is;
}

int bl_laplace_reset(bl_laplace *la, const bl_net *net, bl_arena *scratch) {
  bl_held *held = NULL;
  const int fresh = !la->held;
  if (fresh && !net_same_shape(la->net, net)) return BL_SHAPE;
  int status = held_new(&held, la, 0);
  if (status == BL_OK) status = change(la, held, NULL, NULL, 1.0, scratch);
  if (status == BL_OK && fresh) memcpy(la->net->theta, net->theta, (size_t)net->p * sizeof *net->theta);
  return status;
}

int bl_laplace_fit(bl_laplace *la, const bl_net *net, const double *X, const double *y, const double *weight, int n,
                   int add, bl_arena *scratch) {
  const bl_data data = {X, y, weight, n};
  const int adding = add && la->held, refit = !adding && net;
  const double *theta = refit ? net->theta : la->net->theta;
  if (refit && !net_same_shape(la->net, net)) return BL_SHAPE;
  if (vm_first_bad(theta, la->net->p) >= 0) return BL_NOT_FINITE;
  bl_held *held = NULL;
  int status = check_data(la, &data);
  if (status != BL_OK) return status;
  if (adding && la->held->kept.total > 0) {
    if (n > INT_MAX - la->held->kept.total) return BL_MEMORY;
    status = held_clone(&held, la, la->held, row_for(la, la->held, la->held->kept.total + n), scratch);
  } else {
    status = held_new(&held, la, n);
  }
  if (status == BL_OK) status = change(la, held, theta, &data, 1.0, scratch);
  if (status == BL_OK && refit) memcpy(la->net->theta, net->theta, (size_t)net->p * sizeof *net->theta);
  return status;
}

int bl_laplace_downdate(bl_laplace *la, const double *X, const double *y, const double *weight, int n,
                        bl_arena *scratch) {
  const bl_data data = {X, y, weight, n};
  if (!la->held) return BL_NOT_FITTED;
  if (!(la->held->hess.is->can & STRUCTURE_DOWNDATE)) return BL_UNSUPPORTED;
  bl_held *held = NULL;
  int status = check_data(la, &data);
  if (status == BL_OK && n > la->held->kept.total) status = BL_OPTION;
  if (status == BL_OK) status = held_clone(&held, la, la->held, la->held->hess.is, scratch);
  if (status != BL_OK) return status;
  if (n < la->held->kept.total) return change(la, held, la->net->theta, &data, -1.0, scratch);
  status =
      account(la, held, &data, -1.0, scratch);  // all of it: what remains is the prior, without a residue of rounding
  held_free(held);
  return status == BL_OK ? bl_laplace_reset(la, la->net, scratch) : status;
}
