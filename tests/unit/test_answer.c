/* The answer receiver: only what was asked is believed. No line, no clock: bytes and virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/util.h"
#include "base/str.h"
#include "field/answer.h"
#include "field/health.h"
#include "unit.h"

/* -------- frames -------- */

struct bytes {
	uint8_t at[300];
	size_t len;
};

static void put(struct bytes *b, unsigned value)
{
	b->at[b->len++] = (uint8_t)value;
}

static void put_crc(struct bytes *b)
{
	uint16_t crc = frame_crc(b->at, b->len);

	put(b, crc & 0xff);
	put(b, crc >> 8);
}

/* The value of a register says which one it is. */
static uint16_t register_value(unsigned unit, unsigned address)
{
	return (uint16_t)(unit * 4096 + address);
}

static void put_body(struct bytes *b, const struct frame_request *r)
{
	put(b, r->function);
	put(b, 2U * r->count);
	for (unsigned i = 0; i < r->count; i++) {
		put(b, register_value(r->unit, r->address + i) >> 8);
		put(b, register_value(r->unit, r->address + i) & 0xff);
	}
}

static struct bytes rtu_answer(const struct frame_request *r)
{
	struct bytes b = { .len = 0 };

	put(&b, r->unit);
	put_body(&b, r);
	put_crc(&b);
	return b;
}

static struct bytes tcp_answer(const struct frame_request *r, uint16_t transaction)
{
	struct bytes b = { .len = 0 };

	put(&b, transaction >> 8);
	put(&b, transaction & 0xff);
	put(&b, 0);
	put(&b, 0);
	put(&b, (2U * r->count + 3) >> 8);
	put(&b, (2U * r->count + 3) & 0xff);
	put(&b, r->unit);
	put_body(&b, r);
	return b;
}

static struct bytes rtu_exception(const struct frame_request *r, unsigned code)
{
	struct bytes b = { .len = 0 };

	put(&b, r->unit);
	put(&b, r->function | 0x80U);
	put(&b, code);
	put_crc(&b);
	return b;
}

static enum answer_event feed(struct answer *a, const struct bytes *b, struct answer_frame *f)
{
	for (size_t at = 0; at < b->len;) {
		size_t n = MIN(answer_room(a), b->len - at);
		enum answer_event e;

		answer_feed(a, b->at + at, n);
		at += n;
		e = answer_next(a, f);
		if (e != ANSWER_MORE)
			return e;
	}
	return ANSWER_MORE;
}

static bool right(const struct frame_request *r, const struct answer_frame *f)
{
	if (f->unit != r->unit || f->function != r->function || f->len != 2 * r->count)
		return false;
	for (unsigned i = 0; i < r->count; i++)
		if ((f->data[2 * i] << 8 | f->data[2 * i + 1]) != register_value(r->unit, r->address + i))
			return false;
	return true;
}

static const struct frame_request ask = { .unit = 4, .function = 3, .address = 10, .count = 6 };

static struct answer rtu_waiting(void)
{
	struct answer a;

	answer_init(&a, FRAME_RTU);
	answer_expect(&a, &ask, 0);
	return a;
}

static struct answer tcp_waiting(uint16_t transaction)
{
	struct answer a;

	answer_init(&a, FRAME_TCP);
	answer_expect(&a, &ask, transaction);
	return a;
}

/* -------- what is believed -------- */

static void the_crc_is_that_of_the_standard(void **state)
{
	const uint8_t request[] = { 0x01, 0x03, 0x00, 0x00, 0x00, 0x0a };

	(void)state;
	assert_int_equal(frame_crc(request, sizeof(request)), 0xcdc5);
}

static void a_right_answer_is_taken_however_it_is_cut(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < 20; piece++) {
		struct answer a[2] = { rtu_waiting(), tcp_waiting(7) };
		struct bytes b[2] = { rtu_answer(&ask), tcp_answer(&ask, 7) };

		for (int k = 0; k < 2; k++) {
			struct answer_frame f;
			enum answer_event e = ANSWER_MORE;

			for (size_t at = 0; at < b[k].len; at += piece) {
				assert_int_equal(e, ANSWER_MORE);
				answer_feed(&a[k], b[k].at + at, MIN(piece, b[k].len - at));
				e = answer_next(&a[k], &f);
			}
			assert_int_equal(e, ANSWER_GOOD);
			assert_true(right(&ask, &f));
			assert_int_equal(answer_next(&a[k], &f), ANSWER_MORE);
		}
	}
}

