/* test_stream.c: the live stream: what changes arrives, what was missed is told, who does not read is dropped. */
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fake_daemon.h"
#include "raw_http.h"

struct listener {
	int fd;
	struct str_buf got;
};

static void listen_to(struct listener *l, const struct fake_daemon *f, const char *query, const char *header)
{
	struct str_buf request _cleanup_str_buf_ = { 0 };

	*l = (struct listener){ .fd = raw_http_connect(f->socket_path) };
	str_buf_printf(&request, "GET /v1/stream%s HTTP/1.1\r\nHost: x\r\n%s\r\n", query, header);
	raw_http_send(l->fd, request.text);
	assert_true(raw_http_read_until(l->fd, &l->got, "retry: "));
	assert_true(raw_http_read_until(l->fd, &l->got, "\n\n"));
	assert_non_null(strstr(l->got.text, "text/event-stream"));
}

static void listener_fini(struct listener *l)
{
	close(l->fd);
	str_buf_fini(&l->got);
}

static bool comes(struct listener *l, const char *text)
{
	return raw_http_read_until(l->fd, &l->got, text);
}

static size_t times(const struct listener *l, const char *text)
{
	size_t count = 0;

	for (const char *at = l->got.text; (at = strstr(at, text)); at += strlen(text))
		count++;
	return count;
}

static uint64_t last_id(const struct listener *l)
{
	const char *at = l->got.text, *found = NULL;

	while ((at = strstr(at, "id: "))) {
		if (at[-1] == '\n') /* a field, no part of the data */
			found = at;
		at += 4;
	}
	assert_non_null(found);
	return strtoull(found + 4, NULL, 10);
}

static void count_clients(struct fake_daemon *f, const void *arg)
{
	*(size_t *)(uintptr_t)arg = api_clients(f->api);
}

static void a_changed_point_arrives_with_an_id(void **state)
{
	struct fake_daemon f;
	struct listener l;
	uint64_t before;

	(void)state;
	fake_start(&f, NULL);
	listen_to(&l, &f, "", "");
	before = last_id(&l);
	fake_read(&f, "lift-1.floor", value_number(7));
	assert_true(comes(&l,
			  "event: point\ndata: {\"point\":\"lift-1.floor\",\"device\":\"lift-1\",\"place\":\"b3/u1\","
			  "\"class\":\"lift\",\"value\":7,"));
	assert_true(last_id(&l) == before + 1);
	listener_fini(&l);
	fake_stop(&f);
}

static void changes_of_one_moment_are_sent_once_as_they_are(struct fake_daemon *f, const void *arg)
{
	(void)arg;
	for (int i = 0; i <= 1000; i++)
		fake_read_now(f, &(struct fake_reading){ "lift-1.floor", value_number(i) });
	fake_read_now(f, &(struct fake_reading){ "lift-1.load", value_number(80) });
}

static void a_thousand_changes_of_a_point_are_one_event(void **state)
{
	struct fake_daemon f;
	struct listener l;

	(void)state;
	fake_start(&f, NULL);
	listen_to(&l, &f, "", "");
	fake_do(&f, changes_of_one_moment_are_sent_once_as_they_are, NULL);
	assert_true(comes(&l, "\"lift-1.load\""));
	assert_int_equal(times(&l, "\"lift-1.floor\""), 1);
	assert_int_equal(times(&l, "\"value\":1000,"), 1);
	listener_fini(&l);
	fake_stop(&f);
}

static void press_twice(struct fake_daemon *f, const void *arg)
{
	(void)arg;
	fake_read_now(f, &(struct fake_reading){ "sos-1204.pressed", value_event("single") });
	fake_read_now(f, &(struct fake_reading){ "sos-1204.pressed", value_event("double") });
}

static void two_presses_are_two_events_and_come_before_other_changes(void **state)
{
	struct fake_daemon f;
	struct listener l;

	(void)state;
	fake_start(&f, NULL);
	listen_to(&l, &f, "", "");
	fake_do(&f, press_twice, NULL);
	assert_true(comes(&l, "\"value\":\"double\""));
	assert_non_null(strstr(l.got.text, "\"value\":\"single\""));
	assert_true(comes(&l, "event: alarm\ndata: {\"alarm\":\"sos/sos-1204\""));
	listener_fini(&l);
	fake_stop(&f);
}

