// laplace_io.c — a posterior's state as bytes: θ̂, prior, noise, and what the data left behind, with its factors, so
// that what is loaded answers with the same bits. What it was made with (shape, structure, options) is the caller's to
// keep.
#include <limits.h>
#include <string.h>

#include "io.h"
#include "laplace_own.h"

enum { TAG = 16, LARGEST_TABLE = 1 << 27 };

// One walk for all three modes. The fields of a zeroed or freshly made object are filled when reading.
static int pass(bl_stream *s, void *values, int count, size_t size) {
  return stream_values(s, values, (size_t)count, size);
}

static int walk_hess(bl_stream *s, bl_hess *h, const bl_laplace *la) {
  char space[TAG] = {0};
  int k = h->k;
  for (int i = 0; s->mode != STREAM_READ && i < TAG - 1 && h->is->space[i]; ++i) space[i] = h->is->space[i];
  int status = pass(s, space, TAG, 1);
  if (status == BL_OK) status = pass(s, &k, 1, sizeof k);
  if (status == BL_OK && s->mode == STREAM_READ) {
    space[TAG - 1] = 0;
    const int row = structure_find(la->structure, space, 0, &la->active, 1, 1);
    if (row < 0 || k < 1 || k > net_outputs(la->net)) return BL_FORMAT;
    status = hess_init(h, structure_row(row), &la->active, k, &la->options);
  }
  if (status == BL_OK) status = pass(s, &h->rank, 1, sizeof h->rank);
  if (status == BL_OK) status = pass(s, &h->noise, 1, sizeof h->noise);
  if (status == BL_OK) status = pass(s, &h->slack, 1, sizeof h->slack);
  if (status == BL_OK) status = pass(s, &h->s, 1, sizeof h->s);
  return status == BL_OK ? h->is->fields(h, &s->visitor) : status;
}

static int walk_examples(bl_stream *s, bl_examples *e) {
  int status = pass(s, &e->total, 1, sizeof e->total);
  if (status == BL_OK) status = pass(s, &e->used, 1, sizeof e->used);
  if (status == BL_OK) status = pass(s, &e->capacity, 1, sizeof e->capacity);
  if (status != BL_OK) return status;
  if (s->mode == STREAM_READ) {
    const int n = e->capacity;
    e->key = NULL, e->count = NULL;
    if (n < 0 || n > LARGEST_TABLE || (n & (n - 1)) != 0 || e->used < 0 || e->used > n || e->total < 0) {
      memset(e, 0, sizeof *e);
      return BL_FORMAT;
    }
    if ((size_t)n > (s->size - s->used) / (sizeof *e->key + sizeof *e->count)) {
      memset(e, 0, sizeof *e);
      return BL_FORMAT;
    }
    e->key = n ? bl_alloc((size_t)n, sizeof *e->key) : NULL;
    e->count = n ? bl_alloc((size_t)n, sizeof *e->count) : NULL;
    if (n && (!e->key || !e->count)) return BL_MEMORY;
  }
  status = pass(s, e->key, e->capacity, sizeof *e->key);
  return status == BL_OK ? pass(s, e->count, e->capacity, sizeof *e->count) : status;
}

static int walk_held(bl_stream *s, bl_held *held, const bl_laplace *la) {
  double *const sums[] = {&held->examples, &held->loss, &held->constant};
  int status = BL_OK;
  for (int i = 0; i < 3 && status == BL_OK; ++i) status = pass(s, sums[i], 1, sizeof(double));
  if (status == BL_OK) status = pass(s, held->gradient, la->active.p, sizeof(double));
  if (status == BL_OK) status = pass(s, held->unit, net_outputs(la->net), sizeof(double));
  if (status == BL_OK) status = pass(s, &held->shared, 1, sizeof held->shared);
  if (status == BL_OK) status = walk_examples(s, &held->kept);
  return status == BL_OK ? walk_hess(s, &held->hess, la) : status;
}

