/* build_log.c: what the log says: a level for all, others for single rooms. */
#include "conf/build.h"

/* The words of the schema are in the order of the levels. 0: not said. */
static enum log_level level_of(const struct fields *f, const char *key)
{
	return fields_said(f, key) ? (enum log_level)(LOG_LEVEL_ERROR + fields_int(f, key)) : (enum log_level)0;
}

static void read_rooms(struct build *b, const struct fields *f, struct log_plan *plan)
{
	const struct fields_value *v = fields_get(f, "rooms");
	struct fields_source source = {
		.group = schema_group("log.rooms"), .setting = v->setting, .file = v->file, .parent = f->subject
	};
	struct fields rooms;

	if (!fields_said(f, "rooms"))
		return;
	fields_read(&source, b->diag, &rooms);
	for (size_t i = 0; i < LOG_ROOMS; i++)
		plan->rooms[i] = level_of(&rooms, logid_room_name((enum log_room)i));
}

void build_log(struct build *b, const struct build_entries *e)
{
	struct conf_log *log = &b->conf->log;
	struct fields f;

	log->id = "log";
	log->plan.all = LOG_LEVEL_INFO;
	if (e->count == 0)
		return;
	build_read_once(b, "log", e, &f);
	log->said = fields_said(&f, "level");
	if (log->said)
		log->plan.all = level_of(&f, "level");
	read_rooms(b, &f, &log->plan);
}
