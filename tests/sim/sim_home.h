/* sim_home.h: flats in which somebody lives: moves about, sleeps, goes out. Owned by the world.
 *
 *   AWAKE <-- wake / sleep --> ASLEEP        AWAKE <-- return / leave --> AWAY */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim_asset.h"
#include "sim_setting.h"

struct event;
struct sim_sensor;
struct sim_world;

enum sim_home_state { SIM_HOME_AWAKE, SIM_HOME_ASLEEP, SIM_HOME_AWAY };

struct sim_home {
	struct sim_asset asset; /* "home-1204" */
	struct sim_world *world;
	char *id, *place;
	char suffix[16]; /* "" or "-3" in a repeated home: what its sensors' names end with */
	struct sim_sensor **sensors;
	size_t sensor_count;
	enum sim_home_state state;
	uint64_t rand;
	struct event *next, *door;
};

struct sim_homes {
	struct sim_home **home;
	size_t count;
};

/* homes: ( { id = "1204"; place = "b3/u1/1204"; sensors: ( … ) }, … ) */
struct sim_homes *sim_home_load(struct sim_world *w, const config_setting_t *list, struct diag *diag);
void sim_home_free_all(struct sim_homes *homes);
/* Everything that zigbee2mqtt says when it has a broker. */
void sim_home_announce(struct sim_world *w);
