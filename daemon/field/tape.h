/* tape.h: the latest frames of a bus, with their time to the microsecond: what went out, and what came in as it was
 * read. Pure; in memory; bounded by bytes, the oldest go. The bus's thread owns it; others get copies. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TAPE_BYTES  16384 /* of frames: some hundred ordinary ones */
#define TAPE_FRAMES 256

enum tape_kind { TAPE_SENT, TAPE_RECEIVED, TAPE_OPENED, TAPE_CLOSED };

struct tape_entry {
	int64_t at_us; /* monotonic */
	uint32_t from; /* where its bytes begin, counted since the tape began */
	uint16_t len;
	uint8_t kind;
};

struct tape {
	uint32_t written; /* bytes, since it began */
	uint32_t count;   /* frames, since it began */
	struct tape_entry entries[TAPE_FRAMES];
	uint8_t bytes[TAPE_BYTES];
};

struct tape_frame {
	int64_t at_us;
	enum tape_kind kind;
	size_t len;
	uint8_t bytes[512];
};

/* Adds one. Longer ones than a tape_frame holds are cut. */
void tape_note(struct tape *t, const struct tape_frame *frame);
/* Of what is still there the one with that number, 0 the oldest. -ENOENT: no more. */
int tape_get(const struct tape *t, size_t number, struct tape_frame *ret_frame);
