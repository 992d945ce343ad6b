/* Scopes, sessions and the waiting of those who guess: the pure parts of a login. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "app/refusals.h"
#include "app/sessions.h"
#include "app/throttle.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/util.h"
#include "model/scope.h"

/* ---- scope ---- */

static struct scope scope_of(const char *text)
{
	struct scope s;

	assert_int_equal(scope_parse(text, &s), 0);
	return s;
}

static void a_scope_covers_its_places_and_what_lies_below(void **state)
{
	struct scope s = scope_of("b3,b4/u1");

	(void)state;
	assert_true(scope_covers(&s, "b3"));
	assert_true(scope_covers(&s, "b3/u2/1204"));
	assert_true(scope_covers(&s, "b4/u1/101"));
	assert_false(scope_covers(&s, "b4"));
	assert_false(scope_covers(&s, "b4/u2"));
	assert_false(scope_covers(&s, "b30"));
	assert_false(scope_covers(&s, "b4/u10"));
	assert_true(scope_touches(&s, "b4"));
	assert_false(scope_touches(&s, "b5"));
}

static void what_belongs_to_no_place_is_the_whole_estates(void **state)
{
	struct scope part = scope_of("b3"), whole = scope_of("*"), nothing = { 0 };

	(void)state;
	assert_false(scope_covers(&part, NULL));
	assert_false(scope_covers(&part, ""));
	assert_true(scope_covers(&whole, NULL));
	assert_true(scope_covers(&whole, "b9"));
	assert_false(scope_covers(&nothing, "b9"));
}

