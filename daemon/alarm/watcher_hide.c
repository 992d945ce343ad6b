#include "alarm/watcher_hide.h"

#include <errno.h>
#include <string.h>

#include "alarm/inhibit.h"
#include "base/str.h"

#define PROVEN_EVERY MINUTE /* how often it is written down at most */

static const struct mode *service_of(const struct watcher_world *world, const struct watcher *w)
{
	if (!w->subject || watcher_protects_life(w))
		return NULL;
	return mode_book_find(&world->modes, MODE_OUT_OF_SERVICE, w->subject->id);
}

static void mark_service(struct watcher_world *world, struct watcher *w)
{
	const struct mode *m = service_of(world, w);

	if (m || w->alarm->service.on)
		alarm_spell_set(&w->alarm->service, m ? &m->spell : NULL);
}

static void mark_inhibited(struct watcher_world *world, struct watcher *w)
{
	const struct alarm *by = inhibit_find(world, w);

	w->alarm->inhibited = by || w->quiet;
	alarm_set_text(&w->alarm->suppressed_by, by ? by->id : w->quiet ? w->rule->suppressed_when : NULL);
}

void watcher_hide_mark(struct watcher_world *world, struct watcher *w)
{
	mark_service(world, w);
	mark_inhibited(world, w);
}

/* The text is of the moment in which somebody is told. */
static void moved(struct watcher_world *world, struct watcher *w, const struct watcher_turn *turn)
{
	if (w->alarm->state == ALARM_UNACKED) {
		watcher_renew(world, w, turn->now.mono_us);
		w->told_us = turn->now.mono_us;
	}
	world->delay_version++;
}

void watcher_hide_tidy(struct alarm *a)
{
	if (a->state != ALARM_SUPPRESSED)
		alarm_set_text(&a->suppressed_by, NULL);
	if (a->state == ALARM_NORMAL)
		alarm_spell_fini(&a->shelf);
}

int watcher_hide_leave(struct watcher_world *world, struct watcher *w, const struct watcher_word *word,
		       const struct watcher_turn *turn)
{
	struct alarm *a = w->alarm;
	enum alarm_state from = a->state;
	int r;

	if (word->input == ALARM_IN_UNSHELVE && a->state == ALARM_SHELVED)
		alarm_spell_fini(&a->shelf);
	watcher_hide_mark(world, w);
	r = alarm_move(a, word->input);
	if (r < 0)
		return r;
	watcher_hide_tidy(a);
	moved(world, w, turn);
	watcher_tell(w, from, word, turn);
	watcher_schedule(world, w);
	if (from == ALARM_OUT_OF_SERVICE)
		inhibit_changed(world, w, turn); /* it may explain others again */
	return 0;
}

int watcher_hide_remove(struct watcher_world *world, struct watcher *w, const struct watcher_word *word,
			const struct watcher_turn *turn)
{
	struct alarm *a = w->alarm;
	enum alarm_state from;
	int r;

	if (!a)
		return -EINVAL;
	from = a->state;
	mark_service(world, w);
	r = alarm_move(a, ALARM_IN_REMOVE);
	if (r < 0)
		return r;
	watcher_hide_tidy(a);
	world->delay_version++;
	watcher_tell(w, from, word, turn);
	watcher_schedule(world, w);
	inhibit_changed(world, w, turn); /* what it kept quiet */
	return 0;
}

static void suppress(struct watcher_world *world, struct watcher *w, const struct watcher_turn *turn)
{
	static const struct watcher_word word = { .input = ALARM_IN_SUPPRESS };
	enum alarm_state from = w->alarm->state;

	if (alarm_move(w->alarm, ALARM_IN_SUPPRESS) < 0)
		return;
	world->delay_version++;
	watcher_tell(w, from, &word, turn);
	watcher_schedule(world, w);
}

/* Nothing keeps it where it is: the input that takes it out; ALARM_IN_RESTORED: something does. */
static enum alarm_input way_out(const struct watcher *w, int64_t now_us)
{
	const struct alarm *a = w->alarm;

