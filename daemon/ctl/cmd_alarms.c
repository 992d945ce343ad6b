/* cmd_alarms.c: alarms: list, acknowledge, shelve, comment, close; the story of one. */
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

/* What the list is asked for. */
static void list_path(const struct ctl *c, struct str_buf *path)
{
	static const struct {
		enum args_option option;
		const char *name;
	} filters[] = {
		{ ARGS_STATE, "state" },
		{ ARGS_PRIORITY, "priority" },
		{ ARGS_PLACE, "place" },
		{ ARGS_SINCE, "since" },
	};

	char mark = '?';

	str_buf_add(path, "/v1/alarms");
	if (c->args.values[ARGS_ALL]) {
		str_buf_add(path, "?all=1");
		mark = '&';
	}
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		const char *value = c->args.values[filters[i].option];

		if (!value)
			continue;
		str_buf_printf(path, "%c%s=", mark, filters[i].name);
		mark = '&';
		talk_escape(path, value);
	}
}

enum ctl_exit cmd_alarms(struct ctl *c)
{
	struct str_buf path _cleanup_str_buf_ = { 0 };

	if (c->args.values[ARGS_HEALTH])
		return cmd_measures(c);
	list_path(c, &path);
	return ctl_list(c, str_buf_text(&path), &cmd_alarms_table);
}

/* "/v1/alarms/<rule>/<asset>/<verb>"; the slashes of the id stay, all else is escaped. False: it is no id. */
bool cmd_alarms_path(struct str_buf *path, const char *id, const char *verb)
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

/* One of the options that become members of the body. */
static void add_text(const struct ctl *c, json_t *body, enum args_option option, const char *name)
{
	if (c->args.values[option])
		json_object_set_new(body, name, json_string(c->args.values[option]));
}

static enum ctl_exit act(struct ctl *c, const char *verb, const char *done)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	struct str_buf path _cleanup_str_buf_ = { 0 };
	const char *id = ctl_word(c, 0);
	json_t *body = json_object();
	enum ctl_exit exit;

	add_text(c, body, ARGS_NOTE, "note");
	add_text(c, body, ARGS_OUTCOME, "outcome");
	add_text(c, body, ARGS_FOR, "for");
	add_text(c, body, ARGS_UNTIL, "until");
	add_text(c, body, ARGS_REASON, "reason");
	add_text(c, body, ARGS_BY, "by");
	if (!cmd_alarms_path(&path, id, verb)) {
		json_decref(body);
		return CTL_USAGE;
	}
	exit = ctl_post(c, path.text, body, &answer);
	if (exit != CTL_DONE)
		return exit;
	if (c->out.writer == &out_text_writer)
		out_say(&c->out, _("%s: %s, now %s\n"), id, _(done),
			words_state(json_string_value(json_object_get(answer.json, "state"))));
	else
		c->out.writer->object(&c->out, &cmd_alarms_table, str_buf_text(&answer.body), answer.json);
	return CTL_DONE;
}

/* Is the option there? Says on stderr when it is not. */
static bool needs(const struct ctl *c, enum args_option option, const char *problem)
{
	if (c->args.values[option])
		return true;
	fprintf(stderr, "%s", _(problem));
	return false;
}

enum ctl_exit cmd_alarms_ack(struct ctl *c)
{
	return act(c, "ack", N_("acknowledged"));
}

enum ctl_exit cmd_alarms_shelve(struct ctl *c)
{
	if (!c->args.values[ARGS_UNTIL] &&
	    !needs(c, ARGS_FOR,
		   N_("estatectl: shelve: expected --for, as in --for 2h, or --until, as in --until 18:00\n")))
		return CTL_USAGE;
	if (!needs(c, ARGS_REASON, N_("estatectl: shelve: expected --reason: why nobody shall be told\n")))
		return CTL_USAGE;
	return act(c, "shelve", N_("shelved"));
}

enum ctl_exit cmd_alarms_unshelve(struct ctl *c)
{
	return act(c, "unshelve", N_("taken off the shelf"));
}

enum ctl_exit cmd_alarms_comment(struct ctl *c)
{
	if (!needs(c, ARGS_NOTE, N_("estatectl: comment: expected --note\n")))
		return CTL_USAGE;
	return act(c, "comment", N_("written down"));
}

enum ctl_exit cmd_alarms_arrive(struct ctl *c)
{
	return act(c, "arrive", N_("arrival noted"));
}

enum ctl_exit cmd_alarms_close(struct ctl *c)
{
	if (!needs(c, ARGS_OUTCOME, N_("estatectl: close: expected --outcome real|false|test|duplicate\n")))
		return CTL_USAGE;
	return act(c, "close", N_("closed"));
}

/* ---- the story of one ---- */