static void an_alarm_arrives_with_its_transition(void **state)
{
	struct fake_daemon f;
	struct listener l;

	(void)state;
	fake_start(&f, NULL);
	listen_to(&l, &f, "", "");
	fake_read(&f, "lift-1.trapped", value_bool(true));
	assert_true(comes(&l, "\"from\":\"normal\",\"input\":\"raised\""));
	assert_non_null(strstr(l.got.text,
			       "event: alarm\ndata: {\"alarm\":\"lift-trapped/lift-1\",\"rule\":\"lift-trapped\","
			       "\"asset\":\"lift-1\",\"state\":\"unacked\",\"priority\":1,"));
	listener_fini(&l);
	fake_stop(&f);
}

static json_t *grid_is_next(void *context, const char *alarm)
{
	(void)context;
	assert_string_equal(alarm, "lift-trapped/lift-1");
	return json_pack("{s:s, s:[s], s:[{s:s}]}", "by", "step", "duties", "grid", "who", "name", "grid worker 3");
}

static void tell_next(struct fake_daemon *f, const void *arg)
{
	f->source.next = arg ? grid_is_next : NULL;
	api_next_changed(f->api, "lift-trapped/lift-1");
	api_next_changed(f->api, "tank-high/tank-1"); /* not open: of no interest */
}

static void who_is_told_next_arrives_when_it_becomes_another(void **state)
{
	struct fake_daemon f;
	struct listener l;

	(void)state;
	fake_start(&f, NULL);
	listen_to(&l, &f, "", "");
	fake_read(&f, "lift-1.trapped", value_bool(true));
	fake_do(&f, tell_next, "somebody");
	assert_true(comes(&l, "event: next\ndata: {\"alarm\":\"lift-trapped/lift-1\",\"next\":{\"by\":\"step\","
			      "\"duties\":[\"grid\"],\"who\":[{\"name\":\"grid worker 3\"}]}}"));
	fake_do(&f, tell_next, NULL);
	assert_true(comes(&l, "data: {\"alarm\":\"lift-trapped/lift-1\",\"next\":null}"));
	assert_int_equal(times(&l, "event: next"), 2);
	listener_fini(&l);
	fake_stop(&f);
}

static void tell_health(struct fake_daemon *f, const void *arg)
{
	api_health_changed(f->api, "bus", arg, "down", "no answer");
	api_health_changed(f->api, "plugin", "zigbee", "fault", "\xff\xfe");
}

static void health_arrives_also_when_its_text_is_not_utf8(void **state)
{
	struct fake_daemon f;
	struct listener l;

	(void)state;
	fake_start(&f, NULL);
	listen_to(&l, &f, "", "");
	fake_do(&f, tell_health, "gw-lifts");
	assert_true(comes(&l, "event: health\ndata: {\"what\":\"bus\",\"id\":\"gw-lifts\",\"state\":\"down\""));
	assert_true(comes(&l, "\"what\":\"plugin\",\"id\":\"zigbee\",\"state\":\"fault\""));
	listener_fini(&l);
	fake_stop(&f);
}

static void only_what_matches_arrives(void **state)
{
	struct fake_daemon f;
	struct listener l;

	(void)state;
	fake_start(&f, NULL);
	listen_to(&l, &f, "?match=lift-1.*", "");
	fake_read(&f, "tank-1.level", value_number(95)); /* another device, and its alarm */
	fake_do(&f, tell_health, "gw-lifts");
	fake_read(&f, "lift-1.trapped", value_bool(true)); /* the alarm by its reason */
	assert_true(comes(&l, "\"alarm\":\"lift-trapped/lift-1\""));
	assert_true(comes(&l, "event: point\ndata: {\"point\":\"lift-1.trapped\""));
	assert_null(strstr(l.got.text, "tank"));
	assert_null(strstr(l.got.text, "gw-lifts"));
	listener_fini(&l);
	fake_stop(&f);
}

