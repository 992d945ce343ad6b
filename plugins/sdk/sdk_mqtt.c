#include "sdk/sdk_mqtt.h"

#include <errno.h>
#include <fcntl.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sdk/sdk_clock.h"
#include "sdk/sdk_mqtt_url.h"
#include "sdk/sdk_resolve.h"

#define BACKOFF_FIRST_US  (1 * SDK_CLOCK_S)
#define BACKOFF_LAST_US   (60 * SDK_CLOCK_S)
#define SETTLED_US        (10 * SDK_CLOCK_S) /* a connection that lived this long starts the back-off anew */
#define CONNECT_LIMIT_US  (10 * SDK_CLOCK_S)
#define TICK_US           (1 * SDK_CLOCK_S)
#define IN_FLIGHT_MAX     1000 /* the owner's window is smaller */
#define TOPICS_PER_PACKET 64
#define WHY_MAX           SDK_SECRET_WHY_MAX
#define REFUSED           0x80 /* the reasons of MQTT 5 that are none for joy, and the QoS of a refused topic */

enum state { STATE_IDLE, STATE_WAITING, STATE_LOOKING_UP, STATE_CONNECTING, STATE_UP };

struct sdk_mqtt {
	struct sdk_loop *loop;
	struct sdk_mqtt_settings settings;
	const struct sdk_mqtt_events *events;
	void *user;
	struct sdk_mqtt_url url;
	struct sdk_tls_trouble tls_trouble;
	enum state state;
	struct mosquitto *client; /* of this connection */
	struct sdk_resolve *resolve;
	struct sdk_watch socket;
	struct sdk_timer retry, limit, tick;
	int64_t backoff_us, up_at_us;
	unsigned attempt;
	bool welcome;     /* CONNACK came */
	int unsubscribed; /* SUBACKs that are still to come */
	bool held, parked;
	enum sdk_mqtt_failure failure;
	char why[WHY_MAX]; /* set by a callback: give the connection up when the library has returned */
	char **topics;
	size_t topics_count;
	uint64_t reconnects;
};

static void mqtt_down(struct sdk_mqtt *m, const char *why);

/* Settings. */

const char *sdk_mqtt_check_topic(const char *topic)
{
	size_t len = strlen(topic);

	if (len == 0 || len > 255 || topic[0] == '/' || topic[len - 1] == '/' || strpbrk(topic, "+#"))
		return "a topic of 1 to 255 bytes without '+', '#' and a '/' at its ends";
	return NULL;
}

char *sdk_mqtt_client_id(const char *given, const char *estate, const char *instance)
{
	char *id;
	int r;

	if (given)
		r = asprintf(&id, "%s", given);
	else
		r = asprintf(&id, "estated-%s%s%s", estate ? estate : "", estate ? "-" : "", instance);
	if (r < 0)
		abort();
	return id;
}

/* The connection. */

bool sdk_mqtt_is_up(const struct sdk_mqtt *m)
{
	return m->state == STATE_UP;
}

enum sdk_mqtt_failure sdk_mqtt_failure(const struct sdk_mqtt *m)
{
	return m->failure;
}

uint64_t sdk_mqtt_reconnects(const struct sdk_mqtt *m)
{
	return m->reconnects;
}

/* What poll should look for now. */
static void mqtt_update(struct sdk_mqtt *m)
{
	if (!m->client || m->parked) {
		m->socket.fd = -1;
		return;
	}
	m->socket.fd = mosquitto_socket(m->client);
	m->socket.events = (short)((m->held ? 0 : POLLIN) | (mosquitto_want_write(m->client) ? POLLOUT : 0));
}

static enum sdk_mqtt_failure classify(int error)
{
	switch (error) {
	case ECONNREFUSED: return SDK_MQTT_REFUSED;
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EHOSTDOWN:
	case ENETDOWN: return SDK_MQTT_UNREACHABLE;
	case ETIMEDOUT: return SDK_MQTT_SILENT;
	default: return SDK_MQTT_LOST;
	}
}

