/* acts.h: alarms and what people do to them: list, acknowledge, shelve, comment, close; and the story of one. Main thread.
 *
 * A command is answered only when it is durable: the engine gets a pending request and ends it after COMMIT. The client may be gone by then,
 * or have been told 504 because the disk took too long; the command stands all the same. */
#pragma once

#include "api/inside.h"

/* The body, checked against its keys (a row without a name ends them); NULL: answered. The caller owns it. */
struct acts_key {
	const char *name;
	const char *words; /* "real false …", NULL: free text */
	bool needed;
};
json_t *acts_body(struct call *x, const struct acts_key *keys);
/* What key "for" says, between the bounds; false: answered. fallback_us where it does not stand there. */
struct acts_length {
	int64_t least_us, most_us, fallback_us;
};
bool acts_for(struct call *x, const json_t *body, const struct acts_length *bounds, int64_t *ret_us);
/* "30m": ago; else a moment. False: neither. */
bool acts_read_since(const char *text, int64_t *ret_us);
/* The HTTP status of an error of the engine. */
int acts_status(int error);

/* api_finish. */
void acts_finish(struct api_pending *p, int error, const char *text);
/* api_finish_story. */
void acts_finish_story(struct api_pending *p, int error, json_t *chapters);
