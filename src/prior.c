// prior.c — the Gaussian prior over the active parameters, kept as one precision per group and expanded once.
#include "prior.h"

#include <math.h>
#include <string.h>

#include "status.h"
#include "vmath.h"

static int kind_of(bl_prior_kind *kind, int count, int tensors, int p) {
  if (count == 1) *kind = PRIOR_SCALAR;
  else if (count == tensors) *kind = PRIOR_TENSOR;
  else if (count == p) *kind = PRIOR_EACH;
  else return BL_SHAPE;
  return BL_OK;
}

// tensor slots that hold an active parameter, numbered in order; −1 elsewhere
static int number_tensors(int *number, const bl_active *active, int slots) {
  for (int slot = 0; slot < slots; ++slot) number[slot] = -1;
  for (int i = 0; i < active->p; ++i) number[active_tensor_of(active, i)] = 0;
  int count = 0;
  for (int slot = 0; slot < slots; ++slot) {
    if (number[slot] == 0) number[slot] = count++;
  }
  return count;
}

void prior_set_precision(bl_prior *prior, const double *precision) {
  memmove(prior->precision, precision, (size_t)prior->groups * sizeof(double));
  for (int slot = 0; slot < prior->slots; ++slot) prior->tensor[slot] = 1;
  for (int i = 0; i < prior->p; ++i) {
    prior->diag[i] = prior->precision[prior->group_of[i]];
    prior->variance[i] = 1 / prior->diag[i];
    prior->tensor[prior->slot_of[i]] = prior->variance[i];
  }
}

static int whole(const bl_prior *prior) {
  return prior->precision && prior->group_of && prior->slot_of && prior->diag && prior->variance && prior->tensor &&
         prior->mean;
}

int bl_prior_new(bl_prior **out, const bl_active *active, const double *precision, int count, const double *mean,
                 int mean_count) {
  const int p = active->p, slots = 2 * (active->last - active->first + 1);
  if (mean_count != 1 && mean_count != p) return BL_SHAPE;
  bl_prior *prior = bl_alloc(1, sizeof *prior);
  int *number = bl_alloc((size_t)slots, sizeof(int));
  int status = prior && number ? BL_OK : BL_MEMORY;
  if (status == BL_OK) {
    *prior = (bl_prior){.p = p, .groups = count, .slots = slots};
    status = kind_of(&prior->kind, count, number_tensors(number, active, slots), p);
  }
  for (int i = 0; status == BL_OK && i < count; ++i) {
    if (!vm_finite(precision[i]) || precision[i] < 0) status = BL_OPTION;
  }
  if (status == BL_OK && vm_first_bad(mean, mean_count) >= 0) status = BL_NOT_FINITE;
  if (status == BL_OK) {
    prior->precision = bl_alloc_doubles(count, 1);
    prior->group_of = bl_alloc((size_t)p, sizeof(int));
    prior->slot_of = bl_alloc((size_t)p, sizeof(int));
    prior->diag = bl_alloc_doubles(p, 1);
    prior->variance = bl_alloc_doubles(p, 1);
    prior->tensor = bl_alloc_doubles(slots, 1);
    prior->mean = bl_alloc_doubles(p, 1);
    status = whole(prior) ? BL_OK : BL_MEMORY;
  }
  if (status != BL_OK) {
    bl_free(number);
    bl_prior_free(prior);
    return status;
  }
  for (int i = 0; i < p; ++i) {
    const int slot = prior->slot_of[i] = active_tensor_of(active, i);
    prior->group_of[i] = prior->kind == PRIOR_SCALAR ? 0 : prior->kind == PRIOR_EACH ? i : number[slot];
    prior->mean[i] = mean[mean_count == 1 ? 0 : i];
  }
  prior_set_precision(prior, precision);
  bl_free(number);
  *out = prior;
  return BL_OK;
}

void bl_prior_free(bl_prior *prior) {
  if (!prior) return;
  bl_free(prior->precision);
  bl_free(prior->group_of);
  bl_free(prior->slot_of);
  bl_free(prior->diag);
  bl_free(prior->variance);
  bl_free(prior->tensor);
  bl_free(prior->mean);
  bl_free(prior);
}

static void *copy_of(const void *source, size_t count, size_t size) {
  void *copy = bl_alloc(count, size);
  return copy ? memcpy(copy, source, count * size) : NULL;
}

int prior_clone(bl_prior **out, const bl_prior *prior) {
  const size_t p = (size_t)prior->p, each = sizeof(double);
  bl_prior *twin = bl_alloc(1, sizeof *twin);
  if (!twin) return BL_MEMORY;
  *twin = (bl_prior){.kind = prior->kind, .p = prior->p, .groups = prior->groups, .slots = prior->slots};
  twin->precision = copy_of(prior->precision, (size_t)prior->groups, each);
  twin->group_of = copy_of(prior->group_of, p, sizeof(int));
  twin->slot_of = copy_of(prior->slot_of, p, sizeof(int));
  twin->diag = copy_of(prior->diag, p, each);
  twin->variance = copy_of(prior->variance, p, each);
  twin->tensor = copy_of(prior->tensor, (size_t)prior->slots, each);
  twin->mean = copy_of(prior->mean, p, each);
  if (!whole(twin)) {
    bl_prior_free(twin);
    return BL_MEMORY;
  }
  *out = twin;
  return BL_OK;
}

bl_metric prior_metric(const bl_prior *prior) {
  return (bl_metric){prior->kind == PRIOR_EACH ? NULL : prior->tensor, prior->variance};
}

double prior_log_det(const bl_prior *prior) {
  double sum = 0;
  for (int i = 0; i < prior->p; ++i) sum += vm_log1(prior->diag[i]);
  return sum;
}

double prior_scatter(const bl_prior *prior, const double *theta) {
  double sum = 0;
  for (int i = 0; i < prior->p; ++i) {
    const double away = theta[i] - prior->mean[i];
    sum += prior->diag[i] * away * away;
  }
  return sum;
}

void prior_gradient(const bl_prior *prior, double *g, const double *theta) {
  for (int i = 0; i < prior->p; ++i) g[i] += prior->diag[i] * (theta[i] - prior->mean[i]);
}

void prior_key_set(double *key, double s, const bl_prior *prior) {
  memcpy(key, prior->diag, (size_t)prior->p * sizeof *key);
  key[prior->p] = s;
}

int prior_key_is(const double *key, double s, const bl_prior *prior) {
  for (int i = 0; i < prior->p; ++i)
    if (key[i] < prior->diag[i] || key[i] > prior->diag[i]) return 0;
  return key[prior->p] >= s && key[prior->p] <= s;
}

// Two roundings separate a precision of 0.3 from 3 times one of 0.1.
double prior_key_ratio(const double *key, const bl_prior *prior) {
  const double c = prior->diag[0] / key[0], slack = 1e-15;
  for (int i = 0; i < prior->p; ++i)
    if (!(vm_abs(prior->diag[i] - c * key[i]) <= slack * prior->diag[i])) return 0.0;
  return c;
}
