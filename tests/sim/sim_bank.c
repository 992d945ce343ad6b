/* sim_bank.c: see sim_bank.h. */
#include "sim_bank.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/util.h"
#include "sim_rand.h"

#define FLAG_EXISTS    0x01
#define FLAG_FORBIDDEN 0x02
#define FLAG_FIXED     0x04 /* set by somebody: generators leave it alone */

const char *const sim_bank_tables[SIM_TABLES + 1] = { "coil", "discrete", "input", "holding", NULL };

void sim_bank_fini(struct sim_bank *b)
{
	for (int t = 0; t < SIM_TABLES; t++) {
		free(b->store[t].word);
		free(b->store[t].bit);
		free(b->store[t].flags);
	}
	free(b->gens);
	*b = (struct sim_bank){ 0 };
}

bool sim_bank_is_bits(enum sim_table table)
{
	return table == SIM_COIL || table == SIM_DISCRETE;
}

uint32_t sim_bank_width(enum sim_type type)
{
	return type == SIM_U16 || type == SIM_I16 ? 1 : 2;
}

/* A copy of old (moved by shift elements) in a cleared array of count elements. */
static void *widened(void *old, const struct sim_store *was, const struct sim_store *now, size_t size)
{
	char *wide = mem_array(now->count, size);

	if (was->count)
		memcpy(wide + (was->first - now->first) * size, old, was->count * size);
	free(old);
	return wide;
}

static void cover(struct sim_bank *b, struct sim_span span)
{
	struct sim_store *s = &b->store[span.table];
	struct sim_store was = *s;
	uint32_t end = MAX(span.first + span.count, s->count ? s->first + s->count : 0);

	s->first = s->count ? MIN(s->first, span.first) : span.first;
	s->count = end - s->first;
	if (s->first == was.first && s->count == was.count)
		return;
	if (sim_bank_is_bits(span.table))
		s->bit = widened(s->bit, &was, s, sizeof(*s->bit));
	else
		s->word = widened(s->word, &was, s, sizeof(*s->word));
	s->flags = widened(s->flags, &was, s, sizeof(*s->flags));
}

static void mark(struct sim_bank *b, struct sim_span span, uint8_t flag)
{
	struct sim_store *s = &b->store[span.table];

	for (uint32_t i = 0; i < span.count; i++)
		s->flags[span.first - s->first + i] |= flag;
}

void sim_bank_declare(struct sim_bank *b, struct sim_span span)
{
	if (!span.count)
		return;
	cover(b, span);
	mark(b, span, FLAG_EXISTS);
}

void sim_bank_forbid(struct sim_bank *b, struct sim_span span)
{
	if (!span.count)
		return;
	cover(b, span);
	mark(b, span, FLAG_FORBIDDEN);
}

void sim_bank_generate(struct sim_bank *b, const struct sim_gen *gen)
{
	sim_bank_declare(b, gen->cell.span);
	b->gens = mem_realloc(b->gens, b->gen_count + 1, sizeof(*b->gens));
	b->gens[b->gen_count++] = *gen;
}

bool sim_bank_has(const struct sim_bank *b, struct sim_span span)
{
	const struct sim_store *s = &b->store[span.table];

	if (!span.count)
		return true;
	if (span.first < s->first || span.first + span.count > s->first + s->count)
		return false;
	for (uint32_t i = 0; i < span.count; i++)
		if ((s->flags[span.first - s->first + i] & (FLAG_EXISTS | FLAG_FORBIDDEN)) != FLAG_EXISTS)
			return false;
	return true;
}

uint16_t sim_bank_get(const struct sim_bank *b, enum sim_table table, uint32_t at)
{
	const struct sim_store *s = &b->store[table];

	if (at < s->first || at >= s->first + s->count)
		return 0;
	return sim_bank_is_bits(table) ? s->bit[at - s->first] : s->word[at - s->first];
}

static void store(struct sim_bank *b, enum sim_table table, uint32_t at, uint16_t value)
{
	struct sim_store *s = &b->store[table];

	if (at < s->first || at >= s->first + s->count)
		return;
	if (sim_bank_is_bits(table))
		s->bit[at - s->first] = value != 0;
	else
		s->word[at - s->first] = value;
}

void sim_bank_set(struct sim_bank *b, enum sim_table table, uint32_t at, uint16_t value)
{
	struct sim_store *s = &b->store[table];

	store(b, table, at, value);
	if (at >= s->first && at < s->first + s->count)
		s->flags[at - s->first] |= FLAG_FIXED;
}

void sim_bank_touch(struct sim_bank *b, struct sim_span span)
{
	if (sim_bank_has(b, span))
		mark(b, span, FLAG_FIXED);
}

