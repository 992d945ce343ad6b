/* sim_plant.c: see sim_plant.h. Nothing here has a timer: what it reads is computed when somebody reads it. */
#include "sim_plant.h"

#include <math.h>

#include "base/mem.h"
#include "base/str.h"
#include "sim_out.h"
#include "sim_rand.h"
#include "sim_slave.h"
#include "sim_world.h"

#define PI         3.14159265358979323846
#define PUMP_CYCLE (90 * S)
#define PUMP_RUN   (50 * S)
#define TANK_CYCLE (20 * MINUTE)
#define HOLDS      NAN /* this value lives by itself; a number holds it there */
#define RELAYS_MAX 64

struct plant {
	bool fault, automatic, command; /* pump */
	uint32_t run_hours;
	double held[4]; /* by value: pump in/out; tank level; env temperature, humidity, co2 */
	double high, low, overflow;
	bool water;
	uint32_t relays;
};

static struct plant *plant_new(struct sim_unit *u)
{
	struct plant *p = MEM_NEW(struct plant);

	for (size_t i = 0; i < ARRAY_SIZE(p->held); i++)
		p->held[i] = HOLDS;
	u->state = p;
	return p;
}

static void plant_stop(struct sim_unit *u)
{
	free(u->state);
}

/* Each unit has its own place in the cycle. */
static double turn(const struct sim_unit *u, int64_t period_us)
{
	int64_t shift_us = (int64_t)(sim_rand_mix(u->seed) % (uint64_t)period_us);

	return (double)((sim_world_elapsed_us(u->slave->world) + shift_us) % period_us) / (double)period_us;
}

static double wave(const struct sim_unit *u, int64_t period_us)
{
	return sin(2 * PI * turn(u, period_us));
}

static double held_or(const struct plant *p, int i, double living)
{
	return isnan(p->held[i]) ? living : p->held[i];
}

static void put(struct sim_unit *u, enum sim_table table, uint32_t at, double value)
{
	sim_bank_follow(&u->bank, table, at, (uint16_t)(int32_t)lround(CLAMP(value, -32768.0, 65535.0)));
}

/* ---- pump ---- */

static void pump_start(struct sim_unit *u, const struct sim_setting *s)
{
	struct plant *p = plant_new(u);

	p->automatic = sim_setting_bool(s, "auto", true);
	p->run_hours = (uint32_t)sim_setting_int(s, (struct sim_setting_int){ "run_hours", 0, UINT32_MAX, 0 });
	sim_bank_declare(&u->bank, (struct sim_span){ SIM_HOLDING, 0, 6 });
	sim_bank_declare(&u->bank, (struct sim_span){ SIM_DISCRETE, 0, 4 });
	sim_bank_declare(&u->bank, (struct sim_span){ SIM_COIL, 0, 1 });
}

static bool pump_wanted(const struct sim_unit *u, const struct plant *p)
{
	return p->automatic ? turn(u, PUMP_CYCLE) * PUMP_CYCLE < PUMP_RUN : p->command;
}

static void pump_refresh(struct sim_unit *u)
{
	const struct plant *p = u->state;
	bool wanted = pump_wanted(u, p), run = wanted && !p->fault;
	const bool bits[] = { run, p->fault, p->automatic, wanted };
	double in = held_or(p, 0, 2.8 + 0.1 * wave(u, MINUTE));
	double out = held_or(p, 1, p->fault ? in : (run ? 8.2 : 7.6) + 0.3 * wave(u, PUMP_CYCLE));
	uint16_t packed = 0;

	for (uint32_t i = 0; i < ARRAY_SIZE(bits); i++) {
		packed |= (uint16_t)(bits[i] << i);
		sim_bank_follow(&u->bank, SIM_DISCRETE, i, bits[i]);
	}
	sim_bank_follow(&u->bank, SIM_HOLDING, 0, packed);
	put(u, SIM_HOLDING, 1, in * 100);
	put(u, SIM_HOLDING, 2, out * 100);
	put(u, SIM_HOLDING, 3, run ? 4200 + 300 * wave(u, MINUTE) : 0);
	sim_bank_follow(&u->bank, SIM_HOLDING, 4, (uint16_t)(p->run_hours >> 16));
	sim_bank_follow(&u->bank, SIM_HOLDING, 5, (uint16_t)p->run_hours);
	sim_bank_follow(&u->bank, SIM_COIL, 0, p->command);
}

