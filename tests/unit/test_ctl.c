/* test_ctl.c: estatectl's parts: words of the command line, tables, CSV, widths, events, language. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "ctl/args.h"
#include "ctl/command.h"
#include "ctl/out.h"
#include "ctl/sse.h"
#include "ctl/width.h"
#include "ctl/words.h"

/* ---- the command line ---- */

static struct args args;
static struct str_buf problem;

static int parse(const char *line)
{
	static char words[256];
	char *argv[40] = { (char[]){ "estatectl" } };
	int argc = 1;

	snprintf(words, sizeof(words), "%s", line);
	for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	str_buf_clear(&problem);
	return args_parse(argc, argv, &args, &problem);
}

static void options_stand_before_or_after_the_command(void **state)
{
	static const char *const lines[] = { "-f csv --socket /s points lift-*", "points -f csv lift-* --socket /s",
					     "points lift-* --format=csv --socket=/s" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		assert_int_equal(parse(lines[i]), 0);
		assert_string_equal(args.values[ARGS_FORMAT], "csv");
		assert_string_equal(args.values[ARGS_SOCKET], "/s");
		assert_int_equal(args.count, 2);
		assert_string_equal(args.words[0], "points");
		assert_string_equal(args.words[1], "lift-*");
		assert_null(args.values[ARGS_NO_COLOR]);
	}
}

static void a_negative_number_and_what_follows_two_dashes_are_words(void **state)
{
	(void)state;
	assert_int_equal(parse("write x -5"), 0);
	assert_int_equal(args.count, 3);
	assert_int_equal(parse("show -- --note"), 0);
	assert_string_equal(args.words[1], "--note");
	assert_int_equal(parse("ack x --note -"), 0);
	assert_string_equal(args.values[ARGS_NOTE], "-");
}

static void wrong_options_are_told(void **state)
{
	(void)state;
	assert_int_equal(parse("ack x --notes y"), -EINVAL);
	assert_string_equal(problem.text, "unknown option '--notes'; did you mean '--note'?");
	assert_int_equal(parse("ack x --note"), -EINVAL);
	assert_non_null(strstr(problem.text, "--note: expected TEXT"));
	assert_int_equal(parse("alarms --all=yes"), -EINVAL);
	assert_int_equal(parse("-x"), -EINVAL);
	assert_int_equal(parse("a b c d e f g h i j k l m n o p q r s t u v w x y"), -EINVAL);
}

static void commands_are_found_by_one_word_or_two(void **state)
{
	(void)state;
	assert_int_equal(parse(""), 0);
	assert_string_equal(command_find(&args)->name, "status");
	assert_int_equal(parse("config check estated.conf"), 0);
	assert_string_equal(command_find(&args)->name, "config check");
	assert_int_equal(args.count, 1);
	assert_string_equal(args.words[0], "estated.conf");
	assert_int_equal(parse("points a b"), 0);
	assert_false(command_takes(command_find(&args), &args));
	assert_int_equal(parse("points --note x"), 0);
	assert_false(command_takes(command_find(&args), &args));
	assert_int_equal(parse("ack x --note y -f json"), 0);
	assert_true(command_takes(command_find(&args), &args));
	assert_int_equal(parse("frobnicate x"), 0);
	assert_null(command_find(&args));
	assert_int_equal(parse("config"), 0);
	assert_null(command_find(&args));
}

static bool is_offer(const char *word, size_t len)
{
	static const char *const lists[] = { "@points", "@devices", "@discovered", "@alarms",    "@buses", "@rules",
					     "@groups", "@file",    "@commands",   "@residents", "@homes" };

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (strlen(lists[i]) == len && memcmp(lists[i], word, len) == 0)
			return true;
	return *word != '@';
}

static void what_the_shell_offers_fits_what_the_command_takes(void **state)
{
	(void)state;
	for (const struct command *c = command_all(); c->name; c++) {
		size_t places = 0;

		for (const char *word = c->completes ? c->completes : ""; *word; places++) {
			size_t len = strcspn(word, " ");

			if (!is_offer(word, len))
				fail_msg("%s: %.*s", c->name, (int)len, word);
			word += len + (word[len] == ' ');
		}
		/* The id of what is not there yet cannot be offered. */
		if (places > c->max_words || (places == 0 && strstr(c->words, "ID") && !strstr(c->name, " add")))
			fail_msg("%s takes %zu words, %zu are offered", c->name, c->max_words, places);
		if (strpbrk(c->name, "'\"\\") || (c->completes && strpbrk(c->completes, "'\"\\")))
			fail_msg("%s: a quote in what goes into a shell script", c->name);
	}
}

