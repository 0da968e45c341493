// Random numbers: the published outputs of xoshiro256++, the prefix property of normals, moments, independence of seeds
// and streams, uniformity below n, permutations. Bounds are five standard deviations of the statistic.
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "rng.h"

enum { MANY = 200000, BINS = 12 };
static const double SEED = 90125;

static void check_known(void) {
  static const uint64_t expected[] = {41943041u,
                                      58720359u,
                                      3588806011781223u,
                                      3591011842654386u,
                                      9228616714210784205u,
                                      9973669472204895162u,
                                      14011001112246962877u,
                                      12406186145184390807u,
                                      15849039046786891736u,
                                      10450023813501588000u};
  bl_rng rng = {{1, 2, 3, 4}};
  for (int i = 0; i < (int)(sizeof expected / sizeof *expected); ++i) CHECK(rng_bits(&rng) == expected[i]);
}

static void check_prefix(void) {
  enum { LONG = 700 };
  double all[LONG], some[LONG + 1];
  bl_rng rng;
  rng_seed(&rng, SEED, 1);
  rng_normal(&rng, all, LONG);
  int same = 1, beyond = 1;
  for (int n = 0; n <= LONG; n += n < 20 ? 1 : 17) {
    rng_seed(&rng, SEED, 1);
    some[n] = 42;
    rng_normal(&rng, some, n);
    same &= memcmp(some, all, (size_t)n * sizeof *all) == 0;
    beyond &= some[n] >= 42 && some[n] <= 42;
  }
  CHECK(same);
  CHECK(beyond);
}

// Σ xʲ/n against the moments of N(0, 1), and the correlation of neighbours
static void check_moments(void) {
  double *z = malloc(MANY * sizeof *z), moment[5] = {0}, neighbours = 0, u = 0, uu = 0;
  const double expected[] = {1, 0, 1, 0, 3}, variance[] = {0, 1, 2, 15, 96}, n = MANY;
  bl_rng rng;
  rng_seed(&rng, SEED, 2);
  rng_normal(&rng, z, MANY);
  for (int i = 0; i < MANY; ++i) {
    double power = 1;
    for (int j = 0; j < 5; ++j, power *= z[i]) moment[j] += power / n;
    if (i) neighbours += z[i] * z[i - 1] / n;
  }
  for (int j = 1; j < 5; ++j) CHECK(fabs(moment[j] - expected[j]) <= 5 * sqrt(variance[j] / n));
  CHECK(fabs(neighbours) <= 5 / sqrt(n));
  int inside = 1;
  for (int i = 0; i < MANY; ++i) {
    const double x = rng_uniform(&rng);
    inside &= x >= 0 && x < 1;
    u += x / n;
    uu += x * x / n;
  }
  CHECK(inside);
  CHECK(fabs(u - 0.5) <= 5 * sqrt(1 / (12 * n)));
  CHECK(fabs(uu - 1.0 / 3) <= 5 * sqrt((1.0 / 5 - 1.0 / 9) / n));
  free(z);
}

// words two generators share in the same place, of the first 64
static int shared(bl_rng a, bl_rng b) {
  int count = 0;
  for (int i = 0; i < 64; ++i) count += rng_bits(&a) == rng_bits(&b);
  return count;
}

static void check_streams(void) {
  const double seeds[] = {0, 1, 2, -1, 0.5, 1e300, 5e-324, 4294967296.0};
  enum { ALL = 8 * 4 };
  bl_rng rng[ALL];
  for (int i = 0; i < ALL; ++i) rng_seed(&rng[i], seeds[i / 4], (uint64_t)(i % 4));
  for (int i = 0; i < ALL; ++i)
    for (int j = 0; j < ALL; ++j) CHECK(shared(rng[i], rng[j]) == (i == j ? 64 : 0));
  bl_rng plus, minus;
  rng_seed(&plus, 0.0, 0);
  rng_seed(&minus, -0.0, 0);
  CHECK(shared(plus, minus) == 64);
  // streams do not move together
  double sum = 0;
  for (int i = 0; i < MANY; ++i) sum += (rng_uniform(&rng[0]) - 0.5) * (rng_uniform(&rng[1]) - 0.5);
  CHECK(fabs(sum) <= 5 * sqrt((double)MANY) / 12);
  bl_rng parent = plus, child = rng_split(&parent), sibling = rng_split(&parent);
  CHECK(shared(child, parent) == 0 && shared(child, sibling) == 0 && shared(child, plus) == 0);
  bl_rng again = plus;
  CHECK(shared(rng_split(&again), child) == 64);
}

static void check_below(void) {
  const int sizes[] = {1, 2, 3, 7, BINS};
  bl_rng rng;
  rng_seed(&rng, SEED, 3);
  for (int s = 0; s < (int)(sizeof sizes / sizeof *sizes); ++s) {
    const int n = sizes[s];
    int count[BINS] = {0}, inside = 1;
    for (int i = 0; i < MANY; ++i) {
      const int x = rng_below(&rng, n);
      inside &= x >= 0 && x < n;
      count[x < 0 || x >= BINS ? 0 : x]++;
    }
    CHECK(inside);
    const double p = 1.0 / n;
    for (int i = 0; i < n; ++i) CHECK(fabs(count[i] - MANY * p) <= 5 * sqrt(MANY * p * (1 - p)));
  }
  // 2⁶⁴ mod 3 = 1, so the word 0 must be drawn again: a state whose first word is 0 gives the second word's remainder
  for (uint64_t seed = 1; seed < 20; ++seed) {
    bl_rng drawn = {{0, seed, seed * seed, 0}}, words = drawn;
    CHECK(rng_bits(&words) == 0);
    const int expected = (int)(rng_bits(&words) % 3);
    CHECK(rng_below(&drawn, 3) == expected && memcmp(&drawn, &words, sizeof drawn) == 0);
  }
}

static void check_shuffle(void) {
  enum { ITEMS = 5, TRIALS = 40000 };
  bl_rng rng;
  rng_seed(&rng, SEED, 4);
  for (int n = 0; n < 60; ++n) {
    int items[60], seen[60] = {0}, whole = 1;
    for (int i = 0; i < n; ++i) items[i] = i;
    rng_shuffle(&rng, items, n);
    for (int i = 0; i < n; ++i) seen[items[i]]++;
    for (int i = 0; i < n; ++i) whole &= seen[i] == 1;
    CHECK(whole);
  }
  int count[ITEMS][ITEMS] = {{0}};
  for (int t = 0; t < TRIALS; ++t) {
    int items[ITEMS];
    for (int i = 0; i < ITEMS; ++i) items[i] = i;
    rng_shuffle(&rng, items, ITEMS);
    for (int i = 0; i < ITEMS; ++i) count[i][items[i]]++;
  }
  const double p = 1.0 / ITEMS;
  for (int i = 0; i < ITEMS * ITEMS; ++i) {
    CHECK(fabs(count[i / ITEMS][i % ITEMS] - TRIALS * p) <= 5 * sqrt(TRIALS * p * (1 - p)));
  }
}

int main(void) {
  printf("seed %.0f\n", SEED);
  check_known();
  check_prefix();
  check_moments();
  check_streams();
  check_below();
  check_shuffle();
  return check_report();
}
