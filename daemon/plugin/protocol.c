#include "plugin/protocol.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "plugin/supervisor.h"

#define DEPTH_MAX   8                  /* of nested fields */
#define WHOLE_MAX   9007199254740992.0 /* 2^53: up to here a real number can stand for a whole one */
#define SECONDS_MAX 1e11               /* "at": later ones are not seconds */

/* What a type must and may carry. */
enum member_kind { MEMBER_NONE, MEMBER_TEXT, MEMBER_NUMBER, MEMBER_COUNT, MEMBER_BOOL, MEMBER_OBJECT, MEMBER_ID };
struct member {
	const char *key;
	enum member_kind kind;
	bool required;
};

#define MEMBERS_MAX 6
/* clang-format off */
static const struct type {
	const char *name;
	enum protocol_type type;
	struct member members[MEMBERS_MAX];
} types[] = {
	{ "ready",      PROTOCOL_READY,      { { "name", MEMBER_TEXT, true }, { "version", MEMBER_TEXT, false } } },
	{ "sample",     PROTOCOL_SAMPLE,     { { "device", MEMBER_TEXT, true }, { "fields", MEMBER_OBJECT, true },
					       { "at", MEMBER_NUMBER, false }, { "id", MEMBER_ID, false },
					       { "retained", MEMBER_BOOL, false }, { "test", MEMBER_BOOL, false } } },
	{ "stale",      PROTOCOL_STALE,      { { "device", MEMBER_TEXT, true } } },
	{ "fault",      PROTOCOL_FAULT,      { { "text", MEMBER_TEXT, true } } },
	{ "healthy",    PROTOCOL_HEALTHY,    { { 0 } } },
	{ "discovered", PROTOCOL_DISCOVERED, { { "address", MEMBER_TEXT, true }, { "fields", MEMBER_OBJECT, false },
					       { "name", MEMBER_TEXT, false }, { "vendor", MEMBER_TEXT, false },
					       { "model", MEMBER_TEXT, false }, { "battery", MEMBER_NUMBER, false } } },
	{ "delivered",  PROTOCOL_DELIVERED,  { { "batch", MEMBER_COUNT, true } } },
	{ "refused",    PROTOCOL_REFUSED,    { { "batch", MEMBER_COUNT, true }, { "retry", MEMBER_BOOL, false },
					       { "text", MEMBER_TEXT, false }, { "seq", MEMBER_COUNT, false } } },
	{ "notified",   PROTOCOL_NOTIFIED,   { { "id", MEMBER_COUNT, true }, { "ok", MEMBER_BOOL, true },
					       { "text", MEMBER_TEXT, false } } },
	{ "result",     PROTOCOL_RESULT,     { { "id", MEMBER_COUNT, true }, { "ok", MEMBER_BOOL, true },
					       { "text", MEMBER_TEXT, false } } },
	{ "pong",       PROTOCOL_PONG,       { { 0 } } },
};
/* clang-format on */

static const struct {
	const char *name;
	enum supervisor_role role;
} roles[] = {
	{ "source", SUPERVISOR_SOURCE },
	{ "notifier", SUPERVISOR_NOTIFIER },
	{ "uplink", SUPERVISOR_UPLINK },
	{ "command", SUPERVISOR_COMMAND },
};

static const char *const kind_words[] = {
	[MEMBER_TEXT] = "a text",
	[MEMBER_NUMBER] = "a number",
	[MEMBER_COUNT] = "a whole number from 0",
	[MEMBER_BOOL] = "true or false",
	[MEMBER_OBJECT] = "an object",
	[MEMBER_ID] = "a whole number or a text of at most 256 bytes",
};

static int fail(struct protocol_error *ret_error, const char *fmt, ...) _printf_(2, 3);
static int fail(struct protocol_error *ret_error, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(ret_error->text, sizeof(ret_error->text), fmt, ap);
	va_end(ap);
	return -EBADMSG;
}

/* Some languages write every number as a real one. */
static bool is_whole(const json_t *value)
{
	double number = json_number_value(value);

	return json_is_integer(value) ||
	       (json_is_real(value) && fabs(number) <= WHOLE_MAX && fabs(number - trunc(number)) <= 0);
}

