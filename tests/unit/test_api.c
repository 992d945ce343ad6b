/* test_api.c: every route of the API, over its real socket: answers, refusals, commands that wait for the disk. */
#include "unit.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api_bench.h"
#include "raw_http.h"

/* The keys of an object, in the order given, are exactly there (others may follow). */
static void assert_keys(const json_t *object, const char *keys)
{
	struct str_buf have _cleanup_str_buf_ = { 0 };
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value) str_buf_printf(&have, "%s%s", have.len ? "," : "", key);
	if (strncmp(str_buf_text(&have), keys, strlen(keys)) != 0)
		fail_msg("expected %s, got %s", keys, str_buf_text(&have));
}

static void points_are_one_array_with_the_fields_of_the_design(void **state)
{
	struct api_bench b;
	const json_t *row;

	(void)state;
	api_bench_open(&b, NULL);
	fake_read(&b.daemon, "lift-1.load", value_number(0.1));
	api_bench_get(&b, "/v1/points");
	assert_int_equal(b.status, 200);
	assert_int_equal(json_array_size(b.answer), 6);
	row = json_array_get(b.answer, 0);
	assert_keys(row, "point,device,place,class,value,unit,quality,test,at");
	assert_string_equal(api_bench_text(row, "point"), "lift-1.trapped");
	assert_string_equal(api_bench_text(row, "quality"), "lost");
	assert_true(json_is_null(json_object_get(row, "value")));
	row = json_array_get(b.answer, 2);
	assert_string_equal(api_bench_text(row, "unit"), "kg");
	assert_string_equal(api_bench_text(row, "quality"), "good");
	assert_non_null(strstr(b.body, "\"value\":0.1,")); /* no 0.10000000000000001 */
	api_bench_fini(&b);
}

static void places_say_what_they_are_called_and_how_high_they_are(void **state)
{
	struct api_bench b;
	const json_t *row;

	(void)state;
	api_bench_open(&b, NULL);
	api_bench_get(&b, "/v1/places");
	assert_int_equal(b.status, 200);
	assert_int_equal(json_array_size(b.answer), 2);
	row = json_array_get(b.answer, 0);
	assert_string_equal(api_bench_text(row, "place"), "b1");
	assert_string_equal(api_bench_text(row, "name"), "1栋");
	assert_int_equal(json_integer_value(json_object_get(row, "floors")), 18);
	assert_int_equal(json_array_size(json_object_get(row, "units")), 2);
	row = json_array_get(b.answer, 1);
	assert_string_equal(api_bench_text(row, "name"), "gate");
	assert_true(json_is_null(json_object_get(row, "floors")));
	api_bench_fini(&b);
}

static void points_are_chosen_by_glob_or_device(void **state)
{
	struct api_bench b;

	(void)state;
	api_bench_open(&b, NULL);
	api_bench_get(&b, "/v1/points?match=*.trapped");
	assert_int_equal(json_array_size(b.answer), 1);
	api_bench_get(&b, "/v1/points?match=lift-1");
	assert_int_equal(json_array_size(b.answer), 3);
	api_bench_get(&b, "/v1/points?match=%5Bs-t%5D*");
	assert_int_equal(json_array_size(b.answer), 3);
	api_bench_get(&b, "/v1/points?match=nothing");
	assert_int_equal(b.status, 200);
	assert_string_equal(b.body, "[]\n");
	api_bench_get(&b, "/v1/devices?match=t*");
	assert_int_equal(json_array_size(b.answer), 1);
	api_bench_fini(&b);
}

static void one_point_tells_where_it_comes_from_and_a_wrong_one_what_was_meant(void **state)
{
	struct api_bench b;

	(void)state;
	api_bench_open(&b, NULL);
	fake_read(&b.daemon, "tank-1.medium", value_text("水\x1b[31m"));
	api_bench_get(&b, "/v1/points/tank-1.medium");
	assert_int_equal(b.status, 200);
	assert_string_equal(api_bench_text(b.answer, "point"), "tank-1.medium");
	assert_string_equal(api_bench_text(b.answer, "type"), "text");
	assert_non_null(json_object_get(b.answer, "source"));
	api_bench_get(&b, "/v1/points/lift-1.traped");
	api_bench_assert_error(&b, 404, "did you mean 'lift-1.trapped'?");
	assert_string_equal(api_bench_text(json_object_get(b.answer, "error"), "field"), "point");
	api_bench_fini(&b);
}

