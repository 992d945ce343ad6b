#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/resident_field.h"

static void words_are_understood_in_english_in_chinese_and_in_full(void **state)
{
	unsigned set = 0;

	(void)state;
	assert_int_equal(resident_parse_categories(" lives_alone ; 高龄;重度残疾", &set, NULL), 0);
	assert_int_equal(set, 1U << RESIDENT_LIVES_ALONE | 1U << RESIDENT_AGED | 1U << RESIDENT_SEVERE_DISABILITY);
	assert_int_equal(resident_parse_needs("oxygen；护理床、透析", &set, NULL), 0);
	assert_int_equal(set, 1U << RESIDENT_OXYGEN | 1U << RESIDENT_CARE_BED | 1U << RESIDENT_DIALYSIS);
}

static void every_word_of_the_tables_reads_back(void **state)
{
	(void)state;
	for (unsigned set = 0; set < 1U << RESIDENT_CATEGORIES; set++) {
		_cleanup_str_buf_ struct str_buf list = { 0 };
		unsigned back = ~0U;

		resident_write_categories(set, &list);
		assert_int_equal(resident_parse_categories(list.text, &back, NULL), 0);
		assert_int_equal(back, set);
	}
	for (unsigned set = 0; set < 1U << RESIDENT_NEEDS; set++) {
		_cleanup_str_buf_ struct str_buf list = { 0 };
		unsigned back = ~0U;

		resident_write_needs(set, &list);
		assert_int_equal(resident_parse_needs(list.text, &back, NULL), 0);
		assert_int_equal(back, set);
	}
}

static void nothing_is_an_empty_set(void **state)
{
	unsigned set = 7;

	(void)state;
	assert_int_equal(resident_parse_categories(NULL, &set, NULL), 0);
	assert_int_equal(set, 0);
	set = 7;
	assert_int_equal(resident_parse_needs(" ; ;", &set, NULL), 0);
	assert_int_equal(set, 0);
}

static void every_unknown_word_is_named_and_the_set_stays_as_it_was(void **state)
{
	_cleanup_str_buf_ struct str_buf problem = { 0 };
	unsigned set = 5;

	(void)state;
	assert_int_equal(resident_parse_categories("agde;独居;tall", &set, &problem), -EINVAL);
	assert_int_equal(set, 5);
	assert_string_equal(problem.text, "'agde': expected words as 'lives_alone' or '独居'; did you mean 'aged'?; "
					  "'tall': expected words as 'lives_alone' or '独居'");
}

static void a_copy_owns_its_texts(void **state)
{
	struct resident a = { .id = mem_strdup("resident-12"),
			      .place = mem_strdup("b3/u1/1204"),
			      .sheet.door_code = mem_strdup("1357"),
			      .absence_count = 1,
			      .absences = { { 5, 9 } } };
	struct resident b;

	(void)state;
	resident_copy(&a, &b);
	resident_fini(&a);
	assert_null(a.id);
	assert_string_equal(b.id, "resident-12");
	assert_string_equal(b.sheet.door_code, "1357");
	assert_null(b.name);
	assert_int_equal(b.absences[0].to_us, 9);
	resident_fini(&b);
}

static void planned_away_is_from_its_begin_until_before_its_end(void **state)
{
	const struct resident r = { .absence_count = 2, .absences = { { 10, 20 }, { 30, 40 } } };
	const struct resident hospital = { .hospital_until_us = 50 };

	(void)state;
	assert_false(resident_is_planned_away(&r, 9));
	assert_true(resident_is_planned_away(&r, 10));
	assert_false(resident_is_planned_away(&r, 20));
	assert_true(resident_is_planned_away(&r, 39));
	assert_true(resident_is_planned_away(&hospital, 49));
	assert_false(resident_is_planned_away(&hospital, 50));
}

