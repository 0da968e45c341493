// check.h — the smallest harness: checks are counted, failures say where and what, check_report() closes with the line
// the runner reads: `N passed, N failed`.
#ifndef CHECK_H
#define CHECK_H

#include <math.h>
#include <stdio.h>

static int check_passed, check_failed;
enum { CHECK_SHOWN = 40 };  // failures printed; the rest are only counted

#define CHECK(condition) check_that((condition) != 0, __FILE__, __LINE__, #condition)
// |a − b| ≤ tolerance·max(1, |b|); NaN fails
#define CHECK_CLOSE(a, b, tolerance) check_close((a), (b), (tolerance), __FILE__, __LINE__, #a)

static inline void check_that(int good, const char *file, int line, const char *what) {
  if (good) ++check_passed;
  else if (++check_failed <= CHECK_SHOWN) printf("%s:%d: failed: %s\n", file, line, what);
}

static inline void check_close(double a, double b, double tolerance, const char *file, int line, const char *what) {
  const double scale = fabs(b) > 1 ? fabs(b) : 1;
  if (fabs(a - b) <= tolerance * scale) ++check_passed;
  else if (++check_failed <= CHECK_SHOWN) {
    printf("%s:%d: %s is %.17g, expected %.17g within %g\n", file, line, what, a, b, tolerance * scale);
  }
}

static inline int check_report(void) {
  printf("%d passed, %d failed\n", check_passed, check_failed);
  return check_failed != 0 || check_passed == 0;
}

#endif
