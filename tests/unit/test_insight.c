/* What a bus's thread copies out for people who ask why: buckets of round trips, the exchange of a point on the tape, frames in
 * words, and what was read last, as it stood on the wire. */
#include "unit.h"

#include <string.h>

#include "base/str.h"
#include "base/util.h"
#include "field/insight.h"
#include "field/spell.h"

static void every_round_trip_has_one_bucket_and_bounds_double(void **state)
{
	(void)state;
	assert_int_equal(insight_rtt_bucket(0), 0);
	assert_int_equal(insight_rtt_bucket(250), 0);
	assert_int_equal(insight_rtt_bucket(251), 1);
	assert_int_equal(insight_rtt_bucket(500), 1);
	assert_int_equal(insight_rtt_bucket(30 * S), 17);
	assert_int_equal(insight_rtt_bucket(INT64_MAX), INSIGHT_RTT - 1);
	assert_int_equal(insight_rtt_bound_us(INSIGHT_RTT - 1), INT64_MAX);
	for (unsigned b = 1; b + 1 < INSIGHT_RTT; b++) {
		assert_int_equal(insight_rtt_bound_us(b), 2 * insight_rtt_bound_us(b - 1));
		assert_int_equal(insight_rtt_bucket(insight_rtt_bound_us(b)), b);
		assert_int_equal(insight_rtt_bucket(insight_rtt_bound_us(b) + 1), b + 1);
	}
}

static int64_t now_us;

static void put(struct insight *i, enum tape_kind kind, const char *bytes, size_t len)
{
	struct tape_frame f = { .at_us = now_us += 1000, .kind = kind, .len = len };

	memcpy(f.bytes, bytes, len);
	tape_note(&i->tape, &f);
}

/* Asked for holding:3 of unit 5. */
static struct insight *asked_for(enum frame_kind framing)
{
	struct insight *i = insight_new(INSIGHT_POINT, 1);

	now_us = 0;
	i->carried = true;
	i->address = 3;
	i->link.framing = framing;
	i->request.frame = (struct frame_request){ .unit = 5, .function = 3, .address = 3, .count = 2 };
	i->request.ended_us = INT64_MAX;
	return i;
}

#define PUT(i, kind, bytes) put(i, kind, bytes, sizeof(bytes) - 1)
#define ASKED(id)           "\0" id "\0\0\0\6\5\3\0\3\0\2"
#define TOLD(id, value)     "\0" id "\0\0\0\7\5\3\4\0" value "\0\1"

static void the_last_exchange_is_found_by_its_transaction_id(void **state)
{
	_cleanup_(insight_freep) struct insight *i = asked_for(FRAME_TCP);
	struct insight_exchange x;

	(void)state;
	assert_false(insight_find_exchange(i, &x));
	PUT(i, TAPE_SENT, ASKED("\1"));
	PUT(i, TAPE_RECEIVED, TOLD("\1", "\x11"));
	PUT(i, TAPE_SENT, ASKED("\2"));
	/* a late answer to the first, of another unit, then ours in two pieces */
	PUT(i, TAPE_RECEIVED, TOLD("\1", "\x22"));
	PUT(i, TAPE_RECEIVED, "\0\2\0\0\0\7\5\3\4");
	PUT(i, TAPE_RECEIVED, "\0\x33\0\1");
	PUT(i, TAPE_SENT, "\0\3\0\0\0\6\6\3\0\3\0\2"); /* another unit */
	PUT(i, TAPE_RECEIVED, "\0\3\0\0\0\7\6\3\4\0\x44\0\1");
	PUT(i, TAPE_SENT, "\0\4\0\0\0\6\5\3\0\4\0\2"); /* other registers */
	PUT(i, TAPE_SENT, "\0\5\0\0\0\6\5\4\0\3\0\2"); /* another table */
	assert_true(insight_find_exchange(i, &x));
	assert_int_equal(x.asked[1], 2);
	assert_int_equal(x.answered_len, 13);
	assert_int_equal(x.data, 9);
	assert_int_equal(x.answered[x.data + 1], 0x33);
	assert_true(x.answered_us > x.asked_us);
}

static void an_answer_on_its_way_does_not_hide_the_one_before(void **state)
{
	_cleanup_(insight_freep) struct insight *i = asked_for(FRAME_TCP);
	struct insight_exchange x;

	(void)state;
	PUT(i, TAPE_SENT, ASKED("\1"));
	PUT(i, TAPE_RECEIVED, TOLD("\1", "\x11"));
	i->request.ended_us = now_us;
	PUT(i, TAPE_SENT, ASKED("\2"));
	assert_true(insight_find_exchange(i, &x));
	assert_int_equal(x.asked[1], 1);
	/* it has ended since, and nothing came: then that is what is shown */
	i->request.ended_us = now_us + 1;
	assert_true(insight_find_exchange(i, &x));
	assert_int_equal(x.asked[1], 2);
	assert_int_equal(x.answered_us, 0);
	assert_int_equal(x.data, 0);
}

static void a_serial_exchange_has_its_data_behind_three_bytes(void **state)
{
	_cleanup_(insight_freep) struct insight *i = asked_for(FRAME_RTU);
	struct insight_exchange x;

	(void)state;
	PUT(i, TAPE_SENT, "\5\3\0\3\0\2\x35\x8f");
	PUT(i, TAPE_RECEIVED, "\5\3\4\0\x33\0\1\xff\xff");
	assert_true(insight_find_exchange(i, &x));
	assert_int_equal(x.data, 3);
	assert_int_equal(x.answered[4], 0x33);
	PUT(i, TAPE_SENT, "\5\3\0\3\0\2\x35\x8f");
	PUT(i, TAPE_RECEIVED, "\5\x83\2\xc1\x31");
	assert_true(insight_find_exchange(i, &x));
	assert_int_equal(x.answered_len, 5);
	assert_int_equal(x.data, 0); /* an exception has no values */
}

