/* sim_timeline.h: commands that run by themselves, in real seconds after the simulator is ready. Owned by the world. */
#pragma once

#include "sim_setting.h"

struct sim_timeline;
struct sim_world;

/* timeline: ( { at = "20s"; do = "lift-1 entrap"; every = "5m"; }, … ); every is optional. */
struct sim_timeline *sim_timeline_load(struct sim_world *w, const config_setting_t *list, struct diag *diag);
void sim_timeline_start(struct sim_timeline *t);
void sim_timeline_free(struct sim_timeline *t);
