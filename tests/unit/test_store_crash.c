/* kill -9 at random moments: nothing that was reported committed is lost, no seq is skipped or given twice. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/statedir.h"
#include "store_unit.h"

#define ROUNDS     60
#define REPORTS    50 /* at most so many are read before the kill */
#define LATER      (3 * MS)
#define IN_FLIGHT  16
#define ASSETS     7
#define TOKENS_MAX 200000
#define LANES      3

static const struct {
	const char *uplink;
	enum envelope_lane lane;
} lanes[LANES] = { { "cloud", ENVELOPE_ALARM }, { "cloud", ENVELOPE_DATA }, { "city", ENVELOPE_ALARM } };

/* What the child tells through its pipe; small enough for a write to be whole. */
struct report {
	enum { COMMITTED, QUEUED, ASKED_DELIVERED } what;
	unsigned lane;
	uint64_t token, seq; /* QUEUED: token's row in that lane */
};

/* ---- the child: hands over, takes back, tells ---- */

static void tell(int fd, struct report r)
{
	if (write(fd, &r, sizeof(r)) != sizeof(r))
		_exit(3);
}

static void child_submit(struct store *s, uint64_t token)
{
	char payload[64], asset[32], note[32];
	struct store_message m[LANES];
	struct alarm_transition t;
	struct store_commit c = {
		.transitions = &t, .transition_count = 1, .messages = m, .message_count = LANES, .token = token
	};

	snprintf(payload, sizeof(payload), "{\"token\":%" PRIu64 "}", token);
	for (size_t i = 0; i < LANES; i++)
		m[i] = (struct store_message){ .uplink = lanes[i].uplink,
					       .lane = lanes[i].lane,
					       .kind = "alarm",
					       .payload = payload,
					       .time_us = clock_wall_us() };
	snprintf(asset, sizeof(asset), "s-%" PRIu64, token % ASSETS);
	snprintf(note, sizeof(note), "%" PRIu64, token);
	store_unit_transition("sos", asset, ALARM_UNACKED, &t);
	t.alarm.count = (uint32_t)token;
	free(t.note);
	t.note = mem_strdup(note);
	if (store_submit(s, &c) < 0)
		_exit(4);
	alarm_transition_fini(&t);
}

static unsigned lane_number(const struct store_done *d)
{
	for (unsigned i = 0; i < LANES; i++)
		if (lanes[i].lane == d->lane && str_equal(lanes[i].uplink, d->uplink))
			return i;
	_exit(5);
}

static void child_take(struct store *s, int fd, uint64_t *in_flight)
{
	struct store_done d;
	uint64_t token = 0;

	while (store_next(s, &d)) {
		if (d.error < 0)
			_exit(6);
		if (d.kind == STORE_COMMITTED) {
			token = d.token;
			(*in_flight)--;
			tell(fd, (struct report){ .what = COMMITTED, .token = token });
		} else if (d.kind == STORE_QUEUED) {
			tell(fd, (struct report){
					 .what = QUEUED, .lane = lane_number(&d), .token = token, .seq = d.last_seq });
			/* The receiver of the first lane has caught up, now and then. */
			if (lane_number(&d) == 0 && d.last_seq % 10 == 0) {
				tell(fd, (struct report){ .what = ASKED_DELIVERED, .seq = d.last_seq });
				store_submit_delivered(s, lanes[0].uplink, lanes[0].lane, d.last_seq);
			}
		}
		store_done_fini(&d);
	}
}

static void child_main(const char *dir, int fd, uint64_t token)
{
	struct store *s = NULL;
	uint64_t in_flight = 0;

	log_set_level(LOG_LEVEL_ERROR);
	if (store_open(&(struct store_setup){ .dir = dir, .estate = "demo" }, &s, NULL) < 0)
		_exit(2);
	for (;;) {
		while (in_flight < IN_FLIGHT) {
			child_submit(s, token++);
			in_flight++;
		}
		clock_poll(store_fd(s), POLLIN, clock_mono_us() + S);
		child_take(s, fd, &in_flight);
	}
}

/* ---- the parent: kills, and keeps the books ---- */

