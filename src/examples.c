// examples.c — open addressing with linear probing; a slot whose count has fallen to 0 keeps its key until the table
// grows.
#include "examples.h"

#include <limits.h>
#include <string.h>

#include "rng.h"

uint64_t example_key(const double *x, int d, const double *y, int t, double weight) {
  const uint64_t h = rng_hash(rng_hash(rng_hash(0, x, d), y, t), &weight, 1);
  return h ? h : 1;
}

// the slot of key, or the free one where it would go
static int slot_of(const bl_examples *e, uint64_t key) {
  const int last = e->capacity - 1;
  int slot = (int)(key & (uint64_t)last);
  while (e->key[slot] && e->key[slot] != key) slot = (slot + 1) & last;
  return slot;
}

static int grow(bl_examples *e) {
  if (e->capacity > INT_MAX / 4) return BL_MEMORY;
  bl_examples larger = {e->total, 0, e->capacity ? 2 * e->capacity : 64, NULL, NULL};
  larger.key = bl_alloc((size_t)larger.capacity, sizeof *larger.key);
  larger.count = bl_alloc((size_t)larger.capacity, sizeof *larger.count);
  if (!larger.key || !larger.count) {
    examples_free(&larger);
    return BL_MEMORY;
  }
  for (int i = 0; i < e->capacity; ++i) {
    if (!e->count[i]) continue;
    const int slot = slot_of(&larger, e->key[i]);
    larger.key[slot] = e->key[i];
    larger.count[slot] = e->count[i];
    ++larger.used;
  }
  examples_free(e);
  *e = larger;
  return BL_OK;
}

int examples_add(bl_examples *e, uint64_t key) {
  if (e->total == INT_MAX) return BL_MEMORY;
  if (2 * e->used >= e->capacity) {
    const int status = grow(e);
    if (status != BL_OK) return status;
  }
  const int slot = slot_of(e, key);
  if (!e->key[slot]) ++e->used;
  e->key[slot] = key;
  ++e->count[slot];
  ++e->total;
  return BL_OK;
}

int examples_remove(bl_examples *e, uint64_t key) {
  if (!e->capacity) return BL_OPTION;
  const int slot = slot_of(e, key);
  if (!e->key[slot] || !e->count[slot]) return BL_OPTION;
  --e->count[slot];
  --e->total;
  return BL_OK;
}

int examples_clone(bl_examples *out, const bl_examples *e) {
  *out = *e;
  out->key = NULL, out->count = NULL;
  if (!e->capacity) return BL_OK;
  out->key = bl_alloc((size_t)e->capacity, sizeof *out->key);
  out->count = bl_alloc((size_t)e->capacity, sizeof *out->count);
  if (!out->key || !out->count) {
    examples_free(out);
    return BL_MEMORY;
  }
  memcpy(out->key, e->key, (size_t)e->capacity * sizeof *out->key);
  memcpy(out->count, e->count, (size_t)e->capacity * sizeof *out->count);
  return BL_OK;
}

void examples_free(bl_examples *e) {
  bl_free(e->key);
  bl_free(e->count);
  memset(e, 0, sizeof *e);
}
