// rng.h — random numbers with explicit state: xoshiro256++ (Blackman & Vigna 2021), seeded by splitmix64.
// The state is the caller's; the same seed gives the same bits on every engine (transcendentals come from vmath).
#ifndef BL_RNG_H
#define BL_RNG_H

#include <stdint.h>

typedef struct {
  uint64_t s[4];
} bl_rng;

void rng_seed(bl_rng *rng, double seed,
              uint64_t stream);  // distinct streams of one seed are independent; any finite seed
bl_rng rng_split(bl_rng *rng);   // an independent child; advances the parent
uint64_t rng_bits(bl_rng *rng);
double rng_uniform(bl_rng *rng);                   // [0, 1), 53 bits
int rng_below(bl_rng *rng, int n);                 // 0 … n−1, unbiased
void bl_shuffled(int *items, int n, double seed);  // 0 … n−1 in an order drawn by the seed
void rng_shuffle(bl_rng *rng, int *items, int n);  // Fisher–Yates
void rng_normal(bl_rng *rng, double *z, int n);    // n draws of N(0, 1); the first m of n are those of a call with m
// a 64-bit hash of numbers, continued from h; −0 is 0
uint64_t rng_hash(uint64_t h, const double *values, int n);

#endif
