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
#include "base/str.h"
#include "plugin/protocol.h"

#define OUTPUT_MAX    (512 * 1024) /* bytes that wait for the plugin to read */
#define READ_BYTES    (64 * 1024)  /* asked for at once */
#define READ_STEP     4096         /* what libevent gives of it */
#define TURN_LINES    200          /* handled in one turn of the loop */
#define LINES_PER_S   2000         /* over this its pipe is not read for a while */
#define LINES_BURST   4000
#define LINE_ORDINARY 1024 /* bytes; each further such piece counts as one line more */
#define PAUSE         (100 * MS)
#define LAST_BYTES    (64 * 1024)
#define LOG_BYTES     (64 * 1024) /* of its stderr, read in one pause while it floods */
#define LOG_LINE_MAX  8192
#define LOG_LOOK      MINUTE /* whether a storm of its lines is over */

/* Of its stderr: so many lines at once reach the log, then two a minute. */
static const struct storm_limits log_limits = { .burst = 20, .every_us = 30 * S };

struct channel {
	struct channel_setup setup;
	bool open, deaf, broken; /* broken: it closed its stdin */
	int in, out, err;
	struct event *in_event, *out_event, *err_event, *resume_timer, *log_timer;
	struct evbuffer *input, *output, *log;
	double tokens;
	int64_t tokens_us;
	struct storm log_storm;
	uint64_t throttled;
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

static void empty(struct evbuffer *b)
{
	evbuffer_drain(b, evbuffer_get_length(b));
}

/* ---- towards the plugin ---- */

static void flush_output(struct channel *c)
{
	if (evbuffer_get_length(c->output) && evbuffer_write(c->output, c->in) < 0 && errno != EAGAIN &&
	    errno != EINTR) {
		c->broken = true;
		empty(c->output);
		c->setup.closed(c->setup.context, "stdin");
	}
	if (evbuffer_get_length(c->output))
		event_add(c->in_event, NULL);
}

static void on_writable(evutil_socket_t fd, short events, void *context)
{
	struct channel *c = context;

	(void)fd;
	(void)events;
	flush_output(c);
	if (!c->broken && evbuffer_get_length(c->output) == 0)
		c->setup.drained(c->setup.context);
}

bool channel_has_room(const struct channel *c)
{
	return c->open && evbuffer_get_length(c->output) + PROTOCOL_LINE_MAX <= OUTPUT_MAX;
}

int channel_send(struct channel *c, const char *line, size_t len)
{
	if (!c->open)
		return -ENOTCONN;
	if (c->broken)
		return -EPIPE;
	if (len >= PROTOCOL_LINE_MAX)
		return -EMSGSIZE;
	if (evbuffer_get_length(c->output) + len + 1 > OUTPUT_MAX) {
		c->throttled++;
		return -EAGAIN;
	}
	evbuffer_add(c->output, line, len);
	evbuffer_add(c->output, "\n", 1);
	flush_output(c); /* at once: an SOS does not wait for a turn */
	return 0;
}

/* ---- from the plugin ---- */

/* Of the first line that waits, without its end; negative: none is whole yet. */
static ev_ssize_t first_line_len(struct channel *c)
{
	return evbuffer_search_eol(c->input, NULL, NULL, EVBUFFER_EOL_LF).pos;
}

/* Lines cost tokens; none left: the pipe is not read for a while, so the plugin feels it. */
static bool spend_tokens(struct channel *c, ev_ssize_t line_len)
{
	double cost = 1 + (double)(line_len / LINE_ORDINARY);
	int64_t now_us = clock_mono_us();

	c->tokens = fmin(LINES_BURST, c->tokens + (double)(now_us - c->tokens_us) / (double)S * LINES_PER_S);
	c->tokens_us = now_us;
	if (c->tokens < cost) {
		c->throttled++;
		complain_as(&c->flood, LOGID_PLUGIN_FLOOD, LOG_ABOUT(.plugin = c->setup.name),
			    "plugin %s: more than %d lines a second: slowed down", c->setup.name, LINES_PER_S);
		return false;
	}
	c->tokens -= cost;
	if (c->tokens > LINES_BURST / 2)
		complain_resolved_as(&c->flood, LOGID_PLUGIN_FLOOD_OVER, LOG_ABOUT(.plugin = c->setup.name),
				     "plugin %s: at an ordinary pace again", c->setup.name);
	return true;
}

static void take_line(struct channel *c)
{
	size_t len;
	char *line = evbuffer_readln(c->input, &len, EVBUFFER_EOL_LF);

	if (len >= PROTOCOL_LINE_MAX)
		c->setup.too_long(c->setup.context);
	else
		c->setup.line(c->setup.context, line, len);
	free(line);
}

/* What has no end yet and cannot become a line any more. */
static void check_rest(struct channel *c)
{
	if (!c->deaf && evbuffer_get_length(c->input) >= PROTOCOL_LINE_MAX)
		c->setup.too_long(c->setup.context);
}

static void pause_reading(struct channel *c, int64_t wait_us)
{
	event_del(c->out_event);
	arm(c->resume_timer, wait_us);
}

/* Handles the whole lines that were read, as far as the budgets go. Invariant: while whole lines wait, nothing is read. */
static void take_lines(struct channel *c)
{
	ev_ssize_t len;

	for (int lines = 0; !c->deaf && (len = first_line_len(c)) >= 0; lines++) {
		if (lines == TURN_LINES) {
			pause_reading(c, 0);
			return;
		}
		if (!spend_tokens(c, len)) {
			pause_reading(c, PAUSE);
			return;
		}
		take_line(c);
	}
	check_rest(c);
}

static void on_readable(evutil_socket_t fd, short events, void *context)
{
	struct channel *c = context;
	int n = evbuffer_read(c->input, fd, READ_BYTES);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		take_lines(c);
		return;
	}
	event_del(c->out_event);
	c->setup.closed(c->setup.context, "stdout");
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

static enum log_level level_of(const char **line)
{
	const char *text = *line;

