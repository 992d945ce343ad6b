/* cmd_config.c: the daemon's own check and its table of keys, whether it runs or not. */
#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "ctl/command.h"
#include "ctl/local.h"
#include "ctl/width.h"

#define RANGE_MAX 40 /* bytes in the list */

static enum ctl_exit cannot_run(const char *path, int error)
{
	fprintf(stderr, _("estatectl: cannot run %s: %s: is estated installed?\n"), path, strerror(-error));
	return CTL_FAILED;
}

enum ctl_exit cmd_config_check(struct ctl *c)
{
	const char *file = ctl_word(c, 0);
	char path[PATH_MAX];
	char *with_file[] = { path, (char[]){ "--check" }, (char[]){ "-c" }, (char *)(uintptr_t)file, NULL };
	char *without[] = { path, (char[]){ "--check" }, NULL };

	local_find_daemon(path);
	fflush(NULL);
	execv(path, file ? with_file : without);
	return cannot_run(path, -errno);
}

static const char *text_of(const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	return text ? text : "";
}

static void show_name(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	str_buf_printf(to, "%s.%s", text_of(row, "group"), text_of(row, "key"));
}

/* In the list a long range is cut at a blank, so that the help stays in sight; the key alone shows it whole. */
static void show_range(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	const char *range = text_of(row, "range");
	size_t cut = str_utf8_cut(range, RANGE_MAX);

	if (!range[cut]) {
		str_buf_add(to, range);
		return;
	}
	while (cut > 0 && range[cut] != ' ')
		cut--;
	str_buf_add_len(to, range, cut);
	str_buf_add(to, " …");
}

static void show_default(const json_t *row, enum words_language l, struct str_buf *to)
{
	if (json_is_true(json_object_get(row, "required")))
		str_buf_add(to, _("required"));
	else
		out_value(json_object_get(row, "default"), l, to);
}

#define KEYS "group", "key", "type", "range", "unit", "default", "required", "reloadable", "reload", "help", NULL

/* clang-format off */
static const struct out_table keys_table = {
	.columns = (const struct out_column[]){
		{ N_("KEY"),     OUT_LEFT, NULL,     show_name,    N_("group and key") },
		{ N_("TYPE"),    OUT_LEFT, "type",   NULL,         N_("how it is written: an id, a text, a duration like \"90s\", …") },
		{ N_("RANGE"),   OUT_LEFT, NULL,     show_range,   N_("what it may be") },
		{ N_("DEFAULT"), OUT_LEFT, NULL,     show_default, N_("where it is not said; 'required': it has to be said") },
		{ N_("RELOAD"),  OUT_LEFT, "reload", NULL,         N_("what a reload does with a change: live, restarts, identity, later") },
		{ N_("HELP"),    OUT_LEFT, "help",   NULL,         NULL },
		{ 0 } },
	.keys = (const char *const[]){ KEYS },
	.none = "",
};

static const struct out_table key_table = {
	.columns = (const struct out_column[]){
		{ N_("key"),     OUT_LEFT, NULL,     show_name,    NULL },
		{ N_("type"),    OUT_LEFT, "type",   NULL,         NULL },
		{ N_("range"),   OUT_LEFT, "range",  NULL,         NULL },
		{ N_("default"), OUT_LEFT, NULL,     show_default, NULL },
		{ N_("reload"),  OUT_LEFT, "reload", NULL,         NULL },
		{ N_("help"),    OUT_LEFT, "help",   NULL,         NULL },
		{ 0 } },
	.keys = (const char *const[]){ KEYS },
	.none = "",
};
/* clang-format on */

/* 'profiles' is the group and those in it, 'buses.baud' a key. */
static bool is_wanted(const json_t *row, const char *wanted)
{
	struct str_buf name _cleanup_str_buf_ = { 0 };
	const char *group = text_of(row, "group");
	size_t len = strlen(wanted);

	show_name(row, WORDS_EN, &name);
	return str_equal(name.text, wanted) || (str_starts(group, wanted) && (group[len] == '\0' || group[len] == '.'));
}

/* The wanted ones in a list of their own; NULL, and said on stderr: there are none. */
static json_t *select_rows(const json_t *all, const char *wanted)
{
	struct str_nearest nearest = { .word = wanted };
	json_t *rows = json_array(), *row;
	size_t i;

	json_array_foreach(all, i, row)
	{
		str_nearest_try(&nearest, text_of(row, "group"));
		if (is_wanted(row, wanted))
			json_array_append(rows, row);
	}
	if (json_array_size(rows))
		return rows;
	json_decref(rows);
	if (nearest.best)
		fprintf(stderr, _("estatectl: no group or key '%s'; did you mean '%s'?\n"), wanted, nearest.best);
	else
		fprintf(stderr, _("estatectl: no group or key '%s'; 'estatectl config keys' shows them all\n"), wanted);
	return NULL;
}

static enum ctl_exit write_keys(struct ctl *c, const json_t *all, const char *body)
{
	const char *wanted = ctl_word(c, 0);
	json_t *rows;
	char *selected;

	if (!wanted) {
		c->out.writer->list(&c->out, &keys_table, body, all);
		return CTL_DONE;
	}
	rows = select_rows(all, wanted);
	if (!rows)
		return CTL_FAILED;
	selected = json_dumps(rows, JSON_COMPACT);
	if (json_array_size(rows) == 1 && c->out.writer == &out_text_writer)
		out_text_writer.object(&c->out, &key_table, selected, json_array_get(rows, 0));
	else
		c->out.writer->list(&c->out, &keys_table, selected, rows);
	free(selected);
	json_decref(rows);
	return CTL_DONE;
}

enum ctl_exit cmd_config_keys(struct ctl *c)
{
	struct str_buf body _cleanup_str_buf_ = { 0 };
	char path[PATH_MAX];
	enum ctl_exit exit;
	json_t *rows;
	int r;

	local_find_daemon(path);
	r = local_ask(path, "--keys", &body);
	if (r < 0 && r != -EPROTO)
		return cannot_run(path, r);
	rows = json_loadb(str_buf_text(&body), body.len, 0, NULL);
	if (!json_is_array(rows)) {
		fprintf(stderr, _("estatectl: %s --keys: expected a list: is it of the same version?\n"), path);
		json_decref(rows);
		return CTL_FAILED;
	}
	exit = write_keys(c, rows, str_buf_text(&body));
	json_decref(rows);
	return exit;
}
