#include "ctl/sse.h"

#include <errno.h>
#include <stdio.h>

void sse_fini(struct sse *s)
{
	str_buf_fini(&s->line);
	str_buf_fini(&s->data);
}

void sse_reset(struct sse *s)
{
	str_buf_clear(&s->line);
	str_buf_clear(&s->data);
	s->event[0] = '\0';
}

static int dispatch(struct sse *s, const struct sse_handler *handler)
{
	struct sse_event e = { .event = *s->event ? s->event : "message", .id = s->id, .data = str_buf_text(&s->data) };
	int r = s->data.len ? handler->event(handler->context, &e) : 0;

	str_buf_clear(&s->data);
	s->event[0] = '\0';
	return r;
}

/* "name: value", "name:value", "name"; a line that begins with a colon is a comment. */
static int take_line(struct sse *s, const struct sse_handler *handler)
{
	const char *line = str_buf_text(&s->line), *colon = strchr(line, ':'), *value = "";
	size_t name_len = colon ? (size_t)(colon - line) : strlen(line);

	if (!*line)
		return dispatch(s, handler);
	if (colon)
		value = colon[1] == ' ' ? colon + 2 : colon + 1;
	if (name_len == 2 && memcmp(line, "id", 2) == 0) {
		snprintf(s->id, sizeof(s->id), "%s", value);
	} else if (name_len == 5 && memcmp(line, "event", 5) == 0) {
		snprintf(s->event, sizeof(s->event), "%s", value);
	} else if (name_len == 4 && memcmp(line, "data", 4) == 0) {
		if (s->data.len)
			str_buf_add(&s->data, "\n");
		str_buf_add(&s->data, value);
	}
	return 0;
}

int sse_feed(struct sse *s, const char *bytes, size_t len, const struct sse_handler *handler)
{
	while (len) {
		const char *end = memchr(bytes, '\n', len);
		size_t part = end ? (size_t)(end - bytes) : len;
		int r;

		if (s->line.len + s->data.len + part > SSE_EVENT_MAX)
			return -EMSGSIZE;
		str_buf_add_len(&s->line, bytes, part);
		if (!end)
			return 0;
		bytes += part + 1;
		len -= part + 1;
		if (s->line.len && s->line.text[s->line.len - 1] == '\r')
			s->line.text[--s->line.len] = '\0';
		r = take_line(s, handler);
		str_buf_clear(&s->line);
		if (r != 0)
			return r;
	}
	return 0;
}