static void an_exception_is_an_answer(void **state)
{
	struct answer a = rtu_waiting();
	struct bytes b = rtu_exception(&ask, 2);
	struct answer_frame f;

	(void)state;
	assert_int_equal(feed(&a, &b, &f), ANSWER_EXCEPTION);
	assert_int_equal(f.exception, 2);
	assert_int_equal(f.function, 3);

	a = tcp_waiting(7);
	b = (struct bytes){ { 0, 7, 0, 0, 0, 3, 4, 0x83, 0x0b }, 9 };
	assert_int_equal(feed(&a, &b, &f), ANSWER_EXCEPTION);
	assert_int_equal(f.exception, 0x0b);
}

static void a_wrong_crc_ends_the_waiting_and_gives_nothing(void **state)
{
	struct answer a = rtu_waiting();
	struct bytes b = rtu_answer(&ask);
	struct answer_frame f;

	(void)state;
	b.at[6] ^= 0x10;
	assert_int_equal(feed(&a, &b, &f), ANSWER_CORRUPT);
	b = rtu_answer(&ask);
	assert_int_equal(feed(&a, &b, &f), ANSWER_OTHER);
	assert_int_equal(f.fault, ANSWER_FAULT_UNASKED);
}

static void what_was_not_asked_is_passed_over_and_the_answer_still_taken(void **state)
{
	const struct frame_request others[] = {
		{ .unit = 5, .function = 3, .address = 10, .count = 6 },
		{ .unit = 4, .function = 4, .address = 10, .count = 6 },
		{ .unit = 4, .function = 3, .address = 10, .count = 5 },
	};
	const enum answer_fault faults[] = { ANSWER_FAULT_UNIT, ANSWER_FAULT_FUNCTION, ANSWER_FAULT_LENGTH };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		struct answer a[2] = { rtu_waiting(), tcp_waiting(7) };
		struct bytes wrong[2] = { rtu_answer(&others[i]), tcp_answer(&others[i], 7) };
		struct bytes good[2] = { rtu_answer(&ask), tcp_answer(&ask, 7) };

		for (int k = 0; k < 2; k++) {
			struct answer_frame f;

			assert_int_equal(feed(&a[k], &wrong[k], &f), ANSWER_OTHER);
			assert_int_equal(f.fault, faults[i]);
			assert_int_equal(feed(&a[k], &good[k], &f), ANSWER_GOOD);
			assert_true(right(&ask, &f));
		}
	}
}

static void a_wrong_transaction_or_protocol_id_is_passed_over(void **state)
{
	struct answer a = tcp_waiting(7);
	struct bytes b = tcp_answer(&ask, 6);
	struct answer_frame f;

	(void)state;
	assert_int_equal(feed(&a, &b, &f), ANSWER_OTHER);
	assert_int_equal(f.fault, ANSWER_FAULT_TRANSACTION);
	b = tcp_answer(&ask, 7);
	b.at[3] = 1;
	assert_int_equal(feed(&a, &b, &f), ANSWER_OTHER);
	assert_int_equal(f.fault, ANSWER_FAULT_PROTOCOL);
	b = tcp_answer(&ask, 7);
	assert_int_equal(feed(&a, &b, &f), ANSWER_GOOD);
}

static void lengths_that_disagree_with_each_other_are_passed_over(void **state)
{
	struct answer a = tcp_waiting(7);
	struct bytes b = tcp_answer(&ask, 7);
	struct answer_frame f;

	(void)state;
	b.at[8] -= 2; /* says five registers, the header says six */
	assert_int_equal(feed(&a, &b, &f), ANSWER_OTHER);
	assert_int_equal(f.fault, ANSWER_FAULT_LENGTH);
	b = (struct bytes){ { 0, 7, 0, 0, 0, 4, 4, 0x83, 2, 0 }, 10 };
	assert_int_equal(feed(&a, &b, &f), ANSWER_OTHER);
	b = (struct bytes){ { 0, 7, 0, 0, 0, 2, 4, 3 }, 8 };
	assert_int_equal(feed(&a, &b, &f), ANSWER_OTHER);
}

static void a_header_that_cannot_be_one_breaks_the_stream(void **state)
{
	const struct bytes headers[] = {
		{ { 0, 7, 0, 0, 0, 0, 4 }, 7 },
		{ { 0, 7, 0, 0, 0, 1, 4 }, 7 },
		{ { 0, 7, 0, 0, 0, 255, 4 }, 7 },
		{ { 'H', 'T', 'T', 'P', '/', '1', '.' }, 7 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		struct answer a = tcp_waiting(7);
		struct answer_frame f;

		assert_int_equal(feed(&a, &headers[i], &f), ANSWER_BROKEN);
	}
}

/* -------- serial lines -------- */

static void noise_around_an_answer_does_not_hide_it(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 256; seed++) {
		struct answer a = rtu_waiting();
		struct bytes good = rtu_answer(&ask), b = { .len = 0 };
		struct answer_frame f;

		for (unsigned i = 0; i <= seed % 7; i++)
			put(&b, seed * 31 + i * 97);
		memcpy(b.at + b.len, good.at, good.len);
		b.len += good.len;
		assert_int_equal(feed(&a, &b, &f), ANSWER_GOOD);
		assert_true(right(&ask, &f));
	}
}

