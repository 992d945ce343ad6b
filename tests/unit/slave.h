/* slave.h: what the slaves of the tests that are written by hand share (rogue.h, scripted.h): what has come in and is not
 * understood yet, the line's checksum. Shares no code with the daemon's receiver. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slave_input {
	uint8_t bytes[512];
	size_t len;
};

/* Takes in what has come by fd, non-blocking; false: nothing will come by it any more. */
bool slave_read(int fd, struct slave_input *in);
/* The first len bytes are understood. */
void slave_take(struct slave_input *in, size_t len);
/* Of RTU; its low byte goes first. */
uint16_t slave_crc(const uint8_t *bytes, size_t len);
