/* sim_world.h: what everything in the simulator shares: the loop, the clock, the seed, the names.
 *
 * One thread, one libevent loop. The world owns the list of names, not the things behind them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "sim_asset.h"
#include "sim_out.h"

struct event_base;
struct event;
struct sim_compose;
struct sim_homes;
struct sim_mqtt;
struct sim_slave;
struct sim_timeline;

struct sim_world {
	struct event_base *base;
	struct sim_out *out;
	int64_t start_us; /* monotonic */
	uint64_t seed;
	double speed;    /* simulated seconds a second: of lives and lifts, never of the wire */
	int64_t day_us;  /* the simulated time of day at the start */
	bool living;     /* lifts and homes move by themselves */
	const char *dir; /* where links and the map of ports are made; NULL: where the scenario says */
	struct map *assets;
	struct sim_compose *compose;
	struct sim_slave **slaves;
	size_t slave_count;
	struct sim_homes *homes;
	struct sim_mqtt *mqtt; /* NULL where the scenario has none */
	struct sim_timeline *timeline;
};

int64_t sim_world_now_us(const struct sim_world *w);     /* monotonic, real */
int64_t sim_world_elapsed_us(const struct sim_world *w); /* simulated, since the start */
int64_t sim_world_day_us(const struct sim_world *w);     /* simulated time of day, 0..24 h */
/* Arms a timer in simulated time. */
void sim_world_arm(const struct sim_world *w, struct event *timer, int64_t simulated_us);
/* Arms a timer in real time. */
void sim_world_arm_real(struct event *timer, int64_t real_us);
struct sim_slave *sim_world_find_slave(const struct sim_world *w, const char *id); /* or NULL */
/* 0, or -EEXIST where the name is taken. The asset stays the caller's. */
int sim_world_name(struct sim_world *w, struct sim_asset *a);
