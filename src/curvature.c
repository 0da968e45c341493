// curvature.c — the sweep: forward, loss and its gradient in f, the rows of a curvature, into the structure; MLP_BLOCK
// examples at a time.
#include "curvature.h"

#include <math.h>
#include <string.h>

#include "kernels.h"
#include "table.h"
#include "vmath.h"

static int outputs_rows(int k) { return k; }

static int one_row(int k) {
  (void)k;
  return 1;
}

// Λ without its off-diagonal has the root diag(√Λ_cc), Λ_cc = Σ_i S_ic²
static void keep_diagonal(double *S, int n, int k) {
  for (; n > 0; --n, S += k * k)
    for (int c = 0; c < k; ++c) {  // column c alone
      double sum = 0.0;
      for (int i = 0; i < k; ++i) {
        sum += S[i * k + c] * S[i * k + c];
        S[i * k + c] = 0.0;
      }
      S[c * k + c] = sqrt(sum);
    }
}

// rows of the network times seed (n, m outputs): of one output they are multiples of those held, if any are
static int seeded(bl_rows *rows, const bl_sweep *b, const double *seed, int m, bl_arena *scratch) {
  const bl_active *active = b->active;
  if (!b->unit) return rows_of(rows, active, b->tape, b->theta, seed, m, scratch);
  double **D = arena_take(scratch, (size_t)active->net->layers, sizeof *D);
  if (!D) return BL_MEMORY;
  for (int l = active->first; l <= active->last; ++l) {
    const int width = active->net->size[l + 1];
    const double *from = b->unit->D[l];
    double *to = D[l] = arena_doubles(scratch, b->unit->n, width);
    if (!to) return BL_MEMORY;
    for (int i = 0; i < b->unit->n; ++i, from += width, to += width) {
      const v2d s = {seed[i], seed[i]};
      int j = 0;
      for (; j + 2 <= width; j += 2) vm_store(to + j, s * vm_load(from + j));
      if (j < width) to[j] = seed[i] * from[j];
    }
  }
  *rows = *b->unit;
  rows->D = (const double *const *)D;
  return BL_OK;
}

static int ggn_rows(bl_rows *rows, const bl_sweep *b, bl_arena *scratch) {
  const bl_net *net = b->active->net;
  const int n = b->tape->n, k = net_outputs(net);
  double *S = arena_doubles(scratch, n * k, k);
  if (!S) return BL_MEMORY;
  likelihood_row(net->likelihood)->root(S, b->tape->f, b->precision, n, k);
  if (b->apart) keep_diagonal(S, n, k);
  return seeded(rows, b, S, k, scratch);
}

static int ef_rows(bl_rows *rows, const bl_sweep *b, bl_arena *scratch) {
  return seeded(rows, b, b->gradient, 1, scratch);
}

static int hessian_matrix(bl_rows *rows, const bl_sweep *b, bl_arena *scratch) {
  const bl_net *net = b->active->net;
  const int n = b->tape->n, k = net_outputs(net), p = b->active->p;
  double *second = arena_doubles(scratch, n * k, k), *first = arena_doubles(scratch, n, k);
  double *H = arena_doubles(scratch, p, p);
  if (!second || !first || !H) return BL_MEMORY;
  likelihood_row(net->likelihood)->hessian(second, b->tape->f, b->y, b->precision, n, k);
  for (int i = 0; i < n; ++i) {
    const double w = b->weight ? b->weight[i] : 1.0;
    for (int j = 0; j < k; ++j) first[i * k + j] = w * b->gradient[i * k + j];
    for (int j = 0; j < k * k; ++j) second[i * k * k + j] *= w;
  }
  *rows = (bl_rows){.n = n, .k = k, .dense = H};
  return hessian_of(H, b->active, b->tape, b->theta, first, second, scratch);
}

