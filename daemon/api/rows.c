#include "api/rows.h"

#include "base/clock.h"
#include "base/str.h"
#include "care/domains_say.h"
#include "upstream/alarm_json.h"

json_t *rows_time(int64_t wall_us)
{
	char text[CLOCK_ISO_MAX];

	return wall_us ? json_string(clock_format_iso(wall_us, text)) : json_null();
}

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

/* Texts of plugins and devices come from outside: one that is not UTF-8 is null too. */
static json_t *text_or_null(const char *text)
{
	json_t *string = text && *text ? json_string(text) : NULL;

	return string ? string : json_null();
}

static json_t *text_or_empty(const char *text)
{
	json_t *string = text ? json_string(text) : NULL;

	return string ? string : json_string("");
}

json_t *rows_alarm(const struct alarm *alarm)
{
	json_t *row = alarm_json_new(alarm);

	if (alarm->state != ALARM_NORMAL && domains_say_lists_people(alarm))
		json_object_set_new(row, "people", json_true());
	return row;
}

static json_t *bus_causes(const struct status_bus *bus)
{
	json_t *causes = json_array();

	for (size_t i = 0; i < bus->cause_count; i++) {
		const struct status_cause *c = &bus->causes[i];

		json_array_append_new(
			causes, json_pack("{ss so ss}", "cause", c->cause, "count", number(c->count), "hint", c->hint));
	}
	return causes;
}

json_t *rows_bus(const struct status_bus *bus, struct rows_units units)
{
	json_t *row = json_object(), *list = json_array();

	for (size_t i = 0; i < units.count; i++) {
		const struct status_unit *u = &units.units[i];

		json_array_append_new(list, json_pack("{si sb so so so so}", "unit", u->unit, "up", u->up, "state",
						      text_or_empty(u->state), "polls", number(u->polls), "answers",
						      number(u->answers), "errors", number(u->errors)));
	}
	json_object_set_new(row, "bus", json_string(bus->id));
	json_object_set_new(row, "type", json_string(bus->type));
	json_object_set_new(row, "target", json_string(bus->target));
	json_object_set_new(row, "state", json_string(bus->state));
	json_object_set_new(row, "since", rows_time(bus->since_us));
	json_object_set_new(row, "units_total", number(bus->units));
	json_object_set_new(row, "units_up", number(bus->units_up));
	json_object_set_new(row, "points", number(bus->points));
	json_object_set_new(row, "requests", number(bus->requests));
	json_object_set_new(row, "answers", number(bus->answers));
	json_object_set_new(row, "timeouts", number(bus->timeouts));
	json_object_set_new(row, "crc_errors", number(bus->crc_errors));
	json_object_set_new(row, "mismatches", number(bus->mismatches));
	json_object_set_new(row, "exceptions", number(bus->exceptions));
	json_object_set_new(row, "late", number(bus->late));
	json_object_set_new(row, "connects", number(bus->connects));
	json_object_set_new(row, "cycle_requests", number(bus->cycle_requests));
	json_object_set_new(row, "lag_ms", json_integer(bus->lag_us / MS));
	json_object_set_new(row, "skipped", number(bus->skipped));
	json_object_set_new(row, "timeout_ms", json_integer(bus->timeout_us / MS));
	json_object_set_new(row, "paused_until", rows_time(bus->paused_until_us));
	json_object_set_new(row, "hint", text_or_empty(bus->hint));
	json_object_set_new(row, "causes", bus_causes(bus));
	json_object_set_new(row, "units", list);
	return row;
}

json_t *rows_plugin(const struct status_plugin *plugin)
{
	json_t *row = json_object();

	json_object_set_new(row, "plugin", json_string(plugin->id));
	json_object_set_new(row, "program", json_string(plugin->program));
	json_object_set_new(row, "state", json_string(plugin->state));
	json_object_set_new(row, "roles", text_or_null(plugin->roles));
	json_object_set_new(row, "name", text_or_null(plugin->name));
	json_object_set_new(row, "version", text_or_null(plugin->version));
	json_object_set_new(row, "pid", plugin->pid > 0 ? json_integer(plugin->pid) : json_null());
	json_object_set_new(row, "since", rows_time(plugin->since_us));
	json_object_set_new(row, "restarts", number(plugin->restarts));
	json_object_set_new(row, "messages_in", number(plugin->messages_in));
	json_object_set_new(row, "messages_out", number(plugin->messages_out));
	json_object_set_new(row, "bad_lines", number(plugin->bad_lines));
	json_object_set_new(row, "unknown", number(plugin->unknown));
	json_object_set_new(row, "throttled", number(plugin->throttled));
	json_object_set_new(row, "text", text_or_empty(plugin->text));
	return row;
}

