// datasets.h — TABLE of data generators. toyData*: LaplaceRedux.jl's formulas; moons, circles, blobs: scikit-learn's.
// A row names its parameters with defaults and bounds, so menus and option checks need nothing else.
#ifndef BL_DATASETS_H
#define BL_DATASETS_H

#include "rng.h"

enum { DATASET_PARAMETERS = 4 };
typedef struct {
  const char *name, *about;
  double value, low, high;
} bl_dataset_parameter;

typedef struct {
  const char *name, *about;
  const char *task;  // "bernoulli", "categorical" or "gaussian": the likelihood it is made for
  int d;             // columns of X
  int n;             // default number of examples
  bl_dataset_parameter parameters[DATASET_PARAMETERS];  // name NULL ends the list
  void (*make)(double *X, double *y, int n, const double *parameters, bl_rng *rng);
} bl_dataset;

int bl_dataset_count(void);
const bl_dataset *dataset_row(int id);  // NULL past the last
const char *bl_dataset_name(int id);
const char *bl_dataset_about(int id);
const char *bl_dataset_task(int id);
int bl_dataset_inputs(int id);
int bl_dataset_default_n(int id);
int bl_dataset_parameter_count(int id);
const bl_dataset_parameter *bl_dataset_parameter_row(int id, int parameter);  // NULL past the last
// X (n, d), y (n); parameters (parameter_count). BL_OPTION when one is out of its bounds.
int bl_dataset_make(int id, double *X, double *y, int n, const double *parameters, double seed);

#endif
