/* sim_meter.c: see sim_meter.h. Floats and counters of two registers each; the map is in README.md. */
#include "sim_meter.h"

#include <math.h>

#include "base/mem.h"
#include "base/str.h"
#include "sim_out.h"
#include "sim_rand.h"
#include "sim_slave.h"
#include "sim_world.h"

#define REGISTERS 24
#define LOAD_W    12000.0

static const char *const orders[] = { "abcd", "cdab", "badc", "dcba", NULL };

struct meter {
	const char *order;
	double load_w, energy_kwh;
	int64_t since_us; /* energy_kwh was right then */
	bool dead[3];     /* phases without voltage */
};

static void meter_start(struct sim_unit *u, const struct sim_setting *s)
{
	struct meter *m = MEM_NEW(struct meter);

	m->order = orders[sim_setting_word(s, "order", orders, 0)];
	m->load_w = sim_setting_number(s, "load", LOAD_W);
	m->energy_kwh = sim_setting_number(s, "energy", 0);
	u->state = m;
	sim_bank_declare(&u->bank, (struct sim_span){ SIM_INPUT, 0, REGISTERS });
}

static void meter_stop(struct sim_unit *u)
{
	free(u->state);
}

static void put(struct sim_unit *u, uint32_t at, enum sim_type type, double value)
{
	const struct meter *m = u->state;
	struct sim_cell cell = { { SIM_INPUT, at, 2 }, type, m->order };

	sim_bank_follow_cell(&u->bank, &cell, value);
}

static int alive(const struct meter *m)
{
	return !m->dead[0] + !m->dead[1] + !m->dead[2];
}

/* Brings the energy up to now; call before the load changes. */
static void count_energy(struct sim_unit *u)
{
	struct meter *m = u->state;
	int64_t now_us = sim_world_elapsed_us(u->slave->world);

	m->energy_kwh += m->load_w * alive(m) / 3 * (double)(now_us - m->since_us) / 3.6e12;
	m->since_us = now_us;
}

static void meter_refresh(struct sim_unit *u)
{
	struct meter *m = u->state;
	uint64_t noise = u->seed ^ (uint64_t)(sim_world_elapsed_us(u->slave->world) / S);
	double total_w = 0;

	count_energy(u);
	for (uint32_t phase = 0; phase < 3; phase++) {
		double volts = m->dead[phase] ? 0 : 229 + 3 * sim_rand_unit(&noise);
		double watts = m->dead[phase] ? 0 : m->load_w / 3 * (0.97 + 0.06 * sim_rand_unit(&noise));

		put(u, 2 * phase, SIM_F32, volts);
		put(u, 6 + 2 * phase, SIM_F32, volts > 0 ? watts / volts / 0.95 : 0);
		total_w += watts;
	}
	put(u, 12, SIM_F32, total_w / 1000);
	put(u, 14, SIM_F32, 0.95);
	put(u, 16, SIM_F32, alive(m) ? 49.98 + 0.04 * sim_rand_unit(&noise) : 0);
	put(u, 18, SIM_U32, fmod(m->energy_kwh * 100, 4294967296.0));
	put(u, 20, SIM_U32, fmod(m->energy_kwh * 30, 4294967296.0));
	put(u, 22, SIM_I32, total_w);
}

static json_t *run_load(void *object, const struct sim_words *words)
{
	struct sim_unit *u = object;
	struct meter *m = u->state;
	const char *word = sim_words_at(words, 2);
	double watts;

	if (!word || str_to_double(word, &watts) < 0 || watts < 0 || watts > 1e6)
		return sim_out_error("load: expected watts, 0..1000000");
	count_energy(u);
	m->load_w = watts;
	return sim_out_ok();
}

/* fail [PHASE] / ok */
static json_t *run_mains(void *object, const struct sim_words *words)
{
	struct sim_unit *u = object;
	struct meter *m = u->state;
	bool dead = str_equal(words->word[1], "fail");
	int64_t phase = 0;

	if (words->count > 2 && sim_words_int(words, 2, (struct sim_words_range){ 1, 3 }, &phase) < 0)
		return sim_out_error("%s: expected a phase, 1..3, or nothing for all", words->word[1]);
	count_energy(u);
	for (int i = 0; i < 3; i++)
		if (!phase || phase == i + 1)
			m->dead[i] = dead;
	return sim_out_ok();
}

static const struct sim_verb verbs[] = {
	{ "load", "WATTS", run_load },
	{ "fail", "[PHASE]: no voltage", run_mains },
	{ "ok", "[PHASE]: voltage is back", run_mains },
	{ 0 },
};

const struct sim_model sim_meter_model = { "meter",    "order load energy", verbs, meter_start,
					   meter_stop, meter_refresh,       NULL };