static void the_other_lists_have_their_fields(void **state)
{
	struct api_bench b;

	(void)state;
	api_bench_open(&b, NULL);
	api_bench_get(&b, "/v1/buses");
	assert_int_equal(json_array_size(b.answer), 1);
	assert_keys(json_array_get(b.answer, 0), "bus,type,target,state,since");
	assert_int_equal(json_array_size(json_object_get(json_array_get(b.answer, 0), "units")), 2);
	api_bench_get(&b, "/v1/devices");
	assert_int_equal(json_array_size(b.answer), 3);
	assert_keys(json_array_get(b.answer, 0),
		    "device,name,place,room,class,profile,bus,unit,plugin,address,points,good,at");
	api_bench_get(&b, "/v1/plugins");
	assert_string_equal(api_bench_text(json_array_get(b.answer, 0), "state"), "fault");
	assert_string_equal(api_bench_text(json_array_get(b.answer, 0), "text"), ""); /* it was not UTF-8 */
	api_bench_get(&b, "/v1/outbox");
	assert_int_equal(json_array_size(b.answer), 2);
	assert_keys(json_array_get(b.answer, 0), "uplink,lane,pending,bytes,oldest");
	assert_true(json_is_null(json_object_get(json_array_get(b.answer, 0), "oldest")));
	assert_int_equal(json_integer_value(json_object_get(json_array_get(b.answer, 1), "pending")), 12);
	api_bench_fini(&b);
}

static void the_status_counts_what_there_is(void **state)
{
	struct api_bench b;
	const json_t *group;

	(void)state;
	api_bench_open(&b, NULL);
	fake_read(&b.daemon, "lift-1.trapped", value_bool(true));
	api_bench_get(&b, "/v1/status");
	assert_int_equal(b.status, 200);
	assert_true(json_is_true(json_object_get(b.answer, "ready")));
	assert_string_equal(api_bench_text(json_object_get(b.answer, "estate"), "name"), "示范小区");
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
	api_bench_fini(&b);
}

static void metrics_speak_prometheus(void **state)
{
	struct api_bench b;

	(void)state;
	api_bench_open(&b, NULL);
	api_bench_get(&b, "/metrics");
	assert_int_equal(b.status, 200);
	assert_non_null(strstr(b.body, "# TYPE estated_points gauge\n"));
	assert_non_null(strstr(b.body, "\nestated_points{quality=\"lost\"} 6\n"));
	assert_non_null(strstr(b.body, "\nestated_bus_requests_total{bus=\"gw-lifts\"} 1000\n"));
	assert_non_null(strstr(b.body, "\nestated_bus_bad_answers_total{bus=\"gw-lifts\"} 3\n"));
	assert_non_null(strstr(b.body, "\nestated_outbox_pending{uplink=\"cloud\",lane=\"data\"} 12\n"));
	assert_non_null(strstr(b.body, "\nestated_engine{counter=\"samples\"} 5\n"));
	for (char *line = strtok(b.body, "\n"); line; line = strtok(NULL, "\n"))
		assert_true(strncmp(line, "# ", 2) == 0 || strncmp(line, "estated_", 8) == 0);
	api_bench_fini(&b);
}

