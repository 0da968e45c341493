// gram.c — rows kept, found again and taken away; K grown and shrunk with them.
#include "gram.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "status.h"

int gram_init(bl_gram *g, const bl_active *active, int k) {
  memset(g, 0, sizeof *g);
  g->active = *active;
  g->k = k;
  g->A = bl_alloc((size_t)active->net->layers, sizeof *g->A);
  g->D = bl_alloc((size_t)active->net->layers, sizeof *g->D);
  g->key = bl_alloc_doubles(active->p + 1, 1);
  return g->A && g->D && g->key ? BL_OK : BL_MEMORY;
}

void gram_free(bl_gram *g) {
  if (!g->active.net) return;
  for (int l = g->active.first; l <= g->active.last; ++l) {
    if (g->A) bl_free(g->A[l]);
    if (g->D) bl_free(g->D[l]);
  }
  bl_free(g->full);
  bl_free(g->K);
  bl_free(g->key);
  gram_release(g);
}

void gram_release(bl_gram *g) {
  bl_free(g->A);
  bl_free(g->D);
}

// A walk may put arrays of exactly the sizes told in place of these, so spare room is given up before it.
int gram_fields(bl_gram *g, bl_visitor *visitor) {
  if (!g->active.net) return BL_OK;  // never made
  const int *size = g->active.net->size;
  int status = visitor->ints(visitor, &g->held, 1);
  if (status == BL_OK) status = visitor->ints(visitor, &g->in_K, 1);
  const int n = g->capacity = g->held, m = g->in_K * g->k;
  for (int l = g->active.first; g->A && g->D && l <= g->active.last && status == BL_OK; ++l) {
    status = visitor->doubles(visitor, &g->A[l], n, size[l]);
    if (status == BL_OK) status = visitor->doubles(visitor, &g->D[l], n * g->k, size[l + 1]);
  }
  if (status == BL_OK) status = visitor->doubles(visitor, &g->full, n * g->k, g->active.p);
  if (status == BL_OK) status = visitor->doubles(visitor, &g->K, m, m);
  if (status == BL_OK) status = visitor->doubles(visitor, &g->key, g->active.p + 1, 1);
  return status;
}

int gram_size(const bl_gram *g) { return g->held * g->k; }

bl_rows gram_rows(const bl_gram *g) {
  return (bl_rows){g->held, g->k, (const double *const *)g->A, (const double *const *)g->D, NULL, NULL, g->full};
}

int gram_weighted(bl_rows *out, const bl_gram *g, double weight, bl_arena *scratch) {
  double *weights = arena_doubles(scratch, g->held, 1);
  if (!weights) return BL_MEMORY;
  for (int i = 0; i < g->held; ++i) weights[i] = weight;
  *out = gram_rows(g);
  out->weight = weights;
  return BL_OK;
}

void gram_replace(bl_gram *g, double *full, int held) {
  bl_free(g->full);
  g->full = full;
  g->held = held;
  g->in_K = 0;
}

void gram_keep_apart(const bl_gram *g, double *C, int rows) {
  const int m = gram_size(g);
  for (int i = 0; g->apart && i < rows; ++i)
    for (int j = 0; j < m; ++j)
      if (i % g->k != j % g->k) C[(size_t)i * (size_t)m + (size_t)j] = 0.0;
}

static int reserve(bl_gram *g, int n) {
  if (n <= g->capacity) return BL_OK;
  if (n > INT_MAX / 2 / g->k) return BL_MEMORY;
  const int capacity = n < 2 * g->capacity ? 2 * g->capacity : n, first = g->active.first;
  const int *size = g->active.net->size;
  const size_t layers = (size_t)g->active.net->layers, have = (size_t)g->held, k = (size_t)g->k;
  double **A = bl_alloc(layers, sizeof *A), **D = bl_alloc(layers, sizeof *D);
  int ok = A && D;
  for (int l = first; l <= g->active.last && ok; ++l) {
    A[l] = bl_alloc_doubles(capacity, size[l]);
    D[l] = bl_alloc_doubles(capacity * g->k, size[l + 1]);
    ok = A[l] && D[l];
  }
  for (int l = first; l <= g->active.last && ok && have > 0; ++l) {
    memcpy(A[l], g->A[l], have * (size_t)size[l] * sizeof(double));
    memcpy(D[l], g->D[l], have * k * (size_t)size[l + 1] * sizeof(double));
  }
  double **old_A = ok ? g->A : A, **old_D = ok ? g->D : D;
  if (ok) g->A = A, g->D = D, g->capacity = capacity;
  for (int l = first; l <= g->active.last; ++l) {
    if (old_A) bl_free(old_A[l]);
    if (old_D) bl_free(old_D[l]);
  }
  bl_free(old_A);
  bl_free(old_D);
  return ok ? BL_OK : BL_MEMORY;
}

