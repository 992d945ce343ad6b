/* alarm_world.h: a small estate for the tests of rules: classes, devices, points, rules, a clock that only they move.
 *
 * Described by lines as the case files have them:
 *   class tank                        begins a class
 *   point level number %              a point of it: name, type (number bool text event), unit
 *   device tank-1                     a device of the class that was begun last; its profile is the class itself
 *   at tank-1 b3/pump-room            its place; b3/u1 where none is said
 *   lacks tank-1 level                its profile does not have that point */
#pragma once

#include "alarm/evaluator.h"
#include "alarm/windows.h"

#define ALARM_WORLD_POINTS 16

struct alarm_world_class {
	struct class class;
	struct class_point points[ALARM_WORLD_POINTS];
};

struct alarm_world {
	struct alarm_world_class classes[4];
	size_t class_count;
	struct profile *profiles; /* one per device */
	struct device *devices;
	char (*places)[32]; /* of each device */
	size_t device_count;
	struct point_table *table; /* made by alarm_world_build */
	struct rule rules[16];
	size_t rule_count;
	const struct place *places_declared; /* lent; NULL: none */
	size_t place_count;
	int64_t self_test_us;
	struct evaluator *evaluator;
	struct windows_block windows; /* what rules remember beyond a kill */
	struct alarm_effects effects;
	struct clock_now now;
};

void alarm_world_init(struct alarm_world *w, const char *lines);
void alarm_world_fini(struct alarm_world *w);
/* One line; false when it is none of the above. */
bool alarm_world_line(struct alarm_world *w, const char *line);
/* Points, after the last device. */
void alarm_world_build(struct alarm_world *w);

/* The rule with its expression parsed against its class. Then alarm_world_start. */
void alarm_world_rule(struct alarm_world *w, const struct rule *r);
void alarm_world_start(struct alarm_world *w);
/* As kill -9 and a new start: points lost, alarms and delays carried over as the store would, mono_us later. */
void alarm_world_restart(struct alarm_world *w, int64_t outage_us);

/* A reading of "tank-1.level" at the present moment: point table, then evaluator. */
void alarm_world_read(struct alarm_world *w, const char *point, struct value v);
void alarm_world_quality(struct alarm_world *w, const char *point, enum quality q);
/* Time passes; delays fire on their own microsecond. */
void alarm_world_pass(struct alarm_world *w, int64_t us);
/* What happened since the last call: "unacked", "acked normal", "" for nothing. Lent until the next call. */
const char *alarm_world_happened(struct alarm_world *w);
const char *alarm_world_state(const struct alarm_world *w, const char *id); /* "none" where there is no such alarm */
int alarm_world_ack(struct alarm_world *w, const char *id);
int alarm_world_order(struct alarm_world *w, const struct evaluator_command *c); /* by the desk */
int alarm_world_mode(struct alarm_world *w, const struct evaluator_mode *m);     /* by the desk */
int alarm_world_close(struct alarm_world *w, const char *id);
