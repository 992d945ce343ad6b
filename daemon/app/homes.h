/* homes.h: the dwellings of the running daemon beyond a kill and a power cut, and what care wants done in them. Main thread.
 *
 *   every change ──► homefile.h, at the end of the happening, before its commit
 *   hourly, at midnight, with each stage or change of presence, at the stop ──► state.db (home_table.h)
 *
 * At start the file counts where it is of this boot, else the row. The time in which the daemon was not at work is held against
 * nobody: what it knows is moved by it, as if it had not passed (but for a minute, which a restart takes, and the minutes of a boot
 * where the clocks tell how many). After more than half an hour they may have gone: the quiet under way has the fixed limit.
 *
 * A prompt goes to the plugin of role command that a device of the dwelling is behind, as an order `prompt` to the station that is
 * the device's address; order and result are in the audit. Where there is none it is a silent wait. */
#pragma once

#include "store/store.h"

struct live;
struct homes;
struct care_presence;
struct care_prompt;

struct homes *homes_new(struct live *l);
void homes_free(struct homes *h);
/* What state.db kept of one; then, when the engine has the register: all take up where they were. */
void homes_kept(struct homes *h, const struct store_kept_home *kept);
void homes_begin(struct homes *h);
/* The end of a happening. */
void homes_settle(struct homes *h);
void homes_tick(struct homes *h, struct clock_now now);
/* All that was not saved goes to the store: it is about to close. */
void homes_save(struct homes *h);

/* Of the engine (context: live). */
void homes_presence(void *context, const struct care_presence *p);
void homes_prompt(void *context, const struct care_prompt *p);
