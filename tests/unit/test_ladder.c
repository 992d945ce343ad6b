/* Who is told of an alarm, when, and what happens when that fails: ladders in virtual time. */
#include "unit.h"

#include <stdio.h>

#include "alarm/ladder_book.h"
#include "base/mem.h"
#include "base/str.h"

#define BEGAN (1000 * DAY)

/* ---- an estate with people ---- */

static const struct plugin sms = { .id = "sms" }, chat = { .id = "chat" };
static const char *const desk_duty[] = { "desk" }, *const second_duty[] = { "desk-2" },
			 *const family_duty[] = { "family" }, *const boss_duty[] = { "supervisor" },
			 *const backup_duty[] = { "backup" };
static const char *const flat[] = { "b3/u1/1204" };
static const struct contact_span nights[] = { { .days = 0xff, .from_min = 20 * 60, .to_min = 8 * 60 } };

static struct contact people[320]; /* to fill a run's calls */
static const struct ladder_step l1_steps[] = {
	{ .to = desk_duty, .to_count = 1 },
	{ .after_us = MINUTE, .to = second_duty, .to_count = 1 },
	{ .after_us = 3 * MINUTE, .to = family_duty, .to_count = 1, .all = true },
	{ .after_us = 5 * MINUTE, .to = boss_duty, .to_count = 1 },
};
static const struct ladder_step l2_steps[] = {
	{ .to = desk_duty, .to_count = 1 },
	{ .after_us = 15 * MINUTE, .to = backup_duty, .to_count = 1 },
	{ .after_us = 30 * MINUTE, .priority = 1, .then = "L1" },
};
#define CROWD_EACH 32
static const char *const crowd_duties[] = { "d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7" };
static const char *const pair_duty[] = { "pair" };
static const struct ladder_step crowd_steps[] = {
	{ .to = crowd_duties, .to_count = ARRAY_SIZE(crowd_duties), .all = true },
	{ .after_us = MINUTE, .to = pair_duty, .to_count = 1 },
};
static const struct ladder ladders[] = {
	{ .id = "L1", .steps = l1_steps, .step_count = 4 },
	{ .id = "L2", .steps = l2_steps, .step_count = 3, .repeat_us = 4 * HOUR },
	{ .id = "crowd", .steps = crowd_steps, .step_count = 2 },
};

static struct ladder_book *book;
static struct ladder_effects effects;
static struct clock_now now;
static bool clock_known;
static struct str_buf said;     /* what went out, and what was recorded of it */
static const char *unreachable; /* contacts who cannot be told, separated by blanks; "*": nobody can */
static const char *silent;      /* contacts whose notifier says nothing */
static uint64_t last_message;
static bool arrived; /* somebody is there */

static void add_person(const char *id, const char *const *duty, const struct plugin *notifier)
{
	size_t i = 0;

	while (people[i].id)
		i++;
	people[i] = (struct contact){
		.id = id, .name = id, .to_json = "{}", .duties = duty, .duty_count = 1, .notifier = notifier, .rate = 20
	};
}

static size_t person_count(void)
{
	size_t count = 0;

	while (people[count].id)
		count++;
	return count;
}

static struct contact *person(const char *id)
{
	for (size_t i = 0; people[i].id; i++)
		if (str_equal(people[i].id, id))
			return &people[i];
	fail_msg("no contact %s", id);
	return NULL;
}

static struct ladder_book *new_book(void)
{
	return ladder_book_new(&(struct ladder_book_setup){ .ladders = ladders,
							    .ladder_count = ARRAY_SIZE(ladders),
							    .people = { people, person_count(), NULL, 0 } });
}

static int begin(void **state)
{
	(void)state;
	memset(people, 0, sizeof(people));
	add_person("wang", desk_duty, &sms);
	add_person("li", desk_duty, &chat);
	add_person("zhao", second_duty, &sms);
	add_person("son", family_duty, &sms);
	add_person("daughter", family_duty, &chat);
	add_person("chen", boss_duty, &sms);
	add_person("sun", backup_duty, &sms);
	now = (struct clock_now){ .mono_us = BEGAN, .wall_us = (int64_t)1790000000 * S };
	clock_known = true;
	arrived = false;
	unreachable = silent = "";
	book = new_book();
	return 0;
}

static int end(void **state)
{
	(void)state;
	ladder_book_free(book);
	ladder_book_effects_fini(&effects);
	str_buf_fini(&said);
	return 0;
}

/* ---- time ---- */

static bool listed(const char *list, const char *id)
{
	return str_equal(list, "*") || strstr(list, id) != NULL;
}

static struct ladder_turn turn(void)
{
	return (struct ladder_turn){ .now = now, .clock_known = clock_known, .out = &effects };
}

/* "+60s zhao/2 fire" for each that goes out; the notifier answers at once. */
static void say_message(const struct ladder_message *m)
{
	char age[STR_DURATION_MAX];
	int64_t since_us = now.mono_us - BEGAN;

	str_buf_printf(&said, "%s+%s %s%s", said.len ? ", " : "", since_us ? str_from_duration(since_us, age) : "0s",
		       m->contact->id, m->clear ? " clear" : "");
	for (size_t i = 0; i < m->line_count; i++) {
		if (m->clear)
			str_buf_printf(&said, " %s", m->lines[i].alarm);
		else
			str_buf_printf(&said, " %s/%u", m->lines[i].alarm, m->lines[i].step);
	}
}

static void settle(void)
{
	struct ladder_turn t = turn();

	for (int turns = 0; effects.message_count; turns++) {
		struct ladder_effects taken = effects;

		assert_true(turns < 1000); /* whoever answers at once, it ends */
		effects = (struct ladder_effects){ .rises = taken.rises, .rise_count = taken.rise_count };
		taken.rises = NULL;
		taken.rise_count = 0;
		for (size_t i = 0; i < taken.message_count; i++) {
			const struct ladder_message *m = &taken.messages[i];

			say_message(m);
			last_message = m->id;
			if (!listed(silent, m->contact->id))
				ladder_book_answer(book,
						   &(struct ladder_answer){ .message = m->id,
									    .ok = !listed(unreachable, m->contact->id),
									    .text = "no network" },
						   &t);
		}
		ladder_book_effects_fini(&taken);
	}
}

static void pass(int64_t us)
{
	int64_t until_us = now.mono_us + us;

	for (int64_t due_us; (due_us = ladder_book_due(book)) <= until_us;) {
		struct ladder_turn t;

		due_us = MAX(due_us, now.mono_us);
		now.wall_us += due_us - now.mono_us;
		now.mono_us = due_us;
		t = turn();
		ladder_book_tick(book, &t);
		settle();
	}
	now.wall_us += until_us - now.mono_us;
	now.mono_us = until_us;
}

