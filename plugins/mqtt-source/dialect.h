/* dialect.h: who publishes to the broker, and so what its topics and payloads mean. One file per dialect, each a row of
 * dialect_table. A dialect is pure: time is an argument, all effects go out through the teller. Main thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "mqtt-source/teller.h"

struct dialect_setup {
	const char *base; /* the topic under which it publishes; lent for the dialect's life */
	const char *also; /* another one; NULL: none */
	struct teller *teller;
};

struct dialect {
	const char *name;                                /* in the configuration */
	const char *base;                                /* where none is given */
	const char *also;                                /* beside it where none is given; NULL: none */
	void *(*new)(const struct dialect_setup *setup); /* subscribes to what it needs */
	void (*free)(void *state);
	void (*take)(void *state, const struct teller_input *input);
	/* Each may be NULL. */
	void (*overdue)(void *state);              /* what should have come some seconds after the connection has not */
	void (*disconnected)(void *state);         /* what was learned may be wrong when the broker is back */
	void (*tick)(void *state, int64_t now_us); /* every so often while connected */
};

#define DIALECT_WORDS "zigbee2mqtt chirpstack milesight tuya json" /* in the order of dialect_table */
extern const struct dialect *const dialect_table[];                /* NULL ends it */

/* What several of them need. */
/* The rest of a topic behind "BASE/"; NULL: not below it. A leading '/' of either is as good as none. */
const char *dialect_rest(const char *topic, const char *base);
/* The last segment of a topic's rest, and whether it is one of the words ("set", "command", …) of messages to a device. */
const char *dialect_last(const char *rest);
bool dialect_is_order(const char *rest);
