#include "alarm/outage.h"

#include <errno.h>
#include <string.h>

#include "alarm/watcher_hide.h"
#include "base/mem.h"
#include "base/str.h"

/* All that watches the device is life safety. */
static bool only_life_safety(const struct roster *r, const char *device)
{
	size_t life = 0, other = 0;

	for (size_t i = 0; i < r->count; i++) {
		const struct watcher *w = r->watchers[i];

		if (w->told || !w->subject || !str_equal(w->subject->id, device))
			continue;
		life += w->rule->life_safety;
		other += !w->rule->life_safety;
	}
	return life > 0 && other == 0;
}

static bool place_known(const struct roster *r, const char *path)
{
	const struct device *d;

	for (size_t position = 0; (d = map_next(r->devices, &position));)
		if (place_contains(path, d->place))
			return true;
	return false;
}

static int allowed(const struct roster *r, const struct evaluator_mode *m)
{
	if (m->kind != MODE_OUT_OF_SERVICE && m->kind != MODE_TEST)
		return -EINVAL;
	if (!m->for_us)
		return mode_book_find(&r->world->modes, m->kind, m->subject) ? 0 : -EALREADY;
	if (strlen(m->subject) >= MODE_SUBJECT_MAX)
		return -ENOENT;
	if (!map_find(r->devices, m->subject) && (m->kind != MODE_TEST || !place_known(r, m->subject)))
		return -ENOENT;
	return m->kind == MODE_OUT_OF_SERVICE && only_life_safety(r, m->subject) ? -EPERM : 0;
}

/* Everything that watches the device, or what is at the place. */
static void hide_or_show(const struct roster *r, const struct evaluator_mode *m, const struct watcher_turn *turn)
{
	struct watcher_word word = { .input = m->for_us ? ALARM_IN_REMOVE : ALARM_IN_SERVICE,
				     .who = m->who,
				     .note = m->note };

	for (size_t i = 0; i < r->count; i++) {
		struct watcher *w = r->watchers[i];

		if (!w->alarm || !w->subject)
			continue;
		if (m->kind == MODE_TEST && !m->for_us)
			watcher_hide_test_over(r->world, w, turn);
		if (m->kind != MODE_OUT_OF_SERVICE || !str_equal(w->subject->id, m->subject))
			continue;
		if (m->for_us)
			watcher_hide_remove(r->world, w, &word, turn);
		else if (w->alarm->state == ALARM_OUT_OF_SERVICE)
			watcher_hide_leave(r->world, w, &word, turn);
	}
}

int outage_set(const struct roster *r, const struct evaluator_mode *m, const struct watcher_turn *turn)
{
	struct watcher_world *world = r->world;
	struct mode mode = {
		.kind = m->kind,
		.subject = (char *)m->subject, /* lent: whoever keeps it takes its own copies */
		.since_us = turn->now.wall_us,
		.spell = { .on = m->for_us > 0, .by = (char *)m->who, .why = (char *)m->note },
	};
	int error = allowed(r, m);

	if (error < 0)
		return error;
	world->mono_us = MAX(world->mono_us, turn->now.mono_us);
	if (m->for_us) {
		mode.spell.until_us = turn->now.wall_us + m->for_us;
		mode.spell.end_us = turn->now.mono_us + m->for_us;
		error = mode_book_put(&world->modes, &mode);
	} else {
		mode_book_remove(&world->modes, m->kind, m->subject);
	}
	if (error < 0)
		return error;
	mode_tell(turn->out, &mode);
	hide_or_show(r, m, turn);
	return 0;
}

void outage_end(const struct roster *r, const struct watcher_turn *turn)
{
	const struct mode *m;

	while ((m = mode_book_first(&r->world->modes)) && m->spell.end_us <= turn->now.mono_us) {
		_cleanup_(freep) char *subject = mem_strdup(m->subject); /* the mode goes */

		outage_set(r, &(struct evaluator_mode){ .kind = m->kind, .subject = subject }, turn);
	}
}

void outage_restore(const struct roster *r, const struct mode *m)
{
	if (!m->spell.on || (m->kind != MODE_TEST && !map_find(r->devices, m->subject)))
		return;
	mode_book_put(&r->world->modes, m);
	for (size_t i = 0; !mode_lasts(m->kind) && i < r->count; i++)
		if (r->watchers[i]->alarm) {
			watcher_hide_mark(r->world, r->watchers[i]);
			watcher_hide_tidy(r->watchers[i]->alarm);
			watcher_schedule(r->world, r->watchers[i]);
		}
}

void outage_spares(const struct roster *r, const char *device, struct str_buf *to)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct watcher *w = r->watchers[i];

		if (w->rule->life_safety && w->subject && str_equal(w->subject->id, device))
			str_buf_printf(to, "%s%s", to->len ? " " : "", w->rule->id);
	}
}
