/* lists.c: what there is: buses, devices, points, plugins, outbox. */
#include "api/allow.h"
#include "api/inside.h"
#include "api/rows.h"
#include "api/walk.h"
#include "base/mem.h"
#include "base/str.h"
#include "upstream/alarm_json.h"

#define BUSES_MAX   1024
#define UNITS_MAX   256
#define PLUGINS_MAX 256
#define OUTBOX_MAX  512

void lists_buses(struct call *x)
{
	const struct api_source *source = x->api->source;
	_cleanup_(freep) void *room = mem_array(BUSES_MAX, sizeof(struct status_bus));
	_cleanup_(freep) void *unit_room = mem_array(UNITS_MAX, sizeof(struct status_unit));
	struct status_bus *buses = room;
	size_t count = source->buses(source->context, buses, BUSES_MAX);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		struct rows_units units = { .units = unit_room };

		units.count = source->bus_units(source->context, buses[i].id, unit_room, UNITS_MAX);
		json_array_append_new(list, rows_bus(&buses[i], units));
	}
	call_json(x, list);
}

void lists_plugins(struct call *x)
{
	const struct api_source *source = x->api->source;
	_cleanup_(freep) void *room = mem_array(PLUGINS_MAX, sizeof(struct status_plugin));
	struct status_plugin *plugins = room;
	size_t count = source->plugins(source->context, plugins, PLUGINS_MAX);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, rows_plugin(&plugins[i]));
	call_json(x, list);
}

void lists_outbox(struct call *x)
{
	const struct api_source *source = x->api->source;
	_cleanup_(freep) void *room = mem_array(OUTBOX_MAX, sizeof(struct status_outbox));
	struct status_outbox *rows = room;
	size_t count = source->outbox(source->context, rows, OUTBOX_MAX);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, rows_outbox(&rows[i]));
	call_json(x, list);
}

static size_t device_count(const struct api *a)
{
	return a->source->devices(a->source->context).count;
}

/* Of what somebody calls for help with: when a call was last seen to arrive; null: never. */
static void add_proven(const struct api *a, const struct device *device, json_t *row)
{
	const struct evaluator *e = a->source->alarms(a->source->context);
	const struct mode *proven = mode_book_find(evaluator_modes(e), MODE_PROVEN, device->id);
	bool help = evaluator_is_help(e, device->id);

	json_object_set_new(row, "help", json_boolean(help));
	json_object_set_new(row, "proven", help && proven ? rows_time(proven->since_us) : json_null());
}

static json_t *device_row(const struct api *a, size_t index, const struct walk_view *view)
{
	const struct device *device = &a->source->devices(a->source->context).devices[index];
	json_t *row;

	if (!str_match(view->match, device->id) || !party_knows(&view->by, device->place))
		return NULL;
	row = rows_device(device, a->source->points(a->source->context));
	if (device_is_home(device) && !party_reads_homes(&view->by))
		json_object_set_new(row, "at", json_null());
	add_proven(a, device, row);
	return row;
}

static size_t point_count(const struct api *a)
{
	return a->source->points(a->source->context)->count;
}

/* A glob of points ("lift-*.door_open"), or of devices: all their points ("lift-1"). */
static json_t *point_row(const struct api *a, size_t index, const struct walk_view *view)
{
	const struct point *point = &a->source->points(a->source->context)->points[index];

	if (!str_match(view->match, point->name) && !str_match(view->match, point->device->id))
		return NULL;
	return allow_point(&view->by, point);
}

void lists_devices(struct call *x)
{
	static const struct walk_kind kind = { .count = device_count, .row = device_row };

	walk_start(x, &kind);
}

void lists_points(struct call *x)
{
	static const struct walk_kind kind = { .count = point_count, .row = point_row };

	walk_start(x, &kind);
}

const struct point *lists_wanted_point(struct call *x)
{
	const struct point_table *points = x->api->source->points(x->api->source->context);
	const char *name = router_value(&x->match, "point");
	const struct point *point = point_find(points, name);
	struct str_nearest nearest = { .word = name };

	if (point && party_knows(&x->by, point->device->place))
		return point;
	/* A person's mistake: bounded, so that a client with wrong names does not hold the loop up. */
	for (size_t i = 0; i < points->count && i < 20000; i++)
		if (party_knows(&x->by, points->points[i].device->place))
			str_nearest_try(&nearest, points->points[i].name);
	call_error(x, (struct call_problem){ 404, "point" }, "no point '%s'%s%s%s", name,
		   nearest.best ? "; did you mean '" : "; points are named device.point: 'estatectl points' lists them",
		   nearest.best ? nearest.best : "", nearest.best ? "'?" : "");
	return NULL;
}

void lists_point(struct call *x)
{
	const struct point *point = lists_wanted_point(x);

	json_t *row;

	if (!point)
		return;
	row = rows_point_detail(point);
	if (allow_hides_point(&x->by, point))
		allow_veil_point(row);
	if (evaluator_is_help(x->api->source->alarms(x->api->source->context), point->device->id))
		add_proven(x->api, point->device, row);
	call_json(x, row);
}
