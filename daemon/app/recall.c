#include "app/recall.h"

#include <errno.h>

#include "app/staged.h"
#include "base/mem.h"
#include "store/history_reader.h"
#include "store/history_sums.h"
#include "upstream/alarm_json.h"

#define ASKING_MAX STAGED_MAX

struct recall_job {
	struct staged staged;
	struct api_history ask; /* point is ours */
	json_t *rows;
};

struct recall {
	struct staged_desk desk;
};

/* ---- on the reader thread ---- */

static json_t *time_of(int64_t ts_ms)
{
	char iso[CLOCK_ISO_MAX];

	return json_string(clock_format_iso(ts_ms * MS, iso));
}

static json_t *number_of(double number)
{
	struct value v = value_number(number);

	return alarm_json_value(&v);
}

static int read_samples(struct recall_job *j)
{
	struct history_span span = { .path = j->staged.path,
				     .points = &j->ask.point,
				     .count = 1,
				     .from_ms = (j->ask.from_us + MS - 1) / MS,
				     .to_ms = (j->ask.to_us + MS - 1) / MS };
	_cleanup_(history_reader_closep) struct history_reader *reader = NULL;
	struct history_reader_sample s;
	int r = history_reader_open(&span, &reader, &j->staged.why);

	while (r == 0 && json_array_size(j->rows) < j->ask.limit && (r = history_reader_next(reader, &s)) > 0) {
		json_t *row = json_object();

		json_object_set_new(row, "at", time_of(s.ts_ms));
		json_object_set_new(row, "value", alarm_json_value(&s.value));
		json_object_set_new(row, "quality", json_string(value_quality_name(s.quality)));
		json_object_set_new(row, "test", json_boolean(s.test));
		json_array_append_new(j->rows, row);
		r = 0;
	}
	if (reader)
		j->staged.damaged = history_reader_damaged(reader);
	return r;
}

static int read_sums(struct recall_job *j)
{
	struct history_sums_ask ask = { .path = j->staged.path,
					.point = j->ask.point,
					.from_ms = j->ask.from_us / MS,
					.to_ms = (j->ask.to_us + MS - 1) / MS,
					.every_ms = j->ask.every_us / MS };
	_cleanup_(freep) struct history_sums_row *rows = NULL;
	size_t count = 0;
	int r = history_sums_read(&ask, &rows, &count, &j->staged.why);

	for (size_t i = 0; r == 0 && i < count; i++) {
		const struct sums *s = &rows[i].sums;
		json_t *row = json_object();

		json_object_set_new(row, "at", time_of(rows[i].from_ms));
		json_object_set_new(row, "min", number_of(s->min));
		json_object_set_new(row, "avg", number_of(sums_average(s)));
		json_object_set_new(row, "max", number_of(s->max));
		json_object_set_new(row, "count", json_integer((json_int_t)s->count));
		json_array_append_new(j->rows, row);
	}
	return r;
}

static void job_work(struct staged *s)
{
	struct recall_job *j = CONTAINER_OF(s, struct recall_job, staged);

	j->rows = json_array();
	s->error = j->ask.every_us ? read_sums(j) : read_samples(j);
	if (s->error == -ENOENT)
		s->error = 0; /* nothing was ever kept */
}

/* ---- on the main thread ---- */

static json_t *job_answer(struct staged *s)
{
	return steal(&CONTAINER_OF(s, struct recall_job, staged)->rows);
}

static void job_free(struct staged *s)
{
	struct recall_job *j = CONTAINER_OF(s, struct recall_job, staged);

	free((char *)j->ask.point);
	json_decref(j->rows);
	free(j);
}

static const struct staged_kind kind = {
	.name = "history answered",
	.max = ASKING_MAX,
	.work = job_work,
	.answer = job_answer,
	.free = job_free,
};

struct recall *recall_new(struct live *l)
{
	struct recall *r = MEM_NEW(struct recall);

	staged_open(&r->desk, l, &kind);
	return r;
}

void recall_free(struct recall *r)
{
	if (!r)
		return;
	staged_close(&r->desk);
	free(r);
}

int recall_ask(struct recall *r, const struct api_history *ask)
{
	struct recall_job *j;

	if (staged_full(&r->desk))
		return -EBUSY;
	j = MEM_NEW(struct recall_job);
	j->ask = *ask;
	j->ask.point = mem_strdup(ask->point);
	staged_begin(&r->desk, &j->staged, ask->pending);
	staged_wait(&j->staged);
	return 0;
}

void recall_staged(struct recall *r, uint64_t token)
{
	staged_arrived(&r->desk, token);
}
