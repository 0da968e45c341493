// structure.c — the table of curvature structures and what is the same for all of them:
//   covariance of the rows' functions  J P⁻¹ J'ᵀ = base·J P0⁻¹ J'ᵀ + sign·Φ Φ'ᵀ,  H as a matrix, copies and their end.
// Copying and freeing are walks over a structure's own list of its arrays, so no structure repeats them.
#include "structure.h"

#include <math.h>
#include <string.h>

#include "kernels.h"
#include "linalg.h"
#include "vmath.h"

#define BL_ROW(row) extern const bl_structure structure_##row;
#include "structure_rows.h"
#undef BL_ROW

#define BL_ROW(row) &structure_##row,
static const bl_structure *const table[] = {
#include "structure_rows.h"
};
#undef BL_ROW

enum { ROWS = (int)(sizeof table / sizeof table[0]), IDENTITY_BLOCK = 64 };

int bl_structure_count(void) { return ROWS; }

const bl_structure *structure_row(int id) { return id >= 0 && id < ROWS ? table[id] : NULL; }

const char *bl_structure_name(int id) { return id >= 0 && id < ROWS ? table[id]->name : NULL; }

const char *bl_structure_space(int id) { return id >= 0 && id < ROWS ? table[id]->space : NULL; }

const char *bl_structure_about(int id) { return id >= 0 && id < ROWS ? table[id]->about : NULL; }

int bl_structure_can(int id) { return id >= 0 && id < ROWS ? (int)table[id]->can : 0; }

static const char *const refusals[] = {
#define STRUCTURE_TEXT(name, text) text,
    STRUCTURE_ABILITIES(STRUCTURE_TEXT)
#undef STRUCTURE_TEXT
};

const char *structure_refusal(const bl_structure *is, unsigned needs) {
  for (int bit = 0; bit < STRUCTURE_ABILITY_COUNT; ++bit)
    if (needs & ~is->can & (1u << bit)) return refusals[bit];
  return NULL;
}

static double forecast(int id, const bl_net *net, int first, int n, int k, int of_bytes) {
  bl_active active;
  if (!structure_row(id) || active_init(&active, net, first, NULL, 0) != BL_OK) return 0.0;
  return of_bytes ? table[id]->bytes(&active, n, k) : table[id]->cost(&active, n, k);
}

double bl_structure_cost(int id, const bl_net *net, int first, int n, int k) {
  return forecast(id, net, first, n, k, 0);
}

double bl_structure_bytes(int id, const bl_net *net, int first, int n, int k) {
  return forecast(id, net, first, n, k, 1);
}

// ---- life of a structure

static int free_ints(bl_visitor *visitor, int *values, int count) {
  (void)visitor, (void)values, (void)count;
  return BL_OK;
}

static int free_doubles(bl_visitor *visitor, double **array, int rows, int columns) {
  (void)visitor, (void)rows, (void)columns;
  bl_free(*array);
  *array = NULL;
  return BL_OK;
}

int hess_init(bl_hess *h, const bl_structure *is, const bl_active *active, int k, const bl_hess_options *options) {
  memset(h, 0, sizeof *h);
  h->options = *options;
  h->is = is;
  h->active = *active;
  h->p = active->p;
  h->k = k;
  const int status = is->init(h);
  if (status != BL_OK) hess_release(h);
  return status;
}

void hess_release(bl_hess *h) {
  if (h->own) {
    bl_visitor visitor = {free_ints, free_doubles};
    h->is->fields(h, &visitor);
    h->is->release(h);
  }
  memset(h, 0, sizeof *h);
}

// A copy takes two walks: one lists the original's members, one fills an empty structure from the list.
typedef struct member {
  struct member *next;
  const int *ints;
  const double *doubles;
} member;

typedef struct {
  bl_visitor visitor;
  bl_arena *scratch;
  member *first, **last;
} copier;

static int list_member(copier *c, const int *ints, const double *doubles) {
  member *entry = arena_take(c->scratch, 1, sizeof *entry);
  if (!entry) return BL_MEMORY;
  *entry = (member){NULL, ints, doubles};
  *c->last = entry;
  c->last = &entry->next;
  return BL_OK;
}

static int list_ints(bl_visitor *visitor, int *values, int count) {
  (void)count;
  return list_member((copier *)(void *)visitor, values, NULL);
}

static int list_doubles(bl_visitor *visitor, double **array, int rows, int columns) {
  (void)rows, (void)columns;
  return list_member((copier *)(void *)visitor, NULL, *array);
}

