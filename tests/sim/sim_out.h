/* sim_out.h: what the simulator says: one JSON object a line on stdout, and the answers to commands.
 *
 * Owned by the world. A reader that stops reading costs lines (counted), never the simulator's time. */
#pragma once

#include <jansson.h>

#include "base/util.h"

struct event_base;
struct sim_out;

struct sim_out *sim_out_new(struct event_base *base, int fd);
void sim_out_free(struct sim_out *o); /* gives a slow reader up to a second for what is still queued */
UTIL_DEFINE_CLEANUP(struct sim_out *, sim_out_free);
/* Takes the object, adds "time" (seconds since 1970), gives it as text without an end of line; the caller frees it. */
char *sim_out_stamped(json_t *object);
/* Takes the object, writes it stamped as one line. */
void sim_out_line(struct sim_out *o, json_t *object);
/* An event: {"event":name, …}. Takes details (an object, or NULL). */
void sim_out_event(struct sim_out *o, const char *name, json_t *details);

/* Answers to commands; the caller owns them. */
json_t *sim_out_ok(void);
json_t *sim_out_error(const char *fmt, ...) _printf_(1, 2);
