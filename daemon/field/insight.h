/* insight.h: what a bus's thread knows of a point, of its registers and of the line, copied out for people.
 *
 * The main thread asks by mail, the bus's thread fills the copy in the moment it looks at its mail (also while it waits
 * for an answer or a connection) and sends it back as a message. Owned by whoever has it; never shared. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "field/cause.h"
#include "field/frame.h"
#include "field/health.h"
#include "field/tape.h"

#define INSIGHT_RTT            18 /* buckets: up to 0.25 ms, 0.5 ms, … each twice the one before; the last one: all above */
#define INSIGHT_RIDERS         24 /* so many of the points that ride in the same request are named */
#define INSIGHT_ENDED_NEVER    0
#define INSIGHT_ENDED_ANSWERED 1
#define INSIGHT_ENDED_CAUSE    2 /* + enum cause: how the last asking of a request ended */

struct poller;

enum insight_kind {
	INSIGHT_POINT,     /* all about one point, the tape with it */
	INSIGHT_TAPE,      /* the latest frames */
	INSIGHT_REGISTERS, /* what was read last of some points */
};

struct insight_link {
	enum frame_kind framing;
	bool open, asleep; /* asleep: closed until something is due */
	int64_t open_us;   /* when it will be tried to open, where it is not */
	uint32_t trouble;  /* trouble_unpack */
	unsigned state;    /* enum poller_state */
};

struct insight_unit {
	uint8_t unit;
	enum health_state state;
	unsigned misses;
	int64_t answered_us; /* last answer; 0: never */
	int64_t gate_us;     /* not asked before */
	int64_t latency_us;  /* longest of late */
	bool owes, in_doubt;
	uint8_t last_cause; /* enum cause of its last failure; meaningful with failed_us */
	uint8_t last_exception;
	int64_t failed_us;
	uint64_t polls, answers, errors;
	uint32_t causes[CAUSES];
	uint32_t rtt[INSIGHT_RTT];
};

struct insight_request {
	struct frame_request frame; /* as it is asked now */
	enum codec_table table;
	int64_t period_us, due_us,
		renew_us;         /* renew: when what was learned of illegal addresses is forgotten; 0: nothing was */
	int64_t ended_us;         /* when it was asked last; 0: never */
	uint8_t ended, exception; /* INSIGHT_ENDED_… */
	uint8_t misses, busy;
	bool refused, searching, again;
	uint32_t items; /* points that come with it */
	uint32_t riders[INSIGHT_RIDERS];
	uint32_t rider_count;
};

/* What was read last of one point. */
struct insight_registers {
	uint32_t point;
	uint32_t raw;    /* index of the first of width in raw */
	uint16_t width;  /* registers, or 1 for a bit */
	int64_t read_us; /* monotonic; 0: not since the plan began */
	bool refused;
};

struct insight {
	uint64_t id;
	enum insight_kind kind;
	uint32_t point, end, max; /* POINT: that point; REGISTERS: those of point … end - 1, at most max */
	/* Filled by the thread: */
	uint32_t generation;
	int64_t now_us;
	struct insight_link link;
	bool carried;     /* POINT: a request reads it; else there is neither unit nor request */
	uint16_t address; /* of its first register or bit */
	struct insight_unit unit;
	struct insight_request request;
	bool urgent, doubted;                /* POINT: protects life; a change waits for its second reading */
	int64_t lag_us;                      /* of the bus */
	struct insight_registers *registers; /* one of POINT */
	uint32_t register_count;
	uint16_t *raw;
	struct tape tape; /* POINT, TAPE */
};

struct insight *insight_new(enum insight_kind kind, uint64_t id);
void insight_free(struct insight *i);
UTIL_DEFINE_CLEANUP(struct insight *, insight_free);
/* Bus's thread: copies what is asked for. */
void insight_fill(struct insight *i, const struct poller *p);

/* The bucket that so long a round trip counts in; its upper bound, INT64_MAX of the last. */
unsigned insight_rtt_bucket(int64_t took_us);
int64_t insight_rtt_bound_us(unsigned bucket);

/* The last exchange on the tape that asked for the address (register or bit) of a unit. */
struct insight_exchange {
	int64_t asked_us, answered_us; /* 0: there is none */
	uint8_t asked[FRAME_MAX], answered[512];
	size_t asked_len, answered_len;
	size_t data; /* where in the answer its values begin; 0: it has none */
	struct frame_request request;
};
/* False: it is not on the tape any more. */
bool insight_find_exchange(const struct insight *i, struct insight_exchange *ret_exchange);
