/* Damaged files: what is taken out of them, that they stay as they were found, and that no end of the process at any moment costs
 * what was whole in them. */
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/database.h"
#include "store/history_mend.h"
#include "store/state.h"
#include "store_unit.h"

#define ALARMS 40
#define KILLS  15

/* ---- files ---- */

static struct str_buf read_file(const char *dir, const char *name)
{
	_cleanup_(freep) char *path = store_unit_path(dir, name);
	struct str_buf bytes = { 0 };
	char buf[4096];
	size_t len;
	FILE *f = fopen(path, "rb");

	while (f && (len = fread(buf, 1, sizeof(buf), f)) > 0)
		str_buf_add_len(&bytes, buf, len);
	if (f)
		fclose(f);
	return bytes;
}

static void write_file(const char *dir, const char *name, const struct str_buf *bytes)
{
	_cleanup_(freep) char *path = store_unit_path(dir, name);
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(str_buf_text(bytes), 1, bytes->len, f), bytes->len);
	fclose(f);
}

static void move_file(const char *dir, const char *from, const char *to)
{
	_cleanup_(freep) char *old = store_unit_path(dir, from), *new = store_unit_path(dir, to);

	assert_int_equal(rename(old, new), 0);
}

static bool is_there(const char *dir, const char *name)
{
	_cleanup_(freep) char *path = store_unit_path(dir, name);

	return access(path, F_OK) == 0;
}

/* Its first hundred bytes are zeros. */
static void zero_header(struct str_buf *bytes)
{
	assert_true(bytes->len > 100);
	memset(bytes->text, 0, 100);
}

/* ---- a state with open alarms ---- */

static void fill(const char *dir)
{
	struct store *s = store_unit_open(dir);

	store_unit_raise(s, ALARMS);
	store_close(s);
}

static void count_alarm(void *context, const struct alarm *a)
{
	(void)a;
	++*(int *)context;
}

/* How many alarms come back. */
static int restore(const char *dir)
{
	_cleanup_(store_closep) struct store *s = store_unit_open(dir);
	int count = 0;

	assert_int_equal(store_restore(s, &(struct store_kept){ .context = &count, .alarm = count_alarm }), 0);
	return count;
}

/* The name of what was set aside, from what is said of it. */
static void name_damaged(const char *text, char name[64])
{
	const char *at = text ? strstr(text, "state.db.damaged-") : NULL;

	assert_non_null(at);
	snprintf(name, 64, "%.*s", (int)strlen("state.db.damaged-YYYYmmddTHHMMSS"), at);
}

/* Opens the damaged state; what was set aside must be these very bytes. */
static void check_kept(const char *dir, const struct str_buf *db, const struct str_buf *wal)
{
	_cleanup_str_buf_ struct str_buf kept = { 0 }, kept_wal = { 0 };
	struct store_setup setup = { .dir = dir, .estate = "demo" };
	char name[64], wal_name[80];
	const char *text = NULL;
	struct store *s;

	assert_int_equal(store_open(&setup, &s, &text), 0);
	name_damaged(text, name);
	store_close(s);
	snprintf(wal_name, sizeof(wal_name), "%s-wal", name);
	kept = read_file(dir, name);
	kept_wal = read_file(dir, wal_name);
	assert_int_equal(kept.len, db->len);
	assert_memory_equal(kept.text, db->text, db->len);
	assert_int_equal(kept_wal.len, wal->len);
	assert_memory_equal(str_buf_text(&kept_wal), str_buf_text(wal), wal->len);
}

static void what_is_set_aside_is_as_it_was_found(void **state)
{
	_cleanup_str_buf_ struct str_buf db = { 0 }, none = { 0 };

	fill(*state);
	db = read_file(*state, "state.db");
	zero_header(&db);
	write_file(*state, "state.db", &db);
	check_kept(*state, &db, &none);
	assert_int_equal(restore(*state), ALARMS);
}