static void dialysis_is_on_its_days_and_on_every_day_where_none_is_said(void **state)
{
	struct resident r = { .dialysis_days = 1U << 1 | 1U << 5 };

	(void)state;
	assert_false(resident_has_dialysis(&r, 1)); /* days without the need say nothing */
	r.needs = 1U << RESIDENT_DIALYSIS;
	for (int day = 0; day < RESIDENT_WEEKDAYS; day++)
		assert_int_equal(resident_has_dialysis(&r, day), day == 1 || day == 5);
	assert_true(resident_has_dialysis(&r, -1)); /* nobody knows which day it is */
	r.dialysis_days = 0;
	assert_true(resident_has_dialysis(&r, 0));
}

static void a_day_may_be_written_as_people_write_it(void **state)
{
	unsigned set = 0;

	(void)state;
	assert_int_equal(resident_parse_weekdays("周天、礼拜三;friday", &set, NULL), 0);
	assert_int_equal(set, 1U << 0 | 1U << 3 | 1U << 5);
	assert_int_equal(resident_parse_weekdays("星期天", &set, NULL), 0);
	assert_int_equal(set, 1U << 0);
	assert_int_equal(resident_parse_weekdays("天", &set, NULL), -EINVAL);
}

static void a_card_is_known_whole(void **state)
{
	static char cards[] = "0004512;7;04 A2";
	const struct resident r = { .cards = cards }, none = { .cards = NULL };

	(void)state;
	assert_true(resident_has_card(&r, "0004512"));
	assert_true(resident_has_card(&r, "7"));
	assert_true(resident_has_card(&r, "04 A2"));
	assert_false(resident_has_card(&r, "000451"));
	assert_false(resident_has_card(&r, "4512"));
	assert_false(resident_has_card(&r, "7;04 A2"));
	assert_false(resident_has_card(&r, ""));
	assert_false(resident_has_card(&none, "7"));
}

static void a_card_that_a_spreadsheet_has_rounded_is_none(void **state)
{
	static const char *const good[] = { "0004512;7", "04 A2", "1E5", "12E+", "E+12", "3.14" };
	static const char *const bad[] = { "1.23457E+12", "7;1E+15", "9.9e+10" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good) + ARRAY_SIZE(bad); i++) {
		const char *cards = i < ARRAY_SIZE(good) ? good[i] : bad[i - ARRAY_SIZE(good)];
		struct resident r = { .id = NULL };
		struct str_buf problem = { 0 };
		int error = resident_field_set(&r, RESIDENT_FIELD_CARDS, cards, &problem);

		assert_int_equal(error, i < ARRAY_SIZE(good) ? 0 : -EINVAL);
		assert_int_equal(problem.len > 0, error < 0);
		assert_true((r.cards != NULL) == (error == 0));
		str_buf_fini(&problem);
		resident_fini(&r);
	}
}

static void assert_reads_as(enum resident_field f, const char *text, const char *expected)
{
	_cleanup_str_buf_ struct str_buf written = { 0 }, problem = { 0 };
	struct resident r = { 0 };

	assert_int_equal(resident_field_set(&r, f, text, &problem), 0);
	resident_field_write(&r, f, &written);
	assert_string_equal(str_buf_text(&written), expected);
	str_buf_clear(&written);
	/* What it writes it reads, and what it has read it empties. */
	assert_int_equal(resident_field_set(&r, f, expected, &problem), 0);
	resident_field_write(&r, f, &written);
	assert_string_equal(str_buf_text(&written), expected);
	if (f != RESIDENT_FIELD_ID && f != RESIDENT_FIELD_PLACE) {
		str_buf_clear(&written);
		assert_int_equal(resident_field_set(&r, f, "", &problem), 0);
		resident_field_write(&r, f, &written);
		assert_string_equal(str_buf_text(&written), "");
	}
	resident_fini(&r);
}

