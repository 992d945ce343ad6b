/* How often a robot may speak: what is urgent is never told to wait for longer than the second, others leave room for it. */
#include "unit.h"

#include "sdk/sdk_clock.h"
#include "webhook-notifier/pace.h"

#define S      SDK_CLOCK_S
#define MINUTE (60 * S)
#define NOW    (1000 * MINUTE)

static void an_urgent_message_goes_at_once_up_to_the_limit_and_is_tried_beyond_it(void **state)
{
	struct pace p = { .per_minute = 20 };
	int64_t due_us = 0;

	(void)state;
	for (int i = 0; i < 20; i++) {
		assert_int_equal(pace_urgent(&p, NOW + i, &due_us), PACE_GO);
		pace_sent(&p, NOW + i);
	}
	assert_int_equal(pace_urgent(&p, NOW + 20, &due_us), PACE_FULL);
	assert_int_equal(pace_urgent(&p, NOW + MINUTE - 1, &due_us), PACE_FULL);
	assert_int_equal(pace_urgent(&p, NOW + MINUTE, &due_us), PACE_GO);
}

static void an_urgent_message_waits_for_no_longer_than_the_second(void **state)
{
	struct pace p = { .per_minute = 100, .per_second = 5 };
	int64_t due_us = 0;

	(void)state;
	for (int i = 0; i < 5; i++)
		pace_sent(&p, NOW + i);
	assert_int_equal(pace_urgent(&p, NOW + 10, &due_us), PACE_WAIT);
	assert_int_equal(due_us, NOW + S);
	assert_int_equal(pace_urgent(&p, due_us, &due_us), PACE_GO);
}

static void others_leave_a_quarter_of_every_minute_free(void **state)
{
	static const int limits[] = { 1, 2, 3, 4, 5, 8, 20, 60, 100, 600 };

	(void)state;
	for (size_t l = 0; l < sizeof(limits) / sizeof(limits[0]); l++) {
		struct pace p = { .per_minute = limits[l] };
		int64_t due_us = 0, now_us = NOW, sent_us[4000];
		int sent = 0;

		for (; now_us < NOW + 5 * MINUTE; now_us += S / 10)
			if (pace_other(&p, now_us, &due_us) == PACE_GO) {
				pace_sent(&p, now_us);
				sent_us[sent++] = now_us;
			} else {
				assert_true(due_us > now_us && due_us <= now_us + MINUTE);
			}
		for (int i = 0, j = 0; i < sent; i++) {
			for (; sent_us[i] - sent_us[j] >= MINUTE; j++)
				;
			assert_true(i - j + 1 <= limits[l] - limits[l] / 4);
		}
		assert_true(sent >= 5 * limits[l] / 2); /* and are not starved */
	}
}

static void urgent_ones_take_the_place_of_others(void **state)
{
	struct pace p = { .per_minute = 20 };
	int64_t due_us = 0;

	(void)state;
	for (int i = 0; i < 15; i++)
		pace_sent(&p, NOW + i * S);
	assert_int_equal(pace_other(&p, NOW + 15 * S, &due_us), PACE_WAIT);
	assert_int_equal(due_us, NOW + MINUTE);
	assert_int_equal(pace_urgent(&p, NOW + 15 * S, &due_us), PACE_GO);
}

static void a_hold_of_the_maker_holds_others_alone(void **state)
{
	struct pace p = { .per_minute = 20 };
	int64_t due_us = 0;

	(void)state;
	pace_hold(&p, NOW + 5 * S);
	pace_hold(&p, NOW + 2 * S);
	assert_int_equal(pace_other(&p, NOW, &due_us), PACE_WAIT);
	assert_int_equal(due_us, NOW + 5 * S);
	assert_int_equal(pace_urgent(&p, NOW, &due_us), PACE_GO);
	assert_int_equal(pace_other(&p, NOW + 5 * S, &due_us), PACE_GO);
}

static void without_a_limit_nothing_waits(void **state)
{
	struct pace p = { 0 };
	int64_t due_us = 0;

	(void)state;
	for (int i = 0; i < 2 * PACE_LIMIT_MAX; i++) {
		assert_int_equal(pace_urgent(&p, NOW, &due_us), PACE_GO);
		assert_int_equal(pace_other(&p, NOW, &due_us), PACE_GO);
		pace_sent(&p, NOW);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_urgent_message_goes_at_once_up_to_the_limit_and_is_tried_beyond_it),
		cmocka_unit_test(an_urgent_message_waits_for_no_longer_than_the_second),
		cmocka_unit_test(others_leave_a_quarter_of_every_minute_free),
		cmocka_unit_test(urgent_ones_take_the_place_of_others),
		cmocka_unit_test(a_hold_of_the_maker_holds_others_alone),
		cmocka_unit_test(without_a_limit_nothing_waits),
	};

	return UNIT_RUN(tests);
}
