/* rescue.h: what a damaged state.db leaves to the new one that takes its place: rows that are whole, alarms that were open, lanes
 * whose numbers are never given again. Whoever opens the store, then the store thread; the backup's thread, for a copy.
 *
 * Invariant: of an alarm that was open nobody can think that it is over because its row was damaged (alarm_mend.h), and of what
 * waits in a lane nothing goes: a gap record tells of what is lost. */
#pragma once

#include "store/salvage.h"
#include "store/state.h"

enum rescue_source {
	RESCUE_CLOSED, /* nobody has it open; where its header is gone, the new one's is put over it */
	RESCUE_OPEN,   /* it is at work: it only gives a copy */
};

struct rescue {
	enum rescue_source source;
	const char *damaged, *made;      /* the file; the new one, which this makes */
	const struct state_marks *marks; /* what memory knows of it; NULL: nothing */
	int64_t limit_us;
	int (*watch)(void *context); /* as in struct salvage_job */
	void *context;
};

/* 0 with what to say of it, -errno where the new one does not take all that is whole. */
int rescue_run(const struct rescue *job, struct str_buf *what);
