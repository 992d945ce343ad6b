/* conf.c: see conf.h. Files in, one struct out; what stands where is decided in build_*.c. */
#include "conf/conf.h"

#include <errno.h>
#include <malloc.h>

#include "base/mem.h"
#include "base/str.h"
#include "conf/build.h"

#define TRIM_POINTS 20000

/* Finds by id; made once, read-only afterwards. */
struct conf_index {
	struct map *devices, *buses, *plugins;
};

/* All entries of each kind, from all files. */
struct lists {
	bool estate_wrong; /* it is there, but not a group */
	struct unread *unread;
	struct build_entries estate, log, outbox, web, audit, history, places, buses, plugins, devices, classes,
		profiles, rules, contacts, holidays, ladders;
};

/* clang-format off */
static const struct {
	const char *name;
	size_t offset;
	bool data; /* may stand in profiles/, rules/ and classes.conf too */
} kinds[] = {
	{ "estate",   offsetof(struct lists, estate),   false },
	{ "log",      offsetof(struct lists, log),      false },
	{ "outbox",   offsetof(struct lists, outbox),   false },
	{ "web",      offsetof(struct lists, web),      false },
	{ "audit",    offsetof(struct lists, audit),    false },
	{ "history",  offsetof(struct lists, history),  false },
	{ "places",   offsetof(struct lists, places),   false },
	{ "buses",    offsetof(struct lists, buses),    false },
	{ "plugins",  offsetof(struct lists, plugins),  false },
	{ "devices",  offsetof(struct lists, devices),  false },
	{ "contacts", offsetof(struct lists, contacts), false },
	{ "holidays", offsetof(struct lists, holidays), false },
	{ "ladders",  offsetof(struct lists, ladders),  true },
	{ "classes",  offsetof(struct lists, classes),  true },
	{ "profiles", offsetof(struct lists, profiles), true },
	{ "rules",    offsetof(struct lists, rules),    true },
};

/* Groups of later versions. */
static const char *const reserved[] = { "store", "api" };
/* clang-format on */

static struct build_entries *entries_of(struct lists *l, size_t kind)
{
	return (struct build_entries *)((char *)l + kinds[kind].offset);
}

static void lists_fini(struct lists *l)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		build_entries_fini(entries_of(l, i));
}

static void say_unknown_list(const char *name, struct diag_at at, struct diag *d)
{
	struct str_nearest nearest = { .word = name };
	_cleanup_str_buf_ struct str_buf all = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++)
		if (str_equal(reserved[i], name)) {
			diag_warning(d, at, "'%s' has no effect in this version", name);
			return;
		}
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		str_nearest_try(&nearest, kinds[i].name);
		str_buf_printf(&all, "%s%s", i == 0 ? "" : i + 1 == ARRAY_SIZE(kinds) ? " or " : ", ", kinds[i].name);
	}
	if (nearest.best)
		diag_error(d, at, "unknown key '%s'; did you mean '%s'?", name, nearest.best);
	else
		diag_error(d, at, "unknown key '%s'; expected %s", name, str_buf_text(&all));
}

static void say_no_group(struct lists *l, const char *name, struct diag_at at, struct diag *d)
{
	diag_error(d, at, "%s: expected a group: %s: { … };", name, name);
	l->estate_wrong = l->estate_wrong || str_equal(name, "estate");
}

/* One key at the top of a file: a group, or a list of groups. */
static void take_setting(struct lists *l, const struct conffile *file, const config_setting_t *s, struct diag *d)
{
	_cleanup_(freep) char *name =
		mem_strndup(config_setting_name(s), strcspn(config_setting_name(s), (char[]){ CONFFILE_TWICE, '\0' }));
	struct diag_at at = conffile_at(file, s);
	size_t kind = 0;

	while (kind < ARRAY_SIZE(kinds) && !str_equal(kinds[kind].name, name))
		kind++;
	if (kind == ARRAY_SIZE(kinds)) {
		say_unknown_list(name, at, d);
	} else if (file->level != CONFFILE_MAIN && !kinds[kind].data) {
		diag_error(d, at,
			   "'%s' stands in the main file or in conf.d/; here are only classes, profiles and rules",
			   name);
	} else if (schema_group(name)->shape == SCHEMA_ONE) {
		if (config_setting_is_group(s))
			build_entries_add(entries_of(l, kind), &(struct build_entry){ .setting = s, .file = file });
		else
			say_no_group(l, name, at, d);
	} else if (!config_setting_is_list(s) && !(config_setting_is_array(s) && config_setting_length(s) == 0)) {
		diag_error(d, at, "%s: expected a list of groups: %s: ( { … }, { … } );", name, name);
		unread_add(l->unread, file->text, strlen(file->text)); /* what it would declare is not missed */
	} else {
		for (int i = 0; i < config_setting_length(s); i++)
			build_entries_add(entries_of(l, kind),
					  &(struct build_entry){ .setting = config_setting_get_elem(s, (unsigned)i),
								 .file = file,
								 .number = (size_t)i + 1 });
	}
}

