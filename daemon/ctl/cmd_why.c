/* cmd_why.c: one page about one point: why it is as it is, and everything on the way from the wire to its value. */
#include "ctl/command.h"

#include "base/clock.h"
#include "ctl/width.h"

#define LABEL    12
#define BAR      40
#define HEX_LINE 16 /* bytes in a line */

struct page {
	const struct out *out;
	const json_t *row;
};

static const char *text_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static json_int_t number_at(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

/* "Label       text", with nothing in it that steers the terminal; an empty label goes on with the one above. */
static void say(const struct page *p, const char *label, const struct str_buf *text)
{
	struct str_buf line _cleanup_str_buf_ = { 0 };

	width_pad(&line, label, LABEL);
	width_add(&line, str_buf_text(text));
	fprintf(p->out->to, "%s\n", str_buf_text(&line));
}

static void say_words(const struct page *p, const char *label, const json_t *words)
{
	struct str_buf text _cleanup_str_buf_ = { 0 };

	str_buf_add(&text, words_text(p->out->language, words));
	say(p, label, &text);
}

/* "in 0.4 s", "-". */
static void add_seconds(struct str_buf *to, const json_t *seconds)
{
	double s = json_number_value(seconds);

	if (!json_is_number(seconds))
		str_buf_add(to, "-");
	else if (s < 10)
		str_buf_printf(to, _("%.1f s"), s);
	else
		words_age_s((int64_t)s, to);
}

/* "09:40:01", of an ISO time. */
static void add_clock(struct str_buf *to, const json_t *at)
{
	const char *text = json_string_value(at);

	if (text && strlen(text) >= 19)
		str_buf_add_len(to, text + 11, 8);
	else
		str_buf_add(to, "-");
}

/* ---- what it is ---- */

static void say_point(const struct page *p)
{
	struct str_buf text _cleanup_str_buf_ = { 0 };
	bool known = !json_is_null(json_object_get(p->row, "value"));
	const char *unit = known ? text_at(p->row, "unit") : "";

	str_buf_printf(&text, "%s = ", text_at(p->row, "point"));
	if (!known)
		str_buf_add(&text, "-");
	out_value(json_object_get(p->row, "value"), p->out->language, &text);
	str_buf_printf(&text, "%s%s, %s", *unit ? " " : "", unit, words_state(text_at(p->row, "quality")));
	if (json_is_number(json_object_get(p->row, "age_s"))) {
		str_buf_add(&text, ", ");
		add_seconds(&text, json_object_get(p->row, "age_s"));
		str_buf_add(&text, _(" old"));
	}
	out_say(p->out, "%s", str_buf_text(&text));
	say_words(p, _("Why"), json_object_get(json_object_get(p->row, "reason"), "text"));
}

static void say_device(const struct page *p)
{
	struct str_buf text _cleanup_str_buf_ = { 0 };
	const char *room = text_at(p->row, "room");

	str_buf_printf(&text, _("%s (%s) at %s%s%s, profile %s"), text_at(p->row, "device"), text_at(p->row, "name"),
		       text_at(p->row, "place"), *room ? ", " : "", room, text_at(p->row, "profile"));
	say(p, _("Device"), &text);
	str_buf_clear(&text);
	str_buf_add(&text, text_at(p->row, "source"));
	if (json_is_string(json_object_get(p->row, "max_age")))
		str_buf_printf(&text, _(", max_age %s"), text_at(p->row, "max_age"));
	say(p, _("Source"), &text);
}

/* ---- the way to it ---- */

static void say_bus(const struct page *p, const json_t *bus)
{
	struct str_buf text _cleanup_str_buf_ = { 0 };

	if (!json_is_object(bus))
		return;
	str_buf_printf(&text, "%s, %s %s: %s", text_at(bus, "bus"), text_at(bus, "type"), text_at(bus, "target"),
		       words_state(text_at(bus, "state")));
	if (json_is_string(json_object_get(bus, "since"))) {
		str_buf_add(&text, _(" for "));
		words_age_since(json_object_get(bus, "since"), &text);
	}
	str_buf_printf(&text, _(", lag %lld ms"), (long long)number_at(bus, "lag_ms"));
	if (json_is_number(json_object_get(bus, "next_s"))) {
		str_buf_add(&text, _(", closed; opened again in "));
		add_seconds(&text, json_object_get(bus, "next_s"));
	}
	say(p, _("Bus"), &text);
	if (json_is_false(json_object_get(bus, "answers_us"))) {
		str_buf_clear(&text);
		str_buf_add(&text, _("its thread did not answer: no more is known now"));
		say(p, "", &text);
	}
}

static void say_unit(const struct page *p, const json_t *unit)
{
	struct str_buf text _cleanup_str_buf_ = { 0 };

	if (!json_is_object(unit))
		return;
	str_buf_printf(&text, _("%lld: %s, %lld of %lld requests answered, last answer "),
		       (long long)number_at(unit, "unit"), words_state(text_at(unit, "state")),
		       (long long)number_at(unit, "answers"), (long long)number_at(unit, "polls"));
	add_clock(&text, json_object_get(unit, "answered_at"));
	if (json_number_value(json_object_get(unit, "next_s")) > 0) {
		str_buf_add(&text, _(", asked again in "));
		add_seconds(&text, json_object_get(unit, "next_s"));
	}
	if (number_at(unit, "misses") > 0)
		str_buf_printf(&text, _(" (%lld missed in a row)"), (long long)number_at(unit, "misses"));
	say(p, _("Unit"), &text);
}

static void say_request(const struct page *p, const json_t *request)
{
	struct str_buf text _cleanup_str_buf_ = { 0 };
	const json_t *with = json_object_get(request, "with"), *name;
	json_int_t address = number_at(request, "address"), points = number_at(request, "points");
	size_t i;

	if (!json_is_object(request))
		return;
	str_buf_printf(&text, _("%s %lld … %lld (function %lld, %lld at once) every %s, next in "),
		       text_at(request, "table"), (long long)address,
		       (long long)(address + number_at(request, "count") - 1),
		       (long long)number_at(request, "function"), (long long)number_at(request, "count"),
		       text_at(request, "period"));
	add_seconds(&text, json_object_get(request, "due_s"));
	str_buf_add(&text, _(", last: "));
	str_buf_printf(&text, "%s ", text_at(request, "ended"));
	add_clock(&text, json_object_get(request, "ended_at"));
	say(p, _("Request"), &text);
	str_buf_clear(&text);
	json_array_foreach(with, i, name) str_buf_printf(&text, "%s%s", i ? " " : "", json_string_value(name));
	if (points > (json_int_t)json_array_size(with) + 1)
		str_buf_printf(&text, _(" … (%lld points)"), (long long)points);
	if (text.len)
		say(p, _("  with it"), &text);
	if (json_is_number(json_object_get(request, "renew_s"))) {
		str_buf_clear(&text);
		str_buf_add(&text, _("illegal addresses were learned nearby; forgotten in "));
		add_seconds(&text, json_object_get(request, "renew_s"));
		say(p, "", &text);
	}
}

/* ---- frames ---- */

static void trim(struct str_buf *b)
{
	while (b->len && b->text[b->len - 1] == ' ')
		b->text[--b->len] = '\0';
}

/* Bytes in lines of HEX_LINE; below, what is marked. */
static void say_bytes(const struct page *p, const char *hex, json_int_t from, json_int_t to)
{
	size_t count = strlen(hex) / 2;

	for (size_t at = 0; at < count; at += HEX_LINE) {
		struct str_buf bytes _cleanup_str_buf_ = { 0 }, marks _cleanup_str_buf_ = { 0 };
		bool marked = false;

		for (size_t i = at; i < MIN(count, at + HEX_LINE); i++) {
			bool mark = (json_int_t)i >= from && (json_int_t)i < to;

			str_buf_printf(&bytes, "%.2s ", hex + 2 * i);
			str_buf_add(&marks, mark ? "^^ " : "   ");
			marked = marked || mark;
		}
		trim(&bytes);
		trim(&marks);
		say(p, "", &bytes);
		if (marked)
			say(p, "", &marks);
	}
}

static void say_frames(const struct page *p, const json_t *frames)
{
	struct str_buf text _cleanup_str_buf_ = { 0 };
	const json_t *request = json_object_get(frames, "request"), *answer = json_object_get(frames, "answer");
	const json_t *mark = json_object_get(answer, "mark");

	if (!json_is_object(frames))
		return;
	add_clock(&text, json_object_get(request, "at"));
	say(p, _("Asked"), &text);
	say_bytes(p, text_at(request, "hex"), 0, 0);
	str_buf_clear(&text);
	if (!json_is_object(answer)) {
		str_buf_add(&text, _("nothing came"));
		say(p, _("Answered"), &text);
		return;
	}
	str_buf_printf(&text, _("after %.1f ms"), json_number_value(json_object_get(answer, "after_ms")));
	if (mark)
		str_buf_add(&text, _("; its registers are marked"));
	say(p, _("Answered"), &text);
	say_bytes(p, text_at(answer, "hex"), json_integer_value(json_array_get(mark, 0)),
		  json_integer_value(json_array_get(mark, 1)));
}

/* ---- its value ---- */

static void say_decode(const struct page *p, const json_t *d)
{
	struct str_buf text _cleanup_str_buf_ = { 0 };
	char number[STR_DOUBLE_MAX];
	double scale = json_number_value(json_object_get(d, "scale"));
	double offset = json_number_value(json_object_get(d, "offset"));

	if (!json_is_object(d))
		return;
	str_buf_printf(&text, "%s = %s -> %s %s ", text_at(d, "register"), text_at(d, "registers"), text_at(d, "type"),
		       text_at(d, "order"));
	if (json_is_null(json_object_get(d, "raw")))
		str_buf_add(&text, _("no value"));
	out_value(json_object_get(d, "raw"), p->out->language, &text);
	if (json_is_true(json_object_get(d, "invert")))
		str_buf_add(&text, _(" -> inverted"));
	if (scale != 1)
		str_buf_printf(&text, " -> x %s", str_from_double(scale, number));
	if (offset != 0)
		str_buf_printf(&text, " -> + %s", str_from_double(offset, number));
	str_buf_add(&text, " -> ");
	if (json_is_null(json_object_get(d, "value")))
		str_buf_add(&text, _("no value"));
	out_value(json_object_get(d, "value"), p->out->language, &text);
	str_buf_add(&text, _(" (read "));
	add_clock(&text, json_object_get(d, "read_at"));
	str_buf_add(&text, ")");
	say(p, _("Registers"), &text);
}

static void say_plugin(const struct page *p, const json_t *plugin)
{
	struct str_buf text _cleanup_str_buf_ = { 0 };

	if (!json_is_object(plugin))
		return;
	str_buf_printf(&text, _("%s (%s): %s %s, address %s, field %s, last message "), text_at(plugin, "plugin"),
		       text_at(plugin, "program"), words_state(text_at(plugin, "state")), text_at(plugin, "text"),
		       text_at(plugin, "address"), text_at(plugin, "field"));
	add_clock(&text, json_object_get(plugin, "message_at"));
	say(p, _("Plugin"), &text);
}

/* ---- how its unit does ---- */

static void say_round_trips(const struct page *p, const json_t *list)
{
	const json_t *bucket;
	json_int_t most = 1;
	size_t i;

	json_array_foreach(list, i, bucket) most = MAX(most, number_at(bucket, "count"));
	json_array_foreach(list, i, bucket)
	{
		struct str_buf text _cleanup_str_buf_ = { 0 };
		json_int_t count = number_at(bucket, "count");
		int bar = (int)((count * BAR + most - 1) / most);

		if (json_is_number(json_object_get(bucket, "to_ms")))
			str_buf_printf(&text, _("up to %7.4g ms "),
				       json_number_value(json_object_get(bucket, "to_ms")));
		else
			str_buf_add(&text, _("longer           "));
		for (int k = 0; k < bar; k++)
			str_buf_add(&text, "#");
		str_buf_printf(&text, " %lld", (long long)count);
		say(p, i ? "" : _("Round trips"), &text);
	}
}

static void say_causes(const struct page *p, const json_t *list)
{
	const json_t *cause;
	size_t i;

	json_array_foreach(list, i, cause)
	{
		struct str_buf text _cleanup_str_buf_ = { 0 };

		str_buf_printf(&text, "%lld x %s: %s", (long long)number_at(cause, "count"), text_at(cause, "cause"),
			       words_text(p->out->language, json_object_get(cause, "hint")));
		say(p, i ? "" : _("Errors"), &text);
	}
}

static void say_rules(const struct page *p, const json_t *list)
{
	const json_t *rule;
	size_t i;

	json_array_foreach(list, i, rule)
	{
		struct str_buf text _cleanup_str_buf_ = { 0 };

		str_buf_printf(&text, "%s: %s (%s)", text_at(rule, "alarm"), words_state(text_at(rule, "state")),
			       text_at(rule, "when"));
		say(p, i ? "" : _("Rules"), &text);
	}
}

static void write_page(const struct out *o, const json_t *row)
{
	struct page p = { o, row };
	const json_t *unit = json_object_get(row, "modbus_unit");

	say_point(&p);
	say_device(&p);
	say_bus(&p, json_object_get(row, "bus"));
	say_unit(&p, unit);
	say_request(&p, json_object_get(row, "request"));
	say_frames(&p, json_object_get(row, "frames"));
	say_decode(&p, json_object_get(row, "decode"));
	say_plugin(&p, json_object_get(row, "plugin"));
	say_round_trips(&p, json_object_get(unit, "round_trips"));
	say_causes(&p, json_object_get(unit, "causes"));
	say_rules(&p, json_object_get(row, "rules"));
}

enum ctl_exit cmd_why(struct ctl *c)
{
	static const struct out_column none[] = { { 0 } };
	static const char *const keys[] = { "point", "value", "unit", "quality", "at", "source", "reason", NULL };
	static const struct out_table table = { .columns = none, .keys = keys, .none = "" };
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	struct str_buf path _cleanup_str_buf_ = { 0 };
	enum ctl_exit exit;

	str_buf_add(&path, "/v1/points/");
	talk_escape(&path, ctl_word(c, 0));
	str_buf_add(&path, "/why");
	exit = ctl_get(c, path.text, &answer);
	if (exit != CTL_DONE)
		return exit;
	if (c->out.writer == &out_text_writer)
		write_page(&c->out, answer.json);
	else
		c->out.writer->object(&c->out, &table, str_buf_text(&answer.body), answer.json);
	return CTL_DONE;
}
