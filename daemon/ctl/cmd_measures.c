/* cmd_measures.c: 'alarms --health': how well the alarms serve the people who get them. */
#include "ctl/command.h"

static void show_measure(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	static const char *const known[] = {
		NC_("measure", "alarms_per_10min"),   NC_("measure", "flood_share"),
		NC_("measure", "standing_over_24h"),  NC_("measure", "chattering"),
		NC_("measure", "priority_1_share"),   NC_("measure", "priority_2_share"),
		NC_("measure", "priority_3_4_share"),
	};

	str_buf_add(to, words_in_context("measure", json_string_value(json_object_get(row, "measure")), known,
					 ARRAY_SIZE(known)));
}

/* A share as per cent, else as it is. */
static void add_number(const json_t *row, double value, struct str_buf *to)
{
	const char *name = json_string_value(json_object_get(row, "measure"));
	char text[STR_DOUBLE_MAX];

	if (name && strstr(name, "share"))
		str_buf_printf(to, "%.1f %%", value * 100);
	else if (value == (double)(int64_t)value)
		str_buf_add(to, str_from_double(value, text));
	else
		str_buf_printf(to, "%.2f", value);
}

static void show_number(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	const json_t *value = json_object_get(row, "value");

	if (json_is_number(value))
		add_number(row, json_number_value(value), to);
	else
		str_buf_add(to, "-");
}

static void show_target(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	bool at_least = str_equal(json_string_value(json_object_get(row, "bound")), "at_least");

	str_buf_add(to, at_least ? ">= " : "<= ");
	add_number(row, json_number_value(json_object_get(row, "target")), to);
}

static void show_met(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	const json_t *met = json_object_get(row, "met");

	str_buf_add(to, json_is_null(met) ? "-" : json_is_true(met) ? _("met") : _("not met"));
}

static const char *color_met(const json_t *row)
{
	return json_is_false(json_object_get(row, "met")) ? "33" : NULL;
}

static void show_share(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	str_buf_printf(to, "%.1f %%", json_number_value(json_object_get(row, "share")) * 100);
}

/* clang-format off */
static const struct out_table measures = {
	.columns = (const struct out_column[]){
		{ N_("MEASURE"), OUT_LEFT,  NULL, show_measure, N_("of the last seven days, or of as much as is known; standing: now; chattering: of the last day") },
		{ N_("VALUE"),   OUT_RIGHT, NULL, show_number,  N_("-: nothing was told, so there are no shares") },
		{ N_("TARGET"),  OUT_RIGHT, NULL, show_target,  N_("what people at one desk can bear (ISA-18.2, EEMUA 191)") },
		{ N_("MET"),     OUT_LEFT,  NULL, show_met,     NULL },
		{ 0 } },
	.keys = (const char *const[]){ "measure", "value", "target", "bound", "met", NULL },
	.none = "",
	.color = color_met,
};

static const struct out_table sources = {
	.columns = (const struct out_column[]){
		{ N_("SOURCE"), OUT_LEFT,  "alarm", NULL,       N_("rule/asset: the ten that told most") },
		{ N_("TOLD"),   OUT_RIGHT, "count", NULL,       N_("how often people were told") },
		{ N_("SHARE"),  OUT_RIGHT, NULL,    show_share, N_("of all that was told") },
		{ 0 } },
	.keys = (const char *const[]){ "alarm", "count", "share", NULL },
	.none = N_("nothing was told"),
};
/* clang-format on */

static void say_span(struct ctl *c, const json_t *answer)
{
	struct str_buf age _cleanup_str_buf_ = { 0 };

	words_age_s(json_integer_value(json_object_get(answer, "over_s")), &age);
	out_say(&c->out, _("%lld alarms told in %s; in the last ten minutes %lld, at most %lld in ten minutes\n"),
		(long long)json_integer_value(json_object_get(answer, "alarms")), str_buf_text(&age),
		(long long)json_integer_value(json_object_get(answer, "last_10min")),
		(long long)json_integer_value(json_object_get(answer, "peak_10min")));
	out_say(&c->out, "%s", "");
}

enum ctl_exit cmd_measures(struct ctl *c)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	enum ctl_exit exit = ctl_get(c, "/v1/alarms/health", &answer);

	if (exit != CTL_DONE)
		return exit;
	if (c->out.writer == &out_csv_writer) {
		c->out.writer->list(&c->out, &measures, NULL, json_object_get(answer.json, "measures"));
		return CTL_DONE;
	}
	if (c->out.writer != &out_text_writer) {
		c->out.writer->object(&c->out, &measures, str_buf_text(&answer.body), answer.json);
		return CTL_DONE;
	}
	say_span(c, answer.json);
	c->out.writer->list(&c->out, &measures, NULL, json_object_get(answer.json, "measures"));
	out_say(&c->out, "\n");
	c->out.writer->list(&c->out, &sources, NULL, json_object_get(answer.json, "sources"));
	return CTL_DONE;
}
