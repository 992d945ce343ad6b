/* cmd_rules.c: the rules, and why one is active on an asset, or why it is not. */
#include "ctl/command.h"

#include "ctl/width.h"

#define VALUE_COLUMN 12

static void show_subject(const json_t *row, enum words_language l, struct str_buf *to)
{
	bool one = json_is_string(json_object_get(row, "device"));

	out_value(json_object_get(row, one ? "device" : "class"), l, to);
}

static void show_file(const json_t *row, enum words_language l, struct str_buf *to)
{
	out_value(json_object_get(row, "file"), l, to);
	if (to->len > 0)
		str_buf_printf(to, ":%d", (int)json_integer_value(json_object_get(row, "line")));
}

/* clang-format off */
static const struct out_table rules = {
	.columns = (const struct out_column[]){
		{ N_("RULE"),     OUT_LEFT,  "rule",     NULL,         N_("its id: the first part of its alarms' names") },
		{ N_("WATCHES"),  OUT_LEFT,  NULL,       show_subject, N_("a class of devices, or one device") },
		{ N_("PRIORITY"), OUT_RIGHT, "priority", NULL,         NULL },
		{ N_("ASSETS"),   OUT_RIGHT, "watched",  NULL,         N_("how many it watches: those that have the points it reads") },
		{ N_("OPEN"),     OUT_RIGHT, "open",     NULL,         N_("alarms of it that are not normal") },
		{ N_("FROM"),     OUT_LEFT,  NULL,       show_file,    N_("where it stands first; later files may change it") },
		{ 0 } },
	.keys = (const char *const[]){ "rule", "class", "device", "priority", "life_safety", "ladder", "when", "watched", "open",
		"file", "line", "rise", "suppressed_when", "acked_when", NULL },
	.none = N_("no rules"),
};

static const struct out_table explained = {
	.columns = (const struct out_column[]){ { 0 } },
	.keys = (const char *const[]){ "rule", "asset", "when", "result", "active", "pending", "state", "priority", "rise",
		"suppressed_when", "acked_when", "learned", "settings", NULL },
	.none = N_("it watches nothing"),
};
/* clang-format on */

static const char *text_at(const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	return text ? text : "";
}

static double number_at(const json_t *row, const char *key)
{
	return json_number_value(json_object_get(row, key));
}

/* A line, with nothing in it that steers the terminal. */
static void say(const struct out *o, const struct str_buf *text)
{
	struct str_buf line _cleanup_str_buf_ = { 0 };

	width_add(&line, str_buf_text(text));
	fprintf(o->to, "%s\n", str_buf_text(&line));
}

/* Why it is or is not active, in a sentence. */
static const char *sentence(const json_t *row)
{
	bool active = json_is_true(json_object_get(row, "active"));
	bool waits = json_is_object(json_object_get(row, "delay"));
	const char *result = text_at(row, "result");

	if (json_is_true(json_object_get(row, "pending")))
		return _("not decided since the start: what it reads has not come yet");
	if (str_equal(result, "unknown"))
		return active ? _("active; whether it still holds is not known, so it stays")
			      : _("not active: whether its condition holds is not known");
	if (str_equal(result, "true"))
		return active  ? _("active: its condition holds")
		       : waits ? _("not active yet: its condition holds, its delay runs")
			       : _("not active: its condition holds, but it came too rarely");
	return active ? _("active: its condition is over, its delay runs")
		      : _("not active: its condition does not hold");
}

static void say_delay(const struct out *o, const json_t *delay)
{
	struct str_buf text _cleanup_str_buf_ = { 0 };

	if (!json_is_object(delay))
		return;
	str_buf_printf(&text, "  ");
	str_buf_printf(&text, _("%s: %g s, %.1f s left"), text_at(delay, "kind"), number_at(delay, "seconds"),
		       number_at(delay, "left"));
	if (json_is_true(json_object_get(delay, "stopped")))
		str_buf_printf(&text, " (%s)", _("stands still while it is not known"));
	say(o, &text);
}

static void add_value(const struct out *o, const json_t *part, struct str_buf *to)
{
	const json_t *value = json_object_get(part, "value");

	if (json_is_true(json_object_get(part, "at_least")))
		str_buf_printf(to, "≥ %g", json_number_value(value));
	else if (!json_is_true(json_object_get(part, "known")))
		str_buf_add(to, _("unknown"));
	else if (json_is_boolean(value))
		str_buf_add(to, json_is_true(value) ? "true" : "false");
	else
		out_value(value, o->language, to);
}

static void say_part(const struct out *o, const json_t *part)
{
	struct str_buf value _cleanup_str_buf_ = { 0 }, line _cleanup_str_buf_ = { 0 };

	add_value(o, part, &value);
	str_buf_add(&line, "  ");
	width_pad(&line, str_buf_text(&value), VALUE_COLUMN);
	for (int depth = (int)number_at(part, "depth"); depth > 0; depth--)
		str_buf_add(&line, "  ");
	str_buf_add(&line, text_at(part, "text"));
	say(o, &line);
}

