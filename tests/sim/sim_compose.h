/* sim_compose.h: good answers, composed by libmodbus. Owned by the world.
 *
 * libmodbus sends where it is told to: to one end of a socket pair whose other end is read here. It never waits,
 * because only requests that it will answer with data are given to it. */
#pragma once

#include "base/util.h"
#include "sim_access.h"

struct sim_compose;

int sim_compose_new(struct sim_compose **ret_compose);
void sim_compose_free(struct sim_compose *c);
UTIL_DEFINE_CLEANUP(struct sim_compose *, sim_compose_free);
/* Carries out a request that sim_access_parse accepted and whose addresses all exist. 0 or -errno. */
int sim_compose_answer(struct sim_compose *c, struct sim_bank *bank, const struct sim_pdu *rq, struct sim_pdu *ret_pdu);
