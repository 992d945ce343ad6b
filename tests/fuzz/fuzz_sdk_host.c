/* fuzz_sdk_host.c: plugins/sdk/sdk_host.c: whatever lines come on a plugin's stdin, in whatever order: the plugin starts once,
 * after a hello of this protocol; handlers are called between its ready and its end, with a message of their type; every
 * line that goes out is a message that the daemon knows; each ping is answered with its id.
 *
 * Input: the lines. A line "!" makes the next start fail. */
#include "fuzz.h"

#include <unistd.h>

/* The lines that go out are read back. */
static int fuzz_out;
#undef STDOUT_FILENO
#define STDOUT_FILENO fuzz_out
#include "sdk/sdk_host.c"

struct settings {
	char *url;
	int64_t count;
};

static struct world {
	struct settings settings;
	struct sdk_host *host;
	unsigned starts, stops, handled, readies, pongs;
	bool start_fails;
} world;

/* ---- the log ---- */

void sdk_log_error(const char *fmt, ...)
{
	FUZZ_CLAIM(fmt);
}

void sdk_log_warning(const char *fmt, ...)
{
	FUZZ_CLAIM(fmt);
}

void sdk_log_info(const char *fmt, ...)
{
	FUZZ_CLAIM(fmt);
}

uint64_t sdk_log_dropped(void)
{
	return 0;
}

/* ---- the plugin ---- */

static void on_deliver(void *user, const json_t *message)
{
	struct world *w = user;

	FUZZ_CLAIM(w->starts == 1 && w->host->ready);
	FUZZ_CLAIM(strcmp(json_string_value(json_object_get(message, "type")), "deliver") == 0);
	FUZZ_CLAIM(sdk_host_line(w->host));
	w->handled++;
	sdk_host_fault(w->host, w->handled % 2 ? sdk_host_line(w->host) : NULL);
}

static int start(void *user, struct sdk_host *host)
{
	struct world *w = user;
	const json_t *device;
	size_t i;

	FUZZ_CLAIM(w->starts++ == 0 && !w->host->ready);
	FUZZ_CLAIM(sdk_host_instance(host) && json_is_array(sdk_host_devices(host)));
	FUZZ_CLAIM(w->settings.url && w->settings.count >= 1 && w->settings.count <= 10);
	json_array_foreach(sdk_host_devices(host), i, device) FUZZ_CLAIM(device);
	if (w->start_fails)
		sdk_host_fail(host, "it is to fail");
	return w->start_fails ? -EINVAL : 0;
}

static void stop(void *user)
{
	struct world *w = user;

	FUZZ_CLAIM(w->stops++ == 0 && w->host->ready);
	sdk_host_done(w->host);
}

static void fini(void *user)
{
	(void)user;
}

static void counters(void *user, json_t *counters)
{
	json_object_set_new(counters, "handled", json_integer(((struct world *)user)->handled));
}

static const struct sdk_option options[] = {
	{ "url", SDK_OPTION_TEXT, .required = true, .offset = offsetof(struct settings, url), .help = "the broker" },
	{ "count", SDK_OPTION_INTEGER, .fallback = "5", .offset = offsetof(struct settings, count), .min = 1, .max = 10,
	  .help = "how many" },
	{ 0 },
};
static const struct sdk_handler handlers[] = { { "deliver", on_deliver }, { 0 } };
static const struct sdk_plugin plugin = {
	.name = "fuzzed",
	.about = "none",
	.roles = { "source" },
	.options = options,
	.settings = &world.settings,
	.user = &world,
	.handlers = handlers,
	.start = start,
	.stop = stop,
	.fini = fini,
	.counters = counters,
};

/* ---- what goes out ---- */

static void check_message(const char *line, size_t len)
{
	static const char *const types[] = { "ready", "pong", "fault", "healthy" };
	json_t *message = json_loadb(line, len, 0, NULL);
	const char *type = json_string_value(json_object_get(message, "type"));
	bool known = false;

	FUZZ_CLAIM(type && len < SDK_LINE_MAX);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		known = known || strcmp(types[i], type) == 0;
	FUZZ_CLAIM(known);
	world.readies += strcmp(type, "ready") == 0;
	world.pongs += strcmp(type, "pong") == 0;
	FUZZ_CLAIM(world.readies <= world.starts);
	FUZZ_CLAIM(strcmp(type, "fault") != 0 || json_string_value(json_object_get(message, "text")));
	json_decref(message);
}

/* All of it, whole lines. */
static void check_out(struct sdk_host *host, int fd)
{
	static char bytes[SDK_LINE_MAX * 4];
	size_t len = 0;
	char *line = bytes, *end;

	for (ssize_t n = 1; n > 0 || sdk_line_waiting(&host->out);) {
		n = read(fd, bytes + len, sizeof(bytes) - len);
		len += n > 0 ? (size_t)n : 0;
		while ((end = memchr(line, '\n', len - (size_t)(line - bytes)))) {
			check_message(line, (size_t)(end - line));
			line = end + 1;
		}
		len -= (size_t)(line - bytes);
		memmove(bytes, line, len);
		line = bytes;
		sdk_line_flush(&host->out, fuzz_out);
	}
	FUZZ_CLAIM(len == 0);
}

/* ---- life ---- */

static void feed(struct sdk_host *host, struct fuzz_bytes part)
{
	size_t len = part.left;
	char *line = malloc(len + 1); /* as the reader gives it: a NUL behind it */

	if (!line)
		abort();
	if (len)
		memcpy(line, part.at, len);
	line[len] = '\0';
	if (strcmp(line, "!") == 0)
		world.start_fails = true;
	else
		take_line(host, line, len);
	host->line = NULL;
	free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	struct sdk_host host = { .plugin = &plugin, .loop = sdk_loop_new(), .devices = json_array() };
	int fds[2];

	if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) < 0)
		abort();
	fuzz_out = fds[1];
	world = (struct world){ .host = &host };
	sdk_line_in_init(&host.in);
	sdk_line_out_init(&host.out, OUT_LIMIT);
	host.stop_limit = (struct sdk_timer){ .due = stop_overdue, .user = &host };
	while (in.left && host.exit_code == 0 && !host.stopping) {
		feed(&host, fuzz_line(&in));
		check_out(&host, fds[0]);
	}
	FUZZ_CLAIM(world.handled == 0 || world.readies == 1);
	FUZZ_CLAIM(host.ready == (world.readies == 1));
	sdk_loop_disarm(host.loop, &host.stop_limit);
	host_fini(&host);
	close(fds[0]);
	close(fds[1]);
	return 0;
}