static void an_answer_does_not_wait_behind_the_beginning_of_a_longer_frame(void **state)
{
	struct answer a = rtu_waiting();
	/* As if 250 bytes of data were to follow. */
	struct bytes half = { { 9, 3, 250, 1, 2 }, 5 }, good = rtu_answer(&ask);
	struct answer_frame f;

	(void)state;
	assert_int_equal(feed(&a, &half, &f), ANSWER_MORE);
	assert_int_equal(feed(&a, &good, &f), ANSWER_GOOD);
	assert_true(right(&ask, &f));
}

static void half_an_answer_is_dropped_when_the_next_thing_is_asked(void **state)
{
	struct answer a = rtu_waiting();
	struct bytes b = rtu_answer(&ask);
	struct frame_request next = ask;
	struct answer_frame f;

	(void)state;
	b.len = 9;
	assert_int_equal(feed(&a, &b, &f), ANSWER_MORE);
	answer_forget(&a);
	next.address = 50;
	answer_expect(&a, &next, 0);
	b = rtu_answer(&next);
	assert_int_equal(feed(&a, &b, &f), ANSWER_GOOD);
	assert_true(right(&next, &f));
}

static void an_echo_of_the_request_is_stripped(void **state)
{
	struct answer a = rtu_waiting();
	struct bytes echo = { .len = 0 }, good = rtu_answer(&ask);
	struct answer_frame f;

	(void)state;
	echo.len = frame_compose_rtu(&ask, echo.at);
	assert_int_equal(feed(&a, &echo, &f), ANSWER_MORE);
	assert_int_equal(feed(&a, &good, &f), ANSWER_GOOD);
	assert_true(right(&ask, &f));
	assert_int_equal(a.echo, ANSWER_ECHO_YES);
}

/* Three bytes of bits whose answer looks exactly like the request: 03 in the high byte of the address. */
static const struct frame_request bits = { .unit = 4, .function = 1, .address = 0x0312, .count = 20 };

static void an_answer_that_equals_the_request_is_believed_only_on_a_line_without_echo(void **state)
{
	struct answer a;
	struct bytes same = { .len = 0 };
	struct answer_frame f;

	(void)state;
	answer_init(&a, FRAME_RTU);
	answer_expect(&a, &bits, 0);
	same.len = frame_compose_rtu(&bits, same.at);
	assert_int_equal(feed(&a, &same, &f), ANSWER_MORE); /* may be the echo */
	assert_int_equal(feed(&a, &same, &f), ANSWER_GOOD); /* the second one is not */
	a = rtu_waiting();
	same = rtu_answer(&ask);
	assert_int_equal(feed(&a, &same, &f), ANSWER_GOOD); /* no echo here */
	answer_expect(&a, &bits, 0);
	same.len = frame_compose_rtu(&bits, same.at);
	assert_int_equal(feed(&a, &same, &f), ANSWER_GOOD);
	assert_int_equal(f.len, 3);
}

/* -------- floods -------- */

/* An adapter that stops to echo, and begins again: what may be an echo is never taken for the answer meanwhile. */
static void a_line_whose_echo_comes_and_goes_is_learned_anew(void **state)
{
	struct answer a = rtu_waiting();
	struct bytes echo = { .len = 0 }, good = rtu_answer(&ask);
	struct answer_frame f;

	(void)state;
	echo.len = frame_compose_rtu(&ask, echo.at);
	feed(&a, &echo, &f);
	assert_int_equal(feed(&a, &good, &f), ANSWER_GOOD);
	answer_expect(&a, &ask, 0);
	assert_int_equal(feed(&a, &good, &f), ANSWER_GOOD);
	assert_int_equal(a.echo, ANSWER_ECHO_UNKNOWN);
	answer_expect(&a, &bits, 0);
	echo.len = frame_compose_rtu(&bits, echo.at);
	assert_int_equal(feed(&a, &echo, &f), ANSWER_MORE); /* may be the echo again */
	assert_int_equal(a.echo, ANSWER_ECHO_YES);
	assert_int_equal(feed(&a, &echo, &f), ANSWER_GOOD);
}

