/* sheet.h: a table that a spreadsheet program saved as CSV: separated by comma, semicolon or tab; UTF-8, UTF-16 or GB18030.
 *
 * Rows and columns are counted as a spreadsheet shows them, so that a person finds the cell that is meant. */
#pragma once

#include <stddef.h>

#include "base/str.h"

#define SHEET_COLUMNS_MAX 64
#define SHEET_ROWS_MAX    10000
#define SHEET_BYTES_MAX   (4 << 20)

struct sheet_row {
	char *cells[SHEET_COLUMNS_MAX]; /* without blanks at both ends; "" where it is empty */
	size_t count;
};

struct sheet {
	struct sheet_row *rows; /* rows[0] is row 1 */
	size_t count;
};

/* 0, or -errno with *ret_problem appended: the place and what was expected. "-" is the standard input. */
int sheet_read(const char *path, struct sheet *ret_sheet, struct str_buf *ret_problem);
/* The same of what was read: text is used up. */
int sheet_parse(struct str_buf *text, struct sheet *ret_sheet, struct str_buf *ret_problem);
void sheet_fini(struct sheet *s);
/* "A", "B", … "AA". buf of SHEET_COLUMN_MAX. */
#define SHEET_COLUMN_MAX 4
const char *sheet_column(size_t column, char *buf);

#define _cleanup_sheet_ _cleanup_(sheet_fini)