static const char *explain(const struct sdk_mqtt *m, int rc, int error)
{
	if (m->tls_trouble.ours[0] || m->tls_trouble.theirs[0])
		return m->tls_trouble.ours[0] ? m->tls_trouble.ours : m->tls_trouble.theirs;
	if (rc == MOSQ_ERR_ERRNO)
		return error ? strerror(error) : "the connection failed";
	if (rc == MOSQ_ERR_CONN_LOST)
		return "the broker closed the connection";
	return mosquitto_strerror(rc);
}

/* After each call into the library. False: the connection is gone (and with it the client). */
static bool settle(struct sdk_mqtt *m, int rc)
{
	int error = errno;
	char why[WHY_MAX];

	if (rc == MOSQ_ERR_SUCCESS && !m->why[0]) {
		mqtt_update(m);
		return true;
	}
	if (!m->why[0] && rc == MOSQ_ERR_ERRNO)
		m->failure = classify(error);
	if (m->tls_trouble.theirs[0])
		m->failure = SDK_MQTT_DENIED;
	snprintf(why, sizeof(why), "%s", m->why[0] ? m->why : explain(m, rc, error));
	mqtt_down(m, why);
	return false;
}

static void drop_client(struct sdk_mqtt *m)
{
	sdk_loop_disarm(m->loop, &m->limit);
	sdk_loop_disarm(m->loop, &m->tick);
	sdk_loop_disarm(m->loop, &m->retry);
	if (m->client)
		mosquitto_destroy(m->client);
	m->client = NULL;
	m->welcome = m->parked = false;
	m->unsubscribed = 0;
	m->why[0] = '\0';
	mqtt_update(m);
}

/* A broker that wants a certificate may be gone before its words were read. */
static const char *hint(const struct sdk_mqtt *m)
{
	bool has_one = m->settings.tls && m->settings.tls->certificate_file;

	return m->url.tls && m->state == STATE_CONNECTING && !m->welcome && !m->why[0] && m->failure == SDK_MQTT_LOST &&
			       !m->tls_trouble.ours[0] && !has_one
		       ? " (it may want a certificate of ours: certificate_file)"
		       : "";
}

static void mqtt_down(struct sdk_mqtt *m, const char *why)
{
	const char *more = hint(m);
	int64_t delay_us;
	char text[WHY_MAX * 2];

	if (m->state == STATE_UP && sdk_clock_now_us() - m->up_at_us >= SETTLED_US)
		m->backoff_us = 0;
	m->backoff_us = m->backoff_us ? m->backoff_us * 2 : BACKOFF_FIRST_US;
	if (m->backoff_us > BACKOFF_LAST_US)
		m->backoff_us = BACKOFF_LAST_US;
	delay_us = sdk_loop_jitter(m->backoff_us);
	drop_client(m);
	m->state = STATE_WAITING;
	m->reconnects++;
	sdk_loop_arm(m->loop, &m->retry, delay_us > BACKOFF_LAST_US ? BACKOFF_LAST_US : delay_us);
	snprintf(text, sizeof(text), "no broker at %s: %s%s", m->settings.url, why, more);
	m->events->lost(m->user, text);
}

static void subscribe(struct sdk_mqtt *m, char **topics, size_t count)
{
	while (count) {
		int n = count > TOPICS_PER_PACKET ? TOPICS_PER_PACKET : (int)count;

		if (mosquitto_subscribe_multiple(m->client, NULL, n, topics, 1, 0, NULL) != MOSQ_ERR_SUCCESS) {
			snprintf(m->why, sizeof(m->why), "cannot subscribe to %.100s", topics[0]);
			return;
		}
		m->unsubscribed++;
		topics += n;
		count -= (size_t)n;
	}
}

static void come_up(struct sdk_mqtt *m)
{
	m->state = STATE_UP;
	m->up_at_us = sdk_clock_now_us();
	sdk_loop_disarm(m->loop, &m->limit);
	m->events->up(m->user);
}

/* Called by the library, from within its functions. */

/* What is wrong with the message itself, not with us or the moment. */
static bool is_for_good(int reason)
{
	return reason == MQTT_RC_TOPIC_NAME_INVALID || reason == MQTT_RC_PACKET_TOO_LARGE ||
	       reason == MQTT_RC_PAYLOAD_FORMAT_INVALID;
}

