// mlp.h — the network: layout of θ, initialisation, forward, and one backward pass for k seed rows per example.
//   z_l = W_l a_l + b_l,  a_{l+1} = act(z_l),  the last layer is linear: f = z_{L−1}.
// θ is flat in torch's order: for each layer W_l (out × in, row-major), then b_l (out). A batch of n examples is the
// unit. The bias's 1 is implied, never stored. The net is a shape with a θ; every pass takes θ apart so that trial
// weights need no copy.
#ifndef BL_MLP_H
#define BL_MLP_H

#include "arena.h"

typedef struct bl_net {
  int layers;                  // L, weight layers
  int p;                       // length of θ
  int activation, likelihood;  // ids in their tables
  int bias;                    // 0 or 1
  int *size;                   // (L + 1): d, h1, …, k
  int *weight_at, *bias_at;    // (L) offsets into θ; bias_at[l] = −1 without bias
  double *theta;               // (p)
} bl_net;

// What a forward pass leaves for the backward one; lives in the arena of the pass.
typedef struct {
  int n;
  const double **A;  // [l] (n, in_l): inputs of layer l, A[0] = X
  double **dA;       // [l] (n, in_l): act' where A[l] came from, l ≥ 1; NULL when derivatives = 0
  double **d2A;      // [l] (n, in_l): act'', l ≥ 1; NULL when derivatives < 2
  double *f;         // (n, k)
} bl_tape;

int bl_net_new(bl_net **out, const int *size, int layers, int activation, int likelihood, int bias);
int bl_net_clone(bl_net **out, const bl_net *net);
void bl_net_free(bl_net *net);
int net_same_shape(const bl_net *a, const bl_net *b);  // everything but θ
int bl_net_parameter_count(const bl_net *net);
double *bl_net_theta(bl_net *net);           // (p), for reading and writing
void bl_net_init(bl_net *net, double seed);  // weights uniform(±gain·√(6/(in + out))) (Glorot & Bengio 2010), biases 0

int net_inputs(const bl_net *net);   // d
int net_outputs(const bl_net *net);  // k

// derivatives: 0, 1 or 2. The tape's arrays are taken from scratch (the caller marks and releases).
int mlp_forward(bl_tape *tape, const bl_net *net, const double *theta, const double *X, int n, int derivatives,
                bl_arena *scratch);
// D[l] (n·m, out_l), l = first … L−1: m seed rows per example (n·m, k), in the order example-major, pulled back to z_l.
// D (L pointers) and its arrays are taken from scratch; D[l] for l < first is NULL. seed may be NULL with m = k: the
// identity.
int mlp_backward(double ***D, const bl_tape *tape, const bl_net *net, const double *theta, const double *seed, int m,
                 int first, bl_arena *scratch);

// Plain outputs for any n, in blocks.
int bl_net_forward(const bl_net *net, double *f, const double *X, int n, bl_arena *scratch);  // f (n, k) at net->theta
int mlp_outputs(const bl_net *net, const double *theta, double *f, const double *X, int n, bl_arena *scratch);
int bl_net_jacobian(const bl_net *net, double *J, const double *X, int n,
                    bl_arena *scratch);  // (n, k, p), torch's order

enum { MLP_BLOCK = 256 };  // rows of data that pass through a network at a time

#endif
