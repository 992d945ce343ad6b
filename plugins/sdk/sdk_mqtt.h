/* sdk_mqtt.h: one connection of MQTT 3.1.1 or 5, plain or with TLS, kept alive for ever: name look-up, connect, subscribe, back-off, keepalive, all
 * within the plugin's loop, nothing blocks. libmosquitto does the protocol. Main thread.
 *
 *   idle --start--> waiting --due--> looking up --> connecting --CONNACK + SUBACK of all topics--> up
 *                      ^                |               |  (10 s)                                   |
 *                      +--- 1 s … 60 s, with jitter ----+---------------- lost, why ---------------+
 *
 * Every connection has a fresh client of the library: what was not acknowledged when a connection ended is forgotten by
 * the library, and the owner publishes it again, in its own order. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sdk/sdk_loop.h"
#include "sdk/sdk_secret.h"
#include "sdk/sdk_tls.h"

struct sdk_mqtt;

enum sdk_mqtt_session {
	SDK_MQTT_CLEAN, /* the broker forgets the client when it leaves */
	SDK_MQTT_KEPT,  /* the broker queues for it while it is away */
};

/* 5 with a clean session only: the library cannot ask for another without waiting. */
enum sdk_mqtt_version { SDK_MQTT_VERSION_311, SDK_MQTT_VERSION_5 };

struct sdk_mqtt_settings {               /* lent for the connection's life */
	const char *url;                 /* mqtt://host[:port], mqtts://host[:port] */
	const struct sdk_tls_files *tls; /* NULL: none given */
	const char *server_name;         /* of the broker's certificate; NULL: the host of the URL */
	enum sdk_mqtt_version version;
	const char *client_id;
	const char *username;       /* NULL: none */
	struct sdk_secret password; /* read at each connect */
	int keepalive_s;
	enum sdk_mqtt_session session;
	const char *will_topic, *will_payload; /* NULL: none; retained, QoS 1 */
};

/* Why there is no connection. */
enum sdk_mqtt_failure {
	SDK_MQTT_LOST,        /* it broke, or none of these */
	SDK_MQTT_UNRESOLVED,  /* no address for the name */
	SDK_MQTT_REFUSED,     /* nothing listens there */
	SDK_MQTT_UNREACHABLE, /* no way to it */
	SDK_MQTT_SILENT,      /* no answer in time */
	SDK_MQTT_DENIED,      /* it answers, and does not let us in */
};

struct sdk_mqtt_message { /* lent during the call */
	const char *topic;
	const char *payload;
	size_t len;
	bool retained; /* a copy that the broker had kept, of unknown age */
};

struct sdk_mqtt_events {
	void (*up)(void *user);
	void (*lost)(void *user, const char *why); /* also for a connection that never came up */
	void (*message)(void *user, const struct sdk_mqtt_message *message); /* may come before up: queued ones */
	void (*acknowledged)(void *user, int mid);                           /* PUBACK; may be NULL */
	/* MQTT 5: the broker will never take this message. May be NULL: the connection is given up. */
	void (*refused)(void *user, int mid, const char *why);
};

/* For the option table: NULL or what was expected. */
const char *sdk_mqtt_check_topic(const char *topic); /* one to publish on or to build on: no wildcards, no outer '/' */
/* The client id: given, or "estated-ESTATE-INSTANCE" (estate may be NULL). The caller frees. */
char *sdk_mqtt_client_id(const char *given, const char *estate, const char *instance);

struct sdk_mqtt *sdk_mqtt_new(struct sdk_loop *loop, const struct sdk_mqtt_settings *settings,
			      const struct sdk_mqtt_events *events, void *user);
void sdk_mqtt_free(struct sdk_mqtt *m); /* without a goodbye: the broker sends the will */

void sdk_mqtt_start(struct sdk_mqtt *m);
/* Subscribes at QoS 1, now and after each reconnect. The same topic again is nothing. */
void sdk_mqtt_add_topic(struct sdk_mqtt *m, const char *topic);
/* One message at QoS 1, written to the socket at once if it takes it: 0 with its id, -ENOTCONN, -EIO, -EMSGSIZE (MQTT 5: more
 * than the broker takes). */
struct sdk_mqtt_publication {
	const char *topic;
	const char *payload;
	bool retain;
};
int sdk_mqtt_publish(struct sdk_mqtt *m, const struct sdk_mqtt_publication *p, int *ret_mid);
/* In lost: of what kind it is. */
enum sdk_mqtt_failure sdk_mqtt_failure(const struct sdk_mqtt *m);
bool sdk_mqtt_is_up(const struct sdk_mqtt *m);
/* Gives up the connection and goes on as if it had been lost. Not from within an event. */
void sdk_mqtt_restart(struct sdk_mqtt *m, const char *why);
/* Says goodbye (no will) and stays down. Not from within an event. */
void sdk_mqtt_stop(struct sdk_mqtt *m);
/* Back-pressure: reads nothing until released; the broker keeps what it can. */
void sdk_mqtt_hold(struct sdk_mqtt *m);
void sdk_mqtt_release(struct sdk_mqtt *m);
uint64_t sdk_mqtt_reconnects(const struct sdk_mqtt *m);
