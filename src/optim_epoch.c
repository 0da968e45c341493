// optim_epoch.c — one pass over the shuffled data in minibatches; the whole objective is evaluated once at its end.
// Where a batch is all of the data, that gradient is the next epoch's.
#include "optim_epoch.h"

#include <string.h>

#include "status.h"

void epoch_release(bl_optim *optim) {
  bl_epoch *own = optim->own;
  if (!own) return;
  bl_free(own->order);
  bl_free(own->gradient);
  bl_free(own->first);
  bl_free(own->second);
  bl_free(own->start);
  bl_free(own);
  optim->own = NULL;
}

int epoch_init(bl_optim *optim, bl_search *search, bl_arena *scratch) {
  const int p = search->problem->net->p, n = search->problem->data.n;
  bl_epoch *own = optim->own = bl_alloc(1, sizeof *own);
  if (!own) return BL_MEMORY;
  own->order = bl_alloc((size_t)n, sizeof(int));
  own->gradient = bl_alloc_doubles(p, 1);
  own->first = bl_alloc_doubles(p, 1);
  own->second = bl_alloc_doubles(p, 1);
  own->start = bl_alloc_doubles(p, 1);
  if (!own->order || !own->gradient || !own->first || !own->second || !own->start) return BL_MEMORY;
  own->decay[0] = own->decay[1] = 1;
  for (int i = 0; i < n; ++i) own->order[i] = i;
  const int status = optim_start(search, own->gradient, scratch);
  own->known = status == BL_OK;
  return status;
}

int epoch_run(bl_optim *optim, bl_search *search, bl_rule rule, bl_arena *scratch) {
  bl_epoch *own = optim->own;
  const int p = search->problem->net->p, n = search->problem->data.n;
  const int batch = search->batch > 0 && search->batch < n ? search->batch : n;
  memcpy(own->start, search->theta, (size_t)p * sizeof(double));
  if (batch < n) rng_shuffle(&search->rng, own->order, n);
  int status = BL_OK;
  for (int from = 0; from < n && status == BL_OK; from += batch) {
    const int count = n - from < batch ? n - from : batch, given = own->known && batch == n;
    own->known = 0;
    if (!given) {
      double value;
      search->evaluations++;
      status = objective(search->problem, &value, own->gradient, search->theta, own->order + from, count,
                         (double)count / n, scratch);
    }
    if (status == BL_OK) rule(own, search->theta, p, search->learning_rate, 1.0 / count);
  }
  double value;
  if (status == BL_OK) status = optim_evaluate(search, &value, own->gradient, search->theta, scratch);
  if (status != BL_OK) {
    memcpy(search->theta, own->start, (size_t)p * sizeof(double));
    return status;
  }
  own->known = 1;
  search->value = value;
  search->gradient_norm = optim_norm(own->gradient, p);
  search->rough = search->problem->single;
  search->problem->single = optim_far(search, search->gradient_norm);
  return BL_OK;
}
