/* test_sheet.c: CSV as spreadsheet programs write it, and rows of register tables. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/register_row.h"
#include "ctl/sheet.h"

/* Reads these bytes as a file; the sheet is the caller's. */
static int read_bytes(const char *bytes, size_t len, struct sheet *ret_sheet, struct str_buf *problem)
{
	char path[] = "/tmp/test-sheet-XXXXXX";
	int fd = mkstemp(path), r;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	close(fd);
	r = sheet_read(path, ret_sheet, problem);
	unlink(path);
	return r;
}

static int read_text(const char *text, struct sheet *ret_sheet, struct str_buf *problem)
{
	return read_bytes(text, strlen(text), ret_sheet, problem);
}

static void cells_come_without_quotes_and_blanks(void **state _unused_)
{
	struct sheet s _cleanup_sheet_ = { 0 };
	struct str_buf problem _cleanup_str_buf_ = { 0 };

	assert_int_equal(read_text("a, \"b, \"\"c\"\"\" ,d\r\n\r\n1,,3\r\n", &s, &problem), 0);
	assert_int_equal(s.count, 3);
	assert_int_equal(s.rows[0].count, 3);
	assert_string_equal(s.rows[0].cells[1], "b, \"c\"");
	assert_int_equal(s.rows[2].count, 3);
	assert_string_equal(s.rows[2].cells[1], "");
	assert_string_equal(s.rows[2].cells[2], "3");
}

static void an_empty_line_counts_as_a_row_as_in_a_spreadsheet(void **state _unused_)
{
	struct sheet s _cleanup_sheet_ = { 0 };
	struct str_buf problem _cleanup_str_buf_ = { 0 };

	assert_int_equal(read_text("a\n\n\nb\n", &s, &problem), 0);
	assert_int_equal(s.count, 4);
	assert_string_equal(s.rows[3].cells[0], "b");
}

static void semicolons_and_tabs_are_found_by_the_first_row(void **state _unused_)
{
	struct sheet semicolons _cleanup_sheet_ = { 0 }, tabs _cleanup_sheet_ = { 0 };
	struct str_buf problem _cleanup_str_buf_ = { 0 };

	assert_int_equal(read_text("a;b;c\n1,5;2;3\n", &semicolons, &problem), 0);
	assert_string_equal(semicolons.rows[1].cells[0], "1,5");
	assert_int_equal(read_text("a\tb\n1\t2\n", &tabs, &problem), 0);
	assert_string_equal(tabs.rows[1].cells[1], "2");
}

static void gb18030_and_utf16_are_read(void **state _unused_)
{
	static const char gb[] = "\xb5\xd8\xd6\xb7,1\n"; /* 地址 */
	static const char utf16[] = "\xff\xfe\x30\x57\x40\x57,\0"
				    "1\0\n";
	struct sheet s _cleanup_sheet_ = { 0 }, t _cleanup_sheet_ = { 0 };
	struct str_buf problem _cleanup_str_buf_ = { 0 };

	assert_int_equal(read_bytes(gb, sizeof(gb) - 1, &s, &problem), 0);
	assert_string_equal(s.rows[0].cells[0], "地址");
	assert_int_equal(read_bytes(utf16, sizeof(utf16), &t, &problem), 0);
	assert_string_equal(t.rows[0].cells[0], "地址");
	assert_string_equal(t.rows[0].cells[1], "1");
}

static void what_is_no_text_is_refused(void **state _unused_)
{
	struct sheet s _cleanup_sheet_ = { 0 };
	struct str_buf problem _cleanup_str_buf_ = { 0 };

	assert_int_equal(read_bytes("PK\x03\x04\0\0\0\0", 8, &s, &problem), -EILSEQ);
	assert_non_null(strstr(str_buf_text(&problem), "CSV"));
	assert_int_equal(s.count, 0);
}

static void a_quotation_mark_out_of_place_names_its_row(void **state _unused_)
{
	struct sheet s _cleanup_sheet_ = { 0 };
	struct str_buf problem _cleanup_str_buf_ = { 0 };

	assert_int_equal(read_text("a,b\n1,2\n3,x\"y\n", &s, &problem), -EBADMSG);
	assert_non_null(strstr(str_buf_text(&problem), "row 3"));
}

static void a_quote_that_never_ends_is_an_error(void **state _unused_)
{
	struct sheet s _cleanup_sheet_ = { 0 };
	struct str_buf problem _cleanup_str_buf_ = { 0 };

	assert_int_equal(read_text("a,b\n1,\"2\n", &s, &problem), -EBADMSG);
}