/* Coil 0 is the command of a pump that is not on automatic. */
static void pump_written(struct sim_unit *u, const struct sim_span *span)
{
	struct plant *p = u->state;

	if (span->table != SIM_COIL)
		return;
	p->command = sim_bank_get(&u->bank, SIM_COIL, 0);
	sim_bank_release(&u->bank, *span);
}

static json_t *pump_run(void *object, const struct sim_words *words)
{
	struct sim_unit *u = object;
	struct plant *p = u->state;
	const char *verb = words->word[1];

	if (str_equal(verb, "fail") || str_equal(verb, "ok"))
		p->fault = str_equal(verb, "fail");
	else if (str_equal(verb, "start") || str_equal(verb, "stop")) {
		p->automatic = false;
		p->command = str_equal(verb, "start");
	} else if (sim_words_switch(words, 2, &p->automatic) < 0)
		return sim_out_error("auto: expected on or off");
	return json_pack("{s:b, s:{s:b, s:b, s:b}}", "ok", 1, "pump", "run", pump_wanted(u, p) && !p->fault, "fault",
			 p->fault, "auto", p->automatic);
}

/* "VERB NUMBER" holds value i there, "VERB auto" lets it live again. */
static json_t *hold_value(struct plant *p, int i, const struct sim_words *words)
{
	const char *word = sim_words_at(words, 2);
	double value = HOLDS;

	if (!str_equal(word, "auto") && (!word || str_to_double(word, &value) < 0))
		return sim_out_error("%s: expected a number or auto", words->word[1]);
	p->held[i] = value;
	return sim_out_ok();
}

static json_t *pump_pressure(void *object, const struct sim_words *words)
{
	struct sim_unit *u = object;

	return hold_value(u->state, str_equal(words->word[1], "pressure_out"), words);
}

static const struct sim_verb pump_verbs[] = {
	{ "fail", "it stops with its fault contact", pump_run },
	{ "ok", "the fault is over", pump_run },
	{ "start", "by hand", pump_run },
	{ "stop", "by hand", pump_run },
	{ "auto", "on|off", pump_run },
	{ "pressure_in", "BAR|auto", pump_pressure },
	{ "pressure_out", "BAR|auto", pump_pressure },
	{ 0 },
};

const struct sim_model sim_plant_pump = { "pump",     "auto run_hours", pump_verbs,  pump_start,
					  plant_stop, pump_refresh,     pump_written };

/* ---- tank ---- */

static void tank_start(struct sim_unit *u, const struct sim_setting *s)
{
	struct plant *p = plant_new(u);

	p->held[0] = sim_setting_number(s, "level", HOLDS);
	p->high = sim_setting_number(s, "high", 90);
	p->low = sim_setting_number(s, "low", 15);
	p->overflow = sim_setting_number(s, "overflow", 98);
	sim_bank_declare(&u->bank, (struct sim_span){ SIM_INPUT, 0, 1 });
	sim_bank_declare(&u->bank, (struct sim_span){ SIM_DISCRETE, 0, 3 });
}

static double tank_level(const struct sim_unit *u)
{
	return held_or(u->state, 0, 60 + 15 * wave(u, TANK_CYCLE));
}

static void tank_refresh(struct sim_unit *u)
{
	const struct plant *p = u->state;
	double level = tank_level(u);

	put(u, SIM_INPUT, 0, level * 10);
	sim_bank_follow(&u->bank, SIM_DISCRETE, 0, level >= p->high);
	sim_bank_follow(&u->bank, SIM_DISCRETE, 1, level <= p->low);
	sim_bank_follow(&u->bank, SIM_DISCRETE, 2, level >= p->overflow);
}

static json_t *tank_set_level(void *object, const struct sim_words *words)
{
	struct sim_unit *u = object;
	const char *word = sim_words_at(words, 2);
	double level;

	if (!str_equal(word, "auto") && (!word || str_to_double(word, &level) < 0 || level < 0 || level > 110))
		return sim_out_error("level: expected 0..110 (per cent) or auto");
	return hold_value(u->state, 0, words);
}

