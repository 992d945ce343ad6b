/* backlog.h: the last events of the stream, so that a client that was away catches up. Pure; owned by the stream.
 *
 * Ids grow by one for each event, over all kinds. Alarms and health have their own ring: however many points change,
 * the last alarms are there. What can no longer be told (pushed out, or not kept because nobody listened) is known: a
 * client whose last id lies before it has a gap and must read the lists again. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum backlog_kind { BACKLOG_POINT, BACKLOG_ALARM, BACKLOG_HEALTH, BACKLOG_HOME, BACKLOG_NEXT };
#define BACKLOG_RINGS 2

struct backlog_event {
	uint64_t id;
	enum backlog_kind kind;
	char *name;     /* what a client's glob is tried on: points, alarms with their asset and inputs; '\n' between */
	char *frame;    /* as it goes out to these roles */
	unsigned roles; /* set: 1 << enum api_role */
	char *veiled;   /* to all others; NULL: nothing goes to them */
	char *place;    /* what it is about; NULL: the estate as a whole */
};

struct backlog_ring {
	struct backlog_event *events; /* room of them, in a circle */
	size_t first, count, room;
	uint64_t lost_id; /* events up to this one are not complete here */
};

struct backlog {
	struct backlog_ring rings[BACKLOG_RINGS]; /* points, and who is told next; alarms and health */
	uint64_t last_id;
};

/* first_id: larger than any id of an earlier life, so that a client's old id is known as such. */
void backlog_init(struct backlog *b, size_t room, uint64_t first_id);
void backlog_fini(struct backlog *b);
/* Gives it its id; takes its texts. */
void backlog_add(struct backlog *b, struct backlog_event e);
uint64_t backlog_next_id(const struct backlog *b);
/* Points were not kept until now: whoever was here before has a gap. Takes an id. */
void backlog_skip_points(struct backlog *b);
/* Can a client that has seen everything up to id be told all that came after? */
bool backlog_complete(const struct backlog *b, uint64_t id);
/* The first event after id, in order of ids over both rings, or NULL. */
const struct backlog_event *backlog_after(const struct backlog *b, uint64_t id);
