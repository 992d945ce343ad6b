/* cmd_bus.c: what a technician asks of a bus: to read anything on it, to write a point, to leave the line to a laptop. */
#include "ctl/command.h"

#include <stdlib.h>
#include <string.h>

static void bus_path(struct str_buf *path, const char *bus, const char *verb)
{
	str_buf_add(path, "/v1/buses/");
	talk_escape(path, bus);
	str_buf_printf(path, "/%s", verb);
}

/* ---- read ---- */

/* clang-format off */
static const struct out_table registers = {
	.columns = (const struct out_column[]){
		{ N_("AT"),     OUT_LEFT,  "at",     NULL, N_("where it stands, counted from 0") },
		{ N_("HEX"),    OUT_RIGHT, "hex",    NULL, NULL },
		{ N_("DEC"),    OUT_RIGHT, "dec",    NULL, N_("without a sign") },
		{ N_("SIGNED"), OUT_RIGHT, "signed", NULL, N_("with one") },
		{ N_("VALUE"),  OUT_RIGHT, "value",  NULL, N_("of the type that was asked for") },
		{ 0 } },
	.keys = (const char *const[]){ "at", "address", "hex", "dec", "signed", "value", NULL },
	.none = "",
};

static const struct out_table bits = {
	.columns = (const struct out_column[]){
		{ N_("AT"),    OUT_LEFT, "at",    NULL, N_("where it stands, counted from 0") },
		{ N_("VALUE"), OUT_LEFT, "value", NULL, NULL },
		{ 0 } },
	.keys = (const char *const[]){ "at", "address", "value", NULL },
	.none = "",
};

static const struct out_table guesses = {
	.columns = (const struct out_column[]){
		{ N_("AT"),    OUT_LEFT,  "at",    NULL, N_("the first register of it") },
		{ N_("TYPE"),  OUT_LEFT,  "type",  NULL, N_("type, as in a profile") },
		{ N_("ORDER"), OUT_LEFT,  "order", NULL, N_("order, as in a profile") },
		{ N_("SCALE"), OUT_RIGHT, "scale", NULL, N_("scale, as in a profile") },
		{ N_("VALUE"), OUT_RIGHT, "value", NULL, N_("what it gives") },
		{ N_("EXACT"), OUT_LEFT,  "exact", NULL, N_("to all digits that were given; else within 1 %") },
		{ 0 } },
	.keys = (const char *const[]){ "at", "type", "order", "scale", "value", "exact", NULL },
	.none = N_("no way to read them comes near: try another address, more registers, or a moment when the number stands still"),
};
/* clang-format on */

static void write_list(const struct ctl *c, const struct out_table *table, const json_t *rows)
{
	char *body = json_dumps(rows, JSON_COMPACT);

	c->out.writer->list(&c->out, table, body ? body : "[]", rows);
	free(body);
}

static void write_read(const struct ctl *c, const struct ctl_answer *answer)
{
	const json_t *rows = json_object_get(answer->json, "values"), *found = json_object_get(answer->json, "guesses");
	bool hex = json_object_get(json_array_get(rows, 0), "hex") != NULL;
	const struct out_table *table = hex ? &registers : &bits;

	if (c->out.writer == &out_json_writer) {
		c->out.writer->object(&c->out, table, str_buf_text(&answer->body), answer->json);
		return;
	}
	if (c->out.writer == &out_text_writer || !found)
		write_list(c, table, rows);
	if (found) {
		if (c->out.writer == &out_text_writer)
			fprintf(c->out.to, "\n%s\n", _("likely, the best first:"));
		write_list(c, &guesses, found);
	}
	if (c->out.writer == &out_text_writer)
		out_say(&c->out, _("answered within %.2f ms\n"),
			json_number_value(json_object_get(answer->json, "took_ms")));
}

static bool put_number(json_t *body, const char *key, const char *text)
{
	int64_t number;

	if (str_to_i64(text, &number) < 0) {
		fprintf(stderr, _("estatectl: %s '%s': expected a whole number\n"), key, text);
		return false;
	}
	json_object_set_new(body, key, json_integer(number));
	return true;
}

static bool put_guess(json_t *body, const char *text)
{
	double number;

	if (!text)
		return true;
	if (str_to_double(text, &number) < 0) {
		fprintf(stderr, _("estatectl: --guess '%s': expected a number, as the device shows it\n"), text);
		return false;
	}
	json_object_set_new(body, "guess", json_real(number));
	return true;
}

enum ctl_exit cmd_bus_read(struct ctl *c)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	struct str_buf path _cleanup_str_buf_ = { 0 };
	const char *type = c->args.values[ARGS_TYPE], *order = c->args.values[ARGS_ORDER];
	json_t *body = json_object();
	enum ctl_exit exit;

	bus_path(&path, ctl_word(c, 0), "read");
	json_object_set_new(body, "at", json_string(ctl_word(c, 2)));
	if (type)
		json_object_set_new(body, "type", json_string(type));
	if (order)
		json_object_set_new(body, "order", json_string(order));
	if (!put_number(body, "unit", ctl_word(c, 1)) ||
	    (ctl_word(c, 3) && !put_number(body, "count", ctl_word(c, 3))) ||
	    !put_guess(body, c->args.values[ARGS_GUESS])) {
		json_decref(body);
		return CTL_USAGE;
	}
	exit = ctl_post(c, path.text, body, &answer);
	if (exit == CTL_DONE)
		write_read(c, &answer);
	return exit;
}

