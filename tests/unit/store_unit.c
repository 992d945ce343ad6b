#include "store_unit.h"

#include <dirent.h>
#include <poll.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/rowcrc.h"

int store_unit_setup(void **state)
{
	const char *top = getenv("TMPDIR");
	char path[256];

	snprintf(path, sizeof(path), "%s/estated-unit-XXXXXX", top ? top : "/tmp");
	if (!mkdtemp(path))
		return -1;
	clock_set_zone("Asia/Shanghai");
	*state = mem_strdup(path);
	return 0;
}

int store_unit_teardown(void **state)
{
	DIR *d = opendir(*state);

	for (struct dirent *e; d && (e = readdir(d));) {
		char *path = store_unit_path(*state, e->d_name);

		unlink(path);
		free(path);
	}
	if (d)
		closedir(d);
	rmdir(*state);
	free(*state);
	return 0;
}

char *store_unit_path(const char *dir, const char *name)
{
	struct str_buf path = { 0 };

	str_buf_printf(&path, "%s/%s", dir, name);
	return str_buf_take(&path);
}

struct store *store_unit_open(const char *dir)
{
	struct store_setup setup = { .dir = dir, .estate = "demo" };
	const char *text = NULL;
	struct store *s = NULL;

	if (store_open(&setup, &s, &text) < 0)
		fail_msg("store_open: %s", text);
	return s;
}

void store_unit_wait(struct store *s, enum store_done_kind kind, struct store_done *ret_done)
{
	int64_t deadline_us = clock_mono_us() + STORE_UNIT_WAIT;

	for (;;) {
		while (store_next(s, ret_done)) {
			if (ret_done->kind == kind)
				return;
			store_done_fini(ret_done);
		}
		if (clock_poll(store_fd(s), POLLIN, deadline_us) <= 0)
			fail_msg("no completion of kind %d", (int)kind);
	}
}

int store_unit_commit(struct store *s, struct store_commit c)
{
	static uint64_t token = 1000000;
	struct store_done done;
	int error;

	c.token = ++token;
	assert_int_equal(store_submit(s, &c), 0);
	do {
		store_unit_wait(s, STORE_COMMITTED, &done);
		error = done.error;
	} while (done.token != c.token);
	return error;
}

int store_unit_message(struct store *s, const char *uplink, enum envelope_lane lane, unsigned n)
{
	char payload[64];
	struct store_message m = { .uplink = uplink,
				   .lane = lane,
				   .kind = "alarm",
				   .payload = payload,
				   .time_us = n,
				   .clock = CLOCK_SYNCHRONISED };

	snprintf(payload, sizeof(payload), "{\"n\":%u}", n);
	return store_unit_commit(s, (struct store_commit){ .messages = &m, .message_count = 1 });
}

void store_unit_fetch(struct store *s, const struct store_fetch *f, struct store_done *ret_batch)
{
	assert_int_equal(store_submit_fetch(s, f), 0);
	store_unit_wait(s, STORE_BATCH, ret_batch);
}

struct status_outbox store_unit_row(struct store *s, const char *uplink, enum envelope_lane lane)
{
	struct status_outbox rows[128];
	size_t count = store_outbox(s, rows, ARRAY_SIZE(rows));

	for (size_t i = 0; i < count; i++)
		if (str_equal(rows[i].uplink, uplink) && str_equal(rows[i].lane, envelope_lane_name(lane)))
			return rows[i];
	return (struct status_outbox){ 0 };
}

void store_unit_transition(const char *rule, const char *asset, enum alarm_state to, struct alarm_transition *ret)
{
	struct alarm_transition t = {
		.alarm = {
			.rule = mem_strdup(rule),
			.asset = mem_strdup(asset),
			.place = mem_strdup("b3/u1/1204"),
			.state = to,
			.priority = 1,
			.stage = 2,
			.latch = true,
			.life_safety = true,
			.test = true,
			.active = true,
			.since_us = 1763750000123000,
			.changed_us = 1763750001456000,
			.count = 3,
			.reason = {
				.when = mem_strdup("pressed == true"),
				.inputs = {
					{ .point = "sos-1204.pressed", .value = value_bool(true), .quality = QUALITY_GOOD,
					  .at_us = 1763749999000000 },
					{ .point = "sos-1204.battery", .value = value_number(21.7), .quality = QUALITY_SUSPECT },
				},
				.input_count = 2,
			},
			.text_zh = mem_strdup("3栋1204 求助"),
			.text_en = mem_strdup("help wanted in 1204"),
			.guidance_zh = mem_strdup("马上去"),
			.guidance_en = mem_strdup("go now"),
			.ack_by = mem_strdup("desk"),
			.ack_note = mem_strdup("on my way"),
			.acked_us = 1763750002000000,
		},
		.from = ALARM_NORMAL,
		.input = ALARM_IN_RAISED,
		.at = clock_now(),
		.who = mem_strdup("desk"),
		.note = mem_strdup("a note"),
	};
	struct str_buf id = { 0 };

	str_buf_printf(&id, "%s/%s", rule, asset);
	t.alarm.id = str_buf_take(&id);
	*ret = t;
}

void store_unit_raise(struct store *s, int count)
{
	for (int i = 0; i < count; i++) {
		struct alarm_transition t;
		char asset[16];

		snprintf(asset, sizeof(asset), "sos-%d", i);
		store_unit_transition("sos", asset, ALARM_UNACKED, &t);
		assert_int_equal(
			store_unit_commit(s, (struct store_commit){ .transitions = &t, .transition_count = 1 }), 0);
		alarm_transition_fini(&t);
	}
}

struct sqlite3_stmt *store_unit_select(const char *dir, const char *file, const char *sql)
{
	char *path = store_unit_path(dir, file);
	sqlite3_stmt *rows = NULL;
	sqlite3 *handle = NULL;

	assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &rows, NULL), SQLITE_OK);
	free(path);
	return rows;
}

void store_unit_selected(struct sqlite3_stmt *rows)
{
	sqlite3 *handle = sqlite3_db_handle(rows);

	sqlite3_finalize(rows);
	sqlite3_close(handle);
}

int64_t store_unit_ask(const char *dir, const char *file, const char *sql)
{
	sqlite3_stmt *rows = store_unit_select(dir, file, sql);
	int64_t number = sqlite3_step(rows) == SQLITE_ROW ? sqlite3_column_int64(rows, 0) : -1;

	store_unit_selected(rows);
	return number;
}

void store_unit_run(const char *dir, const char *file, const char *sql)
{
	char *path = store_unit_path(dir, file);
	sqlite3 *handle = NULL;

	assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
	assert_int_equal(rowcrc_register(handle), 0);
	assert_int_equal(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(handle);
	free(path);
}
