/* sim_rtu.h: a serial line: the master side of a pseudo terminal, with a link where the client opens it.
 * Owned by its slave.
 *
 * The client may close and open it again at any time; what nobody read in between is gone, as on a real line. */
#pragma once

#include <stdint.h>

#include "sim_transport.h"

struct sim_slave;
struct sim_rtu;

/* link: where the symbolic link is made; its folder must exist. 0 or -errno. */
int sim_rtu_new(struct sim_slave *slave, const char *link, struct sim_rtu **ret_rtu);

extern const struct sim_transport sim_rtu_transport;
