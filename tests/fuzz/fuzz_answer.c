/* fuzz_answer.c: field/answer.c, field/frame.c and field/pdu.c: whatever a slave sends, in whatever pieces and at whatever time, an
 * accepted answer is the one that was asked for; and after any garbage the next right answer is accepted.
 *
 * Input: a byte (odd: TCP), then steps: a byte that says what happens, and what it needs. */
#include "fuzz.h"

#include "base/util.h"
#include "field/answer.h"
#include "field/pdu.h"

enum step {
	STEP_EXPECT,     /* unit function address16 count16 transaction16: a request goes out */
	STEP_FEED,       /* n bytes: they come in one piece */
	STEP_DRIP,       /* n bytes: they come one by one */
	STEP_RIGHT,      /* the right answer comes, made here */
	STEP_BENT,       /* place mask: the same with one byte changed */
	STEP_HALF,       /* n: its first n bytes */
	STEP_EXCEPTION,  /* code: the device refuses */
	STEP_ECHO,       /* a two-wire adapter gives the request back */
	STEP_FORGET,     /* the deadline passes */
	STEP_RESET,      /* a new connection */
	STEP_OTHER_UNIT, /* a right answer, but of the next unit */
	STEP_WRITE,      /* unit what address16 count16 transaction16: what writes goes out, or asks who it is */
	STEPS
};

struct line {
	struct answer answer;
	struct frame_request request;
	uint16_t transaction;
	bool asked; /* once at least */
	uint8_t fill;
	struct pdu pdu; /* of what is no reading */
};

/* An own CRC, bit by bit, as the standard has it. */
static uint16_t slow_crc(const uint8_t *bytes, size_t len)
{
	uint16_t crc = 0xffff;

	for (size_t i = 0; i < len; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (uint16_t)(crc & 1 ? crc >> 1 ^ 0xa001 : crc >> 1);
	}
	return crc;
}

/* Wraps a body (function and what follows) as the line wants it. */
static size_t wrap(const struct line *l, uint8_t unit, struct fuzz_bytes body, uint8_t *frame)
{
	size_t at = 0;

	if (l->answer.kind == FRAME_TCP) {
		frame[at++] = (uint8_t)(l->transaction >> 8);
		frame[at++] = (uint8_t)l->transaction;
		frame[at++] = 0;
		frame[at++] = 0;
		frame[at++] = (uint8_t)((body.left + 1) >> 8);
		frame[at++] = (uint8_t)(body.left + 1);
	}
	frame[at++] = unit;
	memcpy(frame + at, body.at, body.left);
	at += body.left;
	if (l->answer.kind == FRAME_RTU) {
		uint16_t crc = slow_crc(frame, at);

		frame[at++] = (uint8_t)crc;
		frame[at++] = (uint8_t)(crc >> 8);
	}
	return at;
}

/* What is written is repeated; who it is are three texts. */
static size_t right_echo(const struct line *l, uint8_t unit, uint8_t *frame)
{
	uint8_t body[FRAME_MAX] = { PDU_IDENTIFY, 14, 1, 1, 0, 0, 3, 0, 2, 'A', 'B', 1, 0, 2, 1, l->fill };
	size_t len = 1u + pdu_answer_len(l->request.function);

	if (l->request.function != PDU_IDENTIFY)
		memcpy(body, l->pdu.bytes, len);
	return wrap(l, unit, (struct fuzz_bytes){ body, l->request.function == PDU_IDENTIFY ? 16 : len }, frame);
}

static size_t right_answer(const struct line *l, uint8_t unit, uint8_t *frame)
{
	uint8_t body[FRAME_MAX];
	size_t bytes = l->request.function <= 2 ? (l->request.count + 7u) / 8 : 2u * l->request.count;

	if (l->request.pdu)
		return right_echo(l, unit, frame);
	body[0] = l->request.function;
	body[1] = (uint8_t)bytes;
	for (size_t i = 0; i < bytes; i++)
		body[2 + i] = (uint8_t)(l->fill + i);
	return wrap(l, unit, (struct fuzz_bytes){ body, bytes + 2 }, frame);
}

