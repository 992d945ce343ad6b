/* fuzz_chunk.c: store/chunk_reader.c, stage.c, squeeze.c, days.c: any bytes as what the history packed. Never a crash, never more
 * samples than were announced; and what can be read packs into something that reads the same again.
 *
 * Input: a byte: 0 values alone (behind the stamps 1, 2, 3 … of as many as they announce), 1 a stage's slice, 2 squeezed bytes, 3 a
 * day's row; the rest is that. */
#include "fuzz.h"

#include <math.h>

#include "base/mem.h"
#include "store/days.h"
#include "store/squeeze.h"
#include "store/stage.h"

#define COUNT_MAX 4096

static struct varint_bytes bytes_of(const struct str_buf *b)
{
	const uint8_t *at = (const uint8_t *)str_buf_text(b);

	return (struct varint_bytes){ at, at + b->len };
}

static bool same(const struct chunk_series *s, const struct chunk_sample *a, const struct chunk_sample *b)
{
	if (a->ts_ms != b->ts_ms || a->flags != b->flags)
		return false;
	if (a->flags & CHUNK_NULL)
		return true;
	if (s->type == VALUE_TEXT || s->type == VALUE_EVENT)
		return strcmp(a->text, b->text) == 0;
	return a->number == b->number || (isnan(a->number) && isnan(b->number));
}

static void pack_again(const struct chunk_series *s)
{
	struct str_buf stamps = { 0 }, values = { 0 };
	struct chunk_sample back;
	struct chunk_reader r;

	chunk_pack_stamps(s, &stamps);
	chunk_pack_values(s, &values);
	FUZZ_CLAIM(chunk_reader_open(&r, bytes_of(&stamps), bytes_of(&values)) == 0);
	for (size_t i = 0; i < s->count; i++) {
		FUZZ_CLAIM(chunk_reader_next(&r, &back) == 1);
		FUZZ_CLAIM(same(s, &s->samples[i], &back));
	}
	FUZZ_CLAIM(chunk_reader_next(&r, &back) == 0);
	str_buf_fini(&stamps);
	str_buf_fini(&values);
}

static void read_series(struct chunk_reader *r)
{
	struct chunk_sample *samples = mem_array(r->count + 1, sizeof(*samples));
	size_t count = 0;
	int got = 0;

	while (count <= r->count && (got = chunk_reader_next(r, &samples[count])) > 0)
		count++;
	FUZZ_CLAIM(count <= r->count && (got < 0 || count == r->count));
	if (got == 0)
		pack_again(&(struct chunk_series){ r->type, samples, count });
	free(samples);
}

/* The values announce how many they are: behind the first byte. */
static void read_values(struct varint_bytes values)
{
	struct varint_bytes count_at = { values.at + 1, values.end };
	struct str_buf stamps = { 0 };
	struct chunk_reader r;
	uint64_t count;

	if (values.at == values.end || varint_get(&count_at, &count) < 0 || count > COUNT_MAX)
		return;
	varint_put(&stamps, count);
	for (uint64_t i = 0; i < count; i++)
		varint_put(&stamps, i < 2 ? 2 : 0);
	if (chunk_reader_open(&r, bytes_of(&stamps), values) == 0)
		read_series(&r);
	str_buf_fini(&stamps);
}

static void read_stage(struct varint_bytes packed)
{
	struct chunk_reader samples;
	struct stage_reader r;
	uint32_t point;

	if (stage_reader_open(&r, 3, packed) == 0)
		while (stage_reader_next(&r, &point, &samples) > 0) {
			FUZZ_CLAIM(stage_slice(point) == 3);
			read_series(&samples);
		}
	stage_reader_fini(&r);
}

static void read_squeezed(struct varint_bytes packed)
{
	struct str_buf raw = { 0 }, again = { 0 }, back = { 0 };

	if (squeeze_expand(packed.at, (size_t)(packed.end - packed.at), &raw) == 0) {
		FUZZ_CLAIM(raw.len <= SQUEEZE_MAX);
		squeeze_pack(str_buf_text(&raw), raw.len, &again);
		FUZZ_CLAIM(squeeze_expand(again.text, again.len, &back) == 0 && back.len == raw.len &&
			   (raw.len == 0 || memcmp(back.text, raw.text, raw.len) == 0));
	}
	str_buf_fini(&raw);
	str_buf_fini(&again);
	str_buf_fini(&back);
}

static void read_day(struct varint_bytes row)
{
	struct days_hour hours[DAYS_HOURS], back[DAYS_HOURS];
	struct str_buf again = { 0 };
	size_t count, count_back;

	if (days_unpack(row.at, (size_t)(row.end - row.at), hours, &count) == 0) {
		FUZZ_CLAIM(count <= DAYS_HOURS);
		days_pack(hours, count, &again);
		FUZZ_CLAIM(days_unpack(again.text, again.len, back, &count_back) == 0 && count_back == count);
	}
	str_buf_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy;
	struct varint_bytes rest;

	if (size == 0)
		return 0;
	copy = mem_alloc(size - 1 ? size - 1 : 1); /* to the byte, so that reading behind it is seen */
	memcpy(copy, data + 1, size - 1);
	rest = (struct varint_bytes){ copy, copy + size - 1 };
	switch (data[0] % 4) {
	case 0: read_values(rest); break;
	case 1: read_stage(rest); break;
	case 2: read_squeezed(rest); break;
	case 3: read_day(rest); break;
	}
	free(copy);
	return 0;
}
