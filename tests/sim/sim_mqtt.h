/* sim_mqtt.h: the connection to the broker, on the world's loop. Owned by the world. Comes back by itself. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim_setting.h"

struct sim_mqtt;
struct sim_world;

struct sim_mqtt_options {
	char *host, *base, *client_id, *username, *password;
	uint16_t port;
};

struct sim_mqtt_message {
	const char *topic;
	const char *payload;
	bool retain;
};

/* mqtt: { url = "mqtt://127.0.0.1:1883"; base = "zigbee2mqtt"; client_id; username; password; }
 * ret_options is filled in any case; free it with sim_mqtt_options_fini. */
void sim_mqtt_load(const struct sim_setting *s, struct sim_mqtt_options *ret_options);
/* "mqtt://HOST[:PORT]". 0 or -EINVAL. */
int sim_mqtt_set_url(struct sim_mqtt_options *o, const char *url);
void sim_mqtt_options_fini(struct sim_mqtt_options *o);

/* Starts connecting. Takes the options. connected runs at every connection. */
struct sim_mqtt *sim_mqtt_new(struct sim_world *w, struct sim_mqtt_options *options,
			      void (*connected)(struct sim_world *w));
void sim_mqtt_free(struct sim_mqtt *m);
const char *sim_mqtt_base(const struct sim_mqtt *m);
bool sim_mqtt_is_connected(const struct sim_mqtt *m);
/* Connected, and the broker has acknowledged everything. */
bool sim_mqtt_is_settled(const struct sim_mqtt *m);
/* QoS 1. 0, -ENOTCONN, -ENOBUFS where too much is unacknowledged, -EINVAL for a topic that cannot be. */
int sim_mqtt_publish(struct sim_mqtt *m, const struct sim_mqtt_message *message);
/* Called once when settled; NULL: not any more. */
void sim_mqtt_on_settled(struct sim_mqtt *m, void (*settled)(void *arg), void *arg);
json_t *sim_mqtt_stats(const struct sim_mqtt *m);
