#include "app/helped.h"

#include "app/engine.h"
#include "care/roll.h"
#include "upstream/resident_json.h"

/* The last sign of life inside; null where there was none. */
static json_t *last_of(const struct roll_row *row)
{
	const struct home_last *last = row->home ? &row->home->state.inside : NULL;
	char at[CLOCK_ISO_MAX];

	if (!last || !last->at.mono_us)
		return json_null();
	clock_format_iso(last->at.wall_us, at);
	return json_pack("{s:s, s:s}", "room", sign_room_name(last->room), "at", at);
}

static const char *mode_of(const struct roll_row *row)
{
	enum home_mode mode = roll_mode(row);

	return mode == HOME_AWAY ? "presumed_away" : home_view_mode_name(mode);
}

static json_t *row_of(const struct roll_row *row)
{
	const struct resident *r = row->resident;
	json_t *one = json_object();

	json_object_set_new(one, "resident", r->id ? json_string(r->id) : json_null());
	json_object_set_new(one, "place", json_string(r->place));
	json_object_set_new(one, "floor", row->floor ? json_integer(row->floor) : json_null());
	json_object_set_new(one, "categories", resident_json_categories(r->categories));
	json_object_set_new(one, "needs", resident_json_needs(r->needs));
	json_object_set_new(one, "presence", json_string(mode_of(row)));
	json_object_set_new(one, "last", last_of(row));
	json_object_set_new(one, "planned_away", json_boolean(row->planned));
	return one;
}

json_t *helped_json(struct engine *e, const struct alarm *a, struct clock_now now)
{
	_cleanup_(roll_fini) struct roll roll = { .count = 0 };
	json_t *list;

	engine_people(e, a, now, &roll);
	if (!roll.count)
		return NULL;
	list = json_array();
	for (size_t i = 0; i < roll.count; i++)
		json_array_append_new(list, row_of(&roll.rows[i]));
	return list;
}
