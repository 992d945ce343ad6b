/* test_api.c: every route of the API, over its real socket: answers, refusals, commands, limits. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/talk.h"
#include "fake_daemon.h"
#include "raw_http.h"

struct bench {
	struct fake_daemon daemon;
	struct talk *talk;
	long status;
	json_t *answer; /* of the last request */
	char *body;
};

static void bench_open(struct bench *b, const struct api_limits *limits)
{
	*b = (struct bench){ 0 };
	fake_start(&b->daemon, limits);
	b->talk = talk_new(b->daemon.socket_path);
}

static void bench_fini(struct bench *b)
{
	json_decref(b->answer);
	free(b->body);
	talk_free(b->talk);
	fake_stop(&b->daemon);
}

static void keep(struct bench *b, struct talk_answer *answer)
{
	json_decref(b->answer);
	free(b->body);
	b->status = answer->status;
	b->body = str_buf_take(&answer->body);
	b->answer = json_loads(b->body, 0, NULL);
}

static void get(struct bench *b, const char *path)
{
	struct talk_answer answer;

	assert_int_equal(talk_get(b->talk, path, &answer), 0);
	keep(b, &answer);
}

static void post(struct bench *b, const char *path, const char *body)
{
	struct talk_answer answer;

	assert_int_equal(talk_post(b->talk, path, body, &answer), 0);
	keep(b, &answer);
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "(none)";
}

static const char *error_text(const struct bench *b)
{
	return text_of(json_object_get(b->answer, "error"), "text");
}

static void assert_error(const struct bench *b, int status, const char *part)
{
	const json_t *error = json_object_get(b->answer, "error");

	assert_int_equal(b->status, status);
	assert_int_equal(json_integer_value(json_object_get(error, "status")), status);
	if (!strstr(error_text(b), part))
		fail_msg("'%s' is not in '%s'", part, error_text(b));
}

/* The keys of an object, in the order given, are exactly there (others may follow). */
static void assert_keys(const json_t *object, const char *keys)
{
	struct str_buf have _cleanup_str_buf_ = { 0 };
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value)
		str_buf_printf(&have, "%s%s", have.len ? "," : "", key);
	if (strncmp(str_buf_text(&have), keys, strlen(keys)) != 0)
		fail_msg("expected %s, got %s", keys, str_buf_text(&have));
}

static void points_are_one_array_with_the_fields_of_the_design(void **state)
{
	struct bench b;
	const json_t *row;

	(void)state;
	bench_open(&b, NULL);
	fake_read(&b.daemon, "lift-1.load", value_number(0.1));
	get(&b, "/v1/points");
	assert_int_equal(b.status, 200);
	assert_int_equal(json_array_size(b.answer), 6);
	row = json_array_get(b.answer, 0);
	assert_keys(row, "point,device,place,class,value,unit,quality,test,at");
	assert_string_equal(text_of(row, "point"), "lift-1.trapped");
	assert_string_equal(text_of(row, "quality"), "lost");
	assert_true(json_is_null(json_object_get(row, "value")));
	row = json_array_get(b.answer, 2);
	assert_string_equal(text_of(row, "unit"), "kg");
	assert_string_equal(text_of(row, "quality"), "good");
	assert_non_null(strstr(b.body, "\"value\":0.1,")); /* no 0.10000000000000001 */
	bench_fini(&b);
}

static void points_are_chosen_by_glob_or_device(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, NULL);
	get(&b, "/v1/points?match=*.trapped");
	assert_int_equal(json_array_size(b.answer), 1);
	get(&b, "/v1/points?match=lift-1");
	assert_int_equal(json_array_size(b.answer), 3);
	get(&b, "/v1/points?match=%5Bs-t%5D*");
	assert_int_equal(json_array_size(b.answer), 3);
	get(&b, "/v1/points?match=nothing");
	assert_int_equal(b.status, 200);
	assert_string_equal(b.body, "[]\n");
	get(&b, "/v1/devices?match=t*");
	assert_int_equal(json_array_size(b.answer), 1);
	bench_fini(&b);
}

