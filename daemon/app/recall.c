#include "app/recall.h"

#include <errno.h>
#include <string.h>

#include "app/live.h"
#include "base/mem.h"
#include "store/history_reader.h"
#include "store/history_sums.h"
#include "upstream/alarm_json.h"

#define ASKING_MAX 8

/* One question. The reader thread has it from offload_submit until done. */
struct recall_job {
	struct recall *recall;
	uint64_t token;         /* of the staging that it waits for; 0: it is read */
	struct api_history ask; /* point is ours */
	char *path;
	json_t *rows;
	int error;
	struct str_buf why;
};

struct recall {
	struct live *live;
	struct recall_job *jobs[ASKING_MAX];
	uint64_t next_token;
};

struct recall *recall_new(struct live *l)
{
	struct recall *r = MEM_NEW(struct recall);

	r->live = l;
	return r;
}

static void job_free(struct recall_job *j)
{
	for (size_t i = 0; i < ASKING_MAX; i++)
		if (j->recall->jobs[i] == j)
			j->recall->jobs[i] = NULL;
	free((char *)j->ask.point);
	free(j->path);
	json_decref(j->rows);
	str_buf_fini(&j->why);
	free(j);
}

static json_t *problem(int status, const char *text)
{
	return json_pack("{s{si ss}}", "error", "status", status, "text", text);
}

void recall_free(struct recall *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < ASKING_MAX; i++)
		if (r->jobs[i]) {
			api_finish_json(r->jobs[i]->ask.pending, 503, problem(503, "estated ends"));
			job_free(r->jobs[i]);
		}
	free(r);
}

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
	struct history_span span = { .path = j->path,
				     .points = &j->ask.point,
				     .count = 1,
				     .from_ms = (j->ask.from_us + MS - 1) / MS,
				     .to_ms = (j->ask.to_us + MS - 1) / MS };
	_cleanup_(history_reader_closep) struct history_reader *reader = NULL;
	struct history_reader_sample s;
	int r = history_reader_open(&span, &reader, &j->why);

	while (r == 0 && json_array_size(j->rows) < j->ask.limit && (r = history_reader_next(reader, &s)) > 0) {
		json_t *row = json_object();

		json_object_set_new(row, "at", time_of(s.ts_ms));
		json_object_set_new(row, "value", alarm_json_value(&s.value));
		json_object_set_new(row, "quality", json_string(value_quality_name(s.quality)));
		json_object_set_new(row, "test", json_boolean(s.test));
		json_array_append_new(j->rows, row);
		r = 0;
	}
	return r;
}

static int read_sums(struct recall_job *j)
{
	struct history_sums_ask ask = { .path = j->path,
					.point = j->ask.point,
					.from_ms = j->ask.from_us / MS,
					.to_ms = (j->ask.to_us + MS - 1) / MS,
					.every_ms = j->ask.every_us / MS };
	_cleanup_(freep) struct history_sums_row *rows = NULL;
	size_t count = 0;
	int r = history_sums_read(&ask, &rows, &count, &j->why);

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

static void job_work(void *context)
{
	struct recall_job *j = context;

	j->rows = json_array();
	j->error = j->ask.every_us ? read_sums(j) : read_samples(j);
}

/* ---- on the main thread ---- */

static void job_done(void *context)
{
	struct recall_job *j = context;
	struct live_turn turn = live_begin(j->recall->live, "history answered");

	if (!j->rows)
		api_finish_json(j->ask.pending, 503, problem(503, "estated ends"));
	else if (j->error < 0 && j->error != -ENOENT)
		api_finish_json(j->ask.pending, 503,
				problem(503, j->why.len ? j->why.text
							: "the history cannot be read now: see 'estatectl status'"));
	else
		api_finish_json(j->ask.pending, 200, json_incref(j->rows));
	job_free(j);
	live_end(&turn);
}

static void read_now(struct recall_job *j)
{
	struct offload_job job = { .work = job_work, .done = job_done, .context = j };

	j->token = 0;
	if (offload_submit(j->recall->live->offload, &job) == 0)
		return;
	api_finish_json(j->ask.pending, 503, problem(503, "too much is read at the same time: try again in a moment"));
	job_free(j);
}

int recall_ask(struct recall *r, const struct api_history *ask)
{
	struct recall_job *j;
	size_t i = 0;

	while (i < ASKING_MAX && r->jobs[i])
		i++;
	if (i == ASKING_MAX)
		return -EBUSY;
	j = r->jobs[i] = MEM_NEW(struct recall_job);
	j->recall = r;
	j->ask = *ask;
	j->ask.point = mem_strdup(ask->point);
	j->path = mem_strdup(store_history_path(r->live->store));
	j->token = ++r->next_token;
	/* When the store has no room for it, what is on the disk is all there is to tell. */
	if (store_submit_stage(r->live->store, j->token) < 0)
		read_now(j);
	return 0;
}

void recall_staged(struct recall *r, uint64_t token)
{
	for (size_t i = 0; i < ASKING_MAX; i++)
		if (r->jobs[i] && r->jobs[i]->token == token) {
			read_now(r->jobs[i]);
			return;
		}
}
