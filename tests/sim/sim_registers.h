/* sim_registers.h: plain registers: fixed values, ramps, counters, random numbers. */
#pragma once

#include "sim_models.h"

extern const struct sim_model sim_registers_model;
