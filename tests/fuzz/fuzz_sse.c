/* fuzz_sse.c: ctl/sse.c: a stream of events says the same however its bytes are cut, and after a lost connection nothing of
 * the half-read event is left.
 *
 * Input: a byte that says where to cut, then the stream. */
#include "fuzz.h"

#include <errno.h>

#include "ctl/sse.h"

#define EVENTS_MAX 200 /* the handler ends the stream then */

struct told {
	struct str_buf text;
	size_t events;
};

static int take(void *context, const struct sse_event *e)
{
	struct told *t = context;

	FUZZ_CLAIM(e->event[0] && strlen(e->event) < 32 && strlen(e->id) < 32);
	str_buf_printf(&t->text, "<%s|%s|%s>", e->event, e->id, e->data);
	return ++t->events == EVENTS_MAX ? 7 : 0;
}

static int feed(struct fuzz_bytes in, size_t piece, struct told *ret_told)
{
	struct sse_handler handler = { .context = ret_told, .event = take };
	struct sse s = { 0 };
	int r = 0;

	while (in.left && r == 0) {
		struct fuzz_bytes part = fuzz_part(&in, piece);
		char *bytes = malloc(part.left); /* to the byte: it may not read behind them */

		if (!bytes)
			abort();
		memcpy(bytes, part.at, part.left);
		r = sse_feed(&s, bytes, part.left, &handler);
		free(bytes);
	}
	FUZZ_CLAIM(r == 0 || r == 7 || r == -EMSGSIZE);
	FUZZ_CLAIM(s.line.len + s.data.len <= SSE_EVENT_MAX + 1);
	sse_reset(&s);
	FUZZ_CLAIM(s.line.len == 0 && s.data.len == 0 && !s.event[0]);
	sse_fini(&s);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	struct told whole = { 0 }, cut = { 0 };
	size_t piece = 1 + fuzz_u8(&in) % 16;
	int r = feed(in, SIZE_MAX, &whole);

	FUZZ_CLAIM(feed(in, piece, &cut) == r);
	FUZZ_CLAIM(whole.events == cut.events && strcmp(str_buf_text(&whole.text), str_buf_text(&cut.text)) == 0);
	str_buf_fini(&whole.text);
	str_buf_fini(&cut.text);
	return 0;
}
