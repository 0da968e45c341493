// examples.h — which examples a posterior holds: a multiset of 64-bit fingerprints of (x, y, weight), so that only data
// that were put in can be taken out. Two different examples share a fingerprint with probability 2⁻⁶⁴.
#ifndef BL_EXAMPLES_H
#define BL_EXAMPLES_H

#include <stdint.h>

#include "arena.h"
#include "status.h"

typedef struct {
  int total;      // examples held
  int used;       // slots taken
  int capacity;   // slots, a power of two, or 0
  uint64_t *key;  // 0 = free
  int *count;
} bl_examples;  // all zero: empty

uint64_t example_key(const double *x, int d, const double *y, int t, double weight);
int examples_add(bl_examples *examples, uint64_t key);
int examples_remove(bl_examples *examples, uint64_t key);  // BL_OPTION when it is not held
int examples_clone(bl_examples *out, const bl_examples *examples);
void examples_free(bl_examples *examples);

#endif
