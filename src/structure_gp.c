// structure_gp.c — the network's linearisation as a Gaussian process with kernel J P0⁻¹J'ᵀ, conditioned on a subset of
// the data (Immer, Korzepa & Bauer 2021, "subset of data"): full in function space on that subset.
// The subset is a function of the examples and the seed alone: each example draws a rank from its own rows, and those
// of the lowest rank are taken. So batches, their order, updates and downdates do not change it. With independent
// outputs the kernel between different outputs and the off-diagonal of Λ count as 0; then no posterior over weights
// exists. Without a subset every example is taken and the posterior is exact.
#include "rng.h"
#include "woodbury_pivoted.h"

typedef struct {
  bl_woodbury chosen;
  int settled;  // is the subset chosen from all that is held?
  bl_gram all;  // with a subset: the rows of every example; its K stays empty
} process;

static double cost(const bl_active *active, int n, int k) { return woodbury_cost(active, (double)n * k); }

static double bytes(const bl_active *active, int n, int k) { return woodbury_bytes(active, (double)n * k); }

static int init(bl_hess *h) {
  process *own = bl_alloc(1, sizeof *own);
  h->apart = h->options.independent != 0;
  const int status = woodbury_init(h, own ? &own->chosen : NULL);
  return status == BL_OK ? gram_init(&own->all, &h->active, h->k) : status;
}

// where rows come in: all of them are kept when a subset is to be chosen
static int append(bl_hess *h, const bl_rows *rows) {
  process *own = h->own;
  own->settled = 0;
  return h->options.subset > 0 ? gram_append(&own->all, rows, h->coming) : woodbury_append(h, rows);
}

static int take_away(bl_hess *h, const bl_rows *rows, bl_arena *scratch) {
  process *own = h->own;
  own->settled = 0;
  return h->options.subset > 0 ? gram_remove(&own->all, rows, scratch) : woodbury_remove(h, rows, scratch);
}

static int absorb(bl_hess *h, const bl_rows *rows, double sign, bl_arena *scratch) {
  if (rows->dense) return BL_UNSUPPORTED;
  return sign > 0.0 ? append(h, rows) : take_away(h, rows, scratch);
}

static int merge(bl_hess *h, const bl_hess *other, double factor, bl_arena *scratch) {
  const process *from = other->own;
  const bl_mark mark = bl_arena_mark(scratch);
  bl_rows rows;
  int status = gram_weighted(&rows, h->options.subset > 0 ? &from->all : &from->chosen.gram, factor, scratch);
  if (status == BL_OK) status = append(h, &rows);
  bl_arena_release(scratch, mark);
  return status;
}

static uint64_t rank_of(const bl_hess *h, const bl_gram *all, int e) {
  const int *size = h->active.net->size;
  uint64_t rank = rng_hash(0, &h->options.seed, 1);
  for (int l = h->active.first; l <= h->active.last; ++l) {
    const int in = size[l], out = all->k * size[l + 1];
    rank = rng_hash(rank, all->A[l] + (size_t)e * (size_t)in, in);
    rank = rng_hash(rank, all->D[l] + (size_t)e * (size_t)out, out);
  }
  return rank;
}

static int below(const uint64_t *rank, int n, uint64_t bound) {
  int count = 0;
  for (int e = 0; e < n; ++e) count += rank[e] < bound;
  return count;
}

// the largest bound with no more than `subset` ranks below it, bit by bit
static uint64_t bound_of(const uint64_t *rank, int n, int subset) {
  uint64_t bound = 0;
  for (uint64_t bit = UINT64_C(1) << 63; bit; bit >>= 1)
    if (below(rank, n, bound | bit) <= subset) bound |= bit;
  return bound;
}

