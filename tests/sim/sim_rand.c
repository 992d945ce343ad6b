/* sim_rand.c: splitmix64: small, seeded by any number, good enough for a simulated life. */
#include "sim_rand.h"

#include <math.h>

#define GOLDEN 0x9e3779b97f4a7c15ULL

uint64_t sim_rand_mix(uint64_t value)
{
	value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
	value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
	return value ^ (value >> 31);
}

uint64_t sim_rand_of(uint64_t seed, const char *name)
{
	uint64_t hash = sim_rand_mix(seed + GOLDEN);

	for (; *name; name++)
		hash = sim_rand_mix(hash ^ (uint8_t)*name) + GOLDEN;
	return hash;
}

uint64_t sim_rand_next(uint64_t *state)
{
	*state += GOLDEN;
	return sim_rand_mix(*state);
}

uint32_t sim_rand_below(uint64_t *state, uint32_t limit)
{
	return limit ? (uint32_t)((sim_rand_next(state) >> 32) % limit) : 0;
}

double sim_rand_unit(uint64_t *state)
{
	return (double)(sim_rand_next(state) >> 11) / 9007199254740992.0;
}

int64_t sim_rand_wait_us(uint64_t *state, int64_t mean_us)
{
	double times = -log(1.0 - sim_rand_unit(state));

	return (int64_t)((times > 5 ? 5 : times) * (double)mean_us);
}
