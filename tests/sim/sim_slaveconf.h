/* sim_slaveconf.h: slaves and their units out of the scenario file. */
#pragma once

#include "sim_setting.h"

struct sim_slave;
struct sim_world;

/* Which of the repeated ones it is, and what the command line says about it. */
struct sim_slaveconf_which {
	const char *id;
	const char *suffix; /* "" or "-3": what names within it end with */
	int64_t port;       /* -1: as the scenario says */
};

/* Builds and starts it. NULL where it cannot work; why is in the diag. */
struct sim_slave *sim_slaveconf_new(struct sim_world *w, const struct sim_setting *s,
				    const struct sim_slaveconf_which *which);
