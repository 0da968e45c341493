// likelihood.c — the table: one row for each file likelihood_<name>.c, collected by the build into likelihood_rows.h.
#include "likelihood.h"

#include <string.h>

#define BL_ROW(name) extern const bl_likelihood likelihood_##name;
#include "likelihood_rows.h"
#undef BL_ROW

#define BL_ROW(name) &likelihood_##name,
static const bl_likelihood *const rows[] = {
#include "likelihood_rows.h"
};
#undef BL_ROW

int bl_likelihood_count(void) { return (int)(sizeof rows / sizeof *rows); }

const bl_likelihood *likelihood_row(int id) { return id >= 0 && id < bl_likelihood_count() ? rows[id] : NULL; }

int likelihood_find(const char *name) {
  for (int id = 0; id < bl_likelihood_count(); ++id) {
    if (strcmp(rows[id]->name, name) == 0) return id;
  }
  return -1;
}

const char *bl_likelihood_name(int id) { return likelihood_row(id) ? rows[id]->name : NULL; }
const char *bl_likelihood_about(int id) { return likelihood_row(id) ? rows[id]->about : NULL; }
int bl_likelihood_targets(int id, int k) { return likelihood_row(id) ? rows[id]->targets(k) : 0; }
int bl_likelihood_means(int id, int k) { return likelihood_row(id) ? rows[id]->means(k) : 0; }
int bl_likelihood_is(int id) { return likelihood_row(id) ? (int)rows[id]->is : 0; }

void bl_likelihood_mean(int id, double *mean, const double *f, int n, int k) {
  if (likelihood_row(id)) rows[id]->mean(mean, f, n, k);
}

int bl_likelihood_check(int id, const double *y, int n, int k) {
  return likelihood_row(id) ? rows[id]->check(y, n, k) : 0;
}
