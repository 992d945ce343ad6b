/* cmd_sheet.c: the commissioning sheet of a bus: every point with its register, what stands in it and what comes of it,
 * and on paper a place for the technician's mark. */
#include "ctl/command.h"

#define PAGE      500 /* rows that the API answers at most at a time */
#define PAGES_MAX 4000
#define BOM       "\xef\xbb\xbf" /* without it Excel takes UTF-8 for something else */

static void show_quality(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	str_buf_add(to, words_state(json_string_value(json_object_get(row, "quality"))));
}

/* "2026-11-22 09:40:01" */
static void show_at(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	const char *at = json_string_value(json_object_get(row, "at"));

	if (at && strlen(at) > 19) {
		str_buf_add_len(to, at, 10);
		str_buf_add(to, " ");
		str_buf_add_len(to, at + 11, 8);
	}
}

static void show_check(const json_t *row _unused_, enum words_language l _unused_, struct str_buf *to)
{
	str_buf_add(to, "[ ] ________");
}

/* clang-format off */
static const struct out_table sheet = {
	.columns = (const struct out_column[]){
		{ N_("DEVICE"),   OUT_LEFT,  "device",      NULL,         N_("its id") },
		{ N_("NAME"),     OUT_LEFT,  "name",        NULL,         NULL },
		{ N_("PLACE"),    OUT_LEFT,  "place",       NULL,         N_("building/unit/dwelling") },
		{ N_("POINT"),    OUT_LEFT,  "field",       NULL,         N_("of the device") },
		{ N_("UNIT"),     OUT_RIGHT, "modbus_unit", NULL,         N_("its number on the bus") },
		{ N_("REGISTER"), OUT_LEFT,  "register",    NULL,         N_("counted from 0") },
		{ N_("RAW"),      OUT_LEFT,  "raw",         NULL,         N_("what was read last, in hex") },
		{ N_("VALUE"),    OUT_RIGHT, NULL,          out_reading,  N_("what comes of it") },
		{ N_("QUALITY"),  OUT_LEFT,  NULL,          show_quality, NULL },
		{ N_("SEEN"),     OUT_LEFT,  NULL,          show_at,      N_("when the value was seen last") },
		{ N_("CHECKED"),  OUT_LEFT,  NULL,          show_check,   N_("for the mark of who compared it with the device") },
		{ 0 } },
	.keys = (const char *const[]){ "device", "name", "place", "point", "modbus_unit", "register", "raw", "value", "unit", "quality",
		"at", "read_at", NULL },
	.none = N_("no points on this bus"),
};
/* clang-format on */

/* Joins the pages as they came, so that no number changes its digits. */
static void join(struct str_buf *all, const struct str_buf *body)
{
	const char *first = strchr(str_buf_text(body), '['), *last = strrchr(str_buf_text(body), ']');

	if (!first || !last || last == first + 1)
		return;
	str_buf_add(all, all->len ? "," : "");
	str_buf_add_len(all, first + 1, (size_t)(last - first - 1));
}

static enum ctl_exit fetch(struct ctl *c, struct str_buf *all, json_t *rows)
{
	size_t count = PAGE;

	for (size_t page = 0; count == PAGE && page < PAGES_MAX; page++) {
		struct ctl_answer answer _cleanup_answer_ = { 0 };
		struct str_buf path _cleanup_str_buf_ = { 0 };
		enum ctl_exit exit;

		str_buf_add(&path, "/v1/buses/");
		talk_escape(&path, ctl_word(c, 0));
		str_buf_printf(&path, "/sheet?from=%zu", page * PAGE);
		exit = ctl_get(c, path.text, &answer);
		if (exit != CTL_DONE)
			return exit;
		count = json_array_size(answer.json);
		join(all, &answer.body);
		json_array_extend(rows, answer.json);
	}
	return CTL_DONE;
}

static void write_sheet(struct ctl *c, const struct str_buf *all, const json_t *rows)
{
	struct str_buf body _cleanup_str_buf_ = { 0 };

	str_buf_printf(&body, "[%s]\n", str_buf_text(all));
	if (c->out.writer == &out_csv_writer)
		fputs(BOM, c->out.to);
	if (c->out.writer == &out_text_writer)
		out_say(&c->out, _("Commissioning sheet of bus %s, %zu points"), ctl_word(c, 0), json_array_size(rows));
	c->out.writer->list(&c->out, &sheet, body.text, rows);
	if (c->out.writer == &out_text_writer)
		out_say(&c->out, "%s",
			_("Checked by ____________________   Date ____________   Signature ____________________"));
}

enum ctl_exit cmd_sheet(struct ctl *c)
{
	struct str_buf all _cleanup_str_buf_ = { 0 };
	json_t *rows = json_array();
	enum ctl_exit exit = fetch(c, &all, rows);

	if (exit == CTL_DONE)
		write_sheet(c, &all, rows);
	json_decref(rows);
	return exit;
}