static void one_point_tells_where_it_comes_from_and_a_wrong_one_what_was_meant(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, NULL);
	fake_read(&b.daemon, "tank-1.medium", value_text("水\x1b[31m"));
	get(&b, "/v1/points/tank-1.medium");
	assert_int_equal(b.status, 200);
	assert_string_equal(text_of(b.answer, "point"), "tank-1.medium");
	assert_string_equal(text_of(b.answer, "type"), "text");
	assert_non_null(json_object_get(b.answer, "source"));
	get(&b, "/v1/points/lift-1.traped");
	assert_error(&b, 404, "did you mean 'lift-1.trapped'?");
	assert_string_equal(text_of(json_object_get(b.answer, "error"), "field"), "point");
	bench_fini(&b);
}

static void the_other_lists_have_their_fields(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, NULL);
	get(&b, "/v1/buses");
	assert_int_equal(json_array_size(b.answer), 1);
	assert_keys(json_array_get(b.answer, 0), "bus,type,target,state,since");
	assert_int_equal(json_array_size(json_object_get(json_array_get(b.answer, 0), "units")), 2);
	get(&b, "/v1/devices");
	assert_int_equal(json_array_size(b.answer), 3);
	assert_keys(json_array_get(b.answer, 0), "device,name,place,room,class,profile,bus,unit,plugin,address,points,good,at");
	get(&b, "/v1/plugins");
	assert_string_equal(text_of(json_array_get(b.answer, 0), "state"), "fault");
	assert_string_equal(text_of(json_array_get(b.answer, 0), "text"), ""); /* it was not UTF-8 */
	get(&b, "/v1/outbox");
	assert_int_equal(json_array_size(b.answer), 2);
	assert_keys(json_array_get(b.answer, 0), "uplink,lane,pending,bytes,oldest");
	assert_true(json_is_null(json_object_get(json_array_get(b.answer, 0), "oldest")));
	assert_int_equal(json_integer_value(json_object_get(json_array_get(b.answer, 1), "pending")), 12);
	bench_fini(&b);
}

static void the_status_counts_what_there_is(void **state)
{
	struct bench b;
	const json_t *group;

	(void)state;
	bench_open(&b, NULL);
	fake_read(&b.daemon, "lift-1.trapped", value_bool(true));
	get(&b, "/v1/status");
	assert_int_equal(b.status, 200);
	assert_true(json_is_true(json_object_get(b.answer, "ready")));
	assert_string_equal(text_of(json_object_get(b.answer, "estate"), "name"), "示范小区");
	group = json_object_get(b.answer, "points");
	assert_int_equal(json_integer_value(json_object_get(group, "total")), 6);
	assert_int_equal(json_integer_value(json_object_get(group, "good")), 1);
	assert_int_equal(json_integer_value(json_object_get(group, "lost")), 5);
	group = json_object_get(b.answer, "alarms");
	assert_int_equal(json_integer_value(json_object_get(group, "standing")), 1);
	assert_int_equal(json_integer_value(json_object_get(group, "unacked")), 1);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(group, "priority"), "1")), 1);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(b.answer, "counters"), "samples")), 5);
	assert_in_range(json_integer_value(json_object_get(b.answer, "uptime_s")), 89, 95);
	bench_fini(&b);
}

static void metrics_speak_prometheus(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, NULL);
	get(&b, "/metrics");
	assert_int_equal(b.status, 200);
	assert_non_null(strstr(b.body, "# TYPE estated_points gauge\n"));
	assert_non_null(strstr(b.body, "\nestated_points{quality=\"lost\"} 6\n"));
	assert_non_null(strstr(b.body, "\nestated_bus_requests_total{bus=\"gw-lifts\"} 1000\n"));
	assert_non_null(strstr(b.body, "\nestated_bus_bad_answers_total{bus=\"gw-lifts\"} 3\n"));
	assert_non_null(strstr(b.body, "\nestated_outbox_pending{uplink=\"cloud\",lane=\"data\"} 12\n"));
	assert_non_null(strstr(b.body, "\nestated_engine{counter=\"samples\"} 5\n"));
	for (char *line = strtok(b.body, "\n"); line; line = strtok(NULL, "\n"))
		assert_true(strncmp(line, "# ", 2) == 0 || strncmp(line, "estated_", 8) == 0);
	bench_fini(&b);
}

