/* build_scope.c: see build_scope.h. */
#include "conf/build_scope.h"

/* What is declared under the name in front of the dot; NULL: nothing. */
static const struct ident *declared(const struct idents *in, const char *word)
{
	_cleanup_str_buf_ struct str_buf id = { 0 };

	str_buf_add_len(&id, word, strcspn(word, "."));
	return idents_find(in, str_buf_text(&id));
}

static bool class_is_open(const struct build *b, const char *word)
{
	const struct ident *one = declared(&b->classes, word);

	return one && ((const struct build_class *)one->object)->broken;
}

static bool device_is_open(const struct build *b, const char *word)
{
	const struct ident *one = declared(&b->devices, word);

	return one && !one->object;
}

static bool forgives(const void *who, const char *name)
{
	const struct build_scope *s = who;
	const struct class *class = s->expr.class;
	const char *dot = strrchr(name, '.');

	if (unread_may_have_any(s->b->unread, name) || unread_may_have(&s->b->lost, dot ? dot + 1 : name))
		return true;
	if (!dot)
		return !class || class_is_open(s->b, class->id);
	if (str_starts(name, "parent."))
		return !class || class_is_open(s->b, name + strlen("parent."));
	return device_is_open(s->b, name);
}

const struct class *build_scope_class(struct build *b, const struct profile *profile)
{
	const struct class *class = profile->class;
	struct class *c = ARENA_NEW(b->arena, struct class);
	struct class_point *points;

	points = ARENA_ARRAY(b->arena, class->point_count + profile->point_count, struct class_point);
	memcpy(points, class->points, class->point_count * sizeof(*points));
	*c = (struct class){ .id = class->id, .point_count = class->point_count, .at = class->at };
	for (size_t i = 0; i < profile->point_count; i++) {
		const struct profile_point *p = &profile->points[i];

		if (!class_find_point(class, p->name))
			points[c->point_count++] = (struct class_point){ p->name, p->type, p->unit };
	}
	c->points = points;
	return c;
}

void build_scope_init(struct build_scope *s, const struct build *b, const struct class *class)
{
	*s = (struct build_scope){
		.b = b,
		.expr = { .class = class,
			  .devices = conf_devices(b->conf),
			  .classes = b->conf->classes,
			  .class_count = b->conf->class_count,
			  .forgives = forgives,
			  .who = s },
	};
}
