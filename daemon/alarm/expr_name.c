#include "alarm/expr_name.h"

#include <errno.h>
#include <string.h>

#include "alarm/expr_code.h"

#define LISTED_MAX 12 /* names listed when none is near */

/* A name that was not found: what it could have been. */
struct guess {
	struct str_nearest nearest;
	struct str_buf list;
	size_t listed;
};

static void guess_try(struct guess *g, const char *candidate)
{
	str_nearest_try(&g->nearest, candidate);
	if (++g->listed <= LISTED_MAX)
		str_buf_printf(&g->list, "%s%s", g->listed > 1 ? " " : "", candidate);
	else if (g->listed == LISTED_MAX + 1)
		str_buf_add(&g->list, " …");
}

/* "; did you mean 'level'?", or what there is. */
static const char *guess_end(struct guess *g)
{
	struct str_buf text = { 0 };

	if (g->nearest.best)
		str_buf_printf(&text, "; did you mean '%s'?", g->nearest.best);
	else if (g->listed > 0)
		str_buf_printf(&text, "; expected one of: %s", str_buf_text(&g->list));
	str_buf_fini(&g->list);
	g->list = text;
	return str_buf_text(&g->list);
}

static void guess_fini(struct guess *g)
{
	str_buf_fini(&g->list);
}

static enum value_type class_type(enum value_type t)
{
	return t == VALUE_EVENT ? VALUE_BOOL : t;
}

static const struct profile_point *profile_point_of(const struct profile *profile, const char *name)
{
	for (size_t i = 0; i < profile->point_count; i++)
		if (str_equal(profile->points[i].name, name))
			return &profile->points[i];
	return NULL;
}

static const char *last_dot(const char *word)
{
	const char *dot = strchr(word, '.');

	return dot && dot != word && dot[1] && !strchr(dot + 1, '.') ? dot : NULL;
}

/* The class's point, else one that a profile of this class adds. */
static bool find_in_class(const struct expr_scope *s, const struct class *class, const char *name,
			  struct expr_name_found *ret_found)
{
	const struct class_point *c = class_find_point(class, name);

	if (c) {
		*ret_found = (struct expr_name_found){ .point = c->name,
						       .type = class_type(c->type),
						       .event = c->type == VALUE_EVENT };
		return true;
	}
	for (size_t i = 0; i < s->devices.count; i++) {
		const struct profile_point *p;

		if (s->devices.devices[i].class != class)
			continue;
		p = profile_point_of(s->devices.devices[i].profile, name);
		if (!p)
			continue;
		*ret_found = (struct expr_name_found){ .point = p->name,
						       .type = expr_point_type(p),
						       .event = point_is_event(p) };
		return true;
	}
	return false;
}

static int no_point(const char *word, const struct class *class, const struct expr_scope *s, struct diag *d)
{
	_cleanup_(guess_fini) struct guess g = { .nearest.word = word };

	for (size_t i = 0; i < class->point_count; i++)
		guess_try(&g, class->points[i].name);
	diag_error(d, s->at, "%s: no point '%s' in class '%s'%s", s->subject, word, class->id, guess_end(&g));
	return -ENOENT;
}

static int no_own_point(const char *word, const struct expr_scope *s, struct diag *d)
{
	struct expr_name_found found;
	char before[128] = "";

	/* `level -5` or `level-high`: a minus that became part of a name. */
	memcpy(before, word, MIN(strcspn(word, "-"), sizeof(before) - 1));
	if (strchr(word, '-') && find_in_class(s, s->class, before, &found)) {
		diag_error(d, s->at,
			   "%s: no point '%s' in class '%s': a name runs over hyphens, so minus needs blanks around it",
			   s->subject, word, s->class->id);
		return -ENOENT;
	}
	return no_point(word, s->class, s, d);
}

static int no_device(const char *id, const char *point, const struct expr_scope *s, struct diag *d)
{
	_cleanup_(guess_fini) struct guess g = { .nearest.word = id };

	if (s->class && str_equal(id, s->class->id)) {
		diag_error(d, s->at, "%s: no device '%s'; for the device's own point write '%s'", s->subject, id,
			   point);
		return -ENOENT;
	}
	for (size_t i = 0; i < s->devices.count; i++)
		guess_try(&g, s->devices.devices[i].id);
	diag_error(d, s->at, "%s: no device '%s'%s", s->subject, id, guess_end(&g));
	return -ENOENT;
}