static void on_connect(struct mosquitto *client, void *user, int rc)
{
	struct sdk_mqtt *m = user;

	(void)client;
	if (rc) {
		m->failure = SDK_MQTT_DENIED;
		snprintf(m->why, sizeof(m->why), "it refused the connection: %s",
			 rc >= REFUSED ? mosquitto_reason_string(rc) : mosquitto_connack_string(rc));
		return;
	}
	m->welcome = true;
	subscribe(m, m->topics, m->topics_count);
	if (m->unsubscribed == 0)
		come_up(m);
}

static void on_subscribe(struct mosquitto *client, void *user, int mid, int count, const int *granted)
{
	struct sdk_mqtt *m = user;

	(void)client;
	(void)mid;
	for (int i = 0; i < count; i++)
		if (granted[i] >= REFUSED) {
			snprintf(m->why, sizeof(m->why), "it refused a subscription of client '%.80s'",
				 m->settings.client_id);
			return;
		}
	if (m->unsubscribed > 0 && --m->unsubscribed == 0 && m->state == STATE_CONNECTING)
		come_up(m);
}

static void on_message(struct mosquitto *client, void *user, const struct mosquitto_message *message)
{
	struct sdk_mqtt *m = user;

	(void)client;
	m->events->message(m->user, &(struct sdk_mqtt_message){
					    .topic = message->topic,
					    .payload = message->payloadlen > 0 ? message->payload : "",
					    .len = message->payloadlen > 0 ? (size_t)message->payloadlen : 0,
					    .retained = message->retain,
				    });
}

/* Of MQTT 5 or, with a reason of 0, of 3.1.1. */
static void on_publish(struct mosquitto *client, void *user, int mid, int reason, const mosquitto_property *properties)
{
	struct sdk_mqtt *m = user;

	(void)client;
	(void)properties;
	if (reason < REFUSED) {
		if (m->events->acknowledged)
			m->events->acknowledged(m->user, mid);
	} else if (m->events->refused && is_for_good(reason)) {
		m->events->refused(m->user, mid, mosquitto_reason_string(reason));
	} else {
		snprintf(m->why, sizeof(m->why), "it refused a message: %s", mosquitto_reason_string(reason));
	}
}

/* The broker of MQTT 5 says why it ends a connection. */
static void on_disconnect(struct mosquitto *client, void *user, int reason, const mosquitto_property *properties)
{
	struct sdk_mqtt *m = user;

	(void)client;
	(void)properties;
	if (reason >= REFUSED && !m->why[0])
		snprintf(m->why, sizeof(m->why), "it ended the connection: %s", mosquitto_reason_string(reason));
}

/* Called by the loop. */

static const char *socket_error(struct sdk_mqtt *m, int fd)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error) {
		m->failure = classify(error);
		return strerror(error);
	}
	return "the broker closed the connection";
}

/* Brokers leave Nagle's algorithm on: of several PUBACKs the second waits for the TCP acknowledgement of the first, which
 * our kernel would put off by 40 ms. The kernel forgets the wish, so it is repeated. */
