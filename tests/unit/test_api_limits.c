/* test_api_limits.c: what a client cannot do to the daemon, and who may not ask it at all. */
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

#include "api_bench.h"
#include "raw_http.h"

static void a_body_beyond_64_kib_is_413_and_the_daemon_goes_on(void **state)
{
	struct str_buf got _cleanup_str_buf_ = { 0 }, body _cleanup_str_buf_ = { 0 };
	struct api_bench b;
	int fd;

	(void)state;
	api_bench_open(&b, NULL);
	fd = raw_http_connect(b.daemon.socket_path);
	for (size_t i = 0; i < 70000; i++)
		str_buf_add(&body, "x");
	raw_http_send(fd, "POST /v1/alarms/a/b/ack HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n");
	raw_http_send(fd, body.text);
	raw_http_read_until(fd, &got, " 413 ");
	assert_non_null(strstr(str_buf_text(&got), " 413 "));
	close(fd);
	api_bench_get(&b, "/v1/status");
	assert_int_equal(b.status, 200);
	api_bench_fini(&b);
}

static void a_body_of_nearly_64_kib_is_read_whole(void **state)
{
	struct str_buf body _cleanup_str_buf_ = { 0 };
	struct api_bench b;

	(void)state;
	api_bench_open(&b, NULL);
	str_buf_add(&body, "{\"note\":\"x\"");
	while (body.len < 65000)
		str_buf_add(&body, "          ");
	str_buf_add(&body, "}");
	fake_read(&b.daemon, "lift-1.trapped", value_bool(true));
	api_bench_post(&b, "/v1/alarms/lift-trapped/lift-1/ack", body.text);
	assert_int_equal(b.status, 200);
	api_bench_fini(&b);
}

static void headers_beyond_8_kib_are_refused(void **state)
{
	struct str_buf got _cleanup_str_buf_ = { 0 }, head _cleanup_str_buf_ = { 0 };
	struct api_bench b;
	int fd;

	(void)state;
	api_bench_open(&b, NULL);
	fd = raw_http_connect(b.daemon.socket_path);
	str_buf_add(&head, "GET /v1/status HTTP/1.1\r\nX-Long: ");
	while (head.len < 9000)
		str_buf_add(&head, "xxxxxxxxxx");
	str_buf_add(&head, "\r\n\r\n");
	raw_http_send(fd, head.text);
	raw_http_read_all(fd, &got);
	assert_null(strstr(str_buf_text(&got), " 200 "));
	close(fd);
	api_bench_get(&b, "/v1/status");
	assert_int_equal(b.status, 200);
	api_bench_fini(&b);
}

static void a_request_that_drips_is_cut_off_at_its_deadline(void **state)
{
	struct api_limits limits = api_limits_usual;
	struct str_buf got _cleanup_str_buf_ = { 0 };
	int64_t begun_us = clock_mono_us();
	struct api_bench b;
	int fd;

	(void)state;
	limits.first_request_us = 300 * MS;
	api_bench_open(&b, &limits);
	fd = raw_http_connect(b.daemon.socket_path);
	/* A byte each 20 ms renews every timeout that counts from the last byte. */
	raw_http_send(fd, "GET /v1/status HTTP/1.1\r\nX-Slow: ");
	for (int i = 0; i < 400 && send(fd, "x", 1, MSG_NOSIGNAL) == 1; i++)
		clock_poll(-1, 0, clock_mono_us() + 20 * MS);
	raw_http_read_all(fd, &got);
	assert_true(clock_mono_us() - begun_us < 4 * S);
	assert_null(strstr(str_buf_text(&got), " 200 "));
	close(fd);
	api_bench_get(&b, "/v1/status");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(b.answer, "api"), "expired")), 1);
	api_bench_fini(&b);
}

