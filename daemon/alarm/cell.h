/* cell.h: one record in a block of memory that outlives the process: what it says is known to be whole, or is nothing.
 *
 * Pure; the caller owns the memory (8-aligned). Whoever writes the body seals it: a kill in between leaves a body that does
 * not fit its sum, and costs this one record. The sum is for that and for foreign bytes, not against malice. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cell {
	uint64_t sum;
	uint64_t key;  /* what it is about */
	uint32_t len;  /* of the body that is used; 0: nothing yet */
	uint32_t room; /* of the body; both multiples of 8 */
	uint64_t body[];
};

/* Bytes with a body of so many. */
size_t cell_size(size_t room);
void cell_seal(struct cell *s, size_t len);
bool cell_whole(const struct cell *s);
/* Of so many bytes (a multiple of 8), going on from seed. */
uint64_t cell_sum(const void *bytes, size_t len, uint64_t seed);
