/* cmd_scan.c: who is on a bus: one unit after another is looked for, each by a question of its own. So nothing runs on in the
 * daemon when this command is ended. */
#include "ctl/command.h"
#include "ctl/width.h"

#include <stdlib.h>
#include <unistd.h>

#define UNIT_MAX 247

struct scan {
	struct ctl *ctl;
	const char *bus;
	unsigned first, last, answer, missing; /* missing: configured, and silent */
	int64_t timeout_ms;
	bool progress, known; /* known: there is such a bus */
	bool headed;
	json_t *rows; /* where they are not written as they come */
};

static void show_answer(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	const char *text = json_string_value(json_object_get(row, "answer"));

	if (str_equal(text, "value"))
		str_buf_add(to, _("a value"));
	else if (str_equal(text, "silent"))
		str_buf_add(to, _("nothing"));
	else if (str_equal(text, "wrong crc"))
		str_buf_add(to, _("a wrong CRC"));
	else
		str_buf_add(to, text ? text : "");
}

static void show_name(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	static const char *const keys[] = { "vendor", "product", "revision" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *text = json_string_value(json_object_get(row, keys[i]));

		if (text)
			str_buf_printf(to, "%s%s", to->len ? " " : "", text);
	}
}

static void show_devices(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	const json_t *id;
	size_t i;

	json_array_foreach(json_object_get(row, "devices"), i, id) if (json_is_string(id))
		str_buf_printf(to, "%s%s", i ? " " : "", json_string_value(id));
	if (i == 0)
		str_buf_add(to, _("not configured"));
}

/* clang-format off */
static const struct out_table units = {
	.columns = (const struct out_column[]){
		{ N_("UNIT"),    OUT_RIGHT, "unit",    NULL,         N_("its Modbus address"), 4 },
		{ N_("ANSWERS"), OUT_LEFT,  NULL,      show_answer,  N_("a value, or an exception: that is an answer too"), 12 },
		{ N_("MS"),      OUT_RIGHT, "took_ms", NULL,         N_("from the request to the answer"), 7 },
		{ N_("DEVICE"),  OUT_LEFT,  NULL,      show_devices, N_("the device that is configured there"), 16 },
		{ N_("NAME"),    OUT_LEFT,  NULL,      show_name,    N_("vendor, product and revision, as it says itself (function 43)"), 0 },
		{ 0 } },
	.keys = (const char *const[]){ "bus", "unit", "answers", "answer", "took_ms", "vendor", "product", "revision", NULL },
	.none = N_("nobody answers: check speed, parity and wires"),
};
/* clang-format on */

/* "1-32" or "7". */
static bool read_units(struct scan *s, const char *text)
{
	char first[8] = "";
	const char *dash = text ? strchr(text, '-') : NULL;
	uint16_t a = 1, b = UNIT_MAX;

	if (text && dash && (size_t)(dash - text) < sizeof(first))
		memcpy(first, text, (size_t)(dash - text));
	if (text && ((dash ? str_to_u16(first, &a) : str_to_u16(text, &a)) < 0 ||
		     str_to_u16(dash ? dash + 1 : text, &b) < 0 || a < 1 || b > UNIT_MAX || a > b)) {
		fprintf(stderr, _("estatectl: --units '%s': expected units from 1 to 247, as 1-32\n"), text);
		return false;
	}
	s->first = a;
	s->last = b;
	return true;
}

static enum ctl_exit find_timeout(struct scan *s)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	enum ctl_exit exit = ctl_get(s->ctl, "/v1/buses", &answer);
	const json_t *row;
	size_t i;

	s->timeout_ms = 500;
	json_array_foreach(answer.json, i, row) if (str_equal(json_string_value(json_object_get(row, "bus")), s->bus))
	{
		s->timeout_ms = json_integer_value(json_object_get(row, "timeout_ms"));
		s->known = true;
	}
	return exit;
}

/* A silent one takes the timeout; between two of them the plan may wait for one of its own, and for one that protects
 * life. */
