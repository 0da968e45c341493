// hessian.c — one column of the Hessian, the direction V (with its bias part v) of the weights, by a forward and a
// backward pass. With x' for the derivative of x along it:
//   z_l' = V_l a_l + W_l a_l' + v_l,   a_{l+1}' = act'(z_l) z_l',   δ' at the top = (∂²l/∂f∂f) f'
//   δ'_{l−1} = (V_lᵀ δ_l + W_lᵀ δ'_l) act'(z) + (W_lᵀ δ_l) act''(z) z'_{l−1}
//   column = ⊕_l [δ'_lᵀ a_l + δ_lᵀ a_l', Σ δ'_l]
// A direction is a unit vector, so V_l a_l is one column of the inputs in one column of the units, and layers before it
// feel nothing.
#include "hessian.h"

#include <string.h>

#include "kernels.h"
#include "status.h"

// Per layer l of the network: what the passes leave.
typedef struct {
  double **D;   // [l] (n, out): δ_l
  double **Wd;  // [l] (n, in): W_lᵀ δ_l, l ≥ 1
  double **az;  // [l] (n, in): a_l', l ≥ 1
  double **dz;  // [l] (n, out): z_l'
  double **Dd;  // [l] (n, out): δ'_l
} passes;

static double **layers_of(const bl_net *net, int n, int inputs, bl_arena *scratch) {
  double **all = arena_take(scratch, (size_t)net->layers, sizeof *all);
  for (int l = 0; l < net->layers && all; ++l) {
    all[l] = arena_doubles(scratch, n, net->size[l + (inputs ? 0 : 1)]);
    if (!all[l]) return NULL;
  }
  return all;
}

// δ_l of the plain gradient, and W_lᵀ δ_l before the activation's slope
static void plain_backward(const passes *t, const bl_net *net, const bl_tape *tape, const double *theta,
                           const double *gradient) {
  const int n = tape->n, L = net->layers;
  memcpy(t->D[L - 1], gradient, (size_t)n * (size_t)net_outputs(net) * sizeof(double));
  for (int l = L - 1; l > 0; --l) {
    const int in = net->size[l], out = net->size[l + 1];
    k_gemm(K_N, K_N, t->Wd[l], in, t->D[l], out, theta + net->weight_at[l], in, n, in, out, 1, 0);
    k_times(t->D[l - 1], t->Wd[l], tape->dA[l], n * in);
  }
}

// where a parameter acts: unit o of layer l, on its input i, or (−1) as its bias
typedef struct {
  int layer, out, in;
} direction;

static void forward(const passes *t, const bl_net *net, const bl_tape *tape, const double *theta, direction v) {
  const int n = tape->n, L = net->layers;
  for (int l = v.layer; l < L; ++l) {
    const int in = net->size[l], out = net->size[l + 1];
    if (l == v.layer) {
      memset(t->dz[l], 0, (size_t)n * (size_t)out * sizeof(double));
      for (int i = 0; i < n; ++i) t->dz[l][i * out + v.out] = v.in < 0 ? 1 : tape->A[l][i * in + v.in];
    } else {
      k_gemm(K_N, K_T, t->dz[l], out, t->az[l], in, theta + net->weight_at[l], in, n, out, in, 1, 0);
    }
    if (l + 1 < L) k_times(t->az[l + 1], tape->dA[l + 1], t->dz[l], n * out);
  }
}

static void backward(const passes *t, const bl_net *net, const bl_tape *tape, const double *theta,
                     const double *curvature, direction v, int first) {
  const int n = tape->n, L = net->layers, k = net_outputs(net);
  for (int i = 0; i < n; ++i)
    for (int a = 0; a < k; ++a) {
      double sum = 0;
      for (int b = 0; b < k; ++b) sum += curvature[(i * k + a) * k + b] * t->dz[L - 1][i * k + b];
      t->Dd[L - 1][i * k + a] = sum;
    }
  for (int l = L - 1; l > first; --l) {
    const int in = net->size[l], out = net->size[l + 1];
    double *pulled = t->Dd[l - 1];
    k_gemm(K_N, K_N, pulled, in, t->Dd[l], out, theta + net->weight_at[l], in, n, in, out, 1, 0);
    for (int i = 0; l == v.layer && v.in >= 0 && i < n; ++i) pulled[i * in + v.in] += t->D[l][i * out + v.out];
    for (int i = 0; i < n * in; ++i) {
      pulled[i] *= tape->dA[l][i];
      if (l > v.layer) pulled[i] += t->Wd[l][i] * tape->d2A[l][i] * t->dz[l - 1][i];
    }
  }
}

// column (P of the net): layers from `first` on
static void collect(const passes *t, double *column, const bl_net *net, const bl_tape *tape, direction v, int first) {
  const int n = tape->n;
  for (int l = first; l < net->layers; ++l) {
    const int in = net->size[l], out = net->size[l + 1];
    double *W = column + net->weight_at[l];
    k_gemm(K_T, K_N, W, in, t->Dd[l], out, tape->A[l], in, out, in, n, 1, 0);
    if (l > v.layer) k_gemm(K_T, K_N, W, in, t->D[l], out, t->az[l], in, out, in, n, 1, 1);
    if (!net->bias) continue;
    double *b = column + net->bias_at[l];
    memset(b, 0, (size_t)out * sizeof *b);
    for (int i = 0; i < n; ++i) k_axpy(b, 1, t->Dd[l] + (size_t)i * (size_t)out, out);
  }
}

int hessian_of(double *H, const bl_active *active, const bl_tape *tape, const double *theta, const double *gradient,
               const double *curvature, bl_arena *scratch) {
  const bl_net *net = active->net;
  const int n = tape->n, first = active->first;
  const size_t p = (size_t)active->p;
  const bl_mark mark = bl_arena_mark(scratch);
  const passes t = {layers_of(net, n, 0, scratch), layers_of(net, n, 1, scratch), layers_of(net, n, 1, scratch),
                    layers_of(net, n, 0, scratch), layers_of(net, n, 0, scratch)};
  double *column = arena_doubles(scratch, net->p, 1);
  const int status = t.D && t.Wd && t.az && t.dz && t.Dd && column ? BL_OK : BL_MEMORY;
  if (status == BL_OK) {
    plain_backward(&t, net, tape, theta, gradient);
    for (int i = 0; i < active->p; ++i) {
      direction v;
      active_place(active, i, &v.layer, &v.out, &v.in);
      forward(&t, net, tape, theta, v);
      backward(&t, net, tape, theta, curvature, v, first);
      collect(&t, column, net, tape, v, first);
      active_take(active, H + (size_t)i * p, column);
    }
    for (size_t i = 0; i < p; ++i)  // symmetric but for the order of additions
      for (size_t j = 0; j < i; ++j) H[i * p + j] = H[j * p + i] = 0.5 * (H[i * p + j] + H[j * p + i]);
  }
  bl_arena_release(scratch, mark);
  return status;
}