/* Of one step: when its alarm becomes that urgent, or why it does not. */
static void say_rise(const struct out *o, const json_t *step)
{
	struct str_buf text _cleanup_str_buf_ = { 0 };
	const char *state = text_at(step, "state");

	str_buf_add(&text, "  ");
	str_buf_printf(&text, _("rise: priority %d after %g s: "), (int)number_at(step, "priority"),
		       number_at(step, "after"));
	if (str_equal(state, "waiting"))
		str_buf_printf(&text, _("%.1f s left"), number_at(step, "left"));
	else if (str_equal(state, "held"))
		str_buf_printf(&text, _("%.1f s left, but not while it is over or nobody is told"),
			       number_at(step, "left"));
	else
		str_buf_add(&text, str_equal(state, "reached") ? _("it is that urgent") : _("it is not open"));
	say(o, &text);
}

static const char *beside_sentence(const json_t *beside)
{
	bool holds = json_is_true(json_object_get(beside, "holds"));

	if (!json_is_true(json_object_get(beside, "bound")))
		return _("never: the device has none of its points");
	if (str_equal(text_at(beside, "result"), "unknown"))
		return holds ? _("not known now; it held, and that counts") : _("not known now; it counts as not so");
	return holds ? _("it holds") : _("it does not hold");
}

/* A condition beside the rule's own, and its parts. */
static void say_beside(const struct out *o, const json_t *row, const char *key)
{
	struct str_buf text _cleanup_str_buf_ = { 0 };
	const json_t *beside = json_object_get(row, key), *part;
	size_t i;

	if (!json_is_object(beside))
		return;
	str_buf_printf(&text, "  %s: %s", key, beside_sentence(beside));
	say(o, &text);
	json_array_foreach(json_object_get(beside, "parts"), i, part) say_part(o, part);
}

static void say_input(const struct out *o, const json_t *input)
{
	struct str_buf line _cleanup_str_buf_ = { 0 };

	str_buf_printf(&line, "  %s = ", text_at(input, "point"));
	if (json_is_null(json_object_get(input, "value")))
		str_buf_add(&line, "-");
	else
		out_value(json_object_get(input, "value"), o->language, &line);
	str_buf_printf(&line, " %s%s%s", text_at(input, "unit"), *text_at(input, "unit") ? " " : "",
		       words_state(text_at(input, "quality")));
	if (json_is_string(json_object_get(input, "at"))) {
		str_buf_add(&line, ", ");
		words_age_since(json_object_get(input, "at"), &line);
	}
	say(o, &line);
}

/* Of a rule about people: what is known of them, and the figures that count there. */
static void say_learned(const struct out *o, const json_t *row)
{
	struct str_buf known _cleanup_str_buf_ = { 0 };
	const json_t *one;
	size_t i;

	if (!json_is_object(json_object_get(row, "learned")))
		return;
	str_buf_printf(&known, "  %s", text_at(json_object_get(row, "learned"), o->language == WORDS_ZH ? "zh" : "en"));
	say(o, &known);
	json_array_foreach(json_object_get(row, "settings"), i, one)
	{
		struct str_buf line _cleanup_str_buf_ = { 0 };

		str_buf_printf(&line, "  %s = %s%s%s: %s", text_at(one, "name"), text_at(one, "value"),
			       *text_at(one, "unit") ? " " : "", text_at(one, "unit"), text_at(one, "help"));
		say(o, &line);
	}
}

static void say_rule(const struct out *o, const json_t *row)
{
	struct str_buf head _cleanup_str_buf_ = { 0 };
	const json_t *one;
	size_t i;

	str_buf_printf(&head, "%s/%s (%s): %s", text_at(row, "rule"), text_at(row, "asset"),
		       words_state(text_at(row, "state")), sentence(row));
	say(o, &head);
	say_delay(o, json_object_get(row, "delay"));
	say_learned(o, row);
	json_array_foreach(json_object_get(row, "parts"), i, one) say_part(o, one);
	json_array_foreach(json_object_get(row, "rise"), i, one) say_rise(o, one);
	say_beside(o, row, "suppressed_when");
	say_beside(o, row, "acked_when");
	json_array_foreach(json_object_get(row, "inputs"), i, one) say_input(o, one);
}

static enum ctl_exit explain(struct ctl *c, const char *rule)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	struct str_buf path _cleanup_str_buf_ = { 0 };
	const json_t *row;
	enum ctl_exit exit;
	size_t i;

	str_buf_add(&path, "/v1/rules/");
	talk_escape(&path, rule);
	if (ctl_word(c, 1)) {
		str_buf_add(&path, "?asset=");
		talk_escape(&path, ctl_word(c, 1));
	}
	exit = ctl_get(c, path.text, &answer);
	if (exit != CTL_DONE)
		return exit;
	if (c->out.writer != &out_text_writer) {
		c->out.writer->list(&c->out, &explained, str_buf_text(&answer.body), answer.json);
		return CTL_DONE;
	}
	json_array_foreach(answer.json, i, row)
	{
		if (i > 0)
			fputc('\n', c->out.to);
		say_rule(&c->out, row);
	}
	return CTL_DONE;
}

enum ctl_exit cmd_rules(struct ctl *c)
{
	if (ctl_word(c, 0))
		return explain(c, ctl_word(c, 0));
	if (c->args.values[ARGS_EXPLAIN]) {
		fprintf(stderr, _("estatectl: --explain needs the id of a rule; 'estatectl rules' lists them\n"));
		return CTL_USAGE;
	}
	return ctl_list(c, "/v1/rules", &rules);
}
