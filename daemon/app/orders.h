/* orders.h: what people ask of a bus beside its plan, on its way: checked, handed to the bus's thread, answered when it comes
 * back; and which buses are paused. Main thread.
 *
 *   orders_give --checked--> UNDER WAY --orders_done--> answered, recorded where something was written
 *        '--refused--> answered             '--its bus was ended by a reload--> answered: not known
 *
 * Bounded: ORDERS_MAX under way at a time, four a bus; more are refused. */
#pragma once

#include "api/api.h"

#define ORDERS_MAX 64

struct live;
struct orders;
struct worker;

/* What estated itself has to have written. */
struct orders_own {
	/* What came of it: error 0 or -errno, with text why. NULL: a person has asked (asked.pending). */
	void (*done)(void *context, const char *point, int error, const char *text);
	void *context;
	bool again; /* it has failed before: another failure is not put on record */
};

/* One under way. */
struct orders_one {
	struct orders_one *next;
	struct api_order asked; /* texts are ours */
	char *subject, *who, *reason, *bus;
	const struct worker *worker; /* only to see whether it is still the same */
	struct order order;
	bool paused; /* its bus was, when this was asked */
	struct orders_own own;
};

struct orders *orders_new(struct live *l);
void orders_free(struct orders *o); /* what was not answered is not answered any more */
/* Answers through asked->pending, now or later. */
void orders_give(struct orders *o, const struct api_order *asked);
/* Switches a point for estated itself, by the same rules as a person. 0: own->done comes later; -errno with why appended:
 * it does not. */
struct orders_switch {
	const char *point, *reason;
	bool on;
	struct orders_own own;
};
int orders_switch(struct orders *o, const struct orders_switch *s, struct str_buf *why);
/* What came of one; taken. */
void orders_done(struct orders *o, struct order_result *result);
/* The pause of that bus (row of the configuration) is over. */
void orders_resumed(struct orders *o, uint32_t bus);
void orders_tick(struct orders *o, int64_t now_us);

/* Monotonic; 0: that bus is not paused. */
int64_t orders_paused_until(const struct orders *o, const char *bus);
/* Who has the line; NULL: it is not paused. Lent until the next turn. */
const char *orders_paused_by(const struct orders *o, const char *bus);
/* Puts the pause of its bus, if there is one, into the row for people. */
void orders_show_pause(struct orders *o, struct status_bus *row);
