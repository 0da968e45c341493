// Scratch memory: what is released serves the next take, also where each take is a little larger than the one before.
#include "bayeslaplace.h"
#include "check.h"

int main(void) {
  enum { FROM = 700, TO = 760 };
  bl_arena *arena = bl_arena_new();
  CHECK(arena != NULL && bl_arena_bytes(arena) == 0);
  for (int n = FROM; n < TO; ++n) {
    const bl_mark mark = bl_arena_mark(arena);
    for (int i = 0; i < 3; ++i) {
      double *square = arena_doubles(arena, n, n);
      CHECK(square != NULL);
      square[0] = square[n * n - 1] = 1.0;
    }
    bl_arena_release(arena, mark);
  }
  // chunks double, so no more than twice what the largest round asks for, and as much again that fitted nothing
  CHECK(bl_arena_bytes(arena) <= 4 * 3 * sizeof(double) * TO * TO);
  CHECK(arena_doubles(arena, -1, 3) == NULL && arena_doubles(arena, 1 << 30, 1 << 30) == NULL);
  bl_arena_free(arena);
  return check_report();
}