static void a_refusal_without_a_reason_is_a_refusal(void **state)
{
	struct answer a = rtu_waiting();
	struct bytes none = rtu_exception(&ask, 0), byte = { .len = 1 };
	enum answer_event e = ANSWER_MORE;
	struct answer_frame f;

	(void)state;
	for (size_t i = 0; i < none.len; i++) {
		assert_int_equal(e, ANSWER_MORE); /* nothing is said before its last byte */
		byte.at[0] = none.at[i];
		e = feed(&a, &byte, &f);
	}
	assert_int_equal(e, ANSWER_EXCEPTION);
	assert_int_equal(f.exception, UINT8_MAX);
	assert_string_equal(frame_exception_text(f.exception), "unknown exception");
}

static void a_flood_is_noticed_after_four_kilobytes(void **state)
{
	(void)state;
	for (int k = 0; k < 2; k++) {
		struct answer a = k ? tcp_waiting(7) : rtu_waiting();
		struct frame_request other = { .unit = 9, .function = 3, .count = 100 };
		struct bytes b = k ? tcp_answer(&other, 3) : rtu_answer(&other);
		enum answer_event e = ANSWER_MORE;
		struct answer_frame f;
		size_t fed = 0;

		while (e != ANSWER_FLOOD) {
			e = feed(&a, &b, &f);
			fed += b.len;
			assert_true(fed < ANSWER_DROP_MAX + 2 * sizeof(b.at));
		}
	}
}

static void a_flood_of_noise_is_noticed_too(void **state)
{
	struct answer a = rtu_waiting();
	struct bytes b = { .len = 0 };
	enum answer_event e = ANSWER_MORE;
	struct answer_frame f;
	unsigned n;

	(void)state;
	while (b.len < 250)
		put(&b, 0xff);
	for (n = 0; e != ANSWER_FLOOD; n++) {
		e = feed(&a, &b, &f);
		assert_true(n < 20);
	}
}

/* -------- many -------- */

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Up to three wrong bits are always seen by the CRC: an answer with them is never believed. */
static void a_damaged_answer_is_never_believed(void **state)
{
	uint32_t seed = 1;
	unsigned refused = 0;

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		struct answer a = rtu_waiting();
		struct bytes b = rtu_answer(&ask);
		struct answer_frame f = { 0 };
		enum answer_event e;

		for (unsigned flips = 1 + next_random(&seed) % 3; flips > 0; flips--) {
			unsigned bit = next_random(&seed) % (unsigned)(8 * b.len);

			b.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		e = feed(&a, &b, &f);
		/* Two flips may meet and undo each other. */
		if (e == ANSWER_GOOD)
			assert_true(right(&ask, &f));
		else
			refused++;
	}
	assert_true(refused > 95000);
}

static void bytes_at_random_are_never_an_answer_and_never_hang(void **state)
{
	uint32_t seed = 7;

	(void)state;
	for (int k = 0; k < 2; k++) {
		struct answer a = k ? tcp_waiting(7) : rtu_waiting();

		for (unsigned i = 0; i < 20000; i++) {
			struct bytes b = { .len = 0 };
			struct answer_frame f;
			enum answer_event e;

			for (unsigned n = next_random(&seed) % 40; n > 0; n--)
				put(&b, next_random(&seed) % 4 == 0 ? ask.unit : next_random(&seed));
			e = feed(&a, &b, &f);
			assert_int_not_equal(e, ANSWER_GOOD);
			if (e == ANSWER_BROKEN || e == ANSWER_FLOOD)
				answer_reset(&a);
			if (!a.waiting)
				answer_expect(&a, &ask, 7);
		}
	}
}

/* A serial line in virtual time: three units answer in time, late by up to the bound, or never. One thing is asked at
 * a time, registers and counts that look alike. What the poller does with a timeout is done here with the same parts. */
#define TIMEOUT    (100 * MS)
#define LATE_BOUND (500 * MS)

struct line {
	struct answer answer;
	struct health units[3];
	struct {
		int64_t at_us;
		struct bytes bytes;
	} coming[3]; /* at most one a unit: a slave answers one thing at a time */
	int64_t now_us;
	uint32_t seed;
	unsigned late, good, wrong;
	bool careless; /* as others do it: asks again at once */
};

static void settle(struct line *l, const struct answer_frame *f)
{
	if (f->unit >= 1 && f->unit <= 3)
		l->late += health_settle(&l->units[f->unit - 1], f->function, f->len, false);
}

