// mlp.c — forward and backward on batches:  Z_l = A_l W_lᵀ + b_l,  A_{l+1} = act(Z_l);  D_{l−1} = (D_l W_l) ∘
// act'(Z_{l−1}). Rumelhart, Hinton & Williams 1986. Every product is one gemm over the batch; row i has the bits it has
// alone.
#include "mlp.h"

#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "activation.h"
#include "kernels.h"
#include "likelihood.h"
#include "rng.h"
#include "status.h"
#include "vmath.h"

static int parameters(const int *size, int layers, int bias) {
  int64_t p = 0;
  for (int l = 0; l < layers; ++l) {
    p += (int64_t)size[l] * size[l + 1] + (bias ? size[l + 1] : 0);
    if (p > INT_MAX / (int)sizeof(double)) return -1;
  }
  return (int)p;
}

int bl_net_new(bl_net **out, const int *size, int layers, int activation, int likelihood, int bias) {
  const bl_likelihood *row = likelihood_row(likelihood);
  if (!activation_row(activation) || !row || layers < 1) return BL_OPTION;
  for (int l = 0; l <= layers; ++l) {
    if (size[l] < 1) return BL_OPTION;
  }
  if (!row->targets(size[layers])) return BL_OPTION;
  const int p = parameters(size, layers, bias);
  if (p < 0) return BL_MEMORY;
  const size_t count = (size_t)layers;
  bl_net *net = bl_alloc(1, sizeof *net);
  if (!net) return BL_MEMORY;
  *net = (bl_net){.layers = layers, .p = p, .activation = activation, .likelihood = likelihood, .bias = bias != 0};
  net->size = bl_alloc(count + 1, sizeof(int));
  net->weight_at = bl_alloc(count, sizeof(int));
  net->bias_at = bl_alloc(count, sizeof(int));
  net->theta = bl_alloc_doubles(p, 1);
  if (!net->size || !net->weight_at || !net->bias_at || !net->theta) {
    bl_net_free(net);
    return BL_MEMORY;
  }
  memcpy(net->size, size, (count + 1) * sizeof(int));
  int at = 0;
  for (int l = 0; l < layers; ++l) {
    net->weight_at[l] = at;
    at += size[l] * size[l + 1];
    net->bias_at[l] = bias ? at : -1;
    at += bias ? size[l + 1] : 0;
  }
  *out = net;
  return BL_OK;
}

int bl_net_clone(bl_net **out, const bl_net *net) {
  const int status = bl_net_new(out, net->size, net->layers, net->activation, net->likelihood, net->bias);
  if (status == BL_OK) memcpy((*out)->theta, net->theta, (size_t)net->p * sizeof(double));
  return status;
}

void bl_net_free(bl_net *net) {
  if (!net) return;
  bl_free(net->size);
  bl_free(net->weight_at);
  bl_free(net->bias_at);
  bl_free(net->theta);
  bl_free(net);
}

int net_same_shape(const bl_net *a, const bl_net *b) {
  if (a->layers != b->layers || a->activation != b->activation || a->likelihood != b->likelihood || a->bias != b->bias)
    return 0;
  return memcmp(a->size, b->size, (size_t)(a->layers + 1) * sizeof *a->size) == 0;
}

int bl_net_parameter_count(const bl_net *net) { return net->p; }
double *bl_net_theta(bl_net *net) { return net->theta; }
int net_inputs(const bl_net *net) { return net->size[0]; }
int net_outputs(const bl_net *net) { return net->size[net->layers]; }

void bl_net_init(bl_net *net, double seed) {
  memset(net->theta, 0, (size_t)net->p * sizeof(double));
  for (int l = 0; l < net->layers; ++l) {
    const int in = net->size[l], count = in * net->size[l + 1];
    const double gain = l + 1 < net->layers ? activation_row(net->activation)->gain : 1;
    const double bound = gain * sqrt(6.0 / (in + net->size[l + 1]));
    bl_rng rng;
    rng_seed(&rng, seed, (uint64_t)l);
    for (int i = 0; i < count; ++i) net->theta[net->weight_at[l] + i] = bound * (2 * rng_uniform(&rng) - 1);
  }
}

// Z (n, out) = A Wᵀ + b
static void affine(double *Z, const bl_net *net, const double *theta, const double *A, int l, int n) {
  const int in = net->size[l], out = net->size[l + 1];
  const double *b = net->bias ? theta + net->bias_at[l] : NULL;
  double *z = Z;
  for (int i = 0; b && i < n; ++i)
    for (int j = 0; j < out; ++j) *z++ = b[j];
  k_gemm(K_N, K_T, Z, out, A, in, theta + net->weight_at[l], in, n, out, in, 1, b ? 1 : 0);
}

