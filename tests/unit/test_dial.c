#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/util.h"
#include "doctor/dial.h"

#define LIMIT_US (20 * S)

/* A loopback socket that is bound; listening or not. */
static int bind_one(uint16_t *ret_port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

static void reached_refused_and_unknown_are_told_apart_at_once(void **state)
{
	uint16_t open_port, closed_port;
	int open_fd = bind_one(&open_port), closed_fd = bind_one(&closed_port);
	struct dial dials[3];

	(void)state;
	assert_int_equal(listen(open_fd, 4), 0);
	dials[0] = (struct dial){ .host = "127.0.0.1", .port = open_port };
	dials[1] = (struct dial){ .host = "127.0.0.1", .port = closed_port };
	dials[2] = (struct dial){ .host = "no.such.name.invalid", .port = 502 };
	dial_all(dials, 3, LIMIT_US);
	assert_int_equal(dials[0].result, DIAL_REACHED);
	assert_int_equal(dials[1].result, DIAL_REFUSED);
	assert_int_equal(dials[1].error, -ECONNREFUSED);
	/* Where there is no name server at all it does not answer, which is another word. */
	assert_true(dials[2].result == DIAL_UNKNOWN_NAME || dials[2].result == DIAL_NO_NAMES);
	close(open_fd);
	close(closed_fd);
}

/* A listener whose queue is full answers nobody: connections wait. */
static void one_that_is_silent_costs_the_limit_and_no_more(void **state)
{
	struct dial dials[40];
	uint16_t port;
	int fd = bind_one(&port);
	size_t silent = 0;

	(void)state;
	assert_int_equal(listen(fd, 1), 0);
	for (size_t i = 0; i < 40; i++)
		dials[i] = (struct dial){ .host = "127.0.0.1", .port = port };
	/* All at once, and none is closed before the limit of this one: they fill it. */
	int held[8];

	for (size_t i = 0; i < 8; i++) {
		struct sockaddr_in to = { .sin_family = AF_INET,
					  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
					  .sin_port = htons(port) };

		held[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (connect(held[i], (struct sockaddr *)&to, sizeof(to)) < 0)
			assert_int_equal(errno, EINPROGRESS);
	}
	dial_all(dials, 40, 300 * MS);
	for (size_t i = 0; i < 40; i++) {
		silent += dials[i].result == DIAL_SILENT;
		assert_true(dials[i].took_us < 10 * S);
	}
	assert_int_equal(silent, 40);
	for (size_t i = 0; i < 8; i++)
		close(held[i]);
	close(fd);
}

static void nothing_to_dial_is_nothing(void **state)
{
	(void)state;
	dial_all(NULL, 0, LIMIT_US);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reached_refused_and_unknown_are_told_apart_at_once),
		cmocka_unit_test(one_that_is_silent_costs_the_limit_and_no_more),
		cmocka_unit_test(nothing_to_dial_is_nothing),
	};

	return UNIT_RUN(tests);
}
