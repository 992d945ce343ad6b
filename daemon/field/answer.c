#include "field/answer.h"

#include <assert.h>
#include <string.h>

#include "base/util.h"
#include "field/pdu.h"

#define EXCEPTION_BIT 0x80
#define RTU_EXCEPTION 5 /* bytes of an RTU frame that carries an exception */

void answer_init(struct answer *a, enum frame_kind kind)
{
	*a = (struct answer){ .kind = kind };
}

static void drop(struct answer *a, size_t len)
{
	a->len -= len;
	memmove(a->bytes, a->bytes + len, a->len);
}

static void drop_unwanted(struct answer *a, size_t len)
{
	a->dropped += len;
	drop(a, len);
}

static void drop_used(struct answer *a)
{
	drop(a, a->used);
	a->used = 0;
}

void answer_expect(struct answer *a, const struct frame_request *request, uint16_t transaction)
{
	drop_used(a);
	if (a->kind == FRAME_RTU)
		drop(a, a->len);
	a->request = *request;
	a->transaction = transaction;
	a->want_len = request->pdu ? pdu_answer_len(request->function)
				   : frame_answer_bytes(request->function, request->count);
	a->sent_len = frame_compose_rtu(request, a->sent);
	a->echo_stripped = false;
	a->dropped = 0;
	a->waiting = true;
}

void answer_forget(struct answer *a)
{
	a->waiting = false;
}

void answer_reset(struct answer *a)
{
	a->waiting = false;
	a->len = a->used = a->dropped = 0;
}

bool answer_half(const struct answer *a)
{
	return a->len > a->used;
}

size_t answer_room(const struct answer *a)
{
	return sizeof(a->bytes) - a->len + a->used;
}

void answer_feed(struct answer *a, const uint8_t *bytes, size_t len)
{
	drop_used(a);
	assert(len <= sizeof(a->bytes) - a->len);
	memcpy(a->bytes + a->len, bytes, len);
	a->len += len;
}

static uint16_t get_u16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/* The first check that the frame fails. well_formed: its own lengths agree with each other. */
static enum answer_fault fault_of(const struct answer *a, const struct answer_frame *f, bool well_formed)
{
	if (!a->waiting)
		return ANSWER_FAULT_UNASKED;
	if (a->kind == FRAME_TCP && !a->request.loose && f->transaction != a->transaction)
		return ANSWER_FAULT_TRANSACTION;
	if (f->unit != a->request.unit)
		return ANSWER_FAULT_UNIT;
	if (f->function != a->request.function)
		return ANSWER_FAULT_FUNCTION;
	if (!well_formed || (!f->exception && f->len != a->want_len && a->want_len > 0))
		return ANSWER_FAULT_LENGTH;
	if (!f->exception && a->request.pdu && memcmp(f->data, a->request.pdu + 1, a->want_len) != 0)
		return ANSWER_FAULT_ECHO;
	return ANSWER_FAULT_NONE;
}

static enum answer_event tell(struct answer *a, struct answer_frame *f, size_t total)
{
	a->used = total;
	if (f->fault != ANSWER_FAULT_NONE) {
		a->dropped += total;
		return ANSWER_OTHER;
	}
	a->waiting = false;
	return f->exception ? ANSWER_EXCEPTION : ANSWER_GOOD;
}

/* An RTU body and a TCP body are the same from the function on: fills function, exception, data. False: malformed. */
static bool read_body(const uint8_t *body, size_t len, struct answer_frame *f)
{
	f->function = body[0] & (uint8_t)~EXCEPTION_BIT;
	if (body[0] & EXCEPTION_BIT) {
		f->exception = len == 2 && body[1] ? body[1] : UINT8_MAX;
		return len == 2;
	}
	if (f->function > PDU_READS) {
		f->len = (uint16_t)(len - 1);
		f->data = body + 1;
		return true;
	}
	if (len < 2 || (size_t)body[1] + 2 != len)
		return false;
	f->len = body[1];
	f->data = body + 2;
	return true;
}

static enum answer_event next_tcp(struct answer *a, struct answer_frame *f)
{
	size_t length, total;
	bool well_formed;

	if (a->len < FRAME_MBAP)
		return ANSWER_MORE;
	length = get_u16(a->bytes + 4);
	total = length + FRAME_MBAP - 1;
	if (length < 2 || total > FRAME_MAX)
		return ANSWER_BROKEN;
	if (a->len < total)
		return ANSWER_MORE;
	*f = (struct answer_frame){ .transaction = get_u16(a->bytes), .unit = a->bytes[FRAME_MBAP - 1] };
	well_formed = read_body(a->bytes + FRAME_MBAP, total - FRAME_MBAP, f);
	f->fault = fault_of(a, f, well_formed);
	if (get_u16(a->bytes + 2) != 0)
		f->fault = ANSWER_FAULT_PROTOCOL;
	return tell(a, f, total);
}

/* Length of the RTU frame that starts here: 0 when that cannot be told yet, -1 when no frame that we know starts so. */
static int rtu_length(const uint8_t *bytes, size_t len)
{
	if (len < 2)
		return 0;
	if (bytes[1] & EXCEPTION_BIT)
		return (bytes[1] & 0x7f) != 0 ? RTU_EXCEPTION : -1;
	if (bytes[1] == 0 || bytes[1] > PDU_READS)
		return pdu_rtu_length(bytes, len);
	if (len < 3)
		return 0;
	return bytes[2] >= 1 && bytes[2] <= 251 ? bytes[2] + 5 : -1;
}

