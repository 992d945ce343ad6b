/* Who is told next, and when: what is foretold is what happens, in virtual time. */
#include "unit.h"

#include <stdio.h>

#include "alarm/ladder_ahead.h"
#include "base/str.h"

#define BEGAN (1000 * DAY)

static const struct plugin sms = { .id = "sms" };
static const char *const desk[] = { "desk" }, *const siren[] = { "siren" }, *const second[] = { "desk-2" },
			 *const outside[] = { "family", "grid" }, *const boss[] = { "supervisor" },
			 *const backup[] = { "backup" };
static const struct ladder_step l1_steps[] = {
	{ .to = desk, .to_count = 1 },
	{ .after_us = MINUTE, .to = second, .to_count = 1 },
	{ .after_us = 3 * MINUTE, .to = outside, .to_count = 2, .all = true },
	{ .after_us = 5 * MINUTE, .to = boss, .to_count = 1 },
};
static const struct ladder_step l2_steps[] = {
	{ .to = desk, .to_count = 1 },
	{ .after_us = 15 * MINUTE, .to = backup, .to_count = 1 },
	{ .after_us = 30 * MINUTE, .priority = 1, .then = "L1" },
};
static const struct ladder_step round_steps[] = {
	{ .to = desk, .to_count = 1 },
	{ .after_us = MINUTE, .to = siren, .to_count = 1 },
};
static const struct ladder ladders[] = {
	{ .id = "L1", .steps = l1_steps, .step_count = 4 },
	{ .id = "L2", .steps = l2_steps, .step_count = 3 },
	{ .id = "round", .steps = round_steps, .step_count = 2, .repeat_us = HOUR },
};
/* The second desk is there by night only. */
static const struct contact_span nights[] = { { .days = 0xff, .from_min = 20 * 60, .to_min = 8 * 60 } };
#define PERSON .to_json = "{}", .duty_count = 1, .rate = 20
static const struct contact people[] = {
	{ .id = "office", .name = "office", .duties = desk, PERSON },
	{ .id = "bell", .name = "bell", .duties = siren, .output = "relay-1.on", PERSON },
	{ .id = "night-desk",
	  .name = "night desk",
	  .duties = second,
	  .notifier = &sms,
	  .roster = nights,
	  .span_count = 1,
	  PERSON },
	{ .id = "family-12", .name = "family of resident 12", .duties = outside, .notifier = &sms, PERSON },
	{ .id = "grid-3", .name = "grid worker 3", .duties = outside + 1, .notifier = &sms, PERSON },
	{ .id = "manager", .name = "manager", .duties = boss, .notifier = &sms, PERSON },
	{ .id = "spare", .name = "spare", .duties = backup, .notifier = &sms, PERSON },
};

static struct ladder_book *book;
static struct ladder_effects effects;
static struct clock_now now;
static struct alarm alarm_now;

static struct ladder_turn turn(void)
{
	return (struct ladder_turn){ .now = now, .clock_known = true, .out = &effects };
}

static int begin(void **state)
{
	(void)state;
	now = (struct clock_now){ .mono_us = BEGAN, .wall_us = (int64_t)1790000000 * S };
	book = ladder_book_new(&(struct ladder_book_setup){ .ladders = ladders,
							    .ladder_count = ARRAY_SIZE(ladders),
							    .people = { people, ARRAY_SIZE(people), NULL, 0 } });
	alarm_now =
		(struct alarm){ .id = (char *)"sos/sos-1", .place = (char *)"b3/u1/1204", .text_en = (char *)"help" };
	return 0;
}

static int end(void **state)
{
	(void)state;
	ladder_book_free(book);
	ladder_book_effects_fini(&effects);
	return 0;
}

static void at_hour(int hour)
{
	struct contact_moment m = contact_moment_at(now.wall_us, true);

	now.wall_us += (int64_t)(hour * 60 - m.minute) * MINUTE;
}

/* Who was told by now; everybody who is told hears it. */
static size_t told(const char *contact)
{
	struct ladder_turn t = turn();
	size_t count = 0;

	while (effects.message_count) {
		struct ladder_effects taken = effects;

		effects = (struct ladder_effects){ 0 };
		for (size_t i = 0; i < taken.message_count; i++) {
			count += !contact || str_equal(contact, taken.messages[i].contact->id);
			ladder_book_answer(book, &(struct ladder_answer){ .message = taken.messages[i].id, .ok = true },
					   &t);
		}
		ladder_book_effects_fini(&taken);
	}
	return count;
}

static void alarm_is(enum alarm_state state, int priority, const char *ladder)
{
	struct ladder_turn t = turn();

	alarm_now.state = state;
	alarm_now.priority = priority;
	alarm_now.life_safety = alarm_now.latch = priority == 1;
	ladder_book_alarm(book, &alarm_now, ladder, &t);
	ladder_book_tick(book, &t);
	told(NULL);
}

static size_t pass_to(int64_t at_us, const char *contact)
{
	size_t count = 0;

	for (int64_t due_us; (due_us = MAX(ladder_book_due(book), now.mono_us)) <= at_us;) {
		struct ladder_turn t;

		now.wall_us += due_us - now.mono_us;
		now.mono_us = due_us;
		t = turn();
		ladder_book_tick(book, &t);
		count += told(contact);
		if (ladder_book_due(book) <= now.mono_us)
			break;
	}
	now.wall_us += at_us - now.mono_us;
	now.mono_us = at_us;
	return count;
}

