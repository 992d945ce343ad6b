/* What is written: registers as the device's manual has them, and what is refused. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/util.h"
#include "model/encode.h"
#include "unit.h"

static struct codec_wire wire(enum codec_type type, enum codec_order order, double scale)
{
	return (struct codec_wire){ .table = CODEC_HOLDING,
				    .address = 7,
				    .type = type,
				    .order = order,
				    .bit_low = -1,
				    .bit_high = -1,
				    .registers = (uint8_t)codec_type_registers(type),
				    .scale = scale };
}

static void assert_written(const struct codec_wire *w, struct value v, const uint16_t *expected, size_t count)
{
	struct encode_image image;

	assert_int_equal(encode_value(w, &v, &image), 0);
	assert_int_equal(image.address, 7);
	assert_int_equal(image.count, count);
	assert_memory_equal(image.values, expected, count * sizeof(*expected));
	assert_true(encode_agrees(&image, expected));
}
#define WRITTEN(w, v, ...)                                                   \
	do {                                                                 \
		const uint16_t expected[] = { __VA_ARGS__ };                 \
		const struct codec_wire wire_ = (w);                         \
		assert_written(&wire_, (v), expected, ARRAY_SIZE(expected)); \
	} while (0)

static int refused(struct codec_wire w, struct value v)
{
	struct encode_image image = { .count = 99 };
	int r = encode_value(&w, &v, &image);

	assert_int_equal(image.count, 99); /* untouched */
	return r;
}

static void numbers_stand_in_the_registers_of_their_type_and_order(void **state)
{
	(void)state;
	WRITTEN(wire(CODEC_U16, CODEC_ABCD, 1), value_number(1000), 0x03e8);
	WRITTEN(wire(CODEC_U16, CODEC_BADC, 1), value_number(1000), 0xe803);
	WRITTEN(wire(CODEC_I16, CODEC_ABCD, 0.1), value_number(-5.3), 0xffcb);
	WRITTEN(wire(CODEC_U32, CODEC_ABCD, 1), value_number(0x12345678), 0x1234, 0x5678);
	WRITTEN(wire(CODEC_U32, CODEC_CDAB, 1), value_number(0x12345678), 0x5678, 0x1234);
	WRITTEN(wire(CODEC_U32, CODEC_DCBA, 1), value_number(0x12345678), 0x7856, 0x3412);
	WRITTEN(wire(CODEC_I32, CODEC_ABCD, 1), value_number(-2), 0xffff, 0xfffe);
	WRITTEN(wire(CODEC_F32, CODEC_ABCD, 1), value_number(23.5), 0x41bc, 0x0000);
	WRITTEN(wire(CODEC_F32, CODEC_CDAB, 1), value_number(23.5), 0x0000, 0x41bc);
	WRITTEN(wire(CODEC_F64, CODEC_ABCD, 1), value_number(23.5), 0x4037, 0x8000, 0, 0);
	WRITTEN(wire(CODEC_BCD16, CODEC_ABCD, 1), value_number(1234), 0x1234);
	WRITTEN(wire(CODEC_BCD32, CODEC_ABCD, 0.01), value_number(123456.78), 0x1234, 0x5678);
}

static void an_offset_and_a_scale_are_reckoned_back(void **state)
{
	struct codec_wire w = wire(CODEC_U16, CODEC_ABCD, 0.5);

	(void)state;
	w.offset = -40;
	WRITTEN(w, value_number(-40), 0);
	WRITTEN(w, value_number(21.5), 123);
	assert_int_equal(refused(w, value_number(-40.5)), -ERANGE);
	assert_int_equal(refused(w, value_number(21.3)), -EDOM);
}

static void what_does_not_fit_is_refused_and_never_cut(void **state)
{
	(void)state;
	assert_int_equal(refused(wire(CODEC_U16, CODEC_ABCD, 1), value_number(65536)), -ERANGE);
	assert_int_equal(refused(wire(CODEC_U16, CODEC_ABCD, 1), value_number(-1)), -ERANGE);
	assert_int_equal(refused(wire(CODEC_I16, CODEC_ABCD, 1), value_number(32768)), -ERANGE);
	assert_int_equal(refused(wire(CODEC_BCD16, CODEC_ABCD, 1), value_number(10000)), -ERANGE);
	assert_int_equal(refused(wire(CODEC_F32, CODEC_ABCD, 1), value_number(1e300)), -ERANGE);
	assert_int_equal(refused(wire(CODEC_U16, CODEC_ABCD, 1), value_number(1.5)), -EDOM);
	assert_int_equal(refused(wire(CODEC_U16, CODEC_ABCD, 1), value_number(NAN)), -ERANGE);
	assert_int_equal(refused(wire(CODEC_U16, CODEC_ABCD, 1), value_text("on")), -EINVAL);
	assert_int_equal(refused(wire(CODEC_U16, CODEC_ABCD, 1), value_bool(true)), -EINVAL);
}