// precision per group and mean; the prior of `la` may be of another kind than the one read
static int walk_prior(bl_stream *s, bl_laplace *la, bl_arena *scratch) {
  const int p = la->active.p;
  int groups = la->prior->groups;
  int status = pass(s, &groups, 1, sizeof groups);
  if (status != BL_OK) return status;
  if (groups < 1 || groups > p) return BL_FORMAT;
  double *precision = arena_doubles(scratch, groups, 1), *mean = arena_doubles(scratch, p, 1);
  if (!precision || !mean) return BL_MEMORY;
  memcpy(mean, la->prior->mean, (size_t)p * sizeof *mean);
  if (s->mode != STREAM_READ) memcpy(precision, la->prior->precision, (size_t)groups * sizeof *precision);
  status = pass(s, precision, groups, sizeof *precision);
  if (status == BL_OK) status = pass(s, mean, p, sizeof *mean);
  if (status != BL_OK || s->mode != STREAM_READ) return status;
  bl_prior *prior = NULL;
  status = laplace_read_prior(la, &prior, precision, groups, mean, p);
  if (status != BL_OK) return status == BL_MEMORY ? status : BL_FORMAT;
  bl_prior_free(la->prior);
  la->prior = prior;
  return BL_OK;
}

static int walk_anchor(bl_stream *s, bl_laplace *la) {
  int there = la->anchor != NULL;
  int status = pass(s, &there, 1, sizeof there);
  if (status != BL_OK || !there) return status;
  if (s->mode == STREAM_READ) {
    la->anchor = bl_alloc(1, sizeof *la->anchor);
    if (!la->anchor) return BL_MEMORY;
  }
  status = pass(s, &la->anchor->c, 1, sizeof(double));
  if (status == BL_OK) status = pass(s, &la->anchor->log_det, 1, sizeof(double));
  return status == BL_OK ? walk_hess(s, &la->anchor->hess, la) : status;
}

static int walk(bl_stream *s, bl_laplace *la, bl_arena *scratch) {
  const bl_mark mark = bl_arena_mark(scratch);
  const int k = net_outputs(la->net);
  int there = la->held != NULL;
  int status = pass(s, la->net->theta, la->net->p, sizeof(double));
  if (status == BL_OK) status = walk_prior(s, la, scratch);
  if (status == BL_OK) status = walk_anchor(s, la);
  if (status == BL_OK) status = pass(s, la->noise.sigma, k, sizeof(double));
  if (status == BL_OK) status = pass(s, la->noise.precision, k, sizeof(double));
  if (status == BL_OK) status = pass(s, &la->noise.shared, 1, sizeof la->noise.shared);
  if (status == BL_OK) status = pass(s, &la->noise.temperature, 1, sizeof la->noise.temperature);
  if (status == BL_OK) status = pass(s, &la->tolerance, 1, sizeof la->tolerance);
  if (status == BL_OK) status = pass(s, &there, 1, sizeof there);
  if (status == BL_OK && there && s->mode == STREAM_READ) status = held_shell(&la->held, la);
  if (status == BL_OK && there) status = walk_held(s, la->held, la);
  bl_arena_release(scratch, mark);
  return status;
}

int bl_laplace_state(const bl_laplace *la, unsigned char *bytes, int size, bl_arena *scratch) {
  bl_stream s = stream_of(bytes ? STREAM_WRITE : STREAM_COUNT, bytes, bytes ? (size_t)size : INT_MAX);
  // a walk that writes changes nothing of what it visits
  const int status = walk(&s, (bl_laplace *)la, scratch);
  return status == BL_OK ? (int)s.used : -status;
}

int bl_laplace_restore(bl_laplace **out, const bl_laplace *like, const unsigned char *bytes, int size,
                       bl_arena *scratch) {
  bl_laplace *la = NULL;
  const bl_hess_options *o = &like->options;
  int status = bl_laplace_new(&la, like->net, like->structure, like->space, like->curvature, like->active.first,
                              like->index, like->active.p, o->rank, o->subset, o->independent, o->seed);
  *out = NULL;
  if (status != BL_OK) return status;
  bl_stream s = stream_of(STREAM_READ, (unsigned char *)bytes, (size_t)size);
  status = walk(&s, la, scratch);
  if (status == BL_OK && s.used != s.size) status = BL_FORMAT;
  if (status == BL_OK && la->held) la->held->hess.prior = la->prior;
  if (status == BL_OK && la->held && (la->anchor || la->tolerance > 0.0))
    status = laplace_settle(la, la->held, &la->noise, la->prior, la->anchor, scratch);
  if (status == BL_OK) *out = la;
  else bl_laplace_free(la);
  return status;
}
