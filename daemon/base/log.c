#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"

#define LINE_MAX_BYTES 1024

static const struct storm_limits limits = { .burst = 100, .every_us = 12 * S };

static const struct {
	const char *name;
	size_t offset;
} fields[] = {
	{ "ESTATE_BUS", offsetof(struct log_about, bus) },
	{ "ESTATE_DEVICE", offsetof(struct log_about, device) },
	{ "ESTATE_PLUGIN", offsetof(struct log_about, plugin) },
	{ "ESTATE_ALARM", offsetof(struct log_about, alarm) },
	{ "ESTATE_RULE", offsetof(struct log_about, rule) },
	{ "ESTATE_UPLINK", offsetof(struct log_about, uplink) },
	{ "ESTATE_FILE", offsetof(struct log_about, file) },
	{ "ESTATE_WHO", offsetof(struct log_about, who) },
};

/* Rule 15: the log sink is the one global. The lock is held for a few instructions, never while something is written. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct log_sink sink;
static struct log_site *stormy; /* list */
static atomic_int levels[LOG_ROOMS] = { LOG_LEVEL_INFO, LOG_LEVEL_INFO, LOG_LEVEL_INFO, LOG_LEVEL_INFO,
					LOG_LEVEL_INFO };
static atomic_int level_most = LOG_LEVEL_INFO; /* of all rooms */
static atomic_ullong dropped, suppressed;

/* ---- levels ---- */

void log_set_sink(const struct log_sink *new_sink)
{
	pthread_mutex_lock(&lock);
	sink = new_sink ? *new_sink : (struct log_sink){ 0 };
	pthread_mutex_unlock(&lock);
}

void log_set_room(enum log_room room, enum log_level level)
{
	int most = LOG_LEVEL_ERROR;

	levels[room] = (int)level;
	for (size_t i = 0; i < LOG_ROOMS; i++)
		if (levels[i] > most)
			most = levels[i];
	level_most = most;
}

void log_set_level(enum log_level level)
{
	for (size_t i = 0; i < LOG_ROOMS; i++)
		log_set_room((enum log_room)i, level);
}

enum log_level log_level(enum log_room room)
{
	return (enum log_level)levels[room];
}

bool log_next_field(const struct log_about *about, unsigned *position, const char **ret_name, const char **ret_value)
{
	while (about && *position < ARRAY_SIZE(fields)) {
		const char *name = fields[*position].name;
		const char *value = *(const char *const *)((const char *)about + fields[*position].offset);

		(*position)++;
		if (!value || !*value)
			continue;
		*ret_name = name;
		*ret_value = value;
		return true;
	}
	return false;
}

uint64_t log_dropped(void)
{
	return dropped;
}

uint64_t log_suppressed(void)
{
	return suppressed;
}

/* ---- writing ---- */

static void write_stderr(enum log_level level, const char *text)
{
	char head[16];
	int head_len = getenv("JOURNAL_STREAM") ? snprintf(head, sizeof(head), "<%d>", (int)level)
						: snprintf(head, sizeof(head), "%s: ", logid_level_name(level));
	struct iovec parts[] = {
		{ .iov_base = head, .iov_len = (size_t)head_len },
		{ .iov_base = (void *)text, .iov_len = strlen(text) },
		{ .iov_base = (void *)"\n", .iov_len = 1 },
	};

	if (writev(STDERR_FILENO, parts, ARRAY_SIZE(parts)) < 0)
		dropped++;
}

static void hand_over(const struct log_entry *entry)
{
	struct log_sink now;

	pthread_mutex_lock(&lock);
	now = sink;
	pthread_mutex_unlock(&lock);
	if (now.write)
		now.write(now.context, entry);
	else
		write_stderr(entry->level, entry->text);
}

/* ---- storms ---- */

struct report {
	enum logid id;
	const char *file;
	int line;
	uint64_t left_out;
	int64_t lasted_us;
};

static struct report report_of(const struct log_site *site, enum logid id)
{
	return (struct report){ .id = id,
				.file = site->file,
				.line = site->line,
				.left_out = site->storm.left_out,
				.lasted_us = site->storm.last_us - site->storm.since_us };
}

