/* rows.h: the rows of the lists as JSON objects. Pure; the caller owns what it gets. */
#pragma once

#include <jansson.h>

#include "model/point.h"
#include "model/status.h"

struct rows_units {
	const struct status_unit *units;
	size_t count;
};

struct alarm;
json_t *rows_alarm(const struct alarm *
			   alarm); /* as alarm_json.h; open, with "people" where there is a list of those it is about */
json_t *rows_bus(const struct status_bus *bus, struct rows_units units);
json_t *rows_plugin(const struct status_plugin *plugin);
json_t *rows_outbox(const struct status_outbox *outbox);
json_t *rows_device(const struct device *device, const struct point_table *points);
/* A point with all that is known of it: the row of the list, and where it comes from. */
json_t *rows_point_detail(const struct point *point);
json_t *rows_config(const struct status_config *status); /* which configuration counts */
json_t *rows_time(int64_t wall_us);                      /* ISO 8601; null for 0 */