/* Of what is no reading: the data begins behind the function. */
static void check_echo(const struct line *l, const struct answer_frame *f)
{
	size_t want = pdu_answer_len(l->request.function);
	struct order_result who = { 0 };
	const uint8_t *d = f->data;

	FUZZ_CLAIM(f->exception == 0 && f->unit == l->request.unit && f->function == l->request.function);
	FUZZ_CLAIM(d[-1] == f->function && d[-2] == f->unit);
	FUZZ_CLAIM(want == 0 || (f->len == want && memcmp(d, l->pdu.bytes + 1, want) == 0));
	FUZZ_CLAIM(d + f->len <= l->answer.bytes + l->answer.len);
	if (l->answer.kind == FRAME_RTU)
		FUZZ_CLAIM(slow_crc(d - 2, f->len + 2u) == (d[f->len] | d[f->len + 1] << 8));
	if (f->function == PDU_IDENTIFY && pdu_take_identity(d, f->len, &who))
		FUZZ_CLAIM(str_is_utf8(who.vendor, strlen(who.vendor)) && strlen(who.product) < ORDER_NAME_MAX);
}

/* What stands before the data is the frame that was asked for; on a serial line the CRC behind it is right. */
static void check_good(const struct line *l, const struct answer_frame *f)
{
	size_t bytes = l->request.function <= 2 ? (l->request.count + 7u) / 8 : 2u * l->request.count;
	const uint8_t *d = f->data;

	FUZZ_CLAIM(f->exception == 0 && f->fault == ANSWER_FAULT_NONE);
	if (l->request.pdu) {
		check_echo(l, f);
		return;
	}
	FUZZ_CLAIM(f->len == bytes && f->unit == l->request.unit && f->function == l->request.function);
	FUZZ_CLAIM(d >= l->answer.bytes && d + bytes <= l->answer.bytes + l->answer.len);
	FUZZ_CLAIM(d[-1] == bytes && d[-2] == f->function && d[-3] == f->unit);
	if (l->answer.kind == FRAME_TCP) {
		FUZZ_CLAIM(f->transaction == l->transaction);
		FUZZ_CLAIM((d[-9] << 8 | d[-8]) == l->transaction);
		FUZZ_CLAIM(d[-7] == 0 && d[-6] == 0 && (size_t)(d[-5] << 8 | d[-4]) == bytes + 3);
	} else {
		FUZZ_CLAIM(slow_crc(d - 3, bytes + 3) == (d[bytes] | d[bytes + 1] << 8));
	}
}

static void check_event(const struct line *l, enum answer_event event, const struct answer_frame *f, bool waited)
{
	switch (event) {
	case ANSWER_GOOD:
		FUZZ_CLAIM(waited && !l->answer.waiting);
		check_good(l, f);
		break;
	case ANSWER_EXCEPTION:
		FUZZ_CLAIM(waited && !l->answer.waiting && f->exception != 0 && f->fault == ANSWER_FAULT_NONE);
		FUZZ_CLAIM(f->unit == l->request.unit && f->function == l->request.function);
		FUZZ_CLAIM(frame_exception_text(f->exception)[0]);
		break;
	case ANSWER_CORRUPT: FUZZ_CLAIM(waited && !l->answer.waiting && l->answer.kind == FRAME_RTU); break;
	case ANSWER_OTHER:
		FUZZ_CLAIM(f->fault != ANSWER_FAULT_NONE && answer_fault_text(f->fault)[0]);
		FUZZ_CLAIM(waited == l->answer.waiting);
		FUZZ_CLAIM(waited == (f->fault != ANSWER_FAULT_UNASKED) || f->fault == ANSWER_FAULT_PROTOCOL);
		break;
	case ANSWER_BROKEN: FUZZ_CLAIM(l->answer.kind == FRAME_TCP); break;
	case ANSWER_FLOOD: FUZZ_CLAIM(l->answer.dropped > ANSWER_DROP_MAX); break;
	case ANSWER_MORE: FUZZ_CLAIM(answer_room(&l->answer) >= 1); break;
	}
	if (event != ANSWER_FLOOD)
		FUZZ_CLAIM(l->answer.dropped <= ANSWER_DROP_MAX);
}

