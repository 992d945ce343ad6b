/* The latest frames of a bus, and what is taken for the answer to a request that is waited for aside. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "base/util.h"
#include "field/aside.h"
#include "field/tape.h"

static struct tape_frame frame_of(unsigned number, size_t len)
{
	struct tape_frame f = { .at_us = number, .kind = number % 2 ? TAPE_RECEIVED : TAPE_SENT, .len = len };

	memset(f.bytes, (int)(number & 0xff), len);
	return f;
}

static void check_tape(const struct tape *t, unsigned last, size_t len)
{
	struct tape_frame f, expected;
	size_t n = 0;

	while (tape_get(t, n, &f) == 0)
		n++;
	assert_true(n > 0);
	for (size_t i = 0; i < n; i++) {
		expected = frame_of(last - (unsigned)(n - 1 - i), len);
		assert_int_equal(tape_get(t, i, &f), 0);
		assert_int_equal(f.at_us, expected.at_us);
		assert_int_equal(f.kind, expected.kind);
		assert_int_equal(f.len, len);
		assert_memory_equal(f.bytes, expected.bytes, len);
	}
	assert_int_equal(n, MIN(MIN((unsigned)TAPE_FRAMES, last + 1), len ? TAPE_BYTES / len : SIZE_MAX));
}

static void the_latest_frames_are_kept_whole(void **state)
{
	static const size_t lengths[] = { 0, 1, 8, 64, 260, 512 };

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(lengths); k++) {
		_cleanup_(freep) struct tape *t = MEM_NEW(struct tape);
		struct tape_frame f;

		assert_int_equal(tape_get(t, 0, &f), -ENOENT);
		for (unsigned i = 0; i < 2000; i++) {
			f = frame_of(i, lengths[k]);
			tape_note(t, &f);
			if (i < 3 || i % 97 == 0)
				check_tape(t, i, lengths[k]);
		}
	}
}

static void it_goes_on_when_its_counter_runs_over(void **state)
{
	_cleanup_(freep) struct tape *t = MEM_NEW(struct tape);
	struct tape_frame f;

	(void)state;
	t->written = UINT32_MAX - 5000;
	for (unsigned i = 0; i < 600; i++) {
		f = frame_of(i, 100);
		tape_note(t, &f);
	}
	check_tape(t, 599, 100);
}

/* -------- aside -------- */

static struct aside waiting(void)
{
	return (struct aside){ .parked = true,
			       .asked = { .unit = 4, .function = 3, .address = 10, .count = 2 },
			       .transaction = 77,
			       .started_us = 100,
			       .spent_us = 5 };
}

static void only_the_answer_itself_settles_what_is_waited_for_aside(void **state)
{
	static const uint8_t data[4] = { 1, 2, 3, 4 };
	const struct answer_frame right = {
		.unit = 4, .function = 3, .transaction = 77, .len = 4, .data = data, .fault = ANSWER_FAULT_TRANSACTION
	};
	struct aside a = waiting();
	struct answer_frame f = right;
	struct exchange_result x;

	(void)state;
	assert_true(aside_is(&a, &f));
	x = aside_result(&a, &f, 350);
	assert_int_equal(x.end, EXCHANGE_ANSWERED);
	assert_int_equal(x.took_us, 250);
	f.transaction = 76;
	assert_false(aside_is(&a, &f));
	f = right;
	f.unit = 5;
	assert_false(aside_is(&a, &f));
	f = right;
	f.function = 4;
	assert_false(aside_is(&a, &f));
	f = right;
	f.len = 2;
	assert_false(aside_is(&a, &f));
	f = right;
	f.data = NULL; /* its byte count did not fit its length */
	assert_false(aside_is(&a, &f));
	f = right;
	f.fault = ANSWER_FAULT_PROTOCOL;
	assert_false(aside_is(&a, &f));
	f = (struct answer_frame){ .unit = 4, .function = 3, .transaction = 77, .exception = 6 };
	assert_true(aside_is(&a, &f));
	assert_int_equal(aside_result(&a, &f, 350).end, EXCHANGE_REFUSED);
	a.parked = false;
	assert_false(aside_is(&a, &f));
	/* In vain: what it cost the others is what counts. */
	x = aside_result(&a, NULL, 900);
	assert_int_equal(x.end, EXCHANGE_SILENT);
	assert_int_equal(x.took_us, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_latest_frames_are_kept_whole),
		cmocka_unit_test(it_goes_on_when_its_counter_runs_over),
		cmocka_unit_test(only_the_answer_itself_settles_what_is_waited_for_aside),
	};

	return UNIT_RUN(tests);
}