static void an_idle_connection_is_closed_after_its_answer(void **state)
{
	struct api_limits limits = api_limits_usual;
	struct str_buf got _cleanup_str_buf_ = { 0 };
	struct api_bench b;
	int fd;

	(void)state;
	limits.idle_us = 200 * MS;
	api_bench_open(&b, &limits);
	fd = raw_http_connect(b.daemon.socket_path);
	raw_http_send(fd, "GET /v1/outbox HTTP/1.1\r\nHost: x\r\n\r\n");
	raw_http_read_all(fd, &got); /* comes back only because the other side closes */
	assert_non_null(strstr(str_buf_text(&got), "200 OK"));
	close(fd);
	api_bench_fini(&b);
}

static void connections_beyond_the_limit_are_503_and_leave_room_when_they_go(void **state)
{
	int fds[100];
	struct str_buf got _cleanup_str_buf_ = { 0 };
	size_t refused = 0, served = 0;
	struct api_bench b;

	(void)state;
	api_bench_open(&b, NULL);
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
		api_bench_get(&b, "/v1/status");
		if (b.status == 200)
			break;
	}
	assert_int_equal(b.status, 200);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(b.answer, "api"), "accepted")), 65);
	api_bench_fini(&b);
}

/* Streams of pages and of estatectl watch last for days: who acknowledges an alarm must find a place beside them. */
static void streams_take_no_place_of_a_command_and_have_a_limit_of_their_own(void **state)
{
	struct api_limits limits = api_limits_usual;
	struct str_buf got _cleanup_str_buf_ = { 0 };
	struct api_bench b;
	int fds[6];

	(void)state;
	limits.connections = 3;
	limits.streams = 5;
	api_bench_open(&b, &limits);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		str_buf_clear(&got);
		fds[i] = raw_http_connect(b.daemon.socket_path);
		raw_http_send(fds[i], "GET /v1/stream HTTP/1.1\r\nHost: x\r\n\r\n");
		raw_http_read_until(fds[i], &got, "\r\n\r\n");
		assert_non_null(strstr(str_buf_text(&got), i < limits.streams ? " 200 " : " 503 "));
	}
	raw_http_read_until(fds[5], &got, "}}");
	assert_non_null(strstr(str_buf_text(&got), "5 streams are open"));
	api_bench_get(&b, "/v1/status");
	assert_int_equal(b.status, 200);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(b.answer, "api"), "connections")), 7);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	api_bench_fini(&b);
}

