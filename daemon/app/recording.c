#include "app/recording.h"

#include <errno.h>
#include <string.h>

#include "app/live.h"
#include "app/staged.h"
#include "base/mem.h"
#include "store/history_reader.h"
#include "upstream/alarm_json.h"

#define ASKING_MAX  2
#define SAMPLES_MAX 2000                /* of a piece; more only where they are of one moment */
#define TOKENS      ((uint64_t)1 << 62) /* ours begin here: others wait for stagings too */

/* A point of the configuration as it was when somebody asked. */
struct subject {
	const char *device, *point; /* in the job's text */
	bool plain; /* its name is no field of its messages: it is a field of the line, where all of them are so */
};

struct job {
	struct staged staged;
	struct api_recording ask;
	char *text;         /* "device.point" of each, then both apart */
	const char **names; /* in text */
	struct subject *subjects;
	size_t count;
	json_t *lines, *line, *fields; /* line: of the moment and device in work; fields: its points */
	const char *device;
	unsigned lap;           /* of the line */
	int64_t at_ms, next_ms; /* next_ms: what was not read any more begins there; INT64_MAX: nothing */
};

struct recording {
	struct staged_desk desk;
};

/* ---- on the reader thread ---- */

static void put_line(struct job *j, const json_t *line)
{
	_cleanup_(freep) char *text = alarm_json_text(line);

	json_array_append_new(j->lines, json_string(text));
}

static void end_line(struct job *j)
{
	if (j->line)
		put_line(j, j->line);
	json_decref(j->line);
	j->line = NULL;
	j->fields = NULL;
}

static json_t *line_of(const struct job *j, const struct history_reader_sample *s)
{
	char iso[CLOCK_ISO_MAX];
	json_t *line = json_pack("{s:s}", "t", clock_format_iso(s->ts_ms * MS, iso));

	if (s->lap) /* the clock was set back: this time was there before (estatectl puts them in order) */
		json_object_set_new(line, "lap", json_integer(s->lap));
	json_object_set_new(line, "device", json_string(j->subjects[s->point].device));
	return line;
}

static void begin_line(struct job *j, const struct history_reader_sample *s)
{
	end_line(j);
	j->line = line_of(j, s);
	j->lap = s->lap;
	j->at_ms = s->ts_ms;
	j->device = j->subjects[s->point].device;
}

/* Several points of a device at one moment are one line, as they were one message. */
static bool goes_on(const struct job *j, const struct history_reader_sample *s)
{
	const struct subject *p = &j->subjects[s->point];

	return j->line && j->fields && j->at_ms == s->ts_ms && j->lap == s->lap && str_equal(j->device, p->device) &&
	       (json_object_get(j->line, "test") != NULL) == s->test && !json_object_get(j->fields, p->point);
}

/* By the names of points all of them can be told. */
static void tell_by_name(struct job *j)
{
	if (!json_object_get(j->line, "fields"))
		return;
	json_object_set(j->line, "points", j->fields);
	json_object_del(j->line, "fields");
}

/* Told before the values of the same moment, so that these stay together. */
static void add_quality(struct job *j, const struct history_reader_sample *s)
{
	json_t *line = line_of(j, s);

	if (!goes_on(j, s))
		end_line(j);
	json_object_set_new(line, "point", json_string(j->subjects[s->point].point));
	json_object_set_new(line, "quality", json_string(value_quality_name(s->quality)));
	put_line(j, line);
	json_decref(line);
}

static void add_sample(struct job *j, const struct history_reader_sample *s)
{
	const struct subject *p = &j->subjects[s->point];

	if (s->quality != QUALITY_GOOD || s->value.type == VALUE_NONE) {
		add_quality(j, s);
		return;
	}
	if (!goes_on(j, s)) {
		begin_line(j, s);
		j->fields = json_object();
		json_object_set_new(j->line, p->plain ? "fields" : "points", j->fields);
		if (s->test)
			json_object_set_new(j->line, "test", json_true());
	}
	if (!p->plain)
		tell_by_name(j);
	json_object_set_new(j->fields, p->point, alarm_json_value(&s->value));
}

