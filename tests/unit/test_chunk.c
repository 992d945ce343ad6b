/* What the history packs comes back as it was, and bytes that were never packed do no harm. */
#include <errno.h>
#include <math.h>

#include "base/crc32.h"
#include "base/mem.h"
#include "store/chunk_reader.h"
#include "store/days.h"
#include "store/squeeze.h"
#include "store/stage.h"
#include "unit.h"

#define MANY 3600

static struct varint_bytes bytes_of(const struct str_buf *b)
{
	const uint8_t *at = (const uint8_t *)str_buf_text(b);

	return (struct varint_bytes){ at, at + b->len };
}

/* Packs, squeezes, and takes out again; returns the squeezed bytes of the values. */
static size_t check(const struct chunk_series *series)
{
	_cleanup_str_buf_ struct str_buf stamps = { 0 }, values = { 0 }, squeezed = { 0 }, raw = { 0 };
	struct chunk_sample sample;
	struct chunk_reader r;

	chunk_pack_stamps(series, &stamps);
	chunk_pack_values(series, &values);
	squeeze_pack(values.text, values.len, &squeezed);
	assert_int_equal(squeeze_expand(squeezed.text, squeezed.len, &raw), 0);
	assert_int_equal(chunk_reader_open(&r, bytes_of(&stamps), bytes_of(&raw)), 0);
	assert_int_equal(r.type, series->type);
	for (size_t i = 0; i < series->count; i++) {
		const struct chunk_sample *wanted = &series->samples[i];

		assert_int_equal(chunk_reader_next(&r, &sample), 1);
		assert_int_equal(sample.ts_ms, wanted->ts_ms);
		assert_int_equal(sample.flags, wanted->flags);
		if (wanted->flags & CHUNK_NULL)
			continue;
		if (series->type == VALUE_TEXT || series->type == VALUE_EVENT)
			assert_string_equal(sample.text, wanted->text);
		else
			assert_true(sample.number == wanted->number || (isnan(sample.number) && isnan(wanted->number)));
	}
	assert_int_equal(chunk_reader_next(&r, &sample), 0);
	return squeezed.len;
}

static struct chunk_sample *make(double (*value)(size_t i))
{
	struct chunk_sample *samples = mem_array(MANY, sizeof(*samples));

	for (size_t i = 0; i < MANY; i++)
		samples[i] = (struct chunk_sample){ .ts_ms = 1763748000000 + (int64_t)i * 1000 + rand() % 7,
						    .number = value(i) };
	return samples;
}

static double tenths(size_t i)
{
	static double now = 200;

	now = i ? now + rand() % 3 - 1 : 200;
	return now / 10;
}

static double counter(size_t i)
{
	static double now;

	now = i ? now + rand() % 3 : 123456789;
	return now;
}

static double float32(size_t i)
{
	return (double)(float)(50 + (double)(rand() % 1000) / 997 + (double)i * 0);
}

static double odd(size_t i)
{
	static const double numbers[] = { 0, -0.0, NAN, INFINITY, -INFINITY, 5e-324, 1.7976931348623157e308, 1.0 / 3 };

	return numbers[i % ARRAY_SIZE(numbers)];
}

static double large(size_t i)
{
	return i % 2 ? 9007199254740991.0 : -9007199254740991.0;
}

static double quarter(size_t i)
{
	return (double)(i % 40) * 0.25;
}

static void numbers_come_back_as_the_same_doubles(void **state)
{
	static double (*const kinds[])(size_t i) = { tenths, counter, float32, odd, large, quarter };
	/* Bytes a sample at most, of those of which it was measured. */
	static const double most[] = { 0.4, 0.4, 4, 8, 8, 0.1 };

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		_cleanup_(freep) struct chunk_sample *samples = make(kinds[k]);

		assert_true((double)check(&(struct chunk_series){ VALUE_NUMBER, samples, MANY }) / MANY < most[k]);
		check(&(struct chunk_series){ VALUE_NUMBER, samples, 1 });
		check(&(struct chunk_series){ VALUE_NUMBER, samples, 2 });
	}
	check(&(struct chunk_series){ VALUE_NUMBER, NULL, 0 });
}

static void what_is_not_known_has_no_value_and_keeps_its_place(void **state)
{
	_cleanup_(freep) struct chunk_sample *samples = make(tenths);

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		samples[i].flags = (uint8_t)(i % 17 == 3 ? CHUNK_NULL | QUALITY_LOST
					     : i % 5     ? QUALITY_GOOD
							 : CHUNK_TEST);
	check(&(struct chunk_series){ VALUE_NUMBER, samples, MANY });
	for (size_t i = 0; i < MANY; i++)
		samples[i].flags = CHUNK_NULL | QUALITY_BAD;
	check(&(struct chunk_series){ VALUE_NUMBER, samples, MANY });
	check(&(struct chunk_series){ VALUE_NONE, samples, MANY });
}

static void states_cost_what_their_changes_cost(void **state)
{
	_cleanup_(freep) struct chunk_sample *samples = make(tenths);
	static const char *const words[] = { "正常", "fire", "" };

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		samples[i].number = i / 600 % 2;
	assert_in_range(check(&(struct chunk_series){ VALUE_BOOL, samples, MANY }), 1, 32);
	samples[0].number = 1;
	check(&(struct chunk_series){ VALUE_BOOL, samples, MANY });
	for (size_t i = 0; i < MANY; i++)
		samples[i].text = words[i / 500 % 3];
	assert_in_range(check(&(struct chunk_series){ VALUE_TEXT, samples, MANY }), 1, 64);
	check(&(struct chunk_series){ VALUE_EVENT, samples, 3 });
}

