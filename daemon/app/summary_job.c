#include "app/summary_job.h"

#include <errno.h>
#include <string.h>

#include "app/live.h"
#include "base/mem.h"
#include "store/history_reader.h"
#include "store/summary_reader.h"
#include "upstream/alarm_json.h"
#include "upstream/summary_left.h"

#define STEP_SAMPLES 20000 /* others use the reader thread too */
#define GROUP_POINTS 448   /* read at a time: with more of them the reader takes shorter steps */
#define READ_BYTES   ((size_t)2 * 1024 * 1024)

struct summary_job_lift {
	const char *device;
	struct summary_lift lift;
};

/* Whose point it is, and which state or counter. */
struct summary_job_point {
	size_t lift;
	unsigned what;
};

/* ---- on the main thread ---- */

static bool has_point(const struct device *d, const char *name)
{
	for (size_t i = 0; i < d->profile->point_count; i++)
		if (str_equal(d->profile->points[i].name, name))
			return true;
	return false;
}

static void add_point(struct summary_job *j, enum summary_job_pass_kind kind, const struct device *d, unsigned what)
{
	const char *name = kind == SUMMARY_JOB_STATES ? summary_lift_states[what] : summary_lift_counters[what];
	struct summary_job_pass *p = &j->passes[kind];
	struct str_buf text = { 0 };

	if (!has_point(d, name))
		return;
	str_buf_printf(&text, "%s.%s", d->id, name);
	p->names = mem_realloc(p->names, p->count + 1, sizeof(*p->names));
	p->points = mem_realloc(p->points, p->count + 1, sizeof(*p->points));
	p->names[p->count] = str_buf_take(&text);
	p->points[p->count++] = (struct summary_job_point){ j->lift_count - 1, what };
}

static void add_lift(struct summary_job *j, const struct device *d)
{
	struct summary_job_lift *lift;

	j->lifts = mem_realloc(j->lifts, j->lift_count + 1, sizeof(*j->lifts));
	lift = &j->lifts[j->lift_count++];
	lift->device = j->devices[j->device_count - 1].id;
	summary_lift_begin(&lift->lift, j->span.from_us / MS, j->span.to_us / MS);
	for (unsigned i = 0; i < SUMMARY_LIFT_STATES; i++)
		add_point(j, SUMMARY_JOB_STATES, d, i);
	for (unsigned i = 0; i < SUMMARY_LIFT_COUNTERS; i++)
		add_point(j, SUMMARY_JOB_COUNTERS, d, i);
}

static const char *put_text(char **to, const char *text)
{
	const char *put = *to;

	*to = stpcpy(*to, text) + 1;
	return put;
}

/* A reload may come while it is computed. */
static void copy_devices(struct summary_job *j, const struct conf *c)
{
	size_t room = 1;
	char *to;

	for (size_t i = 0; i < c->device_count; i++)
		room += strlen(c->devices[i].id) + strlen(c->devices[i].place) + strlen(c->devices[i].class->id) + 3;
	to = j->texts = mem_alloc(room);
	j->devices = mem_array(c->device_count, sizeof(*j->devices));
	for (; j->device_count < c->device_count;) {
		const struct device *d = &c->devices[j->device_count];
		struct summary_device *copy = &j->devices[j->device_count++];

		copy->id = put_text(&to, d->id);
		copy->place = put_text(&to, d->place);
		copy->class = put_text(&to, d->class->id);
		if (str_equal(copy->class, "lift"))
			add_lift(j, d);
	}
}

struct summary_job *summary_job_new(const struct live *l, const struct summary_span *span)
{
	struct summary_job *j = MEM_NEW(struct summary_job);

	j->span = *span;
	j->state_path = mem_strdup(store_state_path(l->store));
	j->history_path = mem_strdup(store_history_path(l->store));
	copy_devices(j, l->conf);
	return j;
}

static void pass_fini(struct summary_job_pass *p)
{
	history_reader_close(p->reader);
	for (size_t i = 0; i < p->count; i++)
		free((char *)p->names[i]);
	free(p->names);
	free(p->points);
}

void summary_job_free(struct summary_job *j)
{
	if (!j)
		return;
	for (size_t i = 0; i < SUMMARY_JOB_PASSES; i++)
		pass_fini(&j->passes[i]);
	free(j->lifts);
	free(j->devices);
	free(j->texts);
	json_decref(j->rows);
	for (size_t i = 0; i < j->payload_count; i++)
		free(j->payloads[i]);
	free(j->payloads);
	free(j->departed);
	free(j->left);
	summary_free(j->summary);
	str_buf_fini(&j->why);
	free(j->state_path);
	free(j->history_path);
	free(j);
}

/* ---- on the reader thread ---- */

static void see_state(struct summary_lift *lift, unsigned what, const struct history_reader_sample *s)
{
	struct summary_lift_seen seen = { .state = (enum summary_lift_state)what, .ts_ms = s->ts_ms };

	seen.known = s->quality == QUALITY_GOOD && (s->value.type == VALUE_BOOL || s->value.type == VALUE_NUMBER);
	seen.on = seen.known && value_true(&s->value);
	summary_lift_see(lift, &seen);
}