static int paste_ints(bl_visitor *visitor, int *values, int count) {
  copier *c = (copier *)(void *)visitor;
  memcpy(values, c->first->ints, (size_t)count * sizeof *values);
  c->first = c->first->next;
  return BL_OK;
}

static int paste_doubles(bl_visitor *visitor, double **array, int rows, int columns) {
  copier *c = (copier *)(void *)visitor;
  const double *from = c->first->doubles;
  c->first = c->first->next;
  bl_free(*array);
  *array = NULL;
  if (!from || rows == 0 || columns == 0) return BL_OK;
  *array = bl_alloc_doubles(rows, columns);
  if (!*array) return BL_MEMORY;
  memcpy(*array, from, (size_t)rows * (size_t)columns * sizeof **array);
  return BL_OK;
}

int hess_clone(bl_hess *out, const bl_hess *h, const bl_active *active, bl_arena *scratch) {
  int status = hess_init(out, h->is, active, h->k, &h->options);
  if (status != BL_OK) return status;
  const bl_mark mark = bl_arena_mark(scratch);
  bl_hess original = *h;
  copier c = {{list_ints, list_doubles}, scratch, NULL, NULL};
  c.last = &c.first;
  status = h->is->fields(&original, &c.visitor);
  if (status == BL_OK) {
    c.visitor = (bl_visitor){paste_ints, paste_doubles};
    status = h->is->fields(out, &c.visitor);
  }
  bl_arena_release(scratch, mark);
  if (status != BL_OK) {
    hess_release(out);
    return status;
  }
  out->rank = h->rank, out->noise = h->noise;
  out->base = h->base, out->sign = h->sign, out->slack = h->slack;
  out->s = h->s, out->prior = h->prior;
  return BL_OK;
}

// ---- what every structure gives

int hess_merge(bl_hess *h, const bl_hess *other, double factor, bl_arena *scratch) {
  if (h->is == other->is && h->k == other->k) return h->is->merge(h, other, factor, scratch);
  if (!(h->is->can & STRUCTURE_DENSE)) return BL_UNSUPPORTED;
  const bl_mark mark = bl_arena_mark(scratch);
  bl_rows rows = {.k = h->k, .dense = arena_doubles(scratch, h->p, h->p)};
  int status = rows.dense ? hess_dense(other, (double *)rows.dense, 0, h->p, scratch) : BL_MEMORY;
  if (status == BL_OK) status = h->is->absorb(h, &rows, factor, scratch);
  bl_arena_release(scratch, mark);
  return status;
}

int hess_sketch(bl_hess *out, const bl_hess *h, double s, const bl_prior *prior, double tolerance, int whole,
                bl_arena *scratch) {
  return h->is->sketch ? h->is->sketch(out, h, s, prior, tolerance, whole, scratch) : BL_UNSUPPORTED;
}

double hess_bound(const bl_hess *h) { return h->is->bound ? h->is->bound(h) : h->slack; }

int hess_dense(const bl_hess *h, double *H, int from, int to, bl_arena *scratch) {
  const bl_mark mark = bl_arena_mark(scratch);
  const int p = h->p;
  double *E = arena_doubles(scratch, IDENTITY_BLOCK, p);  // rows of the identity
  int status = E ? BL_OK : BL_MEMORY;
  for (; from < to && status == BL_OK; from += IDENTITY_BLOCK) {
    const int m = to - from < IDENTITY_BLOCK ? to - from : IDENTITY_BLOCK;
    memset(E, 0, (size_t)m * (size_t)p * sizeof *E);
    for (int i = 0; i < m; ++i) E[(size_t)i * (size_t)p + (size_t)(from + i)] = 1.0;
    status = h->is->multiply(h, H, E, m, scratch);
    H += (size_t)m * (size_t)p;
  }
  bl_arena_release(scratch, mark);
  return status;
}

// V = base·(prior part, given in V) + sign·Φ Φᵀ in blocks of the k rows of an example; a variance is not negative
static void add_features(const bl_hess *h, double *V, const double *Phi, int n, int k) {
  const size_t kk = (size_t)k * (size_t)k, rank = (size_t)h->rank;
  for (int e = 0; e < n; ++e) {
    double *Ve = V + (size_t)e * kk;
    const double *Pe = Phi + (size_t)e * (size_t)k * rank;
    for (int i = 0; i < k; ++i)
      for (int j = 0; j <= i; ++j) {
        const double prior = h->base > 0.0 ? h->base * Ve[i * k + j] : 0.0;
        const double v = prior + h->sign * k_dot(Pe + (size_t)i * rank, Pe + (size_t)j * rank, h->rank);
        Ve[i * k + j] = Ve[j * k + i] = i == j && v < 0.0 ? 0.0 : v;
      }
  }
}

