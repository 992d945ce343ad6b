/* What a serial port is told, and that a port gets it. A pseudo terminal has no parity and no RS-485, so tcsetattr and ioctl
 * are ours here: what libmodbus and line.c hand to the kernel is looked at on its way. What an adapter's driver makes of it
 * only a real adapter shows. */
#include "unit.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
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

/* -------- on the way to the kernel -------- */

static struct {
	bool driver_turns; /* a driver that can do RS-485 */
	struct termios
		set; /* first: what comes behind it is read back, and a pseudo terminal has dropped the parity by then */
	struct serial_rs485 turned;
	unsigned sets, turns, sets_before_turn;
} kernel;

int tcsetattr(int fd, int actions, const struct termios *t)
{
	int (*real)(int, int, const struct termios *) = NULL;

	*(void **)&real = dlsym(RTLD_NEXT, "tcsetattr");
	if (kernel.sets++ == 0)
		kernel.set = *t;
	return real(fd, actions, t);
}

int ioctl(int fd, unsigned long request, ...)
{
	int (*real)(int, unsigned long, ...) = NULL;
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	*(void **)&real = dlsym(RTLD_NEXT, "ioctl");
	if (request != TIOCSRS485)
		return real(fd, request, arg);
	kernel.turns++;
	kernel.sets_before_turn = kernel.sets;
	kernel.turned = *(const struct serial_rs485 *)arg;
	return kernel.driver_turns ? 0 : real(fd, request, arg);
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

struct port {
	struct waiter waiter;
	int master;
	char path[64];
	struct bus bus;
	struct link *link;
};

static int setup(void **state)
{
	struct port *p = calloc(1, sizeof(*p));

	memset(&kernel, 0, sizeof(kernel));
	p->master = open_pty(p->path, sizeof(p->path));
	p->bus = line_of(p->path, 'N', 1);
	waiter_init(&p->waiter);
	p->link = link_new(&p->bus);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct port *p = *state;

	link_free(p->link);
	waiter_fini(&p->waiter);
	close(p->master);
	free(p);
	return 0;
}

static void a_port_gets_its_parity_and_stop_bits(void **state)
{
	static const struct framing {
		char parity;
		int stop_bits;
		tcflag_t flags;
	} framings[] = { { 'N', 1, 0 }, { 'E', 1, PARENB }, { 'O', 1, PARENB | PARODD }, { 'N', 2, CSTOPB } };
	struct port *p = *state;

	for (size_t i = 0; i < ARRAY_SIZE(framings); i++) {
		p->bus.parity = framings[i].parity;
		p->bus.stop_bits = framings[i].stop_bits;
		kernel.sets = 0;
		assert_int_equal(link_open(p->link, &p->waiter), 0);
		assert_true(kernel.sets > 0);
		assert_int_equal(kernel.set.c_cflag & (PARENB | PARODD | CSTOPB), framings[i].flags);
		/* Eight bits, no handshake, and the modem's lines are not waited for. */
		assert_int_equal(kernel.set.c_cflag & (CSIZE | CRTSCTS | CLOCAL | CREAD), CS8 | CLOCAL | CREAD);
		/* A byte with a wrong parity must not pass for a good one, nor be marked by two others. */
		assert_int_equal(kernel.set.c_iflag & (INPCK | PARMRK | IGNPAR),
				 framings[i].flags & PARENB ? INPCK : 0);
		/* No byte means anything but itself. */
		assert_int_equal(kernel.set.c_iflag & (ICRNL | INLCR | IGNCR | IXON | IXOFF | ISTRIP), 0);
		assert_int_equal(kernel.set.c_oflag & OPOST, 0);
		assert_int_equal(kernel.set.c_lflag & (ICANON | ECHO | ISIG), 0);
	}
}

static void a_port_gets_its_speed(void **state)
{
	static const struct speed {
		int baud;
		speed_t code;
	} speeds[] = { { 1200, B1200 },   { 2400, B2400 },   { 4800, B4800 },   { 9600, B9600 },
		       { 19200, B19200 }, { 38400, B38400 }, { 57600, B57600 }, { 115200, B115200 } };
	struct port *p = *state;

	for (size_t i = 0; i < ARRAY_SIZE(speeds); i++) {
		p->bus.baud = speeds[i].baud;
		kernel.sets = 0;
		assert_int_equal(link_open(p->link, &p->waiter), 0);
		assert_int_equal(cfgetospeed(&kernel.set), speeds[i].code);
		assert_int_equal(cfgetispeed(&kernel.set), speeds[i].code);
	}
}

static void a_driver_is_told_how_to_turn_the_line_when_its_settings_are_made(void **state)
{
	struct port *p = *state;

	kernel.driver_turns = true;
	p->bus.rs485 = BUS_RS485_RTS_LOW;
	p->bus.rs485_before_us = 3 * MS;
	assert_int_equal(link_open(p->link, &p->waiter), 0);
	assert_int_equal(kernel.turns, 1);
	assert_int_equal(kernel.turned.flags, SER_RS485_ENABLED | SER_RS485_RTS_AFTER_SEND);
	assert_int_equal(kernel.turned.delay_rts_before_send, 3);
	assert_int_equal(kernel.turned.delay_rts_after_send, 0);
	/* A driver may forget it with new settings. */
	assert_int_equal(kernel.sets_before_turn, kernel.sets);
	p->bus.rs485 = BUS_RS485_ADAPTER;
	assert_int_equal(link_open(p->link, &p->waiter), 0);
	assert_int_equal(kernel.turns, 1);
}

/* A pseudo terminal keeps speed and stop bits; parity it drops. */
static void a_port_is_opened_with_its_settings(void **state)
{
	struct port *p = *state;
	struct termios t;
	int fd;

	p->bus.stop_bits = 2;
	assert_int_equal(link_open(p->link, &p->waiter), 0);
	fd = link_fd(p->link);
	assert_int_equal(tcgetattr(fd, &t), 0);
	assert_int_equal(cfgetospeed(&t), B9600);
	assert_true(t.c_cflag & CSTOPB);
	assert_int_equal(t.c_cflag & CSIZE, CS8);
	assert_int_equal(t.c_cc[VMIN], 1);
	assert_int_equal(t.c_lflag & (ICANON | ECHO), 0);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

static void a_port_that_cannot_turn_the_line_is_told(void **state)
{
	struct port *p = *state;

	p->bus.rs485 = BUS_RS485_RTS_HIGH;
	assert_int_equal(link_open(p->link, &p->waiter), -EOPNOTSUPP);
	assert_false(link_is_open(p->link));
	assert_int_equal(kernel.turns, 1);
}

#define PORT(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernel_turns_the_line_as_configured),
		cmocka_unit_test(a_character_has_its_parity_and_stop_bits),
		PORT(a_port_gets_its_parity_and_stop_bits),
		PORT(a_port_gets_its_speed),
		PORT(a_driver_is_told_how_to_turn_the_line_when_its_settings_are_made),
		PORT(a_port_is_opened_with_its_settings),
		PORT(a_port_that_cannot_turn_the_line_is_told),
	};

	return UNIT_RUN(tests);
}
