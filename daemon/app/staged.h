/* staged.h: questions to the history: what the store still has in memory is staged, the reader thread reads, the API is
 * answered. Main thread, but for the work. A desk takes so many at a time.
 *
 *   staged_begin → staged_wait → (staged) → staged_arrived → work → answer → gone
 *             '--> staged_read (what is on the disk is enough) ---^ */
#pragma once

#include <jansson.h>

#include "api/api.h"
#include "store/store.h"

#define STAGED_MAX 8

struct live;
struct staged_desk;

/* One question: the first member of its desk's own. The reader thread has it from offload_submit until done. */
struct staged {
	struct staged_desk *desk;
	uint64_t token; /* of the staging that it waits for; 0: none */
	bool worked;    /* false in the end: its work was left out */
	bool more;      /* the work is to be called again: others have their turns in between */
	struct api_pending *pending;
	char *path; /* of the history */
	int error;
	uint64_t damaged; /* pieces of the history that were left out */
	struct str_buf why;
};

struct staged_kind {
	const char *name;                    /* of the turn in which it is answered */
	size_t max;                          /* at a time, at most STAGED_MAX */
	uint64_t first_token;                /* others wait for stagings too */
	void (*work)(struct staged *s);      /* reader thread: reads path; error and why tell what went wrong */
	json_t *(*answer)(struct staged *s); /* what was read, the caller's */
	void (*free)(struct staged *s);      /* s, and what its owner has put into it */
};

struct staged_desk {
	struct live *live;
	const struct staged_kind *kind;
	struct staged *asked[STAGED_MAX];
	uint64_t token; /* the last one */
};

void staged_open(struct staged_desk *d, struct live *l, const struct staged_kind *kind);
/* Nobody is told any more. After offload_free, which ends what is under way. */
void staged_close(struct staged_desk *d);
bool staged_full(const struct staged_desk *d);
/* Takes s, where the desk is not full. */
void staged_begin(struct staged_desk *d, struct staged *s, struct api_pending *pending);
/* Then one of them; s may be gone when it returns. Where the store has no room for a staging, what is on the disk is all
 * there is to tell. */
void staged_wait(struct staged *s);
void staged_read(struct staged *s);
/* A STORE_STAGED completion. */
void staged_arrived(struct staged_desk *d, uint64_t token);