static const bl_curvature table[] = {
    {"ggn", "Generalised Gauss–Newton: the curvature of the linearised network, never negative.", 0, 2, 1, outputs_rows,
     ggn_rows},
    {"ef", "Empirical Fisher: outer products of the examples' gradients; cheap, but it fades where the fit is good.", 0,
     4, 1, one_row, ef_rows},
    {"hessian", "The exact Hessian: negative in places unless training has reached a minimum; for small networks.",
     STRUCTURE_DENSE, 2, 2, outputs_rows, hessian_matrix},
};

BL_TABLE(bl_curvature, curvature, BL_COUNT(table), &table[id])

int bl_curvature_needs(int id) { return curvature_row(id) ? (int)table[id].needs : 0; }

int bl_curvature_rows(int curvature, int k) { return table[curvature].rows_per_example(k); }

// one block: its part of loss and gradient (p; or NULL) is added, its rows go into h
static int sweep_block(bl_hess *h, double *loss, double *gradient, const double *theta, const bl_data *data, int from,
                       int n, const bl_curvature *curvature, const double *precision, double sign, bl_arena *scratch) {
  const bl_net *net = h->active.net;
  const bl_likelihood *likelihood = likelihood_row(net->likelihood);
  const int k = net_outputs(net), t = likelihood->targets(k);
  const double *X = data->X + (size_t)from * (size_t)net_inputs(net), *y = data->y + (size_t)from * (size_t)t;
  const double *weight = data->weight ? data->weight + from : NULL;
  bl_tape tape;
  bl_rows rows, unit;
  int status = mlp_forward(&tape, net, theta, X, n, curvature->derivatives, scratch);
  if (status != BL_OK) return status;
  double *l = arena_doubles(scratch, n, 1), *df = arena_doubles(scratch, n, k);
  if (!l || !df) return BL_MEMORY;
  likelihood->loss(l, df, tape.f, y, precision, n, k);
  for (int i = 0; i < n; ++i) {
    if (!vm_finite(l[i])) return BL_NOT_FINITE;
    *loss += weight ? weight[i] * l[i] : l[i];
  }
  if (vm_first_bad(df, n * k) >= 0) return BL_NOT_FINITE;
  bl_sweep block = {&h->active, &tape, NULL, theta, y, weight, df, precision, h->apart};
  if (gradient) {
    if (k == 1) {
      status = rows_of(&unit, &h->active, &tape, theta, NULL, 1, scratch);
      block.unit = &unit;
    }
    if (status == BL_OK) status = seeded(&rows, &block, df, 1, scratch);
    if (status != BL_OK) return status;
    rows_sum(&h->active, gradient, &rows, weight);
  }
  h->coming = data->n - from;
  status = curvature->make(&rows, &block, scratch);
  rows.weight = weight;
  return status == BL_OK ? h->is->absorb(h, &rows, sign, scratch) : status;
}

int curvature_sweep(bl_hess *h, double *loss, double *gradient, const double *theta, const bl_data *data, int curvature,
                    const double *precision, double sign, bl_arena *scratch) {
  const bl_mark mark = bl_arena_mark(scratch);
  const size_t p = (size_t)h->p;
  double sum = 0.0, *slope = gradient ? arena_doubles(scratch, h->p, 1) : NULL;
  int status = !gradient || slope ? BL_OK : BL_MEMORY;
  if (slope) memset(slope, 0, p * sizeof *slope);
  for (int from = 0; from < data->n && status == BL_OK; from += MLP_BLOCK) {
    const bl_mark inner = bl_arena_mark(scratch);
    const int n = data->n - from < MLP_BLOCK ? data->n - from : MLP_BLOCK;
    status = sweep_block(h, &sum, slope, theta, data, from, n, &table[curvature], precision, sign, scratch);
    bl_arena_release(scratch, inner);
  }
  h->coming = 0;
  if (status == BL_OK) {
    *loss += sign * sum;
    if (slope) k_axpy(gradient, sign, slope, h->p);
  }
  bl_arena_release(scratch, mark);
  return status;
}
