/* fuzz_channel.c: plugin/channel.c: what a plugin writes to its stdout, in whatever pieces: each whole line comes once, in
 * order, and a line of more than 64 KiB is told once and ends the listening; its stderr goes to the log, which takes
 * anything.
 *
 * Input: pieces: a byte n and what it asks for. n < 64: n bytes on stdout; n < 96: n - 64 bytes on stderr; n < 128: the next
 * byte 2048 * (n - 95) times on stdout; n < 192: a turn of the loop; else a newline on stdout. */
#include "fuzz.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "plugin/channel.h"
#include "plugin/protocol.h"

#define SENT_MAX   (160 * 1024)
#define TURNS_MAX  100
#define VAIN_MAX   20
#define LAST_BYTES (64 * 1024) /* that channel_last_words takes */

struct world {
	struct event_base *base;
	struct channel *channel;
	struct str_buf sent, got;
	unsigned too_long;
	int out, err; /* the plugin's ends */
	int pipes[3][2];
};

static void take_line(void *context, const char *line, size_t len)
{
	struct world *w = context;

	FUZZ_CLAIM(!w->too_long && len < PROTOCOL_LINE_MAX && line[len] == '\0' && !memchr(line, '\n', len));
	str_buf_add_len(&w->got, line, len);
	str_buf_add(&w->got, "\n");
}

static void take_too_long(void *context)
{
	struct world *w = context;

	FUZZ_CLAIM(w->too_long++ == 0);
	channel_stop_reading(w->channel); /* as the supervisor does */
}

static void take_end(void *context, const char *what)
{
	(void)context;
	(void)what;
}

static void take_room(void *context)
{
	(void)context;
}

static void turn(struct world *w)
{
	event_base_loop(w->base, EVLOOP_NONBLOCK);
}

/* A full pipe is emptied by turns of the loop, unless nobody listens any more or it is throttled: then the rest is lost. */
static void say(struct world *w, const void *bytes, size_t len)
{
	const char *at = bytes;

	for (int vain = 0; len && vain < VAIN_MAX; vain++) {
		ssize_t n = write(w->out, at, len);

		if (n < 0) {
			turn(w);
			continue;
		}
		str_buf_add_len(&w->sent, at, (size_t)n);
		at += n;
		len -= (size_t)n;
		vain = 0;
	}
}

static void take_piece(struct world *w, struct fuzz_bytes *in)
{
	uint8_t n = fuzz_u8(in);
	char *many;

	if (n < 64) {
		struct fuzz_bytes part = fuzz_part(in, n);

		say(w, part.at, part.left);
	} else if (n < 96) {
		struct fuzz_bytes part = fuzz_part(in, n - 64);

		if (write(w->err, part.at, part.left) < 0)
			turn(w); /* full: a plugin would wait */
	} else if (n < 128) {
		size_t len = 2048 * (size_t)(n - 95);

		many = malloc(len);
		if (!many)
			abort();
		memset(many, fuzz_u8(in), len);
		say(w, many, len);
		free(many);
	} else if (n < 192) {
		turn(w);
	} else {
		say(w, "\n", 1);
	}
}

/* Bytes of the whole lines that went in, up to the first that is too long. */
static size_t whole_lines(const struct world *w, bool *ret_too_long)
{
	const char *sent = str_buf_text(&w->sent);
	size_t whole = 0;

	*ret_too_long = false;
	while (whole < w->sent.len) {
		const char *end = memchr(sent + whole, '\n', w->sent.len - whole);
		size_t len = (end ? (size_t)(end - sent) : w->sent.len) - whole;

		*ret_too_long = len >= PROTOCOL_LINE_MAX;
		if (!end || *ret_too_long)
			break;
		whole += len + 1;
	}
	return whole;
}

/* Listens to the end: as long as it is not throttled by turns of the loop, then as after the plugin's end. */
static void hear_out(struct world *w)
{
	bool too_long;
	size_t whole = whole_lines(w, &too_long);

	for (int i = 0; i < TURNS_MAX && !w->too_long && w->got.len < whole && !channel_throttled(w->channel); i++)
		turn(w);
	for (size_t heard = 0; heard <= w->sent.len; heard += LAST_BYTES)
		channel_last_words(w->channel);
	FUZZ_CLAIM(w->too_long == too_long);
	FUZZ_CLAIM(w->got.len == whole &&
		   (whole == 0 || memcmp(str_buf_text(&w->got), str_buf_text(&w->sent), whole) == 0));
}

static void listen_to(struct world *w)
{
	struct process p = { .pid = 0, .pidfd = -1 };
	struct channel_setup setup = { .base = w->base,
				       .name = "x",
				       .context = w,
				       .line = take_line,
				       .too_long = take_too_long,
				       .closed = take_end,
				       .drained = take_room };

	for (int i = 0; i < 3; i++)
		if (pipe2(w->pipes[i], O_NONBLOCK | O_CLOEXEC) < 0)
			abort();
	p.in = w->pipes[0][1];
	p.out = w->pipes[1][0];
	p.err = w->pipes[2][0];
	w->out = w->pipes[1][1];
	w->err = w->pipes[2][1];
	w->channel = channel_new(&setup);
	channel_open(w->channel, &p);
	FUZZ_CLAIM(channel_send(w->channel, "{}", 2) == 0 && channel_has_room(w->channel));
}

static void swallow(void *context, const struct log_entry *entry)
{
	(void)context;
	FUZZ_CLAIM(entry->level <= LOG_LEVEL_DEBUG && entry->text[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct log_sink sink = { .write = swallow };
	struct fuzz_bytes in = { data, size };
	struct world w = { .base = event_base_new() };

	signal(SIGPIPE, SIG_IGN);
	log_set_sink(&sink);
	listen_to(&w);
	while (in.left && w.sent.len < SENT_MAX && !w.too_long)
		take_piece(&w, &in);
	hear_out(&w);
	channel_close(w.channel);
	channel_free(w.channel);
	event_base_free(w.base);
	for (int i = 0; i < 6; i++)
		close(w.pipes[i / 2][i % 2]);
	str_buf_fini(&w.sent);
	str_buf_fini(&w.got);
	return 0;
}
