/* sdk_probe.h: --probe of plugins that talk to an MQTT broker: can it be reached, and does it let this user in? As a client
 * of its own with a clean session, so that what the broker keeps for the plugin itself stays untouched. Main thread.
 *
 *   start --up--> goodbye --> "reached" │ --lost, twice where another address may do better--> why not */
#pragma once

#include "sdk/sdk_host.h"
#include "sdk/sdk_mqtt.h"

struct sdk_probe;

/* The texts are lent for its life. */
struct sdk_probe_broker {
	const char *url, *username, *server_name;
	const struct sdk_tls_files *tls;
	enum sdk_mqtt_version version;
	struct sdk_secret password;
};
/* Ends with sdk_host_probed. -errno where the password or a file of TLS cannot be read, told by sdk_host_fail. */
int sdk_probe_start(struct sdk_host *host, const struct sdk_probe_broker *broker, struct sdk_probe **ret_probe);
void sdk_probe_free(struct sdk_probe *p);
