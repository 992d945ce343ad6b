#include "plugin/channel.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <inttypes.h>
#include <math.h>

#include "base/clock.h"
#include "base/complain.h"
#include "base/log.h"
#include "base/mem.h"
#include "plugin/protocol.h"

#define OUTPUT_MAX   (512 * 1024) /* bytes that wait for the plugin to read */
#define TURN_BYTES   (64 * 1024)  /* read in one turn of the loop */
#define TURN_LINES   200          /* handled in one turn of the loop */
#define LINES_PER_S  2000         /* over this its pipe is not read for a while */
#define LINES_BURST  4000
#define PAUSE        (100 * MS)
#define LOG_TURN     4096
#define LOG_LINE_MAX 8192
#define LOG_WINDOW   (10 * S)
#define LOG_LINES    20 /* lines of its stderr that reach the log in a window */

struct channel {
	struct channel_setup setup;
	bool open, deaf;
	int in, out, err;
	struct event *out_event, *in_event, *err_event, *resume_timer;
	struct evbuffer *input, *output, *log;
	double tokens;
	int64_t tokens_us, log_window_us;
	unsigned log_lines;
	uint64_t log_left_out, throttled;
	struct complaint flood;
};

static struct event *add_event(struct channel *c, int fd, short what, event_callback_fn callback)
{
	struct event *e = event_new(c->setup.base, fd, what, callback, c);

	if (!e)
		abort();
	return e;
}

static void arm(struct event *timer, int64_t wait_us)
{
	event_add(timer, &(struct timeval){ .tv_sec = wait_us / S, .tv_usec = wait_us % S });
}

/* ---- towards the plugin ---- */

static void on_writable(evutil_socket_t fd, short events, void *context)
{
	struct channel *c = context;

	(void)events;
	if (evbuffer_write(c->output, fd) < 0 && errno != EAGAIN && errno != EINTR) {
		evbuffer_drain(c->output,
			       evbuffer_get_length(c->output)); /* it closed its stdin: its end will follow */
		return;
	}
	if (evbuffer_get_length(c->output))
		event_add(c->in_event, NULL);
}

int channel_send(struct channel *c, const char *line, size_t len)
{
	if (!c->open)
		return -ENOTCONN;
	if (evbuffer_get_length(c->output) + len + 1 > OUTPUT_MAX) {
		c->throttled++;
		return -EAGAIN;
	}
	evbuffer_add(c->output, line, len);
	evbuffer_add(c->output, "\n", 1);
	on_writable(c->in, EV_WRITE, c); /* at once: an SOS does not wait for a turn */
	return 0;
}

/* ---- from the plugin ---- */

static bool whole_line_waits(struct channel *c)
{
	return evbuffer_search_eol(c->input, NULL, NULL, EVBUFFER_EOL_LF).pos >= 0;
}

/* Lines cost tokens; none left: the pipe is not read for a while, so the plugin feels it. */
static bool spend_token(struct channel *c)
{
	int64_t now_us = clock_mono_us();

	c->tokens = fmin(LINES_BURST, c->tokens + (double)(now_us - c->tokens_us) / (double)S * LINES_PER_S);
	c->tokens_us = now_us;
	if (c->tokens < 1) {
		c->throttled++;
		complain(&c->flood, "plugin %s: more than %d lines a second: slowed down", c->setup.name, LINES_PER_S);
		event_del(c->out_event);
		arm(c->resume_timer, PAUSE);
		return false;
	}
	c->tokens--;
	if (c->tokens > LINES_BURST / 2)
		complain_resolved(&c->flood, "plugin %s: at an ordinary pace again", c->setup.name);
	return true;
}

/* Handles the whole lines that were read, as far as the budgets go. */
static void take_lines(struct channel *c)
{
	int lines = 0;

	while (!c->deaf && whole_line_waits(c) && spend_token(c)) {
		size_t len;
		char *line;

		if (lines++ == TURN_LINES) {
			event_del(c->out_event);
			arm(c->resume_timer, 0);
			return;
		}
		line = evbuffer_readln(c->input, &len, EVBUFFER_EOL_LF);
		if (len > PROTOCOL_LINE_MAX)
			c->setup.too_long(c->setup.context);
		else
			c->setup.line(c->setup.context, line, len);
		free(line);
	}
	if (!c->deaf && !whole_line_waits(c) && evbuffer_get_length(c->input) > PROTOCOL_LINE_MAX)
		c->setup.too_long(c->setup.context);
}

