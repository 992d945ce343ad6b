/* silence.h: a device that is on no bus and says nothing for longer than its max_age: that is itself an alarm, of the
 * built-in rule `supervision`. (A unit of a bus is asked, so its bus tells; app/watch.c.) Pure; owned by the evaluator and
 * private to it.
 *
 * Silent is a device none of whose points is good, and at least one of which became stale: nobody says that its plugin is
 * down, which would be another alarm. It ends with the first good reading. */
#pragma once

#include "base/str.h"
#include "model/point.h"

struct silence {
	const struct point_table *table;
	const struct device *first; /* of the list */
	bool *silent;               /* by device */
};

/* devices and table are lent. */
void silence_init(struct silence *s, struct device_list devices, const struct point_table *table);
void silence_fini(struct silence *s);

/* A point became otherwise: its device, where it is silent now and was not, or the other way; else NULL. */
const struct device *silence_changed(struct silence *s, uint32_t point);
bool silence_is(const struct silence *s, const struct device *d);
/* An alarm of before the restart says so. */
void silence_restore(struct silence *s, const struct device *d);
/* "no sign of life for more than 25h"; appended. */
void silence_why(const struct silence *s, const struct device *d, struct str_buf *zh, struct str_buf *en);
