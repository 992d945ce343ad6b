/* evaluator.h: all rules over all devices: readings in, alarm transitions out. Pure; owned by the engine; never logs.
 *
 * One watch per rule and asset; none where the device lacks the points that the rule reads (expr.h: absent). A reading
 * wakes only the watches that read its point. Delays run on the monotonic clock in a heap; evaluator_due tells when to tick next.
 * Alarms live in a book, by identity; those whose rule is gone stay listed until a person has closed them.
 *
 * - A condition that is unknown (a reading that is not good) neither raises nor clears, and running delays stand still:
 *   a silent sensor alarms by no old value and ends no alarm. When it speaks again, they go on where they were.
 * - off_for begins when the condition is known to be over; hysteresis counts while the condition is active.
 * - times/within: the n-th beginning of the condition (after `for`), or the n-th event, within that time raises. What
 *   counts is kept over a restart, as delays are.
 * - An event raises at once (`for` is about conditions that last). Repeats less than 60 s after the last telling, while
 *   the alarm is unacked, only count; later ones, and any after an ack, are transitions of their own. A real event
 *   after one in test mode always is.
 * - realarm: an acknowledged alarm whose condition still holds that long after the ack is unacked again. A rise of
 *   priority does the same: that of the rule, so long after it was raised, or of a condition that was told. Neither counts
 *   as raised again.
 * - Out of the way: a person shelves an alarm or takes a device out of service for a while; an alarm is suppressed while
 *   another one explains it (inhibit.h). It goes on counting and nobody is told; on leaving the live condition decides.
 *   Life safety never is.
 * - A device or a place in test: all goes on, its alarms carry the mark "test". What still holds when the test is over is
 *   told again, without it. Life safety that came in test proves its device's way (MODE_PROVEN).
 * - Text: the rule's template in this language, else in the other, else "<rule>: <device>". */
#pragma once

#include "alarm/alarm.h"
#include "alarm/mode.h"
#include "alarm/more.h"
#include "alarm/rule.h"
#include "base/map.h"
#include "model/place.h"
#include "model/point.h"

struct evaluator;

struct evaluator_rules {
	const struct rule *rules;
	size_t count;
	const struct place *places; /* declared ones, for their units */
	size_t place_count;
	int64_t self_test_us; /* how long a way of help may go untried (proof.h); 0: for ever */
};

/* rules, devices and table are lent and must outlive it. */
int evaluator_new(struct evaluator_rules rules, struct device_list devices, const struct point_table *table,
		  struct evaluator **ret_evaluator);
void evaluator_free(struct evaluator *e);
UTIL_DEFINE_CLEANUP(struct evaluator *, evaluator_free);

/* A reading was applied to that point, or its quality changed: once for each. Appends to out what came of it. */
void evaluator_point(struct evaluator *e, uint32_t point, struct clock_now now, struct alarm_effects *out);
/* A reading said the same as before: only an age began anew. */
void evaluator_renewed(struct evaluator *e, uint32_t point, struct clock_now now, struct alarm_effects *out);
/* Delays that are due by now: at most EVALUATOR_TICK_MAX of them, so that a flood does not hold up the loop; where more
 * are due, evaluator_due lies in the past until the next calls have done the rest. */
#define EVALUATOR_TICK_MAX 1000
void evaluator_tick(struct evaluator *e, struct clock_now now, struct alarm_effects *out);
/* Monotonic time of the next delay, INT64_MAX when none runs. */
int64_t evaluator_due(const struct evaluator *e);

/* A condition that is not an expression: supervision of a bus, a plugin, a device; the disk; the clock. */
struct evaluator_condition {
	const char *rule, *asset, *place; /* the rule must be configured with when == NULL, else -ENOENT */
	bool active;
	const char *why_zh, *why_en; /* for {value} in the rule's text */
	const char *device;          /* for {device}; NULL: the asset */
	int priority;                /* 0: the rule's */
	int stage;                   /* of care; 0: none. From 2 on only a person closes it; 3 is life safety */
	bool withdrawn;              /* not active, and nobody need look: where no more than stage 1 was ever told */
	int64_t for_us; /* it is more pressing than the rule thinks: this much of its `for` is enough; 0: all of it */
	bool unknown; /* nobody can tell now: what runs stands still, nothing is raised or ended; active says nothing */
};
/* Repeating what is so already does nothing. A rise of priority or stage makes an acknowledged alarm unacked again. 0, -ENOENT,
 * -ENAMETOOLONG (an asset of more than 90 bytes). */
int evaluator_set(struct evaluator *e, const struct evaluator_condition *c, struct clock_now now,
		  struct alarm_effects *out);

/* The condition of that alarm, which is still within its delay, says nothing until it has been over, or counts again: who was
 * seen to fall was seen to stand up. Does nothing to what was raised. */
void evaluator_pardon(struct evaluator *e, const char *alarm, bool pardoned, struct clock_now now,
		      struct alarm_effects *out);
bool evaluator_pardons(const struct evaluator *e, const char *alarm);

void evaluator_set_more(struct evaluator *e, const struct more *more);
/* What stands at the end of that open alarm's text is another now: told where nobody has acknowledged it, else only kept. */
void evaluator_retell(struct evaluator *e, const char *alarm, struct clock_now now, struct alarm_effects *out);