static void on_readable(evutil_socket_t fd, short events, void *context)
{
	struct channel *c = context;
	int n = evbuffer_read(c->input, fd, TURN_BYTES);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		event_del(c->out_event); /* closed: its end follows, or it gives no sign of life */
	else
		take_lines(c);
}

static void on_resume(evutil_socket_t fd, short events, void *context)
{
	struct channel *c = context;

	(void)fd;
	(void)events;
	if (!c->open || c->deaf)
		return;
	event_add(c->out_event, NULL);
	take_lines(c);
}

/* ---- its stderr ---- */

static void log_line(struct channel *c, const char *line)
{
	enum log_level level = LOG_LEVEL_INFO;
	int64_t now_us = clock_mono_us();

	if (line[0] == '<' && line[1] >= '3' && line[1] <= '7' && line[2] == '>') {
		level = (enum log_level)(line[1] - '0');
		line += 3;
	}
	if (now_us - c->log_window_us > LOG_WINDOW) {
		if (c->log_left_out)
			log_notice("plugin %s: %" PRIu64 " lines of its log were left out", c->setup.name,
				   c->log_left_out);
		c->log_window_us = now_us;
		c->log_lines = 0;
		c->log_left_out = 0;
	}
	if (c->log_lines++ >= LOG_LINES)
		c->log_left_out++;
	else
		log_write(level, "plugin %s: %s", c->setup.name, line);
}

static void on_stderr(evutil_socket_t fd, short events, void *context)
{
	struct channel *c = context;
	int n = evbuffer_read(c->log, fd, LOG_TURN);
	char *line;

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		event_del(c->err_event);
		return;
	}
	while ((line = evbuffer_readln(c->log, NULL, EVBUFFER_EOL_LF))) {
		log_line(c, line);
		free(line);
	}
	if (evbuffer_get_length(c->log) > LOG_LINE_MAX)
		evbuffer_drain(c->log, evbuffer_get_length(c->log));
}

/* ---- life ---- */

struct channel *channel_new(const struct channel_setup *setup)
{
	struct channel *c = MEM_NEW(struct channel);

	c->setup = *setup;
	c->input = evbuffer_new();
	c->output = evbuffer_new();
	c->log = evbuffer_new();
	c->resume_timer = add_event(c, -1, 0, on_resume);
	return c;
}

void channel_open(struct channel *c, const struct process *p)
{
	c->open = true;
	c->deaf = false;
	c->in = p->in;
	c->out = p->out;
	c->err = p->err;
	c->tokens = LINES_BURST;
	c->tokens_us = clock_mono_us();
	c->out_event = add_event(c, c->out, EV_READ | EV_PERSIST, on_readable);
	c->err_event = add_event(c, c->err, EV_READ | EV_PERSIST, on_stderr);
	c->in_event = add_event(c, c->in, EV_WRITE, on_writable);
	event_add(c->out_event, NULL);
	event_add(c->err_event, NULL);
}

void channel_stop_reading(struct channel *c)
{
	c->deaf = true;
	if (c->open)
		event_del(c->out_event);
	event_del(c->resume_timer);
}

void channel_last_words(struct channel *c)
{
	if (!c->open)
		return;
	on_stderr(c->err, EV_READ, c);
	if (!c->deaf)
		on_readable(c->out, EV_READ, c);
}

void channel_close(struct channel *c)
{
	struct event **events[] = { &c->out_event, &c->in_event, &c->err_event };
	struct evbuffer *buffers[] = { c->input, c->output, c->log };

	for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
		if (*events[i])
			event_free(*events[i]);
		*events[i] = NULL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(buffers); i++)
		evbuffer_drain(buffers[i], evbuffer_get_length(buffers[i]));
	event_del(c->resume_timer);
	c->open = false;
}

void channel_free(struct channel *c)
{
	if (!c)
		return;
	channel_close(c);
	event_free(c->resume_timer);
	evbuffer_free(c->input);
	evbuffer_free(c->output);
	evbuffer_free(c->log);
	free(c);
}

uint64_t channel_throttled(const struct channel *c)
{
	return c->throttled;
}
