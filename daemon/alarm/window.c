#include "alarm/window.h"

#include <errno.h>
#include <math.h>
#include <string.h>

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
	bool unheard; /* unpacked, and not fed since */
	int64_t span_us;
	int64_t seen_us;  /* of the last feed; of values: up to then they are accounted */
	int64_t heard_us; /* confirmation of the value that was fed last; while unheard: of before */
	int64_t left_us;  /* while unheard: until when somebody looked */
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

static bool feed_changes(struct window *w, const struct window_sample *s)
{
	bool changed = s->good && (s->event ? s->fired : w->good && !value_equal(&w->last, s->value));
	bool edge = s->good != w->good;

	w->seen_us = s->now_us;
	forget(w, s->now_us);
	if (s->good && edge)
		w->good_since_us = s->now_us;
	w->good = s->good;
	if (changed)
		note(w, s->now_us);
	if (s->good && !s->event && (changed || edge))
		w->last = *s->value;
	return changed || edge;
}

bool window_count(struct window *w, int64_t now_us, struct window_count *ret_count)
{
	forget(w, now_us);
	ret_count->count = w->count;
	ret_count->whole = w->count < WINDOW_TIMES && now_us - w->good_since_us >= w->span_us;
	return w->good && !w->unheard;
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

/* The value has held up to then, which is no later than the end of the bucket that is being filled. */
static void account(struct window *w, int64_t until_us)
{
	struct bucket *b = bucket_of(w, w->number);

	if (w->good && until_us > w->seen_us) {
		b->good_us += until_us - w->seen_us;
		b->sum += w->value * ((double)(until_us - w->seen_us) / S);
		widen(b, w->value);
	}
	w->seen_us = MAX(w->seen_us, until_us);
}

/* Closes the buckets that are over; at most once around the ring. What is being filled is accounted when the value changes,
 * so that it makes no difference to the last digit who has looked in between. */
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
	for (int64_t end_us; (end_us = (w->number + 1) * w->part_us) <= now_us;) {
		account(w, end_us);
		bucket_of(w, w->number)->end = w->good ? w->value : NAN;
		*bucket_of(w, ++w->number) = nothing;
	}
}

