// laplace_held.c — what a posterior holds of its data: made, copied, freed. Everything else about it is its owners'.
#include <string.h>

#include "laplace_own.h"

const bl_hess *held_posterior(const bl_held *held) { return held->joined.is ? &held->joined : &held->hess; }

void held_free(bl_held *held) {
  if (!held) return;
  hess_release(&held->hess);
  hess_release(&held->joined);
  bl_free(held->gradient);
  bl_free(held->unit);
  examples_free(&held->kept);
  bl_free(held);
}

int held_shell(bl_held **out, const bl_laplace *la) {
  bl_held *held = *out = bl_alloc(1, sizeof *held);
  if (!held) return BL_MEMORY;
  held->gradient = bl_alloc_doubles(la->active.p, 1);
  held->unit = bl_alloc_doubles(net_outputs(la->net), 1);
  return held->gradient && held->unit ? BL_OK : BL_MEMORY;
}

// the curvature of h in another row of the table
static int translate(bl_hess *out, const bl_hess *h, const bl_structure *is, const bl_active *active,
                     bl_arena *scratch) {
  int status = hess_init(out, is, active, h->k, &h->options);
  if (status == BL_OK) status = hess_merge(out, h, 1.0, scratch);
  if (status != BL_OK) hess_release(out);
  return status;
}

int held_clone(bl_held **out, const bl_laplace *la, const bl_held *from, const bl_structure *is, bl_arena *scratch) {
  const int k = net_outputs(la->net);
  int status = held_shell(out, la);
  if (status == BL_OK) {
    bl_held *held = *out;
    held->examples = from->examples, held->loss = from->loss, held->constant = from->constant;
    held->shared = from->shared;
    memcpy(held->gradient, from->gradient, (size_t)la->active.p * sizeof *held->gradient);
    memcpy(held->unit, from->unit, (size_t)k * sizeof *held->unit);
    status = examples_clone(&held->kept, &from->kept);
    if (status == BL_OK)
      status = is == from->hess.is ? hess_clone(&held->hess, &from->hess, &la->active, scratch)
                                   : translate(&held->hess, &from->hess, is, &la->active, scratch);
  }
  if (status != BL_OK) {
    held_free(*out);
    *out = NULL;
  }
  return status;
}
