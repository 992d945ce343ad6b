/* sim_lift.c: see sim_lift.h. Times are those of a 1.75 m/s passenger lift with 3 m floors. */
#include "sim_lift.h"

#include <event2/event.h>

#include "base/util.h"
#include "sim_rand.h"
#include "sim_world.h"

#define FLOOR_US     (1700 * MS)
#define DOOR_US      (2500 * MS)
#define OPEN_US      (5 * S)
#define IDLE_US      (500 * MS)
#define RATED_X10    17
#define BETWEEN      0x0002
#define ENTRAPMENTS  0x0003
#define POWER_FAILED 0x0800

static const char *const phase_names[] = { "idle", "moving", "opening", "open", "closing", "stuck" };

static void enter(struct sim_lift *l, enum sim_lift_phase phase, int64_t after_us)
{
	l->phase = phase;
	evtimer_del(l->timer);
	if (after_us)
		sim_world_arm(l->world, l->timer, after_us);
}

static bool may_drive(const struct sim_lift *l)
{
	return l->power && !l->inspection && !l->faults;
}

static void open_doors(struct sim_lift *l)
{
	l->level = true;
	enter(l, SIM_LIFT_OPENING, DOOR_US);
}

/* The doors are open: who wants to gets out or in. */
static void doors_opened(struct sim_lift *l)
{
	l->door_open = true;
	if (l->stop_count && l->stops[0].floor == l->floor) {
		if (l->stops[0].person != SIM_LIFT_NOBODY)
			l->person = l->stops[0].person == SIM_LIFT_BOARDS;
		l->stop_count--;
		for (unsigned i = 0; i < l->stop_count; i++)
			l->stops[i] = l->stops[i + 1];
	} else if (!l->stop_count) {
		l->person = false;
	}
	enter(l, SIM_LIFT_OPEN, OPEN_US);
}

static void doors_closed(struct sim_lift *l)
{
	l->door_open = false;
	l->door_cycles++;
	enter(l, SIM_LIFT_IDLE, IDLE_US);
}

static void depart(struct sim_lift *l)
{
	if (!l->stop_count || !may_drive(l)) {
		enter(l, SIM_LIFT_IDLE, 0);
		return;
	}
	if (l->stops[0].floor == l->floor) {
		open_doors(l);
		return;
	}
	l->target = l->stops[0].floor;
	l->trip_start_us = sim_world_elapsed_us(l->world);
	l->trip_floors = l->trip_seconds = 0;
	l->trips++;
	l->level = false;
	enter(l, SIM_LIFT_MOVING, FLOOR_US);
}

static void one_floor_further(struct sim_lift *l)
{
	l->floor += l->target > l->floor ? 1 : -1;
	l->floors_run++;
	l->trip_floors++;
	l->trip_seconds = (int)((sim_world_elapsed_us(l->world) - l->trip_start_us) / S);
	if (l->floor == l->target)
		open_doors(l);
	else
		enter(l, SIM_LIFT_MOVING, FLOOR_US);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct sim_lift *l = arg;

	(void)fd;
	(void)what;
	switch (l->phase) {
	case SIM_LIFT_IDLE: depart(l); break;
	case SIM_LIFT_MOVING: one_floor_further(l); break;
	case SIM_LIFT_OPENING: doors_opened(l); break;
	case SIM_LIFT_OPEN: enter(l, SIM_LIFT_CLOSING, DOOR_US); break;
	case SIM_LIFT_CLOSING: doors_closed(l); break;
	case SIM_LIFT_STUCK: break;
	}
}

static void arm_traffic(struct sim_lift *l)
{
	if (l->traffic_us && l->world->living)
		sim_world_arm(l->world, l->traffic, sim_rand_wait_us(&l->rand, l->traffic_us));
}

/* Somebody goes from one floor to another. */
static void on_traffic(evutil_socket_t fd, short what, void *arg)
{
	struct sim_lift *l = arg;
	uint8_t from = (uint8_t)(1 + sim_rand_below(&l->rand, (uint32_t)l->floors));
	uint8_t to = (uint8_t)(1 + sim_rand_below(&l->rand, (uint32_t)l->floors));

	(void)fd;
	(void)what;
	if (from != to && !l->stop_count && may_drive(l)) {
		sim_lift_call(l, from, SIM_LIFT_BOARDS);
		sim_lift_call(l, to, SIM_LIFT_LEAVES);
	}
	arm_traffic(l);
}