struct books {
	bool committed[TOKENS_MAX];
	uint64_t token_of[LANES][TOKENS_MAX]; /* by seq; 0: not seen yet */
	uint64_t last_seq[LANES], asked_delivered, reports, highest_token;
	uint32_t count_of[ASSETS]; /* the last committed token of each */
};

static void note_seq(struct books *b, unsigned lane, uint64_t seq, uint64_t token)
{
	assert_in_range(seq, 1, TOKENS_MAX - 1);
	if (b->token_of[lane][seq])
		assert_int_equal(b->token_of[lane][seq], token); /* else it was given twice */
	b->token_of[lane][seq] = token;
	b->last_seq[lane] = MAX(b->last_seq[lane], seq);
	b->highest_token = MAX(b->highest_token, token);
}

static void note_report(struct books *b, const struct report *r)
{
	b->reports++;
	switch (r->what) {
	case COMMITTED:
		assert_in_range(r->token, 1, TOKENS_MAX - 1);
		assert_false(b->committed[r->token]);
		b->committed[r->token] = true;
		b->highest_token = MAX(b->highest_token, r->token);
		b->count_of[r->token % ASSETS] = (uint32_t)r->token;
		break;
	case QUEUED: note_seq(b, r->lane, r->seq, r->token); break;
	case ASKED_DELIVERED: b->asked_delivered = MAX(b->asked_delivered, r->seq); break;
	}
}

static void run_and_kill(struct books *b, const char *dir, uint64_t token)
{
	uint64_t until = b->reports + (uint64_t)(rand() % REPORTS);
	int fds[2], status;
	struct report r;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(fds[0]);
		child_main(dir, fds[1], token);
		_exit(1);
	}
	close(fds[1]);
	while (b->reports < until && read(fds[0], &r, sizeof(r)) == sizeof(r))
		note_report(b, &r);
	clock_poll(-1, 0, clock_mono_us() + rand() % LATER);
	kill(pid, SIGKILL);
	while (read(fds[0], &r, sizeof(r)) == sizeof(r))
		note_report(b, &r);
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status)); /* it did not end by itself */
}

static void check_row(struct books *b, unsigned lane, const char *envelope)
{
	json_t *json = json_loads(envelope, 0, NULL);

	assert_non_null(json);
	note_seq(b, lane, (uint64_t)json_integer_value(json_object_get(json, "seq")),
		 (uint64_t)json_integer_value(json_object_get(json, "token")));
	json_decref(json);
}

/* Every row behind the delivered ones is there, in order, and is what it was said to be. */
static void check_lane(struct books *b, struct store *s, unsigned lane)
{
	struct store_fetch f = {
		.uplink = lanes[lane].uplink, .lane = lanes[lane].lane, .max_messages = 500, .max_bytes = 1 << 20
	};
	struct status_outbox row = store_unit_row(s, lanes[lane].uplink, lanes[lane].lane);
	struct store_done batch;

	assert_in_range(row.last_seq, b->last_seq[lane], TOKENS_MAX);
	assert_in_range(row.delivered, 0, lane == 0 ? b->asked_delivered : 0);
	f.after_seq = row.delivered;
	do {
		store_unit_fetch(s, &f, &batch);
		assert_int_equal(batch.error, 0);
		for (size_t i = 0; i < batch.message_count; i++)
			check_row(b, lane, batch.messages[i]);
		if (batch.message_count) {
			assert_int_equal(batch.first_seq, f.after_seq + 1);
			assert_int_equal(batch.last_seq, f.after_seq + batch.message_count);
		}
		f.after_seq = batch.last_seq;
		store_done_fini(&batch);
	} while (f.after_seq < row.last_seq);
	for (uint64_t seq = 1; seq <= row.last_seq; seq++)
		if (seq > row.delivered)
			assert_true(b->token_of[lane][seq] != 0);
}

static void check_alarm(void *context, const struct alarm *a)
{
	struct books *b = context;
	uint32_t asset = (uint32_t)(a->asset[2] - '0');

	assert_in_range(a->count, b->count_of[asset], UINT32_MAX);
	b->count_of[asset] = 0; /* seen */
}

