/* frame.h: a request as bytes: the PDU, the MBAP header of TCP, the CRC of a serial line. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/codec.h"

enum frame_kind { FRAME_RTU, FRAME_TCP };

#define FRAME_MAX         260 /* of a TCP frame; an RTU frame has at most 256 bytes */
#define FRAME_REGISTERS   125 /* in one answer, at most */
#define FRAME_BITS        2000
#define FRAME_MBAP        7
#define FRAME_TCP_REQUEST 12
#define FRAME_RTU_REQUEST 8

struct frame_request {
	uint8_t unit, function;
	uint16_t address, count; /* count: of registers, or of bits */
	bool loose;              /* TCP: whatever transaction id the answer has is taken */
	const uint8_t *pdu;      /* what is no reading (pdu.h): the whole PDU, function first; lent. NULL: a reading */
	uint8_t pdu_len;
};

enum frame_exception {
	FRAME_ILLEGAL_FUNCTION = 1,
	FRAME_ILLEGAL_ADDRESS = 2,
	FRAME_ILLEGAL_VALUE = 3,
	FRAME_DEVICE_FAILURE = 4,
	FRAME_ACKNOWLEDGE = 5,
	FRAME_BUSY = 6,
	FRAME_NO_PATH = 0x0a,
	FRAME_NO_ANSWER = 0x0b
};

uint8_t frame_function(enum codec_table t); /* 1..4 */
/* Bytes of data in the answer: two a register, eight bits a byte. */
uint16_t frame_answer_bytes(uint8_t function, uint16_t count);
uint16_t frame_crc(const uint8_t *bytes, size_t len);
/* Of a reading FRAME_TCP_REQUEST bytes, of others up to FRAME_MAX. */
size_t frame_compose_tcp(const struct frame_request *r, uint16_t transaction, uint8_t *ret_bytes);
/* With the CRC: what a two-wire line echoes. What stands before that is what libmodbus's raw request takes. */
size_t frame_compose_rtu(const struct frame_request *r, uint8_t *ret_bytes);
/* "illegal address (exception 2)" and so on; static text. */
const char *frame_exception_text(uint8_t code);