static void a_scope_is_read_as_it_is_written(void **state)
{
	static const char *const good[] = { "*", "b3", "b3,b4/u1/1204" };
	static const char *const bad[] = { ",", "b3,", "b3,,b4", "B3", "b3/", "/b3", "b3 ,b4", "b3/../b4" };
	struct str_buf text _cleanup_str_buf_ = { 0 }, many _cleanup_str_buf_ = { 0 };
	struct scope s;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct scope read = scope_of(good[i]);

		str_buf_clear(&text);
		scope_write(&read, &text);
		assert_string_equal(str_buf_text(&text), good[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(scope_parse(bad[i], &s), -EINVAL);
	for (int i = 0; i <= SCOPE_PLACES; i++)
		str_buf_printf(&many, "%sb%d", i ? "," : "", i);
	assert_int_equal(scope_parse(many.text, &s), -E2BIG);
	assert_true(scope_of("").whole);
}

/* ---- sessions ---- */

static struct session *begin(struct sessions *t, bool wall, int64_t mono_us, char token[SESSIONS_TOKEN])
{
	struct session like = { .wall = wall };

	strcpy(like.user, "desk");
	return sessions_begin(t, &like, (struct clock_now){ .mono_us = mono_us, .wall_us = mono_us + 1000 * DAY },
			      token);
}

static void a_session_lasts_while_it_is_used_and_not_for_ever(void **state)
{
	struct sessions *t = MEM_NEW(struct sessions);
	char token[SESSIONS_TOKEN], other[SESSIONS_TOKEN];
	int64_t now_us = 5 * HOUR, at_us = now_us;

	(void)state;
	begin(t, false, now_us, token);
	begin(t, false, now_us, other);
	assert_string_not_equal(token, other);
	assert_non_null(sessions_use(t, token, now_us + 14 * MINUTE));
	assert_null(sessions_use(t, other, now_us + 15 * MINUTE));
	for (; at_us < now_us + 12 * HOUR; at_us += 14 * MINUTE)
		assert_non_null(sessions_use(t, token, at_us));
	assert_null(sessions_use(t, token, now_us + 12 * HOUR));
	assert_non_null(sessions_over(t, now_us + 12 * HOUR));
	free(t);
}

static void a_display_on_the_wall_lasts(void **state)
{
	struct sessions *t = MEM_NEW(struct sessions);
	char token[SESSIONS_TOKEN];

	(void)state;
	assert_true(begin(t, true, 0, token)->wall);
	assert_non_null(sessions_use(t, token, 20 * DAY));
	assert_non_null(sessions_use(t, token, 49 * DAY));
	assert_null(sessions_use(t, token, 80 * DAY));
	free(t);
}

static void only_the_token_opens_a_session_and_it_is_not_kept(void **state)
{
	struct sessions *t = MEM_NEW(struct sessions);
	char token[SESSIONS_TOKEN], wrong[SESSIONS_TOKEN];
	struct session *s = begin(t, false, 0, token);

	(void)state;
	assert_string_not_equal(s->hash, token);
	assert_null(sessions_use(t, s->hash, S));
	strcpy(wrong, token);
	wrong[63] = wrong[63] == '0' ? '1' : '0';
	assert_null(sessions_use(t, wrong, S));
	assert_null(sessions_use(t, "", S));
	assert_null(sessions_use(t, "short", S));
	for (size_t i = 0; i + SESSIONS_TOKEN <= sizeof(*t); i++)
		assert_memory_not_equal((const char *)t + i, token, SESSIONS_TOKEN - 1);
	free(t);
}

static void a_session_goes_on_after_a_restart_unless_it_is_too_old(void **state)
{
	struct sessions *before = MEM_NEW(struct sessions), *after = MEM_NEW(struct sessions);
	char token[SESSIONS_TOKEN];
	struct session *s = begin(before, false, 0, token), kept = *s;
	struct clock_now again = { .mono_us = 7 * S, .wall_us = s->made_us + 11 * HOUR };

	(void)state;
	assert_true(sessions_add(after, &kept, again));
	assert_non_null(sessions_use(after, token, again.mono_us + 14 * MINUTE));
	assert_null(sessions_use(after, token, again.mono_us + 61 * MINUTE));
	again.wall_us = s->made_us + 13 * HOUR;
	assert_false(sessions_add(after, &kept, again));
	free(before);
	free(after);
}

static void where_all_are_taken_the_one_that_is_idle_the_longest_goes(void **state)
{
	struct sessions *t = MEM_NEW(struct sessions);
	char first[SESSIONS_TOKEN], token[SESSIONS_TOKEN];
	uint64_t id;

	(void)state;
	begin(t, false, 0, first);
	for (int64_t i = 1; i < SESSIONS_MAX; i++)
		begin(t, false, i * S, token);
	id = sessions_use(t, first, SESSIONS_MAX * S)->id;
	assert_int_not_equal(sessions_oldest(t)->id, id);
	begin(t, false, SESSIONS_MAX * S, token);
	assert_non_null(sessions_use(t, first, SESSIONS_MAX * S));
	assert_ptr_equal(sessions_find(t, id), sessions_use(t, first, SESSIONS_MAX * S));
	free(t);
}

static void one_user_alone_ends_nobody_elses_sessions(void **state)
{
	struct sessions *t = MEM_NEW(struct sessions);
	char desk[SESSIONS_TOKEN], token[SESSIONS_TOKEN];
	struct session viewer = { .user = "viewer" };

	(void)state;
	begin(t, false, 0, desk);
	for (int64_t i = 1; i < 3 * SESSIONS_MAX; i++) {
		*sessions_making_room(t, "viewer") = (struct session){ 0 };
		sessions_begin(t, &viewer, (struct clock_now){ .mono_us = i * S, .wall_us = 1000 * DAY }, token);
	}
	assert_non_null(sessions_use(t, desk, 3 * SESSIONS_MAX * S));
	assert_non_null(sessions_use(t, token, 3 * SESSIONS_MAX * S));
	assert_int_equal(sessions_making_room(t, "desk")->id, 0);
	free(t);
}

static void a_change_is_signed_with_the_session(void **state)
{
	char csrf[SESSIONS_TOKEN];

	(void)state;
	sessions_csrf("a token", csrf);
	assert_true(sessions_csrf_good("a token", csrf));
	assert_false(sessions_csrf_good("another", csrf));
	assert_false(sessions_csrf_good("a token", ""));
	csrf[0] ^= 1;
	assert_false(sessions_csrf_good("a token", csrf));
}

/* ---- throttle ---- */

static void who_guesses_waits_ever_longer(void **state)
{
	struct throttle *t = MEM_NEW(struct throttle);
	int64_t now_us = HOUR;

	(void)state;
	for (int i = 0; i < 4; i++) {
		throttle_failed(t, THROTTLE_ACCOUNT, "desk", now_us);
		assert_int_equal(throttle_wait_us(t, THROTTLE_ACCOUNT, "desk", now_us), 0);
	}
	throttle_failed(t, THROTTLE_ACCOUNT, "desk", now_us);
	assert_int_equal(throttle_wait_us(t, THROTTLE_ACCOUNT, "desk", now_us), 30 * S);
	throttle_failed(t, THROTTLE_ACCOUNT, "desk", now_us);
	assert_int_equal(throttle_wait_us(t, THROTTLE_ACCOUNT, "desk", now_us), 60 * S);
	for (int i = 0; i < 100; i++)
		throttle_failed(t, THROTTLE_ACCOUNT, "desk", now_us);
	assert_int_equal(throttle_wait_us(t, THROTTLE_ACCOUNT, "desk", now_us), 15 * MINUTE);
	assert_int_equal(throttle_wait_us(t, THROTTLE_ACCOUNT, "desk", now_us + 15 * MINUTE), 0);
	assert_int_equal(throttle_wait_us(t, THROTTLE_ACCOUNT, "other", now_us), 0);
	assert_int_equal(throttle_wait_us(t, THROTTLE_ADDRESS, "desk", now_us), 0);
	free(t);
}

static void half_an_hour_without_a_failure_forgives(void **state)
{
	struct throttle *t = MEM_NEW(struct throttle);
	int64_t now_us = HOUR;

	(void)state;
	for (int i = 0; i < 20; i++)
		throttle_failed(t, THROTTLE_ACCOUNT, "desk", now_us);
	throttle_failed(t, THROTTLE_ACCOUNT, "desk", now_us + 31 * MINUTE);
	assert_int_equal(throttle_wait_us(t, THROTTLE_ACCOUNT, "desk", now_us + 31 * MINUTE), 0);
	for (int i = 0; i < 20; i++)
		throttle_failed(t, THROTTLE_ACCOUNT, "desk", now_us + 31 * MINUTE);
	throttle_forgive(t, THROTTLE_ACCOUNT, "desk");
	assert_int_equal(throttle_wait_us(t, THROTTLE_ACCOUNT, "desk", now_us + 31 * MINUTE), 0);
	free(t);
}

static void a_thousand_addresses_do_not_fill_the_memory(void **state)
{
	struct throttle *t = MEM_NEW(struct throttle);
	char name[32];

	(void)state;
	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "10.0.%d.%d", i / 250, i % 250);
		for (int j = 0; j < 16; j++)
			throttle_failed(t, THROTTLE_ADDRESS, name, HOUR + i * MS);
		assert_true(throttle_wait_us(t, THROTTLE_ADDRESS, name, HOUR + i * MS) > 0);
	}
	assert_int_equal(throttle_wait_us(t, THROTTLE_ADDRESS, "10.0.0.1", HOUR), 0);
	free(t);
}