static void an_alarm_is_listed_acknowledged_and_normal_again(void **state)
{
	struct api_bench b;

	(void)state;
	api_bench_open(&b, NULL);
	api_bench_get(&b, "/v1/alarms");
	assert_string_equal(b.body, "[]\n");
	fake_read(&b.daemon, "lift-1.trapped", value_bool(true));
	api_bench_get(&b, "/v1/alarms");
	assert_int_equal(json_array_size(b.answer), 1);
	assert_keys(json_array_get(b.answer, 0), "alarm,rule,asset,state,priority,stage,since,count,reason,text,place");
	api_bench_post(&b, "/v1/alarms/lift-trapped/lift-1/ack", "{\"note\":\"我去看\"}");
	assert_int_equal(b.status, 200);
	assert_string_equal(api_bench_text(b.answer, "state"), "acked");
	assert_string_equal(fake_note(&b.daemon), "我去看");
	assert_true(fake_who(&b.daemon)[0] != '\0');
	api_bench_post(&b, "/v1/alarms/lift-trapped/lift-1/ack", "");
	api_bench_assert_error(&b, 409, "lift-trapped/lift-1");
	fake_read(&b.daemon, "lift-1.trapped", value_bool(false));
	api_bench_get(&b, "/v1/alarms");
	assert_string_equal(b.body, "[]\n");
	api_bench_get(&b, "/v1/alarms?all=1");
	assert_int_equal(json_array_size(b.answer), 1);
	assert_string_equal(api_bench_text(json_array_get(b.answer, 0), "state"), "normal");
	api_bench_fini(&b);
}

static void a_latched_alarm_is_closed_with_its_outcome(void **state)
{
	struct api_bench b;
	const char *path = "/v1/alarms/tank-high/tank-1/close";

	(void)state;
	api_bench_open(&b, NULL);
	fake_read(&b.daemon, "tank-1.level", value_number(95));
	api_bench_post(&b, path, "{\"outcome\":\"real\"}");
	api_bench_assert_error(&b, 409, "tank-high/tank-1");
	api_bench_post(&b, "/v1/alarms/tank-high/tank-1/ack", "{}");
	fake_read(&b.daemon, "tank-1.level", value_number(50));
	api_bench_get(&b, "/v1/alarms");
	assert_string_equal(api_bench_text(json_array_get(b.answer, 0), "state"), "latched");
	api_bench_post(&b, path, "{}");
	api_bench_assert_error(&b, 400, "expected one of: real false test duplicate");
	assert_string_equal(api_bench_text(json_object_get(b.answer, "error"), "field"), "outcome");
	api_bench_post(&b, path, "{\"outcome\":\"rea\"}");
	api_bench_assert_error(&b, 400, "outcome");
	api_bench_post(&b, path, "{\"outcome\":\"real\",\"note\":\"valve stuck\"}");
	assert_int_equal(b.status, 200);
	assert_string_equal(api_bench_text(b.answer, "state"), "normal");
	assert_string_equal(fake_note(&b.daemon), "real: valve stuck");
	api_bench_fini(&b);
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
	struct api_bench b;

	(void)state;
	api_bench_open(&b, NULL);
	fake_read(&b.daemon, "lift-1.trapped", value_bool(true));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		api_bench_post(&b, "/v1/alarms/lift-trapped/lift-1/ack", cases[i].body);
		api_bench_assert_error(&b, 400, cases[i].text);
	}
	for (size_t i = 0; i < 20000; i++)
		str_buf_add(&deep, "[");
	api_bench_post(&b, "/v1/alarms/lift-trapped/lift-1/ack", deep.text);
	api_bench_assert_error(&b, 400, "expected one JSON object");
	str_buf_add(&long_note, "{\"note\":\"");
	for (size_t i = 0; i < 501; i++)
		str_buf_add(&long_note, "x");
	str_buf_add(&long_note, "\"}");
	api_bench_post(&b, "/v1/alarms/lift-trapped/lift-1/ack", long_note.text);
	api_bench_assert_error(&b, 400, "expected at most 500");
	api_bench_get(&b, "/v1/alarms");
	assert_string_equal(api_bench_text(json_array_get(b.answer, 0), "state"), "unacked");
	api_bench_fini(&b);
}

static void what_is_not_there_is_404_and_a_wrong_method_405(void **state)
{
	struct api_bench b;

	(void)state;
	api_bench_open(&b, NULL);
	api_bench_get(&b, "/v1/pionts");
	api_bench_assert_error(&b, 404, "did you mean '/v1/points'?");
	api_bench_get(&b, "/nothing/at/all");
	api_bench_assert_error(&b, 404, "nothing is at");
	api_bench_post(&b, "/v1/points", "{}");
	api_bench_assert_error(&b, 405, "takes GET only");
	api_bench_get(&b, "/v1/alarms/sos/sos-1204/ack");
	api_bench_assert_error(&b, 405, "takes POST only");
	api_bench_post(&b, "/v1/alarms/sos/sos-1204/ack", "{}");
	api_bench_assert_error(&b, 404, "no alarm 'sos/sos-1204' is open");
	api_bench_get(&b, "/v1/points?mach=x");
	api_bench_assert_error(&b, 400, "unknown parameter 'mach': expected match=");
	api_bench_get(&b, "/v1/status?x=1");
	api_bench_assert_error(&b, 400, "unknown parameter 'x'");
	api_bench_fini(&b);
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
	struct api_bench b;
	int fd, error = 0;
	char early;

	(void)state;
	api_bench_open(&b, NULL);
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
	api_bench_fini(&b);
}

