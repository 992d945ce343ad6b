/* sim_fault.h: misbehaviour on command: what is wrong with the next answers of a unit or of a whole slave.
 *
 * Pure: time is an argument. One fault of each kind a target. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim_words.h"

enum sim_fault_kind {
	SIM_FAULT_MUTE,
	SIM_FAULT_LATE,
	SIM_FAULT_DRIP,
	SIM_FAULT_WRONG_UNIT,
	SIM_FAULT_WRONG_TID,
	SIM_FAULT_WRONG_PROTOCOL,
	SIM_FAULT_WRONG_LENGTH,
	SIM_FAULT_WRONG_COUNT,
	SIM_FAULT_WRONG_FUNCTION,
	SIM_FAULT_BAD_CRC,
	SIM_FAULT_EXCEPTION,
	SIM_FAULT_GARBAGE,
	SIM_FAULT_NOISE,
	SIM_FAULT_ECHO,
	SIM_FAULT_FLOOD,
	SIM_FAULT_DUPLICATE,
	SIM_FAULT_HALF,
	SIM_FAULT_CLOSE,
	SIM_FAULT_FLAP,
	SIM_FAULT_KINDS
};

enum sim_fault_where { SIM_FAULT_TCP = 1, SIM_FAULT_RTU = 2, SIM_FAULT_ANY = 3 };

struct sim_fault_row {
	const char *name;
	bool takes_arg, needs_arg;
	int64_t min, max, fallback;
	enum sim_fault_where where;
	bool slave_only;
	const char *help;
};

extern const struct sim_fault_row sim_fault_rows[SIM_FAULT_KINDS];

struct sim_fault {
	bool on;
	int64_t arg;
	int64_t until_us; /* 0: no end */
	int64_t left;     /* answers; -1: no limit */
};

struct sim_faults {
	struct sim_fault kind[SIM_FAULT_KINDS];
	unsigned on; /* how many */
	uint64_t done;
};

/* All faults that the present answer gets. */
struct sim_shape {
	bool on[SIM_FAULT_KINDS];
	int64_t arg[SIM_FAULT_KINDS];
};

/* What a command asks for: words[2] = kind, then ARG, "for DURATION", "count N" (or "next N"). */
struct sim_fault_order {
	enum sim_fault_kind kind;
	struct sim_fault fault;
};
/* NULL, or the answer that names the expectation (the caller owns it). */
json_t *sim_fault_parse(const struct sim_words *words, int64_t now_us, struct sim_fault_order *ret_order);

void sim_fault_set(struct sim_faults *f, const struct sim_fault_order *order);
void sim_fault_clear(struct sim_faults *f);
/* Ends one kind; true where it was on. */
bool sim_fault_end(struct sim_faults *f, enum sim_fault_kind kind);
/* Adds what is active to the shape and counts it as one answer. */
void sim_fault_take(struct sim_faults *f, int64_t now_us, struct sim_shape *shape);
/* Whether one kind is active now; counts it down. */
bool sim_fault_take_one(struct sim_faults *f, enum sim_fault_kind kind, int64_t now_us);
/* The row number of a name, or -EINVAL. */
int sim_fault_find(const char *name);
/* {"late":{"arg":700,"left":3,"for_ms":1200}, …} */
json_t *sim_fault_describe(const struct sim_faults *f, int64_t now_us);
