/* poller.h: the life of one bus: opens its link, asks what is due, draws the consequences (verdict.h), tells of them
 * (notice.h). Bus's thread only; what the main thread may read of it are the atomics of its tallies.
 *
 *   bus:   CONNECTING --first answer--> UP --link lost and not to be opened, or every unit silent--> DOWN --answer--> UP
 *
 * A link that fails is opened again when something is due if it has served since the last failure, else after a growing
 * wait (0.5 s to 60 s); where there is a standby address, the two are tried in turn. A link whose every unit is silent is
 * opened anew too; as long as one unit answers it is left alone. A link that rests for `idle_close` is closed until
 * something is due. A dial-in bus waits for its modem; a newer call of the same modem replaces the connection. A bus that
 * is paused has no link at all, and answers no call, until its time is over. What is asked beside the plan is in errand.h. */
#pragma once

#include <stdatomic.h>

#include "base/complain.h"
#include "field/aside.h"
#include "field/cause.h"
#include "field/deliver.h"
#include "field/errand.h"
#include "field/exchange.h"
#include "field/health.h"
#include "field/insight.h"
#include "field/plan.h"
#include "field/trouble.h"

enum poller_state { POLLER_CONNECTING, POLLER_UP, POLLER_DOWN };

/* Rule 15: counters and plain states for the main thread's eyes; nothing is decided from them. */
struct poller_tally {
	atomic_uint_fast64_t requests, answers, timeouts, crc_errors, mismatches, exceptions, connects, late;
	atomic_uint_fast64_t cycle_requests, points, units, causes[CAUSES];
	atomic_int_fast64_t lag_us, since_us;
	atomic_uint state, trouble;
	atomic_bool overbooked, standby;
	atomic_uint told;   /* insights that were sent back */
	atomic_uint obeyed; /* orders that were done, or given up */
};

enum poller_unit_state { POLLER_UNIT_UNKNOWN, POLLER_UNIT_UP, POLLER_UNIT_DOWN };

/* For people who ask why (insight.h): the thread's alone, they get copies. */
struct poller_seen {
	int64_t answered_us, failed_us;     /* last answer, last failure; 0: never */
	uint8_t last_cause, last_exception; /* of that failure */
	uint32_t causes[CAUSES], rtt[INSIGHT_RTT];
};

/* Made by the main thread before the plan that needs it is sent; never freed before the thread has ended. */
struct poller_unit {
	uint8_t unit;
	struct health health;
	struct aside aside;
	int64_t rest_us; /* the device wants to be left alone until then */
	struct complaint silent;
	atomic_uint state, health_state; /* enum health_state */
	atomic_uint_fast64_t polls, answers, errors;
	struct poller_seen seen;
};

/* How full the bus is, in windows of POLLER_LOAD_US. */
struct poller_load {
	int64_t since_us;
	uint64_t asked, skipped;
	struct complaint overbooked;
};
#define POLLER_LOAD_US (10 * S)

/* The last asking in vain. A gateway that serves one unit at a time is busy with it for longer than we wait: that is the
 * silent unit's doing, not that of those who are asked next. */
struct poller_vain {
	bool open, excused; /* nothing was answered since; one miss of another was laid at its door */
	uint8_t unit;
	int64_t at_us, over_us, spent_us; /* over: no longer open; spent: of the bus's time, so far */
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
	struct tape tape;
	struct backoff reconnect;
	struct health_budget budget;
	struct poller_vain vain;
	struct poller_unit *settled; /* its late answer came while another was asked */
	struct poller_load load;
	struct complaint broken;
	int64_t open_us;        /* when to open the link */
	int64_t quiet_us;       /* the pause after the connection was made ends then */
	int64_t renew_us;       /* when learned splits are to be looked at */
	int64_t aside_us;       /* when the first of what is waited for aside is over */
	int64_t latency_us;     /* the longest of any unit of late */
	int64_t lateness_us;    /* TCP: the latest that an answer came of late, from its request on */
	int64_t heard_us;       /* when an answer came last, in time or late */
	unsigned unanswered;    /* requests since then */
	int64_t pause_until_us; /* the line is somebody else's until then; 0: it is ours */
	unsigned aside_count;
	unsigned fruitless; /* links in a row that were lost before anything was answered */
	struct errand_list errands;
	bool served;  /* something was answered since the link was opened */
	bool asked;   /* something was asked since then */
	bool refused; /* the link could not be opened the last time */
	bool asleep;  /* closed until something is due */
	bool tried;   /* the other address was tried since something answered */
	bool told;    /* that it was tried is in the log */
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

/* For verdict.c, notice.c, poller_aside.c and poller_link.c. */
struct poller_unit *poller_unit_at(const struct poller *p, unsigned index);
unsigned poller_unit_of(const struct poller *p, const struct plan_request *r);
void poller_set_gate(struct poller *p, unsigned index);
void poller_set_gates(struct poller *p); /* of all units */
/* For errand.c: closes the link and leaves the line alone until then; all points are lost meanwhile. */
void poller_pause(struct poller *p, int64_t until_us);
void poller_resume(struct poller *p);

#define poller_add(counter)        atomic_fetch_add_explicit(&(counter), 1, memory_order_relaxed)
#define poller_put(counter, value) atomic_store_explicit(&(counter), value, memory_order_relaxed)
#define poller_get(counter)        atomic_load_explicit(&(counter), memory_order_relaxed)
