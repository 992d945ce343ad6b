#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "conf/prescan.h"
#include "unit.h"

/* The first message of the scan, "" for none; the hint as "?line: …". */
static const char *scan_len(const char *text, size_t len)
{
	static char said[400];
	struct diag d = { 0 };
	struct prescan p = { .file = "f", .diag = &d };
	int r = prescan_text(text, len, &p);

	said[0] = '\0';
	if (d.count > 0)
		snprintf(said, sizeof(said), "%u: %s", d.entries[0].line, d.entries[0].text);
	else if (p.hint_line)
		snprintf(said, sizeof(said), "?%u: %s", p.hint_line, p.hint);
	assert_true(r == 0 || d.errors > 0);
	diag_fini(&d);
	return said;
}

static const char *scan(const char *text)
{
	return scan_len(text, strlen(text));
}

static void a_good_text_is_left_alone(void **state)
{
	(void)state;
	assert_string_equal(scan(""), "");
	assert_string_equal(scan("a = 1; b : { c = \"x\" \"y\"; d = ( 1, \"(\", { e = [ 1, 2 ]; } ); }\n"), "");
	assert_string_equal(scan("# (\n// {\n/* [ \" */ a = -2147483648; b = 0x7FFFFFFF; c = 1.5e10; d = .5;"), "");
	assert_string_equal(scan("a-b_c = TRUE b = false c = \"\\\"\";"), "");
	assert_string_equal(scan("text: { zh = \"电梯；\"; };"), "");
}

static void a_byte_order_mark_is_skipped(void **state)
{
	struct diag d = { 0 };
	struct prescan p = { .file = "f", .diag = &d };

	(void)state;
	assert_int_equal(prescan_text("\xEF\xBB\xBFgood = 1;", 12, &p), 0);
	assert_int_equal(p.start, 3);
	assert_int_equal(prescan_text("good = 1;", 9, &p), 0);
	assert_int_equal(p.start, 0);
	assert_int_equal(d.count, 0);
}

static void integers_beyond_31_bits_are_refused_with_their_line(void **state)
{
	(void)state;
	assert_string_equal(scan("\na = 4294967297;"),
			    "2: 4294967297 does not fit into 31 bits; if it is meant, write 4294967297L");
	assert_string_equal(scan("a = 2147483648;"),
			    "1: 2147483648 does not fit into 31 bits; if it is meant, write 2147483648L");
	assert_string_equal(scan("a = -2147483649;"),
			    "1: -2147483649 does not fit into 31 bits; if it is meant, write -2147483649L");
	assert_string_equal(scan("a = 0x80000000;"),
			    "1: 0x80000000 does not fit into 31 bits; if it is meant, write 0x80000000L");
	assert_string_equal(scan("a = 4294967297L; b = 0xFFFFFFFFL; c = 2147483647; d = 4294967297LL;"), "");
	assert_string_equal(scan("a = 9999999999999999999L;"), "1: 9999999999999999999 does not fit into 64 bits");
	assert_string_equal(scan("a = 99999999999999999999999999999999999999999L;"),
			    "1: 9999999999999999999999999999999 does not fit into 64 bits");
	assert_string_equal(scan("a = \"4294967297\"; # 4294967297\nb = 4294967297.5; c4294967297 = 1;"), "");
}

static void an_integer_does_not_end_the_file(void **state)
{
	struct diag d = { 0 };
	struct prescan p = { .file = "f", .diag = &d };
	const char *text = "a = 4294967297;\nb = 4294967298;\n";

	(void)state;
	assert_int_equal(prescan_text(text, strlen(text), &p), 0);
	assert_int_equal(d.errors, 2);
	assert_int_equal(d.entries[1].line, 2);
	diag_fini(&d);
}

static void an_open_quote_is_named_where_it_opens(void **state)
{
	(void)state;
	assert_string_equal(scan("a = 1;\nb = \"x;\nc = 2;\n"), "2: the quote \" that opens here is never closed");
	assert_string_equal(scan("a = \"x;\nb = \"y\";\nc = 3;\n"),
			    "1: the quote \" that opens here is not closed on its line");
	assert_string_equal(scan("a = \"x\ny\"; b = \"z;\n"), "2: the quote \" that opens here is never closed");
	/* It may be meant so: only said where libconfig fails. */
	assert_string_equal(scan("a = \"one\ntwo\"; b = 1;"), "");
	assert_string_equal(scan("a = \"one\ntwo\" b = 1;"),
			    "?1: the quote \" that opens here is not closed on its line");
	assert_string_equal(scan("a = \"x\\\";\n"), "1: the quote \" that opens here is never closed");
}

static void brackets_are_matched(void **state)
{
	(void)state;
	assert_string_equal(scan("a = (\n{ b = 1; }\n"), "1: the '(' that opens here is never closed");
	assert_string_equal(scan("a = (\n{ b = 1;\n);"),
			    "2: the '{' that opens here is still open at the ')' in line 3");
	assert_string_equal(scan("a = 1; }"), "1: '}' closes nothing");
}

static void more_brackets_than_anybody_needs_are_refused(void **state)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };

	(void)state;
	str_buf_add(&text, "a = ");
	for (int i = 0; i < 100000; i++)
		str_buf_add(&text, "(");
	assert_string_equal(scan(str_buf_text(&text)), "1: more than 64 brackets in brackets");
}