static void hurry_acks(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

static void socket_ready(struct sdk_watch *w, short revents)
{
	struct sdk_mqtt *m = w->user;

	if (m->held && revents & (POLLERR | POLLHUP)) {
		m->parked = true; /* poll would tell it again and again; it is seen to on release */
		mqtt_update(m);
		return;
	}
	if (revents & POLLERR) {
		const char *why = socket_error(m, w->fd);

		if (m->url.tls) /* what the broker did not like stands in front of the break */
			mosquitto_loop_read(m->client, 1);
		if (m->tls_trouble.theirs[0])
			m->failure = SDK_MQTT_DENIED;
		mqtt_down(m, m->tls_trouble.theirs[0] ? m->tls_trouble.theirs : why);
		return;
	}
	if (revents & (POLLIN | POLLHUP)) {
		hurry_acks(w->fd);
		if (!settle(m, mosquitto_loop_read(m->client, 1)))
			return; /* read first: a write would only tell that the broker has left, not why */
	}
	if (revents & POLLOUT && w->fd >= 0)
		settle(m, mosquitto_loop_write(m->client, 1));
}

/* While held nothing is read, so the library would miss the broker's answers to its pings: then it does not ask. */
static void tick_due(struct sdk_timer *t)
{
	struct sdk_mqtt *m = t->user;

	sdk_loop_arm(m->loop, &m->tick, TICK_US);
	if (!m->held)
		settle(m, mosquitto_loop_misc(m->client));
}

static void limit_due(struct sdk_timer *t)
{
	struct sdk_mqtt *m = t->user;

	if (m->held) {
		sdk_loop_arm(m->loop, &m->limit, CONNECT_LIMIT_US);
		return;
	}
	m->failure = m->state == STATE_LOOKING_UP ? SDK_MQTT_UNRESOLVED : SDK_MQTT_SILENT;
	mqtt_down(m, m->state == STATE_LOOKING_UP ? "its name was not found in 10 s"
		     : m->welcome                 ? "it did not answer the subscription in 10 s"
						  : "it did not answer in 10 s");
}

static int set_identity(struct sdk_mqtt *m)
{
	const struct sdk_mqtt_settings *s = &m->settings;
	char password[SDK_SECRET_MAX];
	int rc;

	if (!s->username)
		return MOSQ_ERR_SUCCESS;
	if (sdk_secret_read(&s->password, password, m->why) < 0)
		return MOSQ_ERR_SUCCESS; /* why says it */
	rc = mosquitto_username_pw_set(m->client, s->username, sdk_secret_given(&s->password) ? password : NULL);
	explicit_bzero(password, sizeof(password));
	return rc;
}

/* A context of our own: the library's check compares the certificate with the address that it is told to connect to. */
static int set_tls(struct sdk_mqtt *m)
{
	static const struct sdk_tls_files none;
	const struct sdk_mqtt_settings *s = &m->settings;
	SSL_CTX *context;
	int rc;

	m->tls_trouble = (struct sdk_tls_trouble){ .ours = "" };
	if (!m->url.tls)
		return MOSQ_ERR_SUCCESS;
	if (sdk_tls_context(s->tls ? s->tls : &none, s->server_name ? s->server_name : m->url.host, &m->tls_trouble,
			    &context, m->why) < 0)
		return MOSQ_ERR_SUCCESS; /* why says it */
	rc = mosquitto_int_option(m->client, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);
	if (rc == MOSQ_ERR_SUCCESS)
		rc = mosquitto_void_option(m->client, MOSQ_OPT_SSL_CTX, context);
	SSL_CTX_free(context); /* the library has its own reference */
	return rc;
}

static int new_client(struct sdk_mqtt *m)
{
	const struct sdk_mqtt_settings *s = &m->settings;
	int rc;

	m->client = mosquitto_new(s->client_id, s->session == SDK_MQTT_CLEAN, m);
	if (!m->client)
		abort();
	mosquitto_connect_callback_set(m->client, on_connect);
	mosquitto_subscribe_callback_set(m->client, on_subscribe);
	mosquitto_message_callback_set(m->client, on_message);
	mosquitto_publish_v5_callback_set(m->client, on_publish);
	mosquitto_disconnect_v5_callback_set(m->client, on_disconnect);
	mosquitto_int_option(m->client, MOSQ_OPT_PROTOCOL_VERSION,
			     s->version == SDK_MQTT_VERSION_5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311);
	mosquitto_int_option(m->client, MOSQ_OPT_TCP_NODELAY, 1);
	mosquitto_int_option(m->client, MOSQ_OPT_SEND_MAXIMUM, IN_FLIGHT_MAX);
	rc = set_identity(m);
	if (rc == MOSQ_ERR_SUCCESS && !m->why[0])
		rc = set_tls(m);
	if (rc == MOSQ_ERR_SUCCESS && s->will_topic)
		rc = mosquitto_will_set(m->client, s->will_topic, (int)strlen(s->will_payload), s->will_payload, 1,
					true);
	return rc;
}

static void resolved(void *user)
{
	struct sdk_mqtt *m = user;
	const char *why, *address;
	int rc;

	if (m->state != STATE_LOOKING_UP)
		return; /* an answer to a question that was given up */
	address = sdk_resolve_address(m->resolve, m->attempt++, &why);
	if (!address) {
		m->failure = SDK_MQTT_UNRESOLVED;
		mqtt_down(m, why);
		return;
	}
	m->state = STATE_CONNECTING;
	rc = new_client(m);
	errno = 0;
	if (rc == MOSQ_ERR_SUCCESS && !m->why[0])
		rc = mosquitto_connect_async(m->client, address, m->url.port, m->settings.keepalive_s);
	if (!settle(m, rc))
		return;
	sdk_loop_arm(m->loop, &m->limit, CONNECT_LIMIT_US);
	sdk_loop_arm(m->loop, &m->tick, TICK_US);
}

static void retry_due(struct sdk_timer *t)
{
	struct sdk_mqtt *m = t->user;

	m->state = STATE_LOOKING_UP;
	m->failure = SDK_MQTT_LOST;
	sdk_loop_arm(m->loop, &m->limit, CONNECT_LIMIT_US);
	if (sdk_resolve_start(m->resolve, m->url.host) < 0)
		mqtt_down(m, "its name is still being looked up");
}

/* For the owner. */

struct sdk_mqtt *sdk_mqtt_new(struct sdk_loop *loop, const struct sdk_mqtt_settings *settings,
			      const struct sdk_mqtt_events *events, void *user)
{
	struct sdk_mqtt *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	mosquitto_lib_init();
	m->loop = loop;
	m->settings = *settings;
	m->events = events;
	m->user = user;
	sdk_mqtt_url_split(settings->url, &m->url);
	m->resolve = sdk_resolve_new(loop, resolved, m);
	m->socket = (struct sdk_watch){ -1, 0, socket_ready, m };
	m->retry = (struct sdk_timer){ .due = retry_due, .user = m };
	m->limit = (struct sdk_timer){ .due = limit_due, .user = m };
	m->tick = (struct sdk_timer){ .due = tick_due, .user = m };
	sdk_loop_watch(loop, &m->socket);
	return m;
}

void sdk_mqtt_free(struct sdk_mqtt *m)
{
	if (!m)
		return;
	drop_client(m);
	sdk_loop_unwatch(m->loop, &m->socket);
	sdk_resolve_free(m->resolve);
	for (size_t i = 0; i < m->topics_count; i++)
		free(m->topics[i]);
	free(m->topics);
	free(m);
	mosquitto_lib_cleanup();
}

void sdk_mqtt_start(struct sdk_mqtt *m)
{
	if (m->state != STATE_IDLE)
		return;
	m->state = STATE_WAITING;
	sdk_loop_arm(m->loop, &m->retry, 0);
}

void sdk_mqtt_add_topic(struct sdk_mqtt *m, const char *topic)
{
	for (size_t i = 0; i < m->topics_count; i++)
		if (strcmp(m->topics[i], topic) == 0)
			return;
	m->topics = reallocarray(m->topics, m->topics_count + 1, sizeof(*m->topics));
	if (!m->topics)
		abort();
	m->topics[m->topics_count] = strdup(topic);
	if (!m->topics[m->topics_count])
		abort();
	m->topics_count++;
	if (m->welcome) {
		subscribe(m, &m->topics[m->topics_count - 1], 1);
		mqtt_update(m);
	}
}

int sdk_mqtt_publish(struct sdk_mqtt *m, const struct sdk_mqtt_publication *p, int *ret_mid)
{
	int rc;

	if (m->state != STATE_UP)
		return -ENOTCONN;
	rc = mosquitto_publish(m->client, ret_mid, p->topic, (int)strlen(p->payload), p->payload, 1, p->retain);
	mqtt_update(m);
	if (rc == MOSQ_ERR_SUCCESS)
		return 0;
	if (rc == MOSQ_ERR_OVERSIZE_PACKET)
		return -EMSGSIZE;
	return rc == MOSQ_ERR_NO_CONN || rc == MOSQ_ERR_CONN_LOST ? -ENOTCONN : -EIO;
}

void sdk_mqtt_restart(struct sdk_mqtt *m, const char *why)
{
	if (m->client)
		mqtt_down(m, why);
}

void sdk_mqtt_stop(struct sdk_mqtt *m)
{
	if (m->client && m->welcome)
		mosquitto_disconnect(m->client);
	drop_client(m);
	m->state = STATE_IDLE;
}

void sdk_mqtt_hold(struct sdk_mqtt *m)
{
	m->held = true;
	mqtt_update(m);
}

void sdk_mqtt_release(struct sdk_mqtt *m)
{
	m->held = m->parked = false;
	mqtt_update(m);
}
