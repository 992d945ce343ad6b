#include "app/replay_out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/replay_text.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"
#include "care/care.h"
#include "upstream/alarm_json.h"

#define COPY_BYTES (64 * 1024)

/* How many alarms a rule has raised. */
struct tally {
	char *rule;
	uint64_t raised;
};

struct replay_out {
	char *path;          /* NULL: standard output */
	bool beside;         /* a file of ours that is renamed; else the copy goes where path leads */
	FILE *spool;         /* without a name */
	struct map *rules;   /* tallies, by rule */
	struct map *counted; /* ids of the alarms that were, since they were last normal; each its own value */
	off_t end;           /* length of what counts, with `last` behind it; -1: all of it, and more to come */
	char *last;          /* the summary as it was there */
	struct replay_text text;
	struct str_buf line; /* that is being written */
	uint64_t transitions, alarms, notifications;
	uint64_t by_priority[4];
};

/* ---- the file ---- */

/* Where the spool lies: beside the result, so that there is room for both; or wherever temporary files go. */
static void spool_dir(const struct replay_out *o, struct str_buf *to)
{
	const char *slash = o->beside ? strrchr(o->path, '/') : NULL, *tmp = getenv("TMPDIR");

	if (slash)
		str_buf_add_len(to, o->path, MAX((size_t)(slash - o->path), (size_t)1));
	else
		str_buf_add(to, o->beside ? "." : tmp && *tmp ? tmp : "/tmp");
}

static FILE *open_spool(const struct replay_out *o)
{
	_cleanup_str_buf_ struct str_buf dir = { 0 };
	int fd;

	spool_dir(o, &dir);
	fd = open(dir.text, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return fd >= 0 ? fdopen(fd, "w+") : tmpfile();
}

int replay_out_open(const char *path, struct replay_out **ret_out, struct str_buf *problem)
{
	_cleanup_(replay_out_freep) struct replay_out *o = MEM_NEW(struct replay_out);
	struct stat st;
	int error;

	o->rules = map_new();
	o->counted = map_new();
	o->end = -1;
	o->path = path && strcmp(path, "-") != 0 ? mem_strdup(path) : NULL;
	/* A device, a pipe or a link stays what it is: the result is written into it. */
	o->beside = o->path && (lstat(o->path, &st) < 0 ? errno == ENOENT : S_ISREG(st.st_mode));
	o->spool = open_spool(o);
	if (!o->spool) {
		error = errno;
		str_buf_printf(problem, "no room for the result%s%s: %s", path ? " " : "", path ? path : "",
			       strerror(error));
		return -error;
	}
	*ret_out = steal(&o);
	return 0;
}

void replay_out_free(struct replay_out *o)
{
	struct tally *tally;
	char *id;

	if (!o)
		return;
	if (o->spool)
		fclose(o->spool);
	for (size_t position = 0; (tally = map_next(o->rules, &position));) {
		free(tally->rule);
		free(tally);
	}
	map_free(o->rules);
	for (size_t position = 0; (id = map_next(o->counted, &position));)
		free(id);
	map_free(o->counted);
	str_buf_fini(&o->line);
	free(o->last);
	free(o->path);
	free(o);
}

static int copy_spool(const struct replay_out *o, FILE *to)
{
	_cleanup_(freep) char *buffer = mem_alloc(COPY_BYTES);
	off_t left = o->end;

	rewind(o->spool);
	while (left > 0) {
		size_t n = fread(buffer, 1, (size_t)MIN(left, (off_t)COPY_BYTES), o->spool);

		if (n == 0)
			return -EIO;
		if (fwrite(buffer, 1, n, to) != n)
			return -errno;
		left -= (off_t)n;
	}
	return fprintf(to, "%s\n", o->last) > 0 && fflush(to) == 0 ? 0 : -errno;
}

static int copy_into(const struct replay_out *o)
{
	FILE *to = o->path ? fopen(o->path, "we") : stdout;
	int r;

	if (!to)
		return -errno;
	r = copy_spool(o, to);
	if (o->path && fclose(to) != 0 && r == 0)
		r = -errno;
	return r;
}

/* Whole under another name, then in its place in one step. */
static int put_beside(const struct replay_out *o)
{
	_cleanup_str_buf_ struct str_buf name = { 0 };
	mode_t mask = umask(0);
	FILE *to;
	int fd, r;

	umask(mask);
	str_buf_printf(&name, "%s.XXXXXX", o->path);
	fd = mkstemp(name.text);
	to = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (!to)
		return -errno;
	r = fchmod(fd, 0666 & ~mask) == 0 ? copy_spool(o, to) : -errno;
	if (fclose(to) != 0 && r == 0)
		r = -errno;
	if (r == 0 && rename(name.text, o->path) < 0)
		r = -errno;
	if (r < 0)
		unlink(name.text);
	return r;
}

int replay_out_finish(struct replay_out *o, struct str_buf *problem)
{
	int r = ferror(o->spool) || fflush(o->spool) != 0 ? -ENOSPC : 0;

	if (r == 0)
		r = o->beside ? put_beside(o) : copy_into(o);
	if (r < 0)
		str_buf_printf(problem, "%s: the result cannot be written: %s", o->path ? o->path : "standard output",
			       strerror(-r));
	return r;
}

/* ---- the lines ---- */

static void write_line(struct replay_out *o, json_t *line)
{
	_cleanup_(freep) char *text = alarm_json_text(line);

	fputs(text, o->spool);
	fputc('\n', o->spool);
	json_decref(line);
}

static json_t *stamp(int64_t wall_us)
{
	char iso[CLOCK_ISO_MAX];

	return json_string(clock_format_iso(wall_us, iso));
}

/* One that goes on, or is told again, is the same alarm. One that came while it was out of the way is told of later. */
static bool is_another(struct replay_out *o, const struct alarm *a, bool raised)
{
	char *id;

	if (a->state == ALARM_NORMAL) {
		free(map_remove(o->counted, a->id));
		return false;
	}
	if (map_find(o->counted, a->id) || (alarm_hidden(a) && !raised))
		return false;
	id = mem_strdup(a->id);
	map_put(o->counted, id, id);
	return true;
}

static void count(struct replay_out *o, const struct alarm_transition *t)
{
	struct tally *tally = map_find(o->rules, t->alarm.rule);

	o->transitions++;
	if (!is_another(o, &t->alarm, t->input == ALARM_IN_RAISED && t->from == ALARM_NORMAL))
		return;
	o->alarms++;
	if (t->alarm.priority >= 1 && t->alarm.priority <= 4)
		o->by_priority[t->alarm.priority - 1]++;
	if (!tally) {
		tally = MEM_NEW(struct tally);
		tally->rule = mem_strdup(t->alarm.rule);
		map_put(o->rules, tally->rule, tally);
	}
	tally->raised++;
}

/* At the end of the line. */
static void add_people(struct str_buf *line, const json_t *people)
{
	_cleanup_(freep) char *text = alarm_json_text(people);
	_cleanup_(freep) char *plain = mem_strndup(str_buf_text(line), line->len - 1); /* without the brace */

	str_buf_clear(line);
	str_buf_printf(line, "%s,\"people\":%s}", plain, text);
}

void replay_out_transition(struct replay_out *o, const struct alarm_transition *t, const json_t *people)
{
	str_buf_clear(&o->line);
	replay_text_transition(&o->text, t, &o->line);
	if (people)
		add_people(&o->line, people);
	str_buf_add(&o->line, "\n");
	fwrite(str_buf_text(&o->line), 1, o->line.len, o->spool);
	count(o, t);
}

void replay_out_presence(struct replay_out *o, const struct care_presence *p)
{
	json_t *line = json_object(), *why = json_object();

	json_object_set_new(line, "t", stamp(p->at.wall_us));
	json_object_set_new(line, "presence", json_string(p->place));
	json_object_set_new(line, "state", json_string(home_view_mode_name(p->mode)));
	json_object_set_new(why, "zh", json_string(p->why_zh));
	json_object_set_new(why, "en", json_string(p->why_en));
	json_object_set_new(line, "why", why);
	write_line(o, line);
}

void replay_out_notify(struct replay_out *o, const struct ladder_message *m, int64_t wall_us)
{
	for (size_t i = 0; i < m->line_count; i++) {
		json_t *line = json_object();

		json_object_set_new(line, "t", stamp(wall_us));
		json_object_set_new(line, "notify", json_string(m->contact->id));
		json_object_set_new(line, "alarm", json_string(m->lines[i].alarm));
		json_object_set_new(line, "step", json_integer(m->lines[i].step));
		if (m->clear)
			json_object_set_new(line, "clear", json_true());
		write_line(o, line);
		o->notifications++;
	}
}

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *priorities(const struct replay_out *o)
{
	json_t *list = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(o->by_priority); i++) {
		char name[] = { (char)('1' + i), '\0' };

		json_object_set_new(list, name, number(o->by_priority[i]));
	}
	return list;
}