static void an_alarm_is_listed_acknowledged_and_normal_again(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, NULL);
	get(&b, "/v1/alarms");
	assert_string_equal(b.body, "[]\n");
	fake_read(&b.daemon, "lift-1.trapped", value_bool(true));
	get(&b, "/v1/alarms");
	assert_int_equal(json_array_size(b.answer), 1);
	assert_keys(json_array_get(b.answer, 0), "alarm,rule,asset,state,priority,stage,since,count,reason,text,place");
	post(&b, "/v1/alarms/lift-trapped/lift-1/ack", "{\"note\":\"我去看\"}");
	assert_int_equal(b.status, 200);
	assert_string_equal(text_of(b.answer, "state"), "acked");
	assert_string_equal(b.daemon.note, "我去看");
	assert_true(b.daemon.who[0] != '\0');
	post(&b, "/v1/alarms/lift-trapped/lift-1/ack", "");
	assert_error(&b, 409, "lift-trapped/lift-1");
	fake_read(&b.daemon, "lift-1.trapped", value_bool(false));
	get(&b, "/v1/alarms");
	assert_string_equal(b.body, "[]\n");
	get(&b, "/v1/alarms?all=1");
	assert_int_equal(json_array_size(b.answer), 1);
	assert_string_equal(text_of(json_array_get(b.answer, 0), "state"), "normal");
	bench_fini(&b);
}

static void a_latched_alarm_is_closed_with_its_outcome(void **state)
{
	struct bench b;
	const char *path = "/v1/alarms/tank-high/tank-1/close";

	(void)state;
	bench_open(&b, NULL);
	fake_read(&b.daemon, "tank-1.level", value_number(95));
	post(&b, path, "{\"outcome\":\"real\"}");
	assert_error(&b, 409, "tank-high/tank-1");
	post(&b, "/v1/alarms/tank-high/tank-1/ack", "{}");
	fake_read(&b.daemon, "tank-1.level", value_number(50));
	get(&b, "/v1/alarms");
	assert_string_equal(text_of(json_array_get(b.answer, 0), "state"), "latched");
	post(&b, path, "{}");
	assert_error(&b, 400, "expected one of: real false test duplicate");
	assert_string_equal(text_of(json_object_get(b.answer, "error"), "field"), "outcome");
	post(&b, path, "{\"outcome\":\"rea\"}");
	assert_error(&b, 400, "outcome");
	post(&b, path, "{\"outcome\":\"real\",\"note\":\"valve stuck\"}");
	assert_int_equal(b.status, 200);
	assert_string_equal(text_of(b.answer, "state"), "normal");
	assert_string_equal(b.daemon.note, "real: valve stuck");
	bench_fini(&b);
}

static void a_wrong_body_is_told_what_was_expected(void **state)
{
	static const struct {
		const char *body, *text;
	} cases[] = {
		{ "{\"note\":", "expected one JSON object" },
		{ "[]", "expected one JSON object" },
		{ "{\"note\":5}", "note: expected a text" },
		{ "{\"notes\":\"x\"}", "did you mean 'note'?" },
		{ "{\"note\":\"\\ud800\"}", "expected one JSON object" },
		{ "{\"note\":\"a\",\"note\":\"b\"}", "expected one JSON object" },
	};
	struct str_buf deep _cleanup_str_buf_ = { 0 }, long_note _cleanup_str_buf_ = { 0 };
	struct bench b;

	(void)state;
	bench_open(&b, NULL);
	fake_read(&b.daemon, "lift-1.trapped", value_bool(true));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		post(&b, "/v1/alarms/lift-trapped/lift-1/ack", cases[i].body);
		assert_error(&b, 400, cases[i].text);
	}
	for (size_t i = 0; i < 20000; i++)
		str_buf_add(&deep, "[");
	post(&b, "/v1/alarms/lift-trapped/lift-1/ack", deep.text);
	assert_error(&b, 400, "expected one JSON object");
	str_buf_add(&long_note, "{\"note\":\"");
	for (size_t i = 0; i < 501; i++)
		str_buf_add(&long_note, "x");
	str_buf_add(&long_note, "\"}");
	post(&b, "/v1/alarms/lift-trapped/lift-1/ack", long_note.text);
	assert_error(&b, 400, "expected at most 500");
	get(&b, "/v1/alarms");
	assert_string_equal(text_of(json_array_get(b.answer, 0), "state"), "unacked");
	bench_fini(&b);
}

