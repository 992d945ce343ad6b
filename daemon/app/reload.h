/* reload.h: a new configuration takes the place of the old one: read and checked on the reader thread, swapped by
 * difference on the main thread. An error anywhere keeps the old one. An unchanged bus keeps its connection, an unchanged
 * plugin its process, every open alarm and running delay goes on.
 *
 *   request → reading → (errors: answered, nothing changed) → kept → swapped → [confirmed | time is over: swapped back]
 *
 * Which one counts is written down before it is in force (keeper.h): an end at any moment neither confirms a reload nor
 * loses what returned. One job at a time: a second request is refused (-EBUSY), a second signal is taken up after it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "api/api.h"
#include "app/startconf.h"

struct live;
struct reload;

struct reload *reload_new(struct live *l);
void reload_free(struct reload *r);

/* Takes what the daemon started with (not conf itself), once the state directory is the store's. */
void reload_begin(struct reload *r, struct startconf *s);
/* An orderly end: the time to confirm that is left is kept. After the reader thread has ended. */
void reload_end(struct reload *r);

/* 0: answered through pending (NULL: by the log, for SIGHUP); -EBUSY: one is under way; -EALREADY: nothing waits to be
 * confirmed; -EIO: what is in force could not be kept, so there would be no way back. */
int reload_request(struct reload *r, const struct api_config_request *request);
void reload_status(const struct reload *r, struct status_config *ret_status);
/* Once a second: time to return to the old configuration, rows that nobody needs any more. */
void reload_tick(struct reload *r, int64_t now_us);
