/* sdk_line.h: lines in and out, each at most SDK_LINE_MAX bytes with its newline. No clock, no waiting; the caller owns
 * the descriptors. Main thread.
 *
 * In: a line that is too long is skipped up to its newline and counted; the next one is read as usual.
 * Out: whole lines only, at most `limit` bytes wait; what does not fit is refused, never torn. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SDK_LINE_MAX ((size_t)65536)

struct sdk_line_in {
	char *data; /* 2 × SDK_LINE_MAX */
	size_t start, end;
	bool skipping;
	uint64_t too_long; /* lines skipped */
};

void sdk_line_in_init(struct sdk_line_in *in);
void sdk_line_in_fini(struct sdk_line_in *in);
/* One read(2). Bytes read; 0 at the end of the stream; -EAGAIN or -errno. Take all lines between two reads. */
int sdk_line_read(struct sdk_line_in *in, int fd);
/* The next whole line without its newline, NUL-terminated, lent until the next read; false: none is complete. */
bool sdk_line_next(struct sdk_line_in *in, char **ret_line, size_t *ret_len);

struct sdk_line_out {
	char *data;
	size_t start, end, room, limit;
};

void sdk_line_out_init(struct sdk_line_out *out, size_t limit);
void sdk_line_out_fini(struct sdk_line_out *out);
/* Queues text and a newline: 0, -EMSGSIZE (longer than a line may be), -ENOBUFS (the limit is reached). */
int sdk_line_put(struct sdk_line_out *out, const char *text, size_t len);
/* Writes what it can: 0 (nothing is left), -EAGAIN (some is left), -errno (the reader is gone). */
int sdk_line_flush(struct sdk_line_out *out, int fd);
size_t sdk_line_waiting(const struct sdk_line_out *out); /* bytes */
