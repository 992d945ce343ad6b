/* varint.h: whole numbers in as few bytes as they need, seven bits a byte, the lowest first. Pure; header only. */
#pragma once

#include <errno.h>

#include "base/str.h"

#define VARINT_MAX 10 /* bytes */

static inline void varint_put(struct str_buf *to, uint64_t number)
{
	char bytes[VARINT_MAX];
	size_t len = 0;

	do {
		bytes[len] = (char)(number & 0x7f);
		number >>= 7;
		if (number)
			bytes[len] |= (char)0x80;
		len++;
	} while (number);
	str_buf_add_len(to, bytes, len);
}

static inline size_t varint_len(uint64_t number)
{
	size_t len = 1;

	while (number >>= 7)
		len++;
	return len;
}

/* Small ones of either sign become small ones without. */
static inline uint64_t varint_zigzag(int64_t number)
{
	return ((uint64_t)number << 1) ^ (uint64_t)(number >> 63);
}

static inline int64_t varint_unzigzag(uint64_t number)
{
	return (int64_t)((number >> 1) ^ (~(number & 1) + 1));
}

/* Bytes that are read from the front; lent. */
struct varint_bytes {
	const uint8_t *at, *end;
};

/* 0, or -EBADMSG: it does not end, or has more than 64 bits. */
static inline int varint_get(struct varint_bytes *from, uint64_t *ret_number)
{
	uint64_t number = 0;

	for (unsigned shift = 0; from->at < from->end && shift < 64; shift += 7) {
		uint8_t byte = *from->at++;

		if (shift == 63 && byte > 1)
			return -EBADMSG;
		number |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*ret_number = number;
			return 0;
		}
	}
	return -EBADMSG;
}
