/* cmd_reload.c: the configuration of a running estated: what a reload would change, reload, confirm. */
#include "ctl/command.h"

static void show_change(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	const char *change = json_string_value(json_object_get(row, "change"));

	if (str_equal(change, "added"))
		str_buf_add(to, _("added"));
	else if (str_equal(change, "removed"))
		str_buf_add(to, _("removed"));
	else
		str_buf_add(to, _("changed"));
}

/* clang-format off */
static const struct out_table table = {
	.columns = (const struct out_column[]){
		{ N_("CHANGE"), OUT_LEFT, NULL,    show_change, N_("added, removed or changed"), 0 },
		{ N_("GROUP"),  OUT_LEFT, "group", NULL,        N_("the list or group of the configuration"), 0 },
		{ N_("ID"),     OUT_LEFT, "id",    NULL,        NULL, 0 },
		{ 0 } },
	.keys = (const char *const[]){ "change", "group", "id", NULL },
	.none = N_("nothing changes"),
};
/* clang-format on */

/* The list of changes, as an answer of its own; warnings go to stderr. */
static void write_changes(struct ctl *c, const struct ctl_answer *answer)
{
	const json_t *changes = json_object_get(answer->json, "changes"), *problem;
	char *body = json_dumps(changes, JSON_COMPACT);
	size_t i;

	json_array_foreach(json_object_get(answer->json, "problems"), i, problem)
		fprintf(stderr, "%s\n", json_string_value(problem));
	c->out.writer->list(&c->out, &table, body ? body : "[]", changes);
	free(body);
}

enum ctl_exit cmd_reload_diff(struct ctl *c)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	enum ctl_exit exit = ctl_get(c, "/v1/config/diff", &answer);

	if (exit == CTL_DONE)
		write_changes(c, &answer);
	return exit;
}

enum ctl_exit cmd_reload(struct ctl *c)
{
	const char *within = c->args.values[ARGS_CONFIRM];
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	enum ctl_exit exit = ctl_post(c, "/v1/config/reload",
				      within ? json_pack("{s:s}", "confirm_within", within) : json_object(), &answer);

	if (exit != CTL_DONE)
		return exit;
	write_changes(c, &answer);
	if (within)
		fprintf(stderr,
			_("estatectl: the old configuration returns in %s unless you confirm: estatectl config "
			  "confirm\n"),
			within);
	return exit;
}

enum ctl_exit cmd_reload_confirm(struct ctl *c)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };

	return ctl_post(c, "/v1/config/confirm", json_object(), &answer);
}
