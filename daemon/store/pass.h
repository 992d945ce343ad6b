/* pass.h: once an hour what the ring holds becomes chunks, a slice a step: so a commit of state.db waits for a few
 * milliseconds at most. PASS_SLICES of them are one transaction, for every commit writes some pages that all share; a pass that
 * was cut off goes on after the last commit. Owner: the store thread.
 *
 *   pass_begin: all records up to one --pass_step, pass_step …: 1--> 0: done, the ring is released */
#pragma once

#include "store/history.h"
#include "store/ring.h"

#define PASS_SLICES 8

struct pass {
	struct history *history; /* lent */
	struct ring *ring;       /* lent */
	int64_t now_ms;          /* wall: the last value of an hour that is over holds to its end */
	unsigned open;           /* slices in the transaction under way */
	uint64_t damaged;        /* pieces of the ring that could not be read */
};

/* 0, also when one is under way already; -ENOENT: there is no such record. */
int pass_begin(struct pass *p, uint64_t up_to_seq);
/* Commits what is under way: before another transaction of the database. */
int pass_flush(struct pass *p);
/* 1: there is more; 0: done, or none was under way; -errno: try again. */
int pass_step(struct pass *p);
