/* fuzz_sheet.c: ctl/sheet.c and ctl/register_row.c: whatever a file holds that somebody takes for a register table, each row
 * is a point that the configuration can say, or there is an error that names a cell. */
#include "fuzz.h"

#include "base/str.h"
#include "ctl/register_row.h"

static void claim_row(const struct register_row *row)
{
	FUZZ_CLAIM(str_is_id(row->name) || row->named_by_address);
	FUZZ_CLAIM(row->table && row->address <= 65535);
	FUZZ_CLAIM(!row->has_bits || (row->bit_low <= row->bit_high && row->bit_high <= 15));
	FUZZ_CLAIM(row->count <= 125);
	FUZZ_CLAIM(str_is_utf8(str_buf_text(&row->values), row->values.len));
}

static void read_rows(const struct sheet *sheet, const struct register_head *head, struct register_errors *errors)
{
	enum register_base base = register_row_guess_base(sheet, head);

	for (size_t i = 1; i < sheet->count; i++) {
		struct register_row row = { 0 };
		size_t before = errors->count;

		if (register_row_read(&sheet->rows[i], i + 1, head, base, &row, errors) == 0)
			claim_row(&row);
		else
			FUZZ_CLAIM(errors->count > before);
		register_row_fini(&row);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct register_errors errors = { .file = "t.csv" };
	struct str_buf text = { 0 }, problem = { 0 };
	struct register_head head;
	struct sheet sheet;

	str_buf_add_len(&text, (const char *)data, size);
	if (sheet_parse(&text, &sheet, &problem) < 0) {
		FUZZ_CLAIM(problem.len > 0 && sheet.count == 0);
	} else if (sheet.count) {
		if (register_row_head(&sheet.rows[0], &head, &errors) == 0)
			read_rows(&sheet, &head, &errors);
		str_buf_fini(&head.unused);
	}
	FUZZ_CLAIM(str_is_utf8(str_buf_text(&errors.text), errors.text.len));
	sheet_fini(&sheet);
	str_buf_fini(&errors.text);
	str_buf_fini(&problem);
	str_buf_fini(&text);
	return 0;
}
