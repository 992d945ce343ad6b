/* Every type in every order at its edges. What stands on the wire is made here byte by byte from the letters of the order,
 * as the specification draws them, not by the code under test. */
#include "unit.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "model/codec.h"

/* Which byte of the value (a: the most significant) is sent first, second, … */
static const char *const letters[][4] = {
	[CODEC_ABCD] = { "ab", "abcd", NULL, "abcdefgh" },
	[CODEC_CDAB] = { "ab", "cdab", NULL, "ghefcdab" },
	[CODEC_BADC] = { "ba", "badc", NULL, "badcfehg" },
	[CODEC_DCBA] = { "ba", "dcba", NULL, "hgfedcba" },
};

static uint64_t seed = 7;

static uint64_t random_bits(void)
{
	uint64_t bits = 0;

	for (int i = 0; i < 3; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		bits = bits << 24 ^ seed >> 33;
	}
	return bits;
}

/* raw, of so many registers, as a device with that order sends it. */
static void send(uint64_t raw, unsigned registers, enum codec_order order, uint16_t *ret_words)
{
	const char *from = letters[order][registers - 1];
	uint8_t bytes[8];

	for (unsigned i = 0; i < 2 * registers; i++)
		bytes[i] = (uint8_t)(raw >> 8 * (2 * registers - 1 - (unsigned)(from[i] - 'a')));
	for (unsigned i = 0; i < registers; i++)
		ret_words[i] = (uint16_t)(bytes[2 * i] << 8 | bytes[2 * i + 1]);
}

static int decode(enum codec_type type, enum codec_order order, uint64_t raw, struct value *ret_value)
{
	struct codec_wire w = { .table = CODEC_HOLDING,
				.type = type,
				.order = order,
				.bit_low = -1,
				.bit_high = -1,
				.registers = (uint8_t)codec_type_registers(type),
				.scale = 1 };
	uint16_t words[4];

	send(raw, w.registers, order, words);
	return codec_decode_registers(&w, words, w.registers, ret_value);
}

static void expect_number(enum codec_type type, uint64_t raw, double number)
{
	for (enum codec_order o = CODEC_ABCD; o <= CODEC_DCBA; o++) {
		struct value v = value_text("");

		if (decode(type, o, raw, &v) != 0 || v.type != VALUE_NUMBER || v.number != number ||
		    signbit(v.number) != signbit(number))
			fail_msg("%s %u: %016llx is %.17g, expected %.17g", codec_type_name(type), o,
				 (unsigned long long)raw, v.number, number);
	}
}

static void expect_none(enum codec_type type, uint64_t raw)
{
	for (enum codec_order o = CODEC_ABCD; o <= CODEC_DCBA; o++) {
		struct value v = value_text("untouched");

		assert_int_equal(decode(type, o, raw, &v), 1);
		assert_string_equal(v.text, "untouched");
	}
}

static const struct integer {
	enum codec_type type;
	unsigned bits;
	bool is_signed;
} integers[] = {
	{ CODEC_U16, 16, false }, { CODEC_I16, 16, true },  { CODEC_U32, 32, false },
	{ CODEC_I32, 32, true },  { CODEC_U64, 64, false }, { CODEC_I64, 64, true },
};

/* By arithmetic: a signed number from half of the span on is that less the span. */
static double meaning(const struct integer *n, uint64_t raw)
{
	double number = (double)raw;

	if (n->is_signed && raw >> (n->bits - 1) & 1)
		number = n->bits == 64 ? -(double)(~raw + 1) : number - ldexp(1, (int)n->bits);
	return number;
}

static void integers_are_read_at_their_edges_in_every_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(integers); i++) {
		const struct integer *n = &integers[i];
		uint64_t all = n->bits == 64 ? UINT64_MAX : (UINT64_C(1) << n->bits) - 1, top = UINT64_C(1)
												<< (n->bits - 1);
		const uint64_t edges[] = { 0,   1,       0xff,    0x100, top - 1,
					   top, top + 1, all - 1, all,   0x0102030405060708 & all };

		for (size_t k = 0; k < ARRAY_SIZE(edges); k++)
			expect_number(n->type, edges[k], meaning(n, edges[k]));
		for (unsigned k = 0; k < 2000; k++) {
			uint64_t raw = random_bits() & all;

			expect_number(n->type, raw, meaning(n, raw));
		}
	}
}

