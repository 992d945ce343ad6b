/* start.h: rule 7, no start of day: nobody has stirred this morning, by an hour after the latest that is known of this home. Pure; a
 * flat block within the dwelling's.
 *
 * It is for this shift (priority 3). When the desk is told of the silence itself (welfare, stage 2) it has become that alarm
 * and is over. While the clock cannot be believed there is no morning. */
#pragma once

#include "care/home_view.h"
#include "care/verdict.h"

#define START_DAYS    28
#define START_LEAST   7   /* days known before they count */
#define START_MORNING 270 /* minutes after midnight: what stirs sooner belongs to the night */
#define START_NONE    UINT16_MAX

struct start {
	uint16_t first
		[START_DAYS]; /* minute of the day of the first sign of a morning; START_NONE: nothing learned that day */
	uint16_t today;       /* START_NONE: none yet */
	uint8_t days, next;
	uint8_t away; /* today was not wholly at home, or not wholly watched: it is not learned */
	uint8_t spare[3];
};

void start_init(struct start *s);
void start_sign(struct start *s, const struct sign *sign, const struct home_view *v);
void start_judge(struct start *s, const struct home_view *v, struct verdict *ret_verdict);
int64_t start_due(const struct start *s, const struct home_view *v);
void start_day(struct start *s, const struct home_view *v);
void start_move(struct start *s, int64_t by_us);