static bool crc_right(const uint8_t *frame, size_t total)
{
	return frame_crc(frame, total - 2) == (frame[total - 2] | frame[total - 1] << 8);
}

static bool rtu_awaited_data(const struct answer *a, const uint8_t *bytes)
{
	return a->waiting && bytes[0] == a->request.unit && bytes[1] == a->request.function &&
	       (a->request.pdu || bytes[2] == a->want_len);
}

static bool rtu_awaited(const struct answer *a, const uint8_t *bytes)
{
	return rtu_awaited_data(a, bytes) ||
	       (a->waiting && bytes[0] == a->request.unit && bytes[1] == (a->request.function | EXCEPTION_BIT));
}

/* Is the awaited answer, whole and right, somewhere behind the front? Its place, or 0. Noise and the rest of a frame
 * whose beginning was lost can look like the beginning of a long frame: the answer must not wait behind that. */
static size_t rtu_search(const struct answer *a)
{
	for (size_t at = 1; a->waiting && at + RTU_EXCEPTION <= a->len; at++) {
		int total;

		if (!rtu_awaited(a, a->bytes + at))
			continue;
		total = rtu_length(a->bytes + at, a->len - at);
		if (total > 0 && at + (size_t)total <= a->len && crc_right(a->bytes + at, (size_t)total))
			return at;
	}
	return 0;
}

/* Strips our own frame where a two-wire adapter gives it back. True: it may be one, and is not whole yet.
 * An answer can equal the request only where bits are read or one thing is written; then only a line known to have no echo is believed. */
static bool rtu_echo(struct answer *a)
{
	size_t len = MIN(a->len, a->sent_len);

	if (!a->waiting || a->echo_stripped || memcmp(a->bytes, a->sent, len) != 0)
		return false;
	if (a->echo == ANSWER_ECHO_NO && rtu_awaited_data(a, a->sent))
		return false;
	if (len < a->sent_len)
		return true;
	drop(a, a->sent_len);
	a->echo_stripped = true;
	a->echo = ANSWER_ECHO_YES;
	return false;
}

static enum answer_event rtu_frame(struct answer *a, struct answer_frame *f, size_t total)
{
	enum answer_event event;
	bool well_formed;

	*f = (struct answer_frame){ .unit = a->bytes[0] };
	if (!crc_right(a->bytes, total)) {
		f->function = a->request.function;
		a->used = total;
		a->waiting = false;
		return ANSWER_CORRUPT;
	}
	well_formed = read_body(a->bytes + 1, total - 3, f);
	f->fault = fault_of(a, f, well_formed);
	event = tell(a, f, total);
	if (event == ANSWER_GOOD && !a->echo_stripped)
		a->echo = a->echo == ANSWER_ECHO_YES ? ANSWER_ECHO_UNKNOWN : ANSWER_ECHO_NO;
	return event;
}

static enum answer_event next_rtu(struct answer *a, struct answer_frame *f)
{
	while (a->len > 0 && a->dropped <= ANSWER_DROP_MAX) {
		size_t at;
		int total;

		if (rtu_echo(a))
			return ANSWER_MORE;
		total = rtu_length(a->bytes, a->len);
		/* Two bytes of header are too few to say of a refusal with a wrong CRC that it was ours. */
		if (total > 0 && (size_t)total <= a->len &&
		    (crc_right(a->bytes, (size_t)total) || rtu_awaited_data(a, a->bytes)))
			return rtu_frame(a, f, (size_t)total);
		at = rtu_search(a);
		if (at > 0)
			drop_unwanted(a, at);
		else if (total < 0 || (total > 0 && (size_t)total <= a->len) || a->len == sizeof(a->bytes))
			drop_unwanted(a, 1);
		else
			return ANSWER_MORE;
	}
	return ANSWER_MORE;
}

enum answer_event answer_next(struct answer *a, struct answer_frame *ret_frame)
{
	enum answer_event event;

	drop_used(a);
	event = a->kind == FRAME_TCP ? next_tcp(a, ret_frame) : next_rtu(a, ret_frame);
	return a->dropped > ANSWER_DROP_MAX ? ANSWER_FLOOD : event;
}

const char *answer_fault_text(enum answer_fault f)
{
	static const char *const texts[] = {
		[ANSWER_FAULT_NONE] = "",
		[ANSWER_FAULT_UNASKED] = "an answer that nobody waits for",
		[ANSWER_FAULT_PROTOCOL] = "an answer with a wrong protocol id",
		[ANSWER_FAULT_TRANSACTION] = "an answer with a wrong transaction id",
		[ANSWER_FAULT_UNIT] = "an answer from another unit",
		[ANSWER_FAULT_FUNCTION] = "an answer to another function",
		[ANSWER_FAULT_LENGTH] = "an answer of a wrong length",
		[ANSWER_FAULT_HALF] = "half an answer",
		[ANSWER_FAULT_ECHO] = "an answer that confirms another thing",
	};

	return texts[f];
}
