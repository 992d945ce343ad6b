/* sim_rand.h: numbers that look random and are the same on every run with the same seed. Pure. */
#pragma once

#include <stdint.h>

uint64_t sim_rand_mix(uint64_t value);                 /* a hash of one number */
uint64_t sim_rand_of(uint64_t seed, const char *name); /* a start value for a named thing */
uint64_t sim_rand_next(uint64_t *state);
uint32_t sim_rand_below(uint64_t *state, uint32_t limit);   /* 0..limit-1; 0 for limit 0 */
double sim_rand_unit(uint64_t *state);                      /* 0 <= x < 1 */
int64_t sim_rand_wait_us(uint64_t *state, int64_t mean_us); /* exponential, at most five times the mean */