static void so_is_the_wal_beside_it_which_is_read(void **state)
{
	_cleanup_str_buf_ struct str_buf db = { 0 }, wal = { 0 };
	struct alarm_transition t;
	struct store *s;
	int64_t page;

	fill(*state);
	page = store_unit_ask(*state, "state.db", "SELECT rootpage FROM sqlite_schema WHERE name = 'clockmap'");
	/* One more, which is in the WAL only when the power goes. */
	s = store_unit_open(*state);
	store_unit_transition("sos", "sos-late", ALARM_UNACKED, &t);
	assert_int_equal(store_unit_commit(s, (struct store_commit){ .transitions = &t, .transition_count = 1 }), 0);
	alarm_transition_fini(&t);
	db = read_file(*state, "state.db");
	wal = read_file(*state, "state.db-wal");
	store_close(s);
	assert_true(wal.len > 0);
	memset(db.text + (page - 1) * 4096, 0, 4096);
	write_file(*state, "state.db", &db);
	write_file(*state, "state.db-wal", &wal);
	check_kept(*state, &db, &wal);
	assert_int_equal(restore(*state), ALARMS + 1);
}

static void a_table_that_cannot_be_understood_takes_no_other_with_it(void **state)
{
	static const char text[] = "CREATE TABLE clockmap";
	_cleanup_str_buf_ struct str_buf db = { 0 };
	char *at;

	fill(*state);
	db = read_file(*state, "state.db");
	at = memmem(db.text, db.len, text, strlen(text));
	assert_non_null(at);
	at[3] = '~';
	write_file(*state, "state.db", &db);
	assert_int_equal(restore(*state), ALARMS);
}

static void a_new_file_that_was_not_ready_is_begun_again(void **state)
{
	_cleanup_str_buf_ struct str_buf db = { 0 }, half = { 0 };

	fill(*state);
	db = read_file(*state, "state.db");
	str_buf_add_len(&half, db.text, db.len / 2);
	zero_header(&db);
	write_file(*state, "state.db", &db);
	write_file(*state, "state.db.mended", &half);
	assert_int_equal(restore(*state), ALARMS);
	assert_false(is_there(*state, "state.db.mended"));
}

static void a_new_file_that_was_ready_takes_its_place_without_the_old_ones_wal(void **state)
{
	_cleanup_str_buf_ struct str_buf wal = { 0 };
	struct store *s;

	/* The WAL of a file that knew nothing yet. */
	s = store_unit_open(*state);
	store_unit_message(s, "cloud", ENVELOPE_ALARM, 1);
	wal = read_file(*state, "state.db-wal");
	store_close(s);
	fill(*state);
	move_file(*state, "state.db", "state.db.mended");
	write_file(*state, "state.db-wal", &wal);
	assert_int_equal(restore(*state), ALARMS);
	assert_false(is_there(*state, "state.db.mended"));
}

