/* watcher.h: one rule watching one asset: its condition, its delays, its alarm. Pure; owned by the evaluator and
 * private to it.
 *
 *   result of the condition ─► hold (on-delay while inactive, off-delay while active) ─► n in t ─► raised, returned
 *
 * - An unknown result neither raises nor clears: a running delay stands still and goes on when the condition is known.
 * - After a restart (`pending`) nothing is decided by the past: delays do not fire and alarms stay as they are until
 *   the condition is known for the first time. The time of the outage counts for a delay that ran before.
 * - A rule may have a built-in condition beside its expression: either raises; `for` is of the expression, the condition
 *   has its own delays. Where only one of the two is unknown, it ends nothing that it did not begin.
 * - Its priority rises by itself while it is open and nobody has acknowledged it, or its condition holds (rule.h: rises);
 *   out of the way that is not told before it comes back.
 * - What the rule says in suppressed_when keeps it quiet as another alarm would; while that is not known, as it was.
 * - n in t: the moments that count are kept over a restart, as delays are.
 * - Out of the way (shelved, suppressed, out of service: watcher_hide.c) the condition goes on being watched.
 * - An event has no duration: `for` does not apply to it, it raises at once. What repeats within 60 s of the last
 *   telling while the alarm is unacked only counts; after an ack, or later, every event is told. */
#pragma once

#include "alarm/book.h"
#include "alarm/due.h"
#include "alarm/entrapment.h"
#include "alarm/hold.h"
#include "alarm/mode.h"
#include "alarm/more.h"
#include "alarm/rule.h"
#include "model/place.h"
#include "model/point.h"

/* A condition that is told from outside, instead of an expression. */
struct watcher_told {
	char *asset, *place, *why_zh, *why_en;
	char *device;   /* what its asset is called, where that is a device; NULL: as the asset */
	int priority;   /* 0: the rule's */
	int stage;      /* of care; 0: none */
	int64_t for_us; /* so much of the rule's delay is enough; 0: all of it */
	bool active, withdrawn, unknown;
};
#define WATCHER_STAGE_DESK 2 /* people outside the home were told: they say how it ended */
#define WATCHER_STAGE_LIFE 3

/* The alarms of one rule in one building: the first of them to come is marked. */
struct watcher_group {
	char *key;
	size_t open;
};

struct watcher {
	char *id; /* rule/asset */
	const struct rule *rule;
	const struct device *device;   /* NULL with told */
	const struct device *subject;  /* device, or the one that told speaks of; NULL: a bus, a plugin, … */
	struct inhibit_source *source; /* its rule keeps others quiet; NULL: it does not */
	size_t source_slot;            /* its place there + 1, while its condition holds */
	struct inhibit_home *home;     /* where it is supervised; NULL: it is not, or at no place that is a home */
	struct watcher_group *group;
	bool in_group;                 /* counted there */
	struct expr_binding *binding;  /* NULL with told, or where the device has nothing of what the rule reads */
	struct entrapment *entrapment; /* the built-in condition; NULL where there is none */
	struct expr_binding *excuse;   /* of the rule's suppressed_when; NULL where there is none */
	bool quiet;                    /* what it said last: by design nobody is told */
	struct expr_binding *mirror;   /* of the rule's acked_when; NULL where there is none */
	enum expr_result mirrored;     /* what it said last */
	enum expr_result said_when, said_condition; /* last word of each that was known; EXPR_UNKNOWN: none yet */
	const uint32_t *inputs;                     /* all points that it reads; lent by one of these, or `merged` */
	size_t input_count;
	uint32_t *merged;
	struct watcher_told *told; /* NULL with an expression */
	struct alarm *alarm;       /* in the book; NULL until it was raised once */
	struct hold hold;
	struct due_item due;
	bool active;                     /* the condition, after its delays */
	bool pending;                    /* restored, not decided since */
	bool reads_events, reads_states; /* kinds of its points; without states it has no lasting condition */
	int64_t since_us;                /* monotonic: when the condition that is active began */
	int64_t pardoned_us; /* monotonic: until its condition has been over it says nothing; WATCHER_NEVER: it does */
	int64_t told_us;     /* monotonic: last telling of a raise */
	int rose_to;         /* the priority that its ladder has given it; 0: none */
	int64_t opened_us;   /* monotonic: when it was raised from normal; WATCHER_NEVER: not known */
	int64_t acked_us;    /* monotonic */
	bool acked_known;    /* acked_us is of before the restart, and right */
	int64_t *times_us;   /* ring of the last rule->times occurrences; NULL where one is enough */
	int times_next;
};