static void what_is_not_there_is_404_and_a_wrong_method_405(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, NULL);
	get(&b, "/v1/pionts");
	assert_error(&b, 404, "did you mean '/v1/points'?");
	get(&b, "/nothing/at/all");
	assert_error(&b, 404, "nothing is at");
	post(&b, "/v1/points", "{}");
	assert_error(&b, 405, "takes GET only");
	get(&b, "/v1/alarms/sos/sos-1204/ack");
	assert_error(&b, 405, "takes POST only");
	post(&b, "/v1/alarms/sos/sos-1204/ack", "{}");
	assert_error(&b, 404, "no alarm 'sos/sos-1204' is open");
	get(&b, "/v1/points?mach=x");
	assert_error(&b, 400, "unknown parameter 'mach': expected match=");
	get(&b, "/v1/status?x=1");
	assert_error(&b, 400, "unknown parameter 'x'");
	bench_fini(&b);
}

/* ---- commands that wait for the disk ---- */

static void finish(struct fake_daemon *f, const void *arg)
{
	api_finish(f->pending, *(const int *)arg, NULL);
	f->pending = NULL;
}

static const char ack_request[] = "POST /v1/alarms/lift-trapped/lift-1/ack HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
				  "Connection: close\r\n\r\n{}";

static void nothing(struct fake_daemon *f, const void *arg)
{
	*(bool *)(uintptr_t)arg = f->pending != NULL;
}

static void wait_for_pending(struct fake_daemon *f)
{
	bool there = false;

	for (int i = 0; i < 2000 && !there; i++)
		fake_do(f, nothing, &there); /* a turn of the loop */
	assert_true(there);
}

