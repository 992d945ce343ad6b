#include "store/store_inside.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/history_mend.h"
#include "store/retention.h"
#include "store/statedir.h"

#define CLOSE_WITHIN (10 * S)

/* ---- open ---- */

/* Rule 15: the one text that has no store to live in yet; store_open is called before any thread is there. */
static char open_text[1024];

static int say(int error, const char *dir, const char *what)
{
	snprintf(open_text, sizeof(open_text), "state directory %s: %s", dir, what);
	return error;
}

static int lock_dir(struct store *s, const char *dir)
{
	_cleanup_str_buf_ struct str_buf why = { 0 };
	int r = statedir_lock(dir, &s->lock_fd, &why);

	return r < 0 ? say(r, dir, why.text) : 0;
}

static char *path_in(const char *dir, const char *name)
{
	struct str_buf path = { 0 };

	str_buf_printf(&path, "%s/%s", dir, name);
	return str_buf_take(&path);
}

/* What was kept, as it lies on this boot's clock: how far that is to be trusted depends on what was kept. */
static int read_state(struct store *s)
{
	struct clockmap_stamp now = { .boot = s->state->boot, .at = clock_now() };
	struct clock_sync sync;
	int r = clock_table_floor(&s->state->clocks, &s->floor_us);

	if (r < 0)
		return r;
	clock_sync_read(&sync);
	s->clock = now.quality = clock_judge(&sync, now.at.wall_us, s->floor_us);
	return restore_new(s->state, &now, &s->restore);
}

static int try_state(struct store *s, enum state_mend mend, struct str_buf *what)
{
	struct state_setup setup = { .path = s->state_path, .estate = s->estate, .mend = mend };
	int r = state_open(&setup, &s->state, what);

	if (r > 0) {
		s->counters.set_aside++;
		log_event(LOGID_STORE_SET_ASIDE, LOG_ABOUT(.file = s->state_path), "store: %s", what->text);
	}
	if (r >= 0 && s->state->mended) {
		s->counters.set_aside++;
		log_event(
			LOGID_ALARMS_UNREAD, LOG_ABOUT(.file = s->state_path),
			"store: %zu open alarms in state.db are damaged: they are told again as they were last known; "
			"check the disk",
			s->state->mended);
	}
	if (r >= 0)
		r = read_state(s);
	if (r < 0)
		state_close(steal(&s->state));
	return r;
}

/* The disk, and not a person who can put it right before the daemon starts. */
static bool is_of_disk(const struct store *s, int error)
{
	struct statvfs v;

	if (error == -EIO || error == -EROFS || error == -ENOSPC || error == -EUCLEAN)
		return true;
	return error != -EPROTO && statvfs(s->state_path, &v) == 0 && v.f_flag & ST_RDONLY;
}

/* What was kept is lost until the disk is well again; what happens from now on is told to people all the same. */
static void go_on_in_memory(struct store *s, const char *dir, int error)
{
	struct clock_sync sync;

	clock_sync_read(&sync);
	s->clock = clock_judge(&sync, clock_wall_us(), 0);
	s->unread = error;
	if (open_text[0] == '\0')
		say(0, dir, "state.db cannot be read");
	snprintf(s->unread_text, sizeof(s->unread_text), "%s", open_text);
	log_event(LOGID_STORE_FAILED, LOG_ABOUT(.file = s->state_path),
		  "store: %s: runs on in memory, without what was kept: make the disk work, then restart estated",
		  open_text);
}

static int open_state(struct store *s, const char *dir)
{
	_cleanup_str_buf_ struct str_buf what = { 0 };
	int r = try_state(s, STATE_MEND_NEEDED, &what);

	/* Its pages hang together, but what stands on them cannot be read. */
	if (r == -EUCLEAN)
		r = try_state(s, STATE_MEND_ANYWAY, &what);
	if (what.len)
		say(0, dir, what.text);
	if (r < 0 && is_of_disk(s, r)) {
		go_on_in_memory(s, dir, r);
		return 0;
	}
	if (r < 0 && what.len == 0)
		say(r, dir, "state.db cannot be read");
	return r;
}

