/* cmd_log.c: which lines the log of a running estated gets, room by room; another level for a while. */
#include "ctl/command.h"

#include "base/logid.h"

static void show_room(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	static const char *const what[LOG_ROOMS] = {
		[LOG_ROOM_API] = N_("estatectl and the web page"),
		[LOG_ROOM_APP] = N_("alarms, clock, configuration"),
		[LOG_ROOM_FIELD] = N_("buses and their units"),
		[LOG_ROOM_PLUGIN] = N_("plugins and what they say"),
		[LOG_ROOM_STORE] = N_("databases, what waits to be delivered"),
	};
	const char *name = json_string_value(json_object_get(row, "room"));
	enum log_room room;

	if (name && logid_room_parse(name, &room) == 0)
		str_buf_add(to, _(what[room]));
}

static void show_until(const json_t *row, enum words_language l, struct str_buf *to)
{
	const char *who = json_string_value(json_object_get(row, "by"));

	if (json_is_null(json_object_get(row, "until")))
		return;
	out_value(json_object_get(row, "until"), l, to);
	if (who)
		str_buf_printf(to, ", %s", who);
}

/* clang-format off */
static const struct out_table table = {
	.columns = (const struct out_column[]){
		{ N_("ROOM"),       OUT_LEFT, "room",       NULL,       N_("a part of estated"), 0 },
		{ N_("LEVEL"),      OUT_LEFT, "level",      NULL,       N_("the least important lines that the log gets now"), 0 },
		{ N_("CONFIGURED"), OUT_LEFT, "configured", NULL,       N_("by log.level and log.rooms, or --log-level"), 0 },
		{ N_("UNTIL"),      OUT_LEFT, NULL,         show_until, N_("when a level that was set by hand ends, and who set it"), 0 },
		{ N_("WHAT"),       OUT_LEFT, NULL,         show_room,  N_("what the room tells of"), 0 },
		{ 0 } },
	.keys = (const char *const[]){ "room", "level", "configured", "until", "by", NULL },
	.none = "",
};
/* clang-format on */

/* The list of rooms, as an answer of its own; what was lost goes to stderr. */
static void write_answer(struct ctl *c, const struct ctl_answer *answer)
{
	const json_t *rooms = json_object_get(answer->json, "rooms");
	json_int_t lost = json_integer_value(json_object_get(answer->json, "lost"));
	json_int_t suppressed = json_integer_value(json_object_get(answer->json, "suppressed"));
	char *body = json_dumps(rooms, JSON_COMPACT);

	c->out.writer->list(&c->out, &table, body ? body : "[]", rooms);
	free(body);
	if (c->out.writer != &out_text_writer)
		return;
	if (lost)
		fprintf(c->out.to, _("%d lines were lost: the log was not read fast enough\n"), (int)lost);
	if (suppressed)
		fprintf(c->out.to, _("%d lines were left out: they were said too often\n"), (int)suppressed);
}

static enum ctl_exit set(struct ctl *c, const char *room, const char *level)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	const char *within = c->args.values[ARGS_FOR];
	json_t *body = json_pack("{s:s}", "level", level);
	enum ctl_exit exit;

	if (room)
		json_object_set_new(body, "room", json_string(room));
	if (within)
		json_object_set_new(body, "for", json_string(within));
	exit = ctl_post(c, "/v1/log", body, &answer);
	if (exit == CTL_DONE)
		write_answer(c, &answer);
	return exit;
}

enum ctl_exit cmd_log(struct ctl *c)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	const char *first = ctl_word(c, 0), *second = ctl_word(c, 1);
	enum log_room room;
	enum ctl_exit exit;

	if (first && !second && logid_room_parse(first, &room) == 0) {
		fprintf(stderr,
			_("estatectl: log-level %s: expected a level behind it: error, warning, notice, info, "
			  "debug or configured\n"),
			first);
		return CTL_USAGE;
	}
	if (first)
		return set(c, second ? first : NULL, second ? second : first);
	exit = ctl_get(c, "/v1/log", &answer);
	if (exit == CTL_DONE)
		write_answer(c, &answer);
	return exit;
}
