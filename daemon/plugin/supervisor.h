/* supervisor.h: plugin processes: started, shaken hands with, pinged, limited, restarted. Main thread, libevent.
 *
 *   waiting --start--> starting --ready (10 s)--> up --no life for max_age, bad line, exit--> waiting (1 s … 60 s)
 *
 * Whatever a plugin does, it costs the daemon a bounded amount of memory and time: lines ≤ 64 KiB, a read budget per turn
 * (over it its pipe is not read: back-pressure), a bounded buffer towards it. */
#pragma once

#include <jansson.h>

#include "model/device.h"
#include "model/estate.h"
#include "model/mapping.h"
#include "model/plugin.h"
#include "model/status.h"

struct event_base;
struct supervisor; /* one plugin instance */

enum supervisor_role { SUPERVISOR_SOURCE = 1, SUPERVISOR_NOTIFIER = 2, SUPERVISOR_UPLINK = 4, SUPERVISOR_COMMAND = 8 };

/* Upward calls. All on the main thread, from within the loop. s names the instance: supervisor_plugin(s). */
struct supervisor_calls {
	void *context;
	/* It became up (roles: a set of supervisor_role) or ceased to be (text: why, in plain words). */
	void (*state)(void *context, struct supervisor *s, bool up, const char *text);
	/* A sample of a known device. id may be NULL. The engine answers with supervisor_stored once it is durable.
	 * message->at.wall_us is the plugin's "at", or now. Valid during the call. */
	void (*sample)(void *context, struct supervisor *s, const struct mapping_message *message, const char *id);
	void (*stale)(void *context, struct supervisor *s, const struct device *d);
	/* The plugin says it cannot do its work (text), or can again (NULL). It stays up. */
	void (*fault)(void *context, struct supervisor *s, const char *text);
	void (*discovered)(void *context, struct supervisor *s, const char *address, const json_t *fields);
	void (*delivered)(void *context, struct supervisor *s, uint64_t batch);
	void (*refused)(void *context, struct supervisor *s, uint64_t batch, bool retry, const char *text);
	void (*notified)(void *context, struct supervisor *s, uint64_t id, bool ok, const char *text);
	void (*result)(void *context, struct supervisor *s, uint64_t id, bool ok, const json_t *message);
};

struct supervisor_setup {
	struct event_base *base;
	const struct plugin *plugin; /* lent until freed or supervisor_reconfigure */
	const struct estate *estate;
	struct device_list devices; /* all devices; its own are taken */
	const char *plugin_dir;     /* where program names are looked up */
	const char *state_dir;      /* hidden from it where the kernel has Landlock */
	const struct supervisor_calls *calls;
};

/* Starts it from within the loop. 0 or -errno (a program that is not there is a fault with retries, not an error). */
int supervisor_new(const struct supervisor_setup *setup, struct supervisor **ret_supervisor);
/* stop → 2 s → SIGTERM → SIGKILL; does not wait: supervisor_idle tells when all is over. */
void supervisor_stop(struct supervisor *s);
bool supervisor_idle(const struct supervisor *s);
void supervisor_free(struct supervisor *s); /* kills what still runs */
UTIL_DEFINE_CLEANUP(struct supervisor *, supervisor_free);

const struct plugin *supervisor_plugin(const struct supervisor *s);
unsigned supervisor_roles(const struct supervisor *s); /* as it said; 0 before ready */
bool supervisor_up(const struct supervisor *s);
void supervisor_status(const struct supervisor *s, struct status_plugin *ret_status);

/* Sends {"type":"stored","id":id}. */
void supervisor_stored(struct supervisor *s, const char *id);
/* Sends a batch: lane and envelopes (each one JSON object as text). -EAGAIN: its buffer is full, try after delivered;
 * -ENOTCONN: not up. */
struct supervisor_batch {
	uint64_t batch;
	const char *lane;
	const char *const *messages;
	size_t count;
};
int supervisor_deliver(struct supervisor *s, const struct supervisor_batch *b);
/* Sends any other message of section 5 (notify, command); takes nothing. -EAGAIN, -ENOTCONN as above. */
int supervisor_send(struct supervisor *s, const json_t *message);
