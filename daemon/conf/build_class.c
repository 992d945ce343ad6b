/* build_class.c: classes: each file may add classes, and points to a class that is there; a point never changes its type. */
#include "conf/build.h"

#include <string.h>

#include "base/mem.h"

/* Every class has these, where the device reports them. */
static const struct class_point common[] = {
	{ "battery", VALUE_NUMBER, "%" },
	{ "battery_low", VALUE_BOOL, "" },
	{ "tamper", VALUE_BOOL, "" },
	{ "link", VALUE_NUMBER, "" },
};

/* A point and where it was first said; the class_point comes first, so that one can be taken for the other. */
struct point_draft {
	struct class_point point;
	struct diag_at at;
	const config_setting_t *list; /* that it stands in */
	struct point_draft *next;     /* of the class, in order */
};

/* A class while its points are gathered. */
struct class_draft {
	struct build_class built;
	struct point_draft *first, *last;
	size_t count;
};

static void append(struct class_draft *c, struct point_draft *p)
{
	if (c->last)
		c->last->next = p;
	else
		c->first = p;
	c->last = p;
	c->count++;
	map_put(c->built.points, p->point.name, p);
}

static struct class_draft *draft_of(struct build *b, const struct fields *f)
{
	const char *said = fields_text(f, "id"), *id = said ? said : ":"; /* one without a right id is only checked */
	struct ident *known = idents_find(&b->classes, id);
	struct class_draft *c;

	if (known)
		return known->object;
	c = ARENA_NEW(b->arena, struct class_draft);
	c->built.class = &b->conf->classes[b->conf->class_count++];
	c->built.class->id = build_text(b, id);
	c->built.class->at = f->at;
	c->built.points = map_new();
	idents_add(&b->classes, c->built.class->id, f->at)->object = c;
	for (size_t i = 0; i < ARRAY_SIZE(common); i++) {
		struct point_draft *p = ARENA_NEW(b->arena, struct point_draft);

		p->point = common[i];
		append(c, p);
	}
	return c;
}

static enum value_type type_of(const struct fields *f)
{
	static const enum value_type types[] = { VALUE_NUMBER, VALUE_BOOL, VALUE_TEXT, VALUE_EVENT };

	return types[fields_int(f, "type")];
}

static void check_again(struct fields *f, const struct point_draft *known, const config_setting_t *list)
{
	if (known->list == list)
		fields_error(f, "name", "stands twice; the other is at line %u", known->at.line);
	else if (known->point.type != type_of(f) && known->at.file)
		fields_error(f, "type", "it is %s at %s:%u; a later file may add points, not change them",
			     value_type_name(known->point.type), known->at.file, known->at.line);
	else if (known->point.type != type_of(f))
		fields_error(f, "type", "every class has it as %s", value_type_name(known->point.type));
}

static void add_point(struct build *b, struct class_draft *c, struct fields *f, const config_setting_t *list)
{
	struct point_draft *known = map_find(c->built.points, fields_text(f, "name"));
	struct point_draft *p;

	if (known) {
		check_again(f, known, list);
		return;
	}
	p = ARENA_NEW(b->arena, struct point_draft);
	p->point.name = build_text(b, fields_text(f, "name"));
	p->point.type = type_of(f);
	p->point.unit = fields_said(f, "unit") ? build_text(b, fields_text(f, "unit")) : "";
	p->at = f->at;
	p->list = list;
	append(c, p);
	if (p->point.type != VALUE_NUMBER && p->point.unit[0])
		fields_error(f, "unit", "only numbers have a unit");
}

static void add_points(struct build *b, struct class_draft *c, const struct fields *f)
{
	const struct fields_value *list = fields_get(f, "points");

	if (!fields_said(f, "points")) {
		c->built.broken = true;
		return;
	}
	for (int i = 0; i < config_setting_length(list->setting); i++) {
		struct fields point;

		fields_read(&(struct fields_source){ .group = schema_group("classes.points"),
						     .setting = config_setting_get_elem(list->setting, (unsigned)i),
						     .file = list->file,
						     .parent = f->subject,
						     .number = (size_t)i + 1 },
			    b->diag, &point);
		if (fields_complete(&point))
			add_point(b, c, &point, list->setting);
		else if (fields_text(&point, "name"))
			unread_add(&b->lost, fields_text(&point, "name"), strlen(fields_text(&point, "name")));
		else
			c->built.broken = true;
	}
}

static void finish(struct build *b, const struct class_draft *c)
{
	struct class_point *points = ARENA_ARRAY(b->arena, c->count, struct class_point);
	size_t i = 0;

	for (struct point_draft *p = c->first; p; p = p->next)
		points[i++] = p->point;
	c->built.class->points = points;
	c->built.class->point_count = c->count;
}

void build_class_all(struct build *b, const struct build_entries *e)
{
	size_t position = 0;
	const struct ident *one;

	b->conf->classes = ARENA_ARRAY(b->arena, MAX(e->count, (size_t)1), struct class);
	for (size_t i = 0; i < e->count; i++) {
		struct fields f;

		build_read(b, "classes", &e->entries[i], &f);
		add_points(b, draft_of(b, &f), &f);
	}
	while ((one = map_next(b->classes.by_id, &position)))
		finish(b, one->object);
}

const struct class_point *build_class_point(const struct build_class *c, const char *name)
{
	return map_find(c->points, name);
}
