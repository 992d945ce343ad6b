#include "app/reload.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/live.h"
#include "app/offload.h"
#include "app/preflight.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/difference.h"

#define OLD_MAX 32 /* configurations that plugins on their way out still refer to */

/* One request; belongs to the reader thread from submit to done. */
struct job {
	struct reload *reload;
	enum api_config_act act;
	struct api_pending *pending;
	char *who;
	int64_t confirm_us; /* 0: at once for good */
	struct conf *conf;  /* NULL: it has errors */
	struct diag diag;
};

struct reload {
	struct live *live;
	bool busy;
	struct conf *fallback; /* goes back in when it is not confirmed; NULL: nothing to confirm */
	int64_t confirm_by_us; /* monotonic */
	struct conf *old[OLD_MAX];
	size_t old_count;
};

struct reload *reload_new(struct live *l)
{
	struct reload *r = MEM_NEW(struct reload);

	r->live = l;
	return r;
}

void reload_free(struct reload *r)
{
	if (!r)
		return;
	conf_free(r->fallback);
	for (size_t i = 0; i < r->old_count; i++)
		conf_free(r->old[i]);
	free(r);
}

/* ---- the swap ---- */

static int swap_engine(struct live *l, struct conf *to)
{
	struct engine *engine;
	int r = engine_new(to, &l->engine_calls, &engine);

	if (r < 0)
		return r;
	engine_carry(engine, l->engine);
	engine_free(l->engine);
	l->engine = engine;
	return store_name_points(l->store, engine_points(engine));
}

/* The configuration in force becomes `to`; the one before is handed back, still referred to by what is on its way out. */
static int swap(struct live *l, struct conf *to, struct conf **ret_before)
{
	struct conf *before = l->conf;
	struct watch *watch;
	int r;

	live_settle(l);
	r = swap_engine(l, to);
	if (r < 0)
		return r;
	l->conf = to;
	l->delay_version = UINT64_MAX; /* the new engine counts anew */
	watch = watch_new(l);
	watch_carry(watch, l->watch);
	watch_free(l->watch);
	l->watch = watch;
	outflow_rebind(l->outflow);
	links_swap(l->links, before);
	engine_evaluate(l->engine, clock_now(), &l->effects);
	live_settle(l);
	*ret_before = before;
	return 0;
}

static void retire(struct reload *r, struct conf *c)
{
	assert(r->old_count < OLD_MAX); /* reload_request keeps room for two */
	r->old[r->old_count++] = c;
}

/* Nobody on the way out: nobody refers to what was before. */
static void free_old(struct reload *r)
{
	if (links_leaving(r->live->links) > 0)
		return;
	for (size_t i = 0; i < r->old_count; i++)
		conf_free(r->old[i]);
	r->old_count = 0;
}

/* ---- what is said of it ---- */

static json_t *change_list(const struct difference *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->count; i++)
		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:s}", "change", difference_kind_name(d->rows[i].kind),
						"group", d->rows[i].group, "id", d->rows[i].id));
	return list;
}

static json_t *problem_list(const struct diag *d)
{
	json_t *list = json_array();
	char *text = NULL, *rest = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	if (!to)
		abort();
	diag_print(d, to);
	fclose(to);
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		json_array_append_new(list, json_string(line));
	free(text);
	return list;
}

static void answer(struct job *j, int status, json_t *body)
{
	if (j->pending)
		api_finish_json(j->pending, status, body);
	else
		json_decref(body);
}

static void answer_errors(struct job *j)
{
	char text[160];

	snprintf(text, sizeof(text), "%zu errors: the configuration in force stays as it was", j->diag.errors);
	log_warning("reload by %s: %s; see estated --check", j->who, text);
	answer(j, 422,
	       json_pack("{s:{s:i, s:s}, s:o}", "error", "status", 422, "text", text, "problems",
			 problem_list(&j->diag)));
}

static json_t *changed_answer(struct job *j, const struct difference *d)
{
	return json_pack("{s:o, s:o}", "changes", change_list(d), "problems", problem_list(&j->diag));
}

static void log_changes(const struct job *j, const struct difference *d)
{
	log_notice("configuration reloaded by %s: %zu changes", j->who, d->count);
	for (size_t i = 0; i < MIN(d->count, (size_t)20); i++)
		log_info("configuration: %s: %s %s", d->rows[i].group, d->rows[i].id,
			 difference_kind_name(d->rows[i].kind));
}