static void a_command_is_answered_only_when_it_is_durable(void **state)
{
	struct str_buf got _cleanup_str_buf_ = { 0 };
	struct bench b;
	int fd, error = 0;
	char early;

	(void)state;
	bench_open(&b, NULL);
	b.daemon.commits = FAKE_LATER;
	fake_read(&b.daemon, "lift-1.trapped", value_bool(true));
	fd = raw_http_connect(b.daemon.socket_path);
	raw_http_send(fd, ack_request);
	wait_for_pending(&b.daemon);
	assert_int_equal(recv(fd, &early, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	fake_do(&b.daemon, finish, &error);
	raw_http_read_all(fd, &got);
	assert_non_null(strstr(got.text, "200 OK"));
	assert_non_null(strstr(got.text, "\"state\":\"acked\""));
	close(fd);
	bench_fini(&b);
}

static void a_command_that_the_disk_refuses_is_503(void **state)
{
	struct str_buf got _cleanup_str_buf_ = { 0 };
	struct bench b;
	int fd, error = -ENOSPC;

	(void)state;
	bench_open(&b, NULL);
	b.daemon.commits = FAKE_LATER;
	fake_read(&b.daemon, "lift-1.trapped", value_bool(true));
	fd = raw_http_connect(b.daemon.socket_path);
	raw_http_send(fd, ack_request);
	wait_for_pending(&b.daemon);
	fake_do(&b.daemon, finish, &error);
	raw_http_read_all(fd, &got);
	assert_non_null(strstr(got.text, " 503 "));
	close(fd);
	bench_fini(&b);
}

static void a_client_that_left_before_the_commit_does_no_harm(void **state)
{
	struct bench b;
	int error = 0;

	(void)state;
	bench_open(&b, NULL);
	b.daemon.commits = FAKE_LATER;
	fake_read(&b.daemon, "lift-1.trapped", value_bool(true));
	int fd = raw_http_connect(b.daemon.socket_path);

	raw_http_send(fd, ack_request);
	wait_for_pending(&b.daemon);
	close(fd);
	fake_do(&b.daemon, finish, &error);
	get(&b, "/v1/alarms");
	assert_string_equal(text_of(json_array_get(b.answer, 0), "state"), "acked");
	bench_fini(&b);
}

static void a_disk_that_takes_too_long_is_told_and_the_command_stands(void **state)
{
	struct api_limits limits = api_limits_usual;
	struct bench b;
	int error = 0;

	(void)state;
	limits.pending_us = 50 * MS;
	bench_open(&b, &limits);
	b.daemon.commits = FAKE_LATER;
	fake_read(&b.daemon, "lift-1.trapped", value_bool(true));
	post(&b, "/v1/alarms/lift-trapped/lift-1/ack", "{}");
	assert_error(&b, 504, "not on disk yet");
	fake_do(&b.daemon, finish, &error); /* the COMMIT comes after all */
	get(&b, "/v1/alarms");
	assert_string_equal(text_of(json_array_get(b.answer, 0), "state"), "acked");
	bench_fini(&b);
}

static void a_daemon_may_end_while_a_command_waits(void **state)
{
	struct bench b;
	int fd;

	(void)state;
	bench_open(&b, NULL);
	b.daemon.commits = FAKE_NEVER;
	fake_read(&b.daemon, "lift-1.trapped", value_bool(true));
	fd = raw_http_connect(b.daemon.socket_path);
	raw_http_send(fd, ack_request);
	wait_for_pending(&b.daemon);
	bench_fini(&b); /* finishes it after api_close */
	close(fd);
}

/* ---- limits ---- */

static void a_body_beyond_64_kib_is_413_and_the_daemon_goes_on(void **state)
{
	struct str_buf got _cleanup_str_buf_ = { 0 }, body _cleanup_str_buf_ = { 0 };
	struct bench b;
	int fd;

	(void)state;
	bench_open(&b, NULL);
	fd = raw_http_connect(b.daemon.socket_path);
	for (size_t i = 0; i < 70000; i++)
		str_buf_add(&body, "x");
	raw_http_send(fd, "POST /v1/alarms/a/b/ack HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n");
	raw_http_send(fd, body.text);
	raw_http_read_until(fd, &got, " 413 ");
	assert_non_null(strstr(str_buf_text(&got), " 413 "));
	close(fd);
	get(&b, "/v1/status");
	assert_int_equal(b.status, 200);
	bench_fini(&b);
}

static void a_body_of_nearly_64_kib_is_read_whole(void **state)
{
	struct str_buf body _cleanup_str_buf_ = { 0 };
	struct bench b;

	(void)state;
	bench_open(&b, NULL);
	str_buf_add(&body, "{\"note\":\"x\"");
	while (body.len < 65000)
		str_buf_add(&body, "          ");
	str_buf_add(&body, "}");
	fake_read(&b.daemon, "lift-1.trapped", value_bool(true));
	post(&b, "/v1/alarms/lift-trapped/lift-1/ack", body.text);
	assert_int_equal(b.status, 200);
	bench_fini(&b);
}

static void headers_beyond_8_kib_are_refused(void **state)
{
	struct str_buf got _cleanup_str_buf_ = { 0 }, head _cleanup_str_buf_ = { 0 };
	struct bench b;
	int fd;

	(void)state;
	bench_open(&b, NULL);
	fd = raw_http_connect(b.daemon.socket_path);
	str_buf_add(&head, "GET /v1/status HTTP/1.1\r\nX-Long: ");
	while (head.len < 9000)
		str_buf_add(&head, "xxxxxxxxxx");
	str_buf_add(&head, "\r\n\r\n");
	raw_http_send(fd, head.text);
	raw_http_read_all(fd, &got);
	assert_null(strstr(str_buf_text(&got), " 200 "));
	close(fd);
	get(&b, "/v1/status");
	assert_int_equal(b.status, 200);
	bench_fini(&b);
}

static void a_request_that_drips_is_cut_off_at_its_deadline(void **state)
{
	struct api_limits limits = api_limits_usual;
	struct str_buf got _cleanup_str_buf_ = { 0 };
	int64_t begun_us = clock_mono_us();
	struct bench b;
	int fd;

	(void)state;
	limits.first_request_us = 300 * MS;
	bench_open(&b, &limits);
	fd = raw_http_connect(b.daemon.socket_path);
	/* A byte each 20 ms renews every timeout that counts from the last byte. */
	raw_http_send(fd, "GET /v1/status HTTP/1.1\r\nX-Slow: ");
	for (int i = 0; i < 400 && send(fd, "x", 1, MSG_NOSIGNAL) == 1; i++)
		clock_poll(-1, 0, clock_mono_us() + 20 * MS);
	raw_http_read_all(fd, &got);
	assert_true(clock_mono_us() - begun_us < 4 * S);
	assert_null(strstr(str_buf_text(&got), " 200 "));
	close(fd);
	get(&b, "/v1/status");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(b.answer, "api"), "expired")), 1);
	bench_fini(&b);
}

