/* sim_access.h: a request PDU read: which function, which addresses it reads and writes. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "sim_bank.h"

#define SIM_PDU_MAX 253

struct sim_pdu {
	uint8_t byte[SIM_PDU_MAX];
	size_t len;
};

/* read.count or write.count 0: it does not. */
struct sim_access {
	uint8_t function;
	struct sim_span read, write;
};

enum { SIM_EXCEPTION_FUNCTION = 1, SIM_EXCEPTION_ADDRESS = 2, SIM_EXCEPTION_VALUE = 3, SIM_EXCEPTION_NO_TARGET = 11 };

/* 0, or the exception code that the request deserves before any address is looked at. */
int sim_access_parse(const struct sim_pdu *request, struct sim_access *ret_access);
/* The whole length of a request PDU whose first len bytes are here; 0: more are needed; -EPROTO: unknown function. */
int sim_access_length(const uint8_t *pdu, size_t len);