/* What evhttp refuses before we see it: each as one JSON object, whole, and then the end. */
static void what_is_too_long_or_no_request_is_a_problem_in_our_own_form(void **state)
{
	static const struct {
		const char *head;
		size_t body;
		int status;
	} wrong[] = {
		{ "POST /v1/alarms/x/y/ack HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n", 0, 413 },
		{ "POST /v1/alarms/x/y/ack HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n", 100000, 413 },
		{ "POST /v1/alarms/x/y/ack HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", 0, 400 },
		{ "nonsense\r\n\r\n", 0, 400 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct str_buf got _cleanup_str_buf_ = { 0 };
		const char *body;
		json_t *problem;
		struct api_bench b;
		int fd;

		api_bench_open(&b, NULL);
		fd = raw_http_connect(b.daemon.socket_path);
		raw_http_send(fd, wrong[i].head);
		for (size_t sent = 0; sent < wrong[i].body && send(fd, "xxxxxxxxxx", 10, MSG_NOSIGNAL) == 10;
		     sent += 10)
			;
		raw_http_read_all(fd, &got);
		assert_non_null(strstr(str_buf_text(&got), "\r\nContent-Type: application/json\r\n"));
		assert_null(strstr(str_buf_text(&got), "<HTML>"));
		body = strstr(str_buf_text(&got), "\r\n\r\n");
		assert_non_null(body);
		problem = json_loads(body, 0, NULL);
		assert_int_equal(json_integer_value(json_object_get(json_object_get(problem, "error"), "status")),
				 wrong[i].status);
		json_decref(problem);
		close(fd);
		api_bench_fini(&b);
	}
}

static void a_list_of_many_pieces_comes_whole_and_in_order(void **state)
{
	struct api_bench b;

	(void)state;
	api_bench_open_large(&b, 2000);
	for (int i = 0; i < 10; i++)
		api_bench_get(&b, "/v1/points");
	assert_int_equal(json_array_size(b.answer), 2000);
	for (size_t i = 0; i < 2000; i++) {
		char name[32];

		snprintf(name, sizeof(name), "tank-%zu.level", i);
		assert_string_equal(api_bench_text(json_array_get(b.answer, i), "point"), name);
	}
	api_bench_get(&b, "/v1/points?match=tank-1999.*");
	assert_int_equal(json_array_size(b.answer), 1);
	api_bench_fini(&b);
}

static void a_reader_of_a_long_list_may_leave_in_the_middle(void **state)
{
	struct str_buf got _cleanup_str_buf_ = { 0 };
	struct api_bench b;
	int fd;

	(void)state;
	api_bench_open_large(&b, 2000);
	fd = raw_http_connect(b.daemon.socket_path);
	raw_http_send(fd, "GET /v1/points HTTP/1.1\r\nHost: x\r\n\r\n");
	raw_http_read_until(fd, &got, "tank-3.level");
	close(fd);
	/* And one that is in the middle of it when the daemon ends. */
	fd = raw_http_connect(b.daemon.socket_path);
	raw_http_send(fd, "GET /v1/points HTTP/1.1\r\nHost: x\r\n\r\n");
	raw_http_read_until(fd, &got, "tank-3.level");
	api_bench_get(&b, "/v1/status");
	assert_int_equal(b.status, 200);
	api_bench_fini(&b);
	close(fd);
}

/* ---- who ---- */

static void another_user_is_told_that_he_may_not(void **state)
{
	struct api_bench b;
	int status;
	pid_t child;

	(void)state;
	if (geteuid() != 0)
		skip(); /* only root can become another user */
	api_bench_open(&b, NULL);
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
	api_bench_fini(&b);
}

static void the_socket_is_for_owner_and_group_only(void **state)
{
	struct api_bench b;
	struct stat st;

	(void)state;
	api_bench_open(&b, NULL);
	assert_int_equal(stat(b.daemon.socket_path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	api_bench_fini(&b);
}

static void a_second_daemon_is_refused_and_a_dead_ones_socket_replaced(void **state)
{
	struct api_setup setup = { .listen_fd = -1 };
	struct api *second = NULL;
	const char *text = NULL;
	struct api_bench b;
	char dead[100];
	int fd;

	(void)state;
	api_bench_open(&b, NULL);
	setup.base = b.daemon.base;
	setup.source = &b.daemon.source;
	setup.socket_path = b.daemon.socket_path;
	assert_int_equal(api_open(&setup, &second, &text), -EADDRINUSE);
	assert_non_null(strstr(text, "another estated"));
	api_bench_get(&b, "/v1/status"); /* the first one still answers */
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
	api_bench_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_body_beyond_64_kib_is_413_and_the_daemon_goes_on),
		cmocka_unit_test(a_body_of_nearly_64_kib_is_read_whole),
		cmocka_unit_test(headers_beyond_8_kib_are_refused),
		cmocka_unit_test(a_request_that_drips_is_cut_off_at_its_deadline),
		cmocka_unit_test(an_idle_connection_is_closed_after_its_answer),
		cmocka_unit_test(connections_beyond_the_limit_are_503_and_leave_room_when_they_go),
		cmocka_unit_test(streams_take_no_place_of_a_command_and_have_a_limit_of_their_own),
		cmocka_unit_test(what_is_too_long_or_no_request_is_a_problem_in_our_own_form),
		cmocka_unit_test(a_list_of_many_pieces_comes_whole_and_in_order),
		cmocka_unit_test(a_reader_of_a_long_list_may_leave_in_the_middle),
		cmocka_unit_test(another_user_is_told_that_he_may_not),
		cmocka_unit_test(the_socket_is_for_owner_and_group_only),
		cmocka_unit_test(a_second_daemon_is_refused_and_a_dead_ones_socket_replaced),
	};

	return UNIT_RUN(tests);
}
