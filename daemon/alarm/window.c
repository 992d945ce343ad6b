#include "alarm/window.h"

#include <math.h>

#include "base/mem.h"

/* One part of the window. Without a value yet: least > most. */
struct bucket {
	int64_t good_us;
	double sum; /* value times seconds */
	double least, most;
	double end; /* the value at its end; NAN where it was not good then */
};

struct window {
	enum window_kind kind;
	bool good;
	int64_t span_us;
	int64_t seen_us; /* of the last feed, or of the last look */
	union {
		struct { /* WINDOW_CHANGES */
			int64_t good_since_us;
			struct value last;
			int64_t times_us[WINDOW_TIMES];
			size_t first, count;
		};
		struct { /* WINDOW_VALUES */
			double value;
			int64_t part_us, number; /* of the bucket that is being filled */
			struct bucket buckets[];
		};
	};
};

static const struct bucket nothing = { .least = INFINITY, .most = -INFINITY, .end = NAN };

struct window *window_new(enum window_kind kind, int64_t span_us)
{
	size_t room = kind == WINDOW_VALUES ? WINDOW_BUCKETS * sizeof(struct bucket) : 0;
	struct window *w = mem_zalloc(sizeof(*w) + room);

	w->kind = kind;
	w->span_us = span_us;
	if (kind == WINDOW_VALUES) {
		w->part_us = MAX(span_us / WINDOW_PARTS, (int64_t)1);
		w->number = -1;
	}
	return w;
}

void window_free(struct window *w)
{
	free(w);
}

/* ---- changes ---- */

static void forget(struct window *w, int64_t now_us)
{
	while (w->count > 0 && now_us - w->times_us[w->first] >= w->span_us) {
		w->first = (w->first + 1) % WINDOW_TIMES;
		w->count--;
	}
}

static void note(struct window *w, int64_t now_us)
{
	if (w->count == WINDOW_TIMES) {
		w->first = (w->first + 1) % WINDOW_TIMES;
		w->count--;
	}
	w->times_us[(w->first + w->count++) % WINDOW_TIMES] = now_us;
}

static void feed_changes(struct window *w, const struct window_sample *s)
{
	bool changed = s->event ? s->fired : w->good && !value_equal(&w->last, s->value);

	forget(w, s->now_us);
	if (s->good && !w->good)
		w->good_since_us = s->now_us;
	w->good = s->good;
	if (!s->good)
		return;
	if (changed)
		note(w, s->now_us);
	if (!s->event)
		w->last = *s->value;
}

bool window_count(struct window *w, int64_t now_us, struct window_count *ret_count)
{
	forget(w, now_us);
	ret_count->count = w->count;
	ret_count->whole = w->count < WINDOW_TIMES && now_us - w->good_since_us >= w->span_us;
	return w->good;
}

static int64_t due_of_changes(const struct window *w, int64_t now_us)
{
	int64_t due_us = w->good_since_us + w->span_us;

	if (!w->good)
		return INT64_MAX;
	if (due_us <= now_us)
		due_us = INT64_MAX;
	return w->count > 0 ? MIN(due_us, w->times_us[w->first] + w->span_us) : due_us;
}

/* ---- values ---- */

static struct bucket *bucket_of(struct window *w, int64_t number)
{
	return &w->buckets[number % WINDOW_BUCKETS];
}

static void widen(struct bucket *b, double value)
{
	b->least = fmin(b->least, value);
	b->most = fmax(b->most, value);
}

