/* cmd_visits.c: visits to people who live here: who is due, what was done, by whom; and how fast people answered alarms. */
#include "ctl/command.h"

/* ---- cells ---- */

static void show_kind(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	static const char *const known[] = { NC_("visit", "visit"), NC_("visit", "phone"), NC_("visit", "card") };

	str_buf_add(to, words_in_context("visit", json_string_value(json_object_get(row, "kind")), known,
					 ARRAY_SIZE(known)));
}

static void show_day(const json_t *row, const char *key, struct str_buf *to)
{
	const char *text = json_string_value(json_object_get(row, key));

	str_buf_printf(to, "%.10s", text ? text : "");
}

static void show_last(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	show_day(row, "last", to);
}

static void show_at(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	const char *text = json_string_value(json_object_get(row, "at"));

	str_buf_printf(to, "%.10s %.5s", text ? text : "", text && strlen(text) > 16 ? text + 11 : "");
}

static void show_late(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	json_int_t late = json_integer_value(json_object_get(row, "late_days"));

	if (late > 0)
		str_buf_printf(to, "%" JSON_INTEGER_FORMAT, late);
}

/* A figure of a group: "arrived": {"median": …}. */
static const json_t *figure(const json_t *row, const char *group, const char *key)
{
	return json_object_get(json_object_get(row, group), key);
}

static void add_time(const json_t *seconds, struct str_buf *to)
{
	char text[STR_DURATION_MAX];

	if (json_is_number(seconds))
		str_buf_add(to, str_from_age((int64_t)(json_number_value(seconds) * S), text));
}

static void show_ack(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	add_time(figure(row, "acknowledged", "median"), to);
}

static void show_arrive(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	add_time(figure(row, "arrived", "median"), to);
}

static void show_in_time(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	json_int_t count = json_integer_value(figure(row, "arrived", "count"));

	if (count)
		str_buf_printf(to, "%.0f %%",
			       100.0 * (double)json_integer_value(figure(row, "arrived", "in_time")) / (double)count);
}

static void show_breach(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	out_value(figure(row, "arrived", "late"), l, to);
}

static void show_close(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	add_time(figure(row, "closed", "median"), to);
}

static void show_rate(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	const json_t *rate = json_object_get(row, "false_per_home_month");

	if (json_is_number(rate))
		str_buf_printf(to, "%.2f", json_number_value(rate));
}

static void show_place(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	const char *place = json_string_value(json_object_get(row, "place"));

	str_buf_add(to, place && *place ? place : _("estate"));
}

/* clang-format off */
static const struct out_table due = {
	.columns = (const struct out_column[]){
		{ N_("PLACE"),     OUT_LEFT,  "place",      NULL,      NULL },
		{ N_("EVERY"),     OUT_RIGHT, "every_days", NULL,      N_("days between two visits, by who lives there") },
		{ N_("LAST"),      OUT_LEFT,  NULL,         show_last, N_("last contact in person; nothing: none is known") },
		{ N_("DUE"),       OUT_LEFT,  "due",        NULL,      N_("by the end of that day") },
		{ N_("DAYS LATE"), OUT_RIGHT, NULL,         show_late, NULL },
		{ 0 } },
	.keys = (const char *const[]){ "place", "every_days", "last", "due", "late_days", "asked", NULL },
	.none = N_("nobody is to be visited"),
};

static const struct out_table list = {
	.columns = (const struct out_column[]){
		{ N_("WHEN"),     OUT_LEFT, NULL,       show_at,   NULL },
		{ N_("PLACE"),    OUT_LEFT, "place",    NULL,      NULL },
		{ N_("KIND"),     OUT_LEFT, NULL,       show_kind, N_("visit, card (at the dwelling's door): in person; phone") },
		{ N_("WORKER"),   OUT_LEFT, "worker",   NULL,      NULL },
		{ N_("RESIDENT"), OUT_LEFT, "resident", NULL,      NULL },
		{ N_("NOTE"),     OUT_LEFT, "note",     NULL,      NULL },
		{ 0 } },
	.keys = (const char *const[]){ "at", "place", "kind", "worker", "resident", "note", "recorded", NULL },
	.none = N_("no visits are recorded"),
};