/* ---- requests ---- */

static void read_job(void *context)
{
	struct job *j = context;
	const struct live_setup *setup = j->reload->live->setup;

	conf_load(setup->conf_path, setup->data_dir, &j->diag, &j->conf);
	if (!j->conf)
		return;
	preflight_check(j->conf, setup->plugin_dir, &j->diag);
	if (diag_failed(&j->diag))
		conf_free(steal(&j->conf));
}

static void job_free(struct job *j)
{
	conf_free(j->conf);
	diag_fini(&j->diag);
	free(j->who);
	free(j);
}

static void note_restart_keys(const struct conf *from, const struct conf *to)
{
	if (!str_equal(from->estate.timezone, to->estate.timezone))
		log_warning("configuration: the time zone changes with the next start of estated");
}

static void apply(struct job *j)
{
	struct reload *r = j->reload;
	struct live *l = r->live;
	struct difference d;
	struct conf *before = NULL;
	json_t *body;
	int error;

	difference_find(l->conf, j->conf, &d);
	note_restart_keys(l->conf, j->conf);
	log_changes(j, &d);
	body = changed_answer(j, &d);
	difference_fini(&d); /* its texts belong to both */
	error = swap(l, j->conf, &before);
	if (error < 0) {
		log_error("reload: %s: the configuration in force stays as it was", strerror(-error));
		json_decref(body);
		answer(j, 500, json_pack("{s:{s:i, s:s}}", "error", "status", 500, "text", strerror(-error)));
		return;
	}
	j->conf = NULL;
	if (j->confirm_us && !r->fallback)
		r->fallback = before;
	else
		retire(r, before);
	if (j->confirm_us)
		r->confirm_by_us = clock_mono_us() + j->confirm_us;
	else if (r->fallback)
		retire(r, steal(&r->fallback)); /* for good: nothing is left to confirm */
	free_old(r);
	answer(j, 200, body);
}

static void job_done(void *context)
{
	struct job *j = context;
	struct live_turn turn = live_begin(j->reload->live, "reload");
	struct difference d;

	j->reload->busy = false;
	if (!j->conf) {
		answer_errors(j);
	} else if (j->act == API_CONFIG_DIFF) {
		difference_find(j->reload->live->conf, j->conf, &d);
		answer(j, 200, changed_answer(j, &d));
		difference_fini(&d);
	} else if (!j->reload->live->stopping) {
		apply(j);
	} else {
		answer(j, 503, json_pack("{s:{s:i, s:s}}", "error", "status", 503, "text", "estated is stopping"));
	}
	live_end(&turn);
	job_free(j);
}

static int confirm(struct reload *r, const struct api_config_request *request)
{
	if (!r->fallback)
		return -EALREADY;
	log_notice("configuration confirmed by %s", request->who);
	retire(r, steal(&r->fallback));
	if (request->pending)
		api_finish_json(request->pending, 200, json_pack("{s:b}", "confirmed", 1));
	return 0;
}

int reload_request(struct reload *r, const struct api_config_request *request)
{
	struct job *j;
	int error;

	if (request->act == API_CONFIG_CONFIRM)
		return confirm(r, request);
	if (r->busy || r->old_count + 2 >= OLD_MAX)
		return -EBUSY;
	j = MEM_NEW(struct job);
	*j = (struct job){ .reload = r,
			   .act = request->act,
			   .pending = request->pending,
			   .who = mem_strdup(request->who),
			   .confirm_us = request->confirm_us };
	error = offload_submit(r->live->offload,
			       &(struct offload_job){ .work = read_job, .done = job_done, .context = j });
	if (error < 0) {
		job_free(j);
		return error;
	}
	r->busy = true;
	return 0;
}

void reload_tick(struct reload *r, int64_t now_us)
{
	struct conf *before = NULL;

	if (r->live->stopping)
		return;
	if (r->fallback && now_us >= r->confirm_by_us) {
		log_warning("configuration: not confirmed in time: the one before is in force again; "
			    "the files still say the new one");
		if (swap(r->live, r->fallback, &before) == 0) {
			r->fallback = NULL;
			retire(r, before);
		}
	}
	free_old(r);
}