/* Opens a damaged state, as a daemon does at its start, until it is killed. */
static void open_until_killed(const char *dir, int64_t after_us)
{
	pid_t child = fork();

	if (child == 0) {
		struct store_setup setup = { .dir = dir, .estate = "demo" };
		struct store *s;

		log_set_level(LOG_LEVEL_ERROR);
		store_open(&setup, &s, NULL);
		for (;;)
			pause();
	}
	clock_poll(-1, 0, clock_mono_us() + after_us);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void no_kill_amid_the_mending_costs_an_alarm(void **state)
{
	_cleanup_str_buf_ struct str_buf db = { 0 };
	int64_t whole_us;

	fill(*state);
	db = read_file(*state, "state.db");
	zero_header(&db);
	write_file(*state, "state.db", &db);
	whole_us = clock_mono_us();
	assert_int_equal(restore(*state), ALARMS);
	whole_us = clock_mono_us() - whole_us;
	for (int i = 0; i < KILLS; i++) {
		write_file(*state, "state.db", &db);
		open_until_killed(*state, whole_us * i / KILLS);
		assert_int_equal(restore(*state), ALARMS);
	}
}

/* ---- a disk that takes nothing ---- */

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = MIN(bytes, limit.rlim_max);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_damaged_file_on_a_disk_that_takes_nothing_is_a_fault_and_no_end(void **state)
{
	struct store_setup setup = { .dir = *state, .estate = "demo" };
	_cleanup_str_buf_ struct str_buf db = { 0 };
	const char *text = NULL;
	struct alarm_transition t;
	struct store_done done;
	struct store *s;
	int count = 0;

	fill(*state);
	db = read_file(*state, "state.db");
	zero_header(&db);
	write_file(*state, "state.db", &db);
	signal(SIGXFSZ, SIG_IGN);
	limit_files(0);
	assert_int_equal(store_open(&setup, &s, &text), 0);
	assert_non_null(text);
	assert_int_equal(store_restore(s, &(struct store_kept){ .context = &count, .alarm = count_alarm }), 0);
	assert_int_equal(count, 0);
	store_unit_transition("sos", "sos-now", ALARM_UNACKED, &t);
	assert_int_equal(
		store_submit(s, &(struct store_commit){ .transitions = &t, .transition_count = 1, .token = 1 }), 0);
	alarm_transition_fini(&t);
	store_unit_wait(s, STORE_FAULT, &done);
	assert_true(done.error < 0);
	store_done_fini(&done);
	limit_files(RLIM_INFINITY);
	store_unit_wait(s, STORE_COMMITTED, &done);
	assert_int_equal(done.error, 0);
	store_done_fini(&done);
	store_close(s);
	/* Nothing of what was kept before is lost either. */
	assert_int_equal(restore(*state), ALARMS + 1);
}

/* A table that the disk has no room for, while all others fit. */
static void mend_in_small_room(const char *dir, int rows, rlim_t room)
{
	_cleanup_(freep) char *path = store_unit_path(dir, "state.db");
	_cleanup_str_buf_ struct str_buf what = { 0 }, sql = { 0 };
	struct state_setup setup = { .path = path, .estate = "demo", .mend = STATE_MEND_ANYWAY };
	struct state *s = NULL;
	int r;

	str_buf_printf(&sql,
		       "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT INTO value"
		       " (point, type, value, quality, test, boot, mono, wall) SELECT printf('point-%%d', i), 'text', "
		       "hex(zeroblob(500)), 'good', 0, 'x', i, i FROM n",
		       rows);
	store_unit_run(dir, "state.db", sql.text);
	signal(SIGXFSZ, SIG_IGN);
	limit_files(room);
	r = state_open(&setup, &s, &what);
	limit_files(RLIM_INFINITY);
	state_close(s);
	assert_true(r < 0);
	assert_false(is_there(dir, "state.db.mended") || is_there(dir, "state.db.mended-wal"));
	assert_int_equal(store_unit_ask(dir, "state.db", "SELECT count(*) FROM value"), rows);
	assert_int_equal(restore(dir), ALARMS);
}

static void a_new_file_that_does_not_take_every_row_takes_no_place(void **state)
{
	fill(*state);
	mend_in_small_room(*state, 2000, 1 << 20);
}

static void nor_does_one_whose_commit_fails(void **state)
{
	fill(*state);
	mend_in_small_room(*state, 400, 400 << 10);
}

/* ---- any damage ---- */

#define MUTATIONS 48

/* Always the same ones, so that a failure can be had again. */
static uint32_t draw(uint32_t *seed, size_t below)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (uint32_t)(((uint64_t)*seed * below) >> 32);
}

/* A few bytes, a sector, a page or the rest of it: flipped, zeroed, written over, cut off. */
static void mutate(struct str_buf *bytes, uint32_t *seed)
{
	static const size_t lengths[] = { 1, 8, 100, 512, 4096, 16384 };

	for (uint32_t n = 1 + draw(seed, 4); n > 0; n--) {
		size_t wanted = lengths[draw(seed, ARRAY_SIZE(lengths))], len = MIN(wanted, bytes->len);
		char *at = bytes->text + draw(seed, bytes->len - len + 1);

		switch (draw(seed, 8)) {
		case 0: memset(at, 0, len); break;
		case 1: memset(at, 0xff, len); break;
		case 2: memmove(at, bytes->text + draw(seed, bytes->len - len + 1), len); break;
		case 3: bytes->len = (size_t)(at - bytes->text) + 1; return;
		default: *at = (char)(*at ^ (1 << draw(seed, 8))); break;
		}
	}
}

