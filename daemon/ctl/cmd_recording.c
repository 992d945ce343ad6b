/* cmd_recording.c: 'record': what happened on this box, as a file that estated --replay reads: the history of all points, what
 * people did to alarms and devices, restarts, and where the clock was set. Both come from the API in pieces; memory holds one
 * piece and the people's part.
 *
 * Where the clock was set back, the same times come twice. The recording is then made lap by lap: a lap goes from where the
 * clock was set back to, up to where it was set back from; the history says of each sample how often its time had been there. */
#include "ctl/command.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

#define LAPS_TOLD 3 /* of so many latest laps the history says how often a time had been there */

/* What a person did, a start of the daemon, or a step of its clock. */
struct deed {
	size_t lap;
	int64_t at_us;
	char *line;
};

/* From where to where the clock was set back, in whole milliseconds as lines have them. */
struct back {
	int64_t from_us, to_us;
};

struct recording {
	struct ctl *ctl;
	FILE *to;
	int64_t since_us, until_us;
	struct deed *deeds; /* in order of lap and time */
	size_t deed_count, next_deed;
	struct back *backs; /* between a lap and the next */
	size_t back_count;
	size_t first_lap; /* that has something of the span */
	uint64_t lines, readings;
};

static const char *text_at(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* ---- what people did: from the audit ---- */

static void set_text(json_t *object, const char *key, const char *text)
{
	if (text && *text)
		json_object_set_new(object, key, json_string(text));
}

/* "until" of the record: a moment, where it was meant so; else a length. */
static void set_length(json_t *command, const json_t *detail, int64_t at_us)
{
	const char *until = text_at(detail, "until");
	char length[STR_DURATION_MAX];
	int64_t until_us;

	if (json_is_true(json_object_get(detail, "moment")))
		set_text(command, "until", until);
	else if (until && clock_parse(until, &until_us) == 0 && until_us > at_us)
		json_object_set_new(command, "for", json_string(str_from_duration(until_us - at_us, length)));
}

/* The record of a close leads with its outcome. */
static const char *note_of(const json_t *record, const json_t *detail)
{
	const char *note = text_at(record, "why"), *outcome = text_at(detail, "outcome");
	size_t len = outcome ? strlen(outcome) : 0;

	if (!note || !len || strncmp(note, outcome, len) != 0)
		return note;
	return strncmp(note + len, ": ", 2) == 0 ? note + len + 2 : NULL;
}

static json_t *command_of_alarm(const json_t *record, const json_t *detail, int64_t at_us)
{
	static const char *const verbs[][2] = {
		{ "ack", "ack" },           { "reset", "close" },     { "shelve", "shelve" },
		{ "unshelve", "unshelve" }, { "comment", "comment" }, { "arrive", "arrive" },
	};
	const char *input = text_at(detail, "input");
	json_t *command;
	size_t i = 0;

	while (i < ARRAY_SIZE(verbs) && !str_equal(verbs[i][0], input))
		i++;
	if (i == ARRAY_SIZE(verbs) || !text_at(record, "who"))
		return NULL; /* what the engine did by itself it does again */
	command = json_pack("{s:s, s:s, s:s}", "verb", verbs[i][1], "alarm", text_at(record, "what"), "who",
			    text_at(record, "who"));
	set_text(command, "outcome", text_at(detail, "outcome"));
	set_text(command, "note", note_of(record, detail));
	set_length(command, detail, at_us);
	return command;
}

static json_t *command_of_mode(const json_t *record, const json_t *detail, int64_t at_us)
{
	bool on = json_is_true(json_object_get(detail, "on")), test = str_equal(text_at(detail, "mode"), "test");
	json_t *command;

	if ((!test && !str_equal(text_at(detail, "mode"), "out_of_service")) || !text_at(record, "who"))
		return NULL;
	command = json_pack("{s:s, s:s, s:s}", "verb",
			    test ? "test"
			    : on ? "out-of-service"
				 : "in-service",
			    "subject", text_at(record, "what"), "who", text_at(record, "who"));
	set_text(command, "note", text_at(record, "why"));
	if (on)
		set_length(command, detail, at_us);
	else if (test)
		set_text(command, "for", "0");
	return command;
}

/* What the record has as its time is by the clock as it was set. */
static json_t *line_of_step(const json_t *detail, int64_t *at_us)
{
	int64_t step_us = json_integer_value(json_object_get(detail, "step_us")), to_us = *at_us - *at_us % MS;
	char iso[CLOCK_ISO_MAX];

	if (!step_us)
		return NULL;
	*at_us -= step_us;
	*at_us -= *at_us % MS;
	return json_pack("{s:s, s:f}", "t", clock_format_iso(*at_us, iso), "clock_step", (double)(to_us - *at_us) / S);
}

/* The line for a record of the audit; NULL: nothing that a replay would do. */
static json_t *line_of(const json_t *record, int64_t at_us)
{
	const json_t *detail = json_object_get(record, "detail");
	const char *kind = text_at(record, "kind"), *time = text_at(record, "time");
	json_t *command = NULL;

	if (str_equal(kind, "daemon") && str_equal(text_at(record, "what"), "start"))
		return json_pack("{s:s, s:b}", "t", time, "restart", 1);
	if (str_equal(kind, "alarm"))
		command = command_of_alarm(record, detail, at_us);
	else if (str_equal(kind, "mode"))
		command = command_of_mode(record, detail, at_us);
	return command ? json_pack("{s:s, s:o}", "t", time, "command", command) : NULL;
}

static void keep_line(struct recording *r, const json_t *line, int64_t at_us)
{
	if ((r->deed_count & (r->deed_count - 1)) == 0)
		r->deeds = mem_realloc(r->deeds, r->deed_count ? 2 * r->deed_count : 1, sizeof(*r->deeds));
	r->deeds[r->deed_count++] =
		(struct deed){ .lap = r->back_count,
			       .at_us = at_us,
			       .line = json_dumps(line, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(15)) };
}

static void keep_back(struct recording *r, int64_t from_us, int64_t to_us)
{
	r->backs = mem_realloc(r->backs, r->back_count + 1, sizeof(*r->backs));
	r->backs[r->back_count++] = (struct back){ .from_us = from_us, .to_us = to_us - to_us % MS };
}

static void keep_deed(struct recording *r, const char *text)
{
	json_t *record = json_loads(text, 0, NULL), *line = NULL;
	const char *time = text_at(record, "time");
	bool step = str_equal(text_at(record, "kind"), "clock");
	int64_t told_us, at_us;

	if (time && clock_parse(time, &told_us) == 0) {
		at_us = told_us;
		line = step ? line_of_step(json_object_get(record, "detail"), &at_us) : line_of(record, at_us);
		if (line)
			keep_line(r, line, at_us);
		if (line && step && told_us < at_us)
			keep_back(r, at_us, told_us);
	}
	json_decref(line);
	json_decref(record);
}

static bool is_after(const struct deed *a, const struct deed *b)
{
	return a->lap > b->lap || (a->lap == b->lap && a->at_us > b->at_us);
}

/* Stable: what has the same time stays as it was recorded. */
static void sort_deeds(struct recording *r)
{
	for (size_t i = 1; i < r->deed_count; i++) {
		struct deed d = r->deeds[i];
		size_t at = i;

		for (; at > 0 && is_after(&r->deeds[at - 1], &d); at--)
			r->deeds[at] = r->deeds[at - 1];
		r->deeds[at] = d;
	}
}

static enum ctl_exit read_deeds(struct recording *r)
{
	json_int_t after = 0, looked = 0, head;

	do {
		struct ctl_answer answer _cleanup_answer_ = { 0 };
		struct str_buf path _cleanup_str_buf_ = { 0 };
		enum ctl_exit exit;
		const json_t *rows, *row;
		size_t i;

		after = looked;
		str_buf_printf(&path, "/v1/audit/chain?after=%lld", (long long)after);
		exit = ctl_get(r->ctl, path.text, &answer);
		if (exit != CTL_DONE)
			return exit;
		rows = json_object_get(answer.json, "rows");
		json_array_foreach(rows, i, row) if (json_is_string(row)) keep_deed(r, json_string_value(row));
		looked = json_integer_value(json_object_get(answer.json, "looked"));
		head = json_integer_value(json_object_get(json_object_get(answer.json, "head"), "n"));
	} while (looked > after && looked < head);
	sort_deeds(r);
	return CTL_DONE;
}

/* ---- the history ---- */

/* Where that lap begins and ends, within the span: its beginning lies in the first lap that has that time, its end in the
 * last one. */
static int64_t lap_begin(const struct recording *r, size_t lap)
{
	int64_t begin_us = lap ? r->backs[lap - 1].to_us : 0;

	return lap == r->first_lap ? MAX(r->since_us, begin_us) : begin_us;
}

static int64_t lap_end(const struct recording *r, size_t lap)
{
	return lap < r->back_count ? r->backs[lap].from_us + MS : r->until_us;
}

static void find_first_lap(struct recording *r)
{
	while (r->first_lap < r->back_count && r->since_us > r->backs[r->first_lap].from_us)
		r->first_lap++;
}

static void write_deeds_before(struct recording *r, size_t lap, int64_t at_us)
{
	for (; r->next_deed < r->deed_count; r->next_deed++) {
		const struct deed *d = &r->deeds[r->next_deed];

		if (d->lap > lap || (d->lap == lap && d->at_us >= at_us))
			return;
		if (d->lap < lap || d->at_us < lap_begin(r, lap) || d->at_us >= lap_end(r, lap))
			continue;
		fprintf(r->to, "%s\n", d->line);
		r->lines++;
	}
}

/* How often the clock had been past that time by then. */
static unsigned times_there(const struct recording *r, size_t lap, int64_t at_us)
{
	unsigned times = 0;

	for (size_t i = lap > LAPS_TOLD ? lap - LAPS_TOLD : 0; i < lap; i++)
		times += r->backs[i].from_us > at_us;
	return times;
}

/* A line of the history: "t", which stands first, and "lap" where it says one, which is for us alone. */
struct told {
	int64_t at_us;
	unsigned lap;
	int begins;       /* bytes up to the end of "t" */
	const char *rest; /* behind both */
};

static bool read_told(const char *line, struct told *ret_told)
{
	static const char begins[] = "{\"t\":\"", lap[] = ",\"lap\":";
	const char *time = line + sizeof(begins) - 1, *end;
	struct told told = { 0 };
	char text[CLOCK_ISO_MAX] = "";

	if (!str_starts(line, begins) || !(end = strchr(time, '"')))
		return false;
	memcpy(text, time, MIN((size_t)(end - time), sizeof(text) - 1));
	told.begins = (int)(end + 1 - line);
	told.rest = end + 1;
	if (str_starts(told.rest, lap)) {
		told.rest += sizeof(lap) - 1;
		for (; *told.rest >= '0' && *told.rest <= '9'; told.rest++)
			told.lap = (told.lap * 10 + (unsigned)(*told.rest - '0')) % 1000;
	}
	if (clock_parse(text, &told.at_us) < 0)
		return false;
	*ret_told = told;
	return true;
}

static void write_piece(struct recording *r, size_t lap, const json_t *lines)
{
	const json_t *line;
	size_t i;

	json_array_foreach(lines, i, line)
	{
		const char *text = json_string_value(line);
		struct told told;

		if (!text || !read_told(text, &told) || told.lap != times_there(r, lap, told.at_us))
			continue;
		write_deeds_before(r, lap, told.at_us);
		fprintf(r->to, "%.*s%s\n", told.begins, text, told.rest);
		r->lines++;
		r->readings++;
	}
}

static enum ctl_exit read_lap(struct recording *r, size_t lap)
{
	int64_t since_us = lap_begin(r, lap), until_us = lap_end(r, lap);
	json_int_t next = -1;

	while (since_us < until_us && !ferror(r->to)) {
		struct ctl_answer answer _cleanup_answer_ = { 0 };
		struct str_buf path _cleanup_str_buf_ = { 0 };
		const json_t *told;
		enum ctl_exit exit;

		str_buf_printf(&path, "/v1/recording?since=%" PRId64 ".%06d&until=%" PRId64 ".%06d", since_us / S,
			       (int)(since_us % S), until_us / S, (int)(until_us % S));
		if (next >= 0)
			str_buf_printf(&path, "&after=%lld", (long long)next);
		exit = ctl_get(r->ctl, path.text, &answer);
		if (exit != CTL_DONE)
			return exit;
		write_piece(r, lap, json_object_get(answer.json, "lines"));
		told = json_object_get(answer.json, "next");
		if (!json_is_integer(told))
			break;
		next = json_integer_value(told);
	}
	write_deeds_before(r, lap, INT64_MAX);
	return CTL_DONE;
}

static enum ctl_exit read_history(struct recording *r)
{
	enum ctl_exit exit = CTL_DONE;

	find_first_lap(r);
	for (size_t lap = r->first_lap; exit == CTL_DONE && lap <= r->back_count; lap++)
		exit = read_lap(r, lap);
	return exit;
}

/* ---- the command ---- */

static enum ctl_exit read_span(struct recording *r)
{
	const char *since = r->ctl->args.values[ARGS_SINCE], *until = r->ctl->args.values[ARGS_UNTIL];
	int64_t ago_us;

	r->until_us = clock_wall_us();
	if (!since) {
		fprintf(stderr, "%s", _("estatectl: record: --since is needed: a duration like 30d, or a time\n"));
		return CTL_USAGE;
	}
	if (str_to_duration(since, &ago_us) == 0 && ago_us > 0) {
		r->since_us = r->until_us - ago_us;
	} else if (clock_parse(since, &r->since_us) < 0) {
		fprintf(stderr,
			_("estatectl: --since '%s': expected a duration like 30d, or a time like 2026-11-22T03:00\n"),
			since);
		return CTL_USAGE;
	}
	if (until && clock_parse(until, &r->until_us) < 0) {
		fprintf(stderr, _("estatectl: --until '%s': expected a time like 2026-11-22T03:00\n"), until);
		return CTL_USAGE;
	}
	r->since_us = MAX(r->since_us, (int64_t)0);
	return CTL_DONE;
}

static enum ctl_exit record_to(struct recording *r, const char *path)
{
	enum ctl_exit exit;

	r->to = path ? fopen(path, "we") : r->ctl->out.to;
	if (!r->to) {
		fprintf(stderr, _("estatectl: cannot write '%s': %s\n"), path, strerror(errno));
		return CTL_FAILED;
	}
	exit = read_deeds(r);
	if (exit == CTL_DONE)
		exit = read_history(r);
	if ((ferror(r->to) || (path ? fclose(r->to) : fflush(r->to)) != 0) && exit == CTL_DONE) {
		fprintf(stderr, _("estatectl: cannot write '%s': %s\n"), path ? path : "-", strerror(errno));
		exit = CTL_FAILED;
	}
	return exit;
}

enum ctl_exit cmd_recording(struct ctl *c)
{
	struct recording r = { .ctl = c };
	const char *path = c->args.values[ARGS_OUT];
	struct str_buf part _cleanup_str_buf_ = { 0 };
	enum ctl_exit exit = read_span(&r);

	if (exit != CTL_DONE)
		return exit;
	/* Whole, or not at all. */
	if (path)
		str_buf_printf(&part, "%s.part", path);
	exit = record_to(&r, path ? part.text : NULL);
	if (path && exit == CTL_DONE && rename(part.text, path) < 0) {
		fprintf(stderr, _("estatectl: cannot write '%s': %s\n"), path, strerror(errno));
		exit = CTL_FAILED;
	}
	if (path && exit != CTL_DONE)
		unlink(part.text);
	if (path && exit == CTL_DONE)
		fprintf(stderr, _("estatectl: %llu lines in %s, %llu of them readings\n"), (unsigned long long)r.lines,
			path, (unsigned long long)r.readings);
	for (size_t i = 0; i < r.deed_count; i++)
		free(r.deeds[i].line);
	free(r.deeds);
	free(r.backs);
	return exit;
}
