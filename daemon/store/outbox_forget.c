#include "store/outbox_forget.h"

#include <string.h>

#include "base/mem.h"
#include "store/outbox_inside.h"
#include "upstream/alarm_json.h"

/* A row that says less from now on. */
struct said_less {
	int64_t lane, seq, bytes; /* bytes: as it was */
	char *payload;
};
struct said_less_list {
	struct said_less *all;
	size_t count;
};

static void fini(struct said_less_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->all[i].payload);
	free(l->all);
}

/* NULL: it says nothing of him. */
static char *payload_without(const char *payload, const struct discreet_erased *who)
{
	json_t *alarm = payload ? json_loads(payload, 0, NULL) : NULL;
	char *text = alarm && discreet_erase(alarm, who) ? alarm_json_text(alarm) : NULL;

	json_decref(alarm);
	return text;
}

static int find(struct outbox *o, const struct discreet_erased *who, struct said_less_list *to)
{
	sqlite3_stmt *s = o->statements[READ_ABOUT];
	int r;

	database_bind_text(s, 1, who->place);
	while ((r = database_row(s)) > 0) {
		char *payload = payload_without((const char *)sqlite3_column_text(s, 3), who);

		if (!payload)
			continue;
		to->all = mem_realloc(to->all, to->count + 1, sizeof(*to->all));
		to->all[to->count++] = (struct said_less){ .lane = sqlite3_column_int64(s, 0),
							   .seq = sqlite3_column_int64(s, 1),
							   .bytes = sqlite3_column_int64(s, 2),
							   .payload = payload };
	}
	return r;
}

static struct outbox_lane *lane_of(struct outbox *o, int64_t id)
{
	for (size_t i = 0; i < o->lane_count; i++)
		if (o->lanes[i].id == id)
			return &o->lanes[i];
	return NULL;
}

static int rewrite(struct outbox *o, const struct said_less *row)
{
	struct outbox_lane *l = lane_of(o, row->lane);
	sqlite3_stmt *s = o->statements[SET_PAYLOAD];
	size_t bytes = strlen(row->payload);
	int r;

	sqlite3_bind_int64(s, 1, (sqlite3_int64)bytes);
	database_bind_text(s, 2, row->payload);
	sqlite3_bind_int64(s, 3, row->lane);
	sqlite3_bind_int64(s, 4, row->seq);
	r = database_run(s);
	if (r < 0 || !l || (uint64_t)row->seq <= l->delivered_seq)
		return r;
	outbox_touch(o, l);
	l->bytes = l->bytes - MIN((uint64_t)row->bytes, l->bytes) + bytes;
	l->untold = true;
	return outbox_set_lane(o, l);
}

int outbox_forget(struct outbox *o, const struct discreet_erased *who)
{
	__attribute__((cleanup(fini))) struct said_less_list rows = { 0 };
	int r = find(o, who, &rows);

	for (size_t i = 0; r == 0 && i < rows.count; i++)
		r = rewrite(o, &rows.all[i]);
	return r;
}
