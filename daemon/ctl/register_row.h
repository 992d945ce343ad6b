/* register_row.h: one row of a maker's register table, read into the words of a profile's point. Pure.
 *
 * Makers write what they like: "4x", "03", "保持寄存器" are holding registers, "float", "REAL" and "浮点" an f32. What is
 * not known is an error that names the cell and says what was expected; nothing is guessed but what the head says. */
#pragma once

#include "ctl/sheet.h"

enum register_column {
	REGISTER_NAME,
	REGISTER_ADDRESS,
	REGISTER_TABLE,
	REGISTER_BIT,
	REGISTER_TYPE,
	REGISTER_ORDER,
	REGISTER_COUNT,
	REGISTER_SCALE,
	REGISTER_OFFSET,
	REGISTER_UNIT,
	REGISTER_MIN,
	REGISTER_MAX,
	REGISTER_VALUES,
	REGISTER_PERIOD,
	REGISTER_ACCESS,
	REGISTER_NOTE,
	REGISTER_COLUMNS
};

struct register_head {
	size_t at[REGISTER_COLUMNS]; /* column of the sheet; SIZE_MAX: it has none */
	struct str_buf unused;       /* names of columns that say nothing we know, for people */
};

/* How addresses are counted. */
enum register_base {
	REGISTER_FROM_0,
	REGISTER_FROM_1,
	REGISTER_PAPER /* 40031 is holding register 30, 30001 input register 0, 10001 discrete input 0 */
};

/* What was wrong with cells; one line each in text. */
struct register_errors {
	const char *file;
	struct str_buf text;
	size_t count;
};

/* A point in the words of the configuration. Texts are lent from the sheet or static, but name. */
struct register_row {
	char name[64];
	bool named_by_address; /* its own name has no letters that an id may have */
	bool write_only;
	const char *table, *type, *order, *unit, *period, *note, *title;
	unsigned address, bit_low, bit_high, count;
	bool has_bits;
	const char *scale, *offset, *min, *max; /* numbers as written; NULL: not said */
	struct str_buf values;                  /* "(0, \"off\"), (1, \"on\")"; empty: none */
};

/* Row 1 names the columns. -EINVAL with errors: a column that is needed is missing or stands twice. */
int register_row_head(const struct sheet_row *row, struct register_head *ret_head, struct register_errors *errors);
/* How the addresses of the whole sheet are counted, as the addresses themselves say it: REGISTER_PAPER where all of them are
 * paper's, else from 0. */
enum register_base register_row_guess_base(const struct sheet *sheet, const struct register_head *head);
/* One row; number is the spreadsheet's. 0, or -EINVAL with errors: every wrong cell of it. */
int register_row_read(const struct sheet_row *row, size_t number, const struct register_head *head,
		      enum register_base base, struct register_row *ret_row, struct register_errors *errors);
/* Another row, other, has given a point this row's name already. */
void register_row_twice(const struct register_head *head, size_t number, const struct register_row *row, size_t other,
			struct register_errors *errors);
void register_row_fini(struct register_row *r);
bool register_row_is_empty(const struct sheet_row *row);