static void who_is_refused_again_and_again_is_a_number_in_the_end(void **state)
{
	struct refusals r = { 0 };
	struct refusals_of over;
	unsigned recorded = 0;

	(void)state;
	for (int i = 0; i < 1000; i++)
		recorded += refusals_count(&r, "night-desk", S);
	assert_int_equal(recorded, REFUSALS_EACH);
	assert_true(refusals_count(&r, "carer-2", 2 * S));
	assert_false(refusals_over(&r, MINUTE, &over));
	assert_true(refusals_over(&r, MINUTE + S, &over));
	assert_string_equal(over.who, "night-desk");
	assert_int_equal(over.count, 1000 - REFUSALS_EACH);
	/* One refusal of another is recorded already: there is nothing more to say of him. */
	assert_false(refusals_over(&r, 2 * MINUTE, &over));
	assert_true(refusals_count(&r, "night-desk", 2 * MINUTE));
}

static void where_too_many_are_refused_each_is_recorded(void **state)
{
	struct refusals r = { 0 };
	char who[REFUSALS_WHO];

	(void)state;
	for (int i = 0; i < 2 * REFUSALS_PEOPLE; i++) {
		snprintf(who, sizeof(who), "user-%d", i);
		for (int times = 0; times <= REFUSALS_EACH; times++)
			assert_int_equal(refusals_count(&r, who, S), times < REFUSALS_EACH || i >= REFUSALS_PEOPLE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_scope_covers_its_places_and_what_lies_below),
		cmocka_unit_test(what_belongs_to_no_place_is_the_whole_estates),
		cmocka_unit_test(a_scope_is_read_as_it_is_written),
		cmocka_unit_test(a_session_lasts_while_it_is_used_and_not_for_ever),
		cmocka_unit_test(a_display_on_the_wall_lasts),
		cmocka_unit_test(only_the_token_opens_a_session_and_it_is_not_kept),
		cmocka_unit_test(a_session_goes_on_after_a_restart_unless_it_is_too_old),
		cmocka_unit_test(where_all_are_taken_the_one_that_is_idle_the_longest_goes),
		cmocka_unit_test(one_user_alone_ends_nobody_elses_sessions),
		cmocka_unit_test(a_change_is_signed_with_the_session),
		cmocka_unit_test(who_guesses_waits_ever_longer),
		cmocka_unit_test(half_an_hour_without_a_failure_forgives),
		cmocka_unit_test(a_thousand_addresses_do_not_fill_the_memory),
		cmocka_unit_test(who_is_refused_again_and_again_is_a_number_in_the_end),
		cmocka_unit_test(where_too_many_are_refused_each_is_recorded),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
