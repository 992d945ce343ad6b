/* Windows against a naive one that keeps every reading and looks through all of them. */
#include "unit.h"

#include <errno.h>
#include <math.h>

#include "alarm/window.h"
#include "base/mem.h"

#define STEPS 400

struct kept {
	int64_t at_us;
	bool good, fired;
	struct value value;
};

struct history {
	bool event;
	size_t count;
	struct kept readings[STEPS];
};

/* The reading that holds at that time, or NULL. Of several at one time the last. */
static const struct kept *held_at(const struct history *h, int64_t at_us)
{
	const struct kept *found = NULL;

	for (size_t i = 0; i < h->count && h->readings[i].at_us <= at_us; i++)
		found = &h->readings[i];
	return found;
}

/* The same, but for what came at that very time. */
static const struct kept *held_before(const struct history *h, int64_t at_us)
{
	const struct kept *found = NULL;

	for (size_t i = 0; i < h->count && h->readings[i].at_us < at_us; i++)
		found = &h->readings[i];
	return found;
}

static bool good_number(const struct kept *k)
{
	return k && k->good && k->value.type == VALUE_NUMBER;
}

/* ---- changes ---- */

static size_t naive_count(const struct history *h, int64_t now_us, int64_t span_us)
{
	size_t count = 0;

	for (size_t i = 0; i < h->count; i++) {
		const struct kept *k = &h->readings[i], *before = i ? k - 1 : NULL;
		bool changed = h->event ? k->fired && k->good
					: k->good && before && before->good && !value_equal(&before->value, &k->value);

		count += changed && now_us - k->at_us < span_us;
	}
	return count;
}

static bool naive_whole(const struct history *h, int64_t now_us, int64_t span_us)
{
	int64_t since_us = INT64_MAX;

	for (size_t i = 0; i < h->count; i++)
		if (!h->readings[i].good)
			since_us = INT64_MAX;
		else if (since_us == INT64_MAX)
			since_us = h->readings[i].at_us;
	return since_us != INT64_MAX && now_us - since_us >= span_us;
}

static void check_changes(struct window *w, const struct history *h, int64_t now_us, int64_t span_us)
{
	size_t wanted = naive_count(h, now_us, span_us);
	const struct kept *now = held_at(h, now_us);
	struct window_count c;
	bool known = window_count(w, now_us, &c);

	assert_int_equal(known, now && now->good);
	assert_int_equal(c.count, MIN(wanted, (size_t)WINDOW_TIMES));
	if (known)
		assert_int_equal(c.whole, naive_whole(h, now_us, span_us) && wanted < WINDOW_TIMES);
}

/* ---- values ---- */

struct naive {
	int64_t good_us;
	double mean, least, most, slope;
};

static void naive_extremes(const struct history *h, int64_t from_us, int64_t now_us, struct naive *n)
{
	for (size_t i = 0; i < h->count; i++) {
		const struct kept *k = &h->readings[i];
		int64_t until_us = i + 1 < h->count ? h->readings[i + 1].at_us : now_us;

		/* What held at some time after from, or came at from or later. */
		if (!good_number(k) || k->at_us > now_us || (until_us <= from_us && k->at_us < from_us))
			continue;
		n->least = fmin(n->least, k->value.number);
		n->most = fmax(n->most, k->value.number);
	}
}

static struct naive look(const struct history *h, int64_t now_us, int64_t span_us)
{
	int64_t part_us = span_us / WINDOW_PARTS, to_us = now_us / part_us * part_us;
	int64_t from_us = MAX(to_us - part_us * WINDOW_PARTS, (int64_t)0);
	struct naive n = { .least = INFINITY, .most = -INFINITY };
	const struct kept *begin = held_before(h, to_us - part_us * WINDOW_PARTS), *end = held_before(h, to_us);
	double sum = 0;