// rows of different outputs are independent: (n·k, n·k), or a block of it that begins at a whole example
static void keep_apart(double *V, int rows, int columns, int k) {
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < columns; ++j)
      if (i % k != j % k) V[(size_t)i * (size_t)columns + (size_t)j] = 0.0;
}

int hess_variance(const bl_hess *h, double *V, const bl_rows *q, bl_arena *scratch) {
  if (h->is->variance) {
    const int status = h->is->variance(h, V, q, scratch);
    if (h->apart) keep_apart(V, q->n * q->k, q->k, q->k);
    return status;
  }
  const bl_mark mark = bl_arena_mark(scratch);
  const bl_metric metric = prior_metric(h->prior);
  double *Phi = arena_doubles(scratch, q->n * q->k, h->rank);
  int status = Phi ? h->is->features(h, Phi, q, scratch) : BL_MEMORY;
  if (status == BL_OK && h->base > 0.0) status = rows_norms(&h->active, V, q, &metric, scratch);
  if (status == BL_OK) add_features(h, V, Phi, q->n, q->k);
  bl_arena_release(scratch, mark);
  return status;
}

int hess_covariance(const bl_hess *h, double *V, const bl_rows *q, bl_arena *scratch) {
  const bl_mark mark = bl_arena_mark(scratch);
  const bl_metric metric = prior_metric(h->prior);
  const int m = q->n * q->k;
  const size_t size = (size_t)m;
  double *Phi = arena_doubles(scratch, m, h->rank);
  int status = Phi ? h->is->features(h, Phi, q, scratch) : BL_MEMORY;
  if (status == BL_OK && h->base > 0.0) status = rows_gram(&h->active, V, q, q, &metric, scratch);
  if (status == BL_OK) {
    if (h->rank > 0) k_syrk(K_N, V, m, Phi, h->rank, m, h->rank, h->sign, h->base > 0.0 ? 1.0 : 0.0);
    else if (h->base <= 0.0) memset(V, 0, size * size * sizeof *V);
    k_copy_lower(V, m, m);
    for (size_t i = 0; i < size; ++i)
      if (V[i * size + i] < 0.0) V[i * size + i] = 0.0;
    if (h->apart) keep_apart(V, m, m, q->k);
  }
  bl_arena_release(scratch, mark);
  return status;
}

// ---- for the rows of the table

double hess_width(const bl_active *active) {
  double width = 0.0;
  for (int l = active->first; l <= active->last; ++l) width += active->net->size[l] + active->net->size[l + 1];
  return active->index ? active->p : width;
}

// [(LLᵀ)⁻¹]ᵢᵢ = ‖L⁻¹eᵢ‖²; L⁻¹eᵢ begins at element i, so a block of unit vectors needs the trailing part of L only.
int hess_inverse_diagonal(double *v, const double *L, int n, bl_arena *scratch) {
  const bl_mark mark = bl_arena_mark(scratch);
  double *E = arena_doubles(scratch, IDENTITY_BLOCK, n);
  for (int from = 0; from < n && E; from += IDENTITY_BLOCK) {
    const int rest = n - from, m = rest < IDENTITY_BLOCK ? rest : IDENTITY_BLOCK;
    memset(E, 0, (size_t)m * (size_t)rest * sizeof *E);
    for (int i = 0; i < m; ++i) E[(size_t)i * (size_t)rest + (size_t)i] = 1.0;
    k_trsm(K_T, E, rest, L + (size_t)from * (size_t)n + (size_t)from, n, m, rest);
    for (int i = 0; i < m; ++i) {
      const double *row = E + (size_t)i * (size_t)rest;
      v[from + i] = k_dot(row, row, rest);
    }
  }
  bl_arena_release(scratch, mark);
  return E ? BL_OK : BL_MEMORY;
}

double hess_factor_log_det(const double *L, const double *scale, int n) {
  double sum = 0.0;
  for (int i = 0; i < n; ++i) {
    const double pivot = L[(size_t)i * (size_t)n + (size_t)i];
    sum += 2.0 * vm_log1(scale ? pivot / sqrt(scale[i]) : pivot);
  }
  return sum;
}

void hess_clean_spectrum(double *e, int n) {
  const double rounding = n > 0 ? n * 0x1p-52 * e[n - 1] : 0.0;
  for (int i = 0; i < n; ++i)
    if (vm_abs(e[i]) <= rounding) e[i] = 0.0;
}
