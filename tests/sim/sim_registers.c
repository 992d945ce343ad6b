/* sim_registers.c: see sim_registers.h. A table is a list of rows:
 *
 *   (ADDRESS, VALUE, VALUE, …)                                     values from that address on
 *   { at = 10; count = 50; value = 7; }                            the same value everywhere
 *   { at = 60; type = "f32"; order = "cdab"; value = 23.5; }
 *   { at = 70; count = 10; ramp = (0, 1000); period = "60s"; }     also counter = PER_SECOND, random = (LOW, HIGH) */
#include "sim_registers.h"

#include "base/str.h"
#include "sim_rand.h"
#include "sim_slave.h"

static const char *const type_names[] = { "u16", "i16", "u32", "i32", "f32", NULL };
static const char *const orders[] = { "abcd", "cdab", "badc", "dcba", NULL };
static const char *const table_keys[SIM_TABLES] = { "coils", "discrete", "input", "holding" };

static void load_values(struct sim_unit *u, enum sim_table table, const struct sim_setting *row)
{
	int length = config_setting_length(row->at), at = length ? config_setting_get_int_elem(row->at, 0) : -1;

	if (length < 2 || at < 0 || at + length - 1 > 65536) {
		sim_setting_error(row, NULL, "%s: expected (ADDRESS, VALUE, …), addresses 0..65535", table_keys[table]);
		return;
	}
	for (int i = 1; i < length; i++) {
		const config_setting_t *e = config_setting_get_elem(row->at, (unsigned)i);
		int64_t value = config_setting_get_int64(e);

		if (config_setting_type(e) == CONFIG_TYPE_BOOL)
			value = config_setting_get_bool(e);
		else if (!sim_setting_is_number(e) || value < -32768 || value > 65535)
			sim_setting_error(row, NULL, "%s: value %d: expected a number -32768..65535", table_keys[table],
					  i);
		sim_bank_declare(&u->bank, (struct sim_span){ table, (uint32_t)(at + i - 1), 1 });
		sim_bank_follow(&u->bank, table, (uint32_t)(at + i - 1), (uint16_t)value);
	}
}

/* key = (LOW, HIGH). True where it stands there and is right. */
static bool load_bounds(const struct sim_setting *row, const char *key, struct sim_gen *gen)
{
	const config_setting_t *pair = sim_setting_list(row, key);

	if (!pair)
		return false;
	if (config_setting_length(pair) != 2 || !sim_setting_is_number(config_setting_get_elem(pair, 0)) ||
	    !sim_setting_is_number(config_setting_get_elem(pair, 1))) {
		sim_setting_error(row, key, "expected (LOW, HIGH)");
		return false;
	}
	gen->low = sim_setting_value(config_setting_get_elem(pair, 0));
	gen->high = sim_setting_value(config_setting_get_elem(pair, 1));
	return true;
}

static void load_group(struct sim_unit *u, enum sim_table table, const struct sim_setting *row)
{
	int64_t at = sim_setting_int(row, (struct sim_setting_int){ "at", 0, 65535, -1 });
	int64_t count = sim_setting_int(row, (struct sim_setting_int){ "count", 1, 65536, 1 });
	struct sim_gen gen = { .cell = { .type = (enum sim_type)sim_setting_word(row, "type", type_names, SIM_U16) },
			       .period_us = sim_setting_duration(row, "period", S),
			       .seed = u->seed };

	sim_setting_keys(row, "at count type order value ramp counter random seed period", NULL);
	gen.cell.order = orders[sim_setting_word(row, "order", orders, 0)];
	if (!sim_bank_is_bits(table))
		count *= sim_bank_width(gen.cell.type);
	if (at < 0 || at + count > 65536 || gen.period_us <= 0) {
		sim_setting_error(row, NULL, "%s: expected at = ADDRESS, at + count <= 65536, period above 0",
				  table_keys[table]);
		return;
	}
	gen.cell.span = (struct sim_span){ table, (uint32_t)at, (uint32_t)count };
	gen.low = gen.high = sim_setting_number(row, "value", 0);
	gen.per_second = sim_setting_number(row, "counter", 0);
	gen.seed = sim_rand_mix(u->seed ^
				(uint64_t)sim_setting_int(row, (struct sim_setting_int){ "seed", 0, INT32_MAX, at }));
	/* A fixed value is a ramp from itself to itself. */
	gen.kind = SIM_GEN_RAMP;
	if (load_bounds(row, "random", &gen))
		gen.kind = SIM_GEN_RANDOM;
	else if (!load_bounds(row, "ramp", &gen) && config_setting_get_member(row->at, "counter"))
		gen.kind = SIM_GEN_COUNTER;
	sim_bank_generate(&u->bank, &gen);
}

static void registers_start(struct sim_unit *u, const struct sim_setting *s)
{
	for (int t = 0; t < SIM_TABLES; t++) {
		const config_setting_t *list = sim_setting_list(s, table_keys[t]);

		for (int i = 0; list && i < config_setting_length(list); i++) {
			struct sim_setting row = { config_setting_get_elem(list, (unsigned)i), s->diag };

			if (config_setting_is_group(row.at))
				load_group(u, (enum sim_table)t, &row);
			else if (config_setting_is_list(row.at) || config_setting_is_array(row.at))
				load_values(u, (enum sim_table)t, &row);
			else
				sim_setting_error(&row, NULL, "%s: expected (ADDRESS, VALUE, …) or { at = … }",
						  table_keys[t]);
		}
	}
}

static void registers_stop(struct sim_unit *u)
{
	(void)u;
}

const struct sim_model sim_registers_model = {
	"registers", "coils discrete input holding", NULL, registers_start, registers_stop, NULL, NULL
};
