/* sim_transport.h: how a slave is reached: sim_tcp.c, sim_rtu.c and sim_dial.c. */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct sim_transport {
	json_t *(*describe)(const void *t);                         /* {"port":41234} or {"path":"/…"} */
	void (*flap)(void *t, int64_t down_us);                     /* 0: only end what is connected */
	size_t (*inject)(void *t, const uint8_t *data, size_t len); /* to every client; how many there are */
	void (*stats)(const void *t, json_t *into);
	void (*free)(void *t);
};
