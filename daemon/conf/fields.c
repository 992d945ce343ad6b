/* fields.c: see fields.h. */
#include "conf/fields.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "base/str.h"
#include "model/place.h"

#define SHOWN_MAX  60
#define KEYS_SHOWN 8

void fields_show(const config_setting_t *s, struct str_buf *to)
{
	char number[STR_DOUBLE_MAX];
	const char *text;

	switch (config_setting_type(s)) {
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64: str_buf_printf(to, "%lld", (long long)config_setting_get_int64(s)); return;
	case CONFIG_TYPE_FLOAT: str_buf_add(to, str_from_double(config_setting_get_float(s), number)); return;
	case CONFIG_TYPE_BOOL: str_buf_add(to, config_setting_get_bool(s) ? "true" : "false"); return;
	case CONFIG_TYPE_GROUP: str_buf_add(to, "{ … }"); return;
	case CONFIG_TYPE_ARRAY: str_buf_add(to, "[ … ]"); return;
	case CONFIG_TYPE_LIST: str_buf_add(to, "( … )"); return;
	default: break;
	}
	text = config_setting_get_string(s);
	text = text ? text : "";
	str_buf_add(to, "\"");
	str_buf_add_len(to, text, str_utf8_cut(text, SHOWN_MAX));
	str_buf_add(to, strlen(text) > SHOWN_MAX ? "…\"" : "\"");
}

static size_t key_index(const struct fields *f, const char *key)
{
	const struct schema_key *k = schema_find_key(f->group, key);

	assert(k && "no such key in the schema");
	return (size_t)(k - f->group->keys);
}

const struct fields_value *fields_get(const struct fields *f, const char *key)
{
	return &f->values[key_index(f, key)];
}

static void add_value(const struct fields *f, const char *key, struct str_buf *to)
{
	const struct fields_value *v = fields_get(f, key);

	str_buf_printf(to, "%s: %s", f->subject, key);
	if (v->setting) {
		str_buf_add(to, " = ");
		fields_show(v->setting, to);
	}
	str_buf_add(to, ": ");
}

void fields_error(struct fields *f, const char *key, const char *fmt, ...)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };
	va_list ap;

	add_value(f, key, &text);
	va_start(ap, fmt);
	str_buf_vprintf(&text, fmt, ap);
	va_end(ap);
	f->values[key_index(f, key)].wrong = true;
	diag_error(f->diag, fields_at(f, key), "%s", str_buf_text(&text));
}

void fields_error_in(struct fields *f, const char *key, int entry, const char *fmt, ...)
{
	const struct fields_value *v = fields_get(f, key);
	const config_setting_t *s = config_setting_get_elem(v->setting, (unsigned)entry);
	_cleanup_str_buf_ struct str_buf text = { 0 };
	va_list ap;

	str_buf_printf(&text, "%s: %s: entry %d, ", f->subject, key, entry + 1);
	fields_show(s, &text);
	str_buf_add(&text, ": ");
	va_start(ap, fmt);
	str_buf_vprintf(&text, fmt, ap);
	va_end(ap);
	f->values[key_index(f, key)].wrong = true;
	diag_error(f->diag, conffile_at_entry(v->file, s), "%s", str_buf_text(&text));
}

void fields_warning(struct fields *f, const char *key, const char *fmt, ...)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };
	va_list ap;

	add_value(f, key, &text);
	va_start(ap, fmt);
	str_buf_vprintf(&text, fmt, ap);
	va_end(ap);
	diag_warning(f->diag, fields_at(f, key), "%s", str_buf_text(&text));
}

static void expect(struct fields *f, const struct schema_key *k, const char *more)
{
	char expected[SCHEMA_EXPECTED_MAX];

	fields_error(f, k->key, "expected %s%s", schema_expected(k, expected), more);
}

static bool in_range(const struct schema_key *k, double value)
{
	return k->range.min == k->range.max || (value >= (double)k->range.min && value <= (double)k->range.max);
}

