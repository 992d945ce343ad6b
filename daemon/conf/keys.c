#include "conf/keys.h"

#include "base/roff.h"
#include "conf/schema.h"

static void add_text(struct str_buf *to, const char *name, const char *value)
{
	str_buf_printf(to, ",\"%s\":", name);
	if (value && *value)
		str_buf_add_json(to, value);
	else
		str_buf_add(to, "null");
}

static void add_words(struct str_buf *to, const char *words)
{
	str_buf_add(to, ",\"words\":");
	if (!words) {
		str_buf_add(to, "null");
		return;
	}
	str_buf_add(to, "[");
	for (const char *w = words; *w;) {
		size_t len = strcspn(w, " ");

		str_buf_printf(to, "%s\"%.*s\"", w == words ? "" : ",", (int)len, w);
		w += len + (w[len] == ' ');
	}
	str_buf_add(to, "]");
}

static void add_row(struct str_buf *to, const struct schema_group *g, const struct schema_key *k)
{
	const char *unit = k->range.unit;
	char range[SCHEMA_EXPECTED_MAX];

	str_buf_printf(to, "{\"group\":\"%s\",\"key\":\"%s\",\"type\":\"%s\"", g->name, k->key,
		       schema_type_name(k->type));
	add_text(to, "range", schema_range(k, range));
	add_words(to, k->range.words);
	add_text(to, "unit", unit && *unit == ' ' ? unit + 1 : unit);
	add_text(to, "default", k->fallback == schema_must ? NULL : k->fallback);
	str_buf_printf(to, ",\"required\":%s,\"reloadable\":%s,\"reload\":\"%s\"",
		       k->fallback == schema_must ? "true" : "false", k->reload == SCHEMA_LIVE ? "true" : "false",
		       schema_reload_name(k->reload));
	add_text(to, "help", k->help);
	str_buf_add(to, "}");
}

void keys_json(struct str_buf *to)
{
	struct schema_walk walk = { 0 };
	const char *between = "[\n";

	for (const struct schema_key *k; (k = schema_next(&walk)); between = ",\n") {
		str_buf_add(to, between);
		add_row(to, walk.group, k);
	}
	str_buf_add(to, "\n]\n");
}

static void add_group(struct str_buf *to, const struct schema_group *g)
{
	bool many = g->shape == SCHEMA_MANY;

	str_buf_add(to, ".SS ");
	roff_add(to, g->name);
	str_buf_add(to, "\n");
	roff_add(to, g->help);
	str_buf_printf(to, ". %s\n",
		       many ? "A list of groups: \\fB( { ... }, { ... } )\\fR." : "A group: \\fB{ ... }\\fR.");
}

static void add_key(struct str_buf *to, const struct schema_key *k)
{
	char range[SCHEMA_EXPECTED_MAX];

	str_buf_add(to, ".TP\n");
	roff_add_bold(to, k->key);
	str_buf_add(to, " (");
	roff_add(to, schema_type_name(k->type));
	if (*schema_range(k, range)) {
		str_buf_add(to, k->range.words ? ": " : ", ");
		roff_add(to, range);
	}
	if (k->fallback == schema_must) {
		str_buf_add(to, "; required");
	} else if (k->fallback) {
		str_buf_add(to, "; default ");
		roff_add(to, k->fallback);
	}
	str_buf_printf(to, "; \\fI%s\\fR)\n", schema_reload_name(k->reload));
	roff_add(to, k->help);
	str_buf_add(to, "\n");
}

void keys_man(struct str_buf *to)
{
	const struct schema_group *group = NULL;
	struct schema_walk walk = { 0 };

	for (const struct schema_key *k; (k = schema_next(&walk)); group = walk.group) {
		if (walk.group != group)
			add_group(to, walk.group);
		add_key(to, k);
	}
}
