/* discreet.h: what a receiver gets of an alarm or a summary that is about people at home. Pure; the caller owns what it gets.
 *
 * - Who it is about is a pseudonym (pseudonym.h), with categories; where is the building; when is a quarter of an hour. Readings,
 *   sentences and what people wrote stay in the box.
 * - Name, place, sentence and readings leave only in an open alarm of priority 1 or 2 that is no test, to a receiver that may have names. What the
 *   alarm is called is the same pseudonym all the while, so that a receiver knows when it is over.
 * - A count of less than `few` people is no count: null. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "model/resident.h"
#include "upstream/pseudonym.h"

#define DISCREET_BUCKET (15 * MINUTE)
#define DISCREET_FEW    5

struct discreet_receiver {
	struct pseudonym_key key;
	bool names;
	unsigned few;
};

/* Who lives in a dwelling; lent. */
struct discreet_home {
	const char *place;
	const struct resident *const *residents;
	size_t count;
};

/* The start of the quarter of an hour. */
int64_t discreet_bucket(int64_t wall_us);
/* Of an alarm (alarm_json.h): changed in place. True: names are in it; it is to be recorded. */
bool discreet_alarm(json_t *alarm, const struct discreet_home *home, const struct discreet_receiver *to);
/* Whether it is one that names may leave with. */
bool discreet_is_urgent(const json_t *alarm);
/* Every "place" in a text (not as a part of a longer path) as its pseudonym; NULL: it is not in it. The caller frees. */
char *discreet_hide(const char *text, const char *place, const struct discreet_receiver *to);
/* The same of what a device of a home is called, in the sentences and the reason of an alarm, in place. True: it was there. */
bool discreet_hide_device(json_t *alarm, const char *device, const struct discreet_receiver *to);
/* Of one that waits with names in it, about somebody who is erased: his name goes, in place; nobody else lives there: all that says
 * where it is, as in discreet_alarm without names. False: it says nothing of him. */
struct discreet_erased {
	const char *name; /* NULL: none was known */
	const char *place;
	bool last; /* who lived there */
};
bool discreet_erase(json_t *alarm, const struct discreet_erased *who);
/* Of a summary of a resident: its "of" is his id in the estate, in place. */
void discreet_summary(json_t *summary, const struct resident *r, const struct discreet_receiver *to);
/* How it is with him now: adds "state": {"presence","since","last_sign","quiet_min"}, times as quarters of an hour, null where none is
 * known. It is beside the figures: those are of the day, and stay. */
struct discreet_state {
	const char *presence;           /* home, away (presumed), unknown */
	int64_t since_us, last_sign_us; /* wall; 0: not known */
	int64_t now_us;
};
void discreet_state(json_t *summary, const struct discreet_state *state);
/* Every whole number in it, however deep, that is less than few and not 0: null. */
void discreet_counts(json_t *figures, unsigned few);
