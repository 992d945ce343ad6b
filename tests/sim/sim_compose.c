/* sim_compose.c: see sim_compose.h. */
#include "sim_compose.h"

#include <errno.h>
#include <modbus.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

#define MBAP 7

struct sim_compose {
	modbus_t *modbus; /* a TCP context that never connects: its framing is the simplest to take off again */
	int theirs, ours;
};

int sim_compose_new(struct sim_compose **ret_compose)
{
	_cleanup_(sim_compose_freep) struct sim_compose *c = MEM_NEW(struct sim_compose);
	int pair[2];

	c->theirs = c->ours = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return -errno;
	c->theirs = pair[0];
	c->ours = pair[1];
	c->modbus = modbus_new_tcp("127.0.0.1", 502);
	if (!c->modbus)
		return -errno;
	modbus_set_socket(c->modbus, c->theirs);
	/* An exception inside modbus_reply sleeps that long. None is expected; a microsecond does no harm. */
	modbus_set_response_timeout(c->modbus, 0, 1);
	*ret_compose = steal(&c);
	return 0;
}

void sim_compose_free(struct sim_compose *c)
{
	if (!c)
		return;
	if (c->modbus)
		modbus_free(c->modbus);
	if (c->theirs >= 0)
		close(c->theirs);
	if (c->ours >= 0)
		close(c->ours);
	free(c);
}

int sim_compose_answer(struct sim_compose *c, struct sim_bank *bank, const struct sim_pdu *rq, struct sim_pdu *ret_pdu)
{
	const struct sim_store *s = bank->store;
	modbus_mapping_t map = {
		.nb_bits = (int)s[SIM_COIL].count,
		.start_bits = (int)s[SIM_COIL].first,
		.tab_bits = s[SIM_COIL].bit,
		.nb_input_bits = (int)s[SIM_DISCRETE].count,
		.start_input_bits = (int)s[SIM_DISCRETE].first,
		.tab_input_bits = s[SIM_DISCRETE].bit,
		.nb_input_registers = (int)s[SIM_INPUT].count,
		.start_input_registers = (int)s[SIM_INPUT].first,
		.tab_input_registers = s[SIM_INPUT].word,
		.nb_registers = (int)s[SIM_HOLDING].count,
		.start_registers = (int)s[SIM_HOLDING].first,
		.tab_registers = s[SIM_HOLDING].word,
	};
	uint8_t adu[MODBUS_TCP_MAX_ADU_LENGTH] = { 0 }, answer[MODBUS_TCP_MAX_ADU_LENGTH];
	ssize_t len;

	adu[5] = (uint8_t)(rq->len + 1);
	adu[6] = 1;
	memcpy(adu + MBAP, rq->byte, rq->len);
	if (modbus_reply(c->modbus, adu, (int)(MBAP + rq->len), &map) < 0)
		return -EIO;
	len = recv(c->ours, answer, sizeof(answer), MSG_DONTWAIT);
	if (len <= MBAP)
		return -EIO;
	ret_pdu->len = (size_t)len - MBAP;
	memcpy(ret_pdu->byte, answer + MBAP, ret_pdu->len);
	return 0;
}
