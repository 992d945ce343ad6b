#include "config.h"

#include "sdk/sdk_host.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sdk/sdk_clock.h"
#include "sdk/sdk_line.h"
#include "sdk/sdk_log.h"

#define PROTOCOL       1
#define OUT_LIMIT      ((size_t)2 * 1024 * 1024) /* bytes that may wait for the daemon */
#define OUT_RESERVE    SDK_LINE_MAX              /* of them for pong, fault and healthy */
#define OUT_HIGH       ((size_t)256 * 1024)      /* from here on the source is not read */
#define OUT_LOW        ((size_t)64 * 1024)       /* until it is down to this */
#define DEVICES_MAX    65536
#define STOP_LIMIT_US  (1500 * SDK_CLOCK_MS)
#define LAST_WORDS_MS  300 /* how long a dying plugin waits for its fault to be read */
#define PROBE_LIMIT_US (7 * SDK_CLOCK_S)
#define READS_PER_TURN 4 /* of stdin, so that a flood cannot starve the source */
#define FAULT_TEXT_MAX 1024

struct sdk_host {
	const struct sdk_plugin *plugin;
	struct sdk_loop *loop;
	struct sdk_line_in in;
	struct sdk_line_out out;
	struct sdk_watch in_watch, out_watch, signal_watch;
	struct sdk_timer stop_limit, probe_limit;
	const char *line; /* being handled */
	json_t *hello;    /* lends instance, estate */
	json_t *devices;  /* all of them, also those that came after hello */
	bool ready, full, stopping, probing;
	int exit_code;
	char *fault; /* the last one told, NULL: healthy or nothing told yet */
	bool healthy_told, too_long_told;
	uint64_t unknown_types, bad_lines, refused_out;
};

struct sdk_loop *sdk_host_loop(struct sdk_host *host)
{
	return host->loop;
}

const char *sdk_host_instance(const struct sdk_host *host)
{
	const char *instance = json_string_value(json_object_get(host->hello, "instance"));

	return instance ? instance : host->plugin->name;
}

const char *sdk_host_estate(const struct sdk_host *host)
{
	return json_string_value(json_object_get(host->hello, "estate"));
}

const json_t *sdk_host_devices(const struct sdk_host *host)
{
	return host->devices;
}

const char *sdk_host_line(const struct sdk_host *host)
{
	return host->line;
}

bool sdk_host_has_room(const struct sdk_host *host)
{
	return !host->full;
}

static void end(struct sdk_host *host, int exit_code)
{
	if (exit_code)
		host->exit_code = exit_code;
	sdk_loop_quit(host->loop);
}

/* Out. */

static void flush_out(struct sdk_host *host)
{
	int r = sdk_line_flush(&host->out, STDOUT_FILENO);
	size_t waiting = sdk_line_waiting(&host->out);

	if (r < 0 && r != -EAGAIN) {
		end(host, 1); /* the daemon is gone, and with it everyone to tell */
		return;
	}
	host->out_watch.events = r == -EAGAIN ? POLLOUT : 0;
	if (waiting >= OUT_HIGH)
		host->full = true;
	if (waiting <= OUT_LOW && host->full) {
		host->full = false;
		if (host->plugin->room)
			host->plugin->room(host->plugin->user);
	}
}

static int send_within(struct sdk_host *host, json_t *message, size_t reserve)
{
	char *text = message ? json_dumps(message, JSON_COMPACT) : NULL;
	size_t len = text ? strlen(text) : 0;
	int r = -EINVAL;

	json_decref(message);
	if (text && sdk_line_waiting(&host->out) + len + 1 + reserve > OUT_LIMIT)
		r = -ENOBUFS;
	else if (text)
		r = sdk_line_put(&host->out, text, len);
	free(text);
	if (r < 0) {
		host->refused_out++;
		return r;
	}
	flush_out(host);
	return 0;
}

int sdk_host_send(struct sdk_host *host, json_t *message)
{
	return send_within(host, message, OUT_RESERVE);
}

json_t *sdk_host_text(const char *text)
{
	char buf[FAULT_TEXT_MAX];
	json_t *value;
	int len = snprintf(buf, sizeof(buf), "%s", text);

	if (len >= (int)sizeof(buf))
		len = sizeof(buf) - 1;
	for (int i = 0; i < 4 && len >= i; i++) {
		value = json_stringn(buf, (size_t)(len - i));
		if (value)
			return value;
	}
	for (int i = 0; i < len; i++)
		if ((unsigned char)buf[i] >= 0x80)
			buf[i] = '?';
	return json_stringn(buf, (size_t)len);
}