	for (size_t i = 0; i < h->count; i++) {
		const struct kept *k = &h->readings[i];
		int64_t a = MAX(k->at_us, from_us), b = i + 1 < h->count ? h->readings[i + 1].at_us : now_us;

		b = MIN(b, to_us);
		if (!good_number(k) || a >= b)
			continue;
		n.good_us += b - a;
		sum += k->value.number * (double)(b - a);
	}
	n.mean = sum / (double)n.good_us;
	n.slope = good_number(begin) && good_number(end)
			  ? (end->value.number - begin->value.number) * S / (double)(part_us * WINDOW_PARTS)
			  : NAN;
	naive_extremes(h, from_us, now_us, &n);
	return n;
}

static void check_measure(struct window *w, enum window_measure what, int64_t now_us, double wanted)
{
	double got = NAN;
	bool known = window_measure(w, what, now_us, &got);

	assert_int_equal(known, isfinite(wanted));
	if (known && fabs(got - wanted) > 1e-6 * fmax(1, fabs(wanted)))
		fail_msg("measure %d at %lld: %.9g, the naive one says %.9g", what, (long long)now_us, got, wanted);
}

static void check_values(struct window *w, const struct history *h, int64_t now_us, int64_t span_us)
{
	struct naive n = look(h, now_us, span_us);
	bool good = good_number(held_at(h, now_us));
	bool half = good && n.good_us >= span_us / WINDOW_PARTS * WINDOW_PARTS / 2;

	check_measure(w, WINDOW_MEAN, now_us, half ? n.mean : NAN);
	check_measure(w, WINDOW_LEAST, now_us, half ? n.least : NAN);
	check_measure(w, WINDOW_MOST, now_us, half ? n.most : NAN);
	check_measure(w, WINDOW_SLOPE, now_us, good ? n.slope : NAN);
}

/* ---- a history at random ---- */

static uint32_t dice;

static uint32_t roll(uint32_t sides)
{
	dice = dice * 1664525 + 1013904223;
	return (dice >> 8) % sides;
}

static int64_t pause_us(int64_t span_us)
{
	switch (roll(12)) {
	case 0: return 0;
	case 1: return span_us;
	case 2: return span_us * 3;
	case 3: return span_us / WINDOW_PARTS;
	case 4: return 1;
	default: return (int64_t)((double)span_us / 8 * roll(1000) / 1000);
	}
}

static void feed(struct window *w, struct history *h, int64_t now_us)
{
	struct kept *k = &h->readings[h->count++];

	*k = (struct kept){ .at_us = now_us, .good = roll(8) > 0 };
	k->fired = h->event && k->good && roll(2);
	k->value = h->event ? value_event("") : value_number((double)roll(5) - 2);
	window_feed(w, &(struct window_sample){ now_us, k->good, h->event, k->fired, &k->value, now_us });
}

struct run {
	enum window_kind kind;
	bool event;
	int64_t span_us;
};

/* Answers may change between two readings, but never between two times that `due` names. */
static void walk(struct window *w, struct history *h, const struct run *run, int64_t *now_us)
{
	int64_t until_us = *now_us + pause_us(run->span_us);
	int64_t due_us = window_due(w, *now_us);

	assert_true(due_us > *now_us);
	for (int i = 0; i < 3 && due_us < until_us; i++) {
		*now_us = due_us;
		run->kind == WINDOW_CHANGES ? check_changes(w, h, due_us, run->span_us)
					    : check_values(w, h, due_us, run->span_us);
		due_us = window_due(w, *now_us);
		assert_true(due_us > *now_us);
	}
	*now_us = until_us;
}

static void a_window_agrees_with_one_that_keeps_every_reading(void **state)
{
	const struct run *run = *state;

	for (uint32_t seed = 1; seed <= 60; seed++) {
		_cleanup_(window_freep) struct window *w = window_new(run->kind, run->span_us);
		_cleanup_(freep) struct history *h = MEM_NEW(struct history);
		int64_t now_us = seed % 3 ? 1000000 * S + seed : seed;

		dice = seed;
		h->event = run->event;
		while (h->count < STEPS) {
			feed(w, h, now_us);
			if (run->kind == WINDOW_CHANGES)
				check_changes(w, h, now_us, run->span_us);
			else
				check_values(w, h, now_us, run->span_us);
			walk(w, h, run, &now_us);
		}
	}
}

