/* sdk_host.h: a plugin's side of the talk with its host, the daemon (plugins/README.md). Owns the loop, stdin, stdout
 * and the signals of the process. Main thread only.
 *
 *   waiting for hello --hello, options fine, start() = 0--> ready sent, running --stop | end of stdin | SIGTERM-->
 *   ending (stop(), at most 1.5 s) --sdk_host_done--> exit 0
 *          hello wrong, option wrong, start() < 0, sdk_host_fail --> fault sent, exit 1
 *
 * Invariant: stdout carries whole lines only, each at most 64 KiB; what waits for the daemon to read is bounded. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "sdk/sdk_loop.h"
#include "sdk/sdk_options.h"

#define SDK_HOST_ROLES_MAX 4

struct sdk_host;

/* What a message from the daemon does. The message is lent. hello, devices, ping and stop are the sdk's own. */
struct sdk_handler {
	const char *type; /* NULL ends the table */
	void (*handle)(void *user, const json_t *message);
};

struct sdk_plugin {
	const char *name, *about;
	const char *roles[SDK_HOST_ROLES_MAX + 1]; /* "source", "uplink", … */
	const struct sdk_option *options;
	void *settings; /* where the options land; zeroed */
	void *user;     /* given to all callbacks */
	const struct sdk_handler *handlers;
	/* After a good hello and before ready: 0, or -errno after sdk_host_fail has said why. Waits for nothing. */
	int (*start)(void *user, struct sdk_host *host);
	/* Instead of start, where the program was started with --probe: looks whether what it needs answers, changes
	 * nothing there, and ends with sdk_host_probed. 0 or -errno as start. NULL: it has no --probe. */
	int (*probe)(void *user, struct sdk_host *host);
	/* stdout has room again after sdk_host_has_room was false. May be NULL. */
	void (*room)(void *user);
	/* An orderly end: call sdk_host_done when it is over. NULL: nothing to do. */
	void (*stop)(void *user);
	/* The last call: frees what start made; the loop still exists. Also after a start that failed. */
	void (*fini)(void *user);
	/* Adds numbers to the counters that go with each pong. May be NULL. */
	void (*counters)(void *user, json_t *counters);
};

/* The whole life of a plugin; what main() returns. */
int sdk_host_main(int argc, char **argv, const struct sdk_plugin *plugin);

struct sdk_loop *sdk_host_loop(struct sdk_host *host);
const char *sdk_host_instance(const struct sdk_host *host);  /* never NULL after hello */
const char *sdk_host_estate(const struct sdk_host *host);    /* NULL: hello did not say */
const json_t *sdk_host_devices(const struct sdk_host *host); /* array of {id, address, …} */

/* In a handler: the line whose message is being handled, as it came. */
const char *sdk_host_line(const struct sdk_host *host);

/* Takes the message and sends it: 0; -EMSGSIZE: longer than a line may be; -ENOBUFS: too much waits already (ask
 * sdk_host_has_room before there is more); -EINVAL: NULL, which a failed json_pack gives. */
int sdk_host_send(struct sdk_host *host, json_t *message);
/* A member of a message from a text that may have been cut within a character, or hold anything at all. */
json_t *sdk_host_text(const char *text);
/* While false the plugin reads no more from its source (back-pressure). */
bool sdk_host_has_room(const struct sdk_host *host);
/* {"type":"fault"} or, with NULL, {"type":"healthy"}; says nothing twice in a row. Also logs. */
void sdk_host_fault(struct sdk_host *host, const char *text);
/* Says a fault that only a person can mend and ends the process with 1. */
void sdk_host_fail(struct sdk_host *host, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The word of a probe (plugins/README.md): result is reached, unresolved, refused, unreachable, silent, denied or
 * failed; target what was tried; text more of it. Ends the process. */
struct sdk_host_verdict {
	const char *result, *target, *text;
};
void sdk_host_probed(struct sdk_host *host, const struct sdk_host_verdict *verdict);
/* The end that stop() began is reached. */
void sdk_host_done(struct sdk_host *host);
