/* sim_unit.h: one unit of a slave: its registers, its model, its faults, its counters. Owned by the slave. */
#pragma once

#include "sim_access.h"
#include "sim_fault.h"
#include "sim_models.h"

struct sim_slave;

struct sim_unit {
	struct sim_asset asset; /* name NULL: it has none */
	struct sim_slave *slave;
	uint8_t id;
	uint64_t seed;
	const struct sim_model *model;
	void *state; /* the model's */
	struct sim_bank bank;
	struct sim_faults faults;
	uint32_t requests[128]; /* by function; others in [0] */
	uint64_t answers, exceptions;
};

/* Which of the repeated ones: the unit's number and what its name ends with. */
struct sim_unit_which {
	uint8_t id;
	const char *suffix;
};

/* Never NULL: with errors in the diag the unit may be half-built, and is freed as usual. */
struct sim_unit *sim_unit_new(struct sim_slave *slave, const struct sim_setting *s, const struct sim_unit_which *which);
void sim_unit_free(struct sim_unit *u);
/* Carries the request out: the answer PDU, data or exception. */
void sim_unit_answer(struct sim_unit *u, const struct sim_pdu *rq, struct sim_pdu *ret_answer);
/* Brings registers up to date before anybody looks. */
void sim_unit_refresh(struct sim_unit *u, const struct sim_span *span);
void sim_unit_exception(struct sim_unit *u, uint8_t function, uint8_t code, struct sim_pdu *ret_answer);
json_t *sim_unit_stats(const struct sim_unit *u);
