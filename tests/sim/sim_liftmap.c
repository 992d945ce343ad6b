/* sim_liftmap.c: see sim_liftmap.h. The maps are in README.md. */
#include "sim_liftmap.h"

#include "base/mem.h"
#include "base/str.h"
#include "sim_lift.h"
#include "sim_out.h"
#include "sim_rand.h"
#include "sim_slave.h"
#include "sim_world.h"

#define F7_REGISTERS        19
#define GENERIC_REGISTERS   13
#define F7_UP               0x0100
#define F7_DOWN             0x0200
#define F7_LEVEL            0x0400
#define F7_DOOR_OPEN        0x0800
#define F7_PERSON           0x1000
#define F7_INSPECTION       0x2000
#define F7_ALARM_KEY        0x4000
#define F7_ENTRAPMENT_TIMES (90 << 8 | 15)
#define KEYS                "floors floor traffic door_cycles floors_run"

static void start_lift(struct sim_unit *u, const struct sim_setting *s)
{
	struct sim_lift *l = MEM_NEW(struct sim_lift);

	sim_lift_init(l, u->slave->world, u->seed);
	l->floors = (int)sim_setting_int(s, (struct sim_setting_int){ "floors", 2, SIM_LIFT_FLOORS, 10 });
	l->floor = (int)sim_setting_int(s, (struct sim_setting_int){ "floor", 1, l->floors, 1 });
	l->door_cycles = (uint32_t)sim_setting_int(s, (struct sim_setting_int){ "door_cycles", 0, UINT32_MAX, 0 });
	l->floors_run = (uint32_t)sim_setting_int(s, (struct sim_setting_int){ "floors_run", 0, UINT32_MAX, 0 });
	l->traffic_us = sim_setting_duration(s, "traffic", 40 * S);
	u->state = l;
	sim_lift_start(l);
}

static void stop_lift(struct sim_unit *u)
{
	if (!u->state)
		return;
	sim_lift_fini(u->state);
	free(u->state);
}

/* A register nobody has set by hand follows the lift. */
static void put(struct sim_unit *u, enum sim_table table, uint32_t at, uint16_t value)
{
	sim_bank_follow(&u->bank, table, at, value);
}

static uint16_t f7_status(const struct sim_lift *l)
{
	int direction = sim_lift_direction(l);

	return (uint16_t)((direction > 0 ? F7_UP : 0) | (direction < 0 ? F7_DOWN : 0) | (l->level ? F7_LEVEL : 0) |
			  (l->door_open ? F7_DOOR_OPEN : 0) | (l->person ? F7_PERSON : 0) |
			  (l->inspection ? F7_INSPECTION : 0) | (l->alarm_key ? F7_ALARM_KEY : 0));
}

static void f7_refresh(struct sim_unit *u)
{
	struct sim_lift *l = u->state;
	uint64_t noise = u->seed ^ (uint64_t)(sim_world_elapsed_us(l->world) / S);
	int shaking = sim_lift_moving(l) ? 40 : 4;

	put(u, SIM_HOLDING, 0, l->faults);
	put(u, SIM_HOLDING, 1, f7_status(l));
	put(u, SIM_HOLDING, 2, (uint16_t)(l->floor << 8 | sim_lift_speed_x10(l)));
	put(u, SIM_HOLDING, 3, (uint16_t)(l->door_cycles >> 16));
	put(u, SIM_HOLDING, 4, (uint16_t)l->door_cycles);
	put(u, SIM_HOLDING, 5, (uint16_t)(l->floors_run >> 16));
	put(u, SIM_HOLDING, 6, (uint16_t)l->floors_run);
	for (uint32_t axis = 0; axis < 3; axis++) {
		int g = (int)sim_rand_below(&noise, (uint32_t)shaking) - shaking / 2 + (axis == 2 ? 1000 : 0);

		put(u, SIM_HOLDING, 7 + axis, (uint16_t)(int16_t)g);
	}
	put(u, SIM_HOLDING, 10, (uint16_t)(MIN(l->trip_seconds, 255) << 8 | MIN(l->trip_floors * 3, 255)));
	put(u, SIM_HOLDING, 11, (uint16_t)(shaking / 2 + (int)sim_rand_below(&noise, 5)));
	put(u, SIM_HOLDING, 12, (uint16_t)((sim_lift_moving(l) ? 520 : 380) + (int)sim_rand_below(&noise, 20)));
	put(u, SIM_HOLDING, 16, F7_ENTRAPMENT_TIMES);
}

