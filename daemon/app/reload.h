/* reload.h: a new configuration takes the place of the old one: read and checked on the reader thread, swapped by
 * difference on the main thread. An error anywhere keeps the old one. An unchanged bus keeps its connection, an unchanged
 * plugin its process, every open alarm and running delay goes on.
 *
 *   request → reading → (errors: answered, nothing changed) → swapped → [confirmed | time is over: swapped back] */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "api/api.h"

struct live;
struct reload;

struct reload *reload_new(struct live *l);
void reload_free(struct reload *r);

/* 0: answered through pending (NULL: by the log, for SIGHUP); -EBUSY: one is under way. */
int reload_request(struct reload *r, const struct api_config_request *request);
/* Once a second: time to return to the old configuration, rows that nobody needs any more. */
void reload_tick(struct reload *r, int64_t now_us);
