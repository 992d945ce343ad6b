/* cmd_summary.c: what an hour or a day came to, of the estate, its buildings, classes, lifts, kinds of alarm and estated itself. */
#include "ctl/command.h"

/* ---- cells ---- */

static void show_scope(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	static const char *const known[] = {
		NC_("scope", "estate"), NC_("scope", "building"),    NC_("scope", "class"),
		NC_("scope", "lift"),   NC_("scope", "alarm_class"), NC_("scope", "daemon"),
	};

	str_buf_add(to, words_in_context("scope", json_string_value(json_object_get(row, "scope")), known,
					 ARRAY_SIZE(known)));
}

static void add_time(const json_t *row, const char *key, struct str_buf *to)
{
	const json_t *value = json_object_get(row, key);
	char text[STR_DURATION_MAX];

	if (json_is_number(value))
		str_buf_add(to, str_from_age((int64_t)(json_number_value(value) * S), text));
}

static void show_ack(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	add_time(row, "ack_p95_s", to);
}

static void show_arrive(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	add_time(row, "arrive_p95_s", to);
}

static void show_availability(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	const json_t *share = json_object_get(row, "availability");

	if (json_is_number(share))
		str_buf_printf(to, "%.2f %%", json_number_value(share) * 100);
}

/* clang-format off */
static const struct out_table table = {
	.columns = (const struct out_column[]){
		{ N_("OF"),        OUT_LEFT,  "scope", show_scope, NULL, 0 },
		{ N_("NAME"),      OUT_LEFT,  "of",    NULL, NULL, 0 },
		{ N_("RAISED"),    OUT_RIGHT, "raised", NULL, N_("how often people were told of a new alarm"), 0 },
		{ N_("ACKED"),     OUT_RIGHT, "acked", NULL, NULL, 0 },
		{ N_("ACK IN"),    OUT_RIGHT, "ack_p95_s", show_ack, N_("nineteen of twenty were acknowledged as soon as that"), 0 },
		{ N_("ARRIVED"),   OUT_RIGHT, "arrived", NULL, NULL, 0 },
		{ N_("THERE IN"),  OUT_RIGHT, "arrive_p95_s", show_arrive, N_("in nineteen of twenty somebody was there as soon as that"), 0 },
		{ N_("AVAILABLE"), OUT_RIGHT, "availability", show_availability, N_("of the time in which the lift's state is known"), 0 },
		{ N_("TRIPS"),     OUT_RIGHT, "trips", NULL, NULL, 0 },
		{ N_("DOORS"),     OUT_RIGHT, "door_cycles", NULL, N_("how often they opened and closed"), 0 },
		{ N_("TRAPPED"),   OUT_RIGHT, "entrapments", NULL, N_("entrapments"), 0 },
		{ 0 } },
	.keys = (const char *const[]){
		"period", "from", "to", "scope", "of", "revision", "devices", "raised", "raised_priority_1", "raised_priority_2",
		"raised_priority_3", "raised_priority_4", "acked", "ack_p50_s", "ack_p95_s", "ack_max_s", "arrived", "arrive_p50_s",
		"arrive_p95_s", "arrive_max_s", "closed", "closed_real", "closed_false", "closed_test", "closed_duplicate", "tests",
		"peak_10min", "flood_s", "availability", "available_s", "known_s", "inspection_s", "trips", "door_cycles",
		"entrapments", "starts", "stops", "clock_changes", "config_changes", "commands", "writes", "modes", NULL },
	.none = N_("nothing"),
};
/* clang-format on */

/* Figures beside the rest, as tables have them. */
static json_t *flatten(const json_t *rows)
{
	json_t *flat = json_array();
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		json_t *one = json_copy((json_t *)row);

		json_object_update(one, json_object_get(row, "figures"));
		json_array_append_new(flat, one);
	}
	return flat;
}

static void say_span(const struct ctl *c, const json_t *rows)
{
	const json_t *first = json_array_get(rows, 0);
	const char *from = json_string_value(json_object_get(first, "from"));
	const char *to = json_string_value(json_object_get(first, "to"));

	if (from && to && c->out.writer == &out_text_writer)
		out_say(&c->out, _("From %.16s to %.16s:"), from, to);
}

enum ctl_exit cmd_summary(struct ctl *c)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	struct str_buf path _cleanup_str_buf_ = { 0 };
	enum ctl_exit exit;
	json_t *flat;

	str_buf_add(&path, "/v1/summary");
	talk_query(&path, "day", c->args.values[ARGS_DAY]);
	talk_query(&path, "hour", c->args.values[ARGS_HOUR]);
	exit = ctl_get(c, path.text, &answer);
	if (exit != CTL_DONE)
		return exit;
	say_span(c, answer.json);
	flat = flatten(answer.json);
	c->out.writer->list(&c->out, &table, str_buf_text(&answer.body), flat);
	json_decref(flat);
	return CTL_DONE;
}
