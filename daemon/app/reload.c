#include "app/reload.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "api/rows.h"
#include "app/candidate.h"
#include "app/live.h"
#include "app/notify.h"
#include "app/offload.h"
#include "app/retired.h"
#include "app/standing.h"
#include "app/swap.h"
#include "base/log.h"
#include "base/mem.h"

struct job;

/* What a job does on the reader thread, and on the main thread after it. */
struct act {
	const char *name; /* for the log; NULL: it changes nothing */
	void (*work)(struct job *j);
	void (*done)(struct job *j);
};

/* One job; belongs to the reader thread from submit to done. */
struct job {
	struct reload *reload;
	const struct act *act;
	bool worked; /* estated ends: its work was left out */
	struct api_pending *pending;
	char *who;
	int64_t confirm_us;         /* 0: at once for good */
	struct candidate candidate; /* of a return: the fallback */
	struct swap *swap;
	struct keeper_record record; /* to be kept */
	int error;
};

struct reload {
	struct live *live;
	bool busy;
	bool again;            /* a signal came meanwhile */
	struct conf *fallback; /* goes back in when it is not confirmed; NULL: nothing to confirm */
	int64_t confirm_by_us; /* monotonic */
	struct retired *retired;
	struct standing standing;
};

static const char *state_dir(const struct reload *r)
{
	return r->live->setup->state_dir;
}

struct reload *reload_new(struct live *l)
{
	struct reload *r = MEM_NEW(struct reload);

	r->live = l;
	r->retired = retired_new(l);
	return r;
}

void reload_free(struct reload *r)
{
	if (!r)
		return;
	conf_free(r->fallback);
	retired_free(r->retired);
	standing_fini(&r->standing);
	free(r);
}

/* ---- beginning and end ---- */

static int64_t left_us(const struct reload *r)
{
	return r->confirm_by_us - clock_mono_us();
}

static void tell_watch(struct reload *r)
{
	watch_config(r->live->watch, r->standing.record.state == KEEPER_HELD ? WATCH_DOWN : WATCH_UP);
}

void reload_begin(struct reload *r, struct startconf *s)
{
	r->fallback = steal(&s->fallback);
	if (s->record.state == KEEPER_TRIAL)
		r->confirm_by_us = clock_mono_us() + keeper_left_us(&s->record, clock_mono_us());
	standing_begin(&r->standing, state_dir(r), s);
	tell_watch(r);
}

void reload_end(struct reload *r)
{
	standing_end(&r->standing, left_us(r));
}

/* ---- what is said of it ---- */

static void answer(struct job *j, int status, json_t *body)
{
	if (j->pending)
		api_finish_json(steal(&j->pending), status, body);
	else
		json_decref(body);
}

#define REMEMBERED 50 /* changes that the record tells of one by one */

/* Another configuration counts from now on: for good. */
static void remember(const struct job *j, const char *what)
{
	json_t *detail = json_object(), *list;
	size_t count = json_array_size(j->candidate.changes);

	if (count) {
		list = json_array();
		for (size_t i = 0; i < MIN(count, (size_t)REMEMBERED); i++)
			json_array_append(list, json_array_get(j->candidate.changes, i));
		json_object_set_new(detail, "count", json_integer((json_int_t)count));
		json_object_set_new(detail, "changes", list);
	}
	trail_record(j->reload->live,
		     &(struct trail_entry){ .kind = "config", .who = j->who, .what = what, .detail = detail });
}

static void answer_error(struct job *j, int status, const char *text)
{
	if (j->act->name)
		log_event(LOGID_RELOAD_REFUSED, LOG_ABOUT(.who = j->who), "%s by %s: %s", j->act->name, j->who, text);
	answer(j, status,
	       json_pack("{s:{s:i, s:s}, s:o}", "error", "status", status, "text", text, "problems",
			 candidate_problems(&j->candidate)));
}

