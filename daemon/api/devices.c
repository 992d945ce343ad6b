#include "api/devices.h"

#include "api/allow.h"
#include "api/inside.h"
#include "api/rows.h"
#include "api/walk.h"
#include "base/mem.h"
#include "upstream/alarm_json.h"

/* ---- discovered ---- */

static size_t discovered_count(const struct api *a)
{
	return a->source->discovered_count ? a->source->discovered_count(a->source->context) : 0;
}

static json_t *discovered_row(const struct api *a, size_t index, const struct walk_view *view)
{
	/* Nobody knows yet where it is. */
	return view->by.scope.whole ? a->source->discovered(a->source->context, index, view->match) : NULL;
}

/* ---- profiles ---- */

static const struct profile *profiles_of(const struct api *a, size_t *ret_count)
{
	*ret_count = 0;
	return a->source->profiles ? a->source->profiles(a->source->context, ret_count) : NULL;
}

static size_t profile_count(const struct api *a)
{
	size_t count;

	profiles_of(a, &count);
	return count;
}

/* Those that are made of a class have no name that a configuration could say. */
static json_t *profile_row(const struct api *a, size_t index, const struct walk_view *view)
{
	size_t count;
	const struct profile *p = &profiles_of(a, &count)[index];
	json_t *models;

	if (!p->class || !str_is_id(p->id) || !str_match(view->match, p->id))
		return NULL;
	models = json_array();
	for (size_t i = 0; i < p->model_count; i++)
		json_array_append_new(models, json_string(p->models[i]));
	return json_pack("{s:s, s:s, s:s?, s:o, s:s}", "profile", p->id, "class", p->class->id, "name", p->name,
			 "models", models, "reads", profile_has_fields(p) ? "fields" : "registers");
}

void devices_profiles(struct call *x)
{
	static const struct walk_kind kind = { .count = profile_count, .row = profile_row };

	walk_start(x, &kind);
}

/* ---- batteries ---- */

/* Which points of a profile tell of the battery; SIZE_MAX: none. */
struct cells {
	const struct profile *profile;
	size_t level, low;
};

static void find_cells(const struct profile *p, struct cells *ret_cells)
{
	if (ret_cells->profile == p)
		return; /* neighbours mostly have the same */
	*ret_cells = (struct cells){ p, SIZE_MAX, SIZE_MAX };
	for (size_t i = 0; i < p->point_count; i++)
		if (str_equal(p->points[i].name, "battery") && p->points[i].type == VALUE_NUMBER)
			ret_cells->level = i;
		else if (str_equal(p->points[i].name, "battery_low"))
			ret_cells->low = i;
}

static struct value cell_value(const struct api *a, const struct device *d, size_t index)
{
	if (index == SIZE_MAX)
		return (struct value){ .type = VALUE_NONE };
	return a->source->points(a->source->context)->points[d->first_point + index].value;
}

/* The order of a round: said to be low, then by percent, then those that only say that it is well, and last those of which
 * nothing is known. */
enum rank { RANK_LOW, RANK_LEVEL, RANK_WELL, RANK_UNKNOWN };
struct weak {
	uint32_t device;
	enum rank rank;
	double level; /* 0 where it is not known */
};

static struct weak weigh(const struct api *a, const struct device *d, const struct cells *c)
{
	struct value level = cell_value(a, d, c->level), low = cell_value(a, d, c->low);
	struct weak w = { .rank = RANK_UNKNOWN };

	if (level.type == VALUE_NUMBER) {
		w.rank = RANK_LEVEL;
		w.level = level.number;
	} else if (low.type != VALUE_NONE) {
		w.rank = RANK_WELL;
	}
	if (low.type != VALUE_NONE && value_true(&low))
		w.rank = RANK_LOW;
	return w;
}

static int by_weakness(const void *left, const void *right)
{
	const struct weak *a = left, *b = right;

	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	if (a->level < b->level || a->level > b->level)
		return a->level < b->level ? -1 : 1;
	return a->device < b->device ? -1 : a->device > b->device;
}

/* Numbers of the devices that have a battery, in the order of a round; the caller frees. */
static uint32_t *round_order(const struct api *a, size_t *ret_count)
{
	struct device_list all = a->source->devices(a->source->context);
	_cleanup_(freep) void *room = mem_array(all.count + 1, sizeof(struct weak));
	struct weak *weak = room;
	uint32_t *order = mem_array(all.count + 1, sizeof(*order));
	struct cells cells = { 0 };
	size_t count = 0;

	for (size_t i = 0; i < all.count; i++) {
		find_cells(all.devices[i].profile, &cells);
		if (cells.level == SIZE_MAX && cells.low == SIZE_MAX)
			continue;
		weak[count] = weigh(a, &all.devices[i], &cells);
		weak[count++].device = (uint32_t)i;
	}
	qsort(weak, count, sizeof(*weak), by_weakness);
	for (size_t i = 0; i < count; i++)
		order[i] = weak[i].device;
	*ret_count = count;
	return order;
}

static size_t device_count(const struct api *a)
{
	return a->source->devices(a->source->context).count;
}

/* As the list of all devices and that of points are. */
static void veil(json_t *row)
{
	json_object_set_new(row, "battery", json_null());
	json_object_set_new(row, "battery_low", json_null());
	json_object_set_new(row, "at", json_null());
}

static json_t *battery_row(const struct api *a, size_t index, const struct walk_view *view)
{
	struct device_list all = a->source->devices(a->source->context);
	const struct device *d = index < all.count ? &all.devices[index] : NULL;
	struct cells cells = { 0 };
	struct value level, low;
	json_t *row;

	if (!d || !party_knows(&view->by, d->place) ||
	    (!str_match(view->match, d->id) && !str_match(view->match, d->place)))
		return NULL;
	find_cells(d->profile, &cells);
	level = cell_value(a, d, cells.level);
	low = cell_value(a, d, cells.low);
	row = rows_device(d, a->source->points(a->source->context));
	json_object_set_new(row, "battery", alarm_json_value(&level));
	json_object_set_new(row, "battery_low", low.type == VALUE_NONE ? json_null() : json_boolean(value_true(&low)));
	if (device_is_home(d) && !party_reads_homes(&view->by))
		veil(row);
	return row;
}

/* ---- all of them ---- */

void devices_get(struct call *x)
{
	static const struct walk_kind found = { .count = discovered_count, .row = discovered_row };
	static const struct walk_kind batteries = { .count = device_count, .row = battery_row };
	bool discovered, battery;
	uint32_t *order;
	size_t count;

	if (!call_switch(x, "discovered", &discovered) || !call_switch(x, "battery", &battery))
		return;
	if (discovered && battery) {
		call_error(x, (struct call_problem){ 400, "battery" },
			   "battery: expected one of discovered and battery");
	} else if (discovered) {
		walk_start(x, &found);
	} else if (battery) {
		order = round_order(x->api, &count);
		walk_start_ordered(x, &batteries, order, count);
	} else {
		lists_devices(x);
	}
}
