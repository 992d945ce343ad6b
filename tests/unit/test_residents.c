/* The register of residents as a table: what is taken, and how a bad cell is named. */

#include "app/residents.h"
#include "base/clock.h"
#include "base/str.h"
#include "unit.h"

static struct place places[] = { { .id = "b1" } };
static struct contact contacts[] = { { .id = "desk" }, { .id = "grid-3" } };
static const struct conf conf = { .places = places, .place_count = 1, .contacts = contacts, .contact_count = 2 };

#define HEAD "id,place,categories,name,contacts,limits,rules,note\n"

static void parse(const char *text, struct diag *d, struct residents *read)
{
	residents_parse(&(struct residents_text){ "t.csv", text, strlen(text) }, &conf, d, read);
}

static void a_table_is_read_in_any_order_and_language(void **state)
{
	struct residents read = { 0 };
	struct diag d = { 0 };

	(void)state;
	parse("姓名;类别;编号;住处;性别\n住户;独居,高龄;r-12;b1/u1/1204;女\n", &d, &read);
	assert_int_equal(d.errors, 0);
	assert_int_equal(d.warnings, 1);
	assert_non_null(strstr(d.entries[0].text, "nobody knows '性别'"));
	assert_int_equal(read.count, 1);
	assert_string_equal(read.all[0].name, "住户");
	assert_int_equal(read.all[0].categories, 1U << RESIDENT_LIVES_ALONE | 1U << RESIDENT_AGED);
	assert_true(read.has[RESIDENT_FIELD_NAME] && !read.has[RESIDENT_FIELD_PHONE]);
	residents_fini(&read);
	diag_fini(&d);
}

static void what_spreadsheets_make_of_a_table_is_read(void **state)
{
	static const char *const tables[] = {
		"ID,Name,Place,Categories,Hospital Until\nr-12,住户,b1/u1/1204,独居,2026-10-07\n",
		"id\tname\tplace\tcategories\thospital_until\r\nr-12\t住户\tb1/u1/1204\t独居\t2026/10/7\r\n",
		"sep=;\r\nID;姓名;Place;CATEGORIES;住院至\r\nr-12;住户;b1/u1/1204;独居;2026-10-07",
		"\xef\xbb\xbfsep=,\nid,name,place,categories,hospital_until\nr-12,住户,b1/u1/1204,独居,2026-10-07\n",
		"sep=\t\nid\tname\tplace\tcategories\thospital_until\nr-12\t住户\tb1/u1/1204\t独居\t2026-10-07\n",
		"\xc2\xa0id,name\xc2\xa0,place,categories,hospital_until\n"
		"r-12\xc2\xa0,\xe3\x80\x80住户\xe2\x80\x8b,\xc2\xa0 "
		"b1/u1/1204,\xe3\x80\x80独居\xc2\xa0,2026-10-07\xc2\xa0\n",
	};

	(void)state;
	clock_set_zone("Asia/Shanghai");
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		struct residents read = { 0 };
		struct diag d = { 0 };

		parse(tables[i], &d, &read);
		assert_int_equal(d.errors + d.warnings, 0);
		assert_int_equal(read.count, 1);
		assert_string_equal(read.all[0].id, "r-12");
		assert_string_equal(read.all[0].name, "住户");
		assert_string_equal(read.all[0].place, "b1/u1/1204");
		assert_int_equal(read.all[0].categories, 1U << RESIDENT_LIVES_ALONE);
		assert_int_not_equal(read.all[0].hospital_until_us, 0);
		residents_fini(&read);
		diag_fini(&d);
	}
}

static void a_table_that_comes_in_pieces_is_the_same_wherever_they_end(void **state)
{
	static const char table[] =
		"\xef\xbb\xbfsep=;\nid;name;place;categories\nr-1;\"住;\n户\";b1;独居\nr-2;b;b1;aged";
	size_t len = strlen(table);

	(void)state;
	for (size_t cut = 0; cut <= len; cut++) {
		struct residents read = { 0 };
		struct diag d = { 0 };
		struct residents_reader *r = residents_begin("t.csv", &d, &read);

		residents_feed(r, &conf, table, cut);
		residents_feed(r, &conf, table + cut, len - cut);
		residents_end(r, &conf);
		residents_reader_free(r);
		assert_int_equal(d.errors, 1); /* a name is of one line */
		assert_int_equal(d.entries[0].line, 4);
		assert_int_equal(read.count, 2);
		assert_string_equal(read.all[1].id, "r-2");
		residents_fini(&read);
		diag_fini(&d);
	}
}