static void read_int(struct fields *f, const struct schema_key *k, struct fields_value *v)
{
	int type = config_setting_type(v->setting);

	if (type == CONFIG_TYPE_STRING)
		expect(f, k, ", without quotes");
	else if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64)
		expect(f, k, type == CONFIG_TYPE_FLOAT && k->range.min != k->range.max ? ", a whole number" : "");
	else if (v->integer = config_setting_get_int64(v->setting), !in_range(k, (double)v->integer))
		expect(f, k, "");
}

static void read_number(struct fields *f, const struct schema_key *k, struct fields_value *v)
{
	switch (config_setting_type(v->setting)) {
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64: v->number = (double)config_setting_get_int64(v->setting); break;
	case CONFIG_TYPE_FLOAT: v->number = config_setting_get_float(v->setting); break;
	case CONFIG_TYPE_STRING: expect(f, k, ", without quotes"); return;
	default: expect(f, k, ""); return;
	}
	/* -ffast-math is not used: a number that is infinite or none is not inside any range, nor equal to itself */
	if (v->number - v->number != 0 || !in_range(k, v->number))
		expect(f, k, "");
}

/* A text of a number and a unit. */
static void read_measure(struct fields *f, const struct schema_key *k, struct fields_value *v,
			 int (*parse)(const char *text, int64_t *ret))
{
	char range[SCHEMA_EXPECTED_MAX];
	const char *text = config_setting_get_string(v->setting);

	if (!text || parse(text, &v->integer) < 0)
		expect(f, k, "");
	else if (!in_range(k, (double)v->integer))
		fields_error(f, k->key, "expected %s", schema_range(k, range));
}

static void read_bool(struct fields *f, const struct schema_key *k, struct fields_value *v)
{
	if (config_setting_type(v->setting) != CONFIG_TYPE_BOOL)
		expect(f, k, config_setting_type(v->setting) == CONFIG_TYPE_STRING ? ", without quotes" : "");
	else
		v->boolean = config_setting_get_bool(v->setting);
}

static void read_word(struct fields *f, const struct schema_key *k, struct fields_value *v)
{
	const char *text = config_setting_get_string(v->setting);
	char expected[SCHEMA_EXPECTED_MAX];
	struct str_nearest nearest = { .word = text };
	char word[32], best[32];

	v->integer = text ? schema_word_index(k, text) : -1;
	if (v->integer >= 0)
		return;
	if (!text) {
		expect(f, k, ", in quotes");
		return;
	}
	best[0] = '\0';
	for (const char *w = k->range.words; *w; w += strcspn(w, " "), w += *w == ' ') {
		unsigned before = nearest.best ? nearest.distance : UINT_MAX;

		snprintf(word, sizeof(word), "%.*s", (int)strcspn(w, " "), w);
		str_nearest_try(&nearest, word);
		if (nearest.best && nearest.distance < before)
			snprintf(best, sizeof(best), "%s", word);
	}
	if (best[0])
		fields_error(f, k->key, "expected %s; did you mean '%s'?", schema_expected(k, expected), best);
	else
		expect(f, k, "");
}

/* Ids, places and other texts. */
static void read_text(struct fields *f, const struct schema_key *k, struct fields_value *v)
{
	v->text = config_setting_get_string(v->setting);
	if (!v->text || !*v->text)
		expect(f, k, "");
	else if ((k->type == SCHEMA_ID && !str_is_id(v->text)) || (k->type == SCHEMA_LABEL && !str_is_label(v->text)))
		expect(f, k, "");
	else if (k->type == SCHEMA_PATH && !place_path_valid(v->text))
		expect(f, k, ": ids joined by '/'");
}

static void read_ids(struct fields *f, const struct schema_key *k, struct fields_value *v)
{
	int type = config_setting_type(v->setting);

	if (type != CONFIG_TYPE_LIST && type != CONFIG_TYPE_ARRAY) {
		expect(f, k, "");
		return;
	}
	for (int i = 0; i < config_setting_length(v->setting); i++) {
		const char *id = config_setting_get_string_elem(v->setting, i);
		int before = 0;

		while (id && before < i && !str_equal(id, config_setting_get_string_elem(v->setting, before)))
			before++;
		if (!id || !str_is_id(id))
			fields_error_in(f, k->key, i, "expected an id in quotes: a-z, 0-9, '_' and '-', at most 63");
		else if (before < i)
			fields_error_in(f, k->key, i, "stands twice");
	}
}

