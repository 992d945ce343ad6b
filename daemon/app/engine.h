/* engine.h: the owner of all state: points and alarms. Readings in, changes out; live and replay run the same.
 *
 * Main thread. No I/O, no clock: time comes with every call. Appends alarm transitions to `out`; tells of changed points
 * by a callback. Invariant: the evaluator has seen every change that the point table has. */
#pragma once

#include "alarm/evaluator.h"
#include "conf/conf.h"
#include "model/mapping.h"
#include "model/point.h"

struct engine;

struct engine_calls {
	void *context;
	/* value or quality of a point changed; change is a set of enum point_change. May be NULL. */
	void (*point)(void *context, const struct point *p, unsigned change);
};

/* conf is lent and must outlive it. 0 or -errno. */
int engine_new(const struct conf *conf, const struct engine_calls *calls, struct engine **ret_engine);
void engine_free(struct engine *e);
UTIL_DEFINE_CLEANUP(struct engine *, engine_free);

const struct conf *engine_conf(const struct engine *e);
const struct point_table *engine_points(const struct engine *e);
struct evaluator *engine_evaluator(struct engine *e);

/* One reading; r->point must be a number of this table (others are ignored). Returns the set of enum point_change. */
unsigned engine_reading(struct engine *e, const struct reading *r, struct alarm_effects *out);
/* The fields of one JSON message of a device. Returns how many readings came of it; those that changed or confirmed a
 * point are in *ret_readings (lent until the next call; NULL where nobody asks). */
size_t engine_message(struct engine *e, const struct mapping_message *m, struct alarm_effects *out,
		      const struct reading **ret_readings);

/* Which devices a link carries. Exactly one member is set. */
struct engine_link {
	const struct bus *bus;
	const struct plugin *plugin;
	const struct device *device;
};
/* The link is down: all its points are lost (their values stay beside it), or one device fell silent: stale. */
void engine_down(struct engine *e, const struct engine_link *l, enum quality quality, struct clock_now now,
		 struct alarm_effects *out);
/* Whether a device of a new configuration stands at another address than in the one before: another thing may answer
 * there, so what is on its way from the old address is not its own. */
bool engine_moved(const struct device *before, const struct device *now);
/* It does: its points are lost until they are read there (values, history and alarms stay), and no new number is held
 * against the old ones. */
void engine_replaced(struct engine *e, const struct device *d, struct clock_now now, struct alarm_effects *out);
/* A plugin is back: points that had a value are as good as their age allows. */
void engine_up(struct engine *e, const struct engine_link *l, struct clock_now now, struct alarm_effects *out);

/* After a start, at once: every point has the quality that it has in that table of the same points. */
void engine_qualities(struct engine *e, const struct point_table *as, struct clock_now now, struct alarm_effects *out);

/* Delays that are due, values that became stale. */
void engine_tick(struct engine *e, struct clock_now now, struct alarm_effects *out);
/* Monotonic time at which engine_tick has something to do: an alarm delay, a value that may become stale. */
int64_t engine_due(const struct engine *e);
/* The wall clock was set right: times that were stamped before are shifted. Delays and ages are monotonic and stay; what
 * hangs on the time of day finds its next moment anew. */
void engine_clock_set(struct engine *e, const struct clock_shifts *shifts);
/* Takes over values, open alarms and running delays of the engine of the configuration before. */
void engine_carry(struct engine *to, struct engine *from);
/* May be done before, by any thread while `from` works: which point is which is then known when engine_carry comes. */
void engine_match(struct engine *to, const struct engine *from);
/* After engine_match: by number of `from` its number in `to`, POINT_NONE where it is gone or its device moved; the caller
 * frees. */
uint32_t *engine_forward(const struct engine *to, const struct engine *from);
/* Lets the rules look at the values that are there (not at events: they are over), from *position on and at most max
 * of them; false when all have. */
bool engine_evaluate(struct engine *e, size_t *position, size_t max, struct clock_now now, struct alarm_effects *out);
/* A value kept from before a restart: shown with its age, lost until its source is back. Wakes no rule. */
void engine_restore(struct engine *e, const char *point, const struct reading *r);
