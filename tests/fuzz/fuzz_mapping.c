/* fuzz_mapping.c: model/mapping.c and model/point.c: any fields of a message against any profile: at most one reading a
 * point, good only with a finite value of the point's type, an event only where its text is there, and the point table
 * takes what comes of it.
 *
 * Input: the number of points, then two bytes (and a text or a scale) each; then fields: path, kind, what the kind needs. */
#include "fuzz.h"

#include <math.h>

#include "base/str.h"
#include "model/mapping.h"
#include "model/point.h"

#define POINTS_MAX 12
#define FIELDS_MAX 24

static const char *const paths[] = { "action",  "contact", "temperature", "object.temperature",
				     "battery", "",        "位置",        "a.b.c" };
static const char *const words[] = { "emergency", "", "true", "1", "off", "21.5", "按下", "null" };

struct world {
	struct class class;
	struct profile_point points[POINTS_MAX];
	struct profile profile;
	struct device device;
	struct mapping_field fields[FIELDS_MAX];
	struct mapping_message message;
};

static void read_point(struct fuzz_bytes *in, struct profile_point *p, size_t number)
{
	static const char *const names[POINTS_MAX] = { "p0", "p1", "p2", "p3", "p4", "p5",
						       "p6", "p7", "p8", "p9", "pa", "pb" };
	static const double scales[] = { 1, 0, 0.1, -1, 1e308, 1e-308, 1000, 0x1p53 };
	uint8_t how = fuzz_u8(in), more = fuzz_u8(in);

	p->name = names[number];
	p->unit = "";
	p->type = VALUE_NUMBER + how % 4;
	p->event = p->type == VALUE_EVENT;
	p->field.path = how & 4 && how & 8 ? NULL : paths[more % ARRAY_SIZE(paths)];
	p->field.equals = how & 16 ? words[more / 8 % ARRAY_SIZE(words)] : NULL;
	p->field.invert = how & 32;
	p->field.scale = scales[how & 64 ? more / 16 % ARRAY_SIZE(scales) : 0];
	p->field.offset = how & 128 ? scales[more / 4 % ARRAY_SIZE(scales)] : 0;
	p->deadband = how & 64 ? 0.5 : 0;
	p->max_age_us = how & 32 ? 30 * S : 0;
}

/* What protocol.c hands over: finite numbers, texts that are UTF-8. */
static struct value read_value(struct fuzz_bytes *in)
{
	struct value v = { .type = VALUE_NONE };
	uint8_t kind = fuzz_u8(in);
	double number;
	char *text;

	switch (kind % 5) {
	case 0: break;
	case 1:
		number = kind & 128 ? (double)(int8_t)fuzz_u8(in) : fuzz_double(in);
		v = isfinite(number) ? value_number(number) : v;
		break;
	case 2: v = value_bool(kind & 128); break;
	case 3: v = value_text(words[kind / 8 % ARRAY_SIZE(words)]); break;
	default:
		text = fuzz_text(fuzz_part(in, fuzz_u8(in)));
		v = str_is_utf8(text, strlen(text)) ? value_text(text) : v;
		free(text);
	}
	return v;
}

static void read_world(struct fuzz_bytes *in, struct world *w)
{
	size_t points = fuzz_u8(in) % (POINTS_MAX + 1), fields = 0;

	for (size_t i = 0; i < points; i++)
		read_point(in, &w->points[i], i);
	w->class = (struct class){ .id = "x" };
	w->profile = (struct profile){ .id = "p", .class = &w->class, .points = w->points, .point_count = points };
	w->device =
		(struct device){ .id = "d", .name = "d", .place = "b1", .class = &w->class, .profile = &w->profile };
	for (; in->left && fields < FIELDS_MAX; fields++) {
		w->fields[fields].path = paths[fuzz_u8(in) % ARRAY_SIZE(paths)];
		w->fields[fields].value = read_value(in);
	}
	w->message = (struct mapping_message){
		.device = &w->device,
		.fields = w->fields,
		.field_count = fields,
		.at = { .mono_us = 5 * S, .wall_us = 1700000000 * S },
		.test = fields & 1,
	};
}

static const struct value *value_at(const struct world *w, const char *path)
{
	for (size_t i = 0; path && i < w->message.field_count; i++)
		if (strcmp(w->fields[i].path, path) == 0)
			return &w->fields[i].value;
	return NULL;
}

static void check_reading(const struct world *w, const struct reading *r)
{
	const struct profile_point *p = &w->points[r->point];
	const struct value *field = value_at(w, p->field.path);

	FUZZ_CLAIM(field && r->test == w->message.test && r->at.wall_us == w->message.at.wall_us);
	FUZZ_CLAIM(r->quality == QUALITY_GOOD || r->quality == QUALITY_BAD);
	if (r->quality == QUALITY_BAD) {
		FUZZ_CLAIM(r->value.type == VALUE_NONE && !p->event);
		return;
	}
	FUZZ_CLAIM(r->value.type == p->type && field->type != VALUE_NONE);
	if (r->value.type == VALUE_NUMBER)
		FUZZ_CLAIM(isfinite(r->value.number));
	if (r->value.type >= VALUE_TEXT) {
		FUZZ_CLAIM(strnlen(r->value.text, VALUE_TEXT_MAX) < VALUE_TEXT_MAX);
		FUZZ_CLAIM(str_is_utf8(r->value.text, strlen(r->value.text)));
	}
	if (p->event && p->field.equals) {
		_cleanup_str_buf_ struct str_buf said = { 0 };

		value_format(field, &said);
		FUZZ_CLAIM(strcmp(str_buf_text(&said), p->field.equals) == 0);
	}
}

static void apply(struct point_table *t, const struct reading *r)
{
	struct point *p = &t->points[r->point];
	enum value_type before = p->value.type;

	point_apply(t, r);
	FUZZ_CLAIM(p->value.type == p->spec->type || (p->value.type == VALUE_NONE && before == VALUE_NONE));
	FUZZ_CLAIM(p->fired == (p->spec->event && r->quality == QUALITY_GOOD && r->value.type == VALUE_EVENT));
	FUZZ_CLAIM(p->quality != QUALITY_GOOD || p->value.type != VALUE_NONE || p->spec->event);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	struct reading readings[POINTS_MAX];
	struct world w = { 0 };
	struct point_table *table;
	size_t count, position = 0;

	read_world(&in, &w);
	count = mapping_apply(&w.message, readings, POINTS_MAX);
	FUZZ_CLAIM(count <= w.profile.point_count);
	for (size_t i = 0; i < count; i++) {
		FUZZ_CLAIM(i == 0 || readings[i].point > readings[i - 1].point);
		check_reading(&w, &readings[i]);
	}
	FUZZ_CLAIM(mapping_apply(&w.message, readings, count / 2) == count / 2);
	count = mapping_apply(&w.message, readings, POINTS_MAX);
	table = point_table_new((struct device_list){ &w.device, 1 });
	for (size_t i = 0; i < count; i++)
		apply(table, &readings[i]);
	while (point_expire(table, &position, 60 * S))
		;
	for (size_t i = 0; i < count; i++)
		apply(table, &readings[i]);
	point_table_free(table);
	return 0;
}
