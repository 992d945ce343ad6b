/* hold.h: a condition that must hold for a while. Pure; the caller owns it; never logs.
 *
 *          true                  true and now - since >= for
 *   IDLE --------> WAITING(since) --------------------------> FIRED
 *     ^--- false ------'   ^------------- false ---------------'
 *
 * While nobody knows whether the condition holds, a running wait stands still: hold_stop notes when, and the next
 * hold_feed moves `since` on by as long. Time that nobody saw neither raises nor clears. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum hold_state { HOLD_IDLE, HOLD_WAITING, HOLD_FIRED };

struct hold {
	enum hold_state state;
	bool stopped;
	int64_t since_us;
	int64_t stopped_us;
};

/* Feed one observation; returns true exactly once per firing. */
bool hold_feed(struct hold *h, bool condition, int64_t for_us, int64_t now_us);
/* The condition is unknown from now on. */
void hold_stop(struct hold *h, int64_t now_us);
/* When it fires if the condition goes on; INT64_MAX when nothing runs or the clock is stopped. */
int64_t hold_due(const struct hold *h, int64_t for_us);
/* Since when it runs, leaving out what nobody saw until now. */
int64_t hold_since(const struct hold *h, int64_t now_us);
