/* JSON fields to readings, with the fields that home sensors really send. */
#include "unit.h"

#include <string.h>

#include "model/mapping.h"

/* One device with one point, one message with one field. */
static size_t map_one(const struct profile_point *point, struct value v, struct reading *ret_reading)
{
	struct profile profile = { .points = point, .point_count = 1 };
	struct device device = { .id = "d", .profile = &profile, .first_point = 7 };
	struct mapping_field field = { .path = "f", .value = v };
	struct mapping_message m = {
		.device = &device, .fields = &field, .field_count = 1, .at = { .mono_us = 5, .wall_us = 6 }
	};

	return mapping_apply(&m, ret_reading, 1);
}

static void assert_reads(const struct profile_point *point, struct value v, struct value wanted)
{
	struct reading r;

	assert_int_equal(map_one(point, v, &r), 1);
	assert_int_equal(r.point, 7);
	assert_int_equal(r.quality, QUALITY_GOOD);
	assert_int_equal(r.at.wall_us, 6);
	assert_int_equal(r.value.type, wanted.type);
	if (wanted.type == VALUE_EVENT)
		assert_string_equal(r.value.text, wanted.text);
	else
		assert_true(value_equal(&r.value, &wanted));
}

static void assert_bad(const struct profile_point *point, struct value v)
{
	struct reading r;

	assert_int_equal(map_one(point, v, &r), 1);
	assert_int_equal(r.quality, QUALITY_BAD);
}

static void assert_nothing(const struct profile_point *point, struct value v)
{
	struct reading r;

	assert_int_equal(map_one(point, v, &r), 0);
}

static const struct value null_value = { .type = VALUE_NONE };

static void numbers_are_scaled_and_may_come_as_texts(void **state)
{
	static const struct profile_point p = { .name = "p",
						.type = VALUE_NUMBER,
						.field = { .path = "f", .scale = 0.5, .offset = 10 } };

	(void)state;
	assert_reads(&p, value_number(4), value_number(12));
	assert_reads(&p, value_text("-4"), value_number(8));
	assert_bad(&p, value_text("4 mm"));
	assert_bad(&p, value_text(""));
	assert_bad(&p, value_text("1e999"));
	assert_bad(&p, value_bool(true));
	assert_bad(&p, null_value);
}

static void a_scale_that_was_not_said_is_one(void **state)
{
	static const struct profile_point p = { .name = "p", .type = VALUE_NUMBER, .field = { .path = "f" } };

	(void)state;
	assert_reads(&p, value_number(97), value_number(97));
}

static void yes_and_no_have_many_words(void **state)
{
	static const struct profile_point p = { .name = "p", .type = VALUE_BOOL, .field = { .path = "f" } };

	(void)state;
	assert_reads(&p, value_bool(true), value_bool(true));
	assert_reads(&p, value_number(1), value_bool(true));
	assert_reads(&p, value_number(0), value_bool(false));
	assert_reads(&p, value_text("ON"), value_bool(true));
	assert_reads(&p, value_text("OFF"), value_bool(false));
	assert_reads(&p, value_text("true"), value_bool(true));
	assert_reads(&p, value_text("False"), value_bool(false));
	assert_reads(&p, value_text("1"), value_bool(true));
	assert_bad(&p, value_number(2));
	assert_bad(&p, value_text("maybe"));
	assert_bad(&p, value_text(""));
	assert_bad(&p, null_value);
}

static void a_contact_that_is_true_when_closed_is_inverted(void **state)
{
	static const struct profile_point p = { .name = "open",
						.type = VALUE_BOOL,
						.field = { .path = "f", .invert = true } };

	(void)state;
	assert_reads(&p, value_bool(true), value_bool(false));
	assert_reads(&p, value_text("OFF"), value_bool(true));
	assert_bad(&p, null_value);
}

static void a_bool_may_be_a_certain_text(void **state)
{
	static const struct profile_point p = { .name = "leak",
						.type = VALUE_BOOL,
						.field = { .path = "f", .equals = "leak" } };
	static const struct profile_point not = { .name = "p",
						  .type = VALUE_BOOL,
						  .field = { .path = "f", .equals = "ok", .invert = true } };
	static const struct profile_point number = { .name = "p",
						     .type = VALUE_BOOL,
						     .field = { .path = "f", .equals = "3" } };

	(void)state;
	assert_reads(&p, value_text("leak"), value_bool(true));
	assert_reads(&p, value_text("normal"), value_bool(false));
	assert_reads(&p, value_text(""), value_bool(false));
	assert_reads(&not, value_text("ok"), value_bool(false));
	assert_reads(&not, value_text("fault"), value_bool(true));
	assert_reads(&number, value_number(3), value_bool(true));
	assert_reads(&number, value_number(4), value_bool(false));
	assert_bad(&p, null_value);
}

static void texts_take_anything_but_nothing(void **state)
{
	static const struct profile_point p = { .name = "p", .type = VALUE_TEXT, .field = { .path = "f" } };

	(void)state;
	assert_reads(&p, value_text("sitting"), value_text("sitting"));
	assert_reads(&p, value_number(2.5), value_text("2.5"));
	assert_reads(&p, value_bool(false), value_text("false"));
	assert_bad(&p, null_value);
}