/* False: it has errors, and they are answered. */
static bool is_good(struct job *j)
{
	char text[200];

	if (!j->worked || j->reload->live->stopping) {
		answer_error(j, 503, "estated is stopping: the files are read with its next start");
		return false;
	}
	if (j->candidate.conf)
		return true;
	snprintf(text, sizeof(text), "%zu error%s: the configuration in force stays as it was",
		 j->candidate.diag.errors, j->candidate.diag.errors == 1 ? "" : "s");
	answer_error(j, 422, text);
	return false;
}

void reload_status(const struct reload *r, struct status_config *ret_status)
{
	standing_status(&r->standing, left_us(r), ret_status);
}

static json_t *changes_answer(struct job *j)
{
	struct status_config status;

	reload_status(j->reload, &status);
	return json_pack("{s:o, s:o, s:o, s:o, s:s?}", "changes", steal(&j->candidate.changes), "keys",
			 steal(&j->candidate.keys), "problems", candidate_problems(&j->candidate), "config",
			 rows_config(&status), "file", j->candidate.file);
}

static void log_changes(const struct job *j)
{
	const json_t *row;
	size_t i;

	json_array_foreach(j->candidate.changes, i, row)
	{
		if (i == 20)
			break;
		log_info("configuration: %s: %s %s", json_string_value(json_object_get(row, "group")),
			 json_string_value(json_object_get(row, "id")),
			 json_string_value(json_object_get(row, "change")));
	}
}

/* ---- on the reader thread ---- */

/* The configuration in force stays the same one while a job is under way. */
static bool read_files(struct job *j)
{
	const struct live *l = j->reload->live;

	candidate_read(&j->candidate, &(struct candidate_source){ .conf_path = l->setup->conf_path,
								  .data_dir = l->setup->data_dir,
								  .plugin_dir = l->setup->plugin_dir });
	if (j->candidate.conf)
		candidate_compare(&j->candidate, l->conf);
	return j->candidate.conf;
}

static void diff_work(struct job *j)
{
	read_files(j);
}

/* The new one counts; what cannot be kept is tried again later. */
static void keep_for_good(struct job *j)
{
	const char *dir = state_dir(j->reload);

	j->error = keeper_put_copy(dir, KEEPER_RUNNING, &j->candidate.copy);
	if (j->error == 0)
		j->error = keeper_write(dir, &j->record);
	if (j->error == 0)
		keeper_drop_copy(dir, KEEPER_NEW);
	else
		diag_warning(&j->candidate.diag, (struct diag_at){ dir, 0 },
			     "cannot be written (%s): after a restart an older configuration may be in force",
			     strerror(-j->error));
}

/* Before it is in force: what ends us must find the way back. */
static void keep_trial(struct job *j)
{
	const char *dir = state_dir(j->reload);

	j->error = keeper_put_copy(dir, KEEPER_NEW, &j->candidate.copy);
	if (j->error == 0)
		j->error = keeper_write(dir, &j->record);
}

static void reload_work(struct job *j)
{
	if (!read_files(j))
		return;
	j->error = swap_prepare(j->reload->live, j->candidate.conf, &j->swap);
	if (j->error < 0)
		return;
	if (j->record.state == KEEPER_TRIAL)
		keep_trial(j);
	else
		keep_for_good(j);
}

static void return_work(struct job *j)
{
	j->error = swap_prepare(j->reload->live, j->candidate.conf, &j->swap);
	if (j->error == 0)
		j->error = keeper_write(state_dir(j->reload), &j->record);
	if (j->error == 0)
		keeper_drop_copy(state_dir(j->reload), KEEPER_NEW);
}

static void confirm_work(struct job *j)
{
	j->error = keeper_confirm(state_dir(j->reload));
}

static void save_work(struct job *j)
{
	if (j->candidate.copy.len)
		j->error = keeper_put_copy(state_dir(j->reload), KEEPER_RUNNING, &j->candidate.copy);
	if (j->error == 0)
		j->error = keeper_write(state_dir(j->reload), &j->record);
}

/* ---- on the main thread, after it ---- */

static void diff_done(struct job *j)
{
	if (is_good(j))
		answer(j, 200, changes_answer(j));
}

