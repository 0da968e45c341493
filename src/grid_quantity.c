// grid_quantity.c — the table of what can be painted.
#include <string.h>

#include "grid_own.h"
#include "vmath.h"

static int planes_mean(const bl_likelihood *likelihood, int k) { return likelihood->means(k); }
static int planes_f(const bl_likelihood *likelihood, int k) { return likelihood ? k : 0; }
static int planes_class(const bl_likelihood *likelihood, int k) { return likelihood->is & LIKELIHOOD_CLASSES ? k : 0; }
static int planes_one(const bl_likelihood *likelihood, int k) { return likelihood && k > 0; }
static int planes_confidence(const bl_likelihood *likelihood, int k) {
  return k > 0 && (likelihood->is & LIKELIHOOD_CLASSES) != 0;
}

static void write_mean(double *values, const grid_pixels *p, int plane) {
  for (int i = 0; i < p->n; ++i) values[i] = p->at.mean[i * p->width + plane];
}

static void write_f(double *values, const grid_pixels *p, int plane) {
  for (int i = 0; i < p->n; ++i) values[i] = p->at.f_mean[i * p->k + plane];
}

static void write_variance(double *values, const grid_pixels *p, int plane) {
  for (int i = 0; i < p->n; ++i) values[i] = p->at.f_var[(i * p->k + plane) * p->k + plane];
}

static void write_logit(double *values, const grid_pixels *p, int plane) {
  for (int i = 0; i < p->n; ++i) {
    const int at = i * p->k + plane;
    if (p->link->logit) {
      const double v = p->at.f_var ? p->at.f_var[at * p->k + plane] : 0;
      p->link->logit(&values[i], &p->at.f_mean[at], &v, 1, 1);
    } else {
      const double q = p->at.mean[i * p->width + plane];
      values[i] = p->k == 1 ? vm_log1(q) - vm_log1p1(-q) : vm_log1(q);
    }
  }
}

static void write_epistemic(double *values, const grid_pixels *p, int plane) {
  (void)plane;
  memcpy(values, p->at.epistemic, (size_t)p->n * sizeof(double));
}

static void write_aleatoric(double *values, const grid_pixels *p, int plane) {
  (void)plane;
  memcpy(values, p->at.aleatoric, (size_t)p->n * sizeof(double));
}

static void write_confidence(double *values, const grid_pixels *p, int plane) {
  (void)plane;
  for (int i = 0; i < p->n; ++i) {
    const double *q = p->at.mean + i * p->width;
    values[i] = p->width == 1 && q[0] < 0.5 ? 1 - q[0] : q[0];
    for (int j = 1; j < p->width; ++j) values[i] = q[j] > values[i] ? q[j] : values[i];
  }
}

static const grid_quantity table[] = {
    {"mean", "The prediction: class probabilities, or the mean.", NEED_MEAN, planes_mean, write_mean},
    {"fMean", "The network's output at its best weights.", NEED_F, planes_f, write_f},
    {"fVar", "Variance of the network's output under the posterior.", NEED_V, planes_f, write_variance},
    {"scaledLogit", "The logit the link passes on.", NEED_LOGIT, planes_class, write_logit},
    {"epistemic", "What it does not know: mutual information in nats, or variance.", NEED_SPLIT, planes_one,
     write_epistemic},
    {"aleatoric", "Noise: expected entropy in nats, or noise variance.", NEED_SPLIT, planes_one, write_aleatoric},
    {"confidence", "Probability of the likeliest class.", NEED_MEAN, planes_confidence, write_confidence},
};

int bl_quantity_count(void) { return (int)(sizeof table / sizeof *table); }

const grid_quantity *grid_quantity_row(int id) { return id >= 0 && id < bl_quantity_count() ? &table[id] : NULL; }

const bl_label *quantity_row(int id) { return (const bl_label *)grid_quantity_row(id); }
const char *bl_quantity_name(int id) { return grid_quantity_row(id) ? table[id].name : NULL; }

int bl_quantity_planes(int id, int likelihood, int k) {
  return grid_quantity_row(id) && likelihood_row(likelihood) ? table[id].planes(likelihood_row(likelihood), k) : 0;
}