static int read_piece(struct job *j, struct history_reader *reader)
{
	struct history_reader_sample s;
	int64_t last_ms = INT64_MIN;
	int r;

	for (size_t count = 0; (r = history_reader_next(reader, &s)) > 0; count++) {
		if (count >= SAMPLES_MAX && s.ts_ms != last_ms) {
			j->next_ms = s.ts_ms;
			break;
		}
		last_ms = s.ts_ms;
		add_sample(j, &s);
	}
	end_line(j);
	return MIN(r, 0);
}

static void job_work(struct staged *s)
{
	struct job *j = CONTAINER_OF(s, struct job, staged);
	struct history_span span = { .path = s->path,
				     .points = j->names,
				     .count = j->count,
				     .from_ms = (j->ask.from_us + MS - 1) / MS,
				     .to_ms = (j->ask.to_us + MS - 1) / MS };
	_cleanup_(history_reader_closep) struct history_reader *reader = NULL;

	j->lines = json_array();
	j->next_ms = INT64_MAX;
	s->error = history_reader_open(&span, &reader, &s->why);
	if (s->error == 0) {
		s->error = read_piece(j, reader);
		s->damaged = history_reader_damaged(reader);
	} else if (s->error == -ENOENT) {
		s->error = 0; /* nothing was ever kept */
	}
}

/* ---- on the main thread ---- */

static json_t *job_answer(struct staged *s)
{
	const struct job *j = CONTAINER_OF(s, struct job, staged);
	json_t *answer = json_pack("{s:O}", "lines", j->lines);

	json_object_set_new(answer, "next",
			    j->next_ms == INT64_MAX ? json_null() : json_integer((json_int_t)j->next_ms));
	return answer;
}

static void job_free(struct staged *s)
{
	struct job *j = CONTAINER_OF(s, struct job, staged);

	json_decref(j->lines);
	json_decref(j->line);
	free(j->text);
	free(j->names);
	free(j->subjects);
	free(j);
}

static const struct staged_kind kind = {
	.name = "recording answered",
	.max = ASKING_MAX,
	.first_token = TOKENS,
	.work = job_work,
	.answer = job_answer,
	.free = job_free,
};

struct recording *recording_new(struct live *l)
{
	struct recording *r = MEM_NEW(struct recording);

	staged_open(&r->desk, l, &kind);
	return r;
}

void recording_free(struct recording *r)
{
	if (!r)
		return;
	staged_close(&r->desk);
	free(r);
}

/* A name that a message of the device has for something else, or in another form, must not be taken for it. */
static bool is_plain(const struct profile *p, const struct profile_point *point)
{
	for (size_t i = 0; i < p->point_count; i++) {
		const struct profile_field *f = &p->points[i].field;

		if (!str_equal(f->path, point->name))
			continue;
		if (&p->points[i] != point || f->equals || f->invert || f->offset != 0 ||
		    (f->scale != 0 && f->scale != 1))
			return false;
	}
	return true;
}

/* The configuration may change before it is read: names are copied. */
static void name_points(struct job *j, const struct point_table *t)
{
	size_t room = 0;
	char *at;

	for (size_t i = 0; i < t->count; i++)
		room += 2 * (strlen(t->points[i].name) + 1);
	at = j->text = mem_alloc(room + 1);
	j->count = t->count;
	j->names = mem_array(t->count, sizeof(*j->names));
	j->subjects = mem_array(t->count, sizeof(*j->subjects));
	for (size_t i = 0; i < t->count; i++) {
		const struct point *p = &t->points[i];
		struct subject *s = &j->subjects[i];

		j->names[i] = at;
		at = stpcpy(at, p->name) + 1;
		s->device = at;
		at = stpcpy(at, p->device->id) + 1;
		s->point = at;
		at = stpcpy(at, p->spec->name) + 1;
		s->plain = is_plain(p->device->profile, p->spec);
	}
}

int recording_ask(struct recording *r, const struct api_recording *ask)
{
	struct job *j;

	if (staged_full(&r->desk))
		return -EBUSY;
	j = MEM_NEW(struct job);
	j->ask = *ask;
	name_points(j, engine_points(r->desk.live->engine));
	staged_begin(&r->desk, &j->staged, ask->pending);
	if (ask->begins)
		staged_wait(&j->staged);
	else
		staged_read(&j->staged); /* staged when its first piece was asked for */
	return 0;
}

void recording_staged(struct recording *r, uint64_t token)
{
	staged_arrived(&r->desk, token);
}
