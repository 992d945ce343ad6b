#include "api/places.h"

#include "base/str.h"

static json_t *row_of(const struct place *p)
{
	json_t *units = json_array();

	for (size_t i = 0; i < p->unit_count; i++)
		json_array_append_new(units, json_string(p->units[i]));
	return json_pack("{s:s, s:s, s:o, s:o}", "place", p->id, "name", p->name ? p->name : p->id, "floors",
			 p->floors ? json_integer(p->floors) : json_null(), "units", units);
}

/* Who sees a part of a building sees what it is called. */
void places_get(struct call *x)
{
	const struct api_source *source = x->api->source;
	size_t count = 0;
	const struct place *places = source->places ? source->places(source->context, &count) : NULL;
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		if (scope_touches(&x->by.scope, places[i].id))
			json_array_append_new(list, row_of(&places[i]));
	call_json(x, list);
}
