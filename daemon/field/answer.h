/* answer.h: takes the answers out of the bytes that a slave sends, and believes only what was asked.
 *
 * Pure: bytes in, events out; no descriptor, no clock, no allocation. The bus's thread owns it. It never reads past what
 * it was fed and never holds more than one frame.
 *
 *   answer_expect --> WAITING --GOOD, EXCEPTION, CORRUPT--> IDLE      any frame that is not the awaited one is told as
 *                       '--answer_forget (deadline)-------> IDLE      ANSWER_OTHER and dropped, waiting goes on
 *
 * What writes is confirmed by an echo of it (pdu.h): ANSWER_GOOD only where that is the right one.
 *
 * Invariant: ANSWER_GOOD carries exactly the bytes that were asked for, of the unit and function that were asked, with
 * the right transaction id and protocol id (TCP) or a right CRC (RTU). More than ANSWER_DROP_MAX bytes dropped since the
 * last answer_expect is ANSWER_FLOOD: whoever sends that is not answering, the link has to be reopened. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "field/frame.h"

#define ANSWER_DROP_MAX 4096

enum answer_event {
	ANSWER_MORE,      /* nothing whole here: feed more */
	ANSWER_GOOD,      /* the awaited answer, with its data */
	ANSWER_EXCEPTION, /* the awaited answer: the device refuses, with a code */
	ANSWER_OTHER,     /* a whole frame that is not awaited: late, or of another; dropped */
	ANSWER_CORRUPT,   /* the awaited answer with a wrong CRC; dropped, waiting is over */
	ANSWER_BROKEN,    /* TCP: no frame can start here; the stream cannot be understood any more */
	ANSWER_FLOOD      /* too much was dropped */
};

/* Why a frame is not the awaited one: the first check that failed. */
enum answer_fault {
	ANSWER_FAULT_NONE,
	ANSWER_FAULT_UNASKED, /* nothing is awaited */
	ANSWER_FAULT_PROTOCOL,
	ANSWER_FAULT_TRANSACTION,
	ANSWER_FAULT_UNIT,
	ANSWER_FAULT_FUNCTION,
	ANSWER_FAULT_LENGTH,
	ANSWER_FAULT_HALF, /* only its beginning came */
	ANSWER_FAULT_ECHO  /* it confirms another thing than what was to be written */
};

struct answer_frame {
	uint8_t unit, function; /* function without the exception's 0x80 */
	uint8_t exception;      /* 0: none */
	uint16_t transaction;   /* TCP */
	uint16_t len;           /* of data */
	const uint8_t *data;    /* lent until the next call */
	enum answer_fault fault;
};

/* Whether a two-wire adapter gives us our own frames back. */
enum answer_echo { ANSWER_ECHO_UNKNOWN, ANSWER_ECHO_YES, ANSWER_ECHO_NO };

struct answer {
	enum frame_kind kind;
	bool waiting;
	struct frame_request request;
	uint16_t transaction, want_len;
	uint8_t sent[FRAME_MAX];
	size_t sent_len;
	bool echo_stripped;
	enum answer_echo echo;
	size_t dropped; /* since answer_expect */
	size_t used;    /* bytes at the front that the last event told and that go with the next call */
	size_t len;
	uint8_t bytes[FRAME_MAX];
};

void answer_init(struct answer *a, enum frame_kind kind);
/* What is awaited now. On a serial line an unfinished frame in the buffer is dropped: the line was silent. */
void answer_expect(struct answer *a, const struct frame_request *request, uint16_t transaction);
void answer_forget(struct answer *a); /* the deadline has passed */
void answer_reset(struct answer *a);  /* a new connection: no bytes, nothing awaited */
/* Is there the beginning of a frame? On TCP, at the deadline, the stream is out of step then. */
bool answer_half(const struct answer *a);
/* How many bytes it takes now, at least 1 after an ANSWER_MORE; and takes them. len must not be more. */
size_t answer_room(const struct answer *a);
void answer_feed(struct answer *a, const uint8_t *bytes, size_t len);
/* The next event; ret_frame is filled for GOOD, EXCEPTION, OTHER and CORRUPT. Call until ANSWER_MORE. */
enum answer_event answer_next(struct answer *a, struct answer_frame *ret_frame);
const char *answer_fault_text(enum answer_fault f);
