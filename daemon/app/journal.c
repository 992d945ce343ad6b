#define SD_JOURNAL_SUPPRESS_LOCATION 1 /* the place of the code is that of who logged */

#include "app/journal.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "app/logline.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/queue.h"
#include "base/str.h"
#include "base/thread.h"

#define LINES_MAX  256
#define ORDINARY   (LINES_MAX * 3 / 4) /* with so many waiting only notices and worse are taken */
#define TELL_EVERY (10 * S)
#define STOP_LIMIT (2 * S)

/* Rule 15: the log sink is the one global. */
static struct {
	struct queue *lines, *ended; /* ended: the thread has written all */
	struct thread *thread;
	bool to_journal;
	atomic_ullong left_out; /* not offered to the queue, or not taken by whoever reads the log */
	/* The thread's: */
	uint64_t lost_told;
	int64_t whole_us; /* until then no line was lost, or it was said */
} journal;

uint64_t journal_dropped(void)
{
	return journal.left_out + (journal.lines ? queue_refused(journal.lines) : 0);
}

static void write_line(const struct logline *line)
{
	struct iovec parts[LOGLINE_IOVEC_MAX];
	char words[LOGLINE_WORDS_MAX], text[LOGLINE_TEXT_MAX + 100];
	size_t len;
	bool taken;

	if (journal.to_journal) {
		taken = sd_journal_sendv(parts, logline_compose(line, words, parts)) >= 0;
	} else {
		len = logline_format(line, text);
		taken = write(STDERR_FILENO, text, len) == (ssize_t)len;
	}
	if (!taken)
		journal.left_out++;
}

/* Once what waited is written, and not more often than every ten seconds. */
static void tell_lost(int64_t now_us)
{
	uint64_t lost = journal_dropped();
	char text[160], age[STR_DURATION_MAX];
	struct logline line;

	if (lost == journal.lost_told) {
		journal.whole_us = now_us;
		return;
	}
	if (queue_len(journal.lines) > 0 && now_us - journal.whole_us < TELL_EVERY)
		return;
	snprintf(text, sizeof(text), "log: %" PRIu64 " lines were lost in %s: they were not read fast enough",
		 lost - journal.lost_told, str_from_age(now_us - journal.whole_us, age));
	line = logline_of(&(struct log_entry){ .level = logid_level(LOGID_LOG_LOST),
					       .id = LOGID_LOG_LOST,
					       .room = LOG_ROOM_APP,
					       .file = "app/journal.c",
					       .func = __func__,
					       .line = __LINE__,
					       .text = text },
			  clock_wall_us());
	journal.lost_told = lost;
	journal.whole_us = now_us;
	write_line(&line);
}

static void writer_main(void *context)
{
	struct queue *lines = context;
	struct logline line;
	bool storm = false;

	do {
		int64_t now_us = clock_mono_us();
		bool waits = storm || journal_dropped() != journal.lost_told;

		if (queue_pop_wait(lines, &line, waits ? now_us + S : INT64_MAX))
			write_line(&line);
		now_us = clock_mono_us();
		tell_lost(now_us);
		storm = log_tick(now_us);
	} while (!queue_closed(lines) || queue_len(lines) > 0);
	queue_push(journal.ended, &(char){ 0 });
}

static void sink_write(void *context, const struct log_entry *entry)
{
	struct logline line;

	if (entry->level >= LOG_LEVEL_INFO && queue_len(context) >= ORDINARY) {
		journal.left_out++;
		return;
	}
	line = logline_of(entry, clock_wall_us());
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

static void forget(void)
{
	queue_free(steal(&journal.lines));
	queue_free(steal(&journal.ended));
}

int journal_start(void)
{
	int r;

	journal.lines = queue_new(sizeof(struct logline), LINES_MAX);
	journal.ended = queue_new(1, 1);
	journal.to_journal = stderr_is_journal();
	r = thread_start("log", writer_main, journal.lines, &journal.thread);
	if (r < 0) {
		forget();
		return r;
	}
	log_set_sink(&(struct log_sink){ .write = sink_write, .context = journal.lines });
	return 0;
}

void journal_stop(void)
{
	char ended;

	if (!journal.lines)
		return;
	log_set_sink(NULL);
	queue_close(journal.lines);
	/* Nobody reads what it writes: it stays where it is, and ends with the process. */
	if (!queue_pop_wait(journal.ended, &ended, clock_mono_us() + STOP_LIMIT))
		return;
	thread_join(steal(&journal.thread));
	forget();
}
