/* ladder_inside.h: what ladder_book.c, ladder_climb.c (who, and when) and ladder_send.c (in which message) share. No other file includes it. */
#pragma once

#include "alarm/ladder_book.h"
#include "base/map.h"

struct ladder_book {
	struct ladder_book_setup setup;
	struct ladder_run **runs;
	size_t count, room;
	struct map *by_alarm;
	char **gone; /* alarms whose runs went since they were saved; owned */
	size_t gone_count;
	int64_t due_us;
	uint64_t messages;   /* the id of the last one */
	struct map *rates;   /* by contact: struct ladder_send_rate */
	struct map *updates; /* by "contact/building": struct ladder_update */
};

const struct ladder *ladder_climb_find(const struct ladder_book *b, const char *id); /* or NULL */
/* When the next step of its ladder is due; INT64_MAX: never. */
int64_t ladder_climb_due(const struct ladder_book *b, const struct ladder_run *r);
/* All steps that are due. */
void ladder_climb_run(const struct ladder_book *b, struct ladder_run *r, const struct ladder_turn *turn);
/* Nobody has arrived in time: when that is to be told, or told again because it reached nobody; INT64_MAX: not. */
int64_t ladder_climb_late_due(const struct ladder_run *r);
void ladder_climb_late(const struct ladder_book *b, struct ladder_run *r, const struct ladder_turn *turn);
/* From the foot, as if it began then. */
void ladder_climb_round(struct ladder_run *r, int64_t began_us);
/* Everybody who was told is to have the all-clear. */
void ladder_climb_clear(const struct ladder_book *b, struct ladder_run *r, const struct ladder_turn *turn);
/* A call (by its index: they grow) has failed: another contact of the duty, at once; of an all-clear he again, a few times. */
void ladder_climb_fail(const struct ladder_book *b, struct ladder_run *r, size_t at, const struct ladder_turn *turn);
void ladder_climb_say(const struct ladder_run *r, const struct ladder_call *c,
		      struct ladder_effects *out); /* for the record */

void ladder_send_fini(struct ladder_book *b);
/* The message was not handed over after all: it does not count for its contact's rate. */
void ladder_send_undo(struct ladder_book *b, uint64_t message);
/* When the call may go out. */
int64_t ladder_send_due(const struct ladder_book *b, const struct ladder_run *r, const struct ladder_call *c);
/* Sends what of the run is due, with what waits for the same contact, and before it what is more urgent. */
void ladder_send_run(struct ladder_book *b, struct ladder_run *r, const struct ladder_turn *turn);
/* Whether it goes alone, and waits for nothing. */
bool ladder_send_alone(const struct ladder_run *r, const struct contact *c);