static void f7_start(struct sim_unit *u, const struct sim_setting *s)
{
	sim_bank_declare(&u->bank, (struct sim_span){ SIM_HOLDING, 0, F7_REGISTERS });
	start_lift(u, s);
}

/* The F7 fault bit as a Chongqing code; the first that fits. */
static uint16_t chongqing(const struct sim_lift *l)
{
	static const struct {
		uint16_t bit, code;
	} codes[] = { { 0x0001, 93 }, { 0x0002, 4 }, { 0x0008, 92 }, { 0x0010, 91 }, { 0x0020, 4 },
		      { 0x0040, 5 },  { 0x0100, 6 }, { 0x0200, 2 },  { 0x0400, 2 },  { 0x0800, 41 } };

	if (l->alarm_key)
		return 90;
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (l->faults & codes[i].bit)
			return codes[i].code;
	return l->inspection ? 43 : 0;
}

static void generic_refresh(struct sim_unit *u)
{
	struct sim_lift *l = u->state;
	int direction = sim_lift_direction(l);
	bool in_service = l->power && !l->inspection && !l->faults;
	const bool bits[] = { l->door_open, l->level,      l->person,    sim_lift_moving(l),
			      in_service,   l->inspection, l->alarm_key, (l->faults & 3) != 0 };
	const uint16_t words[GENERIC_REGISTERS] = { in_service      ? 1
						    : l->inspection ? 3
								    : 2,
						    (uint16_t)(direction > 0   ? 1
							       : direction < 0 ? 2
									       : 0),
						    (uint16_t)l->floor,
						    (uint16_t)(sim_lift_speed_x10(l) * 10),
						    chongqing(l),
						    (uint16_t)(l->person ? 75 : 0),
						    l->power,
						    (uint16_t)(l->trips >> 16),
						    (uint16_t)l->trips,
						    (uint16_t)(l->door_cycles >> 16),
						    (uint16_t)l->door_cycles,
						    (uint16_t)(l->floors_run >> 16),
						    (uint16_t)l->floors_run };

	for (uint32_t i = 0; i < ARRAY_SIZE(bits); i++)
		put(u, SIM_DISCRETE, i, bits[i]);
	for (uint32_t i = 0; i < ARRAY_SIZE(words); i++)
		put(u, SIM_INPUT, i, words[i]);
}

static void generic_start(struct sim_unit *u, const struct sim_setting *s)
{
	sim_bank_declare(&u->bank, (struct sim_span){ SIM_INPUT, 0, GENERIC_REGISTERS });
	sim_bank_declare(&u->bank, (struct sim_span){ SIM_DISCRETE, 0, 8 });
	start_lift(u, s);
}

static json_t *state_of(struct sim_lift *l)
{
	json_t *reply = sim_out_ok();

	json_object_set_new(reply, "lift", sim_lift_describe(l));
	return reply;
}

static struct sim_lift *lift_of(void *object)
{
	return ((struct sim_unit *)object)->state;
}

static json_t *run_state(void *object, const struct sim_words *words)
{
	(void)words;
	return state_of(lift_of(object));
}

