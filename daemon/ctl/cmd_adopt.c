/* cmd_adopt.c: a device that a plugin has discovered becomes one of the configuration: its row is written beside estated.conf,
 * checked by estated and taken over, or nothing is changed. */
#include <errno.h>
#include <strings.h>

#include "ctl/adopted.h"
#include "ctl/cmd_reload.h"
#include "ctl/command.h"
#include "ctl/conf_text.h"

#define ID_MAX 64 /* with its end */

struct adoption {
	struct ctl *ctl;
	json_t *found; /* its row among the discovered; NULL: nobody has heard of it */
	const char *plugin, *address, *profile, *class;
	const char *class_of_profile; /* for the id */
	json_t *profiles;
	char id[ID_MAX];
	struct str_buf row;
	struct adopted file;
	bool open;
};

static void adoption_fini(struct adoption *a)
{
	json_decref(a->found);
	json_decref(a->profiles);
	str_buf_fini(&a->row);
	if (a->open)
		adopted_close(&a->file);
}

static const char *option(const struct adoption *a, enum args_option o)
{
	return a->ctl->args.values[o];
}

static const char *text_of(const json_t *row, const char *key)
{
	return json_string_value(json_object_get(row, key));
}

/* ---- which device ---- */

static bool is_asked(const json_t *row, const char *address, const char *plugin)
{
	const char *name = text_of(row, "name");

	return (strcasecmp(text_of(row, "address"), address) == 0 || (name && str_equal(name, address))) &&
	       (!plugin || str_equal(text_of(row, "plugin"), plugin));
}

static void say_unknown(const char *address, const json_t *rows)
{
	struct str_nearest nearest = { .word = address };
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		str_nearest_try(&nearest, text_of(row, "address"));
		if (text_of(row, "name"))
			str_nearest_try(&nearest, text_of(row, "name"));
	}
	if (nearest.best)
		fprintf(stderr, _("estatectl: no plugin has heard of '%s'; did you mean '%s'?\n"), address,
			nearest.best);
	else
		fprintf(stderr,
			_("estatectl: no plugin has heard of '%s', or it is configured: see 'estatectl devices "
			  "--discovered' "
			  "and 'estatectl devices'; for one that has not spoken yet say --plugin\n"),
			address);
}

/* The one row that is meant; without any --plugin says whose it is. */
static enum ctl_exit choose(struct adoption *a, const json_t *rows)
{
	const char *address = ctl_word(a->ctl, 0), *plugin = option(a, ARGS_PLUGIN);
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		if (!is_asked(row, address, plugin))
			continue;
		if (a->found) {
			fprintf(stderr,
				_("estatectl: '%s' is heard of by %s and by %s: say --plugin, or its address\n"),
				address, text_of(a->found, "plugin"), text_of(row, "plugin"));
			return CTL_USAGE;
		}
		a->found = json_incref(row);
	}
	if (!a->found && !plugin) {
		say_unknown(address, rows);
		return CTL_FAILED;
	}
	a->plugin = a->found ? text_of(a->found, "plugin") : plugin;
	a->address = a->found ? text_of(a->found, "address") : address;
	return CTL_DONE;
}

static enum ctl_exit find_device(struct adoption *a)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	enum ctl_exit exit = ctl_get(a->ctl, "/v1/devices?discovered=1", &answer);

	return exit == CTL_DONE ? choose(a, answer.json) : exit;
}

/* ---- which profile ---- */

static const json_t *find_profile(const struct adoption *a, const char *id)
{
	const json_t *row;
	size_t i;

	json_array_foreach(a->profiles, i, row) if (str_equal(text_of(row, "profile"), id)) return row;
	return NULL;
}

static enum ctl_exit say_no_profile(const struct adoption *a)
{
	struct str_nearest nearest = { .word = a->profile };
	const json_t *row;
	size_t i;

	json_array_foreach(a->profiles, i, row) if (str_equal(text_of(row, "reads"), "fields"))
		str_nearest_try(&nearest, text_of(row, "profile"));
	if (nearest.best)
		fprintf(stderr, _("estatectl: --profile: there is no profile '%s'; did you mean '%s'?\n"), a->profile,
			nearest.best);
	else
		fprintf(stderr, _("estatectl: --profile: there is no profile '%s'\n"), a->profile);
	return CTL_USAGE;
}

/* Nothing was said: there must be just one that names its model. */
static enum ctl_exit propose(struct adoption *a)
{
	const json_t *fitting = json_object_get(a->found, "profiles"), *profile;
	struct str_buf list _cleanup_str_buf_ = { 0 };
	size_t i;

	if (json_array_size(fitting) == 1) {
		a->profile = json_string_value(json_array_get(fitting, 0));
		return CTL_DONE;
	}
	json_array_foreach(fitting, i, profile)
		str_buf_printf(&list, "%s%s", i ? ", " : "", json_string_value(profile));
	if (list.len)
		fprintf(stderr, _("estatectl: --profile: more than one names its model: expected one of %s\n"),
			list.text);
	else
		fprintf(stderr, "%s",
			_("estatectl: --profile: no profile names its model: expected what its fields mean, or --class "
			  "where "
			  "they have the class's own names\n"));
	return CTL_USAGE;
}

