/* out_text.c: tables that a person reads; columns are as wide as their widest cell, two blanks apart. */
#include "ctl/out.h"

#include "base/mem.h"
#include "ctl/width.h"

#define GAP 2

static size_t count_columns(const struct out_table *t)
{
	size_t count = 0;

	while (t->columns[count].title)
		count++;
	return count;
}

/* A cell as it is shown: cleaned, "-" where there is nothing. The caller frees it. */
static char *cell_new(const struct out *o, const struct out_column *column, const json_t *row)
{
	struct str_buf raw _cleanup_str_buf_ = { 0 }, shown = { 0 };

	if (column->show)
		column->show(row, o->language, &raw);
	else
		out_value(json_object_get(row, column->key), o->language, &raw);
	width_add(&shown, raw.len ? raw.text : "-");
	return str_buf_take(&shown);
}

struct cell {
	const struct out_column *column;
	const char *text, *color; /* color may be NULL */
	size_t width;             /* of the column */
};

static void add_cell(struct str_buf *line, const struct cell *cell)
{
	size_t shown = width_of(cell->text);
	int pad = cell->width > shown ? (int)(cell->width - shown) : 0;

	if (cell->column->align == OUT_RIGHT)
		str_buf_printf(line, "%*s", pad, "");
	if (cell->color)
		str_buf_printf(line, "\033[%sm%s\033[0m", cell->color, cell->text);
	else
		str_buf_add(line, cell->text);
	if (cell->column->align == OUT_LEFT)
		str_buf_printf(line, "%*s", pad, "");
	str_buf_printf(line, "%*s", GAP, "");
}

/* Of the first cell; the others are plain. */
static const char *color_of(const struct out *o, const struct out_table *t, const json_t *row)
{
	return o->color && t->color && row ? t->color(row) : NULL;
}

/* Of the widest title. */
static size_t title_width(const struct out_table *t)
{
	size_t width = 0;

	for (const struct out_column *c = t->columns; c->title; c++)
		width = MAX(width, width_of(words_tr(c->title)));
	return width;
}

static void write_line(const struct out *o, struct str_buf *line)
{
	while (line->len && line->text[line->len - 1] == ' ')
		line->text[--line->len] = '\0';
	fprintf(o->to, "%s\n", str_buf_text(line));
	str_buf_clear(line);
}

static void write_legend(const struct out *o, const struct out_table *t)
{
	struct str_buf line _cleanup_str_buf_ = { 0 };

	if (!o->legend)
		return;
	for (const struct out_column *c = t->columns; c->title; c++)
		if (c->legend) {
			str_buf_add(&line, "  ");
			width_pad(&line, words_tr(c->title), title_width(t) + GAP);
			str_buf_add(&line, words_tr(c->legend));
			write_line(o, &line);
		}
	fputc('\n', o->to);
}

static void list(const struct out *o, const struct out_table *t, const char *body _unused_, const json_t *rows)
{
	struct str_buf line _cleanup_str_buf_ = { 0 };
	size_t columns = count_columns(t), count = json_array_size(rows);
	_cleanup_(freep) void *cell_room = mem_array(columns * (count + 1), sizeof(char *));
	_cleanup_(freep) void *width_room = mem_array(columns, sizeof(size_t));
	char **cells = cell_room;
	size_t *widths = width_room;

	if (count == 0) {
		fprintf(o->to, "%s\n", words_tr(t->none));
		return;
	}
	write_legend(o, t);
	for (size_t i = 0; i < columns * (count + 1); i++) {
		const struct out_column *column = &t->columns[i % columns];

		cells[i] = i < columns ? mem_strdup(words_tr(column->title))
				       : cell_new(o, column, json_array_get(rows, i / columns - 1));
		widths[i % columns] = MAX(widths[i % columns], width_of(cells[i]));
	}
	for (size_t i = 0; i < columns * (count + 1); i++) {
		size_t c = i % columns;
		const json_t *row = i < columns ? NULL : json_array_get(rows, i / columns - 1);

		add_cell(&line, &(struct cell){ .column = &t->columns[c],
						.text = cells[i],
						.color = c == 0 ? color_of(o, t, row) : NULL,
						.width = widths[c] });
		if (c + 1 == columns)
			write_line(o, &line);
		free(cells[i]);
	}
}

/* One thing: a line for each column. */
static void object(const struct out *o, const struct out_table *t, const char *body _unused_, const json_t *row)
{
	struct str_buf line _cleanup_str_buf_ = { 0 };

	for (const struct out_column *c = t->columns; c->title; c++) {
		_cleanup_(freep) void *cell = cell_new(o, c, row);

		width_pad(&line, words_tr(c->title), title_width(t) + GAP);
		str_buf_add(&line, cell);
		write_line(o, &line);
	}
}

/* The widest cell has not come yet: columns are as wide as their titles, or as they say themselves. */
static void event(const struct out *o, const struct out_table *t, const char *body _unused_, const json_t *row)
{
	struct str_buf line _cleanup_str_buf_ = { 0 };

	for (const struct out_column *c = t->columns; c->title; c++) {
		_cleanup_(freep) void *cell = cell_new(o, c, row);

		add_cell(&line, &(struct cell){ .column = c,
						.text = cell,
						.color = c == t->columns ? color_of(o, t, row) : NULL,
						.width = MAX(c->width, width_of(words_tr(c->title))) });
	}
	write_line(o, &line);
	fflush(o->to);
}

static void event_head(const struct out *o, const struct out_table *t)
{
	write_legend(o, t);
	fflush(o->to);
}

const struct out_writer out_text_writer = {
	.name = "text", .list = list, .object = object, .event = event, .event_head = event_head
};
