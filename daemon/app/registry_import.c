/* registry_import.c: a table of residents, as it comes in pieces: each is read as it comes; the whole of it is registry_intake.c's. */
#include <string.h>

#include "app/live.h"
#include "app/registry_inside.h"
#include "app/registry_intake.h"
#include "base/clock.h"
#include "base/mem.h"

#define TABLE_MAX  ((size_t)16 * 1024 * 1024) /* bytes: a full register, with all that is usually known of each */
#define PIECE_WAIT (2 * MINUTE)               /* until the next one */

struct registry_table {
	struct residents_reader *reader;
	struct residents read;
	struct diag diag;
	size_t bytes;
	char *who;
	int64_t at_us; /* mono, of the last piece */
};

void registry_import_forget(struct registry *g)
{
	struct registry_table *t = steal(&g->table);

	if (!t)
		return;
	residents_reader_free(t->reader);
	diag_fini(&t->diag);
	residents_fini(&t->read);
	free(t->who);
	free(t);
}

static void begin(struct registry *g, const struct api_register *act)
{
	struct registry_table *t;

	registry_import_forget(g);
	g->table = t = MEM_NEW(struct registry_table);
	t->who = mem_strdup(act->who);
	t->reader = residents_begin("table", &t->diag, &t->read);
}

static void finish(struct registry *g, const struct api_register *act)
{
	struct registry_table *t = g->table;

	residents_end(t->reader, g->live->conf);
	registry_intake_begin(g, act, &t->read, &t->diag);
	registry_import_forget(g);
}

void registry_import(struct registry *g, const struct api_register *act)
{
	int64_t now_us = clock_mono_us();
	bool others = g->table && !str_equal(g->table->who, act->who);

	if (others && now_us - g->table->at_us < PIECE_WAIT) {
		registry_refuse(act, 409, NULL, "another table is being imported: try again in two minutes");
		return;
	}
	if (act->first) {
		begin(g, act);
	} else if (others || !g->table) {
		registry_refuse(act, 409, "first", "the pieces before this one are not there: begin anew");
		return;
	}
	g->table->at_us = now_us;
	g->table->bytes += strlen(act->text);
	if (g->table->bytes > TABLE_MAX) {
		registry_import_forget(g);
		registry_refuse(act, 413, NULL, "expected a table of at most 16 MiB");
		return;
	}
	residents_feed(g->table->reader, g->live->conf, act->text, strlen(act->text));
	if (act->last)
		finish(g, act);
	else
		api_finish_json(act->pending, 200, json_pack("{s:I}", "bytes", (json_int_t)g->table->bytes));
}
