#include "app/summary_job.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/live.h"
#include "base/mem.h"
#include "care/care.h"
#include "store/history_reader.h"
#include "upstream/alarm_json.h"
#include "upstream/summary_devices.h"
#include "upstream/summary_left.h"

#define STEP_SAMPLES 10000 /* others use the reader thread too */
#define GROUP_POINTS 448   /* read at a time: with more of them the reader takes shorter steps */
#define READ_BYTES   ((size_t)2 * 1024 * 1024)

struct summary_job_lift {
	const char *device;
	struct summary_lift lift;
	uint64_t samples;
	bool cut;  /* samples that counted were deleted */
	bool lost; /* of the span itself */
};

/* Whose point it is, and which state or counter. */
struct summary_job_point {
	size_t lift;
	unsigned what;
	int64_t last_ms;
};

/* ---- on the main thread ---- */

/* Those of watched dwellings. An id that would break the list is left out. */
static void copy_residents(const struct live *l, struct str_buf *text)
{
	const struct care *care = engine_care(l->engine);

	for (size_t i = 0; i < care_count(care); i++) {
		const struct home *h = care_home(care, i);

		for (size_t k = 0; k < h->resident_count; k++) {
			const struct resident *r = &h->residents[k];
			char class[32];

			snprintf(class, sizeof(class), SUMMARY_RESIDENT "%x", r->categories);
			if (r->categories && !resident_refuses(r) && !strpbrk(r->id, "\t\n"))
				summary_devices_add(text, &(struct summary_device){ r->id, h->place, class });
		}
	}
}

/* A reload may come while it is computed. */
static char *copy_devices(const struct live *l, const struct summary_span *span)
{
	const struct conf *c = l->conf;
	struct str_buf text = { 0 };

	for (size_t i = 0; i < c->device_count; i++) {
		const struct device *d = &c->devices[i];

		summary_devices_add(&text, &(struct summary_device){ d->id, d->place, d->class->id });
	}
	if (span->period == SUMMARY_DAY)
		copy_residents(l, &text);
	return str_buf_take(&text);
}

struct summary_job *summary_job_new(const struct live *l, const struct summary_span *span)
{
	struct summary_job *j = MEM_NEW(struct summary_job);

	j->span = *span;
	j->state_path = mem_strdup(store_state_path(l->store));
	j->history_path = mem_strdup(store_history_path(l->store));
	j->made_of = copy_devices(l, span);
	return j;
}

struct summary_job *summary_job_plain(const struct live *l, const struct summary_span *span, const struct scope *scope)
{
	struct summary_job *j = summary_job_new(l, span);

	j->plain = true;
	j->part = !scope->whole;
	j->scope = *scope;
	return j;
}

struct summary_job *summary_job_next(const struct summary_job *j, const struct summary_span *span)
{
	struct summary_job *next = MEM_NEW(struct summary_job);

	next->span = *span;
	next->plain = j->plain;
	next->part = j->part;
	next->scope = j->scope;
	next->state_path = mem_strdup(j->state_path);
	next->history_path = mem_strdup(j->history_path);
	next->made_of = mem_strdup(j->made_of);
	return next;
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
	summary_reader_close(j->reader);
	summary_reader_left_fini(&j->left);
	summary_free(j->summary);
	free(j->lifts);
	free(j->devices);
	free(j->texts);
	json_decref(j->rows);
	for (size_t i = 0; i < j->payload_count; i++)
		free(j->payloads[i]);
	free(j->payloads);
	free(j->departed);
	free(j->made_of);
	str_buf_fini(&j->why);
	free(j->state_path);
	free(j->history_path);
	free(j);
}

/* ---- on the reader thread: of what it is ---- */

/* A name that the history does not know costs nothing; which points its profile has now says nothing of what was kept then. */
static void add_point(struct summary_job *j, enum summary_job_pass_kind kind, const char *device, unsigned what)
{
	const char *name = kind == SUMMARY_JOB_STATES ? summary_lift_states[what] : summary_lift_counters[what];
	struct summary_job_pass *p = &j->passes[kind];
	struct str_buf text = { 0 };

	str_buf_printf(&text, "%s.%s", device, name);
	p->names = mem_realloc(p->names, p->count + 1, sizeof(*p->names));
	p->points = mem_realloc(p->points, p->count + 1, sizeof(*p->points));
	p->names[p->count] = str_buf_take(&text);
	p->points[p->count++] = (struct summary_job_point){ j->lift_count - 1, what, INT64_MIN };
}

static void add_lift(struct summary_job *j, const char *device)
{
	struct summary_job_lift *lift;

	j->lifts = mem_realloc(j->lifts, j->lift_count + 1, sizeof(*j->lifts));
	lift = &j->lifts[j->lift_count++];
	*lift = (struct summary_job_lift){ .device = device };
	summary_lift_begin(&lift->lift, j->span.from_us / MS, j->span.to_us / MS);
	for (unsigned i = 0; i < SUMMARY_LIFT_STATES; i++)
		add_point(j, SUMMARY_JOB_STATES, device, i);
	for (unsigned i = 0; i < SUMMARY_LIFT_COUNTERS; i++)
		add_point(j, SUMMARY_JOB_COUNTERS, device, i);
}

/* Takes the list. False: it is damaged. */
static bool take_devices(struct summary_job *j, const char *list)
{
	free(j->texts);
	j->texts = mem_strdup(list);
	return summary_devices_split(j->texts, &j->devices, &j->device_count) == 0;
}

static bool is_wanted(const struct summary_job *j, const struct summary_device *d)
{
	return !j->part || scope_covers(&j->scope, d->place);
}