/* What all watchers share. */
struct watcher_world {
	const struct point_table *table;
	struct book book;
	struct due due;
	uint64_t delay_version;
	int64_t mono_us;     /* latest time seen */
	struct map *by_id;   /* all watchers; lent by the evaluator */
	struct map *sources; /* inhibit.h: by rule id */
	struct map *groups;  /* by key */
	struct mode_book modes;
	const struct place *places;
	size_t place_count;
	struct more more; /* what stands at the end of texts */
};

/* One happening: when, and where its effects go. */
struct watcher_turn {
	struct clock_now now;
	struct alarm_effects *out;
};

#define WATCHER_NEVER    INT64_MIN
#define WATCHER_MERGE_US (60 * S)

void watcher_free(struct watcher *w);
void watcher_groups_free(struct map *groups);

/* The condition anew, by the values as they are; fired: the event point that just happened, or UINT32_MAX. */
void watcher_observe(struct watcher_world *world, struct watcher *w, uint32_t fired, const struct watcher_turn *turn);
/* See evaluator_pardon. */
void watcher_pardon(struct watcher_world *world, struct watcher *w, bool pardoned, const struct watcher_turn *turn);
/* Its due time has come. */
void watcher_wake(struct watcher_world *world, struct watcher *w, const struct watcher_turn *turn);
/* What its alarm became by a move: state before, input. Appended with who and note (NULL: nobody's). */
struct watcher_word {
	enum alarm_input input;
	const char *who, *note;
};
void watcher_tell(struct watcher *w, enum alarm_state from, const struct watcher_word *word,
		  const struct watcher_turn *turn);
/* Its alarm, made where there never was one. */
struct alarm *watcher_alarm(struct watcher_world *world, struct watcher *w);
/* Sets what a raise says anew: text, reason, priority; nobody has acknowledged that. */
void watcher_renew(struct watcher_world *world, struct watcher *w, int64_t now_us);
/* When it is due next, anew. */
void watcher_schedule(struct watcher_world *world, struct watcher *w);
/* Its priority rose: it needs a look again. Counts nothing. */
void watcher_rise(struct watcher_world *world, struct watcher *w, const struct watcher_turn *turn);
/* Others know more of it, or something else: its text anew. Counts nothing, changes no state. */
void watcher_retell(struct watcher_world *world, struct watcher *w, const struct watcher_turn *turn);
/* Its condition holds already, and there is more of it: counts, and is told anew. */
void watcher_again(struct watcher_world *world, struct watcher *w, const struct watcher_turn *turn);
/* It was acknowledged too long ago: it needs a look again. Counts nothing. */
void watcher_realarm(struct watcher_world *world, struct watcher *w, const struct watcher_turn *turn);
/* A person's input to its alarm (not NULL) was carried out. */
void watcher_commanded(struct watcher_world *world, struct watcher *w, enum alarm_input input, int64_t now_us);

/* Its alarm protects life: its rule's do, or that one does by now. Such, and others that people must close, latch. */
static inline bool watcher_protects_life(const struct watcher *w)
{
	return w->rule->life_safety || (w->told && w->told->stage >= WATCHER_STAGE_LIFE);
}
static inline bool watcher_latches(const struct watcher *w)
{
	return w->rule->latch || w->rule->life_safety || (w->told && w->told->stage >= WATCHER_STAGE_DESK);
}

/* How many of its group are open, anew. */
void watcher_count(struct watcher *w);
/* It is acknowledged, holds, and will be told again. */
bool watcher_realarm_runs(const struct watcher *w);
/* Its condition holds, and no transition has said so: it is out of the way, or has not come often enough yet. */
bool watcher_holds_unsaid(const struct watcher *w);
/* Moment i of n in t still counts. */
bool watcher_time_counts(const struct watcher *w, size_t i, int64_t now_us);
/* Until when repeats of the event that was told last are the same; INT64_MIN: they are not. */
int64_t watcher_merge_due(const struct watcher *w);
/* It is open and its priority will rise, unless somebody ends it. */
bool watcher_rise_runs(const struct watcher *w);
/* Its priority rises when the next time of the rule's is over: it is told, and not over or out of the way. */
bool watcher_rise_counts(const struct watcher *w);
/* As the rule says, or whoever told of it, and as long as it has been open. */
int watcher_priority(const struct watcher *w, int64_t now_us);