/* ---- pause, resume ---- */

static const char *text_of(const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	return text ? text : "?";
}

/* clang-format off */
static const struct out_table state = {
	.columns = (const struct out_column[]){
		{ N_("bus"),          OUT_LEFT, "bus",          NULL, NULL },
		{ N_("state"),        OUT_LEFT, "state",        NULL, NULL },
		{ N_("paused_until"), OUT_LEFT, "paused_until", NULL, NULL },
		{ 0 } },
	.keys = (const char *const[]){ "bus", "state", "paused_until", "was_paused", NULL },
	.none = "",
};
/* clang-format on */

/* until: "2026-11-22T20:41:20.288+08:00", of which a person needs no more than the seconds. */
static void say_paused(const struct ctl *c, const char *until)
{
	char at[sizeof("2026-11-22 20:41:20")];

	snprintf(at, sizeof(at), "%s", until);
	if (strlen(until) > strlen("2026-11-22"))
		at[strlen("2026-11-22")] = ' ';
	out_say(&c->out, _("%s: paused until %s: its port is closed, nothing on it is watched"), ctl_word(c, 0), at);
	out_say(&c->out, _("'estatectl bus resume %s' takes it back sooner; so does a restart of estated"),
		ctl_word(c, 0));
}

enum ctl_exit cmd_bus_pause(struct ctl *c)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	struct str_buf path _cleanup_str_buf_ = { 0 };
	const char *within = c->args.values[ARGS_FOR];
	enum ctl_exit exit;

	bus_path(&path, ctl_word(c, 0), "pause");
	exit = ctl_post(c, path.text, within ? json_pack("{ss}", "for", within) : json_object(), &answer);
	if (exit != CTL_DONE)
		return exit;
	if (c->out.writer != &out_text_writer)
		c->out.writer->object(&c->out, &state, str_buf_text(&answer.body), answer.json);
	else
		say_paused(c, text_of(answer.json, "paused_until"));
	return CTL_DONE;
}

enum ctl_exit cmd_bus_resume(struct ctl *c)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	struct str_buf path _cleanup_str_buf_ = { 0 };
	enum ctl_exit exit;

	bus_path(&path, ctl_word(c, 0), "resume");
	exit = ctl_post(c, path.text, json_object(), &answer);
	if (exit != CTL_DONE)
		return exit;
	if (c->out.writer != &out_text_writer)
		c->out.writer->object(&c->out, &state, str_buf_text(&answer.body), answer.json);
	else
		out_say(&c->out,
			json_is_false(json_object_get(answer.json, "was_paused"))
				? _("%s: was not paused; nothing has changed\n")
				: _("%s: asked again\n"),
			ctl_word(c, 0));
	return CTL_DONE;
}

/* ---- write ---- */

/* clang-format off */
static const struct out_table written = {
	.columns = (const struct out_column[]){
		{ N_("point"), OUT_LEFT, "point", NULL, NULL },
		{ N_("value"), OUT_LEFT, "value", NULL, NULL },
		{ N_("old"),   OUT_LEFT, "old",   NULL, NULL },
		{ N_("read"),  OUT_LEFT, "read",  NULL, NULL },
		{ 0 } },
	.keys = (const char *const[]){ "point", "value", "old", "read", "confirmed", "took_ms", "by", "reason", NULL },
	.none = "",
};
/* clang-format on */

/* What stands there as JSON would have it: true, false, a number; else a text. */
static json_t *value_json(const char *text)
{
	double number;

	if (str_equal(text, "true") || str_equal(text, "false"))
		return json_boolean(str_equal(text, "true"));
	return str_to_double(text, &number) == 0 ? json_real(number) : json_string(text);
}

static void say_written(const struct ctl *c, const json_t *answer)
{
	struct str_buf now _cleanup_str_buf_ = { 0 }, old _cleanup_str_buf_ = { 0 };

	out_value(json_object_get(answer, "read"), c->out.language, &now);
	out_value(json_object_get(answer, "old"), c->out.language, &old);
	if (json_is_true(json_object_get(answer, "confirmed")))
		out_say(&c->out, _("%s: %s now, was %s; read back, %.1f ms\n"), ctl_word(c, 0), str_buf_text(&now),
			str_buf_text(&old), json_number_value(json_object_get(answer, "took_ms")));
	else
		out_say(&c->out, _("%s: %s now, was %s; the device did not confirm it, but it is read back so\n"),
			ctl_word(c, 0), str_buf_text(&now), str_buf_text(&old));
}

enum ctl_exit cmd_bus_write(struct ctl *c)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	struct str_buf path _cleanup_str_buf_ = { 0 };
	const char *reason = c->args.values[ARGS_REASON];
	json_t *body = json_object();
	enum ctl_exit exit;

	str_buf_add(&path, "/v1/points/");
	talk_escape(&path, ctl_word(c, 0));
	str_buf_add(&path, "/write");
	json_object_set_new(body, "value", value_json(ctl_word(c, 1)));
	if (reason)
		json_object_set_new(body, "reason", json_string(reason));
	exit = ctl_post(c, path.text, body, &answer);
	if (exit != CTL_DONE)
		return exit;
	if (c->out.writer == &out_text_writer)
		say_written(c, answer.json);
	else
		c->out.writer->object(&c->out, &written, str_buf_text(&answer.body), answer.json);
	return CTL_DONE;
}