static void too_many_columns_and_rows_are_refused(void **state _unused_)
{
	struct sheet s _cleanup_sheet_ = { 0 };
	struct str_buf problem _cleanup_str_buf_ = { 0 }, text _cleanup_str_buf_ = { 0 };

	for (int i = 0; i < SHEET_COLUMNS_MAX; i++)
		str_buf_add(&text, "a,");
	assert_int_equal(read_text(str_buf_text(&text), &s, &problem), -E2BIG);
	str_buf_clear(&text);
	for (int i = 0; i <= SHEET_ROWS_MAX; i++)
		str_buf_add(&text, "a\n");
	assert_int_equal(read_text(str_buf_text(&text), &s, &problem), -E2BIG);
	assert_int_equal(s.count, 0);
}

static void columns_are_called_as_a_spreadsheet_does(void **state _unused_)
{
	char buf[SHEET_COLUMN_MAX];

	assert_string_equal(sheet_column(0, buf), "A");
	assert_string_equal(sheet_column(25, buf), "Z");
	assert_string_equal(sheet_column(26, buf), "AA");
	assert_string_equal(sheet_column(63, buf), "BL");
}

/* A table with one row of points. */
struct one {
	struct sheet sheet;
	struct register_head head;
	struct register_row row;
	struct register_errors errors;
	int r;
};

static void one_fini(struct one *o)
{
	register_row_fini(&o->row);
	str_buf_fini(&o->head.unused);
	str_buf_fini(&o->errors.text);
	sheet_fini(&o->sheet);
}
#define _cleanup_one_ _cleanup_(one_fini)

static void read_one(const char *text, enum register_base base, struct one *o)
{
	struct str_buf problem _cleanup_str_buf_ = { 0 };

	*o = (struct one){ .errors = { .file = "t.csv" } };
	assert_int_equal(read_text(text, &o->sheet, &problem), 0);
	assert_int_equal(register_row_head(&o->sheet.rows[0], &o->head, &o->errors), 0);
	o->r = register_row_read(&o->sheet.rows[1], 2, &o->head, base, &o->row, &o->errors);
}

static void makers_words_are_understood(void **state _unused_)
{
	struct one o _cleanup_one_ = { 0 };

	read_one("点名,寄存器地址,功能码,数据类型,字节序,倍率,单位\nInlet Temp. 2,1EH,04,REAL,Little-Endian,0.1,°C\n",
		 REGISTER_FROM_0, &o);
	assert_int_equal(o.r, 0);
	assert_string_equal(o.row.name, "inlet_temp_2");
	assert_string_equal(o.row.table, "input");
	assert_int_equal(o.row.address, 30);
	assert_string_equal(o.row.type, "f32");
	assert_string_equal(o.row.order, "dcba");
	assert_string_equal(o.row.scale, "0.1");
}

static void addresses_of_paper_name_their_table(void **state _unused_)
{
	static const struct {
		const char *written, *table;
		unsigned address;
	} cases[] = { { "40031", "holding", 30 },
		      { "30001", "input", 0 },
		      { "10008", "discrete", 7 },
		      { "00001", "coil", 0 },
		      { "465536", "holding", 65535 } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct one o _cleanup_one_ = { 0 };
		char text[64];

		snprintf(text, sizeof(text), "address\n%s\n", cases[i].written);
		read_one(text, REGISTER_PAPER, &o);
		assert_int_equal(o.r, 0);
		assert_string_equal(o.row.table, cases[i].table);
		assert_int_equal(o.row.address, cases[i].address);
		assert_int_equal(register_row_guess_base(&o.sheet, &o.head), REGISTER_PAPER);
	}
}

static void one_plain_address_makes_all_of_them_plain(void **state _unused_)
{
	struct one o _cleanup_one_ = { 0 };

	read_one("address\n40031\n30\n", REGISTER_FROM_0, &o);
	assert_int_equal(register_row_guess_base(&o.sheet, &o.head), REGISTER_FROM_0);
	assert_int_equal(o.row.address, 40031);
}

static void the_first_address_from_1_is_0_on_the_wire(void **state _unused_)
{
	struct one first _cleanup_one_ = { 0 }, none _cleanup_one_ = { 0 }, last _cleanup_one_ = { 0 };

	read_one("address\n1\n", REGISTER_FROM_1, &first);
	assert_int_equal(first.row.address, 0);
	read_one("address\n0\n", REGISTER_FROM_1, &none);
	assert_int_equal(none.r, -EINVAL);
	read_one("address\n65536\n", REGISTER_FROM_1, &last);
	assert_int_equal(last.row.address, 65535);
}

