// tables.h — every table by number, for menus, messages and option checks outside the core.
#ifndef BL_TABLES_H
#define BL_TABLES_H

#include "table.h"

enum {
  TABLE_ACTIVATIONS,
  TABLE_LIKELIHOODS,
  TABLE_STRUCTURES,
  TABLE_CURVATURES,
  TABLE_OPTIMIZERS,
  TABLE_LINKS,
  TABLE_QUANTITIES,
  TABLE_DATASETS
};
// NULL past the last row, and past the last table
const bl_label *bl_table_row(int table, int id);

#endif