static const struct sim_verb tank_verbs[] = {
	{ "level", "PERCENT|auto", tank_set_level },
	{ 0 },
};

const struct sim_model sim_plant_tank = {
	"tank", "level high low overflow", tank_verbs, tank_start, plant_stop, tank_refresh, NULL
};

/* ---- environment ---- */

static const char *const env_values[] = { "temperature", "humidity", "co2", NULL };

static void env_start(struct sim_unit *u, const struct sim_setting *s)
{
	struct plant *p = plant_new(u);

	for (int i = 0; env_values[i]; i++)
		p->held[i] = sim_setting_number(s, env_values[i], HOLDS);
	sim_bank_declare(&u->bank, (struct sim_span){ SIM_INPUT, 0, 3 });
	sim_bank_declare(&u->bank, (struct sim_span){ SIM_DISCRETE, 0, 1 });
}

static void env_refresh(struct sim_unit *u)
{
	const struct plant *p = u->state;

	put(u, SIM_INPUT, 0, held_or(p, 0, 21.5 + 1.5 * wave(u, 7 * MINUTE)) * 10);
	put(u, SIM_INPUT, 1, held_or(p, 1, 55 + 5 * wave(u, 11 * MINUTE)) * 10);
	put(u, SIM_INPUT, 2, held_or(p, 2, 600 + 80 * wave(u, 13 * MINUTE)));
	sim_bank_follow(&u->bank, SIM_DISCRETE, 0, p->water);
}

static json_t *env_run(void *object, const struct sim_words *words)
{
	struct sim_unit *u = object;
	struct plant *p = u->state;

	for (int i = 0; env_values[i]; i++)
		if (str_equal(env_values[i], words->word[1]))
			return hold_value(p, i, words);
	if (sim_words_switch(words, 2, &p->water) < 0)
		return sim_out_error("water: expected on or off");
	return sim_out_ok();
}

static const struct sim_verb env_verbs[] = {
	{ "temperature", "DEGREES|auto", env_run },
	{ "humidity", "PERCENT|auto", env_run },
	{ "co2", "PPM|auto", env_run },
	{ "water", "on|off: water on the floor", env_run },
	{ 0 },
};

const struct sim_model sim_plant_env = {
	"env", "temperature humidity co2", env_verbs, env_start, plant_stop, env_refresh, NULL
};

/* ---- relay ---- */

static void relay_start(struct sim_unit *u, const struct sim_setting *s)
{
	struct plant *p = plant_new(u);

	p->relays = (uint32_t)sim_setting_int(s, (struct sim_setting_int){ "count", 1, RELAYS_MAX, 8 });
	sim_bank_declare(&u->bank, (struct sim_span){ SIM_COIL, 0, p->relays });
	sim_bank_declare(&u->bank, (struct sim_span){ SIM_DISCRETE, 0, p->relays });
}

/* The contacts follow the coils. */
static void relay_refresh(struct sim_unit *u)
{
	for (uint32_t i = 0; i < ((struct plant *)u->state)->relays; i++)
		sim_bank_follow(&u->bank, SIM_DISCRETE, i, sim_bank_get(&u->bank, SIM_COIL, i));
}

static json_t *relay_run(void *object, const struct sim_words *words)
{
	struct sim_unit *u = object;
	const struct plant *p = u->state;
	int64_t number = 0;

	if (words->count > 2 && sim_words_int(words, 2, (struct sim_words_range){ 0, p->relays - 1 }, &number) < 0)
		return sim_out_error("%s: expected a relay, 0..%u", words->word[1], p->relays - 1);
	sim_bank_set(&u->bank, SIM_COIL, (uint32_t)number, str_equal(words->word[1], "on"));
	return sim_out_ok();
}

static const struct sim_verb relay_verbs[] = {
	{ "on", "[NUMBER]", relay_run },
	{ "off", "[NUMBER]", relay_run },
	{ 0 },
};

const struct sim_model sim_plant_relay = {
	"relay", "count", relay_verbs, relay_start, plant_stop, relay_refresh, NULL
};
