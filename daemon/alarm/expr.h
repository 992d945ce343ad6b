/* expr.h: rule expressions: parsed and type-checked once, evaluated without allocation. Pure.
 *
 *   || && ! == != < <= > >= + - * / ( ) numbers true false "text", own points (level) or device.point
 *   (lift-1.door_zone). A name runs over hyphens; minus needs spaces around it.
 *   parent.CLASS.point: of the nearest device of that class at the asset's place or a place around it.
 *   parent.bus is lost (is not lost): the bus or plugin that the device is behind; lost when all behind it is. Unknown until
 *   something was heard of it; a device behind none is never lost.
 *   x is good|stale|bad|lost|suspect, x is not …, quality(x) == "bad": always known.
 *   age(x) > "5m": time since the value was last confirmed (an event: since it happened); unknown if never.
 *   has(x): whether the asset has that point; decided when the expression is bound.
 *   changed(x, "5m"), count(x, "10s"): changes of value, or happenings of an event, in less than that time.
 *   avg(x, "10m"), min, max, rate(x, "1m") (per second): of a number (window.h says how).
 *   Durations stand in quotes or without: age(x) > 5m.
 *
 * - A value that is not good makes the result unknown unless the other side of && or || decides (three-valued logic):
 *   unknown raises nothing and clears nothing. So does a division by zero, and what is no finite number.
 * - A point that the asset's make does not have (or has as another type) is absent, which is decided once, when the
 *   expression is bound: it drops out of && and || (the other side decides alone), `!absent`, comparisons and
 *   arithmetic with it are absent too. So `high || level > 90` is `level > 90` for a tank without float switch.
 *   Where nothing is left, the asset is not watched. Beware of `command && !run`: without `run` it is `command`; a rule
 *   says which points it cannot do without (rule.h: needs).
 *
 * Time is an argument. What lies in a window or has an age changes by time alone: expr_binding_due says when.
 *
 * An event is a bool: true only in the evaluation that it causes. Bounded: 4 KiB of text, 512 operations, 64 names, 64
 * levels. Own points are the class's, and those that a profile of the class adds. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/diag.h"
#include "model/class.h"
#include "model/point.h"

struct expr;

/* What names mean at load: own points of the class, and every device's points. */
struct expr_scope {
	const struct class *class; /* NULL: only device.point */
	struct device_list devices;
	const struct class *classes; /* for parent.CLASS.point; those of the devices where there are none */
	size_t class_count;
	bool now_only; /* windows are errors: nobody fills them */
	/* Whether a name that is not there is a mistake elsewhere: it is not told here, and the rest is checked all the
	 * same. NULL: each is told. */
	bool (*forgives)(const void *who, const char *name);
	const void *who;
	const char *subject; /* for messages: "rule 'tank-high': when" */
	struct diag_at at;
};

/* Parses and checks; the result must be a bool. On errors: all of them in d (with did-you-mean), -EINVAL; that also where
 * a name was forgiven. */
int expr_parse(const char *text, const struct expr_scope *scope, struct diag *d, struct expr **ret_expr);
void expr_free(struct expr *e);
UTIL_DEFINE_CLEANUP(struct expr *, expr_free);

/* Whether it reads that point of the asset's own. */
bool expr_reads(const struct expr *e, const char *point);
/* Whether it names that point of that device, as "lift-1.door_zone". */
bool expr_reads_of(const struct expr *e, const char *device, const char *point);
/* Whether the value of that point counts, and not only its age, its quality, or what it was. device: NULL: its own. */
bool expr_takes(const struct expr *e, const char *device, const char *point);
/* Whether it can be true in the moment of an event only, so that no delay makes sense for it. */
bool expr_waits_for_event(const struct expr *e);

/* Bound to one device (its own points resolved) and the live table. Indices stay right until the table changes.
 * 0, or -ENODATA: the device has nothing of what the expression reads. */
struct expr_binding;
int expr_binding_new(const struct expr *e, const struct point_table *t, const struct device *d,
		     struct expr_binding **ret_binding);
void expr_binding_free(struct expr_binding *b);
UTIL_DEFINE_CLEANUP(struct expr_binding *, expr_binding_free);
/* The points that it reads of those that are there, in order of appearance, each once; at least one, but where it
 * asks for parent.bus only. Lent. */
const uint32_t *expr_binding_points(const struct expr_binding *b, size_t *ret_count);

/* Whether it asks for parent.bus: then somebody has to keep that state for it, and to look again when it changes. */
enum expr_link { EXPR_LINK_UNKNOWN, EXPR_LINK_GOOD, EXPR_LINK_LOST };
bool expr_binding_reads_link(const struct expr_binding *b);
/* link is lent and must outlive it. */
void expr_binding_set_link(struct expr_binding *b, const enum expr_link *link);

enum expr_result { EXPR_FALSE, EXPR_TRUE, EXPR_UNKNOWN };
struct expr_moment {
	uint32_t event_point; /* the event point that just fired, or UINT32_MAX: all other event points read as false */
	double margin; /* hysteresis: shifts every numeric < <= > >= against the condition while it is active; 0 else */
	int64_t now_us; /* monotonic; never less than before */
};
/* Whether it asks for an age or a quality, which say something before the first reading. */
bool expr_binding_asks(const struct expr_binding *b);
/* Whether it reads that event point as it happens, not only in a window. */
bool expr_binding_hears(const struct expr_binding *b, uint32_t point);
/* Before an evaluation, whenever one of its points changed: fills the windows. fired: as event_point. */
void expr_binding_feed(struct expr_binding *b, uint32_t fired, int64_t now_us);
/* When the result may next change by time alone; INT64_MAX: it will not. */
int64_t expr_binding_due(const struct expr_binding *b, int64_t now_us);
/* Whether it has to be looked at again when that point says the same as before: its age begins anew. */
bool expr_binding_reads_age(const struct expr_binding *b, uint32_t point);
/* Takes over the windows of the same points that another binding has filled, as after a reload. */
void expr_binding_carry(struct expr_binding *b, struct expr_binding *from);

/* What it remembers beyond the present values: first its windows, then when the points of its ages were heard. For who keeps
 * that beyond the end of the process (windows.h). */
struct expr_memory {
	const char *point; /* lent */
	char kind;         /* of the same point there may be one of each kind and span */
	int64_t span_us;
	size_t room; /* bytes that it takes at most */
};
struct cell;
size_t expr_binding_memories(const struct expr_binding *b);
struct expr_memory expr_binding_memory(const struct expr_binding *b, size_t i);
/* From now on it stands in that cell, whose room suffices (lent; NULL: nowhere). */
void expr_binding_place(struct expr_binding *b, size_t i, struct cell *to);
/* As it was when the process before ended, left_us being until when that is known to have been there. Before the first
 * reading. -EBADMSG: it cannot be that. */
int expr_binding_recall(struct expr_binding *b, size_t i, const struct cell *from, int64_t left_us);

enum expr_result expr_evaluate(const struct expr_binding *b, const struct expr_moment *m);

/* A part of the expression and what it is now; literals are left out, and what the asset does not have. */
struct expr_said {
	size_t start, end; /* in the text */
	unsigned depth;    /* 0: the whole */
	enum value_type type;
	bool known;
	bool at_least; /* not known, but that number or more */
	union {
		double number;
		bool boolean;
		char text[VALUE_TEXT_MAX];
	};
};
#define EXPR_SAID_MAX 512
/* In the order of the text, the outer part before the inner ones; how many. */
size_t expr_explain(const struct expr_binding *b, const struct expr_moment *m, struct expr_said said[EXPR_SAID_MAX]);