static double weight_of(const bl_rows *rows, int i) { return rows->weight ? rows->weight[i] : 1.0; }

// An example of weight 0 leaves no rows.
int gram_append(bl_gram *g, const bl_rows *rows, int coming) {
  const int *size = g->active.net->size;
  int count = 0;
  for (int i = 0; i < rows->n; ++i) count += weight_of(rows, i) > 0.0;
  if (coming < count) coming = count;
  if (coming > INT_MAX - g->held) return BL_MEMORY;
  const int status = reserve(g, g->held + coming);
  if (status != BL_OK) return status;
  for (int l = g->active.first; l <= g->active.last && !rows->weight; ++l) {
    const size_t held = (size_t)g->held, n = (size_t)count, in = (size_t)size[l], out = (size_t)(g->k * size[l + 1]);
    memcpy(g->A[l] + held * in, rows->A[l], n * in * sizeof(double));
    memcpy(g->D[l] + held * out, rows->D[l], n * out * sizeof(double));
  }
  if (!rows->weight) g->held += count;
  for (int i = 0; i < rows->n && rows->weight; ++i) {
    const double root = sqrt(rows->weight[i]);
    if (!(root > 0.0)) continue;
    const size_t at = (size_t)g->held++, from = (size_t)i;
    for (int l = g->active.first; l <= g->active.last; ++l) {
      const size_t in = (size_t)size[l], out = (size_t)g->k * (size_t)size[l + 1];
      memcpy(g->A[l] + at * in, rows->A[l] + from * in, in * sizeof(double));
      for (size_t j = 0; j < out; ++j) g->D[l][at * out + j] = root * rows->D[l][from * out + j];
    }
  }
  return BL_OK;
}

// A row of a batch has the bits it has alone, so an example seen before comes back with the same (A, D).
static int same(const bl_gram *g, int e, const bl_rows *rows, int i) {
  const int *size = g->active.net->size;
  const double root = sqrt(weight_of(rows, i));
  for (int l = g->active.first; l <= g->active.last; ++l) {
    const size_t in = (size_t)size[l], out = (size_t)g->k * (size_t)size[l + 1];
    const double *A = g->A[l] + (size_t)e * in, *D = g->D[l] + (size_t)e * out;
    const double *a = rows->A[l] + (size_t)i * in, *d = rows->D[l] + (size_t)i * out;
    for (size_t j = 0; j < in; ++j)
      if (A[j] != a[j]) return 0;
    for (size_t j = 0; j < out; ++j)
      if (D[j] != root * d[j]) return 0;
  }
  return 1;
}

// Whole runs at a time.
double *gram_close_gaps(double *to, const double *from, int items, size_t size, const int *gone) {
  for (int i = 0, end; i < items; i = end) {
    for (end = i + 1; end < items && !gone[i] && !gone[end];) ++end;
    if (gone[i]) continue;
    const size_t run = (size_t)(end - i) * size;
    memmove(to, from + (size_t)i * size, run * sizeof *to);
    to += run;
  }
  return to;
}

// in the rows kept and in K every element moves towards the front
void gram_drop(bl_gram *g, const int *gone) {
  const int *size = g->active.net->size;
  const size_t k = (size_t)g->k, width = (size_t)g->in_K * k;
  for (int l = g->active.first; l <= g->active.last; ++l) {
    gram_close_gaps(g->A[l], g->A[l], g->held, (size_t)size[l], gone);
    gram_close_gaps(g->D[l], g->D[l], g->held, k * (size_t)size[l + 1], gone);
  }
  double *to = g->K;
  for (size_t row = 0; row < width; ++row)
    if (!gone[row / k]) to = gram_close_gaps(to, g->K + row * width, g->in_K, k, gone);
  int kept = 0, kept_gram = 0;
  for (int e = 0; e < g->held; ++e) {
    kept += !gone[e];
    kept_gram += !gone[e] && e < g->in_K;
  }
  g->held = kept;
  g->in_K = kept_gram;
}

int gram_find(const bl_gram *g, int *gone, const bl_rows *rows) {
  const int n = g->held;
  for (int e = 0; e < n; ++e) gone[e] = 0;
  for (int i = 0; i < rows->n; ++i) {
    if (!(weight_of(rows, i) > 0.0)) continue;
    int e = 0;
    while (e < n && (gone[e] || !same(g, e, rows, i))) ++e;
    if (e == n) return BL_OPTION;
    gone[e] = 1;
  }
  return BL_OK;
}

