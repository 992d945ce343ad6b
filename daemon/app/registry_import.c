/* registry_import.c: a table of residents, as it comes in pieces: each is read as it comes, all are taken over or none. */
#include <string.h>

#include "app/live.h"
#include "app/registry_inside.h"
#include "base/clock.h"
#include "base/mem.h"

#define TABLE_MAX    ((size_t)16 * 1024 * 1024) /* bytes: a full register, with all that is usually known of each */
#define PIECE_WAIT   (2 * MINUTE)               /* until the next one */
#define MISTAKES_MAX 100                        /* told; the rest is counted */

struct registry_table {
	struct residents_reader *reader;
	struct residents read;
	struct diag diag;
	size_t bytes;
	char *who;
	int64_t at_us; /* mono, of the last piece */
};

struct import {
	struct resident *changed;
	size_t changed_count, added, same;
};

/* Those columns that the table has. False: nothing is different. */
static bool take_columns(struct resident *to, const struct resident *from, const bool *has)
{
	_cleanup_str_buf_ struct str_buf problem = { 0 };
	bool differs = false;

	for (int f = 0; f < RESIDENT_FIELDS; f++) {
		_cleanup_str_buf_ struct str_buf before = { 0 }, after = { 0 };

		if (!has[f])
			continue;
		resident_field_write(to, (enum resident_field)f, &before);
		resident_field_write(from, (enum resident_field)f, &after);
		if (str_equal(str_buf_text(&before), str_buf_text(&after)))
			continue;
		differs = true;
		resident_field_set(to, (enum resident_field)f, str_buf_text(&after), &problem);
	}
	return differs;
}

/* False: the register has him as the table says. Whoever is new is taken out of the table as he is. */
static bool merge_row(const struct registry *g, const struct residents *read, size_t i, struct resident *ret)
{
	const struct resident *known = registry_find(g, read->all[i].id);

	if (!known) {
		*ret = read->all[i];
		read->all[i] = (struct resident){ 0 };
		return true;
	}
	resident_copy(known, ret);
	if (take_columns(ret, &read->all[i], read->has))
		return true;
	resident_fini(ret);
	return false;
}

static void merge(const struct registry *g, const struct residents *read, const char *who, struct import *to)
{
	int64_t now_us = clock_wall_us();

	to->changed = mem_array(read->count + 1, sizeof(*to->changed));
	for (size_t i = 0; i < read->count; i++) {
		struct resident r;

		if (!merge_row(g, read, i, &r)) {
			to->same++;
			continue;
		}
		to->added += r.version == 0;
		r.version++;
		r.changed_us = now_us;
		free(r.changed_by);
		r.changed_by = mem_strdup(who);
		to->changed[to->changed_count++] = r;
	}
}

static json_t *told(const struct diag *d, enum diag_severity severity)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->count && json_array_size(list) < MISTAKES_MAX; i++)
		if (d->entries[i].severity == severity)
			json_array_append_new(list, json_pack("{s:i, s:s}", "line", (int)d->entries[i].line, "text",
							      d->entries[i].text));
	return list;
}

/* For people, a line each. */
static json_t *problems(const struct diag *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->count && json_array_size(list) < MISTAKES_MAX; i++) {
		_cleanup_str_buf_ struct str_buf line = { 0 };

		if (d->entries[i].severity != DIAG_ERROR)
			continue;
		str_buf_printf(&line, "line %u: %s", d->entries[i].line, d->entries[i].text);
		json_array_append_new(list, json_string(str_buf_text(&line)));
	}
	return list;
}

static void refuse_mistakes(const struct api_register *act, const struct diag *d)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };

	str_buf_printf(&text, "%zu %s: nothing is taken over", d->errors + d->dropped,
		       str_plural(d->errors + d->dropped, "mistake", "mistakes"));
	api_finish_json(act->pending, 400,
			json_pack("{s:{s:i, s:s}, s:o, s:o}", "error", "status", 400, "text", text.text, "mistakes",
				  told(d, DIAG_ERROR), "problems", problems(d)));
}

static json_t *sum_of(const struct api_register *act, const struct residents *read, const struct import *i,
		      const struct diag *d)
{
	return json_pack("{s:b, s:I, s:I, s:I, s:I, s:o}", "dry_run", act->dry_run, "residents",
			 (json_int_t)read->count, "added", (json_int_t)i->added, "changed",
			 (json_int_t)(i->changed_count - i->added), "same", (json_int_t)i->same, "warnings",
			 told(d, DIAG_WARNING));
}

/* All of it is good. */
static void take_over(struct registry *g, const struct api_register *act, const struct residents *read,
		      const struct diag *d)
{
	struct import i = { 0 };
	json_t *sum;

	merge(g, read, act->who, &i);
	sum = sum_of(act, read, &i, d);
	if (g->count + i.added > RESIDENTS_MAX || act->dry_run || i.changed_count == 0) {
		for (size_t k = 0; k < i.changed_count; k++)
			resident_fini(&i.changed[k]);
		if (g->count + i.added > RESIDENTS_MAX) {
			json_decref(sum);
			registry_refuse(act, 409, NULL, "the register would have more than 20000 residents");
		} else {
			api_finish_json(act->pending, 200, sum);
		}
	} else {
		registry_commit(g, act,
				&(struct registry_change){ .changed = i.changed,
							   .changed_count = i.changed_count,
							   .what = "residents",
							   .detail = json_pack("{s:s, s:I, s:I}", "verb", "import",
									       "added", (json_int_t)i.added, "changed",
									       (json_int_t)(i.changed_count - i.added)),
							   .answer = sum });
	}
	free(i.changed);
}

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
	if (diag_failed(&t->diag))
		refuse_mistakes(act, &t->diag);
	else
		take_over(g, act, &t->read, &t->diag);
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
