#include "store/state.h"

#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/alarm_mend.h"
#include "store/ledger.h"
#include "store/renewal.h"
#include "store/rescue.h"
#include "store/store_register.h"

#define RESCUE_LIMIT (2 * S) /* then people are told of what happens now, rather than of what was */

static const struct migration steps[] = {
	{ .parts = { alarm_table_schema_1, outbox_schema_1, kept_schema_1, "PRAGMA user_version = 1" } },
	{ .parts = { alarm_table_schema_2, outbox_schema_2, kept_schema_2, clock_table_schema_2,
		     "PRAGMA user_version = 2" } },
	{ .parts = { alarm_table_schema_3, mode_table_schema_3, "PRAGMA user_version = 3" } },
	{ .parts = { alarm_table_schema_4, outbox_schema_4, audit_schema_4, "PRAGMA user_version = 4" } },
	{ .parts = { summary_table_schema_5, "PRAGMA user_version = 5" } },
	{ .parts = { ladder_table_schema_6, "PRAGMA user_version = 6" } },
	{ .parts = { summary_table_schema_7, "PRAGMA user_version = 7" } },
	{ .parts = { visit_table_schema_8, "PRAGMA user_version = 8" } },
	{ .parts = { resident_table_schema_9, "PRAGMA user_version = 9" } },
	{ .parts = { account_table_schema_10, "PRAGMA user_version = 10" } },
	{ .parts = { home_table_schema_11, "PRAGMA user_version = 11" } },
	{ .parts = { resident_table_schema_12, "PRAGMA user_version = 12" } },
};

const struct migration_list state_migrations = { steps, ARRAY_SIZE(steps) };

size_t state_schema(void)
{
	return state_migrations.count;
}

/* ---- open ---- */

static int init_tables(struct state *s)
{
	int r = alarm_table_init(&s->alarms, s->db);

	s->outbox_clock = (struct outbox_clock){ .boot = s->boot, .map = &s->clocks.map };
	if (r == 0)
		r = clock_table_init(&s->clocks, s->db);
	if (r == 0)
		r = outbox_init(&s->outbox, s->db, &s->outbox_clock);
	if (r == 0)
		r = kept_init(&s->kept, s->db);
	if (r == 0)
		r = mode_table_init(&s->modes, s->db);
	if (r == 0)
		r = ladder_table_init(&s->ladders, s->db);
	if (r == 0)
		r = summary_table_init(&s->summaries, s->db);
	if (r == 0)
		r = resident_table_init(&s->residents, s->db);
	if (r == 0)
		r = visit_table_init(&s->visits, s->db);
	if (r == 0)
		r = account_table_init(&s->accounts, s->db);
	if (r == 0)
		r = home_table_init(&s->homes, s->db);
	if (r == 0)
		r = audit_init(&s->audit, s->db, s->boot);
	if (r == 0)
		r = alarm_table_last_id(&s->alarms, &s->transition_id);
	return r;
}

static int open_file(const struct state_setup *setup, struct state **ret_state, struct str_buf *what)
{
	_cleanup_(state_closep) struct state *s = MEM_NEW(struct state);
	struct database_setup database = {
		.path = setup->path,
		.sync = DATABASE_FULL,
		.check = DATABASE_CHECKED,
		.migrations = state_migrations,
	};
	int r;

	s->audit_file.fd = -1;
	r = database_open(&database, &s->db, what);
	if (r < 0)
		return r;
	/* Also pages that become free: who is erased later was in versions and in messages that went long before. */
	database_set_deletion(s->db, DATABASE_DELETES_WIPED);
	s->estate = setup->estate;
	s->limits = setup->limits;
	r = alarm_mend_run(s->db, ALARM_MEND_DAMAGED, &s->mended);
	snprintf(s->boot, sizeof(s->boot), "%s", clock_boot_id());
	if (r == 0)
		r = init_tables(s);
	/* After a failed fsync the pages in memory only look written. Whatever the WAL holds is written anew. */
	if (r == 0)
		r = database_checkpoint_whole(s->db);
	if (r < 0) {
		database_trouble(s->db, what);
		return r;
	}
	*ret_state = steal(&s);
	return 0;
}

