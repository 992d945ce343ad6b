/* trouble.h: what is wrong with a bus, small enough for one atomic, and in plain words. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/bus.h"

enum trouble_kind {
	TROUBLE_NONE,
	TROUBLE_NO_LINK,    /* detail: errno */
	TROUBLE_SILENT,     /* a unit does not answer */
	TROUBLE_ALL_SILENT, /* no unit does; unit: the last one asked */
	TROUBLE_LATE,       /* its answers come after the timeout */
	TROUBLE_GARBLED,    /* wrong CRC */
	TROUBLE_CONFUSED,   /* it sends something else; detail: enum answer_fault */
	TROUBLE_GATEWAY,    /* the gateway cannot reach it; detail: exception */
	TROUBLE_GARBAGE,    /* bytes that make no sense */
	TROUBLE_FLOOD,      /* bytes without end */
	TROUBLE_NO_CALL,    /* the modem has not dialled in */
};

struct trouble {
	enum trouble_kind kind;
	uint8_t unit;
	bool others_answer;
	uint16_t detail;
};

uint32_t trouble_pack(const struct trouble *t);
struct trouble trouble_unpack(uint32_t packed);

#define TROUBLE_TEXT_MAX 240
/* What is: "no answer from unit 4 (water meter 3#)"; name may be "". Returns buf. */
const char *trouble_text(const struct trouble *t, const char *name, char *buf, size_t size);
/* What to do: "check its power and A/B wires; other units answer". Static text, never NULL. */
const char *trouble_advice(const struct trouble *t, const struct bus *bus);
