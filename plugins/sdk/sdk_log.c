#include "sdk/sdk_log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "sdk/sdk_clock.h"

#define LINE_MAX_BYTES 1024
#define BURST          50
#define PER_SECOND     5

/* The log sink, the one global of a plugin. */
static struct {
	int64_t refilled_us;
	int64_t tokens;
	uint64_t dropped, told;
} sink = { .tokens = BURST };

uint64_t sdk_log_dropped(void)
{
	return sink.dropped;
}

static bool may_write(void)
{
	int64_t now_us = sdk_clock_now_us();
	int64_t earned = (now_us - sink.refilled_us) * PER_SECOND / SDK_CLOCK_S;

	if (earned > 0) {
		sink.tokens = sink.tokens + earned > BURST ? BURST : sink.tokens + earned;
		sink.refilled_us = now_us;
	}
	if (sink.tokens == 0) {
		sink.dropped++;
		return false;
	}
	sink.tokens--;
	return true;
}

/* One write a line: lines up to PIPE_BUF are never torn. */
static void write_line(int level, const char *text)
{
	char line[LINE_MAX_BYTES];
	int len = snprintf(line, sizeof(line) - 1, "<%d>%s", level, text);

	if (len > (int)sizeof(line) - 2)
		len = sizeof(line) - 2;
	for (int i = 0; i < len; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = ' ';
	line[len++] = '\n';
	if (write(STDERR_FILENO, line, (size_t)len) < 0)
		sink.dropped++; /* nobody reads: nothing else to tell it to */
}

static void __attribute__((format(printf, 2, 0))) log_line(int level, const char *fmt, va_list ap)
{
	char text[LINE_MAX_BYTES];

	if (!may_write())
		return;
	if (sink.dropped > sink.told) {
		snprintf(text, sizeof(text), "%llu lines of this log were left out: too many at once",
			 (unsigned long long)(sink.dropped - sink.told));
		sink.told = sink.dropped;
		write_line(4, text);
	}
	vsnprintf(text, sizeof(text), fmt, ap);
	write_line(level, text);
}

void sdk_log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(3, fmt, ap);
	va_end(ap);
}

void sdk_log_warning(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(4, fmt, ap);
	va_end(ap);
}

void sdk_log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(6, fmt, ap);
	va_end(ap);
}
