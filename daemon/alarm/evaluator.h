/* evaluator.h: all rules over all devices: readings in, alarm transitions out. Pure; owned by the engine; never logs.
 *
 * One watch per rule and asset; none where the device lacks the points that the rule reads (expr.h: absent). A reading
 * wakes only the watches that read its point. Delays run on the monotonic clock in a heap; evaluator_due tells when to tick next.
 * Alarms live in a book, by identity; those whose rule is gone stay listed until a person has closed them.
 *
 * - A condition that is unknown (a reading that is not good) neither raises nor clears, and running delays stand still:
 *   a silent sensor alarms by no old value and ends no alarm. When it speaks again, they go on where they were.
 * - off_for begins when the condition is known to be over; hysteresis counts while the condition is active.
 * - times/within: the n-th beginning of the condition (after `for`), or the n-th event, within that time raises. Kept
 *   in memory only: a restart counts anew.
 * - An event raises at once (`for` is about conditions that last). Repeats less than 60 s after the last telling, while
 *   the alarm is unacked, only count; later ones, and any after an ack, are transitions of their own. A real event
 *   after one in test mode always is.
 * - realarm: an acknowledged alarm whose condition still holds that long after the ack is unacked again; as when the
 *   priority of a built-in condition rises. Neither counts as raised again.
 * - Text: the rule's template in this language, else in the other, else "<rule>: <device>". */
#pragma once

#include "alarm/alarm.h"
#include "alarm/rule.h"
#include "base/map.h"
#include "model/point.h"

struct evaluator;

struct evaluator_rules {
	const struct rule *rules;
	size_t count;
};

/* rules, devices and table are lent and must outlive it. */
int evaluator_new(struct evaluator_rules rules, struct device_list devices, const struct point_table *table,
		  struct evaluator **ret_evaluator);
void evaluator_free(struct evaluator *e);
UTIL_DEFINE_CLEANUP(struct evaluator *, evaluator_free);

/* A reading was applied to that point, or its quality changed: once for each. Appends to out what came of it. */
void evaluator_point(struct evaluator *e, uint32_t point, struct clock_now now, struct alarm_effects *out);
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
	int priority;                /* 0: the rule's */
};
/* Repeating what is so already does nothing. A rise of priority makes an acknowledged alarm unacked again. 0, -ENOENT,
 * -ENAMETOOLONG (an asset of more than 90 bytes). */
int evaluator_set(struct evaluator *e, const struct evaluator_condition *c, struct clock_now now,
		  struct alarm_effects *out);

/* A person's input. */
struct evaluator_command {
	const char *alarm;      /* id */
	enum alarm_input input; /* ALARM_IN_ACK, ALARM_IN_RESET */
	const char *who, *note; /* note may be NULL */
};
/* 0, -ENOENT (no such alarm open), -EALREADY (it is already so), -EBUSY (reset while its condition holds),
 * -EINVAL (reset before it was acknowledged). */
int evaluator_command(struct evaluator *e, const struct evaluator_command *c, struct clock_now now,
		      struct alarm_effects *out);

/* The book: every alarm that is not normal, and those that were since start. Lent until the next change. */
const struct alarm *evaluator_find(const struct evaluator *e, const char *id);
const struct alarm *evaluator_next(const struct evaluator *e, size_t *position); /* walk; NULL at the end */
size_t evaluator_open(const struct evaluator *e);                                /* alarms that are not normal */

/* The wall clock was set right: the times of all alarms as they should have been. Delays run on. */
void evaluator_shift(struct evaluator *e, const struct clock_shifts *shifts);

/* Restart: what the store kept goes in before the first reading, alarms before delays. Takes a deep copy. An alarm
 * keeps its state until its condition is known: over, it returns; true, nothing is told anew. */
void evaluator_restore(struct evaluator *e, const struct alarm *a);
/* A delay that runs. since is monotonic time of this boot (may lie before its start). The numbers are kept on disk; the
 * last three are those of a built-in condition (watcher.h). */
enum evaluator_delay_kind {
	EVALUATOR_ON_DELAY = 0,
	EVALUATOR_OFF_DELAY = 1,
	EVALUATOR_CONDITION_DELAY = 2,
	EVALUATOR_CONDITION_INSIDE = 3,
	EVALUATOR_CONDITION_CALLED = 4,
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
