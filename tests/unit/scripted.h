/* scripted.h: a Modbus slave for tests whose every answer is composed by the test: on TCP, as RTU over TCP, or as a modem
 * that dials in. Its own thread; what was asked is kept in order. Shares no code with the daemon's receiver. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"

struct scripted_ask {
	unsigned number; /* from 0 */
	unsigned connection;
	int64_t at_us;
	uint8_t unit, function;
	uint16_t transaction, address, count;
};

struct scripted_reply {
	int64_t after_us; /* later than at once */
	bool close;       /* instead of answering */
	int64_t rest_us;  /* the second half comes so much later; 0: at once */
	bool last;        /* nothing comes behind it on this connection */
	size_t len;       /* 0: no answer */
	uint8_t bytes[300];
};

struct scripted_setup {
	bool rtu;                 /* frames */
	bool pty;                 /* on a pseudo terminal; rtu */
	uint16_t dial_port;       /* dials in there (127.0.0.1) instead of listening; 0: listens */
	const char *registration; /* says this first */
	/* In the slave's thread; the reply is empty before. */
	void (*answer)(void *context, const struct scripted_ask *ask, struct scripted_reply *reply);
	void *context;
};

struct scripted;

struct scripted *scripted_start(const struct scripted_setup *setup);
void scripted_stop(struct scripted *s);
UTIL_DEFINE_CLEANUP(struct scripted *, scripted_stop);
const char *scripted_path(const struct scripted *s); /* of the pseudo terminal */
uint16_t scripted_port(const struct scripted *s);
unsigned scripted_connections(const struct scripted *s);
bool scripted_connected(const struct scripted *s);
unsigned scripted_count(const struct scripted *s);
/* The n-th that was asked; n below scripted_count. */
const struct scripted_ask *scripted_ask(const struct scripted *s, unsigned n);
void scripted_hang_up(struct scripted *s); /* closes the connection; a modem dials in again */

/* The right answer, with what value says of each register, appended to the reply. */
void scripted_right(const struct scripted_setup *s, const struct scripted_ask *ask, struct scripted_reply *reply,
		    uint16_t (*value)(unsigned unit, unsigned address));
/* An exception. */
void scripted_refuse(const struct scripted_setup *s, const struct scripted_ask *ask, struct scripted_reply *reply,
		     uint8_t code);
