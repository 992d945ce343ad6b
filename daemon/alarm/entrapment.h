/* entrapment.h: the built-in condition "entrapment" of a rule: lift.h, fed with the points of one device. Pure; owned
 * by its watcher, private to it.
 *
 * Reads occupied door_open door_zone moving inspection alarm_key of the device's own; a point that is not good is
 * unknown. Invariant: door_open and moving are there, and one of occupied and alarm_key; without them nothing could be
 * inferred, and there is no such condition. */
#pragma once

#include "alarm/expr.h"
#include "alarm/lift.h"
#include "alarm/rule.h"
#include "model/point.h"

struct entrapment;

/* Whether it reads a point of that name. */
bool entrapment_reads(const char *point);

/* NULL where the device lacks what it takes. rule, table are lent. */
struct entrapment *entrapment_new(const struct rule *rule, const struct device *d, const struct point_table *table);
void entrapment_free(struct entrapment *e);

/* Its points. Lent. */
const uint32_t *entrapment_points(const struct entrapment *e, size_t *ret_count);
/* The points changed, or entrapment_due has come. True where what must outlive a restart changed. */
bool entrapment_feed(struct entrapment *e, int64_t now_us);
/* What the last feed found: EXPR_UNKNOWN before the first. */
enum expr_result entrapment_result(const struct entrapment *e);
/* When to feed again though nothing changed; INT64_MAX: never. */
int64_t entrapment_due(const struct entrapment *e);
/* Why somebody is taken for trapped: "occupied, doors shut, not moving for 90 s at level". */
void entrapment_why(const struct entrapment *e, int64_t now_us, struct str_buf *zh, struct str_buf *en);

/* See lift.h. */
bool entrapment_keep(const struct entrapment *e, int64_t now_us, struct lift_kept *ret_kept);
void entrapment_restore(struct entrapment *e, const struct lift_kept *kept);
