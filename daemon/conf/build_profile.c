/* build_profile.c: profiles, and those that are made of a class for devices without one. */
#include "conf/build.h"
#include "conf/build_point.h"

#include <stdio.h>

/* A profile that mixes both kinds could not be read by anybody. */
static void check_kind(const struct build_point_set *set)
{
	if (set->built->registers && set->built->fields)
		diag_error(set->b->diag, set->profile->at,
			   "%s: some points are registers, some are JSON fields: expected one kind",
			   set->profile->subject);
}

static void read_points(struct build_point_set *set)
{
	const struct fields_value *list = fields_get(set->profile, "points");

	for (int i = 0; fields_said(set->profile, "points") && i < config_setting_length(list->setting); i++) {
		struct fields f;

		fields_read(&(struct fields_source){ .group = schema_group("profiles.points"),
						     .setting = config_setting_get_elem(list->setting, (unsigned)i),
						     .file = list->file,
						     .parent = set->profile->subject,
						     .number = (size_t)i + 1 },
			    set->b->diag, &f);
		build_point_add(set, &f);
	}
}

static void build_one(struct build *b, struct fields *f, struct build_profile *built)
{
	const struct ident *class = build_refer(b, &b->classes, f, "class");
	_cleanup_(map_freep) struct map *names = map_new();
	struct build_point_set set = { .b = b, .profile = f, .names = names, .built = built };
	struct profile_point *points;

	set.class = class ? class->object : NULL;
	read_points(&set);
	check_kind(&set);
	build_point_check_overlaps(&set);
	points = ARENA_ARRAY(b->arena, MAX(set.count, (size_t)1), struct profile_point);
	if (set.count)
		memcpy(points, set.points, set.count * sizeof(*points));
	built->profile->points = points;
	built->profile->point_count = set.count;
	built->profile->class = set.class ? set.class->class : NULL;
	free(set.points);
}

static struct build_profile *new_profile(struct build *b, struct ident *id)
{
	struct build_profile *built = ARENA_NEW(b->arena, struct build_profile);

	built->profile = &b->conf->profiles[b->conf->profile_count++];
	built->profile->id = id->id;
	built->profile->at = id->at;
	id->object = built;
	return built;
}

void build_profile_all(struct build *b, struct build_entries *e)
{
	struct conf *c = b->conf;

	/* each class may become one, too */
	c->profiles = ARENA_ARRAY(b->arena, e->count + c->class_count + 1, struct profile);
	build_supersede(b, e, "profiles");
	for (size_t i = 0; i < e->count; i++) {
		struct ident *id;
		struct fields f;

		if (e->entries[i].skip)
			continue;
		build_read(b, "profiles", &e->entries[i], &f);
		id = build_declare(b, &b->profiles, &f);
		if (id)
			build_one(b, &f, new_profile(b, id));
	}
}

const struct build_profile *build_profile_of_class(struct build *b, const struct build_class *c)
{
	const struct class *class = c->class;
	struct build_profile *built;
	struct profile_point *points;
	struct ident *id;
	char name[80];

	snprintf(name, sizeof(name), "class:%s", class->id);
	id = idents_find(&b->profiles, name);
	if (id)
		return id->object;
	built = new_profile(b, idents_add(&b->profiles, build_text(b, name), class->at));
	points = ARENA_ARRAY(b->arena, MAX(class->point_count, (size_t)1), struct profile_point);
	for (size_t i = 0; i < class->point_count; i++)
		points[i] = (struct profile_point){
			.name = class->points[i].name,
			.type = class->points[i].type,
			.unit = class->points[i].unit,
			.event = class->points[i].type == VALUE_EVENT,
			.field = { .path = class->points[i].name, .scale = 1 },
			.at = class->at,
		};
	built->fields = true;
	built->profile->class = class;
	built->profile->points = points;
	built->profile->point_count = class->point_count;
	return built;
}
