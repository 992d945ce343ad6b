/* The wire and one exchange over it: what is sent, how errors show, and that a transaction never outlasts its time. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "field/exchange.h"
#include "rogue.h"
#include "unit.h"

struct wire {
	struct bus bus;
	struct waiter waiter;
	struct link *link;
	int listener, peer;
};

static const struct frame_request ask = { .unit = 2, .function = 3, .address = 10, .count = 4 };

static int setup(void **state)
{
	struct wire *w = calloc(1, sizeof(*w));

	waiter_init(&w->waiter);
	w->listener = w->peer = -1;
	w->bus = (struct bus){ .id = "b",
			       .type = BUS_TCP,
			       .host = "127.0.0.1",
			       .baud = 115200,
			       .data_bits = 8,
			       .stop_bits = 1,
			       .parity = 'N',
			       .timeout_us = 100 * MS };
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct wire *w = *state;

	link_free(w->link);
	waiter_fini(&w->waiter);
	if (w->listener >= 0)
		close(w->listener);
	if (w->peer >= 0)
		close(w->peer);
	free(w);
	return 0;
}

/* A listener on a port from the kernel; backlog as given. */
static void listen_on(struct wire *w, int backlog)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);

	w->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(w->listener, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(w->listener, backlog), 0);
	assert_int_equal(getsockname(w->listener, (struct sockaddr *)&a, &len), 0);
	w->bus.port = ntohs(a.sin_port);
}

static void open_to_listener(struct wire *w)
{
	listen_on(w, 4);
	w->link = link_new(&w->bus);
	assert_int_equal(link_open(w->link, &w->waiter), 0);
	w->peer = accept(w->listener, NULL, NULL);
	assert_true(w->peer >= 0);
}

static void check_received(int fd, const uint8_t *expected, size_t len)
{
	uint8_t got[64];
	size_t n = 0;

	while (n < len) {
		ssize_t r;

		assert_true(clock_poll(fd, POLLIN, clock_mono_us() + 5 * S) > 0);
		r = read(fd, got + n, sizeof(got) - n);
		assert_true(r > 0);
		n += (size_t)r;
	}
	assert_int_equal(n, len);
	assert_memory_equal(got, expected, len);
}

static void a_tcp_request_has_its_transaction_id_in_front(void **state)
{
	struct wire *w = *state;
	const uint8_t expected[] = { 0x12, 0x34, 0, 0, 0, 6, 2, 3, 0, 10, 0, 4 };

	open_to_listener(w);
	assert_int_equal(link_send(w->link, &ask, 0x1234), 0);
	check_received(w->peer, expected, sizeof(expected));
}

/* The CRC is libmodbus's here: ours must agree with it. */
static void rtu_over_tcp_carries_the_crc_behind(void **state)
{
	struct wire *w = *state;
	uint8_t expected[FRAME_RTU_REQUEST];

	w->bus.type = BUS_RTU_OVER_TCP;
	open_to_listener(w);
	assert_int_equal(link_send(w->link, &ask, 0), 0);
	frame_compose_rtu(&ask, expected);
	check_received(w->peer, expected, sizeof(expected));
}

static void a_closed_connection_shows_when_read(void **state)
{
	struct wire *w = *state;
	uint8_t byte;

	open_to_listener(w);
	assert_int_equal(link_receive(w->link, &byte, 1), 0);
	close(w->peer);
	w->peer = -1;
	assert_true(clock_poll(link_fd(w->link), POLLIN, clock_mono_us() + 5 * S) > 0);
	assert_int_equal(link_receive(w->link, &byte, 1), -ECONNRESET);
	link_close(w->link);
	assert_false(link_is_open(w->link));
	assert_int_equal(link_fd(w->link), -1);
}

static int option_of(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	assert_int_equal(getsockopt(fd, level, name, &value, &len), 0);
	return value;
}

