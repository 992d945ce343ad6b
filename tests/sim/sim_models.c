/* sim_models.c: see sim_models.h. */
#include "sim_models.h"

#include <stdio.h>

#include "base/str.h"
#include "sim_door.h"
#include "sim_liftmap.h"
#include "sim_meter.h"
#include "sim_plant.h"
#include "sim_registers.h"

const struct sim_model *const sim_models[] = {
	&sim_liftmap_f7, &sim_liftmap_generic, &sim_door_model,  &sim_plant_pump,      &sim_plant_tank,
	&sim_plant_env,  &sim_plant_relay,     &sim_meter_model, &sim_registers_model, NULL,
};

const struct sim_model *sim_models_find(const char *name)
{
	for (size_t i = 0; sim_models[i]; i++)
		if (str_equal(sim_models[i]->name, name))
			return sim_models[i];
	return NULL;
}

const char *sim_models_names(char *buf, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; sim_models[i] && len < size; i++)
		len += (size_t)snprintf(buf + len, size - len, "%s%s", i ? ", " : "", sim_models[i]->name);
	return buf;
}
