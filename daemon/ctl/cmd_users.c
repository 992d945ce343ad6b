/* cmd_users.c: who may log in to the page. A password never stands on a command line, where everybody on the box could read it. */
#include <errno.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "ctl/command.h"

#define PASSWORD_ROOM 512

static void show_scope(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	const json_t *place;
	size_t i;

	json_array_foreach(json_object_get(row, "scope"), i, place)
		str_buf_printf(to, "%s%s", i ? " " : "", json_string_value(place));
}

static void show_wall(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	str_buf_add(to, json_is_true(json_object_get(row, "wall")) ? _("display") : _("page"));
}

/* clang-format off */
static const struct out_table users = {
	.columns = (const struct out_column[]){
		{ N_("USER"),     OUT_LEFT,  "user",         NULL,       NULL },
		{ N_("ROLE"),     OUT_LEFT,  "role",         NULL,       N_("viewer, operator, care, technician, admin: what may be done") },
		{ N_("SCOPE"),    OUT_LEFT,  NULL,           show_scope, N_("the places that are seen; *: the whole estate") },
		{ N_("SESSIONS"), OUT_RIGHT, "sessions",     NULL,       N_("logged in now") },
		{ N_("PASSWORD"), OUT_LEFT,  "password_set", NULL,       N_("since when it is what it is") },
		{ 0 } },
	.keys = (const char *const[]){ "user", "role", "scope", "sessions", "password_set", NULL },
	.none = N_("nobody may log in yet: estatectl users add NAME --role admin"),
};

static const struct out_table sessions = {
	.columns = (const struct out_column[]){
		{ N_("USER"),    OUT_LEFT, "user",    NULL,      NULL },
		{ N_("ADDRESS"), OUT_LEFT, "address", NULL,      N_("where the login came from") },
		{ N_("KIND"),    OUT_LEFT, NULL,      show_wall, N_("a display on the wall lasts, and only looks") },
		{ N_("SINCE"),   OUT_LEFT, "since",   NULL,      NULL },
		{ N_("EXPIRES"), OUT_LEFT, "expires", NULL,      N_("unless it is used") },
		{ 0 } },
	.keys = (const char *const[]){ "user", "address", "wall", "since", "expires", NULL },
	.none = N_("nobody is logged in"),
};
/* clang-format on */

/* ---- the password ---- */

/* A line without its end; false: there is none, or it is too long. */
static bool read_line(char line[PASSWORD_ROOM])
{
	size_t len;

	if (!fgets(line, PASSWORD_ROOM, stdin))
		return false;
	len = strcspn(line, "\r\n");
	if (!line[len] && !feof(stdin))
		return false;
	line[len] = '\0';
	return true;
}

/* Asks on the terminal; what is typed does not show. */
static bool ask(const char *prompt, char line[PASSWORD_ROOM])
{
	struct termios before, silent;
	bool got;

	if (tcgetattr(STDIN_FILENO, &before) < 0)
		return false;
	silent = before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) < 0)
		return false;
	fputs(prompt, stderr);
	got = read_line(line);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	fputs("\n", stderr);
	return got;
}

static bool read_password(char password[PASSWORD_ROOM])
{
	char again[PASSWORD_ROOM] = "";
	bool same;

	if (!isatty(STDIN_FILENO)) {
		if (read_line(password) && *password)
			return true;
		fprintf(stderr, "%s",
			_("estatectl: users: expected the password as the first line of standard input\n"));
		return false;
	}
	if (!ask(_("password: "), password) || !ask(_("again: "), again))
		return false;
	same = str_equal(password, again);
	explicit_bzero(again, sizeof(again));
	if (!same)
		fprintf(stderr, "%s", _("estatectl: users: the two are not the same: nothing is changed\n"));
	return same;
}

/* ---- commands ---- */

enum ctl_exit cmd_users_list(struct ctl *c)
{
	return ctl_list(c, "/v1/users", &users);
}

/* "b3,b4/u1" as a list; NULL: not said. */
static json_t *scope_of(const struct ctl *c)
{
	const char *text = c->args.values[ARGS_SCOPE];
	json_t *places;

	if (!text)
		return NULL;
	places = json_array();
	for (const char *at = text;; at++) {
		size_t len = strcspn(at, ",");

		json_array_append_new(places, json_stringn(at, len));
		at += len;
		if (!*at)
			return places;
	}
}

