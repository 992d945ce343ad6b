/* supervisor.h: plugin processes: started, shaken hands with, pinged, limited, restarted. Main thread, libevent.
 *
 *   waiting --start--> starting --ready (10 s)--> up --no life for max_age, bad line--> ending --its end--> waiting
 *      ^                   |                       |                                                (1 s … 60 s)
 *      '----- its end -----+-----------------------'          any --stop--> stopping --its end--> stopped
 *
 * Whatever a plugin does, it costs the daemon a bounded amount of memory and time: lines ≤ 64 KiB, a budget per turn and
 * per second (over it its pipe is not read: back-pressure), a bounded buffer towards it. */
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

/* retry: the same may be tried later; else never in this form. */
struct supervisor_refusal {
	uint64_t batch;
	uint64_t seq; /* of the message that it is about; 0: it does not say */
	bool retry;
	const char *text; /* NULL: it does not say */
};

/* A device that nobody has configured. */
struct supervisor_discovery {
	const char *address; /* not empty, at most SUPERVISOR_ADDRESS_MAX bytes, nothing that steers a terminal */
	const char *name, *vendor, *model; /* NULL: not said */
	double battery;                    /* percent; NAN: not said */
	const json_t *fields;              /* NULL: none */
};
#define SUPERVISOR_ADDRESS_MAX 255

/* Upward calls. All on the main thread, from within the loop; none may free s. s names the instance: supervisor_plugin(s). */
struct supervisor_calls {
	void *context;
	/* It became up (supervisor_roles tells as what), or ceased to be or did not become it (text: why, in plain words).
	 * Not called for an end that supervisor_stop asked for. */
	void (*state)(void *context, struct supervisor *s, bool up, const char *text);
	/* A sample of a known device. id may be NULL. The engine answers with supervisor_stored once it is durable.
	 * message->at.wall_us is the plugin's "at", or now. Valid during the call. */
	void (*sample)(void *context, struct supervisor *s, const struct mapping_message *message, const char *id);
	void (*stale)(void *context, struct supervisor *s, const struct device *d);
	/* The plugin says it cannot do its work (text), or can again (NULL). It stays up. */
	void (*fault)(void *context, struct supervisor *s, const char *text);
	void (*discovered)(void *context, struct supervisor *s, const struct supervisor_discovery *discovery);
	void (*delivered)(void *context, struct supervisor *s, uint64_t batch);
	void (*refused)(void *context, struct supervisor *s, const struct supervisor_refusal *refusal);
	void (*notified)(void *context, struct supervisor *s, uint64_t id, bool ok, const char *text);
	void (*result)(void *context, struct supervisor *s, uint64_t id, bool ok, const json_t *message);
};

struct supervisor_setup {
	struct event_base *base;
	const struct plugin *plugin; /* lent until freed */
	const struct estate *estate;
	struct device_list devices;  /* all devices; its own are taken */
	const char *plugin_dir;      /* where program names are looked up */
	const char *state_dir;       /* hidden from it where the kernel has Landlock */
	const char *credentials_dir; /* an absolute path that it is told; NULL: none */
	const struct supervisor_calls *calls;
};

/* Starts it from within the loop. 0: a program that is not there is a fault with retries, not an error. */
int supervisor_new(const struct supervisor_setup *setup, struct supervisor **ret_supervisor);
/* A reload left its row and its devices as they were: the same process goes on with the rows of the new configuration. */
void supervisor_adopt(struct supervisor *s, const struct supervisor_setup *setup);
/* stop → 2 s → SIGTERM → 1 s → SIGKILL; does not wait: supervisor_idle tells when all is over. What it says until then still
 * counts. */
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
 * -ENOTCONN: not up; -EPIPE: it closed its stdin and is about to end; -EMSGSIZE: longer than a line (64 KiB). */
struct supervisor_batch {
	uint64_t batch;
	const char *lane;
	const char *const *messages;
	size_t count;
};
int supervisor_deliver(struct supervisor *s, const struct supervisor_batch *b);
/* Sends any other message of section 5 (notify, command); takes nothing. Errors as above. */
int supervisor_send(struct supervisor *s, const json_t *message);
