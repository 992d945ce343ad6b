/* sms_port.h: the serial line of a modem, as lines in and text out. It is opened for one program alone, and never waited for.
 * Main thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sdk/sdk_loop.h"

struct sms_port;

struct sms_port_calls {
	void *user;
	void (*line)(void *user, const char *line); /* lent for the call */
	void (*prompt)(void *user);
	void (*lost)(void *user, const char *why); /* it is closed already */
};

bool sms_port_speed_is_known(int64_t baud); /* of termios(3) */
struct sms_port *sms_port_new(struct sdk_loop *loop, const struct sms_port_calls *calls);
void sms_port_free(struct sms_port *p);

/* The line at path (lent for the call): eight bits, no parity. 0, or -errno; -EBUSY: another program has it. */
int sms_port_open(struct sms_port *p, const char *path, int64_t baud);
void sms_port_close(struct sms_port *p); /* what was not written yet is forgotten; a closed one is fine */
bool sms_port_is_open(const struct sms_port *p);
/* Written as the line takes it. False: no room for it; a modem that takes nothing. */
bool sms_port_say(struct sms_port *p, const char *text);
uint64_t sms_port_long_lines(const struct sms_port *p); /* passed over */
