/* agree.h: a value that protects life changes only when two readings in a row agree. Pure. One per such point, in the
 * plan; the bus's thread owns it.
 *
 *   KNOWN --another value--> DOUBTED --the same again--> KNOWN (changed)       in doubt the next reading is asked at once
 *                              '-----the old one---------> KNOWN (unchanged: it was noise, counted)
 *
 * The first reading of all is in doubt too. Numbers agree roughly: within the deadband of nature, half of the jump; and
 * a number that moves by no more than a tenth was not made up by noise: it needs no second reading. Events are never
 * held back: better told twice than never. */
#pragma once

#include <stdbool.h>

#include "model/value.h"

struct agree {
	bool known, doubted;
	struct value value;     /* believed */
	struct value candidate; /* read once, while doubted */
};

enum agree_verdict {
	AGREE_TELL,  /* it may be told */
	AGREE_DOUBT, /* not yet: ask again at once */
	AGREE_NOISE  /* the doubt was noise: it may be told, it is what it was */
};

enum agree_verdict agree_feed(struct agree *a, const struct value *read);
/* The second reading did not come: nothing is known of the change. True when there was a doubt. */
bool agree_forget(struct agree *a);
/* The point was told lost or bad: the next reading is as the first. */
void agree_lost(struct agree *a);
