#include "config.h"

#include "api/overview.h"

#include "api/rows.h"
#include "api/stream.h"
#include "base/mem.h"
#include "base/str.h"

#define ROWS_MAX 1024

/* A class names all that a make may report. What a device without a profile has never said, though it said something, is none of its
 * points: nobody misses it. */
static size_t never_said(const struct point_table *points, const struct device *d)
{
	size_t never = 0, said = 0;

	if (!str_starts(d->profile->id, "class:"))
		return 0;
	for (size_t i = 0; i < d->profile->point_count; i++) {
		const struct point *p = &points->points[d->first_point + i];

		said += p->at_us != 0;
		never += p->at_us == 0 && p->quality == QUALITY_LOST;
	}
	return said ? never : 0;
}

static void read_points(const struct point_table *points, const struct party *by, struct overview *o)
{
	o->readings = points->readings;
	for (size_t i = 0; i < points->count; i++) {
		if (!by->scope.whole && !party_knows(by, points->points[i].device->place))
			continue;
		o->points++;
		o->quality[points->points[i].quality]++;
		o->test += points->points[i].test;
	}
}

static void read_devices(const struct api_source *source, const struct party *by, struct overview *o)
{
	const struct device_list all = source->devices(source->context);
	const struct point_table *points = source->points(source->context);

	for (size_t i = 0; i < all.count; i++) {
		if (!party_knows(by, all.devices[i].place))
			continue;
		o->devices++;
		o->never_said += never_said(points, &all.devices[i]);
	}
}

static void read_alarms(const struct evaluator *book, const struct party *by, struct overview *o)
{
	const struct alarm *alarm;
	size_t position = 0;

	while ((alarm = evaluator_next(book, &position))) {
		if (!party_knows(by, alarm->place))
			continue;
		o->state[alarm->state]++;
		if (alarm->state == ALARM_NORMAL)
			continue;
		o->open++;
		if (alarm->state >= ALARM_SHELVED)
			continue;
		o->standing++;
		o->unacked += alarm->state == ALARM_UNACKED || alarm->state == ALARM_RTN_UNACKED;
		o->priority[CLAMP(alarm->priority, 1, 4)]++;
	}
}

static void read_rooms(const struct api_source *source, struct overview *o)
{
	_cleanup_(freep) void *bus_room = mem_array(ROWS_MAX, sizeof(struct status_bus));
	_cleanup_(freep) void *plugin_room = mem_array(ROWS_MAX, sizeof(struct status_plugin));
	_cleanup_(freep) void *outbox_room = mem_array(ROWS_MAX, sizeof(struct status_outbox));
	const struct status_bus *buses = bus_room;
	const struct status_plugin *plugins = plugin_room;
	const struct status_outbox *outbox = outbox_room;
	size_t lanes = source->outbox(source->context, outbox_room, ROWS_MAX);

	o->buses = source->buses(source->context, bus_room, ROWS_MAX);
	for (size_t i = 0; i < o->buses; i++)
		o->buses_up += str_equal(buses[i].state, "up");
	o->plugins = source->plugins(source->context, plugin_room, ROWS_MAX);
	for (size_t i = 0; i < o->plugins; i++)
		o->plugins_up += str_equal(plugins[i].state, "up");
	for (size_t i = 0; i < lanes; i++) {
		o->pending += outbox[i].pending;
		o->pending_bytes += outbox[i].bytes;
		if (outbox[i].oldest_us && (!o->pending_oldest_us || outbox[i].oldest_us < o->pending_oldest_us))
			o->pending_oldest_us = outbox[i].oldest_us;
	}
}

void overview_read(const struct api *a, const struct party *by, struct overview *ret_overview)
{
	const struct api_source *source = a->source;
	struct overview o = { .now_us = clock_wall_us() };

	o.ready = source->ready(source->context);
	o.started_us = source->started_us(source->context);
	read_devices(source, by, &o);
	read_points(source->points(source->context), by, &o);
	read_alarms(source->alarms(source->context), by, &o);
	read_rooms(source, &o);
	source->store(source->context, &o.store);
	*ret_overview = o;
}

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *points_json(const struct overview *o)
{
	json_t *points = json_pack("{so}", "total", number(o->points));

	for (int q = 0; q < OVERVIEW_QUALITIES; q++)
		json_object_set_new(points, value_quality_name((enum quality)q), number(o->quality[q]));
	json_object_set_new(points, "never", number(o->never_said));
	json_object_set_new(points, "test", number(o->test));
	json_object_set_new(points, "readings", number(o->readings));
	return points;
}

