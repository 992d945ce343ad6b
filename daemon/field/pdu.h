/* pdu.h: what is asked beside readings: the PDUs that write (functions 5, 6, 15, 16, 22) and that ask a device who it is
 * (43/14), and what their answers look like. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "field/frame.h"
#include "model/order.h"

#define PDU_READS 4 /* functions up to this one are readings */
#define PDU_MAX   253

enum pdu_function {
	PDU_COIL = 5,
	PDU_REGISTER = 6,
	PDU_COILS = 15,
	PDU_REGISTERS = 16,
	PDU_MASK = 22,
	PDU_IDENTIFY = 43
};

struct pdu {
	uint8_t len, bytes[PDU_MAX];
};

/* What writes the image: 22 with a mask, else the function for one (5, 6) or, several or many wanted, that for many. */
struct pdu pdu_write(const struct encode_image *image, bool many);
/* "Who are you", from an object on: vendor, product, revision in one answer. */
struct pdu pdu_identify(void);
/* Bytes behind the function in the answer: they repeat the request; 0: they do not. */
uint16_t pdu_answer_len(uint8_t function);
/* Of an RTU frame that begins so, is no exception and no reading: its length with the CRC; 0: not to be told yet; -1: we know
 * of none. */
int pdu_rtu_length(const uint8_t *bytes, size_t len);
/* Takes the texts out of an answer to pdu_identify (from behind the function on). False: it is none. */
bool pdu_take_identity(const uint8_t *data, size_t len, struct order_result *result);