static void a_button_is_pressed_only_by_its_own_word(void **state)
{
	static const struct profile_point p = {
		.name = "pressed", .type = VALUE_EVENT, .event = true, .field = { .path = "f", .equals = "emergency" }
	};

	(void)state;
	assert_reads(&p, value_text("emergency"), value_event(""));
	assert_nothing(&p, value_text(""));
	assert_nothing(&p, value_text("single"));
	assert_nothing(&p, value_text("Emergency"));
	assert_nothing(&p, value_bool(true));
	assert_nothing(&p, null_value);
}

static void an_event_without_a_word_takes_true_or_a_text(void **state)
{
	static const struct profile_point p = { .name = "card", .type = VALUE_EVENT, .field = { .path = "f" } };

	(void)state;
	assert_reads(&p, value_bool(true), value_event(""));
	assert_reads(&p, value_number(1), value_event(""));
	assert_reads(&p, value_text("ON"), value_event(""));
	assert_reads(&p, value_text("0412-7781"), value_event("0412-7781"));
	assert_nothing(&p, value_bool(false));
	assert_nothing(&p, value_number(0));
	assert_nothing(&p, value_number(17));
	assert_nothing(&p, value_text("OFF"));
	assert_nothing(&p, value_text(""));
	assert_nothing(&p, null_value);
}

/* A message as zigbee2mqtt sends it, for a device of several points. */
static const struct profile_point button_points[] = {
	{ .name = "pressed", .type = VALUE_EVENT, .event = true, .field = { .path = "action", .equals = "emergency" } },
	{ .name = "test", .type = VALUE_EVENT, .event = true, .field = { .path = "action", .equals = "test" } },
	{ .name = "battery", .type = VALUE_NUMBER, .field = { .path = "battery", .scale = 1 } },
	{ .name = "temperature", .type = VALUE_NUMBER, .field = { .path = "object.temperature", .scale = 0.1 } },
	{ .name = "voltage", .type = VALUE_NUMBER },
};
static const struct profile button_profile = { .points = button_points, .point_count = ARRAY_SIZE(button_points) };
static const struct device button = { .id = "sos-1", .profile = &button_profile, .first_point = 100 };

static void every_point_takes_its_own_field_and_the_rest_is_ignored(void **state)
{
	static const struct mapping_field fields[] = {
		{ "linkquality", { .type = VALUE_NUMBER, .number = 120 } },
		{ "object.temperature", { .type = VALUE_NUMBER, .number = 215 } },
		{ "battery", { .type = VALUE_NUMBER, .number = 97 } },
		{ "action", { .type = VALUE_TEXT, .text = "emergency" } },
	};
	struct mapping_message m = { .device = &button, .fields = fields, .field_count = 4, .test = true };
	struct reading r[8];

	(void)state;
	assert_int_equal(mapping_apply(&m, r, 8), 3);
	assert_int_equal(r[0].point, 100);
	assert_int_equal(r[0].value.type, VALUE_EVENT);
	assert_int_equal(r[1].point, 102);
	assert_true(r[1].value.number == 97);
	assert_int_equal(r[2].point, 103);
	assert_true(r[2].value.number == 21.5);
	for (size_t i = 0; i < 3; i++)
		assert_true(r[i].test);
}

static void a_message_without_the_field_says_nothing_of_the_point(void **state)
{
	static const struct mapping_field fields[] = { { "battery", { .type = VALUE_NUMBER, .number = 12 } } };
	struct mapping_message m = { .device = &button, .fields = fields, .field_count = 1 };
	struct reading r[8];

	(void)state;
	assert_int_equal(mapping_apply(&m, r, 8), 1);
	assert_int_equal(r[0].point, 102);
	m.field_count = 0;
	assert_int_equal(mapping_apply(&m, r, 8), 0);
}

static void no_more_readings_are_given_than_there_is_room_for(void **state)
{
	static const struct mapping_field fields[] = {
		{ "battery", { .type = VALUE_NUMBER, .number = 12 } },
		{ "object.temperature", { .type = VALUE_NUMBER, .number = 1 } },
	};
	struct mapping_message m = { .device = &button, .fields = fields, .field_count = 2 };
	struct reading r[1];

	(void)state;
	assert_int_equal(mapping_apply(&m, r, 1), 1);
	assert_int_equal(mapping_apply(&m, r, 0), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_scaled_and_may_come_as_texts),
		cmocka_unit_test(a_scale_that_was_not_said_is_one),
		cmocka_unit_test(yes_and_no_have_many_words),
		cmocka_unit_test(a_contact_that_is_true_when_closed_is_inverted),
		cmocka_unit_test(a_bool_may_be_a_certain_text),
		cmocka_unit_test(texts_take_anything_but_nothing),
		cmocka_unit_test(a_button_is_pressed_only_by_its_own_word),
		cmocka_unit_test(an_event_without_a_word_takes_true_or_a_text),
		cmocka_unit_test(every_point_takes_its_own_field_and_the_rest_is_ignored),
		cmocka_unit_test(a_message_without_the_field_says_nothing_of_the_point),
		cmocka_unit_test(no_more_readings_are_given_than_there_is_room_for),
	};

	return UNIT_RUN(tests);
}