/* ---- what is shown ---- */

static void wide_characters_are_two_columns_in_any_locale(void **state)
{
	static const struct {
		const char *text;
		size_t width;
	} cases[] = {
		{ "", 0 },         { "lift-1", 6 },    { "电梯", 4 },     { "3栋1单元", 8 }, { "（卧室）", 8 },
		{ "é", 1 },        { "e\xcc\x81", 1 }, { "한국", 4 },     { "°C", 2 },       { "𠮷", 2 },
		{ "\xff\xfe", 2 }, { "a\tb", 3 },      { "\x1b[31m", 5 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (width_of(cases[i].text) != cases[i].width)
			fail_msg("'%s': %zu, expected %zu", cases[i].text, width_of(cases[i].text), cases[i].width);
}

static void a_text_is_padded_by_what_is_seen(void **state)
{
	struct str_buf shown _cleanup_str_buf_ = { 0 };

	(void)state;
	width_pad(&shown, "电梯", 6);
	width_pad(&shown, "…", 3);
	width_pad(&shown, "longer", 2);
	assert_string_equal(shown.text, "电梯  …  longer");
}

static void nothing_that_steers_a_terminal_gets_through(void **state)
{
	struct str_buf shown _cleanup_str_buf_ = { 0 };

	(void)state;
	width_add(&shown, "a\x1b]0;x\x07\r\n\x7f\xc2\x9b\xe2\x80\xae\xf8z");
	assert_string_equal(shown.text, "a?]0;x???????z");
}

/* clang-format off */
static const struct out_table table = {
	.columns = (const struct out_column[]){
		{ "NAME",  OUT_LEFT,  "name",  NULL, "what it is called" },
		{ "COUNT", OUT_RIGHT, "count", NULL, "how many" },
		{ "TEXT",  OUT_LEFT,  "text",  NULL, NULL },
		{ 0 } },
	.keys = (const char *const[]){ "name", "count", "text", "list", NULL },
	.none = "nothing",
};
/* clang-format on */

static const char body[] =
	"[{\"name\":\"电梯\",\"count\":12345,\"text\":{\"zh\":\"困人\",\"en\":\"people, \\\"trapped\\\"\"},"
	"\"list\":[1,2]},{\"name\":\"a\",\"count\":0.1,\"text\":null,\"list\":[]}]";

/* What a writer makes of the table; the caller frees. */
static char *written(struct out o, const char *json)
{
	json_t *rows = json_loads(json, 0, NULL);
	char *text = NULL;
	size_t len;

	assert_non_null(rows);
	o.to = open_memstream(&text, &len);
	o.writer->list(&o, &table, json, rows);
	fclose(o.to);
	json_decref(rows);
	return text;
}

static void assert_written(struct out o, const char *json, const char *expected)
{
	char *text = written(o, json);

	assert_string_equal(text, expected);
	free(text);
}

static void a_table_is_aligned_by_what_is_seen(void **state)
{
	(void)state;
	assert_written((struct out){ .writer = &out_text_writer }, body,
		       "NAME  COUNT  TEXT\n"
		       "电梯  12345  people, \"trapped\"\n"
		       "a       0.1  -\n");
	assert_written((struct out){ .writer = &out_text_writer, .language = WORDS_ZH }, body,
		       "NAME  COUNT  TEXT\n"
		       "电梯  12345  困人\n"
		       "a       0.1  -\n");
	assert_written((struct out){ .writer = &out_text_writer }, "[]", "nothing\n");
}

static void a_legend_stands_above_the_table(void **state)
{
	(void)state;
	assert_written((struct out){ .writer = &out_text_writer, .legend = true }, "[{\"name\":\"a\"}]",
		       "  NAME   what it is called\n"
		       "  COUNT  how many\n"
		       "\n"
		       "NAME  COUNT  TEXT\n"
		       "a         -  -\n");
}

static void csv_is_quoted_where_it_must_be(void **state)
{
	struct str_buf field _cleanup_str_buf_ = { 0 };

	(void)state;
	assert_written((struct out){ .writer = &out_csv_writer }, body,
		       "name,count,text,list\n"
		       "电梯,12345,\"people, \"\"trapped\"\"\",\"[1,2]\"\n"
		       "a,0.1,,[]\n");
	assert_written((struct out){ .writer = &out_csv_writer }, "[]", "name,count,text,list\n");
	out_csv_field(&field, "two\nlines");
	assert_string_equal(field.text, "\"two\nlines\"");
}

static void json_goes_through_unchanged(void **state)
{
	const char *odd = "[{\"z\":1.0, \"a\":0.30000000000000004}]";

	(void)state;
	char *text = written((struct out){ .writer = &out_json_writer }, odd);

	assert_memory_equal(text, odd, strlen(odd));
	assert_string_equal(text + strlen(odd), "\n");
	free(text);
}

static void formats_are_three(void **state)
{
	(void)state;
	assert_ptr_equal(out_find_writer("text"), &out_text_writer);
	assert_ptr_equal(out_find_writer("json"), &out_json_writer);
	assert_ptr_equal(out_find_writer("csv"), &out_csv_writer);
	assert_null(out_find_writer("xml"));
}

/* ---- language ---- */

/* Sets or unsets what decides. */
static void set_locale(const char *all, const char *messages, const char *lang, const char *language)
{
	const char *const values[] = { all, messages, lang, language };
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (values[i])
			setenv(names[i], values[i], 1);
		else
			unsetenv(names[i]);
}

static void the_language_is_that_of_the_first_variable_that_is_set(void **state)
{
	static const struct {
		const char *all, *messages, *lang, *language;
		enum words_language expected;
	} cases[] = {
		{ NULL, NULL, "zh_CN.UTF-8", NULL, WORDS_ZH },    { "C", NULL, "zh_CN.UTF-8", NULL, WORDS_EN },
		{ "", "zh_TW", "en_US", NULL, WORDS_ZH },         { NULL, NULL, NULL, NULL, WORDS_EN },
		{ NULL, NULL, "C.UTF-8", "zh_CN", WORDS_ZH },     { NULL, NULL, "C.UTF-8", "de:zh_CN:en", WORDS_ZH },
		{ NULL, NULL, "zh_CN.UTF-8", "en:zh", WORDS_EN }, { NULL, NULL, "zh_CN.UTF-8", "", WORDS_ZH },
		{ NULL, NULL, "zh_CN.UTF-8", "de", WORDS_ZH },    { "C", NULL, NULL, "zh_CN", WORDS_EN },
		{ NULL, NULL, NULL, "zh_CN", WORDS_EN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		set_locale(cases[i].all, cases[i].messages, cases[i].lang, cases[i].language);
		if (words_language() != cases[i].expected)
			fail_msg("case %zu", i);
	}
	set_locale(NULL, NULL, NULL, NULL);
}

static void assert_age(int64_t age_us, const char *expected)
{
	struct str_buf age _cleanup_str_buf_ = { 0 };

	words_age(age_us, &age);
	assert_string_equal(age.text, expected);
}

/* Before the next one: what is once Chinese stays so. */
static void ages_and_priorities_are_words(void **state)
{
	(void)state;
	words_start(WORDS_EN, "/nowhere");
	assert_age(-5 * S, "0 s");
	assert_age(26 * MINUTE, "26 min");
	assert_age(3 * HOUR + 5 * MINUTE, "3 h 5 min");
	assert_age(2 * DAY + 4 * HOUR, "2 d 4 h");
	assert_string_equal(words_priority(9), "note");
	assert_string_equal(words_state("rtn_unacked"), "rtn_unacked");
	assert_string_equal(words_state(NULL), "");
	assert_string_equal(words_tr(""), "");
	assert_null(words_tr(NULL));
}

static void a_catalog_makes_them_chinese_without_a_chinese_locale(void **state)
{
	const char *build = getenv("TOP_BUILDDIR");
	struct str_buf folder _cleanup_str_buf_ = { 0 }, catalog _cleanup_str_buf_ = { 0 };

	(void)state;
	str_buf_printf(&folder, "%s/po", build ? build : ".");
	str_buf_printf(&catalog, "%s/zh_CN/LC_MESSAGES/estated.mo", folder.text);
	assert_int_equal(access(catalog.text, R_OK), 0); /* else configured without msgfmt (package gettext) */
	words_start(WORDS_ZH, folder.text);
	assert_age(-5 * S, "0 秒");
	assert_age(26 * MINUTE, "26 分钟");
	assert_age(3 * HOUR + 5 * MINUTE, "3 小时 5 分");
	assert_age(2 * DAY + 4 * HOUR, "2 天 4 小时");
	assert_string_equal(words_priority(1), "立即");
	assert_string_equal(words_state("rtn_unacked"), "恢复未确认");
	assert_string_equal(words_state("lost"), "失联");
	assert_string_equal(words_state("what a plugin says"), "what a plugin says");
	assert_string_equal(words_tr("QUALITY"), "质量");
	assert_written((struct out){ .writer = &out_text_writer, .language = WORDS_ZH, .legend = true }, body,
		       "  名称  what it is called\n"
		       "  次数  how many\n"
		       "\n"
		       "名称   次数  内容\n"
		       "电梯  12345  困人\n"
		       "a       0.1  -\n");
	assert_written((struct out){ .writer = &out_csv_writer, .language = WORDS_ZH }, "[]", "name,count,text,list\n");
}

/* ---- events ---- */

struct seen {
	char text[512];
	int answer; /* of the handler */
};

static int note_event(void *context, const struct sse_event *e)
{
	struct seen *seen = context;
	size_t len = strlen(seen->text);

	snprintf(seen->text + len, sizeof(seen->text) - len, "[%s|%s|%s]", e->event, e->id, e->data);
	return seen->answer;
}

static const char stream[] = "retry: 2000\nid: 4\n\nid: 5\nevent: point\ndata: {\"a\":1}\n\n: alive\n\n"
			     "event:alarm\r\nid:6\r\ndata: x\r\ndata: y\r\n\r\ndata: plain\n\n";
static const char seen_events[] = "[point|5|{\"a\":1}][alarm|6|x\ny][message|6|plain]";

static void events_are_the_same_however_the_bytes_are_cut(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < sizeof(stream); piece++) {
		struct seen seen = { 0 };
		struct sse_handler handler = { .context = &seen, .event = note_event };
		struct sse s = { 0 };

		for (size_t at = 0; at < sizeof(stream) - 1; at += piece)
			assert_int_equal(sse_feed(&s, stream + at, MIN(piece, sizeof(stream) - 1 - at), &handler), 0);
		assert_string_equal(seen.text, seen_events);
		sse_fini(&s);
	}
}

static void a_lost_connection_forgets_half_an_event_and_keeps_the_id(void **state)
{
	struct seen seen = { 0 };
	struct sse_handler handler = { .context = &seen, .event = note_event };
	struct sse s = { 0 };
	const char *half = "id: 9\nevent: point\ndata: half", *whole = "data: whole\n\n";

	(void)state;
	assert_int_equal(sse_feed(&s, half, strlen(half), &handler), 0);
	sse_reset(&s);
	assert_string_equal(s.id, "9");
	assert_int_equal(sse_feed(&s, whole, strlen(whole), &handler), 0);
	assert_string_equal(seen.text, "[message|9|whole]");
	sse_fini(&s);
}

static void an_endless_event_is_refused_and_a_handler_can_end_it(void **state)
{
	struct seen seen = { .answer = 7 };
	struct sse_handler handler = { .context = &seen, .event = note_event };
	struct sse s = { 0 };
	char block[4096];
	int r = 0;

	(void)state;
	assert_int_equal(sse_feed(&s, stream, strlen(stream), &handler), 7);
	sse_reset(&s);
	memset(block, 'x', sizeof(block));
	for (int i = 0; i < 100 && r == 0; i++)
		r = sse_feed(&s, block, sizeof(block), &handler);
	assert_int_equal(r, -EMSGSIZE);
	sse_fini(&s);
}

static int forget_problem(void **state)
{
	(void)state;
	str_buf_fini(&problem);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_stand_before_or_after_the_command),
		cmocka_unit_test(a_negative_number_and_what_follows_two_dashes_are_words),
		cmocka_unit_test(wrong_options_are_told),
		cmocka_unit_test(commands_are_found_by_one_word_or_two),
		cmocka_unit_test(what_the_shell_offers_fits_what_the_command_takes),
		cmocka_unit_test(wide_characters_are_two_columns_in_any_locale),
		cmocka_unit_test(a_text_is_padded_by_what_is_seen),
		cmocka_unit_test(nothing_that_steers_a_terminal_gets_through),
		cmocka_unit_test(a_table_is_aligned_by_what_is_seen),
		cmocka_unit_test(a_legend_stands_above_the_table),
		cmocka_unit_test(csv_is_quoted_where_it_must_be),
		cmocka_unit_test(json_goes_through_unchanged),
		cmocka_unit_test(formats_are_three),
		cmocka_unit_test(the_language_is_that_of_the_first_variable_that_is_set),
		cmocka_unit_test(ages_and_priorities_are_words),
		cmocka_unit_test(a_catalog_makes_them_chinese_without_a_chinese_locale),
		cmocka_unit_test(events_are_the_same_however_the_bytes_are_cut),
		cmocka_unit_test(a_lost_connection_forgets_half_an_event_and_keeps_the_id),
		cmocka_unit_test(an_endless_event_is_refused_and_a_handler_can_end_it),
	};

	return cmocka_run_group_tests(tests, NULL, forget_problem);
}
