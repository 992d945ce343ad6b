/* trail.h: who waits for records of the audit: asked of the store, piece by piece, answered to the API. And what is recorded
 * that the store does not see by itself. Main thread. */
#pragma once

#include "api/api.h"
#include "store/store.h"

struct trail;
struct live;

struct trail *trail_new(void);
/* Nobody is told any more; whoever still waits is let go of. */
void trail_free(struct trail *t);
/* 0: api_finish_json comes later; -EBUSY: too many ask; -ENOSPC: the store is. */
int trail_ask(struct trail *t, struct store *store, const struct api_audit *ask);
/* A STORE_AUDIT completion. */
void trail_done(struct trail *t, struct store *store, const struct store_done *done);

/* Records one thing that was done; it is on the disk soon. Takes detail (may be NULL). */
struct trail_entry {
	const char *kind, *who, *what, *why; /* as in struct store_audit */
	json_t *detail;
	struct api_pending *pending; /* who is answered when it is durable; NULL: nobody */
};
void trail_record(struct live *l, const struct trail_entry *e);
