/* How far alarms have climbed their ladders, and who was told, over a restart of the store. */
#include "store_unit.h"

#include "alarm/ladder_run.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

static struct ladder_run *kept[8];
static size_t kept_count;

static void see(void *context, const struct ladder_run *r)
{
	(void)context;
	kept[kept_count++] = ladder_run_copy(r);
}

static void read_kept(const char *dir)
{
	struct store *s = store_unit_open(dir);

	assert_int_equal(store_restore(s, &(struct store_kept){ .ladder = see }), 0);
	store_close(s);
}

static int forget(void **state)
{
	for (size_t i = 0; i < kept_count; i++)
		ladder_run_free(kept[i]);
	kept_count = 0;
	return store_unit_teardown(state);
}

static struct ladder_run *run_of(const char *alarm)
{
	struct ladder_run *r = ladder_run_new(alarm);
	struct ladder_call *c;

	snprintf(r->ladder, sizeof(r->ladder), "L1");
	r->place = mem_strdup("b3/u1/1204");
	r->text_zh = mem_strdup("有人按下求助按钮");
	r->text_en = mem_strdup("help button pressed");
	r->state = LADDER_RUN_CLIMBING;
	r->priority = 1;
	r->urgent = true;
	r->began_us = clock_mono_us() - 90 * S;
	r->opened_us = r->began_us - 7 * MINUTE;
	r->awaited_us = r->began_us + 3 * S;
	r->late = true;
	r->next = 2;
	r->base = 3;
	r->round = 4;
	r->rose_to = 1;
	c = ladder_run_call(r, "wang", "desk");
	c->step = 4;
	c->state = LADDER_CALL_DELIVERED;
	c->done_us = (int64_t)1790000000 * S;
	c = ladder_run_call(r, "li", "desk");
	c->step = 5;
	c->clear = true;
	c->failures = 2;
	c->state = LADDER_CALL_FAILED;
	snprintf(c->text, sizeof(c->text), "没有网络");
	return r;
}

static void assert_same_run(const struct ladder_run *a, const struct ladder_run *b)
{
	assert_string_equal(a->alarm, b->alarm);
	assert_string_equal(a->ladder, b->ladder);
	assert_string_equal(a->place, b->place);
	assert_string_equal(a->text_zh, b->text_zh);
	assert_string_equal(a->text_en, b->text_en);
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->priority, b->priority);
	assert_int_equal(a->urgent, b->urgent);
	assert_int_equal(a->test, b->test);
	assert_int_equal(a->began_us, b->began_us);
	assert_int_equal(a->opened_us, b->opened_us);
	assert_int_equal(a->awaited_us, b->awaited_us);
	assert_int_equal(a->late, b->late);
	assert_int_equal(a->next, b->next);
	assert_int_equal(a->base, b->base);
	assert_int_equal(a->round, b->round);
	assert_int_equal(a->desperate, b->desperate);
	assert_int_equal(a->rose_to, b->rose_to);
	assert_int_equal(a->call_count, b->call_count);
	for (size_t i = 0; i < a->call_count; i++) {
		assert_string_equal(a->calls[i].contact, b->calls[i].contact);
		assert_string_equal(a->calls[i].duty, b->calls[i].duty);
		assert_string_equal(a->calls[i].text, b->calls[i].text);
		assert_int_equal(a->calls[i].step, b->calls[i].step);
		assert_int_equal(a->calls[i].round, b->calls[i].round);
		assert_int_equal(a->calls[i].clear, b->calls[i].clear);
		assert_int_equal(a->calls[i].state, b->calls[i].state);
		assert_int_equal(a->calls[i].failures, b->calls[i].failures);
		assert_int_equal(a->calls[i].done_us, b->calls[i].done_us);
	}
}

static void submit(const char *dir, const struct store_ladder *ladders, size_t count)
{
	struct store *s = store_unit_open(dir);

	assert_int_equal(store_submit_ladders(s, ladders, count, clock_now()), 0);
	store_close(s);
}

