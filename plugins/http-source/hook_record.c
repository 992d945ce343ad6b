#include "http-source/hook_record.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdk/sdk_clock.h"

#define NAME_LEN      64
#define FIELDS_MAX    256
#define SECONDS_BELOW 1e11 /* a time below this is in seconds, else in milliseconds */
#define WALL_MAX      4e9  /* seconds: 2096 */

/* ---- forms ---- */

static int hex_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The value of a form into buf of len + 1; its length. */
static size_t decode(const char *text, size_t len, char *buf)
{
	size_t out = 0;

	for (size_t i = 0; i < len; i++)
		if (text[i] == '%' && len - i > 2 && hex_of(text[i + 1]) >= 0 && hex_of(text[i + 2]) >= 0) {
			buf[out++] = (char)(hex_of(text[i + 1]) << 4 | hex_of(text[i + 2]));
			i += 2;
		} else {
			buf[out++] = (char)(text[i] == '+' ? ' ' : text[i]);
		}
	buf[out] = '\0';
	return out;
}

static int add_pair(json_t *object, const char *pair, size_t len)
{
	const char *equals = memchr(pair, '=', len);
	size_t name_len = equals ? (size_t)(equals - pair) : len, value_len;
	char *name = malloc(name_len + 1), *value = malloc(len + 1);
	int r = 0;

	if (!name || !value)
		abort();
	name_len = decode(pair, name_len, name);
	value_len = equals ? decode(equals + 1, (size_t)(pair + len - equals - 1), value) : 0;
	if (name_len > 0) {
		if (memchr(name, '\0', name_len) || memchr(value, '\0', value_len) ||
		    json_object_set_new(object, name, json_stringn(value, value_len)) < 0)
			r = -EINVAL;
	}
	free(name);
	free(value);
	return r;
}

static json_t *read_form(const char *text, size_t len)
{
	json_t *object = json_object();

	while (len > 0) {
		const char *end = memchr(text, '&', len);
		size_t pair = end ? (size_t)(end - text) : len;

		if (add_pair(object, text, pair) < 0 || json_object_size(object) > FIELDS_MAX) {
			json_decref(object);
			return NULL;
		}
		text += pair + (end ? 1 : 0);
		len -= pair + (end ? 1 : 0);
	}
	return object;
}

/* ---- names ---- */

/* What stands at a dotted name; also where one member is called so, dots and all. Lent. */
static json_t *at_path(const json_t *object, const char *path)
{
	json_t *whole = path ? json_object_get(object, path) : NULL;

	while (path && !whole) {
		size_t len = strcspn(path, ".");
		char name[NAME_LEN];

		if (len >= sizeof(name))
			return NULL;
		memcpy(name, path, len);
		name[len] = '\0';
		object = json_object_get(object, name);
		if (!path[len])
			return (json_t *)object;
		path += len + 1;
	}
	return whole;
}

/* A text, or a whole number as one. */
static bool word_at(const json_t *record, const char *path, char ret_word[static 160])
{
	const json_t *v = at_path(record, path);
	const char *text = json_string_value(v);
	int len;

	if (json_is_integer(v))
		len = snprintf(ret_word, 160, "%lld", (long long)json_integer_value(v));
	else
		len = text ? snprintf(ret_word, 160, "%s", text) : 0;
	return len > 0 && len < 160;
}

/* Seconds or milliseconds since 1970 as a number or a text of one, or ISO 8601 with offset. 0: none, or one of the future. */
static int64_t time_at(const json_t *record, const struct hook_rules *rules, int64_t now_us)
{
	const json_t *v = at_path(record, rules->time);
	const char *text = json_string_value(v);
	double seconds = json_is_number(v) ? json_number_value(v) : 0;
	int64_t at_us = 0;

	if (text && sdk_clock_parse(text, &at_us) < 0) {
		size_t digits = strspn(text, "0123456789");

		at_us = 0;
		for (size_t i = 0; digits <= 15 && !text[digits] && i < digits; i++)
			seconds = seconds * 10 + (text[i] - '0');
	}
	if (seconds >= SECONDS_BELOW)
		seconds /= 1000;
	if (seconds > 0 && seconds < WALL_MAX)
		at_us = llround(seconds * 1e6);
	return at_us > 0 && at_us <= now_us ? at_us : 0;
}

/* ---- records ---- */

struct reading {
	const struct hook_rules *rules;
	const struct hook_body *body;
	json_t *records;
	char *why;
};

static int fail(struct reading *r, int error, const char *what, const char *about)
{
	snprintf(r->why, HOOK_WHY_MAX, "%s%.60s%s", what, about ? about : "", about ? "'" : "");
	return error;
}

static int add_record(struct reading *r, json_t *fields)
{
	char address[160], id[160];
	const char *of = word_at(fields, r->rules->address, address) ? address : r->body->address;
	int64_t at_us = time_at(fields, r->rules, r->body->now_us);
	json_t *record;

	if (!json_is_object(fields))
		return fail(r, -EINVAL, "expected an object { … } for each record", NULL);
	if (!of)
		return fail(r, -EINVAL, "it does not say of which device it is: expected a text or number at '",
			    r->rules->address ? r->rules->address : "");
	if (json_array_size(r->records) == HOOK_RECORDS_MAX)
		return fail(r, -E2BIG, "more than 256 records: send fewer at a time", NULL);
	record = json_pack("{s:s, s:O}", "address", of, "fields", fields);
	if (!record)
		return fail(r, -EINVAL, "the device is no UTF-8", NULL);
	if (word_at(fields, r->rules->id, id))
		json_object_set_new(record, "id", json_string(id));
	if (at_us)
		json_object_set_new(record, "at", json_real((double)at_us / 1e6));
	json_array_append_new(r->records, record);
	return 0;
}

static int add_records(struct reading *r, json_t *root)
{
	json_t *record;
	size_t i;
	int error = 0;

	if (!json_is_array(root))
		return add_record(r, root);
	json_array_foreach(root, i, record)
	{
		error = add_record(r, record);
		if (error < 0)
			break;
	}
	return error;
}

/* Where the records stand: in the member `list`, which may be JSON within a text. What stands beside it is left out. */
static json_t *find_records(const struct reading *r, json_t *root)
{
	json_t *inner = json_is_object(root) ? at_path(root, r->rules->list) : NULL;

	if (json_is_string(inner))
		return json_loadb(json_string_value(inner), json_string_length(inner), 0, NULL);
	return json_incref(json_is_array(inner) || json_is_object(inner) ? inner : root);
}

int hook_record_read(const struct hook_rules *rules, const struct hook_body *body, json_t **ret_records,
		     char ret_why[static HOOK_WHY_MAX])
{
	struct reading r = { .rules = rules, .body = body, .why = ret_why };
	json_error_t error = { .text = "" };
	json_t *root, *records;
	int e = -EINVAL;

	root = body->form == HOOK_FORM ? read_form(body->text, body->len)
				       : json_loadb(body->text, body->len, 0, &error);
	if (!root) {
		snprintf(ret_why, HOOK_WHY_MAX, "expected %s: %.120s",
			 body->form == HOOK_FORM ? "name=value&…" : "a JSON object or a list of them",
			 body->form == HOOK_FORM ? "a name or value is no UTF-8, or there are more than 256"
						 : error.text);
		return e;
	}
	records = find_records(&r, root);
	r.records = json_array();
	if (records)
		e = add_records(&r, records);
	else
		fail(&r, e, "expected JSON in the text at '", rules->list);
	json_decref(records);
	json_decref(root);
	if (e == 0)
		*ret_records = r.records;
	else
		json_decref(r.records);
	return e;
}
