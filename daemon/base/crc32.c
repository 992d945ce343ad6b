#include "base/crc32.h"

#include <string.h>

/* Of every value of half a byte: small enough to stay in the cache beside what is being read. */
static const uint32_t nibbles[16] = {
	0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
	0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

static uint32_t add_bytes(uint32_t crc, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		crc ^= bytes[i];
		crc = nibbles[crc & 15] ^ (crc >> 4);
		crc = nibbles[crc & 15] ^ (crc >> 4);
	}
	return crc;
}

#ifdef __x86_64__
/* The processor's own instruction is of this very polynomial, and some forty times as fast: what every home remembers is summed with
 * each thing that happens there. */
__attribute__((target("sse4.2"))) static uint32_t add_words(uint32_t crc, const uint8_t *bytes, size_t count)
{
	uint64_t sum = crc, word;

	for (size_t i = 0; i < count; i++) {
		memcpy(&word, bytes + i * sizeof(word), sizeof(word));
		sum = __builtin_ia32_crc32di(sum, word);
	}
	return (uint32_t)sum;
}

static size_t words_of(size_t len)
{
	return __builtin_cpu_supports("sse4.2") ? len / sizeof(uint64_t) : 0;
}
#else
static uint32_t add_words(uint32_t crc, const uint8_t *bytes, size_t count)
{
	return add_bytes(crc, bytes, count * sizeof(uint64_t));
}

static size_t words_of(size_t len)
{
	(void)len;
	return 0;
}
#endif

uint32_t crc32_add(uint32_t crc, const void *data, size_t len)
{
	const uint8_t *bytes = data; /* NULL where there are none */
	size_t words = words_of(len), done = words * sizeof(uint64_t);

	crc = add_words(~crc, bytes, words);
	return len > done ? ~add_bytes(crc, bytes + done, len - done) : ~crc;
}
