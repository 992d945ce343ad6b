#include "ctl/sheet.h"

#include <csv.h>
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "ctl/words.h"

struct reading {
	struct sheet *sheet;
	struct sheet_row row;
	size_t room;
	bool too_wide, too_long;
};

static void row_fini(struct sheet_row *row)
{
	for (size_t i = 0; i < row->count; i++)
		free(row->cells[i]);
	row->count = 0;
}

void sheet_fini(struct sheet *s)
{
	for (size_t i = 0; i < s->count; i++)
		row_fini(&s->rows[i]);
	free(s->rows);
	*s = (struct sheet){ 0 };
}

const char *sheet_column(size_t column, char *buf)
{
	if (column < 26)
		snprintf(buf, SHEET_COLUMN_MAX, "%c", (char)('A' + column));
	else
		snprintf(buf, SHEET_COLUMN_MAX, "%c%c", (char)('A' + (column / 26 - 1) % 26),
			 (char)('A' + column % 26));
	return buf;
}

static int read_whole(const char *path, struct str_buf *to)
{
	int fd = str_equal(path, "-") ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char piece[8192];
	ssize_t len;
	int r = 0;

	if (fd < 0)
		return -errno;
	while (r == 0 && (len = read(fd, piece, sizeof(piece))) != 0) {
		if (len > 0)
			str_buf_add_len(to, piece, (size_t)len);
		else if (errno != EINTR)
			r = -errno;
		if (to->len > SHEET_BYTES_MAX)
			r = -EFBIG;
	}
	if (fd != STDIN_FILENO)
		close(fd);
	return r;
}

/* From what the spreadsheet program has written to UTF-8; -EILSEQ. */
static int convert(const char *charset, struct str_buf *text)
{
	struct str_buf converted _cleanup_str_buf_ = { 0 };
	iconv_t cd = iconv_open("UTF-8", charset);
	char *from = text->text, piece[4096];
	size_t left = text->len;
	int r = 0;

	if (cd == (iconv_t)-1)
		return -EILSEQ;
	while (left && r == 0) {
		char *to = piece;
		size_t room = sizeof(piece);

		if (iconv(cd, &from, &left, &to, &room) == (size_t)-1 && errno != E2BIG)
			r = -EILSEQ;
		str_buf_add_len(&converted, piece, sizeof(piece) - room);
	}
	iconv_close(cd);
	if (r < 0)
		return r;
	str_buf_clear(text);
	str_buf_add_len(text, str_buf_text(&converted), converted.len);
	return 0;
}

static bool begins(const struct str_buf *text, const char *bytes, size_t len)
{
	return text->len >= len && memcmp(text->text, bytes, len) == 0;
}

/* Excel in China writes "CSV" in GB18030, and "Unicode text" in UTF-16. */
static int make_utf8(struct str_buf *text)
{
	if (begins(text, "\xff\xfe", 2) || begins(text, "\xfe\xff", 2))
		return convert("UTF-16", text);
	if (begins(text, "\xef\xbb\xbf", 3))
		str_buf_consume(text, 3);
	if (str_is_utf8(str_buf_text(text), text->len))
		return 0;
	return convert("GB18030", text);
}

/* Line ends of every system become one byte: the parser counts each as an end of a row of its own. */
static void unify_ends(struct str_buf *text)
{
	size_t to = 0;

	for (size_t i = 0; i < text->len; i++) {
		if (text->text[i] == '\r' && i + 1 < text->len && text->text[i + 1] == '\n')
			continue;
		text->text[to++] = text->text[i] == '\r' ? '\n' : text->text[i];
	}
	text->len = to;
}

/* What stands most often in the first row that has something. */
static unsigned char delimiter_of(const struct str_buf *text)
{
	size_t count[3] = { 0 };
	const char *kinds = ",;\t";
	size_t best = 0, i = 0;

	while (i < text->len && text->text[i] == '\n')
		i++;
	for (; i < text->len && text->text[i] != '\n'; i++) {
		const char *kind = text->text[i] ? strchr(kinds, text->text[i]) : NULL;

		if (kind)
			count[kind - kinds]++;
	}
	for (size_t k = 1; k < 3; k++)
		if (count[k] > count[best])
			best = k;
	return (unsigned char)kinds[best];
}

static void take_cell(void *cell, size_t len, void *context)
{
	struct reading *r = context;
	const char *text = cell;

	if (r->row.count == SHEET_COLUMNS_MAX) {
		r->too_wide = true;
		return;
	}
	while (len && strchr(" \t\n", *text)) {
		text++;
		len--;
	}
	while (len && strchr(" \t\n", text[len - 1]))
		len--;
	r->row.cells[r->row.count++] = mem_strndup(text, len);
}

static void take_row(int end _unused_, void *context)
{
	struct reading *r = context;

	if (r->sheet->count == SHEET_ROWS_MAX) {
		r->too_long = true;
		row_fini(&r->row);
		return;
	}
	if (r->sheet->count == r->room) {
		r->room = MAX((size_t)64, r->room * 2);
		r->sheet->rows = mem_realloc(r->sheet->rows, r->room, sizeof(*r->sheet->rows));
	}
	r->sheet->rows[r->sheet->count++] = r->row;
	r->row = (struct sheet_row){ 0 };
}

static int parse(const struct str_buf *text, struct sheet *sheet, struct str_buf *ret_problem)
{
	struct reading reading = { .sheet = sheet };
	struct csv_parser parser;
	int r = 0;

	if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL | CSV_APPEND_NULL) != 0)
		return -ENOMEM;
	csv_set_delim(&parser, delimiter_of(text));
	if (csv_parse(&parser, str_buf_text(text), text->len, take_cell, take_row, &reading) != text->len ||
	    csv_fini(&parser, take_cell, take_row, &reading) != 0) {
		r = csv_error(&parser) == CSV_ENOMEM ? -ENOMEM : -EBADMSG;
		str_buf_printf(ret_problem,
			       _("row %zu: a quotation mark out of place: expected it around a whole cell"),
			       sheet->count + 1);
	} else if (reading.too_wide) {
		r = -E2BIG;
		str_buf_printf(ret_problem, _("expected at most %d columns"), SHEET_COLUMNS_MAX);
	} else if (reading.too_long) {
		r = -E2BIG;
		str_buf_printf(ret_problem, _("expected at most %d rows"), SHEET_ROWS_MAX);
	}
	csv_free(&parser);
	row_fini(&reading.row);
	return r;
}

int sheet_parse(struct str_buf *text, struct sheet *ret_sheet, struct str_buf *ret_problem)
{
	int r;

	*ret_sheet = (struct sheet){ 0 };
	if (make_utf8(text) < 0 || memchr(str_buf_text(text), '\0', text->len)) {
		str_buf_add(ret_problem, _("expected a text in UTF-8, UTF-16 or GB18030: save it as CSV"));
		return -EILSEQ;
	}
	unify_ends(text);
	r = parse(text, ret_sheet, ret_problem);
	if (r < 0)
		sheet_fini(ret_sheet);
	return r;
}

int sheet_read(const char *path, struct sheet *ret_sheet, struct str_buf *ret_problem)
{
	struct str_buf text _cleanup_str_buf_ = { 0 };
	int r = read_whole(path, &text);

	if (r == 0)
		return sheet_parse(&text, ret_sheet, ret_problem);
	*ret_sheet = (struct sheet){ 0 };
	if (r == -EFBIG)
		str_buf_printf(ret_problem, _("expected at most %d bytes"), SHEET_BYTES_MAX);
	else
		str_buf_add(ret_problem, strerror(-r));
	return r;
}