static json_int_t whole(const json_t *value)
{
	return json_is_integer(value) ? json_integer_value(value) : (json_int_t)json_number_value(value);
}

static bool is_kind(const json_t *value, enum member_kind kind)
{
	switch (kind) {
	case MEMBER_TEXT: return json_is_string(value);
	case MEMBER_NUMBER: return json_is_number(value);
	case MEMBER_COUNT: return is_whole(value) && whole(value) >= 0;
	case MEMBER_BOOL: return json_is_boolean(value);
	case MEMBER_OBJECT: return json_is_object(value);
	case MEMBER_ID:
		return is_whole(value) || (json_is_string(value) && json_string_length(value) <= PROTOCOL_ID_MAX);
	case MEMBER_NONE: break;
	}
	return false;
}

static int check_members(const struct type *t, const json_t *json, struct protocol_error *ret_error)
{
	for (const struct member *m = t->members; m < t->members + MEMBERS_MAX && m->key; m++) {
		const json_t *value = json_object_get(json, m->key);

		if (!value && m->required)
			return fail(ret_error, "'%s' without '%s': expected %s", t->name, m->key, kind_words[m->kind]);
		if (value && !json_is_null(value) && !is_kind(value, m->kind))
			return fail(ret_error, "'%s': '%s': expected %s", t->name, m->key, kind_words[m->kind]);
		if (value && m->required && json_is_null(value))
			return fail(ret_error, "'%s': '%s' is null: expected %s", t->name, m->key, kind_words[m->kind]);
	}
	return 0;
}

static unsigned find_role(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
		if (str_equal(roles[i].name, name))
			return (unsigned)roles[i].role;
	return 0;
}

/* Roles of a later version are passed over, as long as one is known. */
static int read_roles(const json_t *list, unsigned *ret_roles, struct protocol_error *ret_error)
{
	unsigned set = 0;

	for (size_t i = 0; i < json_array_size(list); i++)
		set |= find_role(json_string_value(json_array_get(list, i)));
	if (!set)
		return fail(ret_error, "'ready': 'roles': expected a list of source, notifier, uplink, command");
	*ret_roles = set;
	return 0;
}

void protocol_name_roles(unsigned set, char *buf)
{
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
		if (set & (unsigned)roles[i].role)
			len += (size_t)snprintf(buf + len, PROTOCOL_ROLES_MAX - len, "%s%s", len ? " " : "",
						roles[i].name);
}

static const struct type *find_type(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (str_equal(types[i].name, name))
			return &types[i];
	return NULL;
}

/* As JSON, to be echoed. */
static char *id_text(const json_t *id)
{
	struct str_buf text = { 0 };

	if (json_is_string(id))
		return json_dumps(id, JSON_ENCODE_ANY | JSON_COMPACT);
	if (!is_whole(id))
		return NULL;
	str_buf_printf(&text, "%" JSON_INTEGER_FORMAT, whole(id));
	return str_buf_take(&text);
}

static void read_members(struct protocol_message *m)
{
	const json_t *id = json_object_get(m->json, "id"), *at = json_object_get(m->json, "at");
	const json_t *batch = json_object_get(m->json, "batch"), *seq = json_object_get(m->json, "seq");
	const json_t *battery = json_object_get(m->json, "battery");
	double seconds = json_number_value(at);

	m->name = json_string_value(json_object_get(m->json, "name"));
	m->version = json_string_value(json_object_get(m->json, "version"));
	m->device = json_string_value(json_object_get(m->json, "device"));
	m->address = json_string_value(json_object_get(m->json, "address"));
	m->vendor = json_string_value(json_object_get(m->json, "vendor"));
	m->model = json_string_value(json_object_get(m->json, "model"));
	m->battery = json_is_number(battery) ? json_number_value(battery) : NAN;
	m->text = json_string_value(json_object_get(m->json, "text"));
	m->fields = json_object_get(m->json, "fields");
	switch (m->type) {
	case PROTOCOL_SAMPLE: m->id_json = id_text(id); break;
	case PROTOCOL_DELIVERED:
	case PROTOCOL_REFUSED: m->number = (uint64_t)whole(batch); break;
	case PROTOCOL_NOTIFIED:
	case PROTOCOL_RESULT: m->number = (uint64_t)whole(id); break;
	default: break;
	}
	m->flag = m->type == PROTOCOL_REFUSED ? !json_is_false(json_object_get(m->json, "retry"))
					      : json_is_true(json_object_get(m->json, "ok"));
	m->seq = m->type == PROTOCOL_REFUSED && seq ? (uint64_t)whole(seq) : 0;
	m->test = json_is_true(json_object_get(m->json, "test"));
	m->retained = json_is_true(json_object_get(m->json, "retained"));
	m->has_at = seconds > 0 && seconds < SECONDS_MAX;
	m->at_us = m->has_at ? (int64_t)llround(seconds * 1e6) : 0;
}