/* Takes in what arrives until then; true with the awaited answer. */
static bool run_until(struct line *l, int64_t until_us, struct answer_frame *f)
{
	for (;;) {
		int first = -1;

		for (int i = 0; i < 3; i++)
			if (l->coming[i].at_us && (first < 0 || l->coming[i].at_us < l->coming[first].at_us))
				first = i;
		if (first < 0 || l->coming[first].at_us > until_us) {
			l->now_us = until_us;
			return false;
		}
		l->now_us = MAX(l->now_us, l->coming[first].at_us);
		l->coming[first].at_us = 0;
		answer_feed(&l->answer, l->coming[first].bytes.at, l->coming[first].bytes.len);
		for (enum answer_event e; (e = answer_next(&l->answer, f)) != ANSWER_MORE; settle(l, f))
			if (e == ANSWER_GOOD)
				return true;
	}
}

static void ask_unit(struct line *l, unsigned i)
{
	struct frame_request r = { .unit = (uint8_t)(i + 1), .function = 3, .count = 2 };
	uint32_t fate = next_random(&l->seed) % 10;
	int64_t delay_us = 1 + next_random(&l->seed) % (TIMEOUT - 1);
	int64_t deadline_us = l->now_us + TIMEOUT;
	struct answer_frame f;

	r.address = (uint16_t)(next_random(&l->seed) % 1000);
	if (fate < 6)
		delay_us = TIMEOUT + next_random(&l->seed) % LATE_BOUND;
	/* A slave that still has the last request in hand does not hear this one. */
	if (l->coming[i].at_us == 0 && fate < 9) {
		l->coming[i].bytes = rtu_answer(&r);
		l->coming[i].at_us = l->now_us + delay_us;
	}
	l->units[i].owes = false;
	answer_expect(&l->answer, &r, 0);
	if (run_until(l, deadline_us, &f)) {
		l->good += right(&r, &f);
		l->wrong += !right(&r, &f);
	} else if (!l->careless) {
		health_owe(&l->units[i], &r, deadline_us + LATE_BOUND);
	}
	answer_forget(&l->answer);
}

static void run_line(struct line *l, unsigned asked)
{
	struct health_budget none = { 0 };

	answer_init(&l->answer, FRAME_RTU);
	for (unsigned i = 0; asked > 0; i = (i + 1) % 3) {
		struct answer_frame f;

		run_until(l, l->now_us + 4 * MS, &f);
		if (health_gate_us(&l->units[i], &none) > l->now_us)
			continue;
		ask_unit(l, i);
		asked--;
	}
}

static void a_late_answer_is_never_taken_for_the_next_one(void **state)
{
	struct line l = { .now_us = S, .seed = 42 }, careless = { .now_us = S, .seed = 42, .careless = true };

	(void)state;
	run_line(&l, 20000);
	assert_true(l.late > 10000);
	assert_true(l.good > 5000);
	assert_int_equal(l.wrong, 0);
	/* The same line asked without care gives wrong values: the test can fail. */
	run_line(&careless, 20000);
	assert_true(careless.wrong > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_crc_is_that_of_the_standard),
		cmocka_unit_test(a_right_answer_is_taken_however_it_is_cut),
		cmocka_unit_test(an_exception_is_an_answer),
		cmocka_unit_test(a_wrong_crc_ends_the_waiting_and_gives_nothing),
		cmocka_unit_test(what_was_not_asked_is_passed_over_and_the_answer_still_taken),
		cmocka_unit_test(a_wrong_transaction_or_protocol_id_is_passed_over),
		cmocka_unit_test(lengths_that_disagree_with_each_other_are_passed_over),
		cmocka_unit_test(a_header_that_cannot_be_one_breaks_the_stream),
		cmocka_unit_test(noise_around_an_answer_does_not_hide_it),
		cmocka_unit_test(an_answer_does_not_wait_behind_the_beginning_of_a_longer_frame),
		cmocka_unit_test(half_an_answer_is_dropped_when_the_next_thing_is_asked),
		cmocka_unit_test(an_echo_of_the_request_is_stripped),
		cmocka_unit_test(an_answer_that_equals_the_request_is_believed_only_on_a_line_without_echo),
		cmocka_unit_test(a_line_whose_echo_comes_and_goes_is_learned_anew),
		cmocka_unit_test(a_refusal_without_a_reason_is_a_refusal),
		cmocka_unit_test(a_flood_is_noticed_after_four_kilobytes),
		cmocka_unit_test(a_flood_of_noise_is_noticed_too),
		cmocka_unit_test(a_damaged_answer_is_never_believed),
		cmocka_unit_test(bytes_at_random_are_never_an_answer_and_never_hang),
		cmocka_unit_test(a_late_answer_is_never_taken_for_the_next_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
