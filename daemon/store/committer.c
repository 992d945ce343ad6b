#include "store/committer.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/complain.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/ballast.h"

#define GROUP_MAX              256 /* operations in one transaction */
#define RESTARTS_MAX           2
#define RESTARTS_WITHIN        (10 * MINUTE)
#define RENEWALS_WITHIN        HOUR
#define RETRY_STANDING         (60 * S)
#define RETRY_SOON             S
#define CHECKPOINT_PAGES       256 /* when idle: 1 MiB */
#define CHECKPOINT_IDLE        (200 * MS)
#define CHECKPOINT_PAGES_HI    2000 /* idle or not */
#define CHECKPOINT_PAGES_TIGHT 128
#define VACUUM_EVERY           MINUTE
#define BALLAST_EVERY          (10 * MINUTE)
#define REFUSED_CALM           MINUTE
#define READS_A_TURN           8

struct store_op_list {
	struct store_op *first, **end;
	size_t count, bytes;
};

struct committer {
	struct committer_setup setup;
	struct state *state;                /* NULL: closed after a failure */
	struct store_op_list writes, reads; /* not answered yet, in order */

	bool faulty;
	int fault_error;
	char *fault_text;
	bool edge_unsent;   /* the main thread has not been told of the last edge */
	int64_t now_us;     /* of the call in work */
	int64_t written_us; /* the last COMMIT */
	int64_t retry_at_us;
	int64_t restarted_us[RESTARTS_MAX]; /* the last ones; 0: none */
	int64_t renewed_us[RESTARTS_MAX];   /* likewise: a damaged file gave way to a new one */
	int64_t damaged_us;                 /* the last time that it was found to be damaged; 0: never */
	enum state_mend mend;               /* at the next opening */
	struct str_buf why;                 /* of the failure in work */
	struct state_marks *marks;          /* how far the file was before the attempt that failed */
	bool marked;                        /* that is known */
	struct store_limits limits;         /* that it had then */
	size_t attempted;                   /* the first writes: those of that attempt */
	struct complaint failing, standing, astray, refusing;
	int64_t refused_at_us;
	int64_t vacuum_at_us, ballast_at_us;
	struct ballast ballast;
	bool tight; /* the disk was full, and the ballast is not back yet */
};

/* ---- lists ---- */

static void list_init(struct store_op_list *l)
{
	*l = (struct store_op_list){ 0 };
	l->end = &l->first;
}

static void list_add(struct store_op_list *l, struct store_op *op)
{
	op->next = NULL;
	*l->end = op;
	l->end = &op->next;
	l->count++;
	l->bytes += op->bytes;
}

static struct store_op *list_take(struct store_op_list *l)
{
	struct store_op *op = l->first;

	if (!op)
		return NULL;
	l->first = op->next;
	if (!l->first)
		l->end = &l->first;
	l->count--;
	l->bytes -= op->bytes;
	op->next = NULL;
	return op;
}

/* ---- answers ---- */

static void answer(struct committer *c, struct store_op *op, int error)
{
	int r;

	op->error = error;
	if (error < 0)
		op->report_count = 0;
	else if (c->state)
		state_report(c->state, op);
	r = queue_push(c->setup.done, &op);
	assert(r == 0); /* as many places as operations under way */
	(void)r;
}

static void answer_writes(struct committer *c, size_t count, int error)
{
	for (size_t i = 0; i < count; i++)
		answer(c, list_take(&c->writes), error);
}

static void send_edge(struct committer *c)
{
	struct store_op *op;

	if (!c->edge_unsent || c->setup.counters->faults_out >= COMMITTER_FAULTS_MAX)
		return;
	op = store_op_new(STORE_OP_FAULT);
	op->text = mem_strdup(c->fault_text ? c->fault_text : "");
	c->setup.counters->faults_out++;
	c->edge_unsent = false;
	answer(c, op, c->faulty ? c->fault_error : 0);
}

/* ---- good and bad ---- */