/* Every record follows the one before it, and audit.head was never ahead of the file. */
static void check_audit(const char *dir)
{
	sqlite3_stmt *rows = store_unit_select(dir, "state.db", "SELECT n, record, hash FROM audit ORDER BY n");
	struct audit_head at = audit_head_none;

	while (sqlite3_step(rows) == SQLITE_ROW) {
		const char *record = (const char *)sqlite3_column_text(rows, 1);

		assert_int_equal(sqlite3_column_int64(rows, 0), at.n + 1);
		assert_null(strstr(record, "\"what\":\"lost\""));
		assert_null(strstr(record, "\"what\":\"replaced\""));
		assert_null(strstr(record, "\"what\":\"unwitnessed\""));
		audit_head_chain(&at, record, at.hash);
		assert_string_equal(sqlite3_column_text(rows, 2), at.hash);
		at.n++;
	}
	assert_true(at.n > 0);
	store_unit_selected(rows);
}

static void check_store(struct books *b, const char *dir)
{
	struct store_kept kept = { .context = b, .alarm = check_alarm };
	struct store *s = store_unit_open(dir);

	assert_int_equal(store_restore(s, &kept), 0);
	for (size_t i = 0; i < ASSETS; i++)
		assert_int_equal(b->count_of[i], 0); /* else an alarm that was committed is gone */
	for (unsigned lane = 0; lane < LANES; lane++)
		check_lane(b, s, lane);
	store_close(s);
	check_audit(dir);
	assert_int_equal(store_unit_ask(dir, "state.db", "SELECT count(*) FROM transition"),
			 store_unit_ask(dir, "state.db",
					"SELECT count(*) FROM audit WHERE json_extract(record, '$.kind') = 'alarm'"));
}

/* Every committed transition is there, none is there twice. */
static void check_transitions(const struct books *b, const char *dir)
{
	bool *found = mem_array(TOKENS_MAX, sizeof(bool));
	sqlite3_stmt *rows = store_unit_select(dir, "state.db", "SELECT CAST(note AS INTEGER) FROM transition");

	while (sqlite3_step(rows) == SQLITE_ROW) {
		int64_t token = sqlite3_column_int64(rows, 0);

		assert_in_range(token, 1, TOKENS_MAX - 1);
		assert_false(found[token]);
		found[token] = true;
	}
	store_unit_selected(rows);
	for (size_t token = 1; token < TOKENS_MAX; token++)
		if (b->committed[token])
			assert_true(found[token]);
	free(found);
}

static void nothing_reported_is_lost_and_no_seq_is_skipped_or_given_twice(void **state)
{
	struct books *b = mem_zalloc(sizeof(*b));
	unsigned seed = (unsigned)clock_wall_us();

	print_message("# seed %u\n", seed);
	srand(seed);
	for (int round = 0; round < ROUNDS; round++) {
		/* Tokens of operations that died uncommitted are not used again. */
		run_and_kill(b, *state, b->highest_token + 10 * IN_FLIGHT);
		check_store(b, *state);
	}
	check_transitions(b, *state);
	assert_in_range(b->reports, ROUNDS, UINT64_MAX); /* it was about something */
	print_message("# %" PRIu64 " reports, seq up to %" PRIu64 "\n", b->reports, b->last_seq[0]);
	free(b);
}

/* ---- a lane that holds as much as it may ---- */

#define BOUND        20000
#define BOUND_ROUNDS 15

static void bounded_child(const char *dir, int fd)
{
	struct store *s = NULL;
	struct store_limits limits = { .bytes = BOUND, .age_us = DAY, .audit_age_us = DAY, .audit_rows = 100000 };
	char payload[512];
	struct store_message m = { .uplink = "cloud", .lane = ENVELOPE_DATA, .kind = "event", .payload = payload };

	log_set_level(LOG_LEVEL_ERROR);
	if (store_open(&(struct store_setup){ .dir = dir, .estate = "demo" }, &s, NULL) < 0 ||
	    store_submit_limits(s, &limits) < 0)
		_exit(7);
	snprintf(payload, sizeof(payload), "{\"x\":\"%0480d\"}", 1);
	for (;;) {
		struct store_done d;

		m.mono_us = clock_mono_us(); /* of this boot: by it the outbox knows how long it has waited */
		store_submit(s, &(struct store_commit){ .messages = &m, .message_count = 1 });
		clock_poll(store_fd(s), POLLIN, clock_mono_us() + S);
		while (store_next(s, &d)) {
			if (d.kind == STORE_QUEUED && write(fd, &d.last_seq, sizeof(d.last_seq)) < 0)
				_exit(8);
			store_done_fini(&d);
		}
	}
}

