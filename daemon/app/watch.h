/* watch.h: supervision: a bus, a unit, a plugin or the store that fails is itself an alarm, one each.
 *
 * Main thread. Turns edges ("went down", "is back") into the built-in rule `supervision`; a bus that is down speaks for its
 * units. Also the watchdog's conscience: tells whether loop, store and bus threads turn. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "model/plugin.h"

struct watch;
struct live;

struct watch *watch_new(struct live *l);
void watch_free(struct watch *w);

enum watch_state { WATCH_UNKNOWN, WATCH_UP, WATCH_DOWN };

void watch_bus(struct watch *w, uint32_t bus, enum watch_state state, const char *text);
void watch_unit(struct watch *w, uint32_t bus, uint8_t unit, enum watch_state state, const char *text);
void watch_cycled(struct watch *w, uint32_t bus);
/* The bus is handed to somebody: its silence and that of its units is no alarm meanwhile; but that its points which protect
 * life are not looked at is one, at once. why, in English and Chinese: NULL: it is over. */
void watch_pause(struct watch *w, uint32_t bus, const char *const why[2]);
/* running: the process lives but says that it cannot do its work. */
struct watch_plugin_edge {
	const struct plugin *plugin;
	enum watch_state state;
	bool running;
	const char *text;
};
void watch_plugin(struct watch *w, const struct watch_plugin_edge *edge);
void watch_store(struct watch *w, enum watch_state state, const char *text);
void watch_config(struct watch *w, enum watch_state state); /* down: an old configuration is in force, not the files */
void watch_clock(struct watch *w, enum watch_state state);  /* down: it is unset; an alarm after 10 min */

/* At start, after what was kept was read: alarms about what is not there any more end. */
void watch_end_strangers(struct watch *w);
/* Once a second. */
void watch_tick(struct watch *w, struct clock_now now);
/* Monotonic time at which the next tick has something to say of what is known by now; for a replay, which ticks then. */
int64_t watch_due(const struct watch *w);
/* Every bus was asked once or failed once, every plugin came up or failed once. */
bool watch_settled(const struct watch *w);
/* Loop, alarm tick and store turn, and no bus thread is stuck (that one withholds at most once an hour). */
bool watch_healthy(struct watch *w, int64_t now_us);
/* "up" or "down" since when (wall time), for the bus's row. */
int64_t watch_bus_since(const struct watch *w, uint32_t bus);
