#include "field/spell.h"

#define SHOWN 12 /* values of an answer */

/* What a frame says, without its envelope. */
struct said {
	uint8_t unit, function;
	const uint8_t *data; /* behind the function */
	size_t len;
};

static uint16_t u16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static const char *table_name(uint8_t function)
{
	static const char *const names[] = { "", "coil", "discrete", "holding", "input" };

	return names[function];
}

bool spell_is_whole(enum frame_kind framing, const struct tape_frame *frame)
{
	if (framing == FRAME_TCP)
		return frame->len > FRAME_MBAP && frame->len == 6u + u16(frame->bytes + 4);
	return frame->len >= 4 && frame_crc(frame->bytes, frame->len) == 0;
}

/* False: told what is wrong with it. */
static bool open_tcp(const struct tape_frame *f, struct said *said, struct str_buf *to)
{
	size_t len = f->len >= 6 ? u16(f->bytes + 4) : 0;

	if (f->len < FRAME_MBAP + 1 || len < 2) {
		str_buf_printf(to, "part of a frame (%zu bytes)", f->len);
		return false;
	}
	str_buf_printf(to, "#%u ", u16(f->bytes));
	if (u16(f->bytes + 2) != 0)
		str_buf_printf(to, "protocol %u, not Modbus; ", u16(f->bytes + 2));
	if (f->len != 6 + len)
		str_buf_printf(to, "%zu bytes, its header says %zu; ", f->len, 6 + len);
	*said = (struct said){ f->bytes[6], f->bytes[7], f->bytes + 8, MIN(f->len, 6 + len) - 8 };
	return true;
}

static bool open_rtu(const struct tape_frame *f, struct said *said, struct str_buf *to)
{
	if (f->len < 4) {
		str_buf_printf(to, "part of a frame (%zu bytes)", f->len);
		return false;
	}
	if (frame_crc(f->bytes, f->len) != 0) /* over itself a right CRC gives 0 */
		str_buf_add(to, "wrong CRC, or part of a frame; ");
	*said = (struct said){ f->bytes[0], f->bytes[1], f->bytes + 2, f->len - 4 };
	return true;
}

static void spell_request(const struct said *s, struct str_buf *to)
{
	uint16_t address = s->len >= 2 ? u16(s->data) : 0, count = s->len >= 4 ? u16(s->data + 2) : 0;

	if (s->len < 4)
		str_buf_printf(to, "function %u", s->function);
	else if (s->function >= 1 && s->function <= 4)
		str_buf_printf(to, "read %s %u … %u (%u)", table_name(s->function), address,
			       address + MAX(count, 1) - 1, count);
	else if (s->function == 5)
		str_buf_printf(to, "write coil %u: %s", address, count ? "on" : "off");
	else if (s->function == 6)
		str_buf_printf(to, "write holding %u: %04x", address, count);
	else if (s->function == 15 || s->function == 16)
		str_buf_printf(to, "write %s %u … %u (%u)", s->function == 15 ? "coil" : "holding", address,
			       address + MAX(count, 1) - 1, count);
	else
		str_buf_printf(to, "function %u", s->function);
}

static void spell_values(const struct said *s, struct str_buf *to)
{
	size_t len = MIN((size_t)s->data[0], s->len - 1), registers = len / 2;

	if (s->function <= 2) {
		str_buf_printf(to, "%zu bytes of bits:", len);
		for (size_t i = 0; i < MIN(len, (size_t)SHOWN); i++)
			str_buf_printf(to, " %02x", s->data[1 + i]);
		str_buf_add(to, len > SHOWN ? " …" : "");
		return;
	}
	str_buf_printf(to, "%zu register%s:", registers, registers == 1 ? "" : "s");
	for (size_t i = 0; i < MIN(registers, (size_t)SHOWN); i++)
		str_buf_printf(to, " %04x", u16(s->data + 1 + 2 * i));
	str_buf_add(to, registers > SHOWN ? " …" : "");
}

static void spell_answer(const struct said *s, struct str_buf *to)
{
	if (s->function & 0x80)
		str_buf_add(to, s->len ? frame_exception_text(s->data[0]) : "an exception without a code");
	else if (s->function >= 1 && s->function <= 4 && s->len >= 1)
		spell_values(s, to);
	else if (s->function == 5 || s->function == 6 || s->function == 15 || s->function == 16)
		str_buf_add(to, "written");
	else
		str_buf_printf(to, "answer to function %u", s->function);
}

void spell_frame(enum frame_kind framing, const struct tape_frame *frame, struct str_buf *to)
{
	struct said said;

	if (frame->kind == TAPE_OPENED || frame->kind == TAPE_CLOSED) {
		str_buf_add(to, frame->kind == TAPE_OPENED ? "the link was opened" : "the link was closed");
		return;
	}
	if (!(framing == FRAME_TCP ? open_tcp(frame, &said, to) : open_rtu(frame, &said, to)))
		return;
	str_buf_printf(to, "unit %u: ", said.unit);
	if (frame->kind == TAPE_SENT)
		spell_request(&said, to);
	else
		spell_answer(&said, to);
}

/* A blank goes before these bytes: behind the header, between unit, function and data, before the CRC. */
static bool has_gap(enum frame_kind framing, const struct tape_frame *f, size_t i)
{
	size_t head = framing == FRAME_TCP ? 6 : 0;

	if (i < head)
		return i == 2 || i == 4;
	return i <= head + 2 || (framing == FRAME_RTU && i + 2 == f->len) ||
	       (i - head - (f->kind == TAPE_SENT ? 2 : 3)) % 2 == 0;
}

void spell_hex(enum frame_kind framing, const struct tape_frame *frame, struct str_buf *to)
{
	for (size_t i = 0; i < frame->len; i++)
		str_buf_printf(to, "%s%02x", i > 0 && has_gap(framing, frame, i) ? " " : "", frame->bytes[i]);
}
