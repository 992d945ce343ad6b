#include "app/visiting.h"

#include <errno.h>
#include <string.h>

#include "app/live.h"
#include "app/staged.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "care/care.h"
#include "store/summary_reader.h"
#include "store/visit_reader.h"
#include "upstream/alarm_json.h"
#include "upstream/response.h"

#define ASKING_MAX 4
#define TOKENS     ((uint64_t)3 << 60) /* others wait for stagings too */

/* The last contact with those of a dwelling. */
struct met {
	int64_t wall_us;
	char place[];
};

struct visiting {
	struct live *live;
	struct staged_desk desk;
	struct map *met; /* by place */
};

struct visiting_job {
	struct staged staged;
	struct api_visits ask;
	char *path, *worker; /* of state.db */
	json_t *rows;
	/* Of a response: what it needs of the configuration, and how far it is. */
	struct response *response;
	struct summary_reader *reader;
	struct summary_device *devices;
	char **texts;
	size_t device_count, text_count;
};

/* ---- on the reader thread ---- */

static bool wants(const void *context, const char *place)
{
	return scope_covers(context, place);
}

static void read_rows(struct visiting_job *j)
{
	struct visit_reader_ask ask = { .path = j->path,
					.worker = j->worker,
					.from_us = j->ask.from_us,
					.to_us = j->ask.to_us,
					.limit = j->ask.limit,
					.wants = wants,
					.context = &j->ask.scope };

	if (j->ask.view == API_VISITS_LIST)
		j->staged.error = visit_reader_list(&ask, j->rows, &j->staged.why);
	else
		j->staged.error = visit_reader_figures(&ask, j->rows, &j->staged.why);
}

static void add_transition(void *context, const struct summary_transition *t)
{
	response_add(context, t);
}

/* The estate's own row is for whoever may see all of it. */
static void finish_response(struct visiting_job *j)
{
	json_t *rows = response_rows(j->response), *row;
	size_t i;

	json_array_foreach(rows, i,
			   row) if (scope_covers(&j->ask.scope, json_string_value(json_object_get(row, "place"))))
		json_array_append(j->rows, row);
	json_decref(rows);
}

static void read_response(struct visiting_job *j)
{
	struct summary_span span = { .from_us = j->ask.from_us, .to_us = j->ask.to_us };
	struct summary_reader_sink sink = { j->response, add_transition };
	bool begins = !j->reader;
	int r = begins ? summary_reader_open(j->path, &j->reader, &j->staged.why) : 0;

	if (r == 0 && begins)
		summary_reader_begin(j->reader, &span);
	if (r == 0)
		r = summary_reader_transitions(j->reader, &sink);
	j->staged.error = MIN(r, 0);
	j->staged.more = r > 0;
	if (r > 0)
		return;
	summary_reader_close(steal(&j->reader));
	if (r == 0)
		finish_response(j);
}

static void job_work(struct staged *s)
{
	struct visiting_job *j = CONTAINER_OF(s, struct visiting_job, staged);

	if (!j->rows)
		j->rows = json_array();
	if (j->ask.view == API_VISITS_RESPONSE)
		read_response(j);
	else
		read_rows(j);
}

/* ---- on the main thread ---- */

static json_t *job_answer(struct staged *s)
{
	return steal(&CONTAINER_OF(s, struct visiting_job, staged)->rows);
}

static void job_free(struct staged *s)
{
	struct visiting_job *j = CONTAINER_OF(s, struct visiting_job, staged);

	json_decref(j->rows);
	summary_reader_close(j->reader);
	response_free(j->response);
	for (size_t i = 0; i < j->text_count; i++)
		free(j->texts[i]);
	free(j->texts);
	free(j->devices);
	free(j->worker);
	free(j->path);
	free(j);
}

static const struct staged_kind kind = {
	.name = "visits answered",
	.max = ASKING_MAX,
	.first_token = TOKENS,
	.work = job_work,
	.answer = job_answer,
	.free = job_free,
};

struct visiting *visiting_new(struct live *l)
{
	struct visiting *v = MEM_NEW(struct visiting);

	v->live = l;
	v->met = map_new();
	staged_open(&v->desk, l, &kind);
	return v;
}

void visiting_free(struct visiting *v)
{
	struct met *m;

	if (!v)
		return;
	staged_close(&v->desk);
	for (size_t position = 0; (m = map_next(v->met, &position));)
		free(m);
	map_free(v->met);
	free(v);
}

static char *own(struct visiting_job *j, const char *text)
{
	j->texts = mem_realloc(j->texts, j->text_count + 1, sizeof(*j->texts));
	return j->texts[j->text_count++] = mem_strdup(text);
}

/* A reload may come while it is read. */
static void prepare_response(struct visiting_job *j, const struct live *l)
{
	struct response_setup setup = { .from_us = j->ask.from_us, .to_us = j->ask.to_us };
	const struct care *care = engine_care(l->engine);

	j->device_count = l->conf->device_count;
	j->devices = mem_array(j->device_count + 1, sizeof(*j->devices));
	for (size_t i = 0; i < j->device_count; i++)
		j->devices[i] = (struct summary_device){ .id = own(j, l->conf->devices[i].id),
							 .place = own(j, l->conf->devices[i].place) };
	setup.devices = j->devices;
	setup.device_count = j->device_count;
	j->response = response_new(&setup);
	for (size_t i = 0; i < care_count(care); i++)
		response_add_home(j->response, care_home(care, i)->place);
}

