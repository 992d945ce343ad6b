#include "unit.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/util.h"
#include "care/settings.h"
#include "care/sign.h"
#include "care/verdict.h"

static void every_figure_has_a_name_a_default_within_its_range_and_help(_unused_ void **state)
{
	for (int i = 0; i < SETTINGS_KEYS; i++) {
		const struct settings_row *row = &settings_rows[i];

		assert_non_null(row->name);
		assert_non_null(row->help);
		assert_true(row->usual >= row->least && row->usual <= row->most);
		assert_int_equal(settings_find(concern_rule_id(row->rule), row->name), i);
	}
}

static void a_residents_own_figures_come_on_top(_unused_ void **state)
{
	struct settings s;

	settings_usual(&s);
	assert_int_equal(settings_apply(&s, "welfare.buffer=3h; wearable.hr-low=45;night-exit.from=21:30", NULL), 0);
	assert_true(settings_us(&s, SETTINGS_WELFARE_BUFFER) == 3 * HOUR);
	assert_true(s.values[SETTINGS_WEARABLE_HR_LOW] == 45);
	assert_true(s.values[SETTINGS_NIGHT_FROM] == 21 * 60 + 30);
	assert_true(settings_us(&s, SETTINGS_WELFARE_COLD_LIMIT) == 10 * HOUR);
	assert_int_equal(settings_apply(&s, "", NULL), 0);
	assert_int_equal(settings_apply(&s, NULL, NULL), 0);
}