struct told {
	const char *id;
	enum alarm_state state;
	int priority;
	bool life_safety, test;
	const char *place, *ladder;
};

static void alarm_is(struct told w)
{
	struct alarm a = { .id = (char *)w.id,
			   .state = w.state,
			   .priority = w.priority,
			   .life_safety = w.life_safety,
			   .latch = w.life_safety,
			   .test = w.test,
			   .arrived_us = arrived ? now.wall_us : 0,
			   .place = (char *)(w.place ? w.place : "b3/u1/1204"),
			   .text_en = (char *)"text" };
	struct ladder_turn t = turn();

	ladder_book_alarm(book, &a, w.ladder ? w.ladder : w.priority <= 1 ? "L1" : "L2", &t);
	settle();
}

static void sos(enum alarm_state state)
{
	alarm_is((struct told){ .id = "sos", .state = state, .priority = 1, .life_safety = true });
}

static void tank(enum alarm_state state)
{
	alarm_is((struct told){ .id = "tank", .state = state, .priority = 2 });
}

/* What was said since the last time. */
#define assert_said(expected)                                       \
	do {                                                        \
		assert_string_equal(str_buf_text(&said), expected); \
		str_buf_clear(&said);                               \
	} while (0)

static size_t times_said(const char *what)
{
	size_t count = 0;

	for (const char *at = str_buf_text(&said); (at = strstr(at, what)); at++)
		count++;
	return count;
}

/* Rises are the caller's to carry out. */
static int take_rise(void)
{
	int priority = effects.rise_count ? effects.rises[0].priority : 0;

	ladder_book_effects_fini(&effects);
	return priority;
}

/* kill -9, and what was kept goes on. */
static void restart(void)
{
	struct ladder_book *before = book;
	const struct ladder_run *r;

	book = new_book();
	for (size_t position = 0; (r = ladder_book_next(before, &position));)
		ladder_book_restore(book, ladder_run_copy(r));
	ladder_book_free(before);
}

/* ---- climbing ---- */

static void each_step_tells_its_people_at_its_time(void **state)
{
	(void)state;
	sos(ALARM_UNACKED);
	assert_said("+0s wang sos/1");
	pass(5 * MINUTE);
	assert_said("+1m zhao sos/2, +3m son sos/3, +3m daughter sos/3, +5m chen sos/4");
}

static void nobody_there_in_ten_minutes_is_told_though_it_was_acknowledged(void **state)
{
	(void)state;
	sos(ALARM_UNACKED);
	pass(30 * S);
	sos(ALARM_ACKED);
	pass(10 * MINUTE - 30 * S - 1);
	assert_said("+0s wang sos/1");
	pass(1);
	assert_said("+10m chen sos/0");
	restart();
	sos(ALARM_ACKED);
	pass(DAY);
	assert_said("");
	sos(ALARM_NORMAL);
	assert_said("+1450m wang clear sos, +1450m chen clear sos");
}

static void that_nobody_is_there_is_told_again_until_somebody_hears_it(void **state)
{
	(void)state;
	sos(ALARM_UNACKED);
	sos(ALARM_ACKED);
	str_buf_clear(&said);
	unreachable = "chen";
	pass(12 * MINUTE);
	assert_said("+10m chen sos/0, +11m chen sos/0, +12m chen sos/0");
	restart();
	sos(ALARM_ACKED);
	unreachable = "";
	pass(DAY);
	assert_said("+13m chen sos/0");
	restart();
	sos(ALARM_ACKED);
	pass(DAY);
	assert_said("");
}

static void an_arrival_ends_that(void **state)
{
	(void)state;
	sos(ALARM_UNACKED);
	sos(ALARM_ACKED);
	str_buf_clear(&said);
	unreachable = "chen";
	pass(11 * MINUTE - 1);
	assert_said("+10m chen sos/0");
	arrived = true;
	sos(ALARM_ACKED);
	pass(DAY);
	assert_said("");
}

/* That nobody went to the power: his notifier is starting. */
static void chen_waits_for_it(void)
{
	struct ladder_turn t;

	alarm_is((struct told){ .id = "power", .state = ALARM_UNACKED, .priority = 1 });
	alarm_is((struct told){ .id = "power", .state = ALARM_ACKED, .priority = 1 });
	silent = "chen";
	pass(10 * MINUTE);
	assert_said("+0s wang power/1, +10m chen power/0");
	t = turn();
	ladder_book_later(book, &(struct ladder_answer){ .message = last_message, .text = "starting" }, &t);
	silent = "";
}

static void an_acknowledgement_does_not_keep_it_from_who_waits_for_it(void **state)
{
	(void)state;
	chen_waits_for_it();
	alarm_is((struct told){ .id = "power", .state = ALARM_ACKED, .priority = 1 });
	alarm_is((struct told){ .id = "power", .state = ALARM_UNACKED, .priority = 1 });
	alarm_is((struct told){ .id = "power", .state = ALARM_ACKED, .priority = 1 });
	pass(20 * S);
	assert_said("+10m wang power/1, +601s chen power/0");
}

static void who_has_arrived_keeps_it_from_him(void **state)
{
	(void)state;
	chen_waits_for_it();
	arrived = true;
	alarm_is((struct told){ .id = "power", .state = ALARM_ACKED, .priority = 1 });
	pass(MINUTE);
	assert_said("");
}

static void it_is_told_once_however_often_it_needs_a_look(void **state)
{
	(void)state;
	sos(ALARM_UNACKED);
	pass(11 * MINUTE);
	assert_int_equal(times_said("chen sos/0"), 1);
	for (int i = 0; i < 3; i++) {
		sos(ALARM_ACKED);
		sos(ALARM_UNACKED);
		pass(11 * MINUTE);
	}
	assert_int_equal(times_said("chen sos/0"), 1);
	assert_int_equal(times_said("chen sos/4"), 4);
}

static void where_life_is_in_danger_who_is_off_duty_hears_it_too(void **state)
{
	(void)state;
	person("chen")->roster = nights, person("chen")->span_count = 1;
	now.wall_us = (int64_t)1789992000 * S; /* noon */
	clock_set_zone("UTC");
	sos(ALARM_UNACKED);
	sos(ALARM_ACKED);
	alarm_is((struct told){ .id = "power", .state = ALARM_UNACKED, .priority = 1 });
	alarm_is((struct told){ .id = "power", .state = ALARM_ACKED, .priority = 1 });
	str_buf_clear(&said);
	pass(HOUR);
	assert_said("+10m chen sos/0"); /* of the other one when he is on duty */
	pass(8 * HOUR);
	assert_said("+8h chen power/0");
}

static void of_the_next_time_it_is_told_anew(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		arrived = false;
		sos(ALARM_UNACKED);
		sos(ALARM_ACKED);
		str_buf_clear(&said);
		pass(10 * MINUTE);
		assert_int_equal(strcmp(strstr(str_buf_text(&said), "m ") + 2, "chen sos/0"), 0);
		arrived = true;
		sos(ALARM_ACKED);
	}
}