/* Accounts the value up to then; at most once around the ring. */
static void advance(struct window *w, int64_t now_us)
{
	int64_t number = now_us / w->part_us;

	if (w->number < 0 || number - w->number > WINDOW_BUCKETS) {
		int64_t start_us = (number - WINDOW_BUCKETS + 1) * w->part_us;

		for (size_t i = 0; i < WINDOW_BUCKETS; i++)
			w->buckets[i] = nothing;
		w->number = number < WINDOW_BUCKETS ? number : number - WINDOW_BUCKETS + 1;
		w->seen_us = w->number == number ? now_us : MAX(w->seen_us, start_us);
	}
	while (w->seen_us < now_us) {
		int64_t end_us = (w->number + 1) * w->part_us, until_us = MIN(end_us, now_us);
		struct bucket *b = bucket_of(w, w->number);

		if (w->good) {
			b->good_us += until_us - w->seen_us;
			b->sum += w->value * ((double)(until_us - w->seen_us) / S);
			widen(b, w->value);
		}
		w->seen_us = until_us;
		if (until_us < end_us)
			break;
		b->end = w->good ? w->value : NAN;
		*bucket_of(w, ++w->number) = nothing;
	}
}

static void feed_values(struct window *w, const struct window_sample *s)
{
	advance(w, s->now_us);
	w->good = s->good && s->value->type == VALUE_NUMBER;
	if (!w->good)
		return;
	w->value = s->value->number;
	widen(bucket_of(w, w->number), w->value);
}

/* The whole buckets of the window as one. */
static struct bucket whole_of(struct window *w)
{
	struct bucket all = nothing;

	for (int64_t n = MAX(w->number - WINDOW_PARTS, (int64_t)0); n < w->number; n++) {
		const struct bucket *b = bucket_of(w, n);

		all.good_us += b->good_us;
		all.sum += b->sum;
		all.least = fmin(all.least, b->least);
		all.most = fmax(all.most, b->most);
	}
	return all;
}

static double slope_of(struct window *w)
{
	double begin = w->number > WINDOW_PARTS ? bucket_of(w, w->number - WINDOW_PARTS - 1)->end : NAN;
	double end = w->number > 0 ? bucket_of(w, w->number - 1)->end : NAN;

	return (end - begin) / ((double)(w->part_us * WINDOW_PARTS) / S);
}

bool window_measure(struct window *w, enum window_measure what, int64_t now_us, double *ret_value)
{
	const struct bucket *now;
	struct bucket all;

	advance(w, now_us);
	all = whole_of(w);
	now = bucket_of(w, w->number);
	switch (what) {
	case WINDOW_MEAN: *ret_value = all.sum / ((double)all.good_us / S); break;
	case WINDOW_LEAST: *ret_value = fmin(all.least, now->least); break;
	case WINDOW_MOST: *ret_value = fmax(all.most, now->most); break;
	case WINDOW_SLOPE: *ret_value = slope_of(w); break;
	}
	if (what != WINDOW_SLOPE && all.good_us < w->part_us * WINDOW_PARTS / 2)
		return false;
	return w->good && isfinite(*ret_value);
}

/* Nothing to come but what is there already: the same value, good, in all of the window. */
static bool settled(struct window *w)
{
	for (int64_t n = w->number - WINDOW_PARTS - 1; n <= w->number; n++) {
		const struct bucket *b = n >= 0 ? bucket_of(w, n) : &nothing;

		if (n < w->number && (b->good_us < w->part_us || !(b->end == w->value)))
			return false;
		if (b->least < w->value || b->most > w->value)
			return false;
	}
	return true;
}

static int64_t due_of_values(struct window *w, int64_t now_us)
{
	advance(w, now_us);
	if (!w->good || settled(w))
		return INT64_MAX;
	return (w->number + 1) * w->part_us;
}

/* ---- both ---- */

void window_feed(struct window *w, const struct window_sample *s)
{
	struct window_sample at = *s;

	at.now_us = MAX(s->now_us, w->seen_us);
	if (w->kind == WINDOW_CHANGES) {
		w->seen_us = at.now_us;
		feed_changes(w, &at);
	} else {
		feed_values(w, &at);
	}
}

int64_t window_due(struct window *w, int64_t now_us)
{
	return w->kind == WINDOW_CHANGES ? due_of_changes(w, now_us) : due_of_values(w, MAX(now_us, w->seen_us));
}
