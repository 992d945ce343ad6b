/* sim_meter.h: a three-phase energy meter. */
#pragma once

#include "sim_models.h"

extern const struct sim_model sim_meter_model;
