/* build_options.c: the options of a plugin against what its program says of them: DATADIR/plugins/PROGRAM.json, as
 * `PROGRAM --options` prints it. Of a program without such a file nothing is said: only it knows. */
#include "conf/build_options.h"

#include <jansson.h>
#include <stdio.h>

#include "base/str.h"

struct option {
	const char *name, *type, *words;
	int64_t min, max; /* equal: any */
};

struct check {
	struct fields *plugin;
	const struct conffile *file;
	const json_t *known;
};

static bool unpack(const json_t *row, struct option *o)
{
	*o = (struct option){
		.name = json_string_value(json_object_get(row, "name")),
		.type = json_string_value(json_object_get(row, "type")),
		.words = json_string_value(json_object_get(row, "words")),
		.min = json_integer_value(json_object_get(row, "min")),
		.max = json_integer_value(json_object_get(row, "max")),
	};
	return o->name && o->type;
}

static bool find(const json_t *known, const char *name, struct option *ret_option)
{
	const json_t *row;
	size_t i;

	json_array_foreach(known, i, row) if (unpack(row, ret_option) && str_equal(ret_option->name, name)) return true;
	return false;
}

/* ---- values ---- */

static void _printf_(3, 4) say_expected(struct check *c, const config_setting_t *s, const char *fmt, ...)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };
	va_list ap;

	str_buf_printf(&text, "%s: options: %s = ", c->plugin->subject, config_setting_name(s));
	fields_show(s, &text);
	str_buf_add(&text, ": expected ");
	va_start(ap, fmt);
	str_buf_vprintf(&text, fmt, ap);
	va_end(ap);
	diag_error(c->plugin->diag, conffile_at(c->file, s), "%s", str_buf_text(&text));
}

static void check_word(struct check *c, const struct option *o, const config_setting_t *s)
{
	const char *said = config_setting_get_string(s);
	struct schema_key key = { .type = SCHEMA_WORD, .range.words = o->words };
	char expected[SCHEMA_EXPECTED_MAX];

	if (!said || schema_word_index(&key, said) < 0)
		say_expected(c, s, "%s", schema_expected(&key, expected));
}

static void check_integer(struct check *c, const struct option *o, const config_setting_t *s)
{
	int type = config_setting_type(s);
	long long value = config_setting_get_int64(s);
	const char *quoted = type == CONFIG_TYPE_STRING ? ", without quotes" : "";

	if ((type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64) &&
	    (o->min == o->max || (value >= o->min && value <= o->max)))
		return;
	if (o->min == o->max)
		say_expected(c, s, "a whole number%s", quoted);
	else
		say_expected(c, s, "%lld..%lld%s", (long long)o->min, (long long)o->max, quoted);
}

static void check_duration(struct check *c, const struct option *o, const config_setting_t *s)
{
	const char *text = config_setting_get_string(s);
	char low[STR_DURATION_MAX], high[STR_DURATION_MAX];
	int64_t us;

	if (!text || str_to_duration(text, &us) < 0)
		say_expected(c, s, "a duration with unit like \"90s\"");
	else if (o->min != o->max && (us < o->min || us > o->max))
		say_expected(c, s, "%s..%s", str_from_duration(o->min, low), str_from_duration(o->max, high));
}

/* One word, or a list of them. */
static void check_list(struct check *c, const struct option *o, const config_setting_t *s)
{
	struct schema_key key = { .type = SCHEMA_WORD, .range.words = o->words };
	bool fine = config_setting_is_aggregate(s) && config_setting_type(s) != CONFIG_TYPE_GROUP;
	char expected[SCHEMA_EXPECTED_MAX];

	for (int i = 0; fine && i < config_setting_length(s); i++) {
		const char *word = config_setting_get_string_elem(s, i);

		fine = word && schema_word_index(&key, word) >= 0;
	}
	if (!fine && !(config_setting_get_string(s) && schema_word_index(&key, config_setting_get_string(s)) >= 0))
		say_expected(c, s, "a list, each %s", schema_expected(&key, expected));
}

