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
static int number_tensors(int *number, const bl_prior *prior) {
  for (int slot = 0; slot < prior->slots; ++slot) number[slot] = -1;
  for (int i = 0; i < prior->p; ++i) number[prior->slot_of[i]] = 0;
  int count = 0;
  for (int slot = 0; slot < prior->slots; ++slot) {
    if (number[slot] == 0) number[slot] = count++;
  }
  return count;
}

void prior_set_precision(bl_prior *prior, const double *precision) {
  memmove(prior->precision, precision, (size_t)prior->groups * sizeof(double));
  for (int slot = 0; slot < prior->slots; ++slot) prior->tensor[slot] = 0;
  for (int i = 0; i < prior->p; ++i) {
    prior->diag[i] = prior->precision[prior->group_of[i]];
    const int same = i > 0 && prior->group_of[i] == prior->group_of[i - 1];
    prior->variance[i] = same ? prior->variance[i - 1] : 1 / prior->diag[i];
    prior->tensor[prior->slot_of[i]] = prior->variance[i];
  }
}

// a prior and its arrays, one behind the other; everything is 0 but the shape
static bl_prior *shaped(bl_prior_kind kind, int p, int groups, int slots) {
  bl_prior *prior = bl_alloc(1, sizeof *prior);
  double *values = bl_alloc_doubles(3 * p + groups + slots, 1);
  int *places = bl_alloc((size_t)p, 2 * sizeof *places);
  if (!prior || !values || !places) {
    bl_free(prior);
    bl_free(values);
    bl_free(places);
    return NULL;
  }
  double *const precision = values + 3 * p;
  *prior = (bl_prior){
      kind, p, groups, slots, precision, places, places + p, values, values + p, precision + groups, values + 2 * p};
  return prior;
}

int bl_prior_new(bl_prior **out, const bl_active *active, const double *precision, int count, const double *mean,
                 int mean_count) {
  const int p = active->p, slots = 2 * (active->last - active->first + 1);
  if (mean_count != 1 && mean_count != p) return BL_SHAPE;
  bl_prior *prior = shaped(PRIOR_SCALAR, p, count, slots);
  int *number = bl_alloc((size_t)slots, sizeof(int));
  int status = prior && number ? BL_OK : BL_MEMORY;
  for (int i = 0; i < p && status == BL_OK; ++i) prior->slot_of[i] = active_tensor_of(active, i);
  if (status == BL_OK) status = kind_of(&prior->kind, count, number_tensors(number, prior), p);
  for (int i = 0; status == BL_OK && i < count; ++i) {
    if (!vm_finite(precision[i]) || precision[i] < 0) status = BL_OPTION;
  }
  if (status == BL_OK && vm_first_bad(mean, mean_count) >= 0) status = BL_NOT_FINITE;
  for (int i = 0; i < p && status == BL_OK; ++i) {
    prior->group_of[i] = prior->kind == PRIOR_SCALAR ? 0 : prior->kind == PRIOR_EACH ? i : number[prior->slot_of[i]];
    prior->mean[i] = mean[mean_count == 1 ? 0 : i];
  }
  bl_free(number);
  if (status == BL_OK) prior_set_precision(*out = prior, precision);
  else bl_prior_free(prior);
  return status;
}

void bl_prior_free(bl_prior *prior) {
  if (!prior) return;
  bl_free(prior->diag);
  bl_free(prior->group_of);
  bl_free(prior);
}

int prior_clone(bl_prior **out, const bl_prior *prior) {
  const size_t p = (size_t)prior->p, rest = (size_t)(prior->groups + prior->slots);
  bl_prior *twin = shaped(prior->kind, prior->p, prior->groups, prior->slots);
  if (!twin) return BL_MEMORY;
  memcpy(twin->diag, prior->diag, (3 * p + rest) * sizeof *twin->diag);
  memcpy(twin->group_of, prior->group_of, 2 * p * sizeof *twin->group_of);
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

double prior_scatter(const bl_prior *prior, const double *away) {
  double sum = 0;
  for (int i = 0; i < prior->p; ++i) sum += prior->diag[i] * away[i] * away[i];
  return sum;
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
