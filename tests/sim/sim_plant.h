/* sim_plant.h: what stands in a pump room: pumps, tanks, an environment sensor, relays. */
#pragma once

#include "sim_models.h"

extern const struct sim_model sim_plant_pump, sim_plant_tank, sim_plant_env, sim_plant_relay;
