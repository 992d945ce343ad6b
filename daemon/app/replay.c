#include "app/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/replay_line.h"
#include "app/replay_out.h"
#include "app/replay_world.h"
#include "app/residents.h"
#include "base/clock.h"
#include "base/mem.h"
#include "conf/conf.h"

#define BUFFER       (4 * REPLAY_LINE_MAX)
#define PROGRESS     (500 * MS)
#define LOOK_EVERY   1024 /* lines between two looks at the clock */
#define REFUSALS_MAX 20   /* said; further ones are in the summary */

struct replay {
	const struct replay_setup *setup;
	struct conf *conf;
	struct residents residents;
	struct replay_out *out;
	struct replay_line_parser *parser;
	struct replay_world *world;
	bool begun;
	int64_t until_us; /* wall; 0: to the end */
	int fd;
	char *buffer;
	size_t from, to; /* what of it was not read yet */
	bool ended;
	int64_t size, read; /* bytes of the file (0: not known), and how many were read */
	uint64_t lines, said;
	int64_t started_us, shown_us; /* real time */
	struct str_buf problem;
};

/* ---- the file ---- */

static const char *name_of(const struct replay *r)
{
	return strcmp(r->setup->path, "-") == 0 ? "standard input" : r->setup->path;
}

static int fail(struct replay *r, const char *text)
{
	fprintf(stderr, "%s:%" PRIu64 ": error: %s\n", name_of(r), r->lines, text);
	return -EBADMSG;
}

static int open_recording(struct replay *r)
{
	struct stat st;

	r->fd = strcmp(r->setup->path, "-") == 0 ? dup(STDIN_FILENO) : open(r->setup->path, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0 || fstat(r->fd, &st) < 0 || S_ISDIR(st.st_mode)) {
		fprintf(stderr, "estated: --replay %s: %s\n", r->setup->path,
			r->fd >= 0 ? "expected a file" : strerror(errno));
		return -ENOENT;
	}
	r->size = S_ISREG(st.st_mode) ? st.st_size : 0;
	r->buffer = mem_alloc(BUFFER + 1); /* a line may be ended behind its last byte */
	return 0;
}

/* More of the file behind what is there. */
static int fill(struct replay *r)
{
	ssize_t n;

	memmove(r->buffer, r->buffer + r->from, r->to - r->from);
	r->to -= r->from;
	r->from = 0;
	do
		n = read(r->fd, r->buffer + r->to, BUFFER - r->to);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		fprintf(stderr, "estated: %s: %s\n", name_of(r), strerror(errno));
		return -EIO;
	}
	r->ended = n == 0;
	r->to += (size_t)n;
	r->read += n;
	return 0;
}

/* The next line, without its end: 1; 0: there is none; -errno, which was said. */
static int next_line(struct replay *r, char **ret_line, size_t *ret_len)
{
	char *line, *end;

	for (;;) {
		line = r->buffer + r->from;
		end = memchr(line, '\n', r->to - r->from);
		if (end || r->ended || r->to - r->from > REPLAY_LINE_MAX)
			break;
		if (fill(r) < 0)
			return -EIO;
	}
	if (!end && r->to == r->from)
		return 0;
	r->lines++;
	*ret_line = line;
	*ret_len = end ? (size_t)(end - line) : r->to - r->from;
	r->from += *ret_len + (end != NULL);
	return *ret_len <= REPLAY_LINE_MAX ? 1 : fail(r, "longer than 64 KiB: expected one JSON object a line");
}

/* ---- progress ---- */

static double seconds_since(int64_t us)
{
	return (double)(clock_awake_us() - us) / (double)S;
}

/* On long work, and only for people. */
static void show_progress(struct replay *r)
{
	char at[CLOCK_ISO_MAX];
	int64_t now_us;

	if (r->lines % LOOK_EVERY != 0 || !isatty(STDERR_FILENO))
		return;
	now_us = clock_awake_us();
	if (now_us - r->shown_us < PROGRESS)
		return;
	r->shown_us = now_us;
	fprintf(stderr, "\r%s: %s, %" PRIu64 " lines", name_of(r),
		clock_format_local(replay_world_wall_us(r->world), at), r->lines);
	if (r->size)
		fprintf(stderr, ", %d %%", (int)(100 * r->read / MAX(r->size, r->read)));
	fputs("\033[K", stderr);
}

static void say_speed(const struct replay *r)
{
	double seconds = seconds_since(r->started_us);
	struct replay_out_summary s;

	replay_world_count(r->world, &s);
	fprintf(stderr,
		"%s%s: %" PRIu64 " readings of %.1f days in %.3f s: %.0f readings a second, %" PRIu64 " lines\n",
		isatty(STDERR_FILENO) ? "\r\033[K" : "", name_of(r), s.readings,
		(double)(s.to_us - s.from_us) / (double)DAY, seconds, (double)s.readings / MAX(seconds, 1e-6),
		r->lines);
}

/* ---- lines ---- */

static void say_refusal(struct replay *r)
{
	const char *refusal = replay_world_refusal(r->world);

	if (*refusal && r->said++ < REFUSALS_MAX)
		fprintf(stderr, "%s:%" PRIu64 ": warning: %s\n", name_of(r), r->lines, refusal);
}

static void end(struct replay *r, uint64_t lines)
{
	struct replay_out_summary summary;

	replay_world_count(r->world, &summary);
	summary.lines = lines;
	replay_out_end(r->out, &summary);
}

/* The recording goes beyond `until`. A clock that is set back later may lead before it again: until the last line is read
 * nobody knows, so this is the end for the time being. */