static enum ctl_exit find_kind(struct adoption *a)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	enum ctl_exit exit = ctl_get(a->ctl, "/v1/profiles", &answer);

	if (exit != CTL_DONE)
		return exit;
	a->profiles = json_incref(answer.json);
	a->profile = option(a, ARGS_PROFILE);
	a->class = option(a, ARGS_CLASS);
	if (!a->profile && !a->class)
		exit = propose(a);
	if (exit == CTL_DONE && a->profile && !find_profile(a, a->profile))
		exit = say_no_profile(a);
	a->class_of_profile = a->profile ? text_of(find_profile(a, a->profile), "class") : a->class;
	return exit;
}

/* ---- its row ---- */

/* "motion-b3-u1-1204-bathroom"; number above 1: another one of that name. */
static void make_id(struct adoption *a, unsigned number)
{
	struct str_buf id _cleanup_str_buf_ = { 0 };
	const char *room = option(a, ARGS_ROOM);
	char tail[16] = "";

	str_buf_printf(&id, "%s-%s%s%s", a->class_of_profile, option(a, ARGS_PLACE), room ? "-" : "", room ? room : "");
	for (size_t i = 0; i < id.len; i++)
		if (id.text[i] == '/')
			id.text[i] = '-';
	if (number > 1)
		snprintf(tail, sizeof(tail), "-%u", number);
	snprintf(a->id, sizeof(a->id), "%.*s%s", (int)(sizeof(a->id) - 1 - strlen(tail)), id.text, tail);
}

static bool is_taken(const char *id, const json_t *rows)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) if (str_equal(text_of(row, "device"), id)) return true;
	return false;
}

static enum ctl_exit find_id(struct adoption *a)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	struct str_buf path _cleanup_str_buf_ = { 0 }, glob _cleanup_str_buf_ = { 0 };
	enum ctl_exit exit;
	unsigned number = 1;

	if (option(a, ARGS_ID)) {
		snprintf(a->id, sizeof(a->id), "%s", option(a, ARGS_ID));
		return CTL_DONE;
	}
	make_id(a, number);
	str_buf_printf(&glob, "%s*", a->id);
	str_buf_add(&path, "/v1/devices");
	talk_query(&path, "match", glob.text);
	exit = ctl_get(a->ctl, path.text, &answer);
	while (exit == CTL_DONE && is_taken(a->id, answer.json))
		make_id(a, ++number);
	return exit;
}

static void make_row(struct adoption *a)
{
	str_buf_add(&a->row, "{");
	conf_text_add(&a->row, "id", a->id);
	conf_text_add(&a->row, "name", option(a, ARGS_NAME));
	conf_text_add(&a->row, "place", option(a, ARGS_PLACE));
	conf_text_add(&a->row, "room", option(a, ARGS_ROOM));
	if (option(a, ARGS_ENTRANCE))
		str_buf_add(&a->row, " entrance = true;");
	conf_text_add(&a->row, "plugin", a->plugin);
	conf_text_add(&a->row, "address", a->address);
	conf_text_add(&a->row, "profile", a->profile);
	conf_text_add(&a->row, "class", a->class);
	str_buf_add(&a->row, " }");
}

/* ---- into force ---- */

/* Only what is asked for is taken over: what others have changed in the files and not reloaded stays theirs. */
static bool is_still(const json_t *diff)
{
	const char *state = text_of(json_object_get(diff, "config"), "state");

	if (str_equal(state, "trial"))
		fprintf(stderr, "%s",
			_("estatectl: a reload waits to be confirmed: 'estatectl config confirm' first; nothing was "
			  "changed\n"));
	else if (json_array_size(json_object_get(diff, "changes")) > 0)
		fprintf(stderr, "%s",
			_("estatectl: the files have other changes that are not in force: see 'estatectl config diff', "
			  "then "
			  "'estatectl config reload'; nothing was changed\n"));
	else
		return true;
	return false;
}

/* The device, and the profile that its class makes where it is the first of it. */
static bool is_alone(const struct adoption *a, const json_t *diff)
{
	const json_t *row;
	bool there = false;
	size_t i;

	json_array_foreach(json_object_get(diff, "changes"), i, row)
	{
		if (!str_equal(text_of(row, "change"), "added"))
			return false;
		if (str_equal(text_of(row, "group"), "devices") && str_equal(text_of(row, "id"), a->id))
			there = true;
		else if (!str_equal(text_of(row, "group"), "profiles") || !str_starts(text_of(row, "id"), "class:"))
			return false;
	}
	return there;
}

static enum ctl_exit cannot_write(const struct adoption *a, int error)
{
	if (error == -EBUSY)
		fprintf(stderr, "%s", _("estatectl: somebody else adopts a device right now: try again\n"));
	else if (error == -EBADMSG)
		fprintf(stderr,
			_("estatectl: %s: expected devices: ( … ) with \");\" as its last line; add this row to some "
			  "devices "
			  "yourself:\n%s\n"),
			a->file.path, str_buf_text(&a->row));
	else
		fprintf(stderr,
			_("estatectl: %s: %s: use sudo, or add this row to the devices of estated.conf and "
			  "reload:\n%s\n"),
			a->file.path, strerror(-error), str_buf_text(&a->row));
	return CTL_FAILED;
}