static void set_faulty(struct committer *c, int error)
{
	complain_as(&c->failing, error == -ENOSPC ? LOGID_DISK_FULL : LOGID_STORE_FAILED,
		    LOG_ABOUT(.file = c->setup.path), "store: %s: what happens now waits in memory",
		    str_buf_text(&c->why));
	if (c->faulty)
		return;
	c->faulty = true;
	c->fault_error = error;
	free(c->fault_text);
	c->fault_text = mem_strdup(str_buf_text(&c->why));
	c->edge_unsent = true;
	send_edge(c);
}

static void set_good(struct committer *c)
{
	complain_resolved_as(&c->failing, LOGID_STORE_BACK, LOG_ABOUT(.file = c->setup.path),
			     "store: the disk works again, what waited is written");
	if (!c->faulty)
		return;
	c->faulty = false;
	free(c->fault_text);
	c->fault_text = NULL;
	c->edge_unsent = true;
	complain_resolved(&c->standing, "store: back from memory");
	send_edge(c);
}

static int64_t *oldest_of(int64_t times_us[RESTARTS_MAX])
{
	int64_t *oldest = times_us;

	for (size_t i = 1; i < RESTARTS_MAX; i++)
		if (times_us[i] < *oldest)
			oldest = &times_us[i];
	return oldest;
}

static bool is_within(const struct committer *c, int64_t time_us, int64_t span_us)
{
	return time_us && c->now_us - time_us < span_us;
}

/* What is done about it when it is opened. */
static void note_damage(struct committer *c)
{
	if (is_within(c, *oldest_of(c->renewed_us), RENEWALS_WITHIN))
		c->mend = STATE_MEND_NEVER;
	else if (is_within(c, c->damaged_us, RESTARTS_WITHIN))
		c->mend = STATE_MEND_ANYWAY;
	else
		c->mend = STATE_MEND_NEEDED;
	c->damaged_us = c->now_us;
}

/* When the next opening is due, and that one more was needed. */
static int64_t note_restart(struct committer *c)
{
	int64_t *oldest = oldest_of(c->restarted_us);

	if (is_within(c, *oldest, RESTARTS_WITHIN)) {
		complain_as(&c->standing, LOGID_STORE_STANDING, LOG_ABOUT(.file = c->setup.path),
			    "store: opening state.db again has not helped: runs on in memory, tries once a "
			    "minute; check the disk and its cable, then restart estated");
		return c->now_us + RETRY_STANDING;
	}
	*oldest = c->now_us;
	return c->now_us; /* at once, on pages read anew */
}

/* After the rollback. attempted: how many writes were in it. */
static void trouble(struct committer *c, int error, size_t attempted)
{
	c->setup.counters->failures++;
	c->attempted = attempted;
	state_mark(c->state, c->marks);
	c->marked = true;
	c->limits = c->state->limits;
	c->tight = c->tight || error == -ENOSPC;
	if (error == -ENOSPC && ballast_release(&c->ballast)) {
		log_event(LOGID_DISK_FULL, LOG_ABOUT(.file = c->setup.path),
			  "store: the disk is full: the room that was held back for alarms is used now; make room");
		c->retry_at_us = c->now_us;
	} else if (error == -ENOSPC || error == -EBUSY || error == -ENOMEM) {
		c->retry_at_us = c->now_us + RETRY_SOON;
	} else {
		/* Never again on the same pages: what an fsync has lost looks written in memory. */
		state_close(steal(&c->state));
		if (error == -EUCLEAN)
			note_damage(c);
		c->retry_at_us = note_restart(c);
	}
	set_faulty(c, error);
}

/* As state_open. A try to renew that fails counts too, or it would be made over and over again; but a full disk is waited for. */
static int open_state(struct committer *c, struct state_setup *setup, struct str_buf *what)
{
	int r = -EUCLEAN;

	setup->mend = STATE_MEND_NEVER;
	if (c->mend != STATE_MEND_ANYWAY)
		r = state_open(setup, &c->state, what);
	if (r != -EUCLEAN || c->mend == STATE_MEND_NEVER)
		return r;
	setup->mend = STATE_MEND_ANYWAY;
	r = state_open(setup, &c->state, what);
	if (r != -ENOSPC)
		*oldest_of(c->renewed_us) = c->now_us;
	return r;
}

