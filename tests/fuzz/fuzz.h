/* fuzz.h: what the fuzz targets share: checks that end the process, and bytes read as numbers and texts.
 *
 * A target is one file with LLVMFuzzerTestOneInput. It may not print, wait, read a clock or keep anything from one input to
 * the next. Its texts are allocated to the byte, so that reading behind them is seen. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A claim about the code under test. */
#define FUZZ_CLAIM(condition)                                                                          \
	do {                                                                                           \
		if (!(condition)) {                                                                    \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                                       \
		}                                                                                      \
	} while (0)

/* What was not read yet. Behind the end stand zeros. */
struct fuzz_bytes {
	const uint8_t *at;
	size_t left;
};

static inline uint8_t fuzz_u8(struct fuzz_bytes *b)
{
	if (b->left == 0)
		return 0;
	b->left--;
	return *b->at++;
}

static inline uint16_t fuzz_u16(struct fuzz_bytes *b)
{
	uint16_t high = fuzz_u8(b);

	return (uint16_t)(high << 8 | fuzz_u8(b));
}

static inline uint64_t fuzz_u64(struct fuzz_bytes *b)
{
	uint64_t value = 0;

	for (int i = 0; i < 4; i++)
		value = value << 16 | fuzz_u16(b);
	return value;
}

static inline double fuzz_double(struct fuzz_bytes *b)
{
	uint64_t bits = fuzz_u64(b);
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* At most max of the bytes that are left; moves behind them. */
static inline struct fuzz_bytes fuzz_part(struct fuzz_bytes *b, size_t max)
{
	struct fuzz_bytes part = { b->at, b->left < max ? b->left : max };

	b->at += part.left;
	b->left -= part.left;
	return part;
}

/* Up to the next newline, which is taken too. */
static inline struct fuzz_bytes fuzz_line(struct fuzz_bytes *b)
{
	const uint8_t *end = b->left ? memchr(b->at, '\n', b->left) : NULL;
	struct fuzz_bytes line = fuzz_part(b, end ? (size_t)(end - b->at) : b->left);

	fuzz_u8(b);
	return line;
}

/* A copy that ends at its first NUL and has no byte of room behind its end; the caller frees. */
static inline char *fuzz_text(struct fuzz_bytes part)
{
	size_t len = strnlen((const char *)part.at, part.left);
	char *text = malloc(len + 1);

	if (!text)
		abort();
	if (len)
		memcpy(text, part.at, len);
	text[len] = '\0';
	return text;
}

static inline char *fuzz_rest(struct fuzz_bytes *b)
{
	return fuzz_text(fuzz_part(b, b->left));
}
