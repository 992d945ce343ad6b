#include "field/frame.h"

#include <string.h>

#include "base/util.h"

uint8_t frame_function(enum codec_table t)
{
	static const uint8_t functions[] = {
		[CODEC_COIL] = 1, [CODEC_DISCRETE] = 2, [CODEC_HOLDING] = 3, [CODEC_INPUT] = 4
	};

	return functions[t];
}

uint16_t frame_answer_bytes(uint8_t function, uint16_t count)
{
	return (uint16_t)(function <= 2 ? (count + 7) / 8 : 2 * count);
}

/* CRC-16/MODBUS, a nibble a step: the table for bytes would be 512 bytes of cache a bus does not need. */
uint16_t frame_crc(const uint8_t *bytes, size_t len)
{
	static const uint16_t table[16] = { 0x0000, 0xcc01, 0xd801, 0x1400, 0xf001, 0x3c00, 0x2800, 0xe401,
					    0xa001, 0x6c00, 0x7800, 0xb401, 0x5000, 0x9c01, 0x8801, 0x4400 };
	uint16_t crc = 0xffff;

	for (size_t i = 0; i < len; i++) {
		crc ^= bytes[i];
		crc = (uint16_t)(crc >> 4 ^ table[crc & 0xf]);
		crc = (uint16_t)(crc >> 4 ^ table[crc & 0xf]);
	}
	return crc;
}

static uint8_t *put_u16(uint8_t *to, uint16_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
	return to + 2;
}

static uint8_t *put_request(uint8_t *to, const struct frame_request *r)
{
	*to++ = r->unit;
	if (r->pdu) {
		memcpy(to, r->pdu, r->pdu_len);
		return to + r->pdu_len;
	}
	*to++ = r->function;
	to = put_u16(to, r->address);
	return put_u16(to, r->count);
}

size_t frame_compose_tcp(const struct frame_request *r, uint16_t transaction, uint8_t *ret_bytes)
{
	uint8_t *to = put_u16(ret_bytes, transaction);

	to = put_u16(to, 0);
	to = put_u16(to, r->pdu ? r->pdu_len + 1 : 6);
	return (size_t)(put_request(to, r) - ret_bytes);
}

size_t frame_compose_rtu(const struct frame_request *r, uint8_t *ret_bytes)
{
	uint8_t *to = put_request(ret_bytes, r);
	uint16_t crc = frame_crc(ret_bytes, (size_t)(to - ret_bytes));

	*to++ = (uint8_t)crc;
	*to++ = (uint8_t)(crc >> 8);
	return (size_t)(to - ret_bytes);
}

const char *frame_exception_text(uint8_t code)
{
	static const char *const texts[] = {
		[FRAME_ILLEGAL_FUNCTION] = "illegal function (exception 1)",
		[FRAME_ILLEGAL_ADDRESS] = "illegal address (exception 2)",
		[FRAME_ILLEGAL_VALUE] = "illegal count or value (exception 3)",
		[FRAME_DEVICE_FAILURE] = "device failure (exception 4)",
		[FRAME_ACKNOWLEDGE] = "busy with a long command (exception 5)",
		[FRAME_BUSY] = "busy (exception 6)",
		[FRAME_NO_PATH] = "gateway has no path (exception 10)",
		[FRAME_NO_ANSWER] = "gateway got no answer (exception 11)",
	};

	return code < ARRAY_SIZE(texts) && texts[code] ? texts[code] : "unknown exception";
}