static void say_before(const struct scan *s)
{
	int64_t about_us = (int64_t)(s->last - s->first + 1) * s->timeout_ms * 1000;
	char about[STR_DURATION_MAX], most[STR_DURATION_MAX];

	fprintf(stderr,
		_("looking for units %u to %u on %s: about %s, at most %s; alarms and polling go on; Ctrl-C ends it\n"),
		s->first, s->last, s->bus, str_from_age(about_us, about), str_from_age(3 * about_us, most));
}

static void clear_line(const struct scan *s)
{
	if (s->progress)
		fputs("\r\033[K", stderr);
}

static void show_progress(const struct scan *s, unsigned unit)
{
	if (!s->progress)
		return;
	clear_line(s);
	fprintf(stderr, _("unit %u of %u, %u answer"), unit, s->last, s->answer);
	fflush(stderr);
}

/* The titles, as wide as the rows that come one by one. */
static void write_head(const struct out *o)
{
	struct str_buf line _cleanup_str_buf_ = { 0 };

	o->writer->event_head(o, &units);
	for (const struct out_column *c = units.columns; c->title; c++) {
		const char *title = words_tr(c->title);
		size_t wide = width_of(title), width = MAX(c->width, wide);

		if (line.len)
			str_buf_add(&line, "  ");
		if (c->align == OUT_RIGHT)
			width_pad(&line, "", width - wide);
		width_pad(&line, title, c->align == OUT_RIGHT ? wide : width);
	}
	out_say(o, "%s", str_buf_text(&line));
}

static void take(struct scan *s, struct ctl_answer *answer)
{
	const char *what = json_string_value(json_object_get(answer->json, "answer"));
	bool answers = json_is_true(json_object_get(answer->json, "answers"));
	bool known = json_array_size(json_object_get(answer->json, "devices")) > 0;

	s->answer += answers;
	s->missing += !answers && known;
	if (!answers && !known && !str_equal(what, "wrong crc"))
		return;
	if (s->rows) {
		json_array_append(s->rows, answer->json);
		return;
	}
	clear_line(s);
	if (!s->headed)
		write_head(&s->ctl->out);
	s->headed = true;
	s->ctl->out.writer->event(&s->ctl->out, &units, str_buf_text(&answer->body), answer->json);
	fflush(s->ctl->out.to);
}

static enum ctl_exit look(struct scan *s, unsigned unit)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	struct str_buf path _cleanup_str_buf_ = { 0 };
	enum ctl_exit exit;

	str_buf_add(&path, "/v1/buses/");
	talk_escape(&path, s->bus);
	str_buf_add(&path, "/probe");
	exit = ctl_post(s->ctl, path.text, json_pack("{si}", "unit", (int)unit), &answer);
	if (exit == CTL_DONE)
		take(s, &answer);
	return exit;
}

static void write_rows(const struct scan *s)
{
	char *body = json_dumps(s->rows, JSON_COMPACT);

	s->ctl->out.writer->list(&s->ctl->out, &units, body ? body : "[]", s->rows);
	free(body);
}

enum ctl_exit cmd_scan(struct ctl *c)
{
	struct scan s = { .ctl = c, .bus = ctl_word(c, 0), .progress = isatty(STDERR_FILENO) == 1 };
	enum ctl_exit exit;

	if (!read_units(&s, c->args.values[ARGS_UNITS]))
		return CTL_USAGE;
	exit = find_timeout(&s);
	if (exit != CTL_DONE)
		return exit;
	if (c->out.writer != &out_text_writer)
		s.rows = json_array();
	if (s.known)
		say_before(&s);
	for (unsigned unit = s.first; unit <= s.last && exit == CTL_DONE; unit++) {
		show_progress(&s, unit);
		exit = look(&s, unit);
	}
	clear_line(&s);
	if (s.rows && exit == CTL_DONE)
		write_rows(&s);
	if (!s.rows && exit == CTL_DONE && !s.headed)
		out_say(&c->out, "%s\n", words_tr(units.none));
	if (exit == CTL_DONE)
		fprintf(stderr, _("%u of %u units answer; %u that are configured do not\n"), s.answer,
			s.last - s.first + 1, s.missing);
	json_decref(s.rows);
	return exit;
}