/* Puts the job's configuration in force; returns the one before. */
static struct conf *take(struct job *j)
{
	struct reload *r = j->reload;
	int64_t began_us = clock_mono_us();
	struct conf *before = swap_apply(r->live, j->swap);

	j->candidate.conf = NULL;
	retired_drop_swap(r->retired, steal(&j->swap));
	r->standing.record = j->record;
	log_debug("configuration: swapped within %d ms of the loop", (int)((clock_mono_us() - began_us) / MS));
	return before;
}

static void note_restart_keys(const struct conf *from, const struct conf *to)
{
	if (!str_equal(from->estate.timezone, to->estate.timezone))
		log_warning("configuration: the time zone changes with the next start of estated");
}

static void take_for_good(struct job *j)
{
	struct reload *r = j->reload;

	retired_add(r->retired, take(j));
	retired_add(r->retired, steal(&r->fallback)); /* nothing is left to confirm */
	standing_take(&r->standing, &j->candidate.copy, j->error);
}

static void take_on_trial(struct job *j)
{
	struct reload *r = j->reload;
	struct conf *before = take(j);

	if (r->fallback)
		retired_add(r->retired, before); /* what was confirmed last returns */
	else
		r->fallback = before;
	r->confirm_by_us = clock_mono_us() + j->confirm_us;
	standing_note(&r->standing, 0);
}

static void reload_done(struct job *j)
{
	struct reload *r = j->reload;
	char text[200];

	if (!is_good(j)) {
		/* On its way out: what was written down for it does not count. */
		if (j->candidate.conf && j->worked && j->record.state == KEEPER_TRIAL)
			keeper_write(state_dir(r), &r->standing.record);
		return;
	}
	if (!j->swap || (j->error < 0 && j->record.state == KEEPER_TRIAL)) {
		snprintf(text, sizeof(text), "%s (%s): the configuration in force stays as it was",
			 j->swap ? "what is needed to return cannot be kept in the state directory"
				 : "it cannot be made ready",
			 strerror(-j->error));
		answer_error(j, 503, text);
		return;
	}
	note_restart_keys(r->live->conf, j->candidate.conf);
	log_event(LOGID_RELOADED, LOG_ABOUT(.who = j->who), "configuration reloaded by %s: %zu %s", j->who,
		  json_array_size(j->candidate.changes),
		  str_plural(json_array_size(j->candidate.changes), "change", "changes"));
	log_changes(j);
	remember(j, "reload");
	if (j->record.state == KEEPER_TRIAL)
		take_on_trial(j);
	else
		take_for_good(j);
	tell_watch(r);
	retired_sweep(r->retired);
	answer(j, 200, changes_answer(j));
}

static void return_done(struct job *j)
{
	struct reload *r = j->reload;

	if (!j->swap || r->live->stopping) {
		r->fallback = steal(&j->candidate.conf); /* another try, or the next start */
		return;
	}
	log_event(LOGID_RELOAD_RETURNED, NULL,
		  "configuration: not confirmed in time: the one before is in force again; "
		  "the files still say the new one");
	remember(j, "return");
	retired_add(r->retired, take(j));
	standing_note(&r->standing, j->error);
	tell_watch(r);
	retired_sweep(r->retired);
}

static void confirm_done(struct job *j)
{
	struct reload *r = j->reload;

	if (!j->worked || j->error < 0) {
		answer_error(
			j, 503,
			j->worked ? "it cannot be written to the state directory that it is confirmed: check the disk"
				  : "estated is stopping");
		return;
	}
	log_event(LOGID_RELOAD_CONFIRMED, LOG_ABOUT(.who = j->who), "configuration confirmed by %s", j->who);
	remember(j, "confirm");
	retired_add(r->retired, steal(&r->fallback));
	r->standing.record = j->record;
	r->standing.since_us = clock_wall_us();
	standing_note(&r->standing, 0);
	retired_sweep(r->retired);
	answer(j, 200, json_pack("{s:b}", "confirmed", 1));
}

