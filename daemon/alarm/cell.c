#include "alarm/cell.h"

#define MIX 0x9e3779b97f4a7c15u /* odd, its bits well spread: 2^64 divided by the golden ratio */

size_t cell_size(size_t room)
{
	return sizeof(struct cell) + (room + 7) / 8 * 8;
}

uint64_t cell_sum(const void *bytes, size_t len, uint64_t seed)
{
	const uint64_t *words = bytes;
	uint64_t sum = seed;

	for (size_t i = 0; i < len / 8; i++) {
		sum = (sum ^ words[i]) * MIX;
		sum ^= sum >> 32;
	}
	return sum;
}

static uint64_t sum_of(const struct cell *s)
{
	return cell_sum(s->body, s->len, s->key ^ s->len);
}

void cell_seal(struct cell *s, size_t len)
{
	s->len = (uint32_t)len;
	s->sum = sum_of(s);
}

bool cell_whole(const struct cell *s)
{
	return s->len <= s->room && s->len % 8 == 0 && s->sum == sum_of(s);
}