int mlp_forward(bl_tape *tape, const bl_net *net, const double *theta, const double *X, int n, int derivatives,
                bl_arena *scratch) {
  const int L = net->layers;
  const size_t count = (size_t)L;
  *tape = (bl_tape){.n = n};
  tape->A = arena_take(scratch, count, sizeof *tape->A);
  tape->dA = arena_take(scratch, count, sizeof *tape->dA);
  tape->d2A = arena_take(scratch, count, sizeof *tape->d2A);
  if (!tape->A || !tape->dA || !tape->d2A) return BL_MEMORY;
  tape->A[0] = X;
  tape->dA[0] = tape->d2A[0] = NULL;
  for (int l = 0; l < L; ++l) {
    const int width = net->size[l + 1];
    double *Z = arena_doubles(scratch, n, width);
    if (!Z) return BL_MEMORY;
    affine(Z, net, theta, tape->A[l], l, n);
    if (l + 1 == L) {
      tape->f = Z;
      break;
    }
    double *d = derivatives > 0 ? arena_doubles(scratch, n, width) : NULL;
    double *d2 = derivatives > 1 ? arena_doubles(scratch, n, width) : NULL;
    if ((derivatives > 0 && !d) || (derivatives > 1 && !d2)) return BL_MEMORY;
    activation_row(net->activation)->f(n * width, Z, Z, d, d2);
    tape->A[l + 1] = Z;
    tape->dA[l + 1] = d;
    tape->d2A[l + 1] = d2;
  }
  return BL_OK;
}

// m identity rows per example are the seed when none is given
static void seed_rows(double *D, const double *seed, int n, int m, int k) {
  const size_t count = (size_t)n * (size_t)m * (size_t)k;
  if (seed) {
    memcpy(D, seed, count * sizeof(double));
    return;
  }
  memset(D, 0, count * sizeof(double));
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < k; ++j) D[((size_t)i * (size_t)m + (size_t)j) * (size_t)k + (size_t)j] = 1;
  }
}

int mlp_backward(double ***D, const bl_tape *tape, const bl_net *net, const double *theta, const double *seed, int m,
                 int first, bl_arena *scratch) {
  const int L = net->layers, n = tape->n;
  if (n > 0 && m > INT_MAX / n) return BL_MEMORY;
  double **rows = arena_take(scratch, (size_t)L, sizeof *rows);
  if (!rows) return BL_MEMORY;
  for (int l = 0; l < L; ++l) {
    rows[l] = l < first ? NULL : arena_doubles(scratch, n * m, net->size[l + 1]);
    if (l >= first && !rows[l]) return BL_MEMORY;
  }
  seed_rows(rows[L - 1], seed, n, m, net_outputs(net));
  for (int l = L - 1; l > first; --l) {
    const int in = net->size[l], out = net->size[l + 1];
    const double *from = theta + net->weight_at[l];  // what the identity pulls back
    double *pulled = rows[l - 1];
    if (seed || l + 1 < L) {
      k_gemm(K_N, K_N, pulled, in, rows[l], out, from, in, n * m, in, out, 1, 0);
      from = pulled;
    }
    for (int i = 0; i < n; ++i) {
      const double *slope = tape->dA[l] + (size_t)i * (size_t)in, *row = from;
      for (int j = 0; j < m; ++j, pulled += in, row += in) k_times(pulled, row, slope, in);
      if (seed || l + 1 < L) from = pulled;
    }
  }
  *D = rows;
  return BL_OK;
}

int mlp_outputs(const bl_net *net, const double *theta, double *f, const double *X, int n, bl_arena *scratch) {
  const size_t d = (size_t)net_inputs(net), k = (size_t)net_outputs(net);
  const bl_mark mark = bl_arena_mark(scratch);
  int status = BL_OK;
  for (int at = 0; at < n && status == BL_OK; at += MLP_BLOCK) {
    const int rows = n - at < MLP_BLOCK ? n - at : MLP_BLOCK;
    bl_tape tape;
    status = mlp_forward(&tape, net, theta, X + (size_t)at * d, rows, 0, scratch);
    if (status == BL_OK) memcpy(f + (size_t)at * k, tape.f, (size_t)rows * k * sizeof(double));
    bl_arena_release(scratch, mark);
  }
  return status;
}

int bl_net_forward(const bl_net *net, double *f, const double *X, int n, bl_arena *scratch) {
  return mlp_outputs(net, net->theta, f, X, n, scratch);
}