int visiting_ask(struct visiting *v, const struct api_visits *ask)
{
	struct visiting_job *j;

	if (staged_full(&v->desk))
		return -EBUSY;
	j = MEM_NEW(struct visiting_job);
	j->ask = *ask;
	j->worker = mem_strdup(ask->worker);
	j->path = mem_strdup(store_state_path(v->live->store));
	if (ask->view == API_VISITS_RESPONSE)
		prepare_response(j, v->live);
	staged_begin(&v->desk, &j->staged, ask->pending);
	staged_wait(&j->staged);
	return 0;
}

void visiting_staged(struct visiting *v, uint64_t token)
{
	staged_arrived(&v->desk, token);
}

/* ---- contacts ---- */

void visiting_was(struct visiting *v, const char *place, int64_t wall_us)
{
	struct met *m = map_find(v->met, place);

	if (!m) {
		m = mem_alloc(sizeof(*m) + strlen(place) + 1);
		strcpy(m->place, place);
		m->wall_us = wall_us;
		map_put(v->met, m->place, m);
	}
	m->wall_us = MAX(m->wall_us, wall_us);
}

static void tell(struct visiting *v, const char *place, const struct care_word *w)
{
	struct live *l = v->live;

	if (care_find(engine_care(l->engine), place))
		engine_hear(l->engine, w, clock_now(), &l->effects);
}

void visiting_tell(struct visiting *v)
{
	struct met *m;

	for (size_t position = 0; (m = map_next(v->met, &position));) {
		const struct home *h = care_find(engine_care(v->live->engine), m->place);

		if (!h || h->state.visit.met_us >= m->wall_us)
			continue; /* nobody is watched there, or it is known */
		tell(v, m->place, &(struct care_word){ .place = m->place, .outcome = "visit", .at_us = m->wall_us });
	}
}

static bool place_known(const struct live *l, const char *place)
{
	size_t len = place_first_len(place);

	for (size_t i = 0; i < l->conf->place_count; i++)
		if (strlen(l->conf->places[i].id) == len && strncmp(l->conf->places[i].id, place, len) == 0)
			return place_path_valid(place);
	return false;
}

static void record(struct visiting *v, const struct api_visit *visit)
{
	struct store_visit row = { .place = visit->place,
				   .resident = visit->resident,
				   .kind = visit->kind,
				   .worker = visit->worker,
				   .note = visit->note,
				   .at_us = visit->at_us };
	json_t *detail = json_pack("{s:s, s:s?, s:s?}", "kind", visit->kind, "worker", visit->worker, "resident",
				   visit->resident);
	char iso[CLOCK_ISO_MAX];
	_cleanup_(freep) char *text = NULL;

	if (visit->at_us)
		json_object_set_new(detail, "at", json_string(clock_format_iso(visit->at_us, iso)));
	text = alarm_json_text(detail);
	json_decref(detail);
	outflow_visit(v->live->outflow, &row,
		      &(struct outflow_record){ .audit = &(struct store_audit){ .kind = "visit",
										.who = visit->who,
										.what = visit->place,
										.detail = text },
						.pending = visit->pending });
}

int visiting_record(struct visiting *v, const struct api_visit *visit)
{
	bool phone = str_equal(visit->kind, "phone");

	if (!place_known(v->live, visit->place))
		return -ENOENT;
	log_notice("visit: %s (%s), by %s", visit->place, visit->kind, visit->worker ? visit->worker : visit->who);
	if (!phone)
		visiting_was(v, visit->place, visit->at_us ? visit->at_us : clock_wall_us());
	if (!phone || !visit->at_us)
		tell(v, visit->place,
		     &(struct care_word){
			     .place = visit->place, .outcome = phone ? "phone" : "visit", .at_us = visit->at_us });
	record(v, visit);
	return 0;
}

void visiting_card(struct visiting *v, const char *place, const char *worker)
{
	if (!care_find(engine_care(v->live->engine), place))
		return;
	visiting_was(v, place, clock_wall_us());
	record(v, &(struct api_visit){ .place = place, .kind = "card", .worker = worker, .who = worker });
}

/* ---- who is due ---- */

/* Noon of the day of a moment, in the estate's own time. */
static int64_t noon_of(int64_t wall_us)
{
	struct clock_calendar c;

	clock_calendar(wall_us, &c);
	return wall_us + (12 - c.hour) * HOUR - c.minute * MINUTE - c.second * S;
}

static json_t *day_text(int64_t wall_us)
{
	char iso[CLOCK_ISO_MAX];

	clock_format_iso(wall_us, iso);
	return json_stringn(iso, 10);
}

static json_t *due_row(const struct home *h, int every_days, int64_t now_us)
{
	const struct visit_due *v = &h->state.visit;
	int64_t last_us = v->met_us ? v->met_us : v->since_us ? v->since_us : now_us;
	int64_t due_us = noon_of(MIN(last_us, now_us)) + every_days * DAY;
	int64_t late_us = noon_of(now_us) - due_us;
	char iso[CLOCK_ISO_MAX];

	return json_pack("{s:s, s:i, s:o, s:o, s:I, s:o}", "place", h->place, "every_days", every_days, "last",
			 v->met_us ? json_string(clock_format_iso(v->met_us, iso)) : json_null(), "due",
			 day_text(v->asked_us ? MIN(due_us, v->asked_us) : due_us), "late_days",
			 (json_int_t)MAX(late_us / DAY, (int64_t)0), "asked", json_boolean(v->asked_us != 0));
}

json_t *visiting_due(const struct visiting *v)
{
	const struct care *care = engine_care(v->live->engine);
	json_t *rows = json_array();

	for (size_t i = 0; i < care_count(care); i++) {
		const struct home *h = care_home(care, i);
		int every = visit_every_days(&h->concern, &h->settings);

		if (every > 0 && !h->asleep)
			json_array_append_new(rows, due_row(h, every, clock_wall_us()));
	}
	return rows;
}