/* Takes body. */
static enum ctl_exit post(struct ctl *c, const char *path, json_t *body)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	enum ctl_exit exit = ctl_post(c, path, body, &answer);

	if (exit == CTL_DONE)
		c->out.writer->object(&c->out, &users, str_buf_text(&answer.body), answer.json);
	return exit;
}

static enum ctl_exit change(struct ctl *c, const char *what, json_t *body)
{
	struct str_buf path _cleanup_str_buf_ = { 0 };

	str_buf_add(&path, "/v1/users/");
	talk_escape(&path, ctl_word(c, 0));
	str_buf_add(&path, what);
	return post(c, path.text, body);
}

enum ctl_exit cmd_users_add(struct ctl *c)
{
	char password[PASSWORD_ROOM] = "";
	enum ctl_exit exit = CTL_FAILED;

	if (!c->args.values[ARGS_ROLE]) {
		fprintf(stderr, "%s",
			_("estatectl: users add: expected --role: viewer, operator, care, technician or admin\n"));
		return CTL_USAGE;
	}
	if (read_password(password))
		exit = post(c, "/v1/users",
			    json_pack("{s:s, s:s, s:s, s:o*}", "user", ctl_word(c, 0), "role",
				      c->args.values[ARGS_ROLE], "password", password, "scope", scope_of(c)));
	explicit_bzero(password, sizeof(password));
	return exit;
}

enum ctl_exit cmd_users_set(struct ctl *c)
{
	if (!c->args.values[ARGS_ROLE] && !c->args.values[ARGS_SCOPE]) {
		fprintf(stderr, "%s", _("estatectl: users set: expected --role or --scope\n"));
		return CTL_USAGE;
	}
	return change(c, "", json_pack("{s:s*, s:o*}", "role", c->args.values[ARGS_ROLE], "scope", scope_of(c)));
}

/* Before the new one: on the terminal, or as the line before it. */
static bool read_old(char old[PASSWORD_ROOM])
{
	if (isatty(STDIN_FILENO))
		return ask(_("old password: "), old);
	if (read_line(old) && *old)
		return true;
	fprintf(stderr, "%s", _("estatectl: users: expected the old password as the first line of standard input\n"));
	return false;
}

static enum ctl_exit change_own(struct ctl *c)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	char old[PASSWORD_ROOM] = "", password[PASSWORD_ROOM] = "";
	enum ctl_exit exit = CTL_FAILED;

	if (read_old(old) && read_password(password))
		exit = ctl_post(c, "/v1/password",
				json_pack("{s:s, s:s, s:s}", "user", ctl_word(c, 0), "old", old, "password", password),
				&answer);
	explicit_bzero(old, sizeof(old));
	explicit_bzero(password, sizeof(password));
	if (exit == CTL_DONE && c->out.writer == &out_text_writer)
		out_say(&c->out, _("%s has another password; other sessions are over\n"), ctl_word(c, 0));
	else if (exit == CTL_DONE)
		out_say(&c->out, "%s\n", str_buf_text(&answer.body));
	return exit;
}

enum ctl_exit cmd_users_password(struct ctl *c)
{
	char password[PASSWORD_ROOM] = "";
	enum ctl_exit exit = CTL_FAILED;

	if (c->args.values[ARGS_OWN])
		return change_own(c);
	if (read_password(password))
		exit = change(c, "/password", json_pack("{s:s}", "password", password));
	explicit_bzero(password, sizeof(password));
	return exit;
}

enum ctl_exit cmd_users_remove(struct ctl *c)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	struct str_buf path _cleanup_str_buf_ = { 0 };
	enum ctl_exit exit;

	str_buf_add(&path, "/v1/users/");
	talk_escape(&path, ctl_word(c, 0));
	str_buf_add(&path, "/remove");
	exit = ctl_post(c, path.text, json_object(), &answer);
	if (exit == CTL_DONE && c->out.writer == &out_text_writer)
		out_say(&c->out, _("%s may not log in any more\n"), ctl_word(c, 0));
	else if (exit == CTL_DONE)
		out_say(&c->out, "%s\n", str_buf_text(&answer.body));
	return exit;
}

enum ctl_exit cmd_users_sessions(struct ctl *c)
{
	if (!c->args.values[ARGS_SESSIONS])
		return ctl_list(c, "/v1/sessions", &sessions);
	if (ctl_word(c, 0))
		return change(c, "/logout", json_object());
	fprintf(stderr, "%s", _("estatectl: users sessions --end: expected the name of a user\n"));
	return CTL_USAGE;
}