static void who_has_arrived_stops_the_arrival_clock(void **state)
{
	(void)state;
	sos(ALARM_UNACKED);
	sos(ALARM_ACKED);
	arrived = true;
	sos(ALARM_ACKED);
	pass(DAY);
	assert_said("+0s wang sos/1");
}

static void nobody_goes_to_what_is_in_test_or_less_urgent(void **state)
{
	(void)state;
	tank(ALARM_UNACKED);
	tank(ALARM_ACKED);
	alarm_is(
		(struct told){ .id = "sos", .state = ALARM_UNACKED, .priority = 1, .life_safety = true, .test = true });
	pass(DAY);
	assert_said("");
}

static void an_acknowledgement_stops_the_next_steps(void **state)
{
	(void)state;
	sos(ALARM_UNACKED);
	pass(2 * MINUTE);
	assert_said("+0s wang sos/1, +1m zhao sos/2");
	sos(ALARM_ACKED);
	pass(8 * MINUTE - 1);
	assert_said("");
	assert_int_equal(ladder_book_find(book, "sos")->state, LADDER_RUN_STOPPED);
}

static void what_needs_a_look_again_begins_at_the_foot(void **state)
{
	(void)state;
	sos(ALARM_UNACKED);
	pass(2 * MINUTE);
	sos(ALARM_ACKED);
	pass(8 * MINUTE);
	str_buf_clear(&said);
	sos(ALARM_UNACKED);
	pass(MINUTE);
	assert_said("+10m wang sos/1, +11m zhao sos/2");
}

static void saying_the_same_again_does_nothing(void **state)
{
	(void)state;
	sos(ALARM_UNACKED);
	sos(ALARM_UNACKED);
	pass(30 * S);
	sos(ALARM_UNACKED);
	assert_said("+0s wang sos/1");
}

static void who_protects_life_climbs_on_though_it_is_over(void **state)
{
	(void)state;
	sos(ALARM_UNACKED);
	pass(10 * S);
	sos(ALARM_RTN_UNACKED);
	pass(MINUTE);
	assert_said("+0s wang sos/1, +1m zhao sos/2");
}

static void a_step_of_a_clock_moves_nothing(void **state)
{
	(void)state;
	sos(ALARM_UNACKED);
	now.wall_us += 40 * 365 * DAY;
	pass(59 * S);
	assert_said("+0s wang sos/1");
	now.wall_us -= 50 * 365 * DAY;
	pass(S);
	assert_said("+1m zhao sos/2");
}

/* ---- failures ---- */

static void a_failed_call_goes_on_to_the_next_contact_at_once(void **state)
{
	(void)state;
	unreachable = "wang";
	sos(ALARM_UNACKED);
	assert_said("+0s wang sos/1, +0s li sos/1");
	pass(59 * S);
	assert_said("");
}

static void a_step_that_reaches_nobody_is_followed_by_the_next_at_once(void **state)
{
	(void)state;
	unreachable = "wang li zhao";
	sos(ALARM_UNACKED);
	assert_said("+0s wang sos/1, +0s li sos/1, +0s zhao sos/2, +0s son sos/3, +0s daughter sos/3");
	pass(5 * MINUTE);
	assert_said("+5m chen sos/4");
}

static void no_answer_is_a_failure_after_a_while(void **state)
{
	(void)state;
	silent = "wang";
	sos(ALARM_UNACKED);
	pass(19 * S);
	assert_said("+0s wang sos/1");
	pass(S);
	assert_said("+20s li sos/1");
}

static void a_late_answer_still_counts(void **state)
{
	struct ladder_turn t;
	uint64_t late;

	(void)state;
	silent = "wang";
	sos(ALARM_UNACKED);
	late = last_message;
	pass(25 * S);
	t = turn();
	ladder_book_answer(book, &(struct ladder_answer){ .message = late, .ok = true }, &t);
	settle();
	str_buf_clear(&said);
	sos(ALARM_ACKED);
	sos(ALARM_NORMAL);
	assert_said("+25s wang clear sos, +25s li clear sos"); /* both were told */
}

static void another_notifiers_word_counts_for_nothing(void **state)
{
	struct ladder_turn t;

	(void)state;
	silent = "wang";
	sos(ALARM_UNACKED);
	t = turn();
	for (int ok = 0; ok < 2; ok++) {
		ladder_book_answer(
			book, &(struct ladder_answer){ .message = last_message, .ok = ok != 0, .notifier = "chat" },
			&t);
		settle();
		assert_int_equal(ladder_book_find(book, "sos")->calls[0].state, LADDER_CALL_SENT);
	}
	ladder_book_answer(book, &(struct ladder_answer){ .message = last_message, .ok = true, .notifier = "sms" }, &t);
	assert_int_equal(ladder_book_find(book, "sos")->calls[0].state, LADDER_CALL_DELIVERED);
	assert_said("+0s wang sos/1");
}

static void while_nobody_is_reached_it_goes_on_for_ever(void **state)
{
	(void)state;
	unreachable = "*";
	sos(ALARM_UNACKED);
	str_buf_clear(&said);
	pass(MINUTE);
	assert_non_null(strstr(str_buf_text(&said), "+1m wang sos/1"));
	pass(DAY);
	str_buf_clear(&said);
	unreachable = "";
	pass(MINUTE);
	assert_non_null(strstr(str_buf_text(&said), " wang sos/1"));
}

static void what_does_not_protect_life_is_tried_less_often_until_somebody_is_told(void **state)
{
	(void)state;
	unreachable = "*";
	alarm_is((struct told){ .id = "power", .state = ALARM_UNACKED, .priority = 1 });
	pass(DAY);
	str_buf_clear(&said);
	pass(HOUR);
	assert_int_equal(times_said("wang power/1"), 6);
	assert_int_equal(ladder_book_find(book, "power")->vain, 10);
	unreachable = "";
	pass(10 * MINUTE);
	assert_int_equal(ladder_book_find(book, "power")->vain, 0);
	alarm_is((struct told){ .id = "power", .state = ALARM_ACKED, .priority = 1 });
	unreachable = "*";
	alarm_is((struct told){ .id = "power", .state = ALARM_UNACKED, .priority = 1 });
	str_buf_clear(&said);
	pass(MINUTE);
	assert_non_null(strstr(str_buf_text(&said), "wang power/1"));
}

/* ---- a great many calls ---- */

