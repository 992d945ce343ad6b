/* sim_scenario.h: a scenario file, with what the command line overrides, turned into a running world. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"

struct sim_world;

#define SIM_SCENARIO_SETS 64

struct sim_scenario_options {
	const char *file;
	const char *text;                   /* instead of the file; NULL: the file */
	const char *set[SIM_SCENARIO_SETS]; /* "PATH=VALUE" */
	size_t set_count;
	const char *port[SIM_SCENARIO_SETS]; /* "SLAVE=PORT" */
	size_t port_count;
	const char *mqtt_url; /* or NULL */
	int32_t mqtt_port;    /* -1: as the scenario says */
	bool no_mqtt;         /* and no homes */
	bool no_timeline, no_living;
};

/* Fills the world: slaves listen, the broker is being connected. Every error of the file goes to the diag; the
 * world is then to be freed by sim_scenario_unload, as always. */
void sim_scenario_load(struct sim_world *w, const struct sim_scenario_options *options, struct diag *diag);
void sim_scenario_unload(struct sim_world *w);
