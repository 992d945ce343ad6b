/* chunk.h: the samples of one point over some time, in few bytes: what the history keeps. Pure. Any thread.
 *
 * Times and values are two pieces of bytes, because points that are read in one request have the same times: those are then
 * kept once. Both are meant to be squeezed (squeeze.h). Whole milliseconds; a number comes back as the very same double.
 *
 *   stamps: count, the first one, the differences of the differences
 *   values: version and type, count, runs of flags, and then by coding
 *     steps    numbers that are whole multiples of a decimal step: differences (or differences of those), in steps
 *     bits     any other numbers: each XOR the one before it, all first bytes, all second bytes …
 *     runs     bools: lengths of the runs; texts and events: words, and runs of them */
#pragma once

#include "model/value.h"
#include "store/varint.h"

#define CHUNK_SAMPLES_MAX 65536

/* Of a sample: enum quality, and beside it: */
#define CHUNK_QUALITY 7
#define CHUNK_TEST    8
#define CHUNK_NULL    16 /* it has no value */
#define CHUNK_LAP     96 /* how often the wall clock had been past its time already (it was set back), at most 3 times */
#define CHUNK_LAP_BIT 5
#define CHUNK_LAP_MAX 3
#define CHUNK_FLAGS   (CHUNK_QUALITY | CHUNK_TEST | CHUNK_NULL | CHUNK_LAP)

struct chunk_sample {
	int64_t ts_ms; /* wall */
	uint8_t flags;
	union {
		double number; /* and bools */
		const char *text;
	};
};

struct chunk_series {
	enum value_type type;
	const struct chunk_sample *samples; /* in order of time, at most CHUNK_SAMPLES_MAX */
	size_t count;
};

/* Append to what is there. */
void chunk_pack_stamps(const struct chunk_series *s, struct str_buf *to);
void chunk_pack_values(const struct chunk_series *s, struct str_buf *to);

enum chunk_coding { CHUNK_NOTHING, CHUNK_DELTAS, CHUNK_DELTAS_TWICE, CHUNK_BITS, CHUNK_RUNS };
#define CHUNK_VERSION      1
#define CHUNK_EXPONENT_MAX 9           /* decimal places of a step */
double chunk_power(unsigned exponent); /* 10^exponent */
