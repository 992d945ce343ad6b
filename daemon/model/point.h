/* point.h: the live table of all points: the last value of each, with quality and age.
 *
 * Owned by the engine (main thread); others read it on that thread. A point's number is its index: dense, fixed until
 * a reload. Invariant: value.type is VALUE_NONE or the spec's type. Pure: time comes with the reading. */
#pragma once

#include "base/clock.h"
#include "base/map.h"
#include "model/device.h"
#include "model/record.h"

struct point {
	const char *name; /* "lift-1.door_zone"; owned by the table */
	const struct device *device;
	const struct profile_point *spec;
	struct value value;
	enum quality quality;
	bool test;
	bool level;         /* an event that its device shows as a level: the level it had */
	bool fired;         /* its last reading was an event; no other reading, no change of quality leaves it true */
	int64_t at_us;      /* wall time of the value, as its source says; 0: never */
	int64_t mono_us;    /* when it was last confirmed */
	int64_t changed_us; /* monotonic: when value or quality last changed */
};

struct point_ages; /* point.c's own */
struct point_table {
	struct point *points;
	size_t count;
	struct map *by_name;
	uint64_t readings; /* applied since start */
	char *names;       /* all names, one after another */
	struct point_ages *ages;
};

struct point_table *point_table_new(struct device_list devices);
void point_table_free(struct point_table *t);
UTIL_DEFINE_CLEANUP(struct point_table *, point_table_free);

struct point *point_find(const struct point_table *t, const char *name);                       /* or NULL */
struct point *point_of(const struct point_table *t, const struct device *d, const char *name); /* or NULL */

/* A new configuration's table takes over what the old one knew: points of the same name and type. */
void point_carry(struct point_table *to, const struct point_table *from);
/* In two steps: for each point of `to` the number that it has in `from`, POINT_NONE where it is new there or of another
 * type; the caller frees. Reads nothing that a reading changes: any thread, while another applies readings. */
#define POINT_NONE UINT32_MAX
uint32_t *point_match(const struct point_table *to, const struct point_table *from);
void point_carry_matched(struct point_table *to, const struct point_table *from, const uint32_t *match);

/* What a reading did to its point. */
enum point_change {
	POINT_SAME = 0,
	POINT_VALUE = 1,
	POINT_QUALITY = 2,
	POINT_ROLLOVER = 4, /* a counter began anew at the end of its span */
	POINT_RESET = 8     /* a counter began anew before its end: a new meter, or one that forgot */
};
/* Whether the point is an event: no lasting state. */
bool point_is_event(const struct profile_point *spec);
/* Whether its value says who it was: whose card opened a door, or called a lift. */
bool point_says_who(const struct profile_point *spec);
/* Applies a reading; r->point must be a number of this table. A reading that is good but of another type than the
 * point's counts as bad; one that is good without a value (its source is back) makes the old value count again, with
 * its old age; of an event that never happened it makes the point good, with its null ("never" is a fact). A good
 * reading of any point of a device that is not on a bus makes its lost or stale event points good: a message leaves
 * out what did not happen. (A reading that is not good keeps the old value beside its quality.) Returns a set of point_change.
 * An event is always POINT_VALUE; one that its device shows as a level (a bit, a number) happens when it rises from 0.
 * Within the deadband a number is POINT_SAME but its age is renewed. A number beyond the spec's limits (plausible.h)
 * makes the point suspect; its old value stays. */
unsigned point_apply(struct point_table *t, const struct reading *r);
/* A reading that somebody in between had kept, age_us old (< 0: nobody knows how old): it is taken where the point has no
 * value yet, or an older one, and is good only while it is younger than the point's max_age; of unknown age it is suspect
 * until the device confirms it, and stale where it does not within max_age. No event is made of it, and it is no sign of
 * life. Returns as point_apply. */
unsigned point_apply_kept(struct point_table *t, const struct reading *r, int64_t age_us);
/* The next point at or after *position whose quality became otherwise without a reading of its own, NULL when done:
 * it became stale by now (good, max_age passed: marks it), or it is an event point that is good again.
 * An event point is silent for weeks while its device is well: any good reading of its device keeps it fresh. */
struct point *point_expire(struct point_table *t, size_t *position, int64_t now_mono_us);
/* Monotonic time before which point_expire finds nothing; INT64_MAX: never. It may find nothing then either: a point was
 * confirmed meanwhile. */
int64_t point_due(const struct point_table *t);
/* What its limits know of the point, or NULL where it has none. */
const struct plausible *point_plausible(const struct point_table *t, const struct point *p);
/* Another thing is the device from now on: no new reading of it is held against the old ones. Values stay. */
void point_forget(struct point_table *t, const struct device *d);
/* The wall clock was set right: the wall times of all points as they should have been. Ages stay. */
void point_shift(struct point_table *t, const struct clock_shifts *shifts);
static inline uint32_t point_index(const struct point_table *t, const struct point *p)
{
	return (uint32_t)(p - t->points);
}