static void take_files(const struct confset *set, struct lists *l, struct diag *d)
{
	for (size_t i = 0; i < set->count; i++) {
		const config_setting_t *root = config_root_setting(&set->files[i]->config);

		for (int j = 0; j < config_setting_length(root); j++)
			take_setting(l, set->files[i], config_setting_get_elem(root, (unsigned)j), d);
	}
}

static void build_all(struct build *b, struct lists *l)
{
	build_class_all(b, &l->classes);
	build_profile_all(b, &l->profiles);
	build_place_estate(b, &l->estate);
	build_log(b, &l->log);
	build_keep_outbox(b, &l->outbox);
	build_keep_web(b, &l->web);
	build_keep_audit(b, &l->audit);
	build_keep_history(b, &l->history);
	build_place_all(b, &l->places);
	build_bus_all(b, &l->buses);
	build_plugin_all(b, &l->plugins);
	build_contact_all(b, &l->contacts);
	build_contact_holidays(b, &l->holidays);
	build_ladder_all(b, &l->ladders);
	build_device_all(b, &l->devices);
	build_rule_all(b, &l->rules);
	build_urgent_all(b);
	build_silence_all(b);
	build_write_all(b);
	build_touch_all(b);
}

static void index_all(struct conf *c)
{
	c->index = MEM_NEW(struct conf_index);
	c->index->devices = map_new();
	c->index->buses = map_new();
	c->index->plugins = map_new();
	for (size_t i = 0; i < c->device_count; i++)
		map_put(c->index->devices, c->devices[i].id, &c->devices[i]);
	for (size_t i = 0; i < c->bus_count; i++)
		map_put(c->index->buses, c->buses[i].id, &c->buses[i]);
	for (size_t i = 0; i < c->plugin_count; i++)
		map_put(c->index->plugins, c->plugins[i].id, &c->plugins[i]);
}

/* Everything but the trees of libconfig, which are several times the size of the result and go first. */
static int build_conf(const struct confset_paths *paths, struct diag *d, struct conf *c)
{
	_cleanup_(confset_fini) struct confset set = { 0 };
	_cleanup_(lists_fini) struct lists lists = { 0 };
	_cleanup_(build_fini) struct build b = { 0 };
	size_t errors = d->errors;
	int r;

	r = confset_read(paths, c->arena, d, &set);
	if (r < 0)
		return r;
	build_init(&b, c, d);
	b.unread = &set.unread;
	b.data_dir = paths->data_dir;
	lists.unread = &set.unread;
	take_files(&set, &lists, d);
	if (lists.estate.count == 0 && !lists.estate_wrong && !unread_may_have(&set.unread, "estate"))
		diag_error(d, (struct diag_at){ paths->main_file, 1 },
			   "estate: missing: expected estate: { id = \"demo\"; name = \"…\"; };");
	build_all(&b, &lists);
	return d->errors > errors ? -EINVAL : 0;
}

int conf_load_source(const struct conf_source *s, struct diag *d, struct conf **ret_conf)
{
	_cleanup_(conf_freep) struct conf *c = MEM_NEW(struct conf);
	struct confcopy kept = { s->kept, s->kept_len };
	struct confset_paths paths = {
		.main_file = s->path, .data_dir = s->data_dir, .copy = s->copy, .from = s->kept ? &kept : NULL
	};
	int r;

	c->arena = arena_new();
	r = build_conf(&paths, d, c);
	/* Give back what the trees took; with much else in the heap that would hold up every thread for tens of ms. */
	if (c->point_count < TRIM_POINTS)
		malloc_trim(0);
	if (r == -EINVAL && s->partial)
		*s->partial = steal(&c);
	if (r < 0)
		return r;
	index_all(c);
	*ret_conf = steal(&c);
	return 0;
}

int conf_load(const char *path, const char *data_dir, struct diag *d, struct conf **ret_conf)
{
	return conf_load_source(&(struct conf_source){ .path = path, .data_dir = data_dir }, d, ret_conf);
}

void conf_free(struct conf *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->rule_count; i++) {
		expr_free(c->rules[i].expr);
		expr_free(c->rules[i].excuse);
		expr_free(c->rules[i].mirror);
	}
	if (c->index) {
		map_free(c->index->devices);
		map_free(c->index->buses);
		map_free(c->index->plugins);
	}
	free(c->index);
	arena_free(c->arena);
	free(c);
}

const struct device *conf_find_device(const struct conf *c, const char *id)
{
	return map_find(c->index->devices, id);
}

const struct bus *conf_find_bus(const struct conf *c, const char *id)
{
	return map_find(c->index->buses, id);
}

const struct plugin *conf_find_plugin(const struct conf *c, const char *id)
{
	return map_find(c->index->plugins, id);
}