/* The file cannot be used: away with it, and on with a new one that has what can be saved, and whose lanes go on counting. */
static int replace_file(const struct state_setup *setup, struct state **ret_state, struct str_buf *what)
{
	_cleanup_str_buf_ struct str_buf name = { 0 }, made = { 0 }, saved = { 0 };
	struct rescue job = { .damaged = setup->path, .marks = setup->marks, .limit_us = RESCUE_LIMIT };
	int r;

	renewal_begin(setup->path, &made);
	job.made = made.text;
	r = rescue_run(&job, &saved);
	if (r < 0) {
		renewal_drop(setup->path);
		str_buf_printf(what, "; a new one cannot be made: %s", strerror(-r));
		return r;
	}
	r = renewal_end(setup->path, clock_wall_us(), &name);
	if (r < 0) {
		str_buf_printf(what, "; it cannot be renamed: %s", strerror(-r));
		return r;
	}
	str_buf_printf(what, "; kept as %s, a new one is begun%s", name.text, str_buf_text(&saved));
	return open_file(setup, ret_state, what);
}

/* A transaction of the store's own. */
static int run_alone(struct state *s, int (*work)(struct state *s))
{
	int r = state_begin(s);

	if (r < 0)
		return r;
	r = work(s);
	if (r >= 0)
		r = state_commit(s);
	if (r < 0)
		state_rollback(s);
	return r;
}

/* audit.head stands beside the file, and its records go on from there. */
static int open_audit(struct state *s, const struct state_setup *setup)
{
	_cleanup_str_buf_ struct str_buf path = { 0 };
	const char *slash = strrchr(setup->path, '/');
	int r;

	if (str_equal(setup->path, DATABASE_MEMORY)) {
		/* Nothing is beside it, and nobody will ever ask what was done there. */
		s->audit_file = (struct audit_head_file){ .fd = -1, .kept = audit_head_none };
		return 0;
	}
	str_buf_add_len(&path, setup->path, slash ? (size_t)(slash - setup->path) + 1 : 0);
	str_buf_add(&path, "audit.head");
	s->audit_path = str_buf_take(&path);
	s->found_n = s->audit.head.n;
	r = audit_head_open(&s->audit_file, s->audit_path);
	if (r < 0)
		log_warning("audit: %s: %s: the head of the audit is not kept beside the database", s->audit_path,
			    strerror(-r));
	r = run_alone(s, ledger_open);
	if (r == 0)
		state_witness(s, clock_mono_us());
	return r;
}

int state_open(const struct state_setup *setup, struct state **ret_state, struct str_buf *what)
{
	_cleanup_(state_closep) struct state *s = NULL;
	int r = setup->mend == STATE_MEND_ANYWAY ? -EUCLEAN : open_file(setup, &s, what);
	bool renewed = false;

	if (r == 0)
		r = open_audit(s, setup);
	if (r == -EUCLEAN && setup->mend != STATE_MEND_NEVER) {
		state_close(steal(&s));
		str_buf_printf(what, "%s: damaged", what->len ? "" : "state.db");
		r = replace_file(setup, &s, what);
		renewed = r == 0;
		if (r == 0) {
			s->rescued = true;
			r = open_audit(s, setup);
		}
	}
	if (r < 0)
		return r;
	*ret_state = steal(&s);
	return renewed;
}

void state_close(struct state *s)
{
	if (!s)
		return;
	alarm_table_fini(&s->alarms);
	outbox_fini(&s->outbox);
	audit_fini(&s->audit);
	audit_head_close(&s->audit_file);
	free(s->audit_path);
	kept_fini(&s->kept);
	mode_table_fini(&s->modes);
	ladder_table_fini(&s->ladders);
	summary_table_fini(&s->summaries);
	resident_table_fini(&s->residents);
	visit_table_fini(&s->visits);
	account_table_fini(&s->accounts);
	home_table_fini(&s->homes);
	clock_table_fini(&s->clocks);
	database_close(s->db);
	free(s);
}

/* ---- one transaction ---- */

int state_begin(struct state *s)
{
	int r = database_begin(s->db);

	if (r == 0) {
		outbox_begin(&s->outbox);
		audit_begin(&s->audit);
		clock_table_begin(&s->clocks);
		s->transition_id_before = s->transition_id;
	}
	return r;
}

int state_commit(struct state *s)
{
	return database_commit(s->db);
}

void state_rollback(struct state *s)
{
	database_rollback(s->db);
	outbox_rollback(&s->outbox);
	audit_rollback(&s->audit);
	clock_table_rollback(&s->clocks);
	s->transition_id = s->transition_id_before;
}

