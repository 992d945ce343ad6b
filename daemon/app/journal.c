#include "app/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/queue.h"
#include "base/str.h"
#include "base/thread.h"

#define LINES_MAX 256
#define TEXT_MAX  1000

struct line {
	enum log_level level;
	int64_t wall_us;
	char text[TEXT_MAX];
};

/* Rule 15: the log sink is the one global. */
static struct {
	struct queue *lines;
	struct thread *thread;
	bool to_journal;
} journal;

static const char *const level_words[] = {
	[3] = "error", [4] = "warning", [5] = "notice", [6] = "info", [7] = "debug"
};

static void write_line(const struct line *line)
{
	char stamp[CLOCK_ISO_MAX];

	if (journal.to_journal) {
		sd_journal_send("PRIORITY=%d", (int)line->level, "MESSAGE=%s", line->text, NULL);
		return;
	}
	dprintf(STDERR_FILENO, "%s %s: %s\n", clock_format_iso(line->wall_us, stamp), level_words[line->level],
		line->text);
}

static void writer_main(void *context)
{
	struct queue *lines = context;
	struct line line;

	while (queue_pop_wait(lines, &line, INT64_MAX))
		write_line(&line);
}

static void sink_write(void *context, enum log_level level, const char *text)
{
	struct line line = { .level = level, .wall_us = clock_wall_us() };
	size_t len = str_utf8_cut(text, sizeof(line.text) - 1);

	memcpy(line.text, text, len);
	queue_push(context, &line);
}

/* systemd names the socket it gave us as stderr ("device:inode"); a child may have inherited the name alone. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat st;
	char name[64];

	if (!stream || fstat(STDERR_FILENO, &st) < 0)
		return false;
	snprintf(name, sizeof(name), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return str_equal(stream, name);
}

int journal_start(void)
{
	int r;

	journal.lines = queue_new(sizeof(struct line), LINES_MAX);
	journal.to_journal = stderr_is_journal();
	r = thread_start("log", writer_main, journal.lines, &journal.thread);
	if (r < 0) {
		queue_free(steal(&journal.lines));
		return r;
	}
	log_set_sink(&(struct log_sink){ .write = sink_write, .context = journal.lines });
	return 0;
}

void journal_stop(void)
{
	if (!journal.lines)
		return;
	log_set_sink(NULL);
	queue_close(journal.lines);
	thread_join(steal(&journal.thread));
	queue_free(steal(&journal.lines));
}

uint64_t journal_dropped(void)
{
	return journal.lines ? queue_refused(journal.lines) : 0;
}
