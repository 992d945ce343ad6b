#include "field/pdu.h"

#include <string.h>

#include "base/str.h"
#include "base/util.h"

#define MEI_IDENTIFY  14
#define BASIC         1 /* vendor, product code, revision */
#define IDENTITY_HEAD 6 /* MEI, code, conformity, more follows, next, number of objects */
#define RTU_HEAD      2 /* unit, function */
#define RTU_FRAME_MAX 256

static void put_u8(struct pdu *p, unsigned value)
{
	p->bytes[p->len++] = (uint8_t)value;
}

static void put_u16(struct pdu *p, uint16_t value)
{
	put_u8(p, value >> 8);
	put_u8(p, value & 0xff);
}

static void put_many(struct pdu *p, const struct encode_image *image)
{
	bool coils = image->table == CODEC_COIL;

	put_u8(p, coils ? PDU_COILS : PDU_REGISTERS);
	put_u16(p, image->address);
	put_u16(p, image->count);
	put_u8(p, coils ? 1u : 2u * image->count);
	for (unsigned i = 0; i < image->count && !coils; i++)
		put_u16(p, image->values[i]);
	if (coils)
		put_u8(p, image->values[0] != 0);
}

struct pdu pdu_write(const struct encode_image *image, bool many)
{
	struct pdu p = { .len = 0 };

	if (image->mask) {
		put_u8(&p, PDU_MASK);
		put_u16(&p, image->address);
		put_u16(&p, (uint16_t)~image->mask);
		put_u16(&p, image->values[0] & image->mask);
	} else if (many || image->count > 1) {
		put_many(&p, image);
	} else if (image->table == CODEC_COIL) {
		put_u8(&p, PDU_COIL);
		put_u16(&p, image->address);
		put_u16(&p, image->values[0] ? 0xff00 : 0);
	} else {
		put_u8(&p, PDU_REGISTER);
		put_u16(&p, image->address);
		put_u16(&p, image->values[0]);
	}
	return p;
}

struct pdu pdu_identify(void)
{
	return (struct pdu){ .len = 4, .bytes = { PDU_IDENTIFY, MEI_IDENTIFY, BASIC, 0 } };
}

uint16_t pdu_answer_len(uint8_t function)
{
	switch (function) {
	case PDU_COIL:
	case PDU_REGISTER:
	case PDU_COILS:
	case PDU_REGISTERS: return 4;
	case PDU_MASK: return 6;
	default: return 0;
	}
}

/* Where the objects end that stand behind the head: counted from the first byte. 0: not all is there. */
static size_t identity_end(const uint8_t *head, size_t len)
{
	size_t at = IDENTITY_HEAD;

	if (len < IDENTITY_HEAD)
		return 0;
	for (unsigned i = 0; i < head[5]; i++) {
		if (at + 2 > len)
			return 0;
		at += 2u + head[at + 1];
	}
	return at;
}

int pdu_rtu_length(const uint8_t *bytes, size_t len)
{
	size_t end;

	switch (bytes[1]) {
	case PDU_COIL:
	case PDU_REGISTER:
	case PDU_COILS:
	case PDU_REGISTERS: return FRAME_RTU_REQUEST;
	case PDU_MASK: return FRAME_RTU_REQUEST + 2;
	case PDU_IDENTIFY: break;
	default: return -1;
	}
	if (len > RTU_HEAD && bytes[RTU_HEAD] != MEI_IDENTIFY)
		return -1;
	end = len > RTU_HEAD ? identity_end(bytes + RTU_HEAD, len - RTU_HEAD) : 0;
	if (end == 0)
		return len < RTU_FRAME_MAX ? 0 : -1;
	return end + RTU_HEAD + 2 <= RTU_FRAME_MAX ? (int)(end + RTU_HEAD + 2) : -1;
}

/* As text for people: what is not UTF-8, or steers a terminal, is left out. */
static void take_text(const uint8_t *bytes, size_t len, char *ret_text)
{
	size_t n = 0;

	for (size_t i = 0; i < len && n + 1 < ORDER_NAME_MAX; i++)
		if (bytes[i] >= ' ' && bytes[i] != 0x7f)
			ret_text[n++] = (char)bytes[i];
	while (n > 0 && ret_text[n - 1] == ' ')
		n--;
	n = str_is_utf8(ret_text, n) ? n : 0;
	ret_text[n] = '\0';
}

bool pdu_take_identity(const uint8_t *data, size_t len, struct order_result *result)
{
	size_t end = identity_end(data, len), at = IDENTITY_HEAD;
	char *texts[] = { result->vendor, result->product, result->revision };

	if (len == 0 || data[0] != MEI_IDENTIFY || end == 0 || end > len)
		return false;
	for (unsigned i = 0; i < data[5]; i++) {
		if (data[at] < ARRAY_SIZE(texts))
			take_text(data + at + 2, data[at + 1], texts[data[at]]);
		at += 2u + data[at + 1];
	}
	return true;
}