static void a_marker_for_no_value_is_never_written(void **state)
{
	static const int64_t markers[] = { 0x7fff };
	struct codec_wire w = wire(CODEC_I16, CODEC_ABCD, 1);

	(void)state;
	w.invalid = markers;
	w.invalid_count = 1;
	assert_int_equal(refused(w, value_number(32767)), -ERANGE);
	WRITTEN(w, value_number(32766), 0x7ffe);
}

static void a_coil_and_an_inverted_one(void **state)
{
	struct codec_wire w = {
		.table = CODEC_COIL, .address = 7, .type = CODEC_BIT, .registers = 1, .bit_low = -1, .bit_high = -1
	};

	(void)state;
	WRITTEN(w, value_bool(true), 1);
	WRITTEN(w, value_bool(false), 0);
	w.invert = true;
	WRITTEN(w, value_bool(true), 0);
	assert_int_equal(refused(w, value_number(1)), -EINVAL);
}

static void bits_of_a_register_go_with_a_mask(void **state)
{
	struct codec_wire w = wire(CODEC_BIT, CODEC_ABCD, 1);
	struct encode_image image;
	struct value v = value_bool(true);
	static const uint16_t with[] = { 0xf800 | 0x0123 }, without[] = { 0xf123 };

	(void)state;
	w.bit_low = w.bit_high = 11;
	assert_int_equal(encode_value(&w, &v, &image), 0);
	assert_int_equal(image.mask, 0x0800);
	assert_int_equal(image.values[0], 0x0800);
	assert_true(encode_agrees(&image, with));
	assert_false(encode_agrees(&image, without));
	w = wire(CODEC_U16, CODEC_ABCD, 1);
	w.bit_low = 4;
	w.bit_high = 7;
	v = value_number(9);
	assert_int_equal(encode_value(&w, &v, &image), 0);
	assert_int_equal(image.mask, 0x00f0);
	assert_int_equal(image.values[0], 0x0090);
	assert_int_equal(refused(w, value_number(16)), -ERANGE);
}

static void texts_go_by_their_number_and_strings_by_their_bytes(void **state)
{
	static const struct codec_text texts[] = { { 0, "auto" }, { 2, "manual" } };
	struct codec_wire w = wire(CODEC_U16, CODEC_ABCD, 1);

	(void)state;
	w.texts = texts;
	w.text_count = 2;
	WRITTEN(w, value_text("manual"), 2);
	assert_int_equal(refused(w, value_text("hand")), -EINVAL);
	w = wire(CODEC_STRING, CODEC_ABCD, 1);
	w.registers = 3;
	WRITTEN(w, value_text("LIFT7"), 0x4c49, 0x4654, 0x3700);
	w.order = CODEC_BADC;
	WRITTEN(w, value_text("LIFT7"), 0x494c, 0x5446, 0x0037);
	assert_int_equal(refused(w, value_text("LIFT 17")), -ERANGE);
}

static void only_what_can_be_written_can(void **state)
{
	struct codec_wire w = wire(CODEC_U16, CODEC_ABCD, 1);
	const char *why = "";

	(void)state;
	assert_true(encode_can(&w, &why));
	w.table = CODEC_INPUT;
	assert_false(encode_can(&w, &why));
	assert_string_equal(why, "only coils and holding registers can be written");
	assert_int_equal(refused(w, value_number(1)), -EINVAL);
	w = wire(CODEC_ANY, CODEC_ABCD, 1);
	assert_false(encode_can(&w, &why));
	w = wire(CODEC_STRING, CODEC_ABCD, 1);
	w.registers = ENCODE_REGISTERS + 1;
	assert_false(encode_can(&w, &why));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_stand_in_the_registers_of_their_type_and_order),
		cmocka_unit_test(an_offset_and_a_scale_are_reckoned_back),
		cmocka_unit_test(what_does_not_fit_is_refused_and_never_cut),
		cmocka_unit_test(a_marker_for_no_value_is_never_written),
		cmocka_unit_test(a_coil_and_an_inverted_one),
		cmocka_unit_test(bits_of_a_register_go_with_a_mask),
		cmocka_unit_test(texts_go_by_their_number_and_strings_by_their_bytes),
		cmocka_unit_test(only_what_can_be_written_can),
	};

	return UNIT_RUN(tests);
}