static void show_input(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	/* clang-format off */
	static const char *const known[] = {
		NC_("input", "raised"), NC_("input", "returned"), NC_("input", "ack"), NC_("input", "reset"),
		NC_("input", "shelve"), NC_("input", "unshelve"), NC_("input", "suppress"), NC_("input", "release"),
		NC_("input", "out_of_service"), NC_("input", "in_service"), NC_("input", "comment"), NC_("input", "arrive"),
		NC_("input", "rise"), NC_("input", "withdraw"),
	};
	/* clang-format on */

	str_buf_add(to, words_in_context("input", json_string_value(json_object_get(row, "input")), known,
					 ARRAY_SIZE(known)));
}

static void show_time(const json_t *value, struct str_buf *to)
{
	const char *iso = json_string_value(value);

	if (iso && strlen(iso) >= 19) /* in the estate's own time */
		str_buf_printf(to, "%.10s %.8s", iso, iso + 11);
}

static void show_at(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	show_time(json_object_get(row, "at"), to);
}

static void show_until(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	show_time(json_object_get(row, "until"), to);
}

/* clang-format off */
static const struct out_table story = {
	.columns = (const struct out_column[]){
		{ N_("TIME"),  OUT_LEFT,  NULL,    show_at,    NULL },
		{ N_("WHAT"),  OUT_LEFT,  NULL,    show_input, N_("what happened") },
		{ N_("STATE"), OUT_LEFT,  NULL,    show_state, N_("after it") },
		{ N_("WHO"),   OUT_LEFT,  "who",   NULL,       N_("nobody: it came of itself") },
		{ N_("COUNT"), OUT_RIGHT, "count", NULL,       N_("times raised since it was last normal") },
		{ N_("UNTIL"), OUT_LEFT,  NULL,    show_until, N_("of a shelf, or of service") },
		{ N_("NOTE"),  OUT_LEFT,  "note",  NULL,       NULL },
		{ 0 } },
	.keys = (const char *const[]){ "at", "from", "state", "input", "who", "note", "until", "outcome", "priority", "stage", "count",
		"test", NULL },
	.none = N_("nothing is known of it"),
};
/* clang-format on */

/* ---- who was told ---- */

static void show_outcome(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	static const char *const known[] = { NC_("call", "waiting"), NC_("call", "sent"), NC_("call", "delivered"),
					     NC_("call", "failed") };

	if (json_is_true(json_object_get(row, "clear")))
		str_buf_printf(to, "%s: ", _("all-clear"));
	str_buf_add(to, words_in_context("call", json_string_value(json_object_get(row, "outcome")), known,
					 ARRAY_SIZE(known)));
}

/* Step 0 is no step: nobody had arrived. */
static void show_step(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	json_int_t step = json_integer_value(json_object_get(row, "step"));

	if (step)
		str_buf_printf(to, "%d", (int)step);
	else
		str_buf_add(to, _("nobody there"));
}

/* clang-format off */
static const struct out_table told = {
	.columns = (const struct out_column[]){
		{ N_("TIME"),    OUT_LEFT,  NULL,    show_at,      N_("of the outcome") },
		{ N_("CONTACT"), OUT_LEFT,  "name",  NULL,         NULL },
		{ N_("DUTY"),    OUT_LEFT,  "duty",  NULL,         N_("what the ladder called for") },
		{ N_("AT STEP"), OUT_LEFT,  NULL,    show_step,    N_("of the ladder; or because nobody had arrived in time") },
		{ N_("MEANS"),   OUT_LEFT,  "means", NULL,         N_("plugin, siren or lamp; page: the page at the desk") },
		{ N_("OUTCOME"), OUT_LEFT,  NULL,    show_outcome, NULL },
		{ N_("NOTE"),    OUT_LEFT,  "text",  NULL,         N_("why it failed") },
		{ 0 } },
	.keys = (const char *const[]){ "contact", "name", "duty", "step", "means", "outcome", "at", "clear", "text", NULL },
	.none = N_("nobody was told of it"),
};
/* clang-format on */

enum ctl_exit cmd_alarms_show(struct ctl *c)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	struct str_buf path _cleanup_str_buf_ = { 0 };
	enum ctl_exit exit;

	if (!cmd_alarms_path(&path, ctl_word(c, 0), "story"))
		return CTL_USAGE;
	exit = ctl_get(c, path.text, &answer);
	if (exit != CTL_DONE)
		return exit;
	if (c->out.writer == &out_csv_writer) {
		c->out.writer->list(&c->out, &story, NULL, json_object_get(answer.json, "story"));
		return CTL_DONE;
	}
	c->out.writer->object(&c->out, &cmd_alarms_table, str_buf_text(&answer.body), answer.json);
	if (c->out.writer == &out_text_writer) {
		out_say(&c->out, "\n");
		c->out.writer->list(&c->out, &story, NULL, json_object_get(answer.json, "story"));
		out_say(&c->out, "\n");
		c->out.writer->list(&c->out, &told, NULL, json_object_get(answer.json, "told"));
	}
	return CTL_DONE;
}