static void a_wrong_figure_is_named_with_what_was_expected(_unused_ void **state)
{
	static const struct {
		const char *limits, *says;
	} wrong[] = {
		{ "welfare.bufer=3h", "welfare.bufer=3h: expected RULE.NAME=VALUE" },
		{ "welfare.buffer=3", "welfare.buffer=3: expected 15m..1d" },
		{ "welfare.buffer=3d", "welfare.buffer=3d: expected 15m..1d" },
		{ "wearable.hr_low=ten", "wearable.hr_low=ten: expected 20..100" },
		{ "night-exit.from=25:00", "night-exit.from=25:00: expected 00:00..23:59" },
		{ "night-exit.from=1:2", "expected 00:00..23:59" },
		{ "buffer=3h", "buffer=3h: expected RULE.NAME=VALUE" },
		{ "welfare.buffer", "welfare.buffer: expected RULE.NAME=VALUE" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		_cleanup_str_buf_ struct str_buf problem = { 0 };

		assert_int_equal(settings_apply(NULL, wrong[i].limits, &problem), -EINVAL);
		if (!strstr(str_buf_text(&problem), wrong[i].says))
			fail_msg("%s said: %s", wrong[i].limits, str_buf_text(&problem));
	}
}

static struct resident person(unsigned categories)
{
	return (struct resident){ .id = (char *)"r1", .place = (char *)"b1/u1/101", .categories = categories };
}

static unsigned rules_of(const struct resident *r)
{
	struct concern c;

	concern_of(&r, 1, &c);
	return c.rules;
}

static void categories_wake_the_rules_that_are_theirs(_unused_ void **state)
{
	struct resident alone = person(1U << RESIDENT_LIVES_ALONE), aged = person(1U << RESIDENT_AGED);
	struct resident dementia = person(1U << RESIDENT_DEMENTIA), nobody = person(0);

	assert_true(rules_of(&alone) & 1U << CONCERN_WELFARE);
	assert_false(rules_of(&alone) & 1U << CONCERN_NIGHT_EXIT);
	assert_true(rules_of(&aged) & 1U << CONCERN_BATHROOM);
	assert_false(rules_of(&aged) & 1U << CONCERN_WELFARE);
	assert_true(rules_of(&dementia) & 1U << CONCERN_NIGHT_EXIT);
	assert_int_equal(rules_of(&nobody), 0);
}

static void wishes_add_and_refuse_but_wake_nobody_outside_a_category(_unused_ void **state)
{
	struct resident r = person(1U << RESIDENT_LIVES_ALONE), outside = person(0);

	r.rules = (char *)"+night-exit;-drift";
	outside.rules = (char *)"+welfare";
	assert_true(rules_of(&r) & 1U << CONCERN_NIGHT_EXIT);
	assert_false(rules_of(&r) & 1U << CONCERN_DRIFT);
	assert_int_equal(rules_of(&outside), 0);
}

static void who_refused_wakes_no_rule_and_whoever_says_nothing_of_it_does(_unused_ void **state)
{
	struct resident refuses = person(1U << RESIDENT_LIVES_ALONE), given = person(1U << RESIDENT_AGED);
	const struct resident *both[] = { &refuses, &given };
	struct concern c;

	refuses.rules = (char *)"+night-exit";
	refuses.consent_us = RESIDENT_REFUSED;
	given.consent_us = DAY;
	assert_int_equal(rules_of(&refuses), 0);
	concern_of(both, 2, &c);
	assert_int_equal(c.residents, 1);
	assert_false(c.rules & 1U << CONCERN_WELFARE);
	assert_true(c.rules & 1U << CONCERN_BATHROOM);
	given.consent_us = 0;
	assert_true(rules_of(&given) & 1U << CONCERN_BATHROOM);
}

static void an_empty_nest_is_watched_only_while_alone(_unused_ void **state)
{
	struct resident nest = person(1U << RESIDENT_EMPTY_NEST), alone = person(1U << RESIDENT_LIVES_ALONE);
	const struct resident *both[] = { &nest, &alone };
	struct concern c;

	concern_of(both, 1, &c);
	assert_true(c.only_alone);
	concern_of(both, 2, &c);
	assert_false(c.only_alone);
	assert_int_equal(c.residents, 2);
}

static void spans_are_said_in_at_most_two_units(_unused_ void **state)
{
	static const struct {
		int64_t us;
		const char *zh, *en;
	} spans[] = {
		{ 0, "0分钟", "0 min" },
		{ 45 * MINUTE, "45分钟", "45 min" },
		{ 7 * HOUR + 40 * MINUTE + 59 * S, "7小时40分", "7 h 40 min" },
		{ 9 * HOUR, "9小时", "9 h" },
		{ 2 * DAY + 3 * HOUR + 10 * MINUTE, "2天3小时", "2 d 3 h" },
		{ 3 * DAY, "3天", "3 d" },
		{ -MINUTE, "0分钟", "0 min" },
	};
	char buf[VERDICT_SPAN];

	for (size_t i = 0; i < ARRAY_SIZE(spans); i++) {
		assert_string_equal(verdict_span_zh(spans[i].us, buf), spans[i].zh);
		assert_string_equal(verdict_span_en(spans[i].us, buf), spans[i].en);
	}
}

static void rooms_read_back_as_they_are_named(_unused_ void **state)
{
	for (int r = 0; r < SIGN_ROOMS; r++)
		assert_int_equal(sign_room_parse(sign_room_name((enum sign_room)r)), r);
	assert_int_equal(sign_room_parse("toilet"), SIGN_ROOM_BATHROOM);
	assert_int_equal(sign_room_parse("cellar"), SIGN_ROOM_OTHER);
	assert_int_equal(sign_room_parse("bathroom2"), SIGN_ROOM_BATHROOM);
	assert_int_equal(sign_room_parse("toilet-1"), SIGN_ROOM_BATHROOM);
	assert_int_equal(sign_room_parse("master-bathroom"), SIGN_ROOM_BATHROOM);
	assert_int_equal(sign_room_parse("guest_bedroom_2"), SIGN_ROOM_BEDROOM);
	assert_int_equal(sign_room_parse("living_room"), SIGN_ROOM_LIVING);
	assert_int_equal(sign_room_parse("shower"), SIGN_ROOM_BATHROOM);
	assert_int_equal(sign_room_parse("lounge"), SIGN_ROOM_LIVING);
	assert_int_equal(sign_room_parse("2"), SIGN_ROOM_OTHER);
	assert_int_equal(sign_room_parse("-"), SIGN_ROOM_OTHER);
	assert_int_equal(sign_room_parse(NULL), SIGN_ROOM_OTHER);
}

static void the_entrance_says_nothing_of_who_is_inside(_unused_ void **state)
{
	struct sign s = { .kind = SIGN_CONTACT, .on = false };

	assert_true(sign_is_inside(&s));
	s.entrance = true;
	assert_false(sign_is_inside(&s));
	assert_false(sign_is_inside(&(struct sign){ .kind = SIGN_MOTION, .on = false }));
	assert_false(sign_is_inside(&(struct sign){ .kind = SIGN_HAZARD, .on = true }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_figure_has_a_name_a_default_within_its_range_and_help),
		cmocka_unit_test(a_residents_own_figures_come_on_top),
		cmocka_unit_test(a_wrong_figure_is_named_with_what_was_expected),
		cmocka_unit_test(categories_wake_the_rules_that_are_theirs),
		cmocka_unit_test(wishes_add_and_refuse_but_wake_nobody_outside_a_category),
		cmocka_unit_test(who_refused_wakes_no_rule_and_whoever_says_nothing_of_it_does),
		cmocka_unit_test(an_empty_nest_is_watched_only_while_alone),
		cmocka_unit_test(spans_are_said_in_at_most_two_units),
		cmocka_unit_test(rooms_read_back_as_they_are_named),
		cmocka_unit_test(the_entrance_says_nothing_of_who_is_inside),
	};

	return UNIT_RUN(tests);
}
