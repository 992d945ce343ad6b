/* out_csv.c: comma separated values, the keys of the API as head; lists and objects inside a field are JSON. */
#include "ctl/out.h"

void out_csv_field(struct str_buf *to, const char *text)
{
	if (!text[strcspn(text, ",\"\r\n")]) {
		str_buf_add(to, text);
		return;
	}
	str_buf_add(to, "\"");
	for (; *text; text++)
		str_buf_add_len(to, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
	str_buf_add(to, "\"");
}

static void head(const struct out *o, const struct out_table *t)
{
	struct str_buf line _cleanup_str_buf_ = { 0 };

	for (size_t i = 0; t->keys[i]; i++)
		str_buf_printf(&line, "%s%s", i ? "," : "", t->keys[i]);
	fprintf(o->to, "%s\n", str_buf_text(&line));
}

static void write_row(const struct out *o, const struct out_table *t, const json_t *row)
{
	struct str_buf line _cleanup_str_buf_ = { 0 }, field _cleanup_str_buf_ = { 0 };

	for (size_t i = 0; t->keys[i]; i++) {
		str_buf_clear(&field);
		out_value(json_object_get(row, t->keys[i]), o->language, &field);
		str_buf_add(&line, i ? "," : "");
		out_csv_field(&line, str_buf_text(&field));
	}
	fprintf(o->to, "%s\n", str_buf_text(&line));
}

static void list(const struct out *o, const struct out_table *t, const char *body _unused_, const json_t *rows)
{
	const json_t *row;
	size_t i;

	head(o, t);
	json_array_foreach(rows, i, row) write_row(o, t, row);
}

static void object(const struct out *o, const struct out_table *t, const char *body _unused_, const json_t *row)
{
	head(o, t);
	write_row(o, t, row);
}

static void event(const struct out *o, const struct out_table *t, const char *body _unused_, const json_t *row)
{
	write_row(o, t, row);
	fflush(o->to);
}

static void event_head(const struct out *o, const struct out_table *t)
{
	head(o, t);
	fflush(o->to);
}

const struct out_writer out_csv_writer = {
	.name = "csv", .list = list, .object = object, .event = event, .event_head = event_head
};
