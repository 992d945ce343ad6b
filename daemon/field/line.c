#include "field/line.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "base/util.h"

#define FAST_BAUD       19200 /* above it the standard fixes the silence */
#define FAST_SILENCE_US 1750

/* libmodbus leaves VMIN at 0: then "nothing there" and "adapter unplugged" would both read as 0 bytes. */
int line_settle(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &t) < 0)
		return -errno;
	t.c_cc[VMIN] = 1;
	return tcsetattr(fd, TCSANOW, &t) < 0 ? -errno : 0;
}

struct serial_rs485 line_rs485(const struct bus *bus)
{
	bool high = bus->rs485 == BUS_RS485_RTS_HIGH;

	return (struct serial_rs485){
		.flags = SER_RS485_ENABLED | (high ? SER_RS485_RTS_ON_SEND : SER_RS485_RTS_AFTER_SEND),
		.delay_rts_before_send = (uint32_t)(bus->rs485_before_us / MS),
		.delay_rts_after_send = (uint32_t)(bus->rs485_after_us / MS),
	};
}

int line_turn(int fd, const struct bus *bus)
{
	struct serial_rs485 rs485 = line_rs485(bus);

	if (bus->rs485 == BUS_RS485_ADAPTER)
		return 0;
	return ioctl(fd, TIOCSRS485, &rs485) < 0 ? -errno : 0;
}

int line_bits(const struct bus *bus)
{
	return 1 + bus->data_bits + (bus->parity == 'N' ? 0 : 1) + bus->stop_bits;
}

int64_t line_silence_us(const struct bus *bus)
{
	/* 3.5 characters */
	return bus->baud > FAST_BAUD ? FAST_SILENCE_US : line_bits(bus) * S * 7 / 2 / MAX(bus->baud, 1);
}