static void a_command_that_the_disk_refuses_is_503(void **state)
{
	struct str_buf got _cleanup_str_buf_ = { 0 };
	struct api_bench b;
	int fd, error = -ENOSPC;

	(void)state;
	api_bench_open(&b, NULL);
	b.daemon.commits = FAKE_LATER;
	fake_read(&b.daemon, "lift-1.trapped", value_bool(true));
	fd = raw_http_connect(b.daemon.socket_path);
	raw_http_send(fd, ack_request);
	wait_for_pending(&b.daemon);
	fake_do(&b.daemon, finish, &error);
	raw_http_read_all(fd, &got);
	assert_non_null(strstr(got.text, " 503 "));
	close(fd);
	api_bench_fini(&b);
}

static void a_client_that_left_before_the_commit_does_no_harm(void **state)
{
	struct api_bench b;
	int error = 0;

	(void)state;
	api_bench_open(&b, NULL);
	b.daemon.commits = FAKE_LATER;
	fake_read(&b.daemon, "lift-1.trapped", value_bool(true));
	int fd = raw_http_connect(b.daemon.socket_path);

	raw_http_send(fd, ack_request);
	wait_for_pending(&b.daemon);
	close(fd);
	fake_do(&b.daemon, finish, &error);
	api_bench_get(&b, "/v1/alarms");
	assert_string_equal(api_bench_text(json_array_get(b.answer, 0), "state"), "acked");
	api_bench_fini(&b);
}

static void a_disk_that_takes_too_long_is_told_and_the_command_stands(void **state)
{
	struct api_limits limits = api_limits_usual;
	struct api_bench b;
	int error = 0;

	(void)state;
	limits.pending_us = 50 * MS;
	api_bench_open(&b, &limits);
	b.daemon.commits = FAKE_LATER;
	fake_read(&b.daemon, "lift-1.trapped", value_bool(true));
	api_bench_post(&b, "/v1/alarms/lift-trapped/lift-1/ack", "{}");
	api_bench_assert_error(&b, 504, "not on disk yet");
	fake_do(&b.daemon, finish, &error); /* the COMMIT comes after all */
	api_bench_get(&b, "/v1/alarms");
	assert_string_equal(api_bench_text(json_array_get(b.answer, 0), "state"), "acked");
	api_bench_fini(&b);
}

static void a_daemon_may_end_while_a_command_waits(void **state)
{
	struct api_bench b;
	int fd;

	(void)state;
	api_bench_open(&b, NULL);
	b.daemon.commits = FAKE_NEVER;
	fake_read(&b.daemon, "lift-1.trapped", value_bool(true));
	fd = raw_http_connect(b.daemon.socket_path);
	raw_http_send(fd, ack_request);
	wait_for_pending(&b.daemon);
	api_bench_fini(&b); /* finishes it after api_close */
	close(fd);
}

static void the_clock_is_shown_and_set(void **state)
{
	struct api_bench b;

	(void)state;
	api_bench_open(&b, NULL);
	clock_set_zone("Asia/Shanghai");
	api_bench_get(&b, "/v1/clock");
	assert_int_equal(b.status, 200);
	assert_keys(b.answer, "time,quality,since,boot,booted,uptime_s,max_error_s,steps,step_s,stepped");
	assert_string_equal(api_bench_text(b.answer, "time"), "1970-01-01T08:05:00.000+08:00");
	assert_string_equal(api_bench_text(b.answer, "quality"), "unset");
	assert_true(json_is_null(json_object_get(b.answer, "step_s")));
	api_bench_post(&b, "/v1/clock", "{\"time\":\"2026-11-22 03:00\"}");
	assert_int_equal(b.status, 200);
	assert_int_equal(b.daemon.clock_us, 1795287600 * S);
	assert_true(b.daemon.clock_who[0] != '\0');
	assert_string_equal(api_bench_text(b.answer, "time"), "2026-11-22T03:00:00.000+08:00");
	assert_string_equal(api_bench_text(b.answer, "quality"), "restored");
	assert_string_equal(api_bench_text(b.answer, "booted"), "2026-11-22T02:00:00.000+08:00");
	assert_int_equal(json_integer_value(json_object_get(b.answer, "uptime_s")), 3600);
	api_bench_fini(&b);
}