static int apply_messages(struct state *s, struct store_op *op)
{
	for (size_t i = 0; i < op->message_count; i++) {
		const struct store_op_message *m = &op->messages[i];
		struct store_op_report *report;
		uint64_t seq;
		int r = outbox_add(&s->outbox, m, &seq);

		if (r < 0)
			return r;
		report = store_op_report(op, m->uplink, m->lane);
		if (!report->first_seq)
			report->first_seq = seq;
		report->last_seq = seq;
		if (!m->quiet)
			report->loud_seq = seq;
	}
	return 0;
}

static int apply_commit(struct state *s, struct store_op *op)
{
	struct alarm_table_clock clock = { .boot = s->boot, .quality = op->clock };
	struct kept_clock value_clock = { .boot = s->boot, .quality = op->clock };
	int r = 0;

	for (size_t i = 0; r == 0 && i < op->effects.count; i++) {
		r = alarm_table_add(&s->alarms, &op->effects.transitions[i], &clock);
		s->transition_id += alarm_is_told(&op->effects.transitions[i]);
	}
	for (size_t i = 0; r == 0 && i < op->effects.mode_count; i++)
		r = mode_table_put(&s->modes, &op->effects.modes[i], op->now, &clock);
	for (size_t i = 0; r == 0 && i < op->summary_count; i++)
		r = summary_table_put(&s->summaries, &op->summaries[i]);
	for (size_t i = 0; r == 0 && i < op->visit_count; i++)
		r = visit_table_add(&s->visits, &op->visits[i], op->now, &clock);
	for (size_t i = 0; r == 0 && i < op->account_count; i++)
		r = account_table_put(&s->accounts, &op->accounts[i]);
	for (size_t i = 0; r == 0 && i < op->home_count; i++)
		r = home_table_put(&s->homes, &op->homes[i], op->now, &clock);
	if (r == 0)
		r = apply_messages(s, op);
	if (r == 0)
		r = ledger_trim(s, op);
	if (r == 0)
		r = ledger_commit(s, op);
	for (size_t i = 0; r == 0 && i < op->value_count; i++)
		r = kept_put_value(&s->kept, &op->values[i], &value_clock);
	return r;
}

static int apply_delays(struct state *s, struct store_op *op)
{
	_cleanup_(freep) struct evaluator_delay *delays = store_op_delays(op);
	struct kept_delays d = {
		.delays = delays,
		.count = op->delay_count,
		.now = op->now,
		.clock = { .boot = s->boot, .quality = op->clock },
	};

	return kept_put_delays(&s->kept, &d);
}

static int apply_ladders(struct state *s, const struct store_op *op)
{
	struct alarm_table_clock clock = { .boot = s->boot, .quality = op->clock };
	int r = 0;

	for (size_t i = 0; r == 0 && i < op->ladder_count; i++) {
		const struct store_op_ladder *l = &op->ladders[i];

		r = l->run ? ladder_table_put(&s->ladders, l->run, op->now, &clock)
			   : ladder_table_drop(&s->ladders, l->alarm);
	}
	return r;
}

static int apply_delivered(struct state *s, struct store_op *op)
{
	int r = outbox_deliver(&s->outbox, op->uplink, op->lane, op->seq);

	if (r == 0)
		r = ledger_delivered(s, op);
	if (r == 0)
		store_op_report(op, op->uplink, op->lane);
	return r;
}

static int apply_clock(struct state *s, struct store_op *op)
{
	struct clockmap_row row = { .at = op->now, .quality = op->clock, .step_us = op->step_us };
	int r;

	snprintf(row.boot, sizeof(row.boot), "%s", s->boot);
	r = clock_table_add(&s->clocks, &row, op->who);
	if (r == 0 && row.quality != CLOCK_UNSET)
		r = clock_table_set_floor(&s->clocks, row.at.wall_us, s->transition_id);
	if (r == 0)
		r = ledger_clock(s, op);
	return r == 0 ? outbox_mend(&s->outbox, op) : r;
}

static int apply_limits(struct state *s, const struct store_op *op)
{
	s->limits = op->limits;
	s->sweeping = true;
	return 0;
}

