/* cmd_alarms.c: alarms: list, acknowledge, close. */
#include "ctl/cmd_alarms.h"

#include "ctl/command.h"

static void show_state(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	const char *state = json_string_value(json_object_get(row, "state"));

	str_buf_add(to, words_state(state));
	if (json_is_true(json_object_get(row, "test")))
		str_buf_printf(to, " %s", _("test"));
}

static void show_priority(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	int priority = (int)json_integer_value(json_object_get(row, "priority"));

	str_buf_printf(to, "%d %s", priority, words_priority(priority));
}

/* Red, yellow, blue; acknowledged ones are quiet. */
static const char *color_priority(const json_t *row)
{
	static const char *const colors[] = { "1;31", "33", "34", NULL };
	int priority = (int)json_integer_value(json_object_get(row, "priority"));

	return str_equal(json_string_value(json_object_get(row, "state")), "acked") ? NULL
										    : colors[CLAMP(priority, 1, 4) - 1];
}

static void show_age(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	words_age_since(json_object_get(row, "since"), to);
}

/* clang-format off */
const struct out_table cmd_alarms_table = {
	.columns = (const struct out_column[]){
		{ N_("PRIORITY"), OUT_LEFT,  NULL,    show_priority, N_("1 now, 2 within 15 minutes, 3 this shift, 4 for your notice") },
		{ N_("ALARM"),    OUT_LEFT,  "alarm", NULL,          N_("rule/asset: what 'ack' and 'close' take") },
		{ N_("STATE"),    OUT_LEFT,  NULL,    show_state,
		  N_("unacked, acked, rtn_unacked (over, nobody looked), latched (close it), shelved, suppressed") },
		{ N_("AGE"),      OUT_RIGHT, NULL,    show_age,      N_("since it was raised") },
		{ N_("COUNT"),    OUT_RIGHT, "count", NULL,          N_("times raised since it was last normal") },
		{ N_("PLACE"),    OUT_LEFT,  "place", NULL,          NULL },
		{ N_("TEXT"),     OUT_LEFT,  "text",  NULL,          NULL },
		{ 0 } },
	.keys = (const char *const[]){ "alarm", "rule", "asset", "state", "priority", "stage", "since", "count", "reason", "text",
		"place", NULL },
	.none = N_("no alarms"),
	.color = color_priority,
};
/* clang-format on */

enum ctl_exit cmd_alarms(struct ctl *c)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	enum ctl_exit exit = ctl_get(c, c->args.values[ARGS_ALL] ? "/v1/alarms?all=1" : "/v1/alarms", &answer);

	if (exit == CTL_DONE)
		c->out.writer->list(&c->out, &cmd_alarms_table, str_buf_text(&answer.body), answer.json);
	return exit;
}

/* "/v1/alarms/<rule>/<asset>/<verb>"; the slashes of the id stay, all else is escaped. False: it is no id. */
static bool alarm_path(struct str_buf *path, const char *id, const char *verb)
{
	const char *at = id;

	str_buf_add(path, "/v1/alarms");
	while (*at) {
		char part[256];
		size_t len = strcspn(at, "/");

		if (len == 0 || len >= sizeof(part))
			break;
		memcpy(part, at, len);
		part[len] = '\0';
		str_buf_add(path, "/");
		talk_escape(path, part);
		at += len;
		if (*at == '/' && at[1] != '\0')
			at++;
	}
	str_buf_printf(path, "/%s", verb);
	if (*at == '\0' && strchr(id, '/'))
		return true;
	fprintf(stderr,
		_("estatectl: '%s': expected an alarm as rule/asset, like lift-trapped/lift-1; see 'estatectl "
		  "alarms'\n"),
		id);
	return false;
}

static enum ctl_exit act(struct ctl *c, const char *verb, const char *done)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	struct str_buf path _cleanup_str_buf_ = { 0 };
	const char *id = ctl_word(c, 0);
	json_t *body = json_object();
	enum ctl_exit exit;

	if (c->args.values[ARGS_NOTE])
		json_object_set_new(body, "note", json_string(c->args.values[ARGS_NOTE]));
	if (c->args.values[ARGS_OUTCOME])
		json_object_set_new(body, "outcome", json_string(c->args.values[ARGS_OUTCOME]));
	if (!alarm_path(&path, id, verb)) {
		json_decref(body);
		return CTL_USAGE;
	}
	exit = ctl_post(c, path.text, body, &answer);
	if (exit != CTL_DONE)
		return exit;
	if (c->out.writer == &out_text_writer)
		fprintf(c->out.to, _("%s: %s, now %s\n"), id, _(done),
			words_state(json_string_value(json_object_get(answer.json, "state"))));
	else
		c->out.writer->object(&c->out, &cmd_alarms_table, str_buf_text(&answer.body), answer.json);
	return CTL_DONE;
}

enum ctl_exit cmd_alarms_ack(struct ctl *c)
{
	return act(c, "ack", N_("acknowledged"));
}

enum ctl_exit cmd_alarms_close(struct ctl *c)
{
	if (!c->args.values[ARGS_OUTCOME]) {
		fprintf(stderr, "%s", _("estatectl: close: expected --outcome real|false|test|duplicate\n"));
		return CTL_USAGE;
	}
	return act(c, "close", N_("closed"));
}