static int parse_object(struct protocol_message *m, struct protocol_error *ret_error)
{
	const char *name = json_string_value(json_object_get(m->json, "type"));
	const struct type *t;
	int r;

	if (!name)
		return fail(ret_error, "no 'type': expected one of the protocol's words");
	t = find_type(name);
	if (!t)
		return 0;
	r = check_members(t, m->json, ret_error);
	if (r < 0)
		return r;
	m->type = t->type;
	if (m->type == PROTOCOL_READY)
		r = read_roles(json_object_get(m->json, "roles"), &m->roles, ret_error);
	read_members(m);
	return r;
}

/* A whole number beyond 64 bits (a meter's serial number among the fields) is no reason to end a plugin. */
static json_t *read_json(const char *line, size_t len, json_error_t *ret_error)
{
	json_t *json = json_loadb(line, len, JSON_REJECT_DUPLICATES, ret_error);

	if (!json && json_error_code(ret_error) == json_error_numeric_overflow)
		json = json_loadb(line, len, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, ret_error);
	return json;
}

int protocol_parse(const char *line, size_t len, struct protocol_message *ret_message, struct protocol_error *ret_error)
{
	struct protocol_message m = { .type = PROTOCOL_UNKNOWN };
	json_error_t error;
	int r;

	m.json = read_json(line, len, &error);
	if (!m.json)
		return fail(ret_error, "not JSON: %s at byte %d: expected one object a line", error.text,
			    error.position);
	if (!json_is_object(m.json))
		r = fail(ret_error, "not an object: expected one JSON object a line");
	else
		r = parse_object(&m, ret_error);
	if (r < 0) {
		protocol_message_fini(&m);
		return r;
	}
	*ret_message = m;
	return 0;
}

void protocol_message_fini(struct protocol_message *m)
{
	json_decref(m->json);
	free(m->id_json);
	*m = (struct protocol_message){ 0 };
}

/* ---- fields ---- */

struct flattening {
	struct arena *arena;
	struct mapping_field *fields;
	size_t count, max;
};

static void flatten(struct flattening *f, const char *prefix, const json_t *object, int depth);

static void flatten_one(struct flattening *f, const char *path, const json_t *value, int depth)
{
	struct value v = { .type = VALUE_NONE };

	if (json_is_object(value) && depth < DEPTH_MAX) {
		flatten(f, path, value, depth + 1);
		return;
	}
	if (json_is_number(value))
		v = value_number(json_number_value(value));
	else if (json_is_boolean(value))
		v = value_bool(json_is_true(value));
	else if (json_is_string(value))
		v = value_text(json_string_value(value));
	f->fields[f->count++] = (struct mapping_field){ .path = path, .value = v };
}

static void flatten(struct flattening *f, const char *prefix, const json_t *object, int depth)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value)
	{
		if (f->count == f->max)
			return;
		flatten_one(f, depth ? arena_printf(f->arena, "%s.%s", prefix, key) : key, value, depth);
	}
}

size_t protocol_fields(const json_t *fields, const struct protocol_flat *to)
{
	struct flattening f = { .arena = to->arena, .fields = to->fields, .max = to->max };

	flatten(&f, "", fields, 0);
	return f.count;
}

void protocol_copy_text(char *to, size_t size, const char *from)
{
	size_t len = str_utf8_cut(from, size - 1);

	memmove(to, from, len);
	to[len] = '\0';
	if (str_is_utf8(to, len))
		return;
	for (char *c = to; *c; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
}
