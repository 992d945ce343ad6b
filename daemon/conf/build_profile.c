/* build_profile.c: profiles, and those that are made of a class for devices without one. */
#include "conf/build.h"
#include "conf/build_overlap.h"
#include "conf/build_point.h"

#include <stdio.h>
#include <string.h>

#define MODEL_LEN_MAX 100

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

	if (fields_said(set->profile, "points") && config_setting_length(list->setting) == 0)
		fields_warning(set->profile, "points", "it has none: its devices show nothing");
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

/* "holding:100-199" or "coil:7" */
static bool read_range(const char *text, int base, struct profile_range *ret_range)
{
	const char *dash = strchr(text, '-'), *expected;
	struct codec_wire first, last;
	char one[64];

	snprintf(one, sizeof(one), "%.*s", dash ? (int)(dash - text) : (int)sizeof(one) - 1, text);
	if (codec_parse_at(one, base, &first, &expected) < 0 || first.bit_low >= 0)
		return false;
	last = first;
	snprintf(one, sizeof(one), "%s:%s", codec_table_name(first.table), dash ? dash + 1 : "");
	if (dash && (codec_parse_at(one, base, &last, &expected) < 0 || last.bit_low >= 0))
		return false;
	*ret_range = (struct profile_range){ first.table, first.address, last.address };
	return first.address <= last.address;
}

static void read_forbidden(struct build *b, struct fields *f, struct profile *profile)
{
	const config_setting_t *list = fields_get(f, "forbidden")->setting;
	int count = fields_said(f, "forbidden") ? config_setting_length(list) : 0;
	struct profile_range *ranges = ARENA_ARRAY(b->arena, MAX(count, 1), struct profile_range);

	for (int i = 0; i < count; i++) {
		const char *text = config_setting_get_string_elem(list, i);

		if (text && read_range(text, (int)fields_int(f, "base"), &ranges[i]))
			continue;
		fields_error(f, "forbidden", "entry %d: expected addresses like \"holding:100-199\" or \"coil:7\"",
			     i + 1);
		return;
	}
	profile->forbidden = ranges;
	profile->forbidden_count = (size_t)count;
}

/* "MCCGQ11LM" or "WS301*" */
static void read_models(struct build *b, struct fields *f, struct profile *profile)
{
	const config_setting_t *list = fields_get(f, "models")->setting;
	int count = fields_said(f, "models") ? config_setting_length(list) : 0;
	const char **models = ARENA_ARRAY(b->arena, MAX(count, 1), const char *);

	for (int i = 0; i < count; i++) {
		const char *text = config_setting_get_string_elem(list, i);

		if (text && *text && strlen(text) <= MODEL_LEN_MAX && strspn(text, "*") < strlen(text))
			models[profile->model_count++] = build_text(b, text);
		else
			fields_error_in(f, "models", i,
					"expected a model in quotes, at most %d bytes; a '*' stands for any "
					"characters, but not for all of it",
					MODEL_LEN_MAX);
	}
	profile->models = models;
}

static void check_forbidden(const struct build_point_set *set, const struct profile *profile)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct codec_wire *w = &set->points[i].wire;

		for (size_t k = 0; k < profile->forbidden_count; k++) {
			const struct profile_range *r = &profile->forbidden[k];

			if (w->table != r->table || w->address > r->last || w->address + w->registers - 1 < r->first)
				continue;
			diag_error(set->b->diag, set->points[i].at,
				   "%s: point '%s': %s:%u is forbidden by the profile itself (%u..%u)",
				   set->profile->subject, set->points[i].name, codec_table_name(w->table), w->address,
				   r->first, r->last);
			break;
		}
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
	build_overlap_check(&set);
	read_forbidden(b, f, built->profile);
	read_models(b, f, built->profile);
	built->profile->name = build_text(b, fields_said(f, "name") ? fields_text(f, "name") : NULL);
	check_forbidden(&set, built->profile);
	points = ARENA_ARRAY(b->arena, MAX(set.count, (size_t)1), struct profile_point);
	if (set.count)
		memcpy(points, set.points, set.count * sizeof(*points));
	built->profile->points = points;
	built->profile->point_count = set.count;
	built->profile->mask_write = fields_bool(f, "mask_write");
	built->profile->class = set.class ? set.class->class : NULL;
	for (size_t i = 0; i < set.count && !set.class; i++)
		unread_add(&b->lost, set.points[i].name, strlen(set.points[i].name)); /* some class has them */
	free(set.points);
}

static struct build_profile *new_profile(struct build *b, struct ident *id)
{
	struct build_profile *built = ARENA_NEW(b->arena, struct build_profile);

	built->profile = id->spare ? ARENA_NEW(b->arena, struct profile) : &b->conf->profiles[b->conf->profile_count++];
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
		id = e->entries[i].spare ? idents_spare(&b->profiles, f.at) : build_declare(b, &b->profiles, &f);
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
