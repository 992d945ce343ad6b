/* sim_mqtt.c: see sim_mqtt.h. Sensors have no memory: what happens while the broker is away is not sent later. */
#include "sim_mqtt.h"

#include <errno.h>
#include <event2/event.h>
#include <mosquitto.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "sim_world.h"

#define RETRY_US    (500 * MS)
#define UNACKED_MAX 100000
#define KEEPALIVE_S 30
#define KEYS        "url base client_id username password"

struct sim_mqtt {
	struct sim_world *world;
	struct sim_mqtt_options options;
	struct mosquitto *client;
	struct event *readable, *writable; /* while there is a socket */
	struct event *tick, *retry;
	void (*connected_hook)(struct sim_world *w);
	void (*settled_hook)(void *arg);
	void *settled_arg;
	bool connected, announced_down;
	uint64_t published, unacked, failed, connections;
};

void sim_mqtt_options_fini(struct sim_mqtt_options *o)
{
	free(o->host);
	free(o->base);
	free(o->client_id);
	free(o->username);
	free(o->password);
	*o = (struct sim_mqtt_options){ 0 };
}

int sim_mqtt_set_url(struct sim_mqtt_options *o, const char *url)
{
	const char *host, *colon;
	uint16_t port = 1883;

	if (!str_starts(url, "mqtt://"))
		return -EINVAL;
	host = url + strlen("mqtt://");
	colon = strrchr(host, ':');
	if (colon && str_to_u16(colon + 1, &port) < 0)
		return -EINVAL;
	if (!*host || colon == host)
		return -EINVAL;
	free(o->host);
	o->host = mem_strndup(host, colon ? (size_t)(colon - host) : strlen(host));
	o->port = port;
	return 0;
}

void sim_mqtt_load(const struct sim_setting *s, struct sim_mqtt_options *ret_options)
{
	const char *url = sim_setting_text(s, "url", "mqtt://127.0.0.1:1883");
	struct sim_mqtt_options o = { 0 };

	sim_setting_keys(s, KEYS, NULL);
	if (sim_mqtt_set_url(&o, url) < 0)
		sim_setting_error(s, "url", "'%s': expected mqtt://HOST:PORT", url);
	o.base = mem_strdup(sim_setting_text(s, "base", "zigbee2mqtt"));
	o.client_id = mem_strdup(sim_setting_text(s, "client_id", NULL));
	o.username = mem_strdup(sim_setting_text(s, "username", NULL));
	o.password = mem_strdup(sim_setting_text(s, "password", NULL));
	*ret_options = o;
}

static void drop_events(struct sim_mqtt *m)
{
	if (m->readable)
		event_free(m->readable);
	if (m->writable)
		event_free(m->writable);
	m->readable = m->writable = NULL;
}

static void go_down(struct sim_mqtt *m, const char *why)
{
	drop_events(m);
	if (!m->announced_down)
		sim_out_event(m->world->out, "mqtt", json_pack("{s:b, s:s}", "connected", 0, "text", why));
	m->announced_down = true;
	m->connected = false;
	sim_world_arm_real(m->retry, RETRY_US);
}

/* After every call into the library: is the socket still there, does it want to write? */
static void look_after(struct sim_mqtt *m, int rc)
{
	if (rc != MOSQ_ERR_SUCCESS || mosquitto_socket(m->client) < 0) {
		if (m->readable)
			go_down(m, rc ? mosquitto_strerror(rc) : "the broker closed the connection");
		return;
	}
	if (m->writable && mosquitto_want_write(m->client))
		event_add(m->writable, NULL);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct sim_mqtt *m = arg;

	(void)fd, (void)what;
	look_after(m, mosquitto_loop_read(m->client, 1));
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct sim_mqtt *m = arg;

	(void)fd, (void)what;
	look_after(m, mosquitto_loop_write(m->client, 1));
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct sim_mqtt *m = arg;

	(void)fd, (void)what;
	if (m->readable)
		look_after(m, mosquitto_loop_misc(m->client));
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct sim_mqtt *m = arg;
	int rc = mosquitto_connect(m->client, m->options.host, m->options.port, KEEPALIVE_S);
	int socket = mosquitto_socket(m->client);

	(void)fd, (void)what;
	if (rc != MOSQ_ERR_SUCCESS || socket < 0) {
		go_down(m, rc == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(rc));
		return;
	}
	m->readable = event_new(m->world->base, socket, EV_READ | EV_PERSIST, on_readable, m);
	m->writable = event_new(m->world->base, socket, EV_WRITE, on_writable, m);
	event_add(m->readable, NULL);
	look_after(m, MOSQ_ERR_SUCCESS);
}

