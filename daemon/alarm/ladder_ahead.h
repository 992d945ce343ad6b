/* ladder_ahead.h: what will become of an alarm that everybody leaves alone: who is told next, and when. Pure: time is an
 * argument; owned by the caller; never logs.
 *
 * It is found out by climbing a copy of the run to the moments that are due, so it cannot say another thing than the ladder
 * will do. What depends on others (a notifier that fails, a rate, an alarm of the same building) may bring it about earlier
 * or later; a step that finds nobody is passed over here as there. */
#pragma once

#include "alarm/ladder_book.h"

#define LADDER_AHEAD_NAMES_MAX 16

enum ladder_ahead_by {
	LADDER_AHEAD_STEP,    /* a step of its ladder */
	LADDER_AHEAD_AGAIN,   /* the ladder has been climbed: from its foot */
	LADDER_AHEAD_RISE,    /* it becomes more urgent */
	LADDER_AHEAD_ARRIVAL, /* nobody has arrived */
};

struct ladder_ahead_name {
	char contact[LADDER_RUN_ID_MAX], duty[LADDER_RUN_ID_MAX];
	bool thing; /* a siren, or a lamp */
};

struct ladder_ahead {
	enum ladder_ahead_by by;
	int64_t at_us; /* monotonic; not before now */
	unsigned step; /* from 1; 0: arrival, and a rise that tells nobody by itself */
	int priority;  /* RISE: that it gets; else 0 */
	struct ladder_ahead_name names[LADDER_AHEAD_NAMES_MAX]; /* whom, the first ones; people before things */
	size_t name_count;
};

const char *ladder_ahead_by_name(enum ladder_ahead_by by); /* step again rise arrival */

/* False: nobody will be told: it is acknowledged, out of the way, on no ladder. turn: of now; out is not used. */
bool ladder_ahead_find(const struct ladder_book *b, const char *alarm, const struct ladder_turn *turn,
		       struct ladder_ahead *ret_ahead);