static void every_field_is_written_as_it_is_read(void **state)
{
	(void)state;
	assert_reads_as(RESIDENT_FIELD_ID, " r-12 ", "r-12");
	assert_reads_as(RESIDENT_FIELD_NAME, "住户十二", "住户十二");
	assert_reads_as(RESIDENT_FIELD_PLACE, "b3/u1/1204", "b3/u1/1204");
	assert_reads_as(RESIDENT_FIELD_CATEGORIES, "高龄、独居", "lives_alone;aged");
	assert_reads_as(RESIDENT_FIELD_NEEDS, "吸氧", "oxygen");
	assert_reads_as(RESIDENT_FIELD_DIALYSIS_DAYS, "周日、星期五;mon", "mon;fri;sun");
	assert_reads_as(RESIDENT_FIELD_CARDS, " 0004512、04 A2 B3 C4 ;", "0004512;04 A2 B3 C4");
	assert_reads_as(RESIDENT_FIELD_FLOOR, "12", "12");
	assert_reads_as(RESIDENT_FIELD_FLOOR, "-1", "-1");
	assert_reads_as(RESIDENT_FIELD_PHONE, "+86 138-0000-0000", "+86 138-0000-0000");
	assert_reads_as(RESIDENT_FIELD_CONTACTS, "desk； grid-3 ;", "desk;grid-3");
	assert_reads_as(RESIDENT_FIELD_GRID_WORKER, "grid-3", "grid-3");
	assert_reads_as(RESIDENT_FIELD_RULES, "+night-exit; -drift", "+night-exit;-drift");
	assert_reads_as(RESIDENT_FIELD_LIMITS, "welfare.buffer=3h ;wearable.hr-low=45",
			"welfare.buffer=3h;wearable.hr-low=45");
	assert_reads_as(RESIDENT_FIELD_ABSENCES, "2026-10-01/2026-10-07; 2026-12-01T08:00/2026-12-02",
			"2026-10-01/2026-10-07;2026-12-01T08:00:00.000+08:00/2026-12-02");
	assert_reads_as(RESIDENT_FIELD_HOSPITAL_UNTIL, "2026-10-07", "2026-10-07");
	assert_reads_as(RESIDENT_FIELD_CONSENT, "2026-01-31", "2026-01-31");
	assert_reads_as(RESIDENT_FIELD_DOOR_CODE, "1357#", "1357#");
}

static void a_day_that_ends_something_belongs_to_it(void **state)
{
	int64_t begins = 0, ends = 0;

	(void)state;
	assert_int_equal(resident_field_parse_time("2026-10-07", RESIDENT_DAY_BEGINS, &begins), 0);
	assert_int_equal(resident_field_parse_time("2026-10-07", RESIDENT_DAY_ENDS, &ends), 0);
	assert_int_equal(ends - begins, DAY);
	assert_int_equal(resident_field_parse_time("2026-10-07T00:00+08:00", RESIDENT_DAY_ENDS, &ends), 0);
	assert_int_equal(ends, begins);
	assert_int_equal(resident_field_parse_time("20261007", RESIDENT_DAY_ENDS, &ends), -EINVAL);
	assert_int_equal(resident_field_parse_time("2026-13-07", RESIDENT_DAY_ENDS, &ends), -EINVAL);
	assert_int_equal(resident_field_parse_time("2026-02-30", RESIDENT_DAY_ENDS, &ends), -EINVAL);
}

static void a_day_is_one_as_a_spreadsheet_writes_it(void **state)
{
	int64_t us = 0;

	(void)state;
	assert_reads_as(RESIDENT_FIELD_CONSENT, "2026/1/31", "2026-01-31");
	assert_reads_as(RESIDENT_FIELD_CONSENT, "refused", "refused");
	assert_reads_as(RESIDENT_FIELD_CONSENT, "撤回", "refused");
	assert_reads_as(RESIDENT_FIELD_CONSENT, "2026-1-5", "2026-01-05");
	assert_reads_as(RESIDENT_FIELD_HOSPITAL_UNTIL, "2026/10/07", "2026-10-07");
	for (const char *const *wrong = (const char *const[]){ "2026/1-31", "2026/1/", "2026/1/311", "26/1/31",
							       "2026/2/30", "1/31/2026", "2026/1/31 8:00", NULL };
	     *wrong; wrong++)
		assert_int_equal(resident_field_parse_time(*wrong, RESIDENT_DAY_BEGINS, &us), -EINVAL);
}