	switch (a->state) {
	case ALARM_SHELVED:
		return !a->shelf.on || a->shelf.end_us <= now_us || a->life_safety ? ALARM_IN_UNSHELVE
										   : ALARM_IN_RESTORED;
	case ALARM_SUPPRESSED: return a->inhibited && !a->life_safety ? ALARM_IN_RESTORED : ALARM_IN_RELEASE;
	case ALARM_OUT_OF_SERVICE: return a->service.on && !a->life_safety ? ALARM_IN_RESTORED : ALARM_IN_SERVICE;
	default: return ALARM_IN_RESTORED;
	}
}

void watcher_hide_review(struct watcher_world *world, struct watcher *w, const struct watcher_turn *turn)
{
	struct watcher_word word = { 0 };
	struct alarm *a = w->alarm;

	if (!a || a->state == ALARM_NORMAL)
		return;
	watcher_hide_mark(world, w);
	if (a->shelf.on && a->shelf.end_us <= turn->now.mono_us && a->state != ALARM_SHELVED)
		alarm_spell_fini(&a->shelf);
	if (!alarm_hidden(a)) {
		if (a->inhibited && a->active)
			suppress(world, w, turn);
		watcher_hide_tidy(a);
		return;
	}
	word.input = way_out(w, turn->now.mono_us);
	if (word.input != ALARM_IN_RESTORED)
		watcher_hide_leave(world, w, &word, turn);
	else
		watcher_hide_tidy(a);
}

int64_t watcher_hide_due(const struct watcher *w)
{
	const struct alarm *a = w->alarm;

	if (!a || !alarm_hidden(a))
		return INT64_MAX;
	if (watcher_protects_life(w) || (a->state == ALARM_OUT_OF_SERVICE && !a->service.on) ||
	    (a->state == ALARM_SUPPRESSED && !a->inhibited) || (a->state == ALARM_SHELVED && !a->shelf.on))
		return 0;
	return a->shelf.on ? a->shelf.end_us : INT64_MAX;
}

/* ---- test ---- */

bool watcher_hide_in_test(const struct watcher_world *world, const struct watcher *w)
{
	/* Of a dwelling it is the place itself. */
	const char *home = w->told && w->rule->condition == RULE_CONDITION_CARE ? w->told->asset : NULL;
	const char *place = w->subject ? w->subject->place : home;
	char path[PLACE_PATH_MAX];
	size_t len;

	if (!place || !world->modes.limited)
		return false;
	if (w->subject && mode_book_find(&world->modes, MODE_TEST, w->subject->id))
		return true;
	len = strlen(place);
	if (len >= sizeof(path))
		return false;
	memcpy(path, place, len + 1);
	/* The place, and each above it. */
	for (;;) {
		char *slash;

		if (mode_book_find(&world->modes, MODE_TEST, path))
			return true;
		slash = strrchr(path, '/');
		if (!slash)
			return false;
		*slash = '\0';
	}
}

void watcher_hide_proven(struct watcher_world *world, struct watcher *w, const char *who,
			 const struct watcher_turn *turn)
{
	const struct mode *before, *test;
	struct mode m = { .kind = MODE_PROVEN, .since_us = turn->now.wall_us, .spell = { .on = true } };

	if (!w->subject)
		return;
	before = mode_book_find(&world->modes, MODE_PROVEN, w->subject->id);
	if (before && turn->now.wall_us >= before->since_us && turn->now.wall_us - before->since_us < PROVEN_EVERY)
		return;
	m.subject = (char *)w->subject->id; /* lent: the book takes its own copy */
	test = mode_book_find(&world->modes, MODE_TEST, w->subject->id);
	m.spell.by = (char *)(who ? who : test ? test->spell.by : NULL);
	mode_book_put(&world->modes, &m);
	mode_tell(turn->out, &m);
}

void watcher_hide_test_over(struct watcher_world *world, struct watcher *w, const struct watcher_turn *turn)
{
	struct alarm *a = w->alarm;

	if (!a || !a->test || !a->active || watcher_hide_in_test(world, w))
		return;
	for (size_t i = 0; i < w->input_count; i++)
		if (world->table->points[w->inputs[i]].test)
			return; /* the device itself says that it is in test */
	a->test = false;
	if (!alarm_hidden(a))
		watcher_realarm(world, w, turn);
}