static void see_counter(struct summary_lift *lift, unsigned what, const struct history_reader_sample *s)
{
	if (s->quality == QUALITY_GOOD && s->value.type == VALUE_NUMBER)
		summary_lift_count(lift, (enum summary_lift_counter)what, s->ts_ms, s->value.number);
}

static const struct pass_kind {
	int64_t before_ms; /* the span on */
	void (*see)(struct summary_lift *lift, unsigned what, const struct history_reader_sample *s);
} pass_kinds[SUMMARY_JOB_PASSES] = {
	[SUMMARY_JOB_STATES] = { SUMMARY_LIFT_HOLD_MS, see_state },
	[SUMMARY_JOB_COUNTERS] = { SUMMARY_LIFT_LOOKBACK_MS, see_counter },
};

/* The points of some lifts: those of one are fed in order of time. */
static int open_group(struct summary_job *j, struct summary_job_pass *p, const struct pass_kind *kind)
{
	struct history_span span = { .path = j->history_path,
				     .points = p->names + p->first,
				     .from_ms = j->span.from_us / MS - kind->before_ms,
				     .to_ms = j->span.to_us / MS,
				     .max_bytes = READ_BYTES };

	for (p->end = p->first; p->end < p->count; p->end++)
		if (p->end >= p->first + GROUP_POINTS && p->points[p->end].lift != p->points[p->end - 1].lift)
			break;
	span.count = p->end - p->first;
	return history_reader_open(&span, &p->reader, &j->why);
}

/* 1: there is more. */
static int read_samples(struct summary_job *j, struct summary_job_pass *p, const struct pass_kind *kind)
{
	struct history_reader_sample s;

	for (size_t i = 0; i < STEP_SAMPLES; i++) {
		const struct summary_job_point *point;
		int r = history_reader_next(p->reader, &s);

		if (r <= 0)
			return r;
		point = &p->points[p->first + s.point];
		kind->see(&j->lifts[point->lift].lift, point->what, &s);
	}
	return 1;
}

/* Some samples of it. */
static void read_pass(struct summary_job *j, enum summary_job_pass_kind kind)
{
	struct summary_job_pass *p = &j->passes[kind];
	int r = p->reader ? 0 : open_group(j, p, &pass_kinds[kind]);

	if (r == 0)
		r = read_samples(j, p, &pass_kinds[kind]);
	if (r > 0)
		return;
	j->partial = j->partial || (r < 0 && r != -ENOENT); /* -ENOENT: nothing was ever kept */
	history_reader_close(steal(&p->reader));
	p->first = p->end;
}

static bool is_left(const struct summary_job_pass *p)
{
	return p->first < p->count;
}

static void add_rule(void *context, const char *rule)
{
	summary_add_rule(context, rule);
}

/* What state.db has. */
static int begin(struct summary_job *j)
{
	struct summary_setup setup = { .span = j->span, .devices = j->devices, .device_count = j->device_count };
	_cleanup_(summary_reader_closep) struct summary_reader *reader = NULL;
	int r = summary_reader_open(j->state_path, &reader, &j->why);

	j->summary = summary_new(&setup);
	if (r == 0)
		r = summary_reader_left(reader, &j->span, &j->left);
	if (r == 0)
		r = summary_reader_transitions(reader, &j->span, j->summary);
	if (r == 0)
		r = summary_reader_records(reader, &j->span, j->summary);
	return r;
}

static void finish(struct summary_job *j)
{
	struct summary_left left;
	json_t *rows;

	for (size_t i = 0; i < j->lift_count && !j->partial; i++) {
		summary_lift_end(&j->lifts[i].lift);
		summary_add_lift(j->summary, j->lifts[i].device, &j->lifts[i].lift);
	}
	summary_left_rules(j->left, add_rule, j->summary);
	rows = summary_rows(j->summary);
	j->rows = summary_left_show(&j->span, j->left, rows);
	summary_left_compare(&j->span, j->left, rows, &left);
	json_decref(rows);
	j->payloads = mem_array(json_array_size(left.messages) + 1, sizeof(*j->payloads));
	for (; j->payload_count < json_array_size(left.messages); j->payload_count++)
		j->payloads[j->payload_count] = alarm_json_text(json_array_get(left.messages, j->payload_count));
	j->departed = steal(&left.text);
	summary_left_fini(&left);
}

bool summary_job_step(struct summary_job *j)
{
	if (!j->summary)
		j->error = begin(j);
	else if (is_left(&j->passes[SUMMARY_JOB_STATES]))
		read_pass(j, SUMMARY_JOB_STATES);
	else if (is_left(&j->passes[SUMMARY_JOB_COUNTERS]))
		read_pass(j, SUMMARY_JOB_COUNTERS);
	else
		finish(j);
	return j->error == 0 && !j->rows;
}
