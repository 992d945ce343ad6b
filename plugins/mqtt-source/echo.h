/* echo.h: what came lately, so that it is known when it comes again. Pure; the caller owns it. It forgets the oldest. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define ECHO_KEPT 512 /* more than a broker has under way, and than a radio network hears in a minute */

struct echo {
	struct {
		uint64_t hash;
		int64_t at_us;
	} seen[ECHO_KEPT];
	unsigned next, count;
};

/* True: the same key came before, and said a moment at most window_us from this one. Remembers it otherwise. */
bool echo_is_repeated(struct echo *e, const char *key, int64_t at_us, int64_t window_us);