/* Without a history alarms are still alarms; only a newer schema is for a person to decide. */
static int open_history(struct store *s, const char *dir)
{
	_cleanup_str_buf_ struct str_buf what = { 0 };
	int r = history_mend_open(s->history_path, HISTORY_MEND_NEEDED, &s->history, &what);

	if (r == -EPROTO)
		return say(r, dir, what.text);
	s->counters.set_aside += r > 0;
	if (what.len)
		log_event(r < 0 ? LOGID_SAMPLES_DROPPED : LOGID_STORE_SET_ASIDE, LOG_ABOUT(.file = s->history_path),
			  "store: %s", what.text);
	return 0;
}

static int start_writer(struct store *s)
{
	struct writer_setup setup = {
		.committer = { .path = s->state_path,
			       .estate = s->estate,
			       .counters = &s->counters,
			       .error = s->unread,
			       .why = s->unread_text },
		.recorder = { .path = s->history_path, .counters = &s->counters },
	};

	s->ops = setup.ops = queue_new(sizeof(struct store_op *), STORE_OPS_MAX);
	s->done = setup.committer.done = queue_new(sizeof(struct store_op *), STORE_OPS_MAX + COMMITTER_FAULTS_MAX);
	s->samples = setup.recorder.samples = queue_new(sizeof(struct recorder_item), STORE_SAMPLES_MAX);
	for (size_t i = 0; s->state && i < s->state->clocks.map.count; i++)
		store_submit_back(s, s->state->clocks.map.rows[i].at.wall_us, s->state->clocks.map.rows[i].step_us);
	setup.committer.state = steal(&s->state);
	setup.recorder.history = steal(&s->history);
	return writer_start(&setup, &s->writer);
}

static void free_store(struct store *s)
{
	restore_free(s->restore);
	state_close(s->state);
	history_close(s->history);
	history_names_free(s->names);
	queue_free(s->ops);
	queue_free(s->done);
	queue_free(s->samples);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	free(s->state_path);
	free(s->history_path);
	free(s->estate);
	free(s->fault);
	store_view_fini(s);
	free(s);
}

static int open_all(struct store *s, const struct store_setup *setup)
{
	int r = lock_dir(s, setup->dir);

	if (r < 0)
		return r;
	s->state_path = path_in(setup->dir, "state.db");
	s->history_path = path_in(setup->dir, "history.db");
	s->estate = mem_strdup(setup->estate);
	r = open_state(s, setup->dir);
	if (r == 0)
		r = open_history(s, setup->dir);
	if (r < 0)
		return r;
	if (s->state)
		store_view_fill(s);
	log_info("store: %s: SQLite %s, %zu outbox lanes", setup->dir, sqlite3_libversion(), s->view_count);
	r = start_writer(s);
	return r < 0 ? say(r, setup->dir, "the store thread cannot be started") : 0;
}

int store_open(const struct store_setup *setup, struct store **ret_store, const char **ret_text)
{
	struct store *s = MEM_NEW(struct store);
	struct store_op *erasure;
	int r;

	s->lock_fd = -1;
	open_text[0] = '\0';
	r = open_all(s, setup);
	if (ret_text)
		*ret_text = open_text[0] ? open_text : NULL;
	if (r < 0) {
		free_store(s);
		return r;
	}
	erasure = s->restore ? restore_erasure(s->restore) : NULL;
	if (erasure)
		store_submit_op(s, erasure);
	*ret_store = s;
	return 0;
}

int store_restore(struct store *s, const struct store_kept *kept)
{
	if (!s->restore)
		return s->unread ? 0 : -EALREADY;
	restore_play(s->restore, kept);
	restore_free(steal(&s->restore));
	return 0;
}

/* ---- close ---- */

static void forget_answers(struct store *s)
{
	struct store_op *op;

	store_op_free(steal(&s->answer));
	while ((op = store_next_op(s)))
		store_op_free(op);
}

void store_close(struct store *s)
{
	int64_t deadline_us = clock_mono_us() + CLOSE_WITHIN;

	if (!s)
		return;
	queue_close(s->ops);
	while (!queue_closed(s->done) && clock_poll(queue_fd(s->done), POLLIN, deadline_us) > 0)
		forget_answers(s);
	if (!queue_closed(s->done)) {
		/* The disk does not answer. The process ends, and with it the thread; what it uses must stay. */
		log_event(LOGID_CHANGES_LOST, NULL,
			  "store: not closed within 10 s: what was not committed by then is lost");
		return;
	}
	forget_answers(s);
	writer_join(s->writer);
	free_store(s);
}

