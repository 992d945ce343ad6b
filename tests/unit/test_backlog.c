/* test_backlog.c: what a client that was away can still be told. */
#include "unit.h"

#include "api/backlog.h"
#include "base/mem.h"

static void add(struct backlog *b, enum backlog_kind kind, const char *name)
{
	backlog_add(b, (struct backlog_event){ .kind = kind, .name = mem_strdup(name), .frame = mem_strdup("frame") });
}

static size_t count_after(const struct backlog *b, uint64_t id, enum backlog_kind kind)
{
	const struct backlog_event *e;
	size_t count = 0;
	uint64_t last = id;

	while ((e = backlog_after(b, last))) {
		assert_true(e->id > last);
		last = e->id;
		count += e->kind == kind;
	}
	return count;
}

static void ids_begin_where_they_are_told_and_grow_by_one(void **state)
{
	struct backlog b;

	(void)state;
	backlog_init(&b, 10, 500);
	assert_int_equal(backlog_next_id(&b), 500);
	add(&b, BACKLOG_ALARM, "a");
	add(&b, BACKLOG_POINT, "b");
	assert_int_equal(backlog_after(&b, 0)->id, 500);
	assert_int_equal(backlog_after(&b, 500)->id, 501);
	assert_null(backlog_after(&b, 501));
	backlog_fini(&b);
}

static void points_never_push_alarms_out(void **state)
{
	struct backlog b;

	(void)state;
	backlog_init(&b, 100, 1);
	add(&b, BACKLOG_ALARM, "sos/sos-1");
	add(&b, BACKLOG_HEALTH, "gw");
	for (size_t i = 0; i < 5000; i++)
		add(&b, BACKLOG_POINT, "lift-1.floor");
	assert_int_equal(count_after(&b, 0, BACKLOG_ALARM), 1);
	assert_int_equal(count_after(&b, 0, BACKLOG_HEALTH), 1);
	assert_int_equal(count_after(&b, 0, BACKLOG_POINT), 100);
	backlog_fini(&b);
}

static void a_client_knows_when_something_is_lost_for_it(void **state)
{
	struct backlog b;

	(void)state;
	backlog_init(&b, 3, 10);
	assert_true(backlog_complete(&b, 9));   /* all there is: nothing */
	assert_false(backlog_complete(&b, 8));  /* of an earlier life */
	assert_false(backlog_complete(&b, 10)); /* of a later one */
	for (size_t i = 0; i < 4; i++)
		add(&b, BACKLOG_ALARM, "x"); /* 10 is pushed out */
	assert_false(backlog_complete(&b, 9));
	assert_true(backlog_complete(&b, 10));
	assert_true(backlog_complete(&b, 13));
	backlog_fini(&b);
}

static void points_that_were_not_kept_are_a_gap_for_those_before(void **state)
{
	struct backlog b;

	(void)state;
	backlog_init(&b, 3, 1);
	add(&b, BACKLOG_ALARM, "x");
	assert_true(backlog_complete(&b, 1));
	backlog_skip_points(&b);
	assert_false(backlog_complete(&b, 1));
	assert_true(backlog_complete(&b, 2));
	backlog_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_begin_where_they_are_told_and_grow_by_one),
		cmocka_unit_test(points_never_push_alarms_out),
		cmocka_unit_test(a_client_knows_when_something_is_lost_for_it),
		cmocka_unit_test(points_that_were_not_kept_are_a_gap_for_those_before),
	};

	return UNIT_RUN(tests);
}