/* About the log itself, past the limits. */
static void say_report(const struct report *r)
{
	struct log_entry entry = { .level = logid_level(r->id),
				   .id = r->id,
				   .room = LOG_ROOM_APP,
				   .file = r->file,
				   .func = "",
				   .line = r->line };
	char text[200], age[STR_DURATION_MAX];

	str_from_age(r->lasted_us, age);
	if (r->id == LOGID_LOG_STORM_OVER)
		snprintf(text, sizeof(text),
			 "log: %s:%d: at an ordinary pace again; %" PRIu64 " lines were left out in %s", r->file,
			 r->line, r->left_out, age);
	else if (r->left_out)
		snprintf(text, sizeof(text), "log: %s:%d: still too often: %" PRIu64 " lines were left out in %s",
			 r->file, r->line, r->left_out, age);
	else
		snprintf(text, sizeof(text),
			 "log: %s:%d: said too often: more lines like the last one are only counted", r->file, r->line);
	entry.text = text;
	hand_over(&entry);
}

/* With the lock held: out of the list when its storm is over. */
static bool settle_site(struct log_site *site, int64_t now_us, struct report *ret_report)
{
	if (!storm_over(&site->storm, &limits, now_us))
		return false;
	*ret_report = report_of(site, LOGID_LOG_STORM_OVER);
	for (struct log_site **at = &stormy; *at; at = &(*at)->next)
		if (*at == site) {
			*at = site->next;
			break;
		}
	return true;
}

bool log_tick(int64_t now_us)
{
	struct report report;
	bool found, left;

	do {
		found = false;
		pthread_mutex_lock(&lock);
		for (struct log_site *site = stormy; site && !found; site = site->next)
			found = settle_site(site, now_us, &report);
		left = stormy != NULL;
		pthread_mutex_unlock(&lock);
		if (found)
			say_report(&report);
	} while (found);
	return left;
}

/* ---- one line ---- */

/* "/build/daemon/field/poller.c" is "field/poller.c", of the room field. */
static void look_at(struct log_site *site)
{
	static const char tree[] = "daemon/";
	size_t len;

	for (const char *at; (at = strstr(site->file, tree));)
		site->file = at + sizeof(tree) - 1;
	len = strcspn(site->file, "/");
	site->room = 1 + LOG_ROOM_APP;
	for (size_t i = 0; i < LOG_ROOMS; i++)
		if (site->file[len] && strlen(logid_room_name((enum log_room)i)) == len &&
		    memcmp(logid_room_name((enum log_room)i), site->file, len) == 0)
			site->room = 1 + (int)i;
}

struct permission {
	bool say, report, ended;
	struct report ended_report, storm_report;
	const char *file;
	enum log_room room;
};

/* Is it to be said, and what of storms has to be said with it? */
static struct permission permit(struct log_site *site, enum log_level level, enum logid id)
{
	struct permission p = { .say = true };
	enum storm_verdict verdict;
	int64_t now_us;

	pthread_mutex_lock(&lock);
	if (!site->room)
		look_at(site);
	p.room = (enum log_room)(site->room - 1);
	p.file = site->file;
	if ((int)level > levels[p.room]) {
		p.say = false;
	} else if (level < LOG_LEVEL_DEBUG && id != LOGID_LIFE_SAFETY) {
		now_us = clock_mono_us();
		p.ended = settle_site(site, now_us, &p.ended_report);
		verdict = storm_take(&site->storm, &limits, now_us);
		p.say = verdict != STORM_SILENT;
		p.report = verdict == STORM_BEGINS || verdict == STORM_GOES_ON;
		p.storm_report = report_of(site, LOGID_LOG_STORM);
		if (verdict == STORM_BEGINS) {
			site->next = stormy;
			stormy = site;
		}
		if (verdict == STORM_SILENT)
			suppressed++;
	}
	pthread_mutex_unlock(&lock);
	return p;
}

void log_say(const struct log_head *head, const char *fmt, ...)
{
	enum log_level level = head->level ? head->level : logid_level(head->id);
	char text[LINE_MAX_BYTES];
	struct permission p;
	va_list ap;

	if ((int)level > level_most)
		return;
	p = permit(head->site, level, head->id);
	if (p.ended)
		say_report(&p.ended_report);
	if (!p.say)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* One line a message, whatever a device or a broker put into it. */
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = ' ';
	hand_over(&(struct log_entry){ .level = level,
				       .id = head->id,
				       .room = p.room,
				       .about = head->about,
				       .file = p.file,
				       .func = head->func,
				       .line = head->site->line,
				       .text = text });
	if (p.report)
		say_report(&p.storm_report);
}