static void what_happened_while_nobody_listened_is_told_by_id(void **state)
{
	struct fake_daemon f;
	struct listener l;
	char header[64];

	(void)state;
	fake_start(&f, NULL);
	listen_to(&l, &f, "", "");
	fake_read(&f, "lift-1.floor", value_number(3));
	assert_true(comes(&l, "\"lift-1.floor\""));
	snprintf(header, sizeof(header), "Last-Event-ID: %llu\r\n", (unsigned long long)last_id(&l));
	listener_fini(&l);
	fake_wait_clients(&f, 0);
	fake_read(&f, "lift-1.trapped", value_bool(true));
	fake_read(&f, "lift-1.floor", value_number(4));
	listen_to(&l, &f, "", header);
	assert_true(comes(&l, "\"alarm\":\"lift-trapped/lift-1\""));
	assert_true(comes(&l, "\"point\":\"lift-1.floor\""));
	assert_null(strstr(l.got.text, "event: gap"));
	assert_null(strstr(l.got.text, "\"value\":3,")); /* that was seen already */
	listener_fini(&l);
	fake_stop(&f);
}

static void an_id_of_an_earlier_life_is_a_gap(void **state)
{
	struct fake_daemon f;
	struct listener l;

	(void)state;
	fake_start(&f, NULL);
	listen_to(&l, &f, "", "Last-Event-ID: 17\r\n");
	assert_true(comes(&l, "event: gap\ndata: {\"from\":17,"));
	fake_read(&f, "lift-1.trapped", value_bool(true)); /* and goes on live */
	assert_true(comes(&l, "\"alarm\":\"lift-trapped/lift-1\""));
	listener_fini(&l);
	listen_to(&l, &f, "", "Last-Event-ID: 9007199254740993\r\n"); /* of a later one: the clock was set back */
	assert_true(comes(&l, "event: gap"));
	listener_fini(&l);
	fake_stop(&f);
}

static void a_wrong_id_is_400(void **state)
{
	struct fake_daemon f;
	struct str_buf got _cleanup_str_buf_ = { 0 };
	int fd;

	(void)state;
	fake_start(&f, NULL);
	fd = raw_http_connect(f.socket_path);
	raw_http_send(fd, "GET /v1/stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\nLast-Event-ID: x\r\n\r\n");
	raw_http_read_all(fd, &got);
	assert_non_null(strstr(str_buf_text(&got), " 400 "));
	assert_non_null(strstr(got.text, "expected the number of an event"));
	close(fd);
	fake_stop(&f);
}

/* More than a client may have waiting, in alarms that a client has missed. */
static void raise_often(struct fake_daemon *f, const void *arg)
{
	(void)arg;
	for (int i = 0; i < 900; i++) {
		fake_read_now(f, &(struct fake_reading){ "lift-1.trapped", value_bool(i % 2 == 0) });
		assert_int_equal(f->world.effects.count, 0);
	}
}

static void end_of_alarms(struct fake_daemon *f, const void *arg)
{
	struct evaluator_command c = {
		.alarm = "lift-trapped/lift-1", .input = ALARM_IN_ACK, .who = "x", .note = "the end"
	};

	(void)arg;
	assert_int_equal(f->source.command(f, &c, NULL), 0);
}

static void a_long_absence_is_told_in_pieces(void **state)
{
	struct api_limits limits = api_limits_usual;
	struct fake_daemon f;
	struct listener l;
	char header[64];

	(void)state;
	limits.stream_bytes = 64 * 1024;
	fake_start(&f, &limits);
	f.commits = FAKE_NEVER; /* nobody waits for it */
	listen_to(&l, &f, "", "");
	snprintf(header, sizeof(header), "Last-Event-ID: %llu\r\n", (unsigned long long)last_id(&l));
	listener_fini(&l);
	fake_wait_clients(&f, 0);
	fake_do(&f, raise_often, NULL);
	listen_to(&l, &f, "?match=lift-trapped/*", header);
	fake_do(&f, tell_health, "gw-lifts"); /* does not match */
	fake_read(&f, "sos-1204.pressed", value_event("last"));
	fake_read(&f, "lift-1.load", value_number(1));
	fake_do(&f, end_of_alarms, NULL);
	assert_true(comes(&l, "\"note\":\"the end\""));
	assert_int_equal(times(&l, "event: alarm"), f.transitions - 1); /* all but that of the button */
	assert_null(strstr(l.got.text, "event: gap"));
	listener_fini(&l);
	fake_stop(&f);
}