static void the_log_is_shown_room_by_room_and_another_level_is_asked_for(void **state)
{
	struct api_bench b;

	(void)state;
	api_bench_open(&b, NULL);
	b.daemon.log.lost = 7;
	b.daemon.log.rooms[LOG_ROOM_FIELD] = (struct status_log_room){
		.level = LOG_LEVEL_DEBUG, .configured = LOG_LEVEL_INFO, .until_us = S, .who = "anna"
	};
	api_bench_get(&b, "/v1/log");
	assert_int_equal(b.status, 200);
	assert_keys(b.answer, "rooms,lost,suppressed");
	assert_int_equal(json_array_size(json_object_get(b.answer, "rooms")), LOG_ROOMS);
	assert_keys(json_array_get(json_object_get(b.answer, "rooms"), LOG_ROOM_FIELD),
		    "room,level,configured,until,by");
	assert_string_equal(api_bench_text(json_array_get(json_object_get(b.answer, "rooms"), LOG_ROOM_FIELD), "by"),
			    "anna");
	assert_true(json_is_null(
		json_object_get(json_array_get(json_object_get(b.answer, "rooms"), LOG_ROOM_STORE), "until")));
	api_bench_post(&b, "/v1/log", "{\"room\":\"store\",\"level\":\"debug\",\"for\":\"10m\"}");
	assert_int_equal(b.status, 200);
	assert_int_equal(b.daemon.log_asked.room, LOG_ROOM_STORE);
	assert_int_equal(b.daemon.log_asked.level, LOG_LEVEL_DEBUG);
	assert_int_equal(b.daemon.log_asked.for_us, 10 * MINUTE);
	assert_true(b.daemon.clock_who[0] != '\0');
	api_bench_post(&b, "/v1/log", "{\"level\":\"configured\"}");
	assert_int_equal(b.status, 200);
	assert_int_equal(b.daemon.log_asked.room, -1);
	assert_int_equal(b.daemon.log_asked.level, 0);
	assert_int_equal(b.daemon.log_asked.for_us, 0);
	api_bench_fini(&b);
}

static void a_wrong_level_is_refused_with_what_was_expected(void **state)
{
	struct api_bench b;

	(void)state;
	api_bench_open(&b, NULL);
	b.daemon.log_asked.room = 99;
	api_bench_post(&b, "/v1/log", "{}");
	api_bench_assert_error(&b, 400, "level: expected error, warning");
	api_bench_post(&b, "/v1/log", "{\"level\":7}");
	api_bench_assert_error(&b, 400, "level: expected a text");
	api_bench_post(&b, "/v1/log", "{\"level\":\"info\",\"room\":\"attic\"}");
	api_bench_assert_error(&b, 400, "room 'attic': expected api");
	api_bench_post(&b, "/v1/log", "{\"level\":\"info\",\"for\":\"0s\"}");
	api_bench_assert_error(&b, 400, "for: expected a duration");
	api_bench_post(&b, "/v1/log", "{\"level\":\"info\",\"until\":\"noon\"}");
	api_bench_assert_error(&b, 400, "unknown key 'until'");
	assert_int_equal(b.daemon.log_asked.room, 99); /* nobody was asked */
	api_bench_fini(&b);
}

