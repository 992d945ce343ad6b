#include "app/timekeeper.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

#define STEP_MIN     (500 * MS) /* less is steering, or two clocks that were not read at once */
#define ASK_EVERY    MINUTE
#define SEGMENTS_MAX CLOCK_SHIFTS_MAX
#define EXPECT_FOR   (10 * S)
#define WHO_MAX      64

/* From here on the wall clock was so far ahead of the monotonic one, and that good. Stamps in memory may have been shifted
 * since: then memory says where they lie now. */
struct segment {
	int64_t from_us; /* monotonic */
	int64_t ahead_us, memory_ahead_us;
	enum clock_quality quality, memory_quality;
};

/* Who is about to set the clock to what, since when. */
struct expected {
	struct clock_now at; /* the wall clock as it will be, were it set at this moment */
	char who[WHO_MAX];   /* "": nobody */
};

struct timekeeper {
	struct timekeeper_setup setup;
	struct segment segments[SEGMENTS_MAX]; /* oldest first; the last is now */
	size_t count;
	int64_t floor_us;
	int64_t since_us; /* monotonic: of the quality */
	int64_t ask_us;   /* monotonic: when to ask the time service again */
	struct clock_sync sync;
	struct clock_now stepped; /* the last step; mono 0: none */
	int64_t step_us;
	uint64_t steps;
	struct expected expected;
};

struct timekeeper *timekeeper_new(const struct timekeeper_setup *setup)
{
	struct timekeeper *t = MEM_NEW(struct timekeeper);

	t->setup = *setup;
	t->floor_us = setup->floor_us;
	if (!t->setup.judge)
		t->setup.judge = clock_judge;
	return t;
}

void timekeeper_free(struct timekeeper *t)
{
	free(t);
}

static struct segment *last(struct timekeeper *t)
{
	return t->count ? &t->segments[t->count - 1] : NULL;
}

static void add_segment(struct timekeeper *t, struct clock_now now, enum clock_quality quality)
{
	int64_t ahead_us = now.wall_us - now.mono_us;
	/* The first one: since the boot, as far as anybody knows. */
	int64_t from_us = t->count ? now.mono_us : 0;

	if (t->count == SEGMENTS_MAX) {
		memmove(t->segments, t->segments + 1, (SEGMENTS_MAX - 1) * sizeof(*t->segments));
		t->count--;
	}
	t->segments[t->count++] = (struct segment){
		.from_us = from_us,
		.ahead_us = ahead_us,
		.memory_ahead_us = ahead_us,
		.quality = quality,
		.memory_quality = quality,
	};
}

/* The last segment is better than some before it: what was stamped in those, or shifted to them, moves. Newest first,
 * so that a stamp that could be of two segments is taken to be of the newer one. */
static void shift_memory(struct timekeeper *t, struct clock_shifts *ret_shifts)
{
	const struct segment *now = last(t);

	for (size_t i = t->count - 1; i-- > 0;) {
		struct segment *s = &t->segments[i];
		int64_t by_us = now->ahead_us - s->memory_ahead_us;

		if (s->memory_quality >= now->quality)
			continue;
		if (by_us >= STEP_MIN || by_us <= -STEP_MIN)
			ret_shifts->shifts[ret_shifts->count++] = (struct clock_shift){
				.from_us = s->from_us + s->memory_ahead_us,
				.to_us = t->segments[i + 1].from_us + s->memory_ahead_us,
				.by_us = by_us,
			};
		s->memory_ahead_us = now->ahead_us;
		s->memory_quality = now->quality;
	}
}

/* ---- words ---- */

static const char *trust_text(enum clock_quality q)
{
	switch (q) {
	case CLOCK_UNSET: return "unset: times are not to be trusted until it is set";
	case CLOCK_RESTORED: return "plausible, but no time service confirms it";
	case CLOCK_SYNCHRONISED: break;
	}
	return "synchronised";
}

static void add_step(struct str_buf *to, const struct timekeeper_news *n)
{
	char from[CLOCK_ISO_MAX], until[CLOCK_ISO_MAX], by[STR_DURATION_MAX];
	int64_t far_us = (n->step_us < 0 ? -n->step_us : n->step_us) + S / 2;

	str_buf_printf(to, "stepped by %c%s, from %s to %s", n->step_us < 0 ? '-' : '+', str_from_age(far_us, by),
		       clock_format_local(n->at.wall_us - n->step_us, from), clock_format_local(n->at.wall_us, until));
}

static void tell(struct timekeeper *t, struct timekeeper_news *n)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };

	if (n->step_us)
		add_step(&text, n);
	if (n->who)
		str_buf_printf(&text, "%sset by %s", n->step_us ? ", " : "", n->who);
	if (text.len)
		str_buf_add(&text, ": ");
	str_buf_add(&text, trust_text(n->quality));
	n->text = str_buf_text(&text);
	t->setup.learned(t->setup.context, n);
}