static void a_connection_is_kept_alive_and_given_up_when_nobody_is_there(void **state)
{
	struct wire *w = *state;

	open_to_listener(w);
	assert_true(option_of(link_fd(w->link), SOL_SOCKET, SO_KEEPALIVE) > 0);
	assert_int_equal(option_of(link_fd(w->link), IPPROTO_TCP, TCP_KEEPIDLE), 10);
	assert_int_equal(option_of(link_fd(w->link), IPPROTO_TCP, TCP_KEEPINTVL), 5);
	assert_int_equal(option_of(link_fd(w->link), IPPROTO_TCP, TCP_KEEPCNT), 3);
	assert_int_equal(option_of(link_fd(w->link), IPPROTO_TCP, TCP_USER_TIMEOUT), 10000);
	assert_true(option_of(link_fd(w->link), IPPROTO_TCP, TCP_NODELAY) > 0);
	assert_true(fcntl(link_fd(w->link), F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(link_fd(w->link), F_GETFD) & FD_CLOEXEC);
}

static void a_refused_connection_is_an_error(void **state)
{
	struct wire *w = *state;

	listen_on(w, 1);
	close(w->listener);
	w->listener = -1;
	w->link = link_new(&w->bus);
	assert_int_equal(link_open(w->link, &w->waiter), -ECONNREFUSED);
	assert_false(link_is_open(w->link));
}

static void a_name_is_resolved(void **state)
{
	struct wire *w = *state;

	listen_on(w, 4);
	w->bus.host = "localhost";
	w->link = link_new(&w->bus);
	/* It may be ::1 first, where nobody listens: the next try takes the next address. */
	for (int i = 0; i < 3 && !link_is_open(w->link); i++)
		link_open(w->link, &w->waiter);
	assert_true(link_is_open(w->link));
}

static void end_soon(void *arg)
{
	struct wire *w = arg;

	clock_poll(-1, 0, clock_mono_us() + 50 * MS);
	queue_close(w->waiter.inbox);
}

/* A listener whose queue is full lets connections hang, as a host behind a firewall does. */
static void a_connection_that_hangs_is_given_up_when_the_thread_is_to_end(void **state)
{
	struct wire *w = *state;
	int fillers[4];
	struct thread *t;
	int64_t from_us;
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	listen_on(w, 0);
	a.sin_port = htons(w->bus.port);
	for (size_t i = 0; i < ARRAY_SIZE(fillers); i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (connect(fillers[i], (struct sockaddr *)&a, sizeof(a)) < 0)
			assert_int_equal(errno, EINPROGRESS);
	}
	w->link = link_new(&w->bus);
	from_us = clock_mono_us();
	assert_int_equal(thread_start("ender", end_soon, w, &t), 0);
	assert_int_equal(link_open(w->link, &w->waiter), -ECANCELED);
	assert_true(clock_mono_us() - from_us < S);
	thread_join(t);
	for (size_t i = 0; i < ARRAY_SIZE(fillers); i++)
		close(fillers[i]);
}

static void a_serial_port_that_is_not_there_is_an_error(void **state)
{
	struct wire *w = *state;

	w->bus.type = BUS_RTU;
	w->bus.path = "/dev/no-such-port";
	w->link = link_new(&w->bus);
	assert_int_equal(link_open(w->link, &w->waiter), -ENOENT);
}

static void silence_before_a_frame_is_three_and_a_half_characters(void **state)
{
	struct wire *w = *state;

	w->bus.type = BUS_RTU;
	w->bus.baud = 9600;
	w->link = link_new(&w->bus);
	assert_in_range(link_silence_us(w->link), 3640, 3650);
	w->bus.parity = 'E';
	assert_in_range(link_silence_us(w->link), 4000, 4020);
	w->bus.baud = 57600;
	assert_int_equal(link_silence_us(w->link), 1750);
	w->bus.type = BUS_TCP;
	assert_int_equal(link_silence_us(w->link), 0);
}

/* -------- one exchange -------- */

static void on_other(void *context, const struct answer_frame *frame)
{
	(void)frame;
	++*(unsigned *)context;
}

static void one_exchange(struct wire *w, struct rogue *r, enum rogue_fault fault)
{
	unsigned others = 0;
	struct exchange x;
	struct tape tape = { 0 };
	struct exchange_result result;
	struct frame_request quick = { .unit = 3, .function = 3, .address = 10, .count = 4 };

	w->bus.port = rogue_port(r);
	w->bus.path = rogue_path(r);
	w->link = link_new(&w->bus);
	assert_int_equal(link_open(w->link, &w->waiter), 0);
	exchange_init(
		&x, &(struct exchange_setup){
			    .link = w->link, .waiter = &w->waiter, .listener = { on_other, &others }, .tape = &tape });
	/* The line works. */
	result = exchange_run(&x, &quick, 5 * S);
	assert_int_equal(result.end, EXCHANGE_ANSWERED);
	rogue_set(r, 2, fault, fault == ROGUE_LATE ? 150 : 15);
	result = exchange_run(&x, &ask, w->bus.timeout_us);
	assert_int_not_equal(result.end, EXCHANGE_ANSWERED);
	/* 50 ms are promised; a loaded machine gets more. */
	assert_true(result.took_us < w->bus.timeout_us + 250 * MS);
	if (result.end == EXCHANGE_SILENT)
		assert_true(result.took_us >= w->bus.timeout_us);
	rogue_set(r, 2, ROGUE_WELL, 0);
	link_free(steal(&w->link));
}

static void a_transaction_never_outlasts_its_timeout(void **state)
{
	struct wire *w = *state;
	const enum rogue_fault faults[] = { ROGUE_MUTE,         ROGUE_LATE, ROGUE_DRIP,  ROGUE_WRONG_UNIT,
					    ROGUE_WRONG_LENGTH, ROGUE_HALF, ROGUE_FLOOD, ROGUE_GARBAGE };
	const enum rogue_wire wires[] = { ROGUE_TCP, ROGUE_RTU, ROGUE_RTU_OVER_TCP };
	const enum bus_type types[] = { BUS_TCP, BUS_RTU, BUS_RTU_OVER_TCP };

	for (size_t k = 0; k < ARRAY_SIZE(wires); k++)
		for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
			_cleanup_(rogue_stopp) struct rogue *r = rogue_start(wires[k]);

			w->bus.type = types[k];
			one_exchange(w, r, faults[i]);
		}
}

