/* sim_control.h: where command lines come from: stdin, and a unix socket. One line in, one JSON line out. */
#pragma once

#include <stdbool.h>

#include "base/util.h"

struct sim_control;
struct sim_world;

struct sim_control_options {
	const char *socket; /* or NULL */
	bool exit_on_eof;   /* the end of stdin ends the simulator */
};

/* 0 or -errno of the socket. */
int sim_control_new(struct sim_world *w, const struct sim_control_options *options, struct sim_control **ret_control);
void sim_control_free(struct sim_control *c);
UTIL_DEFINE_CLEANUP(struct sim_control *, sim_control_free);
