#include "base/mem.h"
#include "base/util.h"
#include "unit.h"
#include "upstream/mend.h"

/* The first ten minutes of 1970 are meant 1795287600 s later. */
static const struct clock_shifts shifts = {
	.shifts = { { .from_us = 0, .to_us = 10 * MINUTE, .by_us = (int64_t)1795287600 * S } },
	.count = 1,
};

static void check(const char *payload, const char *expected)
{
	_cleanup_(freep) void *mended = NULL;

	clock_set_zone("Asia/Shanghai");
	mended = mend_payload(payload, &shifts);
	if (expected)
		assert_string_equal(mended, expected);
	else
		assert_null(mended);
}

static void every_stamp_of_an_alarm_is_mended(void **state)
{
	(void)state;
	check("{\"alarm\":\"a/b\",\"since\":\"1970-01-01T08:01:00.000+08:00\",\"reason\":{\"inputs\":["
	      "{\"value\":21.7,\"at\":\"1970-01-01T08:00:30.500+08:00\"},{\"value\":1,\"at\":null}]},"
	      "\"acked\":\"1970-01-01T08:02:00.000+08:00\"}",
	      "{\"alarm\":\"a/b\",\"since\":\"2026-11-22T03:01:00.000+08:00\",\"reason\":{\"inputs\":["
	      "{\"value\":21.7,\"at\":\"2026-11-22T03:00:30.500+08:00\"},{\"value\":1,\"at\":null}]},"
	      "\"acked\":\"2026-11-22T03:02:00.000+08:00\"}");
}

static void times_that_were_right_stay(void **state)
{
	(void)state;
	check("{\"since\":\"2026-11-01T08:01:00.000+08:00\",\"acked\":\"1970-01-01T08:01:00.000+08:00\"}",
	      "{\"since\":\"2026-11-01T08:01:00.000+08:00\",\"acked\":\"2026-11-22T03:01:00.000+08:00\"}");
}

static void a_payload_without_such_times_goes_as_it_is(void **state)
{
	(void)state;
	check("{\"n\": 1.50, \"since\":\"2026-11-01T08:01:00.000+08:00\"}", NULL);
	check("{\"text\":\"1970-01-01T08:01:00.000+08:00\",\"at\":\"soon\",\"since\":7}", NULL);
	check("no json", NULL);
	assert_null(mend_payload("{\"since\":\"1970-01-01T08:01:00.000+08:00\"}", &(struct clock_shifts){ 0 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_stamp_of_an_alarm_is_mended),
		cmocka_unit_test(times_that_were_right_stay),
		cmocka_unit_test(a_payload_without_such_times_goes_as_it_is),
	};

	return UNIT_RUN(tests);
}