void sim_lift_init(struct sim_lift *l, struct sim_world *w, uint64_t seed)
{
	*l = (struct sim_lift){ .world = w, .rand = seed, .floors = 10, .floor = 1, .level = true, .power = true };
	l->timer = evtimer_new(w->base, on_timer, l);
	l->traffic = evtimer_new(w->base, on_traffic, l);
}

void sim_lift_fini(struct sim_lift *l)
{
	event_free(l->timer);
	event_free(l->traffic);
}

void sim_lift_start(struct sim_lift *l)
{
	arm_traffic(l);
}

bool sim_lift_moving(const struct sim_lift *l)
{
	return l->phase == SIM_LIFT_MOVING;
}

int sim_lift_direction(const struct sim_lift *l)
{
	if (!sim_lift_moving(l))
		return 0;
	return l->target > l->floor ? 1 : -1;
}

int sim_lift_speed_x10(const struct sim_lift *l)
{
	return sim_lift_moving(l) ? RATED_X10 : 0;
}

bool sim_lift_call(struct sim_lift *l, uint8_t floor, enum sim_lift_person person)
{
	if (l->stop_count == SIM_LIFT_STOPS)
		return false;
	l->stops[l->stop_count++] = (struct sim_lift_stop){ floor, person };
	if (l->phase == SIM_LIFT_IDLE && !evtimer_pending(l->timer, NULL))
		depart(l);
	return true;
}

static void stop_here(struct sim_lift *l)
{
	if (sim_lift_moving(l))
		l->level = false;
	l->stop_count = 0;
	enter(l, SIM_LIFT_STUCK, 0);
}

void sim_lift_entrap(struct sim_lift *l, enum sim_lift_where where)
{
	stop_here(l);
	l->level = where == SIM_LIFT_AT_LEVEL;
	l->door_open = false;
	l->person = true;
	l->faults = (uint16_t)((l->faults & ~ENTRAPMENTS) | (where == SIM_LIFT_AT_LEVEL ? 0x0001 : BETWEEN));
}

void sim_lift_release(struct sim_lift *l)
{
	l->faults &= (uint16_t)~ENTRAPMENTS;
	l->alarm_key = false;
	if (l->phase != SIM_LIFT_STUCK || !may_drive(l))
		return;
	l->stop_count = 0;
	if (l->door_open)
		doors_opened(l);
	else
		open_doors(l);
}

void sim_lift_fault(struct sim_lift *l, uint16_t faults)
{
	l->faults = faults;
	if (faults)
		stop_here(l);
	else
		sim_lift_release(l);
}

void sim_lift_set_power(struct sim_lift *l, bool power)
{
	l->power = power;
	if (power) {
		l->faults &= (uint16_t)~POWER_FAILED;
		if (!l->faults)
			sim_lift_release(l);
		return;
	}
	l->faults |= POWER_FAILED;
	stop_here(l);
}

void sim_lift_set_inspection(struct sim_lift *l, bool inspection)
{
	l->inspection = inspection;
	if (inspection)
		stop_here(l);
	else if (!l->faults)
		sim_lift_release(l);
}

void sim_lift_set_door(struct sim_lift *l, bool open)
{
	if (l->phase != SIM_LIFT_STUCK && !sim_lift_moving(l)) {
		enter(l, open ? SIM_LIFT_OPEN : SIM_LIFT_CLOSING, open ? OPEN_US : DOOR_US);
		l->door_open = open;
		return;
	}
	if (l->door_open && !open)
		l->door_cycles++;
	l->door_open = open;
}

json_t *sim_lift_describe(const struct sim_lift *l)
{
	return json_pack("{s:s, s:i, s:b, s:b, s:b, s:b, s:b, s:b, s:i, s:i, s:I, s:I}", "phase", phase_names[l->phase],
			 "floor", l->floor, "level", l->level, "door_open", l->door_open, "person", l->person,
			 "inspection", l->inspection, "alarm_key", l->alarm_key, "power", l->power, "faults", l->faults,
			 "waiting_stops", l->stop_count, "trips", (json_int_t)l->trips, "door_cycles",
			 (json_int_t)l->door_cycles);
}