static void a_line_without_an_end_is_not_waited_for(void **state)
{
	static const char piece[1000] = { [0 ... 998] = 'x' };
	struct residents read = { 0 };
	struct diag d = { 0 };
	struct residents_reader *r = residents_begin("t.csv", &d, &read);

	(void)state;
	for (int i = 0; i < 100; i++)
		residents_feed(r, &conf, piece, 999);
	residents_end(r, &conf);
	residents_reader_free(r);
	assert_int_equal(d.errors, 1);
	assert_non_null(strstr(d.entries[0].text, "longer than 64 KiB"));
	residents_fini(&read);
	diag_fini(&d);
}

static void every_bad_cell_is_named_with_line_and_column(void **state)
{
	static const struct {
		unsigned line;
		const char *text;
	} expected[] = {
		{ 2, "column 2: place 'b9/u1': expected one below a place of the estate, as 'b1/u1/1204'" },
		{ 2, "column 3: categories: 'agde': expected words as 'lives_alone' or '独居'; did you mean 'aged'?" },
		{ 3, "column 5: contact 'dsek': expected one of the configuration; did you mean 'desk'?" },
		{ 3, "column 7: rule 'drfit': expected one that a resident may wish for or refuse, as 'welfare'; did "
		     "you mean "
		     "'drift'?" },
		{ 4, "column 1: no id: expected one of this resident's own" },
		{ 5, "id 'r-1' is there twice: expected one of this resident's own" },
		{ 6, "column 9: 'x': expected no more cells than the header has" },
	};
	struct residents read = { 0 };
	struct diag d = { 0 };

	(void)state;
	parse(HEAD "r-1,b9/u1,agde,a\nr-2,b1,,a,dsek,,-drfit,\n,b1,aged\nr-1,b1,aged\nr-3,b1,,,,,,,x\n", &d, &read);
	assert_int_equal(d.errors, ARRAY_SIZE(expected));
	for (size_t i = 0; i < d.count; i++) {
		assert_int_equal(d.entries[i].line, expected[i].line);
		assert_string_equal(d.entries[i].text, expected[i].text);
	}
	residents_fini(&read);
	diag_fini(&d);
}

static void a_setting_that_no_rule_has_is_named(void **state)
{
	struct residents read = { 0 };
	struct diag d = { 0 };

	(void)state;
	parse(HEAD "r-1,b1,独居,a,,welfare.bufer=3h,,\nr-2,b1,独居,a,,welfare.buffer=3h;bathroom.at_least=1h,,\n", &d,
	      &read);
	assert_int_equal(d.errors, 1);
	assert_int_equal(d.entries[0].line, 2);
	assert_non_null(strstr(d.entries[0].text, "column 6: "));
	residents_fini(&read);
	diag_fini(&d);
}

static void a_text_that_is_no_table_says_so_once(void **state)
{
	static const char *const texts[] = { "",   "\n\n",       "id,name\n",
					     "\"", HEAD "\"r-1", HEAD "r-1,\xff,,,,,,\nr-1,\xff,\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct residents read = { 0 };
		struct diag d = { 0 };

		parse(texts[i], &d, &read);
		assert_int_equal(d.errors, i == 2 ? 2 : 1); /* it lacks two columns */
		residents_fini(&read);
		diag_fini(&d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_is_read_in_any_order_and_language),
		cmocka_unit_test(what_spreadsheets_make_of_a_table_is_read),
		cmocka_unit_test(a_table_that_comes_in_pieces_is_the_same_wherever_they_end),
		cmocka_unit_test(a_line_without_an_end_is_not_waited_for),
		cmocka_unit_test(every_bad_cell_is_named_with_line_and_column),
		cmocka_unit_test(a_setting_that_no_rule_has_is_named),
		cmocka_unit_test(a_text_that_is_no_table_says_so_once),
	};

	clock_set_zone("Asia/Shanghai");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