static uint64_t bits_of_float(float f)
{
	uint32_t bits;

	memcpy(&bits, &f, sizeof(bits));
	return bits;
}

static uint64_t bits_of_double(double d)
{
	uint64_t bits;

	memcpy(&bits, &d, sizeof(bits));
	return bits;
}

static void floats_are_read_exactly_and_never_as_nan_or_infinity(void **state)
{
	static const float singles[] = { 0.0f,   -0.0f,           1.0f,           -1.0f,          21.5f, 230.1f,
					 1e-45f, 1.17549435e-38f, 3.40282347e38f, -3.40282347e38f };
	static const double doubles[] = { 0.0,
					  -0.0,
					  1.0,
					  -1.0,
					  21.5,
					  230.1,
					  5e-324,
					  2.2250738585072014e-308,
					  1.7976931348623157e308,
					  -1.7976931348623157e308 };
	static const uint32_t no_singles[] = { 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7f800001, 0xffffffff };
	static const uint64_t no_doubles[] = { 0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000000,
					       0x7ff0000000000001, 0xffffffffffffffff };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(singles); i++)
		expect_number(CODEC_F32, bits_of_float(singles[i]), (double)singles[i]);
	for (size_t i = 0; i < ARRAY_SIZE(doubles); i++)
		expect_number(CODEC_F64, bits_of_double(doubles[i]), doubles[i]);
	for (size_t i = 0; i < ARRAY_SIZE(no_singles); i++)
		expect_none(CODEC_F32, no_singles[i]);
	for (size_t i = 0; i < ARRAY_SIZE(no_doubles); i++)
		expect_none(CODEC_F64, no_doubles[i]);
	for (unsigned i = 0; i < 2000; i++) {
		uint64_t raw = random_bits();
		double d;

		memcpy(&d, &raw, sizeof(d));
		if (isfinite(d))
			expect_number(CODEC_F64, raw, d);
		else
			expect_none(CODEC_F64, raw);
	}
}

static void decimal_digits_are_read_and_others_are_not(void **state)
{
	(void)state;
	expect_number(CODEC_BCD16, 0x0000, 0);
	expect_number(CODEC_BCD16, 0x9999, 9999);
	expect_number(CODEC_BCD32, 0x99999999, 99999999);
	expect_number(CODEC_BCD32, 0x00010000, 10000);
	for (unsigned i = 0; i < 3000; i++) {
		uint32_t number = (uint32_t)(random_bits() % 100000000), rest = number;
		uint64_t raw = 0;
		unsigned digit = (unsigned)(random_bits() % 8), bad = 10 + (unsigned)(random_bits() % 6);

		for (unsigned k = 0; k < 8; k++, rest /= 10)
			raw |= (uint64_t)(rest % 10) << 4 * k;
		expect_number(CODEC_BCD32, raw, number);
		expect_none(CODEC_BCD32, (raw & ~(UINT64_C(15) << 4 * digit)) | (uint64_t)bad << 4 * digit);
	}
}

/* Of one register: the bytes swapped first where the order says so, then the bits counted from the lowest. */
static void every_field_of_bits_is_cut_out_of_its_register(void **state)
{
	(void)state;
	for (int low = 0; low < 16; low++)
		for (int high = low; high < 16; high++)
			for (unsigned i = 0; i < 40; i++) {
				uint16_t word = (uint16_t)random_bits(), sent = (uint16_t)(word << 8 | word >> 8);
				unsigned want = 0;
				struct codec_wire w = { .table = CODEC_INPUT,
							.type = CODEC_U16,
							.bit_low = (int8_t)low,
							.bit_high = (int8_t)high,
							.registers = 1,
							.scale = 1 };
				struct value v;

				for (int b = high; b >= low; b--)
					want = 2 * want + (word >> b & 1);
				assert_int_equal(codec_decode_registers(&w, &word, 1, &v), 0);
				assert_true(v.number == want);
				w.order = CODEC_BADC;
				assert_int_equal(codec_decode_registers(&w, &sent, 1, &v), 0);
				assert_true(v.number == want);
				w.type = CODEC_I16;
				assert_int_equal(codec_decode_registers(&w, &sent, 1, &v), 0);
				assert_true(v.number ==
					    (want >> (high - low) & 1 ? want - ldexp(1, high - low + 1) : want));
				w.type = CODEC_BIT;
				assert_int_equal(codec_decode_registers(&w, &sent, 1, &v), 0);
				assert_true(v.type == VALUE_BOOL && v.boolean == (want != 0));
				w.invert = true;
				assert_int_equal(codec_decode_registers(&w, &sent, 1, &v), 0);
				assert_true(v.boolean == (want == 0));
			}
}

