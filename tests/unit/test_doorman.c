/* Who is let in: a modem that says its registration and nothing else, from a crowd of others. */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "field/doorman.h"
#include "field/waiter.h"
#include "loopback.h"

#define LIMIT (20 * S)

struct hall {
	struct doorman *doorman;
	struct queue *inbox[2];
	struct bus bus[2];
};

static int call(const struct hall *h)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(h->bus[0].port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	close(fd);
	return -1;
}

static int call_until_heard(const struct hall *h)
{
	int64_t deadline_us = clock_mono_us() + LIMIT;
	int fd = call(h);

	while (fd < 0 && clock_mono_us() < deadline_us) {
		clock_poll(-1, 0, clock_mono_us() + 5 * MS);
		fd = call(h);
	}
	assert_true(fd >= 0);
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Reads nothing: the other side closed. */
static void check_sent_away(int fd, int64_t within_us)
{
	char byte;

	assert_true(clock_poll(fd, POLLIN, clock_mono_us() + within_us) > 0);
	assert_true(read(fd, &byte, 1) <= 0);
	close(fd);
}

/* The mail at that bus: its connection. */
static int take_caller(struct hall *h, unsigned bus)
{
	struct waiter_mail m;

	assert_true(queue_pop_wait(h->inbox[bus], &m, clock_mono_us() + LIMIT));
	assert_int_equal(m.kind, WAITER_CALLER);
	return m.fd;
}

static void check_connected(int fd, int caller)
{
	char byte = 0;

	say(fd, "x");
	assert_true(clock_poll(caller, POLLIN, clock_mono_us() + LIMIT) > 0);
	assert_int_equal(read(caller, &byte, 1), 1);
	assert_int_equal(byte, 'x');
	assert_true(fcntl(caller, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(caller, F_GETFD) & FD_CLOEXEC);
}

static int setup(void **state)
{
	struct hall *h = MEM_NEW(struct hall);
	static const char *const names[] = { "lift-1", "pump-22" };
	uint16_t port = loopback_free_port();

	h->doorman = doorman_new();
	for (unsigned i = 0; i < 2; i++) {
		h->inbox[i] = queue_new(sizeof(struct waiter_mail), 8);
		h->bus[i] = (struct bus){ .id = names[i],
					  .type = BUS_DIAL_IN,
					  .host = "127.0.0.1",
					  .port = port,
					  .registration = (const uint8_t *)names[i],
					  .registration_len = strlen(names[i]) };
		assert_int_equal(doorman_expect(h->doorman, &h->bus[i], h->inbox[i]), 0);
	}
	*state = h;
	return 0;
}

static int teardown(void **state)
{
	struct hall *h = *state;

	for (unsigned i = 0; i < 2; i++) {
		struct waiter_mail m;

		if (!h->inbox[i])
			continue;
		doorman_forget(h->doorman, h->inbox[i]);
		while (queue_pop(h->inbox[i], &m))
			waiter_mail_drop(&m);
		queue_free(h->inbox[i]);
	}
	doorman_free(h->doorman);
	free(h);
	return 0;
}

static void each_modem_comes_to_its_bus(void **state)
{
	struct hall *h = *state;
	int pump = call_until_heard(h), lift = call(h), at_pump, at_lift;

	say(pump, "pump-22\r\n");
	say(lift, "lift-1");
	at_lift = take_caller(h, 0);
	at_pump = take_caller(h, 1);
	check_connected(lift, at_lift);
	check_connected(pump, at_pump);
	close(lift);
	close(pump);
	close(at_lift);
	close(at_pump);
}

static void a_registration_may_come_in_pieces(void **state)
{
	struct hall *h = *state;
	int fd = call_until_heard(h), at;

	for (const char *c = "lift-1"; *c; c++) {
		say(fd, (char[]){ *c, '\0' });
		clock_poll(-1, 0, clock_mono_us() + 3 * MS);
	}
	at = take_caller(h, 0);
	check_connected(fd, at);
	close(fd);
	close(at);
}

static void strangers_are_sent_away_and_nothing_is_said_to_them(void **state)
{
	static const char *const words[] = { "x",      "lift-2", "lift-17", "pump-22lift-1", "GET / HTTP/1.1\r\n\r\n",
					     " lift-1" };
	struct hall *h = *state;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		int fd = call_until_heard(h);

		say(fd, words[i]);
		check_sent_away(fd, LIMIT);
	}
	assert_int_equal(queue_len(h->inbox[0]) + queue_len(h->inbox[1]), 0);
}

/* "lift-1" and then "7" a moment later is lift-17, not lift-1. */
static void what_follows_at_once_belongs_to_the_registration(void **state)
{
	struct hall *h = *state;
	int fd = call_until_heard(h);

	say(fd, "lift-1");
	clock_poll(-1, 0, clock_mono_us() + 20 * MS);
	say(fd, "7");
	check_sent_away(fd, LIMIT);
	assert_int_equal(queue_len(h->inbox[0]), 0);
}

static void a_flood_before_the_registration_ends_at_once(void **state)
{
	struct hall *h = *state;
	int fd = call_until_heard(h);
	char noise[4096];
	ssize_t sent = 0;

	memset(noise, 'l', sizeof(noise));
	for (int i = 0; i < 100 && sent >= 0; i++)
		sent = send(fd, noise, sizeof(noise), MSG_NOSIGNAL | MSG_DONTWAIT);
	check_sent_away(fd, LIMIT);
}

static void a_crowd_of_silent_callers_keeps_no_modem_out(void **state)
{
	struct hall *h = *state;
	int crowd[3 * DOORMAN_CALLERS], fd, at;

	crowd[0] = call_until_heard(h);
	for (size_t i = 1; i < ARRAY_SIZE(crowd); i++)
		crowd[i] = call(h);
	fd = call(h);
	say(fd, "lift-1");
	at = take_caller(h, 0);
	check_connected(fd, at);
	close(fd);
	close(at);
	check_sent_away(crowd[0], LIMIT); /* the first to come, the first to go */
	for (size_t i = 1; i < ARRAY_SIZE(crowd); i++)
		close(crowd[i]);
}

static void who_says_nothing_is_sent_away_in_time(void **state)
{
	struct hall *h = *state;
	int64_t from_us = clock_mono_us();
	int fd = call_until_heard(h);

	check_sent_away(fd, DOORMAN_WAIT_US + 5 * S);
	assert_true(clock_mono_us() - from_us >= DOORMAN_WAIT_US - S);
}

static void a_bus_that_is_gone_gets_nobody_and_its_door_is_shut(void **state)
{
	struct hall *h = *state;
	int fd = call_until_heard(h);

	doorman_forget(h->doorman, h->inbox[0]);
	say(fd, "lift-1");
	check_sent_away(fd, LIMIT);
	assert_int_equal(queue_len(h->inbox[0]), 0);
	doorman_forget(h->doorman, h->inbox[1]);
	for (unsigned i = 0; i < 2; i++) {
		queue_free(h->inbox[i]);
		h->inbox[i] = NULL;
	}
	assert_int_equal(call(h), -1);
}

static void a_port_that_is_taken_is_told_and_tried_again(void **state)
{
	struct hall *h = *state;
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	struct queue *inbox = queue_new(sizeof(struct waiter_mail), 8);
	struct bus bus = h->bus[0];
	struct waiter_mail m;
	int taken = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fd, at;

	assert_int_equal(bind(taken, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(taken, 1), 0);
	assert_int_equal(getsockname(taken, (struct sockaddr *)&a, &len), 0);
	bus.port = ntohs(a.sin_port);
	assert_int_equal(doorman_expect(h->doorman, &bus, inbox), 0);
	assert_true(queue_pop_wait(inbox, &m, clock_mono_us() + LIMIT));
	assert_int_equal(m.kind, WAITER_DEAF);
	assert_int_equal(m.error, EADDRINUSE);
	close(taken);
	h->bus[0].port = bus.port; /* call() goes there now */
	fd = call_until_heard(h);
	say(fd, "lift-1");
	do
		assert_true(queue_pop_wait(inbox, &m, clock_mono_us() + LIMIT));
	while (m.kind == WAITER_DEAF);
	at = m.fd;
	check_connected(fd, at);
	close(fd);
	close(at);
	doorman_forget(h->doorman, inbox);
	queue_free(inbox);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(each_modem_comes_to_its_bus),
		CASE(a_registration_may_come_in_pieces),
		CASE(strangers_are_sent_away_and_nothing_is_said_to_them),
		CASE(what_follows_at_once_belongs_to_the_registration),
		CASE(a_flood_before_the_registration_ends_at_once),
		CASE(a_crowd_of_silent_callers_keeps_no_modem_out),
		CASE(who_says_nothing_is_sent_away_in_time),
		CASE(a_bus_that_is_gone_gets_nobody_and_its_door_is_shut),
		CASE(a_port_that_is_taken_is_told_and_tried_again),
	};

	log_set_level(LOG_LEVEL_DEBUG);
	return UNIT_RUN(tests);
}
