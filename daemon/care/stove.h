/* stove.h: rule 12: a stove or plug of the kitchen is left on. Pure; the caller owns it; never logs.
 *
 * It runs for stove.for, within the band of watts where it says watts, and nobody has been noticed in the kitchen for
 * stove.quiet. A pause of minutes is a thermostat. What says no watts may as well be a lamp or a dishwasher: what it is used to do
 * is learned, once somebody was in the kitchen they know that it is on, and what runs for hours again and again is no stove. Once
 * such an alarm was closed as false, those of what says no watts are for this shift (priority 3), until one was real; so they are
 * where more than STOVE_FEW of a kitchen say none: most of them are lamps and machines. */
#pragma once

#include "care/home_view.h"
#include "care/verdict.h"

#define STOVE_DEVICES 10
#define STOVE_FEW     2

struct stove_device {
	int64_t on_us;   /* mono: it runs since then; 0: not */
	int64_t off_us;  /* mono: a pause since then; 0: none */
	int64_t wall_us; /* when it went on */
	uint8_t watts;   /* it says them */
	uint8_t longest; /* run of late, in STOVE_UNIT */
	uint8_t hours;   /* runs of hours, of late */
	uint8_t told;    /* of this run: 1; somebody was in the kitchen since then: 3 */
	uint8_t latest;  /* the last alarm was about this one */
	uint8_t spare[3];
};
#define STOVE_UNIT (5 * MINUTE)

struct stove {
	struct stove_device devices[STOVE_DEVICES];
	uint16_t slots[STOVE_DEVICES];
	uint16_t kitchen_device; /* whose sign it was */
	uint8_t doubted;         /* the last word on an alarm of what says no watts was that it was false */
	uint8_t spare[1];
	int64_t kitchen_us; /* mono: the latest sign of a person in the kitchen, of no appliance; 0: none yet */
};

void stove_init(struct stove *s);
void stove_sign(struct stove *s, const struct sign *sign, const struct home_view *v);
void stove_judge(struct stove *s, const struct home_view *v, struct verdict *ret_verdict);
int64_t stove_due(const struct stove *s, const struct home_view *v);
void stove_day(struct stove *s, const struct home_view *v);
void stove_move(struct stove *s, int64_t by_us);
/* What a person says of such an alarm: it was real, or false. */
void stove_heard(struct stove *s, bool real);
/* Something of the kitchen is left on that says by its watts that it is no lamp (for cross.h: people are called out for it). */
bool stove_is_left_on(const struct stove *s, const struct home_view *v);