/* Packed and unpacked after each reading, at the latest when it was asked: it is the same window, to the last digit. */
static void a_window_that_was_packed_is_the_same(void **state)
{
	const struct run *run = *state;
	_cleanup_(window_freep) struct window *w = window_new(run->kind, run->span_us), *kept = NULL;
	_cleanup_(freep) struct history *h = MEM_NEW(struct history);
	_cleanup_(freep) void *packed = mem_zalloc(window_packed_max(run->kind));
	size_t len = window_pack(w, packed);
	int64_t now_us = 1000000 * S;

	dice = 5;
	h->event = run->event;
	while (h->count < STEPS) {
		const struct kept *k = &h->readings[h->count];
		struct window_sample again;

		feed(w, h, now_us);
		again = (struct window_sample){ now_us, k->good, h->event, k->fired, &k->value, now_us };
		window_free(kept);
		kept = window_new(run->kind, run->span_us);
		assert_int_equal(window_unpack(kept, packed, len, now_us), 0);
		if (window_feed(kept, &again))
			len = window_pack(kept, packed);
		assert_true(len % 8 == 0 && len <= window_packed_max(run->kind));
		assert_int_equal(window_due(kept, now_us), window_due(w, now_us));
		for (int m = WINDOW_MEAN; run->kind == WINDOW_VALUES && m <= WINDOW_SLOPE; m++) {
			double a = 0, b = 0;

			assert_int_equal(window_measure(w, (enum window_measure)m, now_us, &a),
					 window_measure(kept, (enum window_measure)m, now_us, &b));
			assert_memory_equal(&a, &b, sizeof(a));
		}
		if (run->kind == WINDOW_CHANGES)
			check_changes(kept, h, now_us, run->span_us);
		walk(w, h, run, &now_us);
	}
}

static void feed_bool(struct window *w, int64_t now_us, bool on)
{
	struct value v = value_bool(on);

	window_feed(w, &(struct window_sample){ now_us, true, false, false, &v, now_us });
}