/* ---- looking ---- */

enum looking { LOOK_AGAIN, LOOK_SET }; /* LOOK_SET: somebody has set the clock, perhaps to what it was */

static int64_t step_of(struct timekeeper *t, struct clock_now now)
{
	struct segment *s = last(t);
	int64_t step_us = s ? now.wall_us - now.mono_us - s->ahead_us : 0;

	if (step_us >= STEP_MIN || step_us <= -STEP_MIN)
		return step_us;
	if (s)
		s->ahead_us = s->memory_ahead_us = now.wall_us - now.mono_us; /* steered: it drifts along */
	return 0;
}

/* Was it the one who was about to? */
static bool is_expected(const struct timekeeper *t, struct clock_now now)
{
	const struct expected *e = &t->expected;
	int64_t passed_us = now.mono_us - e->at.mono_us, off_us = now.wall_us - e->at.wall_us;

	/* It was set to that moment some time between then and now. */
	return e->who[0] && passed_us <= EXPECT_FOR && off_us >= -S && off_us <= passed_us + S;
}

static void look(struct timekeeper *t, enum looking how, const char *who)
{
	struct timekeeper_news n = { .at = t->setup.now(t->setup.context) };
	struct expected expected = t->expected;
	bool first = t->count == 0;

	n.step_us = step_of(t, n.at);
	if (!who && (n.step_us || how == LOOK_SET) && is_expected(t, n.at)) {
		who = expected.who;
		t->expected.who[0] = '\0';
	}
	n.who = who;
	if (who)
		t->floor_us = 0; /* a person means it */
	if (!first && !n.step_us && !who && n.at.mono_us < t->ask_us)
		return;
	t->setup.sync(t->setup.context, &t->sync);
	t->ask_us = n.at.mono_us + ASK_EVERY;
	n.quality = t->setup.judge(&t->sync, n.at.wall_us, t->floor_us);
	n.before = first ? n.quality : last(t)->quality;
	if (n.quality != CLOCK_UNSET)
		t->floor_us = 0;
	if (!first && !n.step_us && !who && n.quality == n.before)
		return;
	if (n.step_us) {
		t->stepped = n.at;
		t->step_us = n.step_us;
		t->steps++;
	}
	if (first || n.quality != n.before)
		t->since_us = n.at.mono_us;
	add_segment(t, n.at, n.quality);
	shift_memory(t, &n.shifts);
	tell(t, &n);
}

void timekeeper_check(struct timekeeper *t)
{
	look(t, LOOK_AGAIN, NULL);
}

void timekeeper_stepped(struct timekeeper *t)
{
	look(t, LOOK_SET, NULL);
}

int timekeeper_expect(struct timekeeper *t, int64_t wall_us, const char *who)
{
	if (wall_us < clock_build_us())
		return -ERANGE;
	t->expected.at = (struct clock_now){ .mono_us = t->setup.now(t->setup.context).mono_us, .wall_us = wall_us };
	snprintf(t->expected.who, sizeof(t->expected.who), "%s", who);
	return 0;
}

int timekeeper_set(struct timekeeper *t, int64_t wall_us, const char *who)
{
	int r;

	if (wall_us < clock_build_us())
		return -ERANGE;
	r = t->setup.set(t->setup.context, wall_us);
	if (r < 0)
		return r;
	look(t, LOOK_SET, who);
	return 0;
}

/* ---- shown ---- */

enum clock_quality timekeeper_quality(const struct timekeeper *t)
{
	return t->count ? t->segments[t->count - 1].quality : CLOCK_UNSET;
}

enum clock_quality timekeeper_quality_at(const struct timekeeper *t, int64_t mono_us)
{
	for (size_t i = t->count; i-- > 0;)
		if (mono_us >= t->segments[i].from_us || i == 0)
			return t->segments[i].quality;
	return CLOCK_UNSET;
}

void timekeeper_status(const struct timekeeper *t, struct status_clock *ret_status)
{
	struct clock_now now = t->setup.now(t->setup.context);
	int64_t ahead_us = now.wall_us - now.mono_us;

	*ret_status = (struct status_clock){
		.now = now,
		.quality = timekeeper_quality(t),
		.since_us = ahead_us + t->since_us,
		.boot = clock_boot_id(),
		.known = t->sync.known,
		.max_error_us = t->sync.synchronised ? t->sync.max_error_us : 0,
		.steps = t->steps,
		.step_us = t->step_us,
		.stepped_us = t->steps ? ahead_us + t->stepped.mono_us : 0,
	};
}