static void spoil_file(const char *dir, const char *name, const struct str_buf *whole, uint32_t *seed)
{
	_cleanup_str_buf_ struct str_buf bytes = { 0 };

	str_buf_add_len(&bytes, whole->text, whole->len);
	mutate(&bytes, seed);
	write_file(dir, name, &bytes);
}

/* An alarm is stored, a message queued, a sample kept, a story told; and all of that after another start too. */
static void check_works(const char *dir, int round)
{
	for (int start = 0; start < 2; start++) {
		struct store *s = store_unit_open(dir);
		struct store_done done;
		struct alarm_transition t;
		char asset[32];

		store_restore(s, &(struct store_kept){ .context = &round });
		snprintf(asset, sizeof(asset), "new-%d-%d", round, start);
		store_unit_transition("sos", asset, ALARM_UNACKED, &t);
		if (store_unit_commit(s, (struct store_commit){ .transitions = &t, .transition_count = 1 }) < 0)
			fail_msg("round %d, start %d: the alarm is not stored", round, start);
		assert_int_equal(store_unit_message(s, "cloud", ENVELOPE_ALARM, 1), 0);
		assert_int_equal(store_submit_story(s, t.alarm.id, 5, 1), 0);
		store_unit_wait(s, STORE_STORY, &done);
		assert_int_equal(done.error, 0);
		assert_int_equal(done.message_count, 1);
		store_done_fini(&done);
		alarm_transition_fini(&t);
		store_close(s);
	}
}