/* All events until more bytes are needed; the last good or exceptional one, else ANSWER_MORE. */
static enum answer_event listen(struct line *l)
{
	enum answer_event told = ANSWER_MORE;

	for (int turns = 0;; turns++) {
		struct answer_frame frame = { 0 };
		bool waited = l->answer.waiting;
		enum answer_event event = answer_next(&l->answer, &frame);

		FUZZ_CLAIM(turns <= FRAME_MAX);
		check_event(l, event, &frame, waited);
		if (event == ANSWER_MORE)
			return told;
		if (event == ANSWER_BROKEN || event == ANSWER_FLOOD) {
			answer_reset(&l->answer);
			FUZZ_CLAIM(answer_next(&l->answer, &frame) == ANSWER_MORE);
			return event;
		}
		told = event == ANSWER_OTHER ? told : event;
	}
}

/* In pieces of at most that many bytes. */
static enum answer_event feed(struct line *l, struct fuzz_bytes bytes, size_t piece)
{
	enum answer_event told = ANSWER_MORE;

	while (bytes.left) {
		size_t room = answer_room(&l->answer);
		struct fuzz_bytes part = fuzz_part(&bytes, room < piece ? room : piece);
		enum answer_event event;

		answer_feed(&l->answer, part.at, part.left);
		event = listen(l);
		told = event == ANSWER_MORE ? told : event;
	}
	return told;
}

static void expect(struct line *l, struct fuzz_bytes *in)
{
	uint8_t tcp[FRAME_MAX], rtu[FRAME_MAX];

	l->request.pdu = NULL;
	l->request.unit = fuzz_u8(in);
	l->request.function = (uint8_t)(1 + fuzz_u8(in) % 4);
	l->request.address = fuzz_u16(in);
	l->request.count = (uint16_t)(1 + fuzz_u16(in) % (l->request.function <= 2 ? FRAME_BITS : FRAME_REGISTERS));
	l->transaction = fuzz_u16(in);
	l->asked = true;
	l->fill = (uint8_t)in->left;
	FUZZ_CLAIM(frame_compose_tcp(&l->request, l->transaction, tcp) == FRAME_TCP_REQUEST);
	FUZZ_CLAIM(frame_compose_rtu(&l->request, rtu) == FRAME_RTU_REQUEST);
	FUZZ_CLAIM(memcmp(tcp + 6, rtu, 6) == 0 && slow_crc(rtu, FRAME_RTU_REQUEST) == 0);
	FUZZ_CLAIM(tcp[4] == 0 && tcp[5] == 6);
	answer_expect(&l->answer, &l->request, l->transaction);
}