/* Everybody of the crowd can be told but the last `lost`. */
static void crowd_is_told(size_t count, size_t lost)
{
	static char ids[ARRAY_SIZE(people)][8], lost_ids[sizeof(ids)];
	size_t len = 0;

	add_person("pair-a", pair_duty, &sms);
	add_person("pair-b", pair_duty, &chat);
	for (size_t i = 0; i < count; i++) {
		snprintf(ids[i], sizeof(ids[i]), "c%03zu", i % 1000);
		if (i + lost >= count)
			len += (size_t)snprintf(lost_ids + len, sizeof(lost_ids) - len, " %s", ids[i]);
		add_person(ids[i], &crowd_duties[i / CROWD_EACH], &sms);
	}
	unreachable = lost ? lost_ids : unreachable;
	ladder_book_free(book);
	book = new_book();
	alarm_is((struct told){
		.id = "fire", .state = ALARM_UNACKED, .priority = 1, .life_safety = true, .ladder = "crowd" });
}

static void two_who_fail_at_once_are_not_tried_in_turns_for_ever(void **state)
{
	(void)state;
	unreachable = "pair-a pair-b";
	crowd_is_told(LADDER_RUN_CALLS_MAX - 2, 0);
	pass(2 * MINUTE);
	assert_int_equal(times_said("pair-a fire/2"), 1);
	assert_int_equal(times_said("pair-b fire/2"), 1);
}

static void without_room_for_another_call_it_ends_too(void **state)
{
	(void)state;
	unreachable = "pair-a pair-b";
	crowd_is_told(LADDER_RUN_CALLS_MAX - 1, 0);
	pass(2 * MINUTE);
	assert_int_equal(times_said("pair-a fire/2"), 1);
	assert_int_equal(times_said("pair-b fire/2"), 0);
}

static void a_call_that_there_is_no_room_for_was_not_made(void **state)
{
	(void)state;
	crowd_is_told(LADDER_RUN_CALLS_MAX, 0);
	ladder_book_effects_fini(&effects);
	pass(2 * MINUTE);
	assert_int_equal(times_said("pair-"), 0);
	assert_int_equal(effects.word_count, 1); /* that nobody is told is on record */
	assert_string_equal(effects.words[0].contact, "");
}

static void everybody_of_a_crowd_gets_the_all_clear_once(void **state)
{
	(void)state;
	crowd_is_told(LADDER_RUN_CALLS_MAX - 8, LADDER_RUN_CALLS_MAX - 8 - 100);
	str_buf_clear(&said);
	alarm_is((struct told){
		.id = "fire", .state = ALARM_NORMAL, .priority = 1, .life_safety = true, .ladder = "crowd" });
	assert_int_equal(times_said("clear fire"), 100);
	assert_int_equal(times_said("c099 clear"), 1);
}

static void a_run_full_of_people_who_were_told_has_room_for_their_all_clear(void **state)
{
	(void)state;
	crowd_is_told(LADDER_RUN_CALLS_MAX, 0);
	str_buf_clear(&said);
	alarm_is((struct told){
		.id = "fire", .state = ALARM_NORMAL, .priority = 1, .life_safety = true, .ladder = "crowd" });
	assert_int_equal(times_said("clear fire"), LADDER_RUN_CALLS_MAX);
	assert_null(ladder_book_find(book, "fire"));
}

static void who_is_off_duty_is_told_of_danger_when_nobody_else_can_be(void **state)
{
	(void)state;
	for (size_t i = 0; people[i].id; i++)
		people[i].roster = nights, people[i].span_count = 1;
	now.wall_us = (int64_t)1789992000 * S; /* noon */
	clock_set_zone("UTC");
	sos(ALARM_UNACKED);
	assert_said("");
	pass(MINUTE);
	assert_said("+1m wang sos/1");
}

static void without_a_clock_everybody_is_on_duty(void **state)
{
	(void)state;
	for (size_t i = 0; people[i].id; i++)
		people[i].roster = nights, people[i].span_count = 1;
	now.wall_us = 12 * HOUR;
	clock_set_zone("UTC");
	clock_known = false;
	sos(ALARM_UNACKED);
	assert_said("+0s wang sos/1");
}

static void a_notifier_that_ends_has_failed(void **state)
{
	struct ladder_turn t;

	(void)state;
	silent = "wang";
	sos(ALARM_UNACKED);
	str_buf_clear(&said);
	t = turn();
	ladder_book_lost(book, "sms", "ended", &t);
	settle();
	assert_said("+0s li sos/1");
}

static void a_notifier_that_is_starting_is_waited_for_a_little(void **state)
{
	(void)state;
	silent = "wang";
	sos(ALARM_UNACKED);
	for (int i = 0; i < 16; i++) {
		struct ladder_turn t = turn();

		ladder_book_later(book, &(struct ladder_answer){ .message = last_message, .text = "starting" }, &t);
		settle();
		if (strstr(str_buf_text(&said), " li"))
			break;
		pass(S);
	}
	assert_non_null(strstr(str_buf_text(&said), "+14s wang sos/1, +15s wang sos/1, +15s li sos/1"));
}

/* ---- the all-clear ---- */

static void everybody_who_was_told_gets_the_all_clear(void **state)
{
	(void)state;
	unreachable = "wang";
	sos(ALARM_UNACKED);
	pass(3 * MINUTE);
	str_buf_clear(&said);
	sos(ALARM_ACKED);
	sos(ALARM_LATCHED);
	assert_said("");
	sos(ALARM_NORMAL);
	assert_said("+3m li clear sos, +3m zhao clear sos, +3m son clear sos, +3m daughter clear sos");
	assert_null(ladder_book_find(book, "sos"));
}

static void what_is_over_by_itself_ends_with_the_all_clear(void **state)
{
	(void)state;
	tank(ALARM_UNACKED);
	pass(MINUTE);
	str_buf_clear(&said);
	tank(ALARM_RTN_UNACKED);
	pass(HOUR);
	assert_said("+330s wang clear tank");
	assert_null(ladder_book_find(book, "tank"));
}

static void nobody_was_told_nobody_hears_that_it_is_over(void **state)
{
	(void)state;
	tank(ALARM_UNACKED);
	pass(29 * S);
	tank(ALARM_RTN_UNACKED);
	pass(HOUR);
	assert_said("");
	assert_null(ladder_book_find(book, "tank"));
}

static void an_all_clear_that_fails_is_tried_again(void **state)
{
	(void)state;
	sos(ALARM_UNACKED);
	str_buf_clear(&said);
	unreachable = "wang";
	sos(ALARM_NORMAL);
	pass(HOUR);
	assert_said("+0s wang clear sos, +1m wang clear sos, +2m wang clear sos");
	assert_null(ladder_book_find(book, "sos"));
}

static void it_came_back_before_all_heard_that_it_was_over(void **state)
{
	(void)state;
	tank(ALARM_UNACKED);
	pass(MINUTE);
	tank(ALARM_RTN_UNACKED);
	tank(ALARM_UNACKED);
	str_buf_clear(&said);
	pass(10 * MINUTE);
	assert_said("+330s wang tank/1");
}

