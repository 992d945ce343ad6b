/* build_plugin.c: plugin instances; their options become one JSON object that only the plugin understands. */
#include "conf/build.h"

#include <jansson.h>

#include "conf/build_options.h"

static json_t *json_of(const config_setting_t *s)
{
	json_t *json;

	switch (config_setting_type(s)) {
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64: return json_integer(config_setting_get_int64(s));
	case CONFIG_TYPE_FLOAT: return json_real(config_setting_get_float(s));
	case CONFIG_TYPE_BOOL: return json_boolean(config_setting_get_bool(s));
	case CONFIG_TYPE_STRING: return json_string(config_setting_get_string(s));
	case CONFIG_TYPE_GROUP: json = json_object(); break;
	default: json = json_array(); break;
	}
	/* Depth is bounded by the pre-scan. */
	for (int i = 0; i < config_setting_length(s); i++) {
		const config_setting_t *inner = config_setting_get_elem(s, (unsigned)i);

		if (json_is_object(json))
			json_object_set_new(json, config_setting_name(inner), json_of(inner));
		else
			json_array_append_new(json, json_of(inner));
	}
	return json;
}

/* Secrets never stand in the configuration: it is copied, printed and sent to people who help. */
static void check_secrets(struct fields *f, const config_setting_t *s)
{
	static const char *const names[] = { "password", "secret", "token" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const config_setting_t *found = config_setting_get_member(s, names[i]);

		if (found && config_setting_type(found) == CONFIG_TYPE_STRING)
			diag_warning(f->diag, conffile_at(fields_get(f, "options")->file, found),
				     "%s: options: a %s does not belong into the configuration: use %s_file = \"…\" or "
				     "%s_credential = \"…\"",
				     f->subject, names[i], names[i], names[i]);
	}
}

const char *build_plugin_json(struct build *b, const config_setting_t *s)
{
	json_t *json = json_of(s);
	_cleanup_(freep) char *text = json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII);

	json_decref(json);
	return text ? arena_strdup(b->arena, text) : "{}";
}

static const char *options_text(struct build *b, struct fields *f)
{
	const config_setting_t *s = fields_get(f, "options")->setting;

	if (!fields_said(f, "options"))
		return "{}";
	check_secrets(f, s);
	return build_plugin_json(b, s);
}

void build_plugin_all(struct build *b, const struct build_entries *e)
{
	struct conf *c = b->conf;

	c->plugins = ARENA_ARRAY(b->arena, MAX(e->count, (size_t)1), struct plugin);
	for (size_t i = 0; i < e->count; i++) {
		struct plugin *p = ARENA_NEW(b->arena, struct plugin);
		size_t errors = b->diag->errors;
		struct ident *id;
		struct fields f;

		build_read(b, "plugins", &e->entries[i], &f);
		id = build_declare(b, &b->plugins, &f);
		id->object = p;
		*p = (struct plugin){
			.id = id->id,
			.program = build_text(b, fields_text(&f, "program")),
			.options_json = options_text(b, &f),
			.max_age_us = fields_int(&f, "max_age"),
			.at = f.at,
		};
		if (p->program && strchr(p->program, '/') && p->program[0] != '/')
			fields_error(&f, "program",
				     "expected a plugin's name like \"mqtt-source\", or an absolute path");
		build_options_check(b->data_dir, &f);
		if (b->diag->errors > errors)
			continue; /* apart from what others may count with */
		c->plugins[c->plugin_count] = *p;
		id->object = &c->plugins[c->plugin_count++];
	}
}
