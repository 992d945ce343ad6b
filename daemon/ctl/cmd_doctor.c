/* cmd_doctor.c: the whole box looked over: what estated --doctor finds, and what the running daemon knows. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fill.h"
#include "ctl/command.h"
#include "ctl/local.h"
#include "ctl/symptoms.h"
#include "ctl/width.h"

#define VALUES_MAX 32

static const char *text_of(const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	return text ? text : "";
}

/* ---- words ---- */

static const char *level_word(const char *level)
{
	static const char *const known[] = { NC_("level", "ok"), NC_("level", "warning"), NC_("level", "fault") };

	return words_in_context("level", level, known, ARRAY_SIZE(known));
}

static const char *check_word(const char *check)
{
	/* clang-format off */
	static const char *const known[] = {
		NC_("check", "configuration"), NC_("check", "unit"), NC_("check", "socket"), NC_("check", "access"),
		NC_("check", "secret"), NC_("check", "state"), NC_("check", "database"), NC_("check", "serial"),
		NC_("check", "clock"), NC_("check", "machine"), NC_("check", "kernel"), NC_("check", "package"),
		NC_("check", "limits"), NC_("check", "gateway"), NC_("check", "plugin"), NC_("check", "daemon"),
		NC_("check", "store"), NC_("check", "bus"), NC_("check", "points"), NC_("check", "device"),
		NC_("check", "outbox"), NC_("check", "service"),
	};
	/* clang-format on */

	return words_in_context("check", check, known, ARRAY_SIZE(known));
}

/* A template with its values. */
static void fill(const char *template, const json_t *values, struct str_buf *to)
{
	const char *pairs[VALUES_MAX * 2 + 1] = { 0 };
	const char *name;
	json_t *value;
	size_t count = 0;

	json_object_foreach((json_t *)values, name, value)
	{
		if (count == VALUES_MAX * 2)
			break;
		pairs[count++] = name;
		pairs[count++] = json_is_string(value) ? json_string_value(value) : "?";
	}
	fill_text(to, template, pairs);
}

/* ---- as text ---- */

static const char *color_of(const char *level)
{
	if (str_equal(level, "fault"))
		return "1;31";
	return str_equal(level, "warning") ? "33" : "32";
}

static size_t level_width(void)
{
	return MAX(MAX(width_of(level_word("ok")), width_of(level_word("warning"))), width_of(level_word("fault")));
}

static void write_row(const struct out *o, const json_t *row)
{
	_cleanup_str_buf_ struct str_buf line = { 0 }, text = { 0 }, level = { 0 };
	const json_t *values = json_object_get(row, "values");

	width_pad(&level, level_word(text_of(row, "level")), level_width());
	if (o->color)
		str_buf_printf(&line, "\033[%sm%s\033[0m", color_of(text_of(row, "level")), str_buf_text(&level));
	else
		str_buf_add(&line, str_buf_text(&level));
	str_buf_printf(&text, "%s %s: ", check_word(text_of(row, "check")), text_of(row, "subject"));
	fill(words_tr(text_of(row, "message")), values, &text);
	if (*text_of(row, "advice"))
		str_buf_add(&text, " → ");
	fill(words_tr(text_of(row, "advice")), values, &text);
	str_buf_add(&line, "  ");
	width_add(&line, str_buf_text(&text));
	fprintf(o->to, "%s\n", line.text);
}

static size_t count_level(const json_t *rows, const char *level)
{
	const json_t *row;
	size_t i, count = 0;

	json_array_foreach(rows, i, row) count += str_equal(text_of(row, "level"), level);
	return count;
}

/* "2 faults: serial riser-3, plugin cloud; " */
static void add_summary(const json_t *rows, const char *level, struct str_buf *to)
{
	size_t i, count = count_level(rows, level), shown = 0;
	const json_t *row;

	if (count == 0)
		return;
	if (str_equal(level, "fault"))
		str_buf_printf(to, ngettext("%d fault: ", "%d faults: ", count), (int)count);
	else
		str_buf_printf(to, ngettext("%d warning: ", "%d warnings: ", count), (int)count);
	json_array_foreach(rows, i, row) if (str_equal(text_of(row, "level"), level)) str_buf_printf(
		to, "%s%s %s", shown++ ? ", " : "", check_word(text_of(row, "check")), text_of(row, "subject"));
	str_buf_add(to, "; ");
}