/* ---- grouping and rates ---- */

static void several_alarms_of_one_building_are_one_message(void **state)
{
	(void)state;
	alarm_is((struct told){ .id = "t3", .state = ALARM_UNACKED, .priority = 3 });
	pass(10 * S);
	alarm_is((struct told){ .id = "t2", .state = ALARM_UNACKED, .priority = 2, .place = "b3/roof" });
	alarm_is((struct told){ .id = "other", .state = ALARM_UNACKED, .priority = 2, .place = "b4" });
	pass(20 * S);
	assert_said("+30s wang t2/1 t3/1"); /* the most urgent one first */
	pass(10 * S);
	assert_said("+40s wang other/1");
}

static void a_flood_in_a_building_is_one_message_too(void **state)
{
	struct ladder_turn t;
	char id[16];

	(void)state;
	for (int i = 0; i < 150; i++) {
		snprintf(id, sizeof(id), "t%d", i);
		alarm_is((struct told){ .id = id, .state = ALARM_UNACKED, .priority = 3 });
	}
	now.mono_us += 30 * S;
	t = turn();
	ladder_book_tick(book, &t);
	assert_int_equal(effects.message_count, 1);
	assert_int_equal(effects.messages[0].line_count, 150);
	settle();
}

static void a_building_speaks_once_in_five_minutes(void **state)
{
	(void)state;
	tank(ALARM_UNACKED);
	pass(MINUTE);
	alarm_is((struct told){ .id = "late", .state = ALARM_UNACKED, .priority = 2 });
	pass(14 * MINUTE);
	assert_said("+30s wang tank/1, +330s wang late/1");
}

static void priority_1_goes_at_once_and_alone(void **state)
{
	(void)state;
	tank(ALARM_UNACKED);
	alarm_is((struct told){ .id = "power", .state = ALARM_UNACKED, .priority = 1 });
	assert_said("+0s wang power/1");
}

static void a_rate_never_holds_what_protects_life(void **state)
{
	char id[16];

	(void)state;
	person("wang")->rate = 2;
	for (int i = 0; i < 3; i++) {
		snprintf(id, sizeof(id), "p%d", i);
		alarm_is((struct told){ .id = id, .state = ALARM_UNACKED, .priority = 1 });
	}
	assert_said("+0s wang p0/1, +0s wang p1/1, +0s wang p2/1"); /* nor what is for a call-out */
	for (int i = 0; i < 5; i++) {
		snprintf(id, sizeof(id), "sos%d", i);
		alarm_is((struct told){ .id = id, .state = ALARM_UNACKED, .priority = 1, .life_safety = true });
	}
	assert_said("+0s wang sos0/1, +0s wang sos1/1, +0s wang sos2/1, +0s wang sos3/1, +0s wang sos4/1");
}

static void what_a_rate_holds_goes_in_order_of_priority(void **state)
{
	(void)state;
	person("wang")->rate = 1;
	alarm_is((struct told){ .id = "note", .state = ALARM_UNACKED, .priority = 4, .place = "b1" });
	alarm_is((struct told){ .id = "shift", .state = ALARM_UNACKED, .priority = 3, .place = "b2" });
	alarm_is((struct told){ .id = "soon", .state = ALARM_UNACKED, .priority = 2, .place = "b3" });
	alarm_is((struct told){ .id = "now", .state = ALARM_UNACKED, .priority = 1, .place = "b4" });
	assert_said("+0s wang now/1"); /* it is counted */
	alarm_is((struct told){ .id = "now", .state = ALARM_ACKED, .priority = 1, .place = "b4" });
	str_buf_clear(&said);
	pass(4 * MINUTE);
	assert_said("+1m wang soon/1, +2m wang shift/1, +3m wang note/1");
}

static void what_could_not_be_handed_over_is_not_counted_by_the_rate(void **state)
{
	(void)state;
	person("wang")->rate = 1;
	silent = "wang";
	tank(ALARM_UNACKED);
	pass(30 * S);
	assert_said("+30s wang tank/1");
	for (int i = 0; i < 3; i++) {
		struct ladder_turn t = turn();

		ladder_book_later(book, &(struct ladder_answer){ .message = last_message, .text = "starting" }, &t);
		pass(S);
	}
	assert_said("+31s wang tank/1, +32s wang tank/1, +33s wang tank/1");
}

static void the_patience_for_a_starting_notifier_begins_when_it_is_wanted(void **state)
{
	struct ladder_turn t;

	(void)state;
	silent = "wang";
	tank(ALARM_UNACKED); /* made now, wanted when its group has waited */
	pass(30 * S);
	str_buf_clear(&said);
	t = turn();
	ladder_book_later(book, &(struct ladder_answer){ .message = last_message, .text = "starting" }, &t);
	settle();
	pass(S);
	assert_said("+31s wang tank/1"); /* he again, not the next one */
}

/* ---- a notifier that comes back ---- */

static void notifier_is_back(const char *id)
{
	struct ladder_turn t = turn();

	ladder_book_ready(book, id, &t);
	settle();
}

static void a_notifier_that_is_back_is_used_at_once(void **state)
{
	(void)state;
	unreachable = "*";
	sos(ALARM_UNACKED);
	pass(10 * S);
	str_buf_clear(&said);
	unreachable = "";
	notifier_is_back("sms");
	assert_said("+10s wang sos/1"); /* not at the next minute */
	notifier_is_back("sms");
	assert_said(""); /* nothing waits any more */
}

static void a_notifier_that_comes_and_goes_is_not_a_flood(void **state)
{
	(void)state;
	unreachable = "*";
	sos(ALARM_UNACKED);
	pass(10 * S);
	str_buf_clear(&said);
	for (int i = 0; i < 50; i++) { /* five seconds */
		notifier_is_back("sms");
		pass(100 * MS);
	}
	assert_int_equal(times_said("wang sos/1"), 2);
}

static void an_all_clear_does_not_wait_for_it_either(void **state)
{
	(void)state;
	sos(ALARM_UNACKED);
	str_buf_clear(&said);
	unreachable = "wang";
	sos(ALARM_NORMAL);
	assert_said("+0s wang clear sos");
	unreachable = "";
	pass(S);
	notifier_is_back("chat");
	assert_said(""); /* another one's */
	notifier_is_back("sms");
	assert_said("+1s wang clear sos");
}

static void that_nobody_has_arrived_does_not_wait_for_it_either(void **state)
{
	(void)state;
	sos(ALARM_UNACKED);
	sos(ALARM_ACKED);
	unreachable = "*";
	pass(10 * MINUTE + 20 * S);
	str_buf_clear(&said);
	unreachable = "";
	notifier_is_back("sms");
	assert_said("+620s chen sos/0");
}

