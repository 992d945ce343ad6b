/* contact.h: someone to tell: what for, where, when, and by what means: rows of the configuration. Pure.
 *
 * A duty is a word that ladders use: desk, grid, family … Who has it at a place is a contact whose places contain that
 * place (none: everywhere); nearer places come first, then the order of the files. On duty is who has no roster, or one
 * of whose spans holds now; a day that the calendar names counts as a holiday, or as the weekday that it says. While the
 * time of day is not known everybody is on duty. */
#pragma once

#include "model/plugin.h"

#define CONTACT_HOLIDAY 7 /* beside the weekdays 0 (Sunday) … 6 */

/* Of the week: on these days from a minute of the day to another; to <= from: past midnight, of the day it began on. */
struct contact_span {
	unsigned days; /* bits, CONTACT_HOLIDAY too */
	int from_min, to_min;
};

struct contact {
	const char *id, *name;
	const struct plugin *notifier; /* what reaches him; NULL: the page at the desk, or an output */
	const char *output;            /* no person, but a siren or a lamp: the point that switches it; NULL: none */
	bool output_stays;             /* on until the alarm is over; false: until somebody has acknowledged it */
	const char *button;            /* a point: pressed, it acknowledges what is open there; NULL: none */
	const char *const *cards;      /* numbers of his cards: at a door they say that he has arrived there */
	size_t card_count;
	const char *to_json; /* one JSON object, as the notifier takes it; never NULL */
	const char *phone;   /* for people to see; NULL: not said */
	const char *const *duties;
	size_t duty_count;
	const char *const *places;
	size_t place_count;
	const struct contact_span *roster;
	size_t span_count;
	int rate;     /* messages a minute; what protects life is not held by it */
	bool tests;   /* is told of what is in test, too */
	bool english; /* reads English, not Chinese */
	struct diag_at at;
};

struct contact_holiday {
	const char *id, *name;
	int from, until; /* days as 20261001, both included */
	int as;          /* weekday that they count as, or CONTACT_HOLIDAY */
	const char *const *places;
	size_t place_count;
	struct diag_at at;
};

struct contact_list {
	const struct contact *contacts;
	size_t count;
	const struct contact_holiday *holidays;
	size_t holiday_count;
};

/* A moment as a roster sees it, in the estate's own time. */
struct contact_moment {
	bool known;          /* false: the clock was never set */
	int minute;          /* of the day */
	int date[2], day[2]; /* of today, and of the day before: 20261001, weekday */
};
struct contact_moment contact_moment_at(int64_t wall_us, bool known);

/* What reaches him: his notifier, or the point of his output; "page". */
const char *contact_means(const struct contact *c);
const struct contact *contact_find(const struct contact_list *l, const char *id); /* or NULL */
/* How well his places fit: 0 not at all, more the nearer. */
size_t contact_covers(const struct contact *c, const char *place);
bool contact_has_duty(const struct contact *c, const char *duty); /* his id is a duty that he alone has */
bool contact_on_duty(const struct contact_list *l, const struct contact *c, const char *place,
		     const struct contact_moment *now);
/* Those who have the duty there, the first to be told first; whether they are on duty is not asked. ret has room for all of
 * the list. */
size_t contact_of_duty(const struct contact_list *l, const char *duty, const char *place, const struct contact **ret);