static void garbage_on_the_tape_is_never_read_behind_its_end(void **state)
{
	uint32_t chance = 7;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		_cleanup_(insight_freep) struct insight *i = asked_for(round % 2 ? FRAME_TCP : FRAME_RTU);
		struct insight_exchange x;

		for (int k = 0; k < 20; k++) {
			char bytes[300];
			size_t len = (chance = chance * 1664525 + 1013904223) >> 24;

			for (size_t b = 0; b < len; b++)
				bytes[b] = (char)((chance = chance * 1664525 + 1013904223) >> 28);
			put(i, k % 3 ? TAPE_RECEIVED : TAPE_SENT, bytes, len);
			PUT(i, TAPE_SENT, ASKED("\1"));
		}
		assert_true(insight_find_exchange(i, &x) || round % 2 == 0);
	}
}

static void check_spelled(enum frame_kind framing, struct tape_frame frame, const char *hex, const char *text)
{
	_cleanup_str_buf_ struct str_buf h = { 0 }, t = { 0 };

	spell_hex(framing, &frame, &h);
	spell_frame(framing, &frame, &t);
	assert_string_equal(str_buf_text(&h), hex);
	assert_string_equal(str_buf_text(&t), text);
}

#define FRAME(way, bytes_) ((struct tape_frame){ .kind = (way), .len = sizeof(bytes_) - 1, .bytes = bytes_ })

static void frames_are_told_in_words(void **state)
{
	(void)state;
	check_spelled(FRAME_TCP, FRAME(TAPE_SENT, "\0\1\0\0\0\6\5\3\0\3\0\2"), "0001 0000 0006 05 03 0003 0002",
		      "#1 unit 5: read holding 3 … 4 (2)");
	check_spelled(FRAME_TCP, FRAME(TAPE_RECEIVED, "\0\1\0\0\0\7\5\3\4\0\xea\0\1"),
		      "0001 0000 0007 05 03 04 00ea 0001", "#1 unit 5: 2 registers: 00ea 0001");
	check_spelled(FRAME_TCP, FRAME(TAPE_RECEIVED, "\0\1\0\0\0\3\5\x83\2"), "0001 0000 0003 05 83 02",
		      "#1 unit 5: illegal address (exception 2)");
	check_spelled(FRAME_TCP, FRAME(TAPE_RECEIVED, "\0\1\0\7\0\3\5\x83\2"), "0001 0007 0003 05 83 02",
		      "#1 protocol 7, not Modbus; unit 5: illegal address (exception 2)");
	check_spelled(FRAME_TCP, FRAME(TAPE_RECEIVED, "\0\1\0"), "0001 00", "part of a frame (3 bytes)");
	check_spelled(FRAME_TCP, FRAME(TAPE_SENT, "\0\1\0\0\0\6\5\5\0\3\xff\0"), "0001 0000 0006 05 05 0003 ff00",
		      "#1 unit 5: write coil 3: on");
	check_spelled(FRAME_TCP, FRAME(TAPE_RECEIVED, "\0\1\0\0\0\4\5\1\1\x0f"), "0001 0000 0004 05 01 01 0f",
		      "#1 unit 5: 1 bytes of bits: 0f");
	check_spelled(FRAME_RTU, FRAME(TAPE_SENT, "\1\3\0\0\0\2\xc4\x0b"), "01 03 0000 0002 c40b",
		      "unit 1: read holding 0 … 1 (2)");
	check_spelled(FRAME_RTU, FRAME(TAPE_SENT, "\1\3\0\0\0\2\xc4\x0c"), "01 03 0000 0002 c40c",
		      "wrong CRC, or part of a frame; unit 1: read holding 0 … 1 (2)");
	check_spelled(FRAME_RTU, FRAME(TAPE_OPENED, ""), "", "the link was opened");
}

static void any_bytes_can_be_told(void **state)
{
	uint32_t chance = 3;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		_cleanup_str_buf_ struct str_buf to = { 0 };
		struct tape_frame f = { .kind = round % 4 };

		f.len = (chance = chance * 1664525 + 1013904223) >> 27;
		for (size_t b = 0; b < f.len; b++)
			f.bytes[b] = (uint8_t)((chance = chance * 1664525 + 1013904223) >> (b % 2 ? 24 : 29));
		spell_frame(round % 8 < 4 ? FRAME_TCP : FRAME_RTU, &f, &to);
		assert_true(to.len > 0 && str_is_utf8(to.text, to.len));
		spell_hex(FRAME_TCP, &f, &to);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_round_trip_has_one_bucket_and_bounds_double),
		cmocka_unit_test(the_last_exchange_is_found_by_its_transaction_id),
		cmocka_unit_test(an_answer_on_its_way_does_not_hide_the_one_before),
		cmocka_unit_test(a_serial_exchange_has_its_data_behind_three_bytes),
		cmocka_unit_test(garbage_on_the_tape_is_never_read_behind_its_end),
		cmocka_unit_test(frames_are_told_in_words),
		cmocka_unit_test(any_bytes_can_be_told),
	};

	return UNIT_RUN(tests);
}