static void who_could_not_be_told_is_known_until_he_is_tried_again(void **state)
{
	const struct ladder_run *r;
	size_t failed = 0;

	(void)state;
	unreachable = "*";
	sos(ALARM_UNACKED);
	r = ladder_book_find(book, "sos");
	assert_int_equal(r->next, 0); /* it waits for the next round */
	for (int round = 0; round < 5; round++, pass(MINUTE)) {
		failed = 0;
		for (size_t i = 0; i < r->call_count; i++)
			failed += r->calls[i].state == LADDER_CALL_FAILED && r->calls[i].text[0];
		assert_int_equal(failed, 6); /* each of those of L1, once */
	}
	unreachable = "";
	pass(MINUTE);
	sos(ALARM_NORMAL);
	pass(MINUTE);
	assert_null(ladder_book_find(book, "sos"));
}

/* ---- sirens and lamps ---- */

static const struct rule quiet_rules[] = { { .id = "duress", .silent = true }, { .id = "sos" } };

static void duress_is_heard_by_nobody_who_is_there(void **state)
{
	static const char *const siren_duty[] = { "desk" };
	struct alarm a = { .id = (char *)"duress/door",
			   .rule = (char *)"duress",
			   .state = ALARM_UNACKED,
			   .priority = 1,
			   .life_safety = true,
			   .place = (char *)"b3" };
	struct ladder_turn t;

	(void)state;
	memset(people, 0, sizeof(people));
	add_person("siren", siren_duty, NULL);
	people[0].output = "relay.on";
	add_person("wang", desk_duty, &sms);
	ladder_book_free(book);
	book = ladder_book_new(&(struct ladder_book_setup){ .ladders = ladders,
							    .ladder_count = ARRAY_SIZE(ladders),
							    .people = { people, person_count(), NULL, 0 },
							    .rules = quiet_rules,
							    .rule_count = ARRAY_SIZE(quiet_rules) });
	t = turn();
	ladder_book_alarm(book, &a, "L1", &t);
	settle();
	assert_said("+0s wang duress/door/1");
	sos(ALARM_UNACKED);
	assert_said("+0s siren sos/1, +0s wang sos/1"); /* beside who is on duty */
}

static void a_siren_is_nobody_who_was_told(void **state)
{
	(void)state;
	add_person("siren", desk_duty, NULL);
	add_person("lamp", desk_duty, NULL);
	person("siren")->output = "relay.on";
	person("lamp")->output = "relay.lamp";
	ladder_book_free(book);
	book = new_book();
	unreachable = "wang li";
	sos(ALARM_UNACKED);
	/* All that sound do, and as nobody else was reached the next step is at once. */
	assert_said("+0s wang sos/1, +0s siren sos/1, +0s lamp sos/1, +0s li sos/1, +0s zhao sos/2");
	unreachable = "*";
	sos(ALARM_NORMAL);
}

static void what_is_only_advised_makes_no_sound(void **state)
{
	(void)state;
	person("wang")->notifier = NULL;
	person("wang")->output = "relay.on";
	alarm_is((struct told){ .id = "note", .state = ALARM_UNACKED, .priority = 4 });
	pass(MINUTE);
	assert_said("+30s li note/1");
	alarm_is((struct told){ .id = "shift", .state = ALARM_UNACKED, .priority = 3, .place = "b9" });
	assert_said("+1m wang shift/1");
	pass(30 * S);
	assert_said("+90s li shift/1");
}

static void what_is_in_test_sounds_nowhere(void **state)
{
	(void)state;
	person("wang")->notifier = NULL;
	person("wang")->output = "relay.on";
	person("li")->notifier = NULL; /* the page */
	alarm_is(
		(struct told){ .id = "sos", .state = ALARM_UNACKED, .priority = 1, .life_safety = true, .test = true });
	assert_said("+0s li sos/1");
}

/* ---- a great many people ---- */

static void everybody_of_a_duty_is_told_however_many_they_are(void **state)
{
	static char ids[100][8];

	(void)state;
	memset(people, 0, sizeof(people));
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		snprintf(ids[i], sizeof(ids[i]), "f%02zu", i);
		add_person(ids[i], family_duty, &sms);
	}
	ladder_book_free(book);
	book = new_book();
	sos(ALARM_UNACKED);
	assert_int_equal(times_said("sos/3"), 100); /* the steps before have nobody */
}

/* ---- priorities ---- */

static void priority_2_becomes_1_when_nobody_looks_for_half_an_hour(void **state)
{
	(void)state;
	tank(ALARM_UNACKED);
	pass(30 * MINUTE - 1);
	assert_said("+30s wang tank/1, +930s sun tank/2");
	assert_int_equal(take_rise(), 0);
	pass(1);
	assert_int_equal(take_rise(), 1);
	assert_int_equal(ladder_book_find(book, "tank")->rose_to, 1);
	alarm_is((struct told){ .id = "tank", .state = ALARM_UNACKED, .priority = 1 }); /* its transition */
	pass(MINUTE);
	assert_non_null(strstr(str_buf_text(&said), "wang tank/4"));
	assert_non_null(strstr(str_buf_text(&said), "+31m zhao tank/5"));
}

static void nobody_can_be_told_is_no_reason_to_call_it_more_urgent_before_its_time(void **state)
{
	(void)state;
	unreachable = "*";
	tank(ALARM_UNACKED);
	pass(30 * MINUTE - 1);
	assert_int_equal(take_rise(), 0);
	assert_true(ladder_book_find(book, "tank")->round > 1); /* it was tried again and again */
	pass(1);
	assert_int_equal(take_rise(), 1);
}

static void priority_3_stays_what_it_is(void **state)
{
	(void)state;
	alarm_is((struct told){ .id = "lamp", .state = ALARM_UNACKED, .priority = 3 });
	pass(4 * HOUR);
	assert_int_equal(take_rise(), 0);
	assert_said("+30s wang lamp/1, +930s sun lamp/2");
	pass(31 * MINUTE);
	assert_said("+16230s wang lamp/1"); /* four hours after the last step */
}

static void what_is_urgent_already_goes_on_to_the_ladder_of_its_priority(void **state)
{
	(void)state;
	alarm_is((struct told){ .id = "power", .state = ALARM_UNACKED, .priority = 1, .ladder = "L2" });
	pass(31 * MINUTE);
	assert_int_equal(take_rise(), 0);
	assert_string_equal(ladder_book_find(book, "power")->ladder, "L1");
	assert_non_null(strstr(str_buf_text(&said), "+30m wang power/4, +31m zhao power/5"));
}

