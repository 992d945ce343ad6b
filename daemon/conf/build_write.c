/* build_write.c: what may be written: whether the conditions for it make sense, and whether anybody may do what a device
 * allows. */
#include "conf/build.h"

#include "alarm/expr.h"

static void check_condition(struct build *b, const struct profile *profile, const struct profile_point *point)
{
	_cleanup_str_buf_ struct str_buf subject = { 0 };
	_cleanup_(expr_freep) struct expr *expr = NULL;
	struct expr_scope scope = { .class = profile->class,
				    .devices = conf_devices(b->conf),
				    .classes = b->conf->classes,
				    .class_count = b->conf->class_count,
				    .now_only = true,
				    .at = point->at };

	/* Where something that it may speak of is missing only because of another mistake, it cannot be judged. */
	if (!profile->class || b->broken_devices > 0 || unread_may_have_any(b->unread, point->only_when))
		return;
	str_buf_printf(&subject, "profile '%s': point '%s': only_when", profile->id, point->name);
	scope.subject = str_buf_text(&subject);
	expr_parse(point->only_when, &scope, b->diag, &expr);
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

	for (size_t i = 0; i < c->profile_count; i++)
		for (size_t k = 0; k < c->profiles[i].point_count; k++)
			if (c->profiles[i].points[k].only_when)
				check_condition(b, &c->profiles[i], &c->profiles[i].points[k]);
	for (size_t i = 0; i < c->device_count; i++) {
		const struct device *d = &c->devices[i];

		if (d->writes && (!d->bus || !has_writable(d->profile)))
			diag_warning(b->diag, d->at, "device '%s': writes = true: has no effect: %s", d->id,
				     d->bus ? "its profile has no writable point" : "it is on no bus");
	}
}