/* "step 3 +3m0s family-12 grid-3", or "nobody" */
static const char *ahead(void)
{
	static struct str_buf said;
	struct ladder_turn t = turn();
	struct ladder_ahead a;
	char after[STR_DURATION_MAX];

	str_buf_clear(&said);
	if (!ladder_ahead_find(book, "sos/sos-1", &t, &a))
		return "nobody";
	str_buf_printf(&said, "%s", ladder_ahead_by_name(a.by));
	if (a.step)
		str_buf_printf(&said, " %u", a.step);
	if (a.priority)
		str_buf_printf(&said, " to %d", a.priority);
	str_buf_printf(&said, " in %s", str_from_duration(a.at_us - now.mono_us, after));
	for (size_t i = 0; i < a.name_count; i++)
		str_buf_printf(&said, " %s", a.names[i].contact);
	return str_buf_text(&said);
}

static void the_next_step_is_known_with_its_people_and_its_time(void **state)
{
	(void)state;
	at_hour(23);
	alarm_is(ALARM_UNACKED, 1, "L1");
	assert_string_equal(ahead(), "step 2 in 1m night-desk");
	pass_to(BEGAN + 40 * S, NULL);
	assert_string_equal(ahead(), "step 2 in 20s night-desk");
	assert_int_equal(pass_to(BEGAN + MINUTE, "night-desk"), 1);
	assert_string_equal(ahead(), "step 3 in 2m family-12 grid-3");
	assert_int_equal(pass_to(BEGAN + 3 * MINUTE, "grid-3"), 1);
	assert_string_equal(ahead(), "step 4 in 2m manager");
}

static void a_step_whose_people_are_off_duty_is_passed_over(void **state)
{
	(void)state;
	at_hour(12);
	alarm_is(ALARM_UNACKED, 1, "L1");
	assert_string_equal(ahead(), "step 3 in 3m family-12 grid-3");
	assert_int_equal(pass_to(BEGAN + 3 * MINUTE - S, NULL), 0);
	assert_int_equal(pass_to(BEGAN + 3 * MINUTE, "family-12"), 1);
}

static void an_acknowledgement_leaves_the_arrival_and_an_arrival_nothing(void **state)
{
	(void)state;
	alarm_is(ALARM_UNACKED, 1, "L1");
	pass_to(BEGAN + 20 * S, NULL);
	alarm_is(ALARM_ACKED, 1, "L1");
	assert_string_equal(ahead(), "arrival in 580s manager");
	assert_int_equal(pass_to(BEGAN + 10 * MINUTE, "manager"), 1);
	assert_string_equal(ahead(), "nobody");
	alarm_now.arrived_us = now.wall_us;
	alarm_is(ALARM_ACKED, 1, "L1");
	assert_string_equal(ahead(), "nobody");
}

static void what_waits_for_others_of_its_building_is_told_then(void **state)
{
	(void)state;
	alarm_is(ALARM_UNACKED, 2, "L2");
	pass_to(BEGAN + 15 * MINUTE, NULL);
	assert_string_equal(ahead(), "step 2 in 30s spare");
	assert_int_equal(pass_to(BEGAN + 15 * MINUTE + 30 * S, "spare"), 1);
}

static void that_it_becomes_more_urgent_is_known(void **state)
{
	(void)state;
	alarm_is(ALARM_UNACKED, 2, "L2");
	assert_string_equal(ahead(), "step 2 in 930s spare");
	pass_to(BEGAN + 20 * MINUTE, NULL);
	assert_string_equal(ahead(), "rise to 1 in 10m");
	pass_to(BEGAN + 30 * MINUTE, NULL);
	assert_int_equal(effects.rise_count, 1);
	assert_int_equal(effects.rises[0].priority, 1);
}

static void what_has_been_climbed_begins_again_at_its_foot(void **state)
{
	(void)state;
	alarm_is(ALARM_UNACKED, 3, "round");
	assert_string_equal(ahead(), "step 2 in 1m bell");
	pass_to(BEGAN + MINUTE, NULL);
	assert_string_equal(ahead(), "again 1 in 1h office");
}

static void what_is_on_no_ladder_or_over_is_told_to_nobody(void **state)
{
	(void)state;
	assert_string_equal(ahead(), "nobody");
	alarm_is(ALARM_UNACKED, 3, NULL);
	assert_string_equal(ahead(), "nobody");
	alarm_is(ALARM_NORMAL, 3, NULL);
	assert_string_equal(ahead(), "nobody");
}

static void looking_ahead_changes_nothing(void **state)
{
	struct ladder_run *before;
	const struct ladder_run *after;

	(void)state;
	alarm_is(ALARM_UNACKED, 1, "L1");
	ladder_book_effects_fini(&effects);
	before = ladder_run_copy(ladder_book_find(book, "sos/sos-1"));
	for (int i = 0; i < 50; i++)
		ahead();
	after = ladder_book_find(book, "sos/sos-1");
	assert_int_equal(after->next, before->next);
	assert_int_equal(after->call_count, before->call_count);
	assert_int_equal(after->round, before->round);
	assert_int_equal(effects.word_count + effects.message_count + effects.rise_count, 0);
	ladder_run_free(before);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest cases[] = {
		CASE(the_next_step_is_known_with_its_people_and_its_time),
		CASE(a_step_whose_people_are_off_duty_is_passed_over),
		CASE(an_acknowledgement_leaves_the_arrival_and_an_arrival_nothing),
		CASE(what_waits_for_others_of_its_building_is_told_then),
		CASE(that_it_becomes_more_urgent_is_known),
		CASE(what_has_been_climbed_begins_again_at_its_foot),
		CASE(what_is_on_no_ladder_or_over_is_told_to_nobody),
		CASE(looking_ahead_changes_nothing),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
