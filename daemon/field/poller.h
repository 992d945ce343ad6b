/* poller.h: the life of one bus: opens its link, asks what is due, draws the consequences. Bus's thread only; what the
 * main thread may read of it are the atomics of its tallies.
 *
 *   bus:   CONNECTING --first answer--> UP --link lost and not to be opened, or every unit silent--> DOWN --answer--> UP
 *
 * A link that fails is opened again at once if it has served since the last failure, else after a growing wait (0.5 s to
 * 60 s). A link whose every unit is silent is opened anew too; as long as one unit answers it is left alone. */
#pragma once

#include <stdatomic.h>

#include "base/complain.h"
#include "field/deliver.h"
#include "field/exchange.h"
#include "field/health.h"
#include "field/plan.h"
#include "field/trouble.h"

enum poller_state { POLLER_CONNECTING, POLLER_UP, POLLER_DOWN };

/* Rule 15: counters and plain states for the main thread's eyes; nothing is decided from them. */
struct poller_tally {
	atomic_uint_fast64_t requests, answers, timeouts, crc_errors, mismatches, exceptions, connects, late;
	atomic_uint_fast64_t cycle_requests, points, units;
	atomic_int_fast64_t lag_us, since_us;
	atomic_uint state, trouble;
};

enum poller_unit_state { POLLER_UNIT_UNKNOWN, POLLER_UNIT_UP, POLLER_UNIT_DOWN };

/* Made by the main thread before the plan that needs it is sent; never freed before the thread has ended. */
struct poller_unit {
	uint8_t unit;
	struct health health;
	struct complaint silent;
	atomic_uint state;
	atomic_uint_fast64_t polls, answers, errors;
};

struct poller {
	const struct bus *bus;
	struct poller_unit *const *units; /* by unit number, as the plan names them */
	struct waiter waiter;
	struct deliver deliver;
	struct poller_tally tally;
	/* The rest is the thread's alone. */
	struct plan *plan;
	struct link *link;
	struct exchange exchange;
	struct backoff reconnect;
	struct health_budget budget;
	struct complaint broken;
	int64_t open_us;    /* when to open the link */
	int64_t renew_us;   /* when learned splits are to be looked at */
	int64_t latency_us; /* the longest of any unit of late */
	bool served;        /* something was answered since the link was opened */
	bool refused;       /* the link could not be opened the last time */
	bool cycled;
};

struct poller_setup {
	const struct bus *bus;
	struct poller_unit *const *units;
	struct queue *messages;
	uint32_t number;
};

void poller_init(struct poller *p, const struct poller_setup *setup);
void poller_fini(struct poller *p); /* after the thread has ended */
/* The thread's main function: until the waiter's inbox is closed. */
void poller_run(void *poller);
