#include "slave.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

bool slave_read(int fd, struct slave_input *in)
{
	ssize_t n = read(fd, in->bytes + in->len, sizeof(in->bytes) - in->len);

	if (n < 0 && errno == EAGAIN)
		return true;
	if (n <= 0)
		return false;
	in->len += (size_t)n;
	return true;
}

void slave_take(struct slave_input *in, size_t len)
{
	in->len -= len;
	memmove(in->bytes, in->bytes + len, in->len);
}

uint16_t slave_crc(const uint8_t *bytes, size_t len)
{
	uint16_t crc = 0xffff;

	for (size_t i = 0; i < len; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? (uint16_t)(crc >> 1 ^ 0xa001) : crc >> 1;
	}
	return crc;
}
