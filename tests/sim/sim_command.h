/* sim_command.h: what one command line does, wherever it came from. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

struct sim_world;

/* Never fails otherwise than with {"ok":false,"error":…}. The caller owns the answer. */
json_t *sim_command_run(struct sim_world *w, const char *line);
/* Whether its first word is a command or the name of an asset. */
bool sim_command_knows(const struct sim_world *w, const char *line);