static json_t *alarms_json(const struct overview *o)
{
	json_t *priorities = json_object();
	char name[] = "0";

	for (int p = 1; p <= 4; p++) {
		name[0] = (char)('0' + p);
		json_object_set_new(priorities, name, number(o->priority[p]));
	}
	return json_pack("{so so so so}", "open", number(o->open), "standing", number(o->standing), "unacked",
			 number(o->unacked), "priority", priorities);
}

static json_t *store_json(const struct status_store *s)
{
	return json_pack("{sb ss so so so so so so so}", "ok", s->ok, "fault", s->fault ? s->fault : "", "commits",
			 number(s->commits), "failures", number(s->failures), "history_rows", number(s->history_rows),
			 "history_dropped", number(s->history_dropped), "last_commit_ms",
			 json_real((double)s->last_commit_us / (double)MS), "queued", number(s->queued), "free_bytes",
			 s->free_bytes < 0 ? json_null() : json_integer(s->free_bytes));
}

static json_t *api_json(const struct api *a)
{
	struct conn_counts counts = conn_table_counts(a->conns);
	struct stream_counts streams = stream_counts(a->stream);

	return json_pack("{so so so so so so so so so so}", "connections", number(conn_table_count(a->conns)),
			 "accepted", number(counts.accepted), "refused", number(counts.refused), "expired",
			 number(counts.expired), "requests", number(a->requests), "errors", number(a->errors),
			 "streams", number(streams.clients), "streams_dropped", number(streams.dropped), "events",
			 number(streams.events), "pages", number(streams.pages));
}

/* Those that are handed to somebody, and until when. */
static json_t *paused_buses(const struct api_source *source)
{
	_cleanup_(freep) void *room = mem_array(ROWS_MAX, sizeof(struct status_bus));
	const struct status_bus *buses = room;
	size_t count = source->buses(source->context, room, ROWS_MAX);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		if (buses[i].paused_until_us > 0)
			json_array_append_new(list, json_pack("{ss so}", "bus", buses[i].id, "until",
							      rows_time(buses[i].paused_until_us)));
	return list;
}

void overview_get(struct call *x)
{
	const struct api_source *source = x->api->source;
	const struct estate *estate = source->estate(source->context);
	struct overview o;
	json_t *status;

	overview_read(x->api, &x->by, &o);
	status = json_pack("{ss s{ss ss ss} sb so so so}", "version", PACKAGE_VERSION, "estate", "id", estate->id,
			   "name", estate->name ? estate->name : "", "timezone",
			   estate->timezone ? estate->timezone : "", "ready", o.ready, "started",
			   rows_time(o.started_us), "time", rows_time(o.now_us), "uptime_s",
			   json_integer((o.now_us - o.started_us) / S));
	json_object_set_new(status, "devices", number(o.devices));
	json_object_set_new(status, "points", points_json(&o));
	json_object_set_new(status, "alarms", alarms_json(&o));
	json_object_set_new(status, "buses",
			    json_pack("{so so so}", "total", number(o.buses), "up", number(o.buses_up), "paused",
				      paused_buses(source)));
	json_object_set_new(status, "plugins",
			    json_pack("{so so}", "total", number(o.plugins), "up", number(o.plugins_up)));
	json_object_set_new(status, "outbox",
			    json_pack("{so so so}", "pending", number(o.pending), "bytes", number(o.pending_bytes),
				      "oldest", rows_time(o.pending_oldest_us)));
	json_object_set_new(status, "store", store_json(&o.store));
	json_object_set_new(status, "audit",
			    json_pack("{so ss}", "n", number(o.store.audit_n), "hash",
				      o.store.audit_hash ? o.store.audit_hash : ""));
	json_object_set_new(status, "api", api_json(x->api));
	if (source->config_status) {
		struct status_config config;

		source->config_status(source->context, &config);
		json_object_set_new(status, "config", rows_config(&config));
	}
	if (source->counters && x->by.scope.whole) /* they count all of it */
		json_object_set_new(status, "counters", source->counters(source->context));
	call_json(x, status);
}