static void halves_are_bytes(void **state)
{
	(void)state;
	for (unsigned word = 0; word <= UINT16_MAX; word += 7) {
		uint16_t sent = (uint16_t)word;
		struct codec_wire w = { .table = CODEC_HOLDING,
					.type = CODEC_U8,
					.registers = 1,
					.scale = 1,
					.bit_low = 8,
					.bit_high = 15 };
		struct value v;

		assert_int_equal(codec_decode_registers(&w, &sent, 1, &v), 0);
		assert_true(v.number == word / 256);
		w.bit_low = 0;
		w.bit_high = 7;
		w.type = CODEC_I8;
		assert_int_equal(codec_decode_registers(&w, &sent, 1, &v), 0);
		assert_true(v.number == (word % 256 < 128 ? word % 256 : word % 256 - 256.0));
	}
}

static void a_span_is_how_far_a_counter_goes(void **state)
{
	struct codec_wire w = { .table = CODEC_HOLDING, .registers = 1, .bit_low = -1, .bit_high = -1 };
	static const struct {
		enum codec_type type;
		double span;
	} spans[] = { { CODEC_U16, 65536 },   { CODEC_I16, 65536 }, { CODEC_U32, 4294967296.0 },
		      { CODEC_BCD16, 10000 }, { CODEC_BCD32, 1e8 }, { CODEC_U64, 18446744073709551616.0 },
		      { CODEC_U8, 256 },      { CODEC_F32, 0 },     { CODEC_F64, 0 },
		      { CODEC_STRING, 0 },    { CODEC_BIT, 0 },     { CODEC_ANY, 0 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(spans); i++) {
		w.type = spans[i].type;
		assert_true(codec_span(&w) == spans[i].span);
	}
	w.type = CODEC_U16;
	w.bit_low = 8;
	w.bit_high = 15;
	assert_true(codec_span(&w) == 256);
	w.type = CODEC_BCD16; /* two digits in a half */
	assert_true(codec_span(&w) == 100);
	w.table = CODEC_COIL;
	assert_true(codec_span(&w) == 0);
}

static void a_marker_of_a_float_is_its_own_pattern(void **state)
{
	int64_t raw = 5;

	(void)state;
	assert_int_equal(codec_float_marker(CODEC_F32, -9999.0, &raw), 0);
	assert_int_equal(raw, 0xc61c3c00);
	assert_int_equal(codec_float_marker(CODEC_F64, -9999.0, &raw), 0);
	assert_int_equal(raw, (int64_t)0xc0c3878000000000);
	raw = 5;
	assert_int_equal(codec_float_marker(CODEC_F32, 1e300, &raw), -ERANGE);
	assert_int_equal(codec_float_marker(CODEC_U32, 1.0, &raw), -EINVAL);
	assert_int_equal(raw, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_are_read_at_their_edges_in_every_order),
		cmocka_unit_test(floats_are_read_exactly_and_never_as_nan_or_infinity),
		cmocka_unit_test(decimal_digits_are_read_and_others_are_not),
		cmocka_unit_test(every_field_of_bits_is_cut_out_of_its_register),
		cmocka_unit_test(halves_are_bytes),
		cmocka_unit_test(a_span_is_how_far_a_counter_goes),
		cmocka_unit_test(a_marker_of_a_float_is_its_own_pattern),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
