/* stage.h: the latest samples of all points in a few pieces of bytes, until an hour of them becomes chunks. Pure. Any thread.
 *
 * Points are cut into slices by their number in the database, always at the same places: so the chunks of some points can be
 * made without unpacking all the others. */
#pragma once

#include "store/chunk_reader.h"

#define STAGE_SLICE 16 /* points in one */

struct stage_item {
	uint32_t point;             /* its number in the database */
	uint8_t type;               /* enum value_type */
	struct chunk_sample sample; /* a text is owned by whoever has the item */
};

static inline uint32_t stage_slice(uint32_t point)
{
	return point / STAGE_SLICE;
}

/* By slice, point and type; what has the same ones stays in its order. */
void stage_sort(struct stage_item *items, size_t count);
/* How many of the items, from the first one, are of its slice. */
size_t stage_same_slice(const struct stage_item *items, size_t count);
/* Those in one piece, squeezed; appended. In order of time within each point, at most CHUNK_SAMPLES_MAX. */
void stage_pack(const struct stage_item *items, size_t count, struct str_buf *to);

/* The way back: series by series. */
struct stage_reader {
	struct str_buf raw;
	struct varint_bytes left;
	uint32_t first; /* point of its slice */
};
int stage_reader_open(struct stage_reader *r, uint32_t slice, struct varint_bytes packed);
void stage_reader_fini(struct stage_reader *r);
/* 1 with the next point and its samples (lent), 0 at the end, -EBADMSG. */
int stage_reader_next(struct stage_reader *r, uint32_t *ret_point, struct chunk_reader *ret_samples);