/* ---- names, answers ---- */

static const char *class_of(const struct device *d)
{
	return d && d->class ? d->class->id : "";
}

static const char *prefix_of(const struct device *d)
{
	return d && device_is_home(d) ? KEEPING_HOME : "";
}

/* Points of a device stand together: their class is written once. */
static bool class_again(const struct point_table *t, size_t i)
{
	const struct device *d = t->points[i].device, *before = i > 0 ? t->points[i - 1].device : NULL;

	return i > 0 && str_equal(class_of(d), class_of(before)) && str_equal(prefix_of(d), prefix_of(before));
}

static size_t class_len(const struct device *d)
{
	return strlen(prefix_of(d)) + strlen(class_of(d)) + 1;
}

static size_t names_len(const struct point_table *t)
{
	size_t len = 0;

	for (size_t i = 0; i < t->count; i++)
		len += strlen(t->points[i].name) + 1 + (class_again(t, i) ? 0 : class_len(t->points[i].device));
	return len;
}

int store_name_points(struct store *s, const struct point_table *t)
{
	struct history_names *names = MEM_NEW(struct history_names);
	char *at = names->text = mem_array(names_len(t) + 1, 1);

	names->names = mem_array(t->count + 1, sizeof(*names->names));
	names->classes = mem_array(t->count + 1, sizeof(*names->classes));
	names->count = t->count;
	for (size_t i = 0; i < t->count; i++) {
		names->names[i] = at;
		at = stpcpy(at, t->points[i].name) + 1;
		names->classes[i] = class_again(t, i) ? names->classes[i - 1] : at;
		if (!class_again(t, i))
			at = stpcpy(stpcpy(at, prefix_of(t->points[i].device)), class_of(t->points[i].device)) + 1;
	}
	history_names_free(s->names);
	s->names = names;
	return 0;
}

int store_keep_history(struct store *s, const struct keeping *k)
{
	struct recorder_item item = { .plan = retention_plan_new(k) };
	int r = queue_push(s->samples, &item);

	if (r < 0)
		free(item.plan);
	return r;
}

const char *store_state_path(const struct store *s)
{
	return s->state_path;
}

const char *store_history_path(const struct store *s)
{
	return s->history_path;
}

int store_fd(const struct store *s)
{
	return queue_fd(s->done);
}

void store_done_fini(struct store_done *d)
{
	for (size_t i = 0; i < d->message_count; i++)
		free(d->messages[i]);
	free(d->messages);
	free(d->text);
	*d = (struct store_done){ 0 };
}

/* ---- show ---- */

int64_t store_floor_us(const struct store *s)
{
	return s->floor_us;
}

void store_status(struct store *s, struct status_store *ret_status)
{
	*ret_status = (struct status_store){
		.ok = !s->fault,
		.fault = s->fault ? s->fault : "",
		.commits = s->counters.commits,
		.failures = s->counters.failures,
		.history_rows = s->counters.history_rows,
		.history_dropped = s->counters.history_dropped,
		.history_ok = !s->counters.history_faulty,
		.set_aside = s->counters.set_aside,
		.last_commit_us = s->counters.last_commit_us,
		.free_bytes = s->counters.free_bytes,
		.queued = s->under_way,
		.audit_n = s->audit_head.n,
		.audit_hash = s->audit_head.hash,
	};
}

size_t store_outbox(struct store *s, struct status_outbox *rows, size_t max)
{
	size_t count = MIN(max, s->view_count);

	for (size_t i = 0; i < count; i++) {
		const struct store_view *v = s->views[i];

		rows[i] = (struct status_outbox){
			.uplink = v->uplink,
			.lane = envelope_lane_name(v->lane),
			.pending = v->now.pending,
			.bytes = v->now.bytes,
			.delivered = v->now.delivered,
			.refused = v->refused,
			.oldest_us = v->now.oldest_us,
			.last_seq = v->now.last_seq,
		};
	}
	return count;
}

struct audit_head store_audit_head(const struct store *s)
{
	return s->audit_head;
}

uint64_t store_turns(const struct store *s)
{
	return s->counters.turns;
}
