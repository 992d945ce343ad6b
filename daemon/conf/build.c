/* build.c: see build.h. */
#include "conf/build.h"

#include <errno.h>

#include "base/mem.h"

void build_init(struct build *b, struct conf *c, struct diag *d)
{
	*b = (struct build){
		.arena = c->arena, .diag = d, .conf = c, .texts = map_new(), .lost = { .arena = c->arena }
	};
	idents_init(&b->classes, c->arena);
	idents_init(&b->profiles, c->arena);
	idents_init(&b->places, c->arena);
	idents_init(&b->buses, c->arena);
	idents_init(&b->plugins, c->arena);
	idents_init(&b->ladders, c->arena);
	idents_init(&b->contacts, c->arena);
	idents_init(&b->duties, c->arena);
	idents_init(&b->holidays, c->arena);
	idents_init(&b->devices, c->arena);
	idents_init(&b->rules, c->arena);
}

void build_fini(struct build *b)
{
	const struct ident *one;
	size_t position = 0;

	while (b->classes.by_id && (one = map_next(b->classes.by_id, &position)))
		map_free(((struct build_class *)one->object)->points);
	idents_fini(&b->classes);
	idents_fini(&b->profiles);
	idents_fini(&b->places);
	idents_fini(&b->buses);
	idents_fini(&b->plugins);
	idents_fini(&b->ladders);
	idents_fini(&b->contacts);
	idents_fini(&b->duties);
	idents_fini(&b->holidays);
	idents_fini(&b->devices);
	idents_fini(&b->rules);
	unread_fini(&b->lost);
	map_free(b->texts);
	*b = (struct build){ 0 };
}

void build_entries_add(struct build_entries *e, const struct build_entry *entry)
{
	if (e->count == e->room) {
		e->room = e->room ? e->room * 2 : 64;
		e->entries = mem_realloc(e->entries, e->room, sizeof(*e->entries));
	}
	e->entries[e->count++] = *entry;
}

void build_entries_fini(struct build_entries *e)
{
	free(e->entries);
	*e = (struct build_entries){ 0 };
}

const char *build_text(struct build *b, const char *text)
{
	char *copy;

	if (!text)
		return NULL;
	copy = map_find(b->texts, text);
	if (copy)
		return copy;
	copy = arena_strdup(b->arena, text);
	map_put(b->texts, copy, copy);
	return copy;
}

int build_read(struct build *b, const char *group, const struct build_entry *entry, struct fields *ret_fields)
{
	return fields_read(&(struct fields_source){ .group = schema_group(group),
						    .setting = entry->setting,
						    .file = entry->file,
						    .number = entry->number },
			   b->diag, ret_fields);
}

void build_read_once(struct build *b, const char *group, const struct build_entries *e, struct fields *ret_fields)
{
	if (e->count == 0) {
		*ret_fields = (struct fields){ .group = schema_group(group), .diag = b->diag };
		return;
	}
	build_read(b, group, &e->entries[0], ret_fields);
	for (size_t i = 1; i < e->count; i++)
		if (e->entries[i].file != e->entries[0].file) /* else it is told already */
			diag_error(b->diag, conffile_at(e->entries[i].file, e->entries[i].setting),
				   "%s: stands twice; the other is at %s:%u", group, ret_fields->at.file,
				   ret_fields->at.line);
}

struct ident *build_declare(struct build *b, struct idents *in, struct fields *f)
{
	const char *key = f->group->keys[0].key;
	const char *id = fields_text(f, key);
	const struct ident *other;

	if (!id)
		return idents_spare(in, f->at);
	other = idents_find(in, id);
	if (other) {
		fields_error(f, key, "stands twice; the other is at %s:%u", other->at.file, other->at.line);
		return idents_spare(in, f->at);
	}
	return idents_add(in, build_text(b, id), f->at);
}

const struct ident *build_refer(struct build *b, const struct idents *in, struct fields *f, const char *key)
{
	const char *id = fields_text(f, key);
	const struct ident *found = id ? idents_find(in, id) : NULL;
	_cleanup_str_buf_ struct str_buf expected = { 0 };

	if (found || !id || unread_may_have(b->unread, id))
		return found;
	/* Messages beyond the limit are only counted: no need to look for the nearest of thousands then. */
	if (b->diag->count < DIAG_MAX)
		idents_expect(in, id, &expected);
	fields_error(f, key, "no such %s%s", key, str_buf_text(&expected));
	return NULL;
}

void build_supersede(struct build *b, struct build_entries *e, const char *group)
{
	_cleanup_(map_freep) struct map *by_id = map_new();

	for (size_t i = 0; i < e->count; i++) {
		struct build_entry *one = &e->entries[i], *other;
		const char *id = NULL;

		if (config_setting_is_group(one->setting))
			config_setting_lookup_string(one->setting, "id", &id);
		other = id ? map_find(by_id, id) : NULL;
		if (other && other->file->level == one->file->level) {
			diag_error(b->diag, conffile_at(one->file, one->setting),
				   "%s '%s': id = \"%s\": stands twice; the other is at %s:%u",
				   schema_group(group)->what, id, id, other->file->name, other->setting->line);
			one->spare = true;
			continue;
		}
		if (other && other->file->level == CONFFILE_SHIPPED)
			other->skip = true;
		else if (other)
			other->spare = true;
		if (id)
			map_put(by_id, id, one);
	}
}