/* select(2) and libmodbus's receiver write beyond their set of descriptors there. */
static void descriptors_beyond_1024_are_as_good_as_others(void **state)
{
	struct wire *w = *state;
	const enum rogue_wire wires[] = { ROGUE_TCP, ROGUE_RTU, ROGUE_RTU_OVER_TCP };
	const enum bus_type types[] = { BUS_TCP, BUS_RTU, BUS_RTU_OVER_TCP };
	struct rlimit limit;
	int fillers[1100];

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_max < 1500)
		skip();
	limit.rlim_cur = 1500;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	for (size_t i = 0; i < ARRAY_SIZE(fillers); i++) {
		fillers[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		assert_true(fillers[i] >= 0);
	}
	for (size_t k = 0; k < ARRAY_SIZE(wires); k++) {
		_cleanup_(rogue_stopp) struct rogue *r = rogue_start(wires[k]);
		int probe = open("/dev/null", O_RDONLY | O_CLOEXEC);

		assert_true(probe > 1024);
		close(probe);
		w->bus.type = types[k];
		one_exchange(w, r, ROGUE_MUTE);
	}
	for (size_t i = 0; i < ARRAY_SIZE(fillers); i++)
		close(fillers[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_tcp_request_has_its_transaction_id_in_front, setup, teardown),
		cmocka_unit_test_setup_teardown(rtu_over_tcp_carries_the_crc_behind, setup, teardown),
		cmocka_unit_test_setup_teardown(a_closed_connection_shows_when_read, setup, teardown),
		cmocka_unit_test_setup_teardown(a_connection_is_kept_alive_and_given_up_when_nobody_is_there, setup,
						teardown),
		cmocka_unit_test_setup_teardown(descriptors_beyond_1024_are_as_good_as_others, setup, teardown),
		cmocka_unit_test_setup_teardown(a_refused_connection_is_an_error, setup, teardown),
		cmocka_unit_test_setup_teardown(a_name_is_resolved, setup, teardown),
		cmocka_unit_test_setup_teardown(a_connection_that_hangs_is_given_up_when_the_thread_is_to_end, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_serial_port_that_is_not_there_is_an_error, setup, teardown),
		cmocka_unit_test_setup_teardown(silence_before_a_frame_is_three_and_a_half_characters, setup, teardown),
		cmocka_unit_test_setup_teardown(a_transaction_never_outlasts_its_timeout, setup, teardown),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
