/* night.h: rule 9, night exit: at night the entrance moved, and nothing was noticed inside for minutes: somebody who should not be
 * out alone may be. Pure; the caller owns it; never logs.
 *
 *   IDLE -- the entrance moves, at night, nobody with a card --> LEAVING -- night-exit.for passes --> OUT
 *     ^------------------------- anything inside, half a minute after the entrance -----------------------' */
#pragma once

#include "care/home_view.h"
#include "care/verdict.h"

enum night_state { NIGHT_IDLE, NIGHT_LEAVING, NIGHT_OUT };

struct night {
	struct clock_now door; /* the entrance's last edge of this exit */
	uint8_t state;         /* enum night_state */
	uint8_t open;          /* the entrance: 0 not known, 1 closed, 2 open */
	uint8_t spare[6];
};

void night_init(struct night *n);
void night_sign(struct night *n, const struct sign *s, const struct home_view *v);
void night_judge(struct night *n, const struct home_view *v, struct verdict *ret_verdict);
int64_t night_due(const struct night *n, const struct home_view *v);
void night_day(struct night *n, const struct home_view *v);
void night_move(struct night *n, int64_t by_us);
