/* sim_door.c: see sim_door.h. The map is in README.md: eight bits as discrete inputs and, packed, as
 * holding register 0. */
#include "sim_door.h"

#include <event2/event.h>

#include "base/mem.h"
#include "base/str.h"
#include "sim_out.h"
#include "sim_rand.h"
#include "sim_slave.h"
#include "sim_world.h"

#define GRANT_US (5 * S)
#define HELD_US  (45 * S)
#define PASS_US  (4 * S)

enum bit { OPEN, GRANTED, EGRESS, FORCED, HELD, TAMPER, DURESS, FIRE, BITS };

static const char *const bit_names[BITS] = { "open", "granted", "egress", "forced",
					     "held", "tamper",  "duress", "fire_release" };

struct door {
	struct sim_unit *unit;
	bool bit[BITS];
	int64_t traffic_us;
	uint64_t rand;
	struct event *grant_over, *held, *traffic, *pass;
};

static void set_open(struct door *d, bool open)
{
	d->bit[OPEN] = open;
	if (open) {
		sim_world_arm(d->unit->slave->world, d->held, HELD_US);
		return;
	}
	evtimer_del(d->held);
	d->bit[HELD] = d->bit[FORCED] = false;
}

static void grant(struct door *d, enum bit why, int64_t for_us)
{
	d->bit[why] = true;
	sim_world_arm(d->unit->slave->world, d->grant_over, for_us);
}

static void on_grant_over(evutil_socket_t fd, short what, void *arg)
{
	struct door *d = arg;

	(void)fd, (void)what;
	d->bit[GRANTED] = d->bit[EGRESS] = d->bit[DURESS] = false;
}

static void on_held(evutil_socket_t fd, short what, void *arg)
{
	struct door *d = arg;

	(void)fd, (void)what;
	d->bit[HELD] = d->bit[OPEN];
}

static void on_pass(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	set_open(arg, false);
}

static void arm_traffic(struct door *d)
{
	struct sim_world *w = d->unit->slave->world;

	if (d->traffic_us && w->living)
		sim_world_arm(w, d->traffic, sim_rand_wait_us(&d->rand, d->traffic_us));
}

/* Somebody with a card, or from inside with the button. */
static void on_traffic(evutil_socket_t fd, short what, void *arg)
{
	struct door *d = arg;

	(void)fd, (void)what;
	if (!d->bit[OPEN]) {
		grant(d, sim_rand_below(&d->rand, 2) ? GRANTED : EGRESS, GRANT_US);
		set_open(d, true);
		sim_world_arm(d->unit->slave->world, d->pass, PASS_US);
	}
	arm_traffic(d);
}

static void door_start(struct sim_unit *u, const struct sim_setting *s)
{
	struct event_base *base = u->slave->world->base;
	struct door *d = MEM_NEW(struct door);

	d->unit = u;
	d->rand = u->seed;
	d->traffic_us = sim_setting_duration(s, "traffic", 0);
	d->grant_over = evtimer_new(base, on_grant_over, d);
	d->held = evtimer_new(base, on_held, d);
	d->traffic = evtimer_new(base, on_traffic, d);
	d->pass = evtimer_new(base, on_pass, d);
	u->state = d;
	sim_bank_declare(&u->bank, (struct sim_span){ SIM_DISCRETE, 0, BITS });
	sim_bank_declare(&u->bank, (struct sim_span){ SIM_HOLDING, 0, 1 });
	sim_bank_declare(&u->bank, (struct sim_span){ SIM_COIL, 0, 1 });
	arm_traffic(d);
}

static void door_stop(struct sim_unit *u)
{
	struct door *d = u->state;

	if (!d)
		return;
	event_free(d->grant_over);
	event_free(d->held);
	event_free(d->traffic);
	event_free(d->pass);
	free(d);
}

static void door_refresh(struct sim_unit *u)
{
	const struct door *d = u->state;
	uint16_t packed = 0;

	for (uint32_t i = 0; i < BITS; i++) {
		sim_bank_follow(&u->bank, SIM_DISCRETE, i, d->bit[i]);
		packed |= (uint16_t)(d->bit[i] << i);
	}
	sim_bank_follow(&u->bank, SIM_HOLDING, 0, packed);
	sim_bank_follow(&u->bank, SIM_COIL, 0, d->bit[GRANTED]);
}

/* Coil 0: 1 lets somebody in, 0 takes it back. */
static void door_written(struct sim_unit *u, const struct sim_span *span)
{
	struct door *d = u->state;

	if (span->table != SIM_COIL)
		return;
	if (sim_bank_get(&u->bank, SIM_COIL, 0))
		grant(d, GRANTED, GRANT_US);
	else
		d->bit[GRANTED] = false;
	sim_bank_release(&u->bank, *span);
}

static json_t *state_of(const struct door *d)
{
	json_t *reply = sim_out_ok(), *bits = json_object();

	for (int i = 0; i < BITS; i++)
		json_object_set_new(bits, bit_names[i], json_boolean(d->bit[i]));
	json_object_set_new(reply, "door", bits);
	return reply;
}

static struct door *door_of(void *object)
{
	return ((struct sim_unit *)object)->state;
}

static json_t *run_state(void *object, const struct sim_words *words)
{
	(void)words;
	return state_of(door_of(object));
}

static json_t *run_open(void *object, const struct sim_words *words)
{
	struct door *d = door_of(object);

	evtimer_del(d->pass);
	set_open(d, !str_equal(words->word[1], "close"));
	if (str_equal(words->word[1], "forced"))
		d->bit[FORCED] = true;
	return state_of(d);
}

static json_t *run_grant(void *object, const struct sim_words *words)
{
	const char *verb = words->word[1];
	int64_t us = GRANT_US;

	if (words->count > 2 && (sim_words_duration(words->word[2], &us) < 0 || us <= 0))
		return sim_out_error("%s: '%s': expected a duration such as 5s", verb, words->word[2]);
	if (str_equal(verb, "duress"))
		grant(door_of(object), DURESS, us);
	grant(door_of(object), str_equal(verb, "egress") ? EGRESS : GRANTED, us);
	return state_of(door_of(object));
}

static json_t *run_switch(void *object, const struct sim_words *words)
{
	struct door *d = door_of(object);
	bool on;

	if (sim_words_switch(words, 2, &on) < 0)
		return sim_out_error("%s: expected on or off", words->word[1]);
	d->bit[str_equal(words->word[1], "tamper") ? TAMPER : FIRE] = on;
	return state_of(d);
}

static const struct sim_verb verbs[] = {
	{ "open", "the door leaf opens", run_open },
	{ "close", "it shuts; forced and held are over", run_open },
	{ "forced", "it opens without a grant, and the controller says so", run_open },
	{ "grant", "[DURATION]: a card was good", run_grant },
	{ "egress", "[DURATION]: the button inside", run_grant },
	{ "duress", "[DURATION]: a card with the duress code", run_grant },
	{ "tamper", "on|off", run_switch },
	{ "fire", "on|off: released by the fire panel", run_switch },
	{ "state", "what it does now", run_state },
	{ 0 },
};

const struct sim_model sim_door_model = { "door", "traffic", verbs, door_start, door_stop, door_refresh, door_written };