static void write_text(const struct out *o, const json_t *rows)
{
	_cleanup_str_buf_ struct str_buf summary = { 0 }, shown = { 0 };
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) write_row(o, row);
	add_summary(rows, "fault", &summary);
	add_summary(rows, "warning", &summary);
	str_buf_printf(&summary, _("%d in order"), (int)count_level(rows, "ok"));
	width_add(&shown, summary.text);
	fprintf(o->to, "%s\n", shown.text);
}

/* ---- for programs ---- */

static const struct out_table table = {
	.columns = (const struct out_column[]){ { 0 } },
	.keys = (const char *const[]){ "check", "level", "subject", "text", "hint", NULL },
	.none = "",
};

static json_t *filled(const json_t *row, const char *key)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };

	fill(text_of(row, key), json_object_get(row, "values"), &text);
	return json_string(str_buf_text(&text));
}

static void write_rows(const struct out *o, const json_t *findings)
{
	json_t *rows = json_array();
	const json_t *row;
	char *body;
	size_t i;

	json_array_foreach(findings, i, row)
		json_array_append_new(rows, json_pack("{ss ss ss so so}", "check", text_of(row, "check"), "level",
						      text_of(row, "level"), "subject", text_of(row, "subject"), "text",
						      filled(row, "message"), "hint", filled(row, "advice")));
	body = json_dumps(rows, JSON_INDENT(1));
	o->writer->list(o, &table, body ? body : "[]", rows);
	free(body);
	json_decref(rows);
}

/* ---- asking ---- */

/* The folder of the socket, where another one than the installed is asked. */
static bool other_folder(const struct ctl *c, struct str_buf *to)
{
	const char *socket = talk_socket(c->talk), *slash = strrchr(socket, '/');

	if (str_equal(socket, ESTATE_RUNTIMEDIR "/api.sock"))
		return false;
	if (slash)
		str_buf_add_len(to, socket, MAX((size_t)(slash - socket), (size_t)1));
	else
		str_buf_add(to, ".");
	return true;
}

/* What estated --doctor says; NULL and said on stderr: nothing of use. */
static json_t *ask_estated(const struct ctl *c)
{
	_cleanup_str_buf_ struct str_buf body = { 0 }, folder = { 0 };
	const char *argv[8] = { NULL };
	size_t count = 2;
	char path[PATH_MAX];
	json_t *rows;
	int r;

	local_find_daemon(path);
	argv[0] = path;
	argv[1] = "--doctor=json";
	if (ctl_word(c, 0)) {
		argv[count++] = "-c";
		argv[count++] = ctl_word(c, 0);
	}
	if (other_folder(c, &folder)) {
		argv[count++] = "--runtime-dir";
		argv[count++] = folder.text;
	}
	r = local_run(argv, &body);
	if (r < 0 && r != -EPROTO) {
		fprintf(stderr, _("estatectl: cannot run %s: %s: is estated installed?\n"), path, strerror(-r));
		return NULL;
	}
	rows = json_loadb(str_buf_text(&body), body.len, 0, NULL);
	if (json_is_array(rows))
		return rows;
	fprintf(stderr, _("estatectl: %s --doctor: expected a list: is it of the same version?\n"), path);
	json_decref(rows);
	return NULL;
}

/* Only a daemon that runs is asked: where systemd keeps the socket, a question would start one that somebody stopped. */
static bool is_up(const json_t *findings)
{
	const json_t *row;
	size_t i;

	json_array_foreach(findings, i, row) if (str_equal(text_of(row, "check"), "socket") &&
						 !str_equal(text_of(row, "level"), "warning")) return true;
	return false;
}

enum ctl_exit cmd_doctor(struct ctl *c)
{
	bool progress = c->out.writer == &out_text_writer && isatty(STDERR_FILENO);
	json_t *findings;
	enum ctl_exit exit;

	if (progress)
		fprintf(stderr, "%s", _("looking this box over, for half a minute at most …"));
	findings = ask_estated(c);
	if (findings && is_up(findings))
		symptoms_add(c->talk, findings);
	if (progress)
		fprintf(stderr, "\r\033[K");
	if (!findings)
		return CTL_FAILED;
	if (c->out.writer == &out_text_writer)
		write_text(&c->out, findings);
	else
		write_rows(&c->out, findings);
	exit = count_level(findings, "fault") ? CTL_FAILED : CTL_DONE;
	json_decref(findings);
	return exit;
}
