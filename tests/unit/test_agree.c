/* A value that protects life: two readings that agree. */
#include "unit.h"

#include "base/util.h"
#include "field/agree.h"

static enum agree_verdict feed_bool(struct agree *a, bool b)
{
	struct value v = value_bool(b);

	return agree_feed(a, &v);
}

static enum agree_verdict feed_number(struct agree *a, double n)
{
	struct value v = value_number(n);

	return agree_feed(a, &v);
}

static void the_first_reading_of_all_is_confirmed(void **state)
{
	struct agree a = { 0 };

	(void)state;
	assert_int_equal(feed_bool(&a, true), AGREE_DOUBT);
	assert_int_equal(feed_bool(&a, true), AGREE_TELL);
	assert_int_equal(feed_bool(&a, true), AGREE_TELL);
}

static void a_change_that_is_read_once_is_noise(void **state)
{
	struct agree a = { 0 };

	(void)state;
	feed_bool(&a, false);
	feed_bool(&a, false);
	assert_int_equal(feed_bool(&a, true), AGREE_DOUBT);
	assert_int_equal(feed_bool(&a, false), AGREE_NOISE);
	assert_int_equal(feed_bool(&a, false), AGREE_TELL);
}

static void a_change_that_is_read_twice_is_told(void **state)
{
	struct agree a = { 0 };

	(void)state;
	feed_bool(&a, false);
	feed_bool(&a, false);
	assert_int_equal(feed_bool(&a, true), AGREE_DOUBT);
	assert_int_equal(feed_bool(&a, true), AGREE_TELL);
	assert_true(a.value.boolean);
}

static void texts_must_be_the_same(void **state)
{
	struct value normal = value_text("normal"), fire = value_text("fire"), fault = value_text("fault");
	struct agree a = { 0 };

	(void)state;
	agree_feed(&a, &normal);
	assert_int_equal(agree_feed(&a, &normal), AGREE_TELL);
	assert_int_equal(agree_feed(&a, &fire), AGREE_DOUBT);
	assert_int_equal(agree_feed(&a, &fault), AGREE_DOUBT); /* neither the old one nor the same again */
	assert_int_equal(agree_feed(&a, &fault), AGREE_TELL);
}

static void a_number_that_creeps_needs_no_second_reading_and_one_that_jumps_does(void **state)
{
	struct agree a = { 0 };

	(void)state;
	feed_number(&a, 20);
	assert_int_equal(feed_number(&a, 20.1), AGREE_TELL);
	for (double n = 20; n < 60; n *= 1.05)
		assert_int_equal(feed_number(&a, n), AGREE_TELL);
	feed_number(&a, 58);
	assert_int_equal(feed_number(&a, 200), AGREE_DOUBT);
	assert_int_equal(feed_number(&a, 190), AGREE_TELL); /* roughly the same: it is measured twice */
	assert_int_equal(feed_number(&a, 900), AGREE_DOUBT);
	assert_int_equal(feed_number(&a, 191), AGREE_NOISE);
}

static void what_was_not_confirmed_is_forgotten(void **state)
{
	struct agree a = { 0 };

	(void)state;
	feed_bool(&a, false);
	feed_bool(&a, false);
	assert_false(agree_forget(&a));
	feed_bool(&a, true);
	assert_true(agree_forget(&a));
	assert_int_equal(feed_bool(&a, true), AGREE_DOUBT);
	agree_lost(&a);
	assert_int_equal(feed_bool(&a, false), AGREE_DOUBT); /* after it was lost: as the first */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_reading_of_all_is_confirmed),
		cmocka_unit_test(a_change_that_is_read_once_is_noise),
		cmocka_unit_test(a_change_that_is_read_twice_is_told),
		cmocka_unit_test(texts_must_be_the_same),
		cmocka_unit_test(a_number_that_creeps_needs_no_second_reading_and_one_that_jumps_does),
		cmocka_unit_test(what_was_not_confirmed_is_forgotten),
	};

	return UNIT_RUN(tests);
}