int state_apply(struct state *s, struct store_op *op)
{
	store_op_forget(op);
	switch (op->kind) {
	case STORE_OP_COMMIT: return apply_commit(s, op);
	case STORE_OP_REGISTER: return store_register_apply(s, op);
	case STORE_OP_ERASE: return store_register_erased(s, op);
	case STORE_OP_DELAYS: return apply_delays(s, op);
	case STORE_OP_LADDERS: return apply_ladders(s, op);
	case STORE_OP_UPLINK: return outbox_add_uplink(&s->outbox, op->uplink);
	case STORE_OP_DELIVERED: return apply_delivered(s, op);
	case STORE_OP_CLOCK: return apply_clock(s, op);
	case STORE_OP_FLOOR: return clock_table_set_floor(&s->clocks, op->now.wall_us, s->transition_id);
	case STORE_OP_ASIDE: return ledger_aside(s, op);
	case STORE_OP_LIMITS: return apply_limits(s, op);
	case STORE_OP_FETCH:
	case STORE_OP_STORY:
	case STORE_OP_VERSIONS:
	case STORE_OP_AUDIT:
	case STORE_OP_STAGE:
	case STORE_OP_NUDGE:
	case STORE_OP_FAULT: break;
	}
	return 0;
}

static int prove(struct state *s)
{
	return kept_prove(&s->kept, clock_wall_us());
}

int state_prove(struct state *s)
{
	return run_alone(s, prove);
}

/* 1 when more is to be done. */
static int purge(struct state *s)
{
	int r = outbox_purge(&s->outbox);

	return r < 0 ? r : ledger_due(s, clock_mono_us()) ? ledger_sweep(s, clock_now()) : 0;
}

int state_purge(struct state *s)
{
	bool due = outbox_can_purge(&s->outbox) || ledger_due(s, clock_mono_us());
	int r = due ? run_alone(s, purge) : 0;

	if (s->erased && r >= 0 && database_checkpoint_whole(s->db) == 0)
		s->erased = false;
	state_witness(s, clock_mono_us());
	ledger_calm(s, clock_mono_us());
	return r < 0 ? r : outbox_can_purge(&s->outbox) || s->sweeping;
}

void state_witness(struct state *s, int64_t mono_us)
{
	audit_head_put(&s->audit_file, &s->audit.head, mono_us);
}

/* ---- reading, and how far it has come ---- */

int state_fetch(struct state *s, struct store_op *op)
{
	if (op->kind == STORE_OP_STORY)
		return alarm_table_story(&s->alarms, op, &s->clocks.map);
	if (op->kind == STORE_OP_VERSIONS)
		return resident_table_history(&s->residents, op);
	if (op->kind == STORE_OP_AUDIT)
		return audit_read(&s->audit, op);
	return outbox_fetch(&s->outbox, op, s->estate);
}

void state_report(struct state *s, struct store_op *op)
{
	op->heads.head = s->audit.head;
	for (size_t i = 0; s->told_us < s->dropped_us && i < s->outbox.lane_count; i++)
		if (s->outbox.lanes[i].untold) {
			s->outbox.lanes[i].untold = false;
			store_op_report(op, s->outbox.lanes[i].uplink, s->outbox.lanes[i].lane);
		}
	s->told_us = s->dropped_us;
	for (size_t i = 0; i < op->report_count; i++) {
		struct store_op_report *report = &op->reports[i];
		const struct outbox_lane *l = outbox_find(&s->outbox, report->uplink, report->lane);

		if (l)
			outbox_fill(l, &report->now);
	}
}

void state_mark(const struct state *s, struct state_marks *ret_marks)
{
	ret_marks->audit = s->audit.head;
	ret_marks->lane_count = s->outbox.lane_count;
	free(ret_marks->lanes);
	ret_marks->lanes = s->outbox.lane_count
				   ? mem_dup(s->outbox.lanes, s->outbox.lane_count * sizeof(*ret_marks->lanes))
				   : NULL;
}

void state_marks_fini(struct state_marks *m)
{
	free(m->lanes);
}

/* Of the numbers that a file tells of only those count that prove themselves: the record that follows the marks' by its hash, the
 * message behind theirs. (Every transition has a record.) */
bool state_is_past(struct state *s, const struct state_marks *marks)
{
	if (s->found_n > marks->audit.n && audit_follows(&s->audit, &marks->audit))
		return true;
	for (size_t i = 0; i < s->outbox.lane_count; i++) {
		const struct outbox_lane *l = &s->outbox.lanes[i];
		uint64_t known = 0;

		for (size_t j = 0; j < marks->lane_count; j++)
			if (marks->lanes[j].lane == l->lane && str_equal(marks->lanes[j].uplink, l->uplink))
				known = marks->lanes[j].last_seq;
		if (l->last_seq > known && outbox_has_next(&s->outbox, l, known))
			return true;
	}
	return false;
}
