#include "store/stage.h"

#include "base/mem.h"
#include "store/squeeze.h"

static int compare(const struct stage_item *a, const struct stage_item *b)
{
	if (a->point != b->point)
		return a->point < b->point ? -1 : 1;
	if (a->type != b->type)
		return (int)a->type - (int)b->type;
	return a->sample.ts_ms < b->sample.ts_ms ? -1 : a->sample.ts_ms > b->sample.ts_ms;
}

/* Merges two neighbouring runs: stable, which qsort is not. */
static void merge(const struct stage_item *from, struct stage_item *to, size_t middle, size_t end)
{
	size_t left = 0, right = middle;

	for (size_t i = 0; i < end; i++)
		to[i] = right >= end || (left < middle && compare(&from[left], &from[right]) <= 0) ? from[left++]
												   : from[right++];
}

void stage_sort(struct stage_item *items, size_t count)
{
	struct stage_item *room = mem_array(count + 1, sizeof(*room)), *from = items, *to = room;

	for (size_t run = 1; run < count; run *= 2) {
		struct stage_item *swap = from;

		for (size_t at = 0; at < count; at += 2 * run)
			merge(from + at, to + at, MIN(run, count - at), MIN(2 * run, count - at));
		from = to;
		to = swap;
	}
	if (from != items)
		memcpy(items, from, count * sizeof(*items));
	free(room);
}

size_t stage_same_slice(const struct stage_item *items, size_t count)
{
	size_t same = 0;

	while (same < count && stage_slice(items[same].point) == stage_slice(items[0].point))
		same++;
	return same;
}

static void put_piece(struct str_buf *to, const struct str_buf *piece)
{
	varint_put(to, piece->len);
	str_buf_add_len(to, piece->text, piece->len);
}

static void pack_series(const struct stage_item *items, const struct chunk_series *series, struct str_buf *to)
{
	_cleanup_str_buf_ struct str_buf stamps = { 0 }, values = { 0 };

	str_buf_add_len(to, (char[]){ (char)(items[0].point % STAGE_SLICE) }, 1);
	chunk_pack_stamps(series, &stamps);
	chunk_pack_values(series, &values);
	put_piece(to, &stamps);
	put_piece(to, &values);
}

void stage_pack(const struct stage_item *items, size_t count, struct str_buf *to)
{
	_cleanup_str_buf_ struct str_buf raw = { 0 };
	_cleanup_(freep) struct chunk_sample *samples = mem_array(count + 1, sizeof(*samples));

	for (size_t i = 0, end; i < count; i = end) {
		struct chunk_series series = { .type = (enum value_type)items[i].type, .samples = samples };

		for (end = i; end < count && end - i < CHUNK_SAMPLES_MAX && items[end].point == items[i].point &&
			      items[end].type == items[i].type;
		     end++)
			samples[end - i] = items[end].sample;
		series.count = end - i;
		pack_series(&items[i], &series, &raw);
	}
	squeeze_pack(str_buf_text(&raw), raw.len, to);
}

/* ---- back ---- */

int stage_reader_open(struct stage_reader *r, uint32_t slice, struct varint_bytes packed)
{
	*r = (struct stage_reader){ .first = slice * STAGE_SLICE };
	if (squeeze_expand(packed.at, (size_t)(packed.end - packed.at), &r->raw) < 0)
		return -EBADMSG;
	r->left = (struct varint_bytes){ (const uint8_t *)str_buf_text(&r->raw),
					 (const uint8_t *)str_buf_text(&r->raw) + r->raw.len };
	return 0;
}

void stage_reader_fini(struct stage_reader *r)
{
	str_buf_fini(&r->raw);
}

static int get_piece(struct varint_bytes *from, struct varint_bytes *ret_piece)
{
	uint64_t len;

	if (varint_get(from, &len) < 0 || len > (uint64_t)(from->end - from->at))
		return -EBADMSG;
	*ret_piece = (struct varint_bytes){ from->at, from->at + len };
	from->at += len;
	return 0;
}

int stage_reader_next(struct stage_reader *r, uint32_t *ret_point, struct chunk_reader *ret_samples)
{
	struct varint_bytes stamps, values;
	uint8_t point;

	if (r->left.at >= r->left.end)
		return 0;
	point = *r->left.at++;
	if (point >= STAGE_SLICE || get_piece(&r->left, &stamps) < 0 || get_piece(&r->left, &values) < 0 ||
	    chunk_reader_open(ret_samples, stamps, values) < 0)
		return -EBADMSG;
	*ret_point = r->first + point;
	return 1;
}
