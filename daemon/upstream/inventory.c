#include "upstream/inventory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/crc32.h"
#include "base/map.h"
#include "base/str.h"
#include "upstream/alarm_json.h"

#define NAME_MAX_BYTES 96 /* a line to a plugin is bounded */

static uint32_t add_text(uint32_t sum, const char *text)
{
	return crc32_add(sum, text, strlen(text) + 1);
}

uint32_t inventory_sum(const struct device_list *list)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct device *d = &list->devices[i];

		sum = add_text(sum, d->class->id);
		if (device_is_home(d))
			continue;
		sum = add_text(sum, d->id);
		sum = add_text(sum, d->name);
		sum = add_text(sum, d->place);
		sum = add_text(sum, d->profile->id);
	}
	return sum;
}

static size_t count_named(const struct device_list *list)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		count += !device_is_home(&list->devices[i]);
	return count;
}

size_t inventory_parts(const struct device_list *list)
{
	size_t count = count_named(list);

	return count ? (count + INVENTORY_PART - 1) / INVENTORY_PART : 1;
}

static json_t *device_row(const struct device *d)
{
	/* A device that names a class has the profile of that class. */
	const char *profile = str_starts(d->profile->id, "class:") ? NULL : d->profile->id;
	json_t *row = json_pack("{s:s, s:s, s:s, s:s?}", "device", d->id, "class", d->class->id, "place", d->place,
				"profile", profile);

	if (!str_equal(d->name, d->id))
		json_object_set_new(row, "name", json_stringn(d->name, str_utf8_cut(d->name, NAME_MAX_BYTES)));
	return row;
}

static json_t *devices_of(const struct device_list *list, size_t part)
{
	json_t *rows = json_array();
	size_t n = 0;

	for (size_t i = 0; i < list->count && n < (part + 1) * INVENTORY_PART; i++) {
		if (device_is_home(&list->devices[i]))
			continue;
		if (n++ >= part * INVENTORY_PART)
			json_array_append_new(rows, device_row(&list->devices[i]));
	}
	return rows;
}

static json_t *homes(const struct device_list *list)
{
	_cleanup_(map_freep) struct map *by_class = map_new();
	json_t *rows = json_array();

	for (size_t i = 0; i < list->count; i++) {
		const struct device *d = &list->devices[i];
		json_t *row = device_is_home(d) ? map_find(by_class, d->class->id) : NULL;

		if (!device_is_home(d))
			continue;
		if (!row) {
			row = json_pack("{s:s, s:i}", "class", d->class->id, "devices", 0);
			map_put(by_class, d->class->id, row);
			json_array_append_new(rows, row);
		}
		json_object_set_new(row, "devices",
				    json_integer(json_integer_value(json_object_get(row, "devices")) + 1));
	}
	return rows;
}

char *inventory_part(const struct device_list *list, size_t part, uint32_t sum)
{
	char hex[9], *text;
	json_t *json;

	snprintf(hex, sizeof(hex), "%08" PRIx32, sum);
	json = json_pack("{s:s, s:i, s:i, s:o}", "sum", hex, "part", (int)part + 1, "parts", (int)inventory_parts(list),
			 "devices", devices_of(list, part));
	if (part == 0)
		json_object_set_new(json, "homes", homes(list));
	text = alarm_json_text(json);
	json_decref(json);
	return text;
}