static void whatever_is_damaged_alarms_are_stored_again(void **state)
{
	static const char *const names[] = { "state.db", "history.db", "history.ring", "audit.head" };
	struct point points[] = { { .name = "tank-1.level" } };
	struct str_buf whole[ARRAY_SIZE(names)] = { 0 };
	struct store *s;
	uint32_t seed = 1;

	fill(*state);
	s = store_unit_open(*state);
	assert_int_equal(store_name_points(s, &(struct point_table){ .points = points, .count = 1 }), 0);
	for (int i = 0; i < 200; i++) {
		struct reading r = { .value = value_number(i), .at = { .wall_us = clock_wall_us() - (200 - i) * S } };

		assert_int_equal(store_submit_history(s, &r), 0);
		assert_int_equal(store_unit_message(s, "cloud", i % 2 ? ENVELOPE_DATA : ENVELOPE_ALARM, 1), 0);
	}
	store_close(s);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		whole[i] = read_file(*state, names[i]);
	for (int round = 0; round < MUTATIONS; round++) {
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			write_file(*state, names[i], &whole[i]);
		spoil_file(*state, names[round % 4], &whole[round % 4], &seed);
		check_works(*state, round);
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		str_buf_fini(&whole[i]);
}

/* ---- the numbers of points ---- */

static uint32_t number_of(struct history *h, const char *name)
{
	uint32_t number;

	assert_int_equal(history_begin(h), 0);
	assert_int_equal(history_series(h, name, "tank", &number), 0);
	assert_int_equal(history_commit(h), 0);
	return number;
}

static struct history *open_history(const char *dir, enum history_mend_when when)
{
	_cleanup_(freep) char *path = store_unit_path(dir, "history.db");
	_cleanup_str_buf_ struct str_buf what = { 0 };
	struct history *h = NULL;

	assert_int_equal(history_mend_open(path, when, &h, &what), when == HISTORY_MEND_ANYWAY);
	return h;
}

/* Three points; the last one has a sample. */
static void make_history(const char *dir)
{
	_cleanup_(history_closep) struct history *h = open_history(dir, HISTORY_MEND_NEEDED);
	struct chunk_sample sample = { .ts_ms = 1795287600000, .number = 91.3 };
	struct history_chunk chunk = { .hour = sample.ts_ms / HISTORY_HOUR_MS, .series = { VALUE_NUMBER, &sample, 1 } };

	assert_int_equal(number_of(h, "tank-1.level"), 1);
	assert_int_equal(number_of(h, "tank-2.level"), 2);
	assert_int_equal(number_of(h, "tank-3.level"), 3);
	chunk.point = 3;
	assert_int_equal(history_begin(h), 0);
	assert_int_equal(history_put_chunk(h, &chunk), 0);
	assert_int_equal(history_commit(h), 0);
}

static void a_number_whose_owner_is_lost_is_never_given_to_another(void **state)
{
	struct history *h;
	uint64_t key;

	make_history(*state);
	store_unit_run(*state, "history.db", "UPDATE series SET crc = crc + 1 WHERE id = 3; DELETE FROM chunk");
	h = open_history(*state, HISTORY_MEND_ANYWAY);
	key = h->key;
	assert_int_equal(number_of(h, "tank-4.level"), 4);
	assert_int_equal(number_of(h, "tank-3.level"), 5);
	history_close(h);
	h = open_history(*state, HISTORY_MEND_NEEDED);
	assert_int_equal(number_of(h, "tank-3.level"), 5);
	assert_true(h->key == key);
	history_close(h);
}

static void where_nothing_tells_the_highest_number_what_has_it_does(void **state)
{
	struct history *h;
	uint64_t key;

	make_history(*state);
	h = open_history(*state, HISTORY_MEND_NEEDED);
	key = h->key;
	history_close(h);
	store_unit_run(*state, "history.db", "DELETE FROM series WHERE id = 3; DELETE FROM meta WHERE name = 'series'");
	h = open_history(*state, HISTORY_MEND_ANYWAY);
	assert_int_equal(number_of(h, "tank-4.level"), 4);
	/* The ring may have numbers that no chunk has: it is not this file's any more. */
	assert_true(h->key != key);
	history_close(h);
}

/* ---- what waits in the outbox ---- */

/* Messages 1 to 9, of which sql makes something else; then the file gives way to a new one. */
static struct state *mend_lane(const char *dir, const char *sql)
{
	_cleanup_(freep) char *path = store_unit_path(dir, "state.db");
	_cleanup_str_buf_ struct str_buf what = { 0 };
	struct state_setup setup = { .path = path, .estate = "demo", .mend = STATE_MEND_ANYWAY };
	struct store *store = store_unit_open(dir);
	struct state *s = NULL;

	for (unsigned n = 1; n <= 9; n++)
		assert_int_equal(store_unit_message(store, "cloud", ENVELOPE_ALARM, n), 0);
	store_close(store);
	store_unit_run(dir, "state.db", sql);
	assert_int_equal(state_open(&setup, &s, &what), 1);
	return s;
}

/* The lane's rows: "3:gap:1 4:alarm:". */
static void check_rows(const char *dir, const char *rows)
{
	sqlite3_stmt *s = store_unit_select(dir, "state.db",
					    "SELECT group_concat(seq || ':' || kind || ':' ||"
					    " CASE WHEN json_valid(payload) THEN coalesce(json_extract(payload, "
					    "'$.from'), '') ELSE 'torn' END, ' ') FROM outbox");

	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(s, 0), rows);
	store_unit_selected(s);
	assert_int_equal(store_unit_ask(dir, "state.db", "SELECT last_seq FROM lane"), 9);
}

static void a_gap_that_waits_stands_for_all_its_numbers(void **state)
{
	state_close(mend_lane(*state,
			      "DELETE FROM outbox WHERE seq < 5 OR seq = 7; UPDATE lane SET delivered_seq = 2;"
			      "UPDATE outbox SET kind = 'gap', payload = '{\"from\":3,\"to\":5}' WHERE seq = 5;"
			      "UPDATE outbox SET kind = 'gap', payload = '{\"from\":7,\"to\":8}' WHERE seq = 8"));
	check_rows(*state, "5:gap:3 6:alarm: 8:gap:7 9:alarm:");
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT delivered_seq FROM lane"), 2);
}