static int reopen(struct committer *c)
{
	struct state_setup setup = { .path = c->setup.path,
				     .estate = c->setup.estate,
				     .marks = c->marked ? c->marks : NULL,
				     .limits = c->limits };
	_cleanup_str_buf_ struct str_buf what = { 0 };
	int r = open_state(c, &setup, &what);

	if (r < 0) {
		c->setup.counters->failures++;
		c->retry_at_us = MAX(note_restart(c), c->now_us + RETRY_SOON);
		if (r == -EUCLEAN)
			note_damage(c);
		return r;
	}
	c->mend = STATE_MEND_NEEDED;
	if (r > 0) {
		c->setup.counters->set_aside++;
		log_event(LOGID_STORE_SET_ASIDE, LOG_ABOUT(.file = c->setup.path), "store: %s", what.text);
	}
	/* The COMMIT that failed may have reached the file: then its operations are done, not to be done again. */
	if (state_is_past(c->state, c->marks))
		answer_writes(c, c->attempted, 0);
	c->attempted = 0;
	return 0;
}

/* ---- groups ---- */

static int keep_why(struct committer *c, int error)
{
	str_buf_clear(&c->why);
	database_trouble(c->state->db, &c->why);
	return error;
}

static int apply_first(struct committer *c, size_t count)
{
	struct store_op *op = c->writes.first;
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++, op = op->next)
		r = state_apply(c->state, op);
	return r;
}

/* The first count writes in one transaction. */
static int attempt(struct committer *c, size_t count)
{
	int64_t started_us = clock_mono_us();
	int r = state_begin(c->state);

	if (r < 0)
		return keep_why(c, r);
	r = apply_first(c, count);
	if (r == 0)
		r = state_commit(c->state);
	if (r < 0) {
		keep_why(c, r);
		state_rollback(c->state);
		return r;
	}
	c->written_us = c->now_us;
	state_witness(c->state, c->now_us);
	c->setup.counters->last_commit_us = clock_mono_us() - started_us;
	c->setup.counters->commits++;
	log_debug("store: %zu changes committed in %d ms", count, (int)(c->setup.counters->last_commit_us / MS));
	return 0;
}

/* Not the disk's. */
static bool is_own_fault(int error)
{
	return error == -EINVAL || error == -ERANGE || error == -EUSERS;
}

/* Somebody's mistake: a receiver can repeat it as often as it likes. */
static void note_refused(struct committer *c, const struct store_op *op, int error)
{
	c->refused_at_us = c->now_us;
	if (op->kind == STORE_OP_DELIVERED)
		complain_as(&c->astray, LOGID_UPLINK_ASTRAY, LOG_ABOUT(.uplink = op->uplink),
			    "store: uplink %s says it has delivered up to %" PRIu64 " of lane %s, which was never sent",
			    op->uplink, op->seq, envelope_lane_name(op->lane));
	else
		complain_as(&c->refusing, LOGID_CHANGES_LOST, LOG_ABOUT(.file = c->setup.path),
			    "store: an operation is refused: %s", strerror(-error));
}

static void settle_refused(struct committer *c)
{
	if (c->now_us - c->refused_at_us < REFUSED_CALM)
		return;
	complain_resolved(&c->astray, "store: no uplink confirms what was never sent any more");
	complain_resolved(&c->refusing, "store: no operation is refused any more");
}

/* The first write alone; false when the disk failed. */
static bool settle_first(struct committer *c)
{
	int r = attempt(c, 1);

	if (r < 0 && !is_own_fault(r)) {
		trouble(c, r, 1);
		return false;
	}
	if (r < 0)
		note_refused(c, c->writes.first, r);
	answer_writes(c, 1, r);
	return true;
}

static void run_group(struct committer *c)
{
	size_t count = MIN(c->writes.count, (size_t)GROUP_MAX);
	int r = attempt(c, count);

	if (r < 0 && !is_own_fault(r)) {
		trouble(c, r, count);
		return;
	}
	if (r == 0)
		answer_writes(c, count, 0);
	/* One of them is bad. Each for itself, so that it takes no other with it. */
	for (size_t i = 0; r < 0 && i < count; i++)
		if (!settle_first(c))
			return;
	set_good(c);
}

static void prove(struct committer *c)
{
	int r = state_prove(c->state);

	if (r < 0) {
		keep_why(c, r);
		trouble(c, r, 0);
	} else {
		set_good(c);
	}
}

