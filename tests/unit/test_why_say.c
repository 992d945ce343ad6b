/* The sentences of `estatectl why`: one for every reason, in both languages, with nothing left open; hints for every cause. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "app/why_say.h"

static void every_reason_is_a_sentence_in_two_languages(void **state)
{
	(void)state;
	for (enum why_code code = 0; code < WHY_CODES; code++) {
		_cleanup_str_buf_ struct str_buf en = { 0 }, zh = { 0 };
		struct why_reason r = { .code = code };

		for (enum why_fact f = 0; f < WHY_FACTS; f++)
			why_say_fact(&r, f, "FACT");
		why_say(&r, &en, &zh);
		assert_true(en.len > 10 && zh.len > 10 && strcmp(en.text, zh.text) != 0);
		assert_null(strpbrk(en.text, "{}"));
		assert_null(strpbrk(zh.text, "{}"));
		assert_true(str_is_utf8(zh.text, zh.len));
		assert_true(str_is_id(why_say_code(code)));
		for (enum why_code other = 0; other < code; other++)
			assert_string_not_equal(why_say_code(code), why_say_code(other));
		/* what one language says the other says too */
		size_t facts_en = 0, facts_zh = 0;

		for (const char *at = en.text; (at = strstr(at, "FACT")); at++)
			facts_en++;
		for (const char *at = zh.text; (at = strstr(at, "FACT")); at++)
			facts_zh++;
		assert_int_equal(facts_en, facts_zh);
	}
}

static void every_cause_and_every_trouble_has_a_hint_in_chinese(void **state)
{
	const struct bus bus = { .id = "gw", .type = BUS_TCP };

	(void)state;
	for (enum cause c = 0; c < CAUSES; c++) {
		struct why_words w = { "", "" };

		why_say_cause(&w, c);
		assert_true(*w.en && *w.zh && strcmp(w.en, w.zh) != 0);
	}
	for (enum trouble_kind k = TROUBLE_NO_LINK; k <= TROUBLE_NO_CALL; k++) {
		const struct trouble t = { .kind = k,
					   .unit = 4,
					   .detail = k == TROUBLE_NO_LINK   ? ECONNREFUSED
						     : k == TROUBLE_GATEWAY ? 10
									    : 2 };
		struct why_words text = { "", "" }, hint = { "", "" };

		why_say_trouble(&text, &hint, &t, &bus);
		assert_true(*text.en && *text.zh && *hint.en && *hint.zh);
		assert_string_not_equal(text.en, text.zh);
		assert_string_not_equal(hint.en, hint.zh);
	}
}

static void long_texts_are_cut_between_characters(void **state)
{
	struct why_reason r = { .code = WHY_PLUGIN_FAULT };
	char text[1000];

	(void)state;
	for (size_t i = 0; i + 3 < sizeof(text); i += 3)
		memcpy(text + i, "三", 4);
	why_say_fact(&r, WHY_TEXT, text);
	assert_int_equal(strlen(r.facts[WHY_TEXT].en), 255);
	assert_true(str_is_utf8(r.facts[WHY_TEXT].en, 255));
}

static void ages_are_told_as_people_say_them(void **state)
{
	static const struct {
		int64_t us;
		const char *en, *zh;
	} cases[] = { { 400 * MS, "0.4 s", "0.4 秒" },
		      { 12 * S, "12 s", "12 秒" },
		      { 26 * MINUTE, "26 min", "26 分钟" },
		      { 3 * HOUR + 5 * MINUTE, "3 h 5 min", "3 小时 5 分钟" },
		      { 2 * DAY + 4 * HOUR, "2 d 4 h", "2 天 4 小时" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct why_words w;

		why_say_age(&w, cases[i].us);
		assert_string_equal(w.en, cases[i].en);
		assert_string_equal(w.zh, cases[i].zh);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reason_is_a_sentence_in_two_languages),
		cmocka_unit_test(every_cause_and_every_trouble_has_a_hint_in_chinese),
		cmocka_unit_test(long_texts_are_cut_between_characters),
		cmocka_unit_test(ages_are_told_as_people_say_them),
	};

	return UNIT_RUN(tests);
}
