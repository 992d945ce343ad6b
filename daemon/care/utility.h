/* utility.h: rule 13, no utility use: somebody is in, and no water or no power was used for a day. Pure; the caller owns it; never
 * logs.
 *
 * A meter is believed only once it has shown use on most days that somebody was in. */
#pragma once

#include "care/home_view.h"
#include "care/verdict.h"

enum utility_kind { UTILITY_WATER, UTILITY_POWER, UTILITY_KINDS };

struct utility_meter {
	int64_t used_wall_us; /* the latest use; 0: none yet */
	int64_t idle_us;      /* how long nothing was used while somebody was in and the meter was well */
	int64_t unwell_us;    /* of today: away, or the meter not believed */
	uint16_t used;        /* bit 0: yesterday; days of use, of the days that counted */
	uint8_t days;         /* that counted; at most 16 */
	uint8_t running;      /* it is used now */
	uint8_t today;        /* used today */
	uint8_t spare[3];
};

struct utility {
	struct utility_meter meters[UTILITY_KINDS];
	int64_t noted_us; /* mono: the latest look */
};

void utility_init(struct utility *u);
void utility_sign(struct utility *u, const struct sign *s, const struct home_view *v);
void utility_judge(struct utility *u, const struct home_view *v, struct verdict *ret_verdict);
int64_t utility_due(const struct utility *u, const struct home_view *v);
void utility_day(struct utility *u, const struct home_view *v);
void utility_move(struct utility *u, int64_t by_us);