static int find_of(const struct device *device, const char *point, const struct expr_scope *s, struct diag *d,
		   struct expr_name_found *ret_found)
{
	_cleanup_(guess_fini) struct guess g = { .nearest.word = point };
	const struct profile_point *p = profile_point_of(device->profile, point);
	const struct class_point *c = p || !device->class ? NULL : class_find_point(device->class, point);

	if (p || c) {
		*ret_found = (struct expr_name_found){
			.device = device->id,
			.point = p ? p->name : c->name,
			.type = p ? expr_point_type(p) : class_type(c->type),
			.event = p ? point_is_event(p) : c->type == VALUE_EVENT,
		};
		return 0;
	}
	for (size_t i = 0; i < device->profile->point_count; i++)
		guess_try(&g, device->profile->points[i].name);
	diag_error(d, s->at, "%s: no point '%s' in device '%s'%s", s->subject, point, device->id, guess_end(&g));
	return -ENOENT;
}

/* Of the configuration, or of what its devices are. */
static const struct class *class_named(const struct expr_scope *s, const char *id, struct guess *g)
{
	for (size_t i = 0; i < s->class_count; i++) {
		if (str_equal(s->classes[i].id, id))
			return &s->classes[i];
		guess_try(g, s->classes[i].id);
	}
	for (size_t i = 0; s->class_count == 0 && i < s->devices.count; i++)
		if (str_equal(s->devices.devices[i].class->id, id))
			return s->devices.devices[i].class;
	return NULL;
}

/* parent.CLASS.point */
static int find_parent(const char *word, const struct expr_scope *s, struct diag *d, struct expr_name_found *ret_found)
{
	_cleanup_(guess_fini) struct guess g = { 0 };
	const char *dot = strchr(word, '.');
	const struct class *class;
	char id[128] = "";

	if (!dot || dot == word || !dot[1] || strchr(dot + 1, '.')) {
		diag_error(d, s->at, "%s: 'parent.%s': expected parent.CLASS.POINT, as in parent.power.mains",
			   s->subject, word);
		return -ENOENT;
	}
	memcpy(id, word, MIN((size_t)(dot - word), sizeof(id) - 1));
	g.nearest.word = id;
	class = class_named(s, id, &g);
	if (!class) {
		diag_error(d, s->at, "%s: no class '%s'%s", s->subject, id, guess_end(&g));
		return -ENOENT;
	}
	if (!find_in_class(s, class, dot + 1, ret_found))
		return no_point(dot + 1, class, s, d);
	ret_found->device = class->id;
	ret_found->parent = true;
	return 0;
}

static int find(const char *word, const struct expr_scope *s, struct diag *d, struct expr_name_found *ret_found)
{
	const char *dot = last_dot(word);
	char id[128] = "";

	if (str_starts(word, "parent.") && s->class)
		return find_parent(word + strlen("parent."), s, d, ret_found);
	if (!dot && (strchr(word, '.') || !s->class)) {
		diag_error(d, s->at, "%s: '%s': expected %sdevice.point", s->subject, word,
			   s->class ? "a point or " : "");
		return -ENOENT;
	}
	if (!dot)
		return find_in_class(s, s->class, word, ret_found) ? 0 : no_own_point(word, s, d);
	memcpy(id, word, MIN((size_t)(dot - word), sizeof(id) - 1));
	for (size_t i = 0; i < s->devices.count; i++)
		if (str_equal(s->devices.devices[i].id, id))
			return find_of(&s->devices.devices[i], dot + 1, s, d, ret_found);
	return no_device(id, dot + 1, s, d);
}

int expr_name_find(const char *word, const struct expr_scope *s, struct diag *d, struct expr_name_found *ret_found)
{
	_cleanup_(diag_fini) struct diag unsaid = { 0 };
	bool forgiven = s->forgives && s->forgives(s->who, word);

	return find(word, s, forgiven ? &unsaid : d, ret_found);
}
