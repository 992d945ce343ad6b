#include "upstream/mend.h"

#include <jansson.h>

#include "base/str.h"
#include "base/util.h"
#include "upstream/alarm_json.h"

static bool is_stamp(const char *key)
{
	static const char *const keys[] = { "since", "acked", "at" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (str_equal(keys[i], key))
			return true;
	return false;
}

/* The stamp that came out different, or NULL. */
static json_t *mended_stamp(const json_t *json, const struct clock_shifts *shifts)
{
	char iso[CLOCK_ISO_MAX];
	int64_t wall_us, meant_us;

	if (!json_is_string(json) || clock_parse(json_string_value(json), &wall_us) < 0)
		return NULL;
	meant_us = clock_shifted(shifts, wall_us);
	return meant_us == wall_us ? NULL : json_string(clock_format_iso(meant_us, iso));
}

/* How many stamps were changed below json (payloads are a few levels deep, and were checked when queued). */
static size_t mend(json_t *json, const struct clock_shifts *shifts)
{
	size_t changed = 0, i;
	json_t *member, *stamp;
	const char *key;
	void *next;

	json_array_foreach(json, i, member) changed += mend(member, shifts);
	json_object_foreach_safe(json, next, key, member)
	{
		stamp = is_stamp(key) ? mended_stamp(member, shifts) : NULL;
		if (stamp)
			json_object_iter_set_new(json, json_object_key_to_iter(key), stamp);
		changed += stamp ? 1 : mend(member, shifts);
	}
	return changed;
}

char *mend_payload(const char *payload, const struct clock_shifts *shifts)
{
	json_t *json = shifts->count ? json_loads(payload, 0, NULL) : NULL;
	char *text = json && mend(json, shifts) ? alarm_json_text(json) : NULL;

	json_decref(json);
	return text;
}