/* Runs it until that many more were queued; the last number that it told. */
static uint64_t run_bounded(const char *dir, uint64_t last, uint64_t more)
{
	uint64_t told = last;
	int fds[2];
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(fds[0]);
		bounded_child(dir, fds[1]);
	}
	close(fds[1]);
	while (told < last + more && read(fds[0], &told, sizeof(told)) == sizeof(told)) {
	}
	clock_poll(-1, 0, clock_mono_us() + rand() % LATER);
	kill(pid, SIGKILL);
	while (read(fds[0], &told, sizeof(told)) == sizeof(told)) {
	}
	close(fds[0]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return told;
}

static void a_bounded_lane_has_one_gap_record_and_no_hole_after_each_kill(void **state)
{
	uint64_t last = 0;

	for (int round = 0; round < BOUND_ROUNDS; round++) {
		struct store_fetch f = {
			.uplink = "cloud", .lane = ENVELOPE_DATA, .max_messages = 500, .max_bytes = 1 << 20
		};
		struct status_outbox row;
		struct store_done batch;
		struct store *s;

		last = run_bounded(*state, last, 60 + (uint64_t)(rand() % REPORTS));
		s = store_unit_open(*state);
		row = store_unit_row(s, "cloud", ENVELOPE_DATA);
		assert_in_range(row.last_seq, last, last + IN_FLIGHT);
		last = row.last_seq;
		store_unit_fetch(s, &f, &batch);
		assert_int_equal(batch.message_count, row.pending);
		assert_in_range(batch.message_count, 30, 45); /* as many as fit */
		assert_non_null(strstr(batch.messages[0], "\"kind\":\"gap\",\"from\":1,\"to\":"));
		for (size_t i = 1; i < batch.message_count; i++)
			assert_null(strstr(batch.messages[i], "\"gap\""));
		assert_int_equal(batch.last_seq, last);
		assert_int_equal(batch.first_seq, last - batch.message_count + 1);
		store_done_fini(&batch);
		store_close(s);
		check_audit(*state);
	}
}

/* Has the folder, and a child that has not become another program yet when it is killed. */
static void hold_folder(const char *dir, int fd)
{
	_cleanup_str_buf_ struct str_buf why = { 0 };
	int lock;

	if (statedir_lock(dir, &lock, &why) < 0)
		_exit(2);
	if (fork() == 0) {
		clock_poll(-1, 0, clock_mono_us() + 300 * MS);
		_exit(0);
	}
	if (write(fd, "x", 1) != 1)
		_exit(3);
	for (;;)
		pause();
}

static void a_start_waits_for_the_children_of_one_that_was_killed(void **state)
{
	_cleanup_str_buf_ struct str_buf why = { 0 };
	int pipe_fd[2], lock;
	char there;
	pid_t pid;

	assert_int_equal(pipe(pipe_fd), 0);
	pid = fork();
	if (pid == 0)
		hold_folder(*state, pipe_fd[1]);
	assert_int_equal(read(pipe_fd[0], &there, 1), 1);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(statedir_lock(*state, &lock, &why), 0);
	close(lock);
	close(pipe_fd[0]);
	close(pipe_fd[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_UNIT_CASE(a_start_waits_for_the_children_of_one_that_was_killed),
		STORE_UNIT_CASE(a_bounded_lane_has_one_gap_record_and_no_hole_after_each_kill),
		STORE_UNIT_CASE(nothing_reported_is_lost_and_no_seq_is_skipped_or_given_twice),
	};

	log_set_level(LOG_LEVEL_WARNING);
	return UNIT_RUN(tests);
}