/* The entries themselves are their reader's. [ ] is libconfig's empty array: as good as an empty list. */
static void read_aggregate(struct fields *f, const struct schema_key *k, const struct fields_value *v)
{
	int type = config_setting_type(v->setting);

	if (k->type == SCHEMA_GROUP ? type != CONFIG_TYPE_GROUP : type != CONFIG_TYPE_LIST && type != CONFIG_TYPE_ARRAY)
		expect(f, k, "");
}

static void read_value(struct fields *f, const struct schema_key *k, struct fields_value *v)
{
	switch (k->type) {
	case SCHEMA_ID:
	case SCHEMA_LABEL:
	case SCHEMA_PATH:
	case SCHEMA_TEXT: read_text(f, k, v); break;
	case SCHEMA_WORD: read_word(f, k, v); break;
	case SCHEMA_BOOL: read_bool(f, k, v); break;
	case SCHEMA_INT: read_int(f, k, v); break;
	case SCHEMA_NUMBER: read_number(f, k, v); break;
	case SCHEMA_DURATION: read_measure(f, k, v, str_to_duration); break;
	case SCHEMA_SIZE: read_measure(f, k, v, str_to_size); break;
	case SCHEMA_IDS: read_ids(f, k, v); break;
	case SCHEMA_GROUP:
	case SCHEMA_LIST: read_aggregate(f, k, v); break;
	case SCHEMA_ANY: break;
	}
}

/* "; expected id, name or floors"; of many the first, and where the others are told. */
static void add_keys(const struct schema_group *g, struct str_buf *to)
{
	size_t count = 0;

	while (g->keys[count].key)
		count++;
	str_buf_add(to, "; expected ");
	for (size_t i = 0; i < MIN(count, (size_t)KEYS_SHOWN); i++)
		str_buf_printf(to, "%s%s", i == 0 ? "" : i + 1 == count ? " or " : ", ", g->keys[i].key);
	if (count > KEYS_SHOWN)
		str_buf_printf(to, ", … (estatectl config keys %s)", g->name);
}

static void unknown_key(struct fields *f, const config_setting_t *s, struct diag_at at)
{
	struct str_nearest nearest = { .word = config_setting_name(s) };
	_cleanup_str_buf_ struct str_buf keys = { 0 };

	if (strchr(nearest.word, CONFFILE_TWICE))
		return; /* an error was told */
	for (const struct schema_key *k = f->group->keys; k->key; k++)
		str_nearest_try(&nearest, k->key);
	if (nearest.best)
		str_buf_printf(&keys, "; did you mean '%s'?", nearest.best);
	else
		add_keys(f->group, &keys);
	if (f->group->open)
		diag_warning(f->diag, at, "%s: '%s' has no effect%s", f->subject, nearest.word, str_buf_text(&keys));
	else
		diag_error(f->diag, at, "%s: unknown key '%s'%s", f->subject, nearest.word, str_buf_text(&keys));
}

/* "device 'lift-1'" by its id or name; "device 3" where it has none. */
static void name_subject(struct fields *f, const struct fields_source *source)
{
	const struct schema_key *first = &f->group->keys[0];
	const config_setting_t *id = NULL;
	const char *text = NULL;
	int len = 0;

	if (source->parent)
		len = snprintf(f->subject, sizeof(f->subject), "%.100s: ", source->parent);
	if (f->group->shape == SCHEMA_ONE) {
		snprintf(f->subject + len, sizeof(f->subject) - (size_t)len, "%s",
			 source->what ? source->what : f->group->what);
		return;
	}
	id = config_setting_get_member(source->setting, first->key);
	text = id ? config_setting_get_string(id) : NULL;
	if (text)
		snprintf(f->subject + len, sizeof(f->subject) - (size_t)len, "%s '%.*s'", f->group->what,
			 (int)str_utf8_cut(text, 63), text);
	else
		snprintf(f->subject + len, sizeof(f->subject) - (size_t)len, "%s %zu", f->group->what, source->number);
}