/* A person's input. */
struct evaluator_command {
	const char *alarm; /* id */
	/* ACK, RESET, COMMENT, ARRIVE; SHELVE (of any alarm that can come, open or not), UNSHELVE; RISE (its ladder's) */
	enum alarm_input input;
	const char *who, *note; /* note may be NULL; of SHELVE: why */
	const char *outcome;    /* RESET: real, false, test, duplicate, or NULL */
	int priority;           /* RISE: more urgent than it is, until it is normal again */
	int64_t for_us;         /* SHELVE: for how long, more than 0 */
	int64_t until_us;       /* SHELVE, instead: until that moment of the wall clock, later than now */
};
/* 0, -ENOENT (no such alarm open), -EALREADY (it is already so), -EBUSY (reset while its condition holds; shelve while
 * its device is out of service), -EPERM (shelve: it is life safety), -EINVAL (reset before it was acknowledged; ack out
 * of the way). */
int evaluator_command(struct evaluator *e, const struct evaluator_command *c, struct clock_now now,
		      struct alarm_effects *out);

/* A device out of service, or a device or place in test, for a while. */
struct evaluator_mode {
	enum mode_kind kind;    /* MODE_OUT_OF_SERVICE, MODE_TEST */
	const char *subject;    /* a device's id; test: or a place's path */
	int64_t for_us;         /* 0: it ends */
	const char *who, *note; /* note may be NULL: why */
};
/* 0, -ENOENT (nothing of that name), -EALREADY (ends what is not on), -EPERM (out of service: all that watches it is life
 * safety), -ENOSPC (MODE_MAX). */
int evaluator_set_mode(struct evaluator *e, const struct evaluator_mode *m, struct clock_now now,
		       struct alarm_effects *out);
const struct mode_book *evaluator_modes(const struct evaluator *e);
/* Reads back what the store kept; before or after the alarms. */
void evaluator_restore_mode(struct evaluator *e, const struct mode *m);
/* The ids of the device's life-safety rules, which go on while it is out of service, joined by blanks; appended. */
void evaluator_life_safety_of(const struct evaluator *e, const char *device, struct str_buf *to);

/* Whether somebody calls for help with that device, so that its way has to be proven. */
bool evaluator_is_help(const struct evaluator *e, const char *device);

/* The book: every alarm that is not normal, and those that were since start. Lent until the next change. */
const struct alarm *evaluator_find(const struct evaluator *e, const char *id);
const struct alarm *evaluator_next(const struct evaluator *e, size_t *position); /* walk; NULL at the end */
size_t evaluator_open(const struct evaluator *e);                                /* alarms that are not normal */
size_t evaluator_count(const struct evaluator *e); /* all in the book; each keeps its position */

/* For explain.c: the rules; what watches an asset, by "rule/asset"; all of them. Lent. */
struct watcher;
struct evaluator_rules evaluator_rules(const struct evaluator *e);
const struct watcher *evaluator_watcher(const struct evaluator *e, const char *id);
const struct watcher *evaluator_next_watcher(const struct evaluator *e, size_t *position); /* NULL at the end */

/* The wall clock was set right: the times of all alarms as they should have been. Delays run on. With the next
 * tick what was said as a length has another wall time at its end, and what was said as a moment another length. */
void evaluator_shift(struct evaluator *e, const struct clock_shifts *shifts);

/* Restart: what the store kept goes in before the first reading, alarms before delays. Takes a deep copy. An alarm
 * keeps its state until its condition is known: over, it returns; true, nothing is told anew. */
void evaluator_restore(struct evaluator *e, const struct alarm *a);
/* Restart: what a RISE gave an open alarm that was restored. */
void evaluator_restore_rise(struct evaluator *e, const char *alarm, int priority);
/* What its rules remember was taken back: they find out when that counts next. */
void evaluator_recalled(struct evaluator *e, int64_t now_us);
/* With every tick it writes there until when it has been at work (lent; NULL: nowhere). */
void evaluator_set_alive(struct evaluator *e, int64_t *alive_us);
/* After a reload: windows of expressions go on where the same rule on the same asset had them. Takes them from `from`. */
void evaluator_carry(struct evaluator *e, struct evaluator *from);
/* A delay that runs. since is monotonic time of this boot (may lie before its start). The numbers are kept on disk; the
 * middle three are those of a built-in condition (watcher_keep.h). */
enum evaluator_delay_kind {
	EVALUATOR_ON_DELAY = 0,
	EVALUATOR_OFF_DELAY = 1,
	EVALUATOR_CONDITION_DELAY = 2,
	EVALUATOR_CONDITION_INSIDE = 3,
	EVALUATOR_CONDITION_CALLED = 4,
	EVALUATOR_REALARM = 5,     /* since the ack */
	EVALUATOR_ACTIVE = 6,      /* the condition of an alarm out of the way */
	EVALUATOR_TOLD = 7,        /* an event was told; repeats merge */
	EVALUATOR_OPENED = 8,      /* an open alarm whose priority rises */
	EVALUATOR_OVER = 9,        /* the condition of an alarm out of the way is over */
	EVALUATOR_SUPERVISED = 10, /* not the evaluator's: of app/watch.h */
	EVALUATOR_STOPPED = 11,    /* the on- or off-delay stands still since then */
	EVALUATOR_PARDONED = 12,   /* by evaluator_pardon */
	EVALUATOR_TIMES = 100,     /* and on, at most 1000: one moment of n in t each */
};
struct evaluator_delay {
	char id[160]; /* rule/asset */
	enum evaluator_delay_kind kind;
	int64_t since_us;
};
/* Walk over the delays that run now, in no order; false at the end. */
bool evaluator_next_delay(const struct evaluator *e, size_t *position, struct evaluator_delay *ret_delay);
void evaluator_restore_delay(struct evaluator *e, const struct evaluator_delay *d);
/* Grows with every delay that starts or ends: tells the engine when to save them. */
uint64_t evaluator_delay_version(const struct evaluator *e);
