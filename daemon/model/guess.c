#include "model/guess.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

#define NEAR_SHARE 0.01

/* clang-format off */
static const struct {
	enum codec_type type;
	double cost;
} types[] = {
	{ CODEC_U16, 0 },   { CODEC_I16, 0.2 }, { CODEC_U32, 0.6 },   { CODEC_I32, 0.8 },   { CODEC_F32, 0 },
	{ CODEC_F64, 0.2 }, { CODEC_U64, 2 },   { CODEC_I64, 2.2 },   { CODEC_BCD16, 1.5 }, { CODEC_BCD32, 1.7 },
	{ CODEC_U8, 3 },    { CODEC_I8, 3.2 },
};

static const struct {
	double scale, cost;
} scales[] = {
	{ 1, 0 }, { 0.1, 0.5 }, { 0.01, 0.7 }, { 0.001, 1 }, { 10, 1.5 }, { 100, 2 }, { 1000, 2.2 }, { 0.0001, 3 },
};
/* clang-format on */

static const double order_costs[] = { [CODEC_ABCD] = 0, [CODEC_CDAB] = 0.3, [CODEC_BADC] = 1.2, [CODEC_DCBA] = 1 };

struct search {
	const uint16_t *regs;
	size_t count;
	double wanted, exact, near;
	struct guess *best;
	size_t best_count;
};

static bool is_float(enum codec_type t)
{
	return t == CODEC_F32 || t == CODEC_F64;
}

/* Half of the last digit that was given. */
static double half_digit(double wanted)
{
	char text[STR_DOUBLE_MAX];
	const char *point = strchr(str_from_double(wanted, text), '.');
	size_t digits = point && !strchr(text, 'e') ? strlen(point + 1) : 0;

	return 0.5 * pow(10, -(double)digits) * (1 + 1e-9);
}

static void keep(struct search *s, const struct guess *g)
{
	size_t at = s->best_count;

	while (at > 0 && (g->cost < s->best[at - 1].cost))
		at--;
	if (at == GUESS_MAX)
		return;
	if (s->best_count < GUESS_MAX)
		s->best_count++;
	memmove(&s->best[at + 1], &s->best[at], (s->best_count - 1 - at) * sizeof(*g));
	s->best[at] = *g;
}

/* One way to read them. */
static void weigh(struct search *s, struct guess *g, double type_cost, double scale_cost)
{
	struct codec_wire w = { .table = CODEC_HOLDING,
				.type = g->type,
				.order = g->order,
				.bit_low = -1,
				.bit_high = -1,
				.registers = (uint8_t)codec_type_registers(g->type),
				.scale = g->scale };
	struct value v;
	double off;

	if (g->half >= 0) {
		w.bit_low = (int8_t)(8 * g->half);
		w.bit_high = (int8_t)(w.bit_low + 7);
	}
	if (codec_decode_registers(&w, s->regs + g->index, s->count - g->index, &v) != 0)
		return;
	off = fabs(v.number - s->wanted);
	if (off > s->near)
		return;
	g->value = v.number;
	/* A float that is near by its own digits is hardly chance; what it is times ten is. */
	g->exact = off <= s->exact;
	g->cost = type_cost + order_costs[g->order] + scale_cost * (is_float(g->type) ? 6 : 1);
	g->cost += g->exact ? 0 : is_float(g->type) ? 3 : 10;
	g->cost += 0.01 * g->index + (w.registers == s->count ? 0 : 0.7);
	keep(s, g);
}

static void try_scales(struct search *s, struct guess g, double type_cost)
{
	for (size_t i = 0; i < ARRAY_SIZE(scales); i++) {
		g.scale = scales[i].scale;
		weigh(s, &g, type_cost, scales[i].cost);
	}
}

static void try_orders(struct search *s, struct guess g, double type_cost)
{
	for (enum codec_order o = CODEC_ABCD; o <= CODEC_DCBA; o++) {
		/* Of one register only its bytes can be swapped; of half of one nothing. */
		if (codec_type_registers(g.type) == 1 && (o == CODEC_CDAB || o == CODEC_DCBA))
			continue;
		if (g.half >= 0 && o != CODEC_ABCD)
			continue;
		g.order = o;
		try_scales(s, g, type_cost);
	}
}

size_t guess_find(const uint16_t *regs, size_t count, double wanted, struct guess *ret_guesses)
{
	double exact = half_digit(wanted);
	struct search s = { .regs = regs,
			    .count = count,
			    .wanted = wanted,
			    .exact = exact,
			    .near = MAX(exact, NEAR_SHARE * fabs(wanted)),
			    .best = ret_guesses };

	for (size_t at = 0; at < count; at++)
		for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
			bool halves = types[i].type == CODEC_U8 || types[i].type == CODEC_I8;
			struct guess g = { .index = (uint16_t)at, .type = types[i].type, .half = halves ? 0 : -1 };

			if (at + codec_type_registers(g.type) > count)
				continue;
			try_orders(&s, g, types[i].cost);
			if (!halves)
				continue;
			g.half = 1;
			try_orders(&s, g, types[i].cost);
		}
	return s.best_count;
}
