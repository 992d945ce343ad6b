/* cmd_reload.c: the configuration of a running estated: what a reload would change, reload, confirm. */
#include "ctl/cmd_reload.h"

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

static const char *reload_word(const char *group, const char *reload)
{
	if (str_equal(reload, "live"))
		return _("at once");
	if (str_equal(group, "estate"))
		return _("with the next start of estated");
	return _("starts it anew");
}

/* Keys of a device that say where it is. */
static bool is_address(const json_t *key)
{
	static const char *const names[] = { "bus", "unit", "plugin", "address" };
	const char *name = json_string_value(json_object_get(key, "key"));

	if (!str_equal(json_string_value(json_object_get(key, "group")), "devices"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_equal(names[i], name))
			return true;
	return false;
}

/* "timeout 500ms → 800ms (at once); baud 9600 → 19200 (starts it anew)" */
static void show_keys(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	const char *group = json_string_value(json_object_get(row, "group"));
	const json_t *key;
	bool moved = false;
	size_t i;

	json_array_foreach(json_object_get(row, "keys"), i, key)
	{
		const char *before = json_string_value(json_object_get(key, "from"));
		const char *after = json_string_value(json_object_get(key, "to"));

		str_buf_printf(to, "%s%s", i ? "; " : "", json_string_value(json_object_get(key, "key")));
		if (before || after)
			str_buf_printf(to, " %s → %s", before ? before : "-", after ? after : "-");
		str_buf_printf(to, " (%s)", reload_word(group, json_string_value(json_object_get(key, "reload"))));
		moved = moved || is_address(key);
	}
	if (moved)
		str_buf_printf(
			to, "; %s",
			_("the device is replaced or moved: id, history and open alarms stay, its points are lost "
			  "until the new address answers"));
}

/* clang-format off */
static const struct out_table table = {
	.columns = (const struct out_column[]){
		{ N_("CHANGE"), OUT_LEFT, NULL,    show_change, N_("added, removed or changed"), 0 },
		{ N_("GROUP"),  OUT_LEFT, "group", NULL,        N_("the list or group of the configuration"), 0 },
		{ N_("ID"),     OUT_LEFT, "id",    NULL,        NULL, 0 },
		{ N_("WHAT"),   OUT_LEFT, NULL,    show_keys,   N_("each key, before → after, and what a reload does with it"), 0 },
		{ 0 } },
	.keys = (const char *const[]){ "change", "group", "id", NULL },
	.none = N_("nothing changes"),
};
/* clang-format on */

/* As the daemon says them (app/keeper.c). */
static const char *const causes[] = {
	N_("the new one was not confirmed in time"),
	N_("estated ended twice out of order with the new one"),
	N_("what was kept of the new one cannot be read"),
	N_("the files had errors when estated started"),
};

static const char *cause_of(const json_t *config)
{
	const char *cause = json_string_value(json_object_get(config, "cause"));

	for (size_t i = 0; i < ARRAY_SIZE(causes); i++)
		if (str_equal(cause, causes[i]))
			return words_tr(causes[i]);
	return cause ? cause : "";
}

/* "2026-11-22 03:00" of an ISO time, in the estate's zone as it stands there. */
static void add_since(const json_t *since, struct str_buf *to)
{
	const char *iso = json_string_value(since);

	if (!iso || strlen(iso) < 16) {
		str_buf_add(to, "?");
		return;
	}
	str_buf_add_len(to, iso, 10);
	str_buf_add(to, " ");
	str_buf_add_len(to, iso + 11, 5);
}

void cmd_reload_say(const json_t *config, struct str_buf *to)
{
	const char *state = json_string_value(json_object_get(config, "state"));
	struct str_buf text _cleanup_str_buf_ = { 0 };

	if (str_equal(state, "trial")) {
		words_age_s(json_integer_value(json_object_get(config, "confirm_left_s")), &text);
		str_buf_printf(
			to,
			_("not confirmed: the one before returns in %s; to keep the new one: estatectl config confirm"),
			str_buf_text(&text));
	} else if (str_equal(state, "held")) {
		add_since(json_object_get(config, "since"), &text);
		str_buf_printf(
			to,
			_("running the configuration of %s (%s); the files on disk are not in force: see estatectl "
			  "config diff, then estatectl config reload"),
			str_buf_text(&text), cause_of(config));
	}
}

/* The rows with the keys of each, for the table. */
static json_t *with_keys(const json_t *answer)
{
	json_t *rows = json_deep_copy(json_object_get(answer, "changes"));
	const json_t *key;
	json_t *row;
	size_t i, next = 0;

	json_array_foreach(rows, i, row)
	{
		json_t *keys = json_array();

		/* They stand in the order of the rows. */
		while ((key = json_array_get(json_object_get(answer, "keys"), next)) &&
		       json_equal(json_object_get(key, "group"), json_object_get(row, "group")) &&
		       json_equal(json_object_get(key, "id"), json_object_get(row, "id"))) {
			json_array_append(keys, (json_t *)key);
			next++;
		}
		json_object_set_new(row, "keys", keys);
	}
	return rows;
}

/* The list of changes, as an answer of its own; warnings go to stderr. */
static void write_changes(struct ctl *c, const struct ctl_answer *answer)
{
	const json_t *changes = json_object_get(answer->json, "changes"), *problem;
	char *body = json_dumps(changes, JSON_COMPACT);
	json_t *rows = with_keys(answer->json);
	struct str_buf state _cleanup_str_buf_ = { 0 };
	size_t i;

	json_array_foreach(json_object_get(answer->json, "problems"), i, problem)
		fprintf(stderr, "%s\n", json_string_value(problem));
	c->out.writer->list(&c->out, &table, body ? body : "[]", rows);
	json_decref(rows);
	free(body);
	cmd_reload_say(json_object_get(answer->json, "config"), &state);
	if (state.len && !c->args.values[ARGS_CONFIRM]) /* that one is told by cmd_reload */
		fprintf(stderr, _("estatectl: %s\n"), state.text);
}

enum ctl_exit cmd_reload_diff(struct ctl *c)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	enum ctl_exit exit = ctl_get(c, "/v1/config/diff", &answer);

	if (exit == CTL_DONE)
		write_changes(c, &answer);
	return exit;
}

enum ctl_exit cmd_reload_post(struct ctl *c, struct ctl_answer *ret_answer)
{
	const char *within = c->args.values[ARGS_CONFIRM];

	return ctl_post(c, "/v1/config/reload", within ? json_pack("{s:s}", "confirm_within", within) : json_object(),
			ret_answer);
}

void cmd_reload_say_trial(const struct ctl *c)
{
	const char *within = c->args.values[ARGS_CONFIRM];

	if (within)
		fprintf(stderr,
			_("estatectl: the old configuration returns in %s unless you confirm: estatectl config "
			  "confirm\n"),
			within);
}

enum ctl_exit cmd_reload(struct ctl *c)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	enum ctl_exit exit = cmd_reload_post(c, &answer);

	if (exit != CTL_DONE)
		return exit;
	write_changes(c, &answer);
	cmd_reload_say_trial(c);
	return exit;
}

enum ctl_exit cmd_reload_confirm(struct ctl *c)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };

	return ctl_post(c, "/v1/config/confirm", json_object(), &answer);
}
