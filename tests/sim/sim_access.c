/* sim_access.c: see sim_access.h. The table is what the simulated slaves understand. */
#include "sim_access.h"

#include <errno.h>

#include "base/util.h"

enum shape { READ, WRITE_COIL, WRITE_REGISTER, WRITE_MANY, MASK, READ_WRITE };

static const struct form {
	uint8_t function;
	enum shape shape;
	enum sim_table table;
	uint32_t max;
} forms[] = {
	{ 1, READ, SIM_COIL, 2000 },        { 2, READ, SIM_DISCRETE, 2000 },
	{ 3, READ, SIM_HOLDING, 125 },      { 4, READ, SIM_INPUT, 125 },
	{ 5, WRITE_COIL, SIM_COIL, 1 },     { 6, WRITE_REGISTER, SIM_HOLDING, 1 },
	{ 15, WRITE_MANY, SIM_COIL, 1968 }, { 16, WRITE_MANY, SIM_HOLDING, 123 },
	{ 22, MASK, SIM_HOLDING, 1 },       { 23, READ_WRITE, SIM_HOLDING, 125 },
};

/* Bytes up to and with the byte count, or of the whole PDU where it has none. */
static const struct {
	size_t fixed;
	bool counted;
} lengths[] = {
	[READ] = { 5, false },      [WRITE_COIL] = { 5, false }, [WRITE_REGISTER] = { 5, false },
	[WRITE_MANY] = { 6, true }, [MASK] = { 7, false },       [READ_WRITE] = { 10, true },
};

static const struct form *form_find(uint8_t function)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (forms[i].function == function)
			return &forms[i];
	return NULL;
}

static uint16_t word_at(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

int sim_access_length(const uint8_t *pdu, size_t len)
{
	const struct form *f = len ? form_find(pdu[0]) : NULL;

	if (!len)
		return 0;
	if (!f)
		return -EPROTO;
	if (!lengths[f->shape].counted)
		return (int)lengths[f->shape].fixed;
	return len < lengths[f->shape].fixed ? 0 : (int)(lengths[f->shape].fixed + pdu[lengths[f->shape].fixed - 1]);
}

/* The byte count of a write must agree with its quantity. */
static bool count_agrees(const struct form *f, uint32_t quantity, uint8_t bytes)
{
	return bytes == (sim_bank_is_bits(f->table) ? (quantity + 7) / 8 : quantity * 2);
}

static bool values_fit(const struct form *f, const struct sim_pdu *rq, struct sim_access *a)
{
	const uint8_t *p = rq->byte;

	switch (f->shape) {
	case READ: return a->read.count >= 1 && a->read.count <= f->max;
	case WRITE_COIL: return word_at(p + 3) == 0 || word_at(p + 3) == 0xff00;
	case WRITE_REGISTER:
	case MASK: return true;
	case WRITE_MANY:
		return a->write.count >= 1 && a->write.count <= f->max && count_agrees(f, a->write.count, p[5]);
	case READ_WRITE:
		return a->read.count >= 1 && a->read.count <= f->max && a->write.count >= 1 && a->write.count <= 121 &&
		       count_agrees(f, a->write.count, p[9]);
	}
	return false;
}

int sim_access_parse(const struct sim_pdu *rq, struct sim_access *ret_access)
{
	const struct form *f = rq->len ? form_find(rq->byte[0]) : NULL;
	struct sim_access a = { .function = rq->len ? rq->byte[0] : 0 };
	const uint8_t *p = rq->byte;

	*ret_access = a;
	if (!f)
		return SIM_EXCEPTION_FUNCTION;
	if (sim_access_length(p, rq->len) != (int)rq->len)
		return SIM_EXCEPTION_VALUE;
	switch (f->shape) {
	case READ: a.read = (struct sim_span){ f->table, word_at(p + 1), word_at(p + 3) }; break;
	case WRITE_COIL:
	case WRITE_REGISTER:
	case MASK: a.write = (struct sim_span){ f->table, word_at(p + 1), 1 }; break;
	case WRITE_MANY: a.write = (struct sim_span){ f->table, word_at(p + 1), word_at(p + 3) }; break;
	case READ_WRITE:
		a.read = (struct sim_span){ f->table, word_at(p + 1), word_at(p + 3) };
		a.write = (struct sim_span){ f->table, word_at(p + 5), word_at(p + 7) };
		break;
	}
	*ret_access = a;
	return values_fit(f, rq, &a) ? 0 : SIM_EXCEPTION_VALUE;
}
