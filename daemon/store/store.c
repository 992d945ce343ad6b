#include "store/store.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/complain.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/restore.h"
#include "store/statedir.h"
#include "store/writer.h"

#define OPS_MAX         2048 /* under way: queued, in work, answered but not taken */
#define BYTES_MAX       ((size_t)8 * 1024 * 1024)
#define SAMPLES_MAX     8192
#define NUDGE_AFTER     (SAMPLES_MAX / 4) /* samples; without a nudge the store thread looks once a second */
#define FETCH_MAX       1000
#define FETCH_BYTES_MAX ((size_t)1024 * 1024)
#define CLOSE_WITHIN    (10 * S)

/* A row of store_outbox, as of the last answer taken. */
struct store_view {
	char uplink[STORE_OP_UPLINK_MAX];
	enum envelope_lane lane;
	struct store_op_lane now;
	uint64_t refused;
};

struct store {
	int lock_fd; /* one process a directory */
	char *state_path, *history_path, *estate;
	struct queue *ops, *done, *samples;
	struct store_counters counters;
	struct complaint samples_full;
	struct writer *writer;
	struct restore *restore;     /* until it was played */
	struct state *state;         /* until the thread has it */
	struct history *history;     /* likewise */
	size_t under_way, bytes;     /* operations handed over and not yet taken back */
	struct store_op *answer;     /* the one being unpacked */
	size_t unpacked;             /* completions made of it */
	char *fault;                 /* NULL: none */
	struct history_names *names; /* not handed over yet */
	int64_t floor_us;            /* of the clock, at open */
	enum clock_quality clock;    /* now */
	unsigned since_nudge;
	struct store_view views[OUTBOX_LANES_MAX];
	size_t view_count;
};

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

static int open_state(struct store *s, const char *dir)
{
	struct state_setup setup = { .path = s->state_path, .estate = s->estate };
	_cleanup_str_buf_ struct str_buf what = { 0 };
	int r = state_open(&setup, &s->state, &what);

	if (what.len)
		say(0, dir, what.text);
	if (r < 0)
		return r;
	if (what.len)
		log_event(LOGID_STORE_SET_ASIDE, LOG_ABOUT(.file = s->state_path), "store: %s", what.text);
	r = read_state(s);
	return r < 0 ? say(r, dir, "state.db cannot be read") : 0;
}

/* Without a history alarms are still alarms; only a newer schema is for a person to decide. */
static int open_history(struct store *s, const char *dir)
{
	_cleanup_str_buf_ struct str_buf what = { 0 };
	int r = recorder_open(s->history_path, &s->history, &what);

	if (r == -EPROTO)
		return say(r, dir, what.text);
	if (what.len)
		log_event(r < 0 ? LOGID_SAMPLES_DROPPED : LOGID_STORE_SET_ASIDE, LOG_ABOUT(.file = s->history_path),
			  "store: %s", what.text);
	return 0;
}

static struct store_view *get_view(struct store *s, const char *uplink, enum envelope_lane lane)
{
	struct store_view *v;

	for (size_t i = 0; i < s->view_count; i++)
		if (s->views[i].lane == lane && str_equal(s->views[i].uplink, uplink))
			return &s->views[i];
	if (s->view_count == OUTBOX_LANES_MAX || strlen(uplink) >= STORE_OP_UPLINK_MAX)
		return NULL;
	v = &s->views[s->view_count++];
	*v = (struct store_view){ .lane = lane };
	memcpy(v->uplink, uplink, strlen(uplink) + 1);
	return v;
}

static void fill_views(struct store *s)
{
	for (size_t i = 0; i < s->state->outbox.lane_count; i++) {
		const struct outbox_lane *l = &s->state->outbox.lanes[i];
		struct store_view *v = get_view(s, l->uplink, l->lane);

		if (v)
			outbox_fill(l, &v->now);
	}
}

static int start_writer(struct store *s)
{
	struct writer_setup setup = {
		.committer = { .path = s->state_path, .estate = s->estate, .counters = &s->counters },
		.recorder = { .path = s->history_path, .counters = &s->counters },
	};

	s->ops = setup.ops = queue_new(sizeof(struct store_op *), OPS_MAX);
	s->done = setup.committer.done = queue_new(sizeof(struct store_op *), OPS_MAX + COMMITTER_FAULTS_MAX);
	s->samples = setup.recorder.samples = queue_new(sizeof(struct recorder_item), SAMPLES_MAX);
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
	fill_views(s);
	log_info("store: %s: SQLite %s, %zu outbox lanes", setup->dir, sqlite3_libversion(), s->view_count);
	r = start_writer(s);
	return r < 0 ? say(r, setup->dir, "the store thread cannot be started") : 0;
}

int store_open(const struct store_setup *setup, struct store **ret_store, const char **ret_text)
{
	struct store *s = MEM_NEW(struct store);
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
	*ret_store = s;
	return 0;
}

