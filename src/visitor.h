// visitor.h — a walk over the members of an object: free them, copy them, write them, read them, count their bytes.
// What a walk does is written once, and an object says once what its members are.
#ifndef BL_VISITOR_H
#define BL_VISITOR_H

// What a walk over a structure's arrays does with each: free it, write it, read it, count its bytes. An array is NULL
// or owned (bl_alloc). Plain members come before the arrays whose sizes they are, so that a walk may fill an empty
// structure.
typedef struct bl_visitor bl_visitor;
struct bl_visitor {
  int (*ints)(bl_visitor *, int *values, int count);                    // plain members
  int (*doubles)(bl_visitor *, double **array, int rows, int columns);  // owned arrays
};

#endif