void sim_bank_release(struct sim_bank *b, struct sim_span span)
{
	struct sim_store *s = &b->store[span.table];

	if (sim_bank_has(b, span))
		for (uint32_t i = 0; i < span.count; i++)
			s->flags[span.first - s->first + i] &= (uint8_t)~FLAG_FIXED;
}

static bool is_fixed(const struct sim_bank *b, enum sim_table table, uint32_t at)
{
	const struct sim_store *s = &b->store[table];

	return at >= s->first && at < s->first + s->count && (s->flags[at - s->first] & FLAG_FIXED);
}

void sim_bank_follow(struct sim_bank *b, enum sim_table table, uint32_t at, uint16_t value)
{
	if (!is_fixed(b, table, at))
		store(b, table, at, value);
}

static uint32_t bits_of(enum sim_type type, double value)
{
	float single = (float)value;
	uint32_t raw;

	switch (type) {
	case SIM_U16: return (uint16_t)(int64_t)CLAMP(value, 0.0, 65535.0);
	case SIM_I16: return (uint16_t)(int16_t)CLAMP(value, -32768.0, 32767.0);
	case SIM_U32: return (uint32_t)CLAMP(value, 0.0, 4294967295.0);
	case SIM_I32: return (uint32_t)(int32_t)CLAMP(value, -2147483648.0, 2147483647.0);
	case SIM_F32: break;
	}
	memcpy(&raw, &single, sizeof(raw));
	return raw;
}

/* Writes the raw value where the cell's order wants its bytes: 'a' is the highest. */
static void spread(struct sim_bank *b, const struct sim_cell *cell, uint32_t raw)
{
	uint8_t byte[4];

	if (sim_bank_width(cell->type) == 1) {
		store(b, cell->span.table, cell->span.first, (uint16_t)raw);
		return;
	}
	for (int i = 0; i < 4; i++)
		byte[i] = (uint8_t)(raw >> (8 * ('d' - (cell->order ? cell->order : "abcd")[i])));
	store(b, cell->span.table, cell->span.first, (uint16_t)(byte[0] << 8 | byte[1]));
	store(b, cell->span.table, cell->span.first + 1, (uint16_t)(byte[2] << 8 | byte[3]));
}

void sim_bank_follow_cell(struct sim_bank *b, const struct sim_cell *cell, double value)
{
	if (!is_fixed(b, cell->span.table, cell->span.first))
		spread(b, cell, bits_of(cell->type, value));
}

void sim_bank_set_cell(struct sim_bank *b, const struct sim_cell *cell, double value)
{
	spread(b, cell, bits_of(cell->type, value));
	sim_bank_touch(b, (struct sim_span){ cell->span.table, cell->span.first, sim_bank_width(cell->type) });
}

static double generated(const struct sim_gen *g, uint32_t index, int64_t elapsed_us)
{
	double turns = (double)elapsed_us / (double)g->period_us;
	uint64_t state;

	switch (g->kind) {
	case SIM_GEN_COUNTER: return floor(g->low + index + g->per_second * (double)elapsed_us / 1e6);
	case SIM_GEN_RAMP: return g->low + (g->high - g->low) * (turns - floor(turns));
	case SIM_GEN_RANDOM: break;
	}
	state = sim_rand_mix(g->seed ^ (uint64_t)index << 40 ^ (uint64_t)(elapsed_us / g->period_us));
	return g->low + (g->high - g->low) * sim_rand_unit(&state);
}

static double wrapped(const struct sim_gen *g, double value)
{
	if (g->kind != SIM_GEN_COUNTER || g->cell.type == SIM_F32)
		return value;
	if (sim_bank_is_bits(g->cell.span.table))
		return fmod(value, 2);
	return fmod(value, sim_bank_width(g->cell.type) == 1 ? 65536.0 : 4294967296.0);
}

static void generate(struct sim_bank *b, const struct sim_gen *g, struct sim_span wanted, int64_t elapsed_us)
{
	uint32_t width = sim_bank_is_bits(wanted.table) ? 1 : sim_bank_width(g->cell.type);
	uint32_t end = wanted.first + wanted.count;

	for (uint32_t i = 0; (i + 1) * width <= g->cell.span.count; i++) {
		struct sim_cell cell = g->cell;

		cell.span.first += i * width;
		if (cell.span.first + width <= wanted.first || cell.span.first >= end)
			continue;
		if (sim_bank_is_bits(wanted.table))
			sim_bank_follow(b, wanted.table, cell.span.first,
					wrapped(g, generated(g, i, elapsed_us)) >= 0.5);
		else
			sim_bank_follow_cell(b, &cell, wrapped(g, generated(g, i, elapsed_us)));
	}
}

void sim_bank_refresh(struct sim_bank *b, struct sim_span span, int64_t elapsed_us)
{
	for (size_t i = 0; i < b->gen_count; i++)
		if (b->gens[i].cell.span.table == span.table)
			generate(b, &b->gens[i], span, elapsed_us);
}