static void expect_written(struct line *l, struct fuzz_bytes *in)
{
	struct encode_image image = { .count = 1 };
	uint8_t tcp[FRAME_MAX], rtu[FRAME_MAX], what;
	size_t len;

	l->request.unit = fuzz_u8(in);
	what = fuzz_u8(in);
	image.table = what & 1 ? CODEC_COIL : CODEC_HOLDING;
	image.address = fuzz_u16(in);
	if (!(what & 1))
		image.count = (uint16_t)(1 + fuzz_u16(in) % ENCODE_REGISTERS);
	image.mask = what & 2 && image.count == 1 && !(what & 1) ? 0x0ff0 : 0;
	for (unsigned i = 0; i < image.count; i++)
		image.values[i] = (uint16_t)(in->left * 77 + i);
	l->pdu = what & 8 ? pdu_identify() : pdu_write(&image, what & 4);
	l->request.function = l->pdu.bytes[0];
	l->request.pdu = l->pdu.bytes;
	l->request.pdu_len = l->pdu.len;
	l->transaction = fuzz_u16(in);
	l->asked = true;
	l->fill = (uint8_t)in->left;
	len = frame_compose_rtu(&l->request, rtu);
	FUZZ_CLAIM(len == l->pdu.len + 3u && slow_crc(rtu, len) == 0);
	FUZZ_CLAIM(frame_compose_tcp(&l->request, l->transaction, tcp) == l->pdu.len + 7u && tcp[5] == l->pdu.len + 1);
	FUZZ_CLAIM(memcmp(tcp + 6, rtu, l->pdu.len + 1u) == 0);
	answer_expect(&l->answer, &l->request, l->transaction);
}

/* The steps that bring a frame made here; how much of it, and what of it is wrong. */
static void feed_made(struct line *l, enum step step, struct fuzz_bytes *in)
{
	uint8_t frame[FRAME_MAX + 2], body[2] = { (uint8_t)(l->request.function | 0x80), 0 };
	size_t len;

	if (!l->asked)
		return;
	if (step == STEP_EXCEPTION) {
		body[1] = fuzz_u8(in);
		len = wrap(l, l->request.unit, (struct fuzz_bytes){ body, 2 }, frame);
	} else if (step == STEP_ECHO) {
		len = frame_compose_rtu(&l->request, frame);
	} else {
		len = right_answer(l, (uint8_t)(l->request.unit + (step == STEP_OTHER_UNIT)), frame);
	}
	if (step == STEP_BENT) {
		size_t place = fuzz_u8(in);

		frame[place % len] ^= fuzz_u8(in);
	}
	if (step == STEP_HALF)
		len = fuzz_u8(in) % len;
	feed(l, (struct fuzz_bytes){ frame, len }, FRAME_MAX);
}

static void take_step(struct line *l, struct fuzz_bytes *in)
{
	enum step step = fuzz_u8(in) % STEPS;

	switch (step) {
	case STEP_EXPECT: expect(l, in); break;
	case STEP_WRITE: expect_written(l, in); break;
	case STEP_FEED: feed(l, fuzz_part(in, fuzz_u8(in)), FRAME_MAX); break;
	case STEP_DRIP: feed(l, fuzz_part(in, fuzz_u8(in)), 1); break;
	case STEP_FORGET: answer_forget(&l->answer); break;
	case STEP_RESET: answer_reset(&l->answer); break;
	default: feed_made(l, step, in); break;
	}
}

/* An answer that has the bytes of its request (bits, and what confirms a write) may be taken for an echo: it says so in answer.c. */
static bool looks_like_echo(const struct line *l, const uint8_t *frame, size_t len)
{
	return l->answer.kind == FRAME_RTU && len >= l->answer.sent_len &&
	       memcmp(frame, l->answer.sent, l->answer.sent_len) == 0;
}

/* Whatever was before: a request on a line that is in order gets its answer. */
static void check_recovery(struct line *l)
{
	uint8_t frame[FRAME_MAX + 2];
	size_t len;

	if (!l->asked)
		return;
	if (l->answer.kind == FRAME_TCP)
		answer_reset(&l->answer);
	answer_expect(&l->answer, &l->request, l->transaction);
	len = right_answer(l, l->request.unit, frame);
	if (!looks_like_echo(l, frame, len))
		FUZZ_CLAIM(feed(l, (struct fuzz_bytes){ frame, len }, 7) == ANSWER_GOOD);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	struct line line = { .asked = false };

	answer_init(&line.answer, fuzz_u8(&in) & 1 ? FRAME_TCP : FRAME_RTU);
	while (in.left)
		take_step(&line, &in);
	check_recovery(&line);
	return 0;
}
