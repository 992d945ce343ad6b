/* chunk_reader.h: takes the samples out of what chunk.h packed, one by one. The bytes may be anything: what cannot have been
 * packed is -EBADMSG, never a crash, and never more samples than were announced. Pure. The caller owns it; bytes are lent. */
#pragma once

#include "store/chunk.h"

struct chunk_reader {
	enum value_type type;
	size_t count, at; /* samples; the next one */
	struct varint_bytes stamps;
	int64_t ts_ms, step_ms;
	struct varint_bytes flags; /* runs of them */
	uint8_t flag;
	uint64_t flag_left;
	enum chunk_coding coding;
	struct varint_bytes values;
	size_t value_count, value_at; /* those that are not null */
	double power;                 /* DELTAS: of its exponent */
	uint64_t factor;
	int64_t steps, delta;
	uint64_t bits; /* BITS: the last one */
	const uint8_t *planes;
	struct varint_bytes words; /* RUNS of texts, each with its NUL */
	size_t word_count;
	const char *word; /* or bool: NULL is false */
	uint64_t run_left;
};

/* 0, or -EBADMSG. */
int chunk_reader_open(struct chunk_reader *r, struct varint_bytes stamps, struct varint_bytes values);
/* 1 with a sample (its text lent from the bytes), 0 at the end, -EBADMSG. */
int chunk_reader_next(struct chunk_reader *r, struct chunk_sample *ret_sample);
