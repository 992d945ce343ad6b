#include "app/registry_versions.h"

#include "model/resident_field.h"

static const char *text_at(const json_t *row, const char *name)
{
	const char *text = json_string_value(json_object_get(row, name));

	return text ? text : "";
}

/* before: NULL: it is the first that is kept. */
static json_t *difference(const json_t *before, const json_t *row)
{
	json_t *changed = json_object();

	for (int f = 0; f < RESIDENT_FIELDS; f++) {
		const char *name = resident_field_rows[f].name, *from = text_at(before, name), *to = text_at(row, name);

		if (!str_equal(from, to))
			json_object_set_new(changed, name, json_pack("{s:s, s:s}", "from", from, "to", to));
	}
	return json_pack("{s:O, s:O, s:O, s:o}", "version", json_object_get(row, "version"), "at",
			 json_object_get(row, "at"), "by", json_object_get(row, "by"), "changed", changed);
}

json_t *registry_versions_list(const struct store_done *done)
{
	json_t *list = json_array(), *rows = json_array();

	for (size_t i = 0; i < done->message_count; i++) {
		json_t *row = json_loads(done->messages[i], 0, NULL);

		if (row)
			json_array_append_new(rows, row);
	}
	for (size_t i = 0; i < json_array_size(rows); i++)
		json_array_append_new(list, difference(json_array_get(rows, i + 1), json_array_get(rows, i)));
	json_decref(rows);
	return list;
}