static void an_idle_connection_is_closed_after_its_answer(void **state)
{
	struct api_limits limits = api_limits_usual;
	struct str_buf got _cleanup_str_buf_ = { 0 };
	struct bench b;
	int fd;

	(void)state;
	limits.idle_us = 200 * MS;
	bench_open(&b, &limits);
	fd = raw_http_connect(b.daemon.socket_path);
	raw_http_send(fd, "GET /v1/outbox HTTP/1.1\r\nHost: x\r\n\r\n");
	raw_http_read_all(fd, &got); /* comes back only because the other side closes */
	assert_non_null(strstr(str_buf_text(&got), "200 OK"));
	close(fd);
	bench_fini(&b);
}

static void connections_beyond_the_limit_are_503_and_leave_room_when_they_go(void **state)
{
	int fds[100];
	struct str_buf got _cleanup_str_buf_ = { 0 };
	size_t refused = 0, served = 0;
	struct bench b;

	(void)state;
	bench_open(&b, NULL);
	for (size_t i = 0; i < 100; i++) {
		fds[i] = raw_http_connect(b.daemon.socket_path);
		assert_true(fds[i] >= 0);
		raw_http_send(fds[i], "GET /v1/outbox HTTP/1.1\r\nHost: x\r\n\r\n");
	}
	for (size_t i = 0; i < 100; i++) {
		str_buf_clear(&got);
		raw_http_read_until(fds[i], &got, "\r\n\r\n");
		served += strstr(str_buf_text(&got), " 200 ") != NULL;
		refused += strstr(str_buf_text(&got), " 503 ") != NULL;
	}
	assert_int_equal(served, 64);
	assert_int_equal(refused, 36);
	for (size_t i = 0; i < 100; i++)
		close(fds[i]);
	/* The ends are noticed turn by turn; a refused client tries again, as a person would. */
	for (int i = 0; i < 1000; i++) {
		get(&b, "/v1/status");
		if (b.status == 200)
			break;
	}
	assert_int_equal(b.status, 200);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(b.answer, "api"), "accepted")), 65);
	bench_fini(&b);
}

static void a_list_of_many_pieces_comes_whole_and_in_order(void **state)
{
	struct bench b = { 0 };

	(void)state;
	fake_start_large(&b.daemon, 2000);
	b.talk = talk_new(b.daemon.socket_path);
	for (int i = 0; i < 10; i++)
		get(&b, "/v1/points");
	assert_int_equal(json_array_size(b.answer), 2000);
	for (size_t i = 0; i < 2000; i++) {
		char name[32];

		snprintf(name, sizeof(name), "tank-%zu.level", i);
		assert_string_equal(text_of(json_array_get(b.answer, i), "point"), name);
	}
	get(&b, "/v1/points?match=tank-1999.*");
	assert_int_equal(json_array_size(b.answer), 1);
	bench_fini(&b);
}

static void a_reader_of_a_long_list_may_leave_in_the_middle(void **state)
{
	struct str_buf got _cleanup_str_buf_ = { 0 };
	struct bench b = { 0 };
	int fd;

	(void)state;
	fake_start_large(&b.daemon, 2000);
	b.talk = talk_new(b.daemon.socket_path);
	fd = raw_http_connect(b.daemon.socket_path);
	raw_http_send(fd, "GET /v1/points HTTP/1.1\r\nHost: x\r\n\r\n");
	raw_http_read_until(fd, &got, "tank-3.level");
	close(fd);
	/* And one that is in the middle of it when the daemon ends. */
	fd = raw_http_connect(b.daemon.socket_path);
	raw_http_send(fd, "GET /v1/points HTTP/1.1\r\nHost: x\r\n\r\n");
	raw_http_read_until(fd, &got, "tank-3.level");
	get(&b, "/v1/status");
	assert_int_equal(b.status, 200);
	bench_fini(&b);
	close(fd);
}

/* ---- who ---- */

