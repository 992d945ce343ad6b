/* throttle.h: who has guessed wrong too often waits, longer each time: accounts, accounts at an address from which they are
 * known, and addresses. Pure; the caller owns it.
 *
 *   failures <= free: no wait · then 30 s, doubled with each further one, 15 min at most · 30 min without one: forgotten
 *
 * Bounded: where it is full, whoever failed the longest ago is forgotten. Nobody who acknowledges at the box's own socket comes
 * by here. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define THROTTLE_KEYS 512
#define THROTTLE_KEY  136

struct throttle {
	struct throttle_key {
		char name[THROTTLE_KEY]; /* "": free */
		unsigned failures;
		int64_t last_us, until_us; /* monotonic */
	} keys[THROTTLE_KEYS];
};

enum throttle_kind { THROTTLE_ACCOUNT, THROTTLE_KNOWN, THROTTLE_ADDRESS };
/* How long to wait until the next try; 0: none. */
int64_t throttle_wait_us(const struct throttle *t, enum throttle_kind kind, const char *name, int64_t now_us);
void throttle_failed(struct throttle *t, enum throttle_kind kind, const char *name, int64_t now_us);
void throttle_forgive(struct throttle *t, enum throttle_kind kind, const char *name);
