/* registry_import.c: a table of residents, as it comes in pieces: checked whole, taken over whole or not at all. */
#include <string.h>

#include "app/live.h"
#include "app/registry_inside.h"
#include "base/clock.h"
#include "base/mem.h"

#define TABLE_MAX    ((size_t)16 * 1024 * 1024) /* bytes: a full register, with all that is usually known of each */
#define PIECE_WAIT   (2 * MINUTE)               /* until the next one */
#define MISTAKES_MAX 100                        /* told; the rest is counted */

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

static void merge(const struct registry *g, const struct residents *read, const char *who, struct import *to)
{
	int64_t now_us = clock_wall_us();

	to->changed = mem_array(read->count + 1, sizeof(*to->changed));
	for (size_t i = 0; i < read->count; i++) {
		const struct resident *known = registry_find(g, read->all[i].id);
		struct resident r = { 0 };

		if (known)
			resident_copy(known, &r);
		if (!take_columns(&r, &read->all[i], read->has) && known) {
			to->same++;
			resident_fini(&r);
			continue;
		}
		to->added += known == NULL;
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

static void check(struct registry *g, const struct api_register *act)
{
	struct residents_text text = { .name = "table", .text = str_buf_text(&g->table), .len = g->table.len };
	struct residents read = { 0 };
	struct diag d = { 0 };

	residents_parse(&text, g->live->conf, &d, &read);
	str_buf_fini(&g->table);
	free(steal(&g->table_who));
	if (diag_failed(&d))
		refuse_mistakes(act, &d);
	else
		take_over(g, act, &read, &d);
	diag_fini(&d);
	residents_fini(&read);
}

void registry_import(struct registry *g, const struct api_register *act)
{
	int64_t now_us = clock_mono_us();
	bool other = g->table_who && !str_equal(g->table_who, act->who) && now_us - g->table_at_us < PIECE_WAIT;

	if (other) {
		registry_refuse(act, 409, NULL, "another table is being imported: try again in two minutes");
		return;
	}
	if (act->first) {
		str_buf_clear(&g->table);
		free(g->table_who);
		g->table_who = mem_strdup(act->who);
	}
	if (!g->table_who) {
		registry_refuse(act, 409, "first", "the pieces before this one are not there: begin anew");
		return;
	}
	g->table_at_us = now_us;
	if (g->table.len + strlen(act->text) > TABLE_MAX) {
		free(steal(&g->table_who));
		str_buf_fini(&g->table);
		registry_refuse(act, 413, NULL, "expected a table of at most 16 MiB");
		return;
	}
	str_buf_add(&g->table, act->text);
	if (act->last)
		check(g, act);
	else
		api_finish_json(act->pending, 200, json_pack("{s:I}", "bytes", (json_int_t)g->table.len));
}