static void a_client_that_leaves_is_forgotten(void **state)
{
	struct fake_daemon f;
	struct listener l[3];

	(void)state;
	fake_start(&f, NULL);
	for (size_t i = 0; i < 3; i++)
		listen_to(&l[i], &f, "", "");
	fake_wait_clients(&f, 3);
	for (size_t i = 0; i < 3; i++)
		listener_fini(&l[i]);
	fake_wait_clients(&f, 0); /* without anything being sent */
	fake_stop(&f);
}

static void count_pages(struct fake_daemon *f, const void *arg)
{
	*(size_t *)(uintptr_t)arg = api_pages(f->api, NULL);
}

static void only_who_says_that_it_is_the_page_is_one(void **state)
{
	static const char *const queries[] = { "", "?page=1", "?match=lift-*", "?page=0", "?page=1&match=lift-*" };
	struct fake_daemon f;
	struct listener l[ARRAY_SIZE(queries)];
	size_t pages = 0;

	(void)state;
	fake_start(&f, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(queries); i++)
		listen_to(&l[i], &f, queries[i], "");
	fake_wait_clients(&f, ARRAY_SIZE(queries));
	fake_do(&f, count_pages, &pages);
	assert_int_equal(pages, 2);
	for (size_t i = 0; i < ARRAY_SIZE(queries); i++)
		listener_fini(&l[i]);
	fake_wait_clients(&f, 0);
	fake_do(&f, count_pages, &pages);
	assert_int_equal(pages, 0);
	fake_stop(&f);
}

static void comments_keep_it_alive(void **state)
{
	struct api_limits limits = api_limits_usual;
	struct fake_daemon f;
	struct listener l;

	(void)state;
	limits.keepalive_us = 20 * MS;
	fake_start(&f, &limits);
	listen_to(&l, &f, "", "");
	assert_true(comes(&l, ": alive\n\n"));
	listener_fini(&l);
	fake_stop(&f);
}

static void change_all(struct fake_daemon *f, const void *arg)
{
	for (int i = 0; i < 50; i++)
		fake_read_now(f, &(struct fake_reading){ "sos-1204.pressed", value_event(arg) });
}

