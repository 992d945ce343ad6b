#include "sdk/sdk_line.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IN_ROOM (2 * SDK_LINE_MAX)

void sdk_line_in_init(struct sdk_line_in *in)
{
	*in = (struct sdk_line_in){ .data = malloc(IN_ROOM) };
	if (!in->data)
		abort();
}

void sdk_line_in_fini(struct sdk_line_in *in)
{
	free(in->data);
	*in = (struct sdk_line_in){ 0 };
}

int sdk_line_read(struct sdk_line_in *in, int fd)
{
	ssize_t n;

	memmove(in->data, in->data + in->start, in->end - in->start);
	in->end -= in->start;
	in->start = 0;
	assert(in->end < IN_ROOM); /* sdk_line_next leaves less than one line */
	n = read(fd, in->data + in->end, IN_ROOM - in->end);
	if (n < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	in->end += (size_t)n;
	return (int)n;
}

/* What stands without a newline and can no longer become a line is given up. */
static void drop_overlong(struct sdk_line_in *in)
{
	if (in->skipping) {
		in->start = in->end;
		return;
	}
	if (in->end - in->start < SDK_LINE_MAX)
		return;
	in->skipping = true;
	in->too_long++;
	in->start = in->end;
}

bool sdk_line_next(struct sdk_line_in *in, char **ret_line, size_t *ret_len)
{
	for (;;) {
		char *line = in->data + in->start;
		char *newline = memchr(line, '\n', in->end - in->start);
		size_t len;

		if (!newline) {
			drop_overlong(in);
			return false;
		}
		len = (size_t)(newline - line);
		in->start += len + 1;
		if (in->skipping) {
			in->skipping = false;
			continue;
		}
		if (len >= SDK_LINE_MAX) {
			in->too_long++;
			continue;
		}
		*newline = '\0';
		*ret_line = line;
		*ret_len = len;
		return true;
	}
}

void sdk_line_out_init(struct sdk_line_out *out, size_t limit)
{
	*out = (struct sdk_line_out){ .limit = limit };
}

void sdk_line_out_fini(struct sdk_line_out *out)
{
	free(out->data);
	*out = (struct sdk_line_out){ 0 };
}

size_t sdk_line_waiting(const struct sdk_line_out *out)
{
	return out->end - out->start;
}

static void make_room(struct sdk_line_out *out, size_t len)
{
	size_t waiting = sdk_line_waiting(out);

	if (out->start) {
		memmove(out->data, out->data + out->start, waiting);
		out->start = 0;
		out->end = waiting;
	}
	if (waiting + len <= out->room)
		return;
	out->room = (waiting + len) * 2;
	out->data = realloc(out->data, out->room);
	if (!out->data)
		abort();
}

int sdk_line_put(struct sdk_line_out *out, const char *text, size_t len)
{
	if (len + 1 > SDK_LINE_MAX)
		return -EMSGSIZE;
	if (sdk_line_waiting(out) + len + 1 > out->limit)
		return -ENOBUFS;
	if (out->end + len + 1 > out->room)
		make_room(out, len + 1);
	memcpy(out->data + out->end, text, len);
	out->end += len;
	out->data[out->end++] = '\n';
	return 0;
}

int sdk_line_flush(struct sdk_line_out *out, int fd)
{
	while (out->start < out->end) {
		ssize_t n = write(fd, out->data + out->start, out->end - out->start);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EWOULDBLOCK ? -EAGAIN : -errno;
		out->start += (size_t)n;
	}
	out->start = out->end = 0;
	return 0;
}
