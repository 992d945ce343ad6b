/* engine.h: the owner of all state: points, alarms, dwellings. Readings in, changes out; live and replay run the same.
 *
 * Main thread. No I/O, no clock: time comes with every call. Appends alarm transitions to `out`; tells of changed points,
 * of presence and of prompts by callbacks. Invariant: the evaluator has seen every change that the point table has, and then care
 * has. */
#pragma once

#include "alarm/evaluator.h"
#include "conf/conf.h"
#include "model/mapping.h"
#include "model/point.h"

struct engine;
struct care; /* care/care.h */
struct care_block;
struct care_presence;
struct care_prompt;
struct care_word;
struct resident_list;

struct engine_calls {
	void *context;
	/* value or quality of a point changed; change is a set of enum point_change. May be NULL. */
	void (*point)(void *context, const struct point *p, unsigned change);
	/* The presence of a dwelling changed; somebody is to be asked there. May be NULL. */
	void (*presence)(void *context, const struct care_presence *p);
	void (*prompt)(void *context, const struct care_prompt *p);
};

/* conf is lent and must outlive it. 0 or -errno. */
int engine_new(const struct conf *conf, const struct engine_calls *calls, struct engine **ret_engine);
void engine_free(struct engine *e);
UTIL_DEFINE_CLEANUP(struct engine *, engine_free);

const struct conf *engine_conf(const struct engine *e);
const struct point_table *engine_points(const struct engine *e);
struct evaluator *engine_evaluator(struct engine *e);
const struct care *engine_care(const struct engine *e);

/* Whether the time of day can be believed from now on; at first it cannot. */
void engine_clock_known(struct engine *e, bool known);
/* The register of residents as it is from now on. Copies what it needs. */
void engine_residents(struct engine *e, const struct resident_list *list, struct clock_now now,
		      struct alarm_effects *out);
/* What a person says of an alarm: evaluator_command, and care hears of it. */
int engine_command(struct engine *e, const struct evaluator_command *c, struct clock_now now,
		   struct alarm_effects *out);
/* What a person says of a dwelling without an alarm: a visit was paid, somebody was on the phone. */
void engine_hear(struct engine *e, const struct care_word *w, struct clock_now now, struct alarm_effects *out);
/* Another one: dwellings came or went, so that the order of engine_care is another one. */
/* care_next_changed */
bool engine_next_changed_home(struct engine *e, size_t *ret_index);
uint64_t engine_homes_generation(const struct engine *e);
/* Start, after all was restored: alarms about dwellings where nobody is watched any more are over. */
void engine_end_strange_homes(struct engine *e, struct clock_now now, struct alarm_effects *out);
/* Start: what was kept of a dwelling, by care_restore; before the first reading and after the register. */
int engine_restore_home(struct engine *e, const char *place, const struct care_block *block, int64_t by_us);

/* Whom an alarm of the building is about: domains_people. */
struct roll;
void engine_people(struct engine *e, const struct alarm *a, struct clock_now now, struct roll *ret_roll);

/* One reading; r->point must be a number of this table (others are ignored). Returns the set of enum point_change. */
unsigned engine_reading(struct engine *e, const struct reading *r, struct alarm_effects *out);
/* Those of one moment, each point once: the rules look when all of them are there, for a door that was released is not
 * forced because `open` stands before `granted`. What happened is told before what merely is so. */
#define ENGINE_MOMENT_MAX 256
void engine_readings(struct engine *e, const struct reading *readings, size_t count, struct alarm_effects *out);
/* The fields of one JSON message of a device: one moment. Returns how many readings came of it; those that changed or
 * confirmed a point are in *ret_readings (lent until the next call; NULL where nobody asks). */
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
