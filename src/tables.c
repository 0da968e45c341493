// tables.c — every table by number.
#include "tables.h"

#include "activation.h"
#include "curvature.h"
#include "datasets.h"
#include "grid.h"
#include "likelihood.h"
#include "link.h"
#include "optim.h"
#include "structure.h"

const bl_label *bl_table_row(int table, int id) {
  const void *row = NULL;
  if (table == TABLE_ACTIVATIONS) row = activation_row(id);
  if (table == TABLE_LIKELIHOODS) row = likelihood_row(id);
  if (table == TABLE_STRUCTURES) row = structure_row(id);
  if (table == TABLE_CURVATURES) row = curvature_row(id);
  if (table == TABLE_OPTIMIZERS) row = optimizer_row(id);
  if (table == TABLE_LINKS) row = link_row(id);
  if (table == TABLE_QUANTITIES) row = quantity_row(id);
  if (table == TABLE_DATASETS) row = dataset_row(id);
  return row;
}
