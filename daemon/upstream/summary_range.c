#include "upstream/summary_range.h"

#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"

struct thing {
	char *key;     /* "building b3" */
	json_t *row;   /* as it is shown */
	json_t *lists; /* in it: the figures */
};

struct summary_range {
	json_t *days;
	struct thing **things;
	size_t count, numbers;
	struct map *by_key; /* of struct thing */
};

struct summary_range *summary_range_new(void)
{
	struct summary_range *r = MEM_NEW(struct summary_range);

	r->days = json_array();
	r->by_key = map_new();
	return r;
}

void summary_range_free(struct summary_range *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++) {
		json_decref(r->things[i]->row);
		free(r->things[i]->key);
		free(r->things[i]);
	}
	free(r->things);
	map_free(r->by_key);
	json_decref(r->days);
	free(r);
}

bool summary_range_wants(const char *scopes, const char *scope)
{
	size_t len = strlen(scope);

	for (const char *at = scopes; at && (at = strstr(at, scope)); at += len)
		if ((at == scopes || at[-1] == ',') && (at[len] == '\0' || at[len] == ','))
			return true;
	return !scopes;
}

static struct thing *thing_of(struct summary_range *r, const json_t *row)
{
	const char *scope = json_string_value(json_object_get(row, "scope"));
	const char *of = json_string_value(json_object_get(row, "of"));
	struct str_buf key _cleanup_str_buf_ = { 0 };
	struct thing *t;

	str_buf_printf(&key, "%s %s", scope, of ? of : "");
	t = map_find(r->by_key, key.text);
	if (t)
		return t;
	t = MEM_NEW(struct thing);
	t->key = str_buf_take(&key);
	t->lists = json_object();
	t->row = json_pack("{s:s, s:s?, s:o}", "scope", scope, "of", of, "figures", t->lists);
	r->things = mem_realloc(r->things, r->count + 1, sizeof(struct thing *));
	r->things[r->count++] = t;
	map_put(r->by_key, t->key, t);
	return t;
}

/* Nothing was known of it on the days before. */
static void fill(struct summary_range *r, json_t *list, size_t days)
{
	for (; json_array_size(list) < days; r->numbers++)
		json_array_append_new(list, json_null());
}

static void add_row(struct summary_range *r, const json_t *row)
{
	struct thing *t = thing_of(r, row);
	const char *name;
	json_t *number;

	json_object_foreach(json_object_get(row, "figures"), name, number)
	{
		json_t *list = json_object_get(t->lists, name);

		if (!list) {
			list = json_array();
			json_object_set_new(t->lists, name, list);
		}
		fill(r, list, json_array_size(r->days));
		json_array_append(list, number);
		r->numbers++;
	}
	if (json_is_true(json_object_get(row, "part")))
		json_object_set_new(t->row, "part", json_true());
}

void summary_range_add(struct summary_range *r, const char *day, const json_t *rows, const char *scopes)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		if (summary_range_wants(scopes, json_string_value(json_object_get(row, "scope"))))
			add_row(r, row);
	}
	json_array_append_new(r->days, json_string(day));
}

size_t summary_range_numbers(const struct summary_range *r)
{
	return r->numbers;
}

static int compare_things(const void *a, const void *b)
{
	const struct thing *const *x = a, *const *y = b;

	return strcmp((*x)->key, (*y)->key);
}

void summary_range_show(struct summary_range *r, json_t *to)
{
	json_t *rows = json_array(), *list;
	const char *name;

	qsort(r->things, r->count, sizeof(struct thing *), compare_things);
	for (size_t i = 0; i < r->count; i++) {
		json_object_foreach(r->things[i]->lists, name, list) fill(r, list, json_array_size(r->days));
		json_array_append(rows, r->things[i]->row);
	}
	json_object_set(to, "days", r->days);
	json_object_set_new(to, "rows", rows);
}
