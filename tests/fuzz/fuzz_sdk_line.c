/* fuzz_sdk_line.c: plugins/sdk/sdk_line.c: lines come out of a pipe as they went in, however they are cut; one that is too
 * long is skipped and counted, the next one is read as usual; what goes out is never torn.
 *
 * Input: pairs of a byte n and what it asks for: n < 64: the next n bytes come; n < 128: 1000 * (n - 64) times the next
 * byte comes; else a newline comes. */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "sdk/sdk_line.h"

#define STREAM_MAX (1 << 19)

struct lines {
	char *bytes; /* every line with a newline */
	size_t len;
	uint64_t too_long;
};

/* What the lines must be, from the whole stream. */
static void split(const char *stream, size_t len, struct lines *ret)
{
	ret->bytes = malloc(len + 1);
	if (!ret->bytes)
		abort();
	while (len) {
		const char *end = memchr(stream, '\n', len);
		size_t line = end ? (size_t)(end - stream) : len;

		if (line >= SDK_LINE_MAX)
			ret->too_long++;
		else if (end) {
			memcpy(ret->bytes + ret->len, stream, line + 1);
			ret->len += line + 1;
		}
		stream += line + (end ? 1 : 0);
		len -= line + (end ? 1 : 0);
	}
}

/* Writes the stream into a pipe in pieces and takes all lines between two reads. */
static void read_through(const char *stream, size_t len, size_t piece, struct lines *ret)
{
	struct sdk_line_in in;
	int fds[2];

	if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) < 0)
		abort();
	ret->bytes = malloc(len + 1);
	if (!ret->bytes)
		abort();
	sdk_line_in_init(&in);
	for (int n = 1; n != 0;) {
		ssize_t sent = len ? write(fds[1], stream, len < piece ? len : piece) : 0;
		char *line;
		size_t line_len;

		stream += sent > 0 ? sent : 0;
		len -= sent > 0 ? (size_t)sent : 0;
		if (!len && fds[1] >= 0) {
			close(fds[1]);
			fds[1] = -1;
		}
		n = sdk_line_read(&in, fds[0]);
		FUZZ_CLAIM(n >= 0 || n == -EAGAIN);
		while (sdk_line_next(&in, &line, &line_len)) {
			FUZZ_CLAIM(line_len < SDK_LINE_MAX && line[line_len] == '\0');
			memcpy(ret->bytes + ret->len, line, line_len);
			ret->len += line_len;
			ret->bytes[ret->len++] = '\n';
		}
	}
	ret->too_long = in.too_long;
	sdk_line_in_fini(&in);
	close(fds[0]);
}

/* The lines go out through a pipe that is too small for them, and come out of it whole. */
static void write_through(const struct lines *lines, size_t limit)
{
	struct sdk_line_out out;
	size_t put = 0, got = 0, puts = 0;
	char *back = malloc(lines->len + 1);
	int fds[2];

	if (!back || pipe2(fds, O_NONBLOCK | O_CLOEXEC) < 0)
		abort();
	sdk_line_out_init(&out, limit);
	while (put < lines->len || sdk_line_waiting(&out)) {
		const char *line = lines->bytes + put;
		size_t len = put < lines->len ? (size_t)(strchr(line, '\n') - line) : 0;
		int r = put < lines->len ? sdk_line_put(&out, line, len) : 0;
		ssize_t n;

		FUZZ_CLAIM(r == 0 || r == -ENOBUFS || (r == -EMSGSIZE && len + 1 > SDK_LINE_MAX));
		FUZZ_CLAIM(sdk_line_waiting(&out) <= limit);
		put += r == 0 && put < lines->len ? len + 1 : 0;
		if (r == 0 && put < lines->len && ++puts % 100)
			continue; /* many wait at once */
		r = sdk_line_flush(&out, fds[1]);
		FUZZ_CLAIM(r == 0 || r == -EAGAIN);
		n = read(fds[0], back + got, lines->len - got);
		got += n > 0 ? (size_t)n : 0;
	}
	for (ssize_t n = 1; n > 0 && got<lines->len; got += n> 0 ? (size_t)n : 0)
		n = read(fds[0], back + got, lines->len - got);
	FUZZ_CLAIM(got == lines->len && memcmp(back, lines->bytes, got) == 0);
	sdk_line_out_fini(&out);
	close(fds[0]);
	close(fds[1]);
	free(back);
}

static size_t unfold(struct fuzz_bytes in, char *stream)
{
	size_t len = 0;

	while (in.left) {
		uint8_t n = fuzz_u8(&in);
		struct fuzz_bytes part = { 0 };

		if (n < 64) {
			part = fuzz_part(&in, n);
			if (len + part.left > STREAM_MAX)
				break;
			memcpy(stream + len, part.at, part.left);
			len += part.left;
		} else if (n < 128) {
			size_t times = (size_t)(n - 64) * 1000;

			if (len + times > STREAM_MAX)
				break;
			memset(stream + len, fuzz_u8(&in), times);
			len += times;
		} else if (len < STREAM_MAX) {
			stream[len++] = '\n';
		}
	}
	/* A NUL ends a line for write_through's reader only: the sdk carries it. */
	for (size_t i = 0; i < len; i++)
		stream[i] = stream[i] ? stream[i] : ' ';
	return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *stream = malloc(STREAM_MAX + 1);
	struct lines wanted = { 0 }, got = { 0 };
	size_t len;

	if (!stream)
		abort();
	len = unfold((struct fuzz_bytes){ data, size }, stream);
	split(stream, len, &wanted);
	read_through(stream, len, len < 1000 ? 1 + size % 50 : 500 + len / 20, &got);
	FUZZ_CLAIM(got.len == wanted.len && memcmp(got.bytes, wanted.bytes, got.len) == 0);
	FUZZ_CLAIM(got.too_long == wanted.too_long);
	wanted.bytes[wanted.len] = '\0';
	write_through(&wanted, SDK_LINE_MAX + size % 1000);
	free(wanted.bytes);
	free(got.bytes);
	free(stream);
	return 0;
}
