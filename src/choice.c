// choice.c — which row of the table of structures: by name, space and what it must be able to do; of several the
// cheapest that fits into memory.
#include <string.h>

#include "structure.h"

static const double LARGEST = 1073741824.0;  // bytes; a row that needs more is chosen only when none needs less

static int is_called(const bl_structure *row, const char *name, const char *space) {
  return strcmp(row->name, name) == 0 && (strcmp(space, "auto") == 0 || strcmp(row->space, space) == 0);
}

typedef struct {
  double operations, bytes;
} needed;

// What a fit takes. Where a tolerance lets a row be replaced by its sketch: a hundred rows of the data, or as many as
// make it worthwhile, against all of them, and as many model rows.
static needed needed_by(const bl_structure *row, const bl_active *active, int n, int k, int within) {
  static const double PIVOTS = 100.0;
  const needed whole = {row->cost(active, n, k), row->bytes(active, n, k)};
  if (!within || !row->sketch) return whole;
  const double m = (double)n * k, r = 2.0 * PIVOTS < m ? PIVOTS : 0.5 * m, width = hess_width(active);
  const needed sketch = {r * m * (width + r) + r * r * active->p, 8.0 * (m * (width + 4.0 * r) + 2.0 * r * active->p)};
  return sketch.operations < whole.operations ? sketch : whole;
}

// Is a the better choice than b? Whatever fits into memory before what does not; then the fewer operations.
static int cheaper(needed a, needed b) {
  const int fits_a = a.bytes <= LARGEST, fits_b = b.bytes <= LARGEST;
  if (fits_a != fits_b) return fits_a;
  return fits_a ? a.operations < b.operations : a.bytes < b.bytes;
}

int structure_find_within(const char *name, const char *space, unsigned needs, const bl_active *active, int n, int k,
                          int within) {
  int found = -1;
  needed least = {0.0, 0.0};
  for (int i = 0; i < bl_structure_count(); ++i) {
    if (!is_called(structure_row(i), name, space) || structure_refusal(structure_row(i), needs)) continue;
    const needed this = needed_by(structure_row(i), active, n, k, within);
    if (found < 0 || cheaper(this, least)) found = i, least = this;
  }
  return found;
}

int structure_find(const char *name, const char *space, unsigned needs, const bl_active *active, int n, int k) {
  return structure_find_within(name, space, needs, active, n, k, 0);
}

const char *bl_structure_refusal(const char *name, const char *space, int needs) {
  const char *refusal = "is not known, or not in that space";
  for (int i = 0; i < bl_structure_count(); ++i) {
    if (!is_called(structure_row(i), name, space)) continue;
    refusal = structure_refusal(structure_row(i), (unsigned)needs);
    if (!refusal) return "";
  }
  return refusal;
}
