#include "mqtt-source/echo.h"

/* FNV-1a: the keys are of devices, not of an enemy; who can publish can press a button anyhow. */
static uint64_t hash_of(const char *key)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *key; key++)
		hash = (hash ^ (uint8_t)*key) * UINT64_C(0x100000001b3);
	return hash;
}

bool echo_is_repeated(struct echo *e, const char *key, int64_t at_us, int64_t window_us)
{
	uint64_t hash = hash_of(key);

	for (unsigned i = 0; i < e->count; i++) {
		int64_t apart_us = e->seen[i].at_us - at_us;

		if (e->seen[i].hash == hash && apart_us <= window_us && apart_us >= -window_us)
			return true;
	}
	e->seen[e->next].hash = hash;
	e->seen[e->next].at_us = at_us;
	e->next = (e->next + 1) % ECHO_KEPT;
	if (e->count < ECHO_KEPT)
		e->count++;
	return false;
}
