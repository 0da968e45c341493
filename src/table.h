// table.h — what every table of rows answers: how many, which by id, which by name, and what a row is called and is
// about. Rows begin with `const char *name, *about`. `row` is an expression in id that points at a row; ids outside
// give NULL.
#ifndef BL_TABLE_H
#define BL_TABLE_H

#include <stddef.h>
#include <string.h>

typedef struct {
  const char *name, *about;
} bl_label;  // what every row begins with

#define BL_TABLE(type, noun, count, row)                                                        \
  int bl_##noun##_count(void) { return (int)(count); }                                          \
  const type *noun##_row(int id) { return id >= 0 && id < bl_##noun##_count() ? (row) : NULL; } \
  int noun##_find(const char *name) {                                                           \
    for (int id = 0; id < bl_##noun##_count(); ++id) {                                          \
      if (strcmp((row)->name, name) == 0) return id;                                            \
    }                                                                                           \
    return -1;                                                                                  \
  }                                                                                             \
  const char *bl_##noun##_name(int id) { return noun##_row(id) ? (row)->name : NULL; }          \
  const char *bl_##noun##_about(int id) { return noun##_row(id) ? (row)->about : NULL; }

#define BL_COUNT(array) (sizeof(array) / sizeof(*(array)))

#endif