static void say_missing(struct fields *f)
{
	char expected[SCHEMA_EXPECTED_MAX];

	for (size_t i = 0; f->group->keys[i].key; i++) {
		const struct schema_key *k = &f->group->keys[i];

		if (k->fallback != schema_must || f->values[i].setting)
			continue;
		f->values[i].wrong = true;
		diag_error(f->diag, f->at, "%s: %s: missing: expected %s", f->subject, k->key,
			   schema_expected(k, expected));
	}
}

int fields_read(const struct fields_source *source, struct diag *d, struct fields *ret_fields)
{
	struct fields *f = ret_fields;
	size_t errors = d->errors;

	*f = (struct fields){ .group = source->group, .diag = d, .at = conffile_at(source->file, source->setting) };
	if (config_setting_type(source->setting) != CONFIG_TYPE_GROUP) {
		_cleanup_str_buf_ struct str_buf shown = { 0 };

		fields_show(source->setting, &shown);
		for (size_t i = 0; f->group->keys[i].key; i++)
			f->values[i].wrong = true;
		diag_error(d, f->at, "%s%s%s %zu: %s: expected a group { … }", source->parent ? source->parent : "",
			   source->parent ? ": " : "", source->group->what, source->number, str_buf_text(&shown));
		return -EINVAL;
	}
	name_subject(f, source);
	for (int i = 0; i < config_setting_length(source->setting); i++) {
		const config_setting_t *s = config_setting_get_elem(source->setting, (unsigned)i);
		const struct schema_key *k = schema_find_key(f->group, config_setting_name(s));
		struct fields_value *v = k ? &f->values[k - f->group->keys] : NULL;

		if (v) {
			v->setting = s;
			v->file = source->file;
			read_value(f, k, v);
		} else {
			unknown_key(f, s, conffile_at(source->file, s));
		}
	}
	say_missing(f);
	return d->errors > errors ? -EINVAL : 0;
}

void fields_overlay(struct fields *f, const struct fields *over)
{
	f->at = over->at;
	for (size_t i = 0; f->group->keys[i].key; i++)
		if (over->values[i].setting && !over->values[i].wrong)
			f->values[i] = over->values[i];
}

bool fields_complete(const struct fields *f)
{
	for (size_t i = 0; f->group && f->group->keys[i].key; i++)
		if (f->group->keys[i].fallback == schema_must && f->values[i].wrong)
			return false;
	return f->group != NULL;
}

bool fields_said(const struct fields *f, const char *key)
{
	const struct fields_value *v = fields_get(f, key);

	return v->setting && !v->wrong;
}

struct diag_at fields_at(const struct fields *f, const char *key)
{
	const struct fields_value *v = fields_get(f, key);

	return v->setting ? conffile_at(v->file, v->setting) : f->at;
}

/* The default of a key that was not said, or NULL. */
static const char *fallback_of(const struct fields *f, const char *key)
{
	const char *text = f->group->keys[key_index(f, key)].fallback;

	return text == schema_must ? NULL : text;
}

int64_t fields_int(const struct fields *f, const char *key)
{
	const struct schema_key *k = &f->group->keys[key_index(f, key)];
	const char *text = fallback_of(f, key);
	int64_t value = 0;
	int r = 0;

	if (fields_said(f, key))
		return fields_get(f, key)->integer;
	if (!text)
		return 0;
	if (k->type == SCHEMA_WORD)
		value = schema_word_index(k, text);
	else if (k->type == SCHEMA_SIZE)
		r = str_to_size(text, &value);
	else
		r = k->type == SCHEMA_DURATION ? str_to_duration(text, &value) : str_to_i64(text, &value);
	assert(r == 0);
	return value;
}

double fields_number(const struct fields *f, const char *key)
{
	const char *text = fallback_of(f, key);
	double value = 0;

	if (fields_said(f, key))
		return fields_get(f, key)->number;
	if (text && str_to_double(text, &value) < 0)
		assert(!"a default that is no number");
	return value;
}

bool fields_bool(const struct fields *f, const char *key)
{
	if (fields_said(f, key))
		return fields_get(f, key)->boolean;
	return str_equal(fallback_of(f, key), "true");
}

const char *fields_text(const struct fields *f, const char *key)
{
	return fields_said(f, key) ? fields_get(f, key)->text : fallback_of(f, key);
}