static void what_is_lost_of_a_lane_leaves_a_gap_and_the_others_wait_on(void **state)
{
	state_close(mend_lane(*state, "DELETE FROM outbox WHERE seq IN (1, 2, 5, 8, 9);"
				      "UPDATE outbox SET kind = 'gap', payload = 'torn' WHERE seq = 6;"));
	check_rows(*state, "2:gap:1 3:alarm: 4:alarm: 5:gap:5 6:gap:torn 7:alarm: 9:gap:8");
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT delivered_seq FROM lane"), 0);
	assert_int_equal(
		store_unit_ask(*state, "state.db", "SELECT sum(bytes - length(payload)) FROM outbox WHERE seq != 6"),
		0);
}

static void a_lane_of_which_nothing_is_left_says_so_and_goes_on_with_its_numbers(void **state)
{
	state_close(mend_lane(*state, "DELETE FROM outbox; UPDATE lane SET delivered_seq = 4"));
	check_rows(*state, "9:gap:5");
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT delivered_seq FROM lane"), 4);
}

static void a_lane_that_had_given_all_has_nothing_to_say(void **state)
{
	state_close(mend_lane(*state, "DELETE FROM outbox; UPDATE lane SET delivered_seq = 9"));
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT count(*) FROM outbox"), 0);
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT delivered_seq FROM lane"), 9);
}

/* A row that the disk has no room for. */
static void so_it_is_with_the_history(void **state)
{
	_cleanup_(freep) char *path = store_unit_path(*state, "history.db");
	_cleanup_str_buf_ struct str_buf what = { 0 };
	struct history *h = NULL;
	int r;

	make_history(*state);
	store_unit_run(*state, "history.db",
		       "INSERT INTO sample (ts, point, value, flags) VALUES (1, 1, zeroblob(2000000), 0)");
	signal(SIGXFSZ, SIG_IGN);
	limit_files(1 << 20);
	r = history_mend_open(path, HISTORY_MEND_ANYWAY, &h, &what);
	limit_files(RLIM_INFINITY);
	history_close(h);
	assert_true(r < 0);
	assert_false(is_there(*state, "history.db.mended") || is_there(*state, "history.db.mended-wal"));
	assert_int_equal(store_unit_ask(*state, "history.db", "SELECT count(*) FROM sample"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_UNIT_CASE(what_is_set_aside_is_as_it_was_found),
		STORE_UNIT_CASE(so_is_the_wal_beside_it_which_is_read),
		STORE_UNIT_CASE(a_table_that_cannot_be_understood_takes_no_other_with_it),
		STORE_UNIT_CASE(a_new_file_that_was_not_ready_is_begun_again),
		STORE_UNIT_CASE(a_new_file_that_was_ready_takes_its_place_without_the_old_ones_wal),
		STORE_UNIT_CASE(no_kill_amid_the_mending_costs_an_alarm),
		STORE_UNIT_CASE(a_damaged_file_on_a_disk_that_takes_nothing_is_a_fault_and_no_end),
		STORE_UNIT_CASE(a_new_file_that_does_not_take_every_row_takes_no_place),
		STORE_UNIT_CASE(nor_does_one_whose_commit_fails),
		STORE_UNIT_CASE(so_it_is_with_the_history),
		STORE_UNIT_CASE(a_gap_that_waits_stands_for_all_its_numbers),
		STORE_UNIT_CASE(what_is_lost_of_a_lane_leaves_a_gap_and_the_others_wait_on),
		STORE_UNIT_CASE(a_lane_of_which_nothing_is_left_says_so_and_goes_on_with_its_numbers),
		STORE_UNIT_CASE(a_lane_that_had_given_all_has_nothing_to_say),
		STORE_UNIT_CASE(whatever_is_damaged_alarms_are_stored_again),
		STORE_UNIT_CASE(a_number_whose_owner_is_lost_is_never_given_to_another),
		STORE_UNIT_CASE(where_nothing_tells_the_highest_number_what_has_it_does),
	};

	return UNIT_RUN(tests);
}