static json_t *run_entrap(void *object, const struct sim_words *words)
{
	const char *where = sim_words_at(words, 2);

	if (where && !str_equal(where, "level") && !str_equal(where, "between"))
		return sim_out_error("entrap: '%s': expected level, between or nothing", where);
	sim_lift_entrap(lift_of(object), str_equal(where, "level") ? SIM_LIFT_AT_LEVEL : SIM_LIFT_BETWEEN);
	return state_of(lift_of(object));
}

static json_t *run_release(void *object, const struct sim_words *words)
{
	(void)words;
	sim_lift_release(lift_of(object));
	return state_of(lift_of(object));
}

static json_t *run_call(void *object, const struct sim_words *words)
{
	struct sim_lift *l = lift_of(object);
	int64_t floor;

	if (sim_words_int(words, 2, (struct sim_words_range){ 1, l->floors }, &floor) < 0)
		return sim_out_error("call: expected a floor, 1..%d", l->floors);
	if (!sim_lift_call(l, (uint8_t)floor, SIM_LIFT_NOBODY))
		return sim_out_error("call: expected at most %d stops that wait", SIM_LIFT_STOPS);
	return state_of(l);
}

static json_t *run_fault(void *object, const struct sim_words *words)
{
	int64_t code;

	if (sim_words_int(words, 2, (struct sim_words_range){ 0, 0xffff }, &code) < 0)
		return sim_out_error("fault: expected the fault bits, 0..0xffff; 0 is none");
	sim_lift_fault(lift_of(object), (uint16_t)code);
	return state_of(lift_of(object));
}

/* The verbs that take on or off. */
static json_t *run_switch(void *object, const struct sim_words *words)
{
	const char *verb = words->word[1];
	struct sim_lift *l = lift_of(object);
	bool on;

	if (sim_words_switch(words, 2, &on) < 0)
		return sim_out_error("%s: expected on or off", verb);
	if (str_equal(verb, "inspection"))
		sim_lift_set_inspection(l, on);
	else if (str_equal(verb, "power"))
		sim_lift_set_power(l, on);
	else
		l->alarm_key = on;
	return state_of(l);
}

/* "off" alone is the lift without power, "on" alone with it. */
static json_t *run_power(void *object, const struct sim_words *words)
{
	sim_lift_set_power(lift_of(object), str_equal(words->word[1], "on"));
	return state_of(lift_of(object));
}

static json_t *run_door(void *object, const struct sim_words *words)
{
	const char *word = sim_words_at(words, 2);

	if (!str_equal(word, "open") && !str_equal(word, "close"))
		return sim_out_error("door: expected open or close");
	sim_lift_set_door(lift_of(object), str_equal(word, "open"));
	return state_of(lift_of(object));
}

static json_t *run_person(void *object, const struct sim_words *words)
{
	const char *word = sim_words_at(words, 2);

	if (!str_equal(word, "in") && !str_equal(word, "out"))
		return sim_out_error("person: expected in or out");
	lift_of(object)->person = str_equal(word, "in");
	return state_of(lift_of(object));
}

static const struct sim_verb verbs[] = {
	{ "entrap", "[between|level]: stops with a person in it", run_entrap },
	{ "release", "the person gets out, the lift goes on", run_release },
	{ "call", "FLOOR: drives there and opens", run_call },
	{ "fault", "BITS: stops with these fault bits; 0 clears", run_fault },
	{ "inspection", "on|off", run_switch },
	{ "power", "on|off", run_switch },
	{ "off", "the same as power off", run_power },
	{ "on", "the same as power on", run_power },
	{ "alarm", "on|off: the alarm key in the car", run_switch },
	{ "door", "open|close", run_door },
	{ "person", "in|out", run_person },
	{ "state", "what it does now", run_state },
	{ 0 },
};

const struct sim_model sim_liftmap_f7 = { "lift-f7", KEYS, verbs, f7_start, stop_lift, f7_refresh, NULL };
const struct sim_model sim_liftmap_generic = { "lift-generic",  KEYS, verbs, generic_start, stop_lift,
					       generic_refresh, NULL };
