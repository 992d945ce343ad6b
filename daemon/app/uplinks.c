#include "app/uplinks.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "upstream/discreet.h"

static void uplink_fini(struct uplink *u)
{
	json_decref(u->lanes);
	json_decref(u->kinds);
	free(u->id);
}

void uplinks_fini(struct uplinks *u)
{
	for (size_t i = 0; i < u->count; i++)
		uplink_fini(&u->all[i]);
	free(u->all);
	*u = (struct uplinks){ 0 };
}

const struct uplink *uplinks_find(const struct uplinks *u, const char *instance)
{
	for (size_t i = 0; i < u->count; i++)
		if (str_equal(u->all[i].id, instance))
			return &u->all[i];
	return NULL;
}

static unsigned few_of(const json_t *option)
{
	return json_is_integer(option) ? (unsigned)CLAMP(json_integer_value(option), (json_int_t)1, (json_int_t)1000)
				       : DISCREET_FEW;
}

const struct uplink *uplinks_add(struct uplinks *u, const struct plugin *p)
{
	json_t *options = json_loads(p->options_json, 0, NULL);

	u->all = mem_realloc(u->all, u->count + 1, sizeof(*u->all));
	u->all[u->count] = (struct uplink){
		.id = mem_strdup(p->id),
		.lanes = json_incref(json_object_get(options, "lanes")),
		.kinds = json_incref(json_object_get(options, "kinds")),
		.names = json_is_true(json_object_get(options, "names")),
		.all_homes = json_is_true(json_object_get(options, "all_homes")),
		.few = few_of(json_object_get(options, "few")),
	};
	json_decref(options);
	return &u->all[u->count++];
}

static bool named_uplink(const struct plugin *p)
{
	static const char suffix[] = "-uplink";
	size_t len = strlen(p->program);

	return len >= sizeof(suffix) - 1 && str_equal(p->program + len - (sizeof(suffix) - 1), suffix);
}

void uplinks_rebind(struct uplinks *u, const struct plugin *plugins, size_t count)
{
	struct uplinks before = *u;

	*u = (struct uplinks){ 0 };
	for (size_t i = 0; i < count; i++)
		if (uplinks_find(&before, plugins[i].id) || named_uplink(&plugins[i]))
			uplinks_add(u, &plugins[i]);
	uplinks_fini(&before);
}

/* No list: everything is wanted. */
static bool has(const json_t *list, const char *word)
{
	const json_t *item;
	size_t i;

	if (!json_is_array(list))
		return !json_is_string(list) || str_equal(json_string_value(list), word);
	json_array_foreach(list, i, item) if (str_equal(json_string_value(item), word)) return true;
	return false;
}

bool uplinks_wants(const struct uplink *u, enum envelope_lane lane, const char *kind)
{
	return has(u->lanes, envelope_lane_name(lane)) && has(u->kinds, kind);
}

size_t uplinks_name_lanes(const struct uplinks *u, struct status_outbox *rows, size_t count, size_t max)
{
	static const enum envelope_lane lanes[] = { ENVELOPE_ALARM, ENVELOPE_DATA };
	size_t queued = count;

	for (size_t i = 0; i < u->count; i++)
		for (size_t k = 0; k < ARRAY_SIZE(lanes) && count < max; k++) {
			const char *uplink = u->all[i].id, *lane = envelope_lane_name(lanes[k]);
			bool there = !has(u->all[i].lanes, lane);

			for (size_t r = 0; r < queued && !there; r++)
				there = str_equal(rows[r].uplink, uplink) && str_equal(rows[r].lane, lane);
			if (!there)
				rows[count++] = (struct status_outbox){ .uplink = uplink, .lane = lane };
		}
	return count;
}