static void times_may_jump_either_way(void **state)
{
	struct chunk_sample samples[] = { { .ts_ms = 0 },
					  { .ts_ms = -1 },
					  { .ts_ms = INT64_MAX },
					  { .ts_ms = INT64_MIN },
					  { .ts_ms = 1763748000000 } };

	(void)state;
	check(&(struct chunk_series){ VALUE_NUMBER, samples, ARRAY_SIZE(samples) });
}

/* ---- staging ---- */

static void a_stage_keeps_the_order_of_each_point(void **state)
{
	struct stage_item items[200];
	_cleanup_str_buf_ struct str_buf packed = { 0 };
	struct stage_reader r;
	struct chunk_reader samples;
	struct chunk_sample sample;
	size_t points = 0, count = 0;
	uint32_t point, last = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(items); i++)
		items[i] = (struct stage_item){ .point = 32 + (uint32_t)(i * 7 % 13),
						.type = VALUE_NUMBER,
						.sample = { .ts_ms = (int64_t)(1000 + i), .number = (double)i } };
	stage_sort(items, ARRAY_SIZE(items));
	assert_int_equal(stage_same_slice(items, ARRAY_SIZE(items)), ARRAY_SIZE(items));
	stage_pack(items, ARRAY_SIZE(items), &packed);
	assert_int_equal(stage_reader_open(&r, 2, bytes_of(&packed)), 0);
	while (stage_reader_next(&r, &point, &samples) == 1) {
		assert_true(point > last);
		last = point;
		points++;
		while (chunk_reader_next(&samples, &sample) == 1) {
			size_t i = (size_t)sample.ts_ms - 1000;

			assert_int_equal(32 + i * 7 % 13, point);
			assert_true(sample.number == (double)i);
			count++;
		}
	}
	stage_reader_fini(&r);
	assert_int_equal(points, 13);
	assert_int_equal(count, ARRAY_SIZE(items));
}

static void a_day_comes_back_hour_by_hour(void **state)
{
	struct days_hour hours[3] = { { 0, { 3600, 1, 2, 5400000, 3600000 } },
				      { 7, { 1, -3, -3, -3e6, 900000 } },
				      { 23, { 2, 0, 0.1, 0, 0 } } };
	struct days_hour back[DAYS_HOURS];
	_cleanup_str_buf_ struct str_buf packed = { 0 };
	size_t count;

	(void)state;
	days_pack(hours, 3, &packed);
	assert_int_equal(days_unpack(packed.text, packed.len, back, &count), 0);
	assert_int_equal(count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(back[i].hour, hours[i].hour);
		assert_memory_equal(&back[i].sums, &hours[i].sums, sizeof(back[i].sums));
	}
	assert_int_equal(days_unpack(packed.text, packed.len - 1, back, &count), -EBADMSG);
}

/* ---- bytes that nobody packed ---- */

static void drain(struct varint_bytes stamps, struct varint_bytes values)
{
	struct chunk_sample sample;
	struct chunk_reader r;
	size_t count = 0;

	if (chunk_reader_open(&r, stamps, values) < 0)
		return;
	while (chunk_reader_next(&r, &sample) > 0)
		assert_in_range(++count, 1, CHUNK_SAMPLES_MAX);
}

static void cut_and_changed_bytes_are_refused_or_read_without_harm(void **state)
{
	_cleanup_(freep) struct chunk_sample *samples = make(tenths);
	_cleanup_str_buf_ struct str_buf stamps = { 0 }, values = { 0 }, squeezed = { 0 };
	struct chunk_series series = { VALUE_NUMBER, samples, 50 };

	(void)state;
	chunk_pack_stamps(&series, &stamps);
	chunk_pack_values(&series, &values);
	squeeze_pack(values.text, values.len, &squeezed);
	for (size_t len = 0; len < values.len; len++) {
		struct varint_bytes cut = { (const uint8_t *)values.text, (const uint8_t *)values.text + len };
		_cleanup_str_buf_ struct str_buf raw = { 0 };

		drain(bytes_of(&stamps), cut);
		if (len < squeezed.len && squeezed.text[0] == 1)
			assert_int_equal(squeeze_expand(squeezed.text, len, &raw), -EBADMSG);
	}
	for (size_t i = 0; i < 20000; i++) {
		size_t at = (size_t)rand() % values.len;
		char before = values.text[at];

		values.text[at] = (char)rand();
		drain(bytes_of(&stamps), bytes_of(&values));
		values.text[at] = before;
	}
}

static void a_crc_is_that_of_castagnoli(void **state)
{
	(void)state;
	assert_int_equal(crc32_add(0, "123456789", 9), 0xe3069283);
	assert_int_equal(crc32_add(crc32_add(0, "1234", 4), "56789", 5), 0xe3069283);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_come_back_as_the_same_doubles),
		cmocka_unit_test(what_is_not_known_has_no_value_and_keeps_its_place),
		cmocka_unit_test(states_cost_what_their_changes_cost),
		cmocka_unit_test(times_may_jump_either_way),
		cmocka_unit_test(a_stage_keeps_the_order_of_each_point),
		cmocka_unit_test(a_day_comes_back_hour_by_hour),
		cmocka_unit_test(cut_and_changed_bytes_are_refused_or_read_without_harm),
		cmocka_unit_test(a_crc_is_that_of_castagnoli),
	};

	return UNIT_RUN(tests);
}
