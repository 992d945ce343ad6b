/* health.h: how a unit of a bus does, when it may be asked again, and which answer of it may still come. Pure.
 *
 * One per (bus, unit), never shared between buses. The bus's thread owns it.
 *
 *   NEW --answer--> OK --miss--> SUSPECT --third miss in a row--> DOWN        a miss: no answer, or none to be believed
 *    '----miss------------------->  '-----------answer-----> OK <---'
 *
 * A gateway that says it got no answer of the unit (exception 0x0B) has waited for it itself, and one that knows no way to
 * it (0x0A) need not: the second of such misses in a row is enough. One alone may be noise on the line behind the gateway,
 * or a moment in which it had too much to do: the unit is asked again at once.
 *
 * A unit that is not OK is asked one thing at a time, at growing intervals (at once, then 0.5 s to 60 s); units that are down take
 * together at most a sixtieth of the bus's time while others answer. It need not be waited for to the end: an answer
 * that comes later is recognised as late, and then it is given the whole timeout again.
 *
 * Serial lines: an answer carries no transaction id. So a unit that owes one is asked nothing (health_gate_us) until
 * that answer has come, or cannot come any more. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/backoff.h"
#include "field/frame.h"

#define HEALTH_BACKOFF_MIN (500 * MS)
#define HEALTH_BACKOFF_MAX (60 * S)
#define HEALTH_SHORT_MIN   (50 * MS)  /* of a shortened wait */
#define HEALTH_ASIDE_MIN   (100 * MS) /* of one that goes on aside, of a unit that answers well */
#define HEALTH_DOWN_SHARE  60         /* dead units together get one part in so many of the bus's time */

enum health_state { HEALTH_NEW, HEALTH_OK, HEALTH_SUSPECT, HEALTH_DOWN };

enum health_miss {
	HEALTH_MISS_SILENT, /* we waited in vain, or could not believe what came */
	HEALTH_MISS_VOUCHED /* its gateway says so */
};

struct health {
	enum health_state state;
	unsigned misses;
	unsigned probes;    /* since it was OK */
	bool slow;          /* it answered late: give it the whole timeout */
	int64_t latency_us; /* its longest of late (decays); 0: never answered */
	int64_t probe_us;   /* not before */
	struct backoff backoff;
	bool owes; /* serial: an answer to this may still come, until owes_until_us */
	uint8_t owes_function;
	uint16_t owes_bytes;
	int64_t owes_until_us;
};

/* What the dead units of a bus may still take of its time. */
struct health_budget {
	int64_t free_us; /* no unit that is down is asked before */
};

void health_init(struct health *h, uint32_t seed);
/* The link was away and is back: it gets its whole patience again. What it owes stays owed. */
void health_renew(struct health *h);
/* True when it was down. latency_us: without the time on the wire. */
bool health_answered(struct health *h, int64_t latency_us);
/* An answer of it came, too late to be believed, but that was no fault of its own: it lives. */
void health_heard(struct health *h, int64_t now_us);
/* True when it went down by this. */
bool health_missed(struct health *h, enum health_miss miss, int64_t now_us);

struct health_wait {
	int64_t timeout_us; /* of the bus */
	int64_t wire_us;    /* of this request and its answer */
	int64_t latency_us; /* the longest of any unit of the bus; 0: none answered yet */
	bool aside;         /* TCP: what does not come soon is waited for aside, while others are asked (poller.h) */
};
/* How long to wait for its answer: the timeout, or less while it does not answer. */
int64_t health_wait_us(const struct health *h, const struct health_wait *w);
/* The moment from which it may be asked. */
int64_t health_gate_us(const struct health *h, const struct health_budget *budget);
/* A dead unit was waited for in vain for spent_us. */
void health_spend(struct health_budget *budget, int64_t spent_us, int64_t now_us);

/* Serial: the answer to this did not come in time. */
void health_owe(struct health *h, const struct frame_request *request, int64_t until_us);
/* A frame of this unit came that nobody waits for. True when it is the one that was owed. */
bool health_settle(struct health *h, uint8_t function, uint16_t len, bool exception);