static void another_user_is_told_that_he_may_not(void **state)
{
	struct bench b;
	int status;
	pid_t child;

	(void)state;
	if (geteuid() != 0)
		skip(); /* only root can become another user */
	bench_open(&b, NULL);
	assert_int_equal(chmod(b.daemon.socket_path, 0666), 0);
	child = fork();
	if (child == 0) {
		struct str_buf got = { 0 };
		int fd;

		if (setgroups(0, NULL) < 0 || setgid(65534) < 0 || setuid(65534) < 0)
			_exit(2);
		fd = raw_http_connect(b.daemon.socket_path);
		raw_http_send(fd, "GET /v1/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
		raw_http_read_all(fd, &got);
		_exit(strstr(str_buf_text(&got), " 403 ") && strstr(got.text, "may not do this") ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	bench_fini(&b);
}

static void the_socket_is_for_owner_and_group_only(void **state)
{
	struct bench b;
	struct stat st;

	(void)state;
	bench_open(&b, NULL);
	assert_int_equal(stat(b.daemon.socket_path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	bench_fini(&b);
}

static void a_second_daemon_is_refused_and_a_dead_ones_socket_replaced(void **state)
{
	struct api_setup setup = { .listen_fd = -1 };
	struct api *second = NULL;
	const char *text = NULL;
	struct bench b;
	char dead[100];
	int fd;

	(void)state;
	bench_open(&b, NULL);
	setup.base = b.daemon.base;
	setup.source = &b.daemon.source;
	setup.socket_path = b.daemon.socket_path;
	assert_int_equal(api_open(&setup, &second, &text), -EADDRINUSE);
	assert_non_null(strstr(text, "another estated"));
	get(&b, "/v1/status"); /* the first one still answers */
	assert_int_equal(b.status, 200);
	snprintf(dead, sizeof(dead), "%s/file", b.daemon.folder);
	fd = creat(dead, 0600);
	close(fd);
	setup.socket_path = dead;
	assert_int_equal(api_open(&setup, &second, &text), -EEXIST);
	unlink(dead);
	setup.socket_path = "/tmp/a-path-that-is-much-too-long-for-a-socket/a-path-that-is-much-too-long-for-a-socket/"
			    "a-path-that-is-much-too-long-for-a-socket";
	assert_int_equal(api_open(&setup, &second, &text), -ENAMETOOLONG);
	bench_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(points_are_one_array_with_the_fields_of_the_design),
		cmocka_unit_test(points_are_chosen_by_glob_or_device),
		cmocka_unit_test(one_point_tells_where_it_comes_from_and_a_wrong_one_what_was_meant),
		cmocka_unit_test(the_other_lists_have_their_fields),
		cmocka_unit_test(the_status_counts_what_there_is),
		cmocka_unit_test(metrics_speak_prometheus),
		cmocka_unit_test(an_alarm_is_listed_acknowledged_and_normal_again),
		cmocka_unit_test(a_latched_alarm_is_closed_with_its_outcome),
		cmocka_unit_test(a_wrong_body_is_told_what_was_expected),
		cmocka_unit_test(what_is_not_there_is_404_and_a_wrong_method_405),
		cmocka_unit_test(a_command_is_answered_only_when_it_is_durable),
		cmocka_unit_test(a_command_that_the_disk_refuses_is_503),
		cmocka_unit_test(a_client_that_left_before_the_commit_does_no_harm),
		cmocka_unit_test(a_disk_that_takes_too_long_is_told_and_the_command_stands),
		cmocka_unit_test(a_daemon_may_end_while_a_command_waits),
		cmocka_unit_test(a_body_beyond_64_kib_is_413_and_the_daemon_goes_on),
		cmocka_unit_test(a_body_of_nearly_64_kib_is_read_whole),
		cmocka_unit_test(headers_beyond_8_kib_are_refused),
		cmocka_unit_test(a_request_that_drips_is_cut_off_at_its_deadline),
		cmocka_unit_test(an_idle_connection_is_closed_after_its_answer),
		cmocka_unit_test(connections_beyond_the_limit_are_503_and_leave_room_when_they_go),
		cmocka_unit_test(a_list_of_many_pieces_comes_whole_and_in_order),
		cmocka_unit_test(a_reader_of_a_long_list_may_leave_in_the_middle),
		cmocka_unit_test(another_user_is_told_that_he_may_not),
		cmocka_unit_test(the_socket_is_for_owner_and_group_only),
		cmocka_unit_test(a_second_daemon_is_refused_and_a_dead_ones_socket_replaced),
	};

	return UNIT_RUN(tests);
}