static int fill(bl_gram *subset, const bl_hess *h, const uint64_t *rank, int count, bl_arena *scratch) {
  const bl_gram *all = &((const process *)h->own)->all;
  const bl_rows rows = gram_rows(all);
  const uint64_t bound = bound_of(rank, all->held, count);
  int ties = count - below(rank, all->held, bound), status = BL_OK;  // equal examples have equal ranks
  for (int e = 0; e < all->held && status == BL_OK; ++e) {
    if (rank[e] > bound || (rank[e] == bound && ties-- <= 0)) continue;
    const bl_mark mark = bl_arena_mark(scratch);
    bl_rows one;
    status = gram_slice(&one, &h->active, &rows, e, 1, scratch);
    if (status == BL_OK) status = gram_append(subset, &one, 0);
    bl_arena_release(scratch, mark);
  }
  return status;
}

static int choose(bl_hess *h, bl_arena *scratch) {
  process *own = h->own;
  const int n = own->all.held, count = n < h->options.subset ? n : h->options.subset;
  const bl_mark mark = bl_arena_mark(scratch);
  uint64_t *rank = arena_take(scratch, (size_t)n, sizeof *rank);
  bl_gram next;
  int status = gram_init(&next, &h->active, h->k);
  next.apart = h->apart;
  if (!rank) status = BL_MEMORY;
  for (int e = 0; e < n && status == BL_OK; ++e) rank[e] = rank_of(h, &own->all, e);
  if (status == BL_OK) status = fill(&next, h, rank, count, scratch);
  bl_arena_release(scratch, mark);
  gram_free(status == BL_OK ? &own->chosen.gram : &next);
  if (status != BL_OK) return status;
  own->chosen.gram = next;
  own->settled = 1;
  woodbury_changed(h);
  return BL_OK;
}

static int prepare(bl_hess *h, double s, const bl_prior *prior, int want, bl_arena *scratch) {
  const int late = h->options.subset > 0 && !((const process *)h->own)->settled;
  const int status = late ? choose(h, scratch) : BL_OK;
  return status == BL_OK ? woodbury_prepare(h, s, prior, want, scratch) : status;
}

// ---- what needs a posterior over weights

static int multiply(const bl_hess *h, double *Y, const double *X, int m, bl_arena *scratch) {
  return h->apart ? BL_UNSUPPORTED : woodbury_multiply(h, Y, X, m, scratch);
}

static int solve(const bl_hess *h, double *X, int m, bl_arena *scratch) {
  return h->apart ? BL_UNSUPPORTED : woodbury_solve(h, X, m, scratch);
}

static int diagonal(const bl_hess *h, double *v, bl_arena *scratch) {
  return h->apart ? BL_UNSUPPORTED : woodbury_diagonal(h, v, scratch);
}

static int draw(const bl_hess *h, double *X, const double *Z, int m, bl_arena *scratch) {
  return h->apart ? BL_UNSUPPORTED : woodbury_draw(h, X, Z, m, scratch);
}

static int fields(bl_hess *h, bl_visitor *visitor) {
  process *own = h->own;
  int status = visitor->ints(visitor, &own->settled, 1);
  if (status == BL_OK) status = gram_fields(&own->all, visitor);
  return status == BL_OK ? woodbury_fields(h, visitor) : status;
}

static void release(bl_hess *h) {
  gram_release(&((process *)h->own)->all);
  woodbury_release(h);
}

const bl_structure structure_gp = {
    .name = "gp",
    .space = "",
    .about =
        "A Gaussian process with the network's own kernel, on a subset of the data (options nSubset, "
        "independentOutputs).",
    .can = STRUCTURE_INDEXED | STRUCTURE_DIAG_PRIOR | STRUCTURE_DOWNDATE | STRUCTURE_FUNCTIONS | STRUCTURE_WEIGHTS,
    .cost = cost,
    .bytes = bytes,
    .init = init,
    .absorb = absorb,
    .merge = merge,
    .prepare = prepare,
    .log_det = woodbury_log_det,
    .multiply = multiply,
    .solve = solve,
    .diagonal = diagonal,
    .draw = draw,
    .features = woodbury_features,
    .variance = woodbury_variance,
    .sketch = pivoted_sketch,
    .view = woodbury_view,
    .fields = fields,
    .release = release};
