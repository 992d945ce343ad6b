#include "gate/cutter.h"

#include <errno.h>

void cutter_fini(struct cutter *c)
{
	str_buf_fini(&c->waiting);
}

void cutter_reset(struct cutter *c)
{
	str_buf_clear(&c->waiting);
}

static uint64_t read_id(const char *at, size_t len)
{
	char text[24];
	int64_t id;

	while (len && *at == ' ') {
		at++;
		len--;
	}
	if (len == 0 || len >= sizeof(text))
		return 0;
	memcpy(text, at, len);
	text[len] = '\0';
	return str_to_i64(text, &id) == 0 && id > 0 ? (uint64_t)id : 0;
}

static void hand_on(const char *text, size_t len, const struct cutter_handler *handler)
{
	struct cutter_frame frame = { .kind = CUTTER_COMMENT, .text = text, .len = len };

	for (const char *at = text, *end = text + len, *stop; at < end; at = stop + 1) {
		stop = memchr(at, '\n', (size_t)(end - at)); /* a frame ends with one */
		if (stop - at >= 5 && memcmp(at, "data:", 5) == 0)
			frame.kind = CUTTER_EVENT;
		else if (stop - at >= 3 && memcmp(at, "id:", 3) == 0)
			frame.id = read_id(at + 3, (size_t)(stop - at - 3));
	}
	if (frame.kind == CUTTER_COMMENT && frame.id)
		frame.kind = CUTTER_MARK;
	handler->frame(handler->context, &frame);
}

int cutter_feed(struct cutter *c, const char *bytes, size_t len, const struct cutter_handler *handler)
{
	size_t done = 0, from = c->waiting.len ? c->waiting.len - 1 : 0;
	const char *text, *end;

	str_buf_add_len(&c->waiting, bytes, len);
	text = str_buf_text(&c->waiting);
	while ((end = memmem(text + from, c->waiting.len - from, "\n\n", 2))) {
		from = (size_t)(end + 2 - text);
		hand_on(text + done, from - done, handler);
		done = from;
	}
	str_buf_consume(&c->waiting, done);
	if (c->waiting.len <= CUTTER_FRAME_MAX)
		return 0;
	cutter_reset(c);
	return -EMSGSIZE;
}