static void what_was_kept_comes_back_as_it_was(void **state)
{
	_cleanup_(ladder_run_freep) struct ladder_run *r = run_of("sos/sos-1204");

	submit(*state, &(struct store_ladder){ r->alarm, r }, 1);
	read_kept(*state);
	assert_int_equal(kept_count, 1);
	assert_same_run(kept[0], r);
}

static void the_last_word_counts_and_what_is_over_is_gone(void **state)
{
	_cleanup_(ladder_run_freep) struct ladder_run *a = run_of("a/1"), *b = run_of("b/1");
	struct store_ladder all[] = { { a->alarm, a }, { b->alarm, b } };

	submit(*state, all, 2);
	a->state = LADDER_RUN_CLEARING;
	a->round++;
	ladder_run_tidy(a);
	all[1].run = NULL;
	submit(*state, all, 2);
	read_kept(*state);
	assert_int_equal(kept_count, 1);
	assert_same_run(kept[0], a);
	assert_int_equal(kept[0]->call_count, 1);
}

static void of_another_boot_at_least_what_had_passed_counts(void **state)
{
	_cleanup_(ladder_run_freep) struct ladder_run *r = run_of("a/1");
	int64_t age_us;

	submit(*state, &(struct store_ladder){ r->alarm, r }, 1);
	store_unit_run(*state, "state.db", "UPDATE ladder SET boot = 'another', clock = 'unset', wall = 5");
	read_kept(*state);
	age_us = clock_mono_us() - kept[0]->began_us;
	assert_true(age_us >= 90 * S && age_us < 110 * S);
}

static void a_row_that_cannot_be_read_is_left_out(void **state)
{
	static const char *const damage[] = {
		"'{}'",
		"'[]'",
		"'nonsense'",
		"'{\"ladder\":1,\"state\":\"climbing\",\"place\":\"\"}'",
		"'{\"ladder\":\"L1\",\"state\":\"flying\",\"place\":\"\"}'",
	};

	for (size_t i = 0; i < ARRAY_SIZE(damage); i++) {
		_cleanup_(ladder_run_freep) struct ladder_run *a = run_of("a/1"), *b = run_of("b/1");
		struct store_ladder all[] = { { a->alarm, a }, { b->alarm, b } };
		_cleanup_str_buf_ struct str_buf sql = { 0 };

		submit(*state, all, 2);
		str_buf_printf(&sql, "UPDATE ladder SET run = %s WHERE alarm = 'a/1'", damage[i]);
		store_unit_run(*state, "state.db", sql.text);
		read_kept(*state);
		assert_int_equal(kept_count, 1);
		assert_string_equal(kept[0]->alarm, "b/1");
		ladder_run_free(kept[0]);
		kept_count = 0;
	}
}

static void numbers_that_nobody_wrote_are_bounded(void **state)
{
	_cleanup_(ladder_run_freep) struct ladder_run *r = run_of("a/1");

	submit(*state, &(struct store_ladder){ r->alarm, r }, 1);
	store_unit_run(
		*state, "state.db",
		"UPDATE ladder SET run = '{\"ladder\":\"L1\",\"state\":\"climbing\",\"place\":\"\",\"priority\":99,"
		"\"next\":-7,\"base\":99999999999,\"rose_to\":77,\"calls\":[{\"contact\":\"x\"},7,"
		"{\"contact\":\"x\",\"duty\":\"y\",\"state\":\"sent\",\"step\":-1}]}'");
	read_kept(*state);
	assert_int_equal(kept_count, 1);
	assert_int_equal(kept[0]->priority, 4);
	assert_int_equal(kept[0]->next, 0);
	assert_int_equal(kept[0]->base, INT16_MAX);
	assert_int_equal(kept[0]->rose_to, 4);
	assert_int_equal(kept[0]->call_count, 1);
	assert_int_equal(kept[0]->calls[0].step, 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, store_unit_setup, forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_was_kept_comes_back_as_it_was),
		CASE(the_last_word_counts_and_what_is_over_is_gone),
		CASE(of_another_boot_at_least_what_had_passed_counts),
		CASE(a_row_that_cannot_be_read_is_left_out),
		CASE(numbers_that_nobody_wrote_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
