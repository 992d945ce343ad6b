/* sim_lift.h: one virtual lift: it drives, opens, takes people in, gets stuck. What its board says
 * of that is sim_liftmap.c.
 *
 *        stops wanted               arrived                open long enough
 *   IDLE -------------> MOVING ---------------> OPENING -> OPEN -> CLOSING -> IDLE
 *                         '--- entrap, fault, power off, inspection ---> STUCK --- release ---> OPENING
 *
 * Owned by the unit. Nobody appears or vanishes while the doors are shut, except by command. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim_words.h"

#define SIM_LIFT_STOPS  32
#define SIM_LIFT_FLOORS 127

struct event;
struct sim_unit;
struct sim_world;

enum sim_lift_phase {
	SIM_LIFT_IDLE,
	SIM_LIFT_MOVING,
	SIM_LIFT_OPENING,
	SIM_LIFT_OPEN,
	SIM_LIFT_CLOSING,
	SIM_LIFT_STUCK
};
enum sim_lift_person { SIM_LIFT_NOBODY, SIM_LIFT_BOARDS, SIM_LIFT_LEAVES };

struct sim_lift_stop {
	uint8_t floor;
	enum sim_lift_person person;
};

struct sim_lift {
	struct sim_world *world;
	struct event *timer;   /* the next step of the phase */
	struct event *traffic; /* the next trip by itself */
	uint64_t rand;
	int64_t traffic_us; /* mean time between trips; 0: none */
	int floors, floor, target;
	enum sim_lift_phase phase;
	struct sim_lift_stop stops[SIM_LIFT_STOPS];
	unsigned stop_count;
	bool level, door_open, person, inspection, alarm_key, power;
	uint16_t faults;
	uint32_t door_cycles, floors_run, trips;
	int64_t trip_start_us;
	int trip_seconds, trip_floors;
};

void sim_lift_init(struct sim_lift *l, struct sim_world *w, uint64_t seed);
void sim_lift_fini(struct sim_lift *l);
/* Begins to live: the first trip comes by itself. */
void sim_lift_start(struct sim_lift *l);

bool sim_lift_moving(const struct sim_lift *l);
int sim_lift_direction(const struct sim_lift *l); /* 1 up, -1 down, 0 */
int sim_lift_speed_x10(const struct sim_lift *l); /* m/s × 10 */

/* What commands do. floor is checked by the caller. */
bool sim_lift_call(struct sim_lift *l, uint8_t floor, enum sim_lift_person person); /* false: too many stops wait */
enum sim_lift_where { SIM_LIFT_BETWEEN, SIM_LIFT_AT_LEVEL };
void sim_lift_entrap(struct sim_lift *l, enum sim_lift_where where);
void sim_lift_release(struct sim_lift *l);
void sim_lift_fault(struct sim_lift *l, uint16_t faults); /* 0: none any more, and it goes on */
void sim_lift_set_power(struct sim_lift *l, bool power);
void sim_lift_set_inspection(struct sim_lift *l, bool inspection);
void sim_lift_set_door(struct sim_lift *l, bool open);
/* {"phase":"moving","floor":3,…} */
json_t *sim_lift_describe(const struct sim_lift *l);
