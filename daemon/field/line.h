/* line.h: what a serial line needs beside what libmodbus sets: silence of an unplugged adapter must not look like an
 * idle line, and the kernel turns an RS-485 line round where the configuration says so. Bus's thread. */
#pragma once

#include <linux/serial.h>
#include <stdint.h>

#include "model/bus.h"

/* After the port was opened and its speed set. 0 or -errno; -ENOTTY of line_turn: the port's driver cannot do RS-485. */
int line_settle(int fd);
int line_turn(int fd, const struct bus *bus);
/* What the kernel is told. Pure. */
struct serial_rs485 line_rs485(const struct bus *bus);
/* Bits of one character on the line, and the silence before a frame. Pure. */
int line_bits(const struct bus *bus);
int64_t line_silence_us(const struct bus *bus);