static void what_has_risen_stays_risen_when_it_needs_a_look_again(void **state)
{
	(void)state;
	tank(ALARM_UNACKED);
	pass(30 * MINUTE);
	assert_int_equal(take_rise(), 1);
	for (int i = 0; i < 2; i++) {
		alarm_is((struct told){ .id = "tank", .state = ALARM_ACKED, .priority = 1, .ladder = "L2" });
		alarm_is((struct told){ .id = "tank", .state = ALARM_UNACKED, .priority = 1, .ladder = "L2" });
		assert_int_equal(ladder_book_find(book, "tank")->rose_to, 1); /* a restart needs it */
	}
	tank(ALARM_ACKED); /* it is over, and begins again as what it is */
	tank(ALARM_UNACKED);
	assert_int_equal(ladder_book_find(book, "tank")->rose_to, 0);
}

static void what_became_more_urgent_by_itself_is_told_anew(void **state)
{
	(void)state;
	alarm_is((struct told){ .id = "leak", .state = ALARM_UNACKED, .priority = 3 });
	pass(10 * MINUTE);
	str_buf_clear(&said);
	alarm_is((struct told){ .id = "leak", .state = ALARM_UNACKED, .priority = 2 });
	pass(MINUTE);
	assert_said("+630s wang leak/1");
}

/* ---- tests ---- */

static void what_is_in_test_calls_nobody_outside(void **state)
{
	(void)state;
	alarm_is(
		(struct told){ .id = "sos", .state = ALARM_UNACKED, .priority = 1, .life_safety = true, .test = true });
	pass(HOUR);
	assert_said("");
}

static void who_wants_to_hear_of_tests_does(void **state)
{
	(void)state;
	person("li")->tests = true;
	alarm_is(
		(struct told){ .id = "sos", .state = ALARM_UNACKED, .priority = 1, .life_safety = true, .test = true });
	assert_said("+0s li sos/1");
}

static void a_real_one_after_a_test_is_told(void **state)
{
	(void)state;
	alarm_is(
		(struct told){ .id = "sos", .state = ALARM_UNACKED, .priority = 1, .life_safety = true, .test = true });
	pass(30 * S);
	sos(ALARM_UNACKED);
	assert_said("+30s wang sos/1");
}

/* ---- places ---- */

static void the_nearest_of_a_duty_is_told_first(void **state)
{
	(void)state;
	person("li")->places = flat;
	person("li")->place_count = 1;
	unreachable = "li";
	sos(ALARM_UNACKED);
	assert_said("+0s li sos/1, +0s wang sos/1");
	alarm_is((struct told){ .id = "x", .state = ALARM_UNACKED, .priority = 1, .place = "b4" });
	assert_said("+0s wang x/1");
}

/* ---- restart and reload ---- */

static void steps_go_on_after_a_kill_where_they_were(void **state)
{
	(void)state;
	sos(ALARM_UNACKED);
	pass(2 * MINUTE);
	str_buf_clear(&said);
	restart();
	sos(ALARM_UNACKED);
	pass(3 * MINUTE);
	assert_said("+3m son sos/3, +3m daughter sos/3, +5m chen sos/4");
}

static void what_was_sent_and_not_answered_is_sent_again(void **state)
{
	(void)state;
	silent = "wang";
	sos(ALARM_UNACKED);
	restart();
	silent = "";
	str_buf_clear(&said);
	sos(ALARM_UNACKED);
	assert_said("+0s wang sos/1");
}

static void an_alarm_that_is_gone_after_a_restart_gets_its_all_clear(void **state)
{
	struct ladder_turn t;

	(void)state;
	sos(ALARM_UNACKED);
	restart();
	str_buf_clear(&said);
	t = turn();
	ladder_book_end_strangers(book, &t);
	settle();
	assert_said("+0s wang clear sos");
	assert_null(ladder_book_find(book, "sos"));
}

static void a_contact_that_a_reload_took_away_is_passed_over(void **state)
{
	struct ladder_book *before = book;

	(void)state;
	tank(ALARM_UNACKED);
	people[0] = people[1]; /* wang is gone, li is there twice: once is enough */
	memmove(&people[1], &people[2], sizeof(people) - 2 * sizeof(people[0]));
	book = new_book();
	ladder_book_carry(book, before);
	ladder_book_free(before);
	tank(ALARM_UNACKED);
	pass(MINUTE);
	assert_said("+0s li tank/1");
}

static void what_waits_for_an_answer_goes_by_the_means_that_a_reload_gives(void **state)
{
	struct contact_list before = { people, person_count(), NULL, 0 };
	static struct contact after[ARRAY_SIZE(people)];
	struct ladder_book *old = book;
	struct ladder_turn t;

	(void)state;
	silent = "wang";
	sos(ALARM_UNACKED);
	str_buf_clear(&said);
	memcpy(after, people, sizeof(after));
	after[0].notifier = &chat;
	book = ladder_book_new(&(struct ladder_book_setup){
		.ladders = ladders, .ladder_count = ARRAY_SIZE(ladders), .people = { after, before.count, NULL, 0 } });
	ladder_book_carry(book, old);
	ladder_book_free(old);
	t = turn();
	ladder_book_tick(book, &t);
	settle();
	assert_said("+0s wang sos/1");
}

static void changes_are_told_until_they_are_saved(void **state)
{
	const struct ladder_run *r = NULL;
	size_t position = 0;

	(void)state;
	sos(ALARM_UNACKED);
	assert_string_equal(ladder_book_next_change(book, &position, &r), "sos");
	assert_non_null(r);
	assert_null(ladder_book_next_change(book, &position, &r));
	ladder_book_saved(book);
	position = 0;
	assert_null(ladder_book_next_change(book, &position, &r));
	sos(ALARM_NORMAL);
	position = 0;
	assert_string_equal(ladder_book_next_change(book, &position, &r), "sos");
	assert_null(r);
}

/* ---- whatever happens ---- */

static uint32_t seed;