static const struct out_table figures = {
	.columns = (const struct out_column[]){
		{ N_("WORKER"), OUT_LEFT,  "worker", NULL, NULL },
		{ N_("PLACE"),  OUT_LEFT,  "place",  NULL, N_("building") },
		{ N_("VISITS"), OUT_RIGHT, "visits", NULL, N_("in person") },
		{ N_("CALLS"),  OUT_RIGHT, "calls",  NULL, N_("by telephone") },
		{ N_("HOMES"),  OUT_RIGHT, "homes",  NULL, N_("dwellings that had one") },
		{ 0 } },
	.keys = (const char *const[]){ "worker", "place", "visits", "calls", "homes", NULL },
	.none = N_("no visits are recorded"),
};

static const struct out_table response = {
	.columns = (const struct out_column[]){
		{ N_("PLACE"),     OUT_LEFT,  NULL,           show_place,   N_("the estate, then its buildings") },
		{ N_("ALARMS"),    OUT_RIGHT, "alarms",       NULL,         N_("of priority 1 and 2, that people were told of") },
		{ N_("ACKED IN"),  OUT_RIGHT, NULL,           show_ack,     N_("half of them") },
		{ N_("THERE IN"),  OUT_RIGHT, NULL,           show_arrive,  N_("half of them") },
		{ N_("IN 5 MIN"),  OUT_RIGHT, NULL,           show_in_time, N_("of those where somebody arrived") },
		{ N_("> 10 MIN"),  OUT_RIGHT, NULL,           show_breach,  N_("arrivals that were later") },
		{ N_("CLOSED IN"), OUT_RIGHT, NULL,           show_close,   N_("half of them") },
		{ N_("HOMES"),     OUT_RIGHT, "homes",        NULL,         N_("watched now") },
		{ N_("FALSE"),     OUT_RIGHT, "false_alarms", NULL,         N_("alarms about homes that were closed as false") },
		{ N_("A MONTH"),   OUT_RIGHT, NULL,           show_rate,    N_("of those for each home in 30 days") },
		{ 0 } },
	.keys = (const char *const[]){ "place", "alarms", "acknowledged", "arrived", "closed", "outcomes", "homes", "false_alarms",
		"home_months", "false_per_home_month", NULL },
	.none = N_("nothing"),
};
/* clang-format on */

/* ---- commands ---- */

enum ctl_exit cmd_visits_due(struct ctl *c)
{
	return ctl_list(c, "/v1/visits/due", &due);
}

enum ctl_exit cmd_visits_list(struct ctl *c)
{
	struct str_buf path _cleanup_str_buf_ = { 0 };

	str_buf_add(&path, "/v1/visits");
	talk_query(&path, "since", c->args.values[ARGS_SINCE]);
	talk_query(&path, "worker", c->args.values[ARGS_BY]);
	return ctl_list(c, path.text, &list);
}

enum ctl_exit cmd_visits_figures(struct ctl *c)
{
	struct str_buf path _cleanup_str_buf_ = { 0 };

	str_buf_add(&path, "/v1/visits/figures");
	talk_query(&path, "month", c->args.values[ARGS_MONTH]);
	return ctl_list(c, path.text, &figures);
}

enum ctl_exit cmd_visits_response(struct ctl *c)
{
	struct str_buf path _cleanup_str_buf_ = { 0 };

	str_buf_add(&path, "/v1/response");
	talk_query(&path, "month", c->args.values[ARGS_MONTH]);
	return ctl_list(c, path.text, &response);
}

enum ctl_exit cmd_visits_done(struct ctl *c)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	json_t *body = json_pack("{s:s, s:s*, s:s*, s:s*}", "place", ctl_word(c, 0), "worker", c->args.values[ARGS_BY],
				 "note", c->args.values[ARGS_NOTE], "at", c->args.values[ARGS_AT]);
	enum ctl_exit exit;

	if (c->args.values[ARGS_PHONE])
		json_object_set_new(body, "kind", json_string("phone"));
	exit = ctl_post(c, "/v1/visits", body, &answer);
	if (exit != CTL_DONE)
		return exit;
	if (c->out.writer == &out_text_writer)
		out_say(&c->out, _("recorded: %s\n"), ctl_word(c, 0));
	else
		c->out.writer->object(&c->out, &list, str_buf_text(&answer.body), answer.json);
	return CTL_DONE;
}
