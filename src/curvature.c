// curvature.c — the sweep: forward, loss and its gradient in f, the rows of a curvature, into the structure; MLP_BLOCK
// examples at a time.
#include "curvature.h"

#include <string.h>

#include "table.h"
#include "vmath.h"

static int outputs_rows(int k) { return k; }

static int one_row(int k) {
  (void)k;
  return 1;
}

static int ggn_rows(bl_rows *rows, const bl_active *active, const bl_tape *tape, const double *theta,
                    const double *gradient, const double *precision, bl_arena *scratch) {
  (void)gradient;
  const int n = tape->n, k = net_outputs(active->net);
  double *S = arena_doubles(scratch, n * k, k);
  if (!S) return BL_MEMORY;
  likelihood_row(active->net->likelihood)->root(S, tape->f, precision, n, k);
  return rows_of(rows, active, tape, theta, S, k, scratch);
}

static int ef_rows(bl_rows *rows, const bl_active *active, const bl_tape *tape, const double *theta,
                   const double *gradient, const double *precision, bl_arena *scratch) {
  (void)precision;
  return rows_of(rows, active, tape, theta, gradient, 1, scratch);
}

static const bl_curvature table[] = {
    {"ggn", "Generalised Gauss–Newton: the curvature of the linearised network, never negative.", 2, 1, outputs_rows,
     ggn_rows},
    {"ef", "Empirical Fisher: outer products of the examples' gradients; cheap, but it fades where the fit is good.", 4,
     1, one_row, ef_rows},
};

BL_TABLE(bl_curvature, curvature, BL_COUNT(table), &table[id])

int curvature_rows(int curvature, int k) { return table[curvature].rows_per_example(k); }

// one block: its part of loss and gradient (p; or NULL) is added, its rows go into h
static int sweep_block(bl_hess *h, double *loss, double *gradient, const double *theta, const bl_data *data, int from,
                       int n, const bl_curvature *curvature, const double *precision, double sign, bl_arena *scratch) {
  const bl_net *net = h->active.net;
  const bl_likelihood *likelihood = likelihood_row(net->likelihood);
  const int k = net_outputs(net), t = likelihood->targets(k);
  const double *X = data->X + (size_t)from * (size_t)net_inputs(net), *y = data->y + (size_t)from * (size_t)t;
  const double *weight = data->weight ? data->weight + from : NULL;
  bl_tape tape;
  bl_rows rows;
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
  if (gradient) {
    status = rows_of(&rows, &h->active, &tape, theta, df, 1, scratch);
    if (status != BL_OK) return status;
    rows_sum(&h->active, gradient, &rows, weight);
  }
  status = curvature->make(&rows, &h->active, &tape, theta, df, precision, scratch);
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
  if (status == BL_OK) {
    *loss += sign * sum;
    for (size_t i = 0; i < p && slope; ++i) gradient[i] += sign * slope[i];
  }
  bl_arena_release(scratch, mark);
  return status;
}
