/* subject.h: something that is supervised: up or down, and an alarm of the built-in rule `supervision` when it has been down
 * for longer than its delay. Main thread; owned by watch.c, private to it.
 *
 * Invariant: alarmed is true from the alarm to the end of it, whatever people did to it in between. */
#pragma once

#include "app/watch.h"

/* Something that is up or down. While it is down for less than its delay nobody is told. */
struct subject {
	enum watch_state state;
	bool alarmed;
	bool behind;      /* a unit: the alarm came while its bus was down: nobody knows how it is */
	bool news;        /* the last edge is worth a message upstream: to be well from the start is not */
	int64_t delay_us; /* how long it must be down before it is an alarm */
	int64_t since_us; /* monotonic */
	int64_t kept_us; /* of an earlier run, for as long as nothing has been heard of it: since when it was down; 0: it was not */
	char text[256];
	const char *text_zh; /* NULL: text */
	int priority;        /* 0: the rule's */
};

/* Returns true on an edge. */
bool subject_set(struct subject *s, enum watch_state state, const char *text);
/* Raises its alarm when it has been down for its delay. Its end is an edge: see subject_recover. */
void subject_judge(struct live *l, struct subject *s, const char *asset, const char *place);
/* It is well: an alarm about it ends, also one that an earlier run of the daemon raised. */
void subject_recover(struct live *l, struct subject *s, const char *asset);
/* An earlier run said of it that what it is behind is down, and nothing has been heard of itself since. */
bool subject_was_behind(const struct live *l, const struct subject *s, const char *asset);
/* Its state, for pages, and upstream where it is news. */
void subject_say(struct live *l, const char *what, const char *id, const struct subject *s);
/* When subject_judge has something to say of it; INT64_MAX: never, as it is. */
int64_t subject_due(const struct subject *s);
