/* cmd_history.c: the kept samples of a point, or the least, average and greatest of every hour, day … */
#include "ctl/command.h"

#include "base/clock.h"

#define PAGE 5000 /* samples that the daemon gives at a time */

/* clang-format off */
static const struct out_table samples = {
	.columns = (const struct out_column[]){
		{ N_("TIME"),    OUT_LEFT,  "at",      NULL, N_("when the source says it was"), 29 },
		{ N_("VALUE"),   OUT_RIGHT, "value",   NULL, N_("empty: nobody knows"), 12 },
		{ N_("QUALITY"), OUT_LEFT,  "quality", NULL, NULL, 8 },
		{ 0 } },
	.keys = (const char *const[]){ "at", "value", "quality", "test", NULL },
	.none = N_("nothing was kept of it in that time"),
};

static const struct out_table windows = {
	.columns = (const struct out_column[]){
		{ N_("TIME"),    OUT_LEFT,  "at",    NULL, N_("where the window begins"), 29 },
		{ N_("LEAST"),   OUT_RIGHT, "min",   NULL, NULL, 12 },
		{ N_("AVERAGE"), OUT_RIGHT, "avg",   NULL, N_("over the time that each value held"), 12 },
		{ N_("GREATEST"), OUT_RIGHT, "max",  NULL, NULL, 12 },
		{ N_("SAMPLES"), OUT_RIGHT, "count", NULL, NULL, 8 },
		{ 0 } },
	.keys = (const char *const[]){ "at", "min", "avg", "max", "count", NULL },
	.none = N_("nothing was kept of it in that time"),
};
/* clang-format on */

struct walk {
	struct ctl *ctl;
	const struct out_table *table;
	struct str_buf since; /* where the next page begins */
	json_t *all;          /* JSON is one list */
	bool begun;
};

static void page_path(const struct walk *w, struct str_buf *path)
{
	const struct args *args = &w->ctl->args;

	str_buf_add(path, "/v1/points/");
	talk_escape(path, ctl_word(w->ctl, 0));
	str_buf_printf(path, "/history?limit=%d", PAGE);
	talk_query(path, "since", w->since.len ? w->since.text : args->values[ARGS_SINCE]);
	talk_query(path, "until", args->values[ARGS_UNTIL]);
	talk_query(path, "every", args->values[ARGS_EVERY]);
}

static void show_row(struct walk *w, const json_t *row)
{
	char *body;

	if (w->all) {
		json_array_append(w->all, (json_t *)row);
		return;
	}
	body = json_dumps(row, JSON_COMPACT);
	if (!w->begun)
		w->ctl->out.writer->event_head(&w->ctl->out, w->table);
	w->begun = true;
	w->ctl->out.writer->event(&w->ctl->out, w->table, body ? body : "{}", row);
	free(body);
}

static const char *at_of(const json_t *rows, size_t index)
{
	const char *at = json_string_value(json_object_get(json_array_get(rows, index), "at"));

	return at ? at : "";
}

/* True: there may be another page. A full one ends somewhere within a moment: that moment is left to the next. */
static bool show_page(struct walk *w, const json_t *rows)
{
	size_t count = json_array_size(rows), shown = count;
	bool full = count == PAGE && w->table == &samples && !str_equal(at_of(rows, 0), at_of(rows, count - 1));

	while (full && str_equal(at_of(rows, shown - 1), at_of(rows, count - 1)))
		shown--;
	for (size_t i = 0; i < shown; i++)
		show_row(w, json_array_get(rows, i));
	str_buf_clear(&w->since);
	if (full)
		str_buf_add(&w->since, at_of(rows, count - 1));
	return full;
}

static void show_all(struct walk *w)
{
	char *body;

	if (!w->all && w->begun)
		return;
	body = w->all ? json_dumps(w->all, JSON_COMPACT) : NULL;
	if (w->all) {
		w->ctl->out.writer->list(&w->ctl->out, w->table, body ? body : "[]", w->all);
	} else {
		json_t *none = json_array();

		w->ctl->out.writer->list(&w->ctl->out, w->table, "[]", none);
		json_decref(none);
	}
	free(body);
}

enum ctl_exit cmd_history(struct ctl *c)
{
	struct walk w = { .ctl = c, .table = c->args.values[ARGS_EVERY] ? &windows : &samples };
	enum ctl_exit exit = CTL_DONE;
	bool more = true;

	if (c->out.writer == &out_json_writer)
		w.all = json_array();
	while (exit == CTL_DONE && more) {
		struct ctl_answer answer _cleanup_answer_ = { 0 };
		struct str_buf path _cleanup_str_buf_ = { 0 };

		page_path(&w, &path);
		exit = ctl_get(c, str_buf_text(&path), &answer);
		more = exit == CTL_DONE && show_page(&w, answer.json);
	}
	if (exit == CTL_DONE)
		show_all(&w);
	json_decref(w.all);
	str_buf_fini(&w.since);
	return exit;
}
