#include "app/candidate.h"

#include <errno.h>
#include <stdio.h>

#include "app/preflight.h"
#include "base/mem.h"
#include "conf/changes.h"

#define TRIES_MAX 5 /* while somebody writes the files */

char *candidate_find(const char *path)
{
	const char *slash = strrchr(path, '/');
	_cleanup_(freep) char *folder = slash ? mem_strndup(path, (size_t)(slash - path) + 1) : mem_strdup(".");
	_cleanup_(freep) char *absolute = realpath(folder, NULL);
	struct str_buf found = { 0 };

	if (!absolute)
		return NULL;
	str_buf_printf(&found, "%s/%s", absolute, slash ? slash + 1 : path);
	return str_buf_take(&found);
}

void candidate_read(struct candidate *c, const struct candidate_source *source)
{
	_cleanup_(conf_freep) struct conf *partial = NULL;
	struct conf_source from = {
		.path = source->conf_path, .data_dir = source->data_dir, .partial = &partial, .copy = &c->copy
	};
	int r = -EAGAIN;

	free(c->file);
	c->file = source->conf_path ? candidate_find(source->conf_path) : NULL;
	for (int i = 0; r == -EAGAIN && i < TRIES_MAX; i++) {
		diag_fini(&c->diag);
		r = conf_load_source(&from, &c->diag, &c->conf);
	}
	/* Every error of a run: what came in of one with errors is looked at too, as --check does. */
	if (c->conf || partial)
		preflight_check(c->conf ? c->conf : partial, source->plugin_dir, &c->diag);
	if (c->conf && !source->lenient && diag_failed(&c->diag))
		conf_free(steal(&c->conf));
}

/* {"group":"buses","id":"gw","key":"timeout","from":"500ms","to":"800ms","reload":"live"}; null where it was not said. */
static void add_keys(json_t *list, const struct difference_row *row)
{
	struct changes c;

	changes_find(row, &c);
	for (size_t i = 0; i < c.count; i++) {
		const struct changes_key *k = &c.keys[i];

		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:s}", "group", row->group, "id",
						      row->id, "key", k->key, "from", *k->from ? k->from : NULL, "to",
						      *k->to ? k->to : NULL, "reload", schema_reload_name(k->reload)));
	}
	changes_fini(&c);
}

void candidate_compare(struct candidate *c, const struct conf *in_force)
{
	struct difference d;

	difference_find(in_force, c->conf, &d);
	c->changes = json_array();
	c->keys = json_array();
	for (size_t i = 0; i < d.count; i++) {
		json_array_append_new(c->changes,
				      json_pack("{s:s, s:s, s:s}", "change", difference_kind_name(d.rows[i].kind),
						"group", d.rows[i].group, "id", d.rows[i].id));
		add_keys(c->keys, &d.rows[i]);
	}
	difference_fini(&d);
}

json_t *candidate_problems(const struct candidate *c)
{
	json_t *list = json_array();
	char *text = NULL, *rest = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	if (!to)
		abort();
	diag_print(&c->diag, to);
	fclose(to);
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		json_array_append_new(list, json_string(line));
	free(text);
	return list;
}

void candidate_fini(struct candidate *c)
{
	conf_free(c->conf);
	diag_fini(&c->diag);
	str_buf_fini(&c->copy);
	free(c->file);
	json_decref(c->changes);
	json_decref(c->keys);
	*c = (struct candidate){ 0 };
}
