/* cmd_status.c: the overview: is anybody in danger, what is not being watched, does it get out? */
#include "ctl/cmd_alarms.h"
#include "ctl/command.h"

static json_int_t count_of(const json_t *status, const char *group, const char *key)
{
	return json_integer_value(json_object_get(json_object_get(status, group), key));
}

static void write_head(const struct out *o, const json_t *status)
{
	const json_t *estate = json_object_get(status, "estate");
	struct str_buf up _cleanup_str_buf_ = { 0 };

	words_age(o->language, json_integer_value(json_object_get(status, "uptime_s")) * S, &up);
	fprintf(o->to, "%s (%s)  estated %s, up %s, %s\n", words_text(o->language, json_object_get(estate, "name")),
		words_text(o->language, json_object_get(estate, "id")),
		words_text(o->language, json_object_get(status, "version")), str_buf_text(&up),
		json_is_true(json_object_get(status, "ready")) ? "ready"
							       : "not ready yet: not everything was heard once");
}

static void write_alarms(const struct out *o, const json_t *status)
{
	const json_t *priorities = json_object_get(json_object_get(status, "alarms"), "priority");
	json_int_t standing = count_of(status, "alarms", "standing");
	json_int_t aside = count_of(status, "alarms", "open") - standing;

	fprintf(o->to, "alarms   %d standing", (int)standing);
	for (int p = 1; p <= 4; p++) {
		const char key[] = { (char)('0' + p), '\0' };
		json_int_t count = json_integer_value(json_object_get(priorities, key));

		if (count)
			fprintf(o->to, ", %d %s", (int)count, words_priority(o->language, p));
	}
	if (standing)
		fprintf(o->to, "; %d not acknowledged", (int)count_of(status, "alarms", "unacked"));
	if (aside)
		fprintf(o->to, "; %d shelved or suppressed", (int)aside);
	fprintf(o->to, "\n");
}

static void write_points(const struct out *o, const json_t *status)
{
	static const char *const qualities[] = { "stale", "bad", "lost", "suspect" };

	fprintf(o->to, "points   %d of %d good", (int)count_of(status, "points", "good"),
		(int)count_of(status, "points", "total"));
	for (size_t i = 0; i < ARRAY_SIZE(qualities); i++)
		if (count_of(status, "points", qualities[i]))
			fprintf(o->to, ", %d %s", (int)count_of(status, "points", qualities[i]), qualities[i]);
	fprintf(o->to, "; %d devices\n", (int)json_integer_value(json_object_get(status, "devices")));
	fprintf(o->to, "buses    %d of %d up\n", (int)count_of(status, "buses", "up"),
		(int)count_of(status, "buses", "total"));
	fprintf(o->to, "plugins  %d of %d up\n", (int)count_of(status, "plugins", "up"),
		(int)count_of(status, "plugins", "total"));
}

static void write_disk(const struct out *o, const json_t *status)
{
	const json_t *oldest = json_object_get(json_object_get(status, "outbox"), "oldest");
	const json_t *store = json_object_get(status, "store");
	struct str_buf age _cleanup_str_buf_ = { 0 }, fault _cleanup_str_buf_ = { 0 };

	words_age_since(o->language, oldest, &age);
	fprintf(o->to, "outbox   %d wait", (int)count_of(status, "outbox", "pending"));
	if (age.len)
		fprintf(o->to, ", the oldest for %s", age.text);
	out_value(json_object_get(store, "fault"), o->language, &fault);
	fprintf(o->to, "\nstore    %s%s\n", json_is_true(json_object_get(store, "ok")) ? "ok" : "FAULT: ",
		json_is_true(json_object_get(store, "ok")) ? "" : str_buf_text(&fault));
}

static const struct out_table csv_table = {
	.columns = (const struct out_column[]){ { 0 } },
	.keys = (const char *const[]){ "version", "ready", "started", "time", "uptime_s", "devices", "points", "alarms",
				       "buses", "plugins", "outbox", "store", NULL },
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
		if (standing && ctl_get(c, "/v1/alarms", &alarms) == CTL_DONE) {
			fprintf(c->out.to, "\n");
			out_text_writer.list(&c->out, &cmd_alarms_table, "", alarms.json);
		}
	}
	return standing && c->args.values[ARGS_CHECK] ? CTL_IN_ALARM : CTL_DONE;
}