static void settle(struct sim_mqtt *m)
{
	void (*hook)(void *) = m->settled_hook;

	if (!hook || !sim_mqtt_is_settled(m))
		return;
	m->settled_hook = NULL;
	hook(m->settled_arg);
}

static void on_connect(struct mosquitto *client, void *arg, int code)
{
	struct sim_mqtt *m = arg;

	(void)client;
	if (code) {
		sim_out_event(m->world->out, "mqtt",
			      json_pack("{s:b, s:s}", "connected", 0, "text", mosquitto_connack_string(code)));
		return;
	}
	m->connected = true;
	m->announced_down = false;
	m->connections++;
	sim_out_event(m->world->out, "mqtt", json_pack("{s:b, s:i}", "connected", 1, "port", m->options.port));
	m->connected_hook(m->world);
	settle(m);
}

static void on_publish(struct mosquitto *client, void *arg, int id)
{
	struct sim_mqtt *m = arg;

	(void)client, (void)id;
	if (m->unacked)
		m->unacked--;
	settle(m);
}

struct sim_mqtt *sim_mqtt_new(struct sim_world *w, struct sim_mqtt_options *options,
			      void (*connected)(struct sim_world *w))
{
	struct sim_mqtt *m = MEM_NEW(struct sim_mqtt);
	struct timeval second = { .tv_sec = 1 };
	_cleanup_str_buf_ struct str_buf state = { 0 };

	m->world = w;
	m->options = *options;
	*options = (struct sim_mqtt_options){ 0 };
	m->connected_hook = connected;
	mosquitto_lib_init();
	m->client = mosquitto_new(m->options.client_id, true, m);
	/* Without it a pressed button waits up to 40 ms for the acknowledgement of the packet before. */
	mosquitto_int_option(m->client, MOSQ_OPT_TCP_NODELAY, 1);
	if (m->options.username)
		mosquitto_username_pw_set(m->client, m->options.username, m->options.password);
	str_buf_printf(&state, "%s/bridge/state", m->options.base);
	mosquitto_will_set(m->client, str_buf_text(&state), 19, "{\"state\":\"offline\"}", 1, true);
	mosquitto_connect_callback_set(m->client, on_connect);
	mosquitto_publish_callback_set(m->client, on_publish);
	m->retry = evtimer_new(w->base, on_retry, m);
	m->tick = event_new(w->base, -1, EV_PERSIST, on_tick, m);
	event_add(m->tick, &second);
	sim_world_arm_real(m->retry, 0);
	return m;
}

void sim_mqtt_free(struct sim_mqtt *m)
{
	if (!m)
		return;
	drop_events(m);
	event_free(m->retry);
	event_free(m->tick);
	/* No DISCONNECT: a killed zigbee2mqtt says nothing either, and its will is what tells. */
	mosquitto_destroy(m->client);
	mosquitto_lib_cleanup();
	sim_mqtt_options_fini(&m->options);
	free(m);
}

const char *sim_mqtt_base(const struct sim_mqtt *m)
{
	return m->options.base;
}

bool sim_mqtt_is_connected(const struct sim_mqtt *m)
{
	return m->connected;
}

bool sim_mqtt_is_settled(const struct sim_mqtt *m)
{
	return m->connected && !m->unacked;
}

int sim_mqtt_publish(struct sim_mqtt *m, const struct sim_mqtt_message *message)
{
	int rc = MOSQ_ERR_NO_CONN;

	if (!m->connected || m->unacked >= UNACKED_MAX) {
		m->failed++;
		return m->connected ? -ENOBUFS : -ENOTCONN;
	}
	m->unacked++; /* first: the acknowledgement may come within the call */
	rc = mosquitto_publish(m->client, NULL, message->topic, (int)strlen(message->payload), message->payload, 1,
			       message->retain);
	if (rc != MOSQ_ERR_SUCCESS) {
		m->unacked -= m->unacked > 0;
		m->failed++;
		return rc == MOSQ_ERR_NO_CONN ? -ENOTCONN : -EINVAL;
	}
	m->published++;
	if (m->writable && mosquitto_want_write(m->client))
		event_add(m->writable, NULL);
	return 0;
}

void sim_mqtt_on_settled(struct sim_mqtt *m, void (*settled)(void *arg), void *arg)
{
	m->settled_hook = settled;
	m->settled_arg = arg;
}

json_t *sim_mqtt_stats(const struct sim_mqtt *m)
{
	return json_pack("{s:b, s:i, s:I, s:I, s:I, s:I}", "connected", m->connected, "port", m->options.port,
			 "published", (json_int_t)m->published, "unacked", (json_int_t)m->unacked, "failed",
			 (json_int_t)m->failed, "connections", (json_int_t)m->connections);
}