static void pass_until(struct replay *r, int64_t at_us)
{
	if (!r->until_us || at_us <= r->until_us || replay_out_ended(r->out))
		return;
	if (r->begun)
		replay_world_until(r->world, r->until_us);
	end(r, r->lines - 1);
}

static void return_before_until(struct replay *r)
{
	if (r->until_us && replay_out_ended(r->out) && replay_world_wall_us(r->world) <= r->until_us)
		replay_out_go_on(r->out);
}

/* 0, or -errno, which was said. */
static int take_line(struct replay *r, char *text, size_t len)
{
	struct replay_line line;
	int e;

	str_buf_clear(&r->problem);
	e = replay_line_parse(r->parser, text, len, &line, &r->problem);
	if (e < 0)
		return fail(r, str_buf_text(&r->problem));
	pass_until(r, line.at_us);
	if (!r->begun) {
		e = replay_world_begin(r->world, line.at_us);
		r->begun = e == 0;
	}
	if (e == 0)
		e = replay_world_line(r->world, &line, &r->problem);
	if (e < 0)
		return fail(r, r->problem.len ? str_buf_text(&r->problem) : strerror(-e));
	if (line.kind == REPLAY_LINE_CLOCK_STEP)
		return_before_until(r);
	say_refusal(r);
	show_progress(r);
	return 0;
}

/* A byte order mark at the very beginning, and lines with nothing in them, say nothing. */
static bool is_empty(const struct replay *r, char **line, size_t *len)
{
	if (r->lines == 1 && *len >= 3 && memcmp(*line, "\xef\xbb\xbf", 3) == 0) {
		*line += 3;
		*len -= 3;
	}
	for (size_t i = 0; i < *len; i++)
		if ((*line)[i] != ' ' && (*line)[i] != '\t' && (*line)[i] != '\r')
			return false;
	return true;
}

static int play(struct replay *r)
{
	char *line;
	size_t len;
	int e;

	while ((e = next_line(r, &line, &len)) > 0) {
		e = is_empty(r, &line, &len) ? 0 : take_line(r, line, len);
		if (e < 0)
			return e;
	}
	if (e < 0 || replay_out_ended(r->out))
		return e;
	if (r->begun && r->until_us)
		replay_world_until(r->world, r->until_us);
	end(r, r->lines);
	return 0;
}

static int write_out(struct replay *r)
{
	str_buf_clear(&r->problem);
	if (replay_out_finish(r->out, &r->problem) == 0)
		return 0;
	fprintf(stderr, "estated: %s\n", str_buf_text(&r->problem));
	return -EIO;
}

/* ---- life ---- */

static int load_conf(struct replay *r)
{
	struct conf_source source = { .path = r->setup->conf_path, .data_dir = r->setup->data_dir };
	struct diag d = { 0 };
	int e = conf_load_source(&source, &d, &r->conf);

	if (e < 0 || !r->conf || diag_failed(&d)) {
		diag_print(&d, stderr);
		fprintf(stderr, "%s: %zu error%s: expected a configuration without; see estated --check\n",
			r->setup->conf_path, d.errors, d.errors == 1 ? "" : "s");
		e = -EINVAL;
	}
	diag_fini(&d);
	if (e == 0 && clock_set_zone(r->conf->estate.timezone) < 0)
		fprintf(stderr, "time zone '%s' is not known here: UTC is used; install tzdata\n",
			r->conf->estate.timezone);
	return e;
}

static int read_residents(struct replay *r)
{
	struct diag d = { 0 };
	bool failed;

	if (!r->setup->residents)
		return 0;
	residents_read(r->setup->residents, r->conf, &d, &r->residents);
	failed = diag_failed(&d);
	diag_print(&d, stderr);
	diag_fini(&d);
	return failed ? -EINVAL : 0;
}

static int prepare(struct replay *r)
{
	int e = load_conf(r);

	if (e == 0)
		e = read_residents(r);
	if (e == 0)
		e = open_recording(r);
	if (e < 0)
		return e;
	r->parser = replay_line_parser_new();
	if (replay_out_open(r->setup->out, &r->out, &r->problem) < 0) {
		fprintf(stderr, "estated: %s\n", str_buf_text(&r->problem));
		return -EIO;
	}
	r->world =
		replay_world_new(&(struct replay_world_setup){ .conf = r->conf,
							       .residents = { r->residents.all, r->residents.count },
							       .out = r->out,
							       .attended = r->setup->attendance == REPLAY_ATTENDED });
	return 0;
}

static void finish(struct replay *r)
{
	replay_world_free(r->world);
	replay_line_parser_free(r->parser);
	replay_out_free(r->out);
	residents_fini(&r->residents);
	conf_free(r->conf);
	str_buf_fini(&r->problem);
	free(r->buffer);
	if (r->fd >= 0)
		close(r->fd);
}

int replay_run(const struct replay_setup *setup)
{
	struct replay r = { .setup = setup, .fd = -1, .started_us = clock_awake_us() };
	int e = prepare(&r);

	r.shown_us = r.started_us;
	if (e == 0 && setup->until && clock_parse(setup->until, &r.until_us) < 0) {
		fprintf(stderr,
			"estated: --until %s: expected a time as 2011-06-15T01:03:39+08:00, or seconds since 1970\n",
			setup->until);
		finish(&r);
		return 2;
	}
	if (e == 0)
		e = play(&r);
	if (e == 0)
		e = write_out(&r);
	if (e == 0)
		say_speed(&r);
	finish(&r);
	return e == 0 ? 0 : 1;
}
