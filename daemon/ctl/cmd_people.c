/* cmd_people.c: who is told: contacts, who is on duty now, and what one shift hands over to the next. */
#include "ctl/cmd_alarms.h"
#include "ctl/command.h"

static void show_duties(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	out_words(row, "duties", to);
}

static void show_places(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	out_words(row, "places", to);
}

static void show_on(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	str_buf_add(to, json_is_true(json_object_get(row, "on_duty")) ? _("yes") : _("no"));
}

/* clang-format off */
static const struct out_table contacts = {
	.columns = (const struct out_column[]){
		{ N_("CONTACT"), OUT_LEFT, "contact", NULL,        NULL },
		{ N_("NAME"),    OUT_LEFT, "name",    NULL,        NULL },
		{ N_("DUTIES"),  OUT_LEFT, NULL,      show_duties, N_("what ladders call this contact for") },
		{ N_("PLACES"),  OUT_LEFT, NULL,      show_places, N_("where; nothing: everywhere") },
		{ N_("MEANS"),   OUT_LEFT, "means",   NULL,        N_("plugin, siren or lamp; page: the page at the desk") },
		{ N_("PHONE"),   OUT_LEFT, "phone",   NULL,        NULL },
		{ N_("ON DUTY"), OUT_LEFT, NULL,      show_on,     N_("now, by roster and holidays") },
		{ 0 } },
	.keys = (const char *const[]){ "contact", "name", "duties", "places", "means", "phone", "on_duty", "rate", "tests",
		"language", NULL },
	.none = N_("no contacts: nobody is told (estated.conf, contacts)"),
};

static const struct out_table on_duty = {
	.columns = (const struct out_column[]){
		{ N_("DUTY"),    OUT_LEFT, "duty",    NULL,    N_("as ladders call it, in their order") },
		{ N_("CONTACT"), OUT_LEFT, "contact", NULL,    N_("the first one on duty is told, the next one when that fails") },
		{ N_("NAME"),    OUT_LEFT, "name",    NULL,    NULL },
		{ N_("ON DUTY"), OUT_LEFT, NULL,      show_on, N_("now, by roster and holidays") },
		{ N_("MEANS"),   OUT_LEFT, "means",   NULL,    N_("plugin, siren or lamp; page: the page at the desk") },
		{ N_("PHONE"),   OUT_LEFT, "phone",   NULL,    NULL },
		{ 0 } },
	.keys = (const char *const[]){ "duty", "contact", "name", "means", "phone", "on_duty", "order", NULL },
	.none = N_("nobody has a duty there"),
};
/* clang-format on */

enum ctl_exit cmd_people_contacts(struct ctl *c)
{
	return ctl_list(c, "/v1/contacts", &contacts);
}

enum ctl_exit cmd_people_on_duty(struct ctl *c)
{
	struct str_buf path _cleanup_str_buf_ = { 0 };

	str_buf_add(&path, "/v1/duty");
	if (ctl_word(c, 0)) {
		str_buf_add(&path, "?place=");
		talk_escape(&path, ctl_word(c, 0));
	}
	return ctl_list(c, path.text, &on_duty);
}

/* ---- hand-over ---- */

static const char *mode_word(const json_t *row)
{
	static const char *const known[] = { NC_("mode", "out_of_service"), NC_("mode", "test") };

	return words_in_context("mode", json_string_value(json_object_get(row, "mode")), known, ARRAY_SIZE(known));
}

/* Who handed over last, where the audit may be read. */
static void show_last(struct ctl *c)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	const json_t *row, *detail;
	const char *at, *note;

	if (ctl_get(c, "/v1/audit?kind=handover&limit=1", &answer) != CTL_DONE || json_array_size(answer.json) == 0)
		return;
	row = json_array_get(answer.json, 0);
	detail = json_object_get(row, "detail");
	at = json_string_value(json_object_get(row, "at"));
	note = json_string_value(json_object_get(row, "why"));
	out_say(&c->out, _("last hand-over: %.16s, from %s to %s%s%s\n"), at ? at : "",
		json_string_value(json_object_get(detail, "by")), json_string_value(json_object_get(row, "what")),
		note ? ": " : "", note ? note : "");
}

static enum ctl_exit show_handover(struct ctl *c)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	enum ctl_exit exit = ctl_get(c, "/v1/handover", &answer);
	const json_t *row;
	size_t i;

	if (exit != CTL_DONE)
		return exit;
	if (c->out.writer != &out_text_writer) {
		c->out.writer->list(&c->out, &cmd_alarms_table, str_buf_text(&answer.body),
				    json_object_get(answer.json, "open"));
		return CTL_DONE;
	}
	c->out.writer->list(&c->out, &cmd_alarms_table, NULL, json_object_get(answer.json, "open"));
	json_array_foreach(json_object_get(answer.json, "modes"), i, row)
		out_say(&c->out, _("%s: %s until %s\n"), json_string_value(json_object_get(row, "subject")),
			mode_word(row), json_string_value(json_object_get(row, "until")));
	show_last(c);
	return CTL_DONE;
}

enum ctl_exit cmd_people_handover(struct ctl *c)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	const char *to = c->args.values[ARGS_TO], *by = c->args.values[ARGS_BY], *note = c->args.values[ARGS_NOTE];
	enum ctl_exit exit;

	if (!to && (by || note)) {
		fprintf(stderr, "%s", _("estatectl: handover: expected --to: who takes over\n"));
		return CTL_USAGE;
	}
	if (!to)
		return show_handover(c);
	exit = ctl_post(c, "/v1/handover", json_pack("{s:s, s:s*, s:s*}", "to", to, "by", by, "note", note), &answer);
	if (exit != CTL_DONE)
		return exit;
	if (c->out.writer == &out_text_writer)
		out_say(&c->out, _("handed over to %s: %zu open\n"), to,
			json_array_size(json_object_get(answer.json, "open")));
	else
		out_say(&c->out, "%s\n", str_buf_text(&answer.body));
	return CTL_DONE;
}