/* Any texts. */
static void check_texts(struct check *c, const config_setting_t *s)
{
	bool fine = config_setting_is_aggregate(s) && config_setting_type(s) != CONFIG_TYPE_GROUP;

	for (int i = 0; fine && i < config_setting_length(s); i++)
		fine = config_setting_get_string_elem(s, i);
	if (!fine)
		say_expected(c, s, "a list of texts in quotes");
}

static void check_value(struct check *c, const struct option *o, const config_setting_t *s)
{
	if (str_equal(o->type, "word") && o->words)
		check_word(c, o, s);
	else if (str_equal(o->type, "list") && o->words)
		check_list(c, o, s);
	else if (str_equal(o->type, "list"))
		check_texts(c, s);
	else if (str_equal(o->type, "integer"))
		check_integer(c, o, s);
	else if (str_equal(o->type, "duration"))
		check_duration(c, o, s);
	else if (str_equal(o->type, "boolean") && config_setting_type(s) != CONFIG_TYPE_BOOL)
		say_expected(c, s, "true or false");
	else if (str_equal(o->type, "text") && !config_setting_get_string(s))
		say_expected(c, s, "a text in quotes");
}

/* ---- names ---- */

/* What is near to a known one is a slip; else it may be meant for a later version of the program. */
static void say_unknown(struct check *c, const config_setting_t *s)
{
	struct str_nearest nearest = { .word = config_setting_name(s) };
	_cleanup_str_buf_ struct str_buf names = { 0 };
	struct option o;
	const json_t *row;
	size_t i;

	json_array_foreach(c->known, i, row)
	{
		if (!unpack(row, &o))
			continue;
		str_nearest_try(&nearest, o.name);
		str_buf_printf(&names, "%s%s", names.len ? ", " : "", o.name);
	}
	if (nearest.best)
		diag_error(c->plugin->diag, conffile_at(c->file, s),
			   "%s: options: unknown option '%s'; did you mean '%s'?", c->plugin->subject, nearest.word,
			   nearest.best);
	else
		diag_warning(c->plugin->diag, conffile_at(c->file, s),
			     "%s: options: unknown option '%s': '%s' knows %s", c->plugin->subject, nearest.word,
			     fields_text(c->plugin, "program"), str_buf_text(&names));
}

static void check_missing(struct check *c, const config_setting_t *options)
{
	struct option o;
	const json_t *row;
	size_t i;

	json_array_foreach(c->known, i, row) if (unpack(row, &o) && json_is_true(json_object_get(row, "required")) &&
						 (!options || !config_setting_get_member(options, o.name)))
		diag_warning(c->plugin->diag, fields_at(c->plugin, "options"),
			     "%s: options: %s: missing: '%s' does not work without it", c->plugin->subject, o.name,
			     fields_text(c->plugin, "program"));
}

void build_options_check(const char *data_dir, struct fields *plugin)
{
	const char *program = fields_text(plugin, "program");
	const struct fields_value *v = fields_get(plugin, "options");
	_cleanup_str_buf_ struct str_buf path = { 0 };
	struct check c = { .plugin = plugin, .file = v->file };
	struct option o;
	json_t *known;

	if (!program || strchr(program, '/') || v->wrong)
		return;
	str_buf_printf(&path, "%s/plugins/%s.json", data_dir, program);
	known = json_load_file(str_buf_text(&path), 0, NULL);
	c.known = known;
	for (int i = 0; known && v->setting && i < config_setting_length(v->setting); i++) {
		const config_setting_t *s = config_setting_get_elem(v->setting, (unsigned)i);

		if (find(known, config_setting_name(s), &o))
			check_value(&c, &o, s);
		else if (!strchr(config_setting_name(s), CONFFILE_TWICE))
			say_unknown(&c, s);
	}
	if (known)
		check_missing(&c, v->setting);
	json_decref(known);
}
