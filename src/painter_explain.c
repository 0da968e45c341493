// painter_explain.c — mean and variance of a few panels of inputs whose inner products are known.
#include <math.h>
#include <string.h>

#include "painter_own.h"
#include "vmath.h"

int painter_explain(const bl_painter *p, double *f, double *V, double *bound, const painter_sheet *sheet, int n,
                    bl_arena *scratch) {
  const panel_precision *is = p->basis->on.is;
  const double rounding = p->rounding;
  const int k = p->basis->k, r = p->r, panels = sheet->panels;
  const size_t size = panel_size(r);
  char *U = panels_of(r, panels * k, scratch);
  if (!U) return BL_MEMORY;
  is->panels(U, p->G, NULL, sheet->K, r, r, panels * k, 1);
  for (int q = 0; q < panels; ++q) {
    const int at = q * is->wide, count = n - at < is->wide ? n - at : is->wide;
    for (int x = 0; x < k; ++x) {
      double prior[K_PANEL_F32], explained[K_PANEL_F32], mean[K_PANEL_F32];
      is->get(mean, sheet->f + panel_size(k) * (size_t)q + area(x, ROW));
      for (int j = 0; j < count; ++j) f[(at + j) * k + x] = mean[j];
      for (int y = 0; y <= x; ++y) {
        v2d sum[2];
        is->inner(sum, U + size * (size_t)(panels * x + q), U + size * (size_t)(panels * y + q), r);
        is->get(explained, sum);
        is->get(prior, sheet->prior + area((q * k + x) * k + y, ROW));
        for (int j = 0; j < count; ++j) {
          double *v = V + area(at + j, k * k), *lost = bound + at + j;
          const double whole = p->scale * prior[j], rest = whole - explained[j];
          v[x * k + y] = v[y * k + x] = rest;
          if (x == 0) *lost = rounding;
          if (x == y && !(rest * *lost > rounding * whole)) *lost = rest > 0.0 ? rounding * whole / rest : HUGE_VAL;
        }
      }
    }
  }
  return BL_OK;
}