static bool feed_values(struct window *w, const struct window_sample *s)
{
	bool good = s->good && s->value->type == VALUE_NUMBER;

	advance(w, s->now_us);
	if (good == w->good && (!good || s->value->number == w->value))
		return false;
	account(w, s->now_us);
	w->good = good;
	if (good) {
		w->value = s->value->number;
		widen(bucket_of(w, w->number), w->value);
	}
	return true;
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

	if (w->unheard) /* nor is what nobody saw accounted, only because somebody asks */
		return false;
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

static bool feed(struct window *w, const struct window_sample *s)
{
	struct window_sample at = *s;

	at.now_us = MAX(s->now_us, w->seen_us);
	return w->kind == WINDOW_CHANGES ? feed_changes(w, &at) : feed_values(w, &at);
}

/* The first word of the point since the process was another: what nobody saw was as before, or else it was not good. */
static void hear(struct window *w, const struct window_sample *s)
{
	struct window_sample lost = { .now_us = w->left_us, .event = s->event };

	w->unheard = false;
	if (!s->good || s->now_us - w->left_us > MIN(w->span_us, WINDOW_BELIEVED))
		feed(w, &lost);
}

bool window_feed(struct window *w, const struct window_sample *s)
{
	bool first = w->unheard, changed;

	if (first)
		hear(w, s);
	changed = feed(w, s) || first;
	if (changed)
		w->heard_us = s->heard_us;
	return changed;
}

int64_t window_due(struct window *w, int64_t now_us)
{
	if (w->unheard)
		return INT64_MAX;
	return w->kind == WINDOW_CHANGES ? due_of_changes(w, now_us) : due_of_values(w, MAX(now_us, w->seen_us));
}

/* ---- beyond the end of the process ---- */

#define SEEN_LATER   MINUTE /* than what is known of the process, which is written down now and then */
#define PACKED_HEARD (-1)

/* Whoever changes this changes WINDOWS_VERSION. */
struct packed {
	int64_t span_us, seen_us, heard_us;
	uint32_t kind, good;
	int64_t left_us; /* it was unheard still: since then nobody has looked; or PACKED_HEARD */
	union {
		struct { /* WINDOW_CHANGES */
			int64_t good_since_us;
			uint64_t count;
			struct value last;
			int64_t times_us[WINDOW_TIMES]; /* oldest first; as many as there are */
		};
		struct { /* WINDOW_VALUES */
			double value;
			int64_t number;
			struct bucket buckets[WINDOW_BUCKETS];
		};
	};
};

static size_t packed_len(enum window_kind kind, size_t count)
{
	return kind == WINDOW_CHANGES ? offsetof(struct packed, times_us) + count * sizeof(int64_t)
				      : offsetof(struct packed, buckets) + WINDOW_BUCKETS * sizeof(struct bucket);
}

size_t window_packed_max(enum window_kind kind)
{
	return packed_len(kind, WINDOW_TIMES);
}

size_t window_pack(const struct window *w, void *to)
{
	struct packed *p = to;

	p->span_us = w->span_us;
	p->seen_us = w->seen_us;
	p->heard_us = w->heard_us;
	p->left_us = w->unheard ? w->left_us : PACKED_HEARD;
	p->kind = w->kind;
	p->good = w->good;
	if (w->kind == WINDOW_VALUES) {
		p->value = w->value;
		p->number = w->number;
		memcpy(p->buckets, w->buckets, sizeof(p->buckets));
		return packed_len(w->kind, 0);
	}
	p->good_since_us = w->good_since_us;
	p->count = w->count;
	p->last = w->last;
	for (size_t i = 0; i < w->count; i++)
		p->times_us[i] = w->times_us[(w->first + i) % WINDOW_TIMES];
	return packed_len(w->kind, w->count);
}

static bool can_be_value(const struct value *v)
{
	if (v->type == VALUE_BOOL)
		return *(const unsigned char *)&v->boolean <= 1;
	return v->type < VALUE_TEXT || (v->type <= VALUE_EVENT && memchr(v->text, '\0', sizeof(v->text)));
}

static bool can_be_changes(const struct packed *p, size_t len, int64_t until_us)
{
	int64_t before_us = 0;

	if (len < packed_len(WINDOW_CHANGES, 0) || p->count > WINDOW_TIMES ||
	    len != packed_len(WINDOW_CHANGES, p->count) || p->good_since_us < 0 || p->good_since_us > until_us ||
	    !can_be_value(&p->last))
		return false;
	for (size_t i = 0; i < p->count; before_us = p->times_us[i++])
		if (p->times_us[i] < before_us || p->times_us[i] > until_us)
			return false;
	return true;
}

/* How much of a bucket can have been good: all of one that is over, and of the one that is being filled what has passed. */
static int64_t most_good_us(const struct window *w, const struct packed *p, size_t at)
{
	if (p->number < 0 || at != (size_t)(p->number % WINDOW_BUCKETS))
		return w->part_us;
	return MIN(p->seen_us - p->number * w->part_us, w->part_us);
}

static bool can_be_values(const struct window *w, const struct packed *p, size_t len, int64_t until_us)
{
	if (len != packed_len(WINDOW_VALUES, 0) || p->number < -1 || p->number > until_us / w->part_us)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(p->buckets); i++)
		if (p->buckets[i].good_us < 0 || p->buckets[i].good_us > most_good_us(w, p, i))
			return false;
	return true;
}

int window_unpack(struct window *w, const void *from, size_t len, int64_t left_us)
{
	const struct packed *p = from;
	int64_t until_us;

	if (len < offsetof(struct packed, good_since_us) || p->kind != w->kind || p->span_us != w->span_us ||
	    p->good > 1 || p->seen_us < 0 || p->seen_us > left_us + SEEN_LATER || p->left_us < PACKED_HEARD ||
	    p->left_us > left_us + SEEN_LATER)
		return -EBADMSG;
	until_us = MAX(p->left_us == PACKED_HEARD ? left_us : p->left_us, p->seen_us);
	if (w->kind == WINDOW_CHANGES ? !can_be_changes(p, len, until_us) : !can_be_values(w, p, len, until_us))
		return -EBADMSG;
	w->seen_us = p->seen_us;
	w->heard_us = p->heard_us;
	w->left_us = until_us;
	w->good = w->unheard = p->good;
	if (w->kind == WINDOW_VALUES) {
		w->value = p->value;
		w->number = p->number;
		memcpy(w->buckets, p->buckets, sizeof(p->buckets));
		return 0;
	}
	w->good_since_us = p->good_since_us;
	w->last = p->last;
	w->first = 0;
	w->count = p->count;
	memcpy(w->times_us, p->times_us, p->count * sizeof(p->times_us[0]));
	return 0;
}

bool window_unheard(const struct window *w, int64_t heard_us)
{
	return w->unheard && heard_us < w->heard_us;
}
