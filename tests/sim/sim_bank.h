/* sim_bank.h: the four Modbus tables of one unit, sparse by presence: only declared addresses exist.
 *
 * Pure but for memory. Owned by the unit. A bit table holds 0 or 1; a register table holds 16-bit words.
 * Generators fill their registers when somebody reads, so an idle simulator costs nothing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sim_table { SIM_COIL, SIM_DISCRETE, SIM_INPUT, SIM_HOLDING, SIM_TABLES };

extern const char *const sim_bank_tables[SIM_TABLES + 1]; /* "coil" "discrete" "input" "holding" NULL */

/* A stretch of one table; count 0 is none. */
struct sim_span {
	enum sim_table table;
	uint32_t first, count;
};

enum sim_type { SIM_U16, SIM_I16, SIM_U32, SIM_I32, SIM_F32 };

/* Where and how a number stands: order is "abcd", "cdab", "badc" or "dcba" for the 32-bit types. */
struct sim_cell {
	struct sim_span span; /* as many values as fit */
	enum sim_type type;
	const char *order;
};

enum sim_gen_kind { SIM_GEN_RAMP, SIM_GEN_COUNTER, SIM_GEN_RANDOM };

struct sim_gen {
	enum sim_gen_kind kind;
	struct sim_cell cell;
	double low, high;  /* ramp, random; the counter starts at low */
	double per_second; /* counter */
	int64_t period_us; /* ramp: once from low to high; random: how long a value stays */
	uint64_t seed;
};

struct sim_store {
	uint32_t first, count;
	uint16_t *word; /* register tables */
	uint8_t *bit;   /* bit tables */
	uint8_t *flags;
};

struct sim_bank {
	struct sim_store store[SIM_TABLES];
	struct sim_gen *gens;
	size_t gen_count;
};

void sim_bank_fini(struct sim_bank *b);
bool sim_bank_is_bits(enum sim_table table);
/* Makes the addresses exist (value 0 where they did not). */
void sim_bank_declare(struct sim_bank *b, struct sim_span span);
/* Addresses that answer exception 2, declared or not. */
void sim_bank_forbid(struct sim_bank *b, struct sim_span span);
/* Declares and starts a generator; whoever sets one of its registers afterwards ends it there. */
void sim_bank_generate(struct sim_bank *b, const struct sim_gen *gen);
/* True where every address of the span exists and none is forbidden. */
bool sim_bank_has(const struct sim_bank *b, struct sim_span span);
/* Brings the generated registers of the span up to date. */
void sim_bank_refresh(struct sim_bank *b, struct sim_span span, int64_t elapsed_us);

/* The address must exist; others are ignored and read as 0. Setting is by hand. */
uint16_t sim_bank_get(const struct sim_bank *b, enum sim_table table, uint32_t at);
void sim_bank_set(struct sim_bank *b, enum sim_table table, uint32_t at, uint16_t value);
/* Somebody wrote there by hand: generators and models leave the span alone from now on. */
void sim_bank_touch(struct sim_bank *b, struct sim_span span);
/* Generators and models have it again. */
void sim_bank_release(struct sim_bank *b, struct sim_span span);
/* Sets what a model thinks, unless somebody wrote there by hand. */
void sim_bank_follow(struct sim_bank *b, enum sim_table table, uint32_t at, uint16_t value);
/* A typed number at cell.span.first: as a model thinks, or by hand. */
void sim_bank_follow_cell(struct sim_bank *b, const struct sim_cell *cell, double value);
void sim_bank_set_cell(struct sim_bank *b, const struct sim_cell *cell, double value);
uint32_t sim_bank_width(enum sim_type type); /* registers a value */
