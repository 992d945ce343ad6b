/* Registers as a device sends them, and the number that its display shows meanwhile. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "model/guess.h"
#include "unit.h"

static struct guess best(const uint16_t *regs, size_t count, double wanted)
{
	struct guess found[GUESS_MAX];

	assert_true(guess_find(regs, count, wanted, found) > 0);
	return found[0];
}

static void assert_best(const uint16_t *regs, size_t count, double wanted, const char *expected)
{
	struct guess g = best(regs, count, wanted);
	char text[64];

	snprintf(text, sizeof(text), "%u %s %s %g", g.index, codec_type_name(g.type), codec_order_name(g.order),
		 g.scale);
	assert_string_equal(text, expected);
}
#define BEST(wanted, expected, ...)                                        \
	do {                                                               \
		const uint16_t regs[] = { __VA_ARGS__ };                   \
		assert_best(regs, ARRAY_SIZE(regs), (wanted), (expected)); \
	} while (0)

static void a_plain_number_is_a_plain_number(void **state)
{
	(void)state;
	BEST(230, "0 u16 abcd 1", 0x00e6);
	BEST(23.5, "0 u16 abcd 0.1", 0x00eb);
	BEST(23.51, "0 u16 abcd 0.01", 0x092f);
	BEST(1.234, "0 u16 abcd 0.001", 0x04d2);
	BEST(5000, "0 u16 abcd 10", 0x01f4);
}

static void a_negative_number_has_a_sign(void **state)
{
	(void)state;
	BEST(-5.3, "0 i16 abcd 0.1", 0xffcb);
	BEST(-100000, "0 i32 abcd 1", 0xfffe, 0x7960);
}

static void floats_are_known_in_every_order(void **state)
{
	(void)state;
	BEST(23.5, "0 f32 abcd 1", 0x41bc, 0x0000);
	BEST(23.5, "0 f32 cdab 1", 0x0000, 0x41bc);
	BEST(23.5, "0 f32 badc 1", 0xbc41, 0x0000);
	BEST(23.5, "0 f32 dcba 1", 0x0000, 0xbc41);
	BEST(229.87, "0 f32 abcd 1", 0x4365, 0xdeb8);
	BEST(3.14159, "0 f64 abcd 1", 0x4009, 0x21f9, 0xf01b, 0x866e);
}

static void long_counters_are_known_by_their_words(void **state)
{
	(void)state;
	BEST(123456.78, "0 u32 abcd 0.01", 0x00bc, 0x614e);
	BEST(123456.78, "0 u32 cdab 0.01", 0x614e, 0x00bc);
	BEST(1234567, "0 u32 abcd 1", 0x0012, 0xd687);
}

static void digits_in_fours_are_bcd(void **state)
{
	(void)state;
	BEST(1234, "0 bcd16 abcd 1", 0x1234);
	BEST(123456.78, "0 bcd32 abcd 0.01", 0x1234, 0x5678);
}

static void it_is_found_in_the_midst_of_others(void **state)
{
	(void)state;
	BEST(23.5, "2 u16 abcd 0.1", 0x1f40, 0x9c41, 0x00eb, 0x7777, 0xabcd, 0x4321);
	BEST(23.5, "3 f32 abcd 1", 0x1f40, 0x9c41, 0x7777, 0x41bc, 0x0000, 0x4321);
}

static void what_rounds_to_it_is_exact_and_goes_before_what_is_near(void **state)
{
	static const uint16_t regs[] = { 0x00ea, 0x41bc, 0x51ec }; /* 23.4 by a tenth; 23.54 */
	struct guess found[GUESS_MAX];
	size_t count = guess_find(regs, ARRAY_SIZE(regs), 23.5, found);
	bool near = false;

	(void)state;
	assert_true(found[0].exact);
	assert_int_equal(found[0].type, CODEC_F32);
	assert_true(fabs(found[0].value - 23.54) < 0.001);
	for (size_t i = 0; i < count; i++) {
		near = near || (found[i].type == CODEC_U16 && found[i].index == 0 && !found[i].exact);
		assert_true(fabs(found[i].value - 23.5) <= 0.235001);
		if (i > 0)
			assert_true(found[i - 1].cost <= found[i].cost);
	}
	assert_true(near);
}

static void nothing_is_proposed_where_nothing_comes_near(void **state)
{
	static const uint16_t regs[] = { 0x0003 };
	struct guess found[GUESS_MAX];

	(void)state;
	assert_int_equal(guess_find(regs, 1, 777, found), 0);
	assert_int_equal(guess_find(regs, 0, 777, found), 0);
}

static void many_zeros_give_no_more_than_there_is_room_for(void **state)
{
	static const uint16_t regs[125];
	struct guess found[GUESS_MAX];

	(void)state;
	assert_int_equal(guess_find(regs, 125, 0, found), GUESS_MAX);
	assert_int_equal(found[0].type, CODEC_U16);
	assert_int_equal(found[0].index, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_number_is_a_plain_number),
		cmocka_unit_test(a_negative_number_has_a_sign),
		cmocka_unit_test(floats_are_known_in_every_order),
		cmocka_unit_test(long_counters_are_known_by_their_words),
		cmocka_unit_test(digits_in_fours_are_bcd),
		cmocka_unit_test(it_is_found_in_the_midst_of_others),
		cmocka_unit_test(what_rounds_to_it_is_exact_and_goes_before_what_is_near),
		cmocka_unit_test(nothing_is_proposed_where_nothing_comes_near),
		cmocka_unit_test(many_zeros_give_no_more_than_there_is_room_for),
	};

	return UNIT_RUN(tests);
}