	if (text[0] != '<' || text[1] < '0' || text[1] > '7' || text[2] != '>')
		return LOG_LEVEL_INFO;
	*line += 3;
	return MAX((enum log_level)(text[1] - '0'), LOG_LEVEL_ERROR);
}

/* What it said too often is over. */
static void end_log_storm(struct channel *c)
{
	char age[STR_DURATION_MAX];

	if (storm_over(&c->log_storm, &log_limits, clock_mono_us()))
		log_event(LOGID_LOG_STORM_OVER, LOG_ABOUT(.plugin = c->setup.name),
			  "plugin %s: logs at an ordinary pace again; %" PRIu64 " lines were left out in %s",
			  c->setup.name, c->log_storm.left_out,
			  str_from_age(c->log_storm.last_us - c->log_storm.since_us, age));
}

static void log_line(struct channel *c, const char *line)
{
	enum log_level level = level_of(&line);
	enum storm_verdict verdict;

	if (level > log_level(LOG_ROOM_PLUGIN))
		return;
	end_log_storm(c);
	verdict = storm_take(&c->log_storm, &log_limits, clock_mono_us());
	if (verdict == STORM_SILENT)
		return;
	log_say(LOG_HEAD(level, LOGID_NONE, LOG_ABOUT(.plugin = c->setup.name)), "plugin %s: %s", c->setup.name, line);
	if (verdict == STORM_BEGINS)
		log_event(LOGID_LOG_STORM, LOG_ABOUT(.plugin = c->setup.name),
			  "plugin %s: logs too much: more of its lines are only counted", c->setup.name);
	else if (verdict == STORM_GOES_ON)
		log_event(LOGID_LOG_STORM, LOG_ABOUT(.plugin = c->setup.name),
			  "plugin %s: still logs too much: %" PRIu64 " lines were left out", c->setup.name,
			  c->log_storm.left_out);
}

/* False when nothing came. */
static bool read_log(struct channel *c)
{
	int n = evbuffer_read(c->log, c->err, READ_BYTES);
	char *line;

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		event_del(c->err_event);
	if (n <= 0)
		return false;
	while ((line = evbuffer_readln(c->log, NULL, EVBUFFER_EOL_LF))) {
		log_line(c, line);
		free(line);
	}
	if (evbuffer_get_length(c->log) > LOG_LINE_MAX)
		empty(c->log);
	return true;
}

/* Some of what waits, without going back to the loop. */
static void read_log_upto(struct channel *c, size_t max)
{
	for (size_t before = 0; before < max && read_log(c); before += READ_STEP)
		;
}

static void on_stderr(evutil_socket_t fd, short events, void *context)
{
	struct channel *c = context;

	(void)fd;
	(void)events;
	read_log(c);
	if (!c->log_storm.on || c->log_storm.last_us < clock_mono_us() - PAUSE)
		return;
	/* A flood: read in pieces, so that it takes no turns from others. */
	event_del(c->err_event);
	arm(c->log_timer, PAUSE);
}

static void on_log_resume(evutil_socket_t fd, short events, void *context)
{
	struct channel *c = context;

	(void)fd;
	(void)events;
	if (!c->open)
		return;
	event_add(c->err_event, NULL);
	read_log_upto(c, LOG_BYTES);
	end_log_storm(c);
	if (c->log_storm.on)
		arm(c->log_timer, LOG_LOOK); /* nothing may come any more: its end is said all the same */
}

/* ---- life ---- */

struct channel *channel_new(const struct channel_setup *setup)
{
	struct channel *c = MEM_NEW(struct channel);

	c->setup = *setup;
	c->setup.name = mem_strdup(setup->name);
	c->input = evbuffer_new();
	c->output = evbuffer_new();
	c->log = evbuffer_new();
	if (!c->input || !c->output || !c->log)
		abort();
	c->resume_timer = add_event(c, -1, 0, on_resume);
	c->log_timer = add_event(c, -1, 0, on_log_resume);
	return c;
}

void channel_open(struct channel *c, const struct process *p)
{
	c->open = true;
	c->deaf = c->broken = false;
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
	if (c->log_storm.on) /* of the run before */
		arm(c->log_timer, LOG_LOOK);
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
	read_log_upto(c, LAST_BYTES);
	if (evbuffer_get_length(c->log)) {
		evbuffer_add(c->log, "", 1);
		log_line(c, (const char *)evbuffer_pullup(c->log, -1));
	}
	for (size_t before = 0; before < LAST_BYTES && !c->deaf; before += READ_STEP) {
		int n = evbuffer_read(c->input, c->out, READ_BYTES);

		while (!c->deaf && first_line_len(c) >= 0)
			take_line(c);
		check_rest(c);
		if (n <= 0)
			return;
	}
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
		empty(buffers[i]);
	event_del(c->resume_timer);
	event_del(c->log_timer);
	c->open = false;
}

void channel_free(struct channel *c)
{
	if (!c)
		return;
	channel_close(c);
	event_free(c->resume_timer);
	event_free(c->log_timer);
	evbuffer_free(c->input);
	evbuffer_free(c->output);
	evbuffer_free(c->log);
	free((char *)c->setup.name);
	free(c);
}

uint64_t channel_throttled(const struct channel *c)
{
	return c->throttled;
}
