/* sim_liftmap.h: boards that watch a lift, as Modbus units: the F7 monitor and a plain one. */
#pragma once

#include "sim_models.h"

extern const struct sim_model sim_liftmap_f7, sim_liftmap_generic;