static enum ctl_exit take_back(struct adoption *a)
{
	int r = adopted_undo(&a->file);

	if (r == 0)
		fprintf(stderr, "%s", _("estatectl: nothing was changed\n"));
	else
		fprintf(stderr, _("estatectl: %s: %s: remove its last row\n"), a->file.path, strerror(-r));
	return CTL_FAILED;
}

/* With the row in its place: is it what was meant, and right? */
static enum ctl_exit take_over(struct adoption *a)
{
	struct ctl_answer diff _cleanup_answer_ = { 0 }, reload _cleanup_answer_ = { 0 };
	const json_t *problem;
	size_t i;

	if (ctl_get(a->ctl, "/v1/config/diff", &diff) != CTL_DONE)
		return take_back(a);
	if (!is_alone(a, diff.json)) {
		fprintf(stderr, "%s", _("estatectl: somebody else changes the configuration right now: try again\n"));
		return take_back(a);
	}
	if (cmd_reload_post(a->ctl, &reload) != CTL_DONE)
		return take_back(a);
	/* Warnings of this row: those of others were told to others. */
	json_array_foreach(json_object_get(reload.json, "problems"), i,
			   problem) if (strstr(json_string_value(problem), a->id))
		fprintf(stderr, "%s\n", json_string_value(problem));
	return CTL_DONE;
}

static enum ctl_exit write_row(struct adoption *a)
{
	struct ctl_answer diff _cleanup_answer_ = { 0 };
	enum ctl_exit exit = ctl_get(a->ctl, "/v1/config/diff", &diff);
	const char *file;
	int r;

	if (exit != CTL_DONE)
		return exit;
	if (!is_still(diff.json))
		return CTL_FAILED;
	file = text_of(diff.json, "file");
	if (!file) {
		fprintf(stderr, "%s",
			_("estatectl: estated does not find the folder of its configuration any more: nothing was "
			  "changed\n"));
		return CTL_FAILED;
	}
	r = adopted_open(&a->file, file);
	a->open = true;
	if (r == 0)
		r = adopted_add(&a->file, str_buf_text(&a->row));
	return r < 0 ? cannot_write(a, r) : take_over(a);
}

/* clang-format off */
static const struct out_table table = {
	.columns = (const struct out_column[]){
		{ N_("device"),  OUT_LEFT, "device",  NULL, NULL, 0 },
		{ N_("place"),   OUT_LEFT, "place",   NULL, NULL, 0 },
		{ N_("plugin"),  OUT_LEFT, "plugin",  NULL, NULL, 0 },
		{ N_("address"), OUT_LEFT, "address", NULL, NULL, 0 },
		{ N_("profile"), OUT_LEFT, "profile", NULL, NULL, 0 },
		{ N_("file"),    OUT_LEFT, "file",    NULL, N_("where its row stands now"), 0 },
		{ 0 } },
	.keys = (const char *const[]){ "device", "place", "plugin", "address", "profile", "class", "file", NULL },
	.none = "",
};
/* clang-format on */

static void write_answer(const struct adoption *a)
{
	json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:s?, s:s?, s:s}", "device", a->id, "place",
				option(a, ARGS_PLACE), "plugin", a->plugin, "address", a->address, "profile",
				a->profile, "class", a->class_of_profile, "file", a->file.path);
	char *body = json_dumps(row, JSON_COMPACT);

	a->ctl->out.writer->object(&a->ctl->out, &table, body ? body : "{}", row);
	cmd_reload_say_trial(a->ctl);
	json_decref(row);
	free(body);
}

static bool options_fit(const struct ctl *c)
{
	const char *const *values = c->args.values;

	if (!values[ARGS_PLACE])
		fprintf(stderr, "%s", _("estatectl: --place: expected where it is, as b3/u1/1204\n"));
	else if (values[ARGS_PROFILE] && values[ARGS_CLASS])
		fprintf(stderr, "%s", _("estatectl: expected one of --profile and --class\n"));
	else if (values[ARGS_ID] && !str_is_id(values[ARGS_ID]))
		fprintf(stderr, _("estatectl: --id: '%s': expected small letters, digits and '-'\n"), values[ARGS_ID]);
	else
		return true;
	return false;
}

enum ctl_exit cmd_adopt(struct ctl *c)
{
	struct adoption a _cleanup_(adoption_fini) = { .ctl = c };
	enum ctl_exit exit;

	if (!options_fit(c))
		return CTL_USAGE;
	exit = find_device(&a);
	if (exit == CTL_DONE)
		exit = find_kind(&a);
	if (exit == CTL_DONE)
		exit = find_id(&a);
	if (exit != CTL_DONE)
		return exit;
	make_row(&a);
	exit = write_row(&a);
	if (exit == CTL_DONE)
		write_answer(&a);
	return exit;
}
