// rng.c — xoshiro256++ (Blackman & Vigna, “Scrambled linear pseudorandom number generators”, ACM TOMS 47, 2021), seeded
// by splitmix64 (Steele, Lea & Flood 2014). Normals by Box & Muller (1958) in pairs: z = √(−2 log u)·(cos, sin)(2πv).
#include "rng.h"

#include <math.h>
#include <string.h>

#include "vmath.h"

static uint64_t splitmix(uint64_t *state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static uint64_t rotate(uint64_t x, int by) { return (x << by) | (x >> (64 - by)); }

// The two words that name a sequence are mixed before they meet, so neighbouring seeds and streams share nothing.
static void seed_words(bl_rng *rng, uint64_t a, uint64_t b) {
  uint64_t state = splitmix(&a) ^ rotate(splitmix(&b), 32);
  for (int i = 0; i < 4; ++i) rng->s[i] = splitmix(&state);
}

void rng_seed(bl_rng *rng, double seed, uint64_t stream) {
  const double value = seed + 0.0;  // −0 and 0 are one seed
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  seed_words(rng, bits, ~stream);
}

bl_rng rng_split(bl_rng *rng) {
  bl_rng child;
  const uint64_t a = rng_bits(rng);
  seed_words(&child, a, rng_bits(rng));
  return child;
}

uint64_t rng_bits(bl_rng *rng) {
  uint64_t *s = rng->s;
  const uint64_t result = rotate(s[0] + s[3], 23) + s[0], t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate(s[3], 45);
  return result;
}

double rng_uniform(bl_rng *rng) { return (double)(rng_bits(rng) >> 11) * 0x1p-53; }

// the low words that would favour small results are drawn again
int rng_below(bl_rng *rng, int n) {
  const uint64_t bound = (uint64_t)n, reject = (0 - bound) % bound;
  uint64_t bits;
  do bits = rng_bits(rng);
  while (bits < reject);
  return (int)(bits % bound);
}

void rng_shuffle(bl_rng *rng, int *items, int n) {
  for (int i = n - 1; i > 0; --i) {
    const int j = rng_below(rng, i + 1), kept = items[i];
    items[i] = items[j];
    items[j] = kept;
  }
}

enum { PAIRS = 64 };  // pairs a block; a whole pair is drawn for an odd tail, so any n is a prefix of a longer call

void rng_normal(bl_rng *rng, double *z, int n) {
  double radius[PAIRS], angle[PAIRS], sine[PAIRS];
  for (int at = 0; at < n; at += 2 * PAIRS) {
    const int left = n - at < 2 * PAIRS ? n - at : 2 * PAIRS, pairs = (left + 1) / 2;
    for (int i = 0; i < pairs; ++i) {
      radius[i] = 1 - rng_uniform(rng);  // (0, 1]
      angle[i] = 2 * BL_PI * rng_uniform(rng);
    }
    vm_log(radius, radius, pairs);
    vm_sin(sine, angle, pairs);
    vm_cos(angle, angle, pairs);
    for (int i = 0; i < pairs; ++i) {
      const double r = sqrt(-2 * radius[i]);
      z[at + 2 * i] = r * angle[i];
      if (2 * i + 1 < left) z[at + 2 * i + 1] = r * sine[i];
    }
  }
}

uint64_t rng_hash(uint64_t h, const double *values, int n) {
  for (int i = 0; i < n; ++i) {
    const double value = values[i] + 0.0;
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    h += bits;
    h = splitmix(&h);
  }
  return h;
}

void bl_shuffled(int *items, int n, double seed) {
  bl_rng rng;
  rng_seed(&rng, seed, 0);
  for (int i = 0; i < n; ++i) items[i] = i;
  rng_shuffle(&rng, items, n);
}
