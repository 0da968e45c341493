// gram.h — the rows of the data kept as (A, D), √w folded into D, with their Gram matrix K = R P0⁻¹Rᵀ: what function
// space is made of.
// K belongs to one P0 (its key) and serves every c·P0 divided by c. New data add rows and columns to it, data taken
// away remove theirs.
#ifndef BL_GRAM_H
#define BL_GRAM_H

#include "prior.h"
#include "visitor.h"

typedef struct {
  bl_active active;
  int k;           // rows per example
  int held, in_K;  // examples kept; of these, in K
  int capacity;    // examples A and D have room for
  int apart;       // 1: rows of different outputs count as orthogonal
  double **A;      // [l] (capacity, in_l), layers of the active span
  double **D;      // [l] (capacity·k, out_l)
  double *full;    // (held·k, p) instead of A and D, when rows were given as such
  double *K;       // (in_K·k, in_K·k)
  double *key;     // (p + 1)
} bl_gram;

// on failure: walk with a freeing visitor, then gram_release
int gram_init(bl_gram *gram, const bl_active *active, int k);
void gram_free(bl_gram *gram);     // arrays and tables
void gram_release(bl_gram *gram);  // the tables; the arrays are freed by a walk
int gram_fields(bl_gram *gram, bl_visitor *visitor);

int gram_size(const bl_gram *gram);      // m = held·k
bl_rows gram_rows(const bl_gram *gram);  // all of R, borrowed
// all of R with every example weighted `weight`; the weights are taken from scratch
int gram_weighted(bl_rows *out, const bl_gram *gram, double weight, bl_arena *scratch);
// examples from … from + count − 1 of rows, without their weights; the pointers are taken from scratch
int gram_slice(bl_rows *out, const bl_active *active, const bl_rows *rows, int from, int count, bl_arena *scratch);
// coming: examples there is to be room for, these included; on error all is as before
int gram_append(bl_gram *gram, const bl_rows *rows, int coming);
void gram_replace(bl_gram *gram, double *full, int held);  // full (held·k, p) instead of all that is kept; takes it
void gram_keep_apart(const bl_gram *gram, double *C, int rows);  // C (rows, m): 0 where outputs differ, if apart
// gone (held) ← 1 for those examples, 0 for the others; BL_OPTION when one of them is not kept
int gram_find(const bl_gram *gram, int *gone, const bl_rows *rows);
void gram_drop(bl_gram *gram, const int *gone);  // closes the gaps they leave
// items of `size` numbers without those gone, towards the front; where the next one goes
double *gram_close_gaps(double *to, const double *from, int items, size_t size, const int *gone);
int gram_remove(bl_gram *gram, const bl_rows *rows, bl_arena *scratch);
// Brings K up to the data held, under P0 or, when no multiple of it is the key, anew. For transactions it works on a
// plain copy `next` of the struct and leaves the original's K alone; gram_choose keeps the one and frees what is only
// the other's.
int gram_extend(bl_gram *next, const bl_prior *prior, bl_arena *scratch);
void gram_choose(bl_gram *gram, bl_gram *next, int accept);
double gram_ratio(const bl_gram *gram, const bl_prior *prior);  // c with P0 = c·key when K is up to date, else 0
// B (m, m) = s·R P0⁻¹Rᵀ
int gram_scaled(const bl_gram *gram, double *B, double s, const bl_prior *prior, bl_arena *scratch);

#endif
