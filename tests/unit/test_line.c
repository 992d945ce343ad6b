/* What a serial port is told, and that a port gets it. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "field/line.h"
#include "field/link.h"

static struct bus line_of(const char *path, char parity, int stop_bits)
{
	return (struct bus){ .id = "b",
			     .type = BUS_RTU,
			     .path = path,
			     .baud = 9600,
			     .data_bits = 8,
			     .parity = parity,
			     .stop_bits = stop_bits };
}

static void the_kernel_turns_the_line_as_configured(void **state)
{
	struct bus b = line_of("", 'N', 1);
	struct serial_rs485 s;

	(void)state;
	b.rs485 = BUS_RS485_RTS_HIGH;
	b.rs485_before_us = 2 * MS;
	b.rs485_after_us = 5 * MS;
	s = line_rs485(&b);
	assert_int_equal(s.flags, SER_RS485_ENABLED | SER_RS485_RTS_ON_SEND);
	assert_int_equal(s.delay_rts_before_send, 2);
	assert_int_equal(s.delay_rts_after_send, 5);
	b.rs485 = BUS_RS485_RTS_LOW;
	assert_int_equal(line_rs485(&b).flags, SER_RS485_ENABLED | SER_RS485_RTS_AFTER_SEND);
}

static void a_character_has_its_parity_and_stop_bits(void **state)
{
	const struct bus lines[] = { line_of("", 'N', 1), line_of("", 'E', 1), line_of("", 'O', 1),
				     line_of("", 'N', 2) };
	const int bits[] = { 10, 11, 11, 11 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		assert_int_equal(line_bits(&lines[i]), bits[i]);
	assert_in_range(line_silence_us(&lines[0]), 3640, 3650);
	assert_in_range(line_silence_us(&lines[3]), 4005, 4015);
}

static int open_pty(char *path, size_t size)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	assert_true(fd >= 0 && grantpt(fd) == 0 && unlockpt(fd) == 0 && ptsname_r(fd, path, size) == 0);
	return fd;
}

/* A pseudo terminal keeps speed and stop bits; parity it drops. */
static void a_port_is_opened_with_its_settings(void **state)
{
	struct waiter w;
	char path[64];
	int master = open_pty(path, sizeof(path));
	struct bus b = line_of(path, 'N', 2);
	struct termios t;
	struct link *l;

	(void)state;
	waiter_init(&w);
	l = link_new(&b);
	assert_int_equal(link_open(l, &w), 0);
	assert_int_equal(tcgetattr(link_fd(l), &t), 0);
	assert_int_equal(cfgetospeed(&t), B9600);
	assert_true(t.c_cflag & CSTOPB);
	assert_int_equal(t.c_cflag & CSIZE, CS8);
	assert_int_equal(t.c_cc[VMIN], 1);
	assert_int_equal(t.c_lflag & (ICANON | ECHO), 0);
	assert_true(fcntl(link_fd(l), F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(link_fd(l), F_GETFD) & FD_CLOEXEC);
	link_free(l);
	waiter_fini(&w);
	close(master);
}

static void a_port_that_cannot_turn_the_line_is_told(void **state)
{
	struct waiter w;
	char path[64];
	int master = open_pty(path, sizeof(path));
	struct bus b = line_of(path, 'N', 1);
	struct link *l;

	(void)state;
	b.rs485 = BUS_RS485_RTS_HIGH;
	waiter_init(&w);
	l = link_new(&b);
	assert_int_equal(link_open(l, &w), -EOPNOTSUPP);
	assert_false(link_is_open(l));
	link_free(l);
	waiter_fini(&w);
	close(master);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernel_turns_the_line_as_configured),
		cmocka_unit_test(a_character_has_its_parity_and_stop_bits),
		cmocka_unit_test(a_port_is_opened_with_its_settings),
		cmocka_unit_test(a_port_that_cannot_turn_the_line_is_told),
	};

	return UNIT_RUN(tests);
}