static void every_wrong_cell_of_a_row_is_told(void **state _unused_)
{
	struct one o _cleanup_one_ = { 0 };

	read_one("name,address,fc,type,order,scale,period,access,values\na,65536,7,int17,abdc,x,5,maybe,0-off\n",
		 REGISTER_FROM_0, &o);
	assert_int_equal(o.r, -EINVAL);
	assert_int_equal(o.errors.count, 8);
	assert_non_null(
		strstr(o.errors.text.text, "t.csv:2: column B (address): '65536': expected a number from 0 to 65535"));
	assert_non_null(strstr(o.errors.text.text, "column D (type): 'int17': expected one of u16, i16"));
	assert_non_null(strstr(o.errors.text.text, "column I (values): '0-off'"));
}

static void what_cannot_be_together_is_told(void **state _unused_)
{
	static const char *const rows[] = { "5,1,i16,,", "5.3,1,,,", "5,3,string,,", "5,3,u8,,", "5.3,3,,0.1," };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct one o _cleanup_one_ = { 0 };
		char text[96];

		snprintf(text, sizeof(text), "address,fc,type,scale,count\n%s\n", rows[i]);
		read_one(text, REGISTER_FROM_0, &o);
		assert_int_equal(o.r, -EINVAL);
		assert_int_equal(o.errors.count, 1);
	}
}

static void words_of_values_are_quoted(void **state _unused_)
{
	struct one o _cleanup_one_ = { 0 };

	read_one("address,values\n5,0:停止; 1 = say \\hi\\; 0x10=x\n", REGISTER_FROM_0, &o);
	assert_int_equal(o.r, 0);
	assert_string_equal(o.row.values.text, "(0, \"停止\"), (1, \"say \\\\hi\\\\\"), (16, \"x\")");
}

static void a_name_without_latin_letters_is_the_address(void **state _unused_)
{
	struct one o _cleanup_one_ = { 0 };

	read_one("名称,地址,位\n运行状态,33,4\n", REGISTER_FROM_0, &o);
	assert_string_equal(o.row.name, "holding_33_4");
	assert_true(o.row.named_by_address);
	assert_string_equal(o.row.title, "运行状态");
}

static void a_head_without_address_or_with_two_is_refused(void **state _unused_)
{
	struct register_errors errors = { .file = "t.csv" };
	struct register_head head;
	struct str_buf problem _cleanup_str_buf_ = { 0 };
	struct sheet none _cleanup_sheet_ = { 0 }, two _cleanup_sheet_ = { 0 };

	assert_int_equal(read_text("name,colour\n", &none, &problem), 0);
	assert_int_equal(register_row_head(&none.rows[0], &head, &errors), -EINVAL);
	assert_string_equal(head.unused.text, "colour");
	str_buf_fini(&head.unused);
	assert_int_equal(read_text("addr,地址\n", &two, &problem), 0);
	assert_int_equal(register_row_head(&two.rows[0], &head, &errors), -EINVAL);
	assert_int_equal(errors.count, 2);
	str_buf_fini(&head.unused);
	str_buf_fini(&errors.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells_come_without_quotes_and_blanks),
		cmocka_unit_test(an_empty_line_counts_as_a_row_as_in_a_spreadsheet),
		cmocka_unit_test(semicolons_and_tabs_are_found_by_the_first_row),
		cmocka_unit_test(gb18030_and_utf16_are_read),
		cmocka_unit_test(what_is_no_text_is_refused),
		cmocka_unit_test(a_quotation_mark_out_of_place_names_its_row),
		cmocka_unit_test(a_quote_that_never_ends_is_an_error),
		cmocka_unit_test(too_many_columns_and_rows_are_refused),
		cmocka_unit_test(columns_are_called_as_a_spreadsheet_does),
		cmocka_unit_test(makers_words_are_understood),
		cmocka_unit_test(addresses_of_paper_name_their_table),
		cmocka_unit_test(one_plain_address_makes_all_of_them_plain),
		cmocka_unit_test(the_first_address_from_1_is_0_on_the_wire),
		cmocka_unit_test(every_wrong_cell_of_a_row_is_told),
		cmocka_unit_test(what_cannot_be_together_is_told),
		cmocka_unit_test(words_of_values_are_quoted),
		cmocka_unit_test(a_name_without_latin_letters_is_the_address),
		cmocka_unit_test(a_head_without_address_or_with_two_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
