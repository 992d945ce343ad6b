/* recorder_inside.h: what recorder.c (samples on their way into the ring) and recorder_files.c (the files that they go to)
 * share. Private to the two. Owner: the store thread. */
#pragma once

#include "base/complain.h"
#include "store/days.h"
#include "store/pass.h"
#include "store/recorder.h"
#include "store/retention.h"
#include "store/stage.h"

/* The last sample of a point. */
struct recorder_last {
	uint32_t id; /* in the database; 0: not asked yet */
	uint8_t type;
	struct chunk_sample sample; /* ts_ms 0: none; a text is owned */
};

enum recorder_erase_phase {
	RECORDER_ERASE_NOTHING,
	RECORDER_ERASE_BEGIN,
	RECORDER_ERASE_PASSING,
	RECORDER_ERASE_ROWS,
	RECORDER_ERASE_WIPING,
};
struct recorder_erasure {
	enum recorder_erase_phase phase;
	char *const *points; /* lent */
	size_t count, point; /* which of them is at work */
	int64_t series;      /* the how manyth of its name */
	bool found;          /* this one: */
	int64_t id, class, hour, last_hour;
	uint64_t up_to_seq; /* of the ring: chunks, then */
	size_t wiped;
	int64_t at_us; /* not before */
};

struct recorder {
	struct recorder_setup setup;
	struct history *history; /* NULL: closed after a failure */
	struct ring *ring;       /* with it */
	struct pass pass;
	struct days days;
	struct retention retention;
	struct retention_plan *plan; /* NULL: the usual one */
	int64_t upkeep_at_us;
	struct history_names *names; /* in force; NULL: none yet */
	struct recorder_last *last;  /* beside each name */
	struct stage_item *items;    /* not staged yet; point is the index of a name */
	size_t count, room;
	int64_t staged_at_us; /* when the oldest of them is to be staged */
	int64_t hour;         /* of the wall clock, when the first of them came */
	int64_t quarter;      /* of an hour: the last one that was beaten */
	size_t beaten;        /* of the points, in this quarter */
	uint64_t pass_up_to;  /* 0: no pass is wanted */
	int64_t pass_at_us;   /* not before */
	struct clock_now now; /* of the call in work */
	int64_t reopen_at_us;
	bool damaged;                              /* found to be so after it was opened */
	int64_t renewed_at_us, ring_renewed_at_us; /* monotonic: when it gave way to a new one; 0: never */
	unsigned ring_faults;                      /* one after the other: the disk did not take its record */
	bool more;                                 /* samples were left in the queue */
	int64_t backs_ms[CHUNK_LAP_MAX];           /* from where the clock was set back, the latest first; 0: never */
	struct complaint complaint, full;
	struct recorder_erasure erasure;
};

/* An hour is over a moment later, when what was on its way has come. */
#define RECORDER_HOUR_GRACE (2 * S)
static inline int64_t recorder_hour_now(const struct recorder *r)
{
	return (r->now.wall_us - RECORDER_HOUR_GRACE) / HOUR;
}

void recorder_drop_items(struct recorder *r);     /* what is in memory is counted as dropped */
void recorder_forget_numbers(struct recorder *r); /* another file may give other numbers */

/* recorder_erase.c */
bool recorder_erase_due(const struct recorder *r);
void recorder_erase_step(struct recorder *r);

/* recorder_files.c */
void recorder_files_reopen(struct recorder *r);
void recorder_files_close(struct recorder *r);
void recorder_files_fail(struct recorder *r,
			 int error);               /* says why, drops what is in memory, closes them for a while */
void recorder_files_want_pass(struct recorder *r); /* all that stands in the ring */
bool recorder_files_due(const struct recorder *r); /* a step of a pass, or of upkeep */
void recorder_files_step(struct recorder *r);
