/* build_write.c: what may be written: whether the conditions for it make sense, and whether anybody may do what a device
 * allows. */
#include "conf/build_scope.h"

/* Noted while its profile is read, and checked when all that it may speak of is known; also of a point that has other
 * mistakes. */
struct build_wish {
	struct build_wish *next;
	const char *subject, *when;
	const struct profile *profile; /* whole by the time it is checked */
	struct diag_at at;
};

void build_write_wish(struct build *b, const struct fields *f, const struct profile *profile)
{
	struct build_wish *w = ARENA_NEW(b->arena, struct build_wish);

	*w = (struct build_wish){ .next = b->wishes,
				  .subject = arena_printf(b->arena, "%s: only_when", f->subject),
				  .when = build_text(b, fields_text(f, "only_when")),
				  .profile = profile,
				  .at = f->at };
	b->wishes = w;
}

static void check_condition(struct build *b, const struct build_wish *w)
{
	_cleanup_(expr_freep) struct expr *expr = NULL;
	struct build_scope scope;

	build_scope_init(&scope, b, w->profile->class ? build_scope_class(b, w->profile) : NULL);
	scope.expr.subject = w->subject;
	scope.expr.at = w->at;
	scope.expr.now_only = true;
	expr_parse(w->when, &scope.expr, b->diag, &expr);
}

static bool has_writable(const struct profile *profile)
{
	for (size_t i = 0; i < profile->point_count; i++)
		if (profile->points[i].writable)
			return true;
	return false;
}

void build_write_all(struct build *b)
{
	const struct conf *c = b->conf;

	for (const struct build_wish *w = b->wishes; w; w = w->next)
		check_condition(b, w);
	for (size_t i = 0; i < c->device_count; i++) {
		const struct device *d = &c->devices[i];

		if (d->writes && (!d->bus || !has_writable(d->profile)))
			diag_warning(b->diag, d->at, "device '%s': writes = true: has no effect: %s", d->id,
				     d->bus ? "its profile has no writable point" : "it is on no bus");
	}
}