void sdk_host_fault(struct sdk_host *host, const char *text)
{
	json_t *message;

	if (text ? host->fault && strcmp(host->fault, text) == 0 : host->healthy_told && !host->fault)
		return;
	free(host->fault);
	host->fault = text ? strdup(text) : NULL;
	host->healthy_told = !text;
	if (text)
		sdk_log_warning("%s", text);
	message = text ? json_pack("{s:s,s:o}", "type", "fault", "text", sdk_host_text(text))
		       : json_pack("{s:s}", "type", "healthy");
	send_within(host, message, 0);
}

void sdk_host_fail(struct sdk_host *host, const char *fmt, ...)
{
	char text[SDK_OPTIONS_PROBLEMS_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	sdk_log_error("%s", text);
	send_within(host, json_pack("{s:s,s:o}", "type", "fault", "text", sdk_host_text(text)), 0);
	end(host, 1);
}

static void out_ready(struct sdk_watch *w, short revents)
{
	struct sdk_host *host = w->user;

	if (revents & (POLLERR | POLLNVAL)) {
		end(host, 1);
		return;
	}
	flush_out(host);
}

/* What the daemon says. */

void sdk_host_done(struct sdk_host *host)
{
	end(host, 0);
}

static void stop_overdue(struct sdk_timer *t)
{
	struct sdk_host *host = t->user;

	sdk_log_warning("the orderly end took too long; what is not acknowledged stays with the daemon");
	end(host, 0);
}

static void begin_stop(struct sdk_host *host)
{
	if (host->stopping)
		return;
	host->stopping = true;
	if (!host->ready || !host->plugin->stop) {
		end(host, 0);
		return;
	}
	sdk_loop_arm(host->loop, &host->stop_limit, STOP_LIMIT_US);
	host->plugin->stop(host->plugin->user);
}

static void on_stop(struct sdk_host *host, const json_t *message)
{
	(void)message;
	begin_stop(host);
}

static void on_ping(struct sdk_host *host, const json_t *message)
{
	json_t *id = json_object_get(message, "id");
	json_t *counters = json_pack("{s:I,s:I,s:I,s:I}", "unknown_types", (json_int_t)host->unknown_types, "bad_lines",
				     (json_int_t)(host->bad_lines + host->in.too_long), "unsent",
				     (json_int_t)host->refused_out, "log_dropped", (json_int_t)sdk_log_dropped());

	if (host->ready && host->plugin->counters)
		host->plugin->counters(host->plugin->user, counters);
	send_within(host, json_pack("{s:s,s:O?,s:o}", "type", "pong", "id", id, "counters", counters), 0);
}

static int read_options(struct sdk_host *host)
{
	struct sdk_options_problems problems = { .count = 0 };
	int r;

	r = sdk_options_read(host->plugin->options, json_object_get(host->hello, "options"), host->plugin->settings,
			     &problems);
	if (r < 0)
		sdk_host_fail(host, "%s", problems.text);
	return r;
}

static void become_ready(struct sdk_host *host)
{
	const struct sdk_plugin *p = host->plugin;
	json_t *roles;

	if (read_options(host) < 0)
		return;
	if (p->start(p->user, host) < 0) {
		end(host, 1);
		return;
	}
	roles = json_array();
	for (const char *const *role = p->roles; *role; role++)
		json_array_append_new(roles, json_string(*role));
	host->ready = true;
	send_within(host,
		    json_pack("{s:s,s:s,s:s,s:o}", "type", "ready", "name", p->name, "version", PACKAGE_VERSION,
			      "roles", roles),
		    0);
}

/* ---- --probe ---- */

void sdk_host_probed(struct sdk_host *host, const struct sdk_host_verdict *v)
{
	send_within(host,
		    json_pack("{s:s,s:s,s:o,s:o}", "type", "probe", "result", v->result, "target",
			      sdk_host_text(v->target), "text", sdk_host_text(v->text)),
		    0);
	end(host, 0);
}

static void probe_overdue(struct sdk_timer *t)
{
	struct sdk_host *host = t->user;

	sdk_host_probed(host, &(struct sdk_host_verdict){ "silent", host->plugin->name, "nothing was heard in 7 s" });
}

static void begin_probe(struct sdk_host *host)
{
	if (read_options(host) < 0)
		return;
	sdk_loop_arm(host->loop, &host->probe_limit, PROBE_LIMIT_US);
	if (host->plugin->probe(host->plugin->user, host) < 0)
		end(host, 1);
}

/* hello, and any "devices" line after it, carry devices; "more": true says that another such line follows. */
static void take_devices(struct sdk_host *host, const json_t *message)
{
	json_t *devices = json_object_get(message, "devices");

	if (devices && !json_is_array(devices)) {
		sdk_host_fail(host, "%s: devices: expected an array",
			      json_string_value(json_object_get(message, "type")));
		return;
	}
	if (json_array_size(devices) + json_array_size(host->devices) > DEVICES_MAX) {
		sdk_host_fail(host, "more than %d devices", DEVICES_MAX);
		return;
	}
	if (devices)
		json_array_extend(host->devices, devices);
	if (json_is_true(json_object_get(message, "more")))
		return;
	if (host->probing)
		begin_probe(host);
	else
		become_ready(host);
}

static void on_hello(struct sdk_host *host, const json_t *message)
{
	const json_t *protocol = json_object_get(message, "protocol");

	if (host->hello) {
		host->bad_lines++;
		return;
	}
	if (json_integer_value(protocol) != PROTOCOL) {
		sdk_host_fail(host, "hello: protocol %lld: this plugin speaks protocol %d",
			      (long long)json_integer_value(protocol), PROTOCOL);
		return;
	}
	host->hello = json_incref((json_t *)message);
	take_devices(host, message);
}

static void on_devices(struct sdk_host *host, const json_t *message)
{
	if (!host->hello || host->ready)
		host->bad_lines++;
	else
		take_devices(host, message);
}

static const struct {
	const char *type;
	void (*handle)(struct sdk_host *host, const json_t *message);
} own_handlers[] = {
	{ "hello", on_hello },
	{ "devices", on_devices },
	{ "ping", on_ping },
	{ "stop", on_stop },
};

static void dispatch(struct sdk_host *host, const char *type, const json_t *message)
{
	for (size_t i = 0; i < sizeof(own_handlers) / sizeof(own_handlers[0]); i++)
		if (strcmp(own_handlers[i].type, type) == 0) {
			own_handlers[i].handle(host, message);
			return;
		}
	for (const struct sdk_handler *h = host->plugin->handlers; h->type; h++)
		if (strcmp(h->type, type) == 0) {
			if (host->ready)
				h->handle(host->plugin->user, message);
			else
				host->bad_lines++;
			return;
		}
	if (host->unknown_types++ == 0)
		sdk_log_info(
			"the daemon sent a message of type '%.40s', which this plugin does not know; such messages are "
			"ignored and counted",
			type);
}

static void take_line(struct sdk_host *host, const char *line, size_t len)
{
	json_error_t error;
	json_t *message = json_loadb(line, len, 0, &error);
	const char *type = json_string_value(json_object_get(message, "type"));

	host->line = line;
	if (type)
		dispatch(host, type, message);
	else if (host->bad_lines++ == 0)
		sdk_log_warning("a line from the daemon is not a message: %s: expected an object with a type",
				message ? "no type" : error.text);
	json_decref(message);
}

static void tell_too_long(struct sdk_host *host)
{
	if (host->in.too_long == 0 || host->too_long_told)
		return;
	host->too_long_told = true;
	sdk_log_warning("a line from the daemon is ignored: expected at most %zu bytes; more are only counted",
			SDK_LINE_MAX);
}

static void in_ready(struct sdk_watch *w, short revents)
{
	struct sdk_host *host = w->user;
	char *line;
	size_t len;

	for (int i = 0; i < READS_PER_TURN; i++) {
		int n = sdk_line_read(&host->in, STDIN_FILENO);

		if (n == -EAGAIN)
			return;
		if (n <= 0) {
			w->fd = -1;
			/* A probe by hand has but one line to read; it ends by itself. */
			if (!host->probing || !host->hello)
				begin_stop(host);
			return;
		}
		while (host->exit_code == 0 && sdk_line_next(&host->in, &line, &len))
			take_line(host, line, len);
		tell_too_long(host);
		/* Without O_NONBLOCK a second read could wait: only poll says that there is more. */
		if (!(revents & POLLIN) || !(fcntl(STDIN_FILENO, F_GETFL) & O_NONBLOCK))
			return;
	}
}

static void signal_ready(struct sdk_watch *w, short revents)
{
	struct signalfd_siginfo info;

	(void)revents;
	if (read(w->fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		begin_stop(w->user);
}

/* Life. */

/* A pipe is ours alone at this end; a terminal is shared with the shell and stays as it is. */
static void set_nonblocking(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static int open_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL); /* before any thread exists: all of them inherit it */
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void host_init(struct sdk_host *host, const struct sdk_plugin *plugin)
{
	*host = (struct sdk_host){ .plugin = plugin, .loop = sdk_loop_new(), .devices = json_array() };
	sdk_line_in_init(&host->in);
	sdk_line_out_init(&host->out, OUT_LIMIT);
	set_nonblocking(STDIN_FILENO);
	set_nonblocking(STDOUT_FILENO);
	set_nonblocking(STDERR_FILENO);
	host->in_watch = (struct sdk_watch){ STDIN_FILENO, POLLIN, in_ready, host };
	host->out_watch = (struct sdk_watch){ STDOUT_FILENO, 0, out_ready, host };
	host->signal_watch = (struct sdk_watch){ open_signals(), POLLIN, signal_ready, host };
	host->stop_limit = (struct sdk_timer){ .due = stop_overdue, .user = host };
	host->probe_limit = (struct sdk_timer){ .due = probe_overdue, .user = host };
	sdk_loop_watch(host->loop, &host->in_watch);
	sdk_loop_watch(host->loop, &host->out_watch);
	sdk_loop_watch(host->loop, &host->signal_watch);
}

/* The last lines are worth a moment, but not more than a moment. */
static void flush_last_words(struct sdk_host *host)
{
	int64_t until_us = sdk_clock_now_us() + LAST_WORDS_MS * SDK_CLOCK_MS;

	while (sdk_line_flush(&host->out, STDOUT_FILENO) == -EAGAIN) {
		int64_t left_us = until_us - sdk_clock_now_us();
		struct pollfd fd = { .fd = STDOUT_FILENO, .events = POLLOUT };

		if (left_us <= 0 || poll(&fd, 1, (int)(left_us / 1000) + 1) < 0)
			return;
	}
}

static void host_fini(struct sdk_host *host)
{
	host->plugin->fini(host->plugin->user);
	sdk_options_fini(host->plugin->options, host->plugin->settings);
	json_decref(host->hello);
	json_decref(host->devices);
	sdk_line_in_fini(&host->in);
	sdk_line_out_fini(&host->out);
	sdk_loop_free(host->loop);
	free(host->fault);
}

static int print_help(const struct sdk_plugin *p)
{
	printf("%s %s: %s\nestated starts it and speaks JSON lines with it on stdin and stdout.\n\n", p->name,
	       PACKAGE_VERSION, p->about);
	sdk_options_print(p->options);
	if (p->probe)
		printf("\n--probe: reads hello, tries what it needs, says in one line how that went, and ends\n");
	return fflush(stdout) == 0 ? 0 : 1;
}

int sdk_host_main(int argc, char **argv, const struct sdk_plugin *plugin)
{
	struct sdk_host host;
	bool probing;
	int r;

	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return print_help(plugin);
	if (argc == 2 && strcmp(argv[1], "--options") == 0) {
		sdk_options_print_json(plugin->options);
		return fflush(stdout) == 0 ? 0 : 1;
	}
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return printf("%s %s\n", plugin->name, PACKAGE_VERSION) > 0 ? 0 : 1;
	probing = argc == 2 && plugin->probe && strcmp(argv[1], "--probe") == 0;
	if (argc > 1 && !probing) {
		fprintf(stderr, "%s: '%s' is no argument; expected --help, --options, --version%s or none\n",
			plugin->name, argv[1], plugin->probe ? ", --probe" : "");
		return 2;
	}
	host_init(&host, plugin);
	host.probing = probing;
	r = sdk_loop_run(host.loop);
	flush_last_words(&host);
	r = r < 0 ? 1 : host.exit_code;
	host_fini(&host);
	return r;
}
