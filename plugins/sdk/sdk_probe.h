/* sdk_probe.h: --probe of plugins that talk to an MQTT broker: can it be reached, and does it let this user in? As a client
 * of its own with a clean session, so that what the broker keeps for the plugin itself stays untouched. Main thread.
 *
 *   start --up--> goodbye --> "reached" │ --lost, twice where another address may do better--> why not */
#pragma once

#include "sdk/sdk_host.h"
#include "sdk/sdk_mqtt.h"

struct sdk_probe;

/* Ends with sdk_host_probed. The texts are lent for its life. */
struct sdk_probe_broker {
	const char *url, *username;
	struct sdk_secret password;
};
struct sdk_probe *sdk_probe_start(struct sdk_host *host, const struct sdk_probe_broker *broker);
void sdk_probe_free(struct sdk_probe *p);