static void a_clock_that_cannot_be_set_says_what_to_do(void **state)
{
	struct api_bench b;

	(void)state;
	api_bench_open(&b, NULL);
	clock_set_zone("Asia/Shanghai");
	api_bench_post(&b, "/v1/clock", "{\"time\":\"noon\"}");
	api_bench_assert_error(&b, 400, "time: expected a date and time");
	api_bench_post(&b, "/v1/clock", "{}");
	api_bench_assert_error(&b, 400, "time: expected a date and time");
	api_bench_post(&b, "/v1/clock", "{\"tiem\":\"2026-11-22 03:00\"}");
	api_bench_assert_error(&b, 400, "unknown key 'tiem'");
	b.daemon.clock_error = -ERANGE;
	api_bench_post(&b, "/v1/clock", "{\"time\":\"2001-11-22 03:00\"}");
	api_bench_assert_error(&b, 400, "before this estated was built");
	b.daemon.clock_error = -EPERM;
	api_bench_post(&b, "/v1/clock", "{\"time\":\"2026-11-22 03:00\"}");
	api_bench_assert_error(&b, 409, "as root run: date -s '2026-11-22T03:00:00.000+08:00'");
	assert_int_equal(b.daemon.clock_us, 0);
	assert_int_equal(b.daemon.clock_expected_us, 0);
	api_bench_post(&b, "/v1/clock", "{\"time\":\"2026-11-22 03:00\",\"client_sets\":1}");
	api_bench_assert_error(&b, 400, "client_sets: expected true or false");
	api_bench_post(&b, "/v1/clock", "{\"time\":\"2026-11-22 03:00\",\"client_sets\":true}");
	assert_int_equal(b.status, 202);
	assert_keys(b.answer, "set");
	assert_string_equal(api_bench_text(b.answer, "set"), "2026-11-22T03:00:00.000+08:00");
	assert_int_equal(b.daemon.clock_expected_us, 1795287600 * S);
	assert_true(b.daemon.clock_who[0] != '\0');
	api_bench_fini(&b);
}

static void the_folder_of_the_socket_is_made_where_there_is_none(void **state)
{
	char base[] = "/tmp/estated-api-folder.XXXXXX", middle[48], folder[64];
	struct fake_daemon f;

	(void)state;
	assert_non_null(mkdtemp(base));
	snprintf(middle, sizeof(middle), "%s/var", base);
	snprintf(folder, sizeof(folder), "%s/run", middle);
	fake_start_at(&f, folder);
	assert_int_equal(access(f.socket_path, F_OK), 0);
	fake_stop(&f); /* removes the innermost */
	assert_int_equal(rmdir(middle), 0);
	assert_int_equal(rmdir(base), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_folder_of_the_socket_is_made_where_there_is_none),
		cmocka_unit_test(points_are_one_array_with_the_fields_of_the_design),
		cmocka_unit_test(places_say_what_they_are_called_and_how_high_they_are),
		cmocka_unit_test(points_are_chosen_by_glob_or_device),
		cmocka_unit_test(one_point_tells_where_it_comes_from_and_a_wrong_one_what_was_meant),
		cmocka_unit_test(the_other_lists_have_their_fields),
		cmocka_unit_test(the_status_counts_what_there_is),
		cmocka_unit_test(metrics_speak_prometheus),
		cmocka_unit_test(an_alarm_is_listed_acknowledged_and_normal_again),
		cmocka_unit_test(a_latched_alarm_is_closed_with_its_outcome),
		cmocka_unit_test(a_wrong_body_is_told_what_was_expected),
		cmocka_unit_test(what_is_not_there_is_404_and_a_wrong_method_405),
		cmocka_unit_test(the_clock_is_shown_and_set),
		cmocka_unit_test(the_log_is_shown_room_by_room_and_another_level_is_asked_for),
		cmocka_unit_test(a_wrong_level_is_refused_with_what_was_expected),
		cmocka_unit_test(a_clock_that_cannot_be_set_says_what_to_do),
		cmocka_unit_test(a_command_is_answered_only_when_it_is_durable),
		cmocka_unit_test(a_command_that_the_disk_refuses_is_503),
		cmocka_unit_test(a_client_that_left_before_the_commit_does_no_harm),
		cmocka_unit_test(a_disk_that_takes_too_long_is_told_and_the_command_stands),
		cmocka_unit_test(a_daemon_may_end_while_a_command_waits),
	};

	return UNIT_RUN(tests);
}