static void the_usual_slips_are_explained(void **state)
{
	(void)state;
	assert_string_equal(scan("a = tcp;"),
			    "1: tcp: a text stands in quotes; without them only numbers, true and false");
	assert_string_equal(scan("a \"x\";"), "1: expected '=' or ':' after 'a'");
	assert_string_equal(scan("a = ;"), "1: no value after 'a'");
	assert_string_equal(scan("a = ( { b = 1; }\n{ b = 2; } );"), "2: a comma is missing before this entry");
	assert_string_equal(scan("a = ( 1, );"), "1: a comma before the closing bracket: libconfig wants none");
	assert_string_equal(scan("a = 1；"), "1: the wide character '；' stands where ';' is expected");
	assert_string_equal(scan("a = 电梯;"), "1: '电' outside of quotes: a text stands in quotes");
	assert_string_equal(
		scan("a = 1;\n@include \"b\"\n"),
		"2: @include is not supported: put the file into conf.d/, profiles/ or rules/ beside the main file");
	assert_string_equal(scan("a = 1; /* b\n"), "1: the comment /* that opens here is never closed");
}

static void a_key_that_stands_twice_is_marked_and_the_rest_is_read(void **state)
{
	const char *text = "a = 1;\nb: { c = 1; d = ( { c = 1; }, { c = 2; } ); c = 3; };\na = 2;";
	struct diag d = { 0 };
	struct prescan p = { .file = "f", .diag = &d };

	(void)state;
	assert_int_equal(prescan_text(text, strlen(text), &p), 0);
	assert_int_equal(d.errors, 2);
	assert_string_equal(d.entries[0].text, "'c' stands twice in one group; the other is at line 2");
	assert_string_equal(d.entries[1].text, "'a' stands twice in one file; the other is at line 1");
	assert_int_equal(p.mark_count, 2);
	assert_string_equal(text + p.marks[0].at, " = 3; };\na = 2;");
	assert_string_equal(text + p.marks[1].at, " = 2;");
	diag_fini(&d);
}

/* What stands before that line and is whole, with what closes it. */
static const char *whole(const char *text, unsigned line)
{
	static char front[400];
	const char *close;
	size_t len = prescan_whole(text, strlen(text), line, &close);

	snprintf(front, sizeof(front), "%.*s%s", (int)len, text, close);
	return front;
}

static void what_is_whole_before_a_mistake_is_found(void **state)
{
	const char *text = "a = 1;\nb = (\n{ c = 1; },\n{ c = 2;\n d = ( 1, 2 ); },\n{ c = 3; ]\n);";

	(void)state;
	assert_string_equal(whole(text, 1), "");
	assert_string_equal(whole(text, 2), "a = 1;");
	assert_string_equal(whole(text, 4), "a = 1;\nb = (\n{ c = 1; })");
	assert_string_equal(whole(text, 5), "a = 1;\nb = (\n{ c = 1; })");
	assert_string_equal(whole(text, 6), "a = 1;\nb = (\n{ c = 1; },\n{ c = 2;\n d = ( 1, 2 ); })");
	assert_string_equal(whole(text, 99), "a = 1;\nb = (\n{ c = 1; },\n{ c = 2;\n d = ( 1, 2 ); })");
}

static void bytes_that_are_no_text_are_refused(void **state)
{
	(void)state;
	assert_string_equal(scan("a = 1;\nb = \"\xb5\xe7\xcc\xdd\";"),
			    "2: the text is not UTF-8 (GBK?): save the file as UTF-8");
	assert_string_equal(scan_len("a = 1;\0b", 8), "1: a NUL byte: the file is damaged, or no text");
	assert_string_equal(scan_len("\xFF\xFE"
				     "a\0",
				     4),
			    "1: the file is UTF-16: save it as UTF-8");
}

/* Whatever is cut off: it neither reads past the end nor fails to end. */
static void any_part_of_a_text_can_be_scanned(void **state)
{
	const char *text = "\xEF\xBB\xBF/* c */ a : { b = ( 1, -2L, 0x3F, .5e-3, \"x\\\"y\n\" \"z\", tRue ); }; # "
			   "灯\n@include \"q\"";
	size_t len = strlen(text);

	(void)state;
	for (size_t from = 0; from < len; from++)
		for (size_t to = from; to <= len; to++) {
			char *part = malloc(
				MAX(to - from, (size_t)1)); /* its end is where a sanitizer sees a read too far */

			assert_non_null(part);
			memcpy(part, text + from, to - from);
			scan_len(part, to - from);
			free(part);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_text_is_left_alone),
		cmocka_unit_test(a_byte_order_mark_is_skipped),
		cmocka_unit_test(integers_beyond_31_bits_are_refused_with_their_line),
		cmocka_unit_test(an_integer_does_not_end_the_file),
		cmocka_unit_test(an_open_quote_is_named_where_it_opens),
		cmocka_unit_test(brackets_are_matched),
		cmocka_unit_test(more_brackets_than_anybody_needs_are_refused),
		cmocka_unit_test(the_usual_slips_are_explained),
		cmocka_unit_test(a_key_that_stands_twice_is_marked_and_the_rest_is_read),
		cmocka_unit_test(what_is_whole_before_a_mistake_is_found),
		cmocka_unit_test(bytes_that_are_no_text_are_refused),
		cmocka_unit_test(any_part_of_a_text_can_be_scanned),
	};

	return UNIT_RUN(tests);
}