json_t *rows_outbox(const struct status_outbox *outbox)
{
	json_t *row = json_object();

	json_object_set_new(row, "uplink", json_string(outbox->uplink));
	json_object_set_new(row, "lane", json_string(outbox->lane));
	json_object_set_new(row, "pending", number(outbox->pending));
	json_object_set_new(row, "bytes", number(outbox->bytes));
	json_object_set_new(row, "oldest", rows_time(outbox->oldest_us));
	json_object_set_new(row, "delivered", number(outbox->delivered));
	json_object_set_new(row, "refused", number(outbox->refused));
	json_object_set_new(row, "last_seq", number(outbox->last_seq));
	return row;
}

json_t *rows_device(const struct device *device, const struct point_table *points)
{
	json_t *row = json_object();
	size_t good = 0, count = device->profile->point_count;
	int64_t latest_us = 0;

	for (size_t i = 0; i < count; i++) {
		const struct point *p = &points->points[device->first_point + i];

		good += p->quality == QUALITY_GOOD;
		latest_us = MAX(latest_us, p->at_us);
	}
	json_object_set_new(row, "device", json_string(device->id));
	json_object_set_new(row, "name", json_string(device->name));
	json_object_set_new(row, "place", json_string(device->place));
	json_object_set_new(row, "room", text_or_null(device->room));
	json_object_set_new(row, "class", json_string(device->class->id));
	json_object_set_new(row, "profile", json_string(device->profile->id));
	json_object_set_new(row, "bus", device->bus ? json_string(device->bus->id) : json_null());
	json_object_set_new(row, "unit", device->bus ? json_integer(device->unit) : json_null());
	json_object_set_new(row, "plugin", device->plugin ? json_string(device->plugin->id) : json_null());
	json_object_set_new(row, "address", text_or_null(device->address));
	json_object_set_new(row, "points", number(count));
	json_object_set_new(row, "good", number(good));
	json_object_set_new(row, "at", rows_time(latest_us));
	return row;
}

/* "bus gw-lifts unit 247 holding:1.11", "plugin zigbee 0x00158d0001a2b3c4 action" */
static void describe_source(const struct point *point, struct str_buf *to)
{
	const struct device *d = point->device;
	const struct codec_wire *w = &point->spec->wire;

	if (d->bus && w->table != CODEC_TABLE_NONE) {
		str_buf_printf(to, "bus %s unit %u %s:%u", d->bus->id, d->unit, codec_table_name(w->table), w->address);
		if (w->bit_low >= 0 && w->bit_high > w->bit_low)
			str_buf_printf(to, ".%d-%d", w->bit_low, w->bit_high);
		else if (w->bit_low >= 0)
			str_buf_printf(to, ".%d", w->bit_low);
	} else if (d->plugin) {
		str_buf_printf(to, "plugin %s %s %s", d->plugin->id, d->address ? d->address : "",
			       point->spec->field.path ? point->spec->field.path : point->spec->name);
	} else {
		str_buf_add(to, "no bus and no plugin: fed by replay or by the API");
	}
}

json_t *rows_point_detail(const struct point *point)
{
	json_t *row = alarm_json_point(point);
	struct str_buf source _cleanup_str_buf_ = { 0 };
	char text[STR_DURATION_MAX];

	describe_source(point, &source);
	json_object_set_new(row, "name", json_string(point->device->name));
	json_object_set_new(row, "room", text_or_null(point->device->room));
	json_object_set_new(row, "type", json_string(value_type_name(point->spec->type)));
	json_object_set_new(row, "profile", json_string(point->device->profile->id));
	json_object_set_new(row, "source", json_string(str_buf_text(&source)));
	json_object_set_new(row, "max_age",
			    point->spec->max_age_us ? json_string(str_from_duration(point->spec->max_age_us, text))
						    : json_null());
	json_object_set_new(row, "period",
			    point->spec->period_us ? json_string(str_from_duration(point->spec->period_us, text))
						   : json_null());
	return row;
}

json_t *rows_config(const struct status_config *status)
{
	json_t *config = json_pack("{s:s, s:o, s:s}", "state", status->state, "since", rows_time(status->since_us),
				   "cause", status->cause);

	if (status->left_us)
		json_object_set_new(config, "confirm_left_s", json_integer((status->left_us + S - 1) / S));
	return config;
}
