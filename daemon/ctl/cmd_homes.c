/* cmd_homes.c: the watched dwellings: who is thought to be in, the last sign of life, how quiet it is against what is usual. */
#include "ctl/command.h"

#define SLOTS      48
#define BAR_LENGTH 40

static void show_mode(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	static const char *const known[] = { NC_("presence", "home"), NC_("presence", "presumed_away"),
					     NC_("presence", "unknown") };

	str_buf_add(to, words_in_context("presence", json_string_value(json_object_get(row, "mode")), known,
					 ARRAY_SIZE(known)));
}

static void show_since(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	words_age_since(json_object_get(row, "since"), to);
}

static void show_last(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	words_age_since(json_object_get(json_object_get(row, "last"), "at"), to);
}

static void show_where(const json_t *row, enum words_language l, struct str_buf *to)
{
	const json_t *last = json_object_get(row, "last");

	out_value(json_object_get(last, "room"), l, to);
	if (json_is_string(json_object_get(last, "device")))
		str_buf_printf(to, " (%s)", json_string_value(json_object_get(last, "device")));
}

static void show_span(const json_t *seconds, struct str_buf *to)
{
	if (json_is_integer(seconds))
		words_age_s(json_integer_value(seconds), to);
}

static void show_quiet(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	show_span(json_object_get(row, "quiet_s"), to);
}

static void show_line(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	show_span(json_object_get(json_object_get(row, "line"), "limit_s"), to);
}

static void show_alarms(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	out_words(row, "alarms", to);
}

static void show_stage(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	json_int_t stage = json_integer_value(json_object_get(row, "stage"));

	if (stage)
		str_buf_printf(to, "%lld", (long long)stage);
}

static const char *color(const json_t *row)
{
	json_int_t priority = json_integer_value(json_object_get(row, "priority"));

	return priority == 1 ? "1;31" : priority == 2 ? "33" : NULL;
}

/* clang-format off */
static const struct out_table homes = {
	.columns = (const struct out_column[]){
		{ N_("DWELLING"),  OUT_LEFT,  "place", NULL,       NULL },
		{ N_("MODE"),      OUT_LEFT,  NULL,    show_mode,  N_("home: somebody is thought to be in; presumed away: nobody is; unknown") },
		{ N_("SINCE"),     OUT_RIGHT, NULL,    show_since, N_("so long") },
		{ N_("LAST SIGN"), OUT_RIGHT, NULL,    show_last,  N_("so long ago something inside showed that somebody is there") },
		{ N_("WHERE"),     OUT_LEFT,  NULL,    show_where, N_("the room, and which sensor") },
		{ N_("QUIET"),     OUT_RIGHT, NULL,    show_quiet, N_("since the last sign, while somebody is thought to be in") },
		{ N_("LINE"),      OUT_RIGHT, NULL,    show_line,  N_("quiet of that length is too long at this hour") },
		{ N_("STAGE"),     OUT_RIGHT, NULL,    show_stage, N_("1: asked in the home, 2: the desk, 3: call out") },
		{ N_("ALARMS"),    OUT_LEFT,  NULL,    show_alarms, NULL },
		{ 0 } },
	.keys = (const char *const[]){ "place", "mode", "since", "why", "last", "quiet_s", "line", "stage", "priority", "alarms",
		"blind_since", "residents", "categories", "needs", "watches", NULL },
	.none = N_("no dwelling is watched: see estatectl residents"),
	.color = color,
};
/* clang-format on */

enum ctl_exit cmd_homes(struct ctl *c)
{
	struct str_buf path _cleanup_str_buf_ = { 0 };

	str_buf_add(&path, "/v1/homes");
	talk_query(&path, "match", ctl_word(c, 0));
	return ctl_list(c, path.text, &homes);
}

/* A half hour a line: how long it may be quiet then, how long it was today. */
static void say_slot(struct ctl *c, const json_t *answer, size_t slot, json_int_t most)
{
	struct str_buf line _cleanup_str_buf_ = { 0 }, today _cleanup_str_buf_ = { 0 };
	json_int_t limit = json_integer_value(json_array_get(json_object_get(answer, "line_s"), slot));
	json_int_t quiet = json_integer_value(json_array_get(json_object_get(answer, "today_s"), slot));
	char bar[BAR_LENGTH + 1];

	words_age_s(limit, &line);
	words_age_s(quiet, &today);
	for (json_int_t i = 0; i < BAR_LENGTH; i++)
		bar[i] = i * most < quiet * BAR_LENGTH ? '#' : i * most < limit * BAR_LENGTH ? '.' : ' ';
	bar[BAR_LENGTH] = '\0';
	out_say(&c->out, "%02zu:%02d  %s  %10s / %s\n", slot / 2, slot % 2 ? 30 : 0, bar, str_buf_text(&today),
		str_buf_text(&line));
}

static void say_home(struct ctl *c, const json_t *answer)
{
	const json_t *now = json_object_get(answer, "now"), *value;
	json_int_t most = 1;
	json_t *one = json_pack("[O]", now);
	size_t i;

	c->out.writer->list(&c->out, &homes, NULL, one);
	json_decref(one);
	out_say(&c->out, "%s\n", words_text(c->out.language, json_object_get(now, "why")));
	out_say(&c->out, "%s\n", words_text(c->out.language, json_object_get(json_object_get(now, "line"), "against")));
	out_say(&c->out, "%s", _("quiet today (#) against the line (.), by the half hour:\n"));
	json_array_foreach(json_object_get(answer, "line_s"), i, value) most = MAX(most, json_integer_value(value));
	for (i = 0; i < SLOTS; i++)
		say_slot(c, answer, i, most);
}

enum ctl_exit cmd_homes_show(struct ctl *c)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	struct str_buf path _cleanup_str_buf_ = { 0 };
	enum ctl_exit exit;

	str_buf_add(&path, "/v1/homes/");
	talk_escape(&path, ctl_word(c, 0));
	str_buf_add(&path, "/rhythm");
	exit = ctl_get(c, path.text, &answer);
	if (exit != CTL_DONE)
		return exit;
	if (c->out.writer == &out_text_writer)
		say_home(c, answer.json);
	else
		c->out.writer->object(&c->out, &homes, str_buf_text(&answer.body),
				      c->out.writer == &out_csv_writer ? json_object_get(answer.json, "now")
								       : answer.json);
	return CTL_DONE;
}