int store_restore(struct store *s, const struct store_kept *kept)
{
	if (!s->restore)
		return -EALREADY;
	restore_play(s->restore, kept);
	restore_free(steal(&s->restore));
	return 0;
}

/* ---- close ---- */

static struct store_op *take_answer(struct store *s)
{
	struct store_op *op;

	if (!queue_pop(s->done, &op))
		return NULL;
	if (op->kind == STORE_OP_FAULT) {
		s->counters.faults_out--;
	} else {
		s->under_way--;
		s->bytes -= op->bytes;
	}
	return op;
}

static void forget_answers(struct store *s)
{
	struct store_op *op;

	store_op_free(steal(&s->answer));
	while ((op = take_answer(s)))
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

/* ---- hand over ---- */

/* Takes op. */
static int submit(struct store *s, struct store_op *op)
{
	int r = -ENOSPC;

	if (s->under_way < OPS_MAX && (s->bytes + op->bytes <= BYTES_MAX || s->under_way == 0))
		r = queue_push(s->ops, &op);
	if (r < 0) {
		store_op_free(op);
		return r;
	}
	s->under_way++;
	s->bytes += op->bytes;
	return 0;
}

int store_submit(struct store *s, const struct store_commit *c)
{
	struct store_op *op;
	int r = store_op_new_commit(c, &op);

	if (r < 0)
		return r;
	r = submit(s, op);
	for (size_t i = 0; r < 0 && i < c->message_count; i++) {
		struct store_view *v = get_view(s, c->messages[i].uplink, c->messages[i].lane);

		if (v)
			v->refused++;
	}
	return r;
}

int store_submit_delays(struct store *s, const struct evaluator_delay *delays, size_t count, struct clock_now now)
{
	struct store_op *op = store_op_new_delays(delays, count, now);

	op->clock = s->clock;
	return submit(s, op);
}

int store_submit_clock(struct store *s, const struct store_clock *row)
{
	s->clock = row->quality;
	return submit(s, store_op_new_clock(row));
}

int store_submit_floor(struct store *s, int64_t wall_us)
{
	struct store_op *op = store_op_new(STORE_OP_FLOOR);

	op->now.wall_us = wall_us;
	return submit(s, op);
}

int64_t store_floor_us(const struct store *s)
{
	return s->floor_us;
}

int store_submit_uplink(struct store *s, const char *instance)
{
	struct store_op *op;
	int r = store_op_new_lane(STORE_OP_UPLINK, instance, ENVELOPE_ALARM, &op);

	return r < 0 ? r : submit(s, op);
}

int store_submit_delivered(struct store *s, const char *uplink, enum envelope_lane lane, uint64_t up_to_seq)
{
	struct store_op *op;
	int r = store_op_new_lane(STORE_OP_DELIVERED, uplink, lane, &op);

	if (r < 0)
		return r;
	op->seq = up_to_seq;
	return submit(s, op);
}

int store_submit_fetch(struct store *s, const struct store_fetch *f)
{
	struct store_op *op;
	int r = store_op_new_lane(STORE_OP_FETCH, f->uplink, f->lane, &op);

	if (r < 0)
		return r;
	op->seq = f->after_seq;
	op->max_messages = MIN(f->max_messages, (size_t)FETCH_MAX);
	op->max_bytes = MIN(f->max_bytes, FETCH_BYTES_MAX);
	op->bytes += op->max_bytes; /* the room that its answer may take */
	return submit(s, op);
}

int store_submit_story(struct store *s, const char *alarm, size_t max, uint64_t token)
{
	return submit(s, store_op_new_story(alarm, max, token));
}

/* ---- history ---- */

int store_name_points(struct store *s, const struct point_table *t)
{
	struct history_names *names = MEM_NEW(struct history_names);
	size_t len = 0;
	char *at;

	for (size_t i = 0; i < t->count; i++)
		len += strlen(t->points[i].name) + 1;
	names->names = mem_array(t->count + 1, sizeof(*names->names));
	names->count = t->count;
	at = names->text = mem_array(len + 1, 1);
	for (size_t i = 0; i < t->count; i++) {
		names->names[i] = at;
		at = stpcpy(at, t->points[i].name) + 1;
	}
	history_names_free(s->names);
	s->names = names;
	return 0;
}

/* The names go the samples' own way: no sample can be read with other names than those it was written with. */
static int push_names(struct store *s)
{
	struct recorder_item item = { .names = s->names };
	int r = s->names ? queue_push(s->samples, &item) : 0;

	if (r == 0)
		s->names = NULL;
	return r;
}

static struct history_sample sample_of(const struct reading *r)
{
	struct history_sample sample = {
		.ts_ms = r->at.wall_us / MS,
		.point = r->point,
		.type = (uint8_t)r->value.type,
		.quality = (uint8_t)r->quality,
		.test = r->test,
	};

	if (r->value.type == VALUE_NUMBER)
		sample.number = r->value.number;
	else if (r->value.type == VALUE_BOOL)
		sample.number = r->value.boolean;
	else if (r->value.type != VALUE_NONE)
		sample.text = mem_strdup(r->value.text);
	return sample;
}

int store_submit_history(struct store *s, const struct reading *r)
{
	struct recorder_item item = { 0 };
	int error = push_names(s);

	if (error == 0) {
		item.sample = sample_of(r);
		error = queue_push(s->samples, &item);
	}
	if (error < 0) {
		history_sample_fini(&item.sample);
		s->counters.history_dropped++;
		complain_as(&s->samples_full, LOGID_SAMPLES_DROPPED, LOG_ABOUT(.file = s->history_path),
			    "store: the queue of samples is full: they are dropped until the disk keeps up");
		return error;
	}
	if ((s->samples_full.open || s->samples_full.said_open) &&
	    queue_len(s->samples) < queue_capacity(s->samples) / 2)
		complain_resolved_as(&s->samples_full, LOGID_SAMPLES_KEPT, LOG_ABOUT(.file = s->history_path),
				     "store: all samples are kept again");
	if (++s->since_nudge >= NUDGE_AFTER) {
		s->since_nudge = 0;
		submit(s, store_op_new(STORE_OP_NUDGE)); /* a full queue wakes it too */
	}
	return 0;
}

/* ---- take back ---- */

int store_fd(const struct store *s)
{
	return queue_fd(s->done);
}

static void keep_fault(struct store *s, const struct store_op *op)
{
	free(s->fault);
	s->fault = op->error < 0 ? mem_strdup(op->text) : NULL;
}

/* What the store itself remembers of an answer. */
static void note_answer(struct store *s, const struct store_op *op)
{
	if (op->kind == STORE_OP_FAULT)
		keep_fault(s, op);
	for (size_t i = 0; i < op->report_count; i++) {
		struct store_view *v = get_view(s, op->reports[i].uplink, op->reports[i].lane);

		if (v)
			v->now = op->reports[i].now;
	}
}

/* The completion that speaks of the operation itself; false where there is none. */
static bool make_own(struct store_op *op, struct store_done *ret_done)
{
	*ret_done = (struct store_done){ .error = op->error, .lane = op->lane };
	memcpy(ret_done->uplink, op->uplink, sizeof(op->uplink));
	switch (op->kind) {
	case STORE_OP_COMMIT:
		ret_done->kind = STORE_COMMITTED;
		ret_done->token = op->token;
		return op->token != 0;
	case STORE_OP_FETCH:
	case STORE_OP_STORY:
		ret_done->kind = op->kind == STORE_OP_FETCH ? STORE_BATCH : STORE_STORY;
		ret_done->token = op->token;
		ret_done->messages = steal(&op->batch);
		ret_done->message_count = op->batch_count;
		ret_done->first_seq = op->batch_first;
		ret_done->last_seq = op->batch_last;
		op->batch_count = 0;
		return true;
	case STORE_OP_FAULT:
		ret_done->kind = STORE_FAULT;
		ret_done->text = steal(&op->text);
		return true;
	case STORE_OP_DELAYS:
	case STORE_OP_UPLINK:
	case STORE_OP_DELIVERED:
	case STORE_OP_CLOCK:
	case STORE_OP_FLOOR:
	case STORE_OP_NUDGE: break;
	}
	return false;
}

static bool make_queued(const struct store_op_report *report, struct store_done *ret_done)
{
	*ret_done = (struct store_done){
		.kind = STORE_QUEUED,
		.lane = report->lane,
		.first_seq = report->first_seq,
		.last_seq = report->last_seq,
	};
	memcpy(ret_done->uplink, report->uplink, sizeof(report->uplink));
	return report->first_seq != 0;
}

bool store_next(struct store *s, struct store_done *ret_done)
{
	for (;;) {
		if (!s->answer) {
			s->answer = take_answer(s);
			s->unpacked = 0;
			if (!s->answer)
				return false;
			note_answer(s, s->answer);
		}
		while (s->unpacked <= s->answer->report_count) {
			size_t step = s->unpacked++;

			if (step == 0 ? make_own(s->answer, ret_done)
				      : make_queued(&s->answer->reports[step - 1], ret_done))
				return true;
		}
		store_op_free(steal(&s->answer));
	}
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

void store_status(struct store *s, struct status_store *ret_status)
{
	*ret_status = (struct status_store){
		.ok = !s->fault,
		.fault = s->fault ? s->fault : "",
		.commits = s->counters.commits,
		.failures = s->counters.failures,
		.history_rows = s->counters.history_rows,
		.history_dropped = s->counters.history_dropped,
		.last_commit_us = s->counters.last_commit_us,
		.queued = s->under_way,
	};
}

size_t store_outbox(struct store *s, struct status_outbox *rows, size_t max)
{
	size_t count = MIN(max, s->view_count);

	for (size_t i = 0; i < count; i++) {
		const struct store_view *v = &s->views[i];

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

uint64_t store_turns(const struct store *s)
{
	return s->counters.turns;
}
