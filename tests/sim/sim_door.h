/* sim_door.h: an access-controlled door. */
#pragma once

#include "sim_models.h"

extern const struct sim_model sim_door_model;