static void a_client_that_does_not_read_is_dropped_and_the_others_go_on(void **state)
{
	struct api_limits limits = api_limits_usual;
	struct fake_daemon f;
	struct listener slow, good;
	int small = 4096;

	(void)state;
	limits.stream_bytes = 32 * 1024;
	fake_start(&f, &limits);
	slow = (struct listener){ .fd = raw_http_connect(f.socket_path) };
	setsockopt(slow.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	raw_http_send(slow.fd, "GET /v1/stream HTTP/1.1\r\nHost: x\r\n\r\n");
	fake_wait_clients(&f, 1);
	listen_to(&good, &f, "", "");
	/* The good one reads what comes; the slow one nothing. */
	for (int i = 0; i < 400; i++) {
		char mark[32];
		size_t clients;

		snprintf(mark, sizeof(mark), "press-%d", i);
		fake_do(&f, change_all, mark);
		str_buf_clear(&good.got);
		assert_true(comes(&good, mark));
		fake_do(&f, count_clients, &clients);
		if (clients == 1)
			break;
	}
	fake_wait_clients(&f, 1);
	str_buf_clear(&good.got);
	fake_read(&f, "lift-1.trapped", value_bool(true));
	assert_true(comes(&good, "lift-trapped/lift-1"));
	listener_fini(&slow);
	listener_fini(&good);
	fake_stop(&f);
}

#define CROWD 1500 /* their events are more than may wait for a client */

static void change_a_crowd(struct fake_daemon *f, const void *arg)
{
	(void)arg;
	for (int i = 0; i < CROWD; i++) {
		char point[40];

		snprintf(point, sizeof(point), "tank-%d.level", i);
		fake_read_now(f, &(struct fake_reading){ point, value_number(i) });
	}
}

static void when_all_changes_at_once_nobody_who_reads_is_dropped(void **state)
{
	struct fake_daemon f;
	struct listener l;
	char last[40];

	(void)state;
	fake_start_large(&f, CROWD);
	listen_to(&l, &f, "", "");
	fake_do(&f, change_a_crowd, NULL);
	snprintf(last, sizeof(last), "\"tank-%d.level\"", CROWD - 1);
	assert_true(comes(&l, last));
	assert_int_equal(times(&l, "event: point"), CROWD);
	assert_true(l.got.len > api_limits_usual.stream_bytes);
	assert_null(strstr(l.got.text, "event: gap"));
	listener_fini(&l);
	fake_stop(&f);
}

static void what_a_client_sends_is_not_kept(void **state)
{
	struct fake_daemon f;
	struct listener l;
	char block[4096];
	size_t sent = 0;

	(void)state;
	fake_start(&f, NULL);
	listen_to(&l, &f, "", "");
	memset(block, 'x', sizeof(block));
	for (int i = 0; i < 4000; i++) {
		ssize_t count = send(l.fd, block, sizeof(block), MSG_DONTWAIT | MSG_NOSIGNAL);
		size_t clients;

		if (count < 0)
			break;
		sent += (size_t)count;
		fake_do(&f, count_clients, &clients); /* the loop turns */
	}
	assert_true(sent < 2 * 1024 * 1024); /* the kernel's buffers and 8 KiB, not 16 MB */
	fake_read(&f, "lift-1.trapped", value_bool(true));
	assert_true(comes(&l, "lift-trapped/lift-1"));
	listener_fini(&l);
	fake_stop(&f);
}

static void without_a_client_points_cost_nothing(void **state)
{
	struct fake_daemon f;
	struct str_buf got _cleanup_str_buf_ = { 0 };
	int fd;

	(void)state;
	fake_start(&f, NULL);
	fake_do(&f, changes_of_one_moment_are_sent_once_as_they_are, NULL);
	fd = raw_http_connect(f.socket_path);
	raw_http_send(fd, "GET /v1/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	raw_http_read_all(fd, &got);
	assert_non_null(strstr(str_buf_text(&got), "\"streams\":0,\"streams_dropped\":0,\"events\":0"));
	close(fd);
	fake_stop(&f);
}

static void the_end_of_the_daemon_ends_the_stream(void **state)
{
	struct fake_daemon f;
	struct listener l;

	(void)state;
	fake_start(&f, NULL);
	listen_to(&l, &f, "", "");
	fake_stop(&f);
	raw_http_read_all(l.fd, &l.got); /* comes to its end */
	listener_fini(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_changed_point_arrives_with_an_id),
		cmocka_unit_test(a_thousand_changes_of_a_point_are_one_event),
		cmocka_unit_test(two_presses_are_two_events_and_come_before_other_changes),
		cmocka_unit_test(an_alarm_arrives_with_its_transition),
		cmocka_unit_test(who_is_told_next_arrives_when_it_becomes_another),
		cmocka_unit_test(health_arrives_also_when_its_text_is_not_utf8),
		cmocka_unit_test(only_what_matches_arrives),
		cmocka_unit_test(what_happened_while_nobody_listened_is_told_by_id),
		cmocka_unit_test(an_id_of_an_earlier_life_is_a_gap),
		cmocka_unit_test(a_wrong_id_is_400),
		cmocka_unit_test(a_long_absence_is_told_in_pieces),
		cmocka_unit_test(a_client_that_leaves_is_forgotten),
		cmocka_unit_test(only_who_says_that_it_is_the_page_is_one),
		cmocka_unit_test(comments_keep_it_alive),
		cmocka_unit_test(a_client_that_does_not_read_is_dropped_and_the_others_go_on),
		cmocka_unit_test(when_all_changes_at_once_nobody_who_reads_is_dropped),
		cmocka_unit_test(what_a_client_sends_is_not_kept),
		cmocka_unit_test(without_a_client_points_cost_nothing),
		cmocka_unit_test(the_end_of_the_daemon_ends_the_stream),
	};

	return UNIT_RUN(tests);
}
