/* sim_frame.c: see sim_frame.h. */
#include "sim_frame.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"

uint16_t sim_frame_crc(const uint8_t *data, size_t len)
{
	uint16_t crc = 0xffff;

	for (size_t i = 0; i < len; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (uint16_t)(crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1);
	}
	return crc;
}

static void put_word(uint8_t *at, uint16_t word)
{
	at[0] = (uint8_t)(word >> 8);
	at[1] = (uint8_t)word;
}

static bool is_read(const struct sim_pdu *pdu)
{
	return pdu->byte[0] >= 1 && pdu->byte[0] <= 4 && pdu->len >= 3;
}

/* The lies that stand in the PDU. */
static void distort(struct sim_pdu *pdu, enum sim_framing framing, const struct sim_shape *s)
{
	if (s->on[SIM_FAULT_WRONG_COUNT] && is_read(pdu)) {
		size_t bytes = MIN((size_t)s->arg[SIM_FAULT_WRONG_COUNT] * 2, pdu->len - 2);

		pdu->len -= bytes;
		pdu->byte[1] = (uint8_t)(pdu->len - 2);
	}
	if (s->on[SIM_FAULT_WRONG_LENGTH] && framing == SIM_FRAMING_RTU && pdu->len > 1)
		pdu->byte[1] = (uint8_t)(pdu->byte[1] + s->arg[SIM_FAULT_WRONG_LENGTH]);
	if (s->on[SIM_FAULT_WRONG_FUNCTION])
		pdu->byte[0] = (uint8_t)(pdu->byte[0] + s->arg[SIM_FAULT_WRONG_FUNCTION]);
}

static size_t build_tcp(const struct sim_message *m, const struct sim_shape *s, uint8_t *buf)
{
	uint16_t length = (uint16_t)(m->pdu.len + 1);

	if (s->on[SIM_FAULT_WRONG_LENGTH])
		length = (uint16_t)(length + s->arg[SIM_FAULT_WRONG_LENGTH]);
	put_word(buf, (uint16_t)(m->tid + s->arg[SIM_FAULT_WRONG_TID]));
	put_word(buf + 2, (uint16_t)s->arg[SIM_FAULT_WRONG_PROTOCOL]);
	put_word(buf + 4, length);
	buf[6] = (uint8_t)(m->unit + s->arg[SIM_FAULT_WRONG_UNIT]);
	memcpy(buf + SIM_FRAME_MBAP, m->pdu.byte, m->pdu.len);
	return SIM_FRAME_MBAP + m->pdu.len;
}

static size_t build_rtu(const struct sim_message *m, const struct sim_shape *s, uint8_t *buf)
{
	size_t len = 1 + m->pdu.len;
	uint16_t crc;

	buf[0] = (uint8_t)(m->unit + s->arg[SIM_FAULT_WRONG_UNIT]);
	memcpy(buf + 1, m->pdu.byte, m->pdu.len);
	crc = sim_frame_crc(buf, len);
	if (s->on[SIM_FAULT_BAD_CRC])
		crc ^= 0x0100;
	buf[len] = (uint8_t)crc;
	buf[len + 1] = (uint8_t)(crc >> 8);
	return len + 2;
}

size_t sim_frame_build(enum sim_framing framing, const struct sim_message *m, const struct sim_shape *shape,
		       uint8_t *buf)
{
	struct sim_message bent = *m;
	size_t len;

	distort(&bent.pdu, framing, shape);
	len = framing == SIM_FRAMING_TCP ? build_tcp(&bent, shape, buf) : build_rtu(&bent, shape, buf);
	if (!shape->on[SIM_FAULT_HALF])
		return len;
	return shape->arg[SIM_FAULT_HALF] ? MIN((size_t)shape->arg[SIM_FAULT_HALF], len) : len / 2;
}

static int take_tcp(const uint8_t *data, size_t len, struct sim_message *ret_message)
{
	size_t length;

	if (len < SIM_FRAME_MBAP)
		return 0;
	length = (size_t)(data[4] << 8 | data[5]);
	if (data[2] || data[3] || length < 2 || length > SIM_PDU_MAX + 1)
		return -EBADMSG;
	if (len < 6 + length)
		return 0;
	ret_message->tid = (uint16_t)(data[0] << 8 | data[1]);
	ret_message->unit = data[6];
	ret_message->pdu.len = length - 1;
	memcpy(ret_message->pdu.byte, data + SIM_FRAME_MBAP, length - 1);
	return (int)(6 + length);
}

static bool crc_fits(const uint8_t *data, size_t len)
{
	uint16_t crc = sim_frame_crc(data, len - 2);

	return data[len - 2] == (uint8_t)crc && data[len - 1] == (uint8_t)(crc >> 8);
}

/* A function of unknown length ends where the checksum fits: the shortest such frame. */
static int take_unknown(const uint8_t *data, size_t len)
{
	for (size_t n = 4; n <= len; n++)
		if (crc_fits(data, n))
			return (int)n;
	return len >= SIM_PDU_MAX + 3 ? -EBADMSG : 0;
}

static int take_rtu(const uint8_t *data, size_t len, struct sim_message *ret_message)
{
	int n;

	if (len < 4)
		return 0;
	n = sim_access_length(data + 1, len - 1);
	if (n == 0)
		return 0;
	n = n < 0 ? take_unknown(data, len) : n + 3;
	if (n < 0 || n > SIM_PDU_MAX + 3)
		return -EBADMSG;
	if (n == 0 || (size_t)n > len)
		return 0;
	if (!crc_fits(data, (size_t)n))
		return -EBADMSG;
	ret_message->tid = 0;
	ret_message->unit = data[0];
	ret_message->pdu.len = (size_t)n - 3;
	memcpy(ret_message->pdu.byte, data + 1, ret_message->pdu.len);
	return n;
}

int sim_frame_take(enum sim_framing framing, const uint8_t *data, size_t len, struct sim_message *ret_message)
{
	return framing == SIM_FRAMING_TCP ? take_tcp(data, len, ret_message) : take_rtu(data, len, ret_message);
}
