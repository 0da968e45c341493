// likelihood.c — the table: one row for each file likelihood_<name>.c, collected by the build into likelihood_rows.h.
#include "likelihood.h"

#include "table.h"

#define BL_ROW(name) extern const bl_likelihood likelihood_##name;
#include "likelihood_rows.h"
#undef BL_ROW

#define BL_ROW(name) &likelihood_##name,
static const bl_likelihood *const rows[] = {
#include "likelihood_rows.h"
};
#undef BL_ROW

BL_TABLE(bl_likelihood, likelihood, BL_COUNT(rows), rows[id])

void likelihood_constant_none(double *c, const double *y, double sigma, const double *precision, int n, int k) {
  (void)y;
  (void)sigma;
  (void)precision;
  (void)k;
  memset(c, 0, (size_t)n * sizeof *c);
}

int bl_likelihood_targets(int id, int k) { return likelihood_row(id) ? rows[id]->targets(k) : 0; }
int bl_likelihood_means(int id, int k) { return likelihood_row(id) ? rows[id]->means(k) : 0; }
int bl_likelihood_is(int id) { return likelihood_row(id) ? (int)rows[id]->is : 0; }

void bl_likelihood_mean(int id, double *mean, const double *f, int n, int k) {
  if (likelihood_row(id)) rows[id]->mean(mean, f, n, k);
}

int bl_likelihood_check(int id, const double *y, int n, int k) {
  return likelihood_row(id) ? rows[id]->check(y, n, k) : 0;
}