/* A restart of some seconds hides nothing; what nobody saw for longer is not known. */
static void a_short_restart_is_believed_and_a_long_one_is_not(void **state)
{
	static const struct {
		int64_t span_us, outage_us;
		bool whole;
	} cases[] = {
		{ 10 * S, 3 * S, true },
		{ 10 * S, 10 * S, true },
		{ 10 * S, 10 * S + 1, false },
		{ HOUR, WINDOW_BELIEVED, true },
		{ HOUR, WINDOW_BELIEVED + 1, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(window_freep) struct window *before = window_new(WINDOW_CHANGES, cases[i].span_us);
		_cleanup_(window_freep) struct window *w = window_new(WINDOW_CHANGES, cases[i].span_us);
		_cleanup_(freep) void *packed = mem_zalloc(window_packed_max(WINDOW_CHANGES));
		int64_t left_us = 2 * HOUR;
		struct window_count c;

		feed_bool(before, 0, false);
		assert_int_equal(window_unpack(w, packed, window_pack(before, packed), left_us), 0);
		assert_false(window_count(w, left_us, &c)); /* nobody has said anything yet */
		assert_true(window_due(w, left_us) == INT64_MAX);
		feed_bool(w, left_us + cases[i].outage_us, true);
		assert_true(window_count(w, left_us + cases[i].outage_us, &c));
		assert_int_equal(c.whole, cases[i].whole);
		assert_int_equal(c.count, cases[i].whole); /* that it changed meanwhile is seen too */
	}
}

/* A daemon that starts again and again, and ends each time before the point is heard, has seen nothing meanwhile. */
static void many_short_restarts_are_a_long_one(void **state)
{
	_cleanup_(window_freep) struct window *w = window_new(WINDOW_CHANGES, HOUR);
	_cleanup_(freep) void *packed = mem_zalloc(window_packed_max(WINDOW_CHANGES));
	int64_t left_us = 2 * HOUR;
	struct window_count c;

	(void)state;
	feed_bool(w, 0, false);
	for (int i = 0; i < 3; i++, left_us += WINDOW_BELIEVED / 2) {
		size_t len = window_pack(w, packed);

		window_free(w);
		w = window_new(WINDOW_CHANGES, HOUR);
		assert_int_equal(window_unpack(w, packed, len, left_us), 0);
	}
	feed_bool(w, left_us, false); /* a minute and a half after it was heard last */
	assert_true(window_count(w, left_us, &c));
	assert_false(c.whole);
	feed_bool(w, left_us + 1, true);
	assert_int_equal(window_unpack(w, packed, window_pack(w, packed), left_us + HOUR),
			 0); /* heard: a new end counts */
	feed_bool(w, left_us + HOUR + S, true);
	assert_true(window_count(w, left_us + HOUR + S, &c));
	assert_true(c.whole);
}

/* Whoever asks before the point is heard learns nothing, and makes nothing of the time that nobody saw. */
static void asking_accounts_nothing_that_nobody_saw(void **state)
{
	_cleanup_(window_freep) struct window *before = window_new(WINDOW_VALUES, 10 * MINUTE);
	_cleanup_(freep) void *packed = mem_zalloc(window_packed_max(WINDOW_VALUES));
	struct value v = value_number(10);
	double value;

	(void)state;
	window_feed(before, &(struct window_sample){ HOUR, true, false, false, &v, HOUR });
	for (int asked = 0; asked < 2; asked++) {
		_cleanup_(window_freep) struct window *w = window_new(WINDOW_VALUES, 10 * MINUTE);
		int64_t back_us = 2 * HOUR + 9 * MINUTE;

		assert_int_equal(window_unpack(w, packed, window_pack(before, packed), 2 * HOUR), 0);
		if (asked)
			assert_false(window_measure(w, WINDOW_MEAN, 2 * HOUR + 8 * MINUTE, &value));
		window_feed(w, &(struct window_sample){ back_us, true, false, false, &v, back_us });
		assert_false(window_measure(w, WINDOW_MEAN, back_us, &value)); /* good for a minute of ten */
	}
}

/* Bytes that cannot be a window are refused, and the window is a new one still. */
static void what_cannot_be_a_window_is_refused(void **state)
{
	const struct run *run = *state;
	_cleanup_(window_freep) struct window *w = window_new(run->kind, run->span_us);
	_cleanup_(freep) struct history *h = MEM_NEW(struct history);
	_cleanup_(freep) unsigned char *packed = mem_zalloc(window_packed_max(run->kind));
	int64_t now_us = 1000 * S;
	size_t len;

	dice = 3;
	h->event = run->event;
	for (int i = 0; i < 20; i++, now_us += run->span_us / 50)
		feed(w, h, now_us);
	len = window_pack(w, packed);
	for (int i = 0; i < 20000; i++) {
		_cleanup_(window_freep) struct window *other = window_new(run->kind, run->span_us);
		_cleanup_(freep) unsigned char *bytes = mem_dup(packed, window_packed_max(run->kind));
		struct window_count c;
		double value;

		bytes[roll((uint32_t)len)] = (unsigned char)roll(256);
		if (window_unpack(other, bytes, i % 7 ? len : roll((uint32_t)len + 1), now_us) < 0)
			continue;
		feed(other, h, now_us);
		h->count--;
		if (run->kind == WINDOW_CHANGES)
			window_count(other, now_us + S, &c);
		else
			window_measure(other, WINDOW_MEAN, now_us + S, &value);
		window_due(other, now_us + S);
	}
	assert_int_equal(window_unpack(w, packed, 0, now_us), -EBADMSG);
	assert_int_equal(window_unpack(w, packed, len - 8, now_us), -EBADMSG);
}

/* What no due time announces does not happen: a step before it all is as it was. */
static void nothing_turns_before_it_is_due(void **state)
{
	static const enum window_measure all[] = { WINDOW_MEAN, WINDOW_LEAST, WINDOW_MOST, WINDOW_SLOPE };
	const struct run *run = *state;
	_cleanup_(window_freep) struct window *w = window_new(WINDOW_VALUES, run->span_us);
	struct value v = value_number(1);
	int64_t now_us = 77 * S, turns = 0;

	for (int i = 0; i < 5; i++) {
		int64_t due_us;

		v.number = i * 3 % 5;
		window_feed(w, &(struct window_sample){ now_us, true, false, false, &v, now_us });
		while ((due_us = window_due(w, now_us)) != INT64_MAX) {
			double before[4], after;

			for (size_t m = 0; m < 4; m++)
				before[m] = window_measure(w, all[m], now_us, &after) ? after : NAN;
			for (size_t m = 0; m < 4; m++) {
				bool known = window_measure(w, all[m], due_us - 1, &after);

				assert_int_equal(known, isfinite(before[m]));
				assert_true(!known || after == before[m]);
			}
			now_us = due_us;
			turns++;
		}
	}
	assert_true(turns >= 5 * WINDOW_PARTS && turns <= 5 * (WINDOW_PARTS + 3));
}

/* A storm of readings costs no memory, and counts as "at least". */
static void a_storm_is_counted_as_at_least(void **state)
{
	_cleanup_(window_freep) struct window *w = window_new(WINDOW_CHANGES, 10 * S);
	struct value v = value_bool(false);
	struct window_count c;
	int64_t now_us = 0;

	(void)state;
	for (int i = 0; i < 100000; i++, now_us += MS) {
		v.boolean = i & 1;
		window_feed(w, &(struct window_sample){ now_us, true, false, false, &v, now_us });
	}
	assert_true(window_count(w, now_us, &c));
	assert_int_equal(c.count, WINDOW_TIMES);
	assert_false(c.whole);
	now_us += 10 * S;
	assert_true(window_count(w, now_us, &c));
	assert_int_equal(c.count, 0);
	assert_true(c.whole);
}

#define RUN(what, kind, event, span) cmocka_unit_test_prestate(what, (&(struct run){ kind, event, span }))

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN(a_window_agrees_with_one_that_keeps_every_reading, WINDOW_CHANGES, false, 10 * S),
		RUN(a_window_agrees_with_one_that_keeps_every_reading, WINDOW_CHANGES, true, 10 * S),
		RUN(a_window_agrees_with_one_that_keeps_every_reading, WINDOW_CHANGES, true, 5 * MINUTE),
		RUN(a_window_agrees_with_one_that_keeps_every_reading, WINDOW_VALUES, false, S),
		RUN(a_window_agrees_with_one_that_keeps_every_reading, WINDOW_VALUES, false, 10 * MINUTE),
		RUN(a_window_agrees_with_one_that_keeps_every_reading, WINDOW_VALUES, false, 7 * DAY),
		RUN(a_window_that_was_packed_is_the_same, WINDOW_CHANGES, false, 10 * S),
		RUN(a_window_that_was_packed_is_the_same, WINDOW_CHANGES, true, 10 * S),
		RUN(a_window_that_was_packed_is_the_same, WINDOW_VALUES, false, 10 * MINUTE),
		cmocka_unit_test(a_short_restart_is_believed_and_a_long_one_is_not),
		cmocka_unit_test(many_short_restarts_are_a_long_one),
		cmocka_unit_test(asking_accounts_nothing_that_nobody_saw),
		RUN(what_cannot_be_a_window_is_refused, WINDOW_CHANGES, false, 10 * S),
		RUN(what_cannot_be_a_window_is_refused, WINDOW_VALUES, false, 10 * S),
		RUN(nothing_turns_before_it_is_due, WINDOW_VALUES, false, 32 * S),
		cmocka_unit_test(a_storm_is_counted_as_at_least),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