static void what_is_wrong_is_named_and_changes_nothing(void **state)
{
	static const struct {
		enum resident_field field;
		const char *text, *expected;
	} wrong[] = {
		{ RESIDENT_FIELD_ID, "", "id '': expected an id" },
		{ RESIDENT_FIELD_ID, "a/b", "id 'a/b': expected an id" },
		{ RESIDENT_FIELD_PLACE, "B3//x", "place 'B3//x': expected ids" },
		{ RESIDENT_FIELD_FLOOR, "twelve", "floor 'twelve': expected a floor" },
		{ RESIDENT_FIELD_PHONE, "call me", "phone 'call me': expected a telephone" },
		{ RESIDENT_FIELD_CONTACTS, "Desk", "contacts 'Desk': expected ids" },
		{ RESIDENT_FIELD_RULES, "drift", "rules 'drift': expected rules with + or -" },
		{ RESIDENT_FIELD_ABSENCES, "2026-10-07/2026-10-01", "expected at most 16 spans" },
		{ RESIDENT_FIELD_ABSENCES, "2026-10-07", "expected at most 16 spans" },
		{ RESIDENT_FIELD_NOTE, "two\nlines", "note: expected UTF-8 text of one line" },
		{ RESIDENT_FIELD_NAME, "\xff", "name: expected UTF-8 text" },
		{ RESIDENT_FIELD_NEEDS, "oxigen", "needs: 'oxigen'" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		_cleanup_str_buf_ struct str_buf problem = { 0 };
		struct resident r = { .id = mem_strdup("r-12") };

		assert_int_equal(resident_field_set(&r, wrong[i].field, wrong[i].text, &problem), -EINVAL);
		if (!strstr(str_buf_text(&problem), wrong[i].expected))
			fail_msg("%s", str_buf_text(&problem));
		assert_string_equal(r.id, "r-12");
		assert_int_equal(r.absence_count, 0);
		resident_fini(&r);
	}
}

static void a_mask_shows_one_character_or_four_digits(void **state)
{
	_cleanup_str_buf_ struct str_buf name = { 0 }, phone = { 0 }, nothing = { 0 };
	const struct resident r = { .name = (char[]){ "住户" }, .phone = (char[]){ "13800001234" } };

	(void)state;
	resident_field_mask(&r, RESIDENT_FIELD_NAME, &name);
	assert_string_equal(name.text, "住**");
	resident_field_mask(&r, RESIDENT_FIELD_PHONE, &phone);
	assert_string_equal(phone.text, "***1234");
	resident_field_mask(&r, RESIDENT_FIELD_DOCTOR, &nothing);
	assert_string_equal(str_buf_text(&nothing), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_understood_in_english_in_chinese_and_in_full),
		cmocka_unit_test(every_word_of_the_tables_reads_back),
		cmocka_unit_test(nothing_is_an_empty_set),
		cmocka_unit_test(every_unknown_word_is_named_and_the_set_stays_as_it_was),
		cmocka_unit_test(a_copy_owns_its_texts),
		cmocka_unit_test(planned_away_is_from_its_begin_until_before_its_end),
		cmocka_unit_test(dialysis_is_on_its_days_and_on_every_day_where_none_is_said),
		cmocka_unit_test(a_day_may_be_written_as_people_write_it),
		cmocka_unit_test(a_card_is_known_whole),
		cmocka_unit_test(a_card_that_a_spreadsheet_has_rounded_is_none),
		cmocka_unit_test(every_field_is_written_as_it_is_read),
		cmocka_unit_test(a_day_that_ends_something_belongs_to_it),
		cmocka_unit_test(a_day_is_one_as_a_spreadsheet_writes_it),
		cmocka_unit_test(what_is_wrong_is_named_and_changes_nothing),
		cmocka_unit_test(a_mask_shows_one_character_or_four_digits),
	};

	clock_set_zone("Asia/Shanghai");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