int gram_remove(bl_gram *g, const bl_rows *rows, bl_arena *scratch) {
  const bl_mark mark = bl_arena_mark(scratch);
  int *gone = arena_ints(scratch, g->held, 1);
  const int status = gone ? gram_find(g, gone, rows) : BL_MEMORY;
  if (status == BL_OK) gram_drop(g, gone);
  bl_arena_release(scratch, mark);
  return status;
}

int gram_slice(bl_rows *out, const bl_active *active, const bl_rows *rows, int from, int count, bl_arena *scratch) {
  const bl_net *net = active->net;
  const double **A = arena_take(scratch, (size_t)net->layers, sizeof *A);
  const double **D = arena_take(scratch, (size_t)net->layers, sizeof *D);
  if (!A || !D) return BL_MEMORY;
  for (int l = 0; l < net->layers; ++l) {
    const int held = !rows->full && l >= active->first && l <= active->last;
    A[l] = held ? rows->A[l] + (size_t)from * (size_t)net->size[l] : NULL;
    D[l] = held ? rows->D[l] + (size_t)from * (size_t)rows->k * (size_t)net->size[l + 1] : NULL;
  }
  const size_t start = (size_t)from * (size_t)rows->k * (size_t)active->p;
  *out = (bl_rows){count, rows->k, A, D, NULL, NULL, rows->full ? rows->full + start : NULL};
  return BL_OK;
}

// New examples' rows and columns join a copy of K, or all of it is made under a prior that is no multiple of K's.
int gram_extend(bl_gram *g, const bl_prior *prior, bl_arena *scratch) {
  const double ratio = g->in_K > 0 ? prior_key_ratio(g->key, prior) : 0.0, c = ratio > 0.0 ? ratio : 1.0;
  const int from = ratio > 0.0 ? g->in_K : 0, n = g->held, m = n * g->k;
  if (from == n) return BL_OK;
  const size_t size = (size_t)m, old = (size_t)from * (size_t)g->k;
  double *K = bl_alloc_doubles(m, m), *key = bl_alloc_doubles(g->active.p + 1, 1);
  const bl_mark mark = bl_arena_mark(scratch);
  const bl_metric metric = prior_metric(prior);
  const bl_rows all = gram_rows(g);
  bl_rows fresh;
  int status = K && key ? gram_slice(&fresh, &g->active, &all, from, n - from, scratch) : BL_MEMORY;
  if (status == BL_OK) status = rows_gram(&g->active, K + old * size, &fresh, &all, &metric, scratch);
  if (status == BL_OK) gram_keep_apart(g, K + old * size, (n - from) * g->k);
  bl_arena_release(scratch, mark);
  if (status != BL_OK) {
    bl_free(K);
    bl_free(key);
    return status;
  }
  for (size_t i = 0; i < old; ++i) memcpy(K + i * size, g->K + i * old, old * sizeof *K);
  for (size_t i = old; i < size; ++i)
    for (size_t j = 0; j < size; ++j) {
      K[i * size + j] *= c;
      if (j < old) K[j * size + i] = K[i * size + j];
    }
  if (from == 0) prior_key_set(key, 0.0, prior);
  else memcpy(key, g->key, ((size_t)g->active.p + 1) * sizeof *key);
  g->K = K;
  g->key = key;
  g->in_K = n;
  return BL_OK;
}

void gram_choose(bl_gram *g, bl_gram *next, int accept) {
  if (next->key == g->key) return;
  bl_gram *loser = accept ? g : next;
  bl_free(loser->K);
  bl_free(loser->key);
  if (accept) *g = *next;
}

double gram_ratio(const bl_gram *g, const bl_prior *prior) {
  return g->in_K == g->held && g->held > 0 ? prior_key_ratio(g->key, prior) : 0.0;
}

int gram_scaled(const bl_gram *g, double *B, double s, const bl_prior *prior, bl_arena *scratch) {
  const size_t m = (size_t)gram_size(g);
  if (m == 0) return BL_OK;
  const double c = gram_ratio(g, prior);
  double scale = s;
  if (c > 0.0) {
    memcpy(B, g->K, m * m * sizeof *B);
    scale = s / c;
  } else {
    const bl_metric metric = prior_metric(prior);
    const bl_rows all = gram_rows(g);
    const int status = rows_gram(&g->active, B, &all, &all, &metric, scratch);
    if (status != BL_OK) return status;
    gram_keep_apart(g, B, (int)m);
  }
  for (size_t i = 0; i < m * m; ++i) B[i] *= scale;
  return BL_OK;
}
