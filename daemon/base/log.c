#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1024

static const char *const level_names[] = {
	[LOG_LEVEL_ERROR] = "error", [LOG_LEVEL_WARNING] = "warning", [LOG_LEVEL_NOTICE] = "notice",
	[LOG_LEVEL_INFO] = "info",   [LOG_LEVEL_DEBUG] = "debug",
};

static struct log_sink sink; /* the one global: set once at start, before any thread */
static atomic_int level_max = LOG_LEVEL_INFO;
static atomic_ullong dropped;

void log_set_sink(const struct log_sink *new_sink)
{
	sink = new_sink ? *new_sink : (struct log_sink){ 0 };
}

void log_set_level(enum log_level level)
{
	level_max = (int)level;
}

enum log_level log_level(void)
{
	return (enum log_level)level_max;
}

int log_level_parse(const char *name, enum log_level *ret_level)
{
	for (size_t i = 0; i < ARRAY_SIZE(level_names); i++)
		if (level_names[i] && strcmp(level_names[i], name) == 0) {
			*ret_level = (enum log_level)i;
			return 0;
		}
	return -EINVAL;
}

uint64_t log_dropped(void)
{
	return dropped;
}

static void write_stderr(enum log_level level, const char *text)
{
	char head[16];
	int head_len = getenv("JOURNAL_STREAM") ? snprintf(head, sizeof(head), "<%d>", (int)level)
						: snprintf(head, sizeof(head), "%s: ", level_names[level]);
	struct iovec parts[] = {
		{ .iov_base = head, .iov_len = (size_t)head_len },
		{ .iov_base = (void *)text, .iov_len = strlen(text) },
		{ .iov_base = (void *)"\n", .iov_len = 1 },
	};

	if (writev(STDERR_FILENO, parts, ARRAY_SIZE(parts)) < 0)
		dropped++;
}

void log_write(enum log_level level, const char *fmt, ...)
{
	char text[LINE_MAX_BYTES];
	va_list ap;

	if ((int)level > level_max)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* One line a message, whatever a device or a broker put into it. */
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = ' ';
	if (sink.write)
		sink.write(sink.context, level, text);
	else
		write_stderr(level, text);
}