/* Those that raised something, in the order of the configuration. */
static json_t *rules(const struct replay_out *o, const struct replay_out_summary *s)
{
	json_t *list = json_object();

	for (size_t i = 0; i < s->rule_count; i++) {
		const struct tally *tally = map_find(o->rules, s->rules[i].id);

		if (tally)
			json_object_set_new(list, tally->rule, number(tally->raised));
	}
	return list;
}

static char *summary_text(const struct replay_out *o, const struct replay_out_summary *s)
{
	char *text;
	json_t *summary = json_object(), *line = json_object();

	json_object_set_new(summary, "from", s->from_us ? stamp(s->from_us) : json_null());
	json_object_set_new(summary, "to", s->to_us ? stamp(s->to_us) : json_null());
	json_object_set_new(summary, "lines", number(s->lines));
	json_object_set_new(summary, "readings", number(s->readings));
	json_object_set_new(summary, "ignored_fields", number(s->ignored));
	json_object_set_new(summary, "transitions", number(o->transitions));
	json_object_set_new(summary, "alarms", number(o->alarms));
	json_object_set_new(summary, "open", number(s->open));
	json_object_set_new(summary, "by_priority", priorities(o));
	json_object_set_new(summary, "by_rule", rules(o, s));
	if (o->notifications)
		json_object_set_new(summary, "notifications", number(o->notifications));
	json_object_set_new(summary, "commands", number(s->commands));
	json_object_set_new(summary, "refused", number(s->refused));
	json_object_set_new(summary, "restarts", number(s->restarts));
	json_object_set_new(summary, "clock_steps", number(s->steps));
	json_object_set_new(line, "summary", summary);
	text = alarm_json_text(line);
	json_decref(line);
	return text;
}

void replay_out_end(struct replay_out *o, const struct replay_out_summary *s)
{
	free(o->last);
	o->last = summary_text(o, s);
	o->end = ftello(o->spool);
}

void replay_out_go_on(struct replay_out *o)
{
	o->end = -1;
}

bool replay_out_ended(const struct replay_out *o)
{
	return o->end >= 0;
}