static void settle_devices(struct summary_job *j)
{
	if (j->left.devices && take_devices(j, j->left.devices)) {
		if (!j->plain) { /* the next one is of those of now again */
			free(j->made_of);
			j->made_of = steal(&j->left.devices);
		}
	} else if (!take_devices(j, j->made_of)) {
		return;
	}
	for (size_t i = 0; i < j->device_count; i++)
		if (str_equal(j->devices[i].class, "lift") && is_wanted(j, &j->devices[i]))
			add_lift(j, j->devices[i].id);
}

/* ---- what state.db has ---- */

static int begin(struct summary_job *j)
{
	struct summary_setup setup = { .span = j->span };
	int r = summary_reader_open(j->state_path, &j->reader, &j->why);

	if (r == 0)
		r = summary_reader_left(j->reader, &j->span, &j->left);
	if (r < 0)
		return r;
	settle_devices(j);
	setup.devices = j->devices;
	setup.device_count = j->device_count;
	setup.scope = j->part ? &j->scope : NULL;
	j->summary = summary_new(&setup);
	summary_reader_begin(j->reader, &j->span);
	return 0;
}

static void read_state(struct summary_job *j)
{
	int r = summary_reader_some(j->reader, j->summary);

	j->error = MIN(r, 0);
	if (r <= 0)
		summary_reader_close(steal(&j->reader));
}

/* ---- what the history has ---- */

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

/* A sample may stand twice in the history; it counts once. Those of before the span do not count: they go sooner. */
static void note_sample(struct summary_job *j, struct summary_job_point *point, int64_t ts_ms)
{
	if (ts_ms >= j->span.from_us / MS && ts_ms != point->last_ms)
		j->lifts[point->lift].samples++;
	point->last_ms = ts_ms;
}

/* 1: there is more. */
static int read_samples(struct summary_job *j, struct summary_job_pass *p, const struct pass_kind *kind)
{
	struct history_reader_sample s;

	for (size_t i = 0; i < STEP_SAMPLES; i++) {
		struct summary_job_point *point;
		int r = history_reader_next(p->reader, &s);

		if (r <= 0)
			return r;
		point = &p->points[p->first + s.point];
		kind->see(&j->lifts[point->lift].lift, point->what, &s);
		note_sample(j, point, s.ts_ms);
	}
	return 1;
}

/* All is read; what was deleted before, or meanwhile, is not in it. */
static int note_trimmed(struct summary_job *j, struct summary_job_pass *p, const struct pass_kind *kind)
{
	int64_t before_ms = INT64_MIN, from_ms = j->span.from_us / MS;
	int r = history_reader_trimmed(p->reader, &before_ms);

	for (size_t i = p->first; r == 0 && i < p->end; i++) {
		struct summary_job_lift *lift = &j->lifts[p->points[i].lift];

		lift->cut = lift->cut || before_ms > from_ms - kind->before_ms;
		lift->lost = lift->lost || before_ms > from_ms;
	}
	return r;
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
	if (r == 0)
		r = note_trimmed(j, p, &pass_kinds[kind]);
	j->partial = j->partial || (r < 0 && r != -ENOENT); /* -ENOENT: nothing was ever kept */
	history_reader_close(steal(&p->reader));
	p->first = p->end;
}

static bool is_left(const struct summary_job_pass *p)
{
	return p->first < p->count;
}

/* ---- what comes of it ---- */

static void add_rule(void *context, const char *rule)
{
	summary_add_rule(context, rule);
}

static void add_lifts(struct summary_job *j)
{
	for (size_t i = 0; i < j->lift_count; i++) {
		struct summary_job_lift *lift = &j->lifts[i];

		summary_lift_end(&lift->lift);
		if (lift->cut)
			summary_cut_lift(j->summary, lift->device);
		if (!lift->lost)
			summary_add_lift(j->summary, lift->device, &lift->lift, lift->samples);
	}
}

/* Who asks for a summary is not told of single people. */
static json_t *without_people(const json_t *rows)
{
	json_t *public = json_array(), *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		const char *scope = json_string_value(json_object_get(row, "scope"));

		if (!str_equal(scope, "resident") && !str_equal(scope, "care"))
			json_array_append(public, row);
	}
	return public;
}

static void finish_plain(struct summary_job *j)
{
	json_t *rows = summary_rows(j->summary);

	j->rows = without_people(rows);
	json_decref(rows);
}

static void finish_leaving(struct summary_job *j)
{
	struct summary_left_known known = { .text = j->left.departed, .gone_us = j->left.gone_us };
	struct summary_left left;
	json_t *rows, *public;

	summary_left_rules(known.text, add_rule, j->summary);
	rows = summary_rows(j->summary);
	public = without_people(rows);
	j->rows = summary_left_show(&j->span, known.text, public);
	json_decref(public);
	summary_left_compare(&j->span, &known, rows, &left);
	json_decref(rows);
	j->payloads = mem_array(json_array_size(left.messages) + 1, sizeof(*j->payloads));
	for (; j->payload_count < json_array_size(left.messages); j->payload_count++)
		j->payloads[j->payload_count] = alarm_json_text(json_array_get(left.messages, j->payload_count));
	j->departed = steal(&left.text);
	summary_left_fini(&left);
}

static void finish(struct summary_job *j)
{
	if (!j->partial)
		add_lifts(j);
	if (j->plain)
		finish_plain(j);
	else
		finish_leaving(j);
}

bool summary_job_step(struct summary_job *j)
{
	if (!j->summary)
		j->error = begin(j);
	else if (j->reader)
		read_state(j);
	else if (is_left(&j->passes[SUMMARY_JOB_STATES]))
		read_pass(j, SUMMARY_JOB_STATES);
	else if (is_left(&j->passes[SUMMARY_JOB_COUNTERS]))
		read_pass(j, SUMMARY_JOB_COUNTERS);
	else
		finish(j);
	return j->error == 0 && !j->rows;
}
