/* cmd_helped.c: 'alarms people': whom an alarm of a building is about, those first who are to be helped first. */
#include "ctl/cmd_alarms.h"
#include "ctl/command.h"

static void show_needs(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	out_words(row, "categories", to);
	if (to->len && json_array_size(json_object_get(row, "needs")))
		str_buf_add(to, " ");
	out_words(row, "needs", to);
}

static void show_presence(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	static const char *const known[] = { NC_("presence", "home"), NC_("presence", "presumed_away"),
					     NC_("presence", "unknown") };

	if (json_is_true(json_object_get(row, "planned_away")))
		str_buf_add(to, _("planned"));
	else
		str_buf_add(to, words_in_context("presence", json_string_value(json_object_get(row, "presence")), known,
						 ARRAY_SIZE(known)));
}

static void show_last(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	const json_t *last = json_object_get(row, "last");
	const char *room = json_string_value(json_object_get(last, "room"));
	const char *at = json_string_value(json_object_get(last, "at"));

	if (at)
		str_buf_printf(to, "%s %.10s %.5s", room ? room : "", at, strlen(at) > 16 ? at + 11 : "");
}

/* clang-format off */
static const struct out_table people = {
	.columns = (const struct out_column[]){
		{ N_("DWELLING"),  OUT_LEFT,  "place",    NULL,          NULL },
		{ N_("FLOOR"),     OUT_RIGHT, "floor",    NULL,          NULL },
		{ N_("RESIDENT"),  OUT_LEFT,  "resident", NULL,          NULL },
		{ N_("NAME"),      OUT_LEFT,  "name",     NULL,          N_("--names with --reason shows it, which is recorded") },
		{ N_("PHONE"),     OUT_LEFT,  "phone",    NULL,          NULL },
		{ N_("NEEDS"),     OUT_LEFT,  NULL,       show_needs,    N_("categories, and what the resident depends on") },
		{ N_("MODE"),      OUT_LEFT,  NULL,       show_presence, N_("presumed; whoever is presumed away stays on the list") },
		{ N_("LAST SIGN"), OUT_LEFT,  NULL,       show_last,     N_("of life inside: where and when") },
		{ 0 } },
	.keys = (const char *const[]){ "place", "floor", "resident", "name", "phone", "categories", "needs", "presence", "last",
		"planned_away", NULL },
	.none = N_("nobody but the people of its own dwelling"),
};
/* clang-format on */

enum ctl_exit cmd_helped(struct ctl *c)
{
	struct str_buf path _cleanup_str_buf_ = { 0 };

	if (c->args.values[ARGS_NAMES] && !c->args.values[ARGS_REASON]) {
		fprintf(stderr, _("estatectl: %s: expected --reason: it goes into the audit\n"),
			"alarms people --names");
		return CTL_USAGE;
	}
	if (!cmd_alarms_path(&path, ctl_word(c, 0), "people"))
		return CTL_USAGE;
	if (c->args.values[ARGS_NAMES])
		talk_query(&path, "names", "1");
	if (c->args.values[ARGS_REASON])
		talk_query(&path, "reason", c->args.values[ARGS_REASON]);
	return ctl_list(c, path.text, &people);
}
