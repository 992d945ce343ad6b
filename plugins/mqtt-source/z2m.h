/* z2m.h: the dialect of Zigbee2MQTT: topics and payloads become samples, stale and discovered. Pure: time is an
 * argument, all effects go out through calls. The caller owns it. Main thread. Logs edges: one line per topic that
 * carries garbage.
 *
 *   BASE/NAME                state of a device, JSON object      → sample, or discovered once per unknown address
 *   BASE/NAME/availability   "online", {"state":"offline"}       → sample with link; offline: then stale
 *   BASE/bridge/devices      list of {ieee_address, friendly_name} → which NAME is which address
 *   BASE/bridge/state        Zigbee2MQTT's own life              → bridge()
 *
 * Invariant: a message of a name that is not known yet waits (bounded) for bridge/devices; it is not dropped. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct z2m;

struct z2m_calls {
	void *user;
	void (*send)(void *user, json_t *message);        /* takes it */
	void (*bridge)(void *user, bool online);          /* only when it says so */
	void (*subscribe)(void *user, const char *topic); /* again: nothing */
};

struct z2m_setup {
	const char *base;      /* "zigbee2mqtt" */
	const char *id_prefix; /* differs from run to run, so that no id of a sample is ever used twice */
	const json_t *devices; /* array of {id, address}; lent during z2m_new */
	struct z2m_calls calls;
};

struct z2m_input {
	const char *topic;
	const char *payload;
	size_t len;
	bool retained;
	int64_t received_us; /* wall clock */
};

/* Subscribes to what it needs. Devices without an address are skipped with a warning. */
struct z2m *z2m_new(const struct z2m_setup *setup);
void z2m_free(struct z2m *z);

void z2m_take(struct z2m *z, const struct z2m_input *input);
/* bridge/devices did not come: what waits for a name is told as it is. */
void z2m_names_overdue(struct z2m *z);
/* The connection was lost: names may change until the next bridge/devices. */
void z2m_disconnected(struct z2m *z);

struct z2m_counts {
	uint64_t samples, bad_payloads, discovered, waited;
};
const struct z2m_counts *z2m_counts(const struct z2m *z);
