/* channel.h: the three pipes of a plugin: whole lines in, lines out, its stderr into the log; all bounded. Main thread.
 *
 * A budget of lines per turn of the loop and one of lines and bytes per second: over it the pipe is not read for a while
 * (back-pressure, counted). A bounded buffer towards it: a plugin that does not read gets nothing more. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plugin/process.h"

struct channel;
struct event_base;

/* Upward calls; none may free the channel. */
struct channel_setup {
	struct event_base *base;
	const char *name; /* of the instance, for the log; copied */
	void *context;
	void (*line)(void *context, const char *line, size_t len); /* one line, without its end; NUL follows it */
	void (*too_long)(void *context);                           /* a line of more than 64 KiB with its end */
	void (*closed)(void *context, const char *what); /* it closed its stdin or stdout; mostly it ends now */
	void (*drained)(void *context);                  /* it has read all that waited for it */
};

struct channel *channel_new(const struct channel_setup *setup);
void channel_free(struct channel *c);
UTIL_DEFINE_CLEANUP(struct channel *, channel_free);

/* From now on these pipes (lent: they stay open until after channel_close). */
void channel_open(struct channel *c, const struct process *p);
void channel_close(struct channel *c);
/* Takes what is left in the pipes of a process that has ended, at most what a pipe holds. */
void channel_last_words(struct channel *c);
/* What it says does not count any more. */
void channel_stop_reading(struct channel *c);

/* Adds the newline. 0, -ENOTCONN (not open), -EPIPE (it closed its stdin), -EMSGSIZE (longer than a line may be), -EAGAIN
 * (it does not read: its buffer is full). Written at once if possible. */
int channel_send(struct channel *c, const char *line, size_t len);
bool channel_has_room(const struct channel *c); /* for any one line */
uint64_t channel_throttled(const struct channel *c);