static uint32_t any(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* What must hold at any moment of any history: danger has been told to somebody, or is being told, or nobody can be. */
static void check_danger(const char *id)
{
	const struct ladder_run *r = ladder_book_find(book, id);
	bool held = false;

	assert_non_null(r);
	for (size_t i = 0; i < r->call_count; i++)
		held = held || r->calls[i].state != LADDER_CALL_FAILED;
	if (!held)
		assert_true(ladder_book_due(book) <= now.mono_us + MINUTE);
	for (size_t i = 0; i < r->call_count; i++)
		if (r->calls[i].state == LADDER_CALL_WAITING && !r->calls[i].clear)
			assert_true(ladder_book_due(book) <= now.mono_us + MINUTE);
}

static void one_history(void)
{
	static const char *const faults[] = { "", "", "wang", "wang li", "*", "zhao chen son" };
	static const enum alarm_state states[] = { ALARM_UNACKED,     ALARM_UNACKED, ALARM_ACKED,
						   ALARM_RTN_UNACKED, ALARM_LATCHED, ALARM_NORMAL };
	enum alarm_state danger = ALARM_NORMAL, other = ALARM_NORMAL;

	for (int i = 0; i < 60; i++) {
		unreachable = faults[any(ARRAY_SIZE(faults))];
		silent = any(4) ? "" : faults[any(ARRAY_SIZE(faults))];
		switch (any(7)) {
		case 0: sos(danger = states[any(ARRAY_SIZE(states))]); break;
		case 1: tank(other = states[any(ARRAY_SIZE(states))]); break;
		case 2:
			restart();
			sos(danger);
			tank(other);
			break;
		case 3: notifier_is_back(any(2) ? "sms" : "chat"); break;
		default: pass(any(400) * S); break;
		}
		if (danger == ALARM_UNACKED)
			check_danger("sos");
		take_rise();
	}
	/* Somebody can be reached again: what still needs a look is told within the longest wait. */
	unreachable = silent = "";
	if (danger == ALARM_UNACKED) {
		pass(2 * MINUTE);
		assert_true(ladder_run_has_told(ladder_book_find(book, "sos"), "wang") ||
			    ladder_run_has_told(ladder_book_find(book, "sos"), "li") ||
			    ladder_run_has_told(ladder_book_find(book, "sos"), "zhao") ||
			    ladder_run_has_told(ladder_book_find(book, "sos"), "son") ||
			    ladder_run_has_told(ladder_book_find(book, "sos"), "daughter") ||
			    ladder_run_has_told(ladder_book_find(book, "sos"), "chen"));
	}
	sos(ALARM_NORMAL);
	tank(ALARM_NORMAL);
	pass(HOUR);
	assert_null(ladder_book_find(book, "sos"));
	assert_null(ladder_book_find(book, "tank"));
}

static void whatever_happens_danger_is_told_and_everything_ends(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 500; i++) {
		seed = i;
		one_history();
		str_buf_clear(&said);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(each_step_tells_its_people_at_its_time),
		CASE(nobody_there_in_ten_minutes_is_told_though_it_was_acknowledged),
		CASE(that_nobody_is_there_is_told_again_until_somebody_hears_it),
		CASE(an_arrival_ends_that),
		CASE(an_acknowledgement_does_not_keep_it_from_who_waits_for_it),
		CASE(who_has_arrived_keeps_it_from_him),
		CASE(it_is_told_once_however_often_it_needs_a_look),
		CASE(where_life_is_in_danger_who_is_off_duty_hears_it_too),
		CASE(of_the_next_time_it_is_told_anew),
		CASE(who_has_arrived_stops_the_arrival_clock),
		CASE(nobody_goes_to_what_is_in_test_or_less_urgent),
		CASE(an_acknowledgement_stops_the_next_steps),
		CASE(what_needs_a_look_again_begins_at_the_foot),
		CASE(saying_the_same_again_does_nothing),
		CASE(who_protects_life_climbs_on_though_it_is_over),
		CASE(a_step_of_a_clock_moves_nothing),
		CASE(a_failed_call_goes_on_to_the_next_contact_at_once),
		CASE(a_step_that_reaches_nobody_is_followed_by_the_next_at_once),
		CASE(no_answer_is_a_failure_after_a_while),
		CASE(a_late_answer_still_counts),
		CASE(another_notifiers_word_counts_for_nothing),
		CASE(while_nobody_is_reached_it_goes_on_for_ever),
		CASE(what_does_not_protect_life_is_tried_less_often_until_somebody_is_told),
		CASE(two_who_fail_at_once_are_not_tried_in_turns_for_ever),
		CASE(without_room_for_another_call_it_ends_too),
		CASE(a_call_that_there_is_no_room_for_was_not_made),
		CASE(everybody_of_a_crowd_gets_the_all_clear_once),
		CASE(a_run_full_of_people_who_were_told_has_room_for_their_all_clear),
		CASE(who_is_off_duty_is_told_of_danger_when_nobody_else_can_be),
		CASE(without_a_clock_everybody_is_on_duty),
		CASE(a_notifier_that_ends_has_failed),
		CASE(a_notifier_that_is_starting_is_waited_for_a_little),
		CASE(everybody_who_was_told_gets_the_all_clear),
		CASE(what_is_over_by_itself_ends_with_the_all_clear),
		CASE(nobody_was_told_nobody_hears_that_it_is_over),
		CASE(an_all_clear_that_fails_is_tried_again),
		CASE(it_came_back_before_all_heard_that_it_was_over),
		CASE(several_alarms_of_one_building_are_one_message),
		CASE(a_flood_in_a_building_is_one_message_too),
		CASE(a_building_speaks_once_in_five_minutes),
		CASE(priority_1_goes_at_once_and_alone),
		CASE(a_rate_never_holds_what_protects_life),
		CASE(what_a_rate_holds_goes_in_order_of_priority),
		CASE(what_could_not_be_handed_over_is_not_counted_by_the_rate),
		CASE(the_patience_for_a_starting_notifier_begins_when_it_is_wanted),
		CASE(a_notifier_that_is_back_is_used_at_once),
		CASE(a_notifier_that_comes_and_goes_is_not_a_flood),
		CASE(an_all_clear_does_not_wait_for_it_either),
		CASE(that_nobody_has_arrived_does_not_wait_for_it_either),
		CASE(who_could_not_be_told_is_known_until_he_is_tried_again),
		CASE(duress_is_heard_by_nobody_who_is_there),
		CASE(a_siren_is_nobody_who_was_told),
		CASE(what_is_only_advised_makes_no_sound),
		CASE(what_is_in_test_sounds_nowhere),
		CASE(everybody_of_a_duty_is_told_however_many_they_are),
		CASE(what_waits_for_an_answer_goes_by_the_means_that_a_reload_gives),
		CASE(priority_2_becomes_1_when_nobody_looks_for_half_an_hour),
		CASE(nobody_can_be_told_is_no_reason_to_call_it_more_urgent_before_its_time),
		CASE(priority_3_stays_what_it_is),
		CASE(what_is_urgent_already_goes_on_to_the_ladder_of_its_priority),
		CASE(what_has_risen_stays_risen_when_it_needs_a_look_again),
		CASE(what_became_more_urgent_by_itself_is_told_anew),
		CASE(what_is_in_test_calls_nobody_outside),
		CASE(who_wants_to_hear_of_tests_does),
		CASE(a_real_one_after_a_test_is_told),
		CASE(the_nearest_of_a_duty_is_told_first),
		CASE(steps_go_on_after_a_kill_where_they_were),
		CASE(what_was_sent_and_not_answered_is_sent_again),
		CASE(an_alarm_that_is_gone_after_a_restart_gets_its_all_clear),
		CASE(a_contact_that_a_reload_took_away_is_passed_over),
		CASE(changes_are_told_until_they_are_saved),
		CASE(whatever_happens_danger_is_told_and_everything_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