static void save_done(struct job *j)
{
	struct reload *r = j->reload;

	if (!j->worked)
		return;
	if (j->error == 0)
		str_buf_fini(&r->standing.unsaved);
	standing_note(&r->standing, j->error);
}

static const struct act act_diff = { NULL, diff_work, diff_done };
static const struct act act_reload = { "reload", reload_work, reload_done };
static const struct act act_return = { "return", return_work, return_done };
static const struct act act_confirm = { "confirmation", confirm_work, confirm_done };
static const struct act act_save = { "save", save_work, save_done };

/* ---- jobs ---- */

static void job_free(struct job *j)
{
	swap_free(j->swap);
	candidate_fini(&j->candidate);
	free(j->who);
	free(j);
}

static void job_work(void *context)
{
	struct job *j = context;

	j->act->work(j);
	j->worked = true;
}

static void job_done(void *context)
{
	struct job *j = context;
	struct reload *r = j->reload;
	struct live_turn turn = live_begin(r->live, "reload");

	r->busy = false;
	j->act->done(j);
	if (j->act == &act_reload)
		notify_reloaded();
	job_free(j);
	if (r->again && !r->live->stopping) {
		r->again = false;
		reload_request(r, &(struct api_config_request){ .act = API_CONFIG_RELOAD, .who = "SIGHUP" });
	}
	live_end(&turn);
}

static int submit(struct reload *r, const struct job *pattern, const char *who)
{
	struct job *j = mem_dup(pattern, sizeof(*pattern));
	int error;

	j->reload = r;
	j->who = mem_strdup(who);
	error = offload_submit(r->live->offload,
			       &(struct offload_job){ .work = job_work, .done = job_done, .context = j });
	if (error < 0) {
		j->candidate.conf = NULL; /* the caller's */
		job_free(j);
		return error;
	}
	r->busy = true;
	if (j->act == &act_reload)
		notify_reloading();
	return 0;
}

static struct keeper_record trial_record(int64_t confirm_us)
{
	struct keeper_record record = { .state = KEEPER_TRIAL };

	keeper_stamp(&record, confirm_us);
	return record;
}

int reload_request(struct reload *r, const struct api_config_request *request)
{
	struct job j = { .act = &act_reload, .pending = request->pending, .confirm_us = request->confirm_us };

	if (r->busy) {
		r->again = r->again || !request->pending; /* nobody would say it again */
		return request->pending ? -EBUSY : 0;
	}
	switch (request->act) {
	case API_CONFIG_CONFIRM:
		if (!r->fallback)
			return -EALREADY;
		j.act = &act_confirm;
		break;
	case API_CONFIG_DIFF: j.act = &act_diff; break;
	case API_CONFIG_RELOAD:
		if (retired_full(r->retired))
			return -EBUSY;
		if (j.confirm_us && r->standing.dirty)
			return -EIO;
		if (j.confirm_us)
			j.record = trial_record(j.confirm_us);
		break;
	}
	return submit(r, &j, request->who);
}

/* Time is over. */
static void go_back(struct reload *r, int64_t now_us)
{
	struct job j = { .act = &act_return,
			 .candidate = { .conf = r->fallback },
			 .record = { .state = KEEPER_HELD, .cause = KEEPER_UNCONFIRMED } };

	if (submit(r, &j, "time") == 0)
		r->fallback = NULL; /* the job's */
	else
		r->confirm_by_us = now_us + S;
}

static void save(struct reload *r)
{
	struct job j = { .act = &act_save };

	standing_draft(&r->standing, left_us(r), &j.record, &j.candidate.copy);
	submit(r, &j, "time");
}

void reload_tick(struct reload *r, int64_t now_us)
{
	if (r->live->stopping)
		return;
	links_leaving(r->live->links);
	retired_sweep(r->retired);
	if (r->busy)
		return;
	if (r->fallback && now_us >= r->confirm_by_us)
		go_back(r, now_us);
	else if (standing_due(&r->standing, now_us))
		save(r);
}
