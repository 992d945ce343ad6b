/* worker.h: one thread per bus: asks what the plan says when it is due, and sends readings by value.
 *
 * The worker's thread owns link, schedule and unit states. The engine (main thread) owns the struct worker and talks to
 * the thread only by messages: a plan in, readings and state out. A dead or slow device hurts its own bus only. */
#pragma once

#include "base/queue.h"
#include "model/bus.h"
#include "model/device.h"
#include "model/point.h"
#include "model/record.h"
#include "model/status.h"

struct worker;
struct plan;
struct doorman;
struct insight;
struct order;
struct order_result;

enum worker_message_kind {
	WORKER_READING, /* reading */
	WORKER_BUS,     /* up, text: the bus came up or went down */
	WORKER_UNIT,    /* unit, up, text: a unit began or ceased to answer */
	WORKER_CYCLED,  /* every point of the bus was asked once since its start or last plan */
	WORKER_TOLD,    /* told: what somebody asked for (worker_ask); whoever pops it owns it */
	WORKER_ORDER,   /* order: what came of one (worker_order); whoever pops it owns it */
	WORKER_RESUMED, /* a pause of the bus is over */
};

/* What a worker tells the engine; by value through one queue shared by all workers. */
#define WORKER_MOMENT_MAX 256 /* readings; an answer of more (of packed bits) is several moments */
struct worker_message {
	enum worker_message_kind kind;
	uint32_t bus;        /* the number given at start */
	uint32_t generation; /* of the configuration its plan was made from: older ones are dropped */
	unsigned more;       /* readings of the same answer that stand behind it in the queue: they are one moment */
	union {
		struct reading reading;
		struct insight *told;
		struct order_result *order;
		struct {
			uint8_t unit;
			bool up;
			char text[120]; /* plain words: "no answer from unit 4 (water meter 3#)" */
		} state;
	};
};

struct worker_setup {
	const struct bus *bus; /* copied */
	struct device_list
		devices; /* all devices; those of this bus are taken. Copied: the configuration may go away */
	uint32_t number, generation;
	struct queue *messages;  /* of struct worker_message; lent */
	struct doorman *doorman; /* of dial-in buses; lent, outlives the worker */
	int64_t paused_until_us; /* monotonic: the line is left alone until then (ORDER_PAUSE); 0: it is not */
	struct plan *plan;       /* made before by worker_plan, taken; NULL: it is made now */
};

/* The requests that a bus will need, made ahead: any thread. Of the setup only bus and devices count. */
struct plan *worker_plan(const struct worker_setup *setup);
void worker_plan_free(struct plan *plan);
/* Starts the thread. 0 or -errno (-EOPNOTSUPP: a dial-in bus without a doorman). */
int worker_start(const struct worker_setup *setup, struct worker **ret_worker);
/* Gives a running worker the devices of a new configuration; its connection and what it knows of its units stay. Of the
 * row of the bus only keys that the schema calls live may differ (they come with the plan); its number and its queue must
 * be as they were. Else stop it and start another. 0, or -ENOSPC where
 * the thread has not taken in the last few yet (it waits for room in the messages). */
int worker_update(struct worker *w, const struct worker_setup *setup);
/* Asks it to end, without waiting: many can end at the same time. worker_stop has to follow. */
void worker_ask_stop(struct worker *w);
/* Asks it to end and waits: at most 2 s whatever the slave does. */
void worker_stop(struct worker *w);
UTIL_DEFINE_CLEANUP(struct worker *, worker_stop);
/* A row for people, from counters. Main thread. Texts are lent until the next call. */
void worker_status(struct worker *w, struct status_bus *ret_status);
/* Rows per unit; returns how many (at most max). */
size_t worker_units(struct worker *w, struct status_unit *units, size_t max);
/* Has its thread fill in what is asked for and send it back as a message; taken. -EBUSY: it has not answered what it was
 * asked before, so it is stuck (freed then, as with any error). */
int worker_ask(struct worker *w, struct insight *insight);
/* Hands over an order (copied); its result comes as a message, within its deadline and a few exchanges. -EBUSY: it has not
 * done those that it got before. */
int worker_order(struct worker *w, const struct order *order);
/* Grows with every turn of its thread: a number that stands still for three deadlines is a stuck thread. */
uint64_t worker_turns(const struct worker *w);