/* A few a turn: what is to be written does not wait for all that wants to be read. */
static void serve_reads(struct committer *c)
{
	struct store_op *op;

	for (size_t i = 0; i < READS_A_TURN && (op = list_take(&c->reads)); i++) {
		int r = c->state ? state_fetch(c->state, op) : -EIO;

		if (r < 0 && c->state) {
			keep_why(c, r);
			trouble(c, r, 0);
		}
		answer(c, op, r);
	}
}

/* ---- public ---- */

struct committer *committer_new(const struct committer_setup *setup)
{
	struct committer *c = MEM_NEW(struct committer);

	c->setup = *setup;
	c->state = setup->state;
	c->marks = MEM_NEW(struct state_marks);
	ballast_init(&c->ballast, setup->path);
	list_init(&c->writes);
	list_init(&c->reads);
	if (!c->state) {
		str_buf_add(&c->why, setup->why);
		set_faulty(c, setup->error);
	}
	return c;
}

void committer_free(struct committer *c)
{
	struct store_op *op;

	if (!c)
		return;
	answer_writes(c, c->writes.count, -ECANCELED);
	while ((op = list_take(&c->reads)))
		answer(c, op, -ECANCELED);
	state_close(c->state);
	str_buf_fini(&c->why);
	free(c->fault_text);
	state_marks_fini(c->marks);
	ballast_release(&c->ballast); /* a daemon that does not run needs none */
	ballast_fini(&c->ballast);
	free(c->marks);
	free(c);
}

void committer_accept(struct committer *c, struct store_op *op)
{
	if (op->kind == STORE_OP_NUDGE || op->kind == STORE_OP_STAGE)
		answer(c, op, 0);
	else if (!store_op_writes(op))
		list_add(&c->reads, op);
	else if (c->faulty && (c->writes.count >= COMMITTER_KEPT_MAX || c->writes.bytes >= COMMITTER_KEPT_BYTES))
		answer(c, op, c->fault_error);
	else
		list_add(&c->writes, op);
}

void committer_work(struct committer *c, int64_t now_us)
{
	c->now_us = now_us;
	send_edge(c);
	if (c->writes.first || c->faulty) {
		bool due = !c->faulty || now_us >= c->retry_at_us;

		if (due && (c->state || reopen(c) == 0)) {
			if (c->writes.first)
				run_group(c);
			else
				prove(c);
		}
	}
	serve_reads(c);
	/* On a disk that is full the WAL is written round and round rather than on and on. */
	if (c->state && c->state->db->wal_pages >= (c->tight ? CHECKPOINT_PAGES_TIGHT : CHECKPOINT_PAGES_HI))
		database_checkpoint(c->state->db);
}

void committer_hurry(struct committer *c)
{
	c->retry_at_us = 0;
}

void committer_upkeep(struct committer *c, int64_t now_us)
{
	int r;

	c->now_us = now_us;
	settle_refused(c);
	if (!c->state || c->faulty)
		return;
	r = state_purge(c->state);
	/* Not right behind a commit: the next one of a burst would wait for it. */
	if (r == 0 && c->state->db->wal_pages >= CHECKPOINT_PAGES && now_us >= c->written_us + CHECKPOINT_IDLE)
		r = database_checkpoint(c->state->db);
	if (now_us >= c->ballast_at_us) {
		c->ballast_at_us = now_us + BALLAST_EVERY;
		if (ballast_take(&c->ballast) == 0) /* no room for it: later */
			c->tight = false;
	}
	if (r == 0 && now_us >= c->vacuum_at_us) {
		c->vacuum_at_us = now_us + VACUUM_EVERY;
		r = database_vacuum(c->state->db);
	}
	if (r < 0 && r != -EBUSY) {
		keep_why(c, r);
		trouble(c, r, 0);
	}
}

int64_t committer_due(const struct committer *c)
{
	if (c->faulty)
		return c->retry_at_us;
	if (c->writes.first || c->reads.first ||
	    (c->state && (outbox_can_purge(&c->state->outbox) || c->state->sweeping)))
		return 0;
	return INT64_MAX;
}

bool committer_idle(const struct committer *c)
{
	return !c->writes.first && !c->reads.first;
}
