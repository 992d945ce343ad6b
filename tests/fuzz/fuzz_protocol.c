/* fuzz_protocol.c: plugin/protocol.c: any line of a plugin, and what follows from it: fields flattened, mapped to points and
 * applied. A message that is accepted has what its type needs; an id that will be echoed is one JSON value on one line. */
#include "fuzz.h"

#include <errno.h>
#include <math.h>

#include "base/str.h"
#include "model/mapping.h"
#include "model/point.h"
#include "plugin/protocol.h"

#define FIELDS_MAX 16

static const struct class class = { .id = "sos" };
static const struct profile_point points[] = {
	{ .name = "pressed",
	  .type = VALUE_EVENT,
	  .unit = "",
	  .event = true,
	  .field = { .path = "action", .equals = "emergency" } },
	{ .name = "battery", .type = VALUE_NUMBER, .unit = "%", .field = { .path = "battery", .scale = 1 } },
	{ .name = "temperature",
	  .type = VALUE_NUMBER,
	  .unit = "",
	  .field = { .path = "object.temperature", .scale = 0.1 } },
	{ .name = "open", .type = VALUE_BOOL, .unit = "", .field = { .path = "contact", .invert = true } },
	{ .name = "posture", .type = VALUE_TEXT, .unit = "", .field = { .path = "a.b" } },
};
static const struct profile profile = {
	.id = "p", .class = &class, .points = points, .point_count = ARRAY_SIZE(points)
};
static const struct device device = { .id = "d", .place = "b1", .class = &class, .profile = &profile };

/* A list or null is a field without a value; all else is finite, cut and UTF-8. */
static void check_field(const struct mapping_field *f)
{
	FUZZ_CLAIM(f->path && str_is_utf8(f->path, strlen(f->path)) && f->value.type <= VALUE_TEXT);
	if (f->value.type == VALUE_NUMBER)
		FUZZ_CLAIM(isfinite(f->value.number));
	if (f->value.type == VALUE_TEXT) {
		FUZZ_CLAIM(strnlen(f->value.text, VALUE_TEXT_MAX) < VALUE_TEXT_MAX);
		FUZZ_CLAIM(str_is_utf8(f->value.text, strlen(f->value.text)));
	}
}

static void apply_fields(const struct mapping_field *fields, size_t count)
{
	struct mapping_message message = { .device = &device, .fields = fields, .field_count = count };
	struct point_table *table = point_table_new((struct device_list){ &device, 1 });
	struct reading readings[ARRAY_SIZE(points)];
	size_t n = mapping_apply(&message, readings, ARRAY_SIZE(readings));

	FUZZ_CLAIM(n <= ARRAY_SIZE(points));
	for (size_t i = 0; i < n; i++)
		point_apply(table, &readings[i]);
	/* An event may be known not to have happened. */
	for (size_t i = 0; i < table->count; i++)
		FUZZ_CLAIM(table->points[i].quality != QUALITY_GOOD || points[i].event ||
			   table->points[i].value.type == points[i].type);
	point_table_free(table);
}

static void check_fields(const json_t *object)
{
	struct arena *arena = arena_new();
	struct mapping_field *fields = calloc(FIELDS_MAX, sizeof(*fields));
	size_t count;

	if (!fields)
		abort();
	count = protocol_fields(object, &(struct protocol_flat){ arena, fields, FIELDS_MAX });
	FUZZ_CLAIM(count <= FIELDS_MAX);
	for (size_t i = 0; i < count; i++)
		check_field(&fields[i]);
	apply_fields(fields, count);
	free(fields);
	arena_free(arena);
}

static void check_sample(const struct protocol_message *m)
{
	FUZZ_CLAIM(m->device && json_is_object(m->fields));
	FUZZ_CLAIM(!m->has_at || (m->at_us >= 0 && m->at_us <= 100000000000 * S));
	FUZZ_CLAIM(m->has_at || m->at_us == 0);
	check_fields(m->fields);
	if (m->id_json) {
		json_t *id = json_loads(m->id_json, JSON_DECODE_ANY, NULL);

		FUZZ_CLAIM(json_is_string(id) || json_is_integer(id));
		FUZZ_CLAIM(!strchr(m->id_json, '\n') && !strchr(m->id_json, '\r'));
		FUZZ_CLAIM(strlen(m->id_json) <= 6 * PROTOCOL_ID_MAX + 2);
		json_decref(id);
	}
}

static void check_message(const struct protocol_message *m)
{
	char roles[PROTOCOL_ROLES_MAX];

	FUZZ_CLAIM(json_is_object(m->json));
	switch (m->type) {
	case PROTOCOL_READY:
		FUZZ_CLAIM(m->name && m->roles);
		protocol_name_roles(m->roles, roles);
		FUZZ_CLAIM(roles[0] && strlen(roles) < sizeof(roles));
		break;
	case PROTOCOL_SAMPLE: check_sample(m); break;
	case PROTOCOL_STALE: FUZZ_CLAIM(m->device); break;
	case PROTOCOL_FAULT: FUZZ_CLAIM(m->text); break;
	case PROTOCOL_DISCOVERED:
		FUZZ_CLAIM(m->address);
		if (m->fields)
			check_fields(m->fields);
		break;
	case PROTOCOL_DELIVERED:
	case PROTOCOL_REFUSED:
	case PROTOCOL_NOTIFIED:
	case PROTOCOL_RESULT: FUZZ_CLAIM(m->number <= INT64_MAX); break;
	case PROTOCOL_UNKNOWN:
	case PROTOCOL_HEALTHY:
	case PROTOCOL_PONG: break;
	}
	FUZZ_CLAIM(m->type == PROTOCOL_SAMPLE || !m->id_json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct protocol_message m = { 0 };
	struct protocol_error error = { "" };
	int r = protocol_parse((const char *)data, size, &m, &error);

	if (r < 0) {
		FUZZ_CLAIM(r == -EBADMSG && error.text[0] &&
			   strnlen(error.text, sizeof(error.text)) < sizeof(error.text));
		FUZZ_CLAIM(!m.json && !m.id_json);
		return 0;
	}
	FUZZ_CLAIM(error.text[0] == '\0');
	check_message(&m);
	protocol_message_fini(&m);
	FUZZ_CLAIM(!m.json && !m.id_json);
	return 0;
}
