/* build_settings.c: the figures of rules about people: `settings: { buffer = "3h"; hr_low = 45; }`, by the table of
 * care/settings.h. */
#include <errno.h>
#include <stdio.h>

#include "care/settings.h"
#include "conf/build_rule.h"

static const struct settings_row *row_of(const char *rule, const char *name)
{
	int at = settings_find(rule, name);

	return at >= 0 ? &settings_rows[at] : NULL;
}

const char *build_settings_text(const char *rule, const struct rule_setting *s, char *buf)
{
	const struct settings_row *row = row_of(rule, s->name);
	int minutes = (int)s->value;

	switch (row ? row->kind : SETTINGS_NUMBER) {
	case SETTINGS_DURATION: return str_from_duration((int64_t)s->value, buf);
	case SETTINGS_TIME_OF_DAY:
		snprintf(buf, BUILD_SETTINGS_TEXT, "%02d:%02d", minutes / 60 % 100, minutes % 60);
		return buf;
	case SETTINGS_NUMBER: break;
	}
	return str_from_double(s->value, buf);
}

static void _printf_(4, 5)
	say(struct build_rule_draft *d, const struct fields *said, const config_setting_t *s, const char *fmt, ...)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };
	va_list ap;

	str_buf_printf(&text, "%s: settings: %s = ", said->subject, config_setting_name(s));
	fields_show(s, &text);
	str_buf_add(&text, ": ");
	va_start(ap, fmt);
	str_buf_vprintf(&text, fmt, ap);
	va_end(ap);
	diag_error(d->b->diag, conffile_at(fields_get(said, "settings")->file, s), "%s", str_buf_text(&text));
}

static void say_unknown(struct build_rule_draft *d, const char *rule, const struct fields *said,
			const config_setting_t *s)
{
	struct str_nearest nearest = { .word = config_setting_name(s) };

	for (size_t i = 0; i < SETTINGS_KEYS; i++)
		if (str_equal(concern_rule_id(settings_rows[i].rule), rule))
			str_nearest_try(&nearest, settings_rows[i].name);
	say(d, said, s, "this rule has no such figure%s%s%s", nearest.best ? "; did you mean '" : "",
	    nearest.best ? nearest.best : "", nearest.best ? "'?" : "");
}

static void say_expected(struct build_rule_draft *d, const struct fields *said, const config_setting_t *s,
			 const struct settings_row *row)
{
	char least[BUILD_SETTINGS_TEXT], most[BUILD_SETTINGS_TEXT];
	struct rule_setting low = { row->name, row->least }, high = { row->name, row->most };
	const char *rule = concern_rule_id(row->rule);

	say(d, said, s, "expected %s%s..%s%s%s", row->kind == SETTINGS_NUMBER ? "" : "a text in quotes, ",
	    build_settings_text(rule, &low, least), build_settings_text(rule, &high, most), row->unit ? " " : "",
	    row->unit ? row->unit : "");
}

/* As it would stand in a resident's row. */
static int value_of(const config_setting_t *s, const struct settings_row *row, double *ret_value)
{
	const char *text = config_setting_get_string(s);
	char number[STR_DOUBLE_MAX];

	switch (config_setting_type(s)) {
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64: str_from_double((double)config_setting_get_int64(s), number); break;
	case CONFIG_TYPE_FLOAT: str_from_double(config_setting_get_float(s), number); break;
	case CONFIG_TYPE_STRING: return row->kind == SETTINGS_NUMBER ? -EINVAL : settings_parse(row, text, ret_value);
	default: return -EINVAL;
	}
	return row->kind == SETTINGS_NUMBER ? settings_parse(row, number, ret_value) : -EINVAL;
}

static void put(struct build_rule_draft *d, const struct rule_setting *one)
{
	size_t at = 0;

	while (at < d->setting_count && !str_equal(d->settings[at].name, one->name))
		at++;
	if (at == BUILD_SETTINGS_MAX)
		return; /* the table has fewer of each rule; a test counts them */
	d->settings[at] = *one;
	d->setting_count = MAX(d->setting_count, at + 1);
}

void build_settings_read(struct build_rule_draft *d, const char *id, const struct fields *said)
{
	const config_setting_t *group = fields_get(said, "settings")->setting;

	if (!fields_said(said, "settings"))
		return;
	for (int i = 0; i < config_setting_length(group); i++) {
		const config_setting_t *s = config_setting_get_elem(group, (unsigned)i);
		const struct settings_row *row = row_of(id, config_setting_name(s));
		struct rule_setting one = { 0 };

		if (!row) {
			say_unknown(d, id, said, s);
			continue;
		}
		one.name = row->name;
		if (value_of(s, row, &one.value) < 0)
			say_expected(d, said, s, row);
		else
			put(d, &one);
	}
}

static bool is_of_care(const char *id)
{
	for (int r = 0; r < CONCERN_RULES; r++)
		if (str_equal(concern_rule_id((enum concern_rule)r), id))
			return true;
	return false;
}

void build_settings_check(struct build_rule_draft *d)
{
	struct rule_setting *all;

	if (d->rule->condition == RULE_CONDITION_CARE && !is_of_care(d->rule->id))
		fields_error(&d->fields, "condition", "it is of the shipped rules about people, as 'welfare'");
	if (!d->setting_count)
		return;
	all = ARENA_ARRAY(d->b->arena, d->setting_count, struct rule_setting);
	for (size_t i = 0; i < d->setting_count; i++)
		all[i] = d->settings[i];
	d->rule->settings = all;
	d->rule->setting_count = d->setting_count;
}
