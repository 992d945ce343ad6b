/* bed.h: rule 10, bed and no return: out of bed at night for longer than the way to the bathroom takes. Pure; the caller owns it;
 * never logs.
 *
 * Quiet everywhere is priority 2; a person who is noticed in another room is 4, and later. */
#pragma once

#include "care/home_view.h"
#include "care/verdict.h"

#define BED_DEVICES 2

struct bed_one {
	struct clock_now left; /* at night, and not occupied since; mono_us 0: nobody is out */
	int64_t since_us;      /* mono: occupied since then */
	uint8_t occupied;
	uint8_t proven; /* it has been occupied for minutes on end: it is no motion sensor above a bed */
	uint8_t spare[6];
};
struct bed {
	struct bed_one beds[BED_DEVICES];
	struct clock_now other; /* the latest sign in another room since then; mono_us 0: none */
	uint16_t devices[BED_DEVICES];
	uint8_t other_room; /* enum sign_room */
	uint8_t spare[3];
};

void bed_init(struct bed *b);
void bed_sign(struct bed *b, const struct sign *s, const struct home_view *v);
void bed_judge(struct bed *b, const struct home_view *v, struct verdict *ret_verdict);
int64_t bed_due(const struct bed *b, const struct home_view *v);
void bed_day(struct bed *b, const struct home_view *v);
void bed_move(struct bed *b, int64_t by_us);
