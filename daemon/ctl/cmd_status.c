/* cmd_status.c: the overview: is anybody in danger, what is not being watched, does it get out? */
#include "ctl/cmd_alarms.h"
#include "ctl/cmd_reload.h"
#include "ctl/command.h"
#include "ctl/width.h"

static json_int_t count_of(const json_t *status, const char *group, const char *key)
{
	return json_integer_value(json_object_get(json_object_get(status, group), key));
}

enum { ALARMS, POINTS, BUSES, PLUGINS, OUTBOX, STORE, CONFIGURATION, LABELS };
static const char *const labels[LABELS] = { N_("alarms"), N_("points"), N_("buses"), N_("plugins"),
					    N_("outbox"), N_("store"),  N_("files") };

/* Begins a line: its label, padded to the widest. */
static void begin(const struct out *o, size_t label)
{
	struct str_buf text _cleanup_str_buf_ = { 0 };
	size_t width = 0;

	for (size_t i = 0; i < LABELS; i++)
		width = MAX(width, width_of(_(labels[i])));
	width_pad(&text, _(labels[label]), width + 2);
	fputs(text.text, o->to);
}

static void write_head(const struct out *o, const json_t *status)
{
	const json_t *estate = json_object_get(status, "estate");
	struct str_buf up _cleanup_str_buf_ = { 0 };

	words_age_s(json_integer_value(json_object_get(status, "uptime_s")), &up);
	out_say(o, _("%s (%s)  estated %s, up %s, %s\n"), words_text(o->language, json_object_get(estate, "name")),
		words_text(o->language, json_object_get(estate, "id")),
		words_text(o->language, json_object_get(status, "version")), str_buf_text(&up),
		json_is_true(json_object_get(status, "ready")) ? _("ready")
							       : _("not ready yet: not everything was heard once"));
}

static void write_alarms(const struct out *o, const json_t *status)
{
	const json_t *priorities = json_object_get(json_object_get(status, "alarms"), "priority");
	json_int_t standing = count_of(status, "alarms", "standing");
	json_int_t aside = count_of(status, "alarms", "open") - standing;

	begin(o, ALARMS);
	fprintf(o->to, _("%d standing"), (int)standing);
	for (int p = 1; p <= 4; p++) {
		const char key[] = { (char)('0' + p), '\0' };
		json_int_t count = json_integer_value(json_object_get(priorities, key));

		if (count)
			fprintf(o->to, _(", %d %s"), (int)count, words_priority(p));
	}
	if (standing)
		fprintf(o->to, _("; %d not acknowledged"), (int)count_of(status, "alarms", "unacked"));
	if (aside)
		fprintf(o->to, _("; %d shelved or suppressed"), (int)aside);
	fprintf(o->to, "\n");
}

static void write_buses(const struct out *o, const json_t *status)
{
	struct str_buf text _cleanup_str_buf_ = { 0 };
	const json_t *row;
	size_t i;

	str_buf_printf(&text, _("%d of %d up"), (int)count_of(status, "buses", "up"),
		       (int)count_of(status, "buses", "total"));
	json_array_foreach(json_object_get(json_object_get(status, "buses"), "paused"), i, row)
	{
		const char *bus = json_string_value(json_object_get(row, "bus"));
		const char *until = json_string_value(json_object_get(row, "until"));

		str_buf_printf(&text, _("; %s is paused until %s"), bus ? bus : "?", until ? until : "?");
	}
	begin(o, BUSES);
	out_say(o, "%s", str_buf_text(&text));
}

static void write_points(const struct out *o, const json_t *status)
{
	static const char *const qualities[] = { "stale", "bad", "lost", "suspect" };

	begin(o, POINTS);
	fprintf(o->to, _("%d of %d good"), (int)count_of(status, "points", "good"),
		(int)count_of(status, "points", "total"));
	for (size_t i = 0; i < ARRAY_SIZE(qualities); i++)
		if (count_of(status, "points", qualities[i]))
			fprintf(o->to, _(", %d %s"), (int)count_of(status, "points", qualities[i]),
				words_state(qualities[i]));
	fprintf(o->to, _("; %d devices\n"), (int)json_integer_value(json_object_get(status, "devices")));
	write_buses(o, status);
	begin(o, PLUGINS);
	fprintf(o->to, _("%d of %d up\n"), (int)count_of(status, "plugins", "up"),
		(int)count_of(status, "plugins", "total"));
}

static void write_disk(const struct out *o, const json_t *status)
{
	const json_t *oldest = json_object_get(json_object_get(status, "outbox"), "oldest");
	const json_t *store = json_object_get(status, "store");
	struct str_buf age _cleanup_str_buf_ = { 0 }, fault _cleanup_str_buf_ = { 0 };

	words_age_since(oldest, &age);
	begin(o, OUTBOX);
	fprintf(o->to, _("%d wait"), (int)count_of(status, "outbox", "pending"));
	if (age.len)
		fprintf(o->to, _(", the oldest for %s"), age.text);
	fprintf(o->to, "\n");
	begin(o, STORE);
	out_value(json_object_get(store, "fault"), o->language, &fault);
	if (json_is_true(json_object_get(store, "ok")))
		fprintf(o->to, "%s\n", _("ok"));
	else
		out_say(o, _("FAULT: %s\n"), str_buf_text(&fault));
}

/* Only where it is not what stands in the files. */
static void write_config(const struct out *o, const json_t *status)
{
	struct str_buf text _cleanup_str_buf_ = { 0 };

	cmd_reload_say(json_object_get(status, "config"), &text);
	if (!text.len)
		return;
	begin(o, CONFIGURATION);
	out_say(o, "%s", text.text);
}

static const struct out_table csv_table = {
	.columns = (const struct out_column[]){ { 0 } },
	.keys = (const char *const[]){ "version", "ready", "started", "time", "uptime_s", "devices", "points", "alarms",
				       "buses", "plugins", "outbox", "store", "config", NULL },
	.none = "",
};

enum ctl_exit cmd_status(struct ctl *c)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 }, alarms _cleanup_answer_ = { 0 };
	enum ctl_exit exit = ctl_get(c, "/v1/status", &answer);
	json_int_t standing;

	if (exit != CTL_DONE)
		return exit;
	standing = count_of(answer.json, "alarms", "standing");
	if (c->out.writer != &out_text_writer) {
		c->out.writer->object(&c->out, &csv_table, str_buf_text(&answer.body), answer.json);
	} else {
		write_head(&c->out, answer.json);
		write_alarms(&c->out, answer.json);
		write_points(&c->out, answer.json);
		write_disk(&c->out, answer.json);
		write_config(&c->out, answer.json);
		if (standing && ctl_get(c, "/v1/alarms", &alarms) == CTL_DONE) {
			fprintf(c->out.to, "\n");
			out_text_writer.list(&c->out, &cmd_alarms_table, "", alarms.json);
		}
	}
	return standing && c->args.values[ARGS_CHECK] ? CTL_IN_ALARM : CTL_DONE;
}
